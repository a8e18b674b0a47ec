//! Putting the blocks of one file together.

use super::block::{DETAILS, Scanned};
use crate::{
    BadRow, DataFile, Error, FileScan, OnBadRow, Result,
    column::Part,
    index::{Index, TextIndex},
    scan::SourceScan,
};

/// The blocks of one file, added in order.
pub(crate) struct Assembly {
    file: String,
    on_bad_row: OnBadRow,
    index: TextIndex,
    parts: Vec<Vec<Part>>,
    bad: Vec<BadRow>,
    rows: u32,
    lines: u64,
}

impl Assembly {
    pub(crate) fn new(file: &DataFile, on_bad_row: OnBadRow) -> Self {
        Self {
            file: file.store.display(&file.entry.path),
            on_bad_row,
            index: TextIndex { tight: true, ..TextIndex::default() },
            parts: vec![],
            bad: vec![],
            rows: 0,
            lines: 0,
        }
    }

    pub(crate) fn rows(&self) -> u32 {
        self.rows
    }

    /// Adds the block that follows; an error if it has a bad row and bad rows are errors.
    pub(crate) fn add(&mut self, scanned: Scanned) -> Result<()> {
        for mut bad in scanned.bad {
            bad.row += self.rows;
            bad.line = bad.line.map(|line| line + self.lines + 1);
            if self.on_bad_row == OnBadRow::Error {
                let BadRow { row, reason, detail, line } = bad;
                return Err(Error::BadRow { file: self.file.clone(), row, line, reason, detail });
            }
            if self.bad.len() >= DETAILS {
                bad.detail = String::new();
            }
            self.bad.push(bad);
        }
        let mut block = scanned.block;
        let count = block.starts.len() as u32;
        if count > 0 {
            block.row = self.rows;
            self.index.tight &= scanned.tight;
            self.index.end = scanned.end;
            self.index.blocks.push(block);
            self.parts.push(scanned.parts);
            self.rows = self.rows.checked_add(count).ok_or(Error::TooManyRows)?;
        } else {
            self.index.tight &= scanned.lines == 0;
        }
        self.lines += scanned.lines;
        Ok(())
    }

    /// What the scan of the file comes to: `bytes` were read.
    pub(crate) fn finish(self, bytes: u64, digest: Option<String>) -> SourceScan {
        let index = Index::Text(self.index.into());
        SourceScan {
            file: FileScan { rows: self.rows, bytes, digest, bad: self.bad, index },
            parts: self.parts,
        }
    }

    /// Rows are the items of an array.
    pub(crate) fn set_array(&mut self) {
        self.index.array = true;
        self.index.tight = false;
    }
}
