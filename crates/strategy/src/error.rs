//! What a strategy says when it cannot do what it was asked.

use std::fmt;

/// What a strategy's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    message: String,
    option: Option<String>,
    failed: bool,
    causes: Vec<String>,
    hints: Vec<String>,
}

impl Error {
    /// The data do not allow what the options ask for.
    pub fn data(message: impl Into<String>) -> Self {
        Self { message: message.into(), option: None, failed: false, causes: vec![], hints: vec![] }
    }

    /// An option makes no sense, whatever the data are; `option` is the path to it: `counts.math`.
    pub fn option(option: impl Into<String>, message: impl Into<String>) -> Self {
        Self { option: Some(option.into()), ..Self::data(message) }
    }

    /// The plugin itself failed, whatever the options and the data are: it crashed, or what it answered is nonsense.
    pub fn failed(message: impl Into<String>) -> Self {
        Self { failed: true, ..Self::data(message) }
    }

    /// Adds why it went wrong.
    pub fn cause(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// Adds advice.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The same error, where the option at fault is part of the option `outer`.
    ///
    /// ```
    /// use unskew_strategy::Error;
    ///
    /// let error = Error::option("math", "is not a number").within("counts");
    /// assert_eq!(error.option_path(), Some("counts.math"));
    /// ```
    pub fn within(mut self, outer: &str) -> Self {
        self.option = self.option.map(|inner| match inner.as_str() {
            "" => outer.to_owned(),
            inner if inner.starts_with('[') => format!("{outer}{inner}"),
            inner => format!("{outer}.{inner}"),
        });
        self
    }

    /// The option at fault, if one is; empty if it is the options as a whole.
    pub fn option_path(&self) -> Option<&str> {
        self.option.as_deref()
    }

    /// Whether the plugin itself failed.
    pub fn is_failure(&self) -> bool {
        self.failed
    }

    /// Why it went wrong.
    pub fn causes(&self) -> &[String] {
        &self.causes
    }

    /// The advice.
    pub fn hints(&self) -> &[String] {
        &self.hints
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<arrow::error::ArrowError> for Error {
    fn from(error: arrow::error::ArrowError) -> Self {
        Self::data(error.to_string())
    }
}
