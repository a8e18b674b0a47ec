//! Sorts rows into buckets by difficulty.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::float_cmp))]

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::Deserialize;
use unskew_strategy::{By, Gives, Input, Native, Need, Result, Selection, Strategy};

mod facts;
mod ladder;
mod metric;
mod options;
mod scores;
mod sort;
#[cfg(test)]
mod tests;

use metric::Metric;
pub use options::{Band, Buckets, Cuts, Higher, Method, Missing, Ties};
use scores::Scores;

/// The plugin.
pub static PLUGIN: Native<Difficulty> =
    Native::new("difficulty", env!("CARGO_PKG_VERSION"), "Sort rows into buckets by difficulty", EXAMPLE);

const EXAMPLE: &str = r#"{
    "options": {"score": "reward", "cuts": {"at_least": [0.8, 0.4]}, "band": {"above": 0}},
    "rows": [{"reward": 0.8}, {"reward": 0.0}, {"reward": 0.3}],
    "chooses": [0, 2]
}"#;

/// Sorts rows into buckets by difficulty, and adds two columns: the bucket, and the score it comes from.
///
/// A row is scored by an expression (`metric`), by a list of scores in it (`of`), or together with all rows that agree
/// in something (`per`). Buckets are levels: in every later stage they come in their order, empty ones too.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Difficulty {
    /// A list in each row whose items are its scores; best a name that `columns` gives to it.
    #[serde(default)]
    of: Option<String>,
    /// What rows agree in that are scored together, such as `prompt`: an expression, or a list of several. All of them
    /// get one score and one bucket.
    #[serde(default)]
    per: Option<By>,
    /// The score of a row, an expression; `score` unless it is given.
    #[serde(default)]
    score: Option<String>,
    /// With `of` or `per`, what is made of several scores: `mean_reward` (the default), `max_reward`, `min_reward`,
    /// `variance`, `success_rate`, `pass_at_k`, `top_k_rate`, `inverse_mean`, or an expression over aggregates such as
    /// `0.7 * avg(score) + 0.3 * var(score)`. Without them, an expression of the row itself, such as `reward`.
    #[serde(default)]
    metric: Option<String>,
    /// From which score on a row counts as a success; 0.5 unless it is given.
    #[serde(default)]
    threshold: Option<f64>,
    /// With `pass_at_k`: how many are drawn. With `top_k_rate`: how many of the best are looked at.
    #[serde(default)]
    k: Option<NonZeroU32>,
    /// What a high score means; `easier`, except for `variance` and `inverse_mean`.
    #[serde(default)]
    higher: Option<Higher>,
    /// How buckets are made; `quantile` unless there are `cuts`.
    #[serde(default)]
    method: Option<Method>,
    /// Scores at which buckets end: `{at_least: [0.8, 0.4]}` or `{at_most: [0.3, 0.7]}`.
    #[serde(default)]
    cuts: Option<Cuts>,
    /// How many buckets there are (3 unless there are cuts), or a list of their names, in order.
    #[serde(default)]
    buckets: Option<Buckets>,
    /// With `method: rank`: which of equal scores goes first; `source` unless it is given.
    #[serde(default)]
    ties: Option<Ties>,
    /// What becomes of rows without a score.
    #[serde(default)]
    missing: Missing,
    /// Which scores to keep: `{above: 0, below: 1}` drops what is never solved and what always is.
    #[serde(default)]
    band: Option<Band>,
    /// The column for the buckets.
    #[serde(default = "column")]
    column: String,
    /// The column for the scores; the other column's name with `_score` unless it is given.
    #[serde(default)]
    score_column: Option<String>,
}

fn column() -> String {
    "difficulty".to_owned()
}

impl Difficulty {
    /// Whether a row's score is made of several.
    fn of_several(&self) -> bool {
        self.of.is_some() || self.per.is_some()
    }

    /// The expression that is one score.
    fn score(&self) -> &str {
        let in_row = self.metric.as_deref().filter(|_| !self.of_several());
        self.of.as_deref().or(self.score.as_deref()).or(in_row).unwrap_or("score")
    }

    fn metric(&self) -> Metric<'_> {
        Metric::new(self.metric.as_deref().unwrap_or("mean_reward"))
    }

    fn higher(&self) -> Higher {
        self.higher.unwrap_or_else(|| self.metric().higher())
    }

    /// Whether the first bucket has the highest scores.
    fn descending(&self) -> bool {
        match &self.cuts {
            None => self.higher() == Higher::Easier,
            Some(cuts) => matches!(cuts, Cuts::AtLeast(_)),
        }
    }

    /// What the buckets are called, in order.
    fn names(&self) -> Vec<String> {
        let count = match (&self.buckets, &self.cuts) {
            (Some(Buckets::Names(names)), _) => return names.clone(),
            (_, Some(Cuts::AtLeast(cuts) | Cuts::AtMost(cuts))) => cuts.len() + 1,
            (Some(Buckets::Count(count)), None) => *count as usize,
            (None, None) => 3,
        };
        let easy_first = self.descending() == (self.higher() == Higher::Easier);
        match (count, easy_first) {
            (3, true) => ["easy", "medium", "hard"].map(str::to_owned).to_vec(),
            (5, true) => ["very_easy", "easy", "medium", "hard", "very_hard"].map(str::to_owned).to_vec(),
            _ => (0..count).map(|bucket| format!("bucket_{bucket}")).collect(),
        }
    }

    fn score_column(&self) -> String {
        self.score_column.clone().unwrap_or_else(|| format!("{}_score", self.column))
    }
}

impl Strategy for Difficulty {
    fn check(&self) -> Result<()> {
        options::check(self)
    }

    fn needs(&self) -> Vec<Need> {
        let per = self.per.as_ref().map(|per| Need::Groups(per.to_vec()));
        let ties = match (self.method, self.ties.unwrap_or_default()) {
            (Some(Method::Rank), Ties::Source) => Some(Need::Order),
            (Some(Method::Rank), Ties::Random) if per.is_none() => Some(Need::Priority),
            _ => None,
        };
        scores::needs(self).into_iter().chain(per).chain(ties).collect()
    }

    fn gives(&self) -> Gives {
        Gives { columns: vec![self.column.clone(), self.score_column()], ..Gives::default() }
    }

    fn run(&self, input: &Input) -> Result<Selection> {
        let scores = Scores::new(self, input)?;
        let sorted = sort::sorted(self, input, &scores);
        let (bucket, score) = (sorted.buckets(&scores), sorted.scores(&scores));
        Ok(Selection::rows(sorted.rows(&scores))
            .column(&self.column, bucket)
            .column(&self.score_column(), score)
            .note("buckets", facts::buckets(&scores, &sorted))
            .note("scores", facts::scores(self, &scores, &sorted)))
    }
}
