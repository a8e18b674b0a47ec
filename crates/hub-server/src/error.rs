//! What can go wrong with the Hub and its store.

use std::{io, path::PathBuf};

use crate::repo::RepoId;

/// The errors of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The disk refuses something.
    #[error("cannot {verb} {}", path.display())]
    Disk {
        /// What was tried, such as `read`.
        verb: &'static str,
        /// With what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file of the store is not what was written there.
    #[error("{} is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Another server holds the folder.
    #[error("another server uses {}", root.display())]
    InUse {
        /// The folder.
        root: PathBuf,
    },
    /// An address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: String,
        /// Why not.
        source: io::Error,
    },
    /// The content-addressed store of Xet does not start, or does not answer as it should.
    #[error("the Xet store failed: {reason}")]
    Xet {
        /// What it says.
        reason: String,
    },
    /// No such repository, or none that the caller may know of.
    #[error("Repository not found: {repo}")]
    NoRepo {
        /// Its identifier as it was asked for.
        repo: String,
    },
    /// No such branch, tag or commit.
    #[error("Invalid rev id: {revision}")]
    NoRevision {
        /// The revision.
        revision: String,
    },
    /// No such file at this revision.
    #[error("Entry not found: {path}")]
    NoEntry {
        /// The file.
        path: String,
        /// The commit that does not have it.
        commit: String,
    },
    /// The repository is there already.
    #[error("You already created this {} repo: {repo}", repo.kind().name())]
    RepoExists {
        /// The repository.
        repo: RepoId,
    },
    /// The branch or tag is there already.
    #[error("Reference already exists: {name}")]
    RefExists {
        /// Its name.
        name: String,
    },
    /// A change was made on top of a commit that is no longer the last one.
    #[error("A commit has happened since. Please refresh and try again.")]
    Moved,
    /// A large file is committed before its bytes came.
    #[error("the content of `{path}` was not uploaded: {sha256}")]
    NoContent {
        /// The file.
        path: String,
        /// The digest of what is missing.
        sha256: String,
    },
    /// What was asked for makes no sense.
    #[error("{reason}")]
    Invalid {
        /// Why not.
        reason: String,
    },
}

/// What the functions of this crate return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(crate) fn disk(verb: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Disk { verb, path, source }
    }

    pub(crate) fn invalid(reason: impl Into<String>) -> Self {
        Self::Invalid { reason: reason.into() }
    }

    pub(crate) fn xet(reason: impl std::fmt::Display) -> Self {
        Self::Xet { reason: reason.to_string() }
    }
}
