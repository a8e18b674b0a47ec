//! Chosen rows as a stream of Arrow, which pyarrow, Polars, DuckDB, pandas and others read.

use std::{fs::File, iter, path::PathBuf, sync::Arc};

use arrow::{
    array::{ArrayRef, RecordBatch, RecordBatchReader, StructArray},
    compute::interleave_record_batch,
    datatypes::{Field, Schema, SchemaRef},
    error::ArrowError,
};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use pyo3::{prelude::*, types::PyCapsule};
use pyo3_arrow::ffi::{ArrayIterator, to_stream_pycapsule};
use unskew_io::Table;

use crate::error::OrRaise;

/// How many rows of a table in memory go together.
const TOGETHER: usize = 8192;

type Batches = Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>> + Send>;

/// Rows that can be read as often as one wants.
#[pyclass(frozen, module = "unskew._unskew")]
pub struct Rows(Place);

enum Place {
    /// Parquet files, in a folder that stays as long as what is named here.
    Files { files: Vec<PathBuf>, stays: Py<PyAny> },
    /// Some rows of a table in memory.
    Table { table: Table, rows: Arc<Vec<u32>> },
}

impl Rows {
    /// These rows of a table.
    pub fn of_table(table: Table, rows: Arc<Vec<u32>>) -> Self {
        Self(Place::Table { table, rows })
    }

    fn read(&self, py: Python<'_>) -> Result<(SchemaRef, Batches), ArrowError> {
        match &self.0 {
            Place::Files { files, stays } => read_files(files.clone(), stays.clone_ref(py)),
            Place::Table { table, rows } => {
                let schema = table.schema.clone();
                Ok((schema, read_table(table.clone(), rows.clone())))
            }
        }
    }
}

#[pymethods]
impl Rows {
    /// The rows in Parquet files, in a folder that is there as long as `stays` is.
    #[new]
    fn new(files: Vec<PathBuf>, stays: Py<PyAny>) -> Self {
        Self(Place::Files { files, stays })
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let (schema, batches) = self.read(py).or_raise(py)?;
        let field = Field::new_struct("", schema.fields().clone(), false);
        let field = field.with_metadata(schema.metadata().clone());
        let arrays = batches.map(|batch| Ok(Arc::new(StructArray::from(batch?)) as ArrayRef));
        let reader = Box::new(ArrayIterator::new(arrays, field.into()));
        Ok(to_stream_pycapsule(py, reader, requested_schema)?)
    }
}

fn open(file: &PathBuf) -> Result<ParquetRecordBatchReader, ArrowError> {
    let opened = File::open(file).map_err(|error| ArrowError::IoError(error.to_string(), error))?;
    Ok(ParquetRecordBatchReaderBuilder::try_new(opened)?.build()?)
}

/// The schema of the first of `files`, and the rows of all.
fn read_files(files: Vec<PathBuf>, stays: Py<PyAny>) -> Result<(SchemaRef, Batches), ArrowError> {
    let first = files.first().map(open).transpose()?;
    let schema = first.map_or_else(|| Arc::new(Schema::empty()), |first| first.schema());
    let batches = files.into_iter().flat_map(move |file| -> Batches {
        let _still_there = &stays;
        match open(&file) {
            Ok(batches) => Box::new(batches),
            Err(error) => Box::new(iter::once(Err(error))),
        }
    });
    Ok((schema, Box::new(batches)))
}

/// The `rows` of `table`; those that follow one another there are not copied.
fn read_table(table: Table, rows: Arc<Vec<u32>>) -> Batches {
    let mut starts = vec![0];
    for batch in table.batches.iter() {
        starts.push(starts[starts.len() - 1] + batch.num_rows());
    }
    let parts = rows.len().div_ceil(TOGETHER);
    Box::new((0..parts).map(move |part| {
        let rows = &rows[part * TOGETHER..rows.len().min((part + 1) * TOGETHER)];
        let place = |row: &u32| {
            let batch = starts.partition_point(|start| *start <= *row as usize) - 1;
            (batch, *row as usize - starts[batch])
        };
        let ((first, start), (last, _)) = (place(&rows[0]), place(&rows[rows.len() - 1]));
        if first == last && rows.windows(2).all(|pair| pair[0] + 1 == pair[1]) {
            return Ok(table.batches[first].slice(start, rows.len()));
        }
        let batches: Vec<&RecordBatch> = table.batches.iter().collect();
        interleave_record_batch(&batches, &rows.iter().map(place).collect::<Vec<_>>())
    }))
}
