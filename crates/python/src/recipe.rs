//! A recipe as Python hands it over, and what is said besides it.

use std::{collections::HashMap, path::PathBuf};

use pyo3::prelude::*;
use unskew_core::{Options, Prepared, Registry, Result, recipe::Written};

use crate::memory::{Held, Sources};

/// A recipe: its text, or the file that holds it.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct Spoken {
    text: Option<String>,
    file: Option<PathBuf>,
    /// Paths in the recipe, and the YAML that is to stand there instead.
    changes: Vec<(String, String)>,
    /// What is in memory, by name.
    tables: HashMap<String, Py<Held>>,
}

/// What is said besides the recipe.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct Wishes {
    out: Option<PathBuf>,
    force: bool,
    threads: Option<usize>,
    memory: Option<u64>,
    limit: Option<u64>,
    sync: bool,
}

impl Spoken {
    /// Its sources apart from files.
    pub fn sources(&self) -> Sources {
        Sources::new(&self.tables)
    }

    /// The recipe with its changes.
    pub fn written(&self) -> Result<Written> {
        match &self.file {
            Some(file) => Written::read(file, &self.changes),
            None => Written::parse("recipe", self.text.as_deref().unwrap_or_default(), &self.changes),
        }
    }
}

impl Wishes {
    /// The options, with a folder to write to where none is named.
    pub fn options(&self, out: Option<PathBuf>) -> Options {
        Options {
            out: self.out.clone().or(out),
            force: self.force,
            seed: None,
            threads: self.threads,
            memory: self.memory,
            limit: self.limit,
            sync: self.sync,
        }
    }

    /// Whether a folder to write to is named.
    pub fn names_folder(&self) -> bool {
        self.out.is_some()
    }
}

/// Prepares a recipe with the built-in strategies.
pub fn prepared(written: Written, sources: &Sources) -> Result<Prepared> {
    Prepared::new(written, &Registry::new(unskew_plugins::plugins())?, sources)
}
