//! The wide half of a run: chosen rows are gathered and written, split by split.

use std::{collections::BTreeSet, fs, path::Path, sync::Arc};

use arrow::{
    array::{ArrayRef, RecordBatch, StringArray, UInt32Array, UInt64Array},
    compute::take_record_batch,
};
use unskew_io::{Compression, Format, Inferred, Progress, Source, Writing, WrittenFile};

use crate::{
    Error, Exit, Options, Result,
    catalog::Catalog,
    frame::addresses,
    prepare::Prepared,
    recipe::{OutputCompression, OutputFormat, bytes},
    report::{JsonColumn, LeftOut as LeftOutCount, OutputReport, OverflowReport, SplitReport},
    select::{LeftOut, Selected},
    view::View,
};

/// The config of the rows that were left out.
pub const OVERFLOW: &str = "overflow";

/// The most splits that a value may make.
const MOST_SPLITS: usize = 1000;

/// Some rows that go into files of one name.
struct Part {
    name: String,
    value: Option<String>,
    addresses: Vec<u32>,
    added: Option<RecordBatch>,
}

/// Writes the chosen rows, and those that were left out if they are wanted, into the folder at `root`; what was
/// written is added to the report.
pub fn write(
    prepared: &Prepared,
    selected: &mut Selected,
    root: &Path,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Vec<WrittenFile>> {
    let recipe = prepared.recipe();
    let writer = Writer { writing: writing(prepared, options)?, root, selected, progress };
    let config = config(prepared);
    let folder = if config == "default" { "data" } else { &config };
    let parts = parts(selected)?;
    let exact = exact_name(prepared, &parts)?;
    let mut json_columns = vec![];
    let (mut files, splits) = writer.write(folder, parts, exact.as_deref(), &mut json_columns)?;
    let overflow = match &selected.left_out {
        None => None,
        Some(left_out) => {
            let (more, splits) =
                writer.write(OVERFLOW, left_out_parts(left_out)?, None, &mut json_columns)?;
            files.extend(more);
            write_reasons(&selected.catalog, left_out, root)?;
            Some(OverflowReport { left_out_by: left_out_by(left_out), splits })
        }
    };
    let format = match recipe.output.format {
        OutputFormat::Parquet => "parquet",
        OutputFormat::Jsonl => "jsonl",
    };
    selected.report.output = OutputReport { format: format.to_owned(), config, splits };
    selected.report.overflow = overflow;
    selected.report.json_columns = json_columns;
    Ok(files)
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
        rows: part.addresses.len() as u64,
        name: part.name,
        value: part.value,
        ..SplitReport::default()
    };
    let splits = parts(selected)?.into_iter().map(report).collect();
    let overflow = match &selected.left_out {
        None => None,
        Some(left_out) => Some(OverflowReport {
            left_out_by: left_out_by(left_out),
            splits: left_out_parts(left_out)?.into_iter().map(report).collect(),
        }),
    };
    selected.report.output = OutputReport { format: String::new(), config: config(prepared), splits };
    selected.report.overflow = overflow;
    Ok(())
}

fn config(prepared: &Prepared) -> String {
    prepared.recipe().output.config.clone().unwrap_or_else(|| "default".to_owned())
}

fn writing(prepared: &Prepared, options: &Options) -> Result<Writing> {
    let output = &prepared.recipe().output;
    let wrong = |path: &str, message: String| {
        let tree = &prepared.written.tree;
        tree.error(tree.place(&crate::recipe::segments(path)), message)
    };
    let shard_bytes = match &output.shard_size {
        None => 500_000_000,
        Some(text) => match bytes(text) {
            Some(size) if size > 0 => size,
            _ => return Err(wrong("output.shard_size", format!("`{text}` is not a size, such as `500MB`"))),
        },
    };
    let compression = match (output.format, output.compression) {
        (_, OutputCompression::None) => Compression::None,
        (OutputFormat::Parquet, _) => {
            return Err(wrong("output.compression", "Parquet files are compressed inside".to_owned())
                .hint("`format: jsonl` can be compressed as a whole"));
        }
        (_, OutputCompression::Gzip) => Compression::Gzip,
        (_, OutputCompression::Zstd) => Compression::Zstd,
    };
    let format = match output.format {
        OutputFormat::Parquet => Format::Parquet,
        OutputFormat::Jsonl => Format::Json,
    };
    let config = config(prepared);
    if config == OVERFLOW || !is_name(&config) {
        return Err(wrong("output.config", format!("`{config}` cannot be the name of a config"))
            .hint("letters, digits, `_`, `-` and `.` are allowed; `overflow` and `data` are taken"));
    }
    Ok(Writing { format, compression, memory: options.memory(), sync: options.sync, shard_bytes })
}

fn is_name(name: &str) -> bool {
    let letters = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
    letters && name.starts_with(|letter: char| letter.is_ascii_alphanumeric()) && name != "data"
}

/// The name of the one file, where the recipe gives one.
fn exact_name(prepared: &Prepared, parts: &[Part]) -> Result<Option<String>> {
    let Some(name) = &prepared.recipe().output.file else { return Ok(None) };
    let tree = &prepared.written.tree;
    let wrong = |message: String| tree.error(tree.place(&crate::recipe::segments("output.file")), message);
    let expected = match prepared.recipe().output.format {
        OutputFormat::Parquet => Format::Parquet,
        OutputFormat::Jsonl => Format::Json,
    };
    if !is_name(name) || Format::of(name).is_none_or(|(format, _)| format != expected) {
        return Err(wrong(format!("`{name}` cannot be the name of the file"))
            .hint("a plain name with the ending of the format: `balanced.jsonl`"));
    }
    if parts.len() != 1 {
        return Err(wrong(format!("there are {} splits, and one file holds one", parts.len())));
    }
    Ok(Some(name.clone()))
}

struct Writer<'a> {
    writing: Writing,
    root: &'a Path,
    selected: &'a Selected,
    progress: &'a dyn Progress,
}

impl Writer<'_> {
    /// Writes `parts` with the columns that all of them have in common.
    fn write(
        &self,
        folder: &str,
        parts: Vec<Part>,
        exact: Option<&str>,
        json_columns: &mut Vec<JsonColumn>,
    ) -> Result<(Vec<WrittenFile>, Vec<SplitReport>)> {
        let path = self.root.join(folder);
        fs::create_dir_all(&path).map_err(|error| unwritable(&path, &error))?;
        let sources: &[Source] = self.selected.catalog.sources();
        let inferred = self.infer(sources, &parts)?;
        for (path, reason) in &inferred.as_json {
            let column = JsonColumn { path: path.clone(), reason: reason.clone() };
            if !json_columns.contains(&column) {
                json_columns.push(column);
            }
        }
        let (mut files, mut splits) = (vec![], vec![]);
        for part in parts {
            let output = unskew_io::Output {
                folder: path.clone(),
                name: exact.unwrap_or(&part.name),
                exact_name: exact.is_some(),
                addresses: &part.addresses,
                added: part.added.as_ref(),
                inferred: &inferred,
            };
            let written =
                unskew_io::write(sources, &self.selected.scan, &output, &self.writing, self.progress)?;
            let written: Vec<_> = written
                .into_iter()
                .map(|file| WrittenFile { name: format!("{folder}/{}", file.name), ..file })
                .collect();
            splits.push(SplitReport {
                name: part.name,
                value: part.value,
                rows: part.addresses.len() as u64,
                bytes: written.iter().map(|file| file.bytes).sum(),
                arrow_bytes: written.iter().map(|file| file.arrow_bytes).sum(),
                files: written.iter().map(|file| file.name.clone()).collect(),
            });
            files.extend(written);
        }
        Ok((files, splits))
    }

    fn infer(&self, sources: &[Source], parts: &[Part]) -> Result<Inferred> {
        if self.writing.format == Format::Json {
            return Ok(Inferred { schema: Arc::new(arrow::datatypes::Schema::empty()), as_json: vec![] });
        }
        let mut all: Vec<u32> = parts.iter().flat_map(|part| part.addresses.iter().copied()).collect();
        all.sort_unstable();
        all.dedup();
        Ok(unskew_io::infer(sources, &self.selected.scan, &all, self.progress)?)
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> Error {
    Error::new(Exit::Fault, format!("cannot write {}", path.display())).cause(error.to_string())
}

/// The chosen rows, split by split.
fn parts(selected: &Selected) -> Result<Vec<Part>> {
    let view = &selected.output;
    if view.is_paired() {
        return Err(
            Error::data("pairs have no form to be written in yet").hint("end with rows: add `unpair`")
        );
    }
    let Some(splits) = view.splits() else {
        let addresses = addresses(view, None).into_owned();
        return Ok(vec![Part {
            name: "train".to_owned(),
            value: None,
            addresses,
            added: selected.added.clone(),
        }]);
    };
    let mut members = vec![vec![]; splits.names.len()];
    for (position, code) in (0u32..).zip(&splits.codes) {
        members[*code as usize].push(position);
    }
    let names = split_names(splits.names.iter().map(String::as_str));
    let part = |((value, name), positions): ((&String, String), Vec<u32>)| -> Result<Part> {
        let own = View::of(view.refs().clone()).take(&positions)?;
        let added = selected
            .added
            .as_ref()
            .map(|added| take_record_batch(added, &UInt32Array::from(positions.clone())));
        let value = (*value != name).then(|| value.clone());
        Ok(Part { name, value, addresses: addresses(&own, None).into_owned(), added: added.transpose()? })
    };
    splits.names.iter().zip(names).zip(members).map(part).collect()
}

/// The rows that were left out, split by split.
fn left_out_parts(left_out: &LeftOut) -> Result<Vec<Part>> {
    let all = left_out.rows.rows.iter().map(|(address, _)| *address);
    let Some((codes, values)) = &left_out.splits else {
        return Ok(vec![Part {
            name: "train".to_owned(),
            value: None,
            addresses: all.collect(),
            added: None,
        }]);
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
    let part = |((value, name), addresses): ((&&str, String), Vec<u32>)| Part {
        value: (*value != name).then(|| (*value).to_owned()),
        name,
        addresses,
        added: None,
    };
    Ok(shown.iter().zip(names).zip(members).map(part).collect())
}

/// Names that splits may have: what is no letter, digit or `_` becomes `_`, and equal names are numbered.
fn split_names<'a>(values: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut taken = BTreeSet::new();
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

/// Which step left each row out, as `.unskew/overflow.parquet`.
fn write_reasons(catalog: &Catalog, left_out: &LeftOut, root: &Path) -> Result<()> {
    let rows = &left_out.rows.rows;
    let file = |address: u32| &catalog.files()[catalog.file_of(address)];
    let source = rows.iter().map(|(address, _)| Some(catalog.label(file(*address).source)));
    let path = rows.iter().map(|(address, _)| Some(file(*address).identity.as_str()));
    let row =
        rows.iter().map(|(address, _)| file(*address).first + u64::from(address - file(*address).start));
    let step = rows.iter().map(|(_, step)| Some(left_out.rows.steps[*step as usize].as_str()));
    let columns: [(&str, ArrayRef); 4] = [
        ("source", Arc::new(source.collect::<StringArray>())),
        ("file", Arc::new(path.collect::<StringArray>())),
        ("row", Arc::new(UInt64Array::from_iter_values(row))),
        ("left_out_by", Arc::new(step.collect::<StringArray>())),
    ];
    Ok(unskew_io::write_table(&root.join(".unskew/overflow.parquet"), &RecordBatch::try_from_iter(columns)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_value_gives_a_safe_name_of_its_own() {
        let names =
            split_names(["../../x", "a/b", "a b", "<script>", "", "Math", "math", "naïve"].into_iter());
        assert_eq!(names, ["______x", "a_b", "a_b_2", "_script_", "_", "Math", "math_2", "na_ve"]);
    }
}
