//! Sends rows to sides, so that what belongs together stays together and every side has nearly the same mix.

/// Which rows belong together, and what kinds of rows there are.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    /// A random number for each row; rows with the same one belong together.
    pub keys: &'a [u64],
    /// The stratum of each row.
    pub strata: &'a [u32],
    /// A random number for each stratum.
    pub phases: &'a [u64],
}

/// Rows that belong together.
#[derive(Debug, Clone, Copy)]
struct Unit {
    key: u64,
    /// Where its rows begin in the order of keys.
    start: usize,
    rows: u64,
    stratum: u32,
    place: u64,
}

/// The side of each row, where side `i` is to have `targets[i]` rows.
///
/// In each stratum, units come by their keys, and each has a place in [0, 1): how much of its stratum comes before it.
/// All units then come by their places, and the first rows are the first side. So each side has of each stratum nearly
/// its share; and what is appended shifts places a little, which moves only what lies close to where sides meet. The
/// stratum's phase shifts its places by less than a unit, so that small strata do not all fall on one side.
///
/// A unit across the border of two sides goes where its middle is.
pub fn sides(rows: Rows<'_>, targets: &[u64]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..rows.keys.len() as u32).collect();
    order.sort_unstable_by_key(|&row| (rows.keys[row as usize], row));
    let mut units = units(rows, &order);
    place(&mut units, rows.phases);
    units.sort_unstable_by_key(|unit| (unit.place, unit.key));
    let borders: Vec<u64> = targets
        .iter()
        .scan(0, |sum, target| {
            *sum += target;
            Some(*sum)
        })
        .collect();
    let mut sides = vec![0; order.len()];
    let mut before = 0;
    for unit in units {
        let inside = borders.iter().position(|border| 2 * before + unit.rows < 2 * border);
        let side = inside.unwrap_or(borders.len().saturating_sub(1)) as u32;
        for row in &order[unit.start..unit.start + unit.rows as usize] {
            sides[*row as usize] = side;
        }
        before += unit.rows;
    }
    sides
}

/// The units in the order of their keys.
fn units(rows: Rows<'_>, order: &[u32]) -> Vec<Unit> {
    let mut start = 0;
    let mut units = vec![];
    for members in order.chunk_by(|a, b| rows.keys[*a as usize] == rows.keys[*b as usize]) {
        units.push(Unit {
            key: rows.keys[members[0] as usize],
            start,
            rows: members.len() as u64,
            stratum: stratum(rows, members),
            place: 0,
        });
        start += members.len();
    }
    units
}

/// The stratum that most of `members` are in; of several, the first.
fn stratum(rows: Rows<'_>, members: &[u32]) -> u32 {
    if let [only] = members {
        return rows.strata[*only as usize];
    }
    let mut strata: Vec<u32> = members.iter().map(|row| rows.strata[*row as usize]).collect();
    strata.sort_unstable();
    strata.chunk_by(u32::eq).rev().max_by_key(|run| run.len()).map_or(0, |run| run[0])
}

/// Gives each unit its place in its stratum, in units of 2⁻⁶⁴.
fn place(units: &mut [Unit], phases: &[u64]) {
    let mut totals = vec![0_u64; phases.len()];
    for unit in units.iter() {
        totals[unit.stratum as usize] += unit.rows;
    }
    let mut before = vec![0_u64; phases.len()];
    for unit in units {
        let stratum = unit.stratum as usize;
        let shift = u128::from(phases[stratum]) * u128::from(unit.rows);
        unit.place = (((u128::from(before[stratum]) << 64) + shift) / u128::from(totals[stratum])) as u64;
        before[stratum] += unit.rows;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unskew_strategy::derive;

    use super::*;

    /// Units as stratum and size, their rows side by side.
    fn split(units: &[(u32, u64)], targets: &[u64]) -> Vec<u32> {
        let numbered = || units.iter().enumerate();
        let repeat =
            |unit: (usize, &(u32, u64))| std::iter::repeat_n((unit.0 as u64, unit.1.0), unit.1.1 as usize);
        let (keys, strata): (Vec<u64>, Vec<u32>) =
            numbered().flat_map(repeat).map(|(unit, stratum)| (derive(unit, 0, 0), stratum)).unzip();
        let phases: Vec<u64> = (0..8).map(|stratum| derive(stratum, 1, 1)).collect();
        sides(Rows { keys: &keys, strata: &strata, phases: &phases }, targets)
    }

    fn units() -> impl Strategy<Value = Vec<(u32, u64)>> {
        prop::collection::vec((0_u32..8, 1_u64..6), 1..60)
    }

    /// Ten, five and eighty-five percent.
    fn targets(rows: u64) -> [u64; 3] {
        let (a, b) = (rows / 10, rows / 20);
        [rows - a - b, a, b]
    }

    fn count(sides: &[u32], side: u32) -> u64 {
        sides.iter().filter(|other| **other == side).count() as u64
    }

    #[test]
    fn round_shares_are_exact_in_every_stratum() {
        let units: Vec<(u32, u64)> = (0..100).map(|row| (u32::from(row >= 70), 1)).collect();
        let sides = split(&units, &[80, 20]);
        assert_eq!([count(&sides[..70], 1), count(&sides[70..], 1)], [14, 6]);
    }

    #[test]
    fn many_small_strata_do_not_fall_on_one_side() {
        let units: Vec<(u32, u64)> = (0..8).map(|stratum| (stratum, 1)).collect();
        assert_eq!(count(&split(&units, &[6, 2]), 1), 2);
    }

    proptest! {
        #[test]
        fn no_unit_is_on_two_sides(units in units()) {
            let rows = units.iter().map(|(_, rows)| rows).sum();
            let sides = split(&units, &targets(rows));
            let mut start = 0;
            for (_, rows) in &units {
                let own = &sides[start..start + *rows as usize];
                prop_assert!(own.iter().all(|side| *side == own[0]));
                start += *rows as usize;
            }
        }

        #[test]
        fn sides_are_as_large_as_they_should_be_within_the_largest_unit(units in units()) {
            let rows = units.iter().map(|(_, rows)| rows).sum();
            let largest = units.iter().map(|(_, rows)| *rows).max().unwrap();
            let targets = targets(rows);
            let sides = split(&units, &targets);
            for (side, target) in (0..).zip(targets) {
                let count = count(&sides, side);
                prop_assert!(count.abs_diff(target) <= largest);
                prop_assert!(largest > 1 || count == target);
            }
        }

        /// With `s` strata, `n` of `N` rows in one of them and `m` rows in the largest unit: within
        /// `2·m·(1 + (s + 1)·n/N)` of its share.
        #[test]
        fn each_side_has_nearly_the_mix_of_the_whole(units in units()) {
            let rows: u64 = units.iter().map(|(_, rows)| rows).sum();
            let largest = units.iter().map(|(_, rows)| *rows).max().unwrap() as f64;
            let of_rows: Vec<u32> = units.iter().flat_map(|(stratum, rows)| std::iter::repeat_n(*stratum, *rows as usize)).collect();
            let mut present = of_rows.clone();
            present.sort_unstable();
            present.dedup();
            let targets = targets(rows);
            let sides = split(&units, &targets);
            for (side, target) in (0..).zip(targets) {
                for stratum in &present {
                    let of_stratum = of_rows.iter().filter(|other| *other == stratum).count() as f64;
                    let both = of_rows.iter().zip(&sides).filter(|pair| *pair == (stratum, &side)).count() as f64;
                    let share = of_stratum / rows as f64;
                    let bound = 2.0 * largest * (1.0 + (present.len() + 1) as f64 * share);
                    prop_assert!((both - target as f64 * share).abs() <= bound);
                }
            }
        }

        /// One more row moves a few at the two borders, however many rows there are.
        #[test]
        fn an_appended_row_moves_few(mut units in prop::collection::vec((0_u32..8, Just(1_u64)), 1..400), stratum in 0_u32..8) {
            let before = split(&units, &targets(units.len() as u64));
            units.push((stratum, 1));
            let after = split(&units, &targets(units.len() as u64));
            let moved = before.iter().zip(&after).filter(|(before, after)| before != after).count();
            prop_assert!(moved <= 8, "{moved} moved");
        }
    }
}
