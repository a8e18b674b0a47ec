//! Mean, spread and quartiles of a numeric field.

use arrow::{
    array::{ArrayRef, AsArray},
    compute::cast,
    datatypes::{DataType, Float64Type},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Result;

/// A numeric field in numbers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Statistics {
    /// The path.
    pub path: String,
    /// Rows with a finite number.
    pub count: u64,
    /// Rows without one.
    pub missing: u64,
    /// The mean.
    pub mean: Option<f64>,
    /// The standard deviation of the sample (over n - 1).
    pub stddev: Option<f64>,
    /// The lowest.
    pub min: Option<f64>,
    /// A quarter is below this.
    pub lower_quartile: Option<f64>,
    /// Half is below this.
    pub median: Option<f64>,
    /// Three quarters are below this.
    pub upper_quartile: Option<f64>,
    /// The highest.
    pub max: Option<f64>,
}

impl Statistics {
    /// The statistics of `values`, which are found at `path`.
    pub fn of(path: &str, values: &ArrayRef) -> Result<Self> {
        let numbers = cast(values, &DataType::Float64)?;
        let numbers = numbers.as_primitive::<Float64Type>();
        let mut finite: Vec<f64> = numbers.iter().flatten().filter(|number| number.is_finite()).collect();
        let (mean, stddev) = moments(&finite);
        finite.sort_by(f64::total_cmp);
        Ok(Self {
            path: path.to_owned(),
            count: finite.len() as u64,
            missing: (numbers.len() - finite.len()) as u64,
            mean,
            stddev,
            min: finite.first().copied(),
            lower_quartile: quantile(&finite, 0.25),
            median: quantile(&finite, 0.5),
            upper_quartile: quantile(&finite, 0.75),
            max: finite.last().copied(),
        })
    }
}

/// Mean and standard deviation, after Welford.
fn moments(numbers: &[f64]) -> (Option<f64>, Option<f64>) {
    let (mut mean, mut squares) = (0.0, 0.0);
    for (count, number) in (1u32..).zip(numbers) {
        let distance = number - mean;
        mean += distance / f64::from(count);
        squares += distance * (number - mean);
    }
    let some = |least: usize, value: f64| (numbers.len() >= least).then_some(value);
    (some(1, mean), some(2, (squares / (numbers.len() as f64 - 1.0)).sqrt()))
}

/// A quantile of sorted numbers, linear between neighbours.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = share * last as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    Some(below + (above - below) * place.fract())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::Float64Array;

    use super::*;

    fn of(numbers: Vec<Option<f64>>) -> Statistics {
        let values: ArrayRef = Arc::new(Float64Array::from(numbers));
        Statistics::of("x", &values).unwrap()
    }

    #[test]
    fn numbers_are_described() {
        let all = of(vec![
            Some(2.0),
            Some(4.0),
            None,
            Some(4.0),
            Some(4.0),
            Some(5.0),
            Some(5.0),
            Some(7.0),
            Some(9.0),
        ]);
        assert_eq!((all.count, all.missing), (8, 1));
        assert_eq!((all.mean, all.min, all.max), (Some(5.0), Some(2.0), Some(9.0)));
        assert_eq!((all.lower_quartile, all.median, all.upper_quartile), (Some(4.0), Some(4.5), Some(5.5)));
        assert!((all.stddev.unwrap() - 2.138_089_935_299_395).abs() < 1e-12);
    }

    #[test]
    fn few_numbers_have_few_statistics() {
        let one = of(vec![Some(3.0), Some(f64::NAN)]);
        assert_eq!((one.count, one.missing, one.mean, one.stddev), (1, 1, Some(3.0), None));
        assert_eq!(of(vec![]).mean, None);
        assert_eq!(of(vec![None]).median, None);
    }
}
