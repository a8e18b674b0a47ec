//! Any text is parsed or refused, and what is parsed can be evaluated on any types.

#![no_main]

use std::{collections::BTreeMap, sync::Arc};

use arrow::array::{ArrayRef, Float64Array, Int64Array, NullArray, RecordBatch, StringArray};
use libfuzzer_sys::fuzz_target;
use unskew_expr::{Expression, Names};

fuzz_target!(|text: &str| {
    let expression = match Expression::parse(text, &Names::default()) {
        Ok(expression) => expression,
        Err(error) => return drop(error.render()),
    };
    let columns: [ArrayRef; 4] = [
        Arc::new(Float64Array::from(vec![Some(0.5), None])),
        Arc::new(Int64Array::from(vec![None, Some(i64::MAX)])),
        Arc::new(StringArray::from(vec![Some("é"), None])),
        Arc::new(NullArray::new(2)),
    ];
    let reads = expression.reads().iter().zip(columns.iter().cycle());
    let mut fields: Vec<_> = reads.map(|(read, column)| (read.as_str(), Arc::clone(column), true)).collect();
    fields.push(("a column that nothing reads", Arc::clone(&columns[0]), true));
    let table = RecordBatch::try_from_iter_with_nullable(fields).expect("the columns are equally long");
    if let Ok(values) = expression.evaluate(&table) {
        assert_eq!(values.len(), 2);
    }
    let _ = expression.evaluate_table(&table, &BTreeMap::new());
});
