//! `configs` and `dataset_info` as `datasets` takes them.

use std::sync::Arc;

use serde_json::{Map, Value};
use unskew_core::configs;
use unskew_io::Store;

use super::{LEGACY, Problems, columns::Kind, text_of};

/// What is read under one name.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The name.
    pub name: String,
    /// Whether it is said to be the default one.
    pub is_default: bool,
    /// The splits and their patterns; none where files tell them by their names.
    pub splits: Vec<Split>,
    /// The folder that file names are looked for in, where nothing else is said.
    pub folder: String,
}

/// The rows of a split.
#[derive(Debug, Clone, Default)]
pub struct Split {
    /// Its name.
    pub name: String,
    /// Where its files are.
    pub patterns: Vec<String>,
    /// Its files.
    pub files: Vec<String>,
}

/// What the card tells of a config.
#[derive(Debug, Clone, Default)]
pub struct Info {
    /// The config.
    pub name: String,
    /// Its columns.
    pub columns: Option<Vec<(String, Kind)>>,
    /// Its splits and their rows.
    pub splits: Option<Vec<(String, u64)>>,
    /// The bytes of its files.
    pub download_size: Option<u64>,
}

/// The configs of the card.
pub fn configs(yaml: &Map<String, Value>, problems: &mut Problems) -> Vec<Config> {
    let mut found: Vec<Config> = vec![];
    for described in configs::described(yaml) {
        match described.and_then(Config::of) {
            // The last of a name counts.
            Ok(config) => match found.iter_mut().find(|other| other.name == config.name) {
                Some(other) => {
                    problems.doubt(format!("there are two configs called `{}`", config.name));
                    *other = config;
                }
                None => found.push(config),
            },
            Err(problem) => problems.fail(problem),
        }
    }
    found
}

impl Config {
    /// What `load_dataset` makes of a config that a card describes.
    fn of(described: configs::Config) -> Result<Self, String> {
        let configs::Config { name, default, data_dir, data_files } = described;
        if name.contains(['<', '>', ':', '/', '\\', '|', '?', '*']) {
            return Err(format!("`{name}` cannot be the name of a config"));
        }
        let split = |(name, patterns)| Split { name, patterns, files: vec![] };
        let splits: Vec<Split> = data_files.unwrap_or_default().into_iter().map(split).collect();
        if let Some(split) = splits.iter().find(|split| !is_split(&split.name)) {
            return Err(format!("`{}` cannot be the name of a split: it means all of them", split.name));
        }
        let folder = data_dir.unwrap_or_default().trim_start_matches("./").trim_matches('/').to_owned();
        Ok(Self { name, is_default: default, splits, folder })
    }
}

/// Whether a split may be called so.
pub fn is_split(name: &str) -> bool {
    name != "all" && configs::is_split(name)
}

/// What the card tells of its configs.
pub fn infos(yaml: &Map<String, Value>, problems: &mut Problems) -> Vec<Info> {
    let list = match yaml.get("dataset_info") {
        Some(Value::Array(list)) => list.clone(),
        Some(one @ Value::Object(_)) => vec![one.clone()],
        _ => return vec![],
    };
    let mut found = vec![];
    for value in &list {
        match info(value) {
            Ok(info) => found.push(info),
            Err(problem) => problems.fail(problem),
        }
    }
    found
}

fn info(value: &Value) -> Result<Info, String> {
    if !value.is_object() {
        return Err("`dataset_info` holds something that is no mapping".to_owned());
    }
    let name = value.get("config_name").and_then(Value::as_str).unwrap_or("default").to_owned();
    let columns = match value.get("features") {
        None | Some(Value::Null) => None,
        Some(features) => Some(Kind::members(features).map_err(|problem| format!("`{name}`: {problem}"))?),
    };
    let split = |split: &Value| {
        Some((
            split.get("name")?.as_str()?.to_owned(),
            split.get("num_examples").and_then(Value::as_u64).unwrap_or(0),
        ))
    };
    let splits = match value.get("splits") {
        Some(Value::Array(splits)) => Some(
            splits
                .iter()
                .map(split)
                .collect::<Option<Vec<_>>>()
                .ok_or(format!("`{name}`: a split has no name"))?,
        ),
        _ => None,
    };
    let download_size = value.get("download_size").and_then(Value::as_u64);
    Ok(Info { name, columns, splits, download_size })
}

/// Adds what an older file tells of configs that the card does not tell of.
pub fn legacy(store: &Arc<dyn Store>, infos: &mut Vec<Info>, problems: &mut Problems) {
    let text = match text_of(store, LEGACY) {
        Ok(None) => return,
        Ok(Some(text)) => text,
        Err(problem) => return problems.fail(problem),
    };
    let Ok(Value::Object(map)) = serde_json::from_str::<Value>(&text) else {
        return problems.fail(format!("{LEGACY} is not what it should be"));
    };
    let alone = map.len() == 1;
    for (name, value) in &map {
        let name = if alone { "default" } else { name };
        let split =
            |(name, split): (&String, &Value)| Some((name.clone(), split.get("num_examples")?.as_u64()?));
        let splits = value.get("splits").and_then(Value::as_object);
        let splits = splits.and_then(|splits| splits.iter().map(split).collect::<Option<Vec<_>>>());
        if !infos.iter().any(|info| info.name == name) {
            problems.doubt(format!("{LEGACY} is read, too, and tells of `{name}`, which the card does not"));
            infos.push(Info { name: name.to_owned(), splits, ..Info::default() });
        }
    }
}

/// Which config is read without a name.
pub fn default(configs: &[Config], infos: &[Info]) -> Result<String, String> {
    let alone = configs.len() == 1;
    let defaults: Vec<&str> = (configs.iter())
        .filter(|config| alone || config.name == "default" || config.is_default)
        .map(|config| config.name.as_str())
        .collect();
    match defaults.as_slice() {
        [one] => Ok(format!("`{one}`")),
        [one, other, ..] => Err(format!("`{one}` and `{other}` are both the default config")),
        [] if infos.len() == 1 => Ok(format!("`{}`, the only one that the card tells of", infos[0].name)),
        [] => Ok("none: a name has to be given".to_owned()),
    }
}
