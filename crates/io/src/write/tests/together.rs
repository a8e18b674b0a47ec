//! Outputs that are written together are those that are written one by one.

use super::*;
use crate::{Table, infer, json::tests::compress};

/// One source of rows.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Lines(Compression),
    Array(Compression),
    Parquet,
    Table,
}

fn kinds() -> impl Strategy<Value = Kind> {
    let compression = prop_oneof![Just(Compression::None), Just(Compression::Gzip), Just(Compression::Zstd)];
    prop_oneof![
        3 => compression.clone().prop_map(Kind::Lines),
        2 => compression.prop_map(Kind::Array),
        1 => Just(Kind::Parquet),
        1 => Just(Kind::Table),
    ]
}

/// A source of rows of such lengths, in a file called `name` where it is one; not all JSON rows have the same members.
fn source(folder: &std::path::Path, name: &str, kind: Kind, lengths: &[usize]) -> Source {
    let rows: Vec<String> = (lengths.iter().enumerate())
        .map(|(row, length)| format!("{{\"m{}\": {row}, \"text\": \"{}\"}}", length % 5, "x".repeat(*length)))
        .collect();
    let numbers: Int64Array = (0..lengths.len() as i64).collect();
    let texts: StringArray = lengths.iter().map(|length| Some("y".repeat(*length))).collect();
    let batch =
        RecordBatch::try_from_iter([("number", Arc::new(numbers) as _), ("text", Arc::new(texts) as _)]);
    let batch = batch.unwrap();
    let path = folder.join(name);
    let (format, compression) = match kind {
        Kind::Lines(compression) => {
            fs::write(path, compress(rows.join("\r\n").as_bytes(), compression)).unwrap();
            (Format::Json, compression)
        }
        Kind::Array(compression) => {
            fs::write(path, compress(format!("[{}]", rows.join(",\n")).as_bytes(), compression)).unwrap();
            (Format::Json, compression)
        }
        Kind::Parquet => {
            write_table(&path, &batch).unwrap();
            (Format::Parquet, Compression::None)
        }
        Kind::Table => {
            return Source::Table(Table {
                name: name.into(),
                schema: batch.schema(),
                batches: Arc::new(vec![batch]),
            });
        }
    };
    let store = Arc::new(Local::new(folder));
    let entry = store.stat(name).unwrap();
    Source::File(DataFile { store, entry, format, compression })
}

fn added(rows: usize) -> RecordBatch {
    let slots: Int64Array = (0..rows as i64).collect();
    RecordBatch::try_from_iter([("slot", Arc::new(slots) as Arc<dyn Array>)]).unwrap()
}

/// What is told of an output, and its columns.
type Told = (Vec<WrittenFile>, Option<Inferred>);

/// What is told of outputs written together, whose files are in `folder` then.
fn told((sources, scan): (&[Source], &Scan), outputs: &[Output<'_>], writing: &Writing) -> Vec<Told> {
    let wrote = write(sources, scan, outputs, writing, &Silent).unwrap();
    for (output, wrote) in outputs.iter().zip(&wrote) {
        for file in &wrote.files {
            let bytes = fs::read(output.folder.join(&file.name)).unwrap();
            assert_eq!(file.digest, blake3::hash(&bytes).to_hex().to_string());
        }
    }
    let files: usize = wrote.iter().map(|wrote| wrote.files.len()).sum();
    assert_eq!(fs::read_dir(&outputs[0].folder).unwrap().count(), files);
    wrote.into_iter().map(|wrote| (wrote.files, wrote.columns.and_then(Columns::finish))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    #[test]
    fn outputs_written_together_are_those_written_one_by_one(
        kinds in prop::collection::vec((kinds(), prop::collection::vec(prop_oneof![9 => 0..3000_usize, 1 => 0..60_000_usize], 0..60)), 1..5),
        picks in prop::collection::vec((prop::collection::vec(any::<prop::sample::Index>(), 0..120), any::<bool>(), any::<bool>()), 1..7),
        memory in prop_oneof![Just(0_u64), 10_000..500_000_u64, Just(1 << 28)],
        shard_bytes in prop_oneof![10_000..100_000_u64, Just(1 << 30)],
        output in prop_oneof![Just(Compression::None), Just(Compression::Gzip), Just(Compression::Zstd)],
        format in prop_oneof![4 => Just(Format::Json), 1 => Just(Format::Parquet)],
        threads in 1_usize..4,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let sources: Vec<Source> = kinds.iter().zip(["a", "b", "c", "d"])
            .map(|((kind, lengths), name)| source(folder.path(), name, *kind, lengths)).collect();
        let rows: usize = kinds.iter().map(|(_, lengths)| lengths.len()).sum();
        prop_assume!(rows > 0);
        let scan = scanned(&sources);
        let inferred = infer(&sources, &scan, &(0..rows as u32).collect::<Vec<_>>(), &Silent).unwrap();
        let names = ["train", "test", "one", "two", "three", "four"];
        let addresses: Vec<Vec<u32>> = picks.iter().map(|(picks, ascending, _)| {
            let mut addresses: Vec<u32> = picks.iter().map(|pick| pick.index(rows) as u32).collect();
            if *ascending {
                addresses.sort_unstable();
            }
            addresses
        }).collect();
        let added: Vec<Option<RecordBatch>> = (picks.iter())
            .map(|(picks, _, with)| with.then(|| added(picks.len()))).collect();
        let outputs = |folder: &std::path::Path| -> Vec<Output<'_>> {
            (0..picks.len()).map(|at| Output {
                folder: folder.to_owned(),
                name: names[at],
                exact_name: false,
                addresses: &addresses[at],
                added: added[at].as_ref(),
                replaced: &[],
                shape: None,
                inferred: &inferred,
            }).collect()
        };
        let writing = Writing { format, compression: output, memory, sync: false, shard_bytes };
        let together = tempfile::tempdir().unwrap();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let all = pool.install(|| told((&sources, &scan), &outputs(together.path()), &writing));
        let alone = tempfile::tempdir().unwrap();
        // The bytes of Parquet depend on the memory where there is little.
        let memory = if format == Format::Json { 1 << 30 } else { memory };
        let writing = Writing { memory, ..writing };
        for (output, (files, columns)) in outputs(alone.path()).into_iter().zip(all) {
            let folder = alone.path().join(output.name);
            fs::create_dir(&folder).unwrap();
            let (files_alone, columns_alone) = told((&sources, &scan), &[Output { folder, ..output }], &writing).remove(0);
            prop_assert_eq!(files, files_alone);
            let columns = columns.map(|columns| (columns.schema, columns.as_json));
            prop_assert_eq!(columns, columns_alone.map(|columns| (columns.schema, columns.as_json)));
        }
    }
}

#[test]
fn more_outputs_than_may_be_open_are_written_all_the_same() {
    let (_folder, sources) = sources(&[("a.jsonl", b"{\"a\": 1}\n{\"a\": 2}\n".to_vec(), Compression::None)]);
    let (inferred, scan) = (inferred(), scanned(&sources));
    let names: Vec<String> = (0..300).map(|name| format!("split{name}")).collect();
    let folder = tempfile::tempdir().unwrap();
    let output = |name| Output {
        folder: folder.path().to_owned(),
        name,
        exact_name: false,
        addresses: &[0, 1],
        added: None,
        replaced: &[],
        shape: None,
        inferred: &inferred,
    };
    let outputs: Vec<Output<'_>> = names.iter().map(|name| output(name)).collect();
    let wrote = write(&sources, &scan, &outputs, &PLAIN, &Silent).unwrap();
    for (name, wrote) in names.iter().zip(wrote) {
        assert_eq!(wrote.files[0].name, format!("{name}-00000-of-00001.jsonl"));
        let text = fs::read_to_string(folder.path().join(&wrote.files[0].name)).unwrap();
        assert_eq!(text, "{\"a\": 1}\n{\"a\": 2}\n");
    }
}
