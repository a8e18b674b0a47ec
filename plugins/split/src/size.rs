//! How much goes to a split.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use unskew_strategy::{
    Error, NumberOrWord, Result, Rounding,
    quota::{ROUNDED, shared},
};

/// How much goes to a split: a share of all rows, which has a decimal point, or a number of rows, which has none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Size {
    /// A share of all rows.
    Share(f64),
    /// So many rows.
    Rows(u64),
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "a share such as 0.1, or a whole number of rows";
        NumberOrWord::read(deserializer, expected, &[], |written| match written {
            NumberOrWord::Whole(rows) => Some(Self::Rows(rows)),
            NumberOrWord::Number(share) => Some(Self::Share(share)),
            NumberOrWord::Word(_) => None,
        })
    }
}

impl JsonSchema for Size {
    fn schema_name() -> Cow<'static, str> {
        "Size".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A share of all rows such as 0.1, or a whole number of rows.",
            "type": "number",
            "exclusiveMinimum": 0,
        })
    }

    fn inline_schema() -> bool {
        true
    }
}

/// A split, and how much goes to it; none takes what the others leave.
pub type Part = (&'static str, Option<Size>);

/// Checks that parts make up a whole, as far as that is known without data.
pub fn check(parts: &[Part]) -> Result<()> {
    for (name, size) in parts {
        let fault = match size {
            Some(Size::Rows(0)) => "a split of 0 rows is none: leave it out".to_owned(),
            Some(Size::Share(share)) if !(*share > 0.0 && *share <= 1.0) => {
                format!("{share} is no share: it must be above 0 and at most 1")
            }
            _ => continue,
        };
        return Err(Error::option(*name, format!("`{name}`: {fault}")));
    }
    let shares = parts.iter().filter_map(|(_, size)| match size {
        Some(Size::Share(share)) => Some(*share),
        _ => None,
    });
    let sum: f64 = shares.clone().sum();
    if sum > 1.0 + ROUNDED {
        let (name, _) = parts[parts.len() - 1];
        return Err(Error::option(name, format!("the shares add up to {}, more than 1", shown(sum))));
    }
    if shares.count() == parts.len() && sum < 1.0 - ROUNDED {
        return Err(Error::option("train", format!("the shares add up to {}, not to 1", shown(sum)))
            .hint("leave `train` out, and it takes what the others leave"));
    }
    Ok(())
}

fn shown(sum: f64) -> f64 {
    (sum * 1e6).round() / 1e6
}

/// How many of `rows` rows each part gets.
pub fn targets(parts: &[Part], rows: u64) -> Result<Vec<u64>> {
    let share = |size: &Option<Size>| if let Some(Size::Share(share)) = size { *share } else { 0.0 };
    let shares: Vec<f64> = parts.iter().map(|(_, size)| share(size)).collect();
    let mut targets = shared(rows, &shares, Rounding::Largest);
    for (target, (name, size)) in targets.iter_mut().zip(parts) {
        if let Some(Size::Rows(count)) = size {
            if *count > rows {
                return Err(too_many(name, *count, rows));
            }
            *target = *count;
        }
    }
    let sum: u64 = targets.iter().sum();
    let counted = parts.iter().rev().find(|(_, size)| matches!(size, Some(Size::Rows(_))));
    match parts.iter().position(|(_, size)| size.is_none()) {
        _ if sum > rows => {
            let name = counted.map_or("train", |(name, _)| *name);
            Err(too_many(name, sum, rows))
        }
        Some(rest) => {
            targets[rest] = rows - sum;
            Ok(targets)
        }
        None if sum < rows => {
            Err(Error::option("train", format!("{} of {rows} rows would be in no split", rows - sum))
                .hint("leave `train` out, and it takes what the others leave"))
        }
        None => Ok(targets),
    }
}

fn too_many(name: &str, wanted: u64, rows: u64) -> Error {
    Error::option(name, format!("the splits want {wanted} rows or more, of {rows} in all"))
        .hint("write shares, such as 0.1, or fewer rows")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn train_takes_the_rest() {
        let parts =
            [("train", None), ("validation", Some(Size::Share(0.05))), ("test", Some(Size::Rows(30)))];
        assert_eq!(targets(&parts, 1000).unwrap(), [920, 50, 30]);
        assert_eq!(targets(&parts, 33).unwrap(), [1, 2, 30]);
        let error = targets(&parts, 29).unwrap_err();
        assert_eq!(error.option_path(), Some("test"));
        let error = targets(&parts, 31).unwrap_err();
        assert_eq!(error.to_string(), "the splits want 32 rows or more, of 31 in all");
    }

    #[test]
    fn no_row_is_in_no_split() {
        let error =
            targets(&[("train", Some(Size::Rows(5))), ("test", Some(Size::Rows(5)))], 12).unwrap_err();
        assert_eq!(error.to_string(), "2 of 12 rows would be in no split");
        let parts = |train, test| [("train", Some(Size::Share(train))), ("test", Some(Size::Share(test)))];
        assert_eq!(check(&parts(0.8, 0.1)).unwrap_err().to_string(), "the shares add up to 0.9, not to 1");
        assert_eq!(check(&parts(0.8, 0.3)).unwrap_err().to_string(), "the shares add up to 1.1, more than 1");
        check(&parts(0.6667, 0.3333)).unwrap();
    }

    proptest! {
        #[test]
        fn shares_are_met_within_a_row(rows in 0_u64..10_000, thousandths in 1_u32..1000) {
            let share = f64::from(thousandths) / 1000.0;
            let targets = targets(&[("train", None), ("test", Some(Size::Share(share)))], rows).unwrap();
            prop_assert_eq!(targets.iter().sum::<u64>(), rows);
            prop_assert!((targets[1] as f64 - share * rows as f64).abs() < 1.0);
        }
    }
}
