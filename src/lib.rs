//! unskew takes the skew out of a training set: it runs a short recipe over rows and writes a balanced folder.
//!
//! This crate is for programs that run recipes themselves. [`balance`] does all that `unskew run` does; its parts
//! ([`Prepared`], [`plan`], [`run`], [`finish`]) are here for those who want to step in between.
//!
//! ```
//! use unskew::{Options, balance, recipe::Written};
//!
//! let folder = tempfile::tempdir()?;
//! let rows = (0..100).map(|row| {
//!     let task = if row % 10 == 0 { "coding" } else { "math" };
//!     format!("{{\"task\": \"{task}\", \"text\": \"row {row}\"}}\n")
//! });
//! std::fs::write(folder.path().join("rows.jsonl"), rows.collect::<String>())?;
//!
//! let recipe = "
//! source: rows.jsonl
//! stages:
//!   - cap: {by: task, max: 10}
//! output: {to: balanced, format: jsonl}
//! ";
//! let mut written = Written::parse("recipe", recipe, &[])?;
//! written.folder = folder.path().to_path_buf();
//! let (report, out) = balance(written, &Options::default())?;
//!
//! assert_eq!((report.rows.input, report.rows.output), (100, 20));
//! assert!(report.passed() && out.join("data").is_dir());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::path::PathBuf;

pub use unskew_card::{self as card, finish};
pub use unskew_core::{
    Error, Exit, Options, Outcome, Prepared, Registry, Report, Result, inspect, plan, recipe,
    remote::{NoRemotes, Remotes},
    report, run, source,
};
pub use unskew_hub::Hub;
pub use unskew_io::{Progress, Silent, Table};
pub use unskew_plugins::plugins;
pub use unskew_program as program;
pub use unskew_strategy as strategy;

/// Runs a recipe with the built-in strategies, and returns what it did and the folder it made.
///
/// A check that fails is no error here: [`Report::passed`] tells.
pub fn balance(written: recipe::Written, options: &Options) -> Result<(Report, PathBuf)> {
    let prepared = Prepared::new(written, &Registry::new(plugins())?, &Hub::new())?;
    let outcome = run(&prepared, options, &Silent)?;
    let report = outcome.report.clone();
    Ok((report, finish(outcome, options.sync)?))
}
