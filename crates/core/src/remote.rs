//! Sources that are not on this machine: what the core asks of whoever can reach them.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unskew_io::{Entry, Local, Store, Table};

use crate::{Error, Exit, Result};

/// What a URL begins with that leads to the Hub.
pub const SCHEME: &str = "hf://";

/// What the name of a table in memory begins with, where a recipe names one.
pub const MEMORY: &str = "memory://";

/// Reaches sources that are no files of this machine.
pub trait Remotes: Sync {
    /// Finds what `asked` names.
    fn open(&self, asked: &Asked<'_>) -> Result<Remote>;

    /// All files of the repository at `url`.
    fn whole(&self, url: &str) -> Result<Arc<dyn Store>>;

    /// The table in memory that is called `name`.
    fn table(&self, name: &str) -> Result<Table> {
        Err(Error::new(Exit::Source, format!("`{MEMORY}{name}` was a table in memory, and is gone"))
            .hint("name the file or the repository that its rows came from"))
    }
}

/// All files at `place`, a folder of this machine or a repository.
///
/// ```
/// use unskew_core::remote::{NoRemotes, whole};
///
/// let folder = tempfile::tempdir()?;
/// std::fs::write(folder.path().join("train.jsonl"), "{}\n")?;
/// assert_eq!(whole(folder.path(), &NoRemotes)?.list("")?.len(), 1);
/// assert!(whole("hf://datasets/me/rows".as_ref(), &NoRemotes).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn whole(place: &Path, remotes: &dyn Remotes) -> Result<Arc<dyn Store>> {
    match place.to_str().filter(|place| place.starts_with(SCHEME)) {
        Some(url) => remotes.whole(url),
        None if place.is_dir() => Ok(Arc::new(Local::new(place))),
        None => Err(Error::new(Exit::Source, format!("there is no folder {}", place.display())).hint(
            "a repository is `hf://datasets/OWNER/NAME`, with `@REVISION` behind it if it is not `main`",
        )),
    }
}

/// A source that is not on this machine, as a recipe names it.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The URL.
    pub url: &'a str,
    /// Which config; the one that `load_dataset` takes if none is named.
    pub config: Option<&'a str>,
    /// Which splits; all if none are named.
    pub splits: &'a [String],
    /// The commits to read, where they are not to be found out.
    pub commits: Option<&'a Commits>,
}

/// The commit of each repository and revision.
pub type Commits = BTreeMap<(String, String), String>;

/// What was found behind a URL.
#[derive(Debug, Clone)]
pub struct Remote {
    /// What the source is called if the recipe does not say.
    pub label: String,
    /// What holds its files.
    pub store: Arc<dyn Store>,
    /// The files, in byte order of their paths.
    pub entries: Vec<Entry>,
    /// What is known of the place they come from.
    pub origin: Origin,
    /// The digests of the files that the place itself knows, by path.
    pub digests: BTreeMap<String, Digests>,
}

/// What is known of the repository that a source comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Origin {
    /// The repository: `owner/name`.
    pub repo: String,
    /// The commit that was read.
    pub commit: String,
    /// The branch, tag or commit that was asked for.
    pub revision: String,
    /// The config, where files were found by one.
    pub config: Option<String>,
    /// The splits, where files were found by them.
    pub splits: Vec<String>,
    /// Whether its owner decides who may read it.
    pub gated: bool,
    /// Whether it is private.
    pub private: bool,
    /// The licences that its card names.
    pub license: Vec<String>,
    /// What a licence is called that has no identifier.
    pub license_name: Option<String>,
    /// Where the text of such a licence is.
    pub license_link: Option<String>,
    /// The languages that its card names.
    pub language: Vec<String>,
    /// The tasks that its card names.
    pub task_categories: Vec<String>,
    /// The tags that its card names.
    pub tags: Vec<String>,
}

/// What the place that a file comes from calls its bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Digests {
    /// The SHA-256 digest, of large files.
    pub sha256: Option<String>,
    /// The object name that git has for it, of small files.
    pub git: Option<String>,
}

/// Nothing but this machine can be reached.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoRemotes;

impl Remotes for NoRemotes {
    fn open(&self, asked: &Asked<'_>) -> Result<Remote> {
        Err(unreachable_from_here(asked.url))
    }

    fn whole(&self, url: &str) -> Result<Arc<dyn Store>> {
        Err(unreachable_from_here(url))
    }
}

fn unreachable_from_here(url: &str) -> Error {
    Error::new(Exit::Source, format!("cannot read {url}"))
        .cause("this program reads local files only")
        .hint("download it first: `hf download --repo-type dataset OWNER/NAME --local-dir DIR`")
}
