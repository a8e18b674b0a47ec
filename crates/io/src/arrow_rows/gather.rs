//! Chosen rows of Parquet files and tables.

use arrow::{
    array::{RecordBatch, RecordBatchOptions, UInt32Array},
    compute::take_record_batch,
    error::ArrowError,
};
use rayon::prelude::*;

use crate::{
    Error, Progress, Result, Source, Table,
    parquet::{ParquetFile, Slice, open, read_slice, slice_bytes},
};

/// What is made of each batch, on any thread.
pub(crate) type Make<'a, M> = &'a (dyn Fn(RecordBatch) -> Result<M> + Sync);

/// What takes the batches' row counts and what was made of them, in order.
pub(crate) type Take<'a, M> = &'a mut (dyn FnMut(usize, M) -> Result<()> + 'a);

/// Reads `rows` (ascending, none twice) of `source`, keeping about `memory` bytes at most.
pub(crate) fn gather<M: Send>(
    source: &Source,
    rows: &[u32],
    memory: u64,
    progress: &dyn Progress,
    make: Make<'_, M>,
    take: Take<'_, M>,
) -> Result<()> {
    match source {
        Source::Table(table) => gather_table(table, rows, progress, make, take),
        Source::File(file) => {
            let file = open(file, true)?;
            gather_file(&file, rows, memory, progress, make, take)
        }
    }
}

fn gather_table<M>(
    table: &Table,
    rows: &[u32],
    progress: &dyn Progress,
    make: Make<'_, M>,
    take: Take<'_, M>,
) -> Result<()> {
    const BATCH_ROWS: usize = 1 << 12;
    let mut rest = rows;
    let mut first = 0;
    for batch in table.batches.iter() {
        let next = first + batch.num_rows() as u32;
        let (here, behind) = rest.split_at(rest.partition_point(|row| *row < next));
        rest = behind;
        for rows in here.chunks(BATCH_ROWS) {
            stop(progress)?;
            let whole = rows.len() == batch.num_rows();
            let chosen = if whole {
                batch.clone()
            } else {
                let rows: UInt32Array = rows.iter().map(|row| row - first).collect();
                take_rows(batch, &rows)?
            };
            progress.advance(chosen.get_array_memory_size() as u64);
            take(rows.len(), make(chosen)?)?;
        }
        first = next;
    }
    Ok(())
}

/// The chosen rows of one row group, counted from its first, and about how many bytes they take.
struct Group {
    number: usize,
    rows: Vec<u32>,
    packed: u64,
    plain: u64,
}

fn gather_file<M: Send>(
    file: &ParquetFile,
    rows: &[u32],
    memory: u64,
    progress: &dyn Progress,
    make: Make<'_, M>,
    take: Take<'_, M>,
) -> Result<()> {
    let groups = groups(file, rows);
    let mut waiting = groups.as_slice();
    while let Some(first) = waiting.first() {
        let mut bytes = first.plain;
        let fits = waiting[1..].iter().take_while(|group| {
            bytes = bytes.saturating_add(group.plain);
            bytes < memory
        });
        let count = 1 + fits.take(2 * rayon::current_num_threads()).count();
        let (now, later) = waiting.split_at(count);
        waiting = later;
        if let [only] = now {
            read(file, only, progress, &mut |batch| take(batch.num_rows(), make(batch)?))?;
            continue;
        }
        let made: Vec<Result<Vec<(usize, M)>>> = now
            .par_iter()
            .with_max_len(1)
            .map(|group| {
                let mut made = vec![];
                read(file, group, progress, &mut |batch| {
                    made.push((batch.num_rows(), make(batch)?));
                    Ok(())
                })?;
                Ok(made)
            })
            .collect();
        for made in made {
            made?.into_iter().try_for_each(|(rows, made)| take(rows, made))?;
        }
    }
    Ok(())
}

fn groups(file: &ParquetFile, rows: &[u32]) -> Vec<Group> {
    let mut rest = rows;
    let mut groups = vec![];
    for (group, ends) in file.starts.windows(2).enumerate() {
        let (here, behind) = rest.split_at(rest.partition_point(|row| *row < ends[1]));
        rest = behind;
        if here.is_empty() {
            continue;
        }
        let rows: Vec<u32> = here.iter().map(|row| row - ends[0]).collect();
        let slice = Slice { group, leaves: None, rows: Some(&rows) };
        let share = |bytes: u64| (bytes as f64 * rows.len() as f64 / f64::from(ends[1] - ends[0])) as u64;
        let (packed, plain) = slice_bytes(file, &slice);
        groups.push(Group { number: group, packed: share(packed), plain: share(plain), rows });
    }
    groups
}

fn read(
    file: &ParquetFile,
    group: &Group,
    progress: &dyn Progress,
    sink: &mut dyn FnMut(RecordBatch) -> Result<()>,
) -> Result<()> {
    let slice = Slice { group: group.number, leaves: None, rows: Some(&group.rows) };
    read_slice(file, &slice, &mut |batch| {
        stop(progress)?;
        sink(batch)
    })?;
    progress.advance(group.packed);
    Ok(())
}

/// The rows of `batch` at `rows`, even if it has no columns.
pub(crate) fn take_rows(batch: &RecordBatch, rows: &UInt32Array) -> Result<RecordBatch, ArrowError> {
    if batch.num_columns() > 0 {
        return take_record_batch(batch, rows);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    RecordBatch::try_new_with_options(batch.schema(), vec![], &options)
}

/// Ends the work if the user wants it to end.
pub(crate) fn stop(progress: &dyn Progress) -> Result<()> {
    if progress.interrupted() { Err(Error::Interrupted) } else { Ok(()) }
}
