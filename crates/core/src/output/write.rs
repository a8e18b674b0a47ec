//! Writing the parts of an output, and what tells of them.

use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

use arrow::{
    array::{ArrayRef, RecordBatch, StringArray, UInt32Array, UInt64Array},
    datatypes::{Field, Schema, SchemaRef},
};
use unskew_io::{
    Columns, Compression, Format, Inferred, Output, Progress, Shape, Writing, WrittenFile, Wrote,
};

use unskew_strategy::Batches;

use super::{OVERFLOW, Part, left_out_by, left_out_parts, listed, output_report, parts};
use crate::{
    Error, Exit, Options, Result,
    catalog::Catalog,
    features::features,
    output::configs::{self, DEFAULT, is_name},
    prepare::Prepared,
    recipe::{OutputCompression, OutputFormat, bytes, segments},
    report::{ColumnReport, ConfigReport, JsonColumn, OverflowReport, SplitReport},
    select::{LeftOut, Selected},
    shape::{Files, Trainer},
    stage::Stage,
};

/// What was written.
#[derive(Debug, Default)]
struct Written {
    /// The files.
    files: Vec<WrittenFile>,
    /// The columns of each config.
    columns: Vec<Vec<ColumnReport>>,
    /// Columns that hold JSON text.
    json_columns: Vec<JsonColumn>,
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
    let writer = Writer { writing: writing(prepared, options)?, root, selected, progress };
    let mut configs = vec![];
    for (config, added) in prepared.configs.iter().zip(&selected.added) {
        let shape = config.shape_of(&selected.output, &selected.catalog);
        let parts = parts(&selected.output, shape.as_ref(), added.as_ref())?;
        let exact = exact_name(prepared, &parts)?;
        let replaced = config.replaced.clone();
        configs.push(Config { exact, shape, replaced, ..writer.config(config.name.clone(), parts)? });
    }
    write_batches(selected.output.batches(), &configs[0].parts, root)?;
    if let Some(left_out) = &selected.left_out {
        configs.push(writer.config(OVERFLOW.to_owned(), left_out_parts(left_out)?)?);
    }
    for config in &mut configs {
        config.inferred = writer.infer(config)?;
    }
    let (mut written, mut reports) = writer.write(configs)?;
    let overflow = match &selected.left_out {
        None => None,
        Some(left_out) => {
            write_reasons(&selected.catalog, left_out, root)?;
            let splits = reports.pop().expect("overflow is the last config");
            let columns = written.columns.pop().unwrap_or_default();
            Some(OverflowReport { left_out_by: left_out_by(left_out), splits, columns })
        }
    };
    let format = match prepared.recipe().output.format {
        OutputFormat::Parquet => "parquet",
        OutputFormat::Jsonl => "jsonl",
    };
    let told = prepared.configs.iter().zip(reports).zip(std::mem::take(&mut written.columns));
    let told = told.map(|((config, splits), mut columns)| {
        for column in &mut columns {
            column.origin =
                origin(config, &prepared.stages, column.feature["name"].as_str().unwrap_or_default());
        }
        ConfigReport { config: config.name.clone(), splits, columns }
    });
    selected.report.output = output_report(format.to_owned(), told.collect());
    selected.report.overflow = overflow;
    let listed = listed::write(&prepared.configs, &selected.report.output, root)?;
    selected.report.settings.splice(0..0, listed);
    selected.report.json_columns = std::mem::take(&mut written.json_columns);
    Ok(written.files)
}

/// Where a column of the output comes from.
fn origin(config: &configs::Config, stages: &[Stage], column: &str) -> String {
    let added = config.keep.iter().any(|bound| bound.text() == column);
    let made = |stage: &&Stage| stage.gives.columns.iter().any(|given| given == column);
    match stages.iter().rev().find(made) {
        Some(stage) if added => format!("stage {}", stage.label),
        None if added => "recipe".to_owned(),
        _ if config.shape.is_some() => "shape".to_owned(),
        _ => SOURCE.to_owned(),
    }
}

/// Where columns of rows come from that are as they were.
const SOURCE: &str = "source";

/// Whether what the recipe says about its output makes sense, as far as that does not depend on the rows.
pub fn check(prepared: &Prepared, options: &Options) -> Result<()> {
    writing(prepared, options)?;
    configs::check(&prepared.written, &prepared.configs)?;
    check_files(prepared)?;
    file_name(prepared).map(|_| ())
}

/// Each trainer that a shape is for reads what is written.
fn check_files(prepared: &Prepared) -> Result<()> {
    prepared
        .configs
        .iter()
        .filter_map(|config| config.trainer)
        .try_for_each(|trainer| reads(trainer, prepared))
}

/// A trainer reads what is written.
fn reads(trainer: &Trainer, prepared: &Prepared) -> Result<()> {
    let output = &prepared.recipe().output;
    let (path, what, hint) = match (trainer.files, output.format, output.compression) {
        (Files::Parquet, OutputFormat::Jsonl, _) => {
            ("output.format", "JSON Lines", "write `format: parquet`")
        }
        (
            Files::Plain | Files::Listed,
            OutputFormat::Jsonl,
            OutputCompression::Gzip | OutputCompression::Zstd,
        ) => {
            let hint = "leave `compression` out, or write `format: parquet`, which is compressed inside";
            ("output.compression", "compressed files", hint)
        }
        _ => return Ok(()),
    };
    let tree = &prepared.written.tree;
    Err(tree.error(tree.place(&segments(path)), format!("{} reads no {what}", trainer.name)).hint(hint))
}

fn writing(prepared: &Prepared, options: &Options) -> Result<Writing> {
    let output = &prepared.recipe().output;
    let wrong = |path: &str, message: String| {
        let tree = &prepared.written.tree;
        tree.error(tree.place(&segments(path)), message)
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
    Ok(Writing { format, compression, memory: options.writing_memory(), sync: options.sync, shard_bytes })
}

/// The name of the one file, where the recipe gives one.
fn file_name(prepared: &Prepared) -> Result<Option<&String>> {
    let Some(name) = &prepared.recipe().output.file else { return Ok(None) };
    let expected = match prepared.recipe().output.format {
        OutputFormat::Parquet => Format::Parquet,
        OutputFormat::Jsonl => Format::Json,
    };
    if is_name(name) && Format::of(name).is_some_and(|(format, _)| format == expected) {
        return Ok(Some(name));
    }
    let tree = &prepared.written.tree;
    Err(tree
        .error(tree.place(&segments("output.file")), format!("`{name}` cannot be the name of the file"))
        .hint("a plain name with the ending of the format: `balanced.jsonl`"))
}

/// The same, where there is one split to write to it.
fn exact_name(prepared: &Prepared, parts: &[Part]) -> Result<Option<String>> {
    let name = file_name(prepared)?;
    if name.is_some() && parts.len() != 1 {
        let tree = &prepared.written.tree;
        let message = format!("there are {} splits, and one file holds one", parts.len());
        return Err(tree.error(tree.place(&segments("output.file")), message));
    }
    Ok(name.cloned())
}

struct Writer<'a> {
    writing: Writing,
    root: &'a Path,
    selected: &'a Selected,
    progress: &'a dyn Progress,
}

/// Parts that have their columns in common, and the folder they go to.
struct Config {
    folder: String,
    parts: Vec<Part>,
    /// The name of the one file, where it is given.
    exact: Option<String>,
    /// What rows look like, where that is not what source rows do.
    shape: Option<Shape>,
    /// The added columns that take the place of rows' own.
    replaced: Vec<String>,
    inferred: Inferred,
}

impl Writer<'_> {
    /// Makes the folder of a config.
    fn config(&self, name: String, parts: Vec<Part>) -> Result<Config> {
        let folder = if name == DEFAULT { "data".to_owned() } else { name };
        let path = self.root.join(&folder);
        fs::create_dir_all(&path).map_err(|error| {
            Error::new(Exit::Fault, format!("cannot write {}", path.display())).cause(error.to_string())
        })?;
        let inferred = Inferred { schema: Arc::new(Schema::empty()), as_json: vec![] };
        Ok(Config { folder, parts, exact: None, shape: None, replaced: vec![], inferred })
    }

    /// Writes the parts of all configs together, and tells of those of each.
    fn write(&self, configs: Vec<Config>) -> Result<(Written, Vec<Vec<SplitReport>>)> {
        let outputs: Vec<Output<'_>> = configs.iter().flat_map(|config| config.outputs(self.root)).collect();
        let sources = self.selected.catalog.sources();
        let wrote = unskew_io::write(sources, &self.selected.scan, &outputs, &self.writing, self.progress)?;
        let mut wrote = wrote.into_iter();
        let mut written = Written::default();
        let reports = configs
            .into_iter()
            .map(|config| {
                let count = config.parts.len();
                self.note(config, wrote.by_ref().take(count), &mut written)
            })
            .collect();
        Ok((written, reports))
    }

    /// Notes what was written of each part of a config, and tells of it.
    fn note(
        &self,
        mut config: Config,
        wrote: impl Iterator<Item = Wrote>,
        written: &mut Written,
    ) -> Vec<SplitReport> {
        let added = config.parts.iter().find_map(|part| part.added.as_ref()).map(RecordBatch::schema);
        let schema = config.schema(added.as_ref());
        let mut columns = Columns::default();
        let mut splits = vec![];
        let mut nulls = vec![0; schema.fields().len()];
        for (part, Wrote { mut files, columns: found }) in
            std::mem::take(&mut config.parts).into_iter().zip(wrote)
        {
            if let Some(found) = found {
                columns.merge(found);
            }
            for file in &mut files {
                file.name = format!("{}/{}", config.folder, file.name);
                nulls.iter_mut().zip(&file.nulls).for_each(|(all, nulls)| *all += nulls);
            }
            splits.push(SplitReport {
                name: part.name,
                value: part.value,
                rows: files.iter().map(|file| file.rows).sum(),
                bytes: files.iter().map(|file| file.bytes).sum(),
                arrow_bytes: files.iter().map(|file| file.arrow_bytes).sum(),
                files: files.iter().map(|file| file.name.clone()).collect(),
            });
            written.files.extend(files);
        }
        match self.writing.format {
            Format::Parquet => written.note_parquet(&config, &schema, &nulls),
            Format::Json => {
                let rows = splits.iter().map(|split: &SplitReport| split.rows).sum();
                written.note_json(columns, rows);
            }
        }
        splits
    }

    /// The columns that Parquet needs to know before the first row; those of JSON Lines are found in passing.
    fn infer(&self, config: &Config) -> Result<Inferred> {
        if self.writing.format == Format::Json {
            return Ok(Inferred { schema: Arc::new(Schema::empty()), as_json: vec![] });
        }
        let (sources, scan) = (self.selected.catalog.sources(), &self.selected.scan);
        let parts = &config.parts;
        let mut all: Vec<u32> = parts.iter().flat_map(|part| part.addresses.iter().copied()).collect();
        let none = all.is_empty();
        if none {
            // Rows that were not chosen still tell what the columns are.
            const ENOUGH: usize = 1000;
            let bad = |address: &u32| self.selected.is_bad(*address);
            all = (0..self.selected.catalog.rows()).filter(|address| !bad(address)).take(ENOUGH).collect();
        }
        if let Some(shape) = &config.shape {
            let all = if none { shape.addresses(&[&all, &all]) } else { all };
            return Ok(unskew_io::infer_shape(sources, scan, &all, shape, self.progress)?);
        }
        if !all.is_sorted() || parts.len() > 1 {
            all.sort_unstable();
        }
        all.dedup();
        Ok(unskew_io::infer(sources, scan, &all, self.progress)?)
    }
}

impl Config {
    fn outputs<'a>(&'a self, root: &'a Path) -> impl Iterator<Item = Output<'a>> {
        self.parts.iter().map(move |part| Output {
            folder: root.join(&self.folder),
            name: self.exact.as_ref().unwrap_or(&part.name),
            exact_name: self.exact.is_some(),
            addresses: &part.addresses,
            added: part.added.as_ref(),
            replaced: &self.replaced,
            shape: self.shape.as_ref(),
            inferred: &self.inferred,
        })
    }

    /// The columns as they are written in Parquet.
    fn schema(&self, added: Option<&SchemaRef>) -> SchemaRef {
        let inferred = &self.inferred.schema;
        if let Some(shape) = &self.shape {
            return shape.schema(inferred, added.map(AsRef::as_ref));
        }
        added.map_or_else(|| inferred.clone(), |added| unskew_io::with_added(inferred, added))
    }
}

impl Written {
    /// Notes the columns of a config in Parquet.
    fn note_parquet(&mut self, config: &Config, schema: &Schema, nulls: &[u64]) {
        let written = |(path, _): &&(String, String)| !is_replaced(&config.replaced, path);
        for (path, reason) in config.inferred.as_json.iter().filter(written) {
            let column = JsonColumn { path: path.clone(), reason: reason.clone() };
            if !self.json_columns.contains(&column) {
                self.json_columns.push(column);
            }
        }
        self.columns.push(column_reports(schema, nulls));
    }

    /// Notes the columns of a config in JSON Lines, which keep values as they are: a column that only JSON text could
    /// hold has no type to tell there, and then none of the columns is told.
    fn note_json(&mut self, columns: Columns, rows: u64) {
        let filled: BTreeMap<String, u64> =
            columns.filled().map(|(name, filled)| (name.to_owned(), filled)).collect();
        let found = columns.finish().filter(|found| found.as_json.is_empty());
        self.columns.push(found.map_or(vec![], |found| {
            let nulls = |field: &Arc<Field>| {
                rows.saturating_sub(filled.get(field.name()).copied().unwrap_or_default())
            };
            let nulls: Vec<u64> = found.schema.fields().iter().map(nulls).collect();
            column_reports(&found.schema, &nulls)
        }));
    }
}

/// The columns of a schema with how often each is null, where all of them can be told.
fn column_reports(schema: &Schema, nulls: &[u64]) -> Vec<ColumnReport> {
    let features = features(schema).unwrap_or_default();
    let column =
        |(feature, nulls): (_, &u64)| ColumnReport { feature, nulls: *nulls, origin: SOURCE.to_owned() };
    features.into_iter().zip(nulls).map(column).collect()
}

/// Whether a path leads into a column that another takes the place of.
fn is_replaced(replaced: &[String], path: &str) -> bool {
    let root = path.parse::<unskew_io::Path>().ok().and_then(|path| path.steps().first().cloned());
    matches!(root, Some(unskew_io::Step::Member(name)) if replaced.contains(&name))
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

/// Which rows of each split make a batch, as `.unskew/batches.parquet`, if that was said.
fn write_batches(batches: &[Option<Batches>], parts: &[Part], root: &Path) -> Result<()> {
    if batches.is_empty() {
        return Ok(());
    }
    let (mut splits, mut epochs, mut numbers, mut rows) = (vec![], vec![], vec![], vec![]);
    for (part, batches) in parts.iter().zip(batches) {
        let Some(batches) = batches else { continue };
        for (batch, members) in (0..).zip(batches.rows.chunks(batches.size as usize)) {
            for row in members {
                splits.push(part.name.as_str());
                epochs.push(batch / batches.per_epoch);
                numbers.push(batch);
                rows.push(*row);
            }
        }
    }
    let columns: [(&str, ArrayRef); 4] = [
        ("split", Arc::new(StringArray::from(splits))),
        ("epoch", Arc::new(UInt32Array::from(epochs))),
        ("batch", Arc::new(UInt32Array::from(numbers))),
        ("row", Arc::new(UInt32Array::from(rows))),
    ];
    Ok(unskew_io::write_table(&root.join(".unskew/batches.parquet"), &RecordBatch::try_from_iter(columns)?)?)
}
