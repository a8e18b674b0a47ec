//! Makes pairs of a better and a worse row.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod bounds;
mod budget;
mod prompts;
mod summary;
mod tiers;

use std::sync::Arc;

use arrow::array::Float64Array;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unskew_strategy::{By, Error, Gives, Input, Native, Need, Result, Roles, Selection, Strategy};

use bounds::Rows;
use budget::Budget;

#[cfg(test)]
mod tests;

/// The plugin.
pub static PLUGIN: Native<Pair> =
    Native::new("pair", env!("CARGO_PKG_VERSION"), "Make pairs of a better and a worse row", EXAMPLE);

const EXAMPLE: &str = r#"{
    "options": {"per": "prompt"},
    "rows": [
        {"prompt": "a", "score": 0.9}, {"prompt": "b", "score": 0.5},
        {"prompt": "a", "score": 0.1}, {"prompt": "b", "score": 0.8}
    ],
    "chooses": [0, 3, 2, 1]
}"#;

/// The column that goes with pairs.
const GAP: &str = "reward_gap";

/// Where each need stands; the others come behind.
const SCORE: usize = 0;
const ORDER: usize = 1;
const TEXT: usize = 2;
const FIRST: usize = 3;

/// Makes pairs of a better and a worse row: of the same prompt, or of rows that meet two conditions.
///
/// Rows with equal scores or equal texts never make a pair. The column `reward_gap` says by how much the better row is
/// better.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// What both rows of a pair agree in, such as the prompt: an expression, or a list of several.
    #[serde(default)]
    per: Option<By>,
    /// Without `per`: a condition for better rows, such as `score >= 0.7`.
    #[serde(default)]
    chosen: Option<String>,
    /// Without `per`: a condition for worse rows, such as `score <= 0.4`.
    #[serde(default)]
    rejected: Option<String>,
    /// What makes a row better: an expression whose value is a number.
    #[serde(default = "score")]
    score: String,
    /// With `per`: which rows are paired.
    #[serde(default, rename = "match")]
    matching: Option<Match>,
    /// The least gap between the scores of a pair.
    #[serde(default)]
    min_gap: f64,
    /// The largest gap between the scores of a pair.
    #[serde(default)]
    max_gap: Option<f64>,
    /// How far gaps may be beyond their bounds, and how large a gap still counts as none: room for rounding.
    #[serde(default = "tolerance")]
    tolerance: f64,
    /// In how many pairs a row may be: a number, or `all`. With `match: all` the default is `all`, without `per` it is 1.
    #[serde(default)]
    per_row: Option<Budget>,
    /// What rows say: those that say the same make no pair. Without this, the column `completion`, where there is one.
    #[serde(default)]
    text: Option<String>,
    /// How long a row is, such as `length(completion)`.
    #[serde(default)]
    length: Option<String>,
    /// How many times as long as the other one row of a pair may be.
    #[serde(default)]
    max_length_ratio: Option<f64>,
}

/// Which rows of a prompt are paired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Match {
    /// The best with the worst, the second best with the second worst, and so on.
    #[default]
    Mirror,
    /// The best with the worst.
    Extremes,
    /// Every row with every worse one.
    All,
}

fn score() -> String {
    "score".to_owned()
}

fn tolerance() -> f64 {
    1e-9
}

/// A pair: the better row, the worse row, and the gap between their scores.
type Found = (u32, u32, f64);

impl Pair {
    /// What `check` checks of the options that go together.
    fn check_kind(&self) -> Result<()> {
        let one_of = "`per: prompt` pairs rows of one prompt; `chosen` and `rejected` pair rows that meet two conditions";
        match (&self.per, &self.chosen, &self.rejected) {
            (None, None, None) => {
                return Err(Error::option("", "option `per` is missing").hint(one_of));
            }
            (None, Some(_), None) => return Err(Error::option("chosen", "`chosen` goes with `rejected`")),
            (None, None, Some(_)) => return Err(Error::option("rejected", "`rejected` goes with `chosen`")),
            (Some(_), None, None) | (None, Some(_), Some(_)) => {}
            (Some(_), ..) => {
                return Err(
                    Error::option("per", "`per` does not go with `chosen` and `rejected`").hint(one_of)
                );
            }
        }
        if self.per.is_none() && self.matching.is_some() {
            return Err(Error::option("match", "`match` goes with `per`"));
        }
        if self.per.is_some() && self.matching != Some(Match::All) && self.per_row.is_some() {
            let error = Error::option("per_row", "each row is in one pair at most, whatever `per_row` is");
            return Err(error.hint("`per_row` goes with `match: all`, or with `chosen` and `rejected`"));
        }
        Ok(())
    }

    /// How many needs stand before the length.
    fn needs_before_length(&self) -> usize {
        if self.per.is_some() { FIRST + 1 } else { FIRST + 3 }
    }

    fn budget(&self) -> Budget {
        self.per_row.unwrap_or(if self.per.is_some() { Budget::All } else { Budget::Pairs(1) })
    }
}

impl Strategy for Pair {
    fn check(&self) -> Result<()> {
        self.check_kind()?;
        let bound = |option: &str, value: f64, least: f64| {
            if value.is_finite() && value >= least {
                return Ok(());
            }
            Err(Error::option(option, format!("`{option}` is {value}, and {least} is the least")))
        };
        bound("min_gap", self.min_gap, 0.0)?;
        bound("tolerance", self.tolerance, 0.0)?;
        if let Some(max_gap) = self.max_gap {
            bound("max_gap", max_gap, self.min_gap)?;
        }
        if let Some(ratio) = self.max_length_ratio {
            bound("max_length_ratio", ratio, 1.0)?;
            if self.length.is_none() {
                let error = Error::option("max_length_ratio", "`max_length_ratio` goes with `length`");
                return Err(error.hint("say how long a row is, such as `length: length(completion)`"));
            }
        }
        Ok(())
    }

    fn needs(&self) -> Vec<Need> {
        let text = match &self.text {
            Some(text) => Need::Fingerprint(text.clone()),
            None => Need::Fingerprint("completion".to_owned()).optional(),
        };
        let mut needs = vec![Need::Values(self.score.clone()), Need::Order, text];
        needs.extend(self.per.iter().map(|per| Need::Groups(per.to_vec())));
        needs.extend(self.chosen.iter().chain(&self.rejected).cloned().map(Need::Values));
        needs.extend(self.per.is_none().then_some(Need::Priority));
        needs.extend(self.length.clone().map(Need::Values));
        needs
    }

    fn gives(&self) -> Gives {
        let repeats = self.per.is_none() || self.matching == Some(Match::All);
        Gives {
            roles: Roles::Pairs,
            columns: vec![GAP.to_owned()],
            ordered: true,
            repeats,
            ..Gives::default()
        }
    }

    fn run(&self, input: &Input) -> Result<Selection> {
        let rows = Rows::new(self, input)?;
        let (found, tables) = match &self.per {
            Some(_) => prompts::pair(self, &rows, input.groups(FIRST))?,
            None => tiers::pair(self, &rows, input)?,
        };
        let gaps: Vec<f64> = found.iter().map(|(.., gap)| *gap).collect();
        let notes = summary::notes(&rows, &found, &tables);
        let (chosen, rejected) = found.into_iter().map(|(chosen, rejected, _)| (chosen, rejected)).unzip();
        let selection =
            Selection::pairs(chosen, rejected).column(GAP, Arc::new(Float64Array::from(gaps)) as _);
        Ok(notes.into_iter().fold(selection, |selection, (name, table)| selection.note(name, table)))
    }
}
