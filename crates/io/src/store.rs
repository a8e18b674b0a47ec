//! Where bytes come from: a folder here, the Hub elsewhere.

use std::{fmt::Debug, ops::Range};

use crate::{Progress, Result};

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

/// Parts of an object that are about to be read.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The object.
    pub path: String,
    /// Which of its bytes.
    pub ranges: Vec<Range<u64>>,
}

impl Wanted {
    /// All of an object.
    pub fn whole(entry: &Entry) -> Self {
        Self { path: entry.path.clone(), ranges: std::iter::once(0..entry.size).collect() }
    }
}

/// Something that holds files and gives out ranges of their bytes.
pub trait Store: Debug + Send + Sync {
    /// Every object whose path begins with `prefix`, in byte order of the paths. What is hidden may be read, and is not listed.
    fn list(&self, prefix: &str) -> Result<Vec<Entry>>;

    /// What is known of one object.
    fn stat(&self, path: &str) -> Result<Entry>;

    /// Fills `buffer` from `offset` on and returns how many bytes there were; fewer only at the end.
    fn read(&self, path: &str, offset: u64, buffer: &mut [u8]) -> Result<usize>;

    /// How a person would name the object: a path here, a URL elsewhere.
    fn display(&self, path: &str) -> String;

    /// Whether objects are far away and never change. They are read sparingly then, and what the store says of them tells
    /// them apart, so that nobody has to read one only to digest it.
    fn is_remote(&self) -> bool {
        false
    }

    /// Hears what is about to be read, so that what is far away can be fetched in large parts, or as a whole where that is
    /// less work. Reading does not depend on it.
    fn will_read(&self, _wanted: &[Wanted], _progress: &dyn Progress) -> Result<()> {
        Ok(())
    }
}
