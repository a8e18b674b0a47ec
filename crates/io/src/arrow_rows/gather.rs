//! Chosen rows of Parquet files and tables.

use std::{
    sync::{Mutex, mpsc},
    thread,
};

use crate::{
    Error, Progress, Result, Source, Table, Wanted,
    budget::Room,
    parquet::{ParquetFile, Slice, chunks, open, read_slice, slice_bytes},
};
use arrow::{
    array::{RecordBatch, RecordBatchOptions, UInt32Array},
    compute::take_record_batch,
    error::ArrowError,
};

/// What is made of each batch, on any thread.
pub(crate) type Make<'a, M> = &'a (dyn Fn(RecordBatch) -> Result<M> + Sync);

/// What takes the batches' row counts and what was made of them, in order.
pub(crate) type Take<'a, M> = &'a mut (dyn FnMut(usize, M) -> Result<()> + 'a);

/// What there is room for, however little memory there is.
const LEAST_ROOM: u64 = 1 << 20;

/// Reads `rows` (ascending, none twice) of `source`, a few batches at a time and nothing that takes more than half of `memory`
/// at once.
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
            let parquet = open(file, true, Room::of(memory.max(LEAST_ROOM)))?;
            let groups = groups(&parquet, rows);
            if file.store.is_remote() {
                let of_group = |group: &Group| {
                    chunks(&parquet, &Slice { group: group.number, leaves: None, rows: None })
                };
                let wanted = Wanted {
                    path: file.entry.path.clone(),
                    ranges: groups.iter().flat_map(of_group).collect(),
                };
                file.store.will_read(&[wanted], &Amid(progress))?;
            }
            gather_groups(&parquet, groups, progress, make, take)
        }
    }
}

/// What is done amid a pass: it can be interrupted, and is no pass of its own.
struct Amid<'a>(&'a dyn Progress);

impl Progress for Amid<'_> {
    fn begin(&self, _: &'static str, _: u64) {}

    fn advance(&self, _: u64) {}

    fn interrupted(&self) -> bool {
        self.0.interrupted()
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

/// The chosen rows of one row group, counted from its first, and about how many bytes they take in the file.
struct Group {
    number: usize,
    rows: Vec<u32>,
    packed: u64,
}

/// Row groups are read on as many threads as the pool has, each a few batches ahead of what `take` has seen.
fn gather_groups<M: Send>(
    file: &ParquetFile,
    groups: Vec<Group>,
    progress: &dyn Progress,
    make: Make<'_, M>,
    take: Take<'_, M>,
) -> Result<()> {
    const BATCHES_AHEAD: usize = 2;
    let (senders, receivers): (Vec<_>, Vec<_>) =
        groups.iter().map(|_| mpsc::sync_channel::<Result<(usize, M)>>(BATCHES_AHEAD)).unzip();
    let waiting = Mutex::new(groups.into_iter().zip(senders));
    let next = || waiting.lock().expect("nobody panics while taking a row group").next();
    thread::scope(|scope| {
        for _ in 0..rayon::current_num_threads().min(receivers.len()) {
            scope.spawn(|| {
                while let Some((group, send)) = next() {
                    let sent = read(file, &group, progress, &mut |batch| {
                        let made = (batch.num_rows(), make(batch)?);
                        send.send(Ok(made)).map_err(|_| Error::Interrupted)
                    });
                    if let Err(error) = sent {
                        // Nobody listens any more if an error has been taken before; then this one may get lost.
                        let _ = send.send(Err(error));
                        break;
                    }
                }
            });
        }
        receivers.into_iter().try_for_each(|receiver| {
            receiver.into_iter().try_for_each(|made| {
                let (rows, made) = made?;
                take(rows, made)
            })
        })
    })
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
        let share = rows.len() as f64 / f64::from(ends[1] - ends[0]);
        let packed = (slice_bytes(file, &slice).0 as f64 * share) as u64;
        groups.push(Group { number: group, packed, rows });
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
