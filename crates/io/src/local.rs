//! Files on this machine as a [`Store`].

use std::{
    fs::{self, File},
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::UNIX_EPOCH,
};

use crate::{Entry, Error, Result, Store};

/// How many files stay open between reads.
const OPEN_FILES: usize = 32;

/// A folder of this machine; paths in it are relative to it, or absolute where it has no root.
///
/// ```
/// use unskew_io::{Local, Store};
///
/// let folder = tempfile::tempdir()?;
/// std::fs::write(folder.path().join("train.jsonl"), "{}\n")?;
/// let store = Local::new(folder.path());
/// let entries = store.list("")?;
/// assert_eq!((entries[0].path.as_str(), entries[0].size), ("train.jsonl", 3));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct Local {
    root: PathBuf,
    open: Mutex<Vec<(String, Arc<File>)>>,
}

impl Local {
    /// The store of what is below `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), open: Mutex::default() }
    }

    fn file(&self, path: &str) -> Result<Arc<File>> {
        let mut open = self.open.lock().expect("no thread panics while it holds the lock");
        if let Some(at) = open.iter().position(|(name, _)| name == path) {
            let entry = open.remove(at);
            let file = Arc::clone(&entry.1);
            open.push(entry);
            return Ok(file);
        }
        let file =
            Arc::new(File::open(self.root.join(path)).map_err(|source| self.error("read", path, source))?);
        if open.len() == OPEN_FILES {
            open.remove(0);
        }
        open.push((path.to_owned(), Arc::clone(&file)));
        Ok(file)
    }

    fn error(&self, action: &'static str, path: &str, source: io::Error) -> Error {
        Error::Io { action, path: self.display(path), source }
    }

    fn walk(&self, folder: &str, prefix: &str, found: &mut Vec<Entry>) -> Result<()> {
        let failed = |source| self.error("list", folder, source);
        for item in fs::read_dir(self.at(folder)).map_err(failed)? {
            let item = item.map_err(failed)?;
            // Names that are not UTF-8 cannot be written in a recipe, nor in a lock.
            let Ok(name) = item.file_name().into_string() else { continue };
            let path = if folder.is_empty() || folder.ends_with('/') {
                format!("{folder}{name}")
            } else {
                format!("{folder}/{name}")
            };
            let within = path.starts_with(prefix) || prefix.starts_with(&format!("{path}/"));
            if name.starts_with('.') || !within {
                continue;
            }
            // Links are followed; one that leads nowhere is no file.
            let Ok(metadata) = fs::metadata(item.path()) else { continue };
            if metadata.is_dir() {
                let endless = item.file_type().is_ok_and(|kind| kind.is_symlink()) && leads_up(&item.path());
                if !name.starts_with("__") && !endless {
                    self.walk(&path, prefix, found)?;
                }
            } else if metadata.is_file() && path.starts_with(prefix) {
                found.push(entry(path, &metadata));
            }
        }
        Ok(())
    }

    /// The folder or file that `path` names.
    fn at(&self, path: &str) -> PathBuf {
        let at = self.root.join(path);
        if at.as_os_str().is_empty() { PathBuf::from(".") } else { at }
    }
}

/// Whether a link leads to a folder it stands in, so that following it would not end.
fn leads_up(link: &Path) -> bool {
    match (fs::canonicalize(link), link.parent().map(fs::canonicalize)) {
        (Ok(target), Some(Ok(parent))) => parent.starts_with(target),
        _ => true,
    }
}

fn entry(path: String, metadata: &fs::Metadata) -> Entry {
    let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let version = format!("{}-{}", modified.map_or(0, |time| time.as_nanos()), metadata.len());
    Entry { path, size: metadata.len(), version }
}

impl Store for Local {
    /// Files below the prefix at any depth; names that begin with `.` and folders that begin with `__` are left out.
    fn list(&self, prefix: &str) -> Result<Vec<Entry>> {
        let folder = prefix.rfind('/').map_or("", |at| &prefix[..=at]);
        let mut found = vec![];
        if self.at(folder).is_dir() {
            self.walk(folder, prefix, &mut found)?;
        }
        found.sort_by(|left, right| left.path.cmp(&right.path));
        Ok(found)
    }

    fn stat(&self, path: &str) -> Result<Entry> {
        let metadata =
            fs::metadata(self.root.join(path)).map_err(|source| self.error("read", path, source))?;
        Ok(entry(path.to_owned(), &metadata))
    }

    fn read(&self, path: &str, offset: u64, buffer: &mut [u8]) -> Result<usize> {
        let file = self.file(path)?;
        let mut filled = 0;
        while filled < buffer.len() {
            match file.read_at(&mut buffer[filled..], offset + filled as u64) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.error("read", path, error)),
            }
        }
        Ok(filled)
    }

    fn display(&self, path: &str) -> String {
        let path = self.root.join(path);
        path.strip_prefix(".").unwrap_or(&path).display().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_files_in_byte_order_without_hidden_ones() {
        let folder = tempfile::tempdir().unwrap();
        for path in
            ["b.jsonl", "a/z.jsonl", "a.jsonl", ".hidden", "a/.git/x", "__pycache__/x", "__x.jsonl", "a/b/c"]
        {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "{}").unwrap();
        }
        std::os::unix::fs::symlink(folder.path(), folder.path().join("a/loop")).unwrap();
        let store = Local::new(folder.path());
        let names = |prefix: &str| -> Vec<String> {
            store.list(prefix).unwrap().into_iter().map(|entry| entry.path).collect()
        };
        assert_eq!(names(""), ["__x.jsonl", "a.jsonl", "a/b/c", "a/z.jsonl", "b.jsonl"]);
        assert_eq!(names("a"), ["a.jsonl", "a/b/c", "a/z.jsonl"]);
        assert_eq!(names("a/"), ["a/b/c", "a/z.jsonl"]);
        assert_eq!(names("a/b"), ["a/b/c"]);
        assert_eq!(names("nowhere/"), [""; 0]);
        let absolute = Local::new("").list(&format!("{}/a", folder.path().display())).unwrap();
        assert_eq!(absolute.len(), 3);
    }

    #[test]
    fn a_read_past_the_end_is_short() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("x"), "hello").unwrap();
        let store = Local::new(folder.path());
        let mut buffer = [0; 8];
        assert_eq!(store.read("x", 2, &mut buffer).unwrap(), 3);
        assert_eq!(&buffer[..3], b"llo");
        assert_eq!(store.read("x", 9, &mut buffer).unwrap(), 0);
        assert!(matches!(store.read("y", 0, &mut buffer), Err(Error::Io { action: "read", .. })));
    }
}
