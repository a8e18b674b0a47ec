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
    view::View,
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
    /// The chosen rows.
    pub output: View,
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
    let (report, _) = choose(prepared, options, progress)?;
    Ok(Report { planned: true, ..report })
}

/// Chooses rows without writing them: for those who hold the rows.
pub fn choose(prepared: &Prepared, options: &Options, progress: &dyn Progress) -> Result<(Report, View)> {
    output::check(prepared, options)?;
    options.on_threads(|| {
        let mut selected = select(prepared, options, false, progress)?;
        output::predict(prepared, &mut selected)?;
        Ok((selected.report, selected.output))
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
        let Selected { report, steps, output, .. } = selected;
        Ok(Outcome { staging, report, sources, files, steps, output, recipe })
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
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, RecordBatch};
    use unskew_io::{Store, Table};

    use crate::{
        Exit, Registry,
        recipe::Written,
        remote::{Asked, NoRemotes, Remote, Remotes},
        source_rows,
        view::Refs,
    };

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

    /// One that has a table of ten numbers, and nothing else.
    struct Ten;

    impl Remotes for Ten {
        fn open(&self, asked: &Asked<'_>) -> Result<Remote> {
            NoRemotes.open(asked)
        }

        fn whole(&self, url: &str) -> Result<Arc<dyn Store>> {
            NoRemotes.whole(url)
        }

        fn table(&self, name: &str) -> Result<Table> {
            let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..10));
            let batch = RecordBatch::try_from_iter([("x", numbers)])?;
            Ok(Table { name: name.to_owned(), schema: batch.schema(), batches: Arc::new(vec![batch]) })
        }
    }

    #[test]
    fn rows_of_a_table_are_chosen_without_a_folder() {
        let registry = Registry::new(&[]).unwrap();
        let prepare = |recipe: &str, remotes: &dyn Remotes| {
            Prepared::new(Written::parse("r.yaml", recipe, &[]).unwrap(), &registry, remotes)
        };
        let recipe = "source: memory://ten\nwhere: x >= 7\n";
        let prepared = prepare(recipe, &Ten).unwrap();
        assert_eq!(prepared.catalog.labels(), ["ten"]);
        let (report, view) = choose(&prepared, &Options::default(), &unskew_io::Silent).unwrap();
        assert_eq!((report.planned, report.rows.output, report.output.splits[0].rows), (false, 3, 3));
        assert_eq!(source_rows(&view), Some(vec![("train".to_owned(), vec![7, 8, 9])]));
        assert!(prepared.copies_rows());
        assert!(!prepare("source: memory://ten\noutput: {keep: x}\n", &Ten).unwrap().copies_rows());
        let error = prepare(recipe, &NoRemotes).err().unwrap();
        assert_eq!(error.exit(), Exit::Source);
        assert!(error.render().contains("`memory://ten` was a table in memory, and is gone"));
    }

    #[test]
    fn rows_are_told_by_split_and_pairs_are_no_rows() {
        let views = [vec![9], vec![5, 2]].map(|rows| View::of(Refs::Rows(rows)));
        let view = View::concat(&views, vec!["a/b".to_owned(), "c".to_owned()]).unwrap();
        assert_eq!(source_rows(&view), Some(vec![("a_b".to_owned(), vec![9]), ("c".to_owned(), vec![5, 2])]));
        assert_eq!(source_rows(&View::of(Refs::Pairs { chosen: vec![1], rejected: vec![2] })), None);
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
