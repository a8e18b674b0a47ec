//! A repository as it will be after a commit, of which only what is known here can be read.

use std::{collections::BTreeMap, sync::Arc};

use unskew_card::check::{Outcome, check_shards_of};
use unskew_core::{Error, Exit, Result, configs::is_hidden};
use unskew_io::{Entry, Local as Disk, Store};

use super::folder::{Content, Local};

/// The files that will be there.
#[derive(Debug, Default)]
pub(super) struct After {
    disk: Disk,
    files: BTreeMap<String, Held>,
}

#[derive(Debug)]
struct Held {
    size: u64,
    /// Its bytes, where they are here.
    content: Option<Content>,
}

impl After {
    /// Adds a file that is there already, and its text, if that is known.
    pub(super) fn stays(&mut self, path: &str, size: u64, text: Option<&String>) {
        let content = text.cloned().map(Content::Text);
        self.files.insert(path.to_owned(), Held { size, content });
    }

    /// Adds a file that the commit brings.
    pub(super) fn comes(&mut self, file: &Local) {
        let held = Held { size: file.size, content: Some(file.content.clone()) };
        self.files.insert(file.path.clone(), held);
    }

    /// Refuses what `load_dataset` could not read: the shards of `configs` are looked into, and of others only whether they
    /// are found, because their bytes are not here and do not change.
    pub(super) fn can_be_loaded(self, id: &str, configs: &[String]) -> Result<()> {
        let store: Arc<dyn Store> = Arc::new(self);
        let checked = check_shards_of(configs, &store);
        if checked.passed {
            return Ok(());
        }
        let failed = checked.items.iter().filter(|item| item.outcome == Outcome::Fail);
        let error = Error::new(Exit::Hub, format!("`load_dataset` could not read {id} afterwards"));
        let error = failed.fold(error, |error, item| error.cause(format!("{}: {}", item.name, item.detail)));
        Err(error.hint("mend it in the recipe or in the README.md there, or push to another repository"))
    }

    fn held(&self, path: &str) -> unskew_io::Result<&Held> {
        self.files.get(path).ok_or_else(|| missing(path))
    }
}

fn missing(path: &str) -> unskew_io::Error {
    unskew_io::Error::Remote { message: format!("{path} is not here"), hint: None, source: None }
}

impl Store for After {
    fn list(&self, prefix: &str) -> unskew_io::Result<Vec<Entry>> {
        let wanted = |path: &&String| path.starts_with(prefix) && !is_hidden(path);
        self.files.keys().filter(wanted).map(|path| self.stat(path)).collect()
    }

    fn stat(&self, path: &str) -> unskew_io::Result<Entry> {
        let Held { size, .. } = self.held(path)?;
        Ok(Entry { path: path.to_owned(), size: *size, version: String::new() })
    }

    fn read(&self, path: &str, offset: u64, buffer: &mut [u8]) -> unskew_io::Result<usize> {
        match &self.held(path)?.content {
            Some(Content::Text(text)) => {
                let rest = text.as_bytes().get(offset as usize..).unwrap_or_default();
                let length = rest.len().min(buffer.len());
                buffer[..length].copy_from_slice(&rest[..length]);
                Ok(length)
            }
            Some(Content::Disk(place)) => {
                self.disk.read(place.to_str().ok_or_else(|| missing(path))?, offset, buffer)
            }
            None => Err(missing(path)),
        }
    }

    fn display(&self, path: &str) -> String {
        path.to_owned()
    }
}
