//! What can be wrong with an expression.

use std::{fmt, ops::Range};

/// What this crate's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What is wrong with an expression, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// What is wrong.
    pub message: String,
    /// The expression.
    pub text: String,
    /// Which bytes of it are at fault, if that is known.
    pub span: Option<Range<usize>>,
    /// What to do about it.
    pub hints: Vec<String>,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
