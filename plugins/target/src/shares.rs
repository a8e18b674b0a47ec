//! Shares of classes, or the same for all.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Unexpected, Visitor, value::MapAccessDeserializer},
};
use unskew_strategy::Cells;

/// `equal`, or a share for each class.
#[derive(Debug, Clone, PartialEq)]
pub enum Shares {
    /// The same for every class there is.
    Equal,
    /// A share for each class.
    Given(Cells<f64>),
}

impl<'de> Deserialize<'de> for Shares {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EqualOrMapping)
    }
}

struct EqualOrMapping;

impl<'de> Visitor<'de> for EqualOrMapping {
    type Value = Shares;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`equal` or a mapping of classes to shares")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Shares, E> {
        if text == "equal" { Ok(Shares::Equal) } else { Err(E::invalid_value(Unexpected::Str(text), &self)) }
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Shares, A::Error> {
        Cells::deserialize(MapAccessDeserializer::new(members)).map(Shares::Given)
    }
}

impl JsonSchema for Shares {
    fn schema_name() -> Cow<'static, str> {
        "Shares".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let given = generator.subschema_for::<Cells<f64>>();
        json_schema!({"anyOf": [{"const": "equal", "type": "string"}, given]})
    }
}
