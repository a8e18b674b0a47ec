//! Takes rows so that their values have a density, in each class.

use std::{collections::BTreeMap, rc::Rc, sync::Arc};

use arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray, UInt64Array};
use unskew_strategy::{
    Input, Ranking, Result, Short, Strata, arrange,
    quota::{apportion_within, settled, weights},
    table,
};

use crate::{
    bins::Bins,
    classes::Classes,
    density::{Density, Mean},
    profile::Profile,
};

/// In how many parts the report tells how a mean moved.
const PARTS: usize = 10;

/// The rows of each class in each bin, and how many of them to take.
pub struct Cells<'a> {
    bins: &'a Bins,
    rows: Vec<Vec<Vec<u32>>>,
    available: Vec<Vec<u64>>,
    profiles: Vec<Rc<Profile>>,
    wanted: Vec<Vec<u64>>,
    got: Vec<Vec<u64>>,
}

impl<'a> Cells<'a> {
    /// The cells of all classes; nothing is taken yet.
    pub fn new(density: &Density, bins: &'a Bins, classes: &Classes, strata: &Strata) -> Self {
        let mut known: BTreeMap<Vec<bool>, Rc<Profile>> = BTreeMap::new();
        let (mut rows, mut available, mut profiles) = (vec![], vec![], vec![]);
        for class in 0..classes.len() {
            let mut of_class = vec![vec![]; bins.len()];
            for &row in classes.group(class).map_or(&[][..], |group| strata.members(group)) {
                if let Some(bin) = bins.of(row) {
                    of_class[bin].push(row);
                }
            }
            let present: Vec<bool> = of_class.iter().map(|rows| !rows.is_empty()).collect();
            let profile = known
                .entry(present.clone())
                .or_insert_with(|| Rc::new(Profile::new(density, bins, &present)));
            profiles.push(Rc::clone(profile));
            available.push(of_class.iter().map(|rows| rows.len() as u64).collect());
            rows.push(of_class);
        }
        Self { bins, rows, available, profiles, wanted: vec![], got: vec![] }
    }

    /// The most rows of each class whose values have the density.
    pub fn capacities(&self) -> Vec<u64> {
        self.profiles.iter().zip(&self.available).map(|(profile, rows)| profile.capacity(rows)).collect()
    }

    /// Settles how many rows of each cell are taken, where so many of each class are wanted.
    pub fn settle(&mut self, wanted: &[u64], classes: &Classes, short: Short) -> Result<()> {
        let label = |class| classes.label(class);
        let of_classes = match short {
            Short::Shrink => settled(&self.capacities(), wanted, short, label)?,
            Short::Redistribute => settled(classes.available(), wanted, short, label)?,
            _ => wanted.to_vec(),
        };
        let spread = |(profile, total): (&Rc<Profile>, &u64)| profile.of(*total);
        self.wanted = self.profiles.iter().zip(&of_classes).map(spread).collect();
        self.got = if short == Short::Redistribute {
            let class = |class: usize| {
                let low: Vec<u64> = self.available[class]
                    .iter()
                    .zip(&self.wanted[class])
                    .map(|(there, wanted)| *there.min(wanted))
                    .collect();
                let shares = weights(&self.profiles[class].shares);
                apportion_within(of_classes[class], &shares, &low, &self.available[class])
            };
            (0..of_classes.len()).map(class).collect()
        } else {
            let bins = self.bins.len();
            let cell = |cell: usize| match classes.label(cell / bins) {
                class if class.is_empty() => self.bins.labels[cell % bins].clone(),
                class => format!("{class} × {}", self.bins.labels[cell % bins]),
            };
            let got = settled(&self.available.concat(), &self.wanted.concat(), short, cell)?;
            got.chunks(bins.max(1)).map(<[u64]>::to_vec).collect()
        };
        Ok(())
    }

    /// How many rows of each class are taken.
    pub fn got(&self) -> Vec<u64> {
        let got = self.got.iter().map(|bins| bins.iter().sum());
        // Without any bin there are no chunks.
        got.chain(std::iter::repeat(0)).take(self.rows.len()).collect()
    }

    /// The rows taken, in ascending order.
    pub fn taken(&self, ranking: &Ranking<'_>) -> Vec<u32> {
        let mut taken: Vec<u32> = self.taken_of_cells(ranking).flat_map(|(.., rows)| rows).collect();
        taken.sort_unstable();
        taken
    }

    /// The rows taken, in the order in which the mean moves; classes are mixed alike in every stretch.
    pub fn ordered(&self, ranking: &Ranking<'_>, mean: Mean, chance: &[u64]) -> Vec<u32> {
        let mut places: Vec<Vec<(f64, usize, u32)>> = vec![vec![]; self.rows.len()];
        for (class, bin, mut rows) in self.taken_of_cells(ranking) {
            let value = |row: u32| self.bins.values[row as usize].unwrap_or_default();
            rows.sort_unstable_by(|&a, &b| {
                let ascending = value(a).total_cmp(&value(b));
                let moving = if mean.to < mean.from { ascending.reverse() } else { ascending };
                moving.then(chance[a as usize].cmp(&chance[b as usize])).then(a.cmp(&b))
            });
            let count = rows.len() as f64;
            let time = |at: usize| self.profiles[class].time(bin, (at as f64 + 0.5) / count);
            places[class].extend(rows.into_iter().enumerate().map(|(at, row)| (time(at), bin, row)));
        }
        let mut rank = vec![0; chance.len()];
        let mut classes: Vec<Vec<u32>> = vec![];
        for mut of_class in places {
            // Within a bin rows are in order already.
            of_class.sort_by(|(a, in_a, _), (b, in_b, _)| a.total_cmp(b).then(in_a.cmp(in_b)));
            (0..).zip(&of_class).for_each(|(at, (.., row))| rank[*row as usize] = at);
            classes.push(of_class.into_iter().map(|(.., row)| row).collect());
        }
        arrange::interleave(classes.iter().map(Vec::as_slice), &rank)
    }

    fn taken_of_cells(&self, ranking: &Ranking<'_>) -> impl Iterator<Item = (usize, usize, Vec<u32>)> {
        let classes = self.rows.iter().zip(&self.got).enumerate();
        classes.flat_map(move |(class, (rows, got))| {
            rows.iter()
                .zip(got)
                .enumerate()
                .map(move |(bin, (rows, &got))| (class, bin, ranking.take(rows, got)))
        })
    }

    /// What there was, what was wanted and what was taken in each bin, and how many rows are in none.
    pub fn facts(&self, over: &str, input: &Input) -> RecordBatch {
        let sum = |cells: &[Vec<u64>]| {
            let bins = (0..self.bins.len()).map(|bin| cells.iter().map(|bins| bins[bin]).sum::<u64>());
            bins.collect::<Vec<_>>()
        };
        let [mut available, mut wanted, mut got] = [&self.available, &self.wanted, &self.got].map(|c| sum(c));
        let mut labels: Vec<Option<&str>> =
            self.bins.labels.iter().map(|label| Some(label.as_str())).collect();
        let valued = self.bins.values.iter().flatten().count() as u64;
        let outside = input.len() as u64 - self.bins.missing - valued;
        for (label, rows) in [(Some("outside"), outside), (None, self.bins.missing)] {
            if rows > 0 {
                labels.push(label);
                available.push(rows);
                wanted.push(0);
                got.push(0);
            }
        }
        let keys = [(over, Arc::new(StringArray::from(labels)) as ArrayRef)];
        let keys = RecordBatch::try_from_iter_with_nullable(keys.map(|(name, texts)| (name, texts, true)));
        let numbers = |numbers: Vec<u64>| Arc::new(UInt64Array::from(numbers)) as ArrayRef;
        table(
            &keys.expect("there is one column"),
            [("available", numbers(available)), ("wanted", numbers(wanted)), ("got", numbers(got))],
        )
    }

    /// Where the mean was, part by part.
    pub fn way(&self, ordered: &[u32], mean: Mean) -> RecordBatch {
        let parts = PARTS.min(ordered.len());
        let edge = |part: usize| ordered.len() * part / parts;
        let mean_of = |rows: &[u32]| {
            let sum: f64 = rows.iter().filter_map(|&row| self.bins.values[row as usize]).sum();
            sum / rows.len() as f64
        };
        let rows = (0..parts).map(|part| &ordered[edge(part)..edge(part + 1)]);
        let first: Vec<u64> = (0..parts).map(|part| edge(part) as u64 + 1).collect();
        let aimed = (0..parts).map(|part| mean.at((part as f64 + 0.5) / parts as f64));
        RecordBatch::try_from_iter([
            ("from row", Arc::new(UInt64Array::from(first)) as ArrayRef),
            ("aimed at", Arc::new(aimed.collect::<Float64Array>()) as ArrayRef),
            ("mean", Arc::new(rows.map(mean_of).collect::<Float64Array>()) as ArrayRef),
        ])
        .expect("columns are of one length")
    }
}
