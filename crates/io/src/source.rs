//! What can be scanned and gathered from.

use std::sync::Arc;

use arrow::{array::RecordBatch, datatypes::SchemaRef};

use crate::{Entry, Store};

/// How rows are written in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// JSON Lines, or one JSON array, which begins with a bracket. A file whose name ends in `.jsonl` or `.ndjson` is
    /// one array only if its first line does not hold a whole list before others.
    Json,
    /// Apache Parquet.
    Parquet,
}

/// What a file has to go through before its rows can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Compression {
    /// Nothing.
    None,
    /// gzip, with any number of members.
    Gzip,
    /// Zstandard, with any number of frames.
    Zstd,
}

/// Where rows come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// A file in a store.
    File(DataFile),
    /// A table in memory.
    Table(Table),
}

/// A file with rows in it.
#[derive(Debug, Clone)]
pub struct DataFile {
    /// What holds the file.
    pub store: Arc<dyn Store>,
    /// What the store said of it when it was listed; a later difference is an error.
    pub entry: Entry,
    /// How its rows are written.
    pub format: Format,
    /// How it is compressed as a whole.
    pub compression: Compression,
}

/// Rows in memory.
#[derive(Debug, Clone)]
pub struct Table {
    /// What messages call it.
    pub name: String,
    /// The columns.
    pub schema: SchemaRef,
    /// The rows.
    pub batches: Arc<Vec<RecordBatch>>,
}

impl Format {
    /// The format and compression that a file's name promises, if it promises any.
    ///
    /// ```
    /// use unskew_io::{Compression, Format};
    ///
    /// assert_eq!(Format::of("data/train.jsonl.gz"), Some((Format::Json, Compression::Gzip)));
    /// assert_eq!(Format::of("data/train.parquet"), Some((Format::Parquet, Compression::None)));
    /// assert_eq!(Format::of("README.md"), None);
    /// ```
    pub fn of(name: &str) -> Option<(Self, Compression)> {
        let lower = name.to_ascii_lowercase();
        let (stem, compression) = if let Some(stem) = lower.strip_suffix(".gz") {
            (stem, Compression::Gzip)
        } else if let Some(stem) = lower.strip_suffix(".zst") {
            (stem, Compression::Zstd)
        } else {
            (lower.as_str(), Compression::None)
        };
        match stem.rsplit_once('.')?.1 {
            "jsonl" | "json" | "ndjson" => Some((Self::Json, compression)),
            "parquet" if compression == Compression::None => Some((Self::Parquet, compression)),
            _ => None,
        }
    }
}

impl DataFile {
    /// Whether the file's name promises a row on each line.
    pub(crate) fn promises_lines(&self) -> bool {
        let name = self.entry.path.to_ascii_lowercase();
        let stem = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
        matches!(stem.rsplit_once('.'), Some((_, "jsonl" | "ndjson")))
    }
}

impl Source {
    /// How a person would name it.
    pub fn display(&self) -> String {
        match self {
            Self::File(file) => file.store.display(&file.entry.path),
            Self::Table(table) => table.name.clone(),
        }
    }
}
