//! Shares of classes, or the same for all.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Unexpected, Visitor, value::MapAccessDeserializer},
};

use super::Cells;
use crate::{Groups, Result, named_groups, nearest, quota::ROUNDED};

/// `equal`, or a share for each class.
#[derive(Debug, Clone, PartialEq)]
pub enum Shares {
    /// The same for every class there is.
    Equal,
    /// A share for each class.
    Given(Cells<f64>),
}

impl Shares {
    /// Checks that the shares of classes of `depth` parts are parts of one whole.
    ///
    /// ```
    /// use unskew_strategy::{Shares, read};
    ///
    /// let shares: Shares = read(&serde_json::json!({"math": 0.5, "coding": 0.4}))?;
    /// assert_eq!(shares.check(1).unwrap_err().to_string(), "the shares add up to 0.9, not to 1");
    /// # Ok::<(), unskew_strategy::Error>(())
    /// ```
    pub fn check(&self, depth: usize) -> Result<()> {
        let Self::Given(cells) = self else { return Ok(()) };
        let flat = cells.flat(depth)?;
        for (parts, share) in &flat {
            if !(0.0..=1.0).contains(share) {
                let message = format!("the share of `{}` is {share}, not between 0 and 1", parts.join(" × "));
                return Err(crate::Error::option(parts.join("."), message));
            }
        }
        let sum: f64 = flat.iter().map(|(_, share)| share).sum();
        if (sum - 1.0).abs() > ROUNDED {
            let shown = (sum * 1e6).round() / 1e6;
            return Err(crate::Error::option("", format!("the shares add up to {shown}, not to 1")));
        }
        Ok(())
    }

    /// The share of each group, of which `counts` says how many rows it has; `by` is what groups them.
    ///
    /// Every class that has a share must have rows, and every group that has rows a share, which may be 0.
    ///
    /// ```
    /// use serde_json::json;
    /// use unskew_strategy::{Need, Shares, laws::Table, read};
    ///
    /// let rows = Table::new(&[json!({"task": "math"}), json!({"task": "coding"})])?;
    /// let by = ["task".to_owned()];
    /// let input = rows.input(&[Need::Groups(by.to_vec())]);
    /// let shares: Shares = read(&json!({"math": 0.75, "coding": 0.25}))?;
    /// assert_eq!(shares.of_groups(input.groups(0), &[1, 1], &by)?, [0.25, 0.75]);
    ///
    /// let shares: Shares = read(&json!({"maths": 1}))?;
    /// let error = shares.of_groups(input.groups(0), &[1, 1], &by).unwrap_err();
    /// assert_eq!(error.to_string(), "no row is of class `maths` in `task`");
    /// # Ok::<(), unskew_strategy::Error>(())
    /// ```
    pub fn of_groups(&self, groups: &Groups, counts: &[u64], by: &[String]) -> Result<Vec<f64>> {
        let filled = || (0..groups.len()).filter(|&group| counts[group] > 0);
        let Self::Given(cells) = self else {
            let share = 1.0 / filled().count().max(1) as f64;
            return Ok(counts.iter().map(|&rows| if rows > 0 { share } else { 0.0 }).collect());
        };
        let named = cells.flat(by.len())?;
        let mut shares = vec![None; groups.len()];
        for ((parts, share), group) in named.iter().zip(named_groups(groups, &named)?) {
            match group.filter(|&group| counts[group] > 0) {
                Some(group) => shares[group] = Some(*share),
                None if *share > 0.0 => {
                    let label = parts.join(" × ");
                    let message = format!("no row is of class `{label}` in `{}`", by.join("`, `"));
                    let there: Vec<String> = filled().map(|group| groups.label(group)).collect();
                    let error = crate::Error::option(parts.join("."), message);
                    return Err(match nearest(&label, there.iter().map(String::as_str)) {
                        Some(near) => error.hint(format!("did you mean `{near}`?")),
                        None => error.hint(format!("there is {}", listed(&there))),
                    });
                }
                None => {}
            }
        }
        if let Some(group) = filled().find(|&group| shares[group].is_none()) {
            let message = format!("class `{}` of `{}` has no share", groups.label(group), by.join("`, `"));
            return Err(crate::Error::option("", message).hint("give it one, which may be 0"));
        }
        Ok(shares.into_iter().map(Option::unwrap_or_default).collect())
    }
}

/// The first of these names.
fn listed(names: &[String]) -> String {
    const MOST: usize = 8;
    let mut listed: Vec<String> = names.iter().take(MOST).map(|name| format!("`{name}`")).collect();
    if names.len() > MOST {
        listed.push("…".to_owned());
    }
    listed.join(", ")
}

impl<'de> Deserialize<'de> for Shares {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EqualOrMapping)
    }
}

struct EqualOrMapping;

impl<'de> Visitor<'de> for EqualOrMapping {
    type Value = Shares;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`equal` or a mapping of classes to shares")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Shares, E> {
        if text == "equal" { Ok(Shares::Equal) } else { Err(E::invalid_value(Unexpected::Str(text), &self)) }
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Shares, A::Error> {
        Cells::deserialize(MapAccessDeserializer::new(members)).map(Shares::Given)
    }
}

impl JsonSchema for Shares {
    fn schema_name() -> Cow<'static, str> {
        "Shares".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let given = generator.subschema_for::<Cells<f64>>();
        json_schema!({"anyOf": [{"const": "equal", "type": "string"}, given]})
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{Need, laws::Table, read};

    fn of_groups(shares: &Value, tasks: &[&str]) -> Result<Vec<f64>> {
        let rows: Vec<Value> = tasks.iter().map(|task| json!({"task": task})).collect();
        let by = ["task".to_owned()];
        let input = Table::new(&rows)?.input(&[Need::Groups(by.to_vec())]);
        let groups = input.groups(0);
        let counts = crate::Strata::new(groups.codes(), groups.len()).counts();
        read::<Shares>(shares)?.of_groups(groups, &counts, &by)
    }

    #[test]
    fn shares_are_matched_with_groups() {
        assert_eq!(of_groups(&json!("equal"), &["b", "a", "b"]).unwrap(), [0.5, 0.5]);
        assert_eq!(of_groups(&json!({"b": 1, "a": 0, "z": 0}), &["b", "a"]).unwrap(), [0.0, 1.0]);
        let told = |shares: Value| {
            let error = of_groups(&shares, &["math", "coding"]).unwrap_err();
            (error.option_path().unwrap().to_owned(), error.to_string(), error.hints()[0].clone())
        };
        assert_eq!(
            told(json!({"math": 0.5, "codng": 0.5})),
            ("codng".into(), "no row is of class `codng` in `task`".into(), "did you mean `coding`?".into())
        );
        assert_eq!(told(json!({"x": 1})).2, "there is `coding`, `math`");
        assert_eq!(told(json!({"math": 1})).1, "class `coding` of `task` has no share");
    }

    #[test]
    fn shares_are_parts_of_one_whole() {
        let check = |shares: Value| read::<Shares>(&shares).unwrap().check(1);
        assert!(check(json!("equal")).is_ok());
        assert!(check(json!({"a": 0.3333, "b": 0.3333, "c": 0.3333})).is_ok());
        assert_eq!(check(json!({"a": 1.5, "b": -0.5})).unwrap_err().option_path(), Some("a"));
        assert_eq!(check(json!({"a": 0.9})).unwrap_err().option_path(), Some(""));
    }
}
