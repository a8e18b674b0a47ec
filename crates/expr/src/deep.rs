//! Room to walk deep trees, which every step from text to values does by recursion.

use std::{panic::resume_unwind, thread};

/// How deep a tree may be to be walked on any thread's stack.
const SHALLOW: usize = 16;

/// More bytes of stack than a level takes in any step, in builds without optimisation too.
const LEVEL: usize = 128 << 10;

/// Runs `work`, which recurses about as deep as `levels`.
pub(crate) fn run<T: Send>(levels: usize, work: impl FnOnce() -> T + Send) -> T {
    if levels <= SHALLOW {
        return work();
    }
    thread::scope(|scope| {
        let worker = thread::Builder::new().stack_size(levels * LEVEL).spawn_scoped(scope, work);
        let worker = worker.expect("the system has a thread to spare");
        worker.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}
