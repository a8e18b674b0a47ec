//! From what a recipe names to the files behind it, each with a place that does not move.

use std::{path::Path, sync::Arc};

use globset::GlobBuilder;
use unskew_io::{Compression, DataFile, Entry, Format, Local, Source, Store, Table};

use crate::{Error, Exit, Result, recipe::SourceSpec};

/// One source of a recipe with everything it stands for.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// What the source is called; part of each row's identity.
    pub label: String,
    /// Its files (or its one table), in source order.
    pub files: Vec<Numbered>,
}

/// A file and where its rows stand among the rows of the same identity.
#[derive(Debug, Clone)]
pub struct Numbered {
    /// The file.
    pub source: Source,
    /// Its path in the source, without endings and shard number.
    pub identity: String,
}

/// Files that hold no rows although their names look so.
const NOT_DATA: [&str; 4] = ["config.json", "dataset_info.json", "dataset_infos.json", "dataset_dict.json"];

/// Finds the files behind `spec`; relative paths start from `folder`.
pub fn resolve(spec: &SourceSpec, folder: &Path) -> Result<Resolved> {
    if spec.path.starts_with("hf://") {
        return Err(Error::new(Exit::Source, format!("cannot read {}", spec.path))
            .cause("this version reads local files only")
            .hint("download it first: `hf download --repo-type dataset OWNER/NAME --local-dir DIR`"));
    }
    let (fixed, pattern) = split_glob(&spec.path);
    let label = spec.name.clone().unwrap_or_else(|| label_of(&spec.path));
    let root = folder.join(fixed);
    let files = match pattern {
        Some(pattern) => matching(&root, pattern, &spec.path)?,
        None if root.is_dir() => matching(&root, "**", &spec.path)?,
        None => vec![single(&root)?],
    };
    if files.is_empty() {
        return Err(Error::new(Exit::Source, format!("no data files in {}", spec.path))
            .hint("unskew reads .jsonl, .ndjson, .json and .parquet, the first three also as .gz and .zst"));
    }
    distinct(&files)?;
    Ok(Resolved { label, files })
}

/// The format and compression of the file at `path`, if it can hold rows.
pub fn data_format(path: &str) -> Option<(Format, Compression)> {
    let name = path.rsplit('/').next().unwrap_or_default();
    Format::of(name).filter(|_| !NOT_DATA.contains(&name))
}

/// A table in memory as a source.
pub fn table(label: &str, table: Table) -> Resolved {
    let identity = String::new();
    Resolved { label: label.to_owned(), files: vec![Numbered { source: Source::Table(table), identity }] }
}

fn single(path: &Path) -> Result<Numbered> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let store: Arc<dyn Store> = Arc::new(Local::new(parent));
    let entry = store.stat(&name)?;
    match Format::of(&name) {
        Some(format) => Ok(numbered(store, entry, format)),
        None => {
            Err(Error::new(Exit::Source, format!("the name of {} does not tell its format", path.display()))
                .hint(
                    "unskew reads .jsonl, .ndjson, .json and .parquet, the first three also as .gz and .zst",
                ))
        }
    }
}

fn matching(root: &Path, pattern: &str, written: &str) -> Result<Vec<Numbered>> {
    let glob = GlobBuilder::new(pattern).literal_separator(true).build().map_err(|error| {
        Error::usage(format!("`{written}` is not a pattern")).cause(error.kind().to_string())
    })?;
    let matcher = glob.compile_matcher();
    let store: Arc<dyn Store> = Arc::new(Local::new(root));
    let wanted = |entry: Entry| {
        let format = data_format(&entry.path).filter(|_| matcher.is_match(&entry.path))?;
        Some(numbered(store.clone(), entry, format))
    };
    Ok(store.list("")?.into_iter().filter_map(wanted).collect())
}

fn numbered(store: Arc<dyn Store>, entry: Entry, (format, compression): (Format, Compression)) -> Numbered {
    let identity = identity_of(&entry.path).0.to_owned();
    Numbered { source: Source::File(DataFile { store, entry, format, compression }), identity }
}

/// Two files may share an identity only as shards of one whole.
fn distinct(files: &[Numbered]) -> Result<()> {
    let mut seen = std::collections::BTreeMap::new();
    for file in files {
        let Source::File(DataFile { entry, .. }) = &file.source else { continue };
        if let Some(earlier) = seen.insert(identity_of(&entry.path), &entry.path) {
            return Err(Error::new(
                Exit::Source,
                format!("{earlier} and {} would be the same rows", entry.path),
            )
            .hint("a name counts without its format and compression endings; choose one with a narrower pattern"));
        }
    }
    Ok(())
}

/// A path without endings and shard number, and the shard number: `a-00001-of-00002.parquet` is `a` and 1.
fn identity_of(path: &str) -> (&str, Option<u64>) {
    let path = path.strip_suffix(".gz").or_else(|| path.strip_suffix(".zst")).unwrap_or(path);
    let stem = path.rfind('.').filter(|dot| !path[*dot..].contains('/')).map_or(path, |dot| &path[..dot]);
    let shard = || {
        let (rest, count) = stem.rsplit_once("-of-")?;
        let (whole, number) = rest.rsplit_once('-')?;
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        (digits(count) && digits(number)).then(|| number.parse().ok()).flatten().map(|number| (whole, number))
    };
    match shard() {
        Some((whole, number)) => (whole, Some(number)),
        None => (stem, None),
    }
}

/// The part of a path before the first pattern, and the rest if there is one.
fn split_glob(path: &str) -> (&str, Option<&str>) {
    match path.find(['*', '?', '[', '{']) {
        None => (path, None),
        Some(first) => match path[..first].rfind('/') {
            Some(slash) => (&path[..=slash], Some(&path[slash + 1..])),
            None => ("", Some(path)),
        },
    }
}

/// The name a source has of itself: the last proper name in its path, without endings.
fn label_of(path: &str) -> String {
    let (fixed, pattern) = split_glob(path);
    let last = fixed.split('/').rfind(|part| !matches!(*part, "" | "." | ".."));
    match (last, pattern) {
        (Some(name), None) if Format::of(name).is_some() => identity_of(name).0.to_owned(),
        (Some(name), _) => name.to_owned(),
        (None, _) => "rows".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_has_no_endings_and_no_shard_number() {
        assert_eq!(identity_of("a/train.jsonl.gz"), ("a/train", None));
        assert_eq!(identity_of("a.b/train"), ("a.b/train", None));
        assert_eq!(identity_of("train-00001-of-00002.parquet"), ("train", Some(1)));
        assert_eq!(identity_of("train-x-of-2.parquet"), ("train-x-of-2", None));
    }

    #[test]
    fn labels_come_from_the_path_as_written() {
        assert_eq!(label_of("data/rollouts.jsonl"), "rollouts");
        assert_eq!(label_of("../data/"), "data");
        assert_eq!(label_of("data/v1.0"), "v1.0");
        assert_eq!(label_of("data/*/x.jsonl"), "data");
        assert_eq!(label_of("*.jsonl"), "rows");
    }

    #[test]
    fn the_same_rows_twice_are_an_error() {
        let folder = tempfile::tempdir().unwrap();
        for name in
            ["b.jsonl", "a-00000-of-00002.jsonl", "a-00001-of-00002.jsonl", ".hidden.jsonl", "README.md"]
        {
            std::fs::write(folder.path().join(name), "{}\n").unwrap();
        }
        let spec = |path: &str| SourceSpec {
            name: None,
            path: path.into(),
            columns: crate::recipe::Columns::default(),
        };
        let found = resolve(&spec("."), folder.path()).unwrap();
        let identities: Vec<_> = found.files.iter().map(|file| file.identity.as_str()).collect();
        assert_eq!(identities, ["a", "a", "b"]);
        std::fs::write(folder.path().join("b.parquet"), "").unwrap();
        let error = resolve(&spec("*"), folder.path()).unwrap_err();
        assert_eq!(error.to_string(), "b.jsonl and b.parquet would be the same rows");
        assert_eq!(resolve(&spec("nope.jsonl"), folder.path()).unwrap_err().exit(), Exit::Source);
        assert_eq!(resolve(&spec("nope/*"), folder.path()).unwrap_err().exit(), Exit::Source);
    }
}
