//! Reads options into a strategy's type, with errors that say where, what and what instead.

use std::fmt;

use serde::{
    Deserializer,
    de::{
        self, DeserializeOwned, DeserializeSeed, EnumAccess, Expected, IntoDeserializer, Unexpected,
        VariantAccess, Visitor,
        value::{MapDeserializer, SeqDeserializer},
    },
    forward_to_deserialize_any,
};
use serde_json::Value;

use crate::{Error, Result, nearest};

/// Reads `options`; an error names the option at fault, and for an unknown one the nearest that exists.
///
/// ```
/// use serde::Deserialize;
/// use unskew_strategy::read;
///
/// #[derive(Debug, Deserialize)]
/// #[serde(deny_unknown_fields)]
/// struct Cap {
///     max: u64,
/// }
///
/// let error = read::<Cap>(&serde_json::json!({"mx": 5})).unwrap_err();
/// assert_eq!(error.to_string(), "unknown option `mx`");
/// assert_eq!(error.option_path(), Some("mx"));
/// assert_eq!(error.hints(), ["did you mean `max`?"]);
///
/// let error = read::<Cap>(&serde_json::json!({"max": "many"})).unwrap_err();
/// assert_eq!(error.to_string(), "`max` is the text \"many\", expected a whole number, 0 or more");
/// ```
pub fn read<T: DeserializeOwned>(options: &Value) -> Result<T> {
    serde_path_to_error::deserialize(Options(options)).map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." { String::new() } else { path };
        error.into_inner().at(path)
    })
}

/// A fault as serde finds it, before the place is known.
#[derive(Debug)]
enum Fault {
    Unknown { name: String, known: &'static [&'static str], what: &'static str },
    Missing(&'static str),
    Wrong { found: String, expected: String },
    Choice { name: String, fault: String },
    Other(String),
}

impl Fault {
    fn at(self, path: String) -> Error {
        match self {
            Self::Unknown { name, known, what } => {
                let advice = match nearest(&name, known.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if known.is_empty() => "it takes none".to_owned(),
                    None => format!("there is {}", listed(known)),
                };
                Error::option(path, format!("unknown {what} `{name}`")).hint(advice)
            }
            Self::Missing(name) if path.is_empty() => {
                Error::option(path, format!("option `{name}` is missing"))
            }
            Self::Missing(name) => Error::option(&path, format!("`{path}` lacks `{name}`")),
            Self::Wrong { found, expected } if path.is_empty() => {
                Error::option(path, format!("the options are {found}, expected {expected}"))
            }
            Self::Wrong { found, expected } => {
                Error::option(&path, format!("`{path}` is {found}, expected {expected}"))
            }
            Self::Choice { name, fault } => {
                // The choice is part of the path, but nothing stands there in what was written.
                let place = path.strip_suffix(&name).unwrap_or(&path).trim_end_matches('.');
                Error::option(place, format!("`{name}` {fault}"))
            }
            Self::Other(message) if path.is_empty() => Error::option(path, message),
            Self::Other(message) => Error::option(&path, format!("`{path}`: {message}")),
        }
    }
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// How a person would call a value.
fn described(value: &Unexpected) -> String {
    match value {
        Unexpected::Bool(value) => value.to_string(),
        Unexpected::Unsigned(value) => format!("the number {value}"),
        Unexpected::Signed(value) => format!("the number {value}"),
        Unexpected::Float(value) => format!("the number {value}"),
        Unexpected::Str(value) => format!("the text {value:?}"),
        Unexpected::Unit | Unexpected::Option => "empty".to_owned(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "a mapping".to_owned(),
        other => other.to_string(),
    }
}

/// Serde's names for what a Rust type takes, in the words of someone who writes recipes.
fn wanted(expected: &dyn Expected) -> String {
    let text = expected.to_string();
    match text.as_str() {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, 0 or more".to_owned(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".to_owned(),
        "a nonzero u32" | "a nonzero u64" => "a whole number, 1 or more".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a string" | "string" => "a text".to_owned(),
        "a map" => "a mapping".to_owned(),
        "a sequence" => "a list".to_owned(),
        text if text.starts_with("struct ") => "a mapping of options".to_owned(),
        _ => text,
    }
}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Other(message.to_string())
    }

    fn invalid_type(found: Unexpected, expected: &dyn Expected) -> Self {
        Self::Wrong { found: described(&found), expected: wanted(expected) }
    }

    fn invalid_value(found: Unexpected, expected: &dyn Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn unknown_variant(name: &str, known: &'static [&'static str]) -> Self {
        Self::Unknown { name: name.to_owned(), known, what: "choice" }
    }

    fn unknown_field(name: &str, known: &'static [&'static str]) -> Self {
        Self::Unknown { name: name.to_owned(), known, what: "option" }
    }

    fn missing_field(name: &'static str) -> Self {
        Self::Missing(name)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Fault {}

/// JSON as serde reads it, with [`Fault`] for its error.
#[derive(Clone, Copy)]
struct Options<'a>(&'a Value);

impl<'de> Deserializer<'de> for Options<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(number), ..) => visitor.visit_u64(number),
                (_, Some(number), _) => visitor.visit_i64(number),
                (.., Some(number)) => visitor.visit_f64(number),
                _ => Err(Fault::Other(format!("{number} is out of range"))),
            },
            Value::Array(items) => {
                let mut items = SeqDeserializer::new(items.iter().map(Options));
                let value = visitor.visit_seq(&mut items)?;
                items.end().map(|()| value)
            }
            Value::Object(members) => {
                let mut members =
                    MapDeserializer::new(members.iter().map(|(name, value)| (name.as_str(), Options(value))));
                let value = visitor.visit_map(&mut members)?;
                members.end().map(|()| value)
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        // Derived code would take a list for a struct; to people that is a mistake.
        match self.0 {
            Value::Array(_) => Err(de::Error::invalid_type(Unexpected::Seq, &visitor)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let choice = match self.0 {
            Value::String(name) => Choice { name, value: None },
            Value::Object(members) if members.len() == 1 => {
                let (name, value) = members.iter().next().expect("the mapping has one member");
                Choice { name, value: Some(value) }
            }
            other => {
                let found = described(&unexpected(other));
                return Err(Fault::Wrong { found, expected: format!("one of {}", listed(known)) });
            }
        };
        visitor.visit_enum(choice)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq
        tuple tuple_struct map identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, Fault> for Options<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

fn unexpected(value: &Value) -> Unexpected<'_> {
    match value {
        Value::Null => Unexpected::Unit,
        Value::Bool(value) => Unexpected::Bool(*value),
        Value::Number(number) => Unexpected::Float(number.as_f64().unwrap_or(f64::NAN)),
        Value::String(text) => Unexpected::Str(text),
        Value::Array(_) => Unexpected::Seq,
        Value::Object(_) => Unexpected::Map,
    }
}

/// `name` or `{name: value}`.
struct Choice<'a> {
    name: &'a str,
    value: Option<&'a Value>,
}

impl Choice<'_> {
    fn fault(&self, fault: impl Into<String>) -> Fault {
        Fault::Choice { name: self.name.to_owned(), fault: fault.into() }
    }
}

impl<'de> Choice<'de> {
    fn needed(&self) -> Result<Options<'de>, Fault> {
        self.value.map(Options).ok_or_else(|| self.fault(format!("needs a value: {{{}: …}}", self.name)))
    }
}

impl<'de> EnumAccess<'de> for Choice<'de> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Fault> {
        seed.deserialize(de::value::BorrowedStrDeserializer::new(self.name)).map(|variant| (variant, self))
    }
}

impl<'de> VariantAccess<'de> for Choice<'de> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        match self.value {
            None => Ok(()),
            Some(_) => Err(self.fault("takes no value")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        seed.deserialize(self.needed()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        self.needed()?.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.needed()?.deserialize_any(visitor)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;
    use crate::Short;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[serde(rename = "short")]
        _short: Short,
        #[serde(default, rename = "seen")]
        _seen: Option<bool>,
    }

    #[test]
    fn errors_say_where_and_what_instead() {
        let error = |options| {
            let error = read::<Sample>(&options).unwrap_err();
            (error.option_path().unwrap().to_owned(), error.to_string(), error.hints().to_vec())
        };
        let plain = |path: &str, message: &str| (path.to_owned(), message.to_owned(), vec![]);
        assert_eq!(error(json!({})), plain("", "option `short` is missing"));
        assert_eq!(error(json!([])), plain("", "the options are a list, expected a mapping of options"));
        assert_eq!(error(json!(null)), plain("", "the options are empty, expected a mapping of options"));
        assert_eq!(
            error(json!({"short": "accept", "seen": 1})),
            plain("seen", "`seen` is the number 1, expected true or false")
        );
        assert_eq!(
            error(json!({"short": "oversample"})),
            plain("short", "`oversample` needs a value: {oversample: …}")
        );
        let (path, message, hints) = error(json!({"short": "accept", "colour": 1}));
        assert_eq!((path.as_str(), message.as_str()), ("colour", "unknown option `colour`"));
        assert_eq!(hints, ["there is `short`, `seen`"]);
        let (path, _, hints) = error(json!({"short": "acept"}));
        assert_eq!((path.as_str(), hints), ("short", vec!["did you mean `accept`?".to_owned()]));
        let (path, ..) = error(json!({"short": {"oversample": 5_000_000_000_u64}}));
        assert_eq!(path, "short.oversample");
    }
}
