//! Rows from JSON Lines to Parquet and back, through the front door.

#![allow(clippy::unwrap_used)]

use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

use proptest::prelude::*;
use serde_json::{Map, Value};
use unskew_io::{
    Compression, DataFile, Format, Inferred, Local, Output, ScanSpec, Silent, Source, Store, Writing,
    WrittenFile, infer, scan, write,
};

fn sources(folder: &Path, names: &[&str]) -> Vec<Source> {
    let store = Arc::new(Local::new(folder));
    let source = |name: &&str| {
        let (format, compression) = Format::of(name).unwrap();
        Source::File(DataFile { store: store.clone(), entry: store.stat(name).unwrap(), format, compression })
    };
    names.iter().map(source).collect()
}

fn written(
    sources: &[Source],
    addresses: &[u32],
    format: Format,
    memory: u64,
    to: &Path,
) -> (Inferred, Vec<WrittenFile>) {
    let scan = scan(sources, &ScanSpec::default(), &Silent).unwrap();
    let mut ascending = addresses.to_vec();
    ascending.sort_unstable();
    ascending.dedup();
    let inferred = infer(sources, &scan, &ascending, &Silent).unwrap();
    let output = Output {
        folder: to.to_owned(),
        name: "train",
        exact_name: false,
        addresses,
        added: None,
        replaced: &[],
        shape: None,
        inferred: &inferred,
    };
    let writing =
        Writing { format, compression: Compression::None, memory, sync: false, shard_bytes: 1 << 20 };
    let files = write(sources, &scan, &[output], &writing, &Silent).unwrap().remove(0).files;
    (inferred, files)
}

fn lines(folder: &Path, files: &[WrittenFile]) -> Vec<Value> {
    let read = |file: &WrittenFile| fs::read_to_string(folder.join(&file.name)).unwrap();
    files
        .iter()
        .flat_map(|file| {
            read(file).lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<_>>()
        })
        .collect()
}

/// The value with JSON texts read, null members and empty objects left out, and whole floats as integers.
fn essence(value: &Value, path: &str, as_json: &[&str]) -> Value {
    match value {
        Value::String(text) if as_json.contains(&path) => {
            essence(&serde_json::from_str(text).unwrap(), "", &[])
        }
        Value::Array(items) => {
            items.iter().map(|item| essence(item, &format!("{path}[]"), as_json)).collect()
        }
        Value::Object(members) => {
            let member = |(name, member): (&String, &Value)| {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                (name.clone(), essence(member, &path, as_json))
            };
            let members: BTreeMap<_, _> =
                members.iter().map(member).filter(|(_, member)| !member.is_null()).collect();
            Value::Object(members.into_iter().collect())
        }
        Value::Number(number) => match number.as_f64() {
            Some(float) if float.fract() == 0.0 && float.abs() < 9e15 => Value::from(float as i64),
            _ => value.clone(),
        },
        other => other.clone(),
    }
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-9_i64..9).prop_map(Value::from),
        (-9.0_f64..9.0).prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[ab]", inner), 1..4)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn rows() -> impl Strategy<Value = Vec<Value>> {
    let row =
        (any::<bool>(), prop::collection::vec(("[a-c]", values()), 0..4)).prop_map(|(always, members)| {
            let members = members.into_iter().chain([("always".to_owned(), Value::from(always))]);
            Value::Object(members.collect::<Map<_, _>>())
        });
    prop::collection::vec(row, 1..30)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn json_lines_through_parquet_say_the_same(
        rows in rows(),
        picks in prop::collection::vec(any::<prop::sample::Index>(), 1..40),
        cut in any::<prop::sample::Index>(),
        memory in prop_oneof![Just(4_000_u64), Just(1 << 28)],
    ) {
        let folder = tempfile::tempdir().unwrap();
        let text = |rows: &[Value]| rows.iter().map(|row| row.to_string() + "\n").collect::<Vec<_>>().concat();
        let (one, other) = rows.split_at(cut.index(rows.len()));
        fs::write(folder.path().join("a.jsonl"), text(one)).unwrap();
        fs::write(folder.path().join("b.jsonl"), text(other)).unwrap();
        let sources_of_json = sources(folder.path(), &["a.jsonl", "b.jsonl"]);
        let addresses: Vec<u32> = picks.iter().map(|pick| pick.index(rows.len()) as u32).collect();

        // Into Parquet in any order, and all of that back.
        let (inferred, parquet) = written(&sources_of_json, &addresses, Format::Parquet, memory, folder.path());
        prop_assert_eq!(parquet.len(), 1);
        let from_parquet = sources(folder.path(), &[&parquet[0].name]);
        let all: Vec<u32> = (0..addresses.len() as u32).collect();
        let (again, json) = written(&from_parquet, &all, Format::Json, memory, folder.path());
        prop_assert_eq!(&again.schema, &inferred.schema);
        let as_json: Vec<&str> = inferred.as_json.iter().map(|(path, _)| path.as_str()).collect();
        let back: Vec<Value> = lines(folder.path(), &json).iter().map(|row| essence(row, "", &as_json)).collect();
        let expected: Vec<Value> = addresses.iter().map(|address| essence(&rows[*address as usize], "", &[])).collect();
        prop_assert_eq!(&back, &expected);

        // JSON Lines and Parquet side by side, in reverse.
        let mixed = [sources_of_json, from_parquet].concat();
        let total = rows.len() + addresses.len();
        let reverse: Vec<u32> = (0..total as u32).rev().collect();
        let to = folder.path().join("mixed");
        fs::create_dir(&to).unwrap();
        let (_, files) = written(&mixed, &reverse, Format::Parquet, memory, &to);
        prop_assert_eq!(files.iter().map(|file| file.rows).sum::<u64>(), total as u64);
        let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
        let from_mixed = sources(&to, &names);
        let scanned = scan(&from_mixed, &ScanSpec { extracts: vec!["always".parse().unwrap()], ..ScanSpec::default() }, &Silent);
        let always = scanned.unwrap().columns.remove(0);
        let in_order = rows.iter().chain(addresses.iter().map(|address| &rows[*address as usize]));
        let expected: Vec<Option<bool>> = in_order.map(|row| row["always"].as_bool()).rev().collect();
        let always: &arrow::array::BooleanArray = always.as_any().downcast_ref().unwrap();
        prop_assert_eq!(always.iter().collect::<Vec<_>>(), expected);
    }
}
