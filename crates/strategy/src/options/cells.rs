//! A number for each class, where a class may have several parts.

use std::{borrow::Cow, fmt, marker::PhantomData};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor, value::MapAccessDeserializer},
};

/// A number for each class: `{math: 3000}`, or `{math: {easy: 100, hard: 50}}` for classes of two parts.
///
/// ```
/// use unskew_strategy::{Cells, read};
///
/// let cells: Cells<u64> = read(&serde_json::json!({"math": {"easy": 100, "hard": 50}}))?;
/// let flat = cells.flat(2)?;
/// assert_eq!(flat[1], (vec!["math".to_owned(), "hard".to_owned()], 50));
/// # Ok::<(), unskew_strategy::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Cells<T>(Vec<(String, Cell<T>)>);

#[derive(Debug, Clone, PartialEq)]
enum Cell<T> {
    Number(T),
    Further(Cells<T>),
}

impl<T: Copy> Cells<T> {
    /// Each class's parts with its number, in the order written; every class must have `depth` parts.
    ///
    /// An error's option is the path below this one.
    pub fn flat(&self, depth: usize) -> crate::Result<Vec<(Vec<String>, T)>> {
        let mut flat = vec![];
        self.collect(depth, &mut vec![], &mut flat)?;
        Ok(flat)
    }

    fn collect(
        &self,
        depth: usize,
        above: &mut Vec<String>,
        flat: &mut Vec<(Vec<String>, T)>,
    ) -> crate::Result<()> {
        for (name, cell) in &self.0 {
            above.push(name.clone());
            match cell {
                Cell::Number(number) if above.len() == depth => flat.push((above.clone(), *number)),
                Cell::Further(further) if above.len() < depth => further.collect(depth, above, flat)?,
                Cell::Number(_) => {
                    let message = format!("`{name}` is a number, but classes have {depth} parts");
                    return Err(crate::Error::option(above.join("."), message)
                        .hint(format!("write a mapping for the further parts: {{{name}: {{…: 100}}}}")));
                }
                Cell::Further(_) => {
                    let message = format!(
                        "`{name}` is a mapping, but classes have {depth} part{}",
                        if depth == 1 { "" } else { "s" }
                    );
                    return Err(crate::Error::option(above.join("."), message)
                        .hint("name as many expressions in `by` as the mapping is deep"));
                }
            }
            above.pop();
        }
        Ok(())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Cells<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Classes(PhantomData))
    }
}

struct Classes<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Classes<T> {
    type Value = Cells<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping of classes to numbers")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Cells<T>, A::Error> {
        let mut cells = vec![];
        while let Some(member) = members.next_entry()? {
            cells.push(member);
        }
        if cells.is_empty() { Err(A::Error::custom("the mapping is empty")) } else { Ok(Cells(cells)) }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Cell<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberOrMapping(PhantomData))
    }
}

struct NumberOrMapping<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for NumberOrMapping<T> {
    type Value = Cell<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, or a mapping of further parts")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Cell<T>, E> {
        T::deserialize(serde::de::value::U64Deserializer::new(number)).map(Cell::Number)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Cell<T>, E> {
        T::deserialize(serde::de::value::I64Deserializer::new(number)).map(Cell::Number)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Cell<T>, E> {
        T::deserialize(serde::de::value::F64Deserializer::new(number)).map(Cell::Number)
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Cell<T>, A::Error> {
        Cells::deserialize(MapAccessDeserializer::new(members)).map(Cell::Further)
    }
}

impl<T: JsonSchema> JsonSchema for Cells<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("ClassesOf{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let number = generator.subschema_for::<T>();
        let further = generator.subschema_for::<Self>();
        json_schema!({
            "description": "A number for each class; a mapping of further parts where classes have several.",
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {"anyOf": [number, further]},
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::read;

    #[test]
    fn errors_lead_to_the_cell() {
        let cells = |value| read::<Cells<u64>>(&value);
        let error = cells(json!({"math": {"easy": "x"}})).unwrap_err();
        assert_eq!(error.option_path(), Some("math.easy"));
        assert_eq!(
            error.to_string(),
            "`math.easy` is the text \"x\", expected a number, or a mapping of further parts"
        );
        let error = cells(json!({"math": -1})).unwrap_err();
        assert_eq!(error.to_string(), "`math` is the number -1, expected a whole number, 0 or more");
        assert_eq!(cells(json!({})).unwrap_err().to_string(), "the mapping is empty");
    }

    #[test]
    fn every_class_has_as_many_parts_as_keys() {
        let cells: Cells<u64> = read(&json!({"math": {"easy": 1}})).unwrap();
        let error = cells.flat(1).unwrap_err();
        assert_eq!(
            (error.option_path(), error.to_string().as_str()),
            (Some("math"), "`math` is a mapping, but classes have 1 part")
        );
        let error = cells.flat(3).unwrap_err();
        assert_eq!(error.option_path(), Some("math.easy"));
    }
}
