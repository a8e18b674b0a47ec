//! Commits, the files at each of them, and the names that point at them.

use std::{
    collections::BTreeMap,
    fs,
    ops::Bound::{Excluded, Unbounded},
    path::PathBuf,
};

use serde::{Deserialize, Serialize};

use crate::{
    change::{Change, LARGE_EXTENSIONS, Operation, check_path},
    error::{Error, Result},
    git,
    repo::{Gate, Record, RepoId},
    store::{Store, read_json},
    time,
};

/// A commit that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commit {
    /// Its name, 40 hexadecimal digits.
    pub oid: String,
    /// The commit before it.
    pub parent: Option<String>,
    /// The name of its tree.
    pub tree: String,
    /// The first line of its message.
    pub title: String,
    /// The rest of its message.
    pub message: String,
    /// Who made it.
    pub author: String,
    /// When, in seconds since 1970.
    pub date: u64,
}

/// A file at a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What Git calls it: for a large file, the name of the text that stands for it.
    pub oid: String,
    /// Its bytes.
    pub size: u64,
    /// The digest of its content.
    pub sha256: String,
    /// Whether it is held outside of Git.
    pub large: bool,
    /// The commit that wrote it last.
    pub commit: String,
}

/// The files at a commit, by path.
pub type Files = BTreeMap<String, Entry>;

const MAIN: &str = "refs/heads/main";

impl Store {
    /// Makes a repository with a first commit, as the Hub does.
    pub fn create(&self, repo: &RepoId, private: bool, gate: Gate, author: &str) -> Result<()> {
        let writing = self.writing();
        if self.exists(repo) {
            return Err(Error::RepoExists { repo: repo.clone() });
        }
        let folder = self.folder(repo);
        if folder.exists() {
            // What is left of one that was deleted by a server that was killed.
            fs::remove_dir_all(&folder).map_err(Error::disk("remove", &folder))?;
        }
        let attributes = LARGE_EXTENSIONS
            .map(|extension| {
                format!(
                    "*.{extension} filter=lfs diff=lfs merge=lfs -text
"
                )
            })
            .concat();
        let change = Change::new("initial commit").regular_file(".gitattributes", attributes);
        let mut record = Record { private, gate, created: time::now(), ..Record::default() };
        let first = self.write_commit(repo, None, &change, author)?;
        record.refs.insert(MAIN.to_owned(), first.oid);
        self.set_record(repo, &record)?;
        drop(writing);
        Ok(())
    }

    /// Makes a commit at the end of a branch.
    pub fn commit(&self, repo: &RepoId, revision: &str, change: &Change, author: &str) -> Result<Commit> {
        let _writing = self.writing();
        let mut record = self.record(repo)?;
        let name = record.name_of(revision).filter(|name| !name.starts_with("refs/tags/"));
        let name = name.ok_or_else(|| Error::NoRevision { revision: revision.to_owned() })?;
        let head = record.refs[&name].clone();
        if change.parent.as_ref().is_some_and(|parent| *parent != head) {
            return Err(Error::Moved);
        }
        let commit = self.write_commit(repo, Some(&head), change, author)?;
        record.refs.insert(name, commit.oid.clone());
        self.set_record(repo, &record)?;
        Ok(commit)
    }

    /// Writes a commit on top of another, without moving a branch; the caller holds [`Store::writing`].
    pub fn write_commit(
        &self,
        repo: &RepoId,
        parent: Option<&str>,
        change: &Change,
        author: &str,
    ) -> Result<Commit> {
        let mut files = match parent {
            Some(parent) => self.files(repo, parent)?,
            None => Files::new(),
        };
        self.apply(&mut files, change, parent.unwrap_or_default())?;
        self.write_files(repo, parent, files, change, author)
    }

    /// Writes a commit with exactly these files.
    pub fn write_files(
        &self,
        repo: &RepoId,
        parent: Option<&str>,
        mut files: Files,
        change: &Change,
        author: &str,
    ) -> Result<Commit> {
        let tree = git::trees(&files).remove("").expect("every repository has a tree");
        let mut commit = Commit {
            oid: String::new(),
            parent: parent.map(str::to_owned),
            tree,
            title: change.title.clone(),
            message: change.message.clone(),
            author: author.to_owned(),
            date: time::now(),
        };
        commit.oid = commit.name();
        for entry in files.values_mut().filter(|entry| entry.commit.is_empty()) {
            entry.commit.clone_from(&commit.oid);
        }
        let folder = self.folder(repo);
        self.write_json(&folder.join("files").join(format!("{}.json", commit.oid)), &files)?;
        self.write_json(&folder.join("commits").join(format!("{}.json", commit.oid)), &commit)?;
        Ok(commit)
    }

    fn apply(&self, files: &mut Files, change: &Change, commit: &str) -> Result<()> {
        for operation in &change.operations {
            let path = operation.path().to_owned();
            check_path(&path)?;
            let missing = || Error::NoEntry { path: path.clone(), commit: commit.to_owned() };
            match operation {
                Operation::Write { content, large, .. } => {
                    let sha256 = self.put(content)?;
                    let size = content.len() as u64;
                    let oid = if *large {
                        git::object("blob", git::pointer(&sha256, size).as_bytes())
                    } else {
                        git::object("blob", content)
                    };
                    set(files, path, Entry { oid, size, sha256, large: *large, commit: String::new() })?;
                }
                Operation::Point { sha256, size, .. } => {
                    let known = self.blob_size(sha256).filter(|known| size.is_none_or(|size| size == *known));
                    let Some(size) = known else {
                        return Err(Error::NoContent { path, sha256: sha256.clone() });
                    };
                    let oid = git::object("blob", git::pointer(sha256, size).as_bytes());
                    let sha256 = sha256.clone();
                    set(files, path, Entry { oid, size, sha256, large: true, commit: String::new() })?;
                }
                Operation::Delete { .. } => {
                    files.remove(&path).ok_or_else(missing)?;
                }
                Operation::DeleteFolder { .. } => {
                    let before = files.len();
                    files.retain(|file, _| !is_in(file, &path));
                    if files.len() == before {
                        return Err(missing());
                    }
                }
            }
        }
        Ok(())
    }

    /// The commit that a branch, a tag, a full reference or a commit's own name stands for.
    pub fn resolve(&self, repo: &RepoId, record: &Record, revision: &str) -> Result<String> {
        if let Some(name) = record.name_of(revision) {
            return Ok(record.refs[&name].clone());
        }
        let known = git::is_hex(revision, 40) && self.commit_file(repo, revision).exists();
        if known { Ok(revision.to_owned()) } else { Err(Error::NoRevision { revision: revision.to_owned() }) }
    }

    fn commit_file(&self, repo: &RepoId, oid: &str) -> PathBuf {
        self.folder(repo).join("commits").join(format!("{oid}.json"))
    }

    /// What is known of a commit.
    pub fn commit_of(&self, repo: &RepoId, oid: &str) -> Result<Commit> {
        read_json(&self.commit_file(repo, oid))?.ok_or_else(|| Error::NoRevision { revision: oid.to_owned() })
    }

    /// The files at a commit.
    pub fn files(&self, repo: &RepoId, oid: &str) -> Result<Files> {
        read_json(&self.folder(repo).join("files").join(format!("{oid}.json")))?
            .ok_or_else(|| Error::NoRevision { revision: oid.to_owned() })
    }

    /// A commit and all before it, from the last to the first.
    pub fn commits(&self, repo: &RepoId, oid: &str) -> Result<Vec<Commit>> {
        let mut commits = vec![self.commit_of(repo, oid)?];
        while let Some(parent) = commits.last().and_then(|commit| commit.parent.clone()) {
            commits.push(self.commit_of(repo, &parent)?);
        }
        Ok(commits)
    }
}

impl Record {
    /// The full name of a branch or tag.
    pub fn name_of(&self, revision: &str) -> Option<String> {
        let names = [revision.to_owned(), format!("refs/heads/{revision}"), format!("refs/tags/{revision}")];
        names.into_iter().find(|name| name.starts_with("refs/") && self.refs.contains_key(name))
    }
}

impl Commit {
    fn name(&self) -> String {
        let parent = self.parent.as_ref().map_or_else(String::new, |parent| format!("parent {parent}\n"));
        let person = format!("{} <{0}@localhost> {} +0000", self.author, self.date);
        let message = format!("{}\n\n{}", self.title, self.message);
        let head = format!("tree {}\n{parent}author {person}\ncommitter {person}\n\n", self.tree);
        git::object("commit", format!("{head}{}\n", message.trim_end()).as_bytes())
    }
}

/// Whether a file is in a folder.
pub(crate) fn is_in(file: &str, folder: &str) -> bool {
    folder.is_empty() || file.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// Puts a file in its place, unless that is a folder, or the folder it would be in is a file.
fn set(files: &mut Files, path: String, mut entry: Entry) -> Result<()> {
    let within = format!("{path}/");
    let below = files.range::<String, _>((Excluded(&within), Unbounded)).next();
    let folder = below.is_some_and(|(file, _)| file.starts_with(&within));
    let above = path.match_indices('/').any(|(at, _)| files.contains_key(&path[..at]));
    if folder || above {
        return Err(Error::invalid(format!("`{path}` would be a file and a folder")));
    }
    if let Some(same) = files.get(&path).filter(|old| old.oid == entry.oid) {
        entry.commit.clone_from(&same.commit);
    }
    files.insert(path, entry);
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    /// What a commit may try, over few names, so that it often meets what is there.
    #[derive(Debug, Clone)]
    enum Move {
        Write(String, Vec<u8>),
        Delete(String),
        DeleteFolder(String),
        OnOldParent,
    }

    fn moves() -> impl Strategy<Value = Move> {
        let path =
            || vec(prop_oneof!["[ab]", Just("data".to_owned())], 1..4).prop_map(|parts| parts.join("/"));
        prop_oneof![
            5 => (path(), vec(any::<u8>(), 0..4)).prop_map(|(path, content)| Move::Write(path, content)),
            2 => path().prop_map(Move::Delete),
            1 => path().prop_map(Move::DeleteFolder),
            1 => Just(Move::OnOldParent),
        ]
    }

    /// What the move makes of these contents, or that it must be refused.
    fn expected(mut files: BTreeMap<String, Vec<u8>>, step: &Move) -> Option<BTreeMap<String, Vec<u8>>> {
        let within = |file: &str, folder: &str| file.starts_with(&format!("{folder}/"));
        match step {
            Move::Write(path, _) if files.keys().any(|file| within(file, path) || within(path, file)) => None,
            Move::Write(path, content) => {
                files.insert(path.clone(), content.clone());
                Some(files)
            }
            Move::Delete(path) => files.remove(path).map(|_| files),
            Move::DeleteFolder(path) => {
                let before = files.len();
                files.retain(|file, _| !within(file, path));
                (files.len() < before).then_some(files)
            }
            Move::OnOldParent => None,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn commits_do_what_a_map_does(steps in vec(moves(), 0..12)) {
            let root = tempfile::tempdir().unwrap();
            let repo = RepoId::dataset("alice/rows").unwrap();
            let mut store = Store::open(root.path()).unwrap();
            store.create(&repo, false, Gate::Open, "alice").unwrap();
            store.commit(&repo, "main", &Change::new("clear").delete(".gitattributes"), "alice").unwrap();
            let mut model = vec![BTreeMap::new()];
            for step in &steps {
                let change = Change::new("step");
                let change = match step {
                    Move::Write(path, content) => change.file(path, content.clone()),
                    Move::Delete(path) => change.delete(path),
                    Move::DeleteFolder(path) => change.delete_folder(path),
                    Move::OnOldParent => change.on("0".repeat(40)),
                };
                let made = store.commit(&repo, "main", &change, "alice");
                let files = expected(model.last().unwrap().clone(), step);
                prop_assert_eq!(made.is_ok(), files.is_some(), "{:?}: {:?}", step, made);
                model.extend(files);
            }
            // A store that is opened again knows all that was ever committed.
            drop(store);
            store = Store::open(root.path()).unwrap();
            let head = store.resolve(&repo, &store.record(&repo).unwrap(), "main").unwrap();
            let commits = store.commits(&repo, &head).unwrap();
            prop_assert_eq!(commits.len(), model.len() + 1);
            for (commit, files) in commits.iter().rev().skip(1).zip(&model) {
                let found = store.files(&repo, &commit.oid).unwrap();
                let found: BTreeMap<_, _> = found
                    .into_iter()
                    .map(|(path, entry)| (path, fs::read(store.blob(&entry.sha256)).unwrap()))
                    .collect();
                prop_assert_eq!(&found, files);
            }
        }
    }
}
