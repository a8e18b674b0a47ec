//! Rows that come in one order and leave in another, in a memory that is not exceeded.

use std::{
    fs::File,
    io::{BufReader, BufWriter, Seek},
    ops::Range,
    path::Path,
    sync::Arc,
};

use arrow::{
    array::{ArrayRef, AsArray, RecordBatch, UInt32Array},
    compute::interleave_record_batch,
    datatypes::{DataType, Field, Schema, UInt32Type},
    error::ArrowError,
    ipc::{reader::StreamReader, writer::StreamWriter},
};
use rayon::prelude::*;

use crate::{Error, Result, arrow_rows::measure::batch_bytes};

/// Into how many buckets rows are scattered that do not fit.
const BUCKETS: usize = 32;

/// What the place of one row takes, and putting it in order.
const PLACED_BYTES: u64 = 32;

/// Takes rows with the slots they belong to, and gives them back in the order of slots.
///
/// While they fit into the budget they stay in memory; from then on they are scattered to files by slot, each of
/// which is put in order by itself, and scattered again if it is still too large.
pub(super) struct Sorter<'a> {
    slots: Range<u32>,
    budget: u64,
    folder: &'a Path,
    held: Vec<(RecordBatch, Vec<Placed>)>,
    held_bytes: u64,
    buckets: Vec<Bucket>,
}

/// A row of a batch and the slot that it belongs to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placed {
    pub(super) row: u32,
    pub(super) slot: u32,
}

struct Bucket {
    slots: Range<u32>,
    file: Option<StreamWriter<BufWriter<File>>>,
}

impl Bucket {
    /// Writes rows to its file, which is made in `folder` when there is none.
    fn write(&mut self, batch: &RecordBatch, folder: &Path) -> Result<()> {
        let file = if let Some(file) = self.file.take() {
            file
        } else {
            let file = tempfile::tempfile_in(folder).map_err(|source| Error::Io {
                action: "write",
                path: folder.display().to_string(),
                source,
            })?;
            StreamWriter::try_new(BufWriter::new(file), &batch.schema())?
        };
        Ok(self.file.insert(file).write(batch)?)
    }
}

impl<'a> Sorter<'a> {
    /// A sorter for rows of `slots`, each of which has to come exactly once; files are made in `folder`.
    pub(super) fn new(slots: Range<u32>, budget: u64, folder: &'a Path) -> Self {
        Self { slots, budget, folder, held: vec![], held_bytes: 0, buckets: vec![] }
    }

    /// Takes some rows of `batch`.
    pub(super) fn push(&mut self, batch: RecordBatch, placed: Vec<Placed>) -> Result<()> {
        if placed.is_empty() {
            return Ok(());
        }
        self.held_bytes += batch_bytes(&batch) + PLACED_BYTES * placed.len() as u64;
        self.held.push((batch, placed));
        if self.held_bytes > self.budget && self.slots.len() > 1 {
            self.scatter()?;
        }
        Ok(())
    }

    /// Gives all rows to `sink`, in the order of slots.
    pub(super) fn finish(mut self, sink: &mut dyn FnMut(RecordBatch) -> Result<()>) -> Result<()> {
        if self.buckets.is_empty() {
            return self.permute(sink);
        }
        self.scatter()?;
        for bucket in std::mem::take(&mut self.buckets) {
            let Some(file) = bucket.file else { continue };
            let mut file =
                file.into_inner()?.into_inner().map_err(|error| self.fault("write", error.into_error()))?;
            file.rewind().map_err(|error| self.fault("read", error))?;
            let mut sorter = Sorter::new(bucket.slots, self.budget, self.folder);
            for batch in StreamReader::try_new(BufReader::new(file), None)? {
                let (batch, placed) = without_slots(&batch?);
                sorter.push(batch, placed)?;
            }
            sorter.finish(sink)?;
        }
        Ok(())
    }

    fn fault(&self, action: &'static str, source: std::io::Error) -> Error {
        Error::Io { action, path: self.folder.display().to_string(), source }
    }

    /// Moves everything in memory to files.
    fn scatter(&mut self) -> Result<()> {
        if self.buckets.is_empty() {
            let step = self.slots.len().div_ceil(BUCKETS) as u32;
            let starts = self.slots.clone().step_by(step as usize);
            let end = self.slots.end;
            self.buckets = starts
                .map(|start| Bucket { slots: start..end.min(start.saturating_add(step)), file: None })
                .collect();
        }
        let step = self.buckets[0].slots.len() as u32;
        let first = self.slots.start;
        let mut order: Vec<(u32, usize, Placed)> = vec![];
        for (batch, (_, placed)) in self.held.iter().enumerate() {
            order.extend(placed.iter().map(|placed| ((placed.slot - first) / step, batch, *placed)));
        }
        order.par_sort_by_key(|(bucket, ..)| *bucket);
        let batches: Vec<&RecordBatch> = self.held.iter().map(|(batch, _)| batch).collect();
        let rows = rows_at_once(self.held_bytes, order.len());
        let folder = self.folder;
        self.buckets.par_iter_mut().enumerate().try_for_each(|(number, bucket)| {
            let start = order.partition_point(|(bucket, ..)| (*bucket as usize) < number);
            let end = order.partition_point(|(bucket, ..)| *bucket as usize <= number);
            order[start..end].chunks(rows).try_for_each(|chosen| {
                let places: Vec<(usize, usize)> =
                    chosen.iter().map(|(_, batch, placed)| (*batch, placed.row as usize)).collect();
                let slots: UInt32Array = chosen.iter().map(|(.., placed)| placed.slot).collect();
                bucket.write(&with_slots(&interleave_record_batch(&batches, &places)?, slots)?, folder)
            })
        })?;
        self.held.clear();
        self.held_bytes = 0;
        Ok(())
    }

    /// Gives what is in memory to `sink`, in order.
    fn permute(self, sink: &mut dyn FnMut(RecordBatch) -> Result<()>) -> Result<()> {
        const NOWHERE: (usize, usize) = (usize::MAX, 0);
        let mut places = vec![NOWHERE; self.slots.len()];
        for (batch, (_, placed)) in self.held.iter().enumerate() {
            for placed in placed {
                places[(placed.slot - self.slots.start) as usize] = (batch, placed.row as usize);
            }
        }
        debug_assert!(!places.contains(&NOWHERE), "every slot has its row");
        let batches: Vec<&RecordBatch> = self.held.iter().map(|(batch, _)| batch).collect();
        for places in places.chunks(rows_at_once(self.held_bytes, places.len())) {
            sink(interleave_record_batch(&batches, places)?)?;
        }
        Ok(())
    }
}

/// So many rows that a batch of them takes about 2 MiB.
fn rows_at_once(bytes: u64, rows: usize) -> usize {
    const BATCH_BYTES: u64 = 2 << 20;
    let row_bytes = (bytes / rows.max(1) as u64).max(1);
    (BATCH_BYTES / row_bytes).clamp(1, 8192) as usize
}

fn with_slots(batch: &RecordBatch, slots: UInt32Array) -> Result<RecordBatch, ArrowError> {
    let mut fields = batch.schema().fields().to_vec();
    fields.push(Arc::new(Field::new("slot", DataType::UInt32, false)));
    let columns: Vec<ArrayRef> =
        batch.columns().iter().cloned().chain([Arc::new(slots) as ArrayRef]).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}

fn without_slots(batch: &RecordBatch) -> (RecordBatch, Vec<Placed>) {
    let mut batch = batch.clone();
    let slots = batch.remove_column(batch.num_columns() - 1);
    let slots = slots.as_primitive::<UInt32Type>().values();
    let placed =
        slots.iter().enumerate().map(|(row, slot)| Placed { row: row as u32, slot: *slot }).collect();
    (batch, placed)
}
