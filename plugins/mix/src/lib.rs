//! Mixes sources to given shares, of rows or of what they measure.

#![cfg_attr(test, allow(clippy::unwrap_used))]

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array};
use schemars::JsonSchema;
use serde::Deserialize;
use unskew_strategy::{
    By, Error, Gives, Groups, Input, Native, Need, Pick, Result, Rounding, Selection, Shares, Short, Strata,
    Strategy, Total,
    quota::{largest, settled, shared, weights},
    table,
};

mod measure;
#[cfg(test)]
mod tests;

use measure::Measure;

/// The plugin.
pub static PLUGIN: Native<Mix> = Native::new(
    "mix",
    env!("CARGO_PKG_VERSION"),
    "Mix sources to given shares of rows or of a measure",
    EXAMPLE,
);

const EXAMPLE: &str = r#"{
    "options": {"shares": {"web": 0.5, "books": 0.5}, "of": "length(text)", "pick": "first"},
    "rows": [
        {"_source": "web", "length(text)": 2},
        {"_source": "web", "length(text)": 2},
        {"_source": "web", "length(text)": 2},
        {"_source": "books", "length(text)": 4}
    ],
    "chooses": [0, 1, 3]
}"#;

/// The text of `of` that stands for rows as such.
const ROWS: &str = "rows";

/// Takes so many rows of each source that each has its share of the result.
///
/// Shares are of rows or of what an expression measures. Every source that has rows needs a share, which may be 0.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mix {
    /// What is mixed: the sources, unless an expression (or a list of several) says otherwise.
    #[serde(default = "source")]
    by: By,
    /// Which share of the result each source gets: `{web: 0.7, books: 0.3}`, or `equal`.
    shares: Shares,
    /// What shares are of: `rows` (the default), or the sum of an expression such as `length(text)`; null counts for
    /// nothing. A source's rows are taken, in the order of `pick`, until the next one would go beyond its share.
    #[serde(default = "rows")]
    of: String,
    /// How much is taken in all: `largest` (the default), `input`, or a number of rows or of what `of` measures.
    #[serde(default)]
    total: Option<Total>,
    /// What to do when a source has less than its share.
    #[serde(default)]
    short: Short,
    /// Which rows of a source to take.
    #[serde(default)]
    pick: Pick,
}

fn source() -> By {
    By::new(["_source"])
}

fn rows() -> String {
    ROWS.to_owned()
}

impl Mix {
    /// What rows are measured by.
    fn measure(&self, input: &Input) -> Result<Measure> {
        if self.of == ROWS {
            return Ok(Measure::rows());
        }
        let least = match self.total {
            Some(Total::Rows(total)) => total as f64,
            _ => 0.0,
        };
        Measure::new(&self.of, input.values(1 + self.pick.needs().len()), least)
    }

    /// How much of each group to take.
    fn wanted(&self, shares: &[f64], available: &[u64], measure: &Measure) -> Vec<u64> {
        let total = match self.total.unwrap_or_default() {
            Total::Rows(total) if self.of == ROWS => total.min(u32::MAX.into()),
            Total::Rows(total) => measure.units(total as f64),
            Total::Input => available.iter().sum(),
            Total::Largest => largest(available, &weights(shares)),
        };
        shared(total, shares, Rounding::Largest)
    }

    /// How much of each group is taken, where there may be less than wanted.
    fn settled(
        &self,
        wanted: &[u64],
        available: &[u64],
        measure: &Measure,
        groups: &Groups,
    ) -> Result<Vec<u64>> {
        let label = |group| groups.label(group);
        settled(available, wanted, self.short, label).map_err(|error| {
            let most = if let Short::Oversample(most) = self.short { u64::from(most.get()) } else { 1 };
            let lacks = |&group: &usize| wanted[group] > available[group].saturating_mul(most);
            let message = match (0..wanted.len()).find(lacks) {
                Some(group) if self.of != ROWS => {
                    let [available, wanted] =
                        [available[group], wanted[group]].map(|units| measure.of(units));
                    format!("`{}` has {available} of `{}`, {wanted} are wanted", label(group), self.of)
                }
                _ => error.to_string(),
            };
            error.hints().iter().fold(Error::option("total", message), Error::hint)
        })
    }
}

impl Strategy for Mix {
    fn check(&self) -> Result<()> {
        if self.of.trim().is_empty() {
            return Err(Error::option("of", "the expression is empty"));
        }
        if self.total == Some(Total::Rows(0)) {
            return Err(Error::option("total", "a `total` of 0 takes nothing"));
        }
        self.shares.check(self.by.len()).map_err(|error| error.within("shares"))
    }

    fn needs(&self) -> Vec<Need> {
        let of = (self.of != ROWS).then(|| Need::Values(self.of.clone()));
        [Need::Groups(self.by.to_vec())].into_iter().chain(self.pick.needs()).chain(of).collect()
    }

    fn gives(&self) -> Gives {
        Gives { repeats: matches!(self.short, Short::Oversample(_)), ..Gives::default() }
    }

    fn run(&self, input: &Input) -> Result<Selection> {
        if input.is_empty() {
            return Ok(Selection::rows(vec![]));
        }
        let groups = input.groups(0);
        let strata = Strata::new(groups.codes(), groups.len());
        let within = |error: Error| error.within("shares");
        let shares = self.shares.of_groups(groups, &strata.counts(), &self.by).map_err(within)?;
        let measure = self.measure(input)?;
        let available: Vec<u64> = strata.iter().map(|rows| measure.available(rows)).collect();
        if let Some(group) = (0..groups.len()).find(|&group| shares[group] > 0.0 && available[group] == 0) {
            let message = format!("`{}` is 0 for all rows of `{}`", self.of, groups.label(group));
            return Err(Error::option("of", message).hint("a share of it cannot be reached"));
        }
        let wanted = self.wanted(&shares, &available, &measure);
        let got = self.settled(&wanted, &available, &measure, groups)?;
        let ranking = self.pick.ranking(input, 1)?;
        let mut taken = vec![];
        let mut reached = vec![];
        for (group, rows) in strata.iter().enumerate() {
            let of_group = measure.take(&ranking, rows, got[group], available[group]);
            reached.push(measure.sum(&of_group));
            taken.extend(of_group);
        }
        taken.sort_unstable();
        let whole: f64 = reached.iter().sum();
        let column = |numbers: Vec<f64>| -> ArrayRef { Arc::new(Float64Array::from(numbers)) };
        let amounts = |units: &[u64]| column(units.iter().map(|&units| measure.of(units)).collect());
        let share = reached.iter().map(|reached| if whole > 0.0 { reached / whole } else { 0.0 }).collect();
        let facts = [
            ("available", amounts(&available)),
            ("wanted", amounts(&wanted)),
            ("got", column(reached)),
            ("share", column(share)),
        ];
        Ok(Selection::rows(taken).note(&format!("shares of {}", self.of), table(groups.keys(), facts)))
    }
}
