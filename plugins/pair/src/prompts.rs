//! Pairs of rows of the same prompt.

use std::collections::BTreeMap;

use unskew_strategy::{Error, Groups, Result, Strata};

use crate::{
    Found, Match, Pair,
    bounds::{Refusal, Rows, with_value},
    budget::Budget,
    summary::{MOST_PAIRS, Tables, too_many},
};

/// Pairs rows of each prompt, prompt by prompt in source order.
pub(crate) fn pair(options: &Pair, rows: &Rows<'_>, groups: &Groups) -> Result<(Vec<Found>, Tables)> {
    let keyed = with_value(groups);
    let strata = Strata::new(groups.codes(), groups.len());
    let first = |group: usize| strata.members(group).iter().map(|row| rows.order(*row)).min();
    let mut prompts: Vec<(Option<u32>, usize)> =
        (0..strata.len()).map(|group| (first(group), group)).filter(|(first, _)| first.is_some()).collect();
    prompts.sort_unstable();
    let mut found = vec![];
    let mut outcomes = Outcomes::default();
    for (_, group) in prompts {
        let members = strata.members(group);
        if keyed[members[0] as usize].is_none() {
            outcomes.unkeyed = members.len() as u64;
            continue;
        }
        let ranked = ranked(rows, members);
        let before = found.len();
        match options.matching.unwrap_or_default() {
            Match::Mirror => mirror(rows, &ranked, ranked.len() / 2, &mut found),
            Match::Extremes => mirror(rows, &ranked, 1.min(ranked.len() / 2), &mut found),
            Match::All => every(rows, &ranked, options.budget(), &mut found)?,
        }
        outcomes.note(rows, &ranked, found.len() > before);
    }
    if found.is_empty() && rows.len() > 0 {
        return Err(outcomes.none(options));
    }
    Ok((found, outcomes.tables()))
}

/// The rows that have a score, the best first, equal ones in source order.
fn ranked(rows: &Rows<'_>, members: &[u32]) -> Vec<u32> {
    let mut scored: Vec<(f64, u32)> =
        members.iter().filter_map(|row| Some((rows.score(*row)?, *row))).collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(rows.order(a.1).cmp(&rows.order(b.1))));
    scored.into_iter().map(|(_, row)| row).collect()
}

/// The `i`th best with the `i`th worst, for the first `count` of these.
fn mirror(rows: &Rows<'_>, ranked: &[u32], count: usize, found: &mut Vec<Found>) {
    for (&chosen, &rejected) in ranked.iter().zip(ranked.iter().rev()).take(count) {
        found.extend(rows.gap(chosen, rejected).ok().map(|gap| (chosen, rejected, gap)));
    }
}

/// Every row with every worse one, the widest gaps of each first, each row as often as it may be.
fn every(rows: &Rows<'_>, ranked: &[u32], budget: Budget, found: &mut Vec<Found>) -> Result<()> {
    let scores: Vec<f64> = ranked.iter().filter_map(|row| rows.score(*row)).collect();
    let most = budget.most();
    let mut used = vec![0; ranked.len()];
    // Rows from here on are in as many pairs as they may be.
    let mut end = ranked.len();
    for better in 0..ranked.len() {
        while end > 0 && used[end - 1] >= most {
            end -= 1;
        }
        let behind = &scores[better + 1..];
        let from = better + 1 + behind.partition_point(|worse| rows.is_small(scores[better] - worse));
        let to = better + 1 + behind.partition_point(|worse| !rows.is_large(scores[better] - worse));
        for worse in (from..to.min(end)).rev() {
            if used[better] >= most {
                break;
            }
            let gap = rows.gap(ranked[better], ranked[worse]);
            if let Some(gap) = gap.ok().filter(|_| used[worse] < most) {
                used[better] += 1;
                used[worse] += 1;
                found.push((ranked[better], ranked[worse], gap));
            }
        }
        if found.len() > MOST_PAIRS {
            return Err(too_many("more than", MOST_PAIRS as u64));
        }
    }
    Ok(())
}

/// What became of the prompts.
#[derive(Default)]
struct Outcomes {
    paired: u64,
    single: u64,
    refused: BTreeMap<Refusal, u64>,
    /// The widest gap of a prompt without a pair.
    widest: f64,
    unkeyed: u64,
}

impl Outcomes {
    /// Notes what became of a prompt, by its best and its worst row.
    fn note(&mut self, rows: &Rows<'_>, ranked: &[u32], paired: bool) {
        if paired {
            self.paired += 1;
            return;
        }
        let (Some(&best), Some(&worst)) = (ranked.first(), ranked.last()) else {
            self.single += 1;
            return;
        };
        if ranked.len() < 2 {
            self.single += 1;
            return;
        }
        let gap = rows.score(best).unwrap_or_default() - rows.score(worst).unwrap_or_default();
        self.widest = self.widest.max(gap);
        // Where its best and its worst row would do, others were to be paired, and their gaps were too small.
        let refusal = rows.gap(best, worst).err().unwrap_or(Refusal::Small);
        *self.refused.entry(refusal).or_default() += 1;
    }

    fn tables(self) -> Tables {
        let outcomes = [("paired", self.paired), ("fewer than 2 rows with a score", self.single)];
        let refused = self.refused.iter().map(|(refusal, prompts)| (refusal.told(), *prompts));
        let outcomes = outcomes.into_iter().chain(refused).filter(|(_, prompts)| *prompts > 0);
        Tables { prompts: outcomes.collect(), unkeyed: self.unkeyed, ..Tables::default() }
    }

    /// Why there are no pairs at all.
    fn none(&self, options: &Pair) -> Error {
        let score = &options.score;
        let error = Error::data("no two rows make a pair");
        let most =
            self.refused.iter().max_by_key(|(refusal, prompts)| (**prompts, std::cmp::Reverse(**refusal)));
        match most {
            Some((refusal, prompts)) if *prompts >= self.single => match refusal {
                Refusal::Tie => error.hint(format!("the rows of a prompt all have the same `{score}`")),
                Refusal::Small => {
                    let widest = (self.widest * 1e4).round() / 1e4;
                    error.hint(format!("the widest gap is {widest}: try a lower `min_gap`"))
                }
                Refusal::Large => error.hint("all gaps are above `max_gap`"),
                Refusal::Text => error.hint("the rows of a prompt all say the same: see `text`"),
                Refusal::Length => error.hint("try a higher `max_length_ratio`"),
            },
            _ => error
                .hint(format!("`per` needs prompts that several rows with a `{score}` have in common"))
                .hint("`chosen` and `rejected` pair rows of different prompts"),
        }
    }
}
