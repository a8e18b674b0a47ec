//! What can go wrong, in words for a person and a number for a program.

use std::fmt;

/// What this crate's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// How a process ends; the numbers are a promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// A fault of ours.
    Fault = 1,
    /// Usage or recipe.
    Usage = 2,
    /// A source cannot be read.
    Source = 3,
    /// The data do not fit.
    Data = 4,
    /// The Hub refused, or somebody else was faster.
    Hub = 5,
    /// A check failed.
    Check = 6,
    /// A plugin failed.
    Plugin = 7,
    /// The user wanted to stop.
    Interrupted = 130,
}

/// What went wrong, where, why, and what to do about it.
#[derive(Debug, Clone)]
pub struct Error {
    exit: Exit,
    message: String,
    snippet: Option<String>,
    causes: Vec<String>,
    hints: Vec<String>,
}

impl Error {
    /// An error that ends the process with `exit`.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), snippet: None, causes: vec![], hints: vec![] }
    }

    /// A mistake in the recipe or in the way the program was called.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Data that do not fit what was asked for.
    pub fn data(message: impl Into<String>) -> Self {
        Self::new(Exit::Data, message)
    }

    /// Adds the lines that are at fault, with a caret.
    pub fn snippet(mut self, snippet: impl Into<String>) -> Self {
        self.snippet = Some(snippet.into());
        self
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

    /// Adds the advice that `nearest` is, if there is any.
    pub fn suggest(self, nearest: Option<&str>) -> Self {
        match nearest {
            Some(name) => self.hint(format!("did you mean `{name}`?")),
            None => self,
        }
    }

    /// How the process should end.
    pub fn exit(&self) -> Exit {
        self.exit
    }

    /// The advice.
    pub fn hints(&self) -> &[String] {
        &self.hints
    }

    /// The whole message as it goes to a terminal, without a last line end.
    ///
    /// ```
    /// let error = unskew_core::Error::usage("there is no strategy `cpa`").suggest(Some("cap"));
    /// assert_eq!(error.render(), "error: there is no strategy `cpa`\nhint: did you mean `cap`?");
    /// ```
    pub fn render(&self) -> String {
        let mut out = format!("error: {}", self.message);
        if let Some(part) = &self.snippet {
            out.push('\n');
            out.push_str(part);
        }
        for cause in &self.causes {
            out.push_str("\n  cause: ");
            out.push_str(cause);
        }
        for hint in &self.hints {
            out.push_str("\nhint: ");
            out.push_str(hint);
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

impl From<unskew_io::Error> for Error {
    fn from(error: unskew_io::Error) -> Self {
        use unskew_io::Error as Io;
        let exit = match &error {
            Io::Io { action: "write", .. } => Exit::Fault,
            Io::Io { .. } | Io::Changed { .. } => Exit::Source,
            Io::Interrupted => Exit::Interrupted,
            Io::Path { .. } => Exit::Usage,
            _ => Exit::Data,
        };
        let mut new = Self::new(exit, error.to_string());
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            new = new.cause(cause.to_string());
            source = cause.source();
        }
        match error.hint() {
            Some(hint) => new.hint(hint),
            None => new,
        }
    }
}

impl From<arrow::error::ArrowError> for Error {
    fn from(error: arrow::error::ArrowError) -> Self {
        Self::new(Exit::Fault, error.to_string())
    }
}
