//! The laws that every strategy keeps, as a test kit.
//!
//! A plugin's author calls [`check`] in a test, [`check_with`] for other options, and [`answer`] to look at single
//! answers; `unskew plugin test` checks anyone's plugin. The strategy is built with the options of its manifest's
//! example, and run on the example's rows, on random draws from them (with copies), and on random values of several
//! types. A strategy may refuse an input; then it must refuse it every time.
//!
//! ```
//! use serde_json::Value;
//! use unskew_strategy::{Example, Input, Manifest, Need, Plugin, Result, Selection, Strategy, laws};
//!
//! /// Keeps everything.
//! struct All;
//!
//! impl Strategy for All {
//!     fn needs(&self) -> Vec<Need> {
//!         vec![]
//!     }
//!
//!     fn run(&self, input: &Input) -> Result<Selection> {
//!         Ok(Selection::rows((0..input.len() as u32).collect()))
//!     }
//! }
//!
//! impl Plugin for All {
//!     fn manifest(&self) -> Manifest {
//!         Manifest {
//!             contract: 1,
//!             name: "all".into(),
//!             version: "0.1.0".into(),
//!             summary: "Keep all rows".into(),
//!             options: serde_json::json!({"type": "object"}),
//!             ordered: false,
//!             example: Example { options: serde_json::json!({}), rows: vec![], chooses: vec![] },
//!         }
//!     }
//!
//!     fn build(&self, _: &Value) -> Result<Box<dyn Strategy>> {
//!         Ok(Box::new(All))
//!     }
//! }
//!
//! // It takes any option, even one that does not exist.
//! let violations = laws::check(&All).unwrap_err();
//! assert_eq!(violations.len(), 1);
//! assert_eq!(violations[0].law, laws::Law::UnknownOption);
//! ```

mod random;
mod rules;
mod table;

use std::fmt;

pub use table::Table;

use serde_json::Value;

use crate::{Example, Manifest, Plugin, Selection, Strategy};

/// A promise that every strategy keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Law {
    /// The manifest is well formed, and survives being written as JSON and read again.
    Manifest,
    /// An unknown option is an error that names it.
    UnknownOption,
    /// Every position is in range, and everything that goes with it is as long as the answer.
    Positions,
    /// The same input gives the same answer.
    Repeatable,
    /// Permuting the rows permutes the answer, unless the manifest says `ordered`.
    Permutation,
    /// Nothing in, nothing out.
    Empty,
    /// The answer looks like what `gives` said.
    Gives,
    /// The manifest's example holds.
    Example,
    /// Nothing panics, or fails otherwise than by refusing.
    Panic,
}

/// A law that was broken, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The law.
    pub law: Law,
    /// How it was broken.
    pub detail: String,
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Manifest => "the manifest is well formed",
            Self::UnknownOption => "an unknown option is an error that names it",
            Self::Positions => "positions are in range",
            Self::Repeatable => "the same input gives the same answer",
            Self::Permutation => "permuting rows permutes the answer",
            Self::Empty => "nothing in, nothing out",
            Self::Gives => "the answer is what `gives` says",
            Self::Example => "the example holds",
            Self::Panic => "nothing panics",
        })
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.law, self.detail)
    }
}

/// Checks that `plugin` keeps every law; else says which it broke, each once.
pub fn check(plugin: &dyn Plugin) -> Result<(), Vec<Violation>> {
    let mut violations: Vec<Violation> = vec![];
    for violation in rules::violations(plugin) {
        if violations.iter().all(|earlier| earlier.law != violation.law) {
            violations.push(violation);
        }
    }
    if violations.is_empty() { Ok(()) } else { Err(violations) }
}

/// The same with another example than the manifest's, so that the laws are tried with other options.
pub fn check_with(plugin: &dyn Plugin, example: Example) -> Result<(), Vec<Violation>> {
    check(&With { plugin, example })
}

/// What the strategy with these options answers to `rows`; see [`Table::new`] for what may stand in them.
pub fn answer(plugin: &dyn Plugin, options: &Value, rows: &[Value]) -> crate::Result<Selection> {
    let strategy = plugin.build(options)?;
    strategy.run(&Table::new(rows)?.input(&strategy.needs()))
}

/// A plugin with another example.
struct With<'a> {
    plugin: &'a dyn Plugin,
    example: Example,
}

impl Plugin for With<'_> {
    fn manifest(&self) -> Manifest {
        Manifest { example: self.example.clone(), ..self.plugin.manifest() }
    }

    fn build(&self, options: &Value) -> crate::Result<Box<dyn Strategy>> {
        self.plugin.build(options)
    }
}

#[cfg(test)]
mod tests;
