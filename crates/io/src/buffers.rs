//! Buffers that are used again, because fresh memory costs more than filling it.

use std::sync::Mutex;

/// Buffers that nobody uses at the moment.
#[derive(Debug, Default)]
pub(crate) struct Buffers(Mutex<Vec<Vec<u8>>>);

/// The largest buffer worth keeping.
const KEPT: usize = 8 << 20;

impl Buffers {
    /// A buffer with anything in it.
    pub(crate) fn take(&self) -> Vec<u8> {
        self.0.lock().expect("no thread panics while it holds the lock").pop().unwrap_or_default()
    }

    /// Gives a buffer back.
    pub(crate) fn give(&self, buffer: Vec<u8>) {
        if buffer.capacity() <= KEPT {
            self.0.lock().expect("no thread panics while it holds the lock").push(buffer);
        }
    }
}
