//! What is decoded under the inferred schema says the same as the rows did.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::{
    arrow_rows::{conform::Conform, encode::json_lines},
    infer::{columns_of, inferred_over},
};

fn lines(rows: &[Value]) -> Vec<u8> {
    let mut out = vec![];
    for row in rows {
        serde_json::to_writer(&mut out, row).unwrap();
        out.push(b'\n');
    }
    out
}

/// Decodes, and encodes again with JSON texts put back in place of what they stand for.
fn through_arrow(rows: &[Value]) -> Vec<Value> {
    let text = lines(rows);
    let inferred = inferred_over(&text).unwrap();
    let batch = Decoder::new(&inferred).decode(&text).unwrap();
    assert_eq!(batch.num_rows(), rows.len());
    let mut out = vec![];
    json_lines(&batch, &mut out).unwrap();
    let as_json: Vec<&str> = inferred.as_json.iter().map(|(path, _)| path.as_str()).collect();
    let rows = out.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    rows.map(|line| parsed(serde_json::from_slice(line).unwrap(), "", &as_json)).collect()
}

fn parsed(value: Value, path: &str, as_json: &[&str]) -> Value {
    use crate::infer::place;
    match value {
        Value::String(text) if as_json.contains(&path) => serde_json::from_str(&text).unwrap(),
        Value::Array(items) => {
            items.into_iter().map(|item| parsed(item, &place::item(path), as_json)).collect()
        }
        Value::Object(members) => members
            .into_iter()
            .map(|(name, member)| {
                let path = place::member(path, &name);
                (name, parsed(member, &path, as_json))
            })
            .collect(),
        other => other,
    }
}

/// The value without null members, and with every number as a float where that is exact.
fn essence(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(essence).collect(),
        Value::Object(members) => Value::Object(
            members
                .iter()
                .filter(|(_, member)| !member.is_null())
                .map(|(name, member)| (name.clone(), essence(member)))
                .collect::<std::collections::BTreeMap<_, _>>()
                .into_iter()
                .collect(),
        ),
        Value::Number(number) => match number.as_f64() {
            Some(float) if float.abs() <= 9_007_199_254_740_992.0 => Value::from(float),
            _ => value.clone(),
        },
        other => other.clone(),
    }
}

pub(crate) fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        3 => Just(Value::Null),
        2 => any::<bool>().prop_map(Value::from),
        3 => (-100_i64..100).prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<u64>().prop_map(Value::from),
        2 => any::<f64>().prop_map(Value::from),
        3 => ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[ab.]{0,2}", inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

pub(crate) fn rows() -> impl Strategy<Value = Vec<Value>> {
    let row = prop::collection::vec(("[a-c]", values()), 0..4)
        .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>()));
    prop::collection::vec(row, 0..12)
}

/// `null` within lists and rows stays, an object without members is only told from an absent one as JSON text.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let names: std::collections::BTreeSet<&String> = one.keys().chain(other.keys()).collect();
            names.into_iter().all(|name| {
                same(one.get(name).unwrap_or(&Value::Null), other.get(name).unwrap_or(&Value::Null))
            })
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        _ => one == other,
    }
}

proptest! {
    #[test]
    fn rows_come_back(rows in rows()) {
        let back = through_arrow(&rows);
        for (row, back) in rows.iter().zip(&back) {
            prop_assert!(same(&essence(row), &essence(back)), "{} became {}", row, back);
        }
    }

    #[test]
    fn pieces_make_the_whole(rows in prop::collection::vec("[a-z]{0,9}", 0..9)) {
        let text = rows.join("\n");
        prop_assert_eq!(pieces(text.as_bytes()).concat(), text.as_bytes());
    }

    #[test]
    fn conforming_to_the_own_schema_changes_nothing(rows in rows()) {
        let text = lines(&rows);
        let inferred = inferred_over(&text).unwrap();
        let batch = Decoder::new(&inferred).decode(&text).unwrap();
        let own = columns_of(batch.schema_ref());
        prop_assert_eq!(&own.schema, &inferred.schema);
        prop_assert_eq!(Conform::new(&own).batch(&batch).unwrap(), batch);
    }
}

#[test]
fn of_equal_members_the_last_counts() {
    let text = br#"{"a":1,"b":[1],"c":{"d":"x","d":"y"},"a":2,"b":[],"c":{"d":"z"}}"#;
    let inferred = inferred_over(text).unwrap();
    let batch = Decoder::new(&inferred).decode(text).unwrap();
    let mut out = vec![];
    json_lines(&batch, &mut out).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), "{\"a\":2,\"b\":[],\"c\":{\"d\":\"z\"}}\n");
}

#[test]
fn what_no_column_holds_becomes_json_text() {
    let rows = [
        json!({"a": "x", "b": 1, "c": [1], "d": {}, "e": 1, "f": 18_446_744_073_709_551_615_u64, "g": null}),
        json!({"a": {"y": 1}, "b": 0.5, "c": ["z"], "d": null, "e": 2, "f": 1, "g": null}),
    ];
    let text = lines(&rows);
    let inferred = inferred_over(&text).unwrap();
    let paths: Vec<_> = inferred.as_json.iter().map(|(path, reason)| format!("{path}: {reason}")).collect();
    assert_eq!(
        paths,
        [
            "a: texts and objects",
            "c[]: numbers and texts",
            "d: objects without members",
            "f: integers beyond 64 bits"
        ]
    );
    let batch = Decoder::new(&inferred).decode(&text).unwrap();
    let mut out = vec![];
    json_lines(&batch, &mut out).unwrap();
    let first = r#"{"a":"\"x\"","b":1.0,"c":["1"],"d":"{}","e":1,"f":"18446744073709551615","g":null}"#;
    let second = r#"{"a":"{\"y\":1}","b":0.5,"c":["\"z\""],"d":null,"e":2,"f":"1","g":null}"#;
    assert_eq!(String::from_utf8(out).unwrap(), format!("{first}\n{second}\n"));
}

#[test]
fn keys_that_are_data_become_json_text() {
    let rows: Vec<Value> = (0..201).map(|id| json!({"scores": {format!("id-{id}"): id}})).collect();
    let inferred = inferred_over(&lines(&rows)).unwrap();
    assert_eq!(inferred.as_json[0].0, "scores");
    assert!(inferred_over(&lines(&rows[..200])).unwrap().as_json.is_empty());
}

#[test]
fn objects_with_very_many_members_below_become_json_text() {
    let inner: Map<String, Value> = (0..60).map(|id| (format!("k{id}"), json!(id))).collect();
    let outer: Map<String, Value> =
        (0..60).map(|id| (format!("k{id}"), Value::Object(inner.clone()))).collect();
    let inferred = inferred_over(&lines(&[json!({"a": {"b": outer}, "c": inner})])).unwrap();
    let paths: Vec<&str> = inferred.as_json.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["a.b"]);
}

#[test]
fn what_is_nested_too_deep_becomes_json_text() {
    let deep = format!("{{\"a\":{}{}}}\n", "[".repeat(500), "]".repeat(500));
    let inferred = inferred_over(deep.as_bytes()).unwrap();
    assert_eq!(inferred.as_json.len(), 1);
    let batch = Decoder::new(&inferred).decode(deep.as_bytes()).unwrap();
    assert_eq!(batch.num_rows(), 1);
}
