//! Work that takes long: it has a thread of its own, while Python's listens for the wish to stop and tells how far it is.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use pyo3::prelude::*;
use unskew_core::{Error, Exit, Result};
use unskew_io::Progress;

use crate::error::OrRaise;

/// How long Python's thread sleeps between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// What the two threads tell each other.
#[derive(Default)]
pub struct Line {
    stop: AtomicBool,
    pass: Mutex<&'static str>,
    done: AtomicU64,
    all: AtomicU64,
    over: Mutex<bool>,
    end: Condvar,
}

impl Progress for Line {
    fn begin(&self, pass: &'static str, bytes: u64) {
        let mut name = held(&self.pass);
        *name = pass;
        self.done.store(0, Ordering::Relaxed);
        self.all.store(bytes, Ordering::Relaxed);
    }

    fn advance(&self, bytes: u64) {
        self.done.fetch_add(bytes, Ordering::Relaxed);
    }

    fn interrupted(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

impl Line {
    fn hang_up(&self) {
        *held(&self.over) = true;
        self.end.notify_all();
    }

    /// Waits a moment, or until the work is over, and says whether it is.
    fn is_over(&self) -> bool {
        let over = held(&self.over);
        if *over {
            return true;
        }
        *self.end.wait_timeout(over, PAUSE).unwrap_or_else(PoisonError::into_inner).0
    }

    /// Tells `told`, a function of Python, how far the work is.
    fn tell(&self, py: Python<'_>, told: Option<&Py<PyAny>>) -> PyResult<()> {
        let Some(told) = told else { return Ok(()) };
        let pass = *held(&self.pass);
        if !pass.is_empty() {
            let (done, all) = (self.done.load(Ordering::Relaxed), self.all.load(Ordering::Relaxed));
            told.call1(py, (pass, done, all))?;
        }
        Ok(())
    }
}

/// Does `work` without holding Python up, and tells `told` how far it is. Ctrl-C ends it.
pub fn listening<T: Send>(
    py: Python<'_>,
    told: Option<&Py<PyAny>>,
    work: impl FnOnce(&Line) -> Result<T> + Send,
) -> PyResult<T> {
    let line = Line::default();
    thread::scope(|scope| {
        let worker = scope.spawn(|| {
            let answer = catch_unwind(AssertUnwindSafe(|| work(&line)));
            line.hang_up();
            answer.unwrap_or_else(|_| Err(Error::new(Exit::Fault, "this is a fault of ours")))
        });
        let heard = loop {
            let over = py.detach(|| line.is_over());
            let heard = py.check_signals().and_then(|()| line.tell(py, told));
            if over || heard.is_err() {
                break heard;
            }
        };
        line.stop.store(true, Ordering::Relaxed);
        let answer = py.detach(|| worker.join());
        heard?;
        answer.expect("a panic in the thread is caught in it").or_raise(py)
    })
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
