//! How long expressions take: `cargo run --release -p unskew-expr --example speed`.

#![allow(clippy::print_stderr)]

use std::{collections::BTreeMap, hint::black_box, sync::Arc, time::Instant};

use arrow::{
    array::{ArrayRef, DictionaryArray, Float64Array, RecordBatch},
    datatypes::UInt32Type,
};
use unskew_expr::{Expression, Names};

const ROWS: usize = 5_000_000;

const TEXTS: [&str; 8] = [
    "score >= 0.5",
    "score / 3 + ln(score) > 0",
    "task = 'math'",
    "coalesce(task, 'general')",
    "case when task in ('math', 'code') then 'exact' else upper(task) end",
    "task = 'math' and score >= 0.5",
    "coalesce(length(upper(task)), 0) > 4",
    "true",
];

const CHECKS: [&str; 5] = [
    "avg(score) > 0.1",
    "0.7 * avg(score) + 0.3 * var(score)",
    "median(score)",
    "max_share(task) <= 0.4",
    "share(score >= 0.5)",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let scores: Float64Array = (0..ROWS).map(|row| Some((row * 7919 % 1000) as f64 / 1000.0)).collect();
    let tasks: DictionaryArray<UInt32Type> =
        (0..ROWS).map(|row| ["math", "code", "chat"].get(row % 4).copied()).collect();
    let columns: [(&str, ArrayRef); 2] = [("score", Arc::new(scores)), ("task", Arc::new(tasks))];
    let table = RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true)))?;
    let groups: Vec<u32> = (0..ROWS as u32).map(|row| row / 8).collect();
    let names = Names::default();
    let report = |text: &str, what: &str, start: Instant| {
        eprintln!("{text:70} {what:8} {:>9.3} ms", start.elapsed().as_secs_f64() * 1e3);
    };
    for text in TEXTS {
        for (table, what) in
            [(table.slice(0, 0), "plan"), (table.slice(0, 0), "plan"), (table.clone(), "rows")]
        {
            let start = Instant::now();
            black_box(Expression::parse(text, &names)?.evaluate(&table)?);
            report(text, what, start);
        }
    }
    for text in CHECKS {
        let expression = Expression::parse(text, &names)?;
        let start = Instant::now();
        black_box(expression.evaluate_table(&table, &BTreeMap::new())?);
        report(text, "whole", start);
        let start = Instant::now();
        black_box(expression.evaluate_groups(&table, &groups, ROWS / 8)?);
        report(text, "by 8", start);
    }
    Ok(())
}
