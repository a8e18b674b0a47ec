//! A file in a store, as the Parquet reader wants to see it.

use std::{
    io::{self, BufReader, Read},
    sync::Arc,
};

use ::parquet::{
    errors::ParquetError,
    file::reader::{ChunkReader, Length},
};
use bytes::{Buf, Bytes};

use crate::{DataFile, Error, Result, budget::Room};

/// A file that is read by ranges, some of which may be at hand already.
#[derive(Debug, Clone)]
pub(super) struct Blob {
    file: Arc<DataFile>,
    ranges: Arc<Vec<(u64, Bytes)>>,
    room: Room,
}

impl Blob {
    pub(super) fn new(file: &DataFile) -> Self {
        Self { file: Arc::new(file.clone()), ranges: Arc::default(), room: Room::default() }
    }

    /// The same file, of which nothing is read for which there is no `room`.
    pub(super) fn within(self, room: Room) -> Self {
        Self { room, ..self }
    }

    /// The same file with `ranges` (offset and length) read in advance, each in one go.
    pub(super) fn with_ranges(&self, ranges: &[(u64, u64)]) -> Result<Self> {
        let read = |(start, length): &(u64, u64)| Ok((*start, self.range(*start, *length)?));
        let ranges = ranges.iter().map(read).collect::<Result<_>>()?;
        Ok(Self { ranges: Arc::new(ranges), ..self.clone() })
    }

    /// How many bytes may be read in advance.
    pub(super) fn most_ahead(&self) -> u64 {
        self.room.ahead()
    }

    /// Refuses `bytes` of the file, or unpacked from it, for which there is no room.
    pub(super) fn check_room(&self, bytes: u64, what: &str) -> Result<()> {
        self.room.check(bytes, || format!("{what} of {}", self.name()))
    }

    /// What a person calls the file.
    pub(super) fn name(&self) -> String {
        self.file.store.display(&self.file.entry.path)
    }

    /// The bytes of one range, all of which have to be there.
    pub(super) fn range(&self, start: u64, length: u64) -> Result<Bytes> {
        let outside = || Error::Damaged {
            file: self.file.store.display(&self.file.entry.path),
            detail: format!("it points to {length} bytes at {start}, and has {}", self.file.entry.size),
        };
        if start.checked_add(length).is_none_or(|end| end > self.file.entry.size) {
            return Err(outside());
        }
        self.check_room(length, "a part")?;
        let mut bytes = vec![0; usize::try_from(length).map_err(|_| outside())?];
        let read = self.file.store.read(&self.file.entry.path, start, &mut bytes)?;
        if read < bytes.len() {
            return Err(Error::Changed { file: self.file.store.display(&self.file.entry.path) });
        }
        Ok(bytes.into())
    }

    /// The bytes of one range, which may be at hand.
    pub(super) fn bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        match self.at_hand(start).filter(|bytes| bytes.len() >= length) {
            Some(bytes) => Ok(bytes.slice(..length)),
            None => self.range(start, length as u64),
        }
    }

    /// Bytes from `start` on that are at hand.
    pub(super) fn at_hand(&self, start: u64) -> Option<Bytes> {
        self.ranges.iter().find_map(|(first, bytes)| {
            let skip = usize::try_from(start.checked_sub(*first)?).ok()?;
            (skip < bytes.len()).then(|| bytes.slice(skip..))
        })
    }
}

impl Length for Blob {
    fn len(&self) -> u64 {
        self.file.entry.size
    }
}

impl ChunkReader for Blob {
    type T = Box<dyn Read + Send>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        if let Some(bytes) = self.at_hand(start) {
            return Ok(Box::new(bytes.reader()));
        }
        Ok(Box::new(BufReader::with_capacity(1 << 12, Tail { blob: self.clone(), at: start })))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        self.bytes(start, length).map_err(|error| ParquetError::External(Box::new(error)))
    }
}

/// The rest of a file.
struct Tail {
    blob: Blob,
    at: u64,
}

impl Read for Tail {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let file = &self.blob.file;
        let read = file.store.read(&file.entry.path, self.at, buffer).map_err(io::Error::other)?;
        self.at += read as u64;
        Ok(read)
    }
}
