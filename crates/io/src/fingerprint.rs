//! Telling values apart without keeping them: equal ones have the same number, whatever file they stand in.
//!
//! Values are equal here if their canonical JSON is: members may stand in any order, null members count as missing, of
//! members with the same name the last counts, and `1` equals `1.0`. Two values that differ have the same number with a
//! chance of one in 2^64, unless somebody made them for that; so numbers decide what goes together, not what may be
//! lost. They are not kept anywhere, and may change from release to release.

use arrow::{
    array::{Array, ArrayRef, AsArray, UInt64Array},
    datatypes::{DataType, Float64Type, Int64Type},
    error::ArrowError,
    util::display::{ArrayFormatter, FormatOptions},
};
use twox_hash::XxHash3_64;

use crate::json::Listener;

/// What kind of value a number stands for.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Boolean = 1,
    Int,
    Float,
    Text,
    List,
    Object,
}

/// What stands for null in a list.
const NULL: u64 = 0x6e75_6c6c;

/// Makes the number of a value from its parts, given in the order in which they stand.
#[derive(Debug, Default)]
pub(crate) struct Fingerprint {
    /// The containers that are open: whether each is an object, and where its entries begin.
    open: Vec<(bool, usize)>,
    /// The numbers of a member's name and of its value, or those of an item.
    entries: Vec<(u64, Option<u64>)>,
    bytes: Vec<u8>,
    whole: Option<u64>,
}

impl Fingerprint {
    /// The number of what was given; none for null.
    pub(crate) fn finish(&mut self) -> Option<u64> {
        self.whole.take()
    }

    fn begin(&mut self, object: bool) {
        self.open.push((object, self.entries.len()));
    }

    fn end(&mut self) {
        let Some((object, start)) = self.open.pop() else { unreachable!("what ends has begun") };
        self.bytes.clear();
        let entries = &mut self.entries[start..];
        if object {
            entries.sort_by_key(|(name, _)| *name);
            for same in entries.chunk_by(|one, next| one.0 == next.0) {
                if let Some((name, Some(value))) = same.last() {
                    self.bytes.extend_from_slice(&name.to_le_bytes());
                    self.bytes.extend_from_slice(&value.to_le_bytes());
                }
            }
        } else {
            let items = entries.iter().flat_map(|(_, value)| value.unwrap_or(NULL).to_le_bytes());
            self.bytes.extend(items);
        }
        self.entries.truncate(start);
        self.add(Some(number(if object { Kind::Object } else { Kind::List }, &self.bytes)));
    }

    fn add(&mut self, value: Option<u64>) {
        match self.open.last() {
            None => self.whole = value,
            Some((false, _)) => self.entries.push((0, value)),
            Some((true, _)) => {
                self.entries.last_mut().expect("a value in an object has a name").1 = value;
            }
        }
    }
}

impl Listener for Fingerprint {
    fn null(&mut self) {
        self.add(None);
    }

    fn boolean(&mut self, value: bool) {
        self.add(Some(boolean(value)));
    }

    fn int(&mut self, value: i64) {
        self.add(Some(int(value)));
    }

    fn float(&mut self, value: f64) {
        self.add(Some(float(value)));
    }

    fn text(&mut self, value: &str) {
        self.add(Some(text(value)));
    }

    fn begin_list(&mut self) {
        self.begin(false);
    }

    fn end_list(&mut self) {
        self.end();
    }

    fn begin_object(&mut self) {
        self.begin(true);
    }

    fn name(&mut self, name: &str) {
        self.entries.push((text(name), None));
    }

    fn end_object(&mut self) {
        self.end();
    }
}

fn number(kind: Kind, bytes: &[u8]) -> u64 {
    XxHash3_64::oneshot_with_seed(kind as u64, bytes)
}

fn boolean(value: bool) -> u64 {
    number(Kind::Boolean, &[u8::from(value)])
}

fn int(value: i64) -> u64 {
    number(Kind::Int, &value.to_le_bytes())
}

fn float(value: f64) -> u64 {
    // Both bounds are powers of two, so the comparison is exact and the cast loses nothing.
    if value.fract() == 0.0 && (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value) {
        int(value as i64)
    } else {
        number(Kind::Float, &value.to_bits().to_le_bytes())
    }
}

fn text(value: &str) -> u64 {
    number(Kind::Text, value.as_bytes())
}

/// A number for each value of a column: rows have the same one if they have the same value, and null where that is null.
///
/// ```
/// use std::sync::Arc;
///
/// use arrow::array::{Array, ArrayRef, Float64Array, Int64Array};
/// use unskew_io::fingerprints;
///
/// let whole: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), Some(2), None]));
/// let float: ArrayRef = Arc::new(Float64Array::from(vec![Some(1.0), Some(2.5), None]));
/// let (whole, float) = (fingerprints(&whole)?, fingerprints(&float)?);
/// assert_eq!(whole.value(0), float.value(0));
/// assert_ne!(whole.value(1), float.value(1));
/// assert!(whole.is_null(2));
/// # Ok::<(), arrow::error::ArrowError>(())
/// ```
pub fn fingerprints(values: &ArrayRef) -> Result<UInt64Array, ArrowError> {
    Ok(match values.data_type() {
        DataType::Null => UInt64Array::new_null(values.len()),
        DataType::Boolean => values.as_boolean().iter().map(|value| value.map(boolean)).collect(),
        DataType::Int64 => values.as_primitive::<Int64Type>().iter().map(|value| value.map(int)).collect(),
        DataType::Float64 => {
            values.as_primitive::<Float64Type>().iter().map(|value| value.map(float)).collect()
        }
        DataType::Utf8 => values.as_string::<i32>().iter().map(|value| value.map(text)).collect(),
        DataType::LargeUtf8 => values.as_string::<i64>().iter().map(|value| value.map(text)).collect(),
        DataType::Dictionary(..) => {
            let dictionary = values.as_any_dictionary();
            let numbers = fingerprints(dictionary.values())?;
            let keys = dictionary.normalized_keys();
            let number = |row: usize| {
                let there = values.is_valid(row) && numbers.is_valid(keys[row]);
                there.then(|| numbers.value(keys[row]))
            };
            if numbers.is_empty() {
                return Ok(UInt64Array::new_null(values.len()));
            }
            (0..values.len()).map(number).collect()
        }
        // What else an expression makes has no JSON; how it is shown tells it apart.
        _ => {
            let shown = ArrayFormatter::try_new(values, &FormatOptions::default())?;
            let number = |row: usize| Ok(values.is_valid(row).then_some(shown.value(row).try_to_string()?));
            let number = |row: usize| number(row).map(|shown| shown.as_deref().map(text));
            (0..values.len()).map(number).collect::<Result<_, ArrowError>>()?
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::tell;

    fn number(json: &str) -> Option<u64> {
        let mut fingerprint = Fingerprint::default();
        tell(json.as_bytes(), &mut fingerprint);
        fingerprint.finish()
    }

    #[test]
    fn equal_values_share_a_number() {
        let same = |one: &str, other: &str| assert_eq!(number(one), number(other), "{one} and {other}");
        same(r#"{"a": 1, "b": [null, "x"]}"#, r#"{"b":[null,"\u0078"],"c":null,"a":1.0}"#);
        same(r#"{"a": 1, "a": 2}"#, r#"{"a": 2}"#);
        same(r#"{"a": 1, "a": null}"#, "{}");
        assert_eq!(number("null"), None);
    }

    #[test]
    fn different_values_have_different_numbers() {
        let values = [
            "1",
            "1.5",
            "true",
            "false",
            r#""1""#,
            r#""""#,
            "[]",
            "{}",
            "[[]]",
            "[{}]",
            "[null]",
            "[1]",
            "[1,2]",
            "[2,1]",
            r#"["a","b"]"#,
            r#"{"a":"b"}"#,
            r#"{"b":"a"}"#,
            r#"{"a":{"a":1}}"#,
            "[0]",
            "[0,0]",
        ];
        let numbers: std::collections::BTreeSet<_> = values.iter().map(|value| number(value)).collect();
        assert_eq!(numbers.len(), values.len());
    }
}
