//! Which bucket each row comes into.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, DictionaryArray, Float64Array, StringArray, UInt32Array},
    datatypes::UInt32Type,
};
use unskew_strategy::Input;

use crate::{
    Cuts, Difficulty, Method, Missing, Ties,
    ladder::{Ladder, directed, in_equal_parts},
    scores::{Scores, needs},
};

/// The buckets, and what is in them.
#[derive(Debug)]
pub struct Sorted {
    /// What the buckets are called, in order.
    pub names: Vec<String>,
    /// Where buckets end, unless they are made by rank.
    pub ladder: Option<Ladder>,
    /// The bucket of each unit that is kept.
    pub of_units: Vec<Option<u32>>,
    /// How many units are outside of the band.
    pub outside: u64,
}

/// Sorts scored units into buckets.
pub fn sorted(options: &Difficulty, input: &Input, scores: &Scores<'_>) -> Sorted {
    let inside = |(_, score): &(usize, f64)| options.band.is_none_or(|band| band.holds(*score));
    let scored: Vec<(usize, f64)> = scores.scored().filter(inside).collect();
    let mut names = options.names();
    let mut of_units = vec![None; scores.sizes.len()];
    let ladder = ladder(options, &scored, names.len());
    if let Some(ladder) = &ladder {
        for (unit, score) in &scored {
            of_units[*unit] = Some(ladder.bucket(*score) as u32);
        }
    } else {
        let parts = in_equal_parts(scored.len(), names.len());
        for (unit, bucket) in by_rank(options, input, scores, &scored).into_iter().zip(parts) {
            of_units[unit] = Some(bucket as u32);
        }
    }
    if let Missing::Bucket(name) = &options.missing {
        let bucket = names.iter().position(|other| other == name).unwrap_or(names.len());
        if bucket == names.len() {
            names.push(name.clone());
        }
        scores.missing().for_each(|unit| of_units[unit] = Some(bucket as u32));
    }
    let outside = (scores.scored().count() - scored.len()) as u64;
    Sorted { names, ladder, of_units, outside }
}

fn ladder(options: &Difficulty, scored: &[(usize, f64)], buckets: usize) -> Option<Ladder> {
    let descending = options.descending();
    match &options.cuts {
        Some(Cuts::AtLeast(cuts) | Cuts::AtMost(cuts)) => Some(Ladder { descending, edges: cuts.clone() }),
        None if options.method == Some(Method::Rank) => None,
        None => {
            let scores: Vec<f64> = scored.iter().map(|(_, score)| *score).collect();
            Some(Ladder::of_quantiles(&scores, buckets, descending))
        }
    }
}

/// The units in the order of their scores.
fn by_rank(options: &Difficulty, input: &Input, scores: &Scores<'_>, scored: &[(usize, f64)]) -> Vec<usize> {
    let at = needs(options).len() + usize::from(options.per.is_some());
    let mut first = vec![u64::MAX; scores.sizes.len()];
    match (options.ties.unwrap_or_default(), scores.groups()) {
        (Ties::Random, Some(groups)) => first.copy_from_slice(groups.priority()),
        (Ties::Random, None) => first.copy_from_slice(input.priority(at)),
        (Ties::Source, _) => {
            for (row, order) in input.order(at).iter().enumerate() {
                let first = &mut first[scores.unit(row)];
                *first = (*first).min(u64::from(*order));
            }
        }
    }
    let mut scored = scored.to_vec();
    let score = |score: f64| directed(score, options.descending());
    scored.sort_by(|(a, x), (b, y)| score(*x).total_cmp(&score(*y)).then(first[*a].cmp(&first[*b])));
    scored.into_iter().map(|(unit, _)| unit).collect()
}

impl Sorted {
    /// The rows that are kept.
    pub fn rows(&self, scores: &Scores<'_>) -> Vec<u32> {
        (0..scores.rows as u32).filter(|row| self.of_units[scores.unit(*row as usize)].is_some()).collect()
    }

    /// The bucket of each row that is kept.
    pub fn buckets(&self, scores: &Scores<'_>) -> ArrayRef {
        let codes: UInt32Array =
            (0..scores.rows).filter_map(|row| self.of_units[scores.unit(row)].map(Some)).collect();
        let names = Arc::new(StringArray::from_iter_values(&self.names));
        Arc::new(DictionaryArray::<UInt32Type>::new(codes, names))
    }

    /// The score of each row that is kept.
    pub fn scores(&self, scores: &Scores<'_>) -> ArrayRef {
        let kept = (0..scores.rows).map(|row| scores.unit(row)).filter(|unit| self.of_units[*unit].is_some());
        Arc::new(kept.map(|unit| scores.values[unit]).collect::<Float64Array>())
    }
}
