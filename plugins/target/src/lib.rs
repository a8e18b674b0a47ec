//! Takes a given number or share of each class.

#![cfg_attr(test, allow(clippy::unwrap_used))]

use schemars::JsonSchema;
use serde::Deserialize;
use unskew_strategy::{
    By, Cells, Gives, Input, Native, Need, Others, Pick, Result, Rounding, Selection, Shares, Short, Strata,
    Strategy, Total, quota,
};

mod classes;
#[cfg(test)]
mod tests;
mod wanted;

use classes::Classes;

/// The plugin.
pub static PLUGIN: Native<Target> =
    Native::new("target", env!("CARGO_PKG_VERSION"), "Take a given number or share of each class", EXAMPLE);

const EXAMPLE: &str = r#"{
    "options": {"by": "task", "counts": {"math": 2, "coding": 1}, "pick": "first"},
    "rows": [{"task": "math"}, {"task": "math"}, {"task": "search"}, {"task": "math"}, {"task": "coding"}],
    "chooses": [0, 1, 4]
}"#;

/// Takes a given number or share of each class. Exactly one of `counts`, `shares`, `ratio` and `temperature` says how
/// many.
///
/// Classes are named by their text: `math`, `true`, `3`, `null`; where `by` lists several expressions, by nested
/// mappings: `{math: {easy: 100}}`. A class that no row is in is an error, unless `short` is `accept` or
/// `redistribute`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// What makes two rows of the same class: an expression, or a list of several.
    by: By,
    /// How many rows of each class: `{math: 3000, coding: 3000}`.
    #[serde(default)]
    counts: Option<Cells<u64>>,
    /// Which share of `total` each class gets: `{easy: 0.4, medium: 0.4, hard: 0.2}`, or `equal`.
    #[serde(default)]
    shares: Option<Shares>,
    /// How classes relate: `{true: 1, false: 2}`.
    #[serde(default)]
    ratio: Option<Cells<f64>>,
    /// Shares in proportion to the size of each class to the power of 1 / temperature: 1 changes nothing, 2 takes the
    /// square root, more evens out.
    #[serde(default)]
    temperature: Option<f64>,
    /// What shares are shares of: `largest` (the default), `input`, or a number of rows.
    #[serde(default)]
    total: Option<Total>,
    /// At least so many rows of each class, as far as there are; the other classes give way.
    #[serde(default)]
    floor: Option<u64>,
    /// How shares become whole numbers.
    #[serde(default)]
    rounding: Option<Rounding>,
    /// What happens to rows of classes that are not named.
    #[serde(default)]
    others: Option<Others>,
    /// What to do when a class has fewer rows than wanted.
    #[serde(default)]
    short: Short,
    /// Which rows of a class to take.
    #[serde(default)]
    pick: Pick,
}

impl Strategy for Target {
    fn check(&self) -> Result<()> {
        wanted::check(self)
    }

    fn needs(&self) -> Vec<Need> {
        [Need::Groups(self.by.to_vec())].into_iter().chain(self.pick.needs()).collect()
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
        let classes = Classes::new(groups, &strata.counts(), wanted::named(self)?)?;
        wanted::check_classes(self, &classes)?;
        let wanted = wanted::rows(self, &classes, input.len() as u64);
        let got = quota::settled(classes.available(), &wanted, self.short, |class| classes.label(class))?;
        let ranking = self.pick.ranking(input, 1)?;
        let mut taken = vec![];
        for (class, &count) in got.iter().enumerate() {
            if let Some(group) = classes.group(class) {
                taken.extend(ranking.take(strata.members(group), count));
            }
        }
        let keep = self.others == Some(Others::Keep);
        if keep {
            classes.others().for_each(|group| taken.extend_from_slice(strata.members(group)));
        }
        taken.sort_unstable();
        Ok(Selection::rows(taken).note("strata", classes.facts(&self.by, &wanted, &got, keep)))
    }
}
