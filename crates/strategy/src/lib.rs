//! The contract between unskew and its strategies, whatever they are written in.
//!
//! A strategy never sees a payload. It names the narrow columns it needs, is handed exactly those, and answers
//! with positions into what it was handed. The host turns positions into rows.
//!
//! # A strategy in Rust
//!
//! A type whose fields are its options, and a [`Native`] that makes a plugin of it:
//!
//! ```
//! use schemars::JsonSchema;
//! use serde::Deserialize;
//! use unskew_strategy::{By, Input, Native, Need, Plugin, Result, Selection, Strata, Strategy, laws};
//!
//! /// Drops groups of fewer than `min` rows.
//! #[derive(Deserialize, JsonSchema)]
//! #[serde(deny_unknown_fields)]
//! struct Enough {
//!     /// What makes two rows the same kind.
//!     by: By,
//!     /// How many rows a kind must have.
//!     min: usize,
//! }
//!
//! impl Strategy for Enough {
//!     fn needs(&self) -> Vec<Need> {
//!         vec![Need::Groups(self.by.to_vec())]
//!     }
//!
//!     fn run(&self, input: &Input) -> Result<Selection> {
//!         let groups = input.groups(0);
//!         let strata = Strata::new(groups.codes(), groups.len());
//!         let mut kept: Vec<u32> = strata.iter().filter(|rows| rows.len() >= self.min).flatten().copied().collect();
//!         kept.sort_unstable();
//!         Ok(Selection::rows(kept))
//!     }
//! }
//!
//! static PLUGIN: Native<Enough> = Native::new(
//!     "enough",
//!     "0.1.0",
//!     "Drop groups of fewer than N rows",
//!     r#"{
//!         "options": {"by": "task", "min": 2},
//!         "rows": [{"task": "math"}, {"task": "coding"}, {"task": "math"}],
//!         "chooses": [0, 2]
//!     }"#,
//! );
//!
//! assert_eq!(laws::check(&PLUGIN), Ok(()));
//! let error = PLUGIN.build(&serde_json::json!({"by": "task", "mn": 2})).err().unwrap();
//! assert_eq!(error.hints(), ["did you mean `min`?"]);
//! ```
//!
//! # The selection algebra
//!
//! Nearly every strategy is the same four moves: [`Strata`] (how many rows each class has) → [`quota`] (how many of
//! each to take) → [`Pick`] (which ones) → [`arrange`] (in what order).

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod arrange;
mod chance;
mod error;
mod facts;
mod gives;
mod input;
mod json;
pub mod laws;
mod named;
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
mod truth;

pub use chance::{derive, mix, uniform};
pub use error::{Error, Result};
pub use facts::{facts, table};
pub use gives::{Gives, Roles, Splits};
pub use input::{Column, Groups, Input};
pub use json::json_column;
pub use named::named_groups;
pub use need::{Need, Over};
pub use options::{By, Cells, NumberOrWord, Others, Pick, Rounding, Shares, Short, Total};
pub use pick::Ranking;
pub use plugin::{Example, Manifest, Native, Plugin};
pub use ranks::{as_weights, is_text, ranks, ranks_of_levels};
pub use read::read;
pub use selection::{Batches, Choice, Note, Role, Selection};
pub use strata::Strata;
pub use suggest::nearest;
pub use truth::truth;

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
