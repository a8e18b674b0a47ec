//! Decides how many rows of each class to take.

mod apportion;

pub use apportion::{apportion, apportion_within, largest, spread, weights};

use crate::{Error, Result, Rounding, Short};

/// At most `max` of each class.
///
/// ```
/// assert_eq!(unskew_strategy::quota::capped(&[5, 2, 0], 3), [3, 2, 0]);
/// ```
pub fn capped(available: &[u64], max: u64) -> Vec<u64> {
    available.iter().map(|&rows| rows.min(max)).collect()
}

/// Shares in proportion to `available^(1 / temperature)`: 1 leaves the mix as it is, more evens it out.
///
/// The largest class has share 1, so that no temperature leads out of range.
///
/// ```
/// let shares = unskew_strategy::quota::tempered(&[100, 25, 0], 2.0);
/// assert_eq!(shares, [1.0, 0.5, 0.0]);
/// ```
pub fn tempered(available: &[u64], temperature: f64) -> Vec<f64> {
    let most = available.iter().copied().max().unwrap_or_default() as f64;
    let tempered =
        |&rows: &u64| if rows == 0 { 0.0 } else { libm::pow(rows as f64 / most, 1.0 / temperature) };
    available.iter().map(tempered).collect()
}

/// How many rows of each class make the given shares of `total`; shares that add up to less than 1 leave a rest.
///
/// ```
/// use unskew_strategy::{Rounding, quota::shared};
///
/// assert_eq!(shared(10, &[0.25, 0.25, 0.5], Rounding::Largest), [3, 2, 5]);
/// assert_eq!(shared(10, &[0.25, 0.25, 0.5], Rounding::Floor), [2, 2, 5]);
/// assert_eq!(shared(100, &[0.1, 0.2], Rounding::Largest), [10, 20]);
/// ```
pub fn shared(total: u64, shares: &[f64], rounding: Rounding) -> Vec<u64> {
    match rounding {
        Rounding::Floor => shares.iter().map(|share| (total as f64 * share) as u64).collect(),
        Rounding::Largest => {
            let mut all = shares.to_vec();
            all.push(rest(shares));
            let mut parts = apportion(total, &weights(&all));
            parts.pop();
            parts
        }
    }
}

/// How far shares may miss 1 and still count as all: people round, and write 0.3333 three times.
pub const ROUNDED: f64 = 2e-4;

/// What shares leave of 1.
fn rest(shares: &[f64]) -> f64 {
    let rest = 1.0 - shares.iter().sum::<f64>();
    if rest > ROUNDED { rest } else { 0.0 }
}

/// How many rows to take of each class, where `wanted` may be more than there are.
///
/// `label` names a class for an error.
///
/// ```
/// use unskew_strategy::{Short, quota::settled};
///
/// let settle = |short| settled(&[100, 10], &[20, 20], short, |class| ["math", "coding"][class].into());
/// assert_eq!(settle(Short::Accept)?, [20, 10]);
/// assert_eq!(settle(Short::Shrink)?, [10, 10]);
/// assert_eq!(settle(Short::Redistribute)?, [30, 10]);
/// assert_eq!(settle(Short::Oversample(2.try_into()?))?, [20, 20]);
/// assert_eq!(settle(Short::Error).unwrap_err().to_string(), "`coding` has 10 rows, 20 are wanted");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn settled(
    available: &[u64],
    wanted: &[u64],
    short: Short,
    label: impl Fn(usize) -> String,
) -> Result<Vec<u64>> {
    let there = |class: usize| wanted[class].min(available[class]);
    let lacking = |limit: &dyn Fn(u64) -> u64| -> Vec<usize> {
        (0..wanted.len()).filter(|&class| wanted[class] > limit(available[class])).collect()
    };
    let message = |classes: &[usize], limit: &str| {
        let named = |&class: &usize| {
            let rows = if available[class] == 1 { "row" } else { "rows" };
            let (label, available, wanted) = (label(class), available[class], wanted[class]);
            format!("`{label}` has {available} {rows}{limit}, {wanted} are wanted")
        };
        let mut named: Vec<String> = classes.iter().take(3).map(named).collect();
        if classes.len() > 3 {
            named.push(format!("and {} more classes are short", classes.len() - 3));
        }
        Error::data(named.join("; "))
    };
    Ok(match short {
        Short::Accept => (0..wanted.len()).map(there).collect(),
        Short::Shrink => {
            let total = largest(available, wanted).min(wanted.iter().sum());
            apportion(total, wanted)
        }
        Short::Redistribute => {
            let low: Vec<u64> = (0..wanted.len()).map(there).collect();
            apportion_within(wanted.iter().sum(), wanted, &low, available)
        }
        Short::Error => match lacking(&|rows| rows) {
            classes if classes.is_empty() => wanted.to_vec(),
            classes => {
                let hint = "say what to do with `short`: accept, shrink, redistribute or {oversample: N}";
                return Err(message(&classes, "").hint(hint));
            }
        },
        Short::Oversample(most) => match lacking(&|rows| rows.saturating_mul(most.get().into())) {
            classes if classes.is_empty() => wanted.to_vec(),
            classes => {
                let limit = format!(", each to be taken {most} times at most");
                return Err(
                    message(&classes, &limit).hint("allow more with `short: {oversample: N}`, or want fewer")
                );
            }
        },
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn classes() -> impl Strategy<Value = (Vec<u64>, Vec<u64>)> {
        prop::collection::vec((0_u64..60, 0_u64..60), 1..10).prop_map(|classes| classes.into_iter().unzip())
    }

    fn settle(available: &[u64], wanted: &[u64], short: Short) -> Result<Vec<u64>> {
        settled(available, wanted, short, |class| class.to_string())
    }

    #[test]
    fn truncated_or_rounded() {
        assert_eq!(shared(100, &[0.29, 0.57], Rounding::Floor), [28, 56]);
        assert_eq!(shared(100, &[0.29, 0.57], Rounding::Largest), [29, 57]);
        assert_eq!(shared(1000, &[0.3333; 3], Rounding::Largest), [334, 333, 333]);
    }

    #[test]
    fn many_short_classes_are_counted() {
        let error = settle(&[0, 1, 0, 0, 9], &[2; 5], Short::Error).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`0` has 0 rows, 2 are wanted; `1` has 1 row, 2 are wanted; `2` has 0 rows, 2 are wanted; and 1 more classes are short"
        );
    }

    proptest! {
        #[test]
        fn nothing_is_taken_that_is_not_there((available, wanted) in classes()) {
            for short in [Short::Accept, Short::Shrink, Short::Redistribute, Short::Error] {
                if let Ok(got) = settle(&available, &wanted, short) {
                    prop_assert!(got.iter().zip(&available).all(|(got, available)| got <= available));
                }
            }
        }

        #[test]
        fn what_suffices_is_left_alone((extra, wanted) in classes()) {
            let available: Vec<u64> = wanted.iter().zip(&extra).map(|(wanted, extra)| wanted + extra).collect();
            for short in [Short::Accept, Short::Shrink, Short::Redistribute, Short::Error, Short::Oversample(1.try_into().unwrap())] {
                prop_assert_eq!(&settle(&available, &wanted, short).unwrap(), &wanted);
            }
        }

        #[test]
        fn redistribution_keeps_the_total_where_it_can((available, wanted) in classes()) {
            let got = settle(&available, &wanted, Short::Redistribute).unwrap();
            let most: u64 = (0..got.len()).filter(|&class| wanted[class] > 0).map(|class| available[class]).sum();
            prop_assert_eq!(got.iter().sum::<u64>(), wanted.iter().sum::<u64>().min(most));
            for class in 0..got.len() {
                prop_assert!(got[class] >= wanted[class].min(available[class]));
            }
        }

        #[test]
        fn shrinking_keeps_the_proportions((available, wanted) in classes()) {
            let got = settle(&available, &wanted, Short::Shrink).unwrap();
            let (total, sum) = (got.iter().sum::<u64>() as f64, wanted.iter().sum::<u64>().max(1) as f64);
            for class in 0..got.len() {
                prop_assert!((got[class] as f64 - total * wanted[class] as f64 / sum).abs() < 1.0);
            }
        }

        #[test]
        fn oversampling_meets_the_want_or_says_so((available, wanted) in classes(), most in 1_u32..5) {
            let possible = available.iter().zip(&wanted).all(|(available, wanted)| *wanted <= available * u64::from(most));
            let got = settle(&available, &wanted, Short::Oversample(most.try_into().unwrap()));
            prop_assert_eq!(got.ok(), possible.then_some(wanted));
        }

        #[test]
        fn caps_are_monotone(available in prop::collection::vec(0_u64..100, 0..10), low in 0_u64..100, more in 0_u64..100) {
            let (low, high) = (capped(&available, low), capped(&available, low + more));
            prop_assert!(low.iter().zip(&high).all(|(low, high)| low <= high));
        }

        #[test]
        fn shares_add_up_to_the_total(total in 0_u64..10_000, raw in prop::collection::vec(1_u32..100, 1..10)) {
            let sum = f64::from(raw.iter().sum::<u32>());
            let shares: Vec<f64> = raw.iter().map(|&share| f64::from(share) / sum).collect();
            let parts = shared(total, &shares, Rounding::Largest);
            prop_assert_eq!(parts.iter().sum::<u64>(), total);
            let floors = shared(total, &shares, Rounding::Floor);
            prop_assert!(floors.iter().sum::<u64>() <= total);
        }

        #[test]
        fn temperature_keeps_the_order_of_sizes(available in prop::collection::vec(0_u64..1000, 2..10), temperature in prop_oneof![0.5_f64..20.0, Just(1e-300), Just(1e300)]) {
            let shares = tempered(&available, temperature);
            for (a, b) in (0..shares.len()).flat_map(|a| (0..shares.len()).map(move |b| (a, b))) {
                prop_assert!(available[a] <= available[b] || shares[a] >= shares[b]);
            }
            prop_assert!(shares.iter().all(|share| (0.0..=1.0).contains(share)));
        }
    }
}
