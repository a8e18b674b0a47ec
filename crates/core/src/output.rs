//! The wide half of a run: chosen rows are gathered and written, split by split.

pub mod configs;
mod listed;
mod write;

use std::collections::BTreeSet;

use arrow::{
    array::{RecordBatch, UInt32Array},
    compute::take_record_batch,
};

use unskew_io::Shape;
use unskew_strategy::Role;
pub use write::{check, write};

use crate::{
    Error, Result,
    frame::addresses,
    prepare::Prepared,
    report::{ConfigReport, LeftOut as LeftOutCount, OutputReport, OverflowReport, SplitReport},
    select::{LeftOut, Selected},
    view::View,
};

/// The config of the rows that were left out.
pub const OVERFLOW: &str = "overflow";

/// What `datasets` calls all splits together, so that no split can be called so.
const ALL: &str = "all";

/// The most splits that a value may make.
const MOST_SPLITS: usize = 1000;

/// Some rows that go into files of one name.
struct Part {
    name: String,
    value: Option<String>,
    rows: usize,
    /// The address of each row, or of each part of it.
    addresses: Vec<u32>,
    added: Option<RecordBatch>,
}

impl Part {
    /// The rows of `view` in their shape, with the `added` columns.
    fn of(view: &View, shape: Option<&Shape>, added: Option<RecordBatch>) -> Self {
        let (chosen, rejected) = (addresses(view, None), addresses(view, Some(Role::Rejected)));
        let addresses = match shape {
            Some(shape) => shape.addresses(&[&chosen, &rejected]),
            None => chosen.into_owned(),
        };
        Self { name: "train".to_owned(), value: None, rows: view.len(), addresses, added }
    }
}

/// What the output will look like, without writing it; bytes are what the chosen rows take where they are now.
pub fn predict(prepared: &Prepared, selected: &mut Selected) -> Result<()> {
    let catalog = &selected.catalog;
    let share: Vec<f64> = (catalog.files().iter().zip(&selected.scan.files))
        .map(|(file, scanned)| scanned.bytes as f64 / f64::from(file.rows.max(1)))
        .collect();
    let size = |address: &u32| share[catalog.file_of(*address)];
    let report = |part: Part| SplitReport {
        bytes: part.addresses.iter().map(size).sum::<f64>() as u64,
        rows: part.rows as u64,
        name: part.name,
        value: part.value,
        ..SplitReport::default()
    };
    let mut configs = vec![];
    for (config, added) in prepared.configs.iter().zip(&selected.added) {
        let shape = config.shape_of(&selected.output, catalog);
        let splits =
            parts(&selected.output, shape.as_ref(), added.as_ref())?.into_iter().map(report).collect();
        configs.push(ConfigReport { config: config.name.clone(), splits, columns: vec![] });
    }
    let overflow = match &selected.left_out {
        None => None,
        Some(left_out) => Some(OverflowReport {
            left_out_by: left_out_by(left_out),
            splits: left_out_parts(left_out)?.into_iter().map(report).collect(),
            columns: vec![],
        }),
    };
    selected.report.output = output_report(String::new(), configs);
    selected.report.overflow = overflow;
    Ok(())
}

/// What the report says of the configs.
fn output_report(format: String, configs: Vec<ConfigReport>) -> OutputReport {
    let mut configs = configs.into_iter();
    let ConfigReport { config, splits, columns } = configs.next().expect("there is a config at least");
    OutputReport { format, config, splits, columns, further: configs.collect() }
}

/// The numbers, among all source rows, of the rows in each split of `view`; none where rows are pairs or sides of them.
pub fn source_rows(view: &View) -> Option<Vec<(String, Vec<u32>)>> {
    if view.is_paired() || view.sides().is_some() {
        return None;
    }
    let rows = addresses(view, None);
    let Some(splits) = view.splits() else { return Some(vec![("train".to_owned(), rows.into_owned())]) };
    let mut members = vec![vec![]; splits.names.len()];
    for (row, code) in rows.iter().zip(&splits.codes) {
        members[*code as usize].push(*row);
    }
    Some(split_names(splits.names.iter().map(String::as_str)).into_iter().zip(members).collect())
}

/// The chosen rows in a shape, with the `added` columns, split by split.
fn parts(view: &View, shape: Option<&Shape>, added: Option<&RecordBatch>) -> Result<Vec<Part>> {
    let Some(splits) = view.splits() else {
        return Ok(vec![Part::of(view, shape, added.cloned())]);
    };
    let mut members = vec![vec![]; splits.names.len()];
    for (position, code) in (0u32..).zip(&splits.codes) {
        members[*code as usize].push(position);
    }
    let names = split_names(splits.names.iter().map(String::as_str));
    let part = |((value, name), positions): ((&String, String), Vec<u32>)| -> Result<Part> {
        let own = View::of(view.refs().clone()).take(&positions)?;
        let added = added.map(|added| take_record_batch(added, &UInt32Array::from(positions))).transpose()?;
        let value = (*value != name).then(|| value.clone());
        Ok(Part { name, value, ..Part::of(&own, shape, added) })
    };
    splits.names.iter().zip(names).zip(members).map(part).collect()
}

/// The rows that were left out, split by split.
fn left_out_parts(left_out: &LeftOut) -> Result<Vec<Part>> {
    let all = left_out.rows.rows.iter().map(|(address, _)| *address);
    let Some((codes, values)) = &left_out.splits else {
        return Ok(vec![left_out_part("train".to_owned(), None, all.collect())]);
    };
    if values.len() > MOST_SPLITS {
        let message = format!("overflow would have {} splits, and {MOST_SPLITS} is the most", values.len());
        return Err(
            Error::data(message).hint("split by something with fewer values, or write `overflow: true`")
        );
    }
    let mut members = vec![vec![]; values.len()];
    for (address, code) in all.zip(codes) {
        members[*code as usize].push(address);
    }
    let shown: Vec<&str> = values.iter().map(|value| value.as_deref().unwrap_or("null")).collect();
    let names = split_names(shown.iter().copied());
    let part = |((value, name), addresses): ((&&str, String), Vec<u32>)| {
        let value = (*value != name).then(|| (*value).to_owned());
        left_out_part(name, value, addresses)
    };
    Ok(shown.iter().zip(names).zip(members).map(part).collect())
}

fn left_out_part(name: String, value: Option<String>, addresses: Vec<u32>) -> Part {
    Part { name, value, rows: addresses.len(), addresses, added: None }
}

/// Names that splits may have: what is no letter, digit or `_` becomes `_`, and equal names are numbered.
pub fn split_names<'a>(values: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut taken = BTreeSet::from([ALL.to_owned()]);
    let name = |value: &str| {
        let mut name: String = value
            .chars()
            .take(80)
            .map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' })
            .collect();
        if name.is_empty() {
            name.push('_');
        }
        let mut number = 1;
        let mut own = name.clone();
        while !taken.insert(own.to_ascii_lowercase()) {
            number += 1;
            own = format!("{name}_{number}");
        }
        own
    };
    values.map(name).collect()
}

fn left_out_by(left_out: &LeftOut) -> Vec<LeftOutCount> {
    let mut counts = vec![0; left_out.rows.steps.len()];
    for (_, step) in &left_out.rows.rows {
        counts[*step as usize] += 1;
    }
    let count = |(step, rows): (&String, u64)| LeftOutCount { step: step.clone(), rows };
    left_out.rows.steps.iter().zip(counts).map(count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_value_gives_a_safe_name_of_its_own() {
        let names = split_names(
            ["../../x", "a/b", "a b", "<script>", "", "Math", "math", "naïve", "all"].into_iter(),
        );
        assert_eq!(names, ["______x", "a_b", "a_b_2", "_script_", "_", "Math", "math_2", "na_ve", "all_2"]);
    }
}
