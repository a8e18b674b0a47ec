//! The part of the Python package `unskew` that is written in Rust; what users see of it is in `unskew/*.py`.

#![allow(clippy::needless_pass_by_value, reason = "functions of Python get their arguments by value")]

mod error;
mod listen;
mod memory;
mod recipe;
mod rows;
mod run;
mod sampler;

use std::ffi::OsString;

use pyo3::prelude::*;

use error::OrRaise;

/// Runs the command line program with these arguments, the first of which is its name, and says how it ended.
#[pyfunction]
fn main(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
    py.detach(|| unskew_cli::main(arguments.into_iter()))
}

/// JSON as YAML.
#[pyfunction]
fn yaml(py: Python<'_>, json: &str) -> PyResult<String> {
    let value: serde_json::Value = serde_json::from_str(json)
        .map_err(|error| unskew_core::Error::usage(error.to_string()))
        .or_raise(py)?;
    let written = serde_saphyr::to_string(&value);
    written.map_err(|error| unskew_core::Error::usage(error.to_string())).or_raise(py)
}

#[pymodule(gil_used = false)]
mod _unskew {
    #[pymodule_export]
    use super::{
        main,
        memory::Held,
        rows::Rows,
        run::{Outcome, charts, inspect, picture, plan, push, run, summary},
        sampler::Sampler,
        yaml,
    };

    /// The version of unskew.
    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");

    /// Whether this was built without optimisation.
    #[pymodule_export]
    const UNOPTIMISED: bool = cfg!(debug_assertions);
}
