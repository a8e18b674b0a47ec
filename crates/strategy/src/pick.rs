//! Decides which rows of a class to take.

use crate::{Input, Need, Pick, Result, as_weights, ranks, uniform};

/// In what order the rows of a class are taken.
///
/// The order does not depend on where rows stand, except between copies of one row, which are alike.
#[derive(Debug, Clone)]
pub struct Ranking<'a> {
    keys: Keys<'a>,
    priority: Option<&'a [u64]>,
}

#[derive(Debug, Clone)]
enum Keys<'a> {
    None,
    Ranks(Vec<u32>),
    Order(&'a [u32]),
    Times(Vec<u64>),
}

impl Pick {
    /// The columns that [`Pick::ranking`] reads.
    pub fn needs(&self) -> Vec<Need> {
        match self {
            Self::Random => vec![Need::Priority],
            Self::First => vec![Need::Order],
            Self::Best(expression) | Self::Worst(expression) | Self::Weighted(expression) => {
                vec![Need::Values(expression.clone()), Need::Priority]
            }
        }
    }

    /// The order in which rows are taken; the columns it needs start at the `at`th of `input`.
    pub fn ranking<'a>(&self, input: &'a Input, at: usize) -> Result<Ranking<'a>> {
        let keys = match self {
            Self::Random => return Ok(Ranking { keys: Keys::None, priority: Some(input.priority(at)) }),
            Self::First => return Ok(Ranking { keys: Keys::Order(input.order(at)), priority: None }),
            Self::Best(expression) => Keys::Ranks(ranks(expression, input.values(at), true)?),
            Self::Worst(expression) => Keys::Ranks(ranks(expression, input.values(at), false)?),
            Self::Weighted(expression) => {
                let weights = as_weights(expression, input.values(at))?;
                Keys::Times(times(&weights, input.priority(at + 1)))
            }
        };
        Ok(Ranking { keys, priority: Some(input.priority(at + 1)) })
    }
}

/// When each row would arrive, if rows arrived at random with their weights for rates; to take the first arrivals is
/// to draw without replacement in proportion to weight (Efraimidis and Spirakis).
///
/// Times are 0 or more, so their bits have their order.
fn times(weights: &[f64], priority: &[u64]) -> Vec<u64> {
    let time = |(weight, priority): (&f64, &u64)| {
        let time = if *weight > 0.0 { -libm::log(1.0 - uniform(*priority)) / weight } else { f64::INFINITY };
        (time + 0.0).to_bits()
    };
    weights.iter().zip(priority).map(time).collect()
}

impl Ranking<'_> {
    /// What a row is taken by: the lowest first.
    fn key(&self, row: u32) -> (u64, u64, u32) {
        let at = row as usize;
        let key = match &self.keys {
            Keys::None => 0,
            Keys::Ranks(ranks) => ranks[at].into(),
            Keys::Order(order) => order[at].into(),
            Keys::Times(times) => times[at],
        };
        (key, self.priority.map_or(0, |priority| priority[at]), row)
    }

    /// The rows in the order in which they are taken.
    pub fn sort(&self, rows: &mut [u32]) {
        rows.sort_unstable_by_key(|&row| self.key(row));
    }

    /// Takes `count` of `rows`; more than there are repeats rows: each as often as any other, and the first ones
    /// once more. Nothing is taken of no rows.
    ///
    /// Those taken come in ascending order, copies side by side.
    ///
    /// ```
    /// use arrow::array::UInt32Array;
    /// use unskew_strategy::{Column, Input, Pick};
    ///
    /// let order = UInt32Array::from(vec![2, 0, 1]);
    /// let input = Input::new(3, vec![Column::Ranks(order)]);
    /// let ranking = Pick::First.ranking(&input, 0)?;
    /// assert_eq!(ranking.take(&[0, 1, 2], 2), [1, 2]);
    /// assert_eq!(ranking.take(&[0, 1, 2], 5), [0, 1, 1, 2, 2]);
    /// # Ok::<(), unskew_strategy::Error>(())
    /// ```
    pub fn take(&self, rows: &[u32], count: u64) -> Vec<u32> {
        if rows.is_empty() || count == 0 {
            return vec![];
        }
        let copies = count / rows.len() as u64;
        let further = (count % rows.len() as u64) as usize;
        let mut taken: Vec<u32> = (0..copies).flat_map(|_| rows).copied().collect();
        if further > 0 {
            let mut once_more = rows.to_vec();
            once_more.select_nth_unstable_by_key(further - 1, |&row| self.key(row));
            taken.extend_from_slice(&once_more[..further]);
        }
        taken.sort_unstable();
        taken
    }

    /// Takes rows for as long as their weights add up to `limit` at most.
    ///
    /// The first row that would go beyond it ends the taking, so that a higher limit keeps what a lower one kept.
    pub fn take_weighed(&self, rows: &[u32], weights: &[f64], limit: f64) -> Vec<u32> {
        let mut rows = rows.to_vec();
        self.sort(&mut rows);
        let mut sum = 0.0;
        let fits = |row: &&u32| {
            sum += weights[**row as usize];
            sum <= limit
        };
        let count = rows.iter().take_while(fits).count();
        rows.truncate(count);
        rows.sort_unstable();
        rows
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Float64Array, UInt32Array, UInt64Array};
    use proptest::prelude::*;

    use super::*;
    use crate::{Column, derive};

    fn input(scores: Vec<Option<f64>>) -> Input {
        let priority = (0..scores.len() as u64).map(|row| derive(row, 0, 0));
        let priority = Column::Numbers(UInt64Array::from_iter_values(priority));
        Input::new(scores.len(), vec![Column::Values(Arc::new(Float64Array::from(scores))), priority])
    }

    fn picks() -> impl Strategy<Value = Pick> {
        prop_oneof![
            Just(Pick::Best("x".into())),
            Just(Pick::Worst("x".into())),
            Just(Pick::Weighted("x".into()))
        ]
    }

    fn scores() -> impl Strategy<Value = Vec<Option<f64>>> {
        prop::collection::vec(prop::option::of((0_u32..5).prop_map(f64::from)), 1..30)
    }

    /// Over many draws of one row out of three, each comes in proportion to its weight.
    #[test]
    fn weights_are_proportions() {
        let draws = 20_000_u64;
        let mut came = [0_u32; 3];
        for draw in 0..draws {
            let priority: Vec<u64> = (0..3).map(|row| derive(draw, row, 1)).collect();
            let times = times(&[1.0, 2.0, 5.0], &priority);
            came[(0..3).min_by_key(|&row| times[row]).unwrap()] += 1;
        }
        for (came, share) in came.into_iter().zip([0.125, 0.25, 0.625]) {
            assert!((f64::from(came) / draws as f64 - share).abs() < 0.015, "{came} of {draws} for {share}");
        }
    }

    #[test]
    fn no_weight_goes_last() {
        let input = input(vec![None, Some(0.0), Some(1e-9)]);
        let ranking = Pick::Weighted("x".into()).ranking(&input, 0).unwrap();
        assert_eq!(ranking.take(&[0, 1, 2], 1), [2]);
    }

    #[test]
    fn first_goes_by_source_order() {
        let input = Input::new(4, vec![Column::Ranks(UInt32Array::from(vec![3, 1, 0, 2]))]);
        assert_eq!(Pick::First.ranking(&input, 0).unwrap().take(&[0, 1, 2, 3], 2), [1, 2]);
    }

    #[test]
    fn a_heavy_row_ends_the_taking() {
        let input = Input::new(3, vec![Column::Ranks(UInt32Array::from(vec![0, 1, 2]))]);
        let ranking = Pick::First.ranking(&input, 0).unwrap();
        let weights = [2.0, 5.0, 1.0];
        assert_eq!(ranking.take_weighed(&[0, 1, 2], &weights, 4.0), [0]);
        assert_eq!(ranking.take_weighed(&[0, 1, 2], &weights, 8.0), [0, 1, 2]);
    }

    proptest! {
        #[test]
        fn more_keeps_what_fewer_kept(scores in scores(), pick in picks(), count in 0_u64..40, more in 0_u64..40) {
            let rows: Vec<u32> = (0..scores.len() as u32).collect();
            let input = input(scores);
            let ranking = pick.ranking(&input, 0).unwrap();
            let (few, many) = (ranking.take(&rows, count), ranking.take(&rows, count + more));
            prop_assert_eq!(few.len() as u64, count);
            prop_assert!(many.is_sorted());
            for &row in &rows {
                let times = |taken: &[u32]| taken.iter().filter(|&&other| other == row).count();
                prop_assert!(times(&few) <= times(&many));
                prop_assert!(times(&many).abs_diff((count + more) as usize / rows.len()) <= 1);
            }
        }

        #[test]
        fn nothing_left_behind_is_better(scores in scores(), count in 0_u64..30) {
            let rows: Vec<u32> = (0..scores.len() as u32).collect();
            let taken = {
                let input = input(scores.clone());
                Pick::Best("x".into()).ranking(&input, 0).unwrap().take(&rows, count.min(rows.len() as u64))
            };
            let score = |row: &u32| scores[*row as usize].unwrap_or(-1.0);
            let left = rows.iter().filter(|row| !taken.contains(row)).map(score).fold(-1.0, f64::max);
            prop_assert!(taken.iter().all(|row| score(row) >= left));
        }

        #[test]
        fn weights_taken_stay_within_the_limit(scores in scores(), limit in 0_u32..60, more in 0_u32..60) {
            let rows: Vec<u32> = (0..scores.len() as u32).collect();
            let weights: Vec<f64> = scores.iter().map(|score| score.unwrap_or(0.0)).collect();
            let input = input(scores);
            let ranking = Pick::Worst("x".into()).ranking(&input, 0).unwrap();
            let taken = ranking.take_weighed(&rows, &weights, limit.into());
            prop_assert!(taken.iter().map(|&row| weights[row as usize]).sum::<f64>() <= limit.into());
            let further = ranking.take_weighed(&rows, &weights, (limit + more).into());
            prop_assert!(taken.iter().all(|row| further.contains(row)));
        }
    }
}
