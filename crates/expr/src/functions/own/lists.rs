//! Sums and averages over the items of a list, in their order.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, AsArray, Float64Array},
    datatypes::Float64Type,
};

pub(super) fn sum(args: &[ArrayRef]) -> ArrayRef {
    reduce(&args[0], |sum, _| sum)
}

pub(super) fn average(args: &[ArrayRef]) -> ArrayRef {
    reduce(&args[0], |sum, count| sum / count as f64)
}

fn reduce(lists: &ArrayRef, finish: impl Fn(f64, usize) -> f64) -> ArrayRef {
    let results: Float64Array = lists
        .as_list::<i32>()
        .iter()
        .map(|items| {
            let items = items?;
            let (mut sum, mut count) = (0.0, 0);
            for item in items.as_primitive::<Float64Type>().iter().flatten() {
                sum += item;
                count += 1;
            }
            (count > 0).then(|| finish(sum, count))
        })
        .collect();
    Arc::new(results)
}
