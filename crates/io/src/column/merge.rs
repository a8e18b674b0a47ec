//! Putting a column's parts together.

use std::sync::Arc;

use arrow::{
    array::{
        Array, ArrayRef, AsArray, BooleanArray, BooleanBufferBuilder, FixedSizeBinaryArray, NullArray,
        NullBufferBuilder, PrimitiveArray, new_empty_array,
    },
    compute::{cast, concat},
    datatypes::{ArrowPrimitiveType, DataType, Field, Float64Type, Int64Type, UInt32Type},
};

use super::{
    Kind, Kinds, Part,
    text::{MostDistinct, TextCells},
};
use crate::{Extract, Extractor};

/// A part and where it stands.
#[derive(Debug)]
pub(crate) struct Located {
    /// Which source it belongs to.
    pub(crate) source: usize,
    /// The row of that source with which it begins.
    pub(crate) row: u32,
    pub(crate) part: Part,
}

/// Why parts do not make one column.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mixed {
    /// `118 numbers, 2 texts`.
    pub(crate) counts: String,
    /// `text`.
    pub(crate) odd: &'static str,
    /// The source with the first value of that kind.
    pub(crate) source: usize,
    /// Its row there.
    pub(crate) row: u32,
}

/// The one column that `parts` make, each of which is dropped as soon as it is copied.
pub(crate) fn merge(extract: &Extract, parts: Vec<Located>) -> Result<ArrayRef, Mixed> {
    check(&parts, |part| &part.kinds, &[Kind::Object])?;
    check(&parts, |part| &part.items, &[Kind::List, Kind::Object])?;
    let data_type = parts
        .iter()
        .fold(least_type(extract), |known, located| unify(&known, located.part.array.data_type()));
    let rows = parts.iter().map(|located| located.part.array.len()).sum();
    Ok(join(&data_type, rows, parts.into_iter().map(|located| located.part.array)))
}

/// The type of a column with no values.
fn least_type(extract: &Extract) -> DataType {
    let scalar = match extract.extractor {
        Extractor::Value | Extractor::Key => DataType::Null,
        Extractor::Number => DataType::Float64,
        Extractor::Text | Extractor::Kind => DataType::Utf8,
        Extractor::Length | Extractor::Items => DataType::Int64,
        Extractor::Hash => DataType::FixedSizeBinary(16),
    };
    if extract.path.fans_out() && extract.extractor != Extractor::Key && scalar != DataType::Null {
        return DataType::List(Arc::new(Field::new_list_field(scalar, true)));
    }
    scalar
}

/// The least type that holds both; their kinds are known to agree.
fn unify(left: &DataType, right: &DataType) -> DataType {
    match (left, right) {
        (DataType::Null, other) | (other, DataType::Null) => plain(other),
        (DataType::Float64, DataType::Int64) | (DataType::Int64, DataType::Float64) => DataType::Float64,
        (DataType::List(left), DataType::List(right)) => {
            let item = unify(left.data_type(), right.data_type());
            DataType::List(Arc::new(Field::new_list_field(item, true)))
        }
        (left, _) => plain(left),
    }
}

fn plain(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Dictionary(_, _) | DataType::LargeUtf8 => DataType::Utf8,
        DataType::List(item) => {
            DataType::List(Arc::new(Field::new_list_field(plain(item.data_type()), true)))
        }
        other => other.clone(),
    }
}

/// Refuses values of several kinds, or of an `unfit` one.
fn check(parts: &[Located], kinds: impl Fn(&Part) -> &Kinds, unfit: &[Kind]) -> Result<(), Mixed> {
    let count = |kind| parts.iter().map(|located| kinds(&located.part).count(kind)).sum::<u64>();
    let mut found: Vec<(Kind, u64)> = Kind::ALL.into_iter().map(|kind| (kind, count(kind))).collect();
    found.retain(|(_, count)| *count > 0);
    found.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let Some(&(odd, _)) = found.last() else { return Ok(()) };
    if found.len() == 1 && !unfit.contains(&odd) {
        return Ok(());
    }
    let named = |(kind, count): &(Kind, u64)| {
        format!("{count} {}{}", kind.name(), if *count == 1 { "" } else { "s" })
    };
    let first = parts.iter().find(|located| kinds(&located.part).count(odd) > 0).expect("it was counted");
    Err(Mixed {
        counts: found.iter().map(named).collect::<Vec<_>>().join(", "),
        odd: odd.name(),
        source: first.source,
        row: first.row + kinds(&first.part).first(odd),
    })
}

/// One array of `rows` rows in `data_type` from `arrays`.
fn join(data_type: &DataType, rows: usize, arrays: impl Iterator<Item = ArrayRef>) -> ArrayRef {
    match data_type {
        DataType::Null => Arc::new(NullArray::new(rows)),
        DataType::Boolean => join_booleans(rows, arrays),
        DataType::Int64 => join_numbers::<Int64Type>(rows, arrays),
        DataType::Float64 => join_numbers::<Float64Type>(rows, arrays),
        DataType::FixedSizeBinary(width) => join_hashes(*width, rows, arrays),
        DataType::List(_) => join_lists(data_type, arrays),
        _ => join_texts(rows, arrays),
    }
}

fn append_nulls(nulls: &mut NullBufferBuilder, array: &dyn Array) {
    match array.logical_nulls() {
        Some(found) => nulls.append_buffer(&found),
        None => nulls.append_n_non_nulls(array.len()),
    }
}

fn join_booleans(rows: usize, arrays: impl Iterator<Item = ArrayRef>) -> ArrayRef {
    let mut values = BooleanBufferBuilder::new(rows);
    let mut nulls = NullBufferBuilder::new(rows);
    for array in arrays {
        append_nulls(&mut nulls, &array);
        match array.as_boolean_opt() {
            Some(array) => values.append_buffer(array.values()),
            None => values.append_n(array.len(), false),
        }
    }
    Arc::new(BooleanArray::new(values.finish(), nulls.finish()))
}

fn join_numbers<T: ArrowPrimitiveType>(rows: usize, arrays: impl Iterator<Item = ArrayRef>) -> ArrayRef {
    let mut values: Vec<T::Native> = Vec::with_capacity(rows);
    let mut nulls = NullBufferBuilder::new(rows);
    for array in arrays {
        append_nulls(&mut nulls, &array);
        let array = cast(&array, &T::DATA_TYPE).expect("numbers and nulls become numbers");
        values.extend_from_slice(array.as_primitive::<T>().values());
    }
    Arc::new(PrimitiveArray::<T>::new(values.into(), nulls.finish()))
}

fn join_hashes(width: i32, rows: usize, arrays: impl Iterator<Item = ArrayRef>) -> ArrayRef {
    let mut values = Vec::with_capacity(rows * width as usize);
    let mut nulls = NullBufferBuilder::new(rows);
    for array in arrays {
        append_nulls(&mut nulls, &array);
        match array.as_fixed_size_binary_opt() {
            Some(array) => (0..array.len()).for_each(|row| values.extend_from_slice(array.value(row))),
            None => values.resize(values.len() + array.len() * width as usize, 0),
        }
    }
    Arc::new(FixedSizeBinaryArray::new(width, values.into(), nulls.finish()))
}

fn join_texts(rows: usize, arrays: impl Iterator<Item = ArrayRef>) -> ArrayRef {
    let mut cells = TextCells::new(MostDistinct::Fixed((rows / 4).max(256)));
    cells.reserve(rows);
    for array in arrays {
        if let Some(dictionary) = array.as_dictionary_opt::<UInt32Type>() {
            push_texts(
                &mut cells,
                dictionary.downcast_dict::<arrow::array::StringArray>().expect("of text").into_iter(),
            );
        } else if let Some(array) = array.as_string_opt::<i32>() {
            push_texts(&mut cells, array.iter());
        } else if let Some(array) = array.as_string_opt::<i64>() {
            push_texts(&mut cells, array.iter());
        } else {
            (0..array.len()).for_each(|_| cells.null());
        }
    }
    cells.finish()
}

fn push_texts<'a>(cells: &mut TextCells, texts: impl Iterator<Item = Option<&'a str>>) {
    for text in texts {
        match text {
            Some(text) => cells.push(text),
            None => cells.null(),
        }
    }
}

fn join_lists(data_type: &DataType, arrays: impl Iterator<Item = ArrayRef>) -> ArrayRef {
    let arrays: Vec<ArrayRef> = arrays
        .map(|array| cast(&array, data_type).expect("lists of one kind become lists of its widest type"))
        .collect();
    let arrays: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
    if arrays.is_empty() { new_empty_array(data_type) } else { concat(&arrays).expect("all are of one type") }
}
