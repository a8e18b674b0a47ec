//! In how many pairs a row may be.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use unskew_strategy::NumberOrWord;

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
        let expected = "`all` or a whole number, 1 or more";
        NumberOrWord::read(deserializer, expected, &["all"], |written| match written {
            NumberOrWord::Word("all") => Some(Self::All),
            NumberOrWord::Whole(most @ 1..) => u32::try_from(most).ok().map(Self::Pairs),
            _ => None,
        })
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
