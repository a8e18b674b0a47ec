//! Options that are written in more than one way, and checks of the options against each other.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error as _, SeqAccess, Visitor},
};
use unskew_strategy::{Error, Result};

use crate::{Difficulty, metric::Metric};

/// The most buckets there may be.
const MOST: u64 = 1000;

/// What a high score means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Higher {
    /// That the task is easier.
    Easier,
    /// That the task is harder.
    Harder,
}

/// Where one bucket ends and the next begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Method {
    /// At the quantiles of the scores, as `numpy.percentile` tells them; equal scores share a bucket.
    #[default]
    Quantile,
    /// So that sizes differ by one at most; equal scores may come into different buckets.
    Rank,
}

/// Scores at which one bucket ends and the next begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Cuts {
    /// The first bucket holds scores of at least the first cut, and so on downwards; the last bucket holds the rest.
    AtLeast(Vec<f64>),
    /// The first bucket holds scores of at most the first cut, and so on upwards; the last bucket holds the rest.
    AtMost(Vec<f64>),
}

/// Which of equal scores goes first, where they may come into different buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Ties {
    /// The one that comes first in the source.
    #[default]
    Source,
    /// Any, by chance.
    Random,
}

/// What becomes of rows without a score.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Missing {
    /// There must be none.
    #[default]
    Error,
    /// They are left out.
    Drop,
    /// A missing score is 0.
    Zero,
    /// They are in the bucket of this name, which comes last unless it is one of `buckets`.
    Bucket(String),
}

/// Between which scores rows are kept; both ends are outside.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Band {
    /// Scores must be above this.
    #[serde(default)]
    pub above: Option<f64>,
    /// Scores must be below this.
    #[serde(default)]
    pub below: Option<f64>,
}

impl Band {
    /// Whether a score is inside.
    pub fn holds(&self, score: f64) -> bool {
        self.above.is_none_or(|above| score > above) && self.below.is_none_or(|below| score < below)
    }
}

/// How many buckets there are, or what they are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Buckets {
    /// So many.
    Count(u64),
    /// These.
    Names(Vec<String>),
}

impl<'de> Deserialize<'de> for Buckets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CountOrNames)
    }
}

struct CountOrNames;

impl<'de> Visitor<'de> for CountOrNames {
    type Value = Buckets;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of buckets or a list of their names")
    }

    fn visit_u64<E: serde::de::Error>(self, count: u64) -> Result<Buckets, E> {
        if (1..=MOST).contains(&count) {
            Ok(Buckets::Count(count))
        } else {
            Err(E::custom(format!("there may be 1 to {MOST} buckets")))
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Buckets, A::Error> {
        let mut names: Vec<String> = vec![];
        while let Some(name) = items.next_element::<String>()? {
            if name.is_empty() || names.contains(&name) {
                return Err(A::Error::custom(format!("the name {name:?} is empty or comes twice")));
            }
            names.push(name);
        }
        if names.is_empty() || names.len() as u64 > MOST {
            return Err(A::Error::custom(format!("there may be 1 to {MOST} buckets")));
        }
        Ok(Buckets::Names(names))
    }
}

impl JsonSchema for Buckets {
    fn schema_name() -> Cow<'static, str> {
        "Buckets".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "How many buckets there are, or a list of their names.",
            "anyOf": [
                {"type": "integer", "minimum": 1, "maximum": MOST},
                {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": true},
            ],
        })
    }

    fn inline_schema() -> bool {
        true
    }
}

/// Checks the options against each other.
pub fn check(options: &Difficulty) -> Result<()> {
    check_scores(options)?;
    check_cuts(options)?;
    if options.ties.is_some() && options.method != Some(Method::Rank) {
        return Err(Error::option("ties", "`ties` goes with `method: rank` only")
            .hint("with quantiles and cuts, equal scores are in one bucket"));
    }
    if let Some(Band { above, below }) = options.band {
        if above.is_none() && below.is_none() {
            return Err(
                Error::option("band", "`band` has no ends").hint("write `band: {above: 0, below: 1}`")
            );
        }
        if let (Some(above), Some(below)) = (above, below)
            && above >= below
        {
            return Err(Error::option("band", format!("no score is above {above} and below {below}")));
        }
    }
    if matches!(&options.missing, Missing::Bucket(name) if name.is_empty()) {
        return Err(Error::option("missing.bucket", "the bucket's name is empty"));
    }
    if options.column.is_empty() {
        return Err(Error::option("column", "the column's name is empty"));
    }
    match options.score_column.as_deref() {
        Some(name) if name.is_empty() || name == options.column => {
            Err(Error::option("score_column", "the score's column needs a name of its own"))
        }
        _ => Ok(()),
    }
}

fn check_scores(options: &Difficulty) -> Result<()> {
    if options.of.is_some() && options.per.is_some() {
        return Err(Error::option("per", "`of` and `per` exclude each other")
            .hint("`of` scores each row by a list in it, `per` each group of rows"));
    }
    if options.of.is_some() && options.score.is_some() {
        return Err(Error::option("score", "`score` has no meaning beside `of`")
            .hint("with `of`, the items of the list are the scores"));
    }
    if !options.of_several() && options.metric.is_some() && options.score.is_some() {
        return Err(Error::option("metric", "`metric` and `score` say the same thing here")
            .hint("a row that is scored by itself has one of them; several scores come from `of` or `per`"));
    }
    let metric = options.metric();
    if options.of_several() {
        metric.check()?;
    } else {
        metric.check_in_row(options.metric.as_deref())?;
    }
    if options.threshold.is_some() && !metric.has_threshold() {
        return Err(Error::option("threshold", "this metric has no threshold")
            .hint("it goes with `success_rate`, `pass_at_k` and `top_k_rate`"));
    }
    if options.k.is_some() && !metric.has_k() {
        return Err(
            Error::option("k", "this metric has no `k`").hint("it goes with `pass_at_k` and `top_k_rate`")
        );
    }
    if options.k.is_none() && metric == Metric::PassAtK {
        return Err(Error::option("k", "`pass_at_k` needs `k`")
            .hint("`top_k_rate` without `k` is the share of successes among all scores"));
    }
    Ok(())
}

fn check_cuts(options: &Difficulty) -> Result<()> {
    let (path, cuts, wanted) = match &options.cuts {
        None => return Ok(()),
        Some(Cuts::AtLeast(cuts)) => ("cuts.at_least", cuts, "fall"),
        Some(Cuts::AtMost(cuts)) => ("cuts.at_most", cuts, "rise"),
    };
    if options.method.is_some() {
        return Err(Error::option("method", "`method` and `cuts` exclude each other"));
    }
    if cuts.is_empty() || cuts.len() as u64 >= MOST {
        return Err(Error::option(path, format!("there may be 1 to {} cuts", MOST - 1)));
    }
    let in_order = |pair: &[f64]| if wanted == "fall" { pair[0] > pair[1] } else { pair[0] < pair[1] };
    if let Some(at) = cuts.windows(2).position(|pair| !in_order(pair)) {
        let message = format!("{} does not come before {}", cuts[at], cuts[at + 1]);
        return Err(Error::option(format!("{path}[{}]", at + 1), message)
            .hint(format!("cuts must {wanted}, because a row is in the first bucket that takes it")));
    }
    let buckets = match &options.buckets {
        None => return Ok(()),
        Some(Buckets::Count(count)) => *count as usize,
        Some(Buckets::Names(names)) => names.len(),
    };
    if buckets == cuts.len() + 1 {
        return Ok(());
    }
    let make = if cuts.len() == 1 { "makes" } else { "make" };
    let message = format!("{} {make} {} buckets, not {buckets}", counted(cuts.len(), "cut"), cuts.len() + 1);
    Err(Error::option("buckets", message))
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("{count} {noun}") } else { format!("{count} {noun}s") }
}
