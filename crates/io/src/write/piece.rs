//! Gathered rows on their way to where they are written.

use std::ops::Range;

use super::Order;
use crate::{Result, buffers::Buffers, infer::RowSketch};

/// How many bytes of rows are looked at while others are gathered; the columns of fewer are sooner found than merged.
const LOOK: usize = 16 << 10;

/// Some gathered rows, those of one stream together.
#[derive(Debug, Default)]
pub(crate) struct Piece {
    bytes: Vec<u8>,
    /// Where each row ends, counted from where its part begins.
    ends: Vec<usize>,
    /// The slot of each row.
    slots: Vec<u32>,
    parts: Vec<Part>,
}

/// Rows of one stream in a piece.
#[derive(Debug)]
struct Part {
    stream: usize,
    bytes: Range<usize>,
    rows: Range<usize>,
    columns: Option<RowSketch>,
}

/// Gathered rows of one stream.
pub(crate) struct Gathered<'a> {
    pub(crate) stream: usize,
    /// The rows, each ending with a line feed.
    pub(crate) bytes: &'a [u8],
    /// Where each row ends.
    pub(crate) ends: &'a [usize],
    /// The slot of each row.
    pub(crate) slots: &'a [u32],
    /// What columns the rows have, where that is asked for and the rows are many.
    pub(crate) columns: Option<RowSketch>,
}

impl Piece {
    /// An empty piece that writes into `bytes`.
    pub(crate) fn in_buffer(bytes: Vec<u8>) -> Self {
        Self { bytes, ..Self::default() }
    }

    /// The buffer it was written into.
    pub(crate) fn into_buffer(self) -> Vec<u8> {
        self.bytes
    }

    /// How many bytes there are.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Where the next row is written.
    pub(crate) fn bytes_mut(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Ends the row that was written, which belongs into `slot`.
    pub(crate) fn end_row(&mut self, slot: u32) {
        self.bytes.push(b'\n');
        self.ends.push(self.bytes.len());
        self.slots.push(slot);
    }

    /// The rows of each stream.
    pub(crate) fn parts(&mut self) -> impl Iterator<Item = Gathered<'_>> {
        let (bytes, ends, slots) = (&self.bytes, &self.ends, &self.slots);
        self.parts.drain(..).map(move |part| Gathered {
            stream: part.stream,
            bytes: &bytes[part.bytes],
            ends: &ends[part.rows.clone()],
            slots: &slots[part.rows],
            columns: part.columns,
        })
    }

    /// Makes parts of the rows of each stream, which come in the order of their addresses.
    pub(crate) fn divide(&mut self, order: &Order<'_>, buffers: &Buffers) {
        let mut streams: Vec<usize> = self.slots.iter().map(|&slot| order.stream(slot)).collect();
        if !streams.is_sorted() {
            self.bring_together(&streams, buffers);
            streams.sort_unstable();
        }
        let (mut start, mut first) = (0, 0);
        for same in streams.chunk_by(PartialEq::eq) {
            let rows = first..first + same.len();
            first = rows.end;
            let bytes = start..self.ends[first - 1];
            self.ends[rows.clone()].iter_mut().for_each(|end| *end -= start);
            start = bytes.end;
            self.parts.push(Part { stream: same[0], bytes, rows, columns: None });
        }
    }

    /// Puts the rows of each stream behind those of the one before.
    fn bring_together(&mut self, streams: &[usize], buffers: &Buffers) {
        let mut rows: Vec<usize> = (0..streams.len()).collect();
        rows.sort_by_key(|&row| streams[row]);
        let mut bytes = buffers.take();
        bytes.clear();
        let mut ends = vec![];
        for &row in &rows {
            let start = if row == 0 { 0 } else { self.ends[row - 1] };
            bytes.extend_from_slice(&self.bytes[start..self.ends[row]]);
            ends.push(bytes.len());
        }
        self.ends = ends;
        self.slots = rows.iter().map(|&row| self.slots[row]).collect();
        buffers.give(std::mem::replace(&mut self.bytes, bytes));
    }

    /// Looks what columns the rows have, where there are enough rows to be worth a sketch of their own.
    pub(crate) fn look(&mut self) -> Result<()> {
        for part in self.parts.iter_mut().filter(|part| part.bytes.len() >= LOOK) {
            let mut columns = RowSketch::default();
            columns.add(&self.bytes[part.bytes.clone()])?;
            part.columns = Some(columns);
        }
        Ok(())
    }
}
