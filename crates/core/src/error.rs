//! What can go wrong, in words for a person and a number for a program.

use std::{fmt, io, path::Path};

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

    /// A plugin that failed.
    pub fn of_plugin(name: &str, error: &unskew_strategy::Error) -> Self {
        let failed = Self::new(Exit::Plugin, format!("the strategy `{name}` failed: {error}"));
        failed.saying(error)
    }

    /// The same error, with what a strategy says of its own.
    pub fn saying(self, of: &unskew_strategy::Error) -> Self {
        let error = of.causes().iter().fold(self, Self::cause);
        of.hints().iter().fold(error, Self::hint)
    }

    /// A file or a folder that cannot be written: a fault of ours, unless there is no room for it.
    pub fn unwritable(path: &Path, error: &io::Error) -> Self {
        let message = format!("cannot write {}", path.display());
        Self::new(exit_of_writing(error), message).cause(error.to_string()).hints_at_room(error)
    }

    fn hints_at_room(self, error: &io::Error) -> Self {
        if is_full(error) {
            self.hint("make room on the disk, or name a folder on another one with `--out`")
        } else {
            self
        }
    }

    /// The same error, which ends the process with `exit`.
    pub fn exiting(self, exit: Exit) -> Self {
        Self { exit, ..self }
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
            Io::Io { action: "write", source, .. } => exit_of_writing(source),
            Io::Io { .. } | Io::Changed { .. } | Io::Remote { .. } => Exit::Source,
            Io::Interrupted => Exit::Interrupted,
            Io::Path { .. } => Exit::Usage,
            _ => Exit::Data,
        };
        let mut new = Self::new(exit, error.to_string());
        if let Io::Io { action: "write", source, .. } = &error {
            new = new.hints_at_room(source);
        }
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

fn exit_of_writing(error: &io::Error) -> Exit {
    if is_full(error) { Exit::Data } else { Exit::Fault }
}

/// Whether there is no room for what is written.
fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}

impl From<arrow::error::ArrowError> for Error {
    fn from(error: arrow::error::ArrowError) -> Self {
        Self::new(Exit::Fault, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_no_fault_of_ours() {
        let exit = |number, action| {
            let source = io::Error::from_raw_os_error(number);
            let error: Error = unskew_io::Error::Io { action, path: "out".into(), source }.into();
            (error.exit(), error.hints().len())
        };
        let (no_space, no_quota, wrong) = (28, 122, 5);
        assert_eq!(exit(no_space, "write"), (Exit::Data, 1));
        assert_eq!(exit(no_quota, "write"), (Exit::Data, 1));
        assert_eq!(exit(wrong, "write"), (Exit::Fault, 0));
        assert_eq!(exit(wrong, "read"), (Exit::Source, 0));
    }
}
