//! A program as a plugin.

use std::{
    path::{Path, PathBuf, absolute},
    sync::Arc,
};

use serde_json::Value;
use unskew_strategy::{Error, Gives, Input, Manifest, Need, Plugin, Result, Selection, Strategy};

use crate::{
    Limits, Wire,
    answer::{self, OWN},
    head::{self, Needs},
    options, process, request,
};

/// How many bytes `describe` and `needs` may answer, and what `run` may answer besides its rows.
const MOST: u64 = 64 << 20;

/// How many bytes `run` may answer for each row that it is given.
const MOST_OF_A_ROW: u64 = 1 << 10;

/// A strategy that is a program of its own.
#[derive(Debug, Clone)]
pub struct Program {
    path: Arc<PathBuf>,
    limits: Limits,
    wire: Wire,
    manifest: Manifest,
}

/// A program with its options.
struct Called {
    program: Program,
    options: Value,
    needs: Arc<Vec<(String, Need)>>,
    gives: Gives,
}

impl Program {
    /// Asks the program at `path` what it is.
    pub fn open(path: &Path, limits: Limits) -> Result<Self> {
        // A name alone would be looked for in the folders of `PATH`.
        let path = absolute(path).map_err(|error| {
            Error::failed(format!("{} leads nowhere", path.display())).cause(error.to_string())
        })?;
        let answer = process::call(&path, "describe", limits, MOST, |_| Ok(()))?;
        let (manifest, wire) = head::read_manifest(&answer)?;
        Ok(Self { path: Arc::new(path), limits, wire, manifest })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Plugin for Program {
    fn manifest(&self) -> Manifest {
        self.manifest.clone()
    }

    fn build(&self, options: &Value) -> Result<Box<dyn Strategy>> {
        let options = options::complete(&self.manifest.options, options)?;
        let told = options.clone();
        let answer =
            process::call(&self.path, "needs", self.limits, MOST, move |out| head::write(&told, out))?;
        let Needs { needs, gives } = head::read(&answer)?;
        if let Some(name) = gives.columns.iter().find(|name| OWN.contains(&name.as_str())) {
            return Err(Error::failed(format!("a column that it adds cannot be called `{name}`")));
        }
        Ok(Box::new(Called { program: self.clone(), options, needs: Arc::new(needs.0), gives }))
    }
}

impl Strategy for Called {
    fn needs(&self) -> Vec<Need> {
        self.needs.iter().map(|(_, need)| need.clone()).collect()
    }

    fn gives(&self) -> Gives {
        self.gives.clone()
    }

    fn run(&self, input: &Input) -> Result<Selection> {
        let Program { path, limits, wire, .. } = &self.program;
        let (wire, options, needs, given) = (*wire, self.options.clone(), self.needs.clone(), input.clone());
        let most = MOST + MOST_OF_A_ROW * input.len() as u64;
        let answer = process::call(path, "run", *limits, most, move |out| {
            request::write(wire, &options, &needs, &given, out)
        })?;
        answer::read(wire, answer, &self.gives)
    }
}
