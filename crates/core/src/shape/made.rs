//! What shapes make of the values of expressions.

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, ListArray, StringArray, StructArray},
    buffer::{NullBuffer, OffsetBuffer},
    compute::cast,
    datatypes::{DataType, Field, Fields},
};
use unskew_io::Items;

use crate::{Error, Result};

/// What is made of the values of an expression.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Made {
    /// Nothing: they stay as they are.
    Same,
    /// Lists of one message of this role.
    Messages(&'static str),
    /// Messages of this role.
    Message(&'static str),
    /// Booleans, which they are.
    Truth,
    /// Texts of numbers and booleans.
    Spelled,
    /// Objects with a member that is the same in all rows, and one with the value, spelled.
    Beside((&'static str, &'static str), &'static str),
}

impl Made {
    /// What takes so much of a value; none if expressions have no such parts.
    pub fn of(items: Items) -> Option<Self> {
        Some(match items {
            Items::All | Items::Text => Self::Same,
            Items::Messages(role) => Self::Messages(role),
            Items::Message(role) => Self::Message(role),
            Items::Truth => Self::Truth,
            Items::Spelled => Self::Spelled,
            Items::ButLast
            | Items::Last
            | Items::LastMessage
            | Items::LastText
            | Items::BeforeAnswer
            | Items::Answer => return None,
        })
    }

    /// Makes it of `values`, which the recipe calls `text`.
    pub fn make(self, values: ArrayRef, text: &str) -> Result<ArrayRef> {
        let is_text = values.data_type() == &DataType::Utf8;
        match self {
            Self::Same => Ok(values),
            Self::Truth if values.data_type() == &DataType::Boolean => Ok(values),
            Self::Truth => {
                Err(Error::data(format!("`{text}` is no boolean, and this shape has a true or false label"))
                    .hint("compare it with something, such as `label: reward >= 0.5`"))
            }
            Self::Spelled => spelled(values),
            Self::Beside(fixed, name) => Ok(object(fixed, name, spelled(values)?, None)),
            Self::Messages(_) | Self::Message(_) if !is_text => {
                Err(Error::data(format!("`{text}` is no text, and this shape makes a message of it")))
            }
            Self::Message(role) => Ok(message(role, values)),
            Self::Messages(role) => {
                let nulls = values.nulls().cloned();
                let messages = message(role, values);
                let field = Arc::new(Field::new_list_field(messages.data_type().clone(), true));
                let offsets = OffsetBuffer::from_repeated_length(1, messages.len());
                Ok(Arc::new(ListArray::try_new(field, offsets, messages, nulls)?))
            }
        }
    }
}

/// Numbers and booleans as texts.
fn spelled(values: ArrayRef) -> Result<ArrayRef> {
    let spells = values.data_type().is_numeric() || values.data_type() == &DataType::Boolean;
    if spells { Ok(cast(&values, &DataType::Utf8)?) } else { Ok(values) }
}

/// Texts as messages; what is missing is none.
fn message(role: &str, texts: ArrayRef) -> ArrayRef {
    let nulls = texts.nulls().cloned();
    object(("role", role), "content", texts, nulls)
}

fn object((fixed, value): (&str, &str), name: &str, values: ArrayRef, nulls: Option<NullBuffer>) -> ArrayRef {
    let same: ArrayRef = Arc::new(StringArray::from_iter_values(std::iter::repeat_n(value, values.len())));
    let field = |name: &str, values: &ArrayRef| Field::new(name, values.data_type().clone(), true);
    let fields = Fields::from(vec![field(fixed, &same), field(name, &values)]);
    Arc::new(StructArray::new(fields, vec![same, values], nulls))
}
