//! One expression, or several.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{Error, SeqAccess, Visitor},
};

/// One expression, or a list of several: what makes two rows the same kind.
///
/// ```
/// use unskew_strategy::{By, read};
///
/// assert_eq!(*read::<By>(&serde_json::json!("task"))?, ["task"]);
/// assert_eq!(*read::<By>(&serde_json::json!(["task", "level"]))?, ["task", "level"]);
/// # Ok::<(), unskew_strategy::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By(Vec<String>);

impl By {
    /// These expressions.
    pub fn new<T: Into<String>>(expressions: impl IntoIterator<Item = T>) -> Self {
        Self(expressions.into_iter().map(Into::into).collect())
    }
}

impl std::ops::Deref for By {
    type Target = [String];

    fn deref(&self) -> &[String] {
        &self.0
    }
}

impl<'de> Deserialize<'de> for By {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Expressions)
    }
}

struct Expressions;

impl<'de> Visitor<'de> for Expressions {
    type Value = By;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an expression or a list of expressions")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<By, E> {
        if text.trim().is_empty() { Err(E::custom("the expression is empty")) } else { Ok(By::new([text])) }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<By, A::Error> {
        let mut expressions: Vec<String> = vec![];
        while let Some(expression) = items.next_element::<String>()? {
            if expressions.contains(&expression) {
                return Err(A::Error::custom(format!("`{expression}` is listed twice")));
            }
            expressions.push(expression);
        }
        if expressions.is_empty() { Err(A::Error::custom("the list is empty")) } else { Ok(By(expressions)) }
    }
}

impl JsonSchema for By {
    fn schema_name() -> Cow<'static, str> {
        "By".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "One expression, or a list of several.",
            "anyOf": [
                {"type": "string", "minLength": 1},
                {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": true},
            ],
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
    fn other_things_are_refused() {
        let message = |value| read::<By>(&value).unwrap_err().to_string();
        assert_eq!(
            message(json!(3)),
            "the options are the number 3, expected an expression or a list of expressions"
        );
        assert_eq!(message(json!([])), "the list is empty");
        assert_eq!(message(json!(" ")), "the expression is empty");
        assert_eq!(message(json!(["a", 1])), "`[1]` is the number 1, expected a text");
        assert_eq!(message(json!(["a", "a"])), "`a` is listed twice");
    }
}
