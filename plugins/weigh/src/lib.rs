//! Weighs rows instead of dropping them.

#![cfg_attr(test, allow(clippy::unwrap_used))]

use std::sync::Arc;

use arrow::array::Float64Array;
use schemars::JsonSchema;
use serde::Deserialize;
use unskew_strategy::{
    By, Error, Gives, Groups, Input, Native, Need, Result, Selection, Shares, Strata, Strategy,
    quota::tempered, table,
};

#[cfg(test)]
mod tests;

/// The plugin.
pub static PLUGIN: Native<Weigh> =
    Native::new("weigh", env!("CARGO_PKG_VERSION"), "Weigh rows by class instead of dropping them", EXAMPLE);

const EXAMPLE: &str = r#"{
    "options": {"by": "task"},
    "rows": [{"task": "math"}, {"task": "math"}, {"task": "math"}, {"task": "coding"}],
    "chooses": [0, 1, 2, 3]
}"#;

/// Keeps all rows, and adds a column with a weight for each, so that the weights of each class add up to its share.
///
/// The mean of all weights is 1. Without `shares` and `temperature` every class weighs the same: a row's weight is in
/// inverse proportion to the size of its class.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Weigh {
    /// What makes two rows of the same class: an expression, or a list of several.
    by: By,
    /// Which share of the whole weight each class gets: `{easy: 0.4, medium: 0.4, hard: 0.2}`, or `equal`, the default.
    #[serde(default)]
    shares: Option<Shares>,
    /// Shares in proportion to the size of each class to the power of 1 / temperature: 1 weighs all rows alike, more
    /// evens classes out.
    #[serde(default)]
    temperature: Option<f64>,
    /// What the column of weights is called.
    #[serde(default = "weight")]
    column: String,
}

fn weight() -> String {
    "weight".to_owned()
}

impl Weigh {
    /// The share of the whole weight that each group gets, up to a common factor.
    fn shares(&self, groups: &Groups, counts: &[u64]) -> Result<Vec<f64>> {
        match (self.temperature, &self.shares) {
            (Some(temperature), _) => Ok(tempered(counts, temperature)),
            (None, Some(shares)) => {
                shares.of_groups(groups, counts, &self.by).map_err(|error| error.within("shares"))
            }
            (None, None) => Shares::Equal.of_groups(groups, counts, &self.by),
        }
    }
}

impl Strategy for Weigh {
    fn check(&self) -> Result<()> {
        if self.column.trim().is_empty() {
            return Err(Error::option("column", "the column has no name"));
        }
        if let Some(temperature) = self.temperature {
            if self.shares.is_some() {
                return Err(Error::option("temperature", "`temperature` has no meaning beside `shares`"));
            }
            if !(temperature > 0.0 && temperature.is_finite()) {
                return Err(Error::option("temperature", "`temperature` must be above 0"));
            }
        }
        let shares = self.shares.as_ref().unwrap_or(&Shares::Equal);
        shares.check(self.by.len()).map_err(|error| error.within("shares"))
    }

    fn needs(&self) -> Vec<Need> {
        vec![Need::Groups(self.by.to_vec())]
    }

    fn gives(&self) -> Gives {
        Gives { columns: vec![self.column.clone()], ..Gives::default() }
    }

    fn run(&self, input: &Input) -> Result<Selection> {
        let rows = (0..input.len() as u32).collect();
        let groups = input.groups(0);
        if input.is_empty() {
            return Ok(
                Selection::rows(rows).column(&self.column, Arc::new(Float64Array::from(Vec::<f64>::new())))
            );
        }
        let counts = Strata::new(groups.codes(), groups.len()).counts();
        let shares = self.shares(groups, &counts)?;
        let whole: f64 = shares.iter().sum();
        let weight = |(share, &rows): (&f64, &u64)| {
            (rows > 0).then(|| share / whole * input.len() as f64 / rows as f64)
        };
        let weights: Vec<Option<f64>> = shares.iter().zip(&counts).map(weight).collect();
        let of_rows: Float64Array = groups.codes().iter().map(|&code| weights[code as usize]).collect();
        let note = table(groups.keys(), [("weight", Arc::new(Float64Array::from(weights)) as _)]);
        Ok(Selection::rows(rows).column(&self.column, Arc::new(of_rows)).note("weights", note))
    }
}
