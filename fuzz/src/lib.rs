//! What the fuzz targets share: one file in memory.

use std::sync::Arc;

use unskew_io::{Compression, DataFile, Entry, Format, Result, Source, Store};

/// A store of one file.
#[derive(Debug)]
struct Memory(Vec<u8>);

impl Memory {
    fn entry(&self) -> Entry {
        Entry { path: "data".into(), size: self.0.len() as u64, version: String::new() }
    }
}

impl Store for Memory {
    fn list(&self, _: &str) -> Result<Vec<Entry>> {
        Ok(vec![self.entry()])
    }

    fn stat(&self, _: &str) -> Result<Entry> {
        Ok(self.entry())
    }

    fn read(&self, _: &str, offset: u64, buffer: &mut [u8]) -> Result<usize> {
        let rest = &self.0[self.0.len().min(offset as usize)..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn display(&self, path: &str) -> String {
        path.into()
    }
}

/// A source of one file with these bytes.
pub fn source(bytes: &[u8], format: Format, compression: Compression) -> Source {
    let store = Memory(bytes.to_vec());
    let entry = store.entry();
    Source::File(DataFile { store: Arc::new(store), entry, format, compression })
}
