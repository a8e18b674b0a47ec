//! What shares are shares of.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

use super::NumberOrWord;

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
        let expected = "`largest`, `input` or a number of rows";
        NumberOrWord::read(deserializer, expected, &["largest", "input"], |written| match written {
            NumberOrWord::Whole(rows) => Some(Self::Rows(rows)),
            NumberOrWord::Word("largest") => Some(Self::Largest),
            NumberOrWord::Word("input") => Some(Self::Input),
            _ => None,
        })
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
        assert!(error.hints().is_empty());
        let error = read::<Total>(&json!(-1)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the options are the number -1, expected `largest`, `input` or a number of rows"
        );
        let error = read::<Total>(&json!("inptu")).unwrap_err();
        assert_eq!(error.to_string(), "unknown choice `inptu`");
        assert_eq!(error.hints(), ["did you mean `input`?"]);
    }
}
