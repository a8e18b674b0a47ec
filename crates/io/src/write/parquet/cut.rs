//! Rows cut into row groups, and these into blocks, by nothing but the rows themselves.

use std::ops::Range;

use arrow::array::RecordBatch;

use super::line::Line;
use crate::{Result, arrow_rows::measure::row_bytes};

/// The most rows of a row group.
const GROUP_ROWS: usize = 1_000_000;

/// What is encoded at once; fixed, so that the same rows always give the same bytes.
const BLOCK_BYTES: u64 = 4 << 20;
const BLOCK_ROWS: usize = 4096;

/// Takes rows in order, and sends them down the line in blocks.
pub(super) struct Cutter<'a> {
    line: Line<'a>,
    group_limit: u64,
    block: Vec<RecordBatch>,
    block_rows: usize,
    block_bytes: u64,
    group_rows: usize,
    group_bytes: u64,
}

impl<'a> Cutter<'a> {
    /// A cutter of row groups with at most `group_limit` bytes, or one row.
    pub(super) fn new(line: Line<'a>, group_limit: u64) -> Self {
        Self {
            line,
            group_limit,
            block: vec![],
            block_rows: 0,
            block_bytes: 0,
            group_rows: 0,
            group_bytes: 0,
        }
    }

    /// Takes the next rows.
    pub(super) fn push(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut start = 0;
        for (row, bytes) in row_bytes(batch).into_iter().enumerate() {
            let full = self.group_rows > 0
                && (self.group_bytes.saturating_add(bytes) > self.group_limit
                    || self.group_rows >= GROUP_ROWS);
            if full || self.block_rows >= BLOCK_ROWS || self.block_bytes >= BLOCK_BYTES {
                self.keep(batch, start..row);
                start = row;
                self.end_block()?;
                if full {
                    self.line.end_group();
                    self.group_rows = 0;
                    self.group_bytes = 0;
                }
            }
            self.block_rows += 1;
            self.block_bytes += bytes;
            self.group_rows += 1;
            self.group_bytes += bytes;
        }
        self.keep(batch, start..batch.num_rows());
        Ok(())
    }

    fn keep(&mut self, batch: &RecordBatch, rows: Range<usize>) {
        if !rows.is_empty() {
            self.block.push(batch.slice(rows.start, rows.len()));
        }
    }

    fn end_block(&mut self) -> Result<()> {
        self.block_rows = 0;
        self.block_bytes = 0;
        if self.block.is_empty() { Ok(()) } else { self.line.push(std::mem::take(&mut self.block)) }
    }

    /// Sends off what is left.
    pub(super) fn finish(mut self) -> Result<Line<'a>> {
        self.end_block()?;
        self.line.end_group();
        Ok(self.line)
    }
}
