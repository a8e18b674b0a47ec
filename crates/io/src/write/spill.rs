//! Bringing rows into output order with bounded memory: scattered to buckets as they come, and put in order bucket by
//! bucket, each as soon as all of its rows and all before them are there.

use std::{collections::VecDeque, fs::File, io::Write, mem, ops::Range, os::unix::fs::FileExt, path::Path};

use crate::{Error, Result};

/// Bytes before each row: its slot in the low half, its length in the high one.
const HEADER: usize = 8;

/// How many rows' bytes are given out at a time, about.
const PIECE: usize = 1 << 20;

const MOST_BUCKETS: u64 = 128;

/// How much a bucket is to hold, where that does not make too many: the smaller, the sooner one is whole.
const BUCKET: u64 = 8 << 20;

/// Rows that come in any order and leave in the order of their slots.
#[derive(Debug)]
pub(crate) struct Spill<'a> {
    folder: &'a Path,
    /// What may be in memory at once.
    memory: u64,
    first: u32,
    slots: u32,
    buckets: Vec<Bucket>,
    /// How many buckets have been given out.
    given: usize,
    /// How much a segment holds, unless one row is larger.
    segment: usize,
    held: u64,
    /// Segments to write into again.
    free: Vec<Vec<u8>>,
    file: Option<Scratch>,
    piece: Vec<u8>,
}

/// Rows of neighbouring slots.
#[derive(Debug, Default)]
struct Bucket {
    segments: VecDeque<Vec<u8>>,
    /// Where its segments stand in the scratch file.
    written: Vec<(u64, usize)>,
    rows: u32,
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
        let bucket = (memory / 4).clamp(1, BUCKET);
        let buckets = expected.div_ceil(bucket).clamp(1, MOST_BUCKETS).min(u64::from(slots).max(1));
        let segment = (memory / 8 / buckets).clamp(1 << 10, 1 << 20) as usize;
        let buckets = (0..buckets).map(|_| Bucket::default()).collect();
        let (free, piece) = (vec![], vec![]);
        Self { folder, memory, first, slots, buckets, given: 0, segment, held: 0, free, file: None, piece }
    }

    /// Takes the row of `slot`, which ends with a line feed.
    pub(crate) fn push(&mut self, slot: u32, row: &[u8]) -> Result<()> {
        let length = u32::try_from(row.len())
            .map_err(|_| Error::Memory { what: "a row's bytes".into(), available: u64::from(u32::MAX) })?;
        let number = u64::from(slot - self.first) * self.buckets.len() as u64 / u64::from(self.slots);
        let bucket = &mut self.buckets[number as usize];
        let size = HEADER + row.len();
        if bucket.segments.back().is_none_or(|last| last.capacity() - last.len() < size) {
            let again = if size <= self.segment { self.free.pop() } else { None };
            let segment = again.unwrap_or_else(|| Vec::with_capacity(self.segment.max(size)));
            self.held += segment.capacity() as u64;
            bucket.segments.push_back(segment);
        }
        let segment = bucket.segments.back_mut().expect("one was pushed");
        segment.extend_from_slice(&(u64::from(slot) | u64::from(length) << 32).to_le_bytes());
        segment.extend_from_slice(row);
        bucket.rows += 1;
        bucket.bytes += size as u64;
        if self.held > self.memory / 2 { self.flush() } else { Ok(()) }
    }

    /// Gives `sink` the rows of the next slots as far as there are whole buckets of them.
    pub(crate) fn give(&mut self, sink: &mut LineSink<'_>) -> Result<()> {
        while let Some(bucket) = self.buckets.get(self.given) {
            let slots = self.slots_of(self.given);
            if bucket.rows < slots.end - slots.start || bucket.bytes > self.memory / 2 {
                break;
            }
            let bucket = mem::take(&mut self.buckets[self.given]);
            self.given += 1;
            self.in_order(bucket, sink)?;
        }
        Ok(())
    }

    /// The slots of a bucket: those slots s, counted from the first, with `number <= s * buckets / slots < number + 1`.
    fn slots_of(&self, number: usize) -> Range<u32> {
        let (count, slots) = (self.buckets.len() as u64, u64::from(self.slots));
        let start = |number: u64| (number * slots).div_ceil(count) as u32;
        start(number as u64)..start(number as u64 + 1)
    }

    /// Brings everything held to the scratch file.
    fn flush(&mut self) -> Result<()> {
        let failed = |source| Error::Io { action: "write", path: self.folder.display().to_string(), source };
        let mut scratch = match self.file.take() {
            Some(scratch) => scratch,
            None => Scratch { file: tempfile::tempfile_in(self.folder).map_err(failed)?, size: 0 },
        };
        let mut empty = vec![];
        for bucket in &mut self.buckets {
            for segment in bucket.segments.drain(..) {
                scratch.file.write_all(&segment).map_err(failed)?;
                bucket.written.push((scratch.size, segment.len()));
                scratch.size += segment.len() as u64;
                empty.push(segment);
            }
        }
        self.file = Some(scratch);
        for segment in empty {
            self.set_free(segment);
        }
        Ok(())
    }

    /// Keeps a segment to write into it again.
    fn set_free(&mut self, mut segment: Vec<u8>) {
        self.held -= segment.capacity() as u64;
        if segment.capacity() == self.segment {
            segment.clear();
            self.free.push(segment);
        }
    }

    /// Gives all rows that were not given yet to `sink` in the order of their slots.
    pub(crate) fn finish(mut self, sink: &mut LineSink<'_>) -> Result<()> {
        if self.file.is_some() {
            self.flush()?;
            self.free.clear();
        }
        for number in self.given..self.buckets.len() {
            let bucket = mem::take(&mut self.buckets[number]);
            let slots = self.slots_of(number);
            let count = slots.end - slots.start;
            if bucket.bytes <= self.memory / 2 || count <= 1 {
                self.in_order(bucket, sink)?;
                continue;
            }
            let first = self.first + slots.start;
            let mut finer = Spill::new(self.folder, self.memory, first, count, bucket.bytes);
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
        scratch.file.read_exact_at(&mut segment, offset).map_err(|source| Error::Io {
            action: "read",
            path: self.folder.display().to_string(),
            source,
        })?;
        Ok(segment)
    }

    /// Gives out the rows of one bucket, which fit in memory.
    fn in_order(&mut self, bucket: Bucket, sink: &mut LineSink<'_>) -> Result<()> {
        let mut loaded = vec![];
        for (offset, length) in bucket.written {
            loaded.push(self.load(offset, length)?);
        }
        let segments = bucket.segments.iter().chain(&loaded);
        let mut rows: Vec<(u32, &[u8])> = segments.flat_map(|segment| Records(segment)).collect();
        rows.sort_unstable_by_key(|(slot, _)| *slot);
        let (mut bytes, mut ends) = (mem::take(&mut self.piece), vec![]);
        for (_, row) in rows {
            bytes.extend_from_slice(row);
            ends.push(bytes.len());
            if bytes.len() >= PIECE.min(self.segment) {
                sink(&bytes, &ends)?;
                bytes.clear();
                ends.clear();
            }
        }
        if !ends.is_empty() {
            sink(&bytes, &ends)?;
            bytes.clear();
        }
        self.piece = bytes;
        for segment in bucket.segments {
            self.set_free(segment);
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rows_leave_in_the_order_of_their_slots(
            sizes in prop::collection::vec(0_usize..3000, 0..200),
            seed in any::<u64>(),
            // How far a row may be from its place.
            apart in prop_oneof![Just(u64::MAX), 1..20_u64],
            every in 0_usize..5,
            memory in prop_oneof![Just(0_u64), 1000..100_000_u64, Just(1 << 30)],
            expected in prop_oneof![Just(0_u64), Just(300_000), Just(u64::MAX)],
        ) {
            let folder = tempfile::tempdir().unwrap();
            let row = |slot: usize| { let mut row = vec![b'a' + (slot % 26) as u8; sizes[slot]]; row.push(b'\n'); row };
            let mut order: Vec<usize> = (0..sizes.len()).collect();
            let chance = |slot: usize| (slot as u64 + 1).wrapping_mul(seed | 1).rotate_left(17);
            order.sort_by_key(|&slot| match apart {
                u64::MAX => chance(slot),
                apart => slot as u64 + chance(slot) % apart,
            });
            let mut spill = Spill::new(folder.path(), memory, 7, sizes.len() as u32, expected);
            let largest = (sizes.iter().max().copied().unwrap_or(0) + HEADER + 1) as u64;
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
            for (at, slot) in order.into_iter().enumerate() {
                spill.push(slot as u32 + 7, &row(slot)).unwrap();
                prop_assert!(spill.held <= memory / 2 + largest.max(1 << 10));
                if every > 0 && at % every == 0 {
                    spill.give(&mut sink).unwrap();
                }
            }
            spill.finish(&mut sink).unwrap();
            prop_assert_eq!(found, (0..sizes.len()).map(row).collect::<Vec<_>>());
        }
    }

    #[test]
    fn rows_near_their_places_leave_soon() {
        let folder = tempfile::tempdir().unwrap();
        let slots = 10_000_u32;
        let buckets = 50;
        let mut spill = Spill::new(folder.path(), 64 << 20, 0, slots, buckets * BUCKET);
        let row = vec![b'x'; 40_000];
        let mut given = 0;
        for slot in 0..slots {
            spill.push(slot ^ 7, &row).unwrap();
            spill
                .give(&mut |_, ends| {
                    given += ends.len() as u32;
                    Ok(())
                })
                .unwrap();
            assert!(slot + 1 - given <= slots / buckets as u32 + 8);
        }
        assert!(spill.file.is_none());
        assert_eq!(given, slots);
    }
}
