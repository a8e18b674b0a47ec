//! Divides a whole number of rows by weights, in whole numbers throughout.

use std::cmp::Reverse;

/// Whole weights in proportion to `shares`; decimals of up to 14 digits are met exactly.
///
/// ```
/// use unskew_strategy::quota::weights;
///
/// let whole = weights(&[0.1, 0.2]);
/// assert_eq!(whole[0] * 2, whole[1]);
/// ```
pub fn weights(shares: &[f64]) -> Vec<u64> {
    let sum: f64 = shares.iter().sum();
    let mut scale = 1e15;
    while sum * scale > 1e16 {
        scale /= 10.0;
    }
    while sum > 0.0 && sum * scale < 1e14 && scale < 1e300 {
        scale *= 10.0;
    }
    let whole = |&share: &f64| if share > 0.0 { ((share * scale).round() as u64).max(1) } else { 0 };
    shares.iter().map(whole).collect()
}

/// Divides `total` by weights: every part gets its share rounded down, and what is left goes to the largest
/// remainders (ties to the earlier part), so that the parts add up to `total`.
///
/// ```
/// use unskew_strategy::quota::apportion;
///
/// assert_eq!(apportion(100, &[1, 1, 1]), [34, 33, 33]);
/// assert_eq!(apportion(10, &[0, 29, 71]), [0, 3, 7]);
/// ```
pub fn apportion(total: u64, weights: &[u64]) -> Vec<u64> {
    let sum: u128 = weights.iter().copied().map(u128::from).sum();
    if sum == 0 {
        return vec![0; weights.len()];
    }
    let product = |weight: &u64| u128::from(total) * u128::from(*weight);
    let mut parts: Vec<u64> = weights.iter().map(|weight| (product(weight) / sum) as u64).collect();
    let left = (total - parts.iter().sum::<u64>()) as usize;
    if left > 0 {
        let mut remainders: Vec<(Reverse<u128>, usize)> =
            weights.iter().map(|weight| Reverse(product(weight) % sum)).zip(0..).collect();
        if left < remainders.len() {
            remainders.select_nth_unstable(left);
        }
        for (_, part) in &remainders[..left] {
            parts[*part] += 1;
        }
    }
    parts
}

/// Divides `total` by weights along an axis: what is given up to any part is the share up to there, rounded.
///
/// Every part gets its share rounded down or up. With many parts of less than one row each, [`apportion`] would give
/// all of them to the heaviest; this keeps them as spread as the weights are.
///
/// ```
/// use unskew_strategy::quota::{apportion, spread};
///
/// assert_eq!(spread(3, &[0.2, 0.2, 0.3, 0.3]), [1, 0, 1, 1]);
/// assert_eq!(spread(2, &[0.1, 0.2, 0.4, 0.2, 0.1]), [0, 1, 0, 1, 0]);
/// assert_eq!(apportion(2, &[1, 2, 4, 2, 1]), [0, 1, 1, 0, 0]);
/// ```
pub fn spread(total: u64, weights: &[f64]) -> Vec<u64> {
    let sum: f64 = weights.iter().sum();
    if sum <= 0.0 {
        return vec![0; weights.len()];
    }
    let last = weights.iter().rposition(|&weight| weight > 0.0);
    let (mut weight_so_far, mut so_far) = (0.0, 0);
    let part = |(part, weight): (usize, &f64)| {
        weight_so_far += weight;
        let up_to_here = match last {
            Some(last) if part >= last => total,
            _ => ((total as f64 * (weight_so_far / sum)).round() as u64).clamp(so_far, total),
        };
        up_to_here - std::mem::replace(&mut so_far, up_to_here)
    };
    weights.iter().enumerate().map(part).collect()
}

/// Divides `total` by weights like [`apportion`], but gives each part at least `low` and at most `high`.
///
/// What a bound takes from one part or adds to it, the others share by their weights. Where the bounds leave no
/// way to reach the total, they win: the parts add up to the sum of the lows, or of the highs.
///
/// ```
/// use unskew_strategy::quota::apportion_within;
///
/// assert_eq!(apportion_within(90, &[1, 1, 1], &[0, 0, 0], &[10, 100, 100]), [10, 40, 40]);
/// assert_eq!(apportion_within(90, &[98, 1, 1], &[20, 20, 20], &[100, 100, 100]), [50, 20, 20]);
/// ```
pub fn apportion_within(total: u64, weights: &[u64], low: &[u64], high: &[u64]) -> Vec<u64> {
    let mut parts: Vec<u64> = low.iter().zip(high).map(|(&low, &high)| low.min(high)).collect();
    let mut free: Vec<usize> = (0..weights.len()).filter(|&part| weights[part] > 0).collect();
    let mut rest = total;
    for part in (0..weights.len()).filter(|&part| weights[part] == 0) {
        rest = rest.saturating_sub(parts[part]);
    }
    while !free.is_empty() {
        let ideal = apportion(rest, &free.iter().map(|&part| weights[part]).collect::<Vec<_>>());
        let (mut below, mut above) = (0_u128, 0_u128);
        for (&part, &ideal) in free.iter().zip(&ideal) {
            let floor = low[part].min(high[part]);
            below += u128::from(floor.saturating_sub(ideal));
            above += u128::from(ideal.saturating_sub(high[part]));
            parts[part] = ideal.clamp(floor, high[part]);
        }
        if below == above {
            break;
        }
        // Only the bounds that pull harder are certain to hold in the end; the rest is divided anew.
        let mut still_free = vec![];
        for (part, ideal) in free.into_iter().zip(ideal) {
            let held = if below > above { parts[part] > ideal } else { parts[part] < ideal };
            if held {
                rest = rest.saturating_sub(parts[part]);
            } else {
                still_free.push(part);
            }
        }
        free = still_free;
    }
    parts
}

/// The largest total of which every part's share is available; 0 where no part has a weight.
///
/// ```
/// use unskew_strategy::quota::largest;
///
/// assert_eq!(largest(&[700, 200, 100], &[4, 4, 2]), 500);
/// ```
pub fn largest(available: &[u64], weights: &[u64]) -> u64 {
    let sum: u128 = weights.iter().copied().map(u128::from).sum();
    let bound = |(&available, &weight): (&u64, &u64)| {
        (weight > 0).then(|| u128::from(available) * sum / u128::from(weight.max(1)))
    };
    let bounds = available.iter().zip(weights).filter_map(bound);
    bounds.min().map_or(0, |total| u64::try_from(total).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts() -> impl Strategy<Value = Vec<(u64, u64, u64)>> {
        prop::collection::vec((0_u64..50, 0_u64..40, 0_u64..40), 1..12)
    }

    proptest! {
        #[test]
        fn parts_add_up_and_stay_within_one_of_their_share(total in 0_u64..10_000, weights in prop::collection::vec(0_u64..1000, 1..20)) {
            let sum: u64 = weights.iter().sum();
            let parts = apportion(total, &weights);
            prop_assert_eq!(parts.iter().sum::<u64>(), if sum == 0 { 0 } else { total });
            for (part, weight) in parts.iter().zip(&weights) {
                let exact = total as f64 * *weight as f64 / sum.max(1) as f64;
                prop_assert!((*part as f64 - exact).abs() < 1.0);
                prop_assert!(*weight > 0 || *part == 0);
            }
        }

        #[test]
        fn a_larger_weight_never_gets_less(total in 0_u64..10_000, weights in prop::collection::vec(0_u64..1000, 2..20)) {
            let parts = apportion(total, &weights);
            for (a, b) in (0..weights.len()).flat_map(|a| (0..weights.len()).map(move |b| (a, b))) {
                prop_assert!(weights[a] <= weights[b] || parts[a] >= parts[b]);
            }
        }

        #[test]
        fn what_is_spread_is_near_its_share_up_to_every_part(total in 0_u64..10_000, weights in prop::collection::vec(prop_oneof![Just(0.0), 0.0_f64..9.0], 1..20)) {
            let sum: f64 = weights.iter().sum();
            let parts = spread(total, &weights);
            prop_assert_eq!(parts.iter().sum::<u64>(), if sum > 0.0 { total } else { 0 });
            let (mut exact, mut so_far) = (0.0, 0);
            for (part, weight) in parts.iter().zip(&weights) {
                let share = if sum > 0.0 { total as f64 * weight / sum } else { 0.0 };
                (exact, so_far) = (exact + share, so_far + part);
                prop_assert!((so_far as f64 - exact).abs() <= 0.5 + 1e-6);
                prop_assert!((*part as f64 - share).abs() < 1.0 + 1e-6);
                prop_assert!(*weight > 0.0 || *part == 0);
            }
        }

        #[test]
        fn bounds_hold_and_the_total_where_it_can(total in 0_u64..400, parts in parts()) {
            let weights: Vec<u64> = parts.iter().map(|part| part.0).collect();
            let low: Vec<u64> = parts.iter().map(|part| part.1.min(part.2)).collect();
            let high: Vec<u64> = parts.iter().map(|part| part.1.max(part.2)).collect();
            let got = apportion_within(total, &weights, &low, &high);
            for (part, &got) in got.iter().enumerate() {
                prop_assert!(low[part] <= got && got <= high[part]);
                prop_assert!(weights[part] > 0 || got == low[part]);
            }
            let most: u64 = (0..got.len()).map(|part| if weights[part] > 0 { high[part] } else { low[part] }).sum();
            let sum = got.iter().sum::<u64>();
            prop_assert_eq!(sum, total.clamp(low.iter().sum(), most));
        }

        #[test]
        fn the_largest_total_fits_and_no_larger_one_does(parts in parts()) {
            let weights: Vec<u64> = parts.iter().map(|part| part.0).collect();
            let available: Vec<u64> = parts.iter().map(|part| part.1).collect();
            let sum: u64 = weights.iter().sum();
            let total = largest(&available, &weights);
            let fits = |total: u64| (0..weights.len()).all(|part| total * weights[part] <= available[part] * sum);
            prop_assert!(fits(total));
            prop_assert!(sum == 0 || !fits(total + 1));
            let got = apportion(total, &weights);
            prop_assert!(got.iter().zip(&available).all(|(got, available)| got <= available));
        }

        #[test]
        fn decimals_are_exact(thousandths in prop::collection::vec(1_u64..1000, 1..10)) {
            let shares: Vec<f64> = thousandths.iter().map(|share| *share as f64 / 1000.0).collect();
            let weights = weights(&shares);
            for (weight, share) in weights.iter().zip(&thousandths) {
                prop_assert_eq!(weight * thousandths[0], weights[0] * share);
            }
        }
    }
}
