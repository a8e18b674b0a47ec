//! A card that is there already and ours become one: our keys and our part of the text are set, everything else stays.

use std::ops::Range;

use serde_json::{Map, Value};
use unskew_core::{Error, Result, recipe::Tree};

use crate::{
    Card,
    configs::size_category,
    yaml::{entry, parse, split},
};

/// Where our part of the text begins.
const BEGIN: &str =
    "<!-- unskew:begin (what stands between here and the end is written by `unskew card`) -->";

/// How the line begins that our part begins with, whatever version wrote it.
const BEGINS: &str = "<!-- unskew:begin";

/// Where our part of the text ends.
const END: &str = "<!-- unskew:end -->";

/// A key of the YAML that is ours.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: &'static str,
    /// Our value.
    pub value: Value,
    /// What becomes of a value that is there.
    pub how: How,
}

/// What becomes of a value that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Ours takes its place.
    Replace,
    /// It stays.
    Keep,
    /// Ours are added to it.
    Union,
    /// Configs of our names are ours, the others stay.
    Configs,
    /// The size of all configs that are there in the end.
    Size,
}

/// The text of a card: of ours alone, or of one that is there, in which our keys are set and our part of the text is
/// written anew. Configs of other names stay, and so do unknown keys, their comments, and all other text.
pub fn merge(existing: Option<&str>, ours: &Card) -> Result<String> {
    let parts = split(existing.unwrap_or_default());
    let yaml = merge_yaml(parts.yaml.unwrap_or_default(), &ours.front)?;
    let body = merge_body(parts.body, &ours.body);
    Ok(format!("---\n{yaml}---\n{body}"))
}

/// A card with these configs, each of which takes the place of one that is called so; all else stays as it is.
///
/// ```
/// let configs = serde_json::json!([{"config_name": "default", "data_files": "rows.jsonl"}]);
/// let card = unskew_card::with_configs("---\nlicense: mit\n---\n# Rows\n", &configs)?;
/// assert!(card.contains("license: mit") && card.contains("data_files: rows.jsonl") && card.ends_with("# Rows\n"));
/// # Ok::<(), unskew_core::Error>(())
/// ```
pub fn with_configs(existing: &str, configs: &Value) -> Result<String> {
    let parts = split(existing);
    let entry = Entry { key: "configs", value: configs.clone(), how: How::Configs };
    let yaml = merge_yaml(parts.yaml.unwrap_or_default(), &[entry])?;
    Ok(format!("---\n{yaml}---\n{}", parts.body))
}

/// A card without the configs of these names, and without what it tells of them; all else stays as it is.
///
/// ```
/// let card = "---\nconfigs:\n- config_name: a\n  data_files: a.jsonl\n- config_name: b\n  data_files: b.jsonl\n---\n# Rows\n";
/// let card = unskew_card::without_configs(card, &["a".to_owned()])?;
/// assert!(!card.contains("a.jsonl") && card.contains("b.jsonl") && card.ends_with("# Rows\n"));
/// # Ok::<(), unskew_core::Error>(())
/// ```
pub fn without_configs(existing: &str, names: &[String]) -> Result<String> {
    let parts = split(existing);
    let Some(yaml) = parts.yaml.filter(|_| !names.is_empty()) else { return Ok(existing.to_owned()) };
    let yaml = rewritten(yaml, |map| {
        let mut map = map.clone();
        for key in ["configs", "dataset_info"] {
            let Some(all) = map.get(key).filter(|all| !all.is_null()) else { continue };
            let mut left = list(all);
            left.retain(|config| !names.iter().any(|name| name == name_of(config)));
            if left.is_empty() {
                map.shift_remove(key);
            } else if left.len() < list(all).len() {
                map.insert(key.to_owned(), left.into());
            }
        }
        Ok(map)
    })?;
    Ok(format!("---\n{yaml}---\n{}", parts.body))
}

fn merge_body(existing: &str, ours: &str) -> String {
    let ours = format!("{BEGIN}\n\n{ours}\n\n{END}");
    match region(existing) {
        Some(place) => format!("{}{ours}{}", &existing[..place.start], &existing[place.end..]),
        None if existing.trim().is_empty() => format!("\n{ours}\n"),
        None => format!("{}\n\n{ours}\n", existing.trim_end()),
    }
}

/// Where our part of the text stands: from the first line that begins it to the last that ends it.
fn region(text: &str) -> Option<Range<usize>> {
    let (mut at, mut start, mut end) = (0, None, None);
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end();
        if start.is_none() && bare.starts_with(BEGINS) {
            start = Some(at);
        } else if bare == END {
            end = Some(at + bare.len());
        }
        at += line.len();
    }
    match (start?, end?) {
        (start, end) if start < end => Some(start..end),
        _ => None,
    }
}

fn merge_yaml(existing: &str, ours: &[Entry]) -> Result<String> {
    rewritten(existing, |map| merged(map, ours))
}

/// The YAML with other values; lines of what is as before stay as they are.
fn rewritten(
    existing: &str,
    change: impl FnOnce(&Map<String, Value>) -> Result<Map<String, Value>>,
) -> Result<String> {
    let (tree, map) = parse(existing).map_err(|error| {
        error.hint("mend the YAML at the head of README.md, or remove it, and write the card again")
    })?;
    let changed = change(&map)?;
    let text = in_place(existing, &tree, &map, &changed);
    if parse(&text).is_ok_and(|(_, read)| same(&read, &changed)) {
        return Ok(text);
    }
    // A mapping on one line, or one whose anchors were in what was replaced.
    Ok(changed.iter().map(|(key, value)| entry(key, value)).collect())
}

fn same(left: &Map<String, Value>, right: &Map<String, Value>) -> bool {
    left.len() == right.len() && left.iter().all(|(key, value)| right.get(key) == Some(value))
}

/// The YAML with the lines of changed keys in their place, and new keys behind.
fn in_place(text: &str, tree: &Tree, before: &Map<String, Value>, after: &Map<String, Value>) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let top = tree.top();
    let starts: Vec<usize> = top.iter().map(|(_, line)| line.saturating_sub(1).min(lines.len())).collect();
    // Comments right above a key are about it.
    let about = |at: usize| {
        let above = lines[..starts[at]].iter().rev().take_while(|line| line.starts_with('#')).count();
        starts[at] - above
    };
    let mut out = lines[..if top.is_empty() { 0 } else { about(0) }].concat();
    for (at, (key, _)) in top.iter().enumerate() {
        let end = if at + 1 < top.len() { about(at + 1) } else { lines.len() };
        let own = starts[at].min(end);
        if before.get(*key) == after.get(*key) {
            out += &lines[about(at).min(end)..end].concat();
        } else if let Some(value) = after.get(*key) {
            out += &lines[about(at).min(own)..own].concat();
            out += &entry(key, value);
        }
        if !out.is_empty() && !out.ends_with('\n') {
            out.push('\n');
        }
    }
    let new = after.iter().filter(|(key, _)| !before.contains_key(*key));
    out + &new.map(|(key, value)| entry(key, value)).collect::<String>()
}

/// The values of all keys.
fn merged(existing: &Map<String, Value>, ours: &[Entry]) -> Result<Map<String, Value>> {
    let mut all = existing.clone();
    for Entry { key, value, how } in ours {
        let there = existing.get(*key).filter(|value| !value.is_null());
        let value = match (how, there) {
            (How::Keep, Some(there)) => there.clone(),
            (How::Union, Some(there)) => union(there, value),
            (How::Configs, Some(there)) => named(there, value)?,
            _ => value.clone(),
        };
        all.insert((*key).to_owned(), value);
    }
    if let Some(configs) = all.get_mut("configs") {
        one_default(configs, ours)?;
    }
    if let Some(size) = size(&all, ours) {
        all.insert("size_categories".to_owned(), size);
    }
    Ok(all)
}

fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.clone(),
        other => vec![other.clone()],
    }
}

fn union(there: &Value, ours: &Value) -> Value {
    let mut all = list(there);
    for item in list(ours) {
        if !all.contains(&item) {
            all.push(item);
        }
    }
    all.into()
}

fn name_of(config: &Value) -> &str {
    config["config_name"].as_str().unwrap_or("default")
}

/// Entries that have names: ours in the place of those that are called so, or behind the others.
fn named(there: &Value, ours: &Value) -> Result<Value> {
    let mut all = list(there);
    if !all.iter().all(Value::is_object) {
        return Err(Error::data("the YAML of README.md has configs that are none")
            .hint("`configs` and `dataset_info` are lists of mappings that have a `config_name`"));
    }
    for own in list(ours) {
        match all.iter_mut().find(|other| name_of(other) == name_of(&own)) {
            Some(other) => *other = own,
            None => all.push(own),
        }
    }
    Ok(all.into())
}

/// Of several configs, exactly one is the default: that which was, or else our first.
fn one_default(configs: &mut Value, ours: &[Entry]) -> Result<()> {
    let own: Vec<String> = (ours.iter().filter(|entry| entry.key == "configs"))
        .flat_map(|entry| list(&entry.value))
        .map(|config| name_of(&config).to_owned())
        .collect();
    let Some(all) = configs.as_array_mut() else { return Ok(()) };
    let is_default = |config: &Value| name_of(config) == "default" || config["default"] == Value::Bool(true);
    let theirs =
        all.iter().find(|config| !own.iter().any(|name| name == name_of(config)) && is_default(config));
    let theirs = theirs.map(|config| name_of(config).to_owned());
    if let Some(theirs) = theirs {
        for config in all.iter_mut().filter(|config| own.iter().any(|name| name == name_of(config))) {
            if name_of(config) == "default" {
                return Err(Error::data(format!(
                    "`{theirs}` is the default config there, and ours is called `default`"
                ))
                .hint("give ours another name with `output.config`"));
            }
            config.as_object_mut().and_then(|config| config.shift_remove("default"));
        }
    } else if all.len() > 1 && !all.iter().any(is_default) {
        for config in all.iter_mut().filter(|config| own.first().is_some_and(|name| name == name_of(config)))
        {
            let files = config.as_object_mut().and_then(|config| config.shift_remove("data_files"));
            config["default"] = true.into();
            config["data_files"] = files.unwrap_or_default();
        }
    }
    Ok(())
}

/// The size of all configs, where there are others than ours and all of them say how many rows they have.
fn size(all: &Map<String, Value>, ours: &[Entry]) -> Option<Value> {
    let count = |key: &str| all.get(key).map_or(0, |value| list(value).len());
    let own = ours.iter().find(|entry| entry.key == "configs").map_or(0, |entry| list(&entry.value).len());
    if count("configs") <= own || count("configs") != count("dataset_info") {
        return None;
    }
    let splits = |info: &Value| -> Option<u64> {
        info["splits"].as_array()?.iter().map(|split| split["num_examples"].as_u64()).sum()
    };
    let rows: Option<u64> = list(all.get("dataset_info")?).iter().map(splits).sum();
    Some(serde_json::json!([size_category(rows?)]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn card() -> Card {
        let add = |key, value, how| Entry { key, value, how };
        let info = json!([{"config_name": "kto", "features": [{"name": "a", "dtype": "string"}],
            "splits": [{"name": "train", "num_bytes": 9, "num_examples": 2}], "download_size": 1, "dataset_size": 9}]);
        Card {
            front: vec![
                add("pretty_name", json!("ours"), How::Keep),
                add("size_categories", json!(["n<1K"]), How::Size),
                add("tags", json!(["unskew"]), How::Union),
                add("dataset_info", info, How::Configs),
                add(
                    "configs",
                    json!([{"config_name": "kto", "data_files": [{"split": "train", "path": "kto/train-*"}]}]),
                    How::Configs,
                ),
            ],
            body: "# ours".to_owned(),
            assets: vec![],
        }
    }

    const THEIRS: &str = "---
# who may use it
license: mit   # all of it
pretty_name: Theirs
tags:
- nlp
my_key: {a: [1, 2]}  # stays
configs:
- config_name: main
  default: true
  data_files: data/*
dataset_info:
  config_name: main
  splits:
  - name: train
    num_examples: 5000
---
# Theirs

Their words.
";

    #[test]
    fn what_is_not_ours_stays() {
        let text = merge(Some(THEIRS), &card()).unwrap();
        for line in [
            "# who may use it",
            "license: mit   # all of it",
            "my_key: {a: [1, 2]}  # stays",
            "# Theirs",
            "Their words.",
        ] {
            assert!(text.lines().any(|found| found == line), "{text}");
        }
        let (_, yaml) = parse(split(&text).yaml.unwrap()).unwrap();
        assert_eq!(yaml["pretty_name"], "Theirs");
        assert_eq!(yaml["tags"], json!(["nlp", "unskew"]));
        let names: Vec<&str> = yaml["configs"].as_array().unwrap().iter().map(name_of).collect();
        assert_eq!(names, ["main", "kto"]);
        assert_eq!(yaml["configs"][1].get("default"), None);
        assert_eq!(yaml["dataset_info"].as_array().unwrap().len(), 2);
        assert_eq!(yaml["size_categories"], json!(["1K<n<10K"]));
        assert_eq!(merge(Some(&text), &card()).unwrap(), text);
    }

    #[test]
    fn our_part_is_written_anew_and_nothing_else() {
        let text = merge(None, &card()).unwrap();
        assert_eq!(merge(Some(&text), &card()).unwrap(), text);
        let more = text
            .replace(END, &format!("{END}\n\nMore of theirs"))
            .replace("---\n\n<!--", "---\nBefore\n<!--");
        let other = Card { body: "# other".to_owned(), ..card() };
        let merged = merge(Some(&more), &other).unwrap();
        assert!(merged.contains("Before\n<!--") && merged.ends_with("\n\nMore of theirs\n"));
        assert!(merged.contains("# other") && !merged.contains("# ours"));
    }

    #[test]
    fn two_defaults_are_refused_and_one_is_made() {
        let mut own = card();
        own.front[4].value[0]["config_name"] = "default".into();
        own.front[3].value[0]["config_name"] = "default".into();
        assert!(merge(Some(THEIRS), &own).is_err());
        let none = THEIRS.replace("  default: true\n", "");
        let (_, yaml) = parse(split(&merge(Some(&none), &card()).unwrap()).yaml.unwrap()).unwrap();
        assert_eq!(yaml["configs"][1]["default"], true);
        assert!(merge(Some("---\na: 1\na: 2\n---\n"), &card()).is_err());
    }

    #[test]
    fn configs_go_with_what_is_told_of_them() {
        let both = merge(Some(THEIRS), &card()).unwrap();
        let one = without_configs(&both, &["kto".to_owned()]).unwrap();
        let (_, yaml) = parse(split(&one).yaml.unwrap()).unwrap();
        assert_eq!(yaml["configs"].as_array().unwrap().len(), 1);
        assert_eq!(yaml["dataset_info"][0]["config_name"], "main");
        assert!(one.contains("license: mit   # all of it") && one.contains("Their words."));
        let none = without_configs(&one, &["main".to_owned()]).unwrap();
        let (_, yaml) = parse(split(&none).yaml.unwrap()).unwrap();
        assert!(!yaml.contains_key("configs") && !yaml.contains_key("dataset_info"), "{none}");
        assert_eq!(without_configs(&none, &["main".to_owned()]).unwrap(), none);
        assert_eq!(without_configs("# No YAML\n", &["main".to_owned()]).unwrap(), "# No YAML\n");
    }

    #[test]
    fn a_mapping_on_one_line_is_written_anew() {
        let text = merge(Some("---\n{license: mit, tags: [a]}\n---\nx\n"), &card()).unwrap();
        let (_, yaml) = parse(split(&text).yaml.unwrap()).unwrap();
        assert_eq!((&yaml["license"], &yaml["tags"]), (&json!("mit"), &json!(["a", "unskew"])));
    }

    proptest! {
        #[test]
        fn any_card_is_merged_once_or_refused(yaml in "[a-c:# \n\\-\\[\\]{}&*|>'\"1]{0,60}", body in "[ab#\n<!-]{0,40}") {
            let existing = format!("---\n{yaml}\n---\n{body}");
            if let Ok(text) = merge(Some(&existing), &card()) {
                prop_assert_eq!(merge(Some(&text), &card()).unwrap(), text.clone());
                let (_, before) = parse(split(&existing).yaml.unwrap_or_default()).unwrap();
                let (_, after) = parse(split(&text).yaml.unwrap()).unwrap();
                for (key, value) in &before {
                    prop_assert_eq!(after.get(key), Some(value));
                }
            }
        }
    }
}
