//! What pins a result: sources, recipe, plugins, seed, choice and files.

use serde::{Deserialize, Serialize};
use unskew_core::Outcome;

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
    /// The BLAKE3 digest of the identities of the chosen rows, in output order.
    pub selection: String,
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
    /// The BLAKE3 digest of its bytes; none where only its head was read.
    pub blake3: Option<String>,
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
            let plugin = LockedPlugin { name: stage.strategy.clone(), version: stage.version.clone() };
            if !plugins.contains(&plugin) {
                plugins.push(plugin);
            }
        }
        let source = |file: &unskew_core::SourceFile| LockedSource {
            source: file.label.clone(),
            path: file.path.clone(),
            bytes: file.bytes,
            blake3: file.digest.clone(),
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
            selection: outcome.selection.clone(),
            passed: report.passed(),
            files: outcome.files.iter().map(file).collect(),
        }
    }

    /// The lock as it is written to `.unskew/lock.json`.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a lock has text keys only") + "\n"
    }
}
