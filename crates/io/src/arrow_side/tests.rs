//! The same rows give the same columns and the same output, whatever holds them.

use std::{io::Write, sync::Arc};

use ::parquet::basic::Compression;
use arrow::array::ArrayRef;
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::{
    Error, Extract, Extractor, Silent, arrow_rows,
    decode::{Decoder, tests::rows},
    infer::inferred_over,
    parquet::tests::{file, source},
    scan,
};

/// The rows as one plain batch.
fn plain(rows: &[Value]) -> RecordBatch {
    let text = rows.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    let inferred = inferred_over(text.as_bytes()).unwrap();
    Decoder::new(&inferred).decode(text.as_bytes()).unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn table(batch: &RecordBatch, rows: usize) -> Source {
    let starts = (0..batch.num_rows()).step_by(rows);
    let batches = starts.map(|start| batch.slice(start, rows.min(batch.num_rows() - start))).collect();
    Source::Table(Table { name: "table".into(), schema: batch.schema(), batches: Arc::new(batches) })
}

fn every_way(batch: &RecordBatch) -> Vec<Source> {
    if batch.num_columns() == 0 {
        // Parquet has no rows without columns.
        return vec![table(batch, 4)];
    }
    let mut lines = vec![];
    json_lines(batch, &mut lines).unwrap();
    vec![
        source("a.jsonl", lines.clone()),
        source("a.jsonl.gz", gzip(&lines)),
        source("a.parquet", file(batch, 3, Compression::SNAPPY)),
        source("a.parquet", file(batch, 100, Compression::UNCOMPRESSED)),
        table(batch, 4),
    ]
}

/// The column, or the counts of the kinds that it mixes.
fn column(source: &Source, extract: &Extract) -> Result<ArrayRef, String> {
    let spec = ScanSpec { extracts: vec![extract.clone()], ..ScanSpec::default() };
    match scan(std::slice::from_ref(source), &spec, &Silent) {
        Ok(scan) => Ok(scan.columns[0].clone()),
        Err(Error::MixedTypes { counts, odd, .. }) => Err(format!("{counts}, {odd}")),
        Err(other) => panic!("{other}"),
    }
}

fn paths() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop_oneof!["\\.[ab]", Just("[0]".to_owned()), Just("[1]".to_owned()), Just("[]".to_owned())],
        0..4,
    )
    .prop_flat_map(|rest| "[a-c]".prop_map(move |first| first + &rest.concat()))
}

fn extractors() -> impl Strategy<Value = Extractor> {
    use Extractor::{Fingerprint, Hash, Items, Key, Kind, Length, Number, Text, Value};
    prop::sample::select(vec![Value, Number, Text, Length, Items, Hash, Kind, Key, Fingerprint])
}

proptest! {
    #[test]
    fn columns_do_not_depend_on_what_holds_the_rows(
        rows in rows(),
        extracts in prop::collection::vec((paths(), extractors()), 8),
    ) {
        let batch = plain(&rows);
        let sources = every_way(&batch);
        for (path, extractor) in extracts {
            let extract = Extract { path: path.parse().unwrap(), extractor };
            let expected = column(&sources[0], &extract);
            for source in &sources[1..] {
                let found = column(source, &extract);
                prop_assert_eq!(&found, &expected, "{} of {}", extract, source.display());
            }
        }
    }

    #[test]
    fn chosen_rows_are_the_same_json(rows in rows(), picks in prop::collection::vec(any::<prop::sample::Index>(), 0..9)) {
        let batch = plain(&rows);
        let mut picks: Vec<u32> = picks.iter().filter(|_| !rows.is_empty()).map(|pick| pick.index(rows.len()) as u32).collect();
        picks.sort_unstable();
        let mut lines = vec![];
        json_lines(&batch, &mut lines).unwrap();
        let lines: Vec<&[u8]> = lines.split_inclusive(|byte| *byte == b'\n').collect();
        let expected: Vec<u8> = picks.iter().flat_map(|pick| lines[*pick as usize].to_vec()).collect();
        for source in every_way(&batch).iter().filter(|source| !source.display().contains("jsonl")) {
            let mut found = vec![];
            json_rows(source, &picks, u64::MAX, &Silent, &mut |place, line| {
                assert_eq!(place, found.split(|byte| *byte == b'\n').count() - 1);
                found.extend_from_slice(line);
                found.push(b'\n');
                Ok(())
            })
            .unwrap();
            prop_assert_eq!(&found, &expected);
        }
    }
}

#[test]
fn known_paths_follow_the_schema() {
    let rows = [serde_json::json!({"a": {"b c": [{"d": 1}]}, "e": "x"})];
    let paths = known_paths(&table(&plain(&rows), 1)).unwrap();
    assert_eq!(paths, ["a", "a.`b c`", "a.`b c`[]", "a.`b c`[].d", "e"]);
}

#[test]
fn every_extractor_takes_every_type() {
    for (name, array, _) in arrow_rows::tests::every_type().into_iter().filter(|(name, ..)| *name != "tens") {
        let batch = RecordBatch::try_from_iter_with_nullable([(name, array, true)]).unwrap();
        let mut lines = vec![];
        json_lines(&batch, &mut lines).unwrap();
        let json = source("a.jsonl", lines);
        for source in [table(&batch, 1), source("a.parquet", file(&batch, 1, Compression::SNAPPY))] {
            for extract in [
                "{}",
                "number({})",
                "text({})",
                "length({})",
                "items({})",
                "hash({})",
                "kind({})",
                "key({})",
                "fingerprint({})",
                "{}[0]",
                "{}.x",
            ] {
                let extract: Extract = extract.replace("{}", name).parse().unwrap();
                assert_eq!(column(&source, &extract), column(&json, &extract), "{extract}");
            }
        }
    }
}
