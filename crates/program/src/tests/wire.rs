//! Inputs and selections go through the wire unchanged, and how they look there is frozen.

use std::{io::Cursor, sync::Arc};

use arrow::{
    array::{
        Array, ArrayRef, BooleanArray, DictionaryArray, Float64Array, Int64Array, ListArray, NullArray,
        StringArray, UInt32Array, UInt64Array,
    },
    datatypes::{Int64Type, UInt32Type},
    util::pretty::pretty_format_batches,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use unskew_strategy::{
    Batches, Choice, Column, Gives, Groups, Input, Need, Over, Role, Roles, Selection, laws::Table,
};

use crate::{Wire, answer, request, table};

type Needs = Vec<(String, Need)>;

fn written(wire: Wire, options: &Value, needs: &Needs, input: &Input) -> Vec<u8> {
    let mut bytes = vec![];
    request::write(wire, options, needs, input, &mut bytes).unwrap();
    bytes
}

/// A column of `rows` values, and a need that it may answer.
fn column(rows: usize) -> impl Strategy<Value = (Need, Column)> {
    let values = |values: ArrayRef| (Need::Values("x".into()), Column::Values(values));
    let many = rows..=rows;
    let codes = prop::collection::vec(0_u32..3, many.clone());
    prop_oneof![
        prop::collection::vec(any::<Option<i64>>(), many.clone())
            .prop_map(move |all| values(Arc::new(Int64Array::from(all)))),
        prop::collection::vec(any::<Option<f64>>(), many.clone())
            .prop_map(move |all| values(Arc::new(Float64Array::from(all)))),
        prop::collection::vec(any::<Option<bool>>(), many.clone())
            .prop_map(move |all| values(Arc::new(BooleanArray::from(all)))),
        prop::collection::vec(any::<Option<String>>(), many.clone())
            .prop_map(move |all| values(Arc::new(StringArray::from(all)))),
        prop::collection::vec(
            prop::option::of(prop::collection::vec(any::<Option<i64>>(), 0..3)),
            many.clone()
        )
        .prop_map(move |all| values(Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>(all)))),
        Just(values(Arc::new(NullArray::new(rows)))),
        (codes.clone(), "[a-c]{1,2}").prop_map(move |(codes, level)| {
            let levels: StringArray =
                [format!("{level}0"), format!("{level}1"), level].map(Some).into_iter().collect();
            values(Arc::new(DictionaryArray::<UInt32Type>::new(UInt32Array::from(codes), Arc::new(levels))))
        }),
        prop::collection::vec(any::<u64>(), many.clone())
            .prop_map(|all| (Need::Priority, Column::Numbers(UInt64Array::from(all)))),
        prop::collection::vec(any::<Option<u64>>(), many.clone()).prop_map(|all| (
            Need::Fingerprint("x".into()),
            Column::Values(Arc::new(UInt64Array::from(all)))
        )),
        Just((Need::Order, Column::Ranks((0..rows as u32).collect::<Vec<_>>().into()))),
        Just((Need::Chance.optional(), Column::Missing)),
        (codes, prop::collection::vec((any::<Option<String>>(), any::<bool>(), any::<u64>()), 3)).prop_map(
            |(codes, keys)| {
                let texts: StringArray = keys.iter().map(|key| key.0.clone()).collect();
                let truths: BooleanArray = keys.iter().map(|key| Some(key.1)).collect();
                let columns: Vec<(String, ArrayRef)> =
                    vec![("task".into(), Arc::new(texts)), ("a b".into(), Arc::new(truths))];
                let priority = keys.iter().map(|key| key.2).collect::<Vec<_>>();
                let keys = table::table(3, columns).unwrap();
                let need = Need::Groups(vec!["task".into(), "a b".into()]).optional();
                (need, Column::Groups(Groups::new(codes.into(), keys, priority.into())))
            }
        ),
    ]
}

fn inputs() -> impl Strategy<Value = (Needs, Input)> {
    (0_usize..5).prop_flat_map(|rows| (Just(rows), prop::collection::vec(column(rows), 0..5))).prop_map(
        |(rows, columns)| {
            let (needs, columns): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
            let named = needs.into_iter().enumerate().map(|(at, need)| (format!("c{at}"), need));
            (named.collect(), Input::new(rows, columns))
        },
    )
}

/// A selection and what it gives.
fn selections() -> impl Strategy<Value = (Selection, Gives)> {
    let rows = prop::collection::vec(
        (any::<u32>(), any::<u32>(), any::<bool>(), 0_u32..2, any::<Option<String>>()),
        0..5,
    );
    (rows, 0..3, any::<[bool; 3]>()).prop_map(|(rows, kind, [splits, columns, batches])| {
        let first: Vec<u32> = rows.iter().map(|row| row.0).collect();
        let role = |chosen: bool| if chosen { Role::Chosen } else { Role::Rejected };
        let (mut selection, roles) = match kind {
            0 => (Selection::rows(first), Roles::Same),
            1 => (Selection::pairs(first, rows.iter().map(|row| row.1).collect()), Roles::Pairs),
            _ => (Selection::unpair(first, rows.iter().map(|row| role(row.2)).collect()), Roles::Single),
        };
        let mut gives = Gives { roles, ..Gives::default() };
        if splits {
            let names = vec!["train".into(), "a b".into()];
            selection = selection.split(rows.iter().map(|row| row.3).collect(), names);
        }
        if columns {
            let levels = Arc::new(StringArray::from(vec!["easy", "hard"]));
            let codes: UInt32Array = rows.iter().map(|row| Some(row.3)).collect();
            let texts: StringArray = rows.iter().map(|row| row.4.clone()).collect();
            selection = selection.column("text", Arc::new(texts));
            selection =
                selection.column("level", Arc::new(DictionaryArray::<UInt32Type>::new(codes, levels)));
            gives.columns = vec!["text".into(), "level".into()];
        }
        if batches {
            selection = selection.batches(Batches { rows: vec![1, 0, 1], size: 3, per_epoch: 1 });
        }
        let found: ArrayRef = Arc::new(Int64Array::from(vec![Some(3), None]));
        (selection.note("found", table::table(2, vec![("rows".into(), found)]).unwrap()), gives)
    })
}

/// Everything that a selection says.
fn told(selection: &Selection) -> String {
    let notes: Vec<_> = selection.notes().iter().map(|note| (&note.name, &note.table)).collect();
    let (columns, batches) = (selection.columns(), selection.batched());
    format!("{:?} {:?} {columns:?} {batches:?} {notes:?}", selection.choice(), selection.splits())
}

proptest! {
    #[test]
    fn an_input_comes_through_as_it_was((needs, input) in inputs()) {
        let options = json!({"by": ["task"], "max": 3});
        let bytes = written(Wire::Arrow, &options, &needs, &input);
        let mut from = Cursor::new(bytes);
        let (read, rows) = request::read_options(&mut from).unwrap();
        prop_assert_eq!(read, options);
        let read = request::read_input(rows, &needs, &mut from).unwrap();
        prop_assert_eq!(format!("{read:?}"), format!("{input:?}"));
        // The same as JSON is one object a row.
        let text = String::from_utf8(written(Wire::Json, &json!({}), &needs, &input)).unwrap();
        prop_assert_eq!(text.lines().count(), 1 + input.len());
        prop_assert!(text.lines().all(|line| serde_json::from_str::<Value>(line).unwrap().is_object()));
    }

    #[test]
    fn a_selection_comes_through_as_it_was((selection, gives) in selections()) {
        let mut bytes = vec![];
        answer::write(&selection, &mut bytes).unwrap();
        let read = answer::read(Wire::Arrow, bytes, &gives).unwrap();
        prop_assert_eq!(told(&read), told(&selection));
    }

    /// The same answer as Arrow and as JSON is the same selection.
    #[test]
    fn both_forms_say_the_same((selection, gives) in selections()) {
        let mut bytes = vec![];
        answer::write(&selection, &mut bytes).unwrap();
        let end = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        let mut said: Value = serde_json::from_slice(&bytes[..end]).unwrap();
        if !gives.columns.is_empty() {
            said["levels"] = json!({"level": ["easy", "hard"]});
        }
        let rows = table::read_arrow(bytes[end..].to_vec().into()).unwrap();
        let mut text = format!("{said}\n").into_bytes();
        table::write(Wire::Json, &rows, &mut text).unwrap();
        let read = answer::read(Wire::Json, text, &gives).unwrap();
        prop_assert_eq!((read.choice(), read.splits(), read.batched()), (selection.choice(), selection.splits(), selection.batched()));
        for ((field, values), (other, same)) in read.columns().iter().zip(selection.columns()) {
            prop_assert_eq!(field.name(), other.name());
            // A column without any value has no type in JSON.
            prop_assert!(values == same || values.logical_null_count() == same.len());
        }
    }

    #[test]
    fn nothing_in_an_answer_breaks_the_host(bytes: Vec<u8>, cut in 0_usize..400, (selection, gives) in selections()) {
        let mut whole = vec![];
        answer::write(&selection, &mut whole).unwrap();
        let cut = cut.min(whole.len() - 1);
        for bytes in [bytes.clone(), [&b"{}\n"[..], &bytes].concat(), whole[..cut].to_vec(), [&whole[..cut], &bytes].concat()] {
            for wire in [Wire::Arrow, Wire::Json] {
                if let Err(error) = answer::read(wire, bytes.clone(), &gives) {
                    prop_assert!(error.is_failure(), "{error}");
                }
            }
        }
        prop_assert!(answer::read(Wire::Arrow, whole[..cut].to_vec(), &gives).is_err());
    }
}

/// What a strategy with several needs is told of three rows.
fn example() -> (Value, Needs, Input) {
    let needs = [
        ("group", Need::Groups(vec!["task".into()])),
        ("score", Need::Values("reward".into())),
        (
            "mean",
            Need::Aggregate { of: "avg(reward)".into(), over: Over::Groups(vec!["task".into()]) }.optional(),
        ),
        ("rank", Need::Priority),
        ("order", Need::Order),
    ];
    let needs: Needs = needs.map(|(name, need)| (name.to_owned(), need)).to_vec();
    let rows = [
        json!({"task": "math", "reward": 0.5, "$priority": 18_446_744_073_709_551_615_u64}),
        json!({"task": null, "reward": null, "$priority": 7}),
        json!({"task": "coding", "reward": 1, "$priority": 8}),
    ];
    let plain: Vec<Need> = needs.iter().map(|(_, need)| need.clone()).collect();
    (json!({"by": "task", "fraction": 0.5}), needs, Table::new(&rows).unwrap().input(&plain))
}

#[test]
fn what_is_told_as_json_is_frozen() {
    let (options, needs, input) = example();
    let text = String::from_utf8(written(Wire::Json, &options, &needs, &input)).unwrap();
    assert_eq!(
        text,
        r#"{"options":{"by":"task","fraction":0.5},"rows":3,"groups":{"group":[{"$priority":"04227908306770881397","task":"coding"},{"$priority":"07394460416381078246","task":"math"},{"$priority":"00000000000000000000","task":null}]}}
{"group":1,"score":0.5,"rank":"18446744073709551615","order":0}
{"group":2,"score":null,"rank":"00000000000000000007","order":1}
{"group":0,"score":1.0,"rank":"00000000000000000008","order":2}
"#
    );
}

#[test]
fn what_is_told_as_arrow_is_frozen() {
    let (options, needs, input) = example();
    let bytes = written(Wire::Arrow, &options, &needs, &input);
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    assert_eq!(&bytes[..end], b"{\"options\":{\"by\":\"task\",\"fraction\":0.5},\"rows\":3}\n");
    let mut from = Cursor::new(&bytes[end..]);
    let shown = |from: &mut Cursor<&[u8]>| {
        let table = table::read_next(from).unwrap();
        let kinds: Vec<String> =
            table.schema().fields().iter().map(|field| field.data_type().to_string()).collect();
        format!("{}\n{}", kinds.join(" "), pretty_format_batches(&[table]).unwrap())
    };
    let rows = "\
UInt32 Float64 UInt64 UInt32
+-------+-------+----------------------+-------+
| group | score | rank                 | order |
+-------+-------+----------------------+-------+
| 1     | 0.5   | 18446744073709551615 | 0     |
| 2     |       | 7                    | 1     |
| 0     | 1.0   | 8                    | 2     |
+-------+-------+----------------------+-------+";
    assert_eq!(shown(&mut from), rows);
    let groups = "\
UInt64 Utf8
+---------------------+--------+
| $priority           | task   |
+---------------------+--------+
| 4227908306770881397 | coding |
| 7394460416381078246 | math   |
| 0                   |        |
+---------------------+--------+";
    assert_eq!(shown(&mut from), groups);
    assert_eq!(from.position() as usize, bytes.len() - end);
}

#[test]
fn an_arrow_table_must_have_the_columns_that_fit() {
    let failure = |said: &str, names: &[&str]| {
        let column = |name: &&str| -> (String, ArrayRef) {
            ((*name).to_owned(), Arc::new(UInt32Array::from(vec![0])))
        };
        let mut bytes = format!("{said}\n").into_bytes();
        table::write(Wire::Arrow, &table::table(1, names.iter().map(column).collect()).unwrap(), &mut bytes)
            .unwrap();
        answer::read(Wire::Arrow, bytes, &Gives::default()).unwrap_err().to_string()
    };
    assert_eq!(
        failure("{}", &["position", "chosen"]),
        "its table must have the column `position`, or `chosen` and `rejected`, or `position` and `role`"
    );
    let split = "the names `splits` and the column `split` go together, and it has one of them";
    assert_eq!(failure("{}", &["position", "split"]), split);
    assert_eq!(failure("{\"splits\": [\"a\"]}", &["position"]), split);
    let role = "its column `role` has other texts than `chosen` and `rejected`";
    assert_eq!(failure("{}", &["position", "role"]), role);
    assert_eq!(failure("hello", &["position"]), "its answer is not what it should be");
}

#[test]
fn what_is_answered_as_json_is_read() {
    let read = |gives: Value, text: &str| {
        let gives = serde_json::from_value(gives).unwrap();
        answer::read(Wire::Json, text.into(), &gives).map_err(|error| error.to_string())
    };
    let text = "{\"splits\": [\"train\", \"test\"], \"levels\": {\"level\": [\"easy\", \"hard\"]},\
        \"notes\": [{\"name\": \"found\", \"rows\": [{\"task\": \"math\", \"rows\": 2}]}]}\n\
        {\"position\": 2, \"split\": 1, \"level\": \"hard\", \"gap\": 0.5}\n{\"position\": 0, \"split\": 0, \"gap\": 1}";
    let selection = read(json!({"columns": ["level", "gap"]}), text).unwrap();
    assert_eq!(*selection.choice(), Choice::Rows(vec![2, 0]));
    assert_eq!(selection.splits().unwrap().0, [1, 0]);
    let names: Vec<_> = selection.columns().iter().map(|(field, _)| field.to_string()).collect();
    assert_eq!(names.len(), 2);
    assert_eq!(table::objects(&selection.notes()[0].table).unwrap()[0]["task"], "math");
    let pairs = read(json!({"roles": "pairs"}), "{}\n{\"chosen\": 3, \"rejected\": 1}").unwrap();
    assert_eq!(*pairs.choice(), Choice::Pairs { chosen: vec![3], rejected: vec![1] });
    assert!(read(json!({"roles": "single"}), "{}").unwrap().is_empty());

    let failure = |text: &str| read(json!({}), text).unwrap_err();
    assert_eq!(failure("{}\n{\"position\": -1}"), "its column `position` has numbers that are none of rows");
    assert_eq!(
        failure("{}\n{\"position\": 4294967296}"),
        "its column `position` has numbers that are none of rows"
    );
    assert_eq!(failure("{}\n{\"position\": 0.5}"), "its column `position` is not of whole numbers");
    assert_eq!(failure("{}\n{\"position\": 1}\n{}"), "its column `position` has gaps");
    assert_eq!(failure("{}\n{\"position\": 1}\n{\"posi"), "its table is no JSON Lines");
    assert_eq!(failure("{\"spilts\": []}\n"), "its answer is not what it should be");
    assert_eq!(failure(""), "its answer is not what it should be");
    assert_eq!(failure("{}\n{\"row\": 1}"), "its table has a column `row`, which it did not give");
    let facts =
        format!("{{\"notes\": [{{\"name\": \"x\", \"rows\": [{}{{}}]}}]}}\n", "{\"x\": 1},".repeat(1 << 20));
    assert_eq!(failure(&facts), "a note of it has more than 1048576 facts, or more than 1000 columns");
    let refused = answer::read(
        Wire::Json,
        br#"{"error": {"message": "too few", "option": "max", "hints": ["less"]}}"#.to_vec(),
        &Gives::default(),
    );
    let error = refused.unwrap_err();
    assert_eq!(
        (error.is_failure(), error.option_path(), error.hints()),
        (false, Some("max"), &["less".to_owned()][..])
    );
}
