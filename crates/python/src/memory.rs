//! Tables that Python holds, as sources.

use std::{collections::HashMap, sync::Arc};

use arrow::{array::RecordBatch, datatypes::SchemaRef, error::ArrowError};
use pyo3::{exceptions::PyTypeError, prelude::*};
use pyo3_arrow::PyRecordBatchReader;
use unskew_core::{
    Result, nearest,
    remote::{Asked, MEMORY, NoRemotes, Remote, Remotes},
};
use unskew_hub::Hub;
use unskew_io::{Store, Table};

use crate::error::OrRaise;

/// A table as Python holds it.
#[pyclass(frozen, name = "Table", module = "unskew._unskew")]
pub struct Held {
    schema: SchemaRef,
    batches: Arc<Vec<RecordBatch>>,
}

#[pymethods]
impl Held {
    /// The rows of anything that has `__arrow_c_stream__`.
    #[new]
    fn new(py: Python<'_>, rows: &Bound<'_, PyAny>) -> PyResult<Self> {
        if !rows.hasattr("__arrow_c_stream__")? {
            return Err(PyTypeError::new_err("this has no `__arrow_c_stream__`"));
        }
        let reader = rows.extract::<PyRecordBatchReader>()?.into_reader()?;
        let schema = reader.schema();
        let batches = py.detach(|| reader.collect::<Result<Vec<_>, ArrowError>>()).or_raise(py)?;
        Ok(Self { schema, batches: Arc::new(batches) })
    }
}

/// The tables that a recipe may name, and the Hub.
pub struct Sources {
    tables: HashMap<String, Table>,
    hub: Hub,
}

impl Sources {
    /// The tables that Python calls by these names.
    pub fn new(named: &HashMap<String, Py<Held>>) -> Self {
        let table = |(name, held): (&String, &Py<Held>)| {
            let Held { schema, batches } = held.get();
            let told = format!("{MEMORY}{name}");
            (name.clone(), Table { name: told, schema: schema.clone(), batches: batches.clone() })
        };
        Self { tables: named.iter().map(table).collect(), hub: Hub::new() }
    }
}

impl Remotes for Sources {
    fn open(&self, asked: &Asked<'_>) -> Result<Remote> {
        self.hub.open(asked)
    }

    fn whole(&self, url: &str) -> Result<Arc<dyn Store>> {
        self.hub.whole(url)
    }

    fn table(&self, name: &str) -> Result<Table> {
        let names = || self.tables.keys().map(String::as_str);
        match self.tables.get(name) {
            Some(table) => Ok(table.clone()),
            None => NoRemotes.table(name).map_err(|error| error.suggest(nearest(name, names()))),
        }
    }
}
