//! Chosen rows as Parquet files.

mod shards;
mod sorter;
#[cfg(test)]
mod tests;

use std::{ops::Range, sync::mpsc, thread};

use arrow::{
    array::{ArrayRef, RecordBatch, UInt32Array},
    compute::take_record_batch,
    datatypes::{Schema, SchemaRef},
};
use rayon::prelude::*;

use crate::{
    Error, Format, Inferred, Output, Progress, Result, Scan, Source, Writing, WrittenFile,
    arrow_rows::{
        conform::Conform,
        gather::{gather, stop},
    },
    decode::{Decoder, pieces},
    infer::columns_of,
};
use shards::{Limits, Shards};
use sorter::{Placed, Sorter};

/// Writes one sequence of rows as Parquet.
pub(crate) fn write_parquet(
    sources: &[Source],
    scan: &Scan,
    output: &Output<'_>,
    writing: &Writing,
    progress: &dyn Progress,
) -> Result<Vec<WrittenFile>> {
    let added = added(output)?;
    let schema = match &added {
        Some(added) => joined(&output.inferred.schema, added.schema_ref())?,
        None => output.inferred.schema.clone(),
    };
    let limits = Limits {
        folder: &output.folder,
        name: output.name,
        exact_name: output.exact_name,
        shard_bytes: writing.shard_bytes,
        memory: writing.memory,
        sync: writing.sync,
    };
    let shards = Shards::new(schema.clone(), limits);
    in_step(shards, |sink| {
        let mut slot = 0;
        let mut add = |batch: RecordBatch| {
            stop(progress)?;
            let rows = batch.num_rows();
            let batch = match &added {
                Some(added) => beside(&schema, &batch, &added.slice(slot, rows))?,
                None => batch,
            };
            slot += rows;
            sink(batch)
        };
        ordered(sources, scan, output, writing.memory, progress, &mut add)
    })
}

/// Runs `produce` here while what it gives is written on a thread of its own.
fn in_step(
    mut shards: Shards<'_>,
    produce: impl FnOnce(&mut dyn FnMut(RecordBatch) -> Result<()>) -> Result<()>,
) -> Result<Vec<WrittenFile>> {
    thread::scope(|scope| {
        let (send, receive) = mpsc::sync_channel::<RecordBatch>(2);
        let writer = scope.spawn(move || {
            receive.iter().try_for_each(|batch| shards.push(&batch))?;
            shards.finish()
        });
        // The writer has stopped only because of an error, which is then the one to report.
        let produced = produce(&mut |batch| send.send(batch).map_err(|_| Error::Interrupted));
        drop(send);
        let written = writer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        produced.map(|()| written)
    })
}

/// The added columns in plain types.
fn added(output: &Output<'_>) -> Result<Option<RecordBatch>> {
    let Some(added) = output.added else { return Ok(None) };
    for field in added.schema_ref().fields() {
        if output.inferred.schema.column_with_name(field.name()).is_some() {
            return Err(Error::Clash { name: field.name().clone() });
        }
    }
    Ok(Some(Conform::new(&columns_of(added.schema_ref())).batch(added)?))
}

fn joined(schema: &Schema, added: &Schema) -> Result<SchemaRef> {
    let fields = [schema.fields().to_vec(), added.fields().to_vec()].concat();
    Ok(Schema::new(fields).into())
}

fn beside(schema: &SchemaRef, batch: &RecordBatch, added: &RecordBatch) -> Result<RecordBatch> {
    let columns: Vec<ArrayRef> = batch.columns().iter().chain(added.columns()).cloned().collect();
    Ok(RecordBatch::try_new(schema.clone(), columns)?)
}

/// Gives `sink` the rows at the output's addresses, in that order, under the inferred schema.
fn ordered(
    sources: &[Source],
    scan: &Scan,
    output: &Output<'_>,
    memory: u64,
    progress: &dyn Progress,
    sink: &mut dyn FnMut(RecordBatch) -> Result<()>,
) -> Result<()> {
    if sources.iter().all(is_json) {
        let decoder = Decoder::new(output.inferred);
        return decoded(sources, scan, output.addresses, &decoder, memory, progress, sink);
    }
    if output.addresses.is_sorted() {
        let mut rest = output.addresses;
        let unique: Vec<u32> = output.addresses.chunk_by(PartialEq::eq).map(|same| same[0]).collect();
        let repeats = unique.len() < output.addresses.len();
        return in_source_order(
            sources,
            scan,
            &unique,
            output.inferred,
            memory / 4,
            progress,
            &mut |rows, batch| {
                let (here, behind) = split_behind(rest, rows[rows.len() - 1]);
                rest = behind;
                if !repeats {
                    return sink(batch);
                }
                let again: UInt32Array =
                    here.iter().map(|address| rows.partition_point(|row| row < address) as u32).collect();
                sink(take_record_batch(&batch, &again)?)
            },
        );
    }
    let mut slots: Vec<u32> = (0..output.addresses.len() as u32).collect();
    slots.par_sort_by_key(|slot| output.addresses[*slot as usize]);
    let address = |slot: &u32| output.addresses[*slot as usize];
    let unique: Vec<u32> =
        slots.chunk_by(|one, next| address(one) == address(next)).map(|same| address(&same[0])).collect();
    let mut rest = slots.as_slice();
    let mut sorter = Sorter::new(0..slots.len() as u32, memory / 4, &output.folder);
    in_source_order(sources, scan, &unique, output.inferred, memory / 8, progress, &mut |rows, batch| {
        let (here, behind) =
            rest.split_at(rest.partition_point(|slot| address(slot) <= rows[rows.len() - 1]));
        rest = behind;
        let mut row = 0;
        let placed = here.iter().map(|slot| {
            while rows[row as usize] < address(slot) {
                row += 1;
            }
            Placed { row, slot: *slot }
        });
        sorter.push(batch, placed.collect())
    })?;
    sorter.finish(sink)
}

fn split_behind(addresses: &[u32], last: u32) -> (&[u32], &[u32]) {
    addresses.split_at(addresses.partition_point(|address| *address <= last))
}

fn is_json(source: &Source) -> bool {
    matches!(source, Source::File(file) if file.format == Format::Json)
}

/// Takes the addresses and the rows of a batch.
type TakeRows<'a> = &'a mut dyn FnMut(&[u32], RecordBatch) -> Result<()>;

/// Gives `sink` the rows at `addresses` (ascending, none twice), with their addresses.
fn in_source_order(
    sources: &[Source],
    scan: &Scan,
    addresses: &[u32],
    inferred: &Inferred,
    memory: u64,
    progress: &dyn Progress,
    sink: TakeRows<'_>,
) -> Result<()> {
    let decoder = Decoder::new(inferred);
    let conform = Conform::new(inferred);
    let mut rest = addresses;
    for (number, range) in ranges(scan).enumerate() {
        let (mut here, behind) = rest.split_at(rest.partition_point(|address| *address < range.end));
        rest = behind;
        if here.is_empty() {
            continue;
        }
        if is_json(&sources[number]) {
            decoded(sources, scan, here, &decoder, memory, progress, &mut |batch| {
                let (now, later) = here.split_at(batch.num_rows());
                here = later;
                sink(now, batch)
            })?;
            continue;
        }
        let rows: Vec<u32> = here.iter().map(|address| address - range.start).collect();
        let make = |batch: RecordBatch| Ok(conform.batch(&batch)?);
        gather(&sources[number], &rows, memory, progress, &make, &mut |count, batch| {
            let (now, later) = here.split_at(count);
            here = later;
            sink(now, batch)
        })?;
    }
    Ok(())
}

/// The addresses of each source.
pub(crate) fn ranges(scan: &Scan) -> impl Iterator<Item = Range<u32>> {
    scan.files.iter().scan(0, |next, file| {
        let start = *next;
        *next += file.rows;
        Some(start..*next)
    })
}

/// Gives `sink` the JSON rows at `addresses`, in that order.
fn decoded(
    sources: &[Source],
    scan: &Scan,
    addresses: &[u32],
    decoder: &Decoder,
    memory: u64,
    progress: &dyn Progress,
    sink: &mut dyn FnMut(RecordBatch) -> Result<()>,
) -> Result<()> {
    super::ordered_json_rows(sources, scan, addresses, memory / 2, progress, &mut |rows| {
        let batches: Vec<_> = pieces(rows).into_par_iter().map(|rows| decoder.decode(rows)).collect();
        batches.into_iter().try_for_each(|batch| sink(batch?))
    })
}
