//! Rows of one row group as record batches.

use std::{ops::Range, sync::Arc};

use ::parquet::arrow::{
    ProjectionMask,
    arrow_reader::{ParquetRecordBatchReader, RowSelection},
    parquet_to_arrow_field_levels,
};
use arrow::{
    array::RecordBatch,
    datatypes::{DataType, FieldRef, Fields},
};

use super::{
    footer::{ParquetFile, guarded},
    pages::{Group, Refused},
};
use crate::{Error, Result};

/// About how many bytes a batch holds.
const BATCH_BYTES: u64 = 4 << 20;

/// The most rows of a batch of narrow columns, and of whole rows: a dictionary makes rows look smaller than they are.
const NARROW_ROWS: u64 = 1 << 13;
const WHOLE_ROWS: u64 = 1 << 11;

/// Column chunks up to this size are read in one go when all of their rows are wanted.
const CHUNK_BYTES: u64 = 16 << 20;

/// Some rows and columns of one row group.
#[derive(Debug)]
pub(crate) struct Slice<'a> {
    /// Which row group.
    pub(crate) group: usize,
    /// The leaf columns; all if there are none.
    pub(crate) leaves: Option<&'a [usize]>,
    /// The rows, ascending, counted from the row group's first; all if there are none.
    pub(crate) rows: Option<&'a [u32]>,
}

/// Reads a slice of `file`, giving `sink` its rows in order.
pub(crate) fn read_slice(
    file: &ParquetFile,
    slice: &Slice<'_>,
    sink: &mut dyn FnMut(RecordBatch) -> Result<()>,
) -> Result<()> {
    let group_rows = (file.starts[slice.group + 1] - file.starts[slice.group]) as usize;
    let wanted = slice.rows.map_or(group_rows, <[u32]>::len);
    if wanted == 0 {
        return Ok(());
    }
    let blob =
        if wanted == group_rows { file.blob.with_ranges(&ranges(file, slice))? } else { file.blob.clone() };
    let refused = Refused::default();
    let told = |error| refused.take().unwrap_or(error);
    let mut reader = guarded(&file.name, || {
        let schema = file.raw().file_metadata().schema_descr();
        let mask = match slice.leaves {
            Some(leaves) => ProjectionMask::leaves(schema, leaves.iter().copied()),
            None => ProjectionMask::all(),
        };
        let fields = file.schema().fields();
        let fields = if slice.rows.is_some() { with_views(fields) } else { fields.clone() };
        let levels = parquet_to_arrow_field_levels(schema, mask, Some(&fields))?;
        let pages = Group { file, number: slice.group, blob: Arc::new(blob), refused: refused.clone() };
        let rows = slice.rows.filter(|rows| rows.len() < group_rows).map(|rows| selection(rows, group_rows));
        ParquetRecordBatchReader::try_new_with_row_groups(
            &levels,
            &pages,
            batch_rows(file, slice, group_rows),
            rows,
        )
    })
    .map_err(told)?;
    let mut read = 0;
    let mut next = || guarded(&file.name, || reader.next().transpose().map_err(Into::into)).map_err(told);
    while let Some(batch) = next()? {
        read += batch.num_rows();
        sink(batch)?;
    }
    if read != wanted {
        let detail = format!("row group {} gave {read} rows instead of {wanted}", slice.group);
        return Err(Error::Damaged { file: file.name.clone(), detail });
    }
    Ok(())
}

/// The bytes that a slice's columns take in the file, and unpacked.
pub(crate) fn slice_bytes(file: &ParquetFile, slice: &Slice<'_>) -> (u64, u64) {
    let group = file.raw().row_group(slice.group);
    let column = |leaf: usize| {
        let column = group.column(leaf);
        // What is repeated may be told once in the file, and stands in every row of a batch.
        let repeated = column.unencoded_byte_array_data_bytes().unwrap_or(0);
        let plain = column.uncompressed_size().max(repeated);
        (column.compressed_size().max(0) as u64, plain.max(0) as u64)
    };
    let add =
        |(packed, plain): (u64, u64), (more, less)| (packed.saturating_add(more), plain.saturating_add(less));
    match slice.leaves {
        Some(leaves) => leaves
            .iter()
            .filter(|leaf| **leaf < group.num_columns())
            .map(|leaf| column(*leaf))
            .fold((0, 0), add),
        None => (0..group.num_columns()).map(column).fold((0, 0), add),
    }
}

/// So many rows that a batch of them, with the rows between them that are unpacked too, is neither large nor tiny.
fn batch_rows(file: &ParquetFile, slice: &Slice<'_>, group_rows: usize) -> usize {
    let wanted = slice.rows.map_or(group_rows, <[u32]>::len);
    let wanted_row_bytes = slice_bytes(file, slice).1 / wanted.max(1) as u64;
    let most = if slice.leaves.is_some() { NARROW_ROWS } else { WHOLE_ROWS };
    (BATCH_BYTES / wanted_row_bytes.max(1)).clamp(16, most) as usize
}

/// Where the slice's column chunks are, whatever its rows.
pub(crate) fn chunks(file: &ParquetFile, slice: &Slice<'_>) -> Vec<Range<u64>> {
    let columns = file.raw().row_group(slice.group).columns();
    let wanted = |leaf: &usize| slice.leaves.is_none_or(|leaves| leaves.contains(leaf));
    let chunks = (0..columns.len()).filter(wanted).map(|leaf| &columns[leaf]);
    let range = |column: &::parquet::file::metadata::ColumnChunkMetaData| {
        let first =
            column.dictionary_page_offset().filter(|offset| *offset > 0).unwrap_or(column.data_page_offset());
        let (start, length) = (u64::try_from(first).ok()?, u64::try_from(column.compressed_size()).ok()?);
        Some(start..start.checked_add(length)?)
    };
    chunks.filter_map(range).collect()
}

/// Where the slice's smaller column chunks are, offset and length, as many as there is memory for.
fn ranges(file: &ParquetFile, slice: &Slice<'_>) -> Vec<(u64, u64)> {
    let mut left = file.blob.most_ahead();
    let fits = |(_, length): &(u64, u64)| {
        let fits = *length <= CHUNK_BYTES.min(left);
        left -= if fits { *length } else { 0 };
        fits
    };
    chunks(file, slice).into_iter().map(|range| (range.start, range.end - range.start)).filter(fits).collect()
}

/// The same columns with texts and bytes as views of the pages they stand on: of rows that are passed over, nothing is copied.
fn with_views(fields: &Fields) -> Fields {
    fields.iter().map(with_view).collect()
}

fn with_view(field: &FieldRef) -> FieldRef {
    let data_type = match field.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 => DataType::Utf8View,
        DataType::Binary | DataType::LargeBinary => DataType::BinaryView,
        DataType::Struct(members) => DataType::Struct(with_views(members)),
        DataType::List(item) => DataType::List(with_view(item)),
        DataType::LargeList(item) => DataType::LargeList(with_view(item)),
        _ => return Arc::clone(field),
    };
    Arc::new(field.as_ref().clone().with_data_type(data_type))
}

fn selection(rows: &[u32], group_rows: usize) -> RowSelection {
    let ranges = rows.chunk_by(|one, next| one + 1 == *next);
    let ranges = ranges.map(|run| run[0] as usize..run[run.len() - 1] as usize + 1);
    RowSelection::from_consecutive_ranges(ranges, group_rows)
}
