//! Where each row of a source stands.

use std::sync::Arc;

/// Where each row of one source stands; made by the scan, used by the passes that follow.
///
/// For JSON it takes four bytes a row, counted from the beginning of a block; blocks take a few dozen bytes each.
#[derive(Debug, Clone)]
pub enum Index {
    /// Rows are found by their number alone: Parquet, and tables in memory.
    Number,
    /// Rows are found by their place in the (decompressed) text.
    Text(Arc<TextIndex>),
}

/// Where rows stand in a JSON file.
#[derive(Debug, Default)]
pub struct TextIndex {
    pub(crate) blocks: Vec<Block>,
    /// Where the last row ends at the latest.
    pub(crate) end: u64,
    /// Whether rows are the items of one array.
    pub(crate) array: bool,
    /// Whether every row ends with one line feed right before the next row begins, so that rows' sizes are known.
    pub(crate) tight: bool,
}

/// Some consecutive rows.
#[derive(Debug, Default)]
pub(crate) struct Block {
    /// The first row's number.
    pub(crate) row: u32,
    /// What the starts are counted from.
    pub(crate) base: u64,
    /// Where each row starts.
    pub(crate) starts: Vec<u32>,
}

impl TextIndex {
    /// Where row `row` starts.
    pub(crate) fn start(&self, row: u32) -> u64 {
        self.start_in(self.block_of(row), row)
    }

    /// Where row `row` ends at the latest: what follows it up to there is white space and at most a comma.
    pub(crate) fn end(&self, row: u32) -> u64 {
        let mut block = self.block_of(row);
        let next = row + 1;
        if next - self.blocks[block].row >= self.blocks[block].starts.len() as u32 {
            block += 1;
        }
        if block < self.blocks.len() { self.start_in(block, next) } else { self.end }
    }

    fn start_in(&self, block: usize, row: u32) -> u64 {
        let block = &self.blocks[block];
        block.base + u64::from(block.starts[(row - block.row) as usize])
    }

    fn block_of(&self, row: u32) -> usize {
        self.blocks.partition_point(|block| block.row <= row) - 1
    }
}
