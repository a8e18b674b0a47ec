//! How much memory a scan may take.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::{Error, Result};

/// What a scan may hold, counted by all of its threads; by default there is no bound.
///
/// What is taken is never given back: columns are merged beside their parts, and memory that small parts leave behind
/// is of little use for large columns. So whether a scan fits does not depend on which thread was faster.
#[derive(Debug)]
pub(crate) struct Budget {
    room: Room,
    taken: AtomicU64,
}

/// The memory there is for one thing under way: a row, a page, what a file says of itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room {
    memory: u64,
}

impl Default for Room {
    fn default() -> Self {
        Self { memory: u64::MAX }
    }
}

impl Room {
    /// All of `memory`.
    pub(crate) fn of(memory: u64) -> Self {
        Self { memory }
    }

    /// The most bytes that it may take: half of the memory, because what is made of it stands beside it.
    pub(crate) fn most(self) -> u64 {
        self.memory / 2
    }

    /// Refuses `what` if it takes more.
    pub(crate) fn check(self, bytes: u64, what: impl FnOnce() -> String) -> Result<()> {
        if bytes > self.most() { Err(self.excess(what())) } else { Ok(()) }
    }

    /// How many bytes each of the threads may hold of what it could read again.
    pub(crate) fn ahead(self) -> u64 {
        self.memory / 4 / rayon::current_num_threads() as u64
    }

    fn excess(self, what: String) -> Error {
        Error::Memory { what, available: self.memory }
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self::new(None)
    }
}

impl Budget {
    pub(crate) fn new(memory: Option<u64>) -> Self {
        let room = memory.map_or_else(Room::default, Room::of);
        Self { room, taken: AtomicU64::new(0) }
    }

    /// Takes `bytes` for narrow columns; an error if they are not left, then and from then on.
    pub(crate) fn take(&self, bytes: u64) -> Result<()> {
        let taken = self.taken.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        if taken > self.room.memory { Err(self.room.excess("the narrow columns".to_owned())) } else { Ok(()) }
    }

    /// The memory there is for one thing under way.
    pub(crate) fn room(&self) -> Room {
        self.room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_stays_taken() {
        let budget = Budget::new(Some(100));
        budget.take(100).unwrap();
        assert!(matches!(budget.take(1), Err(Error::Memory { available: 100, .. })));
        assert!(budget.take(0).is_err());
        budget.room().check(50, String::new).unwrap();
        assert!(budget.room().check(51, String::new).is_err());
        Budget::default().take(1 << 60).unwrap();
    }
}
