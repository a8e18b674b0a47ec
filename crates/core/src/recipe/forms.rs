//! Parts of a recipe that may be written in more than one way.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{
    self, Deserialize, DeserializeOwned, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};
use serde_json::Value;

use super::model::SourceSpec;

/// One thing, or a list of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListOf<T>(pub Vec<T>);

impl<T> Default for ListOf<T> {
    fn default() -> Self {
        Self(vec![])
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for ListOf<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Array(items) => items
                .into_iter()
                .map(T::deserialize)
                .collect::<Result<_, _>>()
                .map(Self)
                .map_err(de::Error::custom),
            one => T::deserialize(one).map(|one| Self(vec![one])).map_err(de::Error::custom),
        }
    }
}

impl<T: JsonSchema> JsonSchema for ListOf<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("ListOf{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({"anyOf": [one, {"type": "array", "items": one}]})
    }
}

/// Names for expressions, in the order they were written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns(pub Vec<(String, String)>);

impl<'de> Deserialize<'de> for Columns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Columns;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping of names to expressions")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Columns, A::Error> {
                let mut pairs = vec![];
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Columns(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

impl JsonSchema for Columns {
    fn schema_name() -> Cow<'static, str> {
        "Columns".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "object", "additionalProperties": {"type": "string"}})
    }
}

/// Where rows come from: at least one source.
#[derive(Debug, Clone)]
pub struct Sources(pub Vec<SourceSpec>);

impl<'de> Deserialize<'de> for Sources {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Sources;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a path, a mapping with a `path`, or a list of these")
            }

            fn visit_str<E: de::Error>(self, path: &str) -> Result<Sources, E> {
                Ok(Sources(vec![SourceSpec::at(path)]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Sources, A::Error> {
                let mut all = vec![];
                while let Some(Sources(some)) = items.next_element()? {
                    all.extend(some);
                }
                if all.is_empty() { Err(de::Error::custom("no source is named")) } else { Ok(Sources(all)) }
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Sources, A::Error> {
                let one = SourceSpec::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(Sources(vec![one]))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

impl JsonSchema for Sources {
    fn schema_name() -> Cow<'static, str> {
        "Sources".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = json_schema!({"anyOf": [{"type": "string"}, generator.subschema_for::<SourceSpec>()]});
        json_schema!({"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]})
    }
}

/// One step of a recipe: a strategy's name with its options, and perhaps a name of its own (`as`).
#[derive(Debug, Clone)]
pub struct Stage {
    /// The strategy's name.
    pub strategy: String,
    /// The strategy's options.
    pub options: Value,
    /// The stage's own name.
    pub label: Option<String>,
}

impl<'de> Deserialize<'de> for Stage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneStage;
        impl<'de> Visitor<'de> for OneStage {
            type Value = Stage;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a strategy with its options, such as `cap: {by: task, max: 100}`")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Stage, A::Error> {
                let (mut strategy, mut label) = (None, None);
                while let Some(key) = map.next_key::<String>()? {
                    if key == "as" {
                        label = Some(map.next_value()?);
                    } else if let Some((first, _)) = &strategy {
                        let message =
                            format!("a stage has one strategy, and this one has `{first}` and `{key}`");
                        return Err(de::Error::custom(message));
                    } else {
                        strategy = Some((key, map.next_value()?));
                    }
                }
                let (strategy, options) =
                    strategy.ok_or_else(|| de::Error::custom("a stage needs a strategy"))?;
                Ok(Stage { strategy, options, label })
            }
        }
        deserializer.deserialize_map(OneStage)
    }
}

impl JsonSchema for Stage {
    fn schema_name() -> Cow<'static, str> {
        "Stage".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "description": "A strategy with its options.",
            "properties": {"as": {"type": "string", "description": "The stage's own name; its randomness comes from it."}},
            "minProperties": 1,
            "maxProperties": 2
        })
    }
}

/// Whether to write the rows that were left out, and into which splits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overflow {
    /// Whether to write them.
    pub wanted: bool,
    /// An expression whose values name the splits.
    pub split: Option<String>,
}

impl<'de> Deserialize<'de> for Overflow {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Overflow;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`true`, `false` or a mapping with a `split`")
            }

            fn visit_bool<E: de::Error>(self, wanted: bool) -> Result<Overflow, E> {
                Ok(Overflow { wanted, split: None })
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Overflow, A::Error> {
                let mut split = None;
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "split" => split = map.next_value()?,
                        _ => return Err(de::Error::unknown_field(&key, &["split"])),
                    }
                }
                Ok(Overflow { wanted: true, split })
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl JsonSchema for Overflow {
    fn schema_name() -> Cow<'static, str> {
        "Overflow".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"anyOf": [
            {"type": "boolean"},
            {"type": "object", "additionalProperties": false,
             "properties": {"split": {"type": "string", "description": "An expression whose values name the splits."}}}
        ]})
    }
}

/// Bytes written by a person: `500MB`, `2 GiB`, `1024`.
///
/// ```
/// use unskew_core::recipe::bytes;
///
/// assert_eq!(bytes("256MiB"), Some(256 << 20));
/// assert_eq!(bytes("1.5 GB"), Some(1_500_000_000));
/// assert_eq!(bytes("many"), None);
/// ```
pub fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let split = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let unit: f64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kb" => 1e3,
        "m" | "mb" => 1e6,
        "g" | "gb" => 1e9,
        "t" | "tb" => 1e12,
        "kib" => 1024.0,
        "mib" => 1_048_576.0,
        "gib" => 1_073_741_824.0,
        "tib" => 1_099_511_627_776.0,
        _ => return None,
    };
    let number: f64 = number.parse().ok()?;
    let bytes = number * unit;
    (bytes.is_finite() && bytes < 1e18).then_some(bytes as u64)
}

/// Reads a `T` out of JSON that came from a recipe.
pub fn decode<T: DeserializeOwned>(value: Value) -> Result<T, (String, String)> {
    serde_path_to_error::deserialize(value.into_deserializer())
        .map_err(|error| (error.path().to_string(), error.inner().to_string()))
}
