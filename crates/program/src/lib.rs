//! Strategies that are programs of their own, in any language.
//!
//! A program is called with one word, `describe`, `needs` or `run`, reads its standard input and writes its standard output;
//! [`PROTOCOL.md`](https://github.com/unskew/unskew/blob/main/crates/program/PROTOCOL.md) says exactly what. [`Program`] is
//! the host's side of it: a [`Plugin`](unskew_strategy::Plugin) like any other. [`serve`] is the other side for programs in
//! Rust: it makes one of any plugin.
//!
//! ```no_run
//! use std::path::Path;
//!
//! use unskew_program::{Limits, Program};
//! use unskew_strategy::laws;
//!
//! let program = Program::open(Path::new("./unskew-strategy-top"), Limits::default())?;
//! assert_eq!(laws::check(&program), Ok(()));
//! # Ok::<(), unskew_strategy::Error>(())
//! ```

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod answer;
mod head;
mod installed;
mod options;
mod process;
mod program;
mod request;
mod serve;
mod table;

pub use answer::read as read_answer;
pub use installed::{PREFIX, installed, is_plain};
pub use process::Limits;
pub use program::Program;
pub use serve::serve;
pub use table::Wire;

#[cfg(test)]
mod tests;
