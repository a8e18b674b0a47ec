//! Puts rows in order.

use std::collections::HashMap;

/// The golden ratio's fraction, in units of 2⁻⁶⁴.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Orders rows by their random numbers.
///
/// ```
/// let mut rows = [0, 1, 2];
/// unskew_strategy::arrange::shuffle(&mut rows, &[30, 10, 20]);
/// assert_eq!(rows, [1, 2, 0]);
/// ```
pub fn shuffle(rows: &mut [u32], chance: &[u64]) {
    rows.sort_unstable_by_key(|&row| (chance[row as usize], row));
}

/// Orders rows by rank, ties by their random numbers.
///
/// ```
/// let mut rows = [0, 1, 2];
/// unskew_strategy::arrange::by_rank(&mut rows, &[1, 1, 0], &[30, 10, 20]);
/// assert_eq!(rows, [2, 1, 0]);
/// ```
pub fn by_rank(rows: &mut [u32], ranks: &[u32], chance: &[u64]) {
    rows.sort_unstable_by_key(|&row| (ranks[row as usize], chance[row as usize], row));
}

/// Orders rows so that every prefix, and so every window, has nearly the mix of the whole.
///
/// Row `j` of a stratum of `n` sorts at `(j + phase) / n`; within a stratum rows come by their random numbers. The
/// phase is ½, shifted by the golden ratio for each further stratum of the same size, so that many small strata are
/// spread too. Places are exact to 2⁻⁶⁴; ties go to the earlier stratum.
///
/// With `N` rows in all, of which a stratum has `n`, the first `L` rows hold that stratum within `1 + D·n/N` of
/// `L·n/N` times, where `D` adds up `min(m, 3 + 3.52 ln m)` over the different sizes of strata, `m` being how many
/// strata have that size. A window of any rows in a row is the difference of two prefixes: within twice that.
///
/// The reason: at place `t` a stratum has come within 1 of `t·n` times, and the `m` strata of one size have
/// come, all together, within `m` times the discrepancy of the first `m` multiples of the golden ratio (Niederreiter's
/// bound for numbers with bounded partial quotients). So `L` is within `D` of `t·N`.
///
/// ```
/// use unskew_strategy::arrange::interleave;
///
/// let order = interleave([&[0, 1, 2, 3][..], &[4, 5]], &[1, 2, 3, 4, 5, 6]);
/// assert_eq!(order, [0, 4, 1, 2, 5, 3]);
/// ```
pub fn interleave<'a>(strata: impl IntoIterator<Item = &'a [u32]>, chance: &[u64]) -> Vec<u32> {
    let mut of_this_size: HashMap<usize, u64> = HashMap::new();
    let mut places: Vec<(u64, u32, u32)> = vec![];
    for (stratum, members) in (0..).zip(strata) {
        let earlier = of_this_size.entry(members.len()).or_default();
        let phase = (1_u64 << 63).wrapping_add(earlier.wrapping_mul(GOLDEN));
        *earlier += 1;
        let mut members = members.to_vec();
        shuffle(&mut members, chance);
        let size = members.len() as u128;
        let place = |j: u128| ((j << 64 | u128::from(phase)) / size) as u64;
        places.extend((0..).zip(members).map(|(j, row)| (place(j), stratum, row)));
    }
    places.sort_unstable();
    places.into_iter().map(|(_, _, row)| row).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Strata, derive};

    fn codes(sizes: &[usize]) -> Vec<u32> {
        (0..).zip(sizes).flat_map(|(code, &size)| std::iter::repeat_n(code, size)).collect()
    }

    fn interleaved(codes: &[u32], strata: usize) -> Vec<u32> {
        let chance: Vec<u64> = (0..codes.len() as u64).map(|row| derive(row, 0, 0)).collect();
        interleave(Strata::new(codes, strata).iter(), &chance)
    }

    /// What the documentation promises of a prefix, for each stratum.
    fn bounds(sizes: &[usize]) -> Vec<f64> {
        let mut of_size: HashMap<usize, f64> = HashMap::new();
        for &size in sizes.iter().filter(|&&size| size > 0) {
            *of_size.entry(size).or_default() += 1.0;
        }
        let spread: f64 = of_size.values().map(|m| m.min(3.0 + 3.52 * m.ln())).sum();
        let rows = sizes.iter().sum::<usize>() as f64;
        sizes.iter().map(|&size| 1.0 + spread * size as f64 / rows).collect()
    }

    fn check_prefixes(sizes: &[usize]) -> Result<(), TestCaseError> {
        let codes = codes(sizes);
        let order = interleaved(&codes, sizes.len());
        let bounds = bounds(sizes);
        let mut came = vec![0_u32; sizes.len()];
        for (length, row) in (1_u32..).zip(&order) {
            came[codes[*row as usize] as usize] += 1;
            for stratum in 0..sizes.len() {
                let fair = f64::from(length) * sizes[stratum] as f64 / codes.len() as f64;
                prop_assert!((f64::from(came[stratum]) - fair).abs() <= bounds[stratum]);
            }
        }
        Ok(())
    }

    #[test]
    fn two_equal_strata_alternate() {
        let codes = codes(&[50, 50]);
        let order = interleaved(&codes, 2);
        assert!(order.chunks(2).all(|pair| codes[pair[0] as usize] != codes[pair[1] as usize]));
    }

    /// Without the shift all single rows would stand in one block in the middle.
    #[test]
    fn many_single_rows_are_spread() {
        let mut sizes = vec![1; 500];
        sizes.push(500);
        let codes = codes(&sizes);
        let order = interleaved(&codes, sizes.len());
        let longest = order
            .chunk_by(|a, b| (codes[*a as usize] == 500) == (codes[*b as usize] == 500))
            .map(<[u32]>::len)
            .max();
        assert!(longest <= Some(3), "a run of {longest:?}");
    }

    #[test]
    fn a_stratum_of_each_size_keeps_the_bound() {
        check_prefixes(&(1..60).collect::<Vec<_>>()).unwrap();
        check_prefixes(&[1; 300]).unwrap();
        check_prefixes(&[1000, 1, 1, 7, 7, 7]).unwrap();
    }

    proptest! {
        #[test]
        fn every_prefix_keeps_the_mix(sizes in prop::collection::vec(prop_oneof![0_usize..4, 0_usize..60], 1..30)) {
            check_prefixes(&sizes)?;
        }

        #[test]
        fn every_row_comes_once(sizes in prop::collection::vec(0_usize..20, 0..10)) {
            let codes = codes(&sizes);
            let mut order = interleaved(&codes, sizes.len());
            order.sort_unstable();
            prop_assert!(order.into_iter().eq(0..codes.len() as u32));
        }

        #[test]
        fn shuffles_are_fixed_by_chance(chance in prop::collection::vec(0_u64..20, 0..30)) {
            let mut rows: Vec<u32> = (0..chance.len() as u32).rev().collect();
            shuffle(&mut rows, &chance);
            prop_assert!(rows.is_sorted_by_key(|&row| (chance[row as usize], row)));
            let mut again: Vec<u32> = (0..chance.len() as u32).collect();
            by_rank(&mut again, &vec![0; chance.len()], &chance);
            prop_assert_eq!(rows, again);
        }
    }
}
