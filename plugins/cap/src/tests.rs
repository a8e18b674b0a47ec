//! What a cap keeps.

use proptest::prelude::*;
use serde_json::{Value, json};
use unskew_strategy::{Choice, Plugin, Selection, laws};

use super::PLUGIN;

fn run(options: &Value, rows: &[Value]) -> unskew_strategy::Result<Selection> {
    laws::answer(&PLUGIN, options, rows)
}

fn kept(options: &Value, rows: &[Value]) -> Vec<u32> {
    let Choice::Rows(rows) = run(options, rows).unwrap().choice().clone() else {
        panic!("a cap answers rows")
    };
    rows
}

#[test]
fn laws() {
    assert_eq!(laws::check(&PLUGIN), Ok(()));
}

#[test]
fn two_keys_make_cells() {
    let rows =
        [("math", 1), ("math", 2), ("math", 1), ("coding", 1)].map(|(t, l)| json!({"task": t, "level": l}));
    assert_eq!(kept(&json!({"by": ["task", "level"], "max": 1, "pick": "first"}), &rows), [0, 1, 3]);
}

#[test]
fn the_best_are_kept() {
    let rows = [0.1, 0.9, 0.5].map(|score| json!({"task": "math", "score": score}));
    assert_eq!(kept(&json!({"by": "task", "max": 2, "pick": {"best": "score"}}), &rows), [1, 2]);
    assert_eq!(kept(&json!({"by": "task", "max": 2, "pick": {"worst": "score"}}), &rows), [0, 2]);
}

#[test]
fn weights_are_summed() {
    let rows = [3, 4, 5].map(|length| json!({"task": "math", "length(text)": length}));
    let options = |max| json!({"by": "task", "max": max, "pick": "first", "weight": "length(text)"});
    assert_eq!(kept(&options(7), &rows), [0, 1]);
    assert_eq!(kept(&options(6), &rows), [0]);
}

#[test]
fn before_and_after_are_noted() {
    let rows = ["math", "math", "coding"].map(|task| json!({"task": task}));
    let answer = run(&json!({"by": "task", "max": 1}), &rows).unwrap();
    let note = &answer.notes()[0];
    assert_eq!((note.name.as_str(), note.table.num_rows()), ("strata", 2));
    let names: Vec<_> = note.table.schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names, ["task", "before", "after"]);
}

#[test]
fn a_weight_of_text_is_an_error() {
    let rows = [json!({"task": "math", "size": "big"})];
    let error = run(&json!({"by": "task", "max": 1, "weight": "size"}), &rows).unwrap_err();
    assert_eq!(error.to_string(), "`size` is text, expected a number");
}

#[test]
fn options_are_explained() {
    let error = |options: Value| PLUGIN.build(&options).err().unwrap();
    assert_eq!(error(json!({"by": "task"})).to_string(), "option `max` is missing");
    let unknown = error(json!({"by": "task", "maxx": 3}));
    assert_eq!(
        (unknown.option_path(), unknown.hints()),
        (Some("maxx"), &["did you mean `max`?".to_owned()][..])
    );
    assert_eq!(error(json!({"by": "task", "max": 1, "pick": {"bst": "x"}})).option_path(), Some("pick"));
}

proptest! {
    #[test]
    fn a_higher_cap_keeps_what_a_lower_one_kept(tasks in prop::collection::vec(0_u32..4, 0..40), max in 0_u64..10, more in 0_u64..10) {
        let priority = |at: usize| (at as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 8;
        let rows: Vec<Value> = tasks.iter().enumerate().map(|(at, task)| json!({"task": task, "$priority": priority(at)})).collect();
        let low = kept(&json!({"by": "task", "max": max}), &rows);
        let high = kept(&json!({"by": "task", "max": max + more}), &rows);
        prop_assert!(low.iter().all(|row| high.contains(row)));
        for task in 0..4 {
            let all = tasks.iter().filter(|&&other| other == task).count();
            let count = low.iter().filter(|&&row| tasks[row as usize] == task).count();
            prop_assert_eq!(count, all.min(max as usize));
        }
    }
}
