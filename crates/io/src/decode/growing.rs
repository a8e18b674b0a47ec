//! Arrow columns that grow from JSON, and can shrink again when a member repeats.

use std::{collections::HashMap, collections::HashSet, sync::Arc};

use arrow::{
    array::{
        ArrayRef, BooleanArray, BooleanBufferBuilder, Float64Array, Int64Array, ListArray, StringArray,
        StructArray,
    },
    buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer},
    datatypes::{DataType, FieldRef, Fields},
    error::ArrowError,
};

use super::cursor::{Cursor, Token, compact};
use crate::infer::place;

type Result<T, E = ArrowError> = std::result::Result<T, E>;

/// A column, value by value.
pub(super) struct Growing {
    valid: BooleanBufferBuilder,
    values: Values,
}

enum Values {
    Boolean(BooleanBufferBuilder),
    Integer(Vec<i64>),
    Float(Vec<f64>),
    Text(Texts),
    Json(Texts),
    List { field: FieldRef, ends: Vec<i32>, items: Box<Growing> },
    Object { fields: Fields, members: Vec<Growing>, places: HashMap<String, usize> },
}

#[derive(Default)]
struct Texts {
    ends: Vec<i32>,
    text: String,
}

impl Texts {
    fn close(&mut self) -> Result<()> {
        self.ends.push(end(self.text.len())?);
        Ok(())
    }
}

fn end(length: usize) -> Result<i32> {
    i32::try_from(length).map_err(|_| ArrowError::OffsetOverflowError(length))
}

impl Growing {
    /// An empty column of type `data_type` for what stands at `path`.
    fn new(data_type: &DataType, path: &str, as_json: &HashSet<String>) -> Result<Self> {
        let values = match data_type {
            DataType::Boolean => Values::Boolean(BooleanBufferBuilder::new(0)),
            DataType::Int64 => Values::Integer(vec![]),
            DataType::Float64 => Values::Float(vec![]),
            DataType::Utf8 if as_json.contains(path) => Values::Json(Texts::default()),
            DataType::Utf8 => Values::Text(Texts::default()),
            DataType::List(field) => Values::List {
                field: Arc::clone(field),
                ends: vec![],
                items: Box::new(Self::new(field.data_type(), &place::item(path), as_json)?),
            },
            DataType::Struct(fields) => return Self::object(fields, path, as_json),
            other => return Err(ArrowError::NotYetImplemented(format!("JSON into columns of type {other}"))),
        };
        Ok(Self { valid: BooleanBufferBuilder::new(0), values })
    }

    /// An empty column of objects.
    pub(super) fn object(fields: &Fields, path: &str, as_json: &HashSet<String>) -> Result<Self> {
        let member =
            |field: &FieldRef| Self::new(field.data_type(), &place::member(path, field.name()), as_json);
        let members = fields.iter().map(member).collect::<Result<_>>()?;
        let places = fields.iter().enumerate().map(|(place, field)| (field.name().clone(), place)).collect();
        let values = Values::Object { fields: fields.clone(), members, places };
        Ok(Self { valid: BooleanBufferBuilder::new(0), values })
    }

    /// Appends the value at `cursor`.
    pub(super) fn push(&mut self, cursor: &mut Cursor<'_>) -> Result<()> {
        let token = cursor.token()?;
        if token == Token::Null {
            cursor.word();
            return self.push_null();
        }
        match &mut self.values {
            Values::Boolean(values) if matches!(token, Token::True | Token::False) => {
                values.append(cursor.word() == "true");
            }
            Values::Integer(values) if token == Token::Number => values.push(number(cursor.word())?),
            Values::Float(values) if token == Token::Number => values.push(number(cursor.word())?),
            Values::Text(texts) if token == Token::Text => {
                cursor.string_onto(&mut texts.text)?;
                texts.close()?;
            }
            Values::Json(texts) => {
                compact(cursor.skip()?, &mut texts.text);
                texts.close()?;
            }
            Values::List { ends, items, .. } if token == Token::List => {
                cursor.list(|cursor| items.push(cursor))?;
                ends.push(end(items.valid.len())?);
            }
            Values::Object { fields, members, places } if token == Token::Object => {
                let row = self.valid.len();
                push_members(
                    row,
                    |next, key| same(fields, next, key).or_else(|| places.get(key).copied()),
                    members,
                    cursor,
                )?;
            }
            _ => {
                return Err(ArrowError::JsonError(format!(
                    "a value that does not fit its column: {}",
                    cursor.skip()?
                )));
            }
        }
        self.valid.append(true);
        Ok(())
    }

    fn push_null(&mut self) -> Result<()> {
        match &mut self.values {
            Values::Boolean(values) => values.append(false),
            Values::Integer(values) => values.push(0),
            Values::Float(values) => values.push(0.0),
            Values::Text(texts) | Values::Json(texts) => texts.close()?,
            Values::List { ends, items, .. } => ends.push(end(items.valid.len())?),
            Values::Object { members, .. } => members.iter_mut().try_for_each(Self::push_null)?,
        }
        self.valid.append(false);
        Ok(())
    }

    /// Forgets every value behind the first `length`.
    fn truncate(&mut self, length: usize) {
        let last = |ends: &mut Vec<i32>| {
            ends.truncate(length);
            ends.last().map_or(0, |end| *end as usize)
        };
        match &mut self.values {
            Values::Boolean(values) => values.truncate(length),
            Values::Integer(values) => values.truncate(length),
            Values::Float(values) => values.truncate(length),
            Values::Text(texts) | Values::Json(texts) => texts.text.truncate(last(&mut texts.ends)),
            Values::List { ends, items, .. } => items.truncate(last(ends)),
            Values::Object { members, .. } => members.iter_mut().for_each(|member| member.truncate(length)),
        }
        self.valid.truncate(length);
    }

    /// The column as Arrow has it.
    pub(super) fn finish(mut self) -> Result<ArrayRef> {
        let valid = self.valid.finish();
        let length = valid.len();
        let nulls = (valid.count_set_bits() < length).then(|| NullBuffer::new(valid));
        Ok(match self.values {
            Values::Boolean(mut values) => Arc::new(BooleanArray::new(values.finish(), nulls)),
            Values::Integer(values) => Arc::new(Int64Array::new(values.into(), nulls)),
            Values::Float(values) => Arc::new(Float64Array::new(values.into(), nulls)),
            Values::Text(texts) | Values::Json(texts) => {
                let values = Buffer::from_vec(texts.text.into_bytes());
                Arc::new(StringArray::try_new(offsets(texts.ends), values, nulls)?)
            }
            Values::List { field, ends, items } => {
                Arc::new(ListArray::try_new(field, offsets(ends), items.finish()?, nulls)?)
            }
            Values::Object { fields, members, .. } => {
                let columns = members.into_iter().map(Self::finish).collect::<Result<Vec<_>>>()?;
                Arc::new(StructArray::try_new_with_length(fields, columns, nulls, length)?)
            }
        })
    }
}

/// The place `next`, if the field there is called `key`: members mostly come in the order of the fields.
fn same(fields: &Fields, next: usize, key: &str) -> Option<usize> {
    (fields.get(next)?.name() == key).then_some(next)
}

fn push_members(
    row: usize,
    find: impl Fn(usize, &str) -> Option<usize>,
    members: &mut [Growing],
    cursor: &mut Cursor<'_>,
) -> Result<()> {
    let mut next = 0;
    cursor.object(|key, cursor| {
        let Some(place) = find(next, &key) else { return cursor.skip().map(drop) };
        next = place + 1;
        let member = &mut members[place];
        if member.valid.len() > row {
            member.truncate(row);
        }
        member.push(cursor)
    })?;
    members.iter_mut().filter(|member| member.valid.len() == row).try_for_each(Growing::push_null)
}

fn number<T: std::str::FromStr>(word: &str) -> Result<T> {
    word.parse().map_err(|_| ArrowError::JsonError(format!("a number that does not fit its column: {word}")))
}

fn offsets(ends: Vec<i32>) -> OffsetBuffer<i32> {
    let offsets: ScalarBuffer<i32> = std::iter::once(0).chain(ends).collect();
    OffsetBuffer::new(offsets)
}

impl std::fmt::Debug for Growing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a column of {} values", self.valid.len())
    }
}
