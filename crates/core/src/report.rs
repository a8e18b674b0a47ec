//! What a run did, in numbers: one document from which every picture of it is made.

mod strata;

use std::collections::BTreeMap;

use arrow::{
    array::RecordBatch,
    json::writer::{JsonArray, WriterBuilder},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use unskew_strategy::Note;

pub use strata::{Sizes, Strata, Stratum, Summary};

use crate::{recipe::Level, remote::Origin};

/// The version of this document's form; it grows when a reader of the old form could be misled.
pub const REPORT_VERSION: u32 = 1;

/// The most unreadable rows that are listed one by one.
pub const MOST_BAD_ROWS: usize = 100;

/// The most facts of a note that are listed one by one.
const MOST_FACTS: usize = 100;

/// What a run did (or, for a plan, would do).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The version of this form.
    pub version: u32,
    /// The version of unskew.
    pub unskew: String,
    /// What the result is called.
    pub name: String,
    /// Where all randomness came from.
    pub seed: u64,
    /// The most rows taken of each source, if that was limited.
    pub limit: Option<u64>,
    /// Whether this is a prediction.
    pub planned: bool,
    /// What was read.
    pub sources: Vec<SourceReport>,
    /// The first rows that could not be read.
    pub bad_rows: Vec<BadRowReport>,
    /// How many rows there were at each point.
    pub rows: RowCounts,
    /// What each stage did.
    pub stages: Vec<StageReport>,
    /// How well the rows of each split are mixed, where a label is known.
    #[serde(default)]
    pub order: Vec<OrderReport>,
    /// How the numbers that rows were chosen by are spread, before and after.
    #[serde(default)]
    pub spreads: Vec<Spread>,
    /// What trainers have to be told, so that they read the rows as they are meant.
    #[serde(default)]
    pub settings: Vec<SettingReport>,
    /// What was written, or would be.
    pub output: OutputReport,
    /// The rows that were left out, if they were asked for.
    pub overflow: Option<OverflowReport>,
    /// What became of each check.
    pub checks: Vec<CheckReport>,
    /// Columns that were written as JSON text, and why.
    pub json_columns: Vec<JsonColumn>,
    /// What else a reader should know.
    pub notices: Vec<String>,
}

/// One source.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SourceReport {
    /// What it is called.
    pub label: String,
    /// What is known of the repository it comes from, if it comes from one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// How many files it has.
    pub files: usize,
    /// How many rows were taken, bad ones too.
    pub rows: u64,
    /// The bytes that were read.
    pub bytes: u64,
    /// Rows that could not be read, by reason.
    pub bad: BTreeMap<String, u64>,
}

/// A row that could not be read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BadRowReport {
    /// The file, below the source.
    pub file: String,
    /// The row, from 0.
    pub row: u64,
    /// The line, from 1, where lines mean something.
    pub line: Option<u64>,
    /// A short word for what is wrong.
    pub reason: String,
    /// What exactly is wrong.
    pub detail: String,
}

/// How many rows there were at each point.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RowCounts {
    /// In the sources.
    pub read: u64,
    /// Of these, unreadable.
    pub bad: u64,
    /// For which `where` was false.
    pub filtered_false: u64,
    /// For which `where` was unknown: a value it needs is missing.
    pub filtered_unknown: u64,
    /// That the stages began with.
    pub input: u64,
    /// In the result.
    pub output: u64,
    /// Distinct rows of the input that are in the result.
    pub kept: u64,
    /// The share of the input that is in the result.
    pub retention: Option<f64>,
}

/// One stage.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StageReport {
    /// What it is called.
    pub label: String,
    /// Its strategy.
    pub strategy: String,
    /// The strategy's version.
    pub version: String,
    /// The BLAKE3 digest of the program that the strategy is, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Rows before.
    pub rows_in: u64,
    /// Rows after.
    pub rows_out: u64,
    /// The groups it looked at, before and after; one for each split.
    pub strata: Vec<Strata>,
    /// What the strategy found out.
    pub notes: Vec<NoteReport>,
}

/// Something a strategy found out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NoteReport {
    /// What it is.
    pub name: String,
    /// The split, where there are splits.
    pub split: Option<String>,
    /// The facts, one object a line.
    pub rows: Vec<Value>,
    /// How many more facts there are.
    #[serde(default)]
    pub more: u64,
}

/// How well the rows of a split are mixed, for a trainer that reads them in order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OrderReport {
    /// The split, where there are splits.
    pub split: Option<String>,
    /// The label: what makes rows alike.
    pub by: Vec<String>,
    /// Its values: in the order of their keys, or the most frequent ones if there are very many.
    pub values: Vec<Mixture>,
    /// How many more values there are.
    pub more: u64,
    /// How many rows `first` counts in.
    pub first: u64,
    /// Batches of several sizes.
    pub batches: Vec<OneLabel>,
    /// The most rows of one value that come one after another.
    pub longest_run: u64,
    /// The least number of rows of which there are two values in every window, wherever it begins.
    pub smallest_safe_batch: u64,
    /// The weights that TRL's `KTOTrainer` advises, if the label's values are a true and a false.
    pub weights: Option<Weights>,
}

/// One value of a label.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Mixture {
    /// The parts of its key; null where the value was missing.
    pub key: Vec<Option<String>>,
    /// Its rows.
    pub rows: u64,
    /// Its rows among the first ones.
    pub first: u64,
}

/// Batches of one size, cut from the first row on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OneLabel {
    /// How many rows each has; the last one may have fewer.
    pub size: u64,
    /// How many there are.
    pub batches: u64,
    /// How many of them hold one value only; one row that is left over is not counted.
    pub of_one_label: u64,
}

/// Weights for a trainer: from and to, for either label while the other one's weight is 1.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Weights {
    /// `desirable_weight`.
    pub desirable: [f64; 2],
    /// `undesirable_weight`.
    pub undesirable: [f64; 2],
}

/// How the numbers that a name or a strategy stands for are spread over rows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Spread {
    /// The name.
    pub name: String,
    /// The bins, lowest first; empty ones too.
    pub bins: Vec<SpreadBin>,
    /// Rows of the result without such a number.
    pub missing: u64,
}

/// Numbers from one edge to the next; the upper edge belongs to the next bin, or to this one if it is the last.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SpreadBin {
    /// The lower edge.
    pub from: f64,
    /// The upper edge.
    pub to: f64,
    /// Rows before the first stage; null where a stage made the number.
    pub before: Option<u64>,
    /// Rows of the result.
    pub after: u64,
}

/// Something to tell a trainer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SettingReport {
    /// The trainer.
    pub trainer: String,
    /// What it is about: `files`, `columns`, `order` or `weights`.
    pub about: String,
    /// The config it is for, where there are several shapes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<String>,
    /// The split it is for, where it is not the same for all.
    pub split: Option<String>,
    /// What to set; null where the trainer cannot be told.
    pub set: Option<String>,
}

/// What was written.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OutputReport {
    /// `parquet` or `jsonl`.
    pub format: String,
    /// The config.
    pub config: String,
    /// The splits, empty ones too.
    pub splits: Vec<SplitReport>,
    /// The columns of its files; none where they cannot be told.
    #[serde(default)]
    pub columns: Vec<ColumnReport>,
    /// Further configs, which hold the same rows in other shapes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub further: Vec<ConfigReport>,
}

/// One of several configs that hold the same rows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigReport {
    /// The config.
    pub config: String,
    /// The splits, empty ones too.
    pub splits: Vec<SplitReport>,
    /// The columns of its files; none where they cannot be told.
    #[serde(default)]
    pub columns: Vec<ColumnReport>,
}

/// A column of the written files.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ColumnReport {
    /// What it is called and what it holds, as a card tells `datasets`.
    pub feature: Value,
    /// In how many rows it is null or missing.
    pub nulls: u64,
    /// Where it comes from: `source`, `recipe`, `shape`, or a stage: `stage pair`.
    pub origin: String,
}

/// One split.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SplitReport {
    /// Its name.
    pub name: String,
    /// The value it was made from, where the name had to differ.
    pub value: Option<String>,
    /// Its rows.
    pub rows: u64,
    /// The bytes of its files; for a plan, about.
    pub bytes: u64,
    /// The bytes of its rows in memory, as a card tells them.
    pub arrow_bytes: u64,
    /// Its files, below the folder.
    pub files: Vec<String>,
}

/// The rows that were left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OverflowReport {
    /// How many rows each step left out: `where is false`, `where is unknown`, and the stages' names.
    pub left_out_by: Vec<LeftOut>,
    /// The splits they were written to.
    pub splits: Vec<SplitReport>,
    /// The columns of its files; none where they cannot be told.
    #[serde(default)]
    pub columns: Vec<ColumnReport>,
}

/// How many rows one step left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LeftOut {
    /// The step.
    pub step: String,
    /// The rows.
    pub rows: u64,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckReport {
    /// What it is called, where it comes from a preset: `sft: mean`.
    pub name: Option<String>,
    /// What was expected.
    pub expect: String,
    /// `source`, `input` or `output`.
    pub on: String,
    /// The split, where each was checked by itself.
    pub split: Option<String>,
    /// What follows when it is not true.
    pub level: Level,
    /// Whether it is true; null where it cannot be told, which counts as not true.
    pub passed: Option<bool>,
    /// What the left side of the comparison was.
    pub measured: Option<Value>,
    /// What is wrong where it is not true, if it comes from a preset.
    pub means: Option<String>,
    /// What to do about it, if it comes from a preset.
    pub hint: Option<String>,
}

/// A column that was written as JSON text.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JsonColumn {
    /// The column.
    pub path: String,
    /// Why.
    pub reason: String,
}

impl Report {
    /// The JSON Schema of reports.
    pub fn schema() -> Value {
        schemars::schema_for!(Self).into()
    }

    /// The report as it is written to `report.json`.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a report has text keys only") + "\n"
    }

    /// Whether every check of level `fail` is true.
    pub fn passed(&self) -> bool {
        self.checks.iter().all(|check| check.level == Level::Warn || check.passed == Some(true))
    }
}

impl OutputReport {
    /// The configs that hold the chosen rows, and their splits; the first is read where none is named.
    pub fn configs(&self) -> impl Iterator<Item = (&str, &[SplitReport])> {
        let further = self.further.iter().map(|one| (one.config.as_str(), one.splits.as_slice()));
        std::iter::once((self.config.as_str(), self.splits.as_slice())).chain(further)
    }
}

impl Mixture {
    /// How a person would call it: `true`, or `math × easy`.
    pub fn label(&self) -> String {
        label(&self.key)
    }
}

impl Weights {
    /// No weights at all, which is to weigh both labels alike.
    pub const EVEN: Self = Self { desirable: [1.0; 2], undesirable: [1.0; 2] };
}

impl SettingReport {
    /// What to set, or that nothing helps.
    pub fn told(&self) -> &str {
        self.set.as_deref().unwrap_or("lost, as it shuffles always")
    }

    /// What it is about, and for which config and split.
    pub fn about(&self) -> String {
        let of: Vec<&str> = [&self.config, &self.split].into_iter().flatten().map(String::as_str).collect();
        if of.is_empty() { self.about.clone() } else { format!("{} of {}", self.about, of.join("/")) }
    }
}

/// How a person would call a key.
pub(crate) fn label(key: &[Option<String>]) -> String {
    key.iter().map(|part| key_part(part.as_deref())).collect::<Vec<_>>().join(" × ")
}

/// How a person would call a part of a key. A text that reads as a missing value would is in quotes.
pub fn key_part(part: Option<&str>) -> String {
    match part {
        None => "null".to_owned(),
        Some("null") => "\"null\"".to_owned(),
        Some(text) => text.to_owned(),
    }
}

impl NoteReport {
    /// The note as JSON, at most as many lines as are listed.
    pub fn new(note: &Note, split: Option<&str>) -> Self {
        let listed = note.table.num_rows().min(MOST_FACTS);
        Self {
            name: note.name.clone(),
            split: split.map(str::to_owned),
            rows: objects(&note.table.slice(0, listed)),
            more: (note.table.num_rows() - listed) as u64,
        }
    }
}

/// The rows of a table as JSON objects, nulls written out.
fn objects(table: &RecordBatch) -> Vec<Value> {
    let mut out = vec![];
    let mut writer = WriterBuilder::new().with_explicit_nulls(true).build::<_, JsonArray>(&mut out);
    let written = writer.write(table).and_then(|()| writer.finish());
    drop(writer);
    match written {
        Ok(()) => serde_json::from_slice(&out).unwrap_or_default(),
        Err(error) => vec![Value::String(error.to_string())],
    }
}
