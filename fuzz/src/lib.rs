//! What the fuzz targets share: one file in memory.

use std::sync::Arc;

use unskew_io::{Compression, DataFile, Entry, Error, Format, Result, Source, Store};

/// A store of one file.
#[derive(Debug)]
struct Memory {
    name: String,
    bytes: Vec<u8>,
}

impl Memory {
    fn entry(&self) -> Entry {
        Entry { path: self.name.clone(), size: self.bytes.len() as u64, version: String::new() }
    }
}

impl Store for Memory {
    fn list(&self, _: &str) -> Result<Vec<Entry>> {
        Ok(vec![self.entry()])
    }

    fn stat(&self, path: &str) -> Result<Entry> {
        if path == self.name {
            return Ok(self.entry());
        }
        let source = std::io::ErrorKind::NotFound.into();
        Err(Error::Io { action: "read", path: path.into(), source })
    }

    fn read(&self, _: &str, offset: u64, buffer: &mut [u8]) -> Result<usize> {
        let rest = &self.bytes[self.bytes.len().min(offset as usize)..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn display(&self, path: &str) -> String {
        path.into()
    }
}

/// A store of one file with these bytes.
pub fn store(name: &str, bytes: &[u8]) -> impl Store + use<> {
    Memory { name: name.into(), bytes: bytes.to_vec() }
}

/// A source of one file with these bytes.
pub fn source(bytes: &[u8], format: Format, compression: Compression) -> Source {
    let store = Memory { name: "data".into(), bytes: bytes.to_vec() };
    let entry = store.entry();
    Source::File(DataFile { store: Arc::new(store), entry, format, compression })
}
