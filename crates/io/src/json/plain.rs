//! Scanning a plain JSON Lines file, block by block in parallel.

use rayon::prelude::*;

use super::{
    assemble::Assembly,
    block::{Scanned, Search},
    stream::BOM,
};
use crate::{
    DataFile, Error, Progress, Result, ScanSpec,
    budget::Budget,
    buffers::Buffers,
    digest::{self, BlockDigest},
    scan::{FirstError, SourceScan},
};

/// What of a block has to be read beyond its end at first, for the row that reaches over it.
const OVERHANG: usize = 8 << 10;

/// Scans `file` in blocks of `size` bytes, a power of two and at least 1024.
pub(crate) fn scan(
    file: &DataFile,
    spec: &ScanSpec,
    search: &Search<'_>,
    size: u64,
    budget: &Budget,
    progress: &dyn Progress,
) -> Result<SourceScan> {
    let reader = Reader { file, search, size, digest: spec.digest, budget, buffers: Buffers::default() };
    let first_error = FirstError::default();
    let blocks: Vec<Option<Result<Read>>> = (0..file.entry.size.div_ceil(size) as usize)
        .into_par_iter()
        .with_max_len(1)
        .map(|number| {
            if first_error.is_before(number) {
                return None;
            }
            let read =
                if progress.interrupted() { Err(Error::Interrupted) } else { reader.block(number as u64) };
            if read.as_ref().map_or(true, |read| read.scanned.stopped) {
                first_error.at(number);
            }
            progress.advance(size.min(file.entry.size - number as u64 * size));
            Some(read)
        })
        .collect();
    let mut assembly = Assembly::new(file, spec.on_bad_row);
    let mut digests = vec![];
    for block in blocks {
        let Read { scanned, digest } = block.expect("only blocks after an error are left out")?;
        assembly.add(scanned)?;
        digests.extend(digest);
    }
    let digest = spec.digest.then(|| digest::whole(&digests).to_hex().to_string());
    super::check_unchanged(file)?;
    Ok(assembly.finish(file.entry.size, digest))
}

struct Reader<'a> {
    file: &'a DataFile,
    search: &'a Search<'a>,
    size: u64,
    digest: bool,
    budget: &'a Budget,
    buffers: Buffers,
}

struct Read {
    scanned: Scanned,
    digest: Option<BlockDigest>,
}

impl Reader<'_> {
    /// Scans the rows that begin in block `number`.
    fn block(&self, number: u64) -> Result<Read> {
        let mut buffer = self.buffers.take();
        let start = number * self.size;
        let end = (start + self.size).min(self.file.entry.size);
        // The byte before the block tells whether a row begins with it.
        let before = u64::from(number > 0);
        let length = (end - start + before) as usize;
        buffer.resize(length, 0);
        self.fill(start - before, &mut buffer)?;
        let digest =
            self.digest.then(|| digest::block(start, &buffer[before as usize..], self.file.entry.size));
        let first = match number {
            0 => Some(if buffer.starts_with(BOM) { BOM.len() } else { 0 }),
            _ => memchr::memchr(b'\n', &buffer).map(|at| at + 1).filter(|&at| at < length),
        };
        let scanned = match first {
            Some(first) => {
                self.complete(&mut buffer, end)?;
                self.search.lines(&buffer[first..], start - before + first as u64, u64::MAX)
            }
            None => self.search.lines(&[], start, u64::MAX),
        };
        self.buffers.give(buffer);
        self.budget.take(scanned.memory())?;
        Ok(Read { scanned, digest })
    }

    /// Reads on from `end` until the last row in `buffer` is whole, or too long.
    fn complete(&self, buffer: &mut Vec<u8>, mut end: u64) -> Result<()> {
        let mut more = OVERHANG;
        let last = memchr::memrchr(b'\n', buffer).map_or(0, |at| at + 1);
        while end < self.file.entry.size
            && !buffer.ends_with(b"\n")
            && buffer.len() - last <= self.search.longest()
        {
            let from = buffer.len();
            super::check_room(self.file, from - last, self.budget.room())?;
            let longest = self.search.longest().min(self.budget.room().most() as usize);
            let room = longest + 1 - (from - last);
            let length = (more.min(room) as u64).min(self.file.entry.size - end) as usize;
            buffer.resize(from + length, 0);
            self.fill(end, &mut buffer[from..])?;
            end += length as u64;
            if let Some(at) = memchr::memchr(b'\n', &buffer[from..]) {
                buffer.truncate(from + at + 1);
            }
            more *= 2;
        }
        Ok(())
    }

    fn fill(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        let entry = &self.file.entry;
        if self.file.store.read(&entry.path, offset, buffer)? < buffer.len() {
            return Err(Error::Changed { file: self.file.store.display(&entry.path) });
        }
        Ok(())
    }
}
