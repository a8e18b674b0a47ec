//! Finding the programs that are installed.

use std::{
    collections::BTreeSet,
    env, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// What the names of programs begin with that are strategies.
pub const PREFIX: &str = "unskew-strategy-";

/// The strategies among the programs in the folders of `PATH`, by name. One that can be reached in several ways comes once.
pub fn installed() -> Vec<(String, PathBuf)> {
    let folders = env::var_os("PATH").unwrap_or_default();
    // What a relative folder means is for the folder to decide that one happens to be in.
    let folders = env::split_paths(&folders).filter(|folder| folder.is_absolute());
    let entries = folders.filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
    let mut seen = BTreeSet::new();
    let mut found = vec![];
    for path in entries.map(|entry| entry.path()) {
        let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_prefix(PREFIX));
        let Some(name) = name.filter(|name| is_plain(name) && is_executable(&path)) else { continue };
        if fs::canonicalize(&path).is_ok_and(|real| seen.insert((name.to_owned(), real))) {
            found.push((name.to_owned(), path));
        }
    }
    found.sort();
    found
}

/// Whether a strategy may be called `name`.
pub fn is_plain(name: &str) -> bool {
    let plain =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "-_".contains(letter);
    !name.is_empty() && name.chars().all(plain)
}

fn is_executable(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}
