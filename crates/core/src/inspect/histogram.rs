//! How numbers are spread: bins with round edges, in which every number is counted once.

use arrow::{
    array::{Array, ArrayRef, AsArray, Float64Array},
    compute::cast,
    datatypes::{DataType, Float64Type},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Prepared, Result, bind::Bound, frame::Frame, view::View};

/// The least number of bins, where the numbers differ enough.
const LEAST: f64 = 10.0;

/// The most bins.
const MOST: f64 = 20.0;

/// How the values of an expression are spread.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Histogram {
    /// The expression.
    pub expression: String,
    /// The bins, lowest first; empty ones too.
    pub bins: Vec<Bin>,
    /// Rows without a value.
    pub missing: u64,
    /// Rows whose value is not a number.
    pub not_a_number: u64,
    /// Rows whose value is infinite.
    pub infinite: u64,
}

/// Numbers from one edge to the next.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Bin {
    /// The lower edge, which belongs to the bin.
    pub from: f64,
    /// The upper edge, which belongs to the next bin, or to this one if it is the last.
    pub to: f64,
    /// Its rows.
    pub rows: u64,
}

/// How the values of `bound` are spread over the rows of `view`.
pub fn histogram(bound: &Bound, prepared: &Prepared, frame: &Frame<'_>, view: &View) -> Result<Histogram> {
    let values = frame.evaluate(bound, &prepared.scope, view)?;
    let numeric =
        values.data_type().is_numeric() || matches!(values.data_type(), DataType::Boolean | DataType::Null);
    if !numeric {
        let kind = match values.data_type() {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(..) => "text",
            DataType::List(_) => "a list",
            _ => "not numeric",
        };
        let tree = &prepared.written.tree;
        let place = tree.place(&crate::recipe::segments("histogram"));
        let error = tree.error(place, format!("`{}` is {kind}, and a histogram needs numbers", bound.text()));
        return Err(error.hint("`number(x)` reads numbers from text; `--by` counts texts"));
    }
    let numbers: ArrayRef = cast(&values, &DataType::Float64)?;
    Ok(Histogram::of(bound.text(), numbers.as_primitive::<Float64Type>()))
}

impl Histogram {
    /// How many of `numbers` are in each bin.
    pub fn count(&self, numbers: &Float64Array) -> Vec<u64> {
        let last = self.bins.len().saturating_sub(1);
        let mut counts = vec![0; self.bins.len()];
        for number in numbers.iter().flatten().filter(|number| number.is_finite()) {
            let at = self.bins.partition_point(|bin| bin.from <= number).saturating_sub(1).min(last);
            if let Some(count) = counts.get_mut(at) {
                *count += 1;
            }
        }
        counts
    }

    /// How `numbers` are spread.
    pub fn of(expression: &str, numbers: &Float64Array) -> Self {
        let mut histogram = Self { expression: expression.to_owned(), ..Self::default() };
        let mut finite = vec![];
        for number in numbers {
            match number {
                None => histogram.missing += 1,
                Some(number) if number.is_nan() => histogram.not_a_number += 1,
                Some(number) if number.is_infinite() => histogram.infinite += 1,
                Some(number) => finite.push(number),
            }
        }
        let edges = edges(&finite);
        let mut bins: Vec<Bin> =
            edges.windows(2).map(|pair| Bin { from: pair[0], to: pair[1], rows: 0 }).collect();
        let last = bins.len().saturating_sub(1);
        for number in finite {
            let at = edges.partition_point(|edge| *edge <= number).saturating_sub(1).min(last);
            bins[at].rows += 1;
        }
        histogram.bins = bins;
        histogram
    }
}

/// Round edges around `numbers`, for 10 to 20 bins; fewer where the numbers hardly differ.
fn edges(numbers: &[f64]) -> Vec<f64> {
    let low = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let high = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if low > high {
        return vec![];
    }
    let span = high - low;
    if span == 0.0 || !span.is_finite() {
        return vec![low, high];
    }
    let whole = numbers.iter().all(|number| number.fract() == 0.0);
    if whole && span <= MOST {
        // Each whole number has a bin of its own, the highest one too.
        return (0..=span as u32 + 1).map(|at| low + f64::from(at)).collect();
    }
    let power = exponent(span / LEAST) - 1;
    let steps = if whole && power < 0 { [100, 50, 40, 30, 20, 10] } else { [100, 50, 25, 20, 10, 10] };
    let multiple = |step: u32, number: f64| scaled(number, -power) / f64::from(step);
    let ends = |step: u32| (multiple(step, low).floor(), multiple(step, high).ceil());
    let enough = |step: &u32| {
        let (first, last) = ends(*step);
        last - first >= LEAST
    };
    let step = steps.into_iter().find(enough).unwrap_or(10);
    let (first, last) = ends(step);
    let count = (last - first).clamp(1.0, 2.0 * MOST) as u32;
    let edge = |at: u32| scaled((first + f64::from(at)) * f64::from(step), power);
    let mut edges: Vec<f64> = (0..=count).map(edge).collect();
    // Rounding must not leave a number outside.
    edges[0] = edges[0].min(low);
    edges[count as usize] = edges[count as usize].max(high);
    let rise = edges.windows(2).all(|pair| pair[0] < pair[1]) && edges.iter().all(|edge| edge.is_finite());
    if rise && edges.len() > 1 { edges } else { vec![low, high] }
}

/// The power of ten at or below `number`.
fn exponent(number: f64) -> i32 {
    let text = format!("{number:e}");
    text.split_once('e').and_then(|(_, power)| power.parse().ok()).unwrap_or(0)
}

/// `number × 10^power`, as exact as can be.
fn scaled(number: f64, power: i32) -> f64 {
    let factor: f64 = format!("1e{}", power.abs()).parse().unwrap_or(f64::INFINITY);
    if power >= 0 { number * factor } else { number / factor }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(numbers: &[f64]) -> Histogram {
        Histogram::of("x", &numbers.iter().copied().map(Some).collect())
    }

    #[test]
    fn rewards_from_0_to_1_have_tenths_and_1_is_counted() {
        let histogram = of(&[0.0, 0.05, 0.1, 0.3, 0.7, 0.99, 1.0, 1.0]);
        let edges: Vec<_> = histogram.bins.iter().map(|bin| bin.from).collect();
        assert_eq!(edges, [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]);
        assert_eq!(
            histogram.bins.iter().map(|bin| bin.rows).collect::<Vec<_>>(),
            [2, 1, 0, 1, 0, 0, 0, 1, 0, 3]
        );
        assert_eq!(histogram.bins.last().map(|bin| bin.to), Some(1.0));
    }

    #[test]
    fn what_is_no_number_is_counted_apart() {
        let numbers = [Some(1.0), None, Some(f64::NAN), Some(f64::INFINITY)].into_iter().collect();
        let histogram = Histogram::of("x", &numbers);
        assert_eq!((histogram.missing, histogram.not_a_number, histogram.infinite), (1, 1, 1));
        assert_eq!(histogram.bins, [Bin { from: 1.0, to: 1.0, rows: 1 }]);
        assert_eq!(of(&[]).bins, []);
    }

    #[test]
    fn whole_numbers_have_whole_edges() {
        let edges: Vec<_> = of(&[1.0, 2.0, 5.0]).bins.iter().map(|bin| bin.from).collect();
        assert_eq!(edges, [1.0, 2.0, 3.0, 4.0, 5.0]);
    }

    proptest! {
        #[test]
        fn every_number_is_in_the_bin_that_counts_it(
            numbers in prop::collection::vec(prop_oneof![-1e3..1e3_f64, (0..100_i32).prop_map(f64::from), prop::num::f64::NORMAL], 0..60)
        ) {
            let histogram = of(&numbers);
            prop_assert!(histogram.bins.len() <= 21, "{}", histogram.bins.len());
            prop_assert_eq!(histogram.bins.iter().map(|bin| bin.rows).sum::<u64>(), numbers.len() as u64);
            let last = histogram.bins.len().saturating_sub(1);
            for (at, bin) in histogram.bins.iter().enumerate() {
                let inside = |number: &&f64| bin.from <= **number && (**number < bin.to || at == last && **number <= bin.to);
                prop_assert_eq!(numbers.iter().filter(inside).count() as u64, bin.rows);
            }
        }

        #[test]
        fn there_are_10_to_20_bins_where_numbers_differ(numbers in prop::collection::vec(-1e6..1e6_f64, 2..60)) {
            let bins = of(&numbers).bins.len();
            prop_assert!((10..=20).contains(&bins), "{bins}");
        }
    }
}
