//! Our errors as Python's.

use pyo3::{exceptions::PyKeyboardInterrupt, prelude::*};
use unskew_core::{Error, Exit};

/// The exception that tells what `error` does, in the same words.
pub fn exception(py: Python<'_>, error: &Error) -> PyErr {
    if error.exit() == Exit::Interrupted {
        return PyKeyboardInterrupt::new_err(());
    }
    let text = unskew_cli::harmless_lines(&error.render());
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let made = py
        .import("unskew.errors")
        .and_then(|module| module.getattr("made")?.call1((error.exit() as u8, text, error.hints().to_vec())));
    made.map_or_else(|error| error, PyErr::from_value)
}

/// Makes a function's answer one that Python takes.
pub trait OrRaise<T> {
    /// The value, or the error as an exception.
    fn or_raise(self, py: Python<'_>) -> PyResult<T>;
}

impl<T, E: Into<Error>> OrRaise<T> for Result<T, E> {
    fn or_raise(self, py: Python<'_>) -> PyResult<T> {
        self.map_err(|error| exception(py, &error.into()))
    }
}
