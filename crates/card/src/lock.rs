//! What pins a result: sources, recipe, plugins, seed, choice and files.

use std::fmt;

use serde::{Deserialize, Serialize};
use unskew_core::{Error, Exit, Outcome, Result};

/// The version of the lock's form.
pub const LOCK_VERSION: u32 = 1;

/// What a result is made from and made of. It holds no times, threads or hosts: the same run gives the same lock.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Lock {
    /// The version of this form.
    pub version: u32,
    /// The version of unskew.
    pub unskew: String,
    /// The BLAKE3 digest of `.unskew/recipe.yaml`.
    pub recipe: String,
    /// Where all randomness came from.
    pub seed: u64,
    /// The most rows taken of each source, if that was limited.
    pub limit: Option<u64>,
    /// The strategies that ran.
    pub plugins: Vec<LockedPlugin>,
    /// The source files, in source order.
    pub sources: Vec<LockedSource>,
    /// What each step left of the rows; the last one is what was written.
    pub steps: Vec<LockedStep>,
    /// Whether every check that must be true is true.
    pub passed: bool,
    /// The written data files.
    pub files: Vec<LockedFile>,
}

/// A strategy that ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockedPlugin {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The BLAKE3 digest of the program it is, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blake3: Option<String>,
}

impl fmt::Display for LockedPlugin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.blake3 {
            None => write!(out, "version {}", self.version),
            Some(digest) => write!(out, "version {} ({digest})", self.version),
        }
    }
}

/// A file that rows came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockedSource {
    /// The source it belongs to.
    pub source: String,
    /// Its path in the source.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// The BLAKE3 digest of its bytes; none where not all of them were read.
    pub blake3: Option<String>,
    /// The repository that it comes from, if it comes from one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repo: Option<String>,
    /// The branch, tag or commit that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// The commit that was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The SHA-256 digest that the repository has for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// The git object name that the repository has for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git: Option<String>,
}

/// What a step left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockedStep {
    /// The step: `source`, `where`, or a stage's label.
    pub step: String,
    /// Its rows.
    pub rows: u64,
    /// The BLAKE3 digest of their identities, in order.
    pub blake3: String,
}

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockedFile {
    /// Its path in the folder.
    pub path: String,
    /// Its rows.
    pub rows: u64,
    /// Its size.
    pub bytes: u64,
    /// The BLAKE3 digest of its bytes.
    pub blake3: String,
}

impl Lock {
    /// The lock of a finished run.
    pub fn of(outcome: &Outcome) -> Self {
        let report = &outcome.report;
        let mut plugins: Vec<LockedPlugin> = vec![];
        for stage in &report.stages {
            let plugin = LockedPlugin {
                name: stage.strategy.clone(),
                version: stage.version.clone(),
                blake3: stage.digest.clone(),
            };
            if !plugins.contains(&plugin) {
                plugins.push(plugin);
            }
        }
        let source = |file: &unskew_core::SourceFile| LockedSource {
            source: file.label.clone(),
            path: file.path.clone(),
            bytes: file.bytes,
            blake3: file.digest.clone(),
            repo: file.origin.as_ref().map(|origin| origin.repo.clone()),
            revision: file.origin.as_ref().map(|origin| origin.revision.clone()),
            commit: file.origin.as_ref().map(|origin| origin.commit.clone()),
            sha256: file.known.sha256.clone(),
            git: file.known.git.clone(),
        };
        let step = |step: &unskew_core::Step| LockedStep {
            step: step.name.clone(),
            rows: step.rows,
            blake3: step.digest.clone(),
        };
        let file = |file: &unskew_io::WrittenFile| LockedFile {
            path: file.name.clone(),
            rows: file.rows,
            bytes: file.bytes,
            blake3: file.digest.clone(),
        };
        Self {
            version: LOCK_VERSION,
            unskew: report.unskew.clone(),
            recipe: blake3::hash(outcome.recipe.as_bytes()).to_hex().to_string(),
            seed: report.seed,
            limit: report.limit,
            plugins,
            sources: outcome.sources.iter().map(source).collect(),
            steps: outcome.steps.iter().map(step).collect(),
            passed: report.passed(),
            files: outcome.files.iter().map(file).collect(),
        }
    }

    /// The lock in `text`, which messages call `name`.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let unreadable = |error: serde_json::Error| {
            Error::data(format!("{name} is not a lock of unskew")).cause(error.to_string())
        };
        let Versioned { version } = serde_json::from_str(text).map_err(unreadable)?;
        if version != LOCK_VERSION {
            let message =
                format!("{name} has version {version} of locks, and this unskew reads {LOCK_VERSION}");
            return Err(Error::new(Exit::Data, message).hint("use the version of unskew that made it"));
        }
        serde_json::from_str(text).map_err(unreadable)
    }

    /// The lock as it is written to `.unskew/lock.json`.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a lock has text keys only") + "\n"
    }
}
