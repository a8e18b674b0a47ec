//! Balances desirable and undesirable rows, and orders them so that batches hold both.

#![cfg_attr(test, allow(clippy::unwrap_used))]

use std::sync::Arc;

use arrow::array::{BooleanArray, RecordBatch, StringArray};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unskew_strategy::{Error, Gives, Input, Native, Need, Pick, Result, Selection, Strategy, facts};

mod batches;
mod labels;
mod ratio;
#[cfg(test)]
mod tests;

use batches::{Alike, batches};
pub use ratio::Ratio;

/// The plugin.
pub static PLUGIN: Native<Kto> =
    Native::new("kto", env!("CARGO_PKG_VERSION"), "Balance two labels, and mix them in every batch", EXAMPLE);

const EXAMPLE: &str = r#"{
    "options": {"label": "good", "pick": "first"},
    "rows": [
        {"good": true, "prompt": "a"}, {"good": true, "prompt": "b"}, {"good": true, "prompt": "a"},
        {"good": false, "prompt": "a"}, {"good": false, "prompt": "c"}
    ],
    "chooses": [0, 4, 1, 3]
}"#;

/// Balances rows of two labels, desirable and undesirable, and puts them in an order in which batches hold both.
///
/// The rows get a column `label` that is true for desirable rows and false for the others.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Kto {
    /// Which rows are desirable: an expression whose values are true and false, 1 and 0, 1 and -1, or such texts.
    label: String,
    /// How many desirable rows there are to be for each undesirable one: a number, or two as in `3:2`; 1 without it.
    #[serde(default)]
    ratio: Option<Ratio>,
    /// Whether rows of the label that has too many are left out.
    #[serde(default)]
    keep: Keep,
    /// Which rows of the label that has too many are kept: `random` (the default), `first`, or the best, worst or
    /// weighted by an expression.
    #[serde(default)]
    pick: Option<Pick>,
    /// In what order rows come.
    #[serde(default)]
    order: Order,
    /// What neighbours are to differ in; without it, the column `prompt`, if there is one.
    #[serde(default)]
    prompt: Option<String>,
    /// What neighbours are to differ in, too; without it, the column `completion`, if there is one.
    #[serde(default)]
    completion: Option<String>,
}

/// Whether rows are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Keep {
    /// As many rows of each label as make the ratio.
    #[default]
    Balanced,
    /// All rows.
    All,
}

/// In what order rows come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Order {
    /// So that batches as small as can be hold both labels, and neighbours differ.
    #[default]
    Batches,
    /// By chance.
    Shuffle,
    /// As in the source.
    Source,
}

/// Where the columns of neighbours stand among the needs.
const NEIGHBOURS: usize = 2;

impl Kto {
    fn pick(&self) -> Pick {
        self.pick.clone().unwrap_or_default()
    }

    /// What neighbours are to differ in: what an option names, or what has the usual name if anything has.
    fn neighbours(&self) -> Vec<Need> {
        let need = |option: &Option<String>, usual: &str| match option {
            Some(expression) => Need::Fingerprint(expression.clone()),
            None => Need::Fingerprint(usual.to_owned()).optional(),
        };
        match self.order {
            Order::Batches => vec![need(&self.prompt, "prompt"), need(&self.completion, "completion")],
            Order::Shuffle | Order::Source => vec![],
        }
    }

    /// The desirable and the undesirable rows to keep.
    fn kept(&self, input: &Input, sides: [Vec<u32>; 2]) -> Result<[Vec<u32>; 2]> {
        if self.keep == Keep::All {
            return Ok(sides);
        }
        let counts = self.ratio.unwrap_or_default().counts([sides[0].len() as u64, sides[1].len() as u64]);
        let ranking = self.pick().ranking(input, NEIGHBOURS + self.neighbours().len())?;
        Ok([ranking.take(&sides[0], counts[0]), ranking.take(&sides[1], counts[1])])
    }

    fn ordered(&self, input: &Input, kept: [Vec<u32>; 2]) -> Vec<u32> {
        match self.order {
            Order::Batches => {
                let shuffled = kept.map(|rows| batches::shuffled(rows, input.priority(1)));
                batches(shuffled, &Alike::of(input, NEIGHBOURS), &Alike::of(input, NEIGHBOURS + 1))
            }
            Order::Shuffle => batches::shuffled(kept.concat(), input.priority(1)),
            Order::Source => {
                let mut rows = kept.concat();
                rows.sort_unstable_by_key(|&row| (input.order(1)[row as usize], row));
                rows
            }
        }
    }
}

impl Strategy for Kto {
    fn check(&self) -> Result<()> {
        let useless = |option: &str, beside: &str| {
            Err(Error::option(option, format!("`{option}` has no meaning beside `{beside}`")))
        };
        let all = self.keep == Keep::All;
        match self {
            Self { ratio: Some(_), .. } if all => useless("ratio", "keep: all"),
            Self { pick: Some(_), .. } if all => useless("pick", "keep: all"),
            Self { prompt: Some(_), order: Order::Shuffle, .. } => useless("prompt", "order: shuffle"),
            Self { prompt: Some(_), order: Order::Source, .. } => useless("prompt", "order: source"),
            Self { completion: Some(_), order: Order::Shuffle, .. } => {
                useless("completion", "order: shuffle")
            }
            Self { completion: Some(_), order: Order::Source, .. } => useless("completion", "order: source"),
            _ => Ok(()),
        }
    }

    fn needs(&self) -> Vec<Need> {
        let order = if self.order == Order::Source { Need::Order } else { Need::Priority };
        let pick = if self.keep == Keep::All { vec![] } else { self.pick().needs() };
        [vec![Need::Groups(vec![self.label.clone()]), order], self.neighbours(), pick].concat()
    }

    fn gives(&self) -> Gives {
        Gives {
            columns: vec!["label".to_owned()],
            ordered: true,
            label: vec!["label".to_owned()],
            ..Gives::default()
        }
    }

    fn run(&self, input: &Input) -> Result<Selection> {
        let desirable = labels::read(&self.label, input.groups(0))?;
        let rows = || 0..input.len() as u32;
        let sides = [true, false].map(|side| rows().filter(|&row| desirable[row as usize] == side).collect());
        let kept = self.kept(input, sides)?;
        let balance = balance([kept[0].len() as u64, kept[1].len() as u64], input.len() as u64)?;
        let rows = self.ordered(input, kept);
        let label: BooleanArray = rows.iter().map(|&row| Some(desirable[row as usize])).collect();
        Ok(Selection::rows(rows).column("label", Arc::new(label)).note("balance", balance))
    }
}

/// How many rows of each label are kept, how they relate, and how many rows are not.
fn balance([desirable, undesirable]: [u64; 2], rows: u64) -> Result<RecordBatch> {
    let ratio = format!("{:.2}:1", desirable as f64 / undesirable.max(1) as f64);
    let keys = RecordBatch::try_from_iter([("ratio", Arc::new(StringArray::from(vec![ratio])) as _)])?;
    let dropped = rows - desirable - undesirable;
    Ok(facts(
        &keys,
        [("desirable", vec![desirable]), ("undesirable", vec![undesirable]), ("dropped", vec![dropped])],
    ))
}
