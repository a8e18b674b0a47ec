//! Bringing rows into output order with bounded memory: scattered to buckets as they come, then put in order bucket
//! by bucket.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, Write},
    mem,
    os::unix::fs::FileExt,
    path::Path,
};

use crate::{Error, Result};

/// Bytes before each row: its slot in the low half, its length in the high one.
const HEADER: usize = 8;

/// How many rows' bytes are given out at a time, about.
const PIECE: usize = 1 << 20;

const MOST_BUCKETS: u64 = 128;

/// Rows that come in any order and leave in the order of their slots.
#[derive(Debug)]
pub(crate) struct Spill<'a> {
    folder: &'a Path,
    /// What may be in memory at once.
    memory: u64,
    first: u32,
    slots: u32,
    buckets: Vec<Bucket>,
    /// How much a segment holds, unless one row is larger.
    segment: usize,
    held: u64,
    file: Option<Scratch>,
}

/// Rows of neighbouring slots.
#[derive(Debug, Default)]
struct Bucket {
    segments: VecDeque<Vec<u8>>,
    /// Where its segments stand in the scratch file.
    written: Vec<(u64, usize)>,
    bytes: u64,
}

/// A file without a name.
#[derive(Debug)]
struct Scratch {
    file: File,
    size: u64,
}

/// What takes rows, each ending with a line feed, many at a time: their bytes, and where each ends.
pub(crate) type LineSink<'a> = dyn FnMut(&[u8], &[usize]) -> Result<()> + Send + 'a;

impl<'a> Spill<'a> {
    /// For `slots` rows from slot `first` on, of `expected` bytes together, in at most `memory` bytes; what does not
    /// fit goes to a file in `folder`.
    pub(crate) fn new(folder: &'a Path, memory: u64, first: u32, slots: u32, expected: u64) -> Self {
        let buckets =
            expected.div_ceil((memory / 4).max(1)).clamp(1, MOST_BUCKETS).min(u64::from(slots).max(1));
        let segment = (memory / 8 / buckets).clamp(1 << 10, 1 << 20) as usize;
        let buckets = (0..buckets).map(|_| Bucket::default()).collect();
        Self { folder, memory, first, slots, buckets, segment, held: 0, file: None }
    }

    /// Takes the row of `slot`, which ends with a line feed.
    pub(crate) fn push(&mut self, slot: u32, row: &[u8]) -> Result<()> {
        let length = u32::try_from(row.len())
            .map_err(|_| Error::Memory { what: "a row's bytes".into(), available: u64::from(u32::MAX) })?;
        let number = u64::from(slot - self.first) * self.buckets.len() as u64 / u64::from(self.slots);
        let bucket = &mut self.buckets[number as usize];
        let size = HEADER + row.len();
        if bucket.segments.back().is_none_or(|last| last.capacity() - last.len() < size) {
            let capacity = self.segment.max(size);
            bucket.segments.push_back(Vec::with_capacity(capacity));
            self.held += capacity as u64;
        }
        let segment = bucket.segments.back_mut().expect("one was pushed");
        segment.extend_from_slice(&(u64::from(slot) | u64::from(length) << 32).to_le_bytes());
        segment.extend_from_slice(row);
        bucket.bytes += size as u64;
        if self.held > self.memory / 2 { self.flush() } else { Ok(()) }
    }

    /// Brings everything held to the scratch file.
    fn flush(&mut self) -> Result<()> {
        let failed = |source| Error::Io { action: "write", path: self.folder.display().to_string(), source };
        let mut scratch = match self.file.take() {
            Some(scratch) => scratch,
            None => Scratch { file: tempfile::tempfile_in(self.folder).map_err(failed)?, size: 0 },
        };
        for bucket in &mut self.buckets {
            for segment in bucket.segments.drain(..) {
                scratch.file.write_all(&segment).map_err(failed)?;
                bucket.written.push((scratch.size, segment.len()));
                scratch.size += segment.len() as u64;
            }
        }
        self.file = Some(scratch);
        self.held = 0;
        Ok(())
    }

    /// Gives all rows to `sink` in the order of their slots.
    pub(crate) fn finish(mut self, sink: &mut LineSink<'_>) -> Result<()> {
        if self.file.is_some() {
            self.flush()?;
        }
        let count = self.buckets.len() as u64;
        let slots = u64::from(self.slots);
        for (number, bucket) in mem::take(&mut self.buckets).into_iter().enumerate() {
            // The slots of bucket b are those s with b <= s * count / slots < b + 1.
            let from = (number as u64 * slots).div_ceil(count) as u32;
            let to = ((number as u64 + 1) * slots).div_ceil(count) as u32;
            let rows_fit = bucket.bytes <= self.memory / 2;
            if rows_fit || to - from <= 1 {
                self.in_order(bucket, sink)?;
                continue;
            }
            let mut finer = Spill::new(self.folder, self.memory, self.first + from, to - from, bucket.bytes);
            for (offset, length) in bucket.written {
                for row in Records(&self.load(offset, length)?) {
                    finer.push(row.0, row.1)?;
                }
            }
            finer.finish(sink)?;
        }
        Ok(())
    }

    fn load(&self, offset: u64, length: usize) -> Result<Vec<u8>> {
        let mut segment = vec![0; length];
        let scratch = self.file.as_ref().expect("what was written is in the file");
        read_all(&scratch.file, offset, &mut segment).map_err(|source| Error::Io {
            action: "read",
            path: self.folder.display().to_string(),
            source,
        })?;
        Ok(segment)
    }

    /// Gives out the rows of one bucket, which fit in memory.
    fn in_order(&self, bucket: Bucket, sink: &mut LineSink<'_>) -> Result<()> {
        let mut segments: Vec<Vec<u8>> = bucket.segments.into();
        for (offset, length) in bucket.written {
            segments.push(self.load(offset, length)?);
        }
        let mut rows: Vec<(u32, &[u8])> = segments.iter().flat_map(|segment| Records(segment)).collect();
        rows.sort_unstable_by_key(|(slot, _)| *slot);
        let (mut bytes, mut ends) = (vec![], vec![]);
        for (_, row) in rows {
            bytes.extend_from_slice(row);
            ends.push(bytes.len());
            if bytes.len() >= PIECE.min(self.segment) {
                sink(&bytes, &ends)?;
                bytes.clear();
                ends.clear();
            }
        }
        if ends.is_empty() { Ok(()) } else { sink(&bytes, &ends) }
    }
}

/// The rows in a segment, each with its slot.
struct Records<'a>(&'a [u8]);

impl<'a> Iterator for Records<'a> {
    type Item = (u32, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (header, rest) = self.0.split_first_chunk::<HEADER>()?;
        let header = u64::from_le_bytes(*header);
        let (row, rest) = rest.split_at((header >> 32) as usize);
        self.0 = rest;
        Some((header as u32, row))
    }
}

fn read_all(file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
    file.read_exact_at(buffer, offset)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rows_leave_in_the_order_of_their_slots(
            sizes in prop::collection::vec(0_usize..3000, 0..200),
            seed in any::<u64>(),
            memory in prop_oneof![Just(0_u64), 1000..100_000_u64, Just(1 << 30)],
            expected in prop_oneof![Just(0_u64), Just(300_000), Just(u64::MAX)],
        ) {
            let folder = tempfile::tempdir().unwrap();
            let row = |slot: usize| { let mut row = vec![b'a' + (slot % 26) as u8; sizes[slot]]; row.push(b'\n'); row };
            let mut order: Vec<usize> = (0..sizes.len()).collect();
            order.sort_by_key(|&slot| (slot as u64 + 1).wrapping_mul(seed | 1).rotate_left(17));
            let mut spill = Spill::new(folder.path(), memory, 7, sizes.len() as u32, expected);
            let largest = (sizes.iter().max().copied().unwrap_or(0) + HEADER + 1) as u64;
            for slot in order {
                spill.push(slot as u32 + 7, &row(slot)).unwrap();
                prop_assert!(spill.held <= memory / 2 + largest.max(1 << 10));
            }
            let mut found = vec![];
            let mut sink = |bytes: &[u8], ends: &[usize]| {
                assert_eq!(ends.last(), Some(&bytes.len()));
                let mut start = 0;
                for &end in ends {
                    found.push(bytes[start..end].to_vec());
                    start = end;
                }
                Ok(())
            };
            spill.finish(&mut sink).unwrap();
            prop_assert_eq!(found, (0..sizes.len()).map(row).collect::<Vec<_>>());
        }
    }
}
