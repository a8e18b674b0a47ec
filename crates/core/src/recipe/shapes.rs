//! What a recipe says of the output's shape, or of several.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::forms::Columns;
use crate::shape;

/// Where a recipe says what output rows look like.
const SHAPE: &str = "output.shape";

/// The shapes in which the output is written: one, or several that are a config each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputShapes(pub Vec<NamedShape>);

/// A shape, and what its config is called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NamedShape {
    /// The config's name, where the recipe says it.
    pub config: Option<String>,
    /// What output rows look like.
    pub shape: OutputShape,
    /// Where the recipe says so.
    pub place: String,
}

impl Default for OutputShapes {
    fn default() -> Self {
        Self::one(OutputShape::default())
    }
}

impl OutputShapes {
    fn one(shape: OutputShape) -> Self {
        Self(vec![NamedShape { config: None, shape, place: SHAPE.to_owned() }])
    }
}

impl<'de> Deserialize<'de> for OutputShapes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = OutputShapes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "the name of a shape, a mapping of columns to paths and expressions, or a list of shapes",
                )
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<OutputShapes, E> {
                Ok(OutputShapes::one(OutputShape::Named(name.to_owned())))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<OutputShapes, A::Error> {
                let shape = OutputShape::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(OutputShapes::one(shape))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<OutputShapes, A::Error> {
                let mut all: Vec<NamedShape> = vec![];
                while let Some(item) = items.next_element::<NamedShape>()? {
                    let name = item.config.as_ref().map_or(String::new(), |name| format!(".{name}"));
                    all.push(NamedShape { place: format!("{SHAPE}.{}{name}", all.len()), ..item });
                }
                if all.is_empty() {
                    Err(de::Error::custom("no shape is named"))
                } else {
                    Ok(OutputShapes(all))
                }
            }
        }
        deserializer.deserialize_any(Any)
    }
}

impl JsonSchema for OutputShapes {
    fn schema_name() -> Cow<'static, str> {
        "OutputShapes".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<OutputShape>();
        let named = json_schema!({
            "type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": one,
            "description": "The name of a config, and its shape."
        });
        let names: Vec<&str> = shape::names().collect();
        let item = json_schema!({"anyOf": [{"type": "string", "enum": names}, named]});
        json_schema!({"anyOf": [
            one,
            {"type": "array", "minItems": 1, "items": item, "description": "Several shapes, each a config of its own."}
        ]})
    }
}

impl<'de> Deserialize<'de> for NamedShape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = NamedShape;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "the name of a shape, or the name of a config with its shape, such as `kto: trl/kto`",
                )
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<NamedShape, E> {
                Ok(NamedShape { shape: OutputShape::Named(name.to_owned()), ..NamedShape::default() })
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<NamedShape, A::Error> {
                let Some(config) = map.next_key::<String>()? else {
                    return Err(de::Error::custom("the mapping is empty"));
                };
                let shape = map.next_value()?;
                match map.next_key::<String>()? {
                    Some(other) => Err(de::Error::custom(format!(
                        "an item of the list is one config, `NAME: SHAPE`, and this one names `{config}` and `{other}`"
                    ))),
                    None => Ok(NamedShape { config: Some(config), shape, place: String::new() }),
                }
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// What output rows look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutputShape {
    /// A shape that has a name.
    Named(String),
    /// Columns, and what each holds: a path, whose value is copied, or an expression.
    Columns(Columns),
}

impl Default for OutputShape {
    fn default() -> Self {
        Self::Named(shape::ROWS.to_owned())
    }
}

impl<'de> Deserialize<'de> for OutputShape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = OutputShape;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a shape, or a mapping of columns to paths and expressions")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<OutputShape, E> {
                Ok(OutputShape::Named(name.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<OutputShape, A::Error> {
                let columns = Columns::deserialize(de::value::MapAccessDeserializer::new(map))?;
                if columns.0.is_empty() {
                    return Err(de::Error::custom("the mapping is empty"));
                }
                Ok(OutputShape::Columns(columns))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl JsonSchema for OutputShape {
    fn schema_name() -> Cow<'static, str> {
        "OutputShape".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<&str> = shape::names().collect();
        json_schema!({"anyOf": [
            {"type": "string", "enum": names},
            {"type": "object", "minProperties": 1, "additionalProperties": {"type": "string"},
             "description": "Columns, and what each holds: a path, whose value is copied as it stands, or an expression."}
        ]})
    }
}
