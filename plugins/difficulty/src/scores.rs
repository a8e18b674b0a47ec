//! One score for each row, or for each group of rows.

use arrow::{
    array::{Array, ArrayRef, AsArray},
    compute::cast,
    datatypes::{DataType, Float64Type},
};
use unskew_strategy::{Error, Groups, Input, Need, Over, Result};

use crate::{
    Difficulty, Missing,
    metric::{Metric, pass_at_k, top_k_rate},
};

/// The threshold of a success.
const THRESHOLD: f64 = 0.5;

/// The scores of units: of rows, or of groups of rows.
#[derive(Debug)]
pub struct Scores<'a> {
    groups: Option<&'a Groups>,
    /// How many rows there are.
    pub rows: usize,
    /// How many rows each unit has.
    pub sizes: Vec<u64>,
    /// The score of each unit.
    pub values: Vec<Option<f64>>,
    /// How many units came without a score.
    pub without: u64,
}

/// The expressions that scores are computed from.
pub fn expressions(options: &Difficulty) -> Vec<String> {
    if !options.of_several() {
        return vec![options.score().to_owned()];
    }
    let threshold = options.threshold.unwrap_or(THRESHOLD);
    options.metric().aggregates(options.score(), threshold, options.missing == Missing::Zero)
}

/// The columns that scores are computed from.
pub fn needs(options: &Difficulty) -> Vec<Need> {
    let over = match (&options.of, &options.per) {
        (Some(list), _) => Some(Over::Items(list.clone())),
        (_, Some(per)) => Some(Over::Groups(per.to_vec())),
        _ => None,
    };
    let need = |of: String| match &over {
        Some(over) => Need::Aggregate { of, over: over.clone() },
        None => Need::Values(of),
    };
    expressions(options).into_iter().map(need).collect()
}

impl<'a> Scores<'a> {
    /// The scores of all rows of `input`.
    pub fn new(options: &Difficulty, input: &'a Input) -> Result<Self> {
        let of_rows = of_rows(options, input)?;
        let groups = options.per.as_ref().map(|_| input.groups(needs(options).len()));
        let count = groups.map_or(input.len(), Groups::len);
        let mut scores =
            Self { groups, rows: input.len(), sizes: vec![0; count], values: vec![None; count], without: 0 };
        for (row, score) in of_rows.into_iter().enumerate() {
            let unit = scores.unit(row);
            scores.sizes[unit] += 1;
            // The rows of a group have one score; should they differ, their order must not show.
            let value = &mut scores.values[unit];
            *value = match (*value, score) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
        }
        scores.check_missing(options)?;
        Ok(scores)
    }

    fn check_missing(&mut self, options: &Difficulty) -> Result<()> {
        let missing = self.missing().count() as u64;
        self.without = missing;
        match options.missing {
            _ if missing == 0 => Ok(()),
            Missing::Zero => {
                self.values.iter_mut().for_each(|value| *value = value.or(Some(0.0)));
                Ok(())
            }
            Missing::Drop | Missing::Bucket(_) => Ok(()),
            Missing::Error => {
                let (place, noun) = match (&options.of, &options.per) {
                    (Some(_), _) => ("of", "row"),
                    (_, Some(_)) => ("per", "group"),
                    _ if options.metric.is_some() => ("metric", "row"),
                    _ => ("score", "row"),
                };
                let (plural, have) = if missing == 1 { ("", "has") } else { ("s", "have") };
                let message = format!("{missing} {noun}{plural} {have} no score");
                Err(Error::option(place, message)
                    .hint("say what becomes of them with `missing`: drop, zero or {bucket: NAME}"))
            }
        }
    }

    /// The unit that a row belongs to.
    pub fn unit(&self, row: usize) -> usize {
        self.groups.map_or(row, |groups| groups.codes()[row] as usize)
    }

    /// The groups that are scored, if rows are not scored by themselves.
    pub fn groups(&self) -> Option<&Groups> {
        self.groups
    }

    /// The units that have rows and no score.
    pub fn missing(&self) -> impl Iterator<Item = usize> {
        (0..self.sizes.len()).filter(move |&unit| self.sizes[unit] > 0 && self.values[unit].is_none())
    }

    /// The units that have rows and a score, with it.
    pub fn scored(&self) -> impl Iterator<Item = (usize, f64)> {
        let scored =
            move |unit: usize| self.values[unit].filter(|_| self.sizes[unit] > 0).map(|score| (unit, score));
        (0..self.sizes.len()).filter_map(scored)
    }
}

fn of_rows(options: &Difficulty, input: &Input) -> Result<Vec<Option<f64>>> {
    let column = |(at, expression): (usize, &String)| numbers(expression, input.values(at));
    let mut columns = expressions(options).iter().enumerate().map(column).collect::<Result<Vec<_>>>()?;
    match (columns.pop(), columns.pop()) {
        (Some(successes), Some(counts)) => from_counts(options, &counts, &successes),
        (only, _) => Ok(only.unwrap_or_default()),
    }
}

/// Scores that are made of how many scores there are and how many of them are successes.
fn from_counts(
    options: &Difficulty,
    counts: &[Option<f64>],
    successes: &[Option<f64>],
) -> Result<Vec<Option<f64>>> {
    let k = options.k.map(|k| u64::from(k.get()));
    let whole = |number: Option<f64>| number.unwrap_or(0.0) as u64;
    let score = |(count, successes): (&Option<f64>, &Option<f64>)| {
        let (count, successes) = (whole(*count), whole(*successes).min(whole(*count)));
        match (options.metric(), k) {
            _ if count == 0 => Ok(None),
            (Metric::PassAtK, Some(k)) if k > count => {
                let message = format!("`k` is {k}, but there are only {count} scores somewhere");
                Err(Error::option("k", message)
                    .hint("take a smaller `k`, or leave out what has too few scores"))
            }
            (Metric::PassAtK, Some(k)) => Ok(Some(pass_at_k(count, successes, k))),
            (_, k) => Ok(Some(top_k_rate(count, successes, k))),
        }
    };
    counts.iter().zip(successes).map(score).collect()
}

/// Values as numbers; what is not finite is missing.
fn numbers(expression: &str, values: &ArrayRef) -> Result<Vec<Option<f64>>> {
    let kind = values.data_type();
    if !kind.is_numeric() && !kind.is_null() {
        return Err(Error::data(format!("`{expression}` is no number"))
            .hint("a score is a number, such as `number(x)` of a text or a condition"));
    }
    let numbers = cast(values, &DataType::Float64)?;
    Ok(numbers
        .as_primitive::<Float64Type>()
        .iter()
        .map(|number| number.filter(|number| number.is_finite()))
        .collect())
}
