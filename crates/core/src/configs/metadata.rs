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
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Config {
    /// What it is called.
    pub name: String,
    /// Whether it is said to be the one that is read without a name.
    pub default: bool,
    /// The folder that its files are in, where it is said.
    pub data_dir: Option<String>,
    /// Its splits and the patterns of their files; none where names of files tell the splits.
    pub data_files: Option<Patterns>,
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
        self.configs = vec![];
        for config in described(&self.all) {
            let config = config.map_err(|detail| bad(name, &detail))?;
            match self.configs.iter_mut().find(|other| other.name == config.name) {
                // The last of a name counts.
                Some(other) => *other = config,
                None => self.configs.push(config),
            }
        }
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

/// The configs that a card's YAML describes, in its order, or what is wrong about one.
pub fn described(yaml: &Map<String, Value>) -> Vec<Result<Config, String>> {
    match yaml.get("configs") {
        None | Some(Value::Null | Value::Bool(false)) => vec![],
        Some(Value::Array(list)) => list.iter().map(Config::of).collect(),
        Some(_) => vec![Err("`configs` is no list".to_owned())],
    }
}

impl Config {
    fn of(item: &Value) -> Result<Self, String> {
        let Some(name) = item.get("config_name") else {
            return Err("a config has no `config_name`".to_owned());
        };
        let Some(name) = name.as_str() else {
            return Err(format!("the name of a config is no text: {name}"));
        };
        let data_files = match item.get("data_files") {
            None | Some(Value::Null) => None,
            Some(files) => Some(data_files(name, files)?),
        };
        let data_dir = item.get("data_dir").and_then(Value::as_str).map(str::to_owned);
        Ok(Self { name: name.to_owned(), default: truthy(item.get("default")), data_dir, data_files })
    }
}

/// The splits of `config` and their patterns.
fn data_files(config: &str, files: &Value) -> Result<Patterns, String> {
    if let Some(patterns) = texts(files) {
        return Ok(vec![(TRAIN.to_owned(), patterns)]);
    }
    let wrong = || {
        format!(
            "`data_files` of `{config}` is neither a pattern, nor a list of them, nor a list of `split` and `path`"
        )
    };
    let mut splits: Patterns = vec![];
    for item in files.as_array().ok_or_else(wrong)? {
        let split = item.get("split").and_then(Value::as_str);
        let patterns = item.get("path").and_then(texts);
        let (Some(name), Some(patterns), Some(2)) = (split, patterns, item.as_object().map(Map::len)) else {
            return Err(wrong());
        };
        if !is_split(name) {
            return Err(format!(
                "`{name}` cannot be the name of a split: only letters, digits, `_` and `.` between them"
            ));
        }
        if splits.iter().any(|(known, _)| known == name) {
            return Err(format!("`{config}` has two splits called `{name}`"));
        }
        splits.push((name.to_owned(), patterns));
    }
    Ok(splits)
}

/// One text, or a list of texts.
fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Array(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

/// Whether Python takes a value that YAML 1.1 reads for true.
fn truthy(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => false,
        Some(Value::Bool(value)) => *value,
        Some(Value::Number(number)) => number.as_f64() != Some(0.0),
        Some(Value::String(text)) => {
            !matches!(text.to_ascii_lowercase().as_str(), "" | "no" | "off" | "false")
        }
        Some(Value::Array(items)) => !items.is_empty(),
        Some(Value::Object(members)) => !members.is_empty(),
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
