//! Puts the values of an expression into bins.

use arrow::{
    array::{ArrayRef, AsArray},
    compute::cast,
    datatypes::{DataType, Float64Type},
};
use unskew_strategy::{Error, Result};

use crate::density::Density;

/// Bins along an expression, from low to high.
#[derive(Debug)]
pub struct Bins {
    /// What each bin stands for: its one value, or its middle.
    pub points: Vec<f64>,
    /// What each bin is called.
    pub labels: Vec<String>,
    /// The value of each row, unless it has none with a density.
    pub values: Vec<Option<f64>>,
    /// How many rows have no value.
    pub missing: u64,
    /// The lowest value and the width of a bin, where bins hold several values.
    even: Option<(f64, f64)>,
}

impl Bins {
    /// Each value for itself, if they are no more than `most`; otherwise `most` bins of equal width.
    pub fn new(over: &str, values: &ArrayRef, density: &Density, most: usize) -> Result<Self> {
        let all = numbers(over, values)?;
        let missing = all.iter().filter(|value| value.is_none()).count() as u64;
        let values: Vec<Option<f64>> =
            all.into_iter().map(|value| value.filter(|value| density.holds(*value))).collect();
        let mut distinct: Vec<f64> = values.iter().flatten().copied().collect();
        distinct.sort_unstable_by(f64::total_cmp);
        distinct.dedup();
        if distinct.len() <= most {
            let labels = distinct.iter().map(ToString::to_string).collect();
            return Ok(Self { points: distinct, labels, values, missing, even: None });
        }
        let (lowest, highest) = (distinct[0], distinct[distinct.len() - 1]);
        let width = highest / most as f64 - lowest / most as f64;
        let edge = |bin: usize| lowest + width * bin as f64;
        let points = (0..most).map(|bin| lowest + width * (bin as f64 + 0.5)).collect();
        let labels =
            (0..most).map(|bin| format!("{} to {}", shown(edge(bin)), shown(edge(bin + 1)))).collect();
        Ok(Self { points, labels, values, missing, even: Some((lowest, width)) })
    }

    /// How many bins there are.
    pub fn len(&self) -> usize {
        self.points.len()
    }

    /// The bin of a row that has a value.
    pub fn of(&self, row: u32) -> Option<usize> {
        let value = self.values[row as usize]?;
        Some(match self.even {
            None => self.points.partition_point(|point| *point < value),
            Some((lowest, width)) => (((value - lowest) / width) as usize).min(self.len() - 1),
        })
    }
}

/// Values as numbers; what is not finite is missing.
fn numbers(over: &str, values: &ArrayRef) -> Result<Vec<Option<f64>>> {
    let kind = values.data_type();
    if !kind.is_numeric() && !kind.is_null() {
        return Err(Error::option("over", format!("`{over}` is no number"))
            .hint("a density needs numbers, such as `number(x)` of a text"));
    }
    let numbers = cast(values, &DataType::Float64)?;
    // The sum makes minus zero zero.
    let finite = |number: Option<f64>| number.filter(|number| number.is_finite()).map(|number| number + 0.0);
    Ok(numbers.as_primitive::<Float64Type>().iter().map(finite).collect())
}

/// A number with four digits that count.
fn shown(number: f64) -> f64 {
    format!("{number:.3e}").parse().unwrap_or(number)
}
