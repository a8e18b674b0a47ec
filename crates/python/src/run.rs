//! Running, planning, inspecting and pushing for Python.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use pyo3::{prelude::*, types::PyBytes};
use unskew_core::{
    Options, Report, Result, folder, inspect::Question, recipe::Written, remote::SCHEME, view::View,
};
use unskew_hub::Hub;
use unskew_io::{Source, Table};

use crate::{
    error::{OrRaise, exception},
    listen::listening,
    memory::{Held, Sources},
    recipe::{Spoken, Wishes, prepared},
    rows::Rows,
};

/// What a run did.
#[pyclass(frozen, module = "unskew._unskew")]
pub struct Outcome {
    report: Report,
    /// The recipe as it was run.
    #[pyo3(get)]
    recipe: String,
    /// The folder with the result, if there is one.
    #[pyo3(get)]
    folder: Option<PathBuf>,
    /// The numbers of the source rows in each split, where rows are single source rows.
    splits: Option<Vec<(String, Arc<Vec<u32>>)>>,
    /// Where they come from, if that is one table in memory.
    table: Option<Table>,
}

#[pymethods]
impl Outcome {
    /// The report as JSON.
    #[getter]
    fn report(&self) -> String {
        self.report.to_json()
    }

    /// The numbers of the source rows in `split` as native 64-bit integers, where rows are single source rows.
    fn rows<'py>(&self, py: Python<'py>, split: &str) -> Option<Bound<'py, PyBytes>> {
        let rows = self.split(split)?;
        let numbers: Vec<u8> = rows.iter().flat_map(|row| i64::from(*row).to_ne_bytes()).collect();
        Some(PyBytes::new(py, &numbers))
    }

    /// The rows of `split` as they stand in the table that they come from.
    fn stream(&self, split: &str) -> Option<Rows> {
        Some(Rows::of_table(self.table.clone()?, self.split(split)?.clone()))
    }

    /// The exception that tells which checks failed, if some did.
    fn failure(&self, py: Python<'_>, hint: &str) -> Option<PyErr> {
        unskew_cli::judge(&self.report, hint).err().map(|error| exception(py, &error))
    }
}

impl Outcome {
    fn split(&self, name: &str) -> Option<&Arc<Vec<u32>>> {
        self.splits.as_ref()?.iter().find(|(split, _)| split == name).map(|(_, rows)| rows)
    }
}

/// Runs a recipe. The result is a folder: where `wishes` or the recipe say, else in `scratch`; or, where the rows of tables
/// in memory are only chosen and `needs_folder` is not said, just the numbers of these.
#[pyfunction]
pub fn run(
    py: Python<'_>,
    recipe: Spoken,
    wishes: Wishes,
    scratch: PathBuf,
    needs_folder: bool,
    told: Option<Py<PyAny>>,
) -> PyResult<Outcome> {
    let sources = recipe.sources();
    listening(py, told.as_ref(), |line| {
        let written = recipe.written()?;
        let own = wishes.names_folder()
            || written.recipe.output.to.as_ref().is_some_and(|to| !to.starts_with(SCHEME));
        let out = if own { None } else { Some(scratch.join(name(&written)?)) };
        let text = written.to_text(None);
        let prepared = prepared(written, &sources)?;
        let options = wishes.options(out);
        let table = match prepared.catalog.sources() {
            [Source::Table(table)] => Some(table.clone()),
            _ => None,
        };
        let rows = |view: &View| {
            let splits = unskew_core::source_rows(view).filter(|_| table.is_some())?;
            Some(splits.into_iter().map(|(name, rows)| (name, Arc::new(rows))).collect())
        };
        let (report, splits, folder) = if table.is_some() && !own && !needs_folder && prepared.copies_rows() {
            let (report, view) = unskew_core::choose(&prepared, &options, line)?;
            (report, rows(&view), None)
        } else {
            let outcome = unskew_core::run(&prepared, &options, line)?;
            let (report, splits) = (outcome.report.clone(), rows(&outcome.output));
            (report, splits, Some(unskew_card::finish(outcome, options.sync)?))
        };
        Ok(Outcome { report, recipe: text, folder, splits, table })
    })
}

/// The name of the folder for a recipe that does not say where to write.
fn name(written: &Written) -> Result<PathBuf> {
    let out = unskew_core::target(written, &Options::default())?;
    Ok(out.file_name().map(PathBuf::from).unwrap_or_default())
}

/// Tells what a run would do, as JSON.
#[pyfunction]
pub fn plan(py: Python<'_>, recipe: Spoken, wishes: Wishes, told: Option<Py<PyAny>>) -> PyResult<String> {
    let sources = recipe.sources();
    listening(py, told.as_ref(), |line| {
        let prepared = prepared(recipe.written()?, &sources)?;
        Ok(unskew_core::plan(&prepared, &wishes.options(None), line)?.to_json())
    })
}

/// What one wants to know of a source.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct Asked {
    config: Option<String>,
    splits: Vec<String>,
    condition: Option<String>,
    by: Vec<String>,
    histogram: Option<String>,
    statistics: bool,
}

/// Tells what the source at `path` looks like, as JSON.
#[pyfunction]
pub fn inspect(
    py: Python<'_>,
    path: &str,
    tables: HashMap<String, Py<Held>>,
    asked: Asked,
    wishes: Wishes,
    told: Option<Py<PyAny>>,
) -> PyResult<String> {
    let sources = Sources::new(&tables);
    let Asked { config, splits, condition, by, histogram, statistics } = asked;
    let question = Question { config, splits, condition, by, histogram, statistics, rows: None };
    listening(py, told.as_ref(), |line| {
        let inspection =
            unskew_core::inspect::inspect(path, &question, &wishes.options(None), &sources, line)?;
        Ok(inspection.to_json())
    })
}

/// How a folder is to be pushed.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct Push {
    private: bool,
    create_pr: bool,
    revision: Option<String>,
    tag: Option<String>,
    commit_message: Option<String>,
}

/// Pushes the folder at `path` to a repository, that of its recipe if none is named, and answers the address of the commit.
#[pyfunction]
pub fn push(
    py: Python<'_>,
    path: PathBuf,
    repository: Option<String>,
    push: Push,
    told: Option<Py<PyAny>>,
) -> PyResult<Option<String>> {
    listening(py, told.as_ref(), |line| {
        let target = target(&path, repository.as_deref(), push.revision.as_deref())?;
        let wishes = unskew_hub::Wishes {
            public: !push.private,
            create_pr: push.create_pr,
            dry_run: false,
            tag: push.tag,
            message: push.commit_message,
        };
        Ok(Hub::new().push(&path, &target, &wishes, line)?.url)
    })
}

fn target(path: &Path, repository: Option<&str>, branch: Option<&str>) -> Result<unskew_hub::Target> {
    if repository.is_some() {
        return unskew_cli::target(repository, None, branch);
    }
    let written = Written::read(&path.join(folder::RECIPE), &[])?;
    unskew_cli::target(None, written.recipe.output.to.as_deref(), branch)
}

/// The lines in which a report is told on a terminal.
#[pyfunction]
pub fn summary(py: Python<'_>, report: &str, folder: Option<&str>, width: usize) -> PyResult<String> {
    let report: Report = read(report).or_raise(py)?;
    let style = unskew_cli::Style { colour: false, unicode: true, width };
    Ok(unskew_cli::summary(&report, folder, &style))
}

/// The lines in which an inspection of the source at `path` is told on a terminal.
#[pyfunction]
pub fn picture(py: Python<'_>, inspection: &str, path: &str, width: usize) -> PyResult<String> {
    let style = unskew_cli::Style { colour: false, unicode: true, width };
    Ok(unskew_cli::picture(&read(inspection).or_raise(py)?, path, &style))
}

/// The charts of a report, as SVG.
#[pyfunction]
pub fn charts(py: Python<'_>, report: &str) -> PyResult<Vec<String>> {
    Ok(unskew_card::charts(&read(report).or_raise(py)?))
}

fn read<T: serde::de::DeserializeOwned>(json: &str) -> Result<T> {
    serde_json::from_str(json)
        .map_err(|error| unskew_core::Error::usage("this is not what unskew told").cause(error.to_string()))
}
