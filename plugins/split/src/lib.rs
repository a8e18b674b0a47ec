//! Sends rows to splits.

#![cfg_attr(test, allow(clippy::unwrap_used))]

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unskew_strategy::{
    By, Error, Gives, Groups, Input, Native, Need, Result, Selection, Splits, Strata, Strategy, facts,
};

mod sides;
mod size;
#[cfg(test)]
mod tests;

use size::Part;
pub use size::Size;

/// The plugin.
pub static PLUGIN: Native<Split> =
    Native::new("split", env!("CARGO_PKG_VERSION"), "Send rows to splits", EXAMPLE);

const EXAMPLE: &str = r#"{
    "options": {"test": 0.25},
    "rows": [{"prompt": "a"}, {"prompt": "b"}, {"prompt": "c"}, {"prompt": "d"}],
    "chooses": [0, 1, 2, 3]
}"#;

/// The most splits that a value may make.
const MOST: usize = 1000;

/// Sends rows to splits: one for each value of something, or `train`, `validation` and `test`. It keeps all rows, and
/// what follows goes on in each split by itself.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// A split for each value of this: an expression, or a list of several. Levels make one split each, in their
    /// order, empty ones too.
    #[serde(default)]
    by: Option<By>,
    /// With `by`: `cumulative` makes the splits `phase_1`, `phase_2` and so on, each with the rows of its value and
    /// of all before it.
    #[serde(default)]
    phases: Option<Phases>,
    /// How much goes to `train`: a share such as 0.9, or a whole number of rows; what the others leave, unless it is
    /// given.
    #[serde(default)]
    train: Option<Size>,
    /// How much goes to `validation`; without it there is none.
    #[serde(default)]
    validation: Option<Size>,
    /// How much goes to `test`; without it there is none.
    #[serde(default)]
    test: Option<Size>,
    /// What every split is to have in the same shares: an expression, or a list of several.
    #[serde(default)]
    stratify: Option<By>,
    /// What rows agree in that must be in one split, such as `prompt`: an expression, or a list of several.
    #[serde(default)]
    group: Option<By>,
    /// What the splits' names begin with.
    #[serde(default)]
    prefix: String,
}

/// What splits by a value share with one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Phases {
    /// Each has the rows of all that come before it, too.
    Cumulative,
}

impl Strategy for Split {
    fn check(&self) -> Result<()> {
        let sized = [("train", self.train), ("validation", self.validation), ("test", self.test)];
        let by_size = [("stratify", self.stratify.is_some()), ("group", self.group.is_some())];
        let mut given = sized.map(|(name, size)| (name, size.is_some())).into_iter().chain(by_size);
        if self.by.is_some() {
            return match given.find(|(_, given)| *given) {
                Some((name, _)) => Err(Error::option(name, format!("`{name}` has no meaning beside `by`"))
                    .hint(
                        "`by` makes a split for each value; to keep a mix in each split, `stratify` by it",
                    )),
                None => Ok(()),
            };
        }
        if self.phases.is_some() {
            return Err(Error::option("phases", "`phases` goes with `by` only"));
        }
        if self.validation.is_none() && self.test.is_none() {
            return Err(Error::option("", "there is nothing to split by")
                .hint("write `by: EXPRESSION`, or how much goes to `test`, such as `test: 0.1`"));
        }
        size::check(&self.parts())
    }

    fn needs(&self) -> Vec<Need> {
        let groups = |by: &By| Need::Groups(by.to_vec());
        match (&self.by, &self.group) {
            (Some(by), _) => vec![groups(by)],
            (None, Some(group)) => vec![self.strata(), groups(group)],
            (None, None) => vec![self.strata(), Need::Priority],
        }
    }

    fn gives(&self) -> Gives {
        let splits = match &self.by {
            Some(_) => Splits::FromData,
            None => Splits::Known(self.names()),
        };
        Gives { splits, repeats: self.phases.is_some(), ..Gives::default() }
    }

    fn run(&self, input: &Input) -> Result<Selection> {
        if self.by.is_some() { self.by_value(input.groups(0)) } else { self.by_size(input) }
    }
}

impl Split {
    fn strata(&self) -> Need {
        Need::Groups(self.stratify.as_ref().map(|by| by.to_vec()).unwrap_or_default())
    }

    /// The splits and how much goes to them.
    fn parts(&self) -> Vec<Part> {
        let train = ("train", self.train);
        let others = [("validation", self.validation), ("test", self.test)];
        std::iter::once(train).chain(others.into_iter().filter(|(_, size)| size.is_some())).collect()
    }

    fn names(&self) -> Vec<String> {
        self.parts().iter().map(|(name, _)| format!("{}{name}", self.prefix)).collect()
    }

    fn by_value(&self, groups: &Groups) -> Result<Selection> {
        if groups.len() > MOST {
            let message = format!("`by` would make {} splits, and {MOST} is the most", groups.len());
            return Err(Error::option("by", message).hint("split by something with fewer values"));
        }
        let rows = 0..groups.codes().len() as u32;
        if groups.is_empty() {
            return Ok(Selection::rows(vec![]).split(vec![], vec![format!("{}train", self.prefix)]));
        }
        if self.phases.is_none() {
            let names = (0..groups.len()).map(|group| format!("{}{}", self.prefix, groups.label(group)));
            return Ok(Selection::rows(rows.collect()).split(groups.codes().to_vec(), names.collect()));
        }
        let names = (1..=groups.len()).map(|phase| format!("{}phase_{phase}", self.prefix));
        let phases =
            |row: u32| (groups.codes()[row as usize]..groups.len() as u32).map(move |phase| (row, phase));
        let (positions, codes) = rows.flat_map(phases).unzip();
        Ok(Selection::rows(positions).split(codes, names.collect()))
    }

    fn by_size(&self, input: &Input) -> Result<Selection> {
        let strata = input.groups(0);
        let keys: Vec<u64> = match &self.group {
            Some(_) => {
                let groups = input.groups(1);
                groups.codes().iter().map(|group| groups.priority()[*group as usize]).collect()
            }
            None => input.priority(1).to_vec(),
        };
        let rows = input.len();
        let targets =
            if rows == 0 { vec![0; self.parts().len()] } else { size::targets(&self.parts(), rows as u64)? };
        let of_rows = sides::Rows { keys: &keys, strata: strata.codes(), phases: strata.priority() };
        let sides = sides::sides(of_rows, &targets);
        let splits = Strata::new(&sides, targets.len());
        let names = Arc::new(StringArray::from(self.names())) as ArrayRef;
        let names = RecordBatch::try_from_iter([("split", names)]).expect("there is one column");
        let mut sizes = facts(&names, [("wanted", targets), ("rows", splits.counts())]);
        if self.group.is_some() {
            sizes = facts(&sizes, [("groups", groups_in(&splits, input.groups(1)))]);
        }
        let mut answer = Selection::rows((0..rows as u32).collect()).note("splits", sizes);
        if self.stratify.is_some() {
            answer = answer.note("mix", self.mix(strata, &splits));
        }
        Ok(answer.split(sides, self.names()))
    }

    /// How many rows of each stratum each split has.
    fn mix(&self, strata: &Groups, splits: &Strata) -> RecordBatch {
        let counts = |rows: &[u32]| {
            let mut counts = vec![0; strata.len()];
            for row in rows {
                counts[strata.codes()[*row as usize] as usize] += 1;
            }
            counts
        };
        let columns = self.names().into_iter().zip(splits.iter().map(counts));
        columns.fold(strata.keys().clone(), |table, (name, counts)| facts(&table, [(name.as_str(), counts)]))
    }
}

/// How many groups each split has.
fn groups_in(splits: &Strata, groups: &Groups) -> Vec<u64> {
    let count = |rows: &[u32]| {
        let mut found: Vec<u32> = rows.iter().map(|row| groups.codes()[*row as usize]).collect();
        found.sort_unstable();
        found.dedup();
        found.len() as u64
    };
    splits.iter().map(count).collect()
}
