//! What a commit changes, and whether everybody can still read what was there.

use std::collections::BTreeSet;

use unskew_card::{
    README,
    check::{LEGACY, OVERLAY},
    merge,
};
use unskew_core::{
    Error, Exit, Result,
    configs::{Metadata, find},
};
use unskew_io::Format;

use super::{
    Action, Operation, Target,
    after::After,
    before::Before,
    folder::{Folder, Local},
    there::There,
};

/// A commit in the making.
pub(super) struct Plan {
    /// The card as it will be.
    pub(super) card: String,
    /// The files, with what becomes of each.
    files: Vec<(Action, Local)>,
    /// The files that go away, with their sizes.
    pub(super) gone: Vec<(String, u64)>,
}

impl Plan {
    pub(super) fn new(folder: &Folder, there: &There, target: &Target) -> Result<Self> {
        let before = Before::new(folder, there, target)?;
        before.no_strangers()?;
        let card = merge(before.card()?.as_deref(), &folder.card)?;
        let readme = Local::of_text(README, card.clone());
        let files = folder.files.iter().cloned().chain([readme]).map(|file| (action(&file, there), file));
        let mut plan = Self { card, files: files.collect(), gone: before.gone() };
        plan.files.sort_by(|(_, one), (_, other)| one.path.cmp(&other.path));
        plan.can_be_read(folder, there, target)?;
        Ok(plan)
    }

    /// Whether there is anything to do.
    pub(super) fn changes(&self) -> bool {
        !self.gone.is_empty() || self.files.iter().any(|(action, _)| *action != Action::Keep)
    }

    /// Whether there is anything to do about the card.
    pub(super) fn changes_card(&self) -> bool {
        self.files.iter().any(|(action, file)| file.path == README && *action != Action::Keep)
    }

    /// The files that are not there yet.
    pub(super) fn changed(&self) -> Vec<&Local> {
        self.files.iter().filter(|(action, _)| *action != Action::Keep).map(|(_, file)| file).collect()
    }

    /// What becomes of each file.
    pub(super) fn operations(&self) -> Vec<Operation> {
        let file = |(action, file): &(Action, Local)| Operation {
            action: *action,
            path: file.path.clone(),
            size: file.size,
        };
        let gone = |(path, size): &(String, u64)| Operation {
            action: Action::Delete,
            path: path.clone(),
            size: *size,
        };
        self.files.iter().map(file).chain(self.gone.iter().map(gone)).collect()
    }

    /// Refuses what `load_dataset` could not read afterwards, or what would be read as a part of ours.
    fn can_be_read(&self, folder: &Folder, there: &There, target: &Target) -> Result<()> {
        let id = target.repository.id();
        let gone: BTreeSet<&str> = self.gone.iter().map(|(path, _)| path.as_str()).collect();
        let stay = there.files.iter().filter(|file| !gone.contains(file.path.as_str()));
        let ours = self.files.iter().map(|(_, file)| file.path.as_str());
        let paths: BTreeSet<&str> = stay.clone().map(|file| file.path.as_str()).chain(ours).collect();
        let paths: Vec<&str> = paths.into_iter().collect();
        let mut metadata = Metadata::of_card(README, &self.card)?;
        if let Some(overlay) = &there.overlay {
            metadata = metadata.with_yaml(OVERLAY, overlay)?;
        }
        let configs = folder.configs();
        if let Some(hidden) =
            configs.iter().find(|config| !metadata.config_names().any(|name| name == *config))
        {
            return Err(broken(format!("`{OVERLAY}` of {id} hides the config `{hidden}`"))
                .hint("take the `configs` out of it, or push to another repository"));
        }
        for name in metadata.config_names() {
            // What is not found is told below.
            let Ok(found) = find(id, &paths, &metadata, Some(name), &[]) else { continue };
            one_format(folder, (id, name), &found.files())?;
            if let Some(left) = left_over(folder, name, &found.files()) {
                return Err(broken(format!(
                    "config `{name}` of {id} would read {left}, too, which is not of this run"
                ))
                .hint("delete it there, or give the config another name: `--set output.config=NAME`"));
            }
        }
        let mut after = After::default();
        for file in stay {
            let known = [(OVERLAY, &there.overlay), (LEGACY, &there.legacy)];
            let text = known.iter().find(|(path, _)| *path == file.path).and_then(|(_, text)| text.as_ref());
            after.stays(&file.path, file.size, text);
        }
        self.files.iter().for_each(|(_, file)| after.comes(file));
        after.can_be_loaded(id, &configs)
    }
}

/// Refuses a config whose files are of another format than ours: `load_dataset` takes the format of one config for that of
/// all.
fn one_format(folder: &Folder, (id, config): (&str, &str), files: &[&str]) -> Result<()> {
    let format = |path: &str| Format::of(path).map(|(format, _)| format);
    let ours = folder.lock.files.first().and_then(|file| format(&file.path));
    let Some(other) = files.iter().find(|path| format(path) != ours) else { return Ok(()) };
    let form = if other.contains(".parquet") { "parquet" } else { "jsonl" };
    Err(broken(format!("{id} has files of another format, and `load_dataset` reads one only"))
        .cause(format!("config `{config}` has {other}"))
        .hint(format!("run with `--set output.format={form}`, or push to another repository")))
}

/// A file that our config called `name` would read though it is none of ours.
fn left_over<'a>(folder: &Folder, name: &str, read: &[&'a str]) -> Option<&'a str> {
    let ours = |path: &str| folder.lock.files.iter().any(|file| file.path == path);
    let config = folder.configs().iter().any(|config| config == name);
    read.iter().copied().find(|path| config && !ours(path))
}

fn broken(message: String) -> Error {
    Error::new(Exit::Hub, message)
}

/// What becomes of a file.
pub(super) fn action(file: &Local, there: &There) -> Action {
    match there.file(&file.path) {
        None => Action::Add,
        Some(other) => {
            let same = match &other.sha256 {
                Some(sha256) => *sha256 == file.sha256,
                None => other.git == file.git,
            };
            if same { Action::Keep } else { Action::Replace }
        }
    }
}
