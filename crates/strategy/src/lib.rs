//! The contract between unskew and its strategies, whatever they are written in.
//!
//! A strategy never sees a payload. It names the narrow columns it needs, is handed exactly those, and answers
//! with positions into what it was handed. The host turns positions into rows.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod arrange;
mod chance;
mod error;
mod facts;
mod gives;
mod input;
pub mod laws;
mod need;
mod options;
mod pick;
mod plugin;
pub mod quota;
mod ranks;
mod read;
mod selection;
mod strata;
mod suggest;

pub use chance::{derive, mix, uniform};
pub use error::{Error, Result};
pub use facts::facts;
pub use gives::{Gives, Roles, Splits};
pub use input::{Column, Groups, Input};
pub use need::{Need, Over};
pub use options::{By, Cells, Others, Pick, Rounding, Short, Total};
pub use pick::Ranking;
pub use plugin::{Example, Manifest, Native, Plugin};
pub use ranks::{as_weights, ranks};
pub use read::read;
pub use selection::{Choice, Note, Role, Selection};
pub use strata::Strata;
pub use suggest::nearest;

/// The contract's version; independent of unskew's, it grows only when an old host could misread a new plugin.
pub const CONTRACT: u32 = 1;

/// A rule for choosing rows, with its options filled in.
///
/// `run` is a pure function of the options and the input: no clock, no files, no generator of its own. Chance
/// arrives as a column ([`Need::Priority`], [`Need::Chance`]), so a recipe gives the same rows on any machine, with
/// any number of threads, in any language.
pub trait Strategy: Send + Sync {
    /// The columns `run` will be given, in this order.
    fn needs(&self) -> Vec<Need>;

    /// What the answer will look like.
    fn gives(&self) -> Gives {
        Gives::default()
    }

    /// Whether the options make sense together; asked once, before any data is read.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Chooses rows of `input`.
    fn run(&self, input: &Input) -> Result<Selection>;
}
