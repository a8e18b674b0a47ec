//! Where bytes come from: a folder here, the Hub elsewhere.

use std::fmt::Debug;

use crate::Result;

/// What a store knows of one object without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The object's name in its store, with `/` between folders.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// Changes whenever the bytes may have changed: a modification time, an ETag.
    pub version: String,
}

/// Something that holds files and gives out ranges of their bytes.
pub trait Store: Debug + Send + Sync {
    /// Every object whose path begins with `prefix`, in byte order of the paths.
    fn list(&self, prefix: &str) -> Result<Vec<Entry>>;

    /// What is known of one object.
    fn stat(&self, path: &str) -> Result<Entry>;

    /// Fills `buffer` from `offset` on and returns how many bytes there were; fewer only at the end.
    fn read(&self, path: &str, offset: u64, buffer: &mut [u8]) -> Result<usize>;

    /// How a person would name the object: a path here, a URL elsewhere.
    fn display(&self, path: &str) -> String;
}
