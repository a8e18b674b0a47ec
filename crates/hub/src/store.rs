//! A commit of a dataset as a [`Store`].

use std::{
    collections::BTreeMap,
    fmt,
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use unskew_core::configs::is_hidden;
use unskew_io::{Entry, Progress, Store, Wanted};

use crate::{Error, Repository, Result, TreeFile, cache::Cache, file::RemoteFile, hub::Client};

/// How many files come at a time.
const AT_A_TIME: usize = 4;

/// Where files come from, and where they are kept.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    pub(crate) repository: Repository,
    pub(crate) commit: String,
    pub(crate) cache: Cache,
}

impl Origin {
    /// How a person would name a file.
    pub(crate) fn display(&self, path: &str) -> String {
        format!("hf://datasets/{}@{}/{path}", self.repository, &self.commit[..12.min(self.commit.len())])
    }
}

/// Files of a commit; they are in the cache, or come as they are needed.
pub(crate) struct HubStore {
    client: Arc<Client>,
    origin: Origin,
    files: BTreeMap<String, RemoteFile>,
}

impl fmt::Debug for HubStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HubStore").field("origin", &self.origin).finish_non_exhaustive()
    }
}

impl HubStore {
    pub(crate) fn new(
        client: Arc<Client>,
        origin: Origin,
        files: impl IntoIterator<Item = TreeFile>,
    ) -> Self {
        let remote = |file: TreeFile| (file.path.clone(), RemoteFile::new(file, &client, &origin));
        let files = files.into_iter().map(remote).collect();
        Self { client, origin, files }
    }

    fn file(&self, path: &str) -> Result<&RemoteFile> {
        self.files.get(path).ok_or_else(|| Error::NoFile {
            repo: self.origin.repository.id().to_owned(),
            path: path.to_owned(),
            nearest: None,
        })
    }

    /// Brings parts of files here, a few files at a time.
    fn bring(&self, wanted: &[(&RemoteFile, &[Range<u64>])], progress: &dyn Progress) -> Result<()> {
        let next = AtomicUsize::new(0);
        let work = || {
            while let Some((file, ranges)) = wanted.get(next.fetch_add(1, Ordering::Relaxed)) {
                if let Err(error) = file.bring(&self.client, &self.origin, ranges, progress) {
                    next.store(wanted.len(), Ordering::Relaxed);
                    return Err(error);
                }
            }
            Ok(())
        };
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..AT_A_TIME.min(wanted.len())).map(|_| scope.spawn(work)).collect();
            let done: Vec<Result<()>> = threads
                .into_iter()
                .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect();
            done.into_iter().collect()
        })
    }
}

impl Store for HubStore {
    fn list(&self, prefix: &str) -> unskew_io::Result<Vec<Entry>> {
        let wanted = |path: &str| path.starts_with(prefix) && !is_hidden(path);
        let found = self.files.values().filter(|file| wanted(&file.listed.path));
        Ok(found.map(|file| entry(&file.listed)).collect())
    }

    fn stat(&self, path: &str) -> unskew_io::Result<Entry> {
        Ok(entry(&self.file(path)?.listed))
    }

    fn read(&self, path: &str, offset: u64, buffer: &mut [u8]) -> unskew_io::Result<usize> {
        Ok(self.file(path)?.read(&self.client, &self.origin, offset, buffer)?)
    }

    fn display(&self, path: &str) -> String {
        self.origin.display(path)
    }

    fn is_remote(&self) -> bool {
        true
    }

    fn will_read(&self, wanted: &[Wanted], progress: &dyn Progress) -> unskew_io::Result<()> {
        let mut far = vec![];
        let mut bytes = 0;
        for Wanted { path, ranges } in wanted {
            let file = self.file(path)?;
            let missing = file.missing(&self.origin, ranges)?;
            if missing > 0 {
                bytes += missing;
                far.push((file, ranges.as_slice()));
            }
        }
        if far.is_empty() {
            return Ok(());
        }
        progress.begin("pull", bytes);
        Ok(self.bring(&far, progress)?)
    }
}

/// What a store says of a file; its digest is its version.
pub(crate) fn entry(file: &TreeFile) -> Entry {
    Entry { path: file.path.clone(), size: file.size, version: file.etag().to_owned() }
}
