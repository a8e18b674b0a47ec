//! Pairs of rows that meet two conditions, whatever their prompts are.

use std::collections::HashSet;

use arrow::{
    array::{Array, ArrayRef, AsArray},
    datatypes::DataType,
};
use unskew_strategy::{Error, Input, Result, derive};

use crate::{
    FIRST, Found, Pair,
    bounds::Rows,
    budget::Budget,
    summary::{MOST_PAIRS, Tables, too_many},
};

/// Pairs better rows with worse ones, in source order of the better ones.
pub(crate) fn pair(options: &Pair, rows: &Rows<'_>, input: &Input) -> Result<(Vec<Found>, Tables)> {
    let tier = |option: &str, expression: &Option<String>, at: usize| {
        condition(option, expression.as_deref().unwrap_or_default(), input.values(at), rows)
    };
    let mut better = tier("chosen", &options.chosen, FIRST)?;
    let mut worse = tier("rejected", &options.rejected, FIRST + 1)?;
    let priority = input.priority(FIRST + 2);
    let drawn = |row: u32| (priority[row as usize], rows.order(row));
    worse.sort_by(|a, b| a.1.total_cmp(&b.1).then(drawn(a.0).cmp(&drawn(b.0))));
    better.sort_by_key(|(row, _)| drawn(*row));
    let partners: Vec<Partners> =
        better.iter().map(|(row, score)| Partners::of(rows, *row, *score, &worse)).collect();
    let possible = partners.iter().map(|partners| (partners.to - partners.from) as u64).sum::<u64>();
    let mut found = match options.budget() {
        Budget::All if possible > MOST_PAIRS as u64 => return Err(too_many("", possible)),
        Budget::All => all(rows, &partners, &worse),
        Budget::Pairs(most) => drawn_pairs(rows, &partners, &worse, priority, most)?,
    };
    found.sort_by_key(|(chosen, rejected, _)| (rows.order(*chosen), rows.order(*rejected)));
    if found.is_empty() && rows.len() > 0 {
        return Err(none(options, &better, &worse, possible));
    }
    let tiers = Some((better.len() as u64, worse.len() as u64, possible));
    Ok((found, Tables { tiers, ..Tables::default() }))
}

/// A better row, and which of the worse rows, by ascending score, its gap to is within bounds.
#[derive(Debug, Clone, Copy)]
struct Partners {
    row: u32,
    from: usize,
    to: usize,
}

impl Partners {
    fn of(rows: &Rows<'_>, row: u32, score: f64, worse: &[(u32, f64)]) -> Self {
        let to = worse.partition_point(|(_, other)| !rows.is_small(score - other));
        let from = worse[..to].partition_point(|(_, other)| rows.is_large(score - other));
        Self { row, from, to }
    }
}

/// The rows with a score for which `values` are true, with their scores.
fn condition(option: &str, expression: &str, values: &ArrayRef, rows: &Rows<'_>) -> Result<Vec<(u32, f64)>> {
    let meets: Vec<u32> = match values.data_type() {
        DataType::Null => vec![],
        DataType::Boolean => (0u32..)
            .zip(values.as_boolean())
            .filter(|(_, meets)| *meets == Some(true))
            .map(|(row, _)| row)
            .collect(),
        _ => {
            let error = Error::option(option, format!("`{expression}` is neither true nor false"));
            return Err(error.hint(format!("compare it with something, such as `{expression} >= 0.7`")));
        }
    };
    Ok(meets.into_iter().filter_map(|row| Some((row, rows.score(row)?))).collect())
}

/// Every better row with every worse one.
fn all(rows: &Rows<'_>, partners: &[Partners], worse: &[(u32, f64)]) -> Vec<Found> {
    let of_one = |one: &Partners| {
        let row = one.row;
        worse[one.from..one.to]
            .iter()
            .filter_map(move |(other, _)| Some((row, *other, rows.gap(row, *other).ok()?)))
    };
    partners.iter().flat_map(of_one).collect()
}

/// In turns, each better row takes one of the worse ones by chance, until nobody may be in a further pair.
fn drawn_pairs(
    rows: &Rows<'_>,
    partners: &[Partners],
    worse: &[(u32, f64)],
    priority: &[u64],
    most: u32,
) -> Result<Vec<Found>> {
    let mut free = Free::new(worse.len());
    // A row can be better than one and worse than another.
    let mut pairs_of = vec![0; rows.len()];
    let mut known: HashSet<(u32, u32)> = HashSet::new();
    let mut found = vec![];
    let mut turn: Vec<Partners> = partners.iter().filter(|one| one.from < one.to).copied().collect();
    for round in 0..most {
        turn.retain(|one| {
            let start = one.from
                + (derive(priority[one.row as usize], round, 0) % (one.to - one.from) as u64) as usize;
            if pairs_of[one.row as usize] >= most {
                return false;
            }
            for (from, to) in [(start, one.to), (one.from, start)] {
                let mut at = free.first_from(from);
                while at < to {
                    let other = worse[at].0;
                    if pairs_of[other as usize] >= most {
                        free.take(at);
                    } else if let Ok(gap) = rows.gap(one.row, other)
                        && known.insert((one.row, other))
                    {
                        found.push((one.row, other, gap));
                        pairs_of[one.row as usize] += 1;
                        pairs_of[other as usize] += 1;
                        return true;
                    }
                    at = free.first_from(at + 1);
                }
            }
            false
        });
        if turn.is_empty() {
            break;
        }
        if found.len() > MOST_PAIRS {
            return Err(too_many("more than", MOST_PAIRS as u64));
        }
    }
    Ok(found)
}

/// Which places are free; finds the next one from any place on.
struct Free(Vec<u32>);

impl Free {
    fn new(places: usize) -> Self {
        Self((0..=places as u32).collect())
    }

    /// The first free place from `at` on, or the end.
    fn first_from(&mut self, at: usize) -> usize {
        let mut end = at as u32;
        while self.0[end as usize] != end {
            end = self.0[end as usize];
        }
        let mut at = at as u32;
        while self.0[at as usize] != end {
            at = std::mem::replace(&mut self.0[at as usize], end);
        }
        end as usize
    }

    fn take(&mut self, at: usize) {
        self.0[at] = at as u32 + 1;
    }
}

/// Why there are no pairs at all.
fn none(options: &Pair, better: &[(u32, f64)], worse: &[(u32, f64)], possible: u64) -> Error {
    let told = |expression: &Option<String>| expression.clone().unwrap_or_default();
    for (option, expression, rows) in
        [("chosen", &options.chosen, better), ("rejected", &options.rejected, worse)]
    {
        if rows.is_empty() {
            let expression = told(expression);
            let message = format!("no row with a `{}` meets `{option}`: {expression}", options.score);
            return Error::data(message).hint("`unskew inspect` shows how scores are distributed");
        }
    }
    let error = Error::data("no two rows make a pair");
    if possible == 0 {
        error.hint("no gap is within `min_gap` and `max_gap`")
    } else {
        error.hint(
            "all rows say the same, or their lengths are too far apart: see `text` and `max_length_ratio`",
        )
    }
}
