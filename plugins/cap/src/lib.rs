//! Keeps at most so many rows of each group.

#![cfg_attr(test, allow(clippy::unwrap_used))]

use schemars::JsonSchema;
use serde::Deserialize;
use unskew_strategy::{
    By, Input, Native, Need, Pick, Result, Selection, Strata, Strategy, as_weights, facts,
};

#[cfg(test)]
mod tests;

/// The plugin.
pub static PLUGIN: Native<Cap> =
    Native::new("cap", env!("CARGO_PKG_VERSION"), "Keep at most N rows of each group", EXAMPLE);

const EXAMPLE: &str = r#"{
    "options": {"by": "task", "max": 2, "pick": "first"},
    "rows": [{"task": "math"}, {"task": "math"}, {"task": "coding"}, {"task": "math"}],
    "chooses": [0, 1, 2]
}"#;

/// Keeps at most `max` rows of each group; smaller groups stay whole.
///
/// A higher `max` keeps all rows that a lower one kept.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cap {
    /// What makes two rows the same kind: an expression, or a list of several.
    by: By,
    /// How many rows of each kind to keep at most.
    max: u64,
    /// Which rows to keep.
    #[serde(default)]
    pick: Pick,
    /// What each row counts for instead of 1, such as `length(text)`; null counts for nothing. Rows are kept, in the
    /// order in which `pick` takes them, until the next one would go beyond `max`.
    #[serde(default)]
    weight: Option<String>,
}

impl Strategy for Cap {
    fn needs(&self) -> Vec<Need> {
        let weight = self.weight.clone().map(Need::Values);
        [Need::Groups(self.by.to_vec())].into_iter().chain(self.pick.needs()).chain(weight).collect()
    }

    fn run(&self, input: &Input) -> Result<Selection> {
        let groups = input.groups(0);
        let strata = Strata::new(groups.codes(), groups.len());
        let ranking = self.pick.ranking(input, 1)?;
        let weights = match &self.weight {
            None => None,
            Some(weight) => Some(as_weights(weight, input.values(1 + self.pick.needs().len()))?),
        };
        let mut kept = vec![];
        let mut after = vec![];
        for rows in strata.iter() {
            let taken = match &weights {
                None => ranking.take(rows, self.max.min(rows.len() as u64)),
                Some(weights) => ranking.take_weighed(rows, weights, self.max as f64),
            };
            after.push(taken.len() as u64);
            kept.extend(taken);
        }
        kept.sort_unstable();
        let strata = facts(groups.keys(), [("before", strata.counts()), ("after", after)]);
        Ok(Selection::rows(kept).note("strata", strata))
    }
}
