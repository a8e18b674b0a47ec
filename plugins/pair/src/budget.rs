//! In how many pairs a row may be.

use std::{borrow::Cow, fmt, num::NonZeroU32};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{Error, Unexpected, Visitor},
};

/// In how many pairs a row may be: a number, or `all`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Budget {
    /// In as many as there are.
    All,
    /// In so many at most.
    Pairs(u32),
}

impl Budget {
    /// The number.
    pub(crate) fn most(self) -> u32 {
        match self {
            Self::All => u32::MAX,
            Self::Pairs(most) => most,
        }
    }
}

impl<'de> Deserialize<'de> for Budget {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOrNumber)
    }
}

struct TextOrNumber;

impl Visitor<'_> for TextOrNumber {
    type Value = Budget;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`all` or a whole number, 1 or more")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Budget, E> {
        match text {
            "all" => Ok(Budget::All),
            other => Err(E::invalid_value(Unexpected::Str(other), &self)),
        }
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Budget, E> {
        match u32::try_from(number).ok().and_then(NonZeroU32::new) {
            Some(most) => Ok(Budget::Pairs(most.get())),
            None => Err(E::invalid_value(Unexpected::Unsigned(number), &self)),
        }
    }
}

impl JsonSchema for Budget {
    fn schema_name() -> Cow<'static, str> {
        "Budget".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"anyOf": [{"type": "string", "enum": ["all"]}, {"type": "integer", "minimum": 1}]})
    }

    fn inline_schema() -> bool {
        true
    }
}
