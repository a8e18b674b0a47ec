//! What Parquet files and tables in memory have to answer, in one place.

use crate::{
    Error, FileScan, Output, Progress, Result, Scan, ScanSpec, Source, Writing, WrittenFile, scan::SourceScan,
};

/// Scans a Parquet file or a table.
pub(crate) fn scan(source: &Source, spec: &ScanSpec, progress: &dyn Progress) -> Result<SourceScan> {
    let _ = (spec, progress);
    Err(missing(source))
}

/// The paths of a Parquet file or a table, most frequent first.
pub(crate) fn known_paths(source: &Source) -> Result<Vec<String>> {
    Err(missing(source))
}

/// Gives `emit` the JSON text (one line, without its end) of each of `rows`, which ascend and may repeat, together with
/// its place in `rows`.
pub(crate) fn json_rows(
    source: &Source,
    file: &FileScan,
    rows: &[u32],
    progress: &dyn Progress,
    emit: &mut dyn FnMut(usize, &[u8]) -> Result<()>,
) -> Result<()> {
    let _ = (file, rows, progress, emit);
    Err(missing(source))
}

/// Writes Parquet.
pub(crate) fn write(
    sources: &[Source],
    scan: &Scan,
    output: &Output<'_>,
    writing: &Writing,
    progress: &dyn Progress,
) -> Result<Vec<WrittenFile>> {
    let _ = (scan, output, writing, progress);
    Err(missing(&sources[0]))
}

fn missing(source: &Source) -> Error {
    Error::Damaged { file: source.display(), detail: "Parquet and tables are not read yet".into() }
}
