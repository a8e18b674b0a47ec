//! What shares are shares of.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{Error, Unexpected, Visitor},
};

/// What shares are shares of: `largest`, `input`, or a number of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Total {
    /// The largest output that has exactly these shares and repeats no row.
    #[default]
    Largest,
    /// All rows of the input.
    Input,
    /// This many rows.
    Rows(u64),
}

impl<'de> Deserialize<'de> for Total {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOrNumber)
    }
}

struct TextOrNumber;

impl Visitor<'_> for TextOrNumber {
    type Value = Total;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`largest`, `input` or a number of rows")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Total, E> {
        match text {
            "largest" => Ok(Total::Largest),
            "input" => Ok(Total::Input),
            other => Err(E::invalid_value(Unexpected::Str(other), &self)),
        }
    }

    fn visit_u64<E: Error>(self, rows: u64) -> Result<Total, E> {
        Ok(Total::Rows(rows))
    }
}

impl JsonSchema for Total {
    fn schema_name() -> Cow<'static, str> {
        "Total".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "`largest`: the largest output that has exactly these shares and repeats no row; `input`: \
                            all rows of the input; or a number of rows.",
            "anyOf": [{"type": "string", "enum": ["largest", "input"]}, {"type": "integer", "minimum": 0}],
            "default": "largest",
        })
    }

    fn inline_schema() -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::read;

    #[test]
    fn three_forms() {
        assert_eq!(read::<Total>(&json!("input")).unwrap(), Total::Input);
        assert_eq!(read::<Total>(&json!(500)).unwrap(), Total::Rows(500));
        let error = read::<Total>(&json!("all")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the options are the text \"all\", expected `largest`, `input` or a number of rows"
        );
    }
}
