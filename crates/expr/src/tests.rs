//! Expressions as their users write them.

mod aggregates;
mod errors;
mod never_panics;
mod paths;
mod rowwise;

use std::{collections::BTreeMap, sync::Arc};

use arrow::array::{
    ArrayRef, BooleanArray, DictionaryArray, Float64Array, Int64Array, ListArray, NullArray, RecordBatch,
    StringArray,
};
use arrow::datatypes::{Float64Type, UInt32Type};

use crate::{Expression, Names, Value};

/// Four rows with a column of every kind.
fn table() -> RecordBatch {
    let tasks: DictionaryArray<UInt32Type> =
        vec![Some("math"), Some("code"), None, Some("math")].into_iter().collect();
    let scores = [Some(vec![Some(0.0), Some(1.25)]), Some(vec![]), None, Some(vec![Some(0.6), None])];
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("metadata.task_type", Arc::new(tasks)),
        ("name", Arc::new(StringArray::from(vec![Some("Ada"), None, Some("é"), Some("5")]))),
        ("score", Arc::new(Float64Array::from(vec![Some(0.97), Some(0.5), None, Some(1.0)]))),
        ("n", Arc::new(Int64Array::from(vec![Some(3), Some(0), None, Some(8)]))),
        ("label", Arc::new(BooleanArray::from(vec![Some(true), Some(false), None, Some(true)]))),
        ("reward[].score", Arc::new(ListArray::from_iter_primitive::<Float64Type, _, _>(scores))),
        ("nothing", Arc::new(NullArray::new(4))),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
        .unwrap()
}

fn parsed(text: &str) -> Expression {
    Expression::parse(text, &Names::default()).unwrap_or_else(|error| panic!("{text}: {}", error.render()))
}

/// The values of `text` on the rows of [`table`], or the error.
fn rows(text: &str) -> String {
    let values = match parsed(text).evaluate(&table()) {
        Ok(values) => values,
        Err(error) => return error.render(),
    };
    let plain = match values.data_type() {
        arrow::datatypes::DataType::Dictionary(..) => {
            arrow::compute::cast(&values, &arrow::datatypes::DataType::Utf8).unwrap()
        }
        _ => values,
    };
    let shown: Vec<_> =
        (0..plain.len()).map(|row| Value::from_array(&plain, row).unwrap().to_string()).collect();
    shown.join(" ")
}

/// The value of `text` over all rows of [`table`], or the error.
fn whole(text: &str) -> String {
    match parsed(text).evaluate_table(&table(), &BTreeMap::new()) {
        Ok(value) => value.to_string(),
        Err(error) => error.render(),
    }
}

/// The error of parsing `text`, or else of evaluating it.
fn fault(text: &str) -> String {
    match Expression::parse(text, &Names::default()).and_then(|parsed| parsed.evaluate(&table())) {
        Ok(values) => panic!("{text} gives {values:?}"),
        Err(error) => error.render(),
    }
}
