//! What is said in JSON: the answers to `describe` and `needs`, and the first lines of what `run` is told and answers.

use std::{fmt, io::Write};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, MapAccess, Visitor},
};
use serde_json::{Map, Value};
use unskew_strategy::{Error, Gives, Manifest, Need, Result};

use crate::Wire;

/// The member of a manifest that says how tables are written; it is no part of what a plugin is.
const WIRE: &str = "wire";

/// What a program wants to be given and will answer; the columns it is given bear the names it chose.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Needs {
    /// The needs, by the names of their columns.
    pub needs: Columns,
    /// What the answer will look like.
    #[serde(default)]
    pub gives: Gives,
}

/// Needs, in the order they were written.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Columns(pub Vec<(String, Need)>);

/// The first line of what `run` is told.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// The options.
    pub options: Value,
    /// How many rows there are.
    pub rows: usize,
    /// The levels of columns that have some, and the groups of those that are groups; where tables are JSON.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub levels: Map<String, Value>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub groups: Map<String, Value>,
}

/// The first line of what `run` answers.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Said {
    /// The names of the splits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub splits: Option<Vec<String>>,
    /// The levels of added columns that have some.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub levels: Map<String, Value>,
    /// Which chosen rows make a batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batches: Option<Batches>,
    /// What was found out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

/// Which chosen rows make a batch.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Batches {
    pub rows: Vec<u32>,
    pub size: u32,
    pub per_epoch: u32,
}

/// Something that was found out.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    pub name: String,
    pub rows: Vec<Map<String, Value>>,
}

/// A refusal: the program works, and cannot do what it was asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    option: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    hints: Vec<String>,
}

/// An answer of any kind, which may be a refusal.
#[derive(Deserialize)]
struct Refused {
    error: Option<Refusal>,
}

impl Refusal {
    /// What stands for this error.
    pub fn of(error: &Error) -> Value {
        let refusal = Self {
            message: error.to_string(),
            option: error.option_path().map(str::to_owned),
            hints: error.hints().to_vec(),
        };
        serde_json::json!({ "error": refusal })
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let error = match refusal.option {
            Some(option) => Error::option(option, refusal.message),
            None => Error::data(refusal.message),
        };
        refusal.hints.into_iter().fold(error, Error::hint)
    }
}

/// Reads `text` as what was asked for, unless it is a refusal.
pub fn read<T: de::DeserializeOwned>(text: &[u8]) -> Result<T> {
    let nonsense = |error: serde_json::Error| {
        Error::failed("its answer is not what it should be").cause(error.to_string())
    };
    match serde_json::from_slice(text).map_err(nonsense)? {
        Refused { error: Some(refusal) } => Err(refusal.into()),
        Refused { error: None } => serde_json::from_slice(text).map_err(nonsense),
    }
}

/// Writes a line of JSON.
pub fn write(line: &impl Serialize, out: &mut dyn Write) -> Result<()> {
    let unwritable =
        |error: &dyn std::error::Error| Error::failed("it cannot be written").cause(error.to_string());
    serde_json::to_writer(&mut *out, line).map_err(|error| unwritable(&error))?;
    out.write_all(b"\n").map_err(|error| unwritable(&error))
}

/// Reads an answer to `describe`.
pub fn read_manifest(text: &[u8]) -> Result<(Manifest, Wire)> {
    let mut members: Map<String, Value> = read(text)?;
    let wire = members.shift_remove(WIRE).unwrap_or_else(|| "arrow".into());
    let nonsense = |error: serde_json::Error| {
        Error::failed("its manifest is not what it should be").cause(error.to_string())
    };
    let manifest = serde_json::from_value(Value::Object(members)).map_err(nonsense)?;
    Ok((manifest, serde_json::from_value(wire).map_err(nonsense)?))
}

impl Serialize for Columns {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, need)| (name, need)))
    }
}

impl<'de> Deserialize<'de> for Columns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Named;
        impl<'de> Visitor<'de> for Named {
            type Value = Columns;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping of columns' names to needs")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Columns, A::Error> {
                let mut columns: Vec<(String, Need)> = vec![];
                while let Some((name, need)) = map.next_entry::<String, Need>()? {
                    if columns.iter().any(|(other, _)| *other == name) {
                        return Err(de::Error::custom(format!("`{name}` is there twice")));
                    }
                    columns.push((name, need));
                }
                Ok(Columns(columns))
            }
        }
        deserializer.deserialize_map(Named)
    }
}
