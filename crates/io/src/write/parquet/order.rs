//! Rows of any sources as record batches of one schema, in output order.

use std::{ops::Range, path::Path};

use arrow::array::{RecordBatch, UInt32Array};
use rayon::prelude::*;

use super::sorter::{Placed, Sorter};
use crate::{
    Error, Format, Inferred, Progress, Result, Scan, Shape, Source,
    arrow_rows::{
        conform::Conform,
        gather::{gather, take_rows},
    },
    decode::{Decoder, InPieces},
    write::{LineSink, Pass, ordered_json_rows, shaped_json_rows},
};

/// What takes batches.
pub(super) type Sink<'a> = &'a mut (dyn FnMut(RecordBatch) -> Result<()> + Send);

/// What takes batches and the address of each of their rows.
type AddressedSink<'a> = &'a mut (dyn FnMut(&[u32], RecordBatch) -> Result<()> + Send);

/// Where rows come from, and what they become.
pub(super) struct Rows<'a> {
    pub(super) sources: &'a [Source],
    pub(super) scan: &'a Scan,
    pub(super) inferred: &'a Inferred,
    /// Where files can be made for what does not fit into memory.
    pub(super) folder: &'a Path,
    pub(super) memory: u64,
    pub(super) progress: &'a dyn Progress,
}

impl Rows<'_> {
    /// Gives `sink` the rows at `addresses`, in that order.
    pub(super) fn ordered(&self, addresses: &[u32], sink: Sink<'_>) -> Result<()> {
        if self.sources.iter().all(is_json) {
            return self.decoded(addresses, self.memory / 4, &Decoder::new(self.inferred), sink);
        }
        self.progress.begin("gather", self.expected(addresses.len()));
        if addresses.is_sorted() { self.ascending(addresses, sink) } else { self.permuted(addresses, sink) }
    }

    /// Gives `sink` what is made of source rows of the rows of some shape, in that order; addresses are given part by
    /// part.
    pub(super) fn shaped(
        &self,
        addresses: &[u32],
        shape: &Shape,
        added: Option<&RecordBatch>,
        sink: Sink<'_>,
    ) -> Result<()> {
        let shape = &shape.without_added();
        Self::decoding(&Decoder::new(self.inferred), sink, &mut |rows| {
            let pass = Pass { name: "gather", scratch: self.folder, memory: self.memory / 4 };
            let from = (self.sources, self.scan);
            shaped_json_rows(from, addresses, (shape, added), pass, self.progress, rows)
        })
    }

    /// About how many bytes are read for `rows` rows.
    fn expected(&self, rows: usize) -> u64 {
        let size = |source: &Source| match source {
            Source::File(file) => file.entry.size,
            Source::Table(table) => {
                table.batches.iter().map(|batch| batch.get_array_memory_size() as u64).sum()
            }
        };
        let all: u64 = self.scan.files.iter().map(|file| u64::from(file.rows)).sum();
        let share = (rows as f64 / all.max(1) as f64).min(1.0);
        (self.sources.iter().map(size).sum::<u64>() as f64 * share) as u64
    }

    fn ascending(&self, addresses: &[u32], sink: Sink<'_>) -> Result<()> {
        const BATCH_ROWS: usize = 1 << 12;
        let unique: Vec<u32> = addresses.chunk_by(PartialEq::eq).map(|same| same[0]).collect();
        if unique.len() == addresses.len() {
            return self.in_source_order(&unique, self.memory / 4, &mut |_, batch| sink(batch));
        }
        let mut rest = addresses;
        self.in_source_order(&unique, self.memory / 4, &mut |rows, batch| {
            let last = rows[rows.len() - 1];
            let (here, behind) = rest.split_at(rest.partition_point(|address| *address <= last));
            rest = behind;
            here.chunks(BATCH_ROWS).try_for_each(|here| {
                let again = here.iter().map(|address| rows.partition_point(|row| row < address) as u32);
                sink(take_rows(&batch, &again.collect::<UInt32Array>())?)
            })
        })
    }

    fn permuted(&self, addresses: &[u32], sink: Sink<'_>) -> Result<()> {
        let address = |slot: &u32| addresses[*slot as usize];
        let count = u32::try_from(addresses.len()).map_err(|_| Error::TooManyRows)?;
        let mut slots: Vec<u32> = (0..count).collect();
        slots.par_sort_by_key(address);
        let unique: Vec<u32> =
            slots.chunk_by(|one, next| address(one) == address(next)).map(|same| address(&same[0])).collect();
        let mut rest = slots.as_slice();
        let mut sorter = Sorter::new(0..count, self.memory / 4, self.folder);
        self.in_source_order(&unique, self.memory / 8, &mut |rows, batch| {
            let last = rows[rows.len() - 1];
            let (here, behind) = rest.split_at(rest.partition_point(|slot| address(slot) <= last));
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

    /// Gives `sink` the rows at `addresses` (ascending, none twice).
    fn in_source_order(&self, addresses: &[u32], memory: u64, sink: AddressedSink<'_>) -> Result<()> {
        let decoder = Decoder::new(self.inferred);
        let conform = Conform::new(self.inferred);
        let mut rest = addresses;
        for (source, range) in self.sources.iter().zip(ranges(self.scan)) {
            let (mut here, behind) = rest.split_at(rest.partition_point(|address| *address < range.end));
            rest = behind;
            let all = here;
            let mut next = |count, batch| {
                let (now, later) = here.split_at(count);
                here = later;
                sink(now, batch)
            };
            if all.is_empty() {
                continue;
            }
            if is_json(source) {
                self.decoded(all, memory, &decoder, &mut |batch| next(batch.num_rows(), batch))?;
                continue;
            }
            let rows: Vec<u32> = all.iter().map(|address| address - range.start).collect();
            let make = |batch: RecordBatch| Ok(conform.batch(&batch)?);
            gather(source, &rows, memory, self.progress, &make, &mut next)?;
        }
        Ok(())
    }

    /// Gives `sink` the rows at `addresses`, all of JSON sources, in that order.
    fn decoded(&self, addresses: &[u32], memory: u64, decoder: &Decoder, sink: Sink<'_>) -> Result<()> {
        Self::decoding(decoder, sink, &mut |rows| {
            let pass = Pass { name: "gather", scratch: self.folder, memory };
            ordered_json_rows(self.sources, self.scan, addresses, pass, self.progress, rows)
        })
    }

    /// Gives `sink` what `decoder` makes of the rows that `give` gives.
    fn decoding(
        decoder: &Decoder,
        sink: Sink<'_>,
        give: &mut dyn FnMut(&mut LineSink<'_>) -> Result<()>,
    ) -> Result<()> {
        let decode = |rows: &[u8]| decoder.decode(rows);
        let mut pieces = InPieces::new(&decode);
        give(&mut |rows, _| pieces.push(rows)?.into_iter().try_for_each(&mut *sink))?;
        pieces.finish()?.into_iter().try_for_each(sink)
    }
}

fn is_json(source: &Source) -> bool {
    matches!(source, Source::File(file) if file.format == Format::Json)
}

/// The addresses of each source.
pub(crate) fn ranges(scan: &Scan) -> impl Iterator<Item = Range<u32>> {
    scan.files.iter().scan(0, |next, file| {
        let start = *next;
        *next += file.rows;
        Some(start..*next)
    })
}
