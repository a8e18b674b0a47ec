//! From what a recipe names to the files behind it, each with a place that does not move.

use std::{fs, path::Path, sync::Arc};

use globset::GlobBuilder;
use unskew_io::{DataFile, Entry, Format, Local, Source, Store, Table};

use crate::{
    Error, Exit, Result,
    configs::{self, Metadata, NOT_DATA},
    recipe::SourceSpec,
    remote::{Asked, Digests, MEMORY, Origin, Remote, Remotes, SCHEME},
};

/// One source of a recipe with everything it stands for.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// What the source is called; part of each row's identity.
    pub label: String,
    /// Its files (or its one table), in source order.
    pub files: Vec<Numbered>,
    /// What is known of the repository it comes from, if it comes from one.
    pub origin: Option<Origin>,
}

/// A file and where its rows stand among the rows of the same identity.
#[derive(Debug, Clone)]
pub struct Numbered {
    /// The file.
    pub source: Source,
    /// Its path in the source, without endings and shard number.
    pub identity: String,
    /// What the place that it comes from calls its bytes.
    pub digests: Digests,
}

/// Which formats there are, as advice.
pub(crate) const READS: &str =
    "unskew reads .jsonl, .ndjson, .json and .parquet, the first three also as .gz and .zst";

/// Finds the files behind `spec`; relative paths start from `folder`, and what is not on this machine is reached by
/// `remotes`.
pub fn resolve(spec: &SourceSpec, folder: &Path, remotes: &dyn Remotes) -> Result<Resolved> {
    if let Some(name) = spec.path.strip_prefix(MEMORY) {
        return Ok(table(spec.name.as_deref().unwrap_or(name), remotes.table(name)?));
    }
    let found = if spec.path.starts_with(SCHEME) { remote(spec, remotes)? } else { local(spec, folder)? };
    if found.files.is_empty() {
        return Err(Error::new(Exit::Source, format!("no data files in {}", spec.path)).hint(READS));
    }
    distinct(&found.files)?;
    Ok(found)
}

fn remote(spec: &SourceSpec, remotes: &dyn Remotes) -> Result<Resolved> {
    let asked =
        Asked { url: &spec.path, config: spec.config.as_deref(), splits: &spec.split.0, commits: None };
    let Remote { label, store, entries, origin, mut digests } = remotes.open(&asked)?;
    let numbered = |entry: Entry| {
        let digests = digests.remove(&entry.path).unwrap_or_default();
        Some(Numbered { digests, ..numbered(store.clone(), entry)? })
    };
    let files = entries.into_iter().filter_map(numbered).collect();
    Ok(Resolved { label: spec.name.clone().unwrap_or(label), files, origin: Some(origin) })
}

fn local(spec: &SourceSpec, folder: &Path) -> Result<Resolved> {
    let (fixed, pattern) = split_glob(&spec.path);
    let root = folder.join(fixed);
    let by_name = spec.config.is_some() || !spec.split.0.is_empty();
    let files = match pattern {
        None if root.is_dir() && by_name => of_config(&root, spec)?,
        _ if by_name => {
            return Err(Error::usage(format!("{} is no folder with configs and splits", spec.path))
                .hint("`config` and `split` choose files of a folder, or of a repository on the Hub"));
        }
        Some(pattern) => matching(&root, pattern, &spec.path)?,
        None if root.is_dir() => matching(&root, "**", &spec.path)?,
        None => vec![single(&root)?],
    };
    let label = spec.name.clone().unwrap_or_else(|| label_of(&spec.path));
    Ok(Resolved { label, files, origin: None })
}

/// Whether the file at `path` is one that holds rows, as far as its name tells.
pub fn is_data(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    Format::of(name).is_some() && !NOT_DATA.contains(&name)
}

/// A table in memory as a source.
pub fn table(label: &str, table: Table) -> Resolved {
    let identity = String::new();
    let file = Numbered { source: Source::Table(table), identity, digests: Digests::default() };
    Resolved { label: label.to_owned(), files: vec![file], origin: None }
}

fn single(path: &Path) -> Result<Numbered> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let store: Arc<dyn Store> = Arc::new(Local::new(parent));
    let entry = store.stat(&name)?;
    numbered(store, entry).ok_or_else(|| {
        Error::new(Exit::Source, format!("the name of {} does not tell its format", path.display()))
            .hint(READS)
    })
}

fn matching(root: &Path, pattern: &str, written: &str) -> Result<Vec<Numbered>> {
    let store: Arc<dyn Store> = Arc::new(Local::new(root));
    let entries = choose(store.list("")?, pattern, written)?;
    Ok(entries.into_iter().filter_map(|entry| numbered(store.clone(), entry)).collect())
}

/// The files of a folder that its card, or their names, say are of a config and of splits.
fn of_config(root: &Path, spec: &SourceSpec) -> Result<Vec<Numbered>> {
    let store: Arc<dyn Store> = Arc::new(Local::new(root));
    let entries = store.list("")?;
    let paths: Vec<&str> = entries.iter().map(|entry| entry.path.as_str()).collect();
    let card = root.join("README.md");
    let metadata = if card.is_file() {
        let name = card.display().to_string();
        let text = fs::read_to_string(&card).map_err(|error| {
            Error::new(Exit::Source, format!("cannot read {name}")).cause(error.to_string())
        })?;
        Metadata::of_card(&name, &text)?
    } else {
        Metadata::default()
    };
    let found = configs::find(&spec.path, &paths, &metadata, spec.config.as_deref(), &spec.split.0)?;
    let chosen = found.files();
    let entries = entries.iter().filter(|entry| chosen.binary_search(&entry.path.as_str()).is_ok());
    Ok(entries.filter_map(|entry| numbered(store.clone(), entry.clone())).collect())
}

/// Those of `entries` with rows in them whose paths `pattern` matches; `written` is what the user wrote.
pub fn choose(entries: Vec<Entry>, pattern: &str, written: &str) -> Result<Vec<Entry>> {
    let glob = GlobBuilder::new(pattern).literal_separator(true).build().map_err(|error| {
        Error::usage(format!("`{written}` is not a pattern")).cause(error.kind().to_string())
    })?;
    let matcher = glob.compile_matcher();
    let wanted = |entry: &Entry| is_data(&entry.path) && matcher.is_match(&entry.path);
    Ok(entries.into_iter().filter(wanted).collect())
}

/// A file with its place, if its name tells its format.
fn numbered(store: Arc<dyn Store>, entry: Entry) -> Option<Numbered> {
    let (format, compression) = Format::of(entry.path.rsplit('/').next().unwrap_or_default())?;
    let identity = identity_of(&entry.path).0.to_owned();
    let source = Source::File(DataFile { store, entry, format, compression });
    Some(Numbered { source, identity, digests: Digests::default() })
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
    use crate::{recipe::ListOf, remote::NoRemotes};

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
        let spec = SourceSpec::at;
        let resolve = |spec: &SourceSpec, folder: &Path| resolve(spec, folder, &NoRemotes);
        let found = resolve(&spec("."), folder.path()).unwrap();
        let identities: Vec<_> = found.files.iter().map(|file| file.identity.as_str()).collect();
        assert_eq!(identities, ["a", "a", "b"]);
        std::fs::write(folder.path().join("b.parquet"), "").unwrap();
        let error = resolve(&spec("*"), folder.path()).unwrap_err();
        assert_eq!(error.to_string(), "b.jsonl and b.parquet would be the same rows");
        assert_eq!(resolve(&spec("nope.jsonl"), folder.path()).unwrap_err().exit(), Exit::Source);
        assert_eq!(resolve(&spec("nope/*"), folder.path()).unwrap_err().exit(), Exit::Source);
    }

    #[test]
    fn a_folder_has_configs_and_splits_too() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["easy/train.jsonl", "easy/test.jsonl", "hard/train.jsonl"] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "{}\n").unwrap();
        }
        let card = "---\nconfigs:\n- config_name: easy\n  data_dir: easy\n- config_name: hard\n  data_dir: hard\n---\n";
        fs::write(folder.path().join("README.md"), card).unwrap();
        let of = |path: &str, config: Option<&str>, split: &[&str]| {
            let split = ListOf(split.iter().map(|split| (*split).to_owned()).collect());
            let spec = SourceSpec { config: config.map(str::to_owned), split, ..SourceSpec::at(path) };
            let found = resolve(&spec, folder.path(), &NoRemotes).map_err(|error| error.to_string())?;
            Ok(found.files.into_iter().map(|file| file.identity).collect::<Vec<_>>().join(" "))
        };
        let fails = |text: &str| Err(text.to_owned());
        assert_eq!(of(".", None, &[]), Ok("easy/test easy/train hard/train".to_owned()));
        assert_eq!(of(".", Some("easy"), &[]), Ok("easy/test easy/train".to_owned()));
        assert_eq!(of(".", Some("easy"), &["test"]), Ok("easy/test".to_owned()));
        assert_eq!(of(".", None, &["test"]), fails(". has several configs, and none is the default"));
        assert_eq!(of("*/*.jsonl", None, &["test"]), fails("*/*.jsonl is no folder with configs and splits"));
    }
}
