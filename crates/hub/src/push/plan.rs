//! What a commit changes, and whether everybody can still read what was there.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use unskew_card::{README, merge, with_configs};
use unskew_core::{
    Error, Exit, Result,
    configs::{Metadata, find},
};
use unskew_io::Format;

use super::{
    Action, Operation, Target,
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
        no_strangers(folder, there, target)?;
        let base = base(folder, there, target)?;
        let card = merge(base.as_deref(), &folder.card)?;
        let readme = Local::of_text(README, card.clone());
        let files = folder.files.iter().cloned().chain([readme]).map(|file| (action(&file, there), file));
        let mut plan = Self { card, files: files.collect(), gone: gone(folder, there) };
        plan.files.sort_by(|(_, one), (_, other)| one.path.cmp(&other.path));
        plan.can_be_read(folder, there, target)?;
        Ok(plan)
    }

    /// Whether there is anything to do.
    pub(super) fn changes(&self) -> bool {
        !self.gone.is_empty() || self.files.iter().any(|(action, _)| *action != Action::Keep)
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

    /// Refuses what `load_dataset` could not read afterwards: it takes the format of one config for that of all.
    fn can_be_read(&self, folder: &Folder, there: &There, target: &Target) -> Result<()> {
        let id = target.repository.id();
        let gone: BTreeSet<&str> = self.gone.iter().map(|(path, _)| path.as_str()).collect();
        let stay = there.files.iter().map(|file| file.path.as_str()).filter(|path| !gone.contains(path));
        let paths: BTreeSet<&str> =
            stay.chain(self.files.iter().map(|(_, file)| file.path.as_str())).collect();
        let paths: Vec<&str> = paths.into_iter().collect();
        let mut metadata = Metadata::of_card(README, &self.card)?;
        if let Some(overlay) = &there.overlay {
            metadata = metadata.with_yaml(".huggingface.yaml", overlay)?;
        }
        let format = |path: &str| Format::of(path).map(|(format, _)| format);
        let ours = folder.lock.files.first().and_then(|file| format(&file.path));
        let configs = folder.configs();
        if let Some(hidden) =
            configs.iter().find(|config| !metadata.config_names().any(|name| name == *config))
        {
            return Err(broken(format!("`.huggingface.yaml` of {id} hides the config `{hidden}`"))
                .hint("take the `configs` out of it, or push to another repository"));
        }
        for name in metadata.config_names() {
            let found = find(id, &paths, &metadata, Some(name), &[]).map_err(|error| {
                broken(format!("`load_dataset` could not read {id} afterwards"))
                    .cause(error.to_string())
                    .hint("mend the configs in its README.md, or push to another repository")
            })?;
            if let Some(left) = left_over(folder, name, &found.files()) {
                return Err(broken(format!(
                    "config `{name}` of {id} would read {left}, too, which is not of this run"
                ))
                .hint("delete it there, or give the config another name: `--set output.config=NAME`"));
            }
            let other = found.files().into_iter().find(|path| format(path) != ours);
            if let Some(other) = other {
                let form = if other.contains(".parquet") { "parquet" } else { "jsonl" };
                return Err(broken(format!(
                    "{id} has files of another format, and `load_dataset` reads one only"
                ))
                .cause(format!("config `{name}` has {other}"))
                .hint(format!("run with `--set output.format={form}`, or push to another repository")));
            }
        }
        match find(id, &paths, &metadata, None, &[]) {
            Ok(_) => Ok(()),
            Err(error) => Err(broken(error.to_string())),
        }
    }
}

/// A file that our config called `name` would read though it is none of ours: the lock there is that of another recipe.
fn left_over<'a>(folder: &Folder, name: &str, read: &[&'a str]) -> Option<&'a str> {
    let ours = |path: &str| folder.lock.files.iter().any(|file| file.path == path);
    let config = folder.configs().iter().any(|config| config == name);
    read.iter().copied().find(|path| config && !ours(path))
}

fn broken(message: String) -> Error {
    Error::new(Exit::Hub, message)
}

fn action(file: &Local, there: &There) -> Action {
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

/// The paths that the lock in the repository says are ours.
fn before(there: &There) -> impl Iterator<Item = &str> {
    there.lock.iter().flat_map(|lock| &lock.files).map(|file| file.path.as_str())
}

fn parent(path: &str) -> Option<&str> {
    path.rsplit_once('/').map(|(folder, _)| folder)
}

/// Files of our configs that an earlier push left there and this one does not have.
fn gone(folder: &Folder, there: &There) -> Vec<(String, u64)> {
    let now: BTreeSet<&str> = folder.files.iter().map(|file| file.path.as_str()).collect();
    let folders: BTreeSet<&str> = now.iter().filter_map(|path| parent(path)).collect();
    let ours =
        |path: &&str| parent(path).is_some_and(|folder| folders.contains(folder)) && !now.contains(path);
    before(there).filter(ours).filter_map(|path| Some((path.to_owned(), there.file(path)?.size))).collect()
}

/// Refuses to write over rows that unskew did not write, or to take the name of a config that is somebody else's.
fn no_strangers(folder: &Folder, there: &There, target: &Target) -> Result<()> {
    let id = target.repository.id();
    let hint = "give ours another name: `--set output.config=NAME`";
    let before: BTreeSet<&str> = before(there).collect();
    for file in &folder.lock.files {
        let local = folder.files.iter().find(|local| local.path == file.path);
        let differs = local.is_some_and(|local| action(local, there) == Action::Replace);
        if differs && !before.contains(file.path.as_str()) && !has_our_config(folder, there) {
            return Err(broken(format!("{id} has a file {} that unskew did not write", file.path)).hint(hint));
        }
    }
    let theirs = theirs(folder, there, id)?;
    if let Some(taken) = theirs.iter().find(|name| folder.configs().contains(name)) {
        return Err(broken(format!("{id} has a config `{taken}` that is not unskew's")).hint(hint));
    }
    Ok(())
}

/// Whether the card says of all our configs that unskew wrote them; the lock is that of the last push alone.
fn has_our_config(folder: &Folder, there: &There) -> bool {
    let marked = marked(there.card.as_deref().unwrap_or_default());
    folder.configs().iter().all(|config| marked.contains(config))
}

/// The configs that carry the digest which unskew gives to its own.
fn marked(card: &str) -> Vec<String> {
    let Ok(metadata) = Metadata::of_card(README, card) else { return vec![] };
    let configs = metadata.value("configs").and_then(Value::as_array).into_iter().flatten();
    let is_ours =
        |config: &&Value| config["description"].as_str().is_some_and(|text| text.starts_with("BLAKE3 "));
    configs.filter(is_ours).filter_map(|config| config["config_name"].as_str().map(str::to_owned)).collect()
}

/// The names of the configs that others made.
fn theirs(folder: &Folder, there: &There, id: &str) -> Result<Vec<String>> {
    let card = there.card.as_deref().unwrap_or_default();
    let metadata = Metadata::of_card(README, card)?;
    if metadata.has_configs() {
        let marked = marked(card);
        return Ok(metadata
            .config_names()
            .map(str::to_owned)
            .filter(|name| !marked.contains(name))
            .collect());
    }
    Ok(if inferred(folder, there, id).is_some() { vec!["default".to_owned()] } else { vec![] })
}

/// The config that `load_dataset` makes up for a repository whose card names none. With ours in the card it would make up
/// nothing more, and hide the rest.
fn inferred(folder: &Folder, there: &There, id: &str) -> Option<Value> {
    let ours: BTreeSet<&str> = folder.lock.files.iter().map(|file| file.path.as_str()).collect();
    let paths: Vec<&str> = there.files.iter().map(|file| file.path.as_str()).collect();
    let found = find(id, &paths, &Metadata::default(), None, &[]).ok()?;
    if found.files().iter().all(|path| ours.contains(path)) {
        return None;
    }
    let split = |(split, files): &(String, Vec<String>)| match files.as_slice() {
        [one] => json!({"split": split, "path": one}),
        files => json!({"split": split, "path": files}),
    };
    let files: Vec<Value> = found.splits.iter().map(split).collect();
    Some(json!([{"config_name": "default", "data_files": files}]))
}

/// The card that ours is merged into.
fn base(folder: &Folder, there: &There, target: &Target) -> Result<Option<String>> {
    let card = there.card.clone().or_else(|| folder.readme.clone().filter(|_| !has_rows(there)));
    let described = there.card.as_deref().map(|card| Metadata::of_card(README, card)).transpose()?;
    if described.is_some_and(|metadata| metadata.has_configs()) {
        return Ok(card);
    }
    match inferred(folder, there, target.repository.id()) {
        Some(configs) => with_configs(card.as_deref().unwrap_or_default(), &configs).map(Some),
        None => Ok(card),
    }
}

fn has_rows(there: &There) -> bool {
    there.files.iter().any(|file| Format::of(&file.path).is_some())
}
