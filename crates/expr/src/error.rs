//! What can be wrong with an expression.

use std::{
    fmt::{self, Write},
    ops::Range,
};

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

impl Error {
    /// An error about a part of `text`.
    pub(crate) fn new(message: impl Into<String>, text: &str, span: Option<Range<usize>>) -> Self {
        Self { message: message.into(), text: text.to_owned(), span, hints: vec![] }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The message, the line of the expression at fault with carets under the fault, and the hints.
    ///
    /// ```
    /// use unskew_expr::{Expression, Names};
    ///
    /// let error = Expression::parse("uper(task)", &Names::default()).unwrap_err();
    /// assert_eq!(error.render(), "\
    /// there is no function `uper`
    ///   uper(task)
    ///   ^^^^
    /// hint: did you mean `upper`?");
    /// ```
    pub fn render(&self) -> String {
        let mut out = self.message.clone();
        let span = self.span.as_ref().filter(|span| self.text.get((*span).clone()).is_some());
        if let Some(span) = span {
            let start = self.text[..span.start].rfind('\n').map_or(0, |newline| newline + 1);
            let end =
                self.text[span.start..].find('\n').map_or(self.text.len(), |length| span.start + length);
            let indent: String = self.text[start..span.start]
                .chars()
                .map(|letter| if letter == '\t' { '\t' } else { ' ' })
                .collect();
            let width = self.text[span.start..span.end.min(end).max(span.start)].chars().count().max(1);
            let _ = write!(out, "\n  {}\n  {indent}{}", &self.text[start..end], "^".repeat(width));
        } else {
            let _ = write!(out, "\n  {}", self.text);
        }
        for hint in &self.hints {
            let _ = write!(out, "\nhint: {hint}");
        }
        out
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
