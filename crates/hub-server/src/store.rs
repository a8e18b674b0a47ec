//! The folder in which everything is kept. Each file is written aside, synced and renamed, and a repository's record, which
//! holds its branches, comes last: a server that is killed leaves the state before or the state after.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    error::{Error, Result},
    git,
    repo::{Kind, Record, RepoId},
};

/// Contents by digest, repositories by name. Everything is read from the disk when it is asked for.
///
/// | | |
/// | --- | --- |
/// | `blobs/ab/abcd…` | the content with this SHA-256 |
/// | `xet/…` | the store of Hugging Face's own Xet server |
/// | `xet-names/ab/abcd…` | what Xet calls the content with this SHA-256 |
/// | `repos/KIND/OWNER/NAME/` | `record.json`, and for each commit `commits/OID.json` and `files/OID.json` |
/// | `uploads/…`, `new/…` | what is not yet whole |
#[derive(Debug)]
pub(crate) struct Store {
    root: PathBuf,
    writing: Mutex<()>,
    /// Locked as long as the store is open.
    _lock: File,
}

impl Store {
    pub fn open(root: &Path) -> Result<Self> {
        for folder in ["blobs", "new", "repos", "uploads", "xet", "xet-names"] {
            let folder = root.join(folder);
            fs::create_dir_all(&folder).map_err(Error::disk("make", folder))?;
        }
        let path = root.join("lock");
        let lock = File::create(&path).map_err(Error::disk("write", &path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::InUse { root: root.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(Error::disk("lock", path)(source)),
        }
        let store = Self { root: root.to_owned(), writing: Mutex::new(()), _lock: lock };
        // What a server that was killed left behind.
        for unfinished in list(&store.root.join("new"))? {
            let path = store.root.join("new").join(unfinished);
            fs::remove_file(&path).map_err(Error::disk("remove", path))?;
        }
        Ok(store)
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// One writer at a time.
    pub fn writing(&self) -> MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A file of nobody's, to be filled and then kept.
    pub fn aside(&self) -> Result<Aside> {
        let path = self.root.join("new").join(format!("{:032x}", rand::random::<u128>()));
        let file = File::create_new(&path).map_err(Error::disk("make", &path))?;
        Ok(Aside { path, file })
    }

    pub fn write(&self, path: &Path, content: &[u8]) -> Result<()> {
        let mut aside = self.aside()?;
        aside.file.write_all(content).map_err(Error::disk("write", &aside.path))?;
        aside.keep(path)
    }

    pub fn write_json(&self, path: &Path, value: &impl Serialize) -> Result<()> {
        let text = serde_json::to_vec(value).map_err(|error| Error::invalid(error.to_string()))?;
        self.write(path, &text)
    }

    /// Where the content with this digest is, or would be.
    pub fn blob(&self, sha256: &str) -> PathBuf {
        self.root.join("blobs").join(&sha256[..2]).join(sha256)
    }

    /// Keeps a content and says its digest.
    pub fn put(&self, content: &[u8]) -> Result<String> {
        let sha256 = git::sha256(content);
        let path = self.blob(&sha256);
        if !path.exists() {
            self.write(&path, content)?;
        }
        Ok(sha256)
    }

    pub fn blob_size(&self, sha256: &str) -> Option<u64> {
        fs::metadata(self.blob(sha256)).ok().map(|metadata| metadata.len())
    }

    /// What Xet calls this content, if it came by Xet.
    pub fn xet_name(&self, sha256: &str) -> Option<String> {
        fs::read_to_string(self.xet_names(sha256)).ok()
    }

    pub fn set_xet_name(&self, sha256: &str, name: &str) -> Result<()> {
        self.write(&self.xet_names(sha256), name.as_bytes())
    }

    fn xet_names(&self, sha256: &str) -> PathBuf {
        self.root.join("xet-names").join(&sha256[..2]).join(sha256)
    }

    pub fn folder(&self, repo: &RepoId) -> PathBuf {
        self.root.join("repos").join(repo.kind().plural()).join(repo.owner()).join(repo.name())
    }

    pub fn exists(&self, repo: &RepoId) -> bool {
        self.folder(repo).join("record.json").exists()
    }

    pub fn record(&self, repo: &RepoId) -> Result<Record> {
        match read_json(&self.folder(repo).join("record.json"))? {
            Some(record) => Ok(record),
            None => Err(Error::NoRepo { repo: repo.id() }),
        }
    }

    /// Writes a repository's record; the caller holds [`Store::writing`].
    pub fn set_record(&self, repo: &RepoId, record: &Record) -> Result<()> {
        self.write_json(&self.folder(repo).join("record.json"), record)
    }

    /// Changes what is known of a repository.
    pub fn change<T>(&self, repo: &RepoId, change: impl FnOnce(&mut Record) -> Result<T>) -> Result<T> {
        let _writing = self.writing();
        let mut record = self.record(repo)?;
        let answer = change(&mut record)?;
        self.set_record(repo, &record)?;
        Ok(answer)
    }

    pub fn remove(&self, repo: &RepoId) -> Result<()> {
        let _writing = self.writing();
        let folder = self.folder(repo);
        // Without its record the repository is gone, however much is left.
        let record = folder.join("record.json");
        match fs::remove_file(&record) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(Error::NoRepo { repo: repo.id() });
            }
            Err(error) => return Err(Error::disk("remove", record)(error)),
        }
        fs::remove_dir_all(&folder).map_err(Error::disk("remove", folder))
    }

    pub fn rename(&self, from: &RepoId, to: &RepoId) -> Result<()> {
        let _writing = self.writing();
        self.record(from)?;
        if self.exists(to) {
            return Err(Error::RepoExists { repo: to.clone() });
        }
        let (from, to) = (self.folder(from), self.folder(to));
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent).map_err(Error::disk("make", parent))?;
        }
        fs::rename(&from, to).map_err(Error::disk("move", from))
    }

    /// All repositories of a kind, by name.
    pub fn repos(&self, kind: Kind) -> Result<Vec<RepoId>> {
        let mut repos = Vec::new();
        let folder = self.root.join("repos").join(kind.plural());
        for owner in list(&folder)? {
            for name in list(&folder.join(&owner))? {
                repos.extend(RepoId::new(kind, &owner, &name).ok().filter(|repo| self.exists(repo)));
            }
        }
        Ok(repos)
    }
}

/// A file that is not yet where it belongs; it goes away unless it is kept.
#[derive(Debug)]
pub(crate) struct Aside {
    path: PathBuf,
    pub file: File,
}

impl Aside {
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts the file where it belongs.
    pub fn keep(self, target: &Path) -> Result<()> {
        let parent = target.parent().expect("every file of the store is in a folder");
        fs::create_dir_all(parent).map_err(Error::disk("make", parent))?;
        self.file.sync_all().map_err(Error::disk("sync", &self.path))?;
        fs::rename(&self.path, target).map_err(Error::disk("write", target))?;
        File::open(parent).and_then(|folder| folder.sync_all()).map_err(Error::disk("sync", parent))
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        // After it was kept there is nothing left to remove.
        let _ = fs::remove_file(&self.path);
    }
}

/// What a JSON file of the store says, if there is one.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::disk("read", path)(error)),
    };
    match serde_json::from_slice(&text) {
        Ok(value) => Ok(Some(value)),
        Err(error) => Err(Error::Damaged { path: path.to_owned(), reason: error.to_string() }),
    }
}

/// The names in a folder in order; none if there is no folder.
pub(crate) fn list(folder: &Path) -> Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::disk("list", folder)(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(Error::disk("list", folder))?;
        names.extend(entry.file_name().into_string().ok());
    }
    names.sort();
    Ok(names)
}
