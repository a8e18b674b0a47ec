//! Puts scores into buckets.

use unskew_strategy::quota::apportion;

/// Edges between buckets: a score is in the first bucket whose edge it does not pass, else in the last one.
#[derive(Debug, Clone, PartialEq)]
pub struct Ladder {
    /// Whether the first bucket has the highest scores; then edges are passed downwards.
    pub descending: bool,
    /// The edge of each bucket but the last.
    pub edges: Vec<f64>,
}

impl Ladder {
    /// Edges at the quantiles of `scores`, interpolated as `numpy.percentile` does it.
    pub fn of_quantiles(scores: &[f64], buckets: usize, descending: bool) -> Self {
        let mut sorted: Vec<f64> = scores.iter().map(|score| directed(*score, descending)).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let edge =
            |bucket: usize| directed(percentile(&sorted, (bucket * 100) as f64 / buckets as f64), descending);
        let edges = if sorted.is_empty() { vec![] } else { (1..buckets).map(edge).collect() };
        Self { descending, edges }
    }

    /// The bucket of a score.
    pub fn bucket(&self, score: f64) -> usize {
        let within = |edge: &f64| if self.descending { score >= *edge } else { score <= *edge };
        self.edges.iter().position(within).unwrap_or(self.edges.len())
    }
}

/// The score, or its opposite where the highest come first.
pub fn directed(score: f64, descending: bool) -> f64 {
    // The sum makes minus zero zero.
    if descending { -score + 0.0 } else { score + 0.0 }
}

/// What `numpy.percentile` gives for sorted numbers, to the last bit.
fn percentile(sorted: &[f64], percent: f64) -> f64 {
    let last = sorted.len() - 1;
    let place = last as f64 * (percent / 100.0);
    let below = (place.floor() as usize).min(last);
    let (a, b) = (sorted[below], sorted[(below + 1).min(last)]);
    let (step, part) = (b - a, place - below as f64);
    if part < 0.5 { a + step * part } else { b - step * (1.0 - part) }
}

/// The bucket of each of `count` things in a row, where buckets differ by one at most, the first ones being larger.
pub fn in_equal_parts(count: usize, buckets: usize) -> impl Iterator<Item = usize> {
    let parts = apportion(count as u64, &vec![1; buckets]);
    parts.into_iter().enumerate().flat_map(|(bucket, size)| std::iter::repeat_n(bucket, size as usize))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sizes(ladder: &Ladder, scores: &[f64]) -> Vec<usize> {
        let mut sizes = vec![0; ladder.edges.len() + 1];
        for score in scores {
            sizes[ladder.bucket(*score)] += 1;
        }
        sizes
    }

    /// The rule of NumPy's method `linear`, worked out by hand.
    #[test]
    fn percentiles_are_those_of_numpy() {
        let sorted = [0.0, 0.25, 0.5, 0.75, 1.0];
        assert_eq!(
            [0.0, 25.0, 50.0, 90.0, 100.0].map(|percent| percentile(&sorted, percent)),
            [0.0, 0.25, 0.5, 0.9, 1.0]
        );
        assert_eq!(percentile(&[3.0], 66.6), 3.0);
        // Beyond the middle it goes back from the upper number, which gives another last bit.
        assert_eq!(percentile(&[0.1, 0.7], 200.0 / 3.0), 0.5);
        assert_eq!(percentile(&[0.1, 0.7], 100.0 / 3.0), 0.300_000_000_000_000_04);
    }

    #[test]
    fn equal_scores_share_the_lower_bucket() {
        let scores = [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0];
        for descending in [false, true] {
            assert_eq!(sizes(&Ladder::of_quantiles(&scores, 3, descending), &scores), [5, 5, 0]);
        }
    }

    #[test]
    fn ten_thousand_different_scores_are_cut_as_the_guide_says() {
        let scores: Vec<f64> = (0..10_000).map(|number| f64::from(number) / 8000.0).collect();
        assert_eq!(sizes(&Ladder::of_quantiles(&scores, 3, true), &scores), [3334, 3333, 3333]);
    }

    proptest! {
        /// Where a quantile falls on a score, its last bit decides on which side that is.
        #[test]
        fn different_scores_make_nearly_equal_buckets(count in 1_usize..200, buckets in 1_usize..12, descending: bool) {
            let scores: Vec<f64> = (0..count).map(|number| number as f64).collect();
            let sizes = sizes(&Ladder::of_quantiles(&scores, buckets, descending), &scores);
            prop_assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 2, "{sizes:?}");
        }

        #[test]
        fn a_better_score_is_never_in_a_later_bucket(scores in prop::collection::vec(-4_i8..5, 1..40), buckets in 1_usize..7, descending: bool) {
            let scores: Vec<f64> = scores.into_iter().map(|score| f64::from(score) / 3.0).collect();
            let ladder = Ladder::of_quantiles(&scores, buckets, descending);
            prop_assert_eq!(ladder.edges.len(), buckets - 1);
            for (a, b) in scores.iter().flat_map(|a| scores.iter().map(move |b| (*a, *b))) {
                prop_assert!(directed(a, descending) > directed(b, descending) || ladder.bucket(a) <= ladder.bucket(b));
            }
        }

        /// Negated scores, cut the other way round, make the same buckets.
        #[test]
        fn both_directions_are_alike(scores in prop::collection::vec(-4_i8..5, 1..40), buckets in 1_usize..7) {
            let scores: Vec<f64> = scores.into_iter().map(|score| f64::from(score) / 3.0).collect();
            let negated: Vec<f64> = scores.iter().map(|score| -score).collect();
            let (down, up) = (Ladder::of_quantiles(&scores, buckets, true), Ladder::of_quantiles(&negated, buckets, false));
            prop_assert!(scores.iter().zip(&negated).all(|(score, negated)| down.bucket(*score) == up.bucket(*negated)));
        }

        #[test]
        fn parts_are_equal_and_the_first_are_larger(count in 0_usize..100, buckets in 1_usize..12) {
            let parts: Vec<usize> = in_equal_parts(count, buckets).collect();
            prop_assert_eq!(parts.len(), count);
            prop_assert!(parts.is_sorted());
            for bucket in 0..buckets {
                let size = parts.iter().filter(|part| **part == bucket).count();
                prop_assert_eq!(size, count / buckets + usize::from(bucket < count % buckets));
            }
        }
    }
}
