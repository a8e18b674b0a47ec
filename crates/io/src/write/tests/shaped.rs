//! Output rows that are made of several source rows, or of parts of them.

use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use arrow::{array::AsArray, datatypes::Int64Type};

use super::*;
use crate::{infer_shape, json::tests::compress};

fn member(name: &str, content: Content) -> Member {
    Member { name: name.to_owned(), content }
}

fn path(role: usize, path: &str) -> Content {
    taken(role, path, Items::All)
}

fn taken(role: usize, path: &str, items: Items) -> Content {
    Content::Path { role, paths: vec![path.parse().unwrap()], items }
}

fn shaped(
    sources: &[Source],
    roles: &[&[u32]],
    shape: &Shape,
    added: Option<&RecordBatch>,
    writing: &Writing,
) -> Result<(tempfile::TempDir, Wrote)> {
    let scan = scanned(sources);
    let folder = tempfile::tempdir().unwrap();
    let addresses = shape.addresses(roles);
    let inferred = match writing.format {
        Format::Json => inferred(),
        Format::Parquet => infer_shape(sources, &scan, &addresses, shape, &Silent)?,
    };
    let output = Output {
        folder: folder.path().to_owned(),
        name: "train",
        exact_name: false,
        addresses: &addresses,
        added,
        replaced: &[],
        shape: Some(shape),
        inferred: &inferred,
    };
    let wrote = write(sources, &scan, &[output], writing, &Silent)?.remove(0);
    Ok((folder, wrote))
}

fn text(sources: &[Source], roles: &[&[u32]], members: Vec<Member>) -> String {
    let (folder, wrote) = shaped(sources, roles, &Shape::new(members, vec![]), None, &PLAIN).unwrap();
    fs::read_to_string(folder.path().join(&wrote.files[0].name)).unwrap()
}

const ROWS: &str = r#" {"a" : 1, "m": [{"x": "\u00e9"},  {"x": 2}, {}], "a": 1e0 }
{"m": [ {"x":3} ] , "b": {"a": null}}
{"m": "none", "a": [ ]}
"#;

#[test]
fn values_stand_as_they_stood() {
    let (_folder, sources) = sources(&[("a.jsonl", ROWS.into(), Compression::None)]);
    let all = [0, 1, 2];
    let one = |content| text(&sources, &[&all], vec![member("v", content)]);
    assert_eq!(one(path(0, "a")), "{\"v\":1e0}\n{\"v\":null}\n{\"v\":[ ]}\n");
    assert_eq!(one(path(0, "b.a")), "{\"v\":null}\n{\"v\":null}\n{\"v\":null}\n");
    assert_eq!(one(path(0, "m[1]")), "{\"v\":{\"x\": 2}}\n{\"v\":null}\n{\"v\":null}\n");
    assert_eq!(one(path(0, "m[].x")), "{\"v\":[\"\\u00e9\",2,null]}\n{\"v\":[3]}\n{\"v\":null}\n");
    assert_eq!(one(taken(0, "m", Items::Last)), "{\"v\":[{}]}\n{\"v\":[{\"x\":3}]}\n{\"v\":null}\n");
    let rest = "{\"v\":[{\"x\": \"\\u00e9\"},  {\"x\": 2}]}\n{\"v\":[]}\n{\"v\":null}\n";
    assert_eq!(one(taken(0, "m", Items::ButLast)), rest);
    let row = one(Content::Row { role: 0 });
    assert_eq!(row, ROWS.lines().map(|row| ["{\"v\":", row.trim(), "}\n"].concat()).collect::<String>());
}

#[test]
fn a_path_can_be_another_in_each_source() {
    let files = [("a.jsonl", "{\"a\": 1, \"b\": 2}\n"), ("b.jsonl", "{\"a\": 3, \"b\": 4}\n")];
    let (_folder, sources) = sources(&files.map(|(name, text)| (name, text.into(), Compression::None)));
    let paths = vec!["a".parse().unwrap(), "b".parse().unwrap()];
    let members = vec![member("v", Content::Path { role: 0, paths, items: Items::All })];
    let shape = Shape::new(members, vec![0, 1]);
    let (folder, wrote) = shaped(&sources, &[&[1, 0]], &shape, None, &PLAIN).unwrap();
    let text = fs::read_to_string(folder.path().join(&wrote.files[0].name)).unwrap();
    assert_eq!(text, "{\"v\":4}\n{\"v\":1}\n");
}

#[test]
fn a_name_is_used_once() {
    let (_folder, sources) = sources(&[("a.jsonl", "{\"a\": 1}\n".into(), Compression::None)]);
    let shape = Shape::new(vec![member("v", path(0, "a")), member("v", path(1, "a"))], vec![]);
    for format in [Format::Json, Format::Parquet] {
        let clash = shaped(&sources, &[&[0], &[0]], &shape, None, &Writing { format, ..PLAIN });
        assert!(matches!(clash, Err(Error::Clash { name }) if name == "v"));
    }
}

#[test]
fn parquet_has_the_columns_of_the_shape() {
    let lines = "{\"a\": 1, \"t\": \"x\"}\n{\"a\": 2}\n{\"a\": 3, \"t\": \"z\"}\n";
    let (_folder, json) = sources(&[("a.jsonl", lines.into(), Compression::None)]);
    let numbers: Int64Array = (1..4).collect();
    let texts = StringArray::from(vec![Some("x"), None, Some("z")]);
    let batch =
        RecordBatch::try_from_iter([("a", Arc::new(numbers) as _), ("t", Arc::new(texts) as _)]).unwrap();
    let table =
        crate::Table { name: "t".into(), schema: batch.schema(), batches: Arc::new(vec![batch.clone()]) };
    let members = vec![
        member("gap", Content::Added(0)),
        member("bad", Content::Row { role: 1 }),
        member("t", path(0, "t")),
        member("a", path(1, "a")),
    ];
    let shape = Shape::new(members, vec![]);
    let gaps = Float64Array::from(vec![0.5, f64::INFINITY]);
    let added = RecordBatch::try_from_iter([("reward_gap", Arc::new(gaps) as Arc<dyn Array>)]).unwrap();
    for sources in [json, vec![Source::Table(table)]] {
        let writing = Writing { format: Format::Parquet, ..PLAIN };
        let (folder, wrote) = shaped(&sources, &[&[2, 0], &[1, 1]], &shape, Some(&added), &writing).unwrap();
        let file = fs::File::open(folder.path().join(&wrote.files[0].name)).unwrap();
        let rows =
            ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap().next().unwrap().unwrap();
        let names: Vec<String> = rows.schema().fields().iter().map(|field| field.name().clone()).collect();
        assert_eq!(names, ["gap", "bad", "t", "a"]);
        assert_eq!(rows.column(0).as_ref(), added.column(0).as_ref());
        assert_eq!(rows.column(1).as_struct().column(0).as_primitive::<Int64Type>().values(), &[2, 2]);
        assert_eq!(rows.column(2).as_string::<i32>().iter().collect::<Vec<_>>(), [Some("z"), Some("x")]);
        assert_eq!(rows.column(3).as_primitive::<Int64Type>().values(), &[2, 2]);
    }
}

/// One member of a shape, and how its text is made of source rows and the number of the output row.
fn members() -> impl Strategy<Value = Vec<(u8, usize)>> {
    prop::collection::vec((0_u8..4, 0_usize..2), 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn rows_are_made_of_what_they_refer_to(
        lengths in prop::collection::vec(prop_oneof![0..40_usize, 0..4000_usize], 1..80),
        picks in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..150),
        sorted in any::<bool>(),
        members in members(),
        compression in prop_oneof![Just(Compression::None), Just(Compression::Gzip), Just(Compression::Zstd)],
        memory in prop_oneof![Just(0_u64), 10_000..500_000_u64, Just(1 << 30)],
        shard_bytes in prop_oneof![Just(1_u64), 100..20_000_u64, Just(1 << 30)],
        threads in 1_usize..4,
    ) {
        let rows: Vec<String> = lengths.iter().enumerate().map(|(number, &length)| row(number, length)).collect();
        let bytes = compress(rows.join("\n").as_bytes(), compression);
        let (_folder, sources) = sources(&[("a", bytes, compression)]);
        let mut picks: Vec<(usize, usize)> =
            picks.iter().map(|(one, other)| (one.index(rows.len()), other.index(rows.len()))).collect();
        if sorted {
            picks.sort_unstable();
        }
        let roles: [Vec<u32>; 2] =
            [picks.iter().map(|pick| pick.0 as u32).collect(), picks.iter().map(|pick| pick.1 as u32).collect()];
        let content = |kind: u8, role: usize| match kind {
            0 => Content::Row { role },
            1 => path(role, "n"),
            2 => path(role, "text"),
            _ => Content::Added(0),
        };
        let shape = members.iter().enumerate().map(|(at, (kind, role))| member(&format!("m{at}"), content(*kind, *role)));
        let shape = Shape::new(shape.collect(), vec![]);
        let numbers: Int64Array = (0..picks.len() as i64).collect();
        let added = RecordBatch::try_from_iter([("number", Arc::new(numbers) as Arc<dyn Array>)]).unwrap();
        let line = |(number, pick): (usize, &(usize, usize))| {
            let text = |(at, (kind, role)): (usize, &(u8, usize))| {
                let from = if *role == 0 { pick.0 } else { pick.1 };
                let value = match kind {
                    0 => rows[from].clone(),
                    1 => from.to_string(),
                    2 => format!("\"{}\"", "x".repeat(lengths[from])),
                    _ => number.to_string(),
                };
                format!("\"m{at}\":{value}")
            };
            format!("{{{}}}\n", members.iter().enumerate().map(text).collect::<Vec<_>>().join(","))
        };
        let expected: String = picks.iter().enumerate().map(line).collect();
        let writing = Writing { memory, shard_bytes, ..PLAIN };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let roles: [&[u32]; 2] = [&roles[0], &roles[1]];
        let (folder, wrote) = pool.install(|| shaped(&sources, &roles, &shape, Some(&added), &writing)).unwrap();
        let read = |file: &WrittenFile| fs::read_to_string(folder.path().join(&file.name)).unwrap();
        let found: String = wrote.files.iter().map(read).collect();
        prop_assert_eq!(&found, &expected);
        prop_assert!(wrote.files.iter().all(|file| file.bytes <= shard_bytes || file.rows <= 1));
        let columns = wrote.columns.unwrap().finish().unwrap();
        let seen = crate::infer::inferred_over(found.as_bytes()).unwrap();
        prop_assert_eq!(columns.schema, seen.schema);
    }
}
