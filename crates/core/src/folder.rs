//! A folder that appears whole or not at all.

use std::{
    fs::{self, File},
    io::ErrorKind,
    path::{Path, PathBuf},
};

use crate::{Error, Exit, Result};

/// What tells a folder of ours from anybody else's.
pub const LOCK: &str = ".unskew/lock.json";

/// What a card is made of besides the written files: the report, the recipe as it was run, and the recipe's own template.
pub const REPORT: &str = ".unskew/report.json";
/// The recipe as it was run.
pub const RECIPE: &str = ".unskew/recipe.yaml";
/// The recipe's own template for the card, below `.unskew`.
pub const TEMPLATE: &str = "card.md.jinja";

/// Where a file of `.unskew` stands in a repository, which keeps those of each result apart, by its first config.
///
/// ```
/// use unskew_core::folder;
///
/// assert_eq!(folder::pushed(folder::LOCK, "kto"), ".unskew/kto/lock.json");
/// assert_eq!(folder::pushed("kto/train.jsonl", "kto"), "kto/train.jsonl");
/// ```
pub fn pushed(path: &str, config: &str) -> String {
    path.strip_prefix(".unskew/").map_or_else(|| path.to_owned(), |name| format!(".unskew/{config}/{name}"))
}

/// What the names of unfinished folders have in common.
const MARK: &str = ".unskew-";

/// How the name of the file ends that tells whether an unfinished folder is being worked on.
const ALIVE: &str = ".alive";

/// A folder in the making, beside the place it is for; it is gone when it is dropped.
#[derive(Debug)]
pub struct Staging {
    target: PathBuf,
    path: PathBuf,
    _alive: File,
}

impl Staging {
    /// Begins a folder that is to become `target`; `force` lets it replace a folder that is not ours.
    pub fn new(target: &Path, force: bool) -> Result<Self> {
        let fault = |error: std::io::Error| {
            Error::new(Exit::Usage, format!("cannot write to {}", target.display())).cause(error.to_string())
        };
        let target = behind_links(&std::path::absolute(target).map_err(fault)?)?;
        may_replace(&target, force)?;
        let (Some(parent), Some(name)) = (target.parent(), target.file_name()) else {
            return Err(Error::usage(format!("{} cannot be replaced", target.display())));
        };
        fs::create_dir_all(parent).map_err(fault)?;
        let prefix = format!(".{}{MARK}", name.to_string_lossy());
        sweep(parent, &prefix);
        for number in 0u32.. {
            let path = parent.join(format!("{prefix}{}-{number}", std::process::id()));
            if let Some(alive) = claim(&path).map_err(fault)? {
                let staging = Self { target, path, _alive: alive };
                fs::create_dir_all(staging.path.join(".unskew")).map_err(fault)?;
                return Ok(staging);
            }
        }
        Err(Error::new(Exit::Fault, format!("there is no free name beside {}", target.display())))
    }

    /// Where the folder stands until it is finished.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the folder will stand.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Puts the folder into its place, in one step; what stood there before is gone. With `sync` the folders are
    /// on the disk when this returns.
    pub fn publish(self, sync: bool) -> Result<PathBuf> {
        let fault = |error: std::io::Error| Error::unwritable(&self.target, &error);
        if sync {
            sync_folders(&self.path).map_err(fault)?;
        }
        match fs::rename(&self.path, &self.target) {
            Ok(()) => {}
            Err(_) if self.target.exists() => self.exchange().map_err(fault)?,
            Err(error) => return Err(fault(error)),
        }
        if let (true, Some(parent)) = (sync, self.target.parent()) {
            File::open(parent).and_then(|parent| parent.sync_all()).map_err(fault)?;
        }
        Ok(self.target.clone())
    }

    /// Swaps the new folder with the one that stands in its place; dropping `self` removes the old one.
    fn exchange(&self) -> std::io::Result<()> {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        let swapped = renameat_with(CWD, &self.path, CWD, &self.target, RenameFlags::EXCHANGE);
        if swapped.is_ok() {
            return Ok(());
        }
        // A file system that cannot swap: for a moment neither folder stands in the place.
        let mut aside = self.path.clone().into_os_string();
        aside.push("-old");
        fs::rename(&self.target, &aside)?;
        fs::rename(&self.path, &self.target)?;
        fs::remove_dir_all(&aside)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
        let _ = fs::remove_file(sign(&self.path));
    }
}

/// The folder that `target` names, or leads to if it is a link, which then stays.
fn behind_links(target: &Path) -> Result<PathBuf> {
    if !target.is_symlink() {
        return Ok(target.to_path_buf());
    }
    fs::canonicalize(target).map_err(|error| {
        Error::usage(format!("{} is a link that leads nowhere", target.display()))
            .cause(error.to_string())
            .hint("make the folder that it leads to, or name another with `--out`")
    })
}

/// Whether a folder may be written to `target`.
fn may_replace(target: &Path, force: bool) -> Result<()> {
    if !target.exists() {
        return Ok(());
    }
    let shown = target.display();
    if !target.is_dir() {
        return Err(Error::usage(format!("{shown} is a file")).hint("name a folder"));
    }
    let inside = |folder: std::io::Result<PathBuf>| folder.is_ok_and(|folder| folder.starts_with(target));
    if inside(std::env::current_dir()) {
        return Err(Error::usage(format!("{shown} is the folder we are in")).hint("name a folder of its own"));
    }
    let empty = fs::read_dir(target).is_ok_and(|mut entries| entries.next().is_none());
    if empty || force || target.join(LOCK).is_file() {
        return Ok(());
    }
    Err(Error::usage(format!("{shown} is not empty, and unskew did not make it"))
        .hint("name another folder with `--out`, or replace it with `--force`"))
}

/// The file that is locked as long as somebody works on the unfinished folder at `path`. It stands beside the folder,
/// so that it need not go before the folder is in its place.
fn sign(path: &Path) -> PathBuf {
    let mut sign = path.to_path_buf().into_os_string();
    sign.push(ALIVE);
    sign.into()
}

/// Claims the name `path` for an unfinished folder; none if somebody else has it.
fn claim(path: &Path) -> std::io::Result<Option<File>> {
    let sign = sign(path);
    let alive = match File::create_new(&sign) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(None),
        alive => alive?,
    };
    alive.lock()?;
    // Between the two steps somebody may have taken the file for a dead one's.
    Ok((sign.exists() && !path.exists()).then_some(alive))
}

/// Removes what killed runs left behind.
fn sweep(parent: &Path, prefix: &str) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with(prefix) {
            continue;
        }
        let path = parent.join(name.trim_end_matches(ALIVE));
        let sign = sign(&path);
        match File::open(&sign) {
            Ok(alive) if alive.try_lock().is_ok() => {
                let _ = fs::remove_dir_all(&path);
                let _ = fs::remove_file(&sign);
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let _ = fs::remove_dir_all(&path);
            }
            _ => {}
        }
    }
}

fn sync_folders(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_folders(&entry.path())?;
        } else {
            File::open(entry.path())?.sync_all()?;
        }
    }
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn publish(target: &Path, text: &str) -> PathBuf {
        let staging = Staging::new(target, false).unwrap();
        fs::write(staging.path().join("x"), text).unwrap();
        fs::write(staging.path().join(LOCK), "{}").unwrap();
        staging.publish(true).unwrap()
    }

    #[test]
    fn a_folder_appears_whole_and_replaces_its_own_kind() {
        let parent = tempfile::tempdir().unwrap();
        let target = parent.path().join("a/out");
        drop(Staging::new(&target, false).unwrap());
        assert!(!target.exists());
        publish(&target, "one");
        publish(&target, "two");
        assert_eq!(fs::read_to_string(target.join("x")).unwrap(), "two");
        assert_eq!(fs::read_dir(target.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_not_ours_stays() {
        let parent = tempfile::tempdir().unwrap();
        let target = parent.path().join("mine");
        fs::create_dir(&target).unwrap();
        drop(Staging::new(&target, false).unwrap());
        fs::write(target.join("thesis.txt"), "").unwrap();
        assert_eq!(Staging::new(&target, false).unwrap_err().exit(), Exit::Usage);
        drop(Staging::new(&target, true).unwrap());
        assert!(target.join("thesis.txt").exists());
        assert!(Staging::new(&target.join("thesis.txt"), true).is_err());
        assert!(Staging::new(Path::new("."), true).is_err());
    }

    #[test]
    fn a_link_stays_and_what_it_leads_to_is_replaced() {
        let parent = tempfile::tempdir().unwrap();
        let (target, link) = (parent.path().join("disk/out"), parent.path().join("out"));
        publish(&target, "one");
        std::os::unix::fs::symlink("disk/out", &link).unwrap();
        publish(&link, "two");
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(target.join("x")).unwrap(), "two");
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 2);
        assert_eq!(fs::read_dir(parent.path().join("disk")).unwrap().count(), 1);
        fs::remove_dir_all(&target).unwrap();
        assert_eq!(Staging::new(&link, true).unwrap_err().exit(), Exit::Usage);
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 2);
    }

    #[test]
    fn leftovers_of_the_dead_are_swept_and_the_living_are_left_alone() {
        let parent = tempfile::tempdir().unwrap();
        let target = parent.path().join("out");
        let dead = parent.path().join(".out.unskew-1-0");
        fs::create_dir(&dead).unwrap();
        fs::write(sign(&dead), "").unwrap();
        let unsigned = parent.path().join(".out.unskew-3-0-old");
        fs::create_dir(&unsigned).unwrap();
        let alive = parent.path().join(".out.unskew-2-0");
        fs::create_dir(&alive).unwrap();
        let lock = File::create(sign(&alive)).unwrap();
        lock.lock().unwrap();
        drop(Staging::new(&target, false).unwrap());
        assert!(!dead.exists() && !sign(&dead).exists() && !unsigned.exists());
        assert!(alive.exists() && sign(&alive).exists());
    }

    #[test]
    fn two_runs_for_one_place_do_not_disturb_each_other() {
        let parent = tempfile::tempdir().unwrap();
        let target = parent.path().join("out");
        let first = Staging::new(&target, false).unwrap();
        let second = Staging::new(&target, false).unwrap();
        for (staging, text) in [(&first, "one"), (&second, "two")] {
            fs::write(staging.path().join("x"), text).unwrap();
            fs::write(staging.path().join(LOCK), "{}").unwrap();
        }
        first.publish(false).unwrap();
        assert_eq!(fs::read_to_string(target.join("x")).unwrap(), "one");
        second.publish(false).unwrap();
        assert_eq!(fs::read_to_string(target.join("x")).unwrap(), "two");
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 1);
    }
}
