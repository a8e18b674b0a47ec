//! Which rows are taken.

use proptest::prelude::*;
use serde_json::{Value, json};
use unskew_strategy::{Choice, Example, Plugin, Result, Selection, derive, laws};

use super::PLUGIN;

fn example(options: Value, chooses: Vec<u32>) -> Example {
    let row = |(task, size)| json!({"task": task, "size": size});
    Example { options, rows: [("a", 1), ("b", 0), ("a", 2), ("a", 1)].map(row).to_vec(), chooses }
}

fn run(options: &Value, rows: &[Value]) -> Result<Selection> {
    laws::answer(&PLUGIN, options, rows)
}

fn taken(options: &Value, rows: &[Value]) -> Vec<u32> {
    let Choice::Rows(rows) = run(options, rows).unwrap().choice().clone() else { panic!("it answers rows") };
    rows
}

/// Rows of tasks, with random numbers that depend on `draw`.
fn rows(tasks: &[u32], draw: u64) -> Vec<Value> {
    let row =
        |(at, task): (usize, &u32)| json!({"task": task, "$priority": derive(at as u64, 0, draw as u32)});
    tasks.iter().enumerate().map(row).collect()
}

#[test]
fn laws() {
    assert_eq!(laws::check(&PLUGIN), Ok(()));
    for (options, chooses) in [
        (json!({"fraction": 0.5}), vec![0, 1]),
        (json!({"n": 3, "weight": "size"}), vec![0, 2, 3]),
        (json!({"n": 9, "by": "task", "weight": "size", "short": "accept"}), vec![0, 2, 3]),
        (json!({"fraction": 0.5, "by": "task"}), vec![0, 2]),
    ] {
        assert_eq!(laws::check_with(&PLUGIN, example(options.clone(), chooses)), Ok(()), "{options}");
    }
}

#[test]
fn more_than_there_is() {
    let three = rows(&[0; 3], 0);
    let error = run(&json!({"n": 4}), &three).unwrap_err();
    assert_eq!(
        (error.option_path(), error.to_string().as_str()),
        (Some("n"), "4 rows are wanted, and there are 3 rows")
    );
    assert_eq!(taken(&json!({"n": 4, "short": "accept"}), &three), [0, 1, 2]);
    let weighed = [1, 0, 0].map(|size| json!({"size": size}));
    let error = run(&json!({"fraction": 0.9, "weight": "size"}), &weighed).unwrap_err();
    assert_eq!(
        (error.option_path(), error.to_string().as_str()),
        (Some("fraction"), "3 rows are wanted, and there is 1 row with a weight")
    );
}

#[test]
fn heavy_rows_come_more_often() {
    let mut heavy = 0;
    for draw in 0..2000_u64 {
        let rows = [1, 9].map(|size| json!({"size": size, "$priority": derive(draw, size, 0)}));
        heavy += taken(&json!({"n": 1, "weight": "size"}), &rows)[0];
    }
    assert!((1740..1860).contains(&heavy), "{heavy} of 2000");
}

#[test]
fn options_are_explained() {
    let error = |options: Value| {
        let error = PLUGIN.build(&options).err().unwrap();
        (error.option_path().unwrap().to_owned(), error.to_string())
    };
    for (options, path, message) in [
        (json!({}), "", "how many rows?"),
        (json!({"n": 0}), "n", "a sample of 0 rows is none"),
        (json!({"n": 1, "fraction": 0.5}), "fraction", "`n` and `fraction` exclude each other"),
        (json!({"fraction": 0}), "fraction", "0 is no share of the rows"),
        (json!({"fraction": 1.5}), "fraction", "1.5 is no share of the rows"),
        (json!({"n": 1.5}), "n", "`n` is the number 1.5, expected a whole number, 0 or more"),
    ] {
        assert_eq!(error(options.clone()), (path.to_owned(), message.to_owned()), "{options}");
    }
}

proptest! {
    #[test]
    fn a_larger_sample_keeps_what_a_smaller_one_took(count in 1_usize..40, n in 1_u64..30, more in 0_u64..30) {
        let rows = rows(&vec![0; count], 7);
        let (few, many) = (
            taken(&json!({"n": n, "short": "accept"}), &rows),
            taken(&json!({"n": n + more, "short": "accept"}), &rows),
        );
        prop_assert_eq!(few.len(), count.min(n as usize));
        prop_assert!(few.iter().all(|row| many.contains(row)));
    }

    #[test]
    fn each_kind_gets_its_share(tasks in prop::collection::vec(0_u32..4, 1..60), hundredths in 1_u8..=100) {
        let fraction = f64::from(hundredths) / 100.0;
        let taken = taken(&json!({"fraction": fraction, "by": "task"}), &rows(&tasks, 1));
        prop_assert!((taken.len() as f64 - fraction * tasks.len() as f64).abs() < 0.5 + 1e-9);
        for task in 0..4 {
            let all = tasks.iter().filter(|other| **other == task).count() as f64;
            let got = taken.iter().filter(|row| tasks[**row as usize] == task).count() as f64;
            let share = all * taken.len() as f64 / tasks.len() as f64;
            prop_assert!((got - share).abs() < 1.0);
        }
    }
}
