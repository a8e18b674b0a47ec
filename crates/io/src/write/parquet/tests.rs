//! Order, sizes and bytes of what is written.

use std::{fs, sync::Arc};

use ::parquet::{
    arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder},
    file::metadata::PageIndexPolicy,
};
use arrow::{
    array::{ArrayRef, AsArray, Int64Array, ListArray, ListBuilder, StringArray, StringBuilder},
    compute::concat_batches,
    datatypes::{DataType, Field, Int32Type, Int64Type},
};
use proptest::prelude::*;

use super::*;
use crate::{Compression, FileScan, Format, Index, Silent, Table, infer::infer};

fn batch(start: i64, rows: usize) -> RecordBatch {
    let numbers: Int64Array = (0..rows as i64).map(|row| Some(start + row)).collect();
    let texts: StringArray = (0..rows).map(|row| (row % 3 > 0).then(|| "text ".repeat(row % 17))).collect();
    let lists = ListArray::from_iter_primitive::<Int32Type, _, _>(
        (0..rows).map(|row| (row % 5 > 0).then(|| (0..row as i32 % 4).map(Some).collect::<Vec<_>>())),
    );
    let columns: Vec<(&str, ArrayRef)> =
        vec![("number", Arc::new(numbers)), ("text", Arc::new(texts)), ("list", Arc::new(lists))];
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
        .unwrap()
}

fn table(sizes: &[usize]) -> Source {
    let mut start = 0;
    let batches: Vec<RecordBatch> = sizes
        .iter()
        .map(|rows| {
            start += *rows as i64;
            batch(start - *rows as i64, *rows)
        })
        .collect();
    Source::Table(Table { name: "table".into(), schema: batch(0, 0).schema(), batches: Arc::new(batches) })
}

/// The same rows in other batches.
fn rebatched(source: &Source, sizes: &[usize]) -> Source {
    let Source::Table(table) = source else { unreachable!("tests read tables") };
    let all = concat_batches(&table.schema, table.batches.iter()).unwrap();
    let mut start = 0;
    let mut slice = |rows: &usize| {
        start += rows;
        all.slice(start - rows, *rows)
    };
    Source::Table(Table { batches: Arc::new(sizes.iter().map(&mut slice).collect()), ..table.clone() })
}

fn scan_of(sources: &[Source]) -> Scan {
    let rows = |source: &Source| match source {
        Source::Table(table) => table.batches.iter().map(RecordBatch::num_rows).sum::<usize>() as u32,
        Source::File(_) => 0,
    };
    let file =
        |source| FileScan { rows: rows(source), bytes: 0, digest: None, bad: vec![], index: Index::Number };
    Scan { files: sources.iter().map(file).collect(), columns: vec![] }
}

fn writing(memory: u64, shard_bytes: u64) -> Writing {
    Writing { format: Format::Parquet, compression: Compression::None, memory, sync: false, shard_bytes }
}

struct Written {
    files: Vec<WrittenFile>,
    rows: RecordBatch,
    folder: tempfile::TempDir,
}

fn written(
    sources: &[Source],
    addresses: &[u32],
    added: Option<&RecordBatch>,
    writing: &Writing,
) -> Result<Written> {
    let folder = tempfile::tempdir().unwrap();
    let scan = scan_of(sources);
    let mut ascending = addresses.to_vec();
    ascending.sort_unstable();
    ascending.dedup();
    let inferred = infer(sources, &scan, &ascending, &Silent)?;
    let output = Output {
        folder: folder.path().to_owned(),
        name: "train",
        exact_name: false,
        addresses,
        added,
        replaced: &[],
        shape: None,
        inferred: &inferred,
    };
    let files = write_parquet(sources, &scan, &output, writing, &Silent)?;
    let mut batches = vec![];
    for file in &files {
        let bytes = fs::read(folder.path().join(&file.name)).unwrap();
        assert_eq!(file.bytes, bytes.len() as u64);
        assert_eq!(file.digest, blake3::hash(&bytes).to_hex().as_str());
        let reader =
            ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes)).unwrap().build().unwrap();
        batches.extend(reader.map(|batch| batch.unwrap()));
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), files.len());
    let schema = batches.first().map_or_else(|| inferred.schema.clone(), RecordBatch::schema);
    Ok(Written { files, rows: concat_batches(&schema, &batches).unwrap(), folder })
}

fn numbers(rows: &RecordBatch, column: &str) -> Vec<i64> {
    rows.column_by_name(column).unwrap().as_primitive::<Int64Type>().values().to_vec()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn rows_come_in_the_order_of_addresses(
        sizes in prop::collection::vec(0_usize..300, 1..4),
        picks in prop::collection::vec(any::<prop::sample::Index>(), 0..400),
        sorted in any::<bool>(),
        memory in prop_oneof![Just(1_u64), Just(2_000), Just(20_000), Just(1 << 30)],
    ) {
        let total: usize = sizes.iter().sum();
        prop_assume!(total > 0);
        let mut addresses: Vec<u32> = picks.iter().map(|pick| pick.index(total) as u32).collect();
        if sorted {
            addresses.sort_unstable();
        }
        let half = sizes.len() / 2;
        let sources = [table(&sizes[..half]), table(&sizes[half..])];
        let first: usize = sizes[..half].iter().sum();
        let slots: Int64Array = (0..addresses.len() as i64).collect();
        let added = RecordBatch::try_from_iter([("slot", Arc::new(slots) as ArrayRef)]).unwrap();
        let written = written(&sources, &addresses, Some(&added), &writing(memory, 30_000)).unwrap();
        let expected: Vec<i64> = addresses
            .iter()
            .map(|address| i64::from(*address))
            .map(|address| if address < first as i64 { address } else { address - first as i64 })
            .collect();
        if !addresses.is_empty() {
            prop_assert_eq!(numbers(&written.rows, "number"), expected);
            prop_assert_eq!(numbers(&written.rows, "slot"), (0..addresses.len() as i64).collect::<Vec<_>>());
        }
        prop_assert_eq!(written.files.iter().map(|file| file.rows).sum::<u64>(), addresses.len() as u64);
        drop(written.folder);
    }
}

#[test]
fn bytes_depend_on_rows_alone() {
    let addresses: Vec<u32> = (0..6000).rev().collect();
    let one = written(&[table(&[6000])], &addresses, None, &writing(1 << 30, 1 << 30)).unwrap();
    let threads = rayon::ThreadPoolBuilder::new().num_threads(7).build().unwrap();
    let sources = [table(&[100, 3000, 0, 2900])];
    let other =
        threads.install(|| written(&sources, &addresses, None, &writing(300 << 20, 1 << 30))).unwrap();
    assert_ne!(one.rows.num_rows(), 0);
    let texts = |rows: &RecordBatch| rows.column_by_name("number").unwrap().clone();
    assert_eq!(&texts(&one.rows), &texts(&other.rows));
    let same = written(&[table(&[6000])], &addresses, None, &writing(400 << 20, 1 << 30)).unwrap();
    assert_eq!(one.files, same.files);
}

/// Rows of lists of texts, long enough for several blocks in a batch of 3000.
fn lists(batches: &[usize]) -> Source {
    let mut row = 0_u64;
    let mut list = |_| {
        row += 1;
        let item =
            |item: u64| format!("{:x}", (row * 8 + item).wrapping_mul(0x9e37_79b9_7f4a_7c15)).repeat(160);
        Some((0..row % 4).map(|number| Some(item(number))).collect::<Vec<_>>())
    };
    let mut batch = |rows: &usize| {
        let mut lists = ListBuilder::new(StringBuilder::new());
        lists.extend((0..*rows).map(&mut list));
        RecordBatch::try_from_iter([("lists", Arc::new(lists.finish()) as ArrayRef)]).unwrap()
    };
    let batches: Vec<RecordBatch> = batches.iter().map(&mut batch).collect();
    let schema = batches[0].schema();
    Source::Table(Table { name: "lists".into(), schema, batches: Arc::new(batches) })
}

#[test]
fn pages_of_lists_are_cut_the_same_wherever_batches_end() {
    let addresses: Vec<u32> = (0..3000).collect();
    let one = written(&[lists(&[3000])], &addresses, None, &writing(1 << 30, 1 << 30)).unwrap();
    let many = written(&[lists(&[200; 15])], &addresses, None, &writing(1 << 30, 1 << 30)).unwrap();
    assert_eq!(one.rows, many.rows);
    assert_eq!(one.files, many.files);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn bytes_do_not_depend_on_threads(
        sizes in prop::collection::vec(1_usize..3000, 1..5),
        shard_bytes in 20_000_u64..200_000,
        reversed in any::<bool>(),
    ) {
        let total = sizes.iter().sum::<usize>() as u32;
        let addresses: Vec<u32> = if reversed { (0..total).rev().collect() } else { (0..total).collect() };
        let files = |threads, sources: &[Source], memory| {
            let threads = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let writing = writing(memory, shard_bytes);
            threads.install(|| written(sources, &addresses, None, &writing)).unwrap().files
        };
        let source = table(&[total as usize]);
        let first = files(1, std::slice::from_ref(&source), 1 << 30);
        let other = rebatched(&source, &sizes);
        for (threads, memory) in [(2, 1 << 30), (3, 256 << 20), (8, 4 << 30)] {
            prop_assert_eq!(&first, &files(threads, std::slice::from_ref(&other), memory));
        }
    }
}

#[test]
fn a_file_that_cannot_be_made_is_what_is_told() {
    let sources = [table(&[3000])];
    let addresses: Vec<u32> = (0..3000).collect();
    let inferred = infer(&sources, &scan_of(&sources), &addresses, &Silent).unwrap();
    let folder = tempfile::tempdir().unwrap().path().join("gone");
    let output = Output {
        folder,
        name: "train",
        exact_name: false,
        addresses: &addresses,
        added: None,
        replaced: &[],
        shape: None,
        inferred: &inferred,
    };
    let threads = rayon::ThreadPoolBuilder::new().num_threads(6).build().unwrap();
    let writing = writing(1 << 30, 10_000);
    let failed = threads.install(|| write_parquet(&sources, &scan_of(&sources), &output, &writing, &Silent));
    assert!(matches!(failed, Err(Error::Io { action: "write", .. })), "{failed:?}");
}

#[test]
fn there_is_a_file_even_without_rows() {
    let written = written(&[table(&[5])], &[], None, &writing(1 << 20, 1 << 20)).unwrap();
    assert_eq!(written.files.len(), 1);
    assert_eq!(written.files[0].name, "train-00000-of-00001.parquet");
    assert_eq!(written.files[0].rows, 0);
}

#[test]
fn without_rows_the_columns_remain() {
    let written = written(&[table(&[5])], &[], None, &writing(1 << 20, 1 << 20)).unwrap();
    let bytes = bytes::Bytes::from(fs::read(written.folder.path().join(&written.files[0].name)).unwrap());
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap();
    assert_eq!(reader.schema().fields().len(), 3);
}

#[test]
fn rows_without_columns_are_refused() {
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(2));
    let schema = SchemaRef::from(Schema::empty());
    let batch = RecordBatch::try_new_with_options(schema.clone(), vec![], &options).unwrap();
    let source = Source::Table(Table { name: "table".into(), schema, batches: Arc::new(vec![batch]) });
    assert!(matches!(written(&[source], &[1], None, &writing(1, 1)), Err(Error::NoColumns)));
}

#[test]
fn an_added_column_must_not_hide_another() {
    let added =
        RecordBatch::try_from_iter([("text", Arc::new(Int64Array::from(vec![1])) as ArrayRef)]).unwrap();
    let refused = written(&[table(&[5])], &[0], Some(&added), &writing(1 << 20, 1 << 20));
    assert!(matches!(refused, Err(Error::Clash { name }) if name == "text"));
}

#[test]
fn shards_stay_within_their_limit() {
    let addresses: Vec<u32> = (0..20_000).collect();
    let written = written(&[table(&[20_000])], &addresses, None, &writing(1 << 18, 100_000)).unwrap();
    assert!(written.files.len() > 1);
    assert!(written.files.iter().all(|file| file.bytes <= 100_000), "{:?}", written.files);
}

#[test]
fn files_are_as_the_hub_likes_them() {
    let written = written(&[table(&[50])], &[3, 1], None, &writing(1 << 20, 1 << 20)).unwrap();
    let bytes = bytes::Bytes::from(fs::read(written.folder.path().join(&written.files[0].name)).unwrap());
    let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Required);
    let reader = ParquetRecordBatchReaderBuilder::try_new_with_options(bytes, options).unwrap();
    let metadata = reader.metadata();
    assert!(metadata.offset_index().is_some() && metadata.column_index().is_some());
    let file = metadata.file_metadata();
    assert_eq!(file.created_by(), Some("unskew"));
    let keys: Vec<_> = file.key_value_metadata().unwrap().iter().map(|entry| entry.key.as_str()).collect();
    assert_eq!(keys, ["content_defined_chunking"]);
    let types: Vec<_> = reader.schema().fields().iter().map(|field| field.data_type().clone()).collect();
    let list = DataType::List(Arc::new(Field::new("element", DataType::Int32, true)));
    assert_eq!(types, [DataType::Int64, DataType::Utf8, list]);
}
