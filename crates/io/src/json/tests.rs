//! Files of JSON to test with.

mod bad_rows;
mod files;
mod properties;
mod values;

use std::{io::Write, sync::Arc};

use arrow::{
    array::{ArrayRef, AsArray},
    datatypes::DataType,
};

use super::*;
use crate::{Format, Local, OnBadRow, Scan, Silent, Source, Store, scan};

/// A file of `bytes` in a folder that lives as long as the first of the pair.
pub(crate) fn file(bytes: &[u8], compression: Compression) -> (tempfile::TempDir, DataFile) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rows"), bytes).unwrap();
    let store = Arc::new(Local::new(folder.path()));
    let entry = store.stat("rows").unwrap();
    (folder, DataFile { store, entry, format: Format::Json, compression })
}

pub(crate) fn compress(bytes: &[u8], compression: Compression) -> Vec<u8> {
    match compression {
        Compression::None => bytes.to_vec(),
        Compression::Gzip => {
            // Two members, as when files are put together.
            let (left, right) = bytes.split_at(bytes.len() / 2);
            let mut out = vec![];
            for part in [left, right] {
                let mut encoder = flate2::write::GzEncoder::new(&mut out, flate2::Compression::fast());
                encoder.write_all(part).unwrap();
                encoder.finish().unwrap();
            }
            out
        }
        Compression::Zstd => {
            let (left, right) = bytes.split_at(bytes.len() / 2);
            let mut out = vec![];
            for part in [left, right] {
                let mut encoder = zstd::stream::write::Encoder::new(&mut out, 1).unwrap();
                encoder.include_checksum(true).unwrap();
                encoder.write_all(part).unwrap();
                encoder.finish().unwrap();
            }
            out
        }
    }
}

fn spec(extracts: &[&str], on_bad_row: OnBadRow) -> ScanSpec {
    let extracts = extracts.iter().map(|text| text.parse().unwrap()).collect();
    ScanSpec { extracts, on_bad_row, limit: None, memory: None, digest: true }
}

fn scan_bytes(bytes: &[u8], spec: &ScanSpec) -> Result<Scan> {
    let (_folder, file) = file(bytes, Compression::None);
    scan(&[Source::File(file)], spec, &Silent)
}

/// The one column of `extract` over lines.
fn column_of(extract: &str, lines: &str) -> Result<ArrayRef> {
    Ok(scan_bytes(lines.as_bytes(), &spec(&[extract], OnBadRow::Error))?.columns.remove(0))
}

fn texts(array: &ArrayRef) -> Vec<Option<String>> {
    let array = arrow::compute::cast(array, &DataType::Utf8).unwrap();
    array.as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect()
}

fn some<T: Into<String> + Clone>(values: &[T]) -> Vec<Option<String>> {
    values.iter().cloned().map(|value| Some(value.into())).collect()
}
