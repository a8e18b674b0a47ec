//! What rows are counted by, in whole units, so that shares of it are divided without rounding.

use arrow::array::ArrayRef;
use unskew_strategy::{Error, Ranking, Result, as_weights};

/// What each row counts for.
///
/// A unit is a power of two so small that the largest sum is about 2⁵¹ units: whole numbers are whole units, and
/// anything else is off by less than a billionth.
#[derive(Debug)]
pub struct Measure {
    weights: Option<Vec<f64>>,
    scale: f64,
}

/// How far a sum in units may be off by the rounding of its parts.
const SLACK: u64 = 2;

/// How far beyond its limit a sum of floats may seem to be.
const TOLERANCE: f64 = 1e-9;

impl Measure {
    /// Each row counts for 1.
    pub fn rows() -> Self {
        Self { weights: None, scale: 1.0 }
    }

    /// Each row counts for its value of `expression`; sums up to `least` can be told in units.
    pub fn new(expression: &str, values: &ArrayRef, least: f64) -> Result<Self> {
        let weights = as_weights(expression, values).map_err(|error| {
            error.hints().iter().fold(Error::option("of", error.to_string()), Error::hint)
        })?;
        let most = weights.iter().sum::<f64>().max(least);
        if !most.is_finite() {
            return Err(Error::option("of", format!("the sum of `{expression}` is not finite")));
        }
        let (low, high) = ((1_u64 << 51) as f64, (1_u64 << 52) as f64);
        let mut scale = 1.0;
        while most > 0.0 && most * scale < low && scale < 1e300 {
            scale *= 2.0;
        }
        while most * scale >= high {
            scale /= 2.0;
        }
        Ok(Self { weights: Some(weights), scale })
    }

    /// An amount in units.
    pub fn units(&self, amount: f64) -> u64 {
        (amount * self.scale).round() as u64
    }

    /// The amount that so many units are.
    pub fn of(&self, units: u64) -> f64 {
        units as f64 / self.scale
    }

    /// What these rows count for.
    pub fn sum(&self, rows: &[u32]) -> f64 {
        match &self.weights {
            None => rows.len() as f64,
            Some(weights) => rows.iter().fold(0.0, |sum, &row| sum + weights[row as usize]),
        }
    }

    /// What these rows count for, in units.
    pub fn available(&self, rows: &[u32]) -> u64 {
        self.units(self.sum(rows))
    }

    /// Takes `units` of `rows`, which have `available`: all of them as often as that fits, and then one after another
    /// until the next would go beyond.
    pub fn take(&self, ranking: &Ranking<'_>, rows: &[u32], units: u64, available: u64) -> Vec<u32> {
        let Some(weights) = &self.weights else { return ranking.take(rows, units) };
        if units == 0 || available == 0 {
            return vec![];
        }
        let (mut copies, mut rest) = (units / available, units % available);
        if rest > 0 && available - rest <= SLACK {
            (copies, rest) = (copies + 1, 0);
        }
        let mut taken: Vec<u32> = (0..copies).flat_map(|_| rows).copied().collect();
        if rest > 0 {
            taken.extend(ranking.take_weighed(rows, weights, self.of(rest) * (1.0 + TOLERANCE)));
        }
        taken.sort_unstable();
        taken
    }
}
