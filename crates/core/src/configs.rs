//! Which files of a repository belong to which config and split, as `load_dataset` finds them.

mod metadata;
mod patterns;
#[cfg(test)]
mod tests;

pub use metadata::{Config, MOST_CARD_BYTES, Metadata, described};
pub(crate) use patterns::NOT_DATA;
pub use patterns::{Patterns, default_patterns, is_hidden, is_split, matching};

use crate::{Error, Exit, Result};
use unskew_expr::nearest;
use unskew_io::Format;

/// The files of one config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The config's name, where the repository has configs with names.
    pub config: Option<String>,
    /// Each split and its files, in byte order of their paths.
    pub splits: Vec<(String, Vec<String>)>,
}

/// Formats that `load_dataset` reads and unskew does not.
const OTHERS: [&str; 27] = [
    "csv",
    "tsv",
    "arrow",
    "txt",
    "tar",
    "xml",
    "hdf5",
    "h5",
    "zip",
    "lance",
    "pdf",
    "png",
    "jpg",
    "jpeg",
    "gif",
    "webp",
    "bmp",
    "tiff",
    "wav",
    "mp3",
    "flac",
    "ogg",
    "opus",
    "mp4",
    "avi",
    "geoparquet",
    "eval",
];

/// How the rows of files are written.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Family {
    Json,
    Parquet,
    Other(String),
}

/// Finds the files of a config of `of` (how a person would name the repository): the one called `config`, or the one that
/// `load_dataset` takes; and of it the `splits`, or all.
///
/// ```
/// use unskew_core::configs::{Metadata, find};
///
/// let paths = ["README.md", "data/test-00000-of-00001.parquet", "data/train-00000-of-00001.parquet"];
/// let found = find("me/rows", &paths, &Metadata::default(), None, &[])?;
/// let splits: Vec<_> = found.splits.iter().map(|(split, files)| (split.as_str(), files.len())).collect();
/// assert_eq!(splits, [("train", 1), ("test", 1)]);
/// # Ok::<(), unskew_core::Error>(())
/// ```
pub fn find(
    of: &str,
    paths: &[&str],
    metadata: &Metadata,
    config: Option<&str>,
    splits: &[String],
) -> Result<Found> {
    let Found { config, splits: mut found } = if metadata.configs.is_empty() {
        unnamed(of, paths, config)?
    } else {
        named(of, paths, choose(of, metadata, config)?)?
    };
    for wanted in splits {
        if !found.iter().any(|(split, _)| split == wanted) {
            return Err(unknown("split", wanted, of, found.iter().map(|(split, _)| split.as_str())));
        }
    }
    if !splits.is_empty() {
        found.retain(|(split, _)| splits.contains(split));
    }
    Ok(Found { config, splits: found })
}

impl Found {
    /// All files, in byte order of their paths, none twice.
    pub fn files(&self) -> Vec<&str> {
        let mut files: Vec<&str> =
            self.splits.iter().flat_map(|(_, files)| files).map(String::as_str).collect();
        files.sort_unstable();
        files.dedup();
        files
    }
}

/// The config to take.
fn choose<'a>(of: &str, metadata: &'a Metadata, config: Option<&str>) -> Result<&'a Config> {
    let configs = &metadata.configs;
    let names = || configs.iter().map(|config| config.name.as_str());
    let called = |name: &str| configs.iter().find(|config| config.name == name);
    if let Some(name) = config {
        return called(name).ok_or_else(|| unknown("config", name, of, names()));
    }
    let of_default = |config: &&Config| configs.len() == 1 || config.name == "default" || config.default;
    let defaults: Vec<&Config> = configs.iter().filter(of_default).collect();
    match (defaults.as_slice(), metadata.infos.as_slice()) {
        ([one], _) => Ok(one),
        ([], [only]) if called(only).is_some() => Ok(called(only).expect("it has just been found")),
        ([], _) => {
            Err(Error::new(Exit::Source, format!("{of} has several configs, and none is the default")).hint(
                format!(
                    "say which: `config: {}`; or name files in the URL",
                    names().collect::<Vec<_>>().join("`, `config: ")
                ),
            ))
        }
        (several, _) => {
            let several: Vec<_> = several.iter().map(|config| format!("`{}`", config.name)).collect();
            Err(Error::new(Exit::Source, format!("{of} has several default configs: {}", several.join(", ")))
                .hint("say which one with `config:`"))
        }
    }
}

/// The files of a config that the card describes.
fn named(of: &str, paths: &[&str], config: &Config) -> Result<Found> {
    let base = config.data_dir.as_deref().unwrap_or_default();
    let paths = below(paths, base);
    let patterns = match &config.data_files {
        Some(patterns) => patterns.clone(),
        None => default_patterns(&paths).ok_or_else(|| nothing(of))?,
    };
    let mut splits = vec![];
    for (split, patterns) in patterns {
        let mut files = vec![];
        for pattern in &patterns {
            let before = files.len();
            files.extend(matching(pattern, &paths)?.into_iter().filter(|path| family(path).is_some()));
            // A pattern may find nothing where another one does; a name may not.
            if files.len() == before && (!pattern.contains(['*', '?', '[']) || patterns.len() == 1) {
                return Err(stale(of, config, pattern));
            }
        }
        if files.is_empty() {
            return Err(stale(of, config, &patterns.join("`, `")));
        }
        if let Some(Family::Other(ending)) = files.iter().find_map(|path| family(path).filter(is_other)) {
            return Err(unread(of, &ending));
        }
        splits.push((split, whole(base, files)));
    }
    Ok(Found { config: Some(config.name.clone()), splits })
}

fn stale(of: &str, config: &Config, pattern: &str) -> Error {
    let message = format!("config `{}` of {of} names `{pattern}`, and no file matches", config.name);
    Error::new(Exit::Source, message).hint("`load_dataset` cannot read it either; name the files in the URL")
}

/// The files of a repository without named configs, split by what they are called.
fn unnamed(of: &str, paths: &[&str], config: Option<&str>) -> Result<Found> {
    if let Some(name) = config.filter(|name| *name != "default") {
        return Err(unknown("config", name, of, ["default"].into_iter()));
    }
    let patterns: Patterns = default_patterns(paths).ok_or_else(|| nothing(of))?;
    let mut splits: Vec<(String, Vec<&str>)> = vec![];
    for (split, patterns) in patterns {
        let mut files = vec![];
        for pattern in &patterns {
            files.extend(matching(pattern, paths)?);
        }
        files.retain(|path| family(path).is_some());
        splits.push((split, files));
    }
    let families: Vec<Family> = splits.iter().filter_map(|(_, files)| commonest(files)).collect();
    let first = families.first().ok_or_else(|| nothing(of))?;
    if let Some(Family::Other(ending)) = families.iter().find(|family| is_other(family)) {
        return Err(unread(of, ending));
    }
    if families.iter().any(|family| family != first) {
        return Err(Error::new(Exit::Source, format!("the splits of {of} are of different formats"))
            .hint("name the files in the URL, such as `hf://datasets/OWNER/NAME/*.jsonl`"));
    }
    let of_first = |files: Vec<&str>| {
        whole("", files.into_iter().filter(|path| family(path).as_ref() == Some(first)).collect())
    };
    let splits = splits.into_iter().map(|(split, files)| (split, of_first(files))).collect();
    Ok(Found { config: None, splits })
}

/// The paths below `base`, without it.
fn below<'a>(paths: &[&'a str], base: &str) -> Vec<&'a str> {
    let base = base.trim_matches('/').trim_start_matches("./");
    let inside = |path: &&'a str| match base {
        "" | "." => Some(*path),
        _ => path.strip_prefix(base)?.strip_prefix('/'),
    };
    paths.iter().filter_map(inside).collect()
}

/// The paths with `base` in front, in byte order, none twice.
fn whole(base: &str, mut paths: Vec<&str>) -> Vec<String> {
    paths.sort_unstable();
    paths.dedup();
    let base = base.trim_matches('/').trim_start_matches("./");
    let whole =
        |path: &str| if matches!(base, "" | ".") { path.to_owned() } else { format!("{base}/{path}") };
    paths.into_iter().map(whole).collect()
}

/// How a file's rows are written, if its name tells.
fn family(path: &str) -> Option<Family> {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    match Format::of(&name) {
        Some((Format::Json, _)) => return Some(Family::Json),
        Some((Format::Parquet, _)) => return Some(Family::Parquet),
        None => {}
    }
    let other = name.split('.').skip(1).find(|ending| OTHERS.contains(ending))?;
    Some(Family::Other(other.to_owned()))
}

fn is_other(family: &Family) -> bool {
    matches!(family, Family::Other(_))
}

/// What most files are; Parquet if two are as many, then JSON.
fn commonest(files: &[&str]) -> Option<Family> {
    let mut counts: Vec<(Family, usize)> = vec![(Family::Parquet, 0), (Family::Json, 0)];
    for found in files.iter().filter_map(|path| family(path)) {
        match counts.iter_mut().find(|(family, _)| *family == found) {
            Some((_, count)) => *count += 1,
            None => counts.push((found, 1)),
        }
    }
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.into_iter().next().filter(|(_, count)| *count > 0).map(|(family, _)| family)
}

fn unknown<'a>(what: &str, name: &str, of: &str, known: impl Iterator<Item = &'a str> + Clone) -> Error {
    let all: Vec<_> = known.clone().map(|name| format!("`{name}`")).collect();
    let error = Error::new(Exit::Source, format!("{of} has no {what} `{name}`"))
        .cause(format!("it has {}", all.join(", ")));
    error.suggest(nearest(name, known))
}

fn unread(of: &str, ending: &str) -> Error {
    Error::new(Exit::Source, format!("unskew does not read the .{ending} files of {of}"))
        .hint(crate::source::READS)
}

fn nothing(of: &str) -> Error {
    Error::new(Exit::Source, format!("no data files in {of}")).hint(crate::source::READS)
}
