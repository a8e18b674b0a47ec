//! Arrow arrays brought into the few types that JSON knows.
//!
//! | Arrow | JSON |
//! | --- | --- |
//! | integers | integers |
//! | floats of any width | numbers, widened to 64 bits; infinities and NaN are null |
//! | decimals of at most 15 digits, or of 18 without a fraction | numbers: they are exact |
//! | other decimals | text, such as `"1.50"` |
//! | dates, times, timestamps | ISO 8601 text; timestamps with a time zone in UTC, with `Z` |
//! | durations and intervals | ISO 8601 text, such as `PT1.5S`, `P3M`, `P3M2DT0.5S` |
//! | binary of any kind | base64 text |
//! | maps | objects; the last of equal keys counts |
//! | dictionaries, views, run-end encoding, fixed sizes | what they stand for |

use std::sync::Arc;

use arrow::{
    array::{
        Array, ArrayRef, AsArray, BooleanArray, FixedSizeListArray, GenericListArray, LargeBinaryArray,
        LargeStringArray, ListArray, MapArray, OffsetSizeTrait, StringArray, StructArray,
    },
    buffer::{NullBuffer, OffsetBuffer, ScalarBuffer},
    compute::{cast, cast_with_options, nullif, take},
    datatypes::{ArrowNativeType, DataType, Field, FieldRef, Fields, Float64Type},
    error::ArrowError,
};
use base64::{Engine, prelude::BASE64_STANDARD};

use super::temporal;

type Result<T, E = ArrowError> = std::result::Result<T, E>;

/// The same values in the types `Null, Boolean, Int64, UInt64, Float64, Utf8, LargeUtf8, List, LargeList, Struct, Map`.
pub(crate) fn json_form(array: &ArrayRef) -> Result<ArrayRef> {
    use DataType::{
        Binary, BinaryView, Boolean, Date32, Date64, Decimal32, Decimal64, Decimal128, Decimal256,
        Dictionary, Duration, FixedSizeBinary, FixedSizeList, Float16, Float32, Float64, Int8, Int16, Int32,
        Int64, Interval, LargeBinary, LargeList, LargeListView, LargeUtf8, List, ListView, Map, Null,
        RunEndEncoded, Struct, Time32, Time64, Timestamp, UInt8, UInt16, UInt32, UInt64, Union, Utf8,
        Utf8View,
    };
    Ok(match array.data_type() {
        Null | Boolean | Int64 | UInt64 | Utf8 | LargeUtf8 => Arc::clone(array),
        Int8 | Int16 | Int32 | UInt8 | UInt16 | UInt32 => cast(array, &Int64)?,
        Float16 | Float32 => finite(&cast(array, &Float64)?)?,
        Float64 => finite(array)?,
        Utf8View => cast(array, &LargeUtf8)?,
        Binary | LargeBinary | BinaryView | FixedSizeBinary(_) => base64(array)?,
        Decimal32(precision, scale)
        | Decimal64(precision, scale)
        | Decimal128(precision, scale)
        | Decimal256(precision, scale) => decimal(array, *precision, *scale)?,
        Date32 | Date64 | Time32(_) | Time64(_) | Timestamp(..) | Duration(_) | Interval(_) => {
            temporal::text(array)?
        }
        List(field) => list(array.as_list::<i32>(), field)?,
        LargeList(field) => list(array.as_list::<i64>(), field)?,
        FixedSizeList(field, _) => list(&unfixed(array.as_fixed_size_list(), field)?, field)?,
        ListView(field) => json_form(&cast(array, &List(Arc::clone(field)))?)?,
        LargeListView(field) => json_form(&cast(array, &LargeList(Arc::clone(field)))?)?,
        Struct(fields) => structure(array.as_struct(), fields)?,
        Map(..) => map(array.as_map())?,
        Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            take(&json_form(dictionary.values())?, dictionary.keys(), None)?
        }
        RunEndEncoded(_, field) => json_form(&cast(array, field.data_type())?)?,
        Union(..) => return Err(ArrowError::NotYetImplemented("columns of type union".into())),
    })
}

/// Floats with null for what JSON cannot say.
fn finite(array: &ArrayRef) -> Result<ArrayRef> {
    let floats = array.as_primitive::<Float64Type>();
    if floats.values().iter().all(|value| value.is_finite()) {
        return Ok(Arc::clone(array));
    }
    let odd = arrow::array::BooleanArray::from_unary(floats, |value| !value.is_finite());
    nullif(array, &odd)
}

/// Decimals as numbers where every value of the type is exact as one, as text elsewhere.
fn decimal(array: &ArrayRef, precision: u8, scale: i8) -> Result<ArrayRef> {
    match (precision, scale) {
        (..=18, 0) => cast(array, &DataType::Int64),
        (..=15, 1..=22) => cast(array, &DataType::Float64),
        _ => cast(array, &DataType::Utf8),
    }
}

fn base64(array: &ArrayRef) -> Result<ArrayRef> {
    let strict = arrow::compute::CastOptions { safe: false, ..Default::default() };
    let large = cast_with_options(array, &DataType::LargeBinary, &strict)?;
    let bytes: &LargeBinaryArray = large.as_binary();
    let texts = bytes.iter().map(|bytes| bytes.map(|bytes| BASE64_STANDARD.encode(bytes)));
    if matches!(array.data_type(), DataType::Binary | DataType::FixedSizeBinary(_))
        && bytes.value_data().len() < 1 << 30
    {
        return Ok(Arc::new(texts.collect::<StringArray>()));
    }
    Ok(Arc::new(texts.collect::<LargeStringArray>()))
}

fn item(data_type: &DataType) -> FieldRef {
    Arc::new(Field::new("item", data_type.clone(), true))
}

/// A list whose items are brought into form; items outside the list's own range are left behind.
fn list<O: OffsetSizeTrait>(array: &GenericListArray<O>, _: &FieldRef) -> Result<ArrayRef> {
    let (offsets, values) = compact(array.offsets(), array.values());
    let values = json_form(&values)?;
    Ok(Arc::new(GenericListArray::<O>::try_new(
        item(values.data_type()),
        offsets,
        values,
        array.nulls().cloned(),
    )?))
}

/// The same ranges, with nothing before the first and behind the last.
pub(crate) fn compact<O: OffsetSizeTrait>(
    offsets: &OffsetBuffer<O>,
    values: &ArrayRef,
) -> (OffsetBuffer<O>, ArrayRef) {
    let first = offsets[0];
    let last = offsets[offsets.len() - 1];
    if first.is_zero() && last.as_usize() == values.len() {
        return (offsets.clone(), Arc::clone(values));
    }
    let shifted: ScalarBuffer<O> = offsets.iter().map(|offset| *offset - first).collect();
    (OffsetBuffer::new(shifted), values.slice(first.as_usize(), (last - first).as_usize()))
}

/// The same lists with nothing before the first item and behind the last, at any depth.
pub(crate) fn compacted(array: &ArrayRef) -> Result<ArrayRef> {
    Ok(match array.data_type() {
        DataType::List(field) => {
            let list = array.as_list::<i32>();
            let (offsets, items) = compact(list.offsets(), list.values());
            let nulls = list.nulls().cloned();
            Arc::new(ListArray::try_new(Arc::clone(field), offsets, compacted(&items)?, nulls)?)
        }
        DataType::Struct(fields) => {
            let object = array.as_struct();
            let columns = object.columns().iter().map(compacted).collect::<Result<_>>()?;
            let nulls = object.nulls().cloned();
            Arc::new(StructArray::try_new_with_length(fields.clone(), columns, nulls, object.len())?)
        }
        _ => Arc::clone(array),
    })
}

fn unfixed(array: &FixedSizeListArray, field: &FieldRef) -> Result<GenericListArray<i64>> {
    let size = array.value_length().as_usize();
    let offsets = OffsetBuffer::from_lengths(std::iter::repeat_n(size, array.len()));
    let values = array.values().slice(array.value_offset(0).as_usize(), size * array.len());
    GenericListArray::try_new(Arc::clone(field), offsets, values, array.nulls().cloned())
}

fn structure(array: &StructArray, fields: &Fields) -> Result<ArrayRef> {
    let columns = array.columns().iter().map(json_form).collect::<Result<Vec<_>>>()?;
    let fields: Fields = fields
        .iter()
        .zip(&columns)
        .map(|(field, column)| Field::new(field.name(), column.data_type().clone(), true))
        .collect();
    Ok(Arc::new(StructArray::try_new_with_length(fields, columns, array.nulls().cloned(), array.len())?))
}

fn map(array: &MapArray) -> Result<ArrayRef> {
    let entries: ArrayRef = Arc::new(array.entries().clone());
    let (offsets, entries) = compact(array.offsets(), &entries);
    let entries = entries.as_struct();
    let mut keys = json_form(entries.column(0))?;
    if keys.data_type() != &DataType::Utf8 {
        keys = cast(&keys, &DataType::Utf8)?;
    }
    let values = json_form(entries.column(1))?;
    let fields = Fields::from(vec![
        Field::new("key", DataType::Utf8, false),
        Field::new("value", values.data_type().clone(), true),
    ]);
    let entries = StructArray::try_new(fields.clone(), vec![keys, values], None)?;
    let field = Arc::new(Field::new("entries", DataType::Struct(fields), false));
    Ok(Arc::new(MapArray::try_new(field, offsets, entries, array.nulls().cloned(), false)?))
}

/// An array of nulls where `nulls` says so, and the array's own nulls.
pub(crate) fn with_nulls(array: &ArrayRef, nulls: Option<&NullBuffer>) -> Result<ArrayRef> {
    let Some(nulls) = nulls else { return Ok(Arc::clone(array)) };
    if array.data_type() == &DataType::Null {
        return Ok(Arc::clone(array));
    }
    let missing = BooleanArray::new(!nulls.inner(), None);
    nullif(array, &missing)
}
