//! What pairs promise for any scores.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Value, json};
use unskew_strategy::derive;

use super::{run, told};

/// Scores that have ties, and gaps that are not quite what they seem to be.
fn scores() -> impl Strategy<Value = Vec<(u8, f64)>> {
    prop::collection::vec((0_u8..5, (0_u32..=10).prop_map(|tenths| f64::from(tenths) / 10.0)), 1..40)
}

fn rows(scores: &[(u8, f64)]) -> Vec<Value> {
    scores.iter().map(|(prompt, score)| json!({"prompt": prompt, "score": score})).collect()
}

/// The script's way: prompts as they first come, each sorted with the best first, and then from both ends.
fn mirrored(scores: &[(u8, f64)], min_gap: f64) -> Vec<(u32, u32, f64)> {
    let mut prompts: Vec<(u8, Vec<(u32, f64)>)> = vec![];
    for (row, (prompt, score)) in (0..).zip(scores) {
        match prompts.iter_mut().find(|(known, _)| known == prompt) {
            Some((_, rows)) => rows.push((row, *score)),
            None => prompts.push((*prompt, vec![(row, *score)])),
        }
    }
    let mut pairs = vec![];
    for (_, mut rows) in prompts {
        rows.sort_by(|a, b| b.1.partial_cmp(&a.1).unwrap());
        for i in 0..rows.len() / 2 {
            let (chosen, rejected) = (rows[i], rows[rows.len() - (i + 1)]);
            let gap = chosen.1 - rejected.1;
            if gap >= min_gap {
                pairs.push((chosen.0, rejected.0, gap));
            }
        }
    }
    pairs
}

proptest! {
    #[test]
    fn the_pairs_are_those_of_the_script(scores in scores(), min_gap in prop::sample::select(vec![0.1, 0.2, 0.3, 0.5])) {
        let options = json!({"per": "prompt", "min_gap": min_gap, "tolerance": 0});
        let expected = mirrored(&scores, min_gap);
        match run(&options, &rows(&scores)) {
            Ok(answer) => prop_assert_eq!(told(&answer), expected),
            Err(_) => prop_assert!(expected.is_empty()),
        }
    }

    #[test]
    fn all_pairs_are_those_within_bounds(scores in scores(), bounds in (0_u32..6, 4_u32..11)) {
        let (least, most) = (f64::from(bounds.0) / 10.0, f64::from(bounds.0.max(bounds.1)) / 10.0);
        let options = json!({"per": "prompt", "match": "all", "min_gap": least, "max_gap": most});
        let mut expected = BTreeSet::new();
        for (a, one) in (0_u32..).zip(&scores) {
            for (b, other) in (0_u32..).zip(&scores) {
                let tenths = ((one.1 - other.1) * 10.0).round() as i64;
                let (least, most) = (i64::from(bounds.0.max(1)), i64::from(bounds.0.max(bounds.1)));
                if one.0 == other.0 && (least..=most).contains(&tenths) {
                    expected.insert((a, b));
                }
            }
        }
        let found = run(&options, &rows(&scores)).map(|answer| told(&answer)).unwrap_or_default();
        let distinct: BTreeSet<_> = found.iter().map(|(chosen, rejected, _)| (*chosen, *rejected)).collect();
        prop_assert_eq!(found.len(), distinct.len());
        prop_assert_eq!(distinct, expected);
    }

    #[test]
    fn budgets_and_bounds_hold_for_tiers(
        scores in scores(),
        cut in (0_u32..11, 0_u32..11),
        per_row in 1_u32..5,
        min_gap in prop::sample::select(vec![0.0, 0.2, 0.5]),
        seed in any::<u64>(),
    ) {
        let (high, low) = (f64::from(cut.0) / 10.0, f64::from(cut.1) / 10.0);
        let rows: Vec<Value> = (0_u32..).zip(&scores).map(|(row, (_, score))| {
            json!({"score": score, "high": *score >= high, "low": *score <= low, "$priority": derive(seed, row, 0) >> 1})
        }).collect();
        let options = |per_row: Value| json!({"chosen": "high", "rejected": "low", "min_gap": min_gap, "per_row": per_row});
        let found = run(&options(per_row.into()), &rows).map(|answer| told(&answer)).unwrap_or_default();
        let all = run(&options("all".into()), &rows).map(|answer| told(&answer)).unwrap_or_default();
        let set: BTreeSet<_> = all.iter().map(|(chosen, rejected, _)| (*chosen, *rejected)).collect();
        let mut uses: BTreeMap<u32, u32> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for (chosen, rejected, gap) in &found {
            prop_assert!(seen.insert((*chosen, *rejected)));
            prop_assert!(set.contains(&(*chosen, *rejected)));
            prop_assert!(*gap >= min_gap - 1e-9 && *gap > 0.0);
            *uses.entry(*chosen).or_default() += 1;
            *uses.entry(*rejected).or_default() += 1;
        }
        prop_assert!(uses.values().all(|uses| *uses <= per_row));
        // No pair is left that could be made.
        let free = |row: &u32| uses.get(row).copied().unwrap_or(0) < per_row;
        prop_assert!(set.iter().all(|pair| seen.contains(pair) || !free(&pair.0) || !free(&pair.1)));
    }
}
