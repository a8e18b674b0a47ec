//! The folder of files that we share with `huggingface_hub`.
//!
//! A repository's folder has `blobs`, which are called by their digests, `snapshots/COMMIT` with links to them, `refs` with
//! the commit of each branch, `.no_exist` with what a commit does not have, and `trees` with the files of a commit.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde_json::{Map, Value, json};
use tempfile::NamedTempFile;

use crate::{Error, Repository, Result, TreeFile};

/// A repository's folder in the cache.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    repository: Repository,
    folder: PathBuf,
}

impl Cache {
    pub(crate) fn new(root: &Path, repository: &Repository) -> Self {
        Self { repository: repository.clone(), folder: root.join(repository.folder()) }
    }

    /// The file of a commit, if it is here and as large as it should be.
    pub(crate) fn find(&self, commit: &str, file: &TreeFile) -> Option<PathBuf> {
        let pointer = self.pointer(commit, &file.path);
        let fits =
            |path: &Path| fs::metadata(path).is_ok_and(|known| known.is_file() && known.len() == file.size);
        if fits(&pointer) {
            return Some(pointer);
        }
        // The bytes may be here as those of another commit.
        let blob = self.blob(file);
        (fits(&blob) && self.link(commit, file).is_ok()).then_some(blob)
    }

    /// Where the bytes of `file` are, or are to be.
    pub(crate) fn blob(&self, file: &TreeFile) -> PathBuf {
        self.folder.join("blobs").join(file.etag())
    }

    fn pointer(&self, commit: &str, path: &str) -> PathBuf {
        self.folder.join("snapshots").join(commit).join(path)
    }

    /// The folder of blobs, which is made where there is none.
    pub(crate) fn blobs(&self) -> Result<PathBuf> {
        let blobs = self.folder.join("blobs");
        fs::create_dir_all(&blobs).map_err(|source| failed("make", &blobs, source))?;
        Ok(blobs)
    }

    /// Makes the bytes of `file` a part of a commit: a link as Python makes it, relative, so that the cache may move.
    pub(crate) fn link(&self, commit: &str, file: &TreeFile) -> Result<()> {
        let pointer = self.pointer(commit, &file.path);
        let fault = |source| failed("write", &pointer, source);
        let folder = pointer.parent().expect("a pointer stands in a folder");
        fs::create_dir_all(folder).map_err(fault)?;
        let ups = "../".repeat(2 + file.path.split('/').count() - 1);
        let target = format!("{ups}blobs/{}", file.etag());
        let aside = tempfile::Builder::new()
            .prefix(".unskew-")
            .make_in(folder, |path| std::os::unix::fs::symlink(&target, path));
        let aside = aside.map_err(fault)?.into_temp_path();
        aside.persist(&pointer).map_err(|error| fault(error.error))
    }

    /// The commit that `revision` was when somebody last asked the Hub.
    pub(crate) fn commit(&self, revision: &str) -> Option<String> {
        let is_commit = |text: &str| text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_commit(revision) {
            return Some(revision.to_ascii_lowercase());
        }
        let commit = fs::read_to_string(self.folder.join("refs").join(revision)).ok()?;
        Some(commit.trim().to_owned()).filter(|commit| is_commit(commit))
    }

    /// Remembers which commit `revision` is.
    pub(crate) fn keep_commit(&self, revision: &str, commit: &str) -> Result<()> {
        if revision == commit || self.commit(revision).as_deref() == Some(commit) {
            return Ok(());
        }
        write(&self.folder.join("refs").join(revision), commit.as_bytes())
    }

    /// Remembers that a commit has no file at `path`.
    pub(crate) fn keep_absence(&self, commit: &str, path: &str) -> Result<()> {
        let place = self.folder.join(".no_exist").join(commit).join(path);
        if place.exists() { Ok(()) } else { write(&place, b"") }
    }

    /// The files of a commit, if they are known: as they were listed, or else those that are here.
    pub(crate) fn tree(&self, commit: &str) -> Option<Vec<TreeFile>> {
        self.listed(commit).or_else(|| self.present(commit))
    }

    /// The files of a commit as somebody listed them.
    pub(crate) fn listed(&self, commit: &str) -> Option<Vec<TreeFile>> {
        let text = fs::read(self.tree_file(commit)).ok()?;
        let read: Value = serde_json::from_slice(&text).ok()?;
        (read.get("format_version")? == 1).then_some(())?;
        let files = read.get("files")?.as_object()?;
        let mut files: Vec<TreeFile> = files
            .iter()
            .filter_map(|(path, file)| TreeFile::from_json(&self.repository, path, file))
            .collect();
        files.sort_by(|one, other| one.path.cmp(&other.path));
        Some(files)
    }

    /// The files of a commit that are here.
    fn present(&self, commit: &str) -> Option<Vec<TreeFile>> {
        let root = self.folder.join("snapshots").join(commit);
        let mut files = vec![];
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for item in fs::read_dir(&folder).ok()?.flatten() {
                let path = item.path();
                if item.file_type().is_ok_and(|kind| kind.is_dir()) {
                    folders.push(path);
                    continue;
                }
                let Some(known) = fs::metadata(&path).ok().filter(fs::Metadata::is_file) else { continue };
                let target = fs::read_link(&path).ok();
                let etag = target
                    .as_deref()
                    .and_then(Path::file_name)
                    .and_then(|name| name.to_str())
                    .unwrap_or_default();
                let Some(name) = path.strip_prefix(&root).ok().and_then(Path::to_str) else { continue };
                let sha256 = (etag.len() == 64).then(|| etag.to_owned());
                let git = if sha256.is_none() { etag.to_owned() } else { String::new() };
                files.push(TreeFile { path: name.to_owned(), size: known.len(), git, sha256, xet: None });
            }
        }
        files.sort_by(|one, other| one.path.cmp(&other.path));
        Some(files)
    }

    /// Remembers the files of a commit.
    pub(crate) fn keep_tree(&self, commit: &str, files: &[TreeFile]) -> Result<()> {
        let files: Map<String, Value> =
            files.iter().map(|file| (file.path.clone(), file.to_json())).collect();
        let text = json!({"format_version": 1, "files": files}).to_string();
        write(&self.tree_file(commit), text.as_bytes())
    }

    fn tree_file(&self, commit: &str) -> PathBuf {
        self.folder.join("trees").join(format!("{commit}.json"))
    }
}

/// Writes a small file, whole or not at all.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let fault = |source| failed("write", path, source);
    let folder = path.parent().expect("a file stands in a folder");
    fs::create_dir_all(folder).map_err(fault)?;
    let mut aside = NamedTempFile::new_in(folder).map_err(fault)?;
    aside.write_all(bytes).map_err(fault)?;
    readable(aside.as_file()).map_err(fault)?;
    aside.persist(path).map_err(|error| fault(error.error))?;
    Ok(())
}

/// Lets others read a file as they may read those that are not made aside.
pub(crate) fn readable(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

pub(crate) fn failed(action: &'static str, path: &Path, source: io::Error) -> Error {
    Error::Cache { action, path: path.display().to_string(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str) -> TreeFile {
        TreeFile { path: path.to_owned(), size: 5, git: "a".repeat(40), sha256: None, xet: None }
    }

    #[test]
    fn files_stand_where_python_looks_for_them() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path(), &Repository::new("o/n").unwrap());
        let (commit, file) = ("c".repeat(40), file("a/b.jsonl"));
        assert_eq!(cache.find(&commit, &file), None);
        fs::write(cache.blobs().unwrap().join(file.etag()), "hello").unwrap();
        assert!(cache.find(&commit, &file).is_some());
        let root = folder.path().join("datasets--o--n");
        let pointer = root.join("snapshots").join(&commit).join("a/b.jsonl");
        assert_eq!(fs::read_link(&pointer).unwrap(), Path::new(&format!("../../../blobs/{}", file.etag())));
        assert_eq!(cache.find(&commit, &file), Some(pointer));
        assert_eq!(cache.find(&commit, &TreeFile { size: 6, ..file.clone() }), None);
        cache.keep_commit("refs/pr/1", &commit).unwrap();
        assert_eq!(fs::read_to_string(root.join("refs/refs/pr/1")).unwrap(), commit);
        assert_eq!(cache.commit("refs/pr/1"), Some(commit.clone()));
        assert_eq!(cache.tree(&commit), Some(vec![file.clone()]));
        let other = TreeFile { path: "z".to_owned(), sha256: Some("b".repeat(64)), ..file.clone() };
        cache.keep_tree(&commit, &[file.clone(), other.clone()]).unwrap();
        assert_eq!(cache.tree(&commit), Some(vec![file, other]));
    }

    #[test]
    fn a_shared_blob_is_found_through_its_link() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path(), &Repository::new("o/n").unwrap());
        let file = file("x.jsonl");
        let shared = folder.path().join("blobs/ab/abcd");
        fs::create_dir_all(shared.parent().unwrap()).unwrap();
        fs::write(&shared, "hello").unwrap();
        let link = cache.blobs().unwrap().join(file.etag());
        std::os::unix::fs::symlink("../../blobs/ab/abcd", link).unwrap();
        let found = cache.find(&"c".repeat(40), &file).unwrap();
        assert_eq!(fs::read_to_string(found).unwrap(), "hello");
    }
}
