//! What rows are compared by, and which of them go together.

use arrow::{
    array::{Array, ArrayRef, AsArray, UInt64Array},
    compute::cast,
    datatypes::{DataType, Float64Type},
};
use unskew_strategy::{Error, Groups, Input, Result};

use crate::{ORDER, Pair, SCORE, TEXT};

/// Why two rows make no pair, in the order in which that is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Refusal {
    Tie,
    Small,
    Large,
    Text,
    Length,
}

impl Refusal {
    pub(crate) fn told(self) -> &'static str {
        match self {
            Self::Tie => "equal scores",
            Self::Small => "gap below min_gap",
            Self::Large => "gap above max_gap",
            Self::Text => "equal texts",
            Self::Length => "lengths too far apart",
        }
    }
}

/// What rows are compared by.
pub(crate) struct Rows<'a> {
    options: &'a Pair,
    scores: Vec<Option<f64>>,
    order: &'a [u32],
    texts: Option<&'a UInt64Array>,
    lengths: Option<Vec<Option<f64>>>,
}

impl<'a> Rows<'a> {
    pub(crate) fn new(options: &'a Pair, input: &'a Input) -> Result<Self> {
        let scores = numbers("score", &options.score, input.values(SCORE))?;
        let last = options.needs_before_length();
        let length = options.length.as_ref().map(|length| numbers("length", length, input.values(last)));
        let texts = input.has(TEXT).then(|| input.fingerprints(TEXT));
        Ok(Self { options, scores, order: input.order(ORDER), texts, lengths: length.transpose()? })
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.scores.len()
    }

    /// A row's score, if it has one.
    pub(crate) fn score(&self, row: u32) -> Option<f64> {
        self.scores[row as usize]
    }

    /// All scores.
    pub(crate) fn scores(&self) -> impl Iterator<Item = f64> {
        self.scores.iter().flatten().copied()
    }

    /// A row's rank in source order.
    pub(crate) fn order(&self, row: u32) -> u32 {
        self.order[row as usize]
    }

    /// The gap between two rows, if they make a pair.
    pub(crate) fn gap(&self, chosen: u32, rejected: u32) -> Result<f64, Refusal> {
        let (Some(better), Some(worse)) = (self.score(chosen), self.score(rejected)) else {
            return Err(Refusal::Tie);
        };
        let gap = better - worse;
        if self.is_small(gap) {
            return Err(if gap > self.options.tolerance { Refusal::Small } else { Refusal::Tie });
        }
        if self.is_large(gap) {
            return Err(Refusal::Large);
        }
        if let Some(texts) = self.texts
            && texts.is_valid(chosen as usize)
            && texts.is_valid(rejected as usize)
            && texts.value(chosen as usize) == texts.value(rejected as usize)
        {
            return Err(Refusal::Text);
        }
        if self.lengths_fit(chosen, rejected) { Ok(gap) } else { Err(Refusal::Length) }
    }

    /// Whether a gap is none, or below the least.
    pub(crate) fn is_small(&self, gap: f64) -> bool {
        let tolerance = self.options.tolerance;
        gap <= tolerance || gap < self.options.min_gap - tolerance
    }

    /// Whether a gap is above the largest.
    pub(crate) fn is_large(&self, gap: f64) -> bool {
        self.options.max_gap.is_some_and(|most| gap > most + self.options.tolerance)
    }

    fn lengths_fit(&self, chosen: u32, rejected: u32) -> bool {
        let (Some(lengths), Some(ratio)) = (&self.lengths, self.options.max_length_ratio) else {
            return true;
        };
        match (lengths[chosen as usize], lengths[rejected as usize]) {
            (Some(one), Some(other)) => one.max(other) <= ratio * one.min(other),
            _ => false,
        }
    }

    /// The mean length of some rows, where lengths are known.
    pub(crate) fn mean_length(&self, rows: impl Iterator<Item = u32>) -> Option<f64> {
        let lengths = self.lengths.as_ref()?;
        let (mut sum, mut count) = (0.0, 0_u32);
        for length in rows.filter_map(|row| lengths[row as usize]) {
            sum += length;
            count += 1;
        }
        (count > 0).then(|| sum / f64::from(count))
    }
}

/// The values of the expression in `option` as numbers; true is 1.
fn numbers(option: &str, expression: &str, values: &ArrayRef) -> Result<Vec<Option<f64>>> {
    let kind = values.data_type();
    if !kind.is_numeric() && !matches!(kind, DataType::Null | DataType::Boolean) {
        let error = Error::option(option, format!("`{expression}` is not a number"));
        return Err(error.hint(format!("try `number({expression})` or `length({expression})`")));
    }
    let numbers = cast(values, &DataType::Float64)?;
    let finite = |value: Option<f64>| value.filter(|value| value.is_finite()).map(|value| value + 0.0);
    Ok(numbers.as_primitive::<Float64Type>().iter().map(finite).collect())
}

/// The group of each row, unless all of its key is null.
pub(crate) fn with_value(groups: &Groups) -> Vec<Option<u32>> {
    let nulls: Vec<_> = groups.keys().columns().iter().map(Array::logical_nulls).collect();
    let is_null =
        |group: usize| nulls.iter().all(|nulls| nulls.as_ref().is_some_and(|nulls| nulls.is_null(group)));
    let known: Vec<bool> = (0..groups.len()).map(|group| !is_null(group)).collect();
    groups.codes().iter().map(|code| known[*code as usize].then_some(*code)).collect()
}
