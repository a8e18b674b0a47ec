//! What can go wrong between here and the Hub.

use std::io;

use unskew_core::Exit;

/// An error of this crate. None of them tells a token, or the query of a URL, which may be one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A text that should be a dataset's URL is none.
    #[error("`{url}` cannot be read: {detail}")]
    Url {
        /// The text.
        url: String,
        /// Why.
        detail: String,
    },
    /// A variable of the environment makes no sense.
    #[error("{name} cannot be used: {detail}")]
    Environment {
        /// The variable.
        name: &'static str,
        /// Why.
        detail: String,
    },
    /// There is no such dataset, or it is hidden from us.
    #[error("there is no dataset `{repo}`{}", if *.logged_in { " that your token may read" } else { " that everybody may read" })]
    NoRepository {
        /// The repository.
        repo: String,
        /// Whether we said who we are.
        logged_in: bool,
        /// What there is of this name instead: `a model`, `a space`.
        other: Option<&'static str>,
    },
    /// The owner of a dataset decides who may read it.
    #[error("the dataset `{repo}` is gated, and {} may not read it", if *.logged_in { "your token" } else { "a stranger" })]
    Gated {
        /// The repository.
        repo: String,
        /// Where to ask for access.
        page: String,
        /// Whether we said who we are.
        logged_in: bool,
    },
    /// The Hub does not accept the token.
    #[error("{host} does not accept the token")]
    BadToken {
        /// The Hub.
        host: String,
    },
    /// There is no such branch, tag or commit.
    #[error("`{repo}` has no revision `{revision}`")]
    NoRevision {
        /// The repository.
        repo: String,
        /// The revision.
        revision: String,
        /// What may have been meant.
        nearest: Option<String>,
    },
    /// Nothing in a repository is called so.
    #[error("no file of `{repo}` matches `{path}`")]
    NoFile {
        /// The repository.
        repo: String,
        /// What was asked for.
        path: String,
        /// What may have been meant.
        nearest: Option<String>,
    },
    /// A server refused a call.
    #[error("{what}: the answer is {status}{}", if .detail.is_empty() { String::new() } else { format!(", {}", .detail) })]
    Refused {
        /// What was called.
        what: String,
        /// The answer's status.
        status: u16,
        /// What the server said.
        detail: String,
        /// How long it wants us to wait, in seconds.
        wait: Option<u64>,
    },
    /// A server could not be reached, or was cut off.
    #[error("{what}: {detail}")]
    Unreachable {
        /// What was called.
        what: String,
        /// Why.
        detail: String,
    },
    /// A server does not answer, or takes nothing more.
    #[error("{what}: nothing came for {seconds} s")]
    Silent {
        /// What was called.
        what: String,
        /// How long it was waited for.
        seconds: u64,
    },
    /// What should be sent cannot be read.
    #[error("cannot read what should go to {what}: {detail}")]
    Unreadable {
        /// What was called.
        what: String,
        /// Why.
        detail: String,
    },
    /// A server says what cannot be.
    #[error("{what}: {detail}")]
    Answer {
        /// What was called.
        what: String,
        /// What is wrong with its answer.
        detail: String,
    },
    /// The bytes that came are not those that were promised.
    #[error("{file} did not come as the repository describes it: {detail}")]
    Damaged {
        /// The file.
        file: String,
        /// How they differ.
        detail: String,
    },
    /// A repository has a path that no file should have.
    #[error("`{repo}` has a file with a dangerous path, {path}: {detail}")]
    Path {
        /// The repository.
        repo: String,
        /// The path, as a text literal.
        path: String,
        /// What is wrong with it.
        detail: &'static str,
    },
    /// Something is not on this machine, and the network is not to be used.
    #[error("{what} is not in the cache, and the network is not to be used")]
    Offline {
        /// What.
        what: String,
    },
    /// The cache cannot be used.
    #[error("cannot {action} {path}")]
    Cache {
        /// What was tried.
        action: &'static str,
        /// With what.
        path: String,
        /// The system's answer.
        source: io::Error,
    },
    /// The user wants to stop.
    #[error("interrupted")]
    Interrupted,
}

/// What this crate's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// What the user can do about it, if that is known.
    pub fn hint(&self) -> Option<String> {
        let suggestion =
            |nearest: &Option<String>| nearest.as_ref().map(|name| format!("did you mean `{name}`?"));
        Some(match self {
            Self::Url { .. } => "a dataset's URL is `hf://datasets/OWNER/NAME[@REVISION][/PATH]`".to_owned(),
            Self::NoRepository { other: Some(other), repo, .. } => {
                format!("`{repo}` is {other}, and rows come from datasets")
            }
            Self::NoRepository { logged_in: false, .. } => {
                "if it is private, log in with `hf auth login` or set HF_TOKEN".to_owned()
            }
            Self::NoRepository { .. } => "look at its name, and at whose token it is".to_owned(),
            Self::Gated { page, logged_in, .. } => {
                let then = if *logged_in { "" } else { ", and log in with `hf auth login` or set HF_TOKEN" };
                format!("ask for access at {page}{then}")
            }
            Self::BadToken { .. } => {
                "log in again with `hf auth login`, or set HF_TOKEN to a token that has not expired"
                    .to_owned()
            }
            Self::NoRevision { nearest, .. } | Self::NoFile { nearest, .. } => return suggestion(nearest),
            Self::Refused { wait: Some(seconds), .. } => format!("it wants to be left alone for {seconds} s"),
            Self::Refused { status: 429, .. } => {
                "try again later; who is logged in may ask more often".to_owned()
            }
            Self::Refused { status: 500.., .. } | Self::Unreachable { .. } | Self::Silent { .. } => {
                "try again later; what has come so far is kept where it can be".to_owned()
            }
            Self::Damaged { .. } => {
                "nothing of it was kept; try again, or tell the repository's owner".to_owned()
            }
            Self::Path { .. } => {
                "name the files that you want in the URL, or ask its owner to rename this one".to_owned()
            }
            Self::Offline { .. } => "unset HF_HUB_OFFLINE, or run once with the network".to_owned(),
            Self::Cache { .. } => {
                "HF_HUB_CACHE names the folder; it must be writable, and the disk not full".to_owned()
            }
            _ => return None,
        })
    }

    /// Whether a call that ended so may do better later.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Silent { .. })
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Url { .. } | Self::Environment { .. } => Exit::Usage,
            Self::Interrupted => Exit::Interrupted,
            _ => Exit::Source,
        }
    }
}

impl From<Error> for unskew_core::Error {
    fn from(error: Error) -> Self {
        let mut new = Self::new(error.exit(), error.to_string());
        if let Some(source) = std::error::Error::source(&error) {
            new = new.cause(source.to_string());
        }
        match error.hint() {
            Some(hint) => new.hint(hint),
            None => new,
        }
    }
}

impl From<Error> for unskew_io::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Interrupted => Self::Interrupted,
            Error::Cache { action, path, source } => Self::Io { action, path, source },
            other => Self::Remote { message: other.to_string(), hint: other.hint(), source: None },
        }
    }
}
