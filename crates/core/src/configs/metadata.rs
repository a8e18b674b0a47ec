//! What a dataset's card says in its YAML; nobody vouches for it.

use serde_json::{Map, Value};

use super::patterns::{Patterns, TRAIN, is_split};
use crate::{Error, Exit, Result};

/// The largest card that is looked at.
pub const MOST_CARD_BYTES: u64 = 4 << 20;

/// What is known from a card.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metadata {
    /// The configs, in the card's order.
    pub(super) configs: Vec<Config>,
    /// The configs that `dataset_info` describes.
    pub(super) infos: Vec<String>,
    all: Map<String, Value>,
}

/// A config that a card describes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Config {
    pub(super) name: String,
    pub(super) default: bool,
    pub(super) data_dir: Option<String>,
    pub(super) data_files: Option<Patterns>,
}

impl Metadata {
    /// Reads the YAML at the head of a card; a card without one says nothing. `name` is what messages call the card.
    ///
    /// ```
    /// use unskew_core::configs::Metadata;
    ///
    /// let card = Metadata::of_card("README.md", "---\nlicense: mit\n---\n# Rows\n")?;
    /// assert_eq!(card.texts("license"), ["mit"]);
    /// # Ok::<(), unskew_core::Error>(())
    /// ```
    pub fn of_card(name: &str, card: &str) -> Result<Self> {
        match front(card) {
            Some(yaml) => Self::default().with_yaml(name, yaml),
            None => Ok(Self::default()),
        }
    }

    /// The same with what a file of YAML alone says on top.
    pub fn with_yaml(mut self, name: &str, yaml: &str) -> Result<Self> {
        if yaml.len() as u64 > MOST_CARD_BYTES {
            return Err(bad(name, "it is too large"));
        }
        // Nobody vouches for the text: what unfolds to much more than it is, is refused.
        let budget = serde_saphyr::budget! { max_aliases: 1000, max_nodes: 200_000, max_depth: 64, max_total_scalar_bytes: 16 << 20 };
        let options = serde_saphyr::options! { strict_booleans: true, with_snippet: false, budget: budget, };
        let read: Value = serde_saphyr::from_str_with_options(yaml, options).map_err(|error| {
            let message = error.without_snippet().to_string();
            bad(name, message.lines().next().unwrap_or_default())
        })?;
        let more = match read {
            Value::Object(more) => more,
            Value::Null => return Ok(self),
            _ => return Err(bad(name, "it is no mapping")),
        };
        self.all.extend(more);
        let configs = self.all.get("configs").filter(|configs| !configs.is_null());
        let configs = match configs {
            None => vec![],
            Some(Value::Array(items)) => {
                items.iter().map(Config::of).collect::<Result<_, _>>().map_err(|detail| bad(name, &detail))?
            }
            Some(_) => return Err(bad(name, "`configs` is no list")),
        };
        self.configs = configs;
        self.infos = infos(self.all.get("dataset_info"));
        Ok(self)
    }

    /// The one text, or the list of texts, that the card has for `key`.
    pub fn texts(&self, key: &str) -> Vec<String> {
        match self.all.get(key) {
            Some(Value::String(text)) => vec![text.clone()],
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => vec![],
        }
    }

    /// What the card has for `key`.
    pub fn value(&self, key: &str) -> Option<&Value> {
        self.all.get(key)
    }

    /// The names of the configs, in the card's order.
    pub fn config_names(&self) -> impl Iterator<Item = &str> {
        self.configs.iter().map(|config| config.name.as_str())
    }

    /// Whether the card describes configs.
    pub fn has_configs(&self) -> bool {
        !self.configs.is_empty()
    }
}

impl Config {
    fn of(item: &Value) -> Result<Self, String> {
        let name = item.get("config_name").and_then(Value::as_str);
        let name = name.ok_or("a config has no `config_name`")?.to_owned();
        let default = item.get("default").and_then(Value::as_bool).unwrap_or(false);
        let data_dir = item.get("data_dir").and_then(Value::as_str).map(str::to_owned);
        let data_files = match item.get("data_files").filter(|files| !files.is_null()) {
            Some(files) => Some(
                data_files(files)
                    .ok_or_else(|| format!("the `data_files` of config `{name}` are no paths"))?,
            ),
            None => None,
        };
        Ok(Self { name, default, data_dir, data_files })
    }
}

/// Splits and their patterns.
fn data_files(files: &Value) -> Option<Patterns> {
    let texts = |value: &Value| match value {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Array(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => None,
    };
    match files {
        Value::Array(items) if items.iter().any(Value::is_object) => {
            let mut all: Patterns = vec![];
            for item in items {
                let split = item.get("split")?.as_str().filter(|split| is_split(split))?.to_owned();
                if item.as_object()?.len() != 2 || all.iter().any(|(known, _)| *known == split) {
                    return None;
                }
                all.push((split, texts(item.get("path")?)?));
            }
            Some(all)
        }
        other => Some(vec![(TRAIN.to_owned(), texts(other)?)]),
    }
}

/// The configs that `dataset_info` is about.
fn infos(info: Option<&Value>) -> Vec<String> {
    let name = |one: &Value| one.get("config_name").and_then(Value::as_str).unwrap_or("default").to_owned();
    match info {
        Some(Value::Array(items)) => items.iter().map(name).collect(),
        Some(one @ Value::Object(_)) => vec![name(one)],
        _ => vec![],
    }
}

/// The YAML between the first two lines of dashes.
fn front(card: &str) -> Option<&str> {
    let rest = card.trim_start_matches('\u{feff}').trim_start().strip_prefix("---")?;
    let (line, rest) = rest.split_once('\n')?;
    if !line.trim().is_empty() {
        return None;
    }
    let mut end = 0;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == "---" {
            return Some(&rest[..end]);
        }
        end += line.len();
    }
    None
}

fn bad(name: &str, detail: &str) -> Error {
    Error::new(Exit::Source, format!("cannot read the YAML of {name}")).cause(detail.to_owned()).hint(
        "name the files in the URL, such as `hf://datasets/OWNER/NAME/data/*.parquet`, to do without it",
    )
}
