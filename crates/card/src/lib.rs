//! What every run writes about itself: the lock, which pins it, and the card, which tells it.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod card;
mod features;
mod lock;
mod verify;

use std::path::PathBuf;

pub use card::card;
pub use lock::{LOCK_VERSION, Lock, LockedFile, LockedPlugin, LockedSource, LockedStep};
use unskew_core::{Error, Outcome, Result};
pub use verify::{About, Difference, Pinned, Verdict, differences, read_lock, verify};

/// Writes lock and card into a finished folder and puts it into its place.
pub fn finish(outcome: Outcome, sync: bool) -> Result<PathBuf> {
    let write = |name: &str, text: &str| {
        let path = outcome.staging.path().join(name);
        std::fs::write(&path, text).map_err(|error| Error::unwritable(&path, &error))
    };
    write(unskew_core::folder::LOCK, &Lock::of(&outcome).to_json())?;
    write("README.md", &card(&outcome)?)?;
    outcome.staging.publish(sync)
}
