//! What was found out, in tables.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, Float64Array, RecordBatch, StringArray, UInt64Array},
    datatypes::{Field, Schema},
};

use crate::{Difficulty, Higher, Method, scores::Scores, scores::expressions, sort::Sorted};

/// Each bucket with its size, its scores and its edge.
pub fn buckets(scores: &Scores<'_>, sorted: &Sorted) -> RecordBatch {
    let count = sorted.names.len();
    let (mut units, mut rows) = (vec![0_u64; count], vec![0_u64; count]);
    let (mut lowest, mut highest): (Vec<Option<f64>>, Vec<Option<f64>>) =
        (vec![None; count], vec![None; count]);
    for (unit, bucket) in sorted.of_units.iter().enumerate() {
        let Some(bucket) = bucket.map(|bucket| bucket as usize) else { continue };
        units[bucket] += 1;
        rows[bucket] += scores.sizes[unit];
        if let Some(score) = scores.values[unit] {
            lowest[bucket] = Some(lowest[bucket].map_or(score, |lowest| lowest.min(score)));
            highest[bucket] = Some(highest[bucket].map_or(score, |highest| highest.max(score)));
        }
    }
    let mut columns: Vec<(&str, ArrayRef)> =
        vec![("bucket", Arc::new(StringArray::from_iter_values(&sorted.names)))];
    if scores.groups().is_some() {
        columns.push(("groups", Arc::new(UInt64Array::from(units))));
    }
    columns.push(("rows", Arc::new(UInt64Array::from(rows))));
    columns.push(("lowest", Arc::new(Float64Array::from(lowest))));
    columns.push(("highest", Arc::new(Float64Array::from(highest))));
    if let Some(ladder) = &sorted.ladder {
        let edges = (0..count).map(|bucket| ladder.edges.get(bucket).copied());
        let name = if ladder.descending { "at least" } else { "at most" };
        columns.push((name, Arc::new(edges.collect::<Float64Array>())));
    }
    table(columns)
}

/// What the scores are, which way they go, and how many there are not.
pub fn scores(options: &Difficulty, scores: &Scores<'_>, sorted: &Sorted) -> RecordBatch {
    let text = |text: &str| Arc::new(StringArray::from(vec![text])) as ArrayRef;
    let number = |number: u64| Arc::new(UInt64Array::from(vec![number])) as ArrayRef;
    let metric = match &options.metric {
        Some(metric) => metric.clone(),
        None if options.of_several() => "mean_reward".to_owned(),
        None => expressions(options).concat(),
    };
    let method = match (&options.cuts, options.method.unwrap_or_default()) {
        (Some(_), _) => "cuts",
        (_, Method::Quantile) => "quantile",
        (_, Method::Rank) => "rank",
    };
    let higher = if options.higher() == Higher::Easier { "easier" } else { "harder" };
    let mut columns = vec![
        ("metric", text(&metric)),
        ("higher is", text(higher)),
        ("buckets by", text(method)),
        ("without score", number(scores.without)),
    ];
    if options.band.is_some() {
        columns.push(("outside band", number(sorted.outside)));
    }
    table(columns)
}

fn table(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) = columns
        .into_iter()
        .map(|(name, values)| (Field::new(name, values.data_type().clone(), true), values))
        .unzip();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).expect("columns are of one length")
}
