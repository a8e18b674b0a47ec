//! How many rows of each class a batch holds.

use std::{borrow::Cow, fmt, num::NonZeroU32};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Unexpected, Visitor, value::MapAccessDeserializer},
};
use unskew_strategy::{Cells, Error, Groups, Result, named_groups, nearest};

/// The same number for every class, or one for each.
#[derive(Debug, Clone, PartialEq)]
pub enum Each {
    /// The same for every class there is.
    Same(NonZeroU32),
    /// A number for each class.
    Given(Cells<NonZeroU32>),
}

impl Each {
    /// Classes must have as many parts as there are expressions.
    pub fn check(&self, by: &[String]) -> Result<()> {
        match self {
            Self::Same(_) => Ok(()),
            Self::Given(cells) => cells.flat(by.len()).map(drop).map_err(|error| error.within("each")),
        }
    }

    /// How many rows of each group a batch holds, where groups have so many rows. Every class named has to have rows,
    /// and every group with rows to be named; 0 stands for a group that has none.
    pub fn of(&self, groups: &Groups, counts: &[u64], by: &[String]) -> Result<Vec<usize>> {
        let cells = match self {
            Self::Same(each) => return Ok(vec![each.get() as usize; groups.len()]),
            Self::Given(cells) => cells.flat(by.len()).map_err(|error| error.within("each"))?,
        };
        let mut each = vec![0; groups.len()];
        for ((parts, number), group) in cells.iter().zip(named_groups(groups, &cells)?) {
            match group.filter(|&group| counts[group] > 0) {
                Some(group) => each[group] = number.get() as usize,
                None => return Err(unknown(parts, groups, counts, by)),
            }
        }
        match (0..groups.len()).find(|&group| counts[group] > 0 && each[group] == 0) {
            None => Ok(each),
            Some(group) => {
                let label = groups.label(group);
                Err(Error::option("each", format!("class `{label}` is not named in `each`"))
                    .hint("name it as well, or leave its rows out with `where`"))
            }
        }
    }
}

/// An error about a class that no row is of.
fn unknown(parts: &[String], groups: &Groups, counts: &[u64], by: &[String]) -> Error {
    let name = parts.join(" × ");
    let message = format!("no row is of class `{name}` in `{}`", by.join("`, `"));
    let error = Error::option(parts.join("."), message).within("each");
    let filled = (0..groups.len()).filter(|&group| counts[group] > 0);
    let labels: Vec<String> = filled.map(|group| groups.label(group)).collect();
    match nearest(&name, labels.iter().map(String::as_str)) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error,
    }
}

impl<'de> Deserialize<'de> for Each {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberOrMapping)
    }
}

struct NumberOrMapping;

impl<'de> Visitor<'de> for NumberOrMapping {
    type Value = Each;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of rows, 1 or more, or a mapping of classes to such numbers")
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Each, E> {
        let each = u32::try_from(number).ok().and_then(NonZeroU32::new);
        each.map(Each::Same).ok_or_else(|| E::invalid_value(Unexpected::Unsigned(number), &self))
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Each, A::Error> {
        Cells::deserialize(MapAccessDeserializer::new(members)).map(Each::Given)
    }
}

impl JsonSchema for Each {
    fn schema_name() -> Cow<'static, str> {
        "Each".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let given = generator.subschema_for::<Cells<NonZeroU32>>();
        json_schema!({"anyOf": [{"type": "integer", "minimum": 1}, given]})
    }
}
