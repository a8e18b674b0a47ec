//! What stands in a repository, and whose it is: of an earlier push of the same result, of another one, or of somebody else.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use unskew_card::{README, check::LEGACY, with_configs, without_configs};
use unskew_core::{
    Error, Exit, Result,
    configs::{Metadata, find},
    folder::pushed,
};
use unskew_io::Format;

use super::{
    Action, Target,
    folder::{Folder, SIDE_CARS},
    plan::action,
    there::There,
};

/// A repository as a push finds it.
pub(super) struct Before<'a> {
    folder: &'a Folder,
    there: &'a There,
    id: &'a str,
    /// What the card says.
    metadata: Metadata,
    /// The rows of an earlier push of the same result.
    own: BTreeSet<&'a str>,
    /// The rows of other results, and the first config of each.
    others: BTreeMap<&'a str, &'a str>,
}

impl<'a> Before<'a> {
    pub(super) fn new(folder: &'a Folder, there: &'a There, target: &'a Target) -> Result<Self> {
        let metadata = Metadata::of_card(README, there.card.as_deref().unwrap_or_default())?;
        let (mut own, mut others) = (BTreeSet::new(), BTreeMap::new());
        for earlier in &there.earlier {
            let rows = earlier.lock.files.iter().map(|file| file.path.as_str());
            let rows = rows.filter(|path| Format::of(path).is_some());
            if earlier.config == folder.name() {
                own.extend(rows);
            } else {
                others.extend(rows.map(|path| (path, earlier.config.as_str())));
            }
        }
        own.retain(|path| !others.contains_key(path));
        Ok(Self { folder, there, id: target.repository.id(), metadata, own, others })
    }

    /// Refuses to write over rows that are not of this result, or to take the name of a config that is not.
    pub(super) fn no_strangers(&self) -> Result<()> {
        let refused = |message: String| {
            Err(Error::new(Exit::Hub, message)
                .hint("give ours another name, `--set output.config=NAME`, or push to another repository"))
        };
        for file in &self.folder.lock.files {
            let path = file.path.as_str();
            let local = self.folder.files.iter().find(|local| local.path == path);
            let replaced = local.is_some_and(|local| action(local, self.there) == Action::Replace);
            match self.others.get(path) {
                Some(other) => {
                    return refused(format!(
                        "{path} of {} is of the result `{other}`, which is another one",
                        self.id
                    ));
                }
                None if replaced && !self.own.contains(path) => {
                    return refused(format!("{} has a file {path} that unskew did not write", self.id));
                }
                None => {}
            }
        }
        let ours = self.folder.configs();
        let taken = ours.iter().find(|config| self.is_theirs(config));
        taken.map_or(Ok(()), |taken| {
            refused(format!("{} has a config `{taken}` that is not of this result", self.id))
        })
    }

    /// Whether a config of this name is there that is not of this result.
    fn is_theirs(&self, config: &str) -> bool {
        if !self.metadata.has_configs() {
            return config == "default" && self.inferred().is_some();
        }
        let known = self.metadata.config_names().any(|name| name == config);
        known
            && (!self.is_marked(config)
                || self.files(config).iter().any(|file| self.others.contains_key(file.as_str())))
    }

    /// Whether a config carries the digest that unskew gives to its own.
    fn is_marked(&self, config: &str) -> bool {
        let configs = self.metadata.value("configs").and_then(Value::as_array).into_iter().flatten();
        let mut called = configs.filter(|one| one["config_name"] == config);
        called.any(|one| one["description"].as_str().is_some_and(|text| text.starts_with("BLAKE3 ")))
    }

    /// The files of a config; none where they cannot be found.
    fn files(&self, config: &str) -> Vec<String> {
        let found = find(self.id, &self.there.paths(), &self.metadata, Some(config), &[]);
        found.map_or(vec![], |found| found.files().into_iter().map(str::to_owned).collect())
    }

    /// Files of an earlier push of this result that it does not have any more.
    pub(super) fn gone(&self) -> Vec<(String, u64)> {
        let now: BTreeSet<&str> = self.folder.files.iter().map(|file| file.path.as_str()).collect();
        let own = self.own.iter().map(|path| (*path).to_owned());
        let all: BTreeSet<String> = own.chain(self.beside()).collect();
        let stale = all.into_iter().filter(|path| !now.contains(path.as_str()));
        let legacy = self.is_legacy_ours().then(|| LEGACY.to_owned());
        stale
            .chain(legacy)
            .filter_map(|path| self.there.file(&path).map(|file| (path.clone(), file.size)))
            .collect()
    }

    /// What an earlier push of this result left beside its rows.
    fn beside(&self) -> impl Iterator<Item = String> {
        let earlier = self.there.earlier.iter().filter(|earlier| earlier.config == self.folder.name());
        earlier.flat_map(|earlier| {
            let hidden = SIDE_CARS.iter().filter(|path| path.starts_with('.'));
            hidden.map(|path| if earlier.as_run { (*path).to_owned() } else { pushed(path, &earlier.config) })
        })
    }

    /// Whether what older versions of `push_to_hub` left tells of no config that is not ours. It would count no more, and
    /// tell older readers of other rows.
    fn is_legacy_ours(&self) -> bool {
        let told = self.there.legacy.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
        let Some(Value::Object(told)) = told else { return false };
        // Alone, it is that of the default config, whatever it is called.
        let names = told.keys().map(|name| if told.len() == 1 { "default" } else { name.as_str() });
        let ours = self.folder.configs();
        let is_there = |name: &str| {
            self.metadata.config_names().any(|config| config == name)
                || (name == "default" && self.inferred().is_some())
        };
        names.filter(|name| is_there(name)).all(|name| ours.iter().any(|config| config == name))
    }

    /// The card that ours is merged into: it names the config that `load_dataset` made up so far, and no more those of this
    /// result that go.
    pub(super) fn card(&self) -> Result<Option<String>> {
        let has_rows = self.there.files.iter().any(|file| Format::of(&file.path).is_some());
        let card = self.there.card.clone().or_else(|| self.folder.readme.clone().filter(|_| !has_rows));
        if self.metadata.has_configs() {
            let ours = self.folder.configs();
            let goes = |config: &&str| {
                let files = self.files(config);
                let own = |file: &String| self.own.contains(file.as_str());
                let left = !ours.iter().any(|name| name == config) && self.is_marked(config);
                left && !files.is_empty() && files.iter().all(own)
            };
            let goes: Vec<String> = self.metadata.config_names().filter(goes).map(str::to_owned).collect();
            return card.map(|card| without_configs(&card, &goes)).transpose();
        }
        match self.inferred() {
            Some(configs) => with_configs(card.as_deref().unwrap_or_default(), &configs).map(Some),
            None => Ok(card),
        }
    }

    /// The config that `load_dataset` makes up for a repository whose card names none. With ours in the card it would make
    /// up nothing more, and hide the rest.
    fn inferred(&self) -> Option<Value> {
        let ours: BTreeSet<&str> = self.folder.lock.files.iter().map(|file| file.path.as_str()).collect();
        let found = find(self.id, &self.there.paths(), &Metadata::default(), None, &[]).ok()?;
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
}
