//! What there is to tell of pairs.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray, UInt64Array};
use unskew_strategy::Error;

use crate::{Found, bounds::Rows};

/// The most pairs that are made; more would not fit into memory beside everything else.
pub(crate) const MOST_PAIRS: usize = 10_000_000;

/// There are too many pairs.
pub(crate) fn too_many(how: &str, pairs: u64) -> Error {
    let told = format!("there are {how} {pairs} pairs, and {MOST_PAIRS} is the most").replace("  ", " ");
    Error::option("per_row", told).hint("`per_row: 4` makes at most 4 pairs of each row")
}

/// What became of prompts, or how large the two tiers are.
#[derive(Default)]
pub(crate) struct Tables {
    pub(crate) prompts: Vec<(&'static str, u64)>,
    /// Rows without a prompt.
    pub(crate) unkeyed: u64,
    /// Better rows, worse rows, and the pairs of them whose gaps are within bounds.
    pub(crate) tiers: Option<(u64, u64, u64)>,
}

/// Tables for the report.
pub(crate) fn notes(rows: &Rows<'_>, found: &[Found], tables: &Tables) -> Vec<(&'static str, RecordBatch)> {
    let mut notes = vec![];
    notes.extend(gaps(rows, found).map(|table| ("gaps", table)));
    if !tables.prompts.is_empty() {
        notes.push(("prompts", counts("outcome", "prompts", &tables.prompts)));
    }
    if let Some((chosen, rejected, possible)) = tables.tiers {
        let numbers = [("chosen", chosen), ("rejected", rejected), ("possible pairs", possible)];
        notes.push(("tiers", table(numbers.map(|(name, number)| (name, one(number))))));
    }
    let unscored = rows.len() as u64 - rows.scores().count() as u64;
    let without = [("score", unscored), ("prompt", tables.unkeyed)];
    let without: Vec<_> = without.into_iter().filter(|(_, rows)| *rows > 0).collect();
    if !without.is_empty() {
        notes.push(("left out", counts("without", "rows", &without)));
    }
    let warnings = warnings(rows, found);
    if !warnings.is_empty() {
        notes.push(("warnings", table([("warning", Arc::new(StringArray::from(warnings)) as ArrayRef)])));
    }
    notes
}

/// How wide the gaps are.
fn gaps(rows: &Rows<'_>, found: &[Found]) -> Option<RecordBatch> {
    let gaps = || found.iter().map(|(.., gap)| *gap);
    let wide = gaps().filter(|gap| *gap >= WIDE).count();
    let mut columns = vec![
        ("pairs", one(found.len() as u64)),
        ("mean", number(mean(found)?)),
        ("min", number(gaps().fold(f64::INFINITY, f64::min))),
        ("max", number(gaps().fold(f64::NEG_INFINITY, f64::max))),
        ("share >= 0.3", number(wide as f64 / found.len() as f64)),
    ];
    let chosen = rows.mean_length(found.iter().map(|(chosen, ..)| *chosen));
    let rejected = rows.mean_length(found.iter().map(|(_, rejected, _)| *rejected));
    columns.extend(chosen.map(|length| ("length of chosen", number(length))));
    columns.extend(rejected.map(|length| ("length of rejected", number(length))));
    Some(table(columns))
}

fn mean(found: &[Found]) -> Option<f64> {
    let sum: f64 = found.iter().map(|(.., gap)| gap).sum();
    (!found.is_empty()).then(|| sum / found.len() as f64)
}

/// A gap that leaves no doubt which row is better.
const WIDE: f64 = 0.3;

/// A mean gap below this is too narrow to learn from.
const NARROW_MEAN: f64 = 0.2;

/// A gap below this is ambiguous.
const NARROW: f64 = 0.1;

/// Gaps that are all this close to 1 come from right and wrong answers alone.
const NEAR_ONE: f64 = 0.05;

/// What looks wrong with the gaps, where scores go from 0 to 1.
fn warnings(rows: &Rows<'_>, found: &[Found]) -> Vec<String> {
    let Some(mean) = mean(found) else { return vec![] };
    if rows.scores().any(|score| !(0.0..=1.0).contains(&score)) {
        return vec![];
    }
    let gaps = || found.iter().map(|(.., gap)| *gap);
    let narrow = gaps().filter(|gap| *gap < NARROW).count();
    let mut warnings = vec![];
    if mean < NARROW_MEAN {
        warnings.push(format!("the mean gap is below {NARROW_MEAN}: the rows of a pair are much alike"));
    }
    if narrow > 0 {
        let pairs = if narrow == 1 { "1 pair has".to_owned() } else { format!("{narrow} pairs have") };
        warnings.push(format!("{pairs} a gap below {NARROW}: which row is better is in doubt"));
    }
    if gaps().all(|gap| (gap - 1.0).abs() <= NEAR_ONE) {
        warnings.push("all gaps are near 1: pairs may be too easy to tell apart".to_owned());
    }
    warnings
}

fn counts(name: &str, counted: &str, counts: &[(&'static str, u64)]) -> RecordBatch {
    let names: StringArray = counts.iter().map(|(name, _)| Some(*name)).collect();
    let numbers: UInt64Array = counts.iter().map(|(_, number)| Some(*number)).collect();
    table([(name, Arc::new(names) as ArrayRef), (counted, Arc::new(numbers) as ArrayRef)])
}

fn table<'a>(columns: impl IntoIterator<Item = (&'a str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter(columns).expect("columns are of one length")
}

fn one(number: u64) -> ArrayRef {
    Arc::new(UInt64Array::from(vec![number]))
}

fn number(number: f64) -> ArrayRef {
    Arc::new(Float64Array::from(vec![number]))
}
