//! What `load_dataset` would stumble over in a folder or a repository, told without loading anything.

mod columns;
mod files;
mod metadata;
mod shards;

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};
use unskew_io::Store;

use crate::{
    README,
    yaml::{parse, split},
};
use files::Tree;
use metadata::{Config, Info};

/// The file that lies over the card's YAML.
pub const OVERLAY: &str = ".huggingface.yaml";

/// What older versions of `push_to_hub` left behind.
pub const LEGACY: &str = "dataset_infos.json";

/// The most bytes of a file that is read as a whole.
const MOST_BYTES: u64 = 16 << 20;

/// What became of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It is as it should be.
    Pass,
    /// It can be loaded, and is not as it should be.
    Warn,
    /// `load_dataset` fails, or reads something else than the card says.
    Fail,
    /// It could not be looked at.
    Skipped,
}

/// Something that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Item {
    /// What it is about.
    pub name: &'static str,
    /// What became of it.
    pub outcome: Outcome,
    /// What is wrong, why it was skipped, or what was found.
    pub detail: String,
}

/// Everything that was looked at, in the order in which `load_dataset` goes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Checklist {
    /// Whether nothing failed.
    pub passed: bool,
    /// What was looked at.
    pub items: Vec<Item>,
}

/// The names of what is looked at.
const ITEMS: [&str; 12] = [
    "card",
    "overlay",
    "configs",
    "format",
    "files",
    "default",
    "columns",
    "rows",
    "sizes",
    "leftovers",
    "side-cars",
    "hub",
];

/// Goes through the checklist for what `store` holds. Nothing is an error here: what cannot be read is told.
///
/// ```
/// use std::sync::Arc;
///
/// use unskew_io::{Local, Store};
///
/// let folder = tempfile::tempdir()?;
/// std::fs::write(folder.path().join("train.jsonl"), "{\"a\": 1}\n")?;
/// let store: Arc<dyn Store> = Arc::new(Local::new(folder.path()));
/// assert!(unskew_card::check::check(&store).passed);
///
/// std::fs::write(folder.path().join("README.md"), "---\nconfigs: data\n---\n")?;
/// assert!(!unskew_card::check::check(&store).passed);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn check(store: &Arc<dyn Store>) -> Checklist {
    walk(store, Walk::default())
}

/// The same, where shards are looked into of `configs` alone: those of others may be far away.
pub fn check_shards_of(configs: &[String], store: &Arc<dyn Store>) -> Checklist {
    walk(store, Walk { looks_into: Some(configs.to_vec()), ..Walk::default() })
}

fn walk(store: &Arc<dyn Store>, mut walk: Walk) -> Checklist {
    walk.go(store);
    walk.finish()
}

/// The checklist as far as it has come.
#[derive(Debug, Default)]
struct Walk {
    items: Vec<Item>,
    /// The configs whose shards are looked into, if not those of all.
    looks_into: Option<Vec<String>>,
}

impl Walk {
    /// Notes what became of the next item; more than one problem makes one text.
    fn note(&mut self, outcome: Outcome, detail: impl Into<String>) -> Outcome {
        let name = ITEMS[self.items.len().min(ITEMS.len() - 1)];
        self.items.push(Item { name, outcome, detail: detail.into() });
        outcome
    }

    /// Notes problems, or that there are none.
    fn judge(&mut self, problems: &Problems, fine: impl Into<String>) -> Outcome {
        match (problems.failed.as_slice(), problems.doubtful.as_slice()) {
            ([], []) => self.note(Outcome::Pass, fine),
            ([], doubtful) => self.note(Outcome::Warn, told(doubtful)),
            (failed, _) => self.note(Outcome::Fail, told(failed)),
        }
    }

    fn go(&mut self, store: &Arc<dyn Store>) {
        let Some(mut yaml) = self.card(store) else { return };
        if self.overlay(store, &mut yaml) == Outcome::Fail {
            return;
        }
        let tree = match Tree::of(store) {
            Ok(tree) => tree,
            Err(error) => {
                self.note(Outcome::Fail, error.to_string());
                return;
            }
        };
        let mut problems = Problems::default();
        let configs = metadata::configs(&yaml, &mut problems);
        let mut infos = metadata::infos(&yaml, &mut problems);
        metadata::legacy(store, &mut infos, &mut problems);
        let count = configs.len();
        if self
            .judge(&problems, how_many(count, "config", "no configs: files tell their splits by their names"))
            == Outcome::Fail
        {
            return;
        }
        let named = !configs.is_empty();
        let found = files::resolve(&tree, configs);
        let module = files::module(&found);
        match &module {
            Ok(module) => self.judge(&files::of_one_format(&found, module), *module),
            Err(problem) => self.note(Outcome::Fail, problem.clone()),
        };
        self.judge(&files::found(&found), how_many(files::count(&found), "file", "none"));
        let default =
            if named { metadata::default(&found, &infos) } else { Ok("there is one config".to_owned()) };
        match default {
            Ok(fine) => self.note(Outcome::Pass, fine),
            Err(problem) => self.note(Outcome::Fail, problem),
        };
        if self.items.iter().any(|item| item.outcome == Outcome::Fail) {
            return;
        }
        let module = module.unwrap_or_default();
        self.shards(store, &tree, &found, &infos, module);
        self.judge(&files::leftovers(&tree, &found, named), "every shard belongs to a config");
        self.judge(&files::side_cars(&found), "only data are read as data");
        self.note(Outcome::Skipped, "the Hub's own check of the YAML needs the Hub");
    }

    /// The card's YAML.
    fn card(&mut self, store: &Arc<dyn Store>) -> Option<Map<String, Value>> {
        let text = match text_of(store, README) {
            Ok(None) => {
                self.note(Outcome::Skipped, "there is no README.md");
                return Some(Map::new());
            }
            Ok(Some(text)) => text,
            Err(problem) => {
                self.note(Outcome::Fail, problem);
                return None;
            }
        };
        let Some(yaml) = split(&text).yaml else {
            self.note(Outcome::Skipped, "README.md does not begin with YAML");
            return Some(Map::new());
        };
        match parse(yaml) {
            Ok((_, map)) => {
                self.note(Outcome::Pass, "the YAML can be read");
                Some(map)
            }
            Err(error) => {
                self.note(Outcome::Fail, error.to_string());
                None
            }
        }
    }

    /// Puts the keys of the overlay over those of the card.
    fn overlay(&mut self, store: &Arc<dyn Store>, yaml: &mut Map<String, Value>) -> Outcome {
        let text = match text_of(store, OVERLAY) {
            Ok(None) => return self.note(Outcome::Pass, "there is none"),
            Ok(Some(text)) => text,
            Err(problem) => return self.note(Outcome::Fail, problem),
        };
        match parse(&text) {
            Ok((_, over)) => {
                let keys: Vec<&str> = over.keys().map(String::as_str).collect();
                let detail = format!("{OVERLAY} sets {}", keys.join(", "));
                let both = over.keys().any(|key| yaml.contains_key(key));
                yaml.extend(over.clone());
                self.note(if both { Outcome::Warn } else { Outcome::Pass }, detail)
            }
            Err(error) => self.note(Outcome::Fail, format!("{OVERLAY}: {error}")),
        }
    }

    /// Compares every shard with what the card says of it.
    fn shards(
        &mut self,
        store: &Arc<dyn Store>,
        tree: &Tree,
        configs: &[Config],
        infos: &[Info],
        module: &str,
    ) {
        if !matches!(module, "json" | "parquet") {
            for _ in 0..3 {
                self.note(Outcome::Skipped, format!("unskew does not read files of the format {module}"));
            }
            return;
        }
        let wanted = |config: &&Config| self.looks_into.as_ref().is_none_or(|all| all.contains(&config.name));
        let configs: Vec<Config> = configs.iter().filter(wanted).cloned().collect();
        let compared = shards::compare(store, tree, &configs, infos);
        self.judge(&compared.columns, "every shard has the columns that the card tells");
        self.judge(&compared.rows, "every split has the rows that the card tells");
        self.judge(&compared.sizes, "sizes are as the card tells");
    }

    /// Marks everything behind a failure as not looked at.
    fn finish(mut self) -> Checklist {
        while self.items.len() < ITEMS.len() {
            self.note(Outcome::Skipped, "not looked at, because of the failure before");
        }
        let passed = self.items.iter().all(|item| item.outcome != Outcome::Fail);
        Checklist { passed, items: self.items }
    }
}

/// What is wrong about one item.
#[derive(Debug, Default)]
struct Problems {
    /// What `load_dataset` fails at.
    failed: Vec<String>,
    /// What it does not mind.
    doubtful: Vec<String>,
}

impl Problems {
    fn fail(&mut self, problem: impl Into<String>) {
        self.failed.push(problem.into());
    }

    fn doubt(&mut self, problem: impl Into<String>) {
        self.doubtful.push(problem.into());
    }
}

/// Problems as one text.
fn told(problems: &[String]) -> String {
    const MOST: usize = 5;
    let text = problems.iter().take(MOST).cloned().collect::<Vec<_>>().join("; ");
    if problems.len() > MOST {
        return format!("{text}; and {} more", problems.len() - MOST);
    }
    text
}

fn how_many(count: usize, what: &str, none: &str) -> String {
    match count {
        0 => none.to_owned(),
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

/// The text of a small file, if there is such a file.
pub(crate) fn text_of(store: &Arc<dyn Store>, name: &str) -> Result<Option<String>, String> {
    let Ok(entry) = store.stat(name) else { return Ok(None) };
    if entry.size > MOST_BYTES {
        return Err(format!("{name} is too large to be read: {} bytes", entry.size));
    }
    let mut bytes = vec![0; entry.size as usize];
    let read = store.read(name, 0, &mut bytes).map_err(|error| error.to_string())?;
    bytes.truncate(read);
    String::from_utf8(bytes).map(Some).map_err(|_| format!("{name} is not UTF-8"))
}

#[cfg(test)]
mod tests;
