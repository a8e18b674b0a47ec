//! Puts rows in order.

#![cfg_attr(test, allow(clippy::unwrap_used))]

use arrow::array::ArrayRef;
use schemars::JsonSchema;
use serde::Deserialize;
use unskew_strategy::{
    By, Error, Gives, Input, Native, Need, Result, Selection, Strata, Strategy, arrange, is_text, ranks,
    ranks_of_levels,
};

mod levels;

#[cfg(test)]
mod tests;

pub use levels::Levels;

/// The plugin.
pub static PLUGIN: Native<Order> =
    Native::new("order", env!("CARGO_PKG_VERSION"), "Put rows in order", EXAMPLE);

const EXAMPLE: &str = r#"{
    "options": {"interleave": "task"},
    "rows": [{"task": "math"}, {"task": "math"}, {"task": "math"}, {"task": "math"}, {"task": "coding"}, {"task": "coding"}],
    "chooses": [0, 4, 1, 2, 5, 3]
}"#;

/// Keeps all rows, and puts them in one of four orders.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// `true`: as in the source.
    #[serde(default)]
    source: bool,
    /// `true`: by chance.
    #[serde(default)]
    shuffle: bool,
    /// So that every stretch of rows has the mix of the whole in this expression, or in a list of several.
    #[serde(default)]
    interleave: Option<By>,
    /// By the value of this expression, lowest first; ties by chance, rows without a value last. Levels, such as those
    /// of `difficulty`, come in their order.
    #[serde(default)]
    curriculum: Option<String>,
    /// With `curriculum`, where it is text: which comes first, `[easy, medium, hard]`, or `alphabetical`.
    #[serde(default)]
    levels: Option<Levels>,
    /// With `curriculum`: highest first.
    #[serde(default)]
    descending: bool,
}

impl Strategy for Order {
    fn check(&self) -> Result<()> {
        let orders = [self.source, self.shuffle, self.interleave.is_some(), self.curriculum.is_some()];
        if orders.into_iter().filter(|given| *given).count() != 1 {
            return Err(Error::option("", "exactly one order is needed").hint(
                "write `source: true`, `shuffle: true`, `interleave: EXPRESSION` or `curriculum: EXPRESSION`",
            ));
        }
        if self.levels.is_some() && self.curriculum.is_none() {
            return Err(Error::option("levels", "`levels` goes with `curriculum` only"));
        }
        if self.descending && self.curriculum.is_none() {
            return Err(Error::option("descending", "`descending` goes with `curriculum` only"));
        }
        Ok(())
    }

    fn needs(&self) -> Vec<Need> {
        match (&self.interleave, &self.curriculum) {
            (Some(by), _) => vec![Need::Chance, Need::Groups(by.to_vec())],
            (_, Some(expression)) => vec![Need::Chance, Need::Values(expression.clone())],
            _ if self.shuffle => vec![Need::Chance],
            _ => vec![Need::Order],
        }
    }

    fn gives(&self) -> Gives {
        Gives { ordered: true, by_chance: self.shuffle, ..Gives::default() }
    }

    fn run(&self, input: &Input) -> Result<Selection> {
        let mut rows: Vec<u32> = (0..input.len() as u32).collect();
        match (&self.interleave, &self.curriculum) {
            (Some(_), _) => {
                let groups = input.groups(1);
                rows = arrange::interleave(Strata::new(groups.codes(), groups.len()).iter(), input.chance(0));
            }
            (_, Some(expression)) => {
                let ranks = self.ranks(expression, input.values(1))?;
                arrange::by_rank(&mut rows, &ranks, input.chance(0));
            }
            _ if self.shuffle => arrange::shuffle(&mut rows, input.chance(0)),
            _ => rows.sort_by_key(|&row| input.order(0)[row as usize]),
        }
        Ok(Selection::rows(rows))
    }
}

impl Order {
    /// The ranks of a curriculum.
    fn ranks(&self, expression: &str, values: &ArrayRef) -> Result<Vec<u32>> {
        match &self.levels {
            Some(Levels::Named(levels)) => ranks_of_levels(expression, values, levels, self.descending)
                .map_err(|error| {
                    error.hints().iter().fold(Error::option("levels", error.to_string()), Error::hint)
                }),
            None if is_text(values) => {
                let message = format!("`{expression}` is text, and says not which comes first");
                Err(Error::option("curriculum", message)
                    .hint("name them in order: `levels: [easy, medium, hard]`")
                    .hint("`levels: alphabetical` takes them by their letters, such as dates"))
            }
            _ => ranks(expression, values, self.descending),
        }
    }
}
