//! The first pass: every row is checked, and narrow columns are taken out of it.

use arrow::array::ArrayRef;

use crate::{Extract, Progress, Result, Source, index::Index};

/// What to do with a row that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnBadRow {
    /// Stop, and say where it is.
    #[default]
    Error,
    /// Leave it out, and count it.
    Skip,
}

/// What a scan looks for.
#[derive(Debug, Clone, Default)]
pub struct ScanSpec {
    /// The columns to take.
    pub extracts: Vec<Extract>,
    /// What to do with rows that cannot be read.
    pub on_bad_row: OnBadRow,
    /// At most this many rows of each file, from its start.
    pub limit: Option<u64>,
    /// Whether to digest the files' bytes; without it a Parquet file is read only where it must be.
    pub digest: bool,
}

/// What a scan found.
///
/// Rows of all sources stand one after another, in source order; a row's *address* is its place in that order.
/// Rows that cannot be read have an address too, and nulls in every column.
#[derive(Debug, Clone)]
pub struct Scan {
    /// One for each source.
    pub files: Vec<FileScan>,
    /// One for each extract, with a value for each address.
    pub columns: Vec<ArrayRef>,
}

/// What a scan found out about one source.
#[derive(Debug, Clone)]
pub struct FileScan {
    /// How many rows it has, bad ones too.
    pub rows: u32,
    /// The bytes that were read of it.
    pub bytes: u64,
    /// The BLAKE3 digest of its bytes in hexadecimal, where asked for.
    pub digest: Option<String>,
    /// The rows that cannot be read, in order.
    pub bad: Vec<BadRow>,
    /// Where each row stands, for the passes that follow.
    pub index: Index,
}

/// A row that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// Its number in the file, from 0.
    pub row: u32,
    /// Why: a short word for counting, such as `not-json`, `not-an-object`, `invalid-utf8`.
    pub reason: &'static str,
    /// What exactly, for a person.
    pub detail: String,
    /// The line it stands on, from 1, where lines mean something.
    pub line: Option<u64>,
}

/// Scans `sources` in parallel on the current rayon pool.
pub fn scan(sources: &[Source], spec: &ScanSpec, progress: &dyn Progress) -> Result<Scan> {
    let _ = (sources, spec, progress);
    todo!()
}

/// The paths that rows at the head of `source` have, for suggestions, most frequent first.
pub fn known_paths(source: &Source) -> Result<Vec<String>> {
    let _ = source;
    todo!()
}
