//! The two things to do with a recipe: tell what it would do, and do it.

use std::{
    fs,
    path::{Component, Path, PathBuf},
};

use unskew_io::{Progress, WrittenFile};

use crate::{
    Error, Options, Result,
    folder::{self, Staging},
    output,
    prepare::Prepared,
    recipe::{BadRows, Written, segments},
    remote::{Digests, Origin, SCHEME},
    report::Report,
    select::{Selected, select},
    trail::Step,
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
    /// What each step left; the last one is the output.
    pub steps: Vec<Step>,
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
    /// What the place that it comes from calls its bytes.
    pub known: Digests,
    /// What is known of the repository that it comes from, if it comes from one.
    pub origin: Option<Origin>,
}

/// Tells what a run would do, from narrow reads only.
pub fn plan(prepared: &Prepared, options: &Options, progress: &dyn Progress) -> Result<Report> {
    output::check(prepared, options)?;
    options.on_threads(|| {
        let mut selected = select(prepared, options, false, progress)?;
        output::predict(prepared, &mut selected)?;
        selected.report.planned = true;
        Ok(selected.report)
    })
}

/// Runs a recipe as far as a finished folder beside its place.
pub fn run(prepared: &Prepared, options: &Options, progress: &dyn Progress) -> Result<Outcome> {
    output::check(prepared, options)?;
    let target = target(&prepared.written, options)?;
    spare_sources(prepared, &target)?;
    let template = template(prepared)?;
    let staging = Staging::new(&target, options.force)?;
    options.on_threads(|| {
        let mut selected = select(prepared, options, true, progress)?;
        let files = output::write(prepared, &mut selected, staging.path(), options, progress)?;
        if prepared.recipe().on_bad_row == BadRows::Quarantine {
            quarantine(&selected, staging.path())?;
        }
        let recipe = prepared.written.to_text(options.seed);
        let note = |name: &str, text: &str| {
            let path = staging.path().join(".unskew").join(name);
            fs::write(&path, text).map_err(|error| Error::unwritable(&path, &error))
        };
        note("recipe.yaml", &recipe)?;
        if let Some(template) = &template {
            note(folder::TEMPLATE, template)?;
        }
        note("report.json", &selected.report.to_json())?;
        let sources = source_files(&selected);
        let Selected { report, steps, .. } = selected;
        Ok(Outcome { staging, report, sources, files, steps, recipe })
    })
}

/// The text of the template that the recipe brings for its card, if it brings one.
fn template(prepared: &Prepared) -> Result<Option<String>> {
    let Some(name) = &prepared.recipe().card.template else { return Ok(None) };
    let path = prepared.written.folder.join(name);
    let read = fs::read_to_string(&path).map_err(|error| {
        let tree = &prepared.written.tree;
        let place = tree.place(&segments("card.template"));
        tree.error(place, format!("cannot read {}", path.display())).cause(error.to_string())
    });
    read.map(Some)
}

/// The folder that a run is to make.
pub fn target(written: &Written, options: &Options) -> Result<PathBuf> {
    if let Some(out) = &options.out {
        return Ok(out.clone());
    }
    match &written.recipe.output.to {
        Some(to) if !to.starts_with(SCHEME) => Ok(written.folder.join(to)),
        _ => Ok(Path::new("out").join(folder_name(written)?)),
    }
}

/// The name of the folder that a recipe makes which does not say where to write.
fn folder_name(written: &Written) -> Result<&str> {
    let name = written.recipe.name.as_deref().unwrap_or("balanced");
    let mut parts = Path::new(name).components();
    if let (Some(Component::Normal(only)), None) = (parts.next(), parts.next())
        && only == name
    {
        return Ok(name);
    }
    let tree = &written.tree;
    Err(tree
        .error(tree.place(&segments("name")), format!("`{name}` cannot be the name of a folder"))
        .hint("say where to write with `output.to` or `--out`"))
}

/// A folder that holds a source is not one to replace.
fn spare_sources(prepared: &Prepared, target: &Path) -> Result<()> {
    let Ok(folder) = fs::canonicalize(target) else { return Ok(()) };
    for source in prepared.catalog.sources() {
        let unskew_io::Source::File(file) = source else { continue };
        if file.store.is_remote() {
            continue;
        }
        let path = file.store.display(&file.entry.path);
        if fs::canonicalize(&path).is_ok_and(|path| path.starts_with(&folder)) {
            let message = format!("{} is to be replaced, and the source {path} is in it", target.display());
            return Err(Error::usage(message).hint("name another folder with `--out`"));
        }
    }
    Ok(())
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
        known: file.digests.clone(),
        origin: catalog.origin(file.source).cloned(),
    };
    catalog.files().iter().zip(catalog.sources()).zip(&selected.scan.files).map(one).collect()
}

/// Keeps the bytes of rows that could not be read.
fn quarantine(selected: &Selected, root: &Path) -> Result<()> {
    let path = root.join(".unskew/quarantine.jsonl");
    Ok(unskew_io::write_bad_rows(selected.catalog.sources(), &selected.scan, &path)?)
}

#[cfg(test)]
mod tests {
    use crate::{Exit, Registry, recipe::Written, remote::NoRemotes};

    use super::*;

    fn prepared(folder: &Path, recipe: &str) -> Prepared {
        let mut written = Written::parse("r.yaml", recipe, &[]).unwrap();
        written.folder = folder.to_path_buf();
        Prepared::new(written, &Registry::new(&[]).unwrap(), &NoRemotes).unwrap()
    }

    fn rows(folder: &Path, name: &str, rows: usize) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "{\"x\": 1}\n".repeat(rows)).unwrap();
    }

    #[test]
    fn a_source_is_not_replaced_by_what_is_made_of_it() {
        let folder = tempfile::tempdir().unwrap();
        rows(folder.path(), "src/data/a.jsonl", 1);
        let prepared = prepared(folder.path(), "source: src\noutput: {to: src}\n");
        let options = Options { force: true, ..Options::default() };
        let error = run(&prepared, &options, &unskew_io::Silent).unwrap_err();
        assert_eq!(error.exit(), Exit::Usage);
        assert!(folder.path().join("src/data/a.jsonl").exists());
    }

    #[test]
    fn a_name_does_not_lead_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        rows(folder.path(), "a.jsonl", 1);
        for name in ["../x", "..", ".", "a/b", "/tmp/x", "a/", "''"] {
            let prepared = prepared(folder.path(), &format!("source: a.jsonl\nname: {name}\n"));
            let error = target(&prepared.written, &Options::default()).unwrap_err();
            assert!(error.render().contains("r.yaml:2:7"), "{name}");
        }
    }

    #[test]
    fn what_is_wrong_with_the_output_is_told_by_a_plan() {
        let folder = tempfile::tempdir().unwrap();
        rows(folder.path(), "a.jsonl", 1);
        for output in ["shard_size: big", "compression: gzip", "config: ../x", "file: x.jsonl"] {
            let prepared = prepared(folder.path(), &format!("source: a.jsonl\noutput: {{{output}}}\n"));
            let error = plan(&prepared, &Options::default(), &unskew_io::Silent).unwrap_err();
            assert_eq!(error.exit(), Exit::Usage, "{output}");
        }
    }

    #[test]
    fn a_limit_counts_for_a_whole_source() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["src/a.jsonl", "src/b.jsonl", "src/c.jsonl"] {
            rows(folder.path(), name, 5);
        }
        let prepared = prepared(folder.path(), "source: src\n");
        let options = Options { limit: Some(7), ..Options::default() };
        let report = plan(&prepared, &options, &unskew_io::Silent).unwrap();
        assert_eq!((report.rows.read, report.rows.input, report.sources[0].rows), (7, 7, 7));
    }
}
