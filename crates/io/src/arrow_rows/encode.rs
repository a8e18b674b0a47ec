//! Arrow values as the JSON text that stands for them.

use std::{collections::HashMap, io::Write, ops::Range, sync::Arc};

use arrow::{
    array::{
        Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, LargeStringArray, RecordBatch,
        StringArray, UInt64Array,
    },
    buffer::NullBuffer,
    datatypes::{DataType, Float64Type, Int64Type, UInt64Type},
    error::ArrowError,
};

use super::form::json_form;

/// Writes values of one array, already in the form that [`json_form`] gives, as JSON.
///
/// Objects keep the order of members; null members are written; floats are the shortest that read back the same.
pub(crate) struct Encoder<'a> {
    nulls: Option<&'a NullBuffer>,
    values: Values<'a>,
}

enum Values<'a> {
    Null,
    Boolean(&'a BooleanArray),
    Integer(&'a Int64Array),
    Unsigned(&'a UInt64Array),
    Float(&'a Float64Array),
    Text(&'a StringArray),
    LongText(&'a LargeStringArray),
    List(Offsets<'a>, Box<Encoder<'a>>),
    Object(Vec<(Vec<u8>, Encoder<'a>)>),
    Map(Offsets<'a>, &'a StringArray, Box<Encoder<'a>>),
}

enum Offsets<'a> {
    Short(&'a [i32]),
    Long(&'a [i64]),
}

impl Offsets<'_> {
    fn range(&self, row: usize) -> Range<usize> {
        match self {
            Self::Short(offsets) => offsets[row] as usize..offsets[row + 1] as usize,
            Self::Long(offsets) => offsets[row] as usize..offsets[row + 1] as usize,
        }
    }
}

impl<'a> Encoder<'a> {
    /// An encoder of `array`'s values.
    pub(crate) fn new(array: &'a dyn Array) -> Result<Self, ArrowError> {
        let values = match array.data_type() {
            DataType::Null => Values::Null,
            DataType::Boolean => Values::Boolean(array.as_boolean()),
            DataType::Int64 => Values::Integer(array.as_primitive::<Int64Type>()),
            DataType::UInt64 => Values::Unsigned(array.as_primitive::<UInt64Type>()),
            DataType::Float64 => Values::Float(array.as_primitive::<Float64Type>()),
            DataType::Utf8 => Values::Text(array.as_string()),
            DataType::LargeUtf8 => Values::LongText(array.as_string()),
            DataType::List(_) => {
                let list = array.as_list::<i32>();
                Values::List(Offsets::Short(list.value_offsets()), Box::new(Self::new(list.values())?))
            }
            DataType::LargeList(_) => {
                let list = array.as_list::<i64>();
                Values::List(Offsets::Long(list.value_offsets()), Box::new(Self::new(list.values())?))
            }
            DataType::Struct(fields) => {
                let members = fields.iter().zip(array.as_struct().columns());
                let members = members.map(|(field, column)| Ok((key(field.name()), Self::new(column)?)));
                Values::Object(members.collect::<Result<_, ArrowError>>()?)
            }
            DataType::Map(..) => {
                let map = array.as_map();
                let offsets = Offsets::Short(map.value_offsets());
                Values::Map(offsets, map.keys().as_string(), Box::new(Self::new(map.values())?))
            }
            other => return Err(ArrowError::NotYetImplemented(format!("{other} as JSON"))),
        };
        Ok(Self { nulls: array.nulls(), values })
    }

    /// Whether the value at `row` is null.
    pub(crate) fn is_null(&self, row: usize) -> bool {
        matches!(self.values, Values::Null) || self.nulls.is_some_and(|nulls| nulls.is_null(row))
    }

    /// Appends the value at `row`.
    pub(crate) fn write(&self, row: usize, out: &mut Vec<u8>) {
        if self.is_null(row) {
            return out.extend_from_slice(b"null");
        }
        match &self.values {
            Values::Null => {}
            Values::Boolean(array) => {
                out.extend_from_slice(if array.value(row) { b"true" } else { b"false" });
            }
            Values::Integer(array) => integer(array.value(row), out),
            Values::Unsigned(array) => integer(array.value(row), out),
            Values::Float(array) => float(array.value(row), out),
            Values::Text(array) => text(array.value(row), out),
            Values::LongText(array) => text(array.value(row), out),
            Values::List(offsets, items) => {
                out.push(b'[');
                for (place, item) in offsets.range(row).enumerate() {
                    if place > 0 {
                        out.push(b',');
                    }
                    items.write(item, out);
                }
                out.push(b']');
            }
            Values::Object(members) => {
                out.push(b'{');
                for (place, (key, member)) in members.iter().enumerate() {
                    if place > 0 {
                        out.push(b',');
                    }
                    out.extend_from_slice(key);
                    member.write(row, out);
                }
                out.push(b'}');
            }
            Values::Map(offsets, keys, values) => write_map(offsets.range(row), keys, values, out),
        }
    }
}

fn write_map(entries: Range<usize>, keys: &StringArray, values: &Encoder<'_>, out: &mut Vec<u8>) {
    let last: HashMap<&str, usize> = entries.clone().map(|entry| (keys.value(entry), entry)).collect();
    out.push(b'{');
    let mut first = true;
    for entry in entries.filter(|entry| last[keys.value(*entry)] == *entry) {
        if !std::mem::take(&mut first) {
            out.push(b',');
        }
        text(keys.value(entry), out);
        out.push(b':');
        values.write(entry, out);
    }
    out.push(b'}');
}

fn key(name: &str) -> Vec<u8> {
    let mut out = vec![];
    text(name, &mut out);
    out.push(b':');
    out
}

fn integer(value: impl std::fmt::Display, out: &mut Vec<u8>) {
    write!(out, "{value}").expect("writing to memory does not fail");
}

/// The shortest number that reads back as `value`; null for what JSON cannot say.
fn float(value: f64, out: &mut Vec<u8>) {
    serde_json::to_writer(out, &value).expect("writing to memory does not fail");
}

/// A text in quotes, with only the escapes that JSON asks for.
pub(crate) fn text(value: &str, out: &mut Vec<u8>) {
    serde_json::to_writer(out, value).expect("writing to memory does not fail");
}

/// Appends the rows of `batch` as JSON Lines.
pub(crate) fn json_lines(batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), ArrowError> {
    let rows = row_form(batch)?;
    let encoder = Encoder::new(&rows)?;
    for row in 0..batch.num_rows() {
        encoder.write(row, out);
        out.push(b'\n');
    }
    Ok(())
}

/// The rows of `batch` as one array of objects in the form of JSON.
pub(crate) fn row_form(batch: &RecordBatch) -> Result<ArrayRef, ArrowError> {
    let rows: ArrayRef = Arc::new(arrow::array::StructArray::from(batch.clone()));
    json_form(&rows)
}
