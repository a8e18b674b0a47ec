//! A recipe becomes a balanced folder: sources, views, stages, checks, report.
//!
//! Payloads are touched twice: scanned for narrow columns, and gathered. Everything in between is positions.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod bind;
pub mod catalog;
pub mod check;
pub mod configs;
mod error;
pub mod features;
pub mod folder;
pub mod frame;
pub mod groups;
pub mod inspect;
pub mod layout;
mod options;
mod order_quality;
mod output;
pub mod overflow;
pub mod paths;
mod preference;
pub mod prepare;
pub mod priority;
pub mod recipe;
mod registry;
pub mod remote;
pub mod report;
mod run;
mod select;
mod shape;
pub mod source;
mod spread;
mod stage;
mod trail;
pub mod view;

pub use error::{Error, Exit, Result};
pub use options::{LEAST_MEMORY, Options};
pub use prepare::Prepared;
pub use registry::{Home, Registered, Registry};
pub use report::Report;
pub use run::{Outcome, SourceFile, plan, run, target};
pub use trail::Step;
pub use unskew_expr::nearest;
