//! Narrow columns from Arrow columns.

use std::sync::Arc;

use arrow::{
    array::{
        Array, ArrayRef, AsArray, GenericListArray, Int64Array, ListArray, NullArray, OffsetSizeTrait,
        RecordBatch,
    },
    compute::cast,
    datatypes::{DataType, Field, Int64Type, UInt64Type},
    error::ArrowError,
};

use super::{
    encode::Encoder,
    follow::{Found, follow},
    form::json_form,
};
use crate::{
    Extract, Extractor, Path, Result, Step,
    column::{Builder, Part, Scalar},
    fingerprint::fingerprints,
    json::{Columns, Finder},
};

/// Takes narrow columns out of batches: plain ones whole, all others from the JSON that stands for the row.
pub(crate) struct Taker<'a> {
    extracts: &'a [Extract],
}

impl<'a> Taker<'a> {
    /// One that takes `extracts`.
    pub(crate) fn new(extracts: &'a [Extract]) -> Self {
        Self { extracts }
    }

    /// One part for each extract.
    pub(crate) fn take(&self, batch: &RecordBatch) -> Result<Vec<Part>> {
        let plain = self
            .extracts
            .iter()
            .map(|extract| plain(batch, extract))
            .collect::<Result<Vec<_>, ArrowError>>()?;
        let left = self.extracts.iter().zip(&plain).filter(|(_, part)| part.is_none());
        let left: Vec<Extract> = left.map(|(extract, _)| extract.clone()).collect();
        let mut from_json = if left.is_empty() { vec![] } else { through_json(batch, &left)? }.into_iter();
        Ok(plain
            .into_iter()
            .map(|part| {
                part.unwrap_or_else(|| from_json.next().expect("there is one for each that was left"))
            })
            .collect())
    }
}

/// The column, if it can be made without looking at rows one by one.
fn plain(batch: &RecordBatch, extract: &Extract) -> Result<Option<Part>, ArrowError> {
    if extract.path.fans_out() {
        return Ok(None);
    }
    let Found { values, exists } = follow(batch, extract.path.steps())?;
    let values = json_form(&values)?;
    if exists.is_some_and(|exists| exists.null_count() == values.len()) {
        // Nothing is there in any row, and nothing comes of it whatever is asked for.
        return Ok(Some(Part::of(Arc::new(NullArray::new(values.len())))));
    }
    Ok(match extract.extractor {
        Extractor::Value => value(&values),
        Extractor::Key if values.data_type().is_numeric() || values.data_type() == &DataType::Boolean => {
            value(&values)
        }
        Extractor::Number if values.data_type().is_numeric() || values.data_type() == &DataType::Boolean => {
            Some(Part::of(cast(&values, &DataType::Float64)?))
        }
        Extractor::Text if is_text(values.data_type()) => value(&values),
        Extractor::Fingerprint if is_plain(values.data_type()) => {
            let numbers = fingerprints(&values)?;
            Some(Part::of(Arc::new(numbers.unary::<_, Int64Type>(u64::cast_signed))))
        }
        Extractor::Length => length(&values, true).map(|lengths| Part::of(Arc::new(lengths))),
        Extractor::Items => length(&values, false).map(|lengths| Part::of(Arc::new(lengths))),
        _ => None,
    })
}

fn is_plain(data_type: &DataType) -> bool {
    is_text(data_type) || matches!(data_type, DataType::Boolean | DataType::Int64 | DataType::Float64)
}

fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8)
}

fn value(values: &ArrayRef) -> Option<Part> {
    if values.logical_null_count() == values.len() {
        return Some(Part::of(Arc::new(NullArray::new(values.len()))));
    }
    match values.data_type() {
        DataType::Null | DataType::Boolean | DataType::Int64 | DataType::Float64 => {
            Some(Part::of(values.clone()))
        }
        DataType::Utf8 => Some(texts(values.as_string::<i32>().iter())),
        DataType::LargeUtf8 => Some(texts(values.as_string::<i64>().iter())),
        DataType::UInt64 => {
            Some(build(values.as_primitive::<UInt64Type>().iter(), |value| match i64::try_from(value) {
                Ok(value) => Scalar::Int(value),
                Err(_) => Scalar::Float(value as f64),
            }))
        }
        DataType::List(item)
            if matches!(
                item.data_type(),
                DataType::Boolean | DataType::Int64 | DataType::Float64 | DataType::Utf8
            ) =>
        {
            Some(Part::of(known_items(values.as_list())))
        }
        _ => None,
    }
}

/// The list, with items of type null if all of them are.
fn known_items(list: &ListArray) -> ArrayRef {
    let items = list.values();
    if items.logical_null_count() < items.len() {
        return Arc::new(list.clone());
    }
    let field = Arc::new(Field::new_list_field(DataType::Null, true));
    let items = Arc::new(NullArray::new(items.len()));
    Arc::new(ListArray::new(field, list.offsets().clone(), items, list.nulls().cloned()))
}

fn texts<'a>(texts: impl Iterator<Item = Option<&'a str>>) -> Part {
    build(texts, Scalar::Text)
}

fn build<'a, T>(values: impl Iterator<Item = Option<T>>, scalar: impl Fn(T) -> Scalar<'a>) -> Part {
    let mut builder = Builder::default();
    for value in values {
        match value {
            Some(value) => builder.push(scalar(value)),
            None => builder.null(),
        }
    }
    builder.finish()
}

/// Items of lists, and with `texts` characters of texts.
fn length(values: &ArrayRef, texts: bool) -> Option<Int64Array> {
    let characters = |text: Option<&str>| text.map(|text| text.chars().count() as i64);
    Some(match values.data_type() {
        DataType::List(_) => list_lengths(values.as_list::<i32>()),
        DataType::LargeList(_) => list_lengths(values.as_list::<i64>()),
        DataType::Utf8 if texts => values.as_string::<i32>().iter().map(characters).collect(),
        DataType::LargeUtf8 if texts => values.as_string::<i64>().iter().map(characters).collect(),
        DataType::Struct(_) | DataType::Map(..) if texts => return None,
        _ => Int64Array::new_null(values.len()),
    })
}

fn list_lengths<O: OffsetSizeTrait>(list: &GenericListArray<O>) -> Int64Array {
    let lengths = list.offsets().lengths().enumerate();
    lengths.map(|(row, length)| list.is_valid(row).then_some(length as i64)).collect()
}

/// The columns as a scan of the rows' JSON finds them.
fn through_json(batch: &RecordBatch, extracts: &[Extract]) -> Result<Vec<Part>> {
    let needed = |name: &str| {
        extracts
            .iter()
            .any(|extract| matches!(extract.path.steps().first(), Some(Step::Member(first)) if first == name))
    };
    let schema = batch.schema();
    let columns: Vec<usize> =
        (0..batch.num_columns()).filter(|column| needed(schema.field(*column).name())).collect();
    let rows = super::encode::row_form(&batch.project(&columns)?)?;
    let encoder = Encoder::new(&rows)?;
    let paths: Vec<Path> = extracts.iter().map(|extract| extract.path.clone()).collect();
    let finder = Finder::new(paths);
    let mut found = finder.found();
    let mut parts = Columns::new(extracts);
    let mut json = vec![];
    for row in 0..batch.num_rows() {
        json.clear();
        encoder.write(row, &mut json);
        match finder.row(&json, &mut found) {
            Ok(()) => parts.row(&json, &found),
            Err(_) => parts.bad_row(),
        }
    }
    Ok(parts.finish())
}
