//! Makes batches that hold a given number of rows of each class.

#![cfg_attr(test, allow(clippy::unwrap_used))]

use std::{num::NonZeroU32, sync::Arc};

use arrow::array::{ArrayRef, RecordBatch, UInt32Array, UInt64Array};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unskew_strategy::{
    By, Error, Gives, Groups, Input, Native, Need, Result, Selection, Strata, Strategy, facts,
};

mod each;
mod plan;
#[cfg(test)]
mod tests;

pub use each::Each;
pub use plan::{Epoch, Plan};

/// The plugin.
pub static PLUGIN: Native<Batch> = Native::new(
    "batch",
    env!("CARGO_PKG_VERSION"),
    "Make batches with a given number of rows of each class",
    EXAMPLE,
);

const EXAMPLE: &str = r#"{
    "options": {"by": "task", "each": 1},
    "rows": [{"task": "math"}, {"task": "math"}, {"task": "coding"}, {"task": "math"}],
    "chooses": [2, 0, 2, 3, 2, 1]
}"#;

/// Puts rows in an order in which every batch holds a given number of rows of each class.
///
/// In each epoch every row comes at least once, in new company. Classes that are too short for the number of batches are
/// gone through again and again: within an epoch no row of a class comes more than once more often than another.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// What makes two rows of the same class: an expression, or a list of several.
    by: By,
    /// How many rows of each class a batch holds: a number, or one for each class as in `{math: 3, coding: 1}`.
    each: Each,
    /// How many times to go through the rows, each time in other batches.
    #[serde(default = "one")]
    epochs: NonZeroU32,
    /// Whether to leave out, in each epoch, the rows that do not fill a batch, instead of filling it up with rows that
    /// were there before.
    #[serde(default)]
    drop_last: bool,
    /// How rows stand in a batch.
    #[serde(default)]
    within: Within,
    /// How often rows are written.
    #[serde(default)]
    rows: Rows,
    /// The name of a column to add, with the number of each row's batch, counted from 0.
    #[serde(default)]
    column: Option<String>,
}

/// How rows stand in a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Within {
    /// Class after class.
    #[default]
    Classes,
    /// By chance.
    Mixed,
}

/// How often rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Rows {
    /// As often as they come in batches, batch after batch.
    #[default]
    Repeated,
    /// Every row once, where it was; the batches are in `.unskew/batches.parquet`.
    Once,
}

fn one() -> NonZeroU32 {
    NonZeroU32::MIN
}

impl Strategy for Batch {
    fn check(&self) -> Result<()> {
        if self.rows == Rows::Once && self.column.is_some() {
            return Err(Error::option("column", "with `rows: once` a row is in more than one batch")
                .hint("the numbers of batches are in `.unskew/batches.parquet`"));
        }
        self.each.check(&self.by)
    }

    fn needs(&self) -> Vec<Need> {
        vec![Need::Groups(self.by.to_vec()), Need::Chance]
    }

    fn gives(&self) -> Gives {
        Gives {
            columns: self.column.iter().cloned().collect(),
            ordered: self.rows == Rows::Repeated,
            repeats: self.rows == Rows::Repeated,
            label: if self.rows == Rows::Repeated { self.by.to_vec() } else { vec![] },
            ..Gives::default()
        }
    }

    fn run(&self, input: &Input) -> Result<Selection> {
        if input.is_empty() {
            return Ok(self.answer(vec![], 1));
        }
        let groups = input.groups(0);
        let strata = Strata::new(groups.codes(), groups.len());
        let classes: Vec<usize> =
            (0..groups.len()).filter(|&group| !strata.members(group).is_empty()).collect();
        let each = self.each.of(groups, &strata.counts(), &self.by)?;
        let each: Vec<usize> = classes.iter().map(|&class| each[class]).collect();
        let rows: Vec<&[u32]> = classes.iter().map(|&class| strata.members(class)).collect();
        let plan = Plan::new(rows, each, self.drop_last);
        self.check_size(&plan)?;
        let chosen = plan.rows(self.epochs.get(), input.chance(1), self.within == Within::Mixed);
        let (classes, batches) = (of_classes(&plan, &classes, groups)?, self.batches(&plan)?);
        let answer = match self.rows {
            Rows::Repeated => {
                let rows = first_places(&chosen, input.len());
                self.answer(chosen, plan.size()).batches(plan.batches_of(rows))
            }
            Rows::Once => {
                let all = Selection::rows((0..input.len() as u32).collect());
                all.batches(plan.batches_of(chosen))
            }
        };
        Ok(answer.note("classes", classes).note("plan", batches))
    }
}

impl Batch {
    /// These rows, with the number of each one's batch where that is wanted.
    fn answer(&self, rows: Vec<u32>, size: usize) -> Selection {
        let numbers = (0..rows.len()).map(|at| (at / size) as u32);
        let numbers = self.column.as_ref().map(|name| (name, UInt32Array::from_iter_values(numbers)));
        match numbers {
            Some((name, numbers)) => Selection::rows(rows).column(name, Arc::new(numbers)),
            None => Selection::rows(rows),
        }
    }

    /// There has to be a batch, and there may not be more rows than can be numbered.
    fn check_size(&self, plan: &Plan<'_>) -> Result<()> {
        if plan.batches() == 0 {
            let message = "no class has as many rows as a batch takes of it, so there is no full batch";
            return Err(
                Error::option("drop_last", message).hint("without `drop_last` rows are repeated to fill one")
            );
        }
        let rows = (plan.batches() * plan.size()) as u128 * u128::from(self.epochs.get());
        if rows > u128::from(u32::MAX) {
            let message = format!("this would make {rows} rows, and {} is the most", u32::MAX);
            return Err(Error::option("epochs", message).hint("make fewer epochs at a time"));
        }
        Ok(())
    }

    fn batches(&self, plan: &Plan<'_>) -> Result<RecordBatch> {
        let number = |number: u64| Arc::new(UInt64Array::from(vec![number])) as ArrayRef;
        Ok(RecordBatch::try_from_iter([
            ("batches", number(plan.batches() as u64)),
            ("rows in each", number(plan.size() as u64)),
            ("epochs", number(self.epochs.get().into())),
            ("left out of each", number(plan.left_out() as u64)),
        ])?)
    }
}

/// For each row of an answer, the first place at which the same row stands.
fn first_places(chosen: &[u32], rows: usize) -> Vec<u32> {
    let mut first = vec![u32::MAX; rows];
    let place = |(place, row): (u32, &u32)| {
        let first = &mut first[*row as usize];
        *first = (*first).min(place);
        *first
    };
    (0..).zip(chosen).map(place).collect()
}

/// How often the rows of each class come in an epoch.
fn of_classes(plan: &Plan<'_>, classes: &[usize], groups: &Groups) -> Result<RecordBatch> {
    let which = UInt64Array::from_iter_values(classes.iter().map(|&class| class as u64));
    let keys = arrow::compute::take_record_batch(groups.keys(), &which)?;
    let numbers = |number: &dyn Fn(usize) -> usize| -> Vec<u64> {
        (0..classes.len()).map(|class| number(class) as u64).collect()
    };
    Ok(facts(
        &keys,
        [
            ("rows", numbers(&|class| plan.members(class).len())),
            ("each", numbers(&|class| plan.each(class))),
            ("fewest uses", numbers(&|class| plan.drawn(class) / plan.members(class).len())),
            ("most uses", numbers(&|class| plan.drawn(class).div_ceil(plan.members(class).len()))),
        ],
    ))
}
