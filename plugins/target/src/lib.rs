//! Takes a given number or share of each class.

#![cfg_attr(test, allow(clippy::unwrap_used))]

use std::num::NonZeroU16;

use schemars::JsonSchema;
use serde::Deserialize;
use unskew_strategy::{
    By, Cells, Gives, Input, Native, Need, Others, Pick, Result, Rounding, Selection, Shares, Short, Strata,
    Strategy, Total, quota,
};

mod bins;
mod cells;
mod classes;
mod density;
mod profile;
#[cfg(test)]
mod tests;
mod wanted;

use bins::Bins;
use cells::Cells as Binned;
use classes::Classes;
pub use density::{Band, Beta, Density, Gaussian, Mean};

/// The plugin.
pub static PLUGIN: Native<Target> =
    Native::new("target", env!("CARGO_PKG_VERSION"), "Take a given number or share of each class", EXAMPLE);

const EXAMPLE: &str = r#"{
    "options": {"by": "task", "counts": {"math": 2, "coding": 1}, "pick": "first"},
    "rows": [{"task": "math"}, {"task": "math"}, {"task": "search"}, {"task": "math"}, {"task": "coding"}],
    "chooses": [0, 1, 4]
}"#;

/// How many bins there are at most, unless the options say.
const BINS: usize = 20;

/// Takes a given number or share of each class, which may have a given distribution of an expression.
///
/// Exactly one of `counts`, `shares`, `ratio` and `temperature` says how many; with `density` there may be none, and
/// classes keep their proportions.
///
/// Classes are named by their text: `math`, `true`, `3`, `null`; where `by` lists several expressions, by nested
/// mappings: `{math: {easy: 100}}`. A class that no row is in is an error, unless `short` is `accept` or
/// `redistribute`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// What makes two rows of the same class: an expression, or a list of several. With `density` it may be left out:
    /// then all rows are one class.
    #[serde(default)]
    by: Option<By>,
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
    /// The number that has a `density` in each class, such as `pass_rate`.
    #[serde(default)]
    over: Option<String>,
    /// How the values of `over` are to be distributed: `{gaussian: {mean: 0.5, deviation: 0.15}}`, where the mean may
    /// move (`{from: 0.9, to: 0.1}`), `{beta: {alpha: 2, beta: 4}}` or `{band: {above: 0, below: 1}}`.
    #[serde(default)]
    density: Option<Density>,
    /// With `density`: up to so many different values are a bin each; more are put into so many bins of equal width.
    #[serde(default)]
    bins: Option<NonZeroU16>,
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
        let over = self.over.iter().map(|over| Need::Values(over.clone()));
        let chance = self.moving().map(|_| Need::Chance);
        [Need::Groups(self.by().to_vec())]
            .into_iter()
            .chain(self.pick.needs())
            .chain(over)
            .chain(chance)
            .collect()
    }

    fn gives(&self) -> Gives {
        let repeats = matches!(self.short, Short::Oversample(_));
        Gives { repeats, ordered: self.moving().is_some(), ..Gives::default() }
    }

    fn run(&self, input: &Input) -> Result<Selection> {
        if input.is_empty() {
            return Ok(Selection::rows(vec![]));
        }
        match (&self.over, &self.density) {
            (Some(over), Some(density)) => self.with_density(over, density, input),
            _ => self.of_classes(input),
        }
    }
}

impl Target {
    fn by(&self) -> &[String] {
        self.by.as_deref().unwrap_or_default()
    }

    /// The mean of the density, if it moves.
    fn moving(&self) -> Option<Mean> {
        self.density.as_ref().and_then(Density::moving)
    }

    fn of_classes(&self, input: &Input) -> Result<Selection> {
        let groups = input.groups(0);
        let strata = Strata::new(groups.codes(), groups.len());
        let classes = Classes::new(groups, &strata.counts(), wanted::named(self)?)?;
        wanted::check_classes(self, &classes)?;
        let wanted = wanted::rows(self, &classes, classes.available(), input.len() as u64);
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
        Ok(Selection::rows(taken).note("strata", classes.facts(self.by(), &wanted, &got, keep)))
    }

    fn with_density(&self, over: &str, density: &Density, input: &Input) -> Result<Selection> {
        let groups = input.groups(0);
        let values_at = 1 + self.pick.needs().len();
        let most = self.bins.map_or(BINS, |bins| bins.get().into());
        let bins = Bins::new(over, input.values(values_at), density, most)?;
        let strata = Strata::new(groups.codes(), groups.len());
        let valued = |rows: &[u32]| rows.iter().filter(|&&row| bins.of(row).is_some()).count() as u64;
        let counts: Vec<u64> = strata.iter().map(valued).collect();
        let classes = Classes::new(groups, &counts, wanted::named(self)?)?;
        wanted::check_classes(self, &classes)?;
        let mut cells = Binned::new(density, &bins, &classes, &strata);
        let wanted = wanted::rows(self, &classes, &cells.capacities(), input.len() as u64);
        cells.settle(&wanted, &classes, self.short)?;
        let ranking = self.pick.ranking(input, 1)?;
        let density = cells.facts(over, input);
        let (rows, way) = match self.moving() {
            None => (cells.taken(&ranking), None),
            Some(mean) => {
                let rows = cells.ordered(&ranking, mean, input.chance(values_at + 1));
                let way = cells.way(&rows, mean);
                (rows, Some(way))
            }
        };
        let mut answer = Selection::rows(rows);
        if !self.by().is_empty() {
            answer = answer.note("strata", classes.facts(self.by(), &wanted, &cells.got(), false));
        }
        answer = answer.note("density", density);
        Ok(match way {
            Some(way) => answer.note(&format!("way of {over}"), way),
            None => answer,
        })
    }
}
