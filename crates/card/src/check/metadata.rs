//! `configs` and `dataset_info` as `datasets` takes them.

use std::sync::Arc;

use serde_json::{Map, Value};
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
    let list = match yaml.get("configs") {
        None | Some(Value::Null | Value::Bool(false)) => return vec![],
        Some(Value::Array(list)) => list,
        Some(_) => {
            problems.fail("`configs` is no list");
            return vec![];
        }
    };
    let mut found: Vec<Config> = vec![];
    for value in list {
        match config(value) {
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

fn config(value: &Value) -> Result<Config, String> {
    let Some(name) = value.get("config_name") else { return Err("a config has no `config_name`".to_owned()) };
    let Some(name) = name.as_str() else { return Err(format!("the name of a config is no text: {name}")) };
    if name.contains(['<', '>', ':', '/', '\\', '|', '?', '*']) {
        return Err(format!("`{name}` cannot be the name of a config"));
    }
    let splits = match value.get("data_files") {
        None | Some(Value::Null) => vec![],
        Some(files) => splits(name, files)?,
    };
    let folder = value.get("data_dir").and_then(Value::as_str).unwrap_or_default();
    let folder = folder.trim_start_matches("./").trim_matches('/').to_owned();
    Ok(Config { name: name.to_owned(), is_default: truthy(value.get("default")), splits, folder })
}

fn splits(config: &str, files: &Value) -> Result<Vec<Split>, String> {
    let wrong = || {
        Err(format!(
            "`data_files` of `{config}` is neither a pattern, nor a list of them, nor a list of `split` and `path`"
        ))
    };
    let train = |patterns: Vec<String>| vec![Split { name: "train".to_owned(), patterns, files: vec![] }];
    let list = match files {
        Value::String(pattern) => return Ok(train(vec![pattern.clone()])),
        Value::Array(list) => list,
        _ => return wrong(),
    };
    if let Some(patterns) = texts(list) {
        return Ok(train(patterns));
    }
    let mut splits: Vec<Split> = vec![];
    for item in list {
        let split = item.get("split").and_then(Value::as_str);
        let patterns = match item.get("path") {
            Some(Value::String(pattern)) => Some(vec![pattern.clone()]),
            Some(Value::Array(list)) => texts(list),
            _ => None,
        };
        let (Some(name), Some(patterns), Some(2)) = (split, patterns, item.as_object().map(Map::len)) else {
            return wrong();
        };
        if !is_split(name) {
            return Err(format!(
                "`{name}` cannot be the name of a split: only letters, digits, `_` and `.` between them"
            ));
        }
        if splits.iter().any(|split| split.name == name) {
            return Err(format!("`{config}` has two splits called `{name}`"));
        }
        splits.push(Split { name: name.to_owned(), patterns, files: vec![] });
    }
    Ok(splits)
}

fn texts(list: &[Value]) -> Option<Vec<String>> {
    list.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

/// Whether a split may be called so.
pub fn is_split(name: &str) -> bool {
    name != "all" && unskew_core::configs::is_split(name)
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
