//! The second pass: chosen rows are gathered and written, in order.

use std::path::{Path, PathBuf};

use arrow::{array::RecordBatch, datatypes::SchemaRef};

use crate::{Compression, Format, Progress, Result, Scan, Source, buffers::Buffers, infer::RowSketch};

mod aside;
mod digesting;
mod form;
mod gather;
mod join;
mod jsonl;
mod order;
mod parquet;
mod piece;
mod shape;
mod shaper;
mod sharegpt;
mod spill;
mod splice;
mod taken;
#[cfg(test)]
mod tests;
mod waiting;

pub use aside::{write_bad_rows, write_table};
use form::Form;
use gather::Gather;
use join::Joiner;
use order::Order;
use piece::Gathered;
pub use shape::{Content, Items, Member, Shape};
use shaper::Shaping;
pub(crate) use spill::LineSink;
use spill::Spill;
use splice::Splice;
use waiting::Waiting;

pub use parquet::with_added;
pub(crate) use parquet::{ranges, write_parquet};

/// What the chosen rows have in common.
#[derive(Debug, Clone)]
pub struct Inferred {
    /// The columns, as Parquet will have them and as `load_dataset` is told.
    pub schema: SchemaRef,
    /// Columns that became JSON text, and why: path and reason.
    pub as_json: Vec<(String, String)>,
}

/// How output is written.
#[derive(Debug, Clone)]
pub struct Writing {
    /// How rows are written.
    pub format: Format,
    /// How JSON Lines files are compressed; Parquet has its own.
    pub compression: Compression,
    /// Bytes of memory that buffers may take.
    pub memory: u64,
    /// Whether files are synced to the disk.
    pub sync: bool,
    /// The most a shard may hold, in bytes of the format.
    pub shard_bytes: u64,
}

/// One sequence of output rows.
#[derive(Debug, Clone)]
pub struct Output<'a> {
    /// The folder the files go to; it exists.
    pub folder: PathBuf,
    /// What the files are called: `train` gives `train-00000-of-00001.parquet`.
    pub name: &'a str,
    /// Whether the one file is called `name` as it stands, without number or ending.
    pub exact_name: bool,
    /// The address of each output row, in output order, or of each part of it; an address may come again.
    pub addresses: &'a [u32],
    /// Columns to add to each output row.
    pub added: Option<&'a RecordBatch>,
    /// Which of them take the place of members that rows have; such members are written once.
    pub replaced: &'a [String],
    /// What output rows look like, unless they are source rows with the added columns behind.
    pub shape: Option<&'a Shape>,
    /// The columns of the output without the added ones.
    pub inferred: &'a Inferred,
}

impl<'a> Output<'a> {
    /// How many addresses an output row has.
    fn width(&self) -> usize {
        self.shape.map_or(1, Shape::width)
    }

    /// How many rows it has.
    fn rows(&self) -> usize {
        self.addresses.len() / self.width().max(1)
    }

    fn form(&self) -> Result<Option<Form<'a>>> {
        Ok(match (self.shape, self.added) {
            (Some(shape), added) => Some(Form::Shaped(Shaping::new(shape, added)?)),
            (None, Some(added)) => Some(Form::Spliced(Splice::new(added, self.replaced))),
            (None, None) => None,
        })
    }
}

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenFile {
    /// Its name in the folder.
    pub name: String,
    /// Its rows.
    pub rows: u64,
    /// Its size.
    pub bytes: u64,
    /// The size of its rows as Arrow holds them (what a card calls `num_bytes`).
    pub arrow_bytes: u64,
    /// How many nulls each column has, in Parquet.
    pub nulls: Vec<u64>,
    /// The BLAKE3 digest of its bytes, in hexadecimal.
    pub digest: String,
}

/// What was written for one output.
#[derive(Debug)]
pub struct Wrote {
    /// The files.
    pub files: Vec<WrittenFile>,
    /// The columns of the rows as they stand in the files, for JSON Lines.
    pub columns: Option<Columns>,
}

/// The columns that JSON rows have, part by part, to be merged with those of other rows.
#[derive(Debug, Clone, Default)]
pub struct Columns(Vec<RowSketch>);

impl Columns {
    /// Takes in the columns of rows that come after these and have the same parts.
    pub fn merge(&mut self, other: Self) {
        self.0.resize_with(self.0.len().max(other.0.len()), RowSketch::default);
        for (part, other) in self.0.iter_mut().zip(other.0) {
            part.merge(other);
        }
    }

    /// How many values each column has that are not null.
    pub fn filled(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().flat_map(RowSketch::filled)
    }

    /// The columns of all rows; none if they are too many to be columns.
    pub fn finish(self) -> Option<Inferred> {
        crate::infer::finished(self.0)
    }
}

/// Writes sequences of rows, and says what was written for each.
///
/// All JSON Lines are gathered in one pass over the chosen rows. Outputs in source order are written as their rows come;
/// those in another order, and those that are too many to be open at the same time, go through a spill. Parquet takes a
/// pass for each output.
///
/// JSON Lines are copied byte for byte from JSON sources, but for the line ends, which become `\n`; added columns stand
/// before the closing brace, or where the member stands that they replace. Of rows that have a shape, what it takes of a source row is copied so. Shards hold at most
/// [`Writing::shard_bytes`] of uncompressed rows, or one row.
///
/// Parquet has the inferred columns and the added ones behind them, row groups of at most 64 MiB as Arrow holds them, a page
/// index, and pages cut by content. Its bytes depend on the rows alone, given at least 256 MiB of memory; shards hold at
/// most [`Writing::shard_bytes`] as long as that is more than a row and a footer take. Out of infinities and NaN, which
/// Parquet keeps, JSON Lines make null.
pub fn write(
    sources: &[Source],
    scan: &Scan,
    outputs: &[Output<'_>],
    writing: &Writing,
    progress: &dyn Progress,
) -> Result<Vec<Wrote>> {
    match writing.format {
        Format::Json => jsonl::write(sources, scan, outputs, writing, progress),
        Format::Parquet => outputs
            .iter()
            .map(|output| {
                let files = write_parquet(sources, scan, output, writing, progress)?;
                Ok(Wrote { files, columns: None })
            })
            .collect(),
    }
}

/// How rows are gathered as JSON text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pass<'a> {
    /// What progress calls it.
    pub(crate) name: &'static str,
    /// Where a nameless file may be made for what does not fit into memory.
    pub(crate) scratch: &'a Path,
    /// The most that buffers take.
    pub(crate) memory: u64,
}

/// Gives `sink` the JSON text of the rows at `addresses`, in that order, many at a time: the rows, each ending with a
/// line feed, and where each ends.
pub(crate) fn ordered_json_rows(
    sources: &[Source],
    scan: &Scan,
    addresses: &[u32],
    pass: Pass<'_>,
    progress: &dyn Progress,
    sink: &mut LineSink<'_>,
) -> Result<()> {
    let order = Order::of(&[addresses], 1)?;
    let buffers = Buffers::default();
    let memory = pass.memory;
    let gather = Gather { sources, scan, order: &order, forms: &[], look: false, memory, progress, buffers };
    ordered(&gather, pass, &mut |_| Ok(()), &mut |_, bytes, ends| sink(bytes, ends))
}

/// Gives `sink` the JSON text of rows of some shape, whose addresses are given part by part, in that order.
fn shaped_json_rows(
    (sources, scan): (&[Source], &Scan),
    addresses: &[u32],
    (shape, added): (&Shape, Option<&RecordBatch>),
    pass: Pass<'_>,
    progress: &dyn Progress,
    sink: &mut LineSink<'_>,
) -> Result<()> {
    let order = Order::with_widths(&[addresses], vec![shape.width()], 1)?;
    let forms = [Some(Form::Shaped(Shaping::new(shape, added)?))];
    let (memory, buffers) = (pass.memory, Buffers::default());
    let gather =
        Gather { sources, scan, order: &order, forms: &forms, look: false, memory, progress, buffers };
    ordered(&gather, pass, &mut |_| Ok(()), &mut |_, bytes, ends| sink(bytes, ends))
}

/// What columns rows of some shape have without the added ones, part by part; their addresses are given part by part.
pub(crate) fn shaped_columns(
    sources: &[Source],
    scan: &Scan,
    addresses: &[u32],
    shape: &Shape,
    progress: &dyn Progress,
) -> Result<Columns> {
    const MEMORY: u64 = 64 << 20;
    let width = shape.width();
    let part = |part: usize| {
        let mut addresses: Vec<u32> = addresses.iter().skip(part).step_by(width).copied().collect();
        addresses.sort_unstable();
        addresses.dedup();
        addresses
    };
    let addresses: Vec<Vec<u32>> = (0..width).map(part).collect();
    let sides = shape.sides();
    let addresses: Vec<&[u32]> =
        addresses.iter().flat_map(|part| std::iter::repeat_n(part.as_slice(), sides)).collect();
    let parts: Vec<Shape> = shape.without_added().alone().collect();
    let forms: Vec<Option<Form<'_>>> =
        parts.iter().map(|part| Ok(Some(Form::Shaped(Shaping::new(part, None)?)))).collect::<Result<_>>()?;
    let order = Order::of(&addresses, width * sides)?;
    let buffers = Buffers::default();
    let gather =
        Gather { sources, scan, order: &order, forms: &forms, look: true, memory: MEMORY, progress, buffers };
    let mut columns = vec![RowSketch::default(); width * sides];
    // Rows in source order are never put aside, so the folder for that is not used.
    let aside = std::env::temp_dir();
    let pass = Pass { name: "infer", scratch: &aside, memory: MEMORY };
    ordered(&gather, pass, &mut |part| look(part, &mut columns), &mut |_, _, _| Ok(()))?;
    let mut columns = columns.into_iter();
    let merged = (0..width).map(|_| {
        let mut part = RowSketch::default();
        columns.by_ref().take(sides).for_each(|side| part.merge(side));
        part
    });
    Ok(Columns(merged.collect()))
}

/// Takes in what columns the rows have.
fn look(part: &mut Gathered<'_>, columns: &mut [RowSketch]) -> Result<()> {
    let columns = &mut columns[part.stream];
    match part.columns.take() {
        Some(found) => columns.merge(found),
        None => columns.add(part.bytes)?,
    }
    Ok(())
}

/// What takes rows of an output, each ending with a line feed, many at a time: which output, the rows' bytes, and where
/// each ends.
type OutputSink<'a> = dyn FnMut(usize, &[u8], &[usize]) -> Result<()> + Send + 'a;

/// Gives `look` the rows of each stream in the order of their addresses, and `sink` those of each output in their own.
fn ordered(
    gather: &Gather<'_>,
    pass: Pass<'_>,
    look: &mut (dyn FnMut(&mut Gathered<'_>) -> Result<()> + Send),
    sink: &mut OutputSink<'_>,
) -> Result<()> {
    let order = gather.order;
    gather.progress.begin(pass.name, gather.to_read());
    let aside = order.aside();
    // The pieces under way take a quarter at most, and the compressors of what is written meanwhile an eighth.
    let memory =
        if order.len() as u64 > u64::from(aside) { pass.memory / 8 * 5 } else { pass.memory / 4 * 3 };
    let spill = Spill::new(pass.scratch, memory, 0, aside, gather.expected(aside));
    let mut waiting = Waiting { order, spill, next: 0, joiner: Joiner::default() };
    gather.run(&mut |piece| {
        for mut part in piece.parts() {
            look(&mut part)?;
            let Gathered { bytes, ends, slots, .. } = part;
            if slots[0] >= aside {
                sink(order.output(slots[0]).0, bytes, ends)?;
            } else {
                waiting.push(bytes, ends, slots)?;
            }
        }
        waiting.give(sink)
    })?;
    waiting.finish(sink)
}
