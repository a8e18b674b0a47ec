//! What a Parquet file says of itself at its end.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use ::parquet::{
    arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions},
    errors::ParquetError,
    file::{
        metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData},
        reader::ChunkReader,
    },
};
use arrow::datatypes::SchemaRef;

use super::{blob::Blob, guard};
use crate::{DataFile, Error, Result, budget::Room};

const MAGIC: &[u8] = b"PAR1";

/// A Parquet file whose footer has been read and found plausible.
#[derive(Debug, Clone)]
pub(crate) struct ParquetFile {
    pub(super) name: String,
    pub(super) blob: Blob,
    pub(super) metadata: ArrowReaderMetadata,
    /// The number of the first row of each row group, and behind the last the number of rows.
    pub(crate) starts: Vec<u32>,
    /// How many bytes the footer took to read.
    pub(crate) bytes: u64,
}

impl ParquetFile {
    /// The columns as Arrow has them.
    pub(crate) fn schema(&self) -> &SchemaRef {
        self.metadata.schema()
    }

    /// How many rows there are.
    pub(crate) fn rows(&self) -> u32 {
        *self.starts.last().expect("there is always the end")
    }

    pub(super) fn raw(&self) -> &ParquetMetaData {
        self.metadata.metadata()
    }
}

/// Reads the footer of `file`; with `pages` also where its pages are, if it says so. Nothing is read for which there is no
/// `room`, now or later.
pub(crate) fn open(file: &DataFile, pages: bool, room: Room) -> Result<ParquetFile> {
    let blob = Blob::new(file).within(room);
    let name = file.store.display(&file.entry.path);
    let now = file.store.stat(&file.entry.path)?;
    if now != file.entry {
        return Err(Error::Changed { file: name });
    }
    let footer = footer(&name, &blob, file.entry.size)?;
    guard::check(&name, &footer)?;
    let metadata = guarded(&name, || {
        let mut metadata = ParquetMetaDataReader::decode_metadata(&footer)?;
        if pages {
            let blob = with_page_indexes(&name, &blob, &metadata)?;
            let mut reader = ParquetMetaDataReader::new_with_metadata(metadata)
                .with_column_index_policy(PageIndexPolicy::Skip)
                .with_offset_index_policy(PageIndexPolicy::Optional);
            reader.read_page_indexes(&blob)?;
            metadata = reader.finish()?;
        }
        ArrowReaderMetadata::try_new(Arc::new(metadata), ArrowReaderOptions::new())
    })?;
    let starts = starts(&name, metadata.metadata())?;
    Ok(ParquetFile { name, blob, metadata, starts, bytes: footer.len() as u64 + 8 })
}

/// The file with its indexes of pages at hand, each of which has been found plausible.
fn with_page_indexes(name: &str, blob: &Blob, metadata: &ParquetMetaData) -> Result<Blob, ParquetError> {
    let outside = |error: Error| ParquetError::External(Box::new(error));
    let columns = metadata.row_groups().iter().flat_map(RowGroupMetaData::columns);
    let indexes: Vec<(u64, u64)> = columns
        .filter_map(|column| {
            let (start, length) = (column.offset_index_offset()?, column.offset_index_length()?);
            Some((u64::try_from(start).ok()?, u64::try_from(length).ok()?))
        })
        .filter(|(_, length)| *length > 0)
        .collect();
    let Some(start) = indexes.iter().map(|(start, _)| *start).min() else { return Ok(blob.clone()) };
    let end = indexes.iter().map(|(start, length)| start.saturating_add(*length)).max().unwrap_or(start);
    let blob = blob.with_ranges(&[(start, end - start)]).map_err(outside)?;
    for (start, length) in indexes {
        let length = usize::try_from(length)?;
        guard::check_page_index(name, &blob.get_bytes(start, length)?).map_err(outside)?;
    }
    Ok(blob)
}

/// The footer's bytes.
fn footer(name: &str, blob: &Blob, size: u64) -> Result<bytes::Bytes> {
    let damaged = |detail: &str| Error::Damaged { file: name.to_owned(), detail: detail.to_owned() };
    if size < 12 {
        return Err(damaged("it is too short to be a Parquet file"));
    }
    let tail = blob.range(size - 8, 8)?;
    match &tail[4..] {
        magic if magic == MAGIC => {}
        b"PARE" => return Err(damaged("its footer is encrypted")),
        _ => return Err(damaged("it does not end as a Parquet file does; it may be cut off")),
    }
    let length = u64::from(u32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]));
    if length > size - 12 {
        return Err(damaged("its footer is said to be larger than the file"));
    }
    blob.range(size - 8 - length, length)
}

/// The number of the first row of each row group, and of all rows.
fn starts(name: &str, metadata: &ParquetMetaData) -> Result<Vec<u32>> {
    let mut starts = vec![0_u32];
    let mut total = 0_u32;
    for group in metadata.row_groups() {
        let rows = u64::try_from(group.num_rows()).map_err(|_| Error::Damaged {
            file: name.to_owned(),
            detail: "a row group has fewer than no rows".into(),
        })?;
        total =
            u32::try_from(rows).ok().and_then(|rows| total.checked_add(rows)).ok_or(Error::TooManyRows)?;
        starts.push(total);
    }
    if metadata.file_metadata().num_rows() != i64::from(total) {
        let detail = "its row groups do not have as many rows as the whole";
        return Err(Error::Damaged { file: name.to_owned(), detail: detail.into() });
    }
    Ok(starts)
}

/// Runs a decoder over bytes that nobody vouches for: what it refuses, or trips over, is damage.
pub(super) fn guarded<T>(name: &str, decode: impl FnOnce() -> Result<T, ParquetError>) -> Result<T> {
    let damaged = |detail: String| Error::Damaged { file: name.to_owned(), detail };
    match catch_unwind(AssertUnwindSafe(decode)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(ParquetError::External(error))) => Err(match error.downcast::<Error>() {
            Ok(own) => *own,
            Err(other) => damaged(other.to_string()),
        }),
        Ok(Err(error)) => Err(damaged(error.to_string())),
        Err(panic) => {
            let said = panic.downcast_ref::<String>().map(String::as_str);
            let said =
                said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("the decoder gave up");
            Err(damaged(said.to_owned()))
        }
    }
}
