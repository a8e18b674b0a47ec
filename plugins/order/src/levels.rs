//! Which text comes first.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{Error, SeqAccess, Unexpected, Visitor},
};

/// Which text comes first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Levels {
    /// That which is first in the alphabet.
    Alphabetical,
    /// These, in this order.
    Named(Vec<String>),
}

impl<'de> Deserialize<'de> for Levels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AlphabetOrNames)
    }
}

struct AlphabetOrNames;

impl<'de> Visitor<'de> for AlphabetOrNames {
    type Value = Levels;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of levels in order, or `alphabetical`")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Levels, E> {
        match text {
            "alphabetical" => Ok(Levels::Alphabetical),
            other => Err(E::invalid_value(Unexpected::Str(other), &self)),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Levels, A::Error> {
        let mut names: Vec<String> = vec![];
        while let Some(name) = items.next_element::<String>()? {
            if names.contains(&name) {
                return Err(A::Error::custom(format!("`{name}` is listed twice")));
            }
            names.push(name);
        }
        if names.is_empty() { Err(A::Error::custom("the list is empty")) } else { Ok(Levels::Named(names)) }
    }
}

impl JsonSchema for Levels {
    fn schema_name() -> Cow<'static, str> {
        "Levels".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": true},
                {"type": "string", "const": "alphabetical"},
            ],
        })
    }

    fn inline_schema() -> bool {
        true
    }
}
