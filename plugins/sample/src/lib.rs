//! Takes some rows at random.

#![cfg_attr(test, allow(clippy::unwrap_used))]

use std::sync::Arc;

use arrow::{array::RecordBatch, datatypes::Schema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unskew_strategy::{
    By, Error, Input, Native, Need, Pick, Result, Rounding, Selection, Strata, Strategy, as_weights, facts,
    quota::{apportion, shared},
};

#[cfg(test)]
mod tests;

/// The plugin.
pub static PLUGIN: Native<Sample> =
    Native::new("sample", env!("CARGO_PKG_VERSION"), "Take some rows at random", EXAMPLE);

const EXAMPLE: &str = r#"{
    "options": {"n": 2},
    "rows": [{"task": "math", "$priority": 5}, {"task": "coding", "$priority": 1}, {"task": "search", "$priority": 3}],
    "chooses": [1, 2]
}"#;

/// Takes some rows at random, each once at most. Exactly one of `n` and `fraction` says how many.
///
/// Without `by`, a higher number keeps all rows that a lower one kept.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// How many rows to take.
    #[serde(default)]
    n: Option<u64>,
    /// Which share of the rows to take, such as 0.1.
    #[serde(default)]
    fraction: Option<f64>,
    /// Whose mix to keep: an expression, or a list of several. Each kind gets its share of the sample, within one row.
    #[serde(default)]
    by: Option<By>,
    /// Take rows in proportion to this expression; rows without a weight, or with weight 0, are never taken.
    #[serde(default)]
    weight: Option<String>,
    /// What to do when there are fewer rows than wanted.
    #[serde(default)]
    short: Short,
}

/// What to do when there are fewer rows than wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum Short {
    /// Stop, and say so.
    #[default]
    Error,
    /// Take what there is.
    Accept,
}

impl Strategy for Sample {
    fn check(&self) -> Result<()> {
        match (self.n, self.fraction) {
            (Some(_), Some(_)) => Err(Error::option("fraction", "`n` and `fraction` exclude each other")),
            (None, None) => {
                Err(Error::option("", "how many rows?").hint("write `n: 1000` or `fraction: 0.1`"))
            }
            (Some(0), None) => Err(Error::option("n", "a sample of 0 rows is none")),
            (None, Some(fraction)) if !(fraction > 0.0 && fraction <= 1.0) => {
                let error = Error::option("fraction", format!("{fraction} is no share of the rows"));
                Err(error.hint("it must be above 0 and at most 1; `n` is a number of rows"))
            }
            _ => Ok(()),
        }
    }

    fn needs(&self) -> Vec<Need> {
        let by = self.by.as_ref().map(|by| by.to_vec()).unwrap_or_default();
        std::iter::once(Need::Groups(by)).chain(self.pick().needs()).collect()
    }

    fn run(&self, input: &Input) -> Result<Selection> {
        let groups = input.groups(0);
        let ranking = self.pick().ranking(input, 1)?;
        let strata = Strata::new(groups.codes(), groups.len());
        let mut eligible: Vec<Vec<u32>> = strata.iter().map(<[u32]>::to_vec).collect();
        if let Some(weight) = &self.weight {
            let weights = as_weights(weight, input.values(1))?;
            for rows in &mut eligible {
                rows.retain(|row| weights[*row as usize] > 0.0);
            }
        }
        let available: Vec<u64> = eligible.iter().map(|rows| rows.len() as u64).collect();
        let there = available.iter().sum();
        let wanted = if input.is_empty() { 0 } else { self.wanted(input.len() as u64) };
        let count = self.settled(wanted, there)?;
        let shares = apportion(count, &available);
        let mut taken: Vec<u32> =
            eligible.iter().zip(shares).flat_map(|(rows, share)| ranking.take(rows, share)).collect();
        taken.sort_unstable();
        let found = [
            ("rows", vec![input.len() as u64]),
            ("eligible", vec![there]),
            ("wanted", vec![wanted]),
            ("taken", vec![count]),
        ];
        let nothing = RecordBatch::new_empty(Arc::new(Schema::empty()));
        Ok(Selection::rows(taken).note("sample", facts(&nothing, found)))
    }
}

impl Sample {
    fn pick(&self) -> Pick {
        self.weight.clone().map_or(Pick::Random, Pick::Weighted)
    }

    /// How many of `rows` rows are wanted.
    fn wanted(&self, rows: u64) -> u64 {
        let fraction = self.fraction.unwrap_or(1.0);
        self.n.unwrap_or_else(|| shared(rows, &[fraction], Rounding::Largest).iter().sum())
    }

    /// How many rows to take, where `wanted` may be more than there are.
    fn settled(&self, wanted: u64, there: u64) -> Result<u64> {
        if wanted <= there || self.short == Short::Accept {
            return Ok(wanted.min(there));
        }
        let option = if self.n.is_some() { "n" } else { "fraction" };
        let kind = if self.weight.is_some() { " with a weight" } else { "" };
        let (are, rows) = if there == 1 { ("is", "row") } else { ("are", "rows") };
        Err(Error::option(option, format!("{wanted} rows are wanted, and there {are} {there} {rows}{kind}"))
            .hint("with `short: accept`, all of them are taken"))
    }
}
