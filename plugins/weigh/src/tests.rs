//! What rows weigh.

use arrow::{array::AsArray, datatypes::Float64Type};
use proptest::prelude::*;
use serde_json::{Value, json};
use unskew_strategy::{Plugin, Result, Selection, laws};

use super::PLUGIN;

fn run(options: &Value, rows: &[Value]) -> Result<Selection> {
    laws::answer(&PLUGIN, options, rows)
}

fn weights(options: &Value, rows: &[Value]) -> Vec<f64> {
    let answer = run(options, rows).unwrap();
    answer.columns()[0].1.as_primitive::<Float64Type>().values().to_vec()
}

fn rows(tasks: &[&str]) -> Vec<Value> {
    tasks.iter().map(|task| json!({"task": task})).collect()
}

fn refused(options: &Value) -> (String, String) {
    let error = PLUGIN.build(options).err().unwrap();
    (error.option_path().unwrap().to_owned(), error.to_string())
}

#[test]
fn laws() {
    assert_eq!(laws::check(&PLUGIN), Ok(()));
}

#[test]
fn a_small_class_weighs_as_much_as_a_large_one() {
    assert_eq!(
        weights(&json!({"by": "task"}), &rows(&["a", "a", "a", "b"])),
        [2.0 / 3.0, 2.0 / 3.0, 2.0 / 3.0, 2.0]
    );
    assert_eq!(weights(&json!({"by": "task", "shares": "equal"}), &rows(&["a", "b"])), [1.0, 1.0]);
}

#[test]
fn shares_are_of_the_whole_weight() {
    let options = json!({"by": "task", "shares": {"a": 0.25, "b": 0.75, "z": 0}, "column": "w"});
    assert_eq!(weights(&options, &rows(&["a", "a", "b", "b"])), [0.5, 0.5, 1.5, 1.5]);
    let error = run(&options, &rows(&["a", "b", "c"])).unwrap_err();
    assert_eq!(
        (error.option_path(), error.to_string().as_str()),
        (Some("shares"), "class `c` of `task` has no share")
    );
    let error = run(&options, &rows(&["a"])).unwrap_err();
    assert_eq!(error.option_path(), Some("shares.b"));
}

#[test]
fn temperature_goes_from_as_it_is_to_even() {
    let tasks = rows(&["a", "a", "a", "a", "b"]);
    let of = |temperature: f64| weights(&json!({"by": "task", "temperature": temperature}), &tasks);
    assert_eq!(of(1.0), [1.0; 5]);
    let (halfway, even) = (of(2.0), of(1e9));
    assert!((halfway[4] / halfway[0] - 2.0).abs() < 1e-12, "{halfway:?}");
    assert!((even[4] / even[0] - 4.0).abs() < 1e-6, "{even:?}");
}

#[test]
fn each_class_is_noted() {
    let answer = run(&json!({"by": "task"}), &rows(&["b", "b", "b", "a"])).unwrap();
    let note = &answer.notes()[0];
    let noted = note.table.column_by_name("weight").unwrap().as_primitive::<Float64Type>().values().to_vec();
    assert_eq!((note.name.as_str(), noted), ("weights", vec![2.0, 2.0 / 3.0]));
}

#[test]
fn options_that_make_no_sense() {
    assert_eq!(refused(&json!({"by": "x", "temperature": 0})).0, "temperature");
    assert_eq!(refused(&json!({"by": "x", "temperature": 2, "shares": "equal"})).0, "temperature");
    assert_eq!(refused(&json!({"by": "x", "column": " "})).0, "column");
    let told = refused(&json!({"by": "x", "shares": {"a": 0.5, "b": 0.4}}));
    assert_eq!(told, ("shares".into(), "the shares add up to 0.9, not to 1".into()));
    assert_eq!(refused(&json!({"by": ["x", "y"], "shares": {"a": 1}})).0, "shares.a");
}

proptest! {
    #[test]
    fn the_mean_is_one_and_shares_hold(tasks in prop::collection::vec(0_usize..4, 1..60), raw in prop::array::uniform4(1_u32..100)) {
        let whole = f64::from(raw.iter().sum::<u32>());
        let share = |class: usize| f64::from(raw[class]) / whole;
        let mut rows: Vec<Value> = (0..4).map(|class| json!({"task": class})).collect();
        rows.extend(tasks.iter().map(|class| json!({"task": class})));
        let shares: serde_json::Map<_, _> = (0..4).map(|class| (class.to_string(), json!(share(class)))).collect();
        let weights = weights(&json!({"by": "task", "shares": shares}), &rows);
        let sum: f64 = weights.iter().sum();
        prop_assert!((sum / rows.len() as f64 - 1.0).abs() < 1e-12);
        for class in 0..4 {
            let of_class: f64 = rows.iter().zip(&weights).filter(|(row, _)| row["task"] == class).map(|(_, weight)| weight).sum();
            prop_assert!((of_class / sum - share(class)).abs() < 1e-12);
        }
    }

    #[test]
    fn a_larger_class_never_weighs_more_a_row(sizes in prop::array::uniform3(1_usize..30), temperature in 1.0_f64..50.0) {
        let rows: Vec<Value> = sizes.iter().enumerate().flat_map(|(class, &size)| vec![json!({"task": class}); size]).collect();
        let weights = weights(&json!({"by": "task", "temperature": temperature}), &rows);
        let of = |class: usize| weights[sizes[..class].iter().sum::<usize>()];
        for (a, b) in [(0, 1), (0, 2), (1, 2)] {
            prop_assert!(sizes[a] < sizes[b] || of(a) <= of(b) * (1.0 + 1e-12));
            prop_assert!(sizes[b] < sizes[a] || of(b) <= of(a) * (1.0 + 1e-12));
        }
    }
}
