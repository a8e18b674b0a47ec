//! One row group, encoded in memory.

use ::parquet::{
    arrow::ArrowWriter,
    column::writer::ColumnCloseResult,
    errors::ParquetError,
    file::metadata::{ParquetMetaData, RowGroupMetaData},
};
use arrow::{
    array::{Array, RecordBatch, RecordBatchOptions},
    compute::concat_batches,
    datatypes::SchemaRef,
};
use bytes::Bytes;

use super::layout::options;
use crate::{
    Error, Result,
    arrow_rows::{form::compacted, measure::batch_bytes},
};

/// A row group that is being encoded.
pub(super) struct Group {
    schema: SchemaRef,
    /// A writer for each: content-defined chunking goes on from one row group of a writer to the next.
    writer: ArrowWriter<Vec<u8>>,
    rows: u64,
    arrow_bytes: u64,
    nulls: Vec<u64>,
}

/// A row group as it stands in a file of its own.
pub(super) struct Encoded {
    pub(super) bytes: Bytes,
    pub(super) rows: u64,
    pub(super) arrow_bytes: u64,
    /// How many nulls each column has.
    pub(super) nulls: Vec<u64>,
    metadata: ParquetMetaData,
}

impl Group {
    pub(super) fn new(schema: &SchemaRef) -> Result<Self> {
        let writer = ArrowWriter::try_new_with_options(vec![], schema.clone(), options(schema));
        let nulls = vec![0; schema.fields().len()];
        Ok(Self { schema: schema.clone(), writer: writer.map_err(fault)?, rows: 0, arrow_bytes: 0, nulls })
    }

    /// Encodes the next rows, which come in pieces.
    pub(super) fn push(&mut self, block: &[RecordBatch]) -> Result<()> {
        let block = concat_batches(&self.schema, block)?;
        // The chunker takes the items of a list that begins amid an array for those at its front.
        let columns = block.columns().iter().map(compacted).collect::<Result<_, _>>()?;
        let rows = RecordBatchOptions::new().with_row_count(Some(block.num_rows()));
        let block = RecordBatch::try_new_with_options(self.schema.clone(), columns, &rows)?;
        self.writer.write(&block).map_err(fault)?;
        self.rows += block.num_rows() as u64;
        self.arrow_bytes += batch_bytes(&block);
        for (nulls, column) in self.nulls.iter_mut().zip(block.columns()) {
            *nulls += column.null_count() as u64;
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Encoded> {
        let bytes = self.writer.in_progress_size();
        self.writer.inner_mut().reserve_exact(bytes);
        let metadata = self.writer.finish().map_err(fault)?;
        let bytes = std::mem::take(self.writer.inner_mut()).into();
        Ok(Encoded { bytes, rows: self.rows, arrow_bytes: self.arrow_bytes, nulls: self.nulls, metadata })
    }
}

impl Encoded {
    /// What there is to know of each column.
    pub(super) fn columns(&self) -> impl Iterator<Item = ColumnCloseResult> {
        let columns = self.metadata.row_groups().iter().flat_map(RowGroupMetaData::columns);
        columns.enumerate().map(|(place, column)| ColumnCloseResult {
            bytes_written: column.compressed_size() as u64,
            rows_written: self.rows,
            metadata: column.clone(),
            bloom_filter: None,
            column_index: self.metadata.column_index().map(|index| index[0][place].clone()),
            offset_index: self.metadata.offset_index().map(|index| index[0][place].clone()),
        })
    }
}

fn fault(error: ParquetError) -> Error {
    Error::Arrow(error.into())
}
