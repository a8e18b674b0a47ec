//! What is made of several scores.

use unskew_strategy::{Error, Result, nearest};

use crate::Higher;

/// What is made of the scores of one row, or of one group of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric<'a> {
    Mean,
    Max,
    Min,
    Variance,
    SuccessRate,
    PassAtK,
    TopKRate,
    InverseMean,
    /// An expression over aggregates.
    Own(&'a str),
}

const NAMED: [(&str, Metric<'static>); 8] = [
    ("mean_reward", Metric::Mean),
    ("max_reward", Metric::Max),
    ("min_reward", Metric::Min),
    ("variance", Metric::Variance),
    ("success_rate", Metric::SuccessRate),
    ("pass_at_k", Metric::PassAtK),
    ("top_k_rate", Metric::TopKRate),
    ("inverse_mean", Metric::InverseMean),
];

impl<'a> Metric<'a> {
    /// The metric that recipes call `text`, or the expression that it is.
    pub fn new(text: &'a str) -> Self {
        NAMED.into_iter().find(|(name, _)| *name == text).map_or(Self::Own(text), |(_, metric)| metric)
    }

    /// Refuses what can be no expression over aggregates.
    pub fn check(self) -> Result<()> {
        let Self::Own(text) = self else { return Ok(()) };
        if text.contains('(') {
            return Ok(());
        }
        let names = || NAMED.into_iter().map(|(name, _)| name);
        let hint = match nearest(text, names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                format!(
                    "there is {}, or an expression such as `avg(score)`",
                    names().collect::<Vec<_>>().join(", ")
                )
            }
        };
        Err(Error::option("metric", format!("unknown metric `{text}`")).hint(hint))
    }

    /// Refuses what has several scores, where a row is scored by itself; `written` is what the recipe says.
    pub fn check_in_row(self, written: Option<&str>) -> Result<()> {
        match (self, written) {
            (Self::Own(_), _) | (_, None) => Ok(()),
            (_, Some(name)) => Err(Error::option("metric", format!("`{name}` is made of several scores"))
                .hint("say where they come from: `of: LIST`, or `per: EXPRESSION` that rows agree in")
                .hint(format!("if rows have a number of this name, write `score: {name}`"))),
        }
    }

    /// Whether it asks which scores are successes.
    pub fn has_threshold(self) -> bool {
        matches!(self, Self::SuccessRate | Self::PassAtK | Self::TopKRate)
    }

    /// Whether it looks at some of the scores.
    pub fn has_k(self) -> bool {
        matches!(self, Self::PassAtK | Self::TopKRate)
    }

    /// What a high value means, unless the options say otherwise.
    pub fn higher(self) -> Higher {
        match self {
            Self::Variance | Self::InverseMean => Higher::Harder,
            _ => Higher::Easier,
        }
    }

    /// The aggregates it is computed from, where `score` is one score; `zero` makes a missing one 0.
    pub fn aggregates(self, score: &str, threshold: f64, zero: bool) -> Vec<String> {
        let x = if zero { format!("coalesce({score}, 0)") } else { score.to_owned() };
        let counts =
            || vec![format!("count({x})"), format!("count({x}) filter (where ({x}) >= {threshold:?})")];
        vec![match self {
            Self::Mean => format!("avg({x})"),
            Self::Max => format!("max({x})"),
            Self::Min => format!("min({x})"),
            Self::Variance => format!("case when count({x}) = 1 then 0.0 else var({x}) end"),
            Self::SuccessRate => format!("share(({x}) >= {threshold:?}) filter (where ({x}) is not null)"),
            Self::InverseMean if zero => format!("1.0 / (coalesce(avg({x}), 0.0) + 0.000001)"),
            Self::InverseMean => format!("1.0 / (avg({x}) + 0.000001)"),
            Self::PassAtK | Self::TopKRate => return counts(),
            Self::Own(text) => text.to_owned(),
        }]
    }
}

/// The chance that of `k` scores drawn out of `scores` at least one is a success, if `successes` of them are: one
/// minus C(scores − successes, k) / C(scores, k).
pub fn pass_at_k(scores: u64, successes: u64, k: u64) -> f64 {
    // Draws and successes may change places, so the product has as many factors as the fewer of them.
    let (few, many) = (k.min(successes), k.max(successes));
    if scores - many < few {
        return 1.0;
    }
    1.0 - (0..few).map(|at| (scores - many - at) as f64 / (scores - at) as f64).product::<f64>()
}

/// The share of successes among the `k` best of `scores`, or among all of them if they are fewer.
pub fn top_k_rate(scores: u64, successes: u64, k: Option<u64>) -> f64 {
    let best = k.unwrap_or(scores).min(scores);
    successes.min(best) as f64 / best as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pass_at_k_is_the_unbiased_estimate() {
        assert_eq!(pass_at_k(8, 2, 1), 0.25);
        assert!((pass_at_k(4, 1, 2) - 0.5).abs() < 1e-15);
        assert!((pass_at_k(10, 3, 5) - (1.0 - 21.0 / 252.0)).abs() < 1e-15);
        assert_eq!([pass_at_k(4, 0, 4), pass_at_k(4, 1, 4), pass_at_k(1, 1, 1)], [0.0, 1.0, 1.0]);
    }

    #[test]
    fn the_best_of_all_are_all() {
        assert_eq!(top_k_rate(8, 2, None), 0.25);
        assert_eq!(
            [top_k_rate(8, 2, Some(2)), top_k_rate(8, 2, Some(4)), top_k_rate(8, 2, Some(100))],
            [1.0, 0.5, 0.25]
        );
    }

    proptest! {
        /// Over all ways to draw `k` of up to 8 scores.
        #[test]
        fn pass_at_k_counts_draws(scores in 1_u64..9, successes in 0_u64..9, k in 1_u64..9) {
            let (successes, k) = (successes.min(scores), k.min(scores));
            let draws = (0_u32..1 << scores).filter(|draw| u64::from(draw.count_ones()) == k);
            let (mut all, mut passed) = (0.0, 0.0);
            for draw in draws {
                all += 1.0;
                passed += f64::from(u8::from(draw & ((1 << successes) - 1) != 0));
            }
            prop_assert!((pass_at_k(scores, successes, k) - passed / all).abs() < 1e-12);
        }
    }
}
