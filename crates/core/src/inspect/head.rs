//! The first rows of a source: which paths they have, and what may be worth counting by.

use std::collections::{BTreeMap, BTreeSet};

use arrow::{
    array::{Array, AsArray},
    compute::cast,
    datatypes::DataType,
    util::display::array_value_to_string,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unskew_io::{Extract, OnBadRow, Scan, ScanSpec, Silent};

use crate::{Prepared, Result};

/// How many rows are looked at.
const ROWS: u64 = 1000;

/// Most paths that are described.
const MOST_PATHS: usize = 300;

/// Most distinct values of something that rows are counted by.
const MOST_KINDS: usize = 50;

/// Names that tell kinds of rows apart, the likeliest first.
const TELLING: [&str; 8] = ["task", "category", "domain", "difficulty", "label", "type", "source", "lang"];

/// A path that rows have.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PathReport {
    /// The path.
    pub path: String,
    /// How many rows at the head have what there: `text`, `number`, `boolean`, `list`, `object`, `null`; of the items
    /// where the path goes through a list.
    pub kinds: BTreeMap<String, u64>,
    /// Rows at the head that do not have it.
    pub missing: u64,
}

/// What the head holds.
pub struct Head {
    /// How many rows it has.
    pub rows: u64,
    /// The paths in it.
    pub paths: Vec<PathReport>,
    /// Distinct values of the paths that may be counted by.
    distinct: BTreeMap<String, usize>,
}

impl PathReport {
    /// Whether there is one number a row, or none.
    pub fn is_numeric(&self) -> bool {
        let number = |kind: &String| matches!(kind.as_str(), "number" | "null");
        self.kinds.contains_key("number") && self.kinds.keys().all(number) && !self.path.contains("[]")
    }

    fn is_text(&self) -> bool {
        let text = |kind: &String| matches!(kind.as_str(), "text" | "null");
        self.kinds.contains_key("text") && self.kinds.keys().all(text) && !self.path.contains("[]")
    }
}

/// Reads the head of the first file.
pub fn read(prepared: &Prepared) -> Result<Head> {
    let paths: Vec<_> = prepared.heads.paths().iter().take(MOST_PATHS).cloned().collect();
    let first = &prepared.catalog.sources()[..1];
    let kinds = scan(first, paths.iter().map(|path| format!("kind({path})")))?;
    let rows = u64::from(kinds.files[0].rows);
    let bad = kinds.files[0].bad.len() as u64;
    let reports: Vec<_> = paths
        .iter()
        .zip(&kinds.columns)
        .map(|(path, column)| count(path, column, rows - bad))
        .collect::<Result<_>>()?;
    let texts: Vec<_> = reports.iter().filter(|path| path.is_text()).map(|path| path.path.clone()).collect();
    let values = scan(first, texts.iter().map(|path| format!("key({path})")))?;
    let distinct = |column: &dyn Array| -> usize {
        let value =
            |row| column.is_valid(row).then(|| array_value_to_string(column, row).unwrap_or_default());
        (0..column.len()).filter_map(value).collect::<BTreeSet<_>>().len()
    };
    let distinct = texts.into_iter().zip(values.columns.iter().map(|column| distinct(column))).collect();
    Ok(Head { rows: rows - bad, paths: reports, distinct })
}

/// The paths alone, without a look at any row: of a far file, its head may be much to read.
pub fn names(prepared: &Prepared) -> Head {
    let paths = prepared.heads.paths().iter().take(MOST_PATHS);
    let paths = paths.map(|path| PathReport { path: path.clone(), ..PathReport::default() }).collect();
    Head { rows: 0, paths, distinct: BTreeMap::new() }
}

fn scan(sources: &[unskew_io::Source], columns: impl Iterator<Item = String>) -> Result<Scan> {
    let extracts = columns.map(|column| column.parse::<Extract>()).collect::<Result<_, _>>()?;
    let spec =
        ScanSpec { extracts, on_bad_row: OnBadRow::Skip, limit: Some(ROWS), memory: None, digest: false };
    Ok(unskew_io::scan(sources, &spec, &Silent)?)
}

fn count(path: &str, column: &dyn Array, rows: u64) -> Result<PathReport> {
    let mut report = PathReport { path: path.to_owned(), ..PathReport::default() };
    let there = (column.len() - column.logical_null_count()) as u64;
    report.missing = rows.saturating_sub(there);
    let items = match column.data_type() {
        DataType::List(_) => column.as_list::<i32>().values().clone(),
        _ => column.slice(0, column.len()),
    };
    let items = cast(&items, &DataType::Utf8)?;
    for kind in items.as_string::<i32>().iter().flatten() {
        *report.kinds.entry(kind.to_owned()).or_default() += 1;
    }
    Ok(report)
}

impl Head {
    /// An expression that rows could be counted by: a name of the layout's, else a text with few distinct values,
    /// those with telling names first.
    pub fn suggestion(&self, prepared: &Prepared) -> Option<String> {
        if let Some(task) = prepared.scope.names.first().and_then(|names| names.get("task")) {
            let path = task.as_path().unwrap_or_default();
            if prepared.heads.has(path) {
                return Some("task".to_owned());
            }
        }
        let most = MOST_KINDS.min(self.rows as usize / 2);
        let few = self.distinct.iter().filter(|(_, distinct)| (2..=most).contains(*distinct));
        let rank = |path: &str| {
            let name = path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
            TELLING.iter().position(|telling| name.contains(telling)).unwrap_or(TELLING.len())
        };
        few.min_by_key(|(path, distinct)| (rank(path), **distinct, path.len())).map(|(path, _)| path.clone())
    }
}
