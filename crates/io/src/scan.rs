//! The first pass: every row is checked, and narrow columns are taken out of it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use arrow::array::ArrayRef;
use rayon::prelude::*;

use crate::{
    DataFile, Error, Extract, Format, Progress, Result, Source, Store, Wanted, arrow_side,
    budget::Budget,
    column::{Located, Mixed, Part, check, merge},
    index::Index,
    json,
};

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
    /// Bytes of memory that the scan may take, for the columns above all; without it, as many as there are.
    pub memory: Option<u64>,
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
    /// The BLAKE3 digest of its bytes in hexadecimal, where asked for and where it was read to its end.
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
    /// What exactly, for a person; empty beyond the first hundred bad rows of a file.
    pub detail: String,
    /// The line it stands on, from 1, where lines mean something.
    pub line: Option<u64>,
}

/// What was found in one source before the columns of all sources are merged.
#[derive(Debug)]
pub(crate) struct SourceScan {
    pub(crate) file: FileScan,
    /// Consecutive parts, each with one column for each extract.
    pub(crate) parts: Vec<Vec<Part>>,
}

/// Scans `sources` in parallel on the current rayon pool.
///
/// A column of text comes as `Dictionary(UInt32, Utf8)` where few values are distinct or most text is repeated, else as `Utf8`, or
/// `LargeUtf8` from 2 GiB on; it does not depend on threads or on how rows are spread over files. A file that is
/// not read to its end (because of [`ScanSpec::limit`]) has no digest.
pub fn scan(sources: &[Source], spec: &ScanSpec, progress: &dyn Progress) -> Result<Scan> {
    fetch(sources, spec, progress)?;
    progress.begin("scan", sources.iter().map(size).sum());
    let budget = Budget::new(spec.memory);
    let first_error = FirstError::default();
    let scanned: Vec<Option<Result<SourceScan>>> = sources
        .par_iter()
        .enumerate()
        .with_max_len(1)
        .map(|(order, source)| {
            if first_error.is_before(order) {
                return None;
            }
            let scanned = scan_source(source, spec, &budget, progress);
            if scanned.is_err() {
                first_error.at(order);
            }
            Some(scanned)
        })
        .collect();
    let mut files = vec![];
    let mut columns: Vec<Vec<Located>> = spec.extracts.iter().map(|_| vec![]).collect();
    let mut total = 0_u32;
    for (source, scanned) in scanned.into_iter().enumerate() {
        let SourceScan { file, parts } = scanned.expect("only sources after an error are left out")?;
        total = total.checked_add(file.rows).ok_or(Error::TooManyRows)?;
        locate(source, parts, &mut columns);
        files.push(file);
    }
    let columns = merge_all(sources, &files, &spec.extracts, columns, &budget)?;
    Ok(Scan { files, columns })
}

/// Tells stores that are far away what the scan will read.
fn fetch(sources: &[Source], spec: &ScanSpec, progress: &dyn Progress) -> Result<()> {
    // The head of a file is read as far as it goes.
    if spec.limit.is_some() {
        return Ok(());
    }
    let mut stores: Vec<(&Arc<dyn Store>, Vec<&DataFile>)> = vec![];
    for source in sources {
        let Source::File(file) = source else { continue };
        match stores.iter_mut().find(|(store, _)| Arc::ptr_eq(store, &file.store)) {
            Some((_, files)) => files.push(file),
            None if file.store.is_remote() => stores.push((&file.store, vec![file])),
            None => {}
        }
    }
    for (store, files) in stores {
        let wanted = files.par_iter().map(|file| match file.format {
            Format::Json => Ok(Wanted::whole(&file.entry)),
            Format::Parquet => arrow_side::wanted(file, spec),
        });
        store.will_read(&wanted.collect::<Result<Vec<_>>>()?, progress)?;
    }
    Ok(())
}

fn scan_source(
    source: &Source,
    spec: &ScanSpec,
    budget: &Budget,
    progress: &dyn Progress,
) -> Result<SourceScan> {
    match source {
        Source::File(file) if file.format == Format::Json => json::scan(file, spec, budget, progress),
        _ => arrow_side::scan(source, spec, budget, progress),
    }
}

/// How many bytes a pass over `source` reads, about.
fn size(source: &Source) -> u64 {
    match source {
        Source::File(file) => file.entry.size,
        Source::Table(table) => table.batches.iter().map(|batch| batch.get_array_memory_size() as u64).sum(),
    }
}

/// Adds the parts of one source to the columns they belong to.
fn locate(source: usize, parts: Vec<Vec<Part>>, columns: &mut [Vec<Located>]) {
    let mut row = 0;
    for part in parts {
        let rows = part.first().map_or(0, |part| part.array.len() as u32);
        for (column, part) in columns.iter_mut().zip(part) {
            column.push(Located { source, row, part });
        }
        row += rows;
    }
}

/// Makes one column of the parts for each extract, once it is known that every one can be made.
fn merge_all(
    sources: &[Source],
    files: &[FileScan],
    extracts: &[Extract],
    columns: Vec<Vec<Located>>,
    budget: &Budget,
) -> Result<Vec<ArrayRef>> {
    for (extract, parts) in extracts.iter().zip(&columns) {
        check(parts).or_else(|mixed| Err(told(mixed, sources, files, extract)?))?;
    }
    let merged: Vec<_> =
        extracts.par_iter().zip(columns).map(|(extract, parts)| merge(extract, parts, budget)).collect();
    merged.into_iter().collect()
}

/// What is wrong with values of several types.
fn told(mixed: Mixed, sources: &[Source], files: &[FileScan], extract: &Extract) -> Result<Error> {
    let source = &sources[mixed.source];
    Ok(Error::MixedTypes {
        path: extract.path.to_string(),
        counts: mixed.counts,
        odd: mixed.odd.to_owned(),
        file: source.display(),
        place: place(source, &files[mixed.source], mixed.row)?,
    })
}

/// Where a person finds a row: its line where lines mean something, else its number from 0.
fn place(source: &Source, file: &FileScan, row: u32) -> Result<String> {
    Ok(match (source, &file.index) {
        (Source::File(file), Index::Text(index)) if !index.array => {
            format!("line {}", json::line_of(file, index, row)?)
        }
        _ => format!("row {row}"),
    })
}

/// The paths that rows at the head of `source` have, for suggestions, most frequent first.
pub fn known_paths(source: &Source) -> Result<Vec<String>> {
    match source {
        Source::File(file) if file.format == Format::Json => json::known_paths(file),
        _ => arrow_side::known_paths(source),
    }
}

/// Remembers the first task in order that failed, so that later ones need not start and the error reported does not
/// depend on timing.
#[derive(Debug)]
pub(crate) struct FirstError(AtomicUsize);

impl Default for FirstError {
    fn default() -> Self {
        Self(AtomicUsize::new(usize::MAX))
    }
}

impl FirstError {
    /// The task at `order` failed.
    pub(crate) fn at(&self, order: usize) {
        self.0.fetch_min(order, Ordering::Relaxed);
    }

    /// Whether a task before `order` failed.
    pub(crate) fn is_before(&self, order: usize) -> bool {
        self.0.load(Ordering::Relaxed) < order
    }
}
