//! What a folder says about itself: the lock, which pins it, the card, which tells it, and whether it can be loaded.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod balance;
mod card;
mod chart;
pub mod check;
mod configs;
mod escape;
mod example;
mod lock;
mod merge;
mod quick_start;
mod sources;
mod structure;
mod verify;
mod yaml;

use std::{
    fs,
    path::{Path, PathBuf},
};

pub use card::{Card, Place, Repo};
pub use escape::shell_word;
pub use lock::{LOCK_VERSION, Lock, LockedFile, LockedPlugin, LockedSource, LockedStep};
pub use merge::{merge, with_configs, without_configs};
pub use sources::license_doubt;
use unskew_core::{Error, Outcome, Result};
pub use verify::{
    About, Difference, Pinned, Verdict, changed, differences, read_lock, require_plugins, results, verify,
};

/// The file that holds the card.
pub const README: &str = "README.md";

/// Writes lock and card into a finished folder and puts it into its place.
pub fn finish(outcome: Outcome, sync: bool) -> Result<PathBuf> {
    let folder = outcome.staging.path();
    write(folder, unskew_core::folder::LOCK, &Lock::of(&outcome).to_json())?;
    let name = outcome.staging.target().file_name().map(|name| name.to_string_lossy().into_owned());
    let card = Card::of_folder(folder, &Place { name: name.unwrap_or_default(), repo: None })?;
    write_card(folder, &card, None)?;
    outcome.staging.publish(sync)
}

/// Renders the card of the folder at `folder` again, from what stands in it. Text that is not ours stays.
pub fn renew(folder: &Path, repo: Option<Repo>) -> Result<()> {
    let whole = fs::canonicalize(folder).map_err(|error| unreadable(folder, &error))?;
    let name = whole.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let card = Card::of_folder(folder, &Place { name, repo })?;
    let readme = folder.join(README);
    let existing = match fs::read_to_string(&readme) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(unreadable(&readme, &error)),
    };
    write_card(folder, &card, existing.as_deref())
}

fn write_card(folder: &Path, card: &Card, existing: Option<&str>) -> Result<()> {
    for (name, content) in &card.assets {
        write(folder, name, content)?;
    }
    write(folder, README, &merge(existing, card)?)
}

fn write(folder: &Path, name: &str, text: &str) -> Result<()> {
    let path = folder.join(name);
    let parent = path.parent().unwrap_or(folder);
    fs::create_dir_all(parent)
        .and_then(|()| fs::write(&path, text))
        .map_err(|error| Error::unwritable(&path, &error))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::new(unskew_core::Exit::Source, format!("cannot read {}", path.display())).cause(error.to_string())
}
