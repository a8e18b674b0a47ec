//! What Parquet files and tables in memory have to answer, in one place.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use arrow::{
    array::RecordBatch,
    datatypes::{DataType, Fields},
};
use rayon::prelude::*;

use crate::{
    DataFile, FileScan, Index, Progress, Result, ScanSpec, Source, Table, Wanted,
    arrow_rows::{
        encode::json_lines,
        extract::Taker,
        gather::{gather, stop},
    },
    budget::{Budget, Room},
    column::Part,
    digest,
    infer::place,
    parquet::{ParquetFile, Slice, chunks, mask, open, read_slice, slice_bytes},
    scan::SourceScan,
};

/// Scans a Parquet file or a table.
pub(crate) fn scan(
    source: &Source,
    spec: &ScanSpec,
    budget: &Budget,
    progress: &dyn Progress,
) -> Result<SourceScan> {
    match source {
        Source::Table(table) => scan_table(table, spec, budget, progress),
        Source::File(file) => scan_file(file, spec, budget, progress),
    }
}

fn limited(rows: u32, spec: &ScanSpec) -> u32 {
    spec.limit.map_or(rows, |limit| rows.min(u32::try_from(limit).unwrap_or(u32::MAX)))
}

fn scan_table(
    table: &Table,
    spec: &ScanSpec,
    budget: &Budget,
    progress: &dyn Progress,
) -> Result<SourceScan> {
    const BATCH_ROWS: usize = 1 << 14;
    let total: usize = table.batches.iter().map(RecordBatch::num_rows).sum();
    let rows = limited(u32::try_from(total).map_err(|_| crate::Error::TooManyRows)?, spec);
    let mut left = rows as usize;
    let mut slices = vec![];
    for batch in table.batches.iter() {
        let here = left.min(batch.num_rows());
        left -= here;
        slices.extend(
            (0..here).step_by(BATCH_ROWS).map(|start| batch.slice(start, BATCH_ROWS.min(here - start))),
        );
    }
    let taker = Taker::new(&spec.extracts);
    let parts: Vec<Result<Vec<Part>>> = slices
        .par_iter()
        .map(|slice| {
            stop(progress)?;
            let parts = taker.take(slice)?;
            budget.take(parts.iter().map(Part::own_bytes).sum())?;
            Ok(parts)
        })
        .collect();
    let parts = parts.into_iter().collect::<Result<_>>()?;
    let bytes = table.batches.iter().map(|batch| batch.get_array_memory_size() as u64).sum();
    progress.advance(bytes);
    Ok(SourceScan { file: FileScan { rows, bytes, digest: None, bad: vec![], index: Index::Number }, parts })
}

/// What a scan of a Parquet file will read of it.
pub(crate) fn wanted(file: &DataFile, spec: &ScanSpec) -> Result<Wanted> {
    let parquet = open(file, false, Room::default())?;
    let leaves = leaves(&parquet, spec);
    let groups = parquet.starts.len() - 1;
    let of_group = |group| chunks(&parquet, &Slice { group, leaves: Some(&leaves), rows: None });
    Ok(Wanted { path: file.entry.path.clone(), ranges: (0..groups).flat_map(of_group).collect() })
}

/// The leaf columns that a scan needs.
fn leaves(file: &ParquetFile, spec: &ScanSpec) -> Vec<usize> {
    let mut leaves = BTreeSet::new();
    for extract in &spec.extracts {
        mask::add_leaves(file.schema().fields(), extract, &mut leaves);
    }
    leaves.into_iter().collect()
}

fn scan_file(
    file: &DataFile,
    spec: &ScanSpec,
    budget: &Budget,
    progress: &dyn Progress,
) -> Result<SourceScan> {
    let parquet = open(file, false, budget.room())?;
    let rows = limited(parquet.rows(), spec);
    let leaves = leaves(&parquet, spec);
    let groups = parquet.starts.partition_point(|start| *start < rows).min(parquet.starts.len() - 1);
    let scanned: Vec<Result<(u64, Vec<Vec<Part>>)>> = (0..groups)
        .into_par_iter()
        .with_max_len(1)
        .map(|group| scan_group(&parquet, group, rows, &leaves, spec, budget, progress))
        .collect();
    let mut parts = vec![];
    let mut bytes = parquet.bytes;
    for scanned in scanned {
        let (read, found) = scanned?;
        bytes += read;
        parts.extend(found);
    }
    let size = file.entry.size;
    let whole = spec.digest && rows == parquet.rows();
    let digest = if whole && !file.store.is_remote() { Some(file_digest(file, progress)?) } else { None };
    // What nobody has to read counts as done, so that the pass ends where it said it would.
    let told = match (&digest, spec.digest) {
        (Some(_), _) => size,
        (None, true) => 0,
        (None, false) => bytes,
    };
    progress.advance(size.saturating_sub(told));
    if whole {
        bytes = size;
    }
    Ok(SourceScan { file: FileScan { rows, bytes, digest, bad: vec![], index: Index::Number }, parts })
}

/// The narrow columns of one row group's rows up to row `end` of the file, and how many bytes were read for them.
fn scan_group(
    file: &ParquetFile,
    group: usize,
    end: u32,
    leaves: &[usize],
    spec: &ScanSpec,
    budget: &Budget,
    progress: &dyn Progress,
) -> Result<(u64, Vec<Vec<Part>>)> {
    let (start, behind) = (file.starts[group], file.starts[group + 1]);
    if spec.extracts.is_empty() || start == behind {
        return Ok((0, vec![]));
    }
    let taker = Taker::new(&spec.extracts);
    let mut parts = vec![];
    if leaves.is_empty() {
        let rows = (behind.min(end) - start) as usize;
        return Ok((0, vec![taker.take(&rows_without_columns(rows)?)?]));
    }
    let first_rows: Vec<u32> = if end < behind { (0..end - start).collect() } else { vec![] };
    let slice = Slice { group, leaves: Some(leaves), rows: (end < behind).then_some(first_rows.as_slice()) };
    read_slice(file, &slice, &mut |batch| {
        stop(progress)?;
        let taken = taker.take(&batch)?;
        budget.take(taken.iter().map(Part::bytes).sum())?;
        parts.push(taken);
        Ok(())
    })?;
    let bytes = slice_bytes(file, &slice).0;
    if !spec.digest {
        progress.advance(bytes);
    }
    Ok((bytes, parts))
}

fn rows_without_columns(rows: usize) -> Result<RecordBatch> {
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(rows));
    Ok(RecordBatch::try_new_with_options(arrow::datatypes::Schema::empty().into(), vec![], &options)?)
}

/// The BLAKE3 digest of a whole file.
fn file_digest(file: &DataFile, progress: &dyn Progress) -> Result<String> {
    const BLOCK_BYTES: u64 = 4 << 20;
    let size = file.entry.size;
    let starts: Vec<u64> = (0..size).step_by(BLOCK_BYTES as usize).collect();
    let read = |start: u64| {
        stop(progress)?;
        let mut bytes = vec![0; BLOCK_BYTES.min(size - start) as usize];
        if file.store.read(&file.entry.path, start, &mut bytes)? < bytes.len() {
            return Err(crate::Error::Changed { file: file.store.display(&file.entry.path) });
        }
        progress.advance(bytes.len() as u64);
        Ok(bytes)
    };
    let blocks: Vec<Result<_>> =
        starts.par_iter().map(|start| Ok(digest::block(*start, &read(*start)?, size))).collect();
    let blocks = blocks.into_iter().collect::<Result<Vec<_>>>()?;
    Ok(digest::whole(&blocks).to_hex().to_string())
}

/// The paths of a Parquet file or a table, in the order of its columns.
pub(crate) fn known_paths(source: &Source) -> Result<Vec<String>> {
    let mut paths = vec![];
    match source {
        Source::Table(table) => add_paths(table.schema.fields(), "", &mut paths),
        Source::File(file) => {
            add_paths(open(file, false, Room::default())?.schema().fields(), "", &mut paths);
        }
    }
    Ok(paths)
}

fn add_paths(fields: &Fields, path: &str, paths: &mut Vec<String>) {
    for field in fields {
        let path = place::member(path, field.name());
        paths.push(path.clone());
        add_inner(field.data_type(), &path, paths);
    }
}

fn add_inner(data_type: &DataType, path: &str, paths: &mut Vec<String>) {
    if let DataType::Struct(fields) = data_type {
        return add_paths(fields, path, paths);
    }
    if let Some(item) = mask::item(data_type) {
        let path = place::item(path);
        paths.push(path.clone());
        add_inner(item, &path, paths);
    }
}

/// Gives `emit` the JSON text (one line, without its end) of each of `rows`, which ascend and may repeat, together with
/// its place in `rows`; a row that takes half of `memory` at once is refused.
pub(crate) fn json_rows(
    source: &Source,
    rows: &[u32],
    memory: u64,
    progress: &dyn Progress,
    emit: &mut dyn FnMut(usize, &[u8]) -> Result<()>,
) -> Result<()> {
    let unique: Vec<u32> = rows.chunk_by(PartialEq::eq).map(|same| same[0]).collect();
    let make = |batch: RecordBatch| {
        let mut lines = vec![];
        json_lines(&batch, &mut lines)?;
        Ok(lines)
    };
    let mut repeats = rows.chunk_by(PartialEq::eq).map(<[u32]>::len);
    let mut place = 0;
    gather(source, &unique, memory, progress, &make, &mut |_, lines| {
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            for _ in 0..repeats.next().expect("there are as many lines as rows") {
                emit(place, &line[..line.len() - 1])?;
                place += 1;
            }
        }
        Ok(())
    })
}
