//! How many desirable rows there are to be for how many undesirable ones.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use unskew_strategy::NumberOrWord;

/// Desirable rows for each undesirable one: a number above 0, or a text of two such as `3:2`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio(f64);

impl Default for Ratio {
    fn default() -> Self {
        Self(1.0)
    }
}

impl Ratio {
    fn new(desirable: f64, undesirable: f64) -> Option<Self> {
        let ratio = desirable / undesirable;
        (desirable > 0.0 && ratio.is_normal() && ratio > 0.0).then_some(Self(ratio))
    }

    fn parse(text: &str) -> Option<Self> {
        let number = |text: &str| text.trim().parse().ok();
        let (desirable, undesirable) = text.split_once(':')?;
        Self::new(number(desirable)?, number(undesirable)?)
    }

    /// How many of so many desirable and undesirable rows to take: all of the label that is short for the ratio, and
    /// of the other as many as come nearest to it, but at least one.
    pub fn counts(&self, [desirable, undesirable]: [u64; 2]) -> [u64; 2] {
        let fitting = |rows: f64, most: u64| (rows.round() as u64).max(1).min(most);
        let for_undesirable = undesirable as f64 * self.0;
        if desirable as f64 >= for_undesirable {
            [fitting(for_undesirable, desirable), undesirable]
        } else {
            [desirable, fitting(desirable as f64 / self.0, undesirable)]
        }
    }
}

impl<'de> Deserialize<'de> for Ratio {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "a number above 0, or two of them such as `3:2`";
        NumberOrWord::read(deserializer, expected, &[], |written| match written {
            NumberOrWord::Whole(number) => Self::new(number as f64, 1.0),
            NumberOrWord::Number(number) => Self::new(number, 1.0),
            NumberOrWord::Word(text) => Self::parse(text),
        })
    }
}

impl JsonSchema for Ratio {
    fn schema_name() -> Cow<'static, str> {
        "Ratio".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A number above 0, or two of them such as `3:2`.",
            "anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "string", "pattern": ":"}],
        })
    }

    fn inline_schema() -> bool {
        true
    }
}
