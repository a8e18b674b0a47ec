//! What is kept, and in which order.

use std::collections::BTreeMap;

use arrow::{array::AsArray, datatypes::UInt64Type};
use proptest::prelude::*;
use serde_json::{Value, json};
use unskew_strategy::{Choice, Example, Plugin, Result, Selection, derive, laws};

use super::PLUGIN;
use crate::batches::gaps;

fn run(options: &Value, rows: &[Value]) -> Result<Selection> {
    laws::answer(&PLUGIN, options, rows)
}

fn chosen(options: &Value, rows: &[Value]) -> Vec<u32> {
    let Choice::Rows(rows) = run(options, rows).unwrap().choice().clone() else { panic!("it answers rows") };
    rows
}

/// The column `label` of the answer.
fn labels(options: &Value, rows: &[Value]) -> Vec<bool> {
    let answer = run(options, rows).unwrap();
    let (field, values) = &answer.columns()[0];
    assert_eq!(field.name(), "label");
    values.as_boolean().iter().map(Option::unwrap).collect()
}

/// So many desirable rows, and after them so many undesirable ones, with random numbers.
fn rows(desirable: usize, undesirable: usize) -> Vec<Value> {
    let row = |at: usize| json!({"label": at < desirable, "$priority": derive(at as u64, 0, 0)});
    (0..desirable + undesirable).map(row).collect()
}

/// The example that these options make of some rows.
fn example(options: Value) -> Example {
    let row = |at: u64| json!({"good": at.is_multiple_of(3), "prompt": at / 4, "completion": at % 5, "score": at * 7 % 10});
    let rows: Vec<Value> = (0..20).map(row).collect();
    Example { chooses: chosen(&options, &rows), options, rows }
}

#[test]
fn laws() {
    assert_eq!(laws::check(&PLUGIN), Ok(()));
    for options in [
        json!({"label": "good"}),
        json!({"label": "good", "ratio": 2}),
        json!({"label": "good", "ratio": "1:2", "order": "shuffle"}),
        json!({"label": "good", "keep": "all"}),
        json!({"label": "good", "keep": "all", "order": "source"}),
        json!({"label": "good", "pick": {"best": "score"}, "prompt": "completion"}),
    ] {
        assert_eq!(laws::check_with(&PLUGIN, example(options)), Ok(()));
    }
}

#[test]
fn the_larger_side_is_cut_whichever_it_is() {
    let kept = |ratio: Value, desirable, undesirable| {
        let labels = labels(&json!({"label": "label", "ratio": ratio}), &rows(desirable, undesirable));
        let desirable = labels.iter().filter(|label| **label).count();
        [desirable, labels.len() - desirable]
    };
    assert_eq!(kept(json!(1), 746, 254), [254, 254]);
    assert_eq!(kept(json!(1), 254, 746), [254, 254]);
    assert_eq!(kept(json!("1:1"), 5, 5), [5, 5]);
    assert_eq!(kept(json!(2), 746, 254), [508, 254]);
    assert_eq!(kept(json!("3:2"), 746, 254), [381, 254]);
    assert_eq!(kept(json!("3:2"), 30, 254), [30, 20]);
    assert_eq!(kept(json!(0.29), 40, 100), [29, 100]);
    assert_eq!(kept(json!(1e-9), 40, 100), [1, 100]);
    assert_eq!(kept(json!(1e9), 40, 100), [40, 1]);
}

/// The set that is published as "balanced" has 134 batches of two with one label only.
#[test]
fn of_746_and_254_rows_no_batch_has_one_label() {
    let labels = labels(&json!({"label": "label"}), &rows(746, 254));
    assert_eq!(labels.len(), 508);
    assert_eq!(labels[..50].iter().filter(|label| **label).count(), 25);
    assert!(labels.iter().enumerate().all(|(at, label)| *label == at.is_multiple_of(2)));
    let note = &run(&json!({"label": "label"}), &rows(746, 254)).unwrap().notes()[0].table.clone();
    let number = |name: &str| note.column_by_name(name).unwrap().as_primitive::<UInt64Type>().value(0);
    assert_eq!(["desirable", "undesirable", "dropped"].map(number), [254, 254, 492]);
    assert_eq!(note.column_by_name("ratio").unwrap().as_string::<i32>().value(0), "1.00:1");
}

#[test]
fn labels_have_several_forms() {
    for [good, bad] in [
        [json!(true), json!(false)],
        [json!(1), json!(0)],
        [json!(1), json!(-1)],
        [json!(1.0), json!(0.0)],
        [json!("True"), json!("FALSE")],
    ] {
        let rows = [&bad, &good, &bad, &good].map(|label| json!({"x": label}));
        assert_eq!(labels(&json!({"label": "x", "order": "source"}), &rows), [false, true, false, true]);
    }
}

fn refused(options: &Value, rows: &[Value]) -> [String; 3] {
    let error = run(options, rows).unwrap_err();
    let hint = error.hints().first().cloned().unwrap_or_default();
    [error.option_path().unwrap().to_owned(), error.to_string(), hint]
}

#[test]
fn other_labels_are_refused() {
    let refused = |values: &[Value]| {
        let rows: Vec<Value> = values.iter().map(|value| json!({"x": value})).collect();
        refused(&json!({"label": "x"}), &rows)
    };
    assert_eq!(
        refused(&[json!("true"), json!("maybe"), json!("false"), json!("maybe")]),
        [
            "label",
            "`x` is `maybe` for 2 rows, which is neither true nor false",
            "say which rows are desirable with an expression, such as `x = 'good'`"
        ]
    );
    assert_eq!(
        refused(&[json!(0.25), json!(0.5), json!(1.0), json!(0.0), json!(0.75)]),
        [
            "label",
            "`x` is `0.25` for 1 row, which is neither true nor false, and there are 2 more such values",
            "say which rows are desirable with an expression, such as `x >= 0.5`"
        ]
    );
    assert_eq!(
        refused(&[json!(true), json!(null), json!(false)]),
        ["label", "`x` is null for 1 row", "leave them out: `where: x is not null`"]
    );
    assert_eq!(
        refused(&[json!(1), json!(0), json!(-1), json!(-1)])[1],
        "`x` is 0 for 1 row and -1 for 2 rows, so that it has three values"
    );
    assert_eq!(refused(&[json!(true), json!(true)])[1], "no row is undesirable: `x` is true for every row");
    assert_eq!(refused(&[json!(0)])[1], "no row is desirable: `x` is false for every row");
}

#[test]
fn options_that_make_no_sense() {
    let error = |name: &str, value: Value, other: Option<(&str, &str)>| {
        let mut options = json!({"label": "x", name: value});
        options.as_object_mut().unwrap().extend(other.map(|(name, value)| (name.to_owned(), value.into())));
        PLUGIN.build(&options).err().unwrap()
    };
    for ratio in [
        json!(0),
        json!(-1),
        json!(0.0),
        json!("3"),
        json!("0:1"),
        json!("1:0"),
        json!("x:y"),
        json!("1e308:1e-308"),
    ] {
        assert_eq!(error("ratio", ratio, None).option_path(), Some("ratio"));
    }
    assert_eq!(
        error("ratio", json!(0), None).to_string(),
        "`ratio` is the number 0, expected a number above 0, or two of them such as `3:2`"
    );
    let beside = |name, value, other| error(name, value, Some(other)).to_string();
    assert_eq!(beside("ratio", json!(2), ("keep", "all")), "`ratio` has no meaning beside `keep: all`");
    assert_eq!(beside("pick", json!("first"), ("keep", "all")), "`pick` has no meaning beside `keep: all`");
    assert_eq!(
        beside("prompt", json!("p"), ("order", "shuffle")),
        "`prompt` has no meaning beside `order: shuffle`"
    );
    assert_eq!(
        beside("completion", json!("p"), ("order", "source")),
        "`completion` has no meaning beside `order: source`"
    );
}

#[test]
fn the_best_rows_are_kept_and_the_source_has_an_order() {
    let rows = [(true, 0.5), (true, 0.9), (false, 0.1), (true, 0.7), (false, 0.2)];
    let rows = rows.map(|(label, score)| json!({"x": label, "score": score}));
    let options = json!({"label": "x", "pick": {"best": "score"}, "order": "source"});
    assert_eq!(chosen(&options, &rows), [1, 2, 3, 4]);
    let options = json!({"label": "x", "ratio": "1:2", "pick": "first", "order": "source"});
    assert_eq!(chosen(&options, &rows), [0, 2, 4]);
}

/// Rows with a prompt each, desirable ones first.
fn prompted(desirable: &[u8], undesirable: &[u8]) -> Vec<Value> {
    let all =
        desirable.iter().map(|prompt| (true, prompt)).chain(undesirable.iter().map(|prompt| (false, prompt)));
    let row = |(at, (label, prompt)): (usize, (bool, &u8))| json!({"label": label, "prompt": prompt, "$priority": derive(at as u64, 1, 0)});
    all.enumerate().map(row).collect()
}

/// How many neighbours share the value of a member.
fn alike(rows: &[Value], order: &[u32], member: &str) -> usize {
    let value = |row: u32| &rows[row as usize][member];
    order.windows(2).filter(|pair| value(pair[0]) == value(pair[1]) && !value(pair[0]).is_null()).count()
}

#[test]
fn neighbours_differ_in_what_is_named() {
    let rows: Vec<Value> = (0..40)
        .map(|at| json!({"label": at % 2 == 0, "q": at % 5, "completion": at % 3, "$priority": derive(at, 2, 0)}))
        .collect();
    let order = chosen(&json!({"label": "label", "prompt": "q"}), &rows);
    assert_eq!(alike(&rows, &order, "q"), 0);
    assert!(alike(&rows, &order, "completion") <= 1, "these are as good as they can be by looking ahead");
    let shuffled = chosen(&json!({"label": "label", "order": "shuffle"}), &rows);
    assert!(alike(&rows, &shuffled, "q") > 1 && alike(&rows, &shuffled, "completion") > 1);
    let plain = chosen(&json!({"label": "label"}), &rows);
    assert_eq!(alike(&rows, &plain, "completion"), 0);
    assert_ne!(alike(&rows, &plain, "q"), 0);
}

#[test]
fn no_prompt_is_no_prompt_in_common() {
    let mut rows = prompted(&[1, 1, 2], &[3, 4, 1]);
    for row in &mut rows[1..5] {
        row["prompt"] = Value::Null;
    }
    let order = chosen(&json!({"label": "label"}), &rows);
    assert_eq!((order.len(), alike(&rows, &order, "prompt")), (6, 0));
}

fn longest_run(labels: &[bool]) -> usize {
    labels.chunk_by(|a, b| a == b).map(<[bool]>::len).max().unwrap_or(0)
}

fn prompts() -> impl proptest::strategy::Strategy<Value = Vec<u8>> {
    prop::collection::vec(0_u8..8, 1..30)
}

proptest! {
    #[test]
    fn gaps_are_as_even_as_can_be(larger in 1_u64..200, smaller in 1_u64..200) {
        let (larger, smaller) = (larger.max(smaller), larger.min(smaller));
        let gaps = gaps(larger, smaller);
        prop_assert_eq!(gaps.iter().sum::<u64>(), larger);
        prop_assert_eq!(gaps.len() as u64, smaller + 1);
        let (last, inner) = gaps.split_last().unwrap();
        let longest = larger.div_ceil(smaller + 1);
        prop_assert!(inner.iter().all(|gap| (1..=longest).contains(gap)));
        prop_assert!(inner.iter().max().unwrap() - inner.iter().min().unwrap() <= 1);
        prop_assert!(*last <= longest);
        prop_assert!(*last == 0 || larger > longest * smaller);
    }

    /// No window of as many rows has one label, wherever it begins; and with fewer rows, some window of any order has.
    #[test]
    fn windows_hold_both_labels(desirable in 1_usize..60, undesirable in 1_usize..60, keep: bool) {
        let rows = rows(desirable, undesirable);
        let options = if keep { json!({"label": "label", "keep": "all"}) } else { json!({"label": "label"}) };
        let labels = labels(&options, &rows);
        let good = labels.iter().filter(|label| **label).count();
        let (larger, smaller) = (good.max(labels.len() - good), good.min(labels.len() - good));
        let longest = larger.div_ceil(smaller + 1);
        prop_assert_eq!(longest_run(&labels), longest);
        for size in longest + 1..=labels.len() {
            prop_assert!(labels.windows(size).all(|window| window.contains(&true) && window.contains(&false)));
        }
        if larger <= longest * smaller + 1 {
            let last = &labels[labels.len() - 2..];
            prop_assert_ne!(last[0], last[1], "a last batch of two is mixed where that makes no run longer");
        }
        let mut order = chosen(&options, &rows);
        order.sort_unstable();
        prop_assert!(order.windows(2).all(|pair| pair[0] < pair[1]));
        prop_assert!(!keep || order.len() == rows.len());
        prop_assert_eq!(order.len(), larger + smaller);
    }

    /// What is promised of neighbours.
    #[test]
    fn neighbours_have_different_prompts(good in prompts(), bad in prompts()) {
        let rows = prompted(&good, &bad);
        let options = json!({"label": "label", "keep": "all"});
        let order = chosen(&options, &rows);
        let mut counts: BTreeMap<u8, usize> = BTreeMap::new();
        for prompt in good.iter().chain(&bad) {
            *counts.entry(*prompt).or_default() += 1;
        }
        prop_assert_eq!(order.len(), rows.len());
        if counts.values().all(|count| *count < good.len().min(bad.len())) {
            prop_assert_eq!(alike(&rows, &order, "prompt"), 0, "{:?}", order);
        }
    }

    #[test]
    fn a_higher_ratio_keeps_the_desirable_rows_of_a_lower_one(desirable in 1_usize..80, undesirable in 1_usize..20, ratio in 1_u32..4, more in 0_u32..3) {
        let rows = rows(desirable, undesirable);
        let kept = |ratio: u32| chosen(&json!({"label": "label", "ratio": ratio, "order": "source"}), &rows);
        let (low, high) = (kept(ratio), kept(ratio + more));
        prop_assert!(low.iter().all(|row| *row as usize >= desirable || high.contains(row)));
    }
}
