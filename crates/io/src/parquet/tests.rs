//! Files as they should be, and as they should not.

use std::{collections::BTreeMap, sync::Arc};

use ::parquet::{
    arrow::ArrowWriter,
    basic::{Compression, ZstdLevel},
    file::{metadata::ParquetMetaDataReader, properties::WriterProperties},
};
use arrow::{
    array::{Array, ArrayRef, AsArray, Int64Array, ListArray, RecordBatch, StringArray},
    datatypes::{DataType, Int64Type},
};
use proptest::prelude::*;

use crate::{
    DataFile, Entry, Error, Format, Progress, Result, ScanSpec, Silent, Source, Store,
    arrow_rows::tests::every_type, scan,
};

/// Files in memory.
#[derive(Debug, Default)]
pub(crate) struct Shelf(BTreeMap<String, Vec<u8>>);

impl Store for Shelf {
    fn list(&self, prefix: &str) -> Result<Vec<Entry>> {
        self.0.keys().filter(|path| path.starts_with(prefix)).map(|path| self.stat(path)).collect()
    }

    fn stat(&self, path: &str) -> Result<Entry> {
        Ok(Entry { path: path.to_owned(), size: self.0[path].len() as u64, version: "1".into() })
    }

    fn read(&self, path: &str, offset: u64, buffer: &mut [u8]) -> Result<usize> {
        let rest = self.0[path].get(offset as usize..).unwrap_or(&[]);
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn display(&self, path: &str) -> String {
        format!("shelf/{path}")
    }
}

/// A source of one file with these bytes.
pub(crate) fn source(name: &str, bytes: Vec<u8>) -> Source {
    let (format, compression) = Format::of(name).unwrap();
    let store = Shelf([(name.to_owned(), bytes)].into());
    let entry = store.stat(name).unwrap();
    Source::File(DataFile { store: Arc::new(store), entry, format, compression })
}

/// A Parquet file with these rows.
pub(crate) fn file(batch: &RecordBatch, group_rows: usize, compression: Compression) -> Vec<u8> {
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(group_rows))
        .set_data_page_row_count_limit(7)
        .set_write_batch_size(7)
        .set_compression(compression)
        .build();
    let mut writer = ArrowWriter::try_new(vec![], batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap()
}

fn rows(count: i64) -> RecordBatch {
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..count));
    let texts: ArrayRef =
        Arc::new(StringArray::from_iter_values((0..count).map(|row| format!("text {}", row % 5))));
    let lists = (0..count).map(|row| (row % 3 > 0).then(|| (0..row % 4).map(Some).collect::<Vec<_>>()));
    let lists: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>(lists));
    RecordBatch::try_from_iter([("number", numbers), ("text", texts), ("list", lists)]).unwrap()
}

fn spec(extracts: &[&str]) -> ScanSpec {
    ScanSpec {
        extracts: extracts.iter().map(|extract| extract.parse().unwrap()).collect(),
        ..ScanSpec::default()
    }
}

/// Scans a file and reads every third row, whatever it holds.
fn use_file(bytes: &[u8]) -> Result<()> {
    let source = source("a.parquet", bytes.to_vec());
    let sources = [source];
    let scan =
        scan(&sources, &spec(&["number", "text", "list", "items(list)", "hash(list)", "list[1]"]), &Silent)?;
    let wanted: Vec<u32> = (0..scan.files[0].rows.min(1000)).step_by(3).collect();
    crate::arrow_side::json_rows(&sources[0], &wanted, u64::MAX, &Silent, &mut |_, _| Ok(()))
}

#[test]
fn a_file_cut_anywhere_is_damaged() {
    let bytes = file(&rows(40), 15, Compression::SNAPPY);
    use_file(&bytes).unwrap();
    for length in 0..bytes.len() {
        let error = use_file(&bytes[..length]).unwrap_err();
        assert!(
            matches!(&error, Error::Damaged { file, .. } if file == "shelf/a.parquet"),
            "{length}: {error}"
        );
    }
}

#[test]
fn a_page_index_that_promises_too_much_is_damage() {
    let mut bytes = file(&rows(40), 15, Compression::SNAPPY);
    let whole = bytes::Bytes::from(bytes.clone());
    let metadata = ParquetMetaDataReader::new().parse_and_finish(&whole).unwrap();
    let start = metadata.row_group(1).column(0).offset_index_offset().unwrap() as usize;
    // The first field is a list of structs, here with two thousand million of them.
    assert_eq!((bytes[start], bytes[start + 1] & 0x0f), (0x19, 0x0c));
    bytes[start + 1..start + 7].copy_from_slice(&[0xfc, 0xff, 0xff, 0xff, 0xff, 0x07]);
    let error = use_file(&bytes).unwrap_err();
    assert_eq!(error.to_string(), "shelf/a.parquet is damaged: its page index promises more than it holds");
}

#[test]
fn a_page_header_that_promises_too_much_is_damage() {
    let mut bytes = file(&rows(40), 15, Compression::SNAPPY);
    // An unknown field with two thousand million floats, which a decoder would pass one by one.
    bytes[4..11].copy_from_slice(&[0x99, 0xf7, 0xff, 0xff, 0xff, 0xff, 0x07]);
    let error = use_file(&bytes).unwrap_err().to_string();
    assert!(error.ends_with("a page header promises more than it holds"), "{error}");
}

#[test]
fn a_page_or_a_footer_for_which_there_is_no_room_is_refused() {
    let zeros: ArrayRef = Arc::new(Int64Array::from_iter_values((0..100_000).map(|row| row / 50_000)));
    let batch = RecordBatch::try_from_iter([("number", zeros)]).unwrap();
    let properties = WriterProperties::builder()
        .set_dictionary_enabled(false)
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_data_page_size_limit(usize::MAX)
        .set_data_page_row_count_limit(usize::MAX)
        .build();
    let mut writer = ArrowWriter::try_new(vec![], batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    let bytes = writer.into_inner().unwrap();
    let scan_within = |memory| {
        let spec = ScanSpec { memory: Some(memory), ..spec(&["number"]) };
        scan(&[source("a.parquet", bytes.clone())], &spec, &Silent).map(|scan| scan.columns)
    };
    let refused = |memory, what: &str| match scan_within(memory) {
        Err(Error::Memory { what: found, .. }) => assert_eq!(found, what),
        other => panic!("{other:?}"),
    };
    assert!(scan_within(1 << 22).is_ok());
    // The page is 800 000 bytes long, and a few thousand in the file.
    assert!(bytes.len() < 20_000);
    refused(1 << 20, "a page of shelf/a.parquet");
    refused(100, "a part of shelf/a.parquet");
    let source = source("a.parquet", bytes.clone());
    let gather_within =
        |memory| crate::arrow_side::json_rows(&source, &[70_000], memory, &Silent, &mut |_, _| Ok(()));
    assert!(gather_within(1 << 22).is_ok());
    assert!(matches!(gather_within(1 << 20), Err(Error::Memory { .. })));
}

#[test]
fn columns_do_not_depend_on_what_is_read_in_advance() {
    let bytes = file(&rows(40_000), 40_000, Compression::SNAPPY);
    let columns = |memory| {
        let spec = ScanSpec { memory, ..spec(&["number", "text", "list"]) };
        scan(&[source("a.parquet", bytes.clone())], &spec, &Silent).unwrap().columns
    };
    assert_eq!(columns(Some(4 << 20)), columns(None));
}

#[test]
fn a_count_needs_the_footer_alone() {
    let bytes = file(&rows(4000), 1000, Compression::SNAPPY);
    let scan = scan(&[source("a.parquet", bytes.clone())], &spec(&[]), &Silent).unwrap();
    assert_eq!(scan.files[0].rows, 4000);
    assert!(scan.files[0].bytes < bytes.len() as u64 / 2);
    assert_eq!(scan.files[0].digest, None);
}

#[test]
fn only_wanted_columns_are_read() {
    let bytes = file(&rows(4000), 1000, Compression::UNCOMPRESSED);
    let read = |extracts: &[&str]| {
        let scan = scan(&[source("a.parquet", bytes.clone())], &spec(extracts), &Silent).unwrap();
        scan.files[0].bytes
    };
    assert!(read(&["text"]) < read(&["number"]));
    assert!(read(&["nothing"]) == read(&[]));
    assert!(read(&["number", "text", "list"]) <= bytes.len() as u64);
}

#[test]
fn limits_and_digests_hold() {
    let bytes = file(&rows(100), 30, Compression::SNAPPY);
    let spec = ScanSpec { limit: Some(45), ..spec(&["number"]) };
    let limited = scan(&[source("a.parquet", bytes.clone())], &spec, &Silent).unwrap();
    assert_eq!(limited.files[0].rows, 45);
    assert_eq!(
        limited.columns[0].as_primitive::<Int64Type>().values().to_vec(),
        (0..45).collect::<Vec<i64>>()
    );
    let spec = ScanSpec { digest: true, ..ScanSpec::default() };
    let digested = scan(&[source("a.parquet", bytes.clone())], &spec, &Silent).unwrap();
    assert_eq!(digested.files[0].digest.as_deref(), Some(blake3::hash(&bytes).to_hex().as_str()));
    assert_eq!(digested.files[0].bytes, bytes.len() as u64);
}

#[test]
fn every_type_is_read_from_a_file_as_from_a_table() {
    // Parquet has no decimals that count tens.
    for (name, array, json) in every_type().into_iter().filter(|(name, ..)| *name != "tens") {
        let batch = RecordBatch::try_from_iter_with_nullable([(name, array, true)]).unwrap();
        for compression in [Compression::UNCOMPRESSED, Compression::ZSTD(ZstdLevel::default())] {
            let source = source("a.parquet", file(&batch, 1, compression));
            let mut lines = vec![];
            crate::arrow_side::json_rows(&source, &[0, 0, 1], u64::MAX, &Silent, &mut |place, line| {
                lines.push((place, String::from_utf8(line.to_vec()).unwrap()));
                Ok(())
            })
            .unwrap();
            let value = format!("{{\"{name}\":{json}}}");
            assert_eq!(lines, [(0, value.clone()), (1, value), (2, format!("{{\"{name}\":null}}"))]);
        }
    }
}

#[test]
fn a_file_that_changed_is_not_read() {
    let Source::File(mut file) = source("a.parquet", file(&rows(3), 3, Compression::SNAPPY)) else {
        unreachable!()
    };
    file.entry.version = "0".into();
    let refused = scan(&[Source::File(file)], &ScanSpec::default(), &Silent);
    assert!(matches!(refused, Err(Error::Changed { .. })));
}

#[test]
fn work_stops_when_the_user_says_so() {
    struct Stop;
    impl Progress for Stop {
        fn begin(&self, _: &'static str, _: u64) {}
        fn advance(&self, _: u64) {}
        fn interrupted(&self) -> bool {
            true
        }
    }
    let source = source("a.parquet", file(&rows(30), 10, Compression::SNAPPY));
    assert!(matches!(scan(&[source], &spec(&["number"]), &Stop), Err(Error::Interrupted)));
}

#[test]
fn columns_unify_over_files_that_differ() {
    let one = RecordBatch::try_from_iter([("a", Arc::new(Int64Array::from(vec![1])) as ArrayRef)]).unwrap();
    let floats: ArrayRef = Arc::new(arrow::array::Float32Array::from(vec![0.5]));
    let other = RecordBatch::try_from_iter([
        ("a", floats),
        ("b", Arc::new(StringArray::from(vec!["x"])) as ArrayRef),
    ])
    .unwrap();
    let sources = [one, other].map(|batch| source("a.parquet", file(&batch, 9, Compression::SNAPPY)));
    let scan = scan(&sources, &spec(&["a", "b"]), &Silent).unwrap();
    assert_eq!(scan.columns[0].data_type(), &DataType::Float64);
    assert!(scan.columns[1].is_null(0) && scan.columns[1].is_valid(1));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn damage_anywhere_is_survived(
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        packed in any::<bool>(),
    ) {
        let compression = if packed { Compression::SNAPPY } else { Compression::UNCOMPRESSED };
        let mut bytes = file(&rows(40), 15, compression);
        for (place, byte) in flips {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        match use_file(&bytes) {
            // A schema that is damaged may still be one, of other types.
            Ok(()) | Err(Error::Damaged { .. } | Error::TooManyRows | Error::MixedTypes { .. } | Error::Arrow(_)) => {}
            Err(other) => prop_assert!(false, "{other}"),
        }
    }
}
