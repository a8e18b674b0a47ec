//! Letting go of what no repository uses any more.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    error::{Error, Result},
    git,
    history::Files,
    repo::Kind,
    store::{Store, list, read_json},
};

/// What was let go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Collected {
    /// Contents that no commit of any repository has.
    pub contents: u64,
    /// The bytes that are free now.
    pub bytes: u64,
}

/// Removes from the folder of a Hub that is not running what no repository uses: contents that no commit has, what is left
/// of uploads that never ended and of repositories that were deleted, and the pieces of Xet. Large files are kept whole
/// beside their pieces, so all of them can be read as before, over plain HTTP; what is uploaded later goes to Xet again.
///
/// Whenever this is stopped, the folder holds the same repositories, and what is left over is removed the next time.
///
/// ```
/// use unskew_hub_server::{Change, Gate, HubServer, RepoId, collect};
///
/// let root = tempfile::tempdir()?;
/// let hub = HubServer::builder().root(root.path()).xet(false).spawn()?;
/// let rows = RepoId::dataset("alice/rows")?;
/// hub.create(&rows, false, Gate::Open)?;
/// hub.commit(&rows, "main", &Change::new("Add rows").file("rows.jsonl", "{}\n"))?;
/// drop(hub);
/// assert_eq!(collect(root.path())?.contents, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn collect(root: &Path) -> Result<Collected> {
    if !root.join("repos").is_dir() {
        return Err(Error::invalid(format!("{} is not the folder of a Hub", root.display())));
    }
    let store = Store::open(root)?;
    // Whatever is damaged stops this here, before anything is removed.
    let (used, folders) = in_use(&store)?;
    let mut collected = Collected::default();
    // A content whose name in Xet is known counts as uploaded, so no name may outlive what it names.
    for folder in ["xet-names", "xet", "uploads"] {
        collected.bytes += remove(&root.join(folder))?;
    }
    for content in contents(root)?.into_iter().filter(|(name, _)| !used.contains(name)) {
        collected.contents += 1;
        collected.bytes += remove(&content.1)?;
    }
    for folder in repositories(root)?.into_iter().filter(|folder| !folders.contains(folder)) {
        collected.bytes += remove(&folder)?;
    }
    Ok(collected)
}

/// The contents that commits have, and the folders of the repositories.
fn in_use(store: &Store) -> Result<(BTreeSet<String>, BTreeSet<PathBuf>)> {
    let (mut used, mut folders) = (BTreeSet::new(), BTreeSet::new());
    for kind in Kind::ALL {
        for repo in store.repos(kind)? {
            let folder = store.folder(&repo);
            for name in list(&folder.join("files"))? {
                let files: Files = read_json(&folder.join("files").join(name))?.unwrap_or_default();
                used.extend(files.into_values().map(|entry| entry.sha256));
            }
            folders.insert(folder);
        }
    }
    Ok((used, folders))
}

/// All contents by name.
fn contents(root: &Path) -> Result<Vec<(String, PathBuf)>> {
    let folder = root.join("blobs");
    let mut found = vec![];
    for part in list(&folder)? {
        let names = list(&folder.join(&part))?.into_iter().filter(|name| git::is_hex(name, 64));
        found.extend(names.map(|name| (name.clone(), folder.join(&part).join(name))));
    }
    Ok(found)
}

/// The folders in which repositories are, or were.
fn repositories(root: &Path) -> Result<Vec<PathBuf>> {
    let mut found = vec![];
    for kind in Kind::ALL {
        let folder = root.join("repos").join(kind.plural());
        for owner in list(&folder)? {
            let names = list(&folder.join(&owner))?;
            found.extend(names.into_iter().map(|name| folder.join(&owner).join(name)));
        }
    }
    Ok(found)
}

/// Removes a file, or a folder with all that is in it; answers how many bytes that were.
fn remove(path: &Path) -> Result<u64> {
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(Error::disk("read", path)(error)),
    };
    if !metadata.is_dir() {
        fs::remove_file(path).map_err(Error::disk("remove", path))?;
        return Ok(metadata.len());
    }
    let mut bytes = 0;
    for entry in fs::read_dir(path).map_err(Error::disk("list", path))? {
        bytes += remove(&entry.map_err(Error::disk("list", path))?.path())?;
    }
    fs::remove_dir(path).map_err(Error::disk("remove", path))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        change::Change,
        repo::{Gate, RepoId},
    };

    fn repo(name: &str) -> RepoId {
        RepoId::dataset(&format!("alice/{name}")).unwrap()
    }

    /// A store with two repositories that share a content, one of which had another one before.
    fn store(root: &Path) -> Store {
        let store = Store::open(root).unwrap();
        for name in ["rows", "more"] {
            store.create(&repo(name), false, Gate::Open, "alice").unwrap();
            let change = Change::new("Add rows").file("same.jsonl", "{}\n").file("own.txt", name.to_owned());
            store.commit(&repo(name), "main", &change, "alice").unwrap();
        }
        store.commit(&repo("rows"), "main", &Change::new("Forget").delete("own.txt"), "alice").unwrap();
        store.put(b"never committed").unwrap();
        store.set_xet_name(&git::sha256(b"{}\n"), "name").unwrap();
        store.write(&root.join("uploads/part"), b"half of it").unwrap();
        store
    }

    #[test]
    fn what_any_commit_has_stays() {
        let root = tempfile::tempdir().unwrap();
        drop(store(root.path()));
        let half = "half of it".len() + "name".len();
        let freed = half + "never committed".len();
        assert_eq!(collect(root.path()).unwrap(), Collected { contents: 1, bytes: freed as u64 });
        let store = Store::open(root.path()).unwrap();
        for text in ["{}\n", "rows", "more"] {
            assert_eq!(store.blob_size(&git::sha256(text.as_bytes())), Some(text.len() as u64), "{text}");
        }
        assert_eq!(store.xet_name(&git::sha256(b"{}\n")), None);
        store.remove(&repo("more")).unwrap();
        drop(store);
        assert_eq!(collect(root.path()).unwrap(), Collected { contents: 1, bytes: 4 });
        assert_eq!(collect(root.path()).unwrap(), Collected::default());
    }

    #[test]
    fn what_is_left_of_a_repository_goes() {
        let root = tempfile::tempdir().unwrap();
        let folder = store(root.path()).folder(&repo("more"));
        fs::remove_file(folder.join("record.json")).unwrap();
        assert_eq!(collect(root.path()).unwrap().contents, 2);
        assert!(!folder.exists() && Store::open(root.path()).unwrap().exists(&repo("rows")));
    }

    #[test]
    fn nothing_goes_where_something_is_damaged_or_running() {
        let root = tempfile::tempdir().unwrap();
        let store = store(root.path());
        assert!(matches!(collect(root.path()), Err(Error::InUse { .. })));
        let files = store.folder(&repo("more")).join("files");
        let name = list(&files).unwrap().remove(0);
        fs::write(files.join(name), "[").unwrap();
        drop(store);
        assert!(matches!(collect(root.path()), Err(Error::Damaged { .. })));
        assert!(root.path().join("uploads/part").exists());
        assert_eq!(contents(root.path()).unwrap().len(), 5);
        let nowhere = collect(&root.path().join("nowhere"));
        assert!(matches!(nowhere, Err(Error::Invalid { .. })) && !root.path().join("nowhere").exists());
    }
}
