mod shaped;
mod together;

use std::{
    fs,
    io::Read,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use arrow::array::{Array, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray};
use proptest::prelude::*;

use super::*;
use crate::{DataFile, Entry, Error, FileScan, Index, Local, OnBadRow, ScanSpec, Silent, Store, scan};

const PLAIN: Writing = Writing {
    format: Format::Json,
    compression: Compression::None,
    memory: 1 << 30,
    sync: false,
    shard_bytes: 1 << 30,
};

fn inferred() -> Inferred {
    Inferred { schema: Arc::new(arrow::datatypes::Schema::empty()), as_json: vec![] }
}

fn sources(files: &[(&str, Vec<u8>, Compression)]) -> (tempfile::TempDir, Vec<Source>) {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = Arc::new(Local::new(folder.path()));
    let sources = files
        .iter()
        .map(|(name, bytes, compression)| {
            fs::write(folder.path().join(name), bytes).unwrap();
            let entry = store.stat(name).unwrap();
            Source::File(DataFile {
                store: Arc::clone(&store),
                entry,
                format: Format::Json,
                compression: *compression,
            })
        })
        .collect();
    (folder, sources)
}

fn scanned(sources: &[Source]) -> Scan {
    scan(sources, &ScanSpec { on_bad_row: OnBadRow::Skip, ..ScanSpec::default() }, &Silent).unwrap()
}

fn written(
    sources: &[Source],
    addresses: &[u32],
    added: Option<&RecordBatch>,
    writing: &Writing,
) -> Result<(Vec<WrittenFile>, String)> {
    written_with(sources, addresses, added, &[], writing)
}

fn written_with(
    sources: &[Source],
    addresses: &[u32],
    added: Option<&RecordBatch>,
    replaced: &[String],
    writing: &Writing,
) -> Result<(Vec<WrittenFile>, String)> {
    let folder = tempfile::tempdir().unwrap();
    let (inferred, scan) = (inferred(), scanned(sources));
    let output = Output {
        folder: folder.path().to_owned(),
        name: "train",
        exact_name: false,
        addresses,
        added,
        replaced,
        shape: None,
        inferred: &inferred,
    };
    let Wrote { files, .. } = write(sources, &scan, &[output], writing, &Silent)?.remove(0);
    let mut text = String::new();
    for file in &files {
        let bytes = fs::read(folder.path().join(&file.name)).unwrap();
        assert_eq!(file.bytes, bytes.len() as u64);
        assert_eq!(file.digest, blake3::hash(&bytes).to_hex().to_string());
        let start = text.len();
        match writing.compression {
            Compression::None => text.push_str(std::str::from_utf8(&bytes).unwrap()),
            Compression::Gzip => {
                flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
            }
            Compression::Zstd => {
                zstd::stream::read::Decoder::new(&bytes[..]).unwrap().read_to_string(&mut text).unwrap();
            }
        }
        assert_eq!(file.arrow_bytes, (text.len() - start) as u64);
        assert_eq!(file.rows, text[start..].lines().count() as u64);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), files.len());
    Ok((files, text))
}

#[test]
fn only_line_ends_are_normalised() {
    let lines = "\u{feff} {\"a\" : 1} \r\n\n{\"a\":2}\n{\"a\":3}";
    let array = "[ {\"a\" :\n 4 , \"b\": [ 1,  2]},\n{\"a\": 5}\n]";
    let (_folder, sources) =
        sources(&[("a.jsonl", lines.into(), Compression::None), ("b.json", array.into(), Compression::None)]);
    let (files, text) = written(&sources, &[0, 1, 2, 3, 4], None, &PLAIN).unwrap();
    assert_eq!(text, " {\"a\" : 1} \n{\"a\":2}\n{\"a\":3}\n{\"a\" :4 , \"b\": [ 1,  2]}\n{\"a\": 5}\n");
    assert_eq!(files[0].name, "train-00000-of-00001.jsonl");
    assert_eq!(
        written(&sources, &[4, 0, 4], None, &PLAIN).unwrap().1,
        "{\"a\": 5}\n {\"a\" : 1} \n{\"a\": 5}\n"
    );
}

#[test]
fn bad_rows_are_copied_as_they_are() {
    let (_folder, sources) =
        sources(&[("a.jsonl", b"{}\n\tnot json \xc3\xa4, \n{}".to_vec(), Compression::None)]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.jsonl");
    write_bad_rows(&sources, &scanned(&sources), &path).unwrap();
    assert_eq!(fs::read_to_string(path).unwrap(), "\tnot json ä, \n");
}

#[test]
fn no_rows_make_one_empty_file() {
    for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
        let (files, text) = written(&[], &[], None, &Writing { compression, ..PLAIN }).unwrap();
        assert_eq!((files.len(), files[0].rows, text.as_str()), (1, 0, ""));
    }
}

#[test]
fn added_columns_stand_before_the_closing_brace() {
    let (_folder, sources) = sources(&[("a.jsonl", b"{\"a\": 1 }\n{}\n{ }  \n".to_vec(), Compression::None)]);
    let added = RecordBatch::try_from_iter_with_nullable([
        ("di\"ff", Arc::new(StringArray::from(vec![Some("e\"asy"), None, Some("hard")])) as _, true),
        ("gap", Arc::new(Float64Array::from(vec![0.5, 1.0, f64::NAN])) as _, true),
    ]);
    let (_, text) = written(&sources, &[2, 0, 1], Some(&added.unwrap()), &PLAIN).unwrap();
    let expected = "{ \"di\\\"ff\":\"e\\\"asy\",\"gap\":0.5}  \n{\"a\": 1 ,\"di\\\"ff\":null,\"gap\":1.0}\n{\"di\\\"ff\":\"hard\",\"gap\":null}\n";
    assert_eq!(text, expected);
    let clash =
        RecordBatch::try_from_iter([("a", Arc::new(Int64Array::from(vec![1, 2, 3])) as Arc<dyn Array>)])
            .unwrap();
    let error = written(&sources, &[0, 1, 2], Some(&clash), &PLAIN).unwrap_err();
    assert!(matches!(error, Error::Clash { name } if name == "a"));
    assert!(written(&sources, &[1, 2], Some(&clash.slice(0, 2)), &PLAIN).is_ok());
}

#[test]
fn added_columns_may_take_the_place_of_members() {
    let rows = [
        r#"{"label": 1, "a": {"label": 2}}"#,
        r#"{"a": "\"label\": 0", "la\u0062el" : 0 , "b": [1, {"label": 3}]}"#,
        r#"{"label": 1,"label":[0, 1], "a": 1 , "label": {"x": 2} }"#,
        r#"  { "a": 1}"#,
        "{}",
        r#"{"label":null}"#,
    ];
    let (_folder, sources) = sources(&[("a.jsonl", rows.join("\n").into_bytes(), Compression::None)]);
    let labels = BooleanArray::from(vec![Some(true), Some(false), None, Some(true), Some(false), Some(true)]);
    let added = RecordBatch::try_from_iter_with_nullable([
        ("new", Arc::new(Int64Array::from_iter_values(0..6)) as Arc<dyn Array>, true),
        ("label", Arc::new(labels) as _, true),
    ]);
    let expected = [
        r#"{"label": true, "a": {"label": 2},"new":0}"#,
        r#"{"a": "\"label\": 0", "la\u0062el" : false , "b": [1, {"label": 3}],"new":1}"#,
        r#"{"label": null, "a": 1  ,"new":2}"#,
        r#"  { "a": 1,"new":3,"label":true}"#,
        r#"{"new":4,"label":false}"#,
        r#"{"label":true,"new":5}"#,
    ];
    let replaced = ["label".to_owned()];
    let text = written_with(&sources, &[0, 1, 2, 3, 4, 5], added.as_ref().ok(), &replaced, &PLAIN).unwrap().1;
    assert_eq!(text.lines().collect::<Vec<_>>(), expected);
    let error = written(&sources, &[0], Some(&added.unwrap().slice(0, 1)), &PLAIN).unwrap_err();
    assert!(matches!(error, Error::Clash { name } if name == "label"));
}

#[test]
fn an_exact_name_is_one_file() {
    let (_folder, sources) = sources(&[("a.jsonl", b"{}\n{}\n".to_vec(), Compression::None)]);
    let folder = tempfile::tempdir().unwrap();
    let inferred = inferred();
    let output = Output {
        folder: folder.path().to_owned(),
        name: "out.jsonl",
        exact_name: true,
        addresses: &[0, 1],
        added: None,
        replaced: &[],
        shape: None,
        inferred: &inferred,
    };
    let writing = Writing { shard_bytes: 1, ..PLAIN };
    let Wrote { files, .. } =
        write(&sources, &scanned(&sources), &[output], &writing, &Silent).unwrap().remove(0);
    assert_eq!((files.len(), files[0].name.as_str()), (1, "out.jsonl"));
    assert_eq!(fs::read(folder.path().join("out.jsonl")).unwrap(), b"{}\n{}\n");
}

#[test]
fn a_source_that_changed_since_the_scan_is_an_error() {
    let (folder, sources) = sources(&[("a.jsonl", b"{}\n{}\n".to_vec(), Compression::None)]);
    let scan = scanned(&sources);
    fs::write(folder.path().join("a.jsonl"), "{}\n{} \n").unwrap();
    let inferred = inferred();
    let out = tempfile::tempdir().unwrap();
    let output = Output {
        folder: out.path().to_owned(),
        name: "x",
        exact_name: false,
        addresses: &[1],
        added: None,
        replaced: &[],
        shape: None,
        inferred: &inferred,
    };
    assert!(matches!(write(&sources, &scan, &[output], &PLAIN, &Silent), Err(Error::Changed { .. })));
}

/// Interrupts after some bytes.
struct Impatient(AtomicU64);

impl Progress for Impatient {
    fn begin(&self, _: &'static str, _: u64) {}

    fn advance(&self, bytes: u64) {
        self.0.fetch_sub(bytes.min(self.0.load(Ordering::Relaxed)), Ordering::Relaxed);
    }

    fn interrupted(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }
}

#[test]
fn the_user_can_stop_both_passes() {
    let rows = format!("{{\"a\": \"{}\"}}\n", "x".repeat(1000)).repeat(20_000).into_bytes();
    for compression in [Compression::None, Compression::Zstd] {
        let bytes = crate::json::tests::compress(&rows, compression);
        let (_folder, sources) = sources(&[("a", bytes, compression)]);
        let patience = |bytes| Impatient(AtomicU64::new(bytes));
        let stopped = scan(&sources, &ScanSpec::default(), &patience(1));
        assert!(matches!(stopped, Err(Error::Interrupted)));
        let scan = scanned(&sources);
        let mut sink = |_: &[u8], _: &[usize]| Ok(());
        let folder = tempfile::tempdir().unwrap();
        let every: Vec<u32> = (0..20_000).collect();
        let pass = Pass { name: "gather", scratch: folder.path(), memory: 1 << 24 };
        let stopped = ordered_json_rows(&sources, &scan, &every, pass, &patience(0), &mut sink);
        assert!(matches!(stopped, Err(Error::Interrupted)));
    }
}

/// A store that fails when its files are read past some place.
#[derive(Debug)]
struct Broken(Local, u64);

impl Store for Broken {
    fn list(&self, prefix: &str) -> Result<Vec<Entry>> {
        self.0.list(prefix)
    }

    fn stat(&self, path: &str) -> Result<Entry> {
        self.0.stat(path)
    }

    fn read(&self, path: &str, offset: u64, buffer: &mut [u8]) -> Result<usize> {
        if offset + buffer.len() as u64 > self.1 {
            let source = std::io::Error::other("broken");
            return Err(Error::Io { action: "read", path: path.into(), source });
        }
        self.0.read(path, offset, buffer)
    }

    fn display(&self, path: &str) -> String {
        self.0.display(path)
    }
}

#[test]
fn a_store_that_fails_is_heard() {
    let rows = "{\"a\": 1}\n".repeat(20_000).into_bytes();
    for compression in [Compression::None, Compression::Gzip] {
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = crate::json::tests::compress(&rows, compression);
        if compression == Compression::Gzip {
            bytes = bytes.repeat(1000);
        }
        fs::write(folder.path().join("a"), &bytes).unwrap();
        let store = Arc::new(Broken(Local::new(folder.path()), 100_000));
        let entry = store.stat("a").unwrap();
        let source = Source::File(DataFile { store, entry, format: Format::Json, compression });
        let error = scan(&[source], &ScanSpec::default(), &Silent).unwrap_err();
        assert!(matches!(error, Error::Io { action: "read", .. }), "{error}");
    }
}

fn row(number: usize, length: usize) -> String {
    format!("{{\"n\": {number}, \"text\": \"{}\"}}", "x".repeat(length))
}

#[test]
fn a_large_file_of_many_rows_is_measured() {
    let file = FileScan { rows: 1 << 20, bytes: 1 << 44, digest: None, bad: vec![], index: Index::Number };
    let scan = Scan { files: vec![file], columns: vec![] };
    let addresses: Vec<u32> = (0..1 << 20).collect();
    let gather = gather::Gather {
        sources: &[],
        scan: &scan,
        order: &Order::of(&[&addresses], 1).unwrap(),
        forms: &[],
        look: false,
        memory: 0,
        progress: &Silent,
        buffers: Buffers::default(),
    };
    assert_eq!(gather.expected(u32::MAX), 4 << 44);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn rows_come_in_the_order_asked_for(
        lengths in prop::collection::vec(prop_oneof![0..40_usize, 0..4000_usize], 1..150),
        picks in prop::collection::vec(any::<prop::sample::Index>(), 0..300),
        sorted in any::<bool>(),
        splits in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        kinds in prop::collection::vec((0_usize..3, any::<bool>()), 5),
        memory in prop_oneof![Just(0_u64), 10_000..500_000_u64, Just(1 << 30)],
        shard_bytes in prop_oneof![Just(1_u64), 100..20_000_u64, Just(1 << 30)],
        output in 0_usize..3,
        threads in 1_usize..4,
    ) {
        let all = [Compression::None, Compression::Gzip, Compression::Zstd];
        let rows: Vec<String> = lengths.iter().enumerate().map(|(number, &length)| row(number, length)).collect();
        let mut cuts: Vec<usize> = splits.iter().map(|split| split.index(rows.len() + 1)).collect();
        cuts.extend([0, rows.len()]);
        cuts.sort_unstable();
        let names = ["a", "b", "c", "d", "e"];
        let files: Vec<_> = cuts.windows(2).zip(kinds).zip(names).map(|((cut, (kind, array)), name)| {
            let rows = &rows[cut[0]..cut[1]];
            let text = if array { format!("[{}]", rows.join(", \n")) } else { rows.join("\r\n") };
            (name, crate::json::tests::compress(text.as_bytes(), all[kind]), all[kind])
        }).collect();
        let (_folder, sources) = sources(&files);
        let mut addresses: Vec<u32> = picks.iter().map(|pick| pick.index(rows.len()) as u32).collect();
        if sorted {
            addresses.sort_unstable();
        }
        let writing = Writing { compression: all[output], memory, shard_bytes, ..PLAIN };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let (files, text) = pool.install(|| written(&sources, &addresses, None, &writing)).unwrap();
        let lines: Vec<String> = addresses.iter().map(|&address| format!("{}\n", rows[address as usize])).collect();
        prop_assert_eq!(text, lines.concat());
        for file in &files {
            prop_assert!(file.arrow_bytes <= shard_bytes || file.rows == 1);
        }
        let again = written(&sources, &addresses, None, &Writing { memory: 1 << 30, ..writing }).unwrap().0;
        prop_assert_eq!(files, again);
    }
}
