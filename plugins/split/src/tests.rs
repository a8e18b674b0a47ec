//! Which split each row goes to.

use proptest::prelude::*;
use serde_json::{Value, json};
use unskew_strategy::{Choice, Example, Plugin, Result, Selection, laws};

use super::PLUGIN;

fn example(options: Value, chooses: Vec<u32>) -> Example {
    let row = |(prompt, task)| json!({"prompt": prompt, "task": task});
    Example { options, rows: [("a", 1), ("b", 1), ("a", 2), ("c", 2)].map(row).to_vec(), chooses }
}

fn run(options: &Value, rows: &[Value]) -> Result<Selection> {
    laws::answer(&PLUGIN, options, rows)
}

/// The rows of each split, by its name.
fn splits(options: &Value, rows: &[Value]) -> Vec<(String, Vec<u32>)> {
    let answer = run(options, rows).unwrap();
    let Choice::Rows(positions) = answer.choice() else { panic!("it answers rows") };
    let (codes, names) = answer.splits().unwrap();
    let of = |split: u32| {
        positions.iter().zip(codes).filter(|pair| *pair.1 == split).map(|pair| *pair.0).collect()
    };
    (0..).zip(names).map(|(split, name)| (name.clone(), of(split))).collect()
}

fn tasks(tasks: &[&str]) -> Vec<Value> {
    tasks.iter().map(|task| json!({"task": task})).collect()
}

#[test]
fn laws() {
    assert_eq!(laws::check(&PLUGIN), Ok(()));
    for (options, chooses) in [
        (json!({"by": "task"}), vec![0, 1, 2, 3]),
        (json!({"by": ["task", "prompt"]}), vec![0, 1, 2, 3]),
        (json!({"by": "task", "phases": "cumulative"}), vec![0, 0, 1, 1, 2, 3]),
        (json!({"test": 0.25, "validation": 0.25, "stratify": "task"}), vec![0, 1, 2, 3]),
        (json!({"test": 0.5, "group": "prompt"}), vec![0, 1, 2, 3]),
        (json!({"train": 0.5, "test": 0.5, "group": "prompt", "stratify": "task"}), vec![0, 1, 2, 3]),
        (json!({"test": 1, "prefix": "my_"}), vec![0, 1, 2, 3]),
    ] {
        assert_eq!(laws::check_with(&PLUGIN, example(options.clone(), chooses)), Ok(()), "{options}");
    }
}

#[test]
fn a_split_for_each_value() {
    let rows = tasks(&["math", "coding", "math"]);
    let expected = |names: [&str; 2], of: [&[u32]; 2]| {
        names.into_iter().zip(of).map(|(name, of)| (name.to_owned(), of.to_vec())).collect::<Vec<_>>()
    };
    assert_eq!(splits(&json!({"by": "task"}), &rows), expected(["coding", "math"], [&[1], &[0, 2]]));
    let prefixed = splits(&json!({"by": "task", "prefix": "by_"}), &rows);
    assert_eq!(prefixed, expected(["by_coding", "by_math"], [&[1], &[0, 2]]));
    let phases = splits(&json!({"by": "task", "phases": "cumulative"}), &rows);
    assert_eq!(phases, expected(["phase_1", "phase_2"], [&[1], &[0, 1, 2]]));
}

#[test]
fn too_many_values_are_an_error() {
    let rows: Vec<Value> = (0..1001).map(|row| json!({"id": row})).collect();
    let error = run(&json!({"by": "id"}), &rows).unwrap_err();
    assert_eq!(error.option_path(), Some("by"));
    assert_eq!(error.to_string(), "`by` would make 1001 splits, and 1000 is the most");
}

#[test]
fn shares_and_counts() {
    let rows = tasks(&["math"; 40]);
    let sizes = |options: Value| {
        splits(&options, &rows).into_iter().map(|(name, rows)| (name, rows.len())).collect::<Vec<_>>()
    };
    let named = |sizes: &[(&str, usize)]| {
        sizes.iter().map(|(name, rows)| ((*name).to_owned(), *rows)).collect::<Vec<_>>()
    };
    assert_eq!(sizes(json!({"test": 0.1})), named(&[("train", 36), ("test", 4)]));
    let shares = json!({"train": 0.9, "validation": 0.05, "test": 0.05});
    assert_eq!(sizes(shares), named(&[("train", 36), ("validation", 2), ("test", 2)]));
    assert_eq!(
        sizes(json!({"validation": 10, "test": 0.5})),
        named(&[("train", 10), ("validation", 10), ("test", 20)])
    );
    let error = run(&json!({"test": 41}), &rows).unwrap_err();
    assert_eq!(
        (error.option_path(), error.to_string().as_str()),
        (Some("test"), "the splits want 41 rows or more, of 40 in all")
    );
}

#[test]
fn copies_of_a_row_stay_together() {
    let rows: Vec<Value> = (0..20).map(|row| json!({"$priority": row / 2})).collect();
    for (_, rows) in splits(&json!({"test": 0.3}), &rows) {
        assert!(rows.chunks(2).all(|pair| pair[0] / 2 == pair[1] / 2), "{rows:?}");
    }
}

#[test]
fn what_was_found_out_is_noted() {
    let rows: Vec<Value> = (0..20).map(|row| json!({"task": row % 2, "prompt": row / 4})).collect();
    let answer = run(&json!({"test": 0.2, "stratify": "task", "group": "prompt"}), &rows).unwrap();
    let columns = |note: usize| -> Vec<String> {
        answer.notes()[note].table.schema().fields().iter().map(|field| field.name().clone()).collect()
    };
    assert_eq!(columns(0), ["split", "wanted", "rows", "groups"]);
    assert_eq!(columns(1), ["task", "train", "test"]);
}

#[test]
fn options_are_explained() {
    let error = |options: Value| {
        let error = PLUGIN.build(&options).err().unwrap();
        (error.option_path().unwrap().to_owned(), error.to_string())
    };
    for (options, path, message) in [
        (json!({}), "", "there is nothing to split by"),
        (json!({"train": 0.9}), "", "there is nothing to split by"),
        (json!({"by": "task", "test": 0.1}), "test", "`test` has no meaning beside `by`"),
        (json!({"by": "task", "group": "prompt"}), "group", "`group` has no meaning beside `by`"),
        (json!({"test": 0.1, "phases": "cumulative"}), "phases", "`phases` goes with `by` only"),
        (json!({"test": 0}), "test", "`test`: a split of 0 rows is none: leave it out"),
        (json!({"test": 1.5}), "test", "`test`: 1.5 is no share: it must be above 0 and at most 1"),
        (
            json!({"test": "half"}),
            "test",
            "`test` is the text \"half\", expected a share such as 0.1, or a whole number of rows",
        ),
        (json!({"train": 0.9, "test": 0.2}), "test", "the shares add up to 1.1, more than 1"),
        (json!({"train": 0.5, "test": 0.2}), "train", "the shares add up to 0.7, not to 1"),
    ] {
        assert_eq!(error(options.clone()), (path.to_owned(), message.to_owned()), "{options}");
    }
}

proptest! {
    /// No prompt on two sides, every row on one, in the options' own words.
    #[test]
    fn groups_are_never_cut(prompts in prop::collection::vec((0_u8..12, 0_u8..3), 0..60)) {
        let rows: Vec<Value> = prompts.iter().map(|(prompt, task)| json!({"prompt": prompt, "task": task})).collect();
        let options = json!({"test": 0.2, "validation": 0.1, "stratify": "task", "group": "prompt"});
        let splits = splits(&options, &rows);
        let mut all: Vec<u32> = splits.iter().flat_map(|(_, rows)| rows.clone()).collect();
        all.sort_unstable();
        prop_assert!(all.into_iter().eq(0..prompts.len() as u32));
        for prompt in 0..12 {
            let sides = splits.iter().filter(|(_, rows)| rows.iter().any(|row| prompts[*row as usize].0 == prompt));
            prop_assert!(sides.count() <= 1);
        }
    }
}
