//! What a mix takes.

use arrow::{array::AsArray, datatypes::Float64Type};
use proptest::prelude::*;
use serde_json::{Value, json};
use unskew_strategy::{Choice, Error, Example, Plugin, Result, Selection, laws};

use super::PLUGIN;

fn run(options: &Value, rows: &[Value]) -> Result<Selection> {
    laws::answer(&PLUGIN, options, rows)
}

fn taken(options: &Value, rows: &[Value]) -> Vec<u32> {
    let Choice::Rows(rows) = run(options, rows).unwrap().choice().clone() else { panic!("it answers rows") };
    rows
}

/// Rows of the sources `a`, `b`, `c` whose texts have these lengths.
fn rows(lengths: [&[u32]; 3]) -> Vec<Value> {
    let of = |(source, lengths): (&str, &[u32])| -> Vec<Value> {
        lengths.iter().map(|length| json!({"_source": source, "length(text)": length})).collect()
    };
    ["a", "b", "c"].into_iter().zip(lengths).flat_map(of).collect()
}

/// What was taken of each of `a`, `b` and `c`, by the note.
fn got(options: &Value, rows: &[Value], column: &str) -> Vec<f64> {
    let answer = run(options, rows).unwrap();
    answer.notes()[0].table.column_by_name(column).unwrap().as_primitive::<Float64Type>().values().to_vec()
}

fn told(error: &Error) -> (Option<&str>, String) {
    (error.option_path(), error.to_string())
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
        json!({"shares": "equal"}),
        json!({"shares": "equal", "of": "length(text)", "total": 30, "short": {"oversample": 100}}),
        json!({"shares": {"web": 0.75, "books": 0.25}, "total": "input", "short": "redistribute"}),
        json!({"shares": {"web": 0.9, "books": 0.1}, "of": "length(text)", "total": 20, "short": "accept", "pick": {"best": "score"}}),
    ] {
        assert_eq!(laws::check_with(&PLUGIN, example(options)), Ok(()));
    }
}

#[test]
fn rows_are_shared_as_a_target_shares_them() {
    let rows = rows([&[1; 70], &[1; 20], &[1; 10]]);
    let options = |total: Value, short: &str| json!({"shares": {"a": 0.4, "b": 0.4, "c": 0.2}, "total": total, "short": short});
    assert_eq!(got(&options(json!("largest"), "error"), &rows, "got"), [20.0, 20.0, 10.0]);
    assert_eq!(got(&options(json!("input"), "accept"), &rows, "got"), [40.0, 20.0, 10.0]);
    assert_eq!(got(&options(json!(11), "error"), &rows, "got"), [5.0, 4.0, 2.0]);
    assert_eq!(got(&options(json!("input"), "shrink"), &rows, "share"), [0.4, 0.4, 0.2]);
}

#[test]
fn a_measure_is_shared_and_not_rows() {
    let rows = rows([&[10; 7], &[100, 100], &[]]);
    let options = |total: Value| json!({"shares": {"a": 0.29, "b": 0.71}, "of": "length(text)", "total": total, "pick": "first"});
    assert_eq!(taken(&options(json!(100)), &rows), [0, 1], "71 are less than the first row of `b`");
    assert_eq!(got(&options(json!(100)), &rows, "wanted"), [29.0, 71.0]);
    assert_eq!(got(&options(json!("largest")), &rows, "got"), [70.0, 100.0], "all of `a` is 29 % of 241");
}

#[test]
fn a_source_that_is_wanted_whole_is_taken_whole() {
    let tenths: Vec<Value> =
        (0..30).map(|row| json!({"_source": (["a", "b"][row % 2]), "w": 0.1 * (row / 2) as f64})).collect();
    for share in [0.1, 0.3, 0.7, 1.0 / 3.0] {
        let options = json!({"shares": {"a": share, "b": 1.0 - share}, "of": "w"});
        let taken = taken(&options, &tenths);
        let rows = |source: usize| taken.iter().filter(|&&row| row as usize % 2 == source).count();
        assert!(rows(0) == 15 || rows(1) == 15, "{share}: {taken:?}");
    }
}

#[test]
fn a_measure_that_is_short() {
    let rows = rows([&[5, 5], &[3, 3, 3], &[]]);
    let options = |short: Value| json!({"shares": "equal", "of": "length(text)", "total": 30, "short": short, "pick": "first"});
    let error = run(&options(json!("error")), &rows).unwrap_err();
    assert_eq!(told(&error), (Some("total"), "`a` has 10 of `length(text)`, 15 are wanted".to_owned()));
    assert_eq!(taken(&options(json!("accept")), &rows), [0, 1, 2, 3, 4]);
    assert_eq!(got(&options(json!("shrink")), &rows, "got"), [5.0, 9.0], "9 of each, as near as rows come");
    let twice = taken(&options(json!({"oversample": 2})), &rows);
    assert_eq!(twice, [0, 0, 1, 2, 2, 3, 3, 4], "10 and 5 of `a`, 9 and 6 of `b`");
    let error = run(&options(json!({"oversample": 1})), &rows).unwrap_err();
    assert_eq!(error.option_path(), Some("total"));
}

#[test]
fn rows_without_a_measure_are_never_taken_twice() {
    let rows = rows([&[0, 4], &[4, 0], &[]]);
    let options = json!({"shares": "equal", "of": "length(text)", "pick": "first"});
    assert_eq!(taken(&options, &rows), [0, 1, 2, 3]);
}

#[test]
fn options_that_make_no_sense() {
    let refused = |options: Value| {
        let error = PLUGIN.build(&options).err().unwrap();
        (error.option_path().unwrap().to_owned(), error.to_string())
    };
    assert_eq!(refused(json!({})).1, "option `shares` is missing");
    assert_eq!(refused(json!({"shares": {"a": 0.5}})).0, "shares");
    assert_eq!(refused(json!({"shares": "equal", "of": " "})).0, "of");
    assert_eq!(refused(json!({"shares": "equal", "total": 0})).0, "total");
    let on =
        |options: Value| told(&run(&options, &rows([&[0], &[2], &[]])).unwrap_err()).0.map(str::to_owned);
    assert_eq!(on(json!({"shares": {"a": 1}})).as_deref(), Some("shares"));
    assert_eq!(on(json!({"shares": {"a": 0.5, "z": 0.5}})).as_deref(), Some("shares.z"));
    assert_eq!(on(json!({"shares": "equal", "of": "length(text)"})).as_deref(), Some("of"));
    assert_eq!(on(json!({"shares": "equal", "of": "_source"})).as_deref(), Some("of"));
    assert_eq!(
        taken(&json!({"shares": {"a": 0, "b": 1}, "of": "length(text)"}), &rows([&[0], &[2], &[]])),
        [1]
    );
}

fn lengths() -> impl proptest::strategy::Strategy<Value = Vec<Value>> {
    let priority = |row: usize| (row as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 8;
    prop::collection::vec((0_usize..3, 1_u32..50), 0..60).prop_map(move |drawn| {
        let all = (0..3).map(|source| (source, 7)).chain(drawn);
        let row = |(at, (source, length)): (usize, (usize, u32))| {
            json!({"_source": (["a", "b", "c"][source]), "length(text)": length, "$priority": priority(at)})
        };
        all.enumerate().map(row).collect()
    })
}

proptest! {
    /// Each source misses its share of the total by less than the one row that would have gone beyond it.
    #[test]
    fn each_source_is_within_one_row_of_its_share(rows in lengths(), raw in prop::array::uniform3(1_u32..50), total in prop::option::of(1_u32..400)) {
        let whole = f64::from(raw.iter().sum::<u32>());
        let shares = raw.map(|share| f64::from(share) / whole);
        let mut options = json!({"shares": {"a": shares[0], "b": shares[1], "c": shares[2]}, "of": "length(text)", "short": "shrink"});
        if let Some(total) = total {
            options["total"] = json!(total);
        }
        let (wanted, got) = (got(&options, &rows, "wanted"), got(&options, &rows, "got"));
        let reached = got.iter().zip(&wanted).map(|(got, wanted)| got / wanted).fold(f64::INFINITY, f64::min);
        prop_assert!(reached <= 1.0 + 1e-6);
        let largest = total.is_none();
        for (source, name) in ["a", "b", "c"].into_iter().enumerate() {
            let of = rows.iter().filter(|row| row["_source"] == name).map(|row| row["length(text)"].as_f64().unwrap());
            let heaviest = of.fold(0.0, f64::max);
            prop_assert!(got[source] <= wanted[source] * (1.0 + 1e-6));
            prop_assert!(!largest || wanted[source] - got[source] < heaviest);
        }
    }

    #[test]
    fn a_larger_total_keeps_what_a_smaller_one_took(rows in lengths(), total in 1_u32..100, more in 0_u32..100) {
        let options = |total: u32| json!({"shares": "equal", "of": "length(text)", "total": total, "short": "accept"});
        let (few, many) = (taken(&options(total), &rows), taken(&options(total + more), &rows));
        prop_assert!(few.iter().all(|row| many.contains(row)));
    }

    #[test]
    fn repeats_are_even(rows in lengths(), most in 1_u32..4) {
        let total = 3 * 7 * most;
        let options = json!({"shares": "equal", "of": "length(text)", "total": total, "short": {"oversample": most}});
        let taken = taken(&options, &rows);
        for row in 0..rows.len() as u32 {
            prop_assert!(taken.iter().filter(|&&other| other == row).count() <= most as usize);
        }
        for source in ["a", "b", "c"] {
            let of = |rows_of: &mut dyn Iterator<Item = u32>| rows_of.filter(|&row| rows[row as usize]["_source"] == source).count();
            let there = of(&mut (0..rows.len() as u32));
            let copies = (0..rows.len() as u32).filter(|&row| rows[row as usize]["_source"] == source).map(|row| taken.iter().filter(|&&other| other == row).count());
            let (least, greatest) = (copies.clone().min().unwrap(), copies.max().unwrap());
            prop_assert!(there > 0 && greatest - least <= 1);
        }
    }
}
