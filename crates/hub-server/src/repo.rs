//! Repositories: how they are called, and what is known of them beside their files.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// What a repository is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A dataset.
    Dataset,
    /// A model.
    Model,
    /// A Space.
    Space,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Dataset, Self::Model, Self::Space];

    /// `dataset`, `model` or `space`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dataset => "dataset",
            Self::Model => "model",
            Self::Space => "space",
        }
    }

    /// `datasets`, `models` or `spaces`, as in the addresses of the interface.
    pub fn plural(self) -> &'static str {
        match self {
            Self::Dataset => "datasets",
            Self::Model => "models",
            Self::Space => "spaces",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    pub(crate) fn from_plural(plural: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.plural() == plural)
    }
}

/// A repository's kind, owner and name.
///
/// ```
/// use unskew_hub_server::RepoId;
///
/// let repo = RepoId::dataset("alice/rows")?;
/// assert_eq!(repo.to_string(), "datasets/alice/rows");
/// assert_eq!("datasets/alice/rows".parse::<RepoId>()?, repo);
/// assert!(RepoId::dataset("alice/../rows").is_err());
/// # Ok::<(), unskew_hub_server::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepoId {
    kind: Kind,
    owner: String,
    name: String,
}

impl RepoId {
    /// The repository of this kind with this owner and name.
    pub fn new(kind: Kind, owner: &str, name: &str) -> Result<Self> {
        if is_name(owner) && is_name(name) {
            Ok(Self { kind, owner: owner.to_owned(), name: name.to_owned() })
        } else {
            Err(Error::invalid(format!("Invalid repository name: {owner}/{name}")))
        }
    }

    /// The dataset `owner/name`.
    pub fn dataset(id: &str) -> Result<Self> {
        match id.split_once('/') {
            Some((owner, name)) => Self::new(Kind::Dataset, owner, name),
            None => Err(Error::invalid(format!("Invalid repository name: {id}"))),
        }
    }

    /// What it is for.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Whose it is.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// Its name, without the owner.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `owner/name`.
    pub fn id(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    /// The path of its page: models stand at the top.
    pub(crate) fn page(&self) -> String {
        match self.kind {
            Kind::Model => self.id(),
            _ => self.to_string(),
        }
    }
}

impl fmt::Display for RepoId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}/{}", self.kind.plural(), self.owner, self.name)
    }
}

impl FromStr for RepoId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parts: Vec<_> = text.split('/').collect();
        match parts[..] {
            [kind, owner, name] => match Kind::from_plural(kind) {
                Some(kind) => Self::new(kind, owner, name),
                None => Err(Error::invalid(format!("Invalid repository kind: {kind}"))),
            },
            _ => Err(Error::invalid(format!("Invalid repository name: {text}"))),
        }
    }
}

/// Whether an owner, a repository or a user may be called this; such a name is also safe as that of a file.
pub(crate) fn is_name(name: &str) -> bool {
    let edge = |c: char| c == '-' || c == '.';
    !name.is_empty()
        && name.len() <= 96
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        && !name.starts_with(edge)
        && !name.ends_with(edge)
        && !name.contains("--")
        && !name.contains("..")
        && !name.to_ascii_lowercase().ends_with(".git")
}

/// How the files of a repository are given to people whom its owner does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Gate {
    /// To everybody.
    #[default]
    Open,
    /// To those who ask.
    Auto,
    /// To those whom the owner lets in.
    Manual,
}

/// What is known of a repository beside its files.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record {
    pub private: bool,
    pub gate: Gate,
    /// Seconds since 1970.
    pub created: u64,
    /// Full names (`refs/heads/main`) and commits.
    pub refs: BTreeMap<String, String>,
    pub discussions: Vec<Discussion>,
}

/// A discussion or a pull request; its number is its place in the list, from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Discussion {
    pub title: String,
    pub author: String,
    pub created: u64,
    pub status: Status,
    /// The branch that a pull request wants to change.
    pub base: Option<String>,
    pub merged_as: Option<String>,
    pub comments: Vec<Comment>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Comment {
    pub author: String,
    pub created: u64,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    Draft,
    Open,
    Closed,
    Merged,
}
