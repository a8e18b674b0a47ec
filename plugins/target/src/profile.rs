//! Which share of its rows a class has in each bin, and when.

use crate::{bins::Bins, density::Density};

/// In how many steps a mean moves.
const STEPS: usize = 128;

/// A density over the bins that a class has rows in.
#[derive(Debug)]
pub struct Profile {
    /// The share of each bin.
    pub shares: Vec<f64>,
    /// For each bin, how much of it has come by the end of each step; empty unless the mean moves.
    came: Vec<Vec<f64>>,
}

impl Profile {
    /// The density over the bins that are `present`; the others are done without.
    pub fn new(density: &Density, bins: &Bins, present: &[bool]) -> Self {
        let steps = if density.moving().is_some() { STEPS } else { 1 };
        let mut shares = vec![0.0; bins.len()];
        let mut came = vec![vec![]; if steps > 1 { bins.len() } else { 0 }];
        for step in 0..steps {
            let time = (step as f64 + 0.5) / steps as f64;
            for (bin, share) in at(density, bins, present, time).into_iter().enumerate() {
                shares[bin] += share / steps as f64;
                if steps > 1 {
                    came[bin].push(shares[bin]);
                }
            }
        }
        Self { shares, came }
    }

    /// When so much of a bin has come, from 0 to 1.
    pub fn time(&self, bin: usize, part: f64) -> f64 {
        let came = &self.came[bin];
        let wanted = part * self.shares[bin];
        let step = came.partition_point(|came| *came < wanted).min(came.len() - 1);
        let before = if step == 0 { 0.0 } else { came[step - 1] };
        let within = (wanted - before) / (came[step] - before);
        (step as f64 + if within.is_finite() { within } else { 0.0 }) / came.len() as f64
    }

    /// The most rows that can be taken where so many are in each bin.
    pub fn capacity(&self, available: &[u64]) -> u64 {
        let there: u64 = available.iter().sum();
        let most = |(available, share): (&u64, &f64)| {
            // Just above what it is, so that rounding costs no row.
            (*share > 0.0).then(|| (*available as f64 / share * (1.0 + 1e-12)) as u64)
        };
        let bound = available.iter().zip(&self.shares).filter_map(most).min().unwrap_or(0).min(there);
        let fits = |total: u64| self.of(total).iter().zip(available).all(|(wanted, there)| wanted <= there);
        if fits(bound) { bound } else { bound.saturating_sub(1) }
    }

    /// How many rows of each bin are wanted, of `total`.
    pub fn of(&self, total: u64) -> Vec<u64> {
        unskew_strategy::quota::spread(total, &self.shares)
    }
}

/// The shares of bins at a time.
fn at(density: &Density, bins: &Bins, present: &[bool], time: f64) -> Vec<f64> {
    let log: Vec<f64> = bins
        .points
        .iter()
        .zip(present)
        .map(|(point, present)| if *present { density.at(*point, time) } else { f64::NEG_INFINITY })
        .collect();
    // However far all bins are from the mean, the nearest have a share.
    let most = log.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if most == f64::NEG_INFINITY {
        return vec![0.0; log.len()];
    }
    let weights: Vec<f64> = log.into_iter().map(|log| libm::exp(log - most)).collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}
