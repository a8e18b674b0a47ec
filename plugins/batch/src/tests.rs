//! What batches hold.

use std::collections::BTreeMap;

use arrow::{
    array::AsArray,
    datatypes::{UInt32Type, UInt64Type},
};
use proptest::prelude::*;
use serde_json::{Value, json};
use unskew_strategy::{Choice, Example, Plugin, Result, Selection, derive, laws};

use super::PLUGIN;

fn run(options: &Value, rows: &[Value]) -> Result<Selection> {
    laws::answer(&PLUGIN, options, rows)
}

fn chosen(options: &Value, rows: &[Value]) -> Vec<u32> {
    let Choice::Rows(rows) = run(options, rows).unwrap().choice().clone() else { panic!("it answers rows") };
    rows
}

/// So many rows of each class, one class after another, with random numbers that depend on the seed.
fn rows(sizes: &[usize], seed: u64) -> Vec<Value> {
    let labels = sizes.iter().enumerate().flat_map(|(class, &size)| std::iter::repeat_n(class, size));
    let row =
        |(at, class): (usize, usize)| json!({"label": class, "$chance": derive(at as u64, 0, seed as u32)});
    labels.enumerate().map(row).collect()
}

/// The class of each row that `rows` makes.
fn classes(sizes: &[usize]) -> Vec<usize> {
    sizes.iter().enumerate().flat_map(|(class, &size)| std::iter::repeat_n(class, size)).collect()
}

/// What must be true of every epoch of batches with `each` rows of each class.
fn check(sizes: &[usize], each: &[usize], order: &[u32], epochs: usize) {
    let classes = classes(sizes);
    let size: usize = each.iter().sum();
    let batches = sizes.iter().zip(each).map(|(size, each)| size.div_ceil(*each)).max().unwrap();
    assert_eq!(order.len(), batches * size * epochs);
    for epoch in order.chunks(batches * size) {
        let mut uses = vec![0_usize; classes.len()];
        for batch in epoch.chunks(size) {
            let mut seen: BTreeMap<u32, usize> = BTreeMap::new();
            let mut of_class = vec![0; each.len()];
            for &row in batch {
                *seen.entry(row).or_default() += 1;
                of_class[classes[row as usize]] += 1;
                uses[row as usize] += 1;
            }
            assert_eq!(of_class, each);
            let twice = seen.iter().filter(|(_, times)| **times > 1).map(|(row, _)| classes[*row as usize]);
            twice.for_each(|class| assert!(sizes[class] < each[class], "a row comes twice in {batch:?}"));
        }
        for class in 0..sizes.len() {
            let of_class = || (0..uses.len()).filter(|&row| classes[row] == class).map(|row| uses[row]);
            let (fewest, most) = (of_class().min().unwrap(), of_class().max().unwrap());
            assert!(fewest >= 1, "every row comes");
            assert!(most - fewest <= 1, "uses are even: {fewest} to {most}");
        }
    }
}

fn options(each: usize) -> Value {
    json!({"by": "label", "each": each})
}

/// The example that these options make of some rows.
fn example(options: Value) -> Example {
    let rows = rows(&[3, 8, 5], 1);
    Example { chooses: chosen(&options, &rows), options, rows }
}

#[test]
fn laws() {
    assert_eq!(laws::check(&PLUGIN), Ok(()));
    for options in [
        json!({"by": "label", "each": 2, "epochs": 3, "column": "batch"}),
        json!({"by": "label", "each": 3, "drop_last": true, "within": "mixed"}),
        json!({"by": "label", "each": {"0": 1, "1": 3, "2": 2}}),
        json!({"by": "label", "each": 2, "epochs": 2, "rows": "once"}),
    ] {
        assert_eq!(laws::check_with(&PLUGIN, example(options)), Ok(()));
    }
}

#[test]
fn rows_once_have_no_column_of_batches() {
    let error =
        PLUGIN.build(&json!({"by": "label", "each": 1, "rows": "once", "column": "batch"})).err().unwrap();
    assert_eq!(error.option_path(), Some("column"));
    let answer =
        run(&json!({"by": "label", "each": 2, "epochs": 2, "rows": "once"}), &rows(&[3, 2], 1)).unwrap();
    let batches = answer.batched().unwrap();
    assert_eq!((answer.len(), batches.rows.len(), batches.size, batches.per_epoch), (5, 16, 4, 2));
    let repeated = chosen(&json!({"by": "label", "each": 2, "epochs": 2}), &rows(&[3, 2], 1));
    assert_eq!(batches.rows, repeated);
}

/// Classes and rows for each batch that the sampler's own tests use.
const FIXTURES: [(&[usize], usize); 8] = [
    (&[3, 3, 3], 2),
    (&[5, 3, 4], 2),
    (&[4, 2, 3], 2),
    (&[3, 2, 4], 2),
    (&[4, 3, 2], 2),
    (&[2, 2], 1),
    (&[100, 2], 3),
    (&[10, 5, 20, 3], 2),
];

#[test]
fn batches_are_balanced_and_every_row_comes() {
    for (sizes, each) in FIXTURES {
        for seed in [42, 123, 456] {
            check(sizes, &vec![each; sizes.len()], &chosen(&options(each), &rows(sizes, seed)), 1);
        }
    }
}

#[test]
fn a_seed_is_an_order() {
    for (sizes, each) in FIXTURES {
        let order = |seed| chosen(&options(each), &rows(sizes, seed));
        assert_eq!(order(123), order(123));
        assert_ne!(order(123), order(456));
    }
}

#[test]
fn epochs_differ() {
    let options = json!({"by": "label", "each": 2, "epochs": 3});
    for (sizes, each) in FIXTURES.into_iter().filter(|(_, each)| *each == 2) {
        let order = chosen(&options, &rows(sizes, 42));
        check(sizes, &vec![each; sizes.len()], &order, 3);
        let epochs: Vec<&[u32]> = order.chunks(order.len() / 3).collect();
        assert!(epochs[0] != epochs[1] && epochs[1] != epochs[2] && epochs[0] != epochs[2]);
        assert_eq!(
            epochs[0],
            chosen(&self::options(2), &rows(sizes, 42)),
            "a longer run begins like a shorter one"
        );
    }
}

#[test]
fn the_last_batch_can_be_dropped() {
    let dropped = |sizes: &[usize], each: usize| {
        chosen(&json!({"by": "label", "each": each, "drop_last": true}), &rows(sizes, 42))
    };
    assert_eq!(dropped(&[100, 2], 3).len(), 33 * 6, "one row of the larger class is left out");
    assert_eq!(dropped(&[10, 5, 20, 3], 2).len(), 10 * 8, "nothing is left over of 20 rows by 2");
    let order = dropped(&[7, 7], 2);
    let mut different = order.clone();
    different.sort_unstable();
    different.dedup();
    assert_eq!((order.len(), different.len()), (12, 12), "nothing is repeated");
    let error = run(&json!({"by": "label", "each": 3, "drop_last": true}), &rows(&[2, 1], 1)).unwrap_err();
    assert_eq!(error.option_path(), Some("drop_last"));
}

#[test]
fn each_class_may_have_its_own_number() {
    let options = json!({"by": "label", "each": {"0": 3, "1": 1}});
    let order = chosen(&options, &rows(&[9, 5], 42));
    check(&[9, 5], &[3, 1], &order, 1);
    let refused = |each: Value| {
        let error = run(&json!({"by": "label", "each": each}), &rows(&[9, 5], 42)).unwrap_err();
        (error.option_path().unwrap().to_owned(), error.to_string())
    };
    assert_eq!(
        refused(json!({"0": 1, "1": 1, "2": 1})),
        ("each.2".to_owned(), "no row is of class `2` in `label`".to_owned())
    );
    assert_eq!(refused(json!({"0": 1})), ("each".to_owned(), "class `1` is not named in `each`".to_owned()));
    let named = [json!({"label": "math"}), json!({"label": "coding"})];
    let error = run(&json!({"by": "label", "each": {"math": 1, "codng": 1}}), &named).unwrap_err();
    assert_eq!(
        (error.option_path(), error.hints()),
        (Some("each.codng"), &["did you mean `coding`?".to_owned()][..])
    );
}

#[test]
fn batches_are_numbered_and_mixed() {
    let rows = rows(&[20, 20], 42);
    let plain = run(&json!({"by": "label", "each": 4, "column": "batch"}), &rows).unwrap();
    let numbers = plain.columns()[0].1.as_primitive::<UInt32Type>().values().to_vec();
    assert!(numbers.iter().enumerate().all(|(at, number)| *number as usize == at / 8));
    let plain = chosen(&options(4), &rows);
    assert!(
        plain.chunks(4).all(|part| part.iter().all(|row| (*row < 20) == (part[0] < 20))),
        "class after class"
    );
    let mixed = chosen(&json!({"by": "label", "each": 4, "within": "mixed"}), &rows);
    assert_ne!(plain, mixed);
    let sorted = |order: &[u32]| -> Vec<Vec<u32>> {
        let batch = |batch: &[u32]| {
            let mut batch = batch.to_vec();
            batch.sort_unstable();
            batch
        };
        order.chunks(8).map(batch).collect()
    };
    assert_eq!(sorted(&plain), sorted(&mixed), "the batches are the same");
}

#[test]
fn uses_are_noted() {
    let answer = run(&options(3), &rows(&[100, 2], 42)).unwrap();
    let number = |note: usize, name: &str| {
        let table = &answer.notes()[note].table;
        table.column_by_name(name).unwrap().as_primitive::<UInt64Type>().values().to_vec()
    };
    assert_eq!([number(0, "rows"), number(0, "each")], [[100, 2], [3, 3]]);
    assert_eq!([number(0, "fewest uses"), number(0, "most uses")], [[1, 51], [2, 51]]);
    assert_eq!([number(1, "batches"), number(1, "rows in each")], [[34], [6]]);
}

#[test]
fn options_that_make_no_sense() {
    let error = |options: Value| PLUGIN.build(&options).err().unwrap();
    assert_eq!(
        error(options(0)).to_string(),
        "`each` is the number 0, expected a number of rows, 1 or more, or a mapping of classes to such numbers"
    );
    assert_eq!(error(json!({"by": "label", "each": {"a": 0}})).option_path(), Some("each.a"));
    assert_eq!(error(json!({"by": "label", "each": {"a": {"b": 1}}})).option_path(), Some("each.a"));
    assert_eq!(error(json!({"by": "label", "each": 1, "epochs": 0})).option_path(), Some("epochs"));
    assert_eq!(error(json!({"by": "label"})).to_string(), "option `each` is missing");
    let options = json!({"by": "label", "each": 1_000_000, "epochs": 4000});
    let too_many = run(&options, &rows(&[2, 2], 1)).unwrap_err();
    assert_eq!(too_many.to_string(), "this would make 8000000000 rows, and 4294967295 is the most");
}

proptest! {
    #[test]
    fn every_epoch_keeps_the_promises(sizes in prop::collection::vec(1_usize..40, 1..5), each in prop::collection::vec(1_usize..9, 5), epochs in 1_usize..4, mixed: bool) {
        let each = &each[..sizes.len()];
        let given: serde_json::Map<String, Value> =
            each.iter().enumerate().map(|(class, each)| (class.to_string(), json!(each))).collect();
        let within = if mixed { "mixed" } else { "classes" };
        let options = json!({"by": "label", "each": given, "epochs": epochs, "within": within});
        check(&sizes, each, &chosen(&options, &rows(&sizes, 7)), epochs);
    }
}
