//! The recipe as types; their doc comments are its JSON Schema's.

use std::{collections::BTreeMap, num::NonZeroU64};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    card::CardFacts,
    forms::{Columns, ListOf, Overflow, Sources, Stage},
    shapes::OutputShapes,
};

/// What to take from where, how to balance it, and where to put it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// What the result is called; without it, what the recipe's file is called.
    pub name: Option<String>,
    /// Where all randomness comes from.
    #[serde(default)]
    pub seed: u64,
    /// A file, a folder, a glob or an `hf://datasets/...` URL; or a list of these; or mappings with more to say.
    pub source: Sources,
    /// The kind of rows, for the names that come with it; guessed (and said) when left out.
    pub layout: Option<Layout>,
    /// An expression that tells rows apart, where their place in the files should not: `metadata.id`.
    pub identity: Option<String>,
    /// Names for expressions, to be used everywhere below.
    #[serde(default)]
    pub columns: Columns,
    /// Which rows to begin with: an expression that is true for them.
    #[serde(rename = "where")]
    pub condition: Option<String>,
    /// What to do with rows that cannot be read.
    #[serde(default)]
    pub on_bad_row: BadRows,
    /// Where strategies come from that are not installed.
    #[serde(default)]
    pub plugins: BTreeMap<String, PluginSpec>,
    /// What to do with the rows, one strategy after another.
    #[serde(default)]
    pub stages: Vec<Stage>,
    /// What must be true of the result.
    #[serde(default)]
    pub checks: Vec<Check>,
    /// Where the result goes, and in what form.
    #[serde(default)]
    pub output: Output,
    /// What the dataset card says beyond what was counted.
    #[serde(default)]
    pub card: CardFacts,
}

/// A place that rows come from.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceSpec {
    /// What the source is called; without it, its folder's or repository's name.
    pub name: Option<String>,
    /// A file, a folder, a glob or an `hf://datasets/OWNER/NAME[@REVISION][/PATH]` URL. A repository without a path stands
    /// for the files of one config.
    pub path: String,
    /// The config of a repository, or of a folder; without it, the one that `load_dataset` takes.
    pub config: Option<String>,
    /// The splits of a repository, or of a folder; without it, all of them.
    #[serde(default)]
    pub split: ListOf<String>,
    /// Names for expressions that mean something else in this source.
    #[serde(default)]
    pub columns: Columns,
}

impl SourceSpec {
    /// All that stands at `path`.
    pub fn at(path: &str) -> Self {
        Self {
            name: None,
            path: path.to_owned(),
            config: None,
            split: ListOf::default(),
            columns: Columns::default(),
        }
    }

    /// What a recipe says of a source at `path`, of which a config or splits may be named.
    pub fn written(path: &str, config: Option<&str>, splits: &[String]) -> Value {
        let mut written = Map::new();
        written.insert("path".to_owned(), path.into());
        written.extend(config.map(|config| ("config".to_owned(), config.into())));
        if !splits.is_empty() {
            written.insert("split".to_owned(), splits.into());
        }
        if written.len() == 1 { path.into() } else { Value::Object(written) }
    }
}

/// A usual kind of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// NeMo Gym rollouts: `responses_create_params`, `response`, `reward`.
    Gym,
    /// A prompt with a list of scored responses: `reward[].score`.
    Grouped,
    /// Chat messages: `messages`.
    Messages,
    /// ShareGPT conversations: `conversations`.
    Sharegpt,
    /// Pairs, each in one row: `chosen`, `rejected`.
    Preference,
    /// TRL's columns: `prompt`, `completion`, `chosen`, `rejected`, `label`.
    Trl,
}

/// What to do with rows that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BadRows {
    /// Stop and say where they are.
    #[default]
    Error,
    /// Leave them out and count them.
    Skip,
    /// Leave them out, count them, and keep their bytes.
    Quarantine,
}

/// Where a strategy comes from that is not installed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PluginSpec {
    /// A program; a relative path starts from the recipe's folder.
    pub program: String,
    /// How many seconds each call of it may take; without it, 600.
    pub timeout: Option<NonZeroU64>,
}

/// Something that must be true of the result: an expectation, or a preset that stands for several.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// An expression over all rows: `max_share(task) <= 0.4`, `retention >= 0.5`.
    pub expect: Option<String>,
    /// What is usually expected of rows for a trainer, each expectation with a level of its own.
    pub preset: Option<Preset>,
    /// What presets for `sft`, `dpo` and `ppo` look at: the score of a row, or the gap of a pair. Without it, `score` or
    /// `reward`; for `dpo` `reward_gap`.
    pub score: Option<String>,
    /// What the preset `kto` looks at; without it, `label`.
    pub label: Option<String>,
    /// What the preset `balance` looks at; without it, `task`.
    pub by: Option<String>,
    /// Which rows it is about; without it, those of the result, or what a preset says.
    pub on: Option<CheckOn>,
    /// What follows when it is not true; without it, `fail`, or what a preset says.
    pub level: Option<Level>,
    /// Whether it is about all rows at once or about each split by itself.
    pub per: Option<Per>,
}

/// What is usually expected of rows for a trainer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// Supervised fine-tuning: enough examples, all of them good.
    Sft,
    /// Preference pairs: the chosen answer is clearly better.
    Dpo,
    /// Desirable and undesirable answers: both are there, neither is rare.
    Kto,
    /// Reinforcement learning: rewards tell answers apart.
    Ppo,
    /// A mix of kinds: none prevails, and not too much was given up for it.
    Balance,
}

/// Which rows a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CheckOn {
    /// All rows that can be read, before `where`.
    Source,
    /// All rows that passed `where`.
    Input,
    /// The rows of the result.
    #[default]
    Output,
}

/// What follows when a check is not true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// A warning.
    Warn,
    /// The run fails, and the result cannot be pushed.
    #[default]
    Fail,
}

/// What a check looks at by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Per {
    /// Each split.
    Split,
}

/// Where the result goes, and in what form.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// A folder, or an `hf://datasets/...` URL to push to later.
    pub to: Option<String>,
    /// How the rows are written.
    #[serde(default)]
    pub format: OutputFormat,
    /// What rows look like: as in the source, as a trainer reads them, or made of columns of your own; or a list of
    /// these, each of which becomes a config.
    #[serde(default)]
    pub shape: OutputShapes,
    /// How JSON Lines files are compressed.
    #[serde(default)]
    pub compression: OutputCompression,
    /// The name of the config, where there is one; rows of the default one stand in `data/`.
    pub config: Option<String>,
    /// Writes the one split to one file of this name.
    pub file: Option<String>,
    /// The label that batches should mix: an expression, by which the report tells how well they do. Without it, that
    /// of the last stage that has one.
    pub label: Option<String>,
    /// Computed columns to add to the rows.
    #[serde(default)]
    pub keep: ListOf<String>,
    /// Computed columns to add to the rows, each in the place of the member of its name, where rows have one.
    #[serde(default)]
    pub replace: ListOf<String>,
    /// Whether to write the rows that were left out, and into which splits.
    #[serde(default)]
    pub overflow: Overflow,
    /// The most bytes a file may have, such as `500MB`.
    pub shard_size: Option<String>,
}

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OutputFormat {
    /// Apache Parquet.
    #[default]
    Parquet,
    /// JSON Lines.
    Jsonl,
}

/// How JSON Lines files are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OutputCompression {
    /// Not at all.
    #[default]
    None,
    /// gzip.
    Gzip,
    /// Zstandard.
    Zstd,
}

impl Recipe {
    /// The JSON Schema of recipes, with the options of the given strategies: name, summary and schema of each.
    pub fn schema(strategies: &[(String, String, Value)]) -> Value {
        let mut schema = Value::from(schemars::schema_for!(Recipe));
        let mut stages = Map::new();
        for (name, summary, options) in strategies {
            let mut options = options.clone();
            if let Some(all) = schema.get_mut("$defs").and_then(Value::as_object_mut) {
                all.extend(own_types(name, &mut options, all));
            }
            if let Some(options) = options.as_object_mut() {
                options.remove("$schema");
                options.insert("description".to_owned(), summary.clone().into());
            }
            stages.insert(name.clone(), options);
        }
        if let Some(properties) = schema.pointer_mut("/$defs/Stage/properties").and_then(Value::as_object_mut)
        {
            properties.extend(stages);
        }
        schema
    }
}

/// Takes the named types out of a strategy's options. Where one is called like another that is `known`, and is not the
/// same, all of them are called by the strategy, too: `kto.Keep`.
fn own_types(strategy: &str, options: &mut Value, known: &Map<String, Value>) -> Map<String, Value> {
    let Some(Value::Object(types)) = options.as_object_mut().and_then(|options| options.remove("$defs"))
    else {
        return Map::new();
    };
    if types.iter().all(|(name, own)| known.get(name).is_none_or(|other| other == own)) {
        return types;
    }
    refer_to(strategy, options);
    let renamed = |(name, mut own): (String, Value)| {
        refer_to(strategy, &mut own);
        (format!("{strategy}.{name}"), own)
    };
    types.into_iter().map(renamed).collect()
}

/// Makes all references lead to the types that are called by the strategy.
fn refer_to(strategy: &str, schema: &mut Value) {
    const TYPES: &str = "#/$defs/";
    match schema {
        Value::Object(members) => {
            for (name, member) in members {
                match (name.as_str(), member) {
                    ("$ref", Value::String(to)) if to.starts_with(TYPES) => {
                        to.insert_str(TYPES.len(), &format!("{strategy}."));
                    }
                    (_, member) => refer_to(strategy, member),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| refer_to(strategy, item)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn types_that_are_called_alike_stay_apart() {
        let options = |keep: &str| {
            json!({
                "properties": {"keep": {"$ref": "#/$defs/Keep"}, "all": {"type": "array", "items": {"$ref": "#/$defs/Both"}}},
                "$defs": {"Keep": {"const": keep}, "Both": {"anyOf": [{"$ref": "#/$defs/Keep"}]}},
            })
        };
        let strategy = |name: &str, keep: &str| (name.to_owned(), String::new(), options(keep));
        let schema = Recipe::schema(&[strategy("a", "first"), strategy("b", "last"), strategy("c", "first")]);
        let kept = |strategy: &str| {
            let at = |pointer: &str| schema.pointer(pointer).unwrap();
            let stage = format!("/$defs/Stage/properties/{strategy}/properties");
            let follow = |place: String| at(at(&place)["$ref"].as_str().unwrap().trim_start_matches('#'));
            let both = follow(format!("{stage}/all/items"));
            let through = at(both["anyOf"][0]["$ref"].as_str().unwrap().trim_start_matches('#'));
            assert_eq!(follow(format!("{stage}/keep")), through);
            through["const"].clone()
        };
        assert_eq!(["a", "b", "c"].map(kept), ["first", "last", "first"]);
        let types = schema["$defs"].as_object().unwrap();
        assert!(types.contains_key("Keep") && types.contains_key("b.Keep") && !types.contains_key("c.Keep"));
    }
}
