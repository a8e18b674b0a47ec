//! Following a path into Arrow columns, all rows at once.

use std::sync::Arc;

use arrow::{
    array::{
        Array, ArrayRef, AsArray, GenericListArray, MapArray, NullArray, OffsetSizeTrait, RecordBatch,
        UInt64Array,
    },
    buffer::NullBuffer,
    compute::{cast, take},
    datatypes::{ArrowNativeType, DataType},
    error::ArrowError,
};

use super::form::{json_form, with_nulls};
use crate::Step;

type Result<T, E = ArrowError> = std::result::Result<T, E>;

/// What stands at a path in each row.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    /// The values, one a row.
    pub(crate) values: ArrayRef,
    /// The rows where the path leads somewhere, be it to a null; all if there are none.
    pub(crate) exists: Option<NullBuffer>,
}

impl Found {
    fn nowhere(rows: usize) -> Self {
        Self { values: Arc::new(NullArray::new(rows)), exists: Some(NullBuffer::new_null(rows)) }
    }
}

/// Follows `steps`, among which no step goes to each item of a list, into `batch`.
pub(crate) fn follow(batch: &RecordBatch, steps: &[Step]) -> Result<Found> {
    let Some((Step::Member(name), rest)) = steps.split_first() else {
        return Ok(Found::nowhere(batch.num_rows()));
    };
    let Some(column) = batch.column_by_name(name) else { return Ok(Found::nowhere(batch.num_rows())) };
    rest.iter().try_fold(Found { values: Arc::clone(column), exists: None }, step)
}

fn step(from: Found, step: &Step) -> Result<Found> {
    let values = match from.values.data_type() {
        DataType::Dictionary(..) | DataType::RunEndEncoded(..) | DataType::FixedSizeList(..) => {
            json_form(&from.values)?
        }
        DataType::ListView(item) => cast(&from.values, &DataType::List(Arc::clone(item)))?,
        DataType::LargeListView(item) => cast(&from.values, &DataType::LargeList(Arc::clone(item)))?,
        _ => from.values,
    };
    match (values.data_type(), step) {
        (DataType::Struct(_), Step::Member(name)) => {
            let object = values.as_struct();
            let Some(member) = object.column_by_name(name) else { return Ok(Found::nowhere(values.len())) };
            Ok(Found { values: with_nulls(member, object.nulls())?, exists: object.nulls().cloned() })
        }
        (DataType::Map(..), Step::Member(name)) => entry(values.as_map(), name),
        (DataType::List(_), Step::Item(index)) => item(values.as_list::<i32>(), *index),
        (DataType::LargeList(_), Step::Item(index)) => item(values.as_list::<i64>(), *index),
        _ => Ok(Found::nowhere(values.len())),
    }
}

fn chosen(values: &ArrayRef, places: &UInt64Array) -> Result<Found> {
    let exists = places.nulls().cloned();
    Ok(Found { values: take(values, places, None)?, exists })
}

fn item<O: OffsetSizeTrait>(list: &GenericListArray<O>, index: usize) -> Result<Found> {
    let offsets = list.value_offsets();
    let place = |row: usize| {
        let (start, end) = (offsets[row].as_usize(), offsets[row + 1].as_usize());
        (list.is_valid(row) && index < end - start).then(|| (start + index) as u64)
    };
    chosen(list.values(), &(0..list.len()).map(place).collect())
}

fn entry(map: &MapArray, name: &str) -> Result<Found> {
    let keys = cast(&json_form(map.keys())?, &DataType::Utf8)?;
    let keys = keys.as_string::<i32>();
    let offsets = map.value_offsets();
    let place = |row: usize| {
        let mut entries = offsets[row].as_usize()..offsets[row + 1].as_usize();
        let found = entries.rfind(|entry| keys.value(*entry) == name);
        found.filter(|_| map.is_valid(row)).map(|entry| entry as u64)
    };
    chosen(map.values(), &(0..map.len()).map(place).collect())
}
