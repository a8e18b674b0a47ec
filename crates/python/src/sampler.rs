//! Balanced batches for a `DataLoader`: the plan of the strategy `batch`, epoch after epoch.

use std::sync::{
    Arc,
    atomic::{AtomicU32, AtomicUsize, Ordering},
};

use arrow::array::{ArrayRef, BooleanArray, Float64Array, Int64Array, StringArray};
use pyo3::{exceptions::PyValueError, prelude::*, types::PyList};
use rayon::prelude::*;
use unskew_batch::{Each, Epoch, Plan};
use unskew_core::{
    Error, Options, Result,
    groups::{KeyColumn, group},
    priority::{Dice, Kind, Stream},
};
use unskew_strategy::{Groups, Strata, derive};

use crate::error::OrRaise;

/// What the one expression is called that makes classes.
const LABEL: &str = "label";

/// Labels as Python has them.
#[derive(FromPyObject)]
pub enum Labels {
    Booleans(Vec<bool>),
    Numbers(Vec<i64>),
    Fractions(Vec<f64>),
    Texts(Vec<String>),
}

/// Batches with a given number of rows of each class.
#[pyclass(frozen, module = "unskew._unskew")]
pub struct Sampler {
    strata: Strata,
    each: Vec<usize>,
    chance: Arc<Vec<u64>>,
    drop_last: bool,
    mixed: bool,
    rank: usize,
    world_size: usize,
    place: Arc<Place>,
}

/// Where an iteration stands, and so where the next one begins.
#[derive(Default)]
struct Place {
    epoch: AtomicU32,
    batch: AtomicUsize,
}

impl Place {
    fn set(&self, epoch: u32, batch: usize) {
        self.epoch.store(epoch, Ordering::Relaxed);
        self.batch.store(batch, Ordering::Relaxed);
    }

    fn read(&self) -> (u32, usize) {
        (self.epoch.load(Ordering::Relaxed), self.batch.load(Ordering::Relaxed))
    }
}

#[pymethods]
impl Sampler {
    /// `each` is JSON: a number, or one for each class.
    #[new]
    #[allow(clippy::too_many_arguments, reason = "Python names them")]
    fn new(
        py: Python<'_>,
        labels: Labels,
        each: &str,
        seed: u64,
        drop_last: bool,
        mixed: bool,
        rank: usize,
        world_size: usize,
    ) -> PyResult<Self> {
        if world_size == 0 || rank >= world_size {
            return Err(PyValueError::new_err(format!("there is no rank {rank} of {world_size}")));
        }
        let rows = labels.len();
        let (strata, each) = py.detach(|| classes(labels, each)).or_raise(py)?;
        let chance = py.detach(|| Arc::new(chance(seed, rows)));
        let sampler =
            Self { strata, each, chance, drop_last, mixed, rank, world_size, place: Arc::default() };
        if sampler.plan().batches() == 0 {
            return Err(PyValueError::new_err("there are too few rows for a full batch on each rank"));
        }
        Ok(sampler)
    }

    /// How many batches an epoch has on this rank.
    fn __len__(&self) -> usize {
        self.plan().batches() / self.world_size
    }

    /// How many rows a batch has.
    #[getter]
    fn batch_size(&self) -> usize {
        self.each.iter().sum()
    }

    /// The epoch that the next iteration begins or goes on with, and how many of its batches are done.
    #[getter]
    fn place(&self) -> (u32, usize) {
        self.place.read()
    }

    /// The same batches with another seed, from the first epoch on.
    fn reseeded(&self, py: Python<'_>, seed: u64) -> Self {
        let rows = self.chance.len();
        Self {
            strata: self.strata.clone(),
            each: self.each.clone(),
            chance: py.detach(|| Arc::new(chance(seed, rows))),
            place: Arc::default(),
            ..*self
        }
    }

    /// Says where the next iteration begins.
    fn set_place(&self, epoch: u32, batch: usize) {
        self.place.set(epoch, batch);
    }

    fn __iter__(&self, py: Python<'_>) -> Iteration {
        let (number, done) = self.place.read();
        Iteration {
            epoch: py.detach(|| self.epoch(number)),
            chance: self.mixed.then(|| self.chance.clone()),
            rank: self.rank,
            world_size: self.world_size,
            batches: self.__len__(),
            number,
            done,
            place: self.place.clone(),
            rows: vec![],
        }
    }
}

impl Sampler {
    fn plan(&self) -> Plan<'_> {
        let plan = Plan::new(self.strata.iter().collect(), self.each.clone(), self.drop_last);
        plan.shared_by(self.world_size, self.drop_last)
    }

    /// The batches of an epoch. Its threads end with it, so that a process may be forked afterwards.
    fn epoch(&self, number: u32) -> Epoch {
        let plan = self.plan();
        let draws = |class| plan.draws(class, number, &self.chance);
        let drawn =
            Options::default().on_threads(|| (0..self.each.len()).into_par_iter().map(draws).collect());
        plan.epoch(number, drawn)
    }
}

/// The batches of one epoch on one rank, as lists of numbers.
#[pyclass(module = "unskew._unskew")]
pub struct Iteration {
    epoch: Epoch,
    chance: Option<Arc<Vec<u64>>>,
    rank: usize,
    world_size: usize,
    batches: usize,
    number: u32,
    done: usize,
    place: Arc<Place>,
    /// Room for a batch.
    rows: Vec<u32>,
}

#[pymethods]
impl Iteration {
    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyList>>> {
        if self.done >= self.batches {
            self.place.set(self.number + 1, 0);
            return Ok(None);
        }
        self.rows.clear();
        let batch = self.done * self.world_size + self.rank;
        self.epoch.add(batch, self.chance.as_ref().map(|chance| chance.as_slice()), &mut self.rows);
        self.done += 1;
        self.place.set(self.number, self.done);
        PyList::new(py, &self.rows).map(Some)
    }
}

impl Labels {
    fn len(&self) -> usize {
        match self {
            Self::Booleans(labels) => labels.len(),
            Self::Numbers(labels) => labels.len(),
            Self::Fractions(labels) => labels.len(),
            Self::Texts(labels) => labels.len(),
        }
    }

    fn into_array(self) -> ArrayRef {
        match self {
            Self::Booleans(labels) => Arc::new(BooleanArray::from(labels)),
            Self::Numbers(labels) => Arc::new(Int64Array::from(labels)),
            Self::Fractions(labels) => Arc::new(Float64Array::from(labels)),
            Self::Texts(labels) => Arc::new(StringArray::from(labels)),
        }
    }
}

/// The rows of each class, and how many of them a batch has.
fn classes(labels: Labels, each: &str) -> Result<(Strata, Vec<usize>)> {
    let rows = labels.len();
    if rows == 0 {
        return Err(Error::data("there are no labels"));
    }
    let column = KeyColumn { name: LABEL.to_owned(), values: labels.into_array(), levels: false };
    let groups = group(rows, &[column], &Dice::new(0, ""))?;
    let strata = Strata::new(groups.codes(), groups.len());
    let each = of_classes(each, &groups, &strata.counts())
        .map_err(|error| Error::usage("`n_samples_per_class` does not fit the labels").cause(error))?;
    Ok((strata, each))
}

fn of_classes(each: &str, groups: &Groups, counts: &[u64]) -> Result<Vec<usize>, String> {
    let by = [LABEL.to_owned()];
    let each: Each = serde_json::from_str(each).map_err(|error| error.to_string())?;
    each.check(&by).and_then(|()| each.of(groups, counts, &by)).map_err(|error| error.to_string())
}

/// What a stage `batch` draws from for the rows of a table that is called `rows`.
fn chance(seed: u64, rows: usize) -> Vec<u64> {
    let dice = Dice::new(seed, "batch");
    let mut numbers = dice.numbers(Kind::Chance, Stream::of_file("rows", ""));
    (0..rows as u64).map(|row| derive(numbers.at(row), 0, 0)).collect()
}
