//! Which rows become pairs.

mod properties;

use std::collections::BTreeMap;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Float64Type;
use arrow::util::display::array_value_to_string;
use serde_json::{Value, json};
use unskew_strategy::{Choice, Error, Example, Plugin, Selection, laws};

use super::PLUGIN;

fn run(options: &Value, rows: &[Value]) -> Result<Selection, Error> {
    laws::answer(&PLUGIN, options, rows)
}

/// Positions of the better and the worse row of each pair, with the gap.
fn told(answer: &Selection) -> Vec<(u32, u32, f64)> {
    let Choice::Pairs { chosen, rejected } = answer.choice() else { panic!("it answers pairs") };
    let gaps = answer.columns()[0].1.as_primitive::<Float64Type>().values();
    chosen
        .iter()
        .zip(rejected)
        .zip(gaps)
        .map(|((chosen, rejected), gap)| (*chosen, *rejected, *gap))
        .collect()
}

fn pairs(options: &Value, rows: &[Value]) -> Vec<(u32, u32)> {
    told(&run(options, rows).unwrap()).into_iter().map(|(chosen, rejected, _)| (chosen, rejected)).collect()
}

fn rows(scores: &[(&str, f64)]) -> Vec<Value> {
    scores.iter().map(|(prompt, score)| json!({"prompt": prompt, "score": score})).collect()
}

fn note(answer: &Selection, name: &str) -> Vec<Vec<String>> {
    let Some(note) = answer.notes().iter().find(|note| note.name == name) else { return vec![] };
    let table: &RecordBatch = &note.table;
    let row = |row: usize| {
        table.columns().iter().map(|column| array_value_to_string(column, row).unwrap()).collect()
    };
    (0..table.num_rows()).map(row).collect()
}

#[test]
fn laws() {
    assert_eq!(laws::check(&PLUGIN), Ok(()));
    let scored = rows(&[("a", 0.9), ("b", 0.5), ("a", 0.1), ("b", 0.8), ("a", 0.4), ("a", 0.5)]);
    for (options, chooses) in [
        (json!({"per": "prompt", "match": "extremes"}), vec![0, 3, 2, 1]),
        (json!({"per": "prompt", "match": "all", "per_row": 1}), vec![0, 5, 3, 2, 4, 1]),
        (json!({"per": "prompt", "min_gap": 0.5, "length": "score"}), vec![0, 2]),
    ] {
        assert_eq!(laws::check_with(&PLUGIN, Example { options, rows: scored.clone(), chooses }), Ok(()));
    }
    let tiered: Vec<Value> = [0.9, 0.2, 0.8, 0.1]
        .map(|score| json!({"score": score, "high": score > 0.5, "low": score < 0.5, "completion": score}))
        .into();
    for (per_row, chooses) in
        [(json!("all"), vec![0, 0, 2, 2, 1, 3, 1, 3]), (json!(2), vec![0, 0, 2, 2, 1, 3, 1, 3])]
    {
        let options = json!({"chosen": "high", "rejected": "low", "per_row": per_row});
        assert_eq!(laws::check_with(&PLUGIN, Example { options, rows: tiered.clone(), chooses }), Ok(()));
    }
}

#[test]
fn the_ith_best_goes_with_the_ith_worst() {
    let rows = rows(&[("p", 0.5), ("p", 1.0), ("q", 0.4), ("p", 0.0), ("p", 0.6), ("p", 0.3), ("q", 0.9)]);
    let answer = run(&json!({"per": "prompt"}), &rows).unwrap();
    let gap = 0.6 - 0.3;
    assert_eq!(told(&answer), [(1, 3, 1.0), (4, 5, gap), (6, 2, 0.5)]);
    assert_eq!(pairs(&json!({"per": "prompt", "match": "extremes"}), &rows), [(1, 3), (6, 2)]);
    let all = pairs(&json!({"per": "prompt", "match": "all", "min_gap": 0.4}), &rows);
    assert_eq!(all, [(1, 3), (1, 5), (1, 0), (1, 4), (4, 3), (0, 3), (6, 2)]);
}

/// Of rows with equal scores the earlier one is better, but no two of them make a pair.
#[test]
fn ties_stay_in_source_order() {
    let rows = rows(&[("p", 1.0), ("p", 0.0), ("p", 1.0), ("p", 0.0)]);
    assert_eq!(pairs(&json!({"per": "prompt"}), &rows), [(0, 3), (2, 1)]);
    let same = vec![json!({"prompt": 1, "score": 0.5}); 3];
    let error = run(&json!({"per": "prompt"}), &same).unwrap_err();
    assert_eq!(error.hints(), ["the rows of a prompt all have the same `score`"]);
}

/// In binary, 1.0 - 0.8 and its like are a little less than 0.2.
#[test]
fn gaps_may_miss_their_bounds_by_rounding() {
    let few = [(1.0, 0.8), (0.7, 0.5), (0.6, 0.4), (0.3, 0.1), (0.9, 0.7)];
    let rows: Vec<Value> = few
        .iter()
        .enumerate()
        .flat_map(|(prompt, (one, two))| [one, two].map(|score| json!({"prompt": prompt, "score": score})))
        .collect();
    let exact = pairs(&json!({"per": "prompt", "min_gap": 0.2, "tolerance": 0}), &rows);
    assert_eq!(exact, [(8, 9)], "as the plain comparison has it");
    assert_eq!(pairs(&json!({"per": "prompt", "min_gap": 0.2}), &rows).len(), 5);
    assert_eq!(pairs(&json!({"per": "prompt", "min_gap": 0.1, "max_gap": 0.2}), &rows).len(), 5);
}

#[test]
fn equal_texts_make_no_pair() {
    let rows = [(0.9, Some("x")), (0.8, None), (0.2, None), (0.1, Some("x"))]
        .map(|(score, text)| json!({"prompt": 1, "score": score, "completion": text}));
    assert_eq!(pairs(&json!({"per": "prompt"}), &rows), [(1, 2)]);
    assert_eq!(pairs(&json!({"per": "prompt", "text": "score"}), &rows), [(0, 3), (1, 2)]);
}

#[test]
fn lengths_may_not_be_too_far_apart() {
    let rows = [(0.9, 10), (0.8, 30), (0.2, 20), (0.1, 21)]
        .map(|(score, length)| json!({"prompt": 1, "score": score, "n": length}));
    let options = json!({"per": "prompt", "length": "n", "max_length_ratio": 2});
    assert_eq!(pairs(&options, &rows), [(1, 2)]);
    let answer = run(&json!({"per": "prompt", "length": "n"}), &rows).unwrap();
    let gaps = note(&answer, "gaps");
    assert_eq!(gaps[0][5..], ["20.0", "20.5"]);
}

#[test]
fn each_row_of_a_tier_is_in_so_many_pairs() {
    let rows: Vec<Value> = (0..10)
        .map(|row| json!({"score": f64::from(row) / 10.0, "high": row >= 7, "low": row < 4}))
        .collect();
    let options = |per_row: Value| json!({"chosen": "high", "rejected": "low", "per_row": per_row});
    let one = pairs(&json!({"chosen": "high", "rejected": "low"}), &rows);
    assert_eq!(one.len(), 3);
    for per_row in 1..6_u32 {
        let found = pairs(&options(per_row.into()), &rows);
        let mut uses = BTreeMap::new();
        for (chosen, rejected) in &found {
            assert!(*chosen >= 7 && *rejected < 4);
            *uses.entry(chosen).or_insert(0) += 1;
            *uses.entry(rejected).or_insert(0) += 1;
        }
        assert!(uses.values().all(|uses| *uses <= per_row));
        assert_eq!(found.len(), (3 * per_row as usize).min(12));
    }
    assert_eq!(pairs(&options(json!("all")), &rows).len(), 12);
    let answer = run(&options(json!(1)), &rows).unwrap();
    assert_eq!(note(&answer, "tiers"), [["3", "4", "12"]]);
}

#[test]
fn what_became_of_prompts_is_told() {
    let mut rows =
        rows(&[("a", 1.0), ("a", 0.0), ("b", 1.0), ("c", 0.5), ("c", 0.5), ("d", 0.5), ("d", 0.4)]);
    rows.extend([json!({"prompt": null, "score": 1}), json!({"prompt": "e", "score": null})]);
    let answer = run(&json!({"per": "prompt", "min_gap": 0.2}), &rows).unwrap();
    let expected = [
        ["paired", "1"],
        ["fewer than 2 rows with a score", "2"],
        ["equal scores", "1"],
        ["gap below min_gap", "1"],
    ];
    assert_eq!(note(&answer, "prompts"), expected);
    assert_eq!(note(&answer, "left out"), [["score", "1"], ["prompt", "1"]]);
    assert_eq!(note(&answer, "gaps"), [["1", "1.0", "1.0", "1.0", "1.0"]]);
    assert_eq!(note(&answer, "warnings"), [["all gaps are near 1: pairs may be too easy to tell apart"]]);
}

#[test]
fn gaps_that_are_too_narrow_are_told() {
    let answer = run(&json!({"per": "prompt"}), &rows(&[("a", 0.5), ("a", 0.45)])).unwrap();
    assert_eq!(note(&answer, "warnings").len(), 2);
    let answer = run(&json!({"per": "prompt"}), &rows(&[("a", 5.0), ("a", 4.95)])).unwrap();
    assert!(note(&answer, "warnings").is_empty(), "scores that do not go from 0 to 1 have other gaps");
}

#[test]
fn no_pairs_are_an_error() {
    let hints = |options: &Value, rows: &[Value]| run(options, rows).unwrap_err().hints().to_vec();
    let few = rows(&[("a", 0.5), ("a", 0.45)]);
    assert_eq!(
        hints(&json!({"per": "prompt", "min_gap": 0.2}), &few),
        ["the widest gap is 0.05: try a lower `min_gap`"]
    );
    assert_eq!(hints(&json!({"per": "score"}), &few).len(), 2);
    let tiers = |chosen: &str, rejected: &str| json!({"chosen": chosen, "rejected": rejected});
    let with = |high: bool, low: bool| vec![json!({"score": 1, "high": high, "low": low}); 2];
    let error = run(&tiers("high", "low"), &with(true, false)).unwrap_err();
    assert_eq!(error.to_string(), "no row with a `score` meets `rejected`: low");
    assert_eq!(hints(&tiers("high", "low"), &with(true, true)), ["no gap is within `min_gap` and `max_gap`"]);
    let error = run(&tiers("score", "low"), &with(true, true)).unwrap_err();
    assert_eq!(
        (error.option_path(), error.to_string().as_str()),
        (Some("chosen"), "`score` is neither true nor false")
    );
    let error = run(&json!({"per": "score", "score": "prompt"}), &few).unwrap_err();
    assert_eq!(
        (error.option_path(), error.to_string().as_str()),
        (Some("score"), "`prompt` is not a number")
    );
}

#[test]
fn options_that_make_no_sense_together() {
    let path = |options: Value| PLUGIN.build(&options).err().unwrap().option_path().unwrap().to_owned();
    assert_eq!(path(json!({})), "");
    assert_eq!(path(json!({"chosen": "a"})), "chosen");
    assert_eq!(path(json!({"rejected": "a"})), "rejected");
    assert_eq!(path(json!({"per": "a", "rejected": "a"})), "per");
    assert_eq!(path(json!({"chosen": "a", "rejected": "b", "match": "all"})), "match");
    assert_eq!(path(json!({"per": "a", "per_row": 2})), "per_row");
    assert_eq!(path(json!({"per": "a", "match": "all", "per_row": 0})), "per_row");
    assert_eq!(path(json!({"per": "a", "match": "all", "per_row": "many"})), "per_row");
    assert_eq!(path(json!({"per": "a", "min_gap": -0.1})), "min_gap");
    assert_eq!(path(json!({"per": "a", "min_gap": 0.5, "max_gap": 0.4})), "max_gap");
    assert_eq!(path(json!({"per": "a", "tolerance": -1})), "tolerance");
    assert_eq!(path(json!({"per": "a", "max_length_ratio": 2})), "max_length_ratio");
    assert_eq!(path(json!({"per": "a", "length": "a", "max_length_ratio": 0.5})), "max_length_ratio");
    let error = PLUGIN.build(&json!({"per": "a", "macth": "all"})).err().unwrap();
    assert_eq!(error.hints(), ["did you mean `match`?"]);
}
