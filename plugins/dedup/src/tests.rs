//! Which rows survive.

use proptest::prelude::*;
use serde_json::{Value, json};
use unskew_strategy::{Choice, laws};

use super::PLUGIN;

fn kept(options: &Value, rows: &[Value]) -> Vec<u32> {
    let answer = laws::answer(&PLUGIN, options, rows).unwrap();
    let Choice::Rows(rows) = answer.choice().clone() else { panic!("it answers rows") };
    rows
}

#[test]
fn laws() {
    assert_eq!(laws::check(&PLUGIN), Ok(()));
}

#[test]
fn the_best_of_each_group() {
    let rows = [("a", 1), ("a", 3), ("b", 2), ("a", 2)]
        .map(|(prompt, score)| json!({"prompt": prompt, "score": score}));
    assert_eq!(kept(&json!({"by": "prompt"}), &rows), [0, 2]);
    assert_eq!(kept(&json!({"by": "prompt", "keep": {"best": "score"}}), &rows), [1, 2]);
    assert_eq!(kept(&json!({"by": "prompt", "keep": {"worst": "score"}}), &rows), [0, 2]);
}

#[test]
fn rows_without_a_key() {
    let rows = [(Some(1), None), (None, None), (Some(1), None), (None, None)]
        .map(|(a, b): (_, Option<u8>)| json!({"a": a, "b": b}));
    assert_eq!(kept(&json!({"by": ["a", "b"]}), &rows), [0, 1, 3]);
    assert_eq!(kept(&json!({"by": ["a", "b"], "nulls": "group"}), &rows), [0, 1]);
    assert_eq!(kept(&json!({"by": "b"}), &rows), [0, 1, 2, 3], "a column of nothing but null");
}

proptest! {
    #[test]
    fn one_of_each(prompts in prop::collection::vec(0_u8..6, 0..40)) {
        let rows: Vec<Value> = prompts.iter().map(|prompt| json!({"prompt": prompt})).collect();
        let mut left: Vec<u8> = kept(&json!({"by": "prompt", "keep": "random"}), &rows).into_iter().map(|row| prompts[row as usize]).collect();
        left.sort_unstable();
        let mut different = prompts.clone();
        different.sort_unstable();
        different.dedup();
        prop_assert_eq!(left, different);
    }
}
