//! The two things to do with a recipe: tell what it would do, and do it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use arrow::datatypes::SchemaRef;
use unskew_io::{Progress, WrittenFile};

use crate::{
    Error, Exit, Options, Result,
    folder::Staging,
    frame::addresses,
    output,
    prepare::Prepared,
    priority::Stream,
    recipe::BadRows,
    report::Report,
    select::{Selected, select},
};

/// A finished folder that has not been put into its place yet, and what it is made of.
#[derive(Debug)]
pub struct Outcome {
    /// The folder.
    pub staging: Staging,
    /// What was done.
    pub report: Report,
    /// The source files, in source order.
    pub sources: Vec<SourceFile>,
    /// The written files.
    pub files: Vec<WrittenFile>,
    /// The columns of each config, where they can be told.
    pub schemas: Vec<(String, SchemaRef)>,
    /// The digest of the identities of the chosen rows, in output order.
    pub selection: String,
    /// The recipe as it was run.
    pub recipe: String,
}

/// One source file.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// The source it belongs to.
    pub label: String,
    /// Its path in the source.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// The BLAKE3 digest of its bytes, where all of them were read.
    pub digest: Option<String>,
}

/// Tells what a run would do, from narrow reads only.
pub fn plan(prepared: &Prepared, options: &Options, progress: &dyn Progress) -> Result<Report> {
    options.on_threads(|| {
        let mut selected = select(prepared, options, false, progress)?;
        output::predict(prepared, &mut selected)?;
        selected.report.planned = true;
        Ok(selected.report)
    })
}

/// Runs a recipe as far as a finished folder beside its place.
pub fn run(prepared: &Prepared, options: &Options, progress: &dyn Progress) -> Result<Outcome> {
    let staging = Staging::new(&target(prepared, options)?, options.force)?;
    options.on_threads(|| {
        let mut selected = select(prepared, options, true, progress)?;
        let output::Written { files, schemas, .. } =
            output::write(prepared, &mut selected, staging.path(), options, progress)?;
        if prepared.recipe().on_bad_row == BadRows::Quarantine {
            quarantine(&selected, staging.path())?;
        }
        let recipe = prepared.written.to_text(options.seed);
        let note = |name: &str, text: &str| {
            let path = staging.path().join(".unskew").join(name);
            fs::write(&path, text).map_err(|error| {
                Error::new(Exit::Fault, format!("cannot write {}", path.display())).cause(error.to_string())
            })
        };
        note("recipe.yaml", &recipe)?;
        note("report.json", &selected.report.to_json())?;
        let (sources, selection) = (source_files(&selected), selection_digest(&selected));
        Ok(Outcome { staging, report: selected.report, sources, files, schemas, selection, recipe })
    })
}

/// The folder that a run is to make.
pub fn target(prepared: &Prepared, options: &Options) -> Result<PathBuf> {
    if let Some(out) = &options.out {
        return Ok(out.clone());
    }
    let name = prepared.recipe().name.clone().unwrap_or_else(|| "balanced".to_owned());
    match &prepared.recipe().output.to {
        Some(to) if to.starts_with("hf://") => Ok(Path::new("out").join(name)),
        Some(to) => Ok(prepared.written.folder.join(to)),
        None => Ok(Path::new("out").join(name)),
    }
}

fn source_files(selected: &Selected) -> Vec<SourceFile> {
    let catalog = &selected.catalog;
    let one = |((file, source), scanned): (
        (&crate::catalog::CatalogFile, &unskew_io::Source),
        &unskew_io::FileScan,
    )| SourceFile {
        label: catalog.label(file.source).to_owned(),
        path: match source {
            unskew_io::Source::File(file) => file.entry.path.clone(),
            unskew_io::Source::Table(_) => file.identity.clone(),
        },
        bytes: scanned.bytes,
        digest: scanned.digest.clone(),
    };
    catalog.files().iter().zip(catalog.sources()).zip(&selected.scan.files).map(one).collect()
}

/// BLAKE3 over the split, stream and row number of each output row.
fn selection_digest(selected: &Selected) -> String {
    let catalog = &selected.catalog;
    let streams: Vec<[u8; 8]> = catalog
        .files()
        .iter()
        .map(|file| Stream::of_file(catalog.label(file.source), &file.identity).to_bytes())
        .collect();
    let mut hasher = blake3::Hasher::new();
    let addresses = addresses(&selected.output, None);
    for (row, address) in addresses.iter().enumerate() {
        let file = catalog.file_of(*address);
        let place = &catalog.files()[file];
        let split = selected.output.splits().map_or(0, |splits| splits.codes[row]);
        hasher.update(&split.to_le_bytes());
        hasher.update(&streams[file]);
        hasher.update(&(place.first + u64::from(address - place.start)).to_le_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

/// Keeps the bytes of rows that could not be read.
fn quarantine(selected: &Selected, root: &Path) -> Result<()> {
    let path = root.join(".unskew/quarantine.jsonl");
    Ok(unskew_io::write_bad_rows(selected.catalog.sources(), &selected.scan, &path)?)
}
