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
use crate::{Error, Extract, Extractor, Result, budget::Budget};

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

/// Refuses parts that do not make one column.
pub(crate) fn check(parts: &[Located]) -> Result<(), Mixed> {
    check_kinds(parts, |part| &part.kinds, &[Kind::Object])?;
    check_kinds(parts, |part| &part.items, &[Kind::List, Kind::Object])
}

/// The one column that `parts` make, which have passed [`check`]; each is dropped as soon as it is copied.
pub(crate) fn merge(extract: &Extract, parts: Vec<Located>, budget: &Budget) -> Result<ArrayRef> {
    let data_type = parts
        .iter()
        .fold(least_type(extract), |known, located| unify(&known, located.part.array.data_type()));
    let rows = parts.iter().map(|located| located.part.array.len()).sum();
    let arrays = parts.into_iter().map(|located| located.part.array);
    let fixed = |bits: usize| budget.take((rows * bits / 8) as u64);
    Ok(match &data_type {
        DataType::Null => Arc::new(NullArray::new(rows)),
        DataType::Boolean => {
            fixed(1)?;
            join_booleans(rows, arrays)
        }
        DataType::Int64 => {
            fixed(64)?;
            join_numbers::<Int64Type>(rows, arrays)
        }
        DataType::Float64 => {
            fixed(64)?;
            join_numbers::<Float64Type>(rows, arrays)
        }
        DataType::FixedSizeBinary(width) => {
            fixed(*width as usize * 8)?;
            join_hashes(*width, rows, arrays)
        }
        DataType::List(_) => join_lists(extract, &data_type, arrays, budget)?,
        _ => join_texts(rows, arrays, budget)?,
    })
}

/// The type of a column with no values.
fn least_type(extract: &Extract) -> DataType {
    let scalar = match extract.extractor {
        Extractor::Value | Extractor::Key => DataType::Null,
        Extractor::Number => DataType::Float64,
        Extractor::Text | Extractor::Kind => DataType::Utf8,
        Extractor::Length | Extractor::Items | Extractor::Fingerprint => DataType::Int64,
        Extractor::Hash => DataType::FixedSizeBinary(16),
    };
    let of_list = matches!(extract.extractor, Extractor::Key | Extractor::Fingerprint);
    if extract.path.fans_out() && !of_list && scalar != DataType::Null {
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
fn check_kinds(parts: &[Located], kinds: impl Fn(&Part) -> &Kinds, unfit: &[Kind]) -> Result<(), Mixed> {
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

fn join_texts(rows: usize, arrays: impl Iterator<Item = ArrayRef>, budget: &Budget) -> Result<ArrayRef> {
    let mut cells = TextCells::new(MostDistinct::Fixed((rows / 4).max(256)));
    let mut taken = (rows * size_of::<u32>()) as u64;
    budget.take(taken)?;
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
        budget.take(cells.bytes().saturating_sub(taken))?;
        taken = taken.max(cells.bytes());
    }
    Ok(cells.finish())
}

fn push_texts<'a>(cells: &mut TextCells, texts: impl Iterator<Item = Option<&'a str>>) {
    for text in texts {
        match text {
            Some(text) => cells.push(text),
            None => cells.null(),
        }
    }
}

fn join_lists(
    extract: &Extract,
    data_type: &DataType,
    arrays: impl Iterator<Item = ArrayRef>,
    budget: &Budget,
) -> Result<ArrayRef> {
    let widest = |array: ArrayRef| {
        budget.take(array.get_array_memory_size() as u64)?;
        Ok(cast(&array, data_type)?)
    };
    let arrays = arrays.map(widest).collect::<Result<Vec<ArrayRef>>>()?;
    let lists = arrays.iter().map(|array| array.as_list::<i32>().values());
    let (items, bytes) = lists.fold((0, 0), |(items, bytes), values| {
        (
            items + values.len(),
            bytes + values.as_string_opt::<i32>().map_or(0, |texts| texts.value_data().len()),
        )
    });
    if i32::try_from(items.max(bytes)).is_err() {
        return Err(Error::TooManyItems { path: extract.path.to_string() });
    }
    let arrays: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
    Ok(if arrays.is_empty() { new_empty_array(data_type) } else { concat(&arrays)? })
}

#[cfg(test)]
mod tests {
    use arrow::{
        array::{ListArray, StringArray},
        buffer::OffsetBuffer,
    };

    use super::*;

    fn located(array: ArrayRef) -> Vec<Located> {
        vec![Located { source: 0, row: 0, part: Part::of(array) }]
    }

    /// A row with a list of so many nulls.
    fn nulls(count: usize) -> Located {
        let items = Arc::new(NullArray::new(count));
        let field = Arc::new(Field::new_list_field(DataType::Null, true));
        let list = ListArray::new(field, OffsetBuffer::from_lengths([count]), items, None);
        located(Arc::new(list)).remove(0)
    }

    #[test]
    fn more_items_than_a_list_column_counts_are_an_error() {
        let extract: Extract = "scores".parse().unwrap();
        let merged = |count| merge(&extract, vec![nulls(count), nulls(count)], &Budget::default());
        assert_eq!(merged(1 << 29).unwrap().len(), 2);
        assert!(matches!(merged(1 << 30), Err(Error::TooManyItems { path }) if path == "scores"));
    }

    #[test]
    fn a_long_text_that_comes_again_is_kept_once() {
        let extract: Extract = "text".parse().unwrap();
        let long = "x".repeat(10_000);
        let texts = |number: u32| if number.is_multiple_of(2) { long.clone() } else { number.to_string() };
        let texts: ArrayRef = Arc::new(StringArray::from_iter_values((0..4000).map(texts)));
        let column = merge(&extract, located(texts.clone()), &Budget::new(Some(1 << 20))).unwrap();
        assert_eq!(&cast(&column, &DataType::Utf8).unwrap(), &texts);
        let other: ArrayRef = Arc::new(StringArray::from_iter_values((0..4000).map(|n| format!("{n:0999}"))));
        assert!(matches!(
            merge(&extract, located(other), &Budget::new(Some(1 << 20))),
            Err(Error::Memory { .. })
        ));
    }
}
