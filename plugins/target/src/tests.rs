//! What a target takes.

use arrow::{array::AsArray, datatypes::UInt64Type};
use proptest::prelude::*;
use serde_json::{Value, json};
use unskew_strategy::{Choice, Example, Plugin, Result, Selection, laws};

use super::PLUGIN;

mod density;

fn run(options: &Value, rows: &[Value]) -> Result<Selection> {
    laws::answer(&PLUGIN, options, rows)
}

fn taken(options: &Value, rows: &[Value]) -> Vec<u32> {
    let Choice::Rows(rows) = run(options, rows).unwrap().choice().clone() else { panic!("it answers rows") };
    rows
}

/// Rows of classes `a`, `b`, `c`, with so many of each.
fn rows(sizes: [usize; 3]) -> Vec<Value> {
    let class = |(class, size): (&str, usize)| vec![json!({"class": class}); size];
    ["a", "b", "c"].into_iter().zip(sizes).flat_map(class).collect()
}

/// How many rows of `a`, `b` and `c` the options take.
fn counts(options: &Value, sizes: [usize; 3]) -> Result<[usize; 3]> {
    let rows = rows(sizes);
    let mut counts = [0; 3];
    let answer = run(options, &rows)?;
    let Choice::Rows(positions) = answer.choice() else { panic!("it answers rows") };
    for &position in positions {
        let class = rows[position as usize]["class"].as_str().unwrap();
        counts[usize::from(class.as_bytes()[0] - b'a')] += 1;
    }
    Ok(counts)
}

fn refused(options: &Value) -> (String, String) {
    let error = PLUGIN.build(options).err().unwrap();
    (error.option_path().unwrap().to_owned(), error.to_string())
}

/// The example that these options make of the manifest's rows.
fn example(options: Value) -> Example {
    let rows = PLUGIN.manifest().example.rows;
    Example { chooses: taken(&options, &rows), options, rows }
}

#[test]
fn laws() {
    assert_eq!(laws::check(&PLUGIN), Ok(()));
    for options in [
        json!({"by": "task", "shares": "equal"}),
        json!({"by": "task", "shares": "equal", "total": "input", "short": {"oversample": 30}}),
        json!({"by": "task", "temperature": 2, "total": 7, "short": "redistribute"}),
        json!({"by": "task", "ratio": {"math": 2, "coding": 1}, "others": "keep", "short": "accept"}),
        json!({"by": "task", "counts": {"math": 9, "coding": 2}, "short": "accept", "pick": {"weighted": "w"}}),
    ] {
        assert_eq!(laws::check_with(&PLUGIN, example(options)), Ok(()));
    }
}

#[test]
fn counts_and_what_to_do_when_short() {
    let options = |short: Value| json!({"by": "class", "counts": {"a": 6, "b": 6}, "short": short});
    assert_eq!(counts(&options(json!("accept")), [10, 4, 5]).unwrap(), [6, 4, 0]);
    assert_eq!(counts(&options(json!("shrink")), [10, 4, 5]).unwrap(), [4, 4, 0]);
    assert_eq!(counts(&options(json!("redistribute")), [10, 4, 5]).unwrap(), [8, 4, 0]);
    assert_eq!(counts(&options(json!({"oversample": 2})), [10, 4, 5]).unwrap(), [6, 6, 0]);
    let error = counts(&options(json!("error")), [10, 4, 5]).unwrap_err();
    assert_eq!(error.to_string(), "`b` has 4 rows, 6 are wanted");
}

#[test]
fn shares_of_the_largest_the_input_or_a_number() {
    let options = |total: Value| json!({"by": "class", "shares": {"a": 0.4, "b": 0.4, "c": 0.2}, "total": total, "short": "accept"});
    assert_eq!(counts(&options(json!("largest")), [70, 20, 10]).unwrap(), [20, 20, 10]);
    assert_eq!(counts(&options(json!("input")), [70, 20, 10]).unwrap(), [40, 20, 10]);
    assert_eq!(counts(&options(json!(11)), [70, 20, 10]).unwrap(), [5, 4, 2]);
}

/// The rows that a script with `int(total * share)` and sample-or-all takes.
#[test]
fn truncated_shares_of_the_input() {
    let options = json!({
        "by": "class", "shares": {"a": 0.29, "b": 0.57}, "total": "input", "rounding": "floor", "short": "accept",
    });
    assert_eq!(counts(&options, [40, 50, 10]).unwrap(), [28, 50, 0]);
}

#[test]
fn equal_shares_and_ratios() {
    assert_eq!(counts(&json!({"by": "class", "shares": "equal"}), [9, 5, 7]).unwrap(), [5, 5, 5]);
    assert_eq!(counts(&json!({"by": "class", "ratio": {"a": 2, "b": 1}}), [9, 5, 7]).unwrap(), [9, 4, 0]);
    assert_eq!(
        counts(&json!({"by": "class", "ratio": {"a": 2, "b": 1}, "others": "keep"}), [9, 5, 7]).unwrap(),
        [9, 4, 7]
    );
}

#[test]
fn temperature_and_floor() {
    let options = |floor: u64| json!({"by": "class", "temperature": 2, "total": 60, "floor": floor});
    assert_eq!(counts(&options(0), [900, 100, 9]).unwrap(), [42, 14, 4]);
    assert_eq!(counts(&options(9), [900, 100, 9]).unwrap(), [38, 13, 9]);
    assert_eq!(counts(&options(50), [900, 100, 9]).unwrap(), [50, 50, 9], "floors win over the total");
}

#[test]
fn classes_are_named_by_their_text() {
    let numbers = [1.0, 2.5, 1.0].map(|level| json!({"level": level}));
    assert_eq!(taken(&json!({"by": "level", "counts": {"1": 2}}), &numbers), [0, 2]);
    let flags = [true, false].map(|flag| json!({"flag": flag}));
    assert_eq!(taken(&json!({"by": "flag", "counts": {"true": 1}}), &flags), [0]);
    let nulls = [json!({"task": null}), json!({"task": "x"})];
    assert_eq!(taken(&json!({"by": "task", "counts": {"null": 1}}), &nulls), [0]);
    let both = [json!({"task": null}), json!({"task": "null"})];
    assert_eq!(taken(&json!({"by": "task", "counts": {"null": 1}}), &both), [1]);
}

#[test]
fn two_keys_are_nested() {
    let rows = [("math", "easy"), ("math", "hard"), ("coding", "easy"), ("math", "easy")];
    let rows = rows.map(|(task, level)| json!({"task": task, "level": level}));
    let options = |counts: Value| json!({"by": ["task", "level"], "counts": counts, "pick": "first"});
    assert_eq!(taken(&options(json!({"math": {"easy": 1, "hard": 1}})), &rows), [0, 1]);
    assert_eq!(refused(&options(json!({"math": 1}))).0, "counts.math");
    let error = run(&options(json!({"math": {"esay": 1}})), &rows).unwrap_err();
    assert_eq!(error.to_string(), "no row is of class `math × esay` in `task`, `level`");
    assert_eq!(error.hints()[0], "did you mean `math × easy`?");
}

#[test]
fn a_class_without_rows() {
    let options =
        |short: &str| json!({"by": "class", "shares": {"a": 0.5, "b": 0.25, "z": 0.25}, "short": short});
    assert!(counts(&options("error"), [8, 9, 0]).is_err());
    assert!(counts(&options("shrink"), [8, 9, 0]).is_err());
    assert_eq!(counts(&options("accept"), [8, 9, 0]).unwrap(), [8, 4, 0]);
    assert_eq!(counts(&options("redistribute"), [8, 9, 0]).unwrap(), [8, 8, 0]);
    assert_eq!(counts(&json!({"by": "class", "counts": {"a": 1, "z": 0}}), [8, 9, 0]).unwrap(), [1, 0, 0]);
}

#[test]
fn others_may_be_refused() {
    let options = json!({"by": "class", "counts": {"a": 1}, "others": "error"});
    assert_eq!(counts(&options, [1, 1, 0]).unwrap_err().to_string(), "class `b` is not named in `counts`");
    assert_eq!(counts(&options, [1, 0, 0]).unwrap(), [1, 0, 0]);
}

#[test]
fn what_was_wanted_and_got_is_noted() {
    let answer =
        run(&json!({"by": "class", "counts": {"b": 3, "z": 1}, "short": "accept"}), &rows([4, 2, 0]))
            .unwrap();
    let table = &answer.notes()[0].table;
    let texts: Vec<_> = table.column(0).as_string::<i32>().iter().map(Option::unwrap).collect();
    assert_eq!(texts, ["b", "z", "a"]);
    let numbers =
        |name: &str| table.column_by_name(name).unwrap().as_primitive::<UInt64Type>().values().to_vec();
    assert_eq!(numbers("available"), [2, 0, 4]);
    assert_eq!(numbers("wanted"), [3, 1, 0]);
    assert_eq!(numbers("got"), [2, 0, 0]);
}

#[test]
fn options_that_make_no_sense() {
    let by = |name: &str, value: Value| json!({"by": "class", name: value});
    assert_eq!(
        refused(&json!({"by": "class"})).1,
        "exactly one of `counts`, `shares`, `ratio` and `temperature` is needed"
    );
    let refused_with = |mut options: Value, name: &str, value: Value| {
        options[name] = value;
        refused(&options)
    };
    assert_eq!(refused_with(by("counts", json!({"a": 1})), "total", json!(3)).0, "total");
    assert_eq!(refused_with(by("shares", json!("equal")), "others", json!("keep")).0, "others");
    assert_eq!(refused(&by("temperature", json!(0))).0, "temperature");
    assert_eq!(
        refused(&by("shares", json!({"a": 0.5, "b": 0.6}))).1,
        "the shares add up to 1.1, more than 1"
    );
    assert_eq!(refused(&by("shares", json!({"a": 0.5, "b": 0.4}))).1, "the shares add up to 0.9, not to 1");
    assert_eq!(refused(&by("shares", json!({"a": -1.0}))).0, "shares.a");
    assert_eq!(refused(&by("counts", json!({"a": 1e3}))).0, "counts.a");
    assert_eq!(refused(&by("counts", json!({"a": u64::MAX}))).0, "counts.a");
    assert_eq!(refused(&by("ratio", json!({"a": 0}))).0, "ratio");
    assert_eq!(
        refused(&by("shares", json!("even"))).1,
        "`shares` is the text \"even\", expected `equal` or a mapping of classes to shares"
    );
    assert_eq!(refused(&by("cuonts", json!({"a": 1}))).1, "unknown option `cuonts`");
    let twice = json!({"by": "x", "counts": {"1": 1, "1.0": 1}});
    assert_eq!(run(&twice, &[json!({"x": 0.5})]).unwrap_err().to_string(), "class `1` is named twice");
}

proptest! {
    #[test]
    fn nothing_is_taken_twice_unless_oversampling(sizes in [0_usize..30, 0..30, 1..30], total in 0_u64..60) {
        for short in ["accept", "redistribute"] {
            let options = json!({"by": "class", "ratio": {"a": 1, "b": 2, "c": 3}, "total": total, "short": short});
            let taken = taken(&options, &rows(sizes));
            prop_assert!(taken.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(taken.len() as u64 <= total);
            let fits = short == "redistribute" && total as usize <= sizes.iter().sum();
            prop_assert!(!fits || taken.len() as u64 == total);
        }
    }

    #[test]
    fn the_largest_output_has_exactly_the_shares(sizes in [1_usize..200, 1..200, 1..200]) {
        let options = json!({"by": "class", "shares": {"a": 0.5, "b": 0.3, "c": 0.2}});
        let got = counts(&options, sizes).unwrap();
        let total = got.iter().sum::<usize>() as f64;
        for (got, share) in got.into_iter().zip([0.5, 0.3, 0.2]) {
            prop_assert!((got as f64 - total * share).abs() < 1.0);
        }
        let one_more = [0.5, 0.3, 0.2].into_iter().zip(sizes).any(|(share, size)| (total + 1.0) * share > size as f64);
        prop_assert!(one_more);
    }

    #[test]
    fn oversampling_is_even(size in 1_usize..10, wanted in 0_u64..30) {
        let options = json!({"by": "class", "counts": {"a": wanted}, "short": {"oversample": 30}});
        let taken = taken(&options, &rows([size, 0, 0]));
        prop_assert_eq!(taken.len() as u64, wanted);
        for row in 0..size as u32 {
            let copies = taken.iter().filter(|&&other| other == row).count();
            prop_assert!(copies.abs_diff(wanted as usize / size) <= 1);
        }
    }
}
