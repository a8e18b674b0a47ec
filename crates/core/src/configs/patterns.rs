//! The patterns that `load_dataset` looks for, and what they match.

use globset::{GlobBuilder, GlobMatcher};

use crate::{Error, Result};

/// Splits with the patterns of their files.
pub type Patterns = Vec<(String, Vec<String>)>;

pub(super) const TRAIN: &str = "train";

/// The splits that names of files and folders tell of, and the words that do.
const KEYWORDS: [(&str, &[&str]); 3] = [
    (TRAIN, &["train", "training"]),
    ("validation", &["validation", "valid", "dev", "val"]),
    ("test", &["test", "testing", "eval", "evaluation"]),
];

const SHARDED: &str = "-[0-9][0-9][0-9][0-9][0-9]-of-[0-9][0-9][0-9][0-9][0-9]*.*";
const IN_FOLDERS: [&str; 4] = [
    "**/{keyword}/**",
    "**/{keyword}[{sep}]*/**",
    "**/*[{sep}]{keyword}/**",
    "**/*[{sep}]{keyword}[{sep}]*/**",
];
const IN_NAMES: [&str; 2] = ["**/{keyword}[{sep}]*", "**/*[{sep}]{keyword}[{sep}]*"];

/// Logs of evaluations.
const LOGS: &str = "**/*.eval";

/// What may stand around a keyword.
const SEPARATORS: &str = "-._ 0-9";

/// Files that hold no rows although their names look so.
pub(crate) const NOT_DATA: [&str; 6] = [
    "README.md",
    "config.json",
    "dataset_info.json",
    "dataset_infos.json",
    "dummy_data.zip",
    "dataset_dict.json",
];

/// The patterns that fit `paths`, of those that `load_dataset` tries where the card names none; none if there is no file.
pub fn default_patterns(paths: &[&str]) -> Option<Patterns> {
    if let Some(patterns) = sharded(paths) {
        return Some(patterns);
    }
    if matching(LOGS, paths).is_ok_and(|found| !found.is_empty()) {
        return Some(vec![("logs".to_owned(), vec![LOGS.to_owned()])]);
    }
    for forms in [&IN_FOLDERS[..], &IN_NAMES[..]] {
        let of_split = |(split, keywords): &(&str, &[&str])| {
            let patterns: Vec<String> = keywords
                .iter()
                .flat_map(|keyword| {
                    forms
                        .iter()
                        .map(move |form| form.replace("{keyword}", keyword).replace("{sep}", SEPARATORS))
                })
                .collect();
            let fits = |pattern: &String| matching(pattern, paths).is_ok_and(|found| !found.is_empty());
            patterns.iter().any(fits).then(|| ((*split).to_owned(), patterns))
        };
        let found: Patterns = KEYWORDS.iter().filter_map(of_split).collect();
        if !found.is_empty() {
            return Some(found);
        }
    }
    let all = "**".to_owned();
    matching(&all, paths).is_ok_and(|found| !found.is_empty()).then(|| vec![(TRAIN.to_owned(), vec![all])])
}

/// Splits as `data/SPLIT-00000-of-00001.parquet` names them.
fn sharded(paths: &[&str]) -> Option<Patterns> {
    let found = matching(&format!("data/*{SHARDED}"), paths).ok().filter(|found| !found.is_empty())?;
    let mut splits: Vec<&str> = found
        .iter()
        .filter_map(|path| {
            // The name is as long as it can be, as it is for `load_dataset`.
            let name = path.strip_prefix("data/")?;
            let rest =
                (0..name.len()).rev().find(|at| name.is_char_boundary(*at) && is_shard(&name[*at..]))?;
            Some(&name[..rest])
        })
        .filter(|split| is_split(split))
        .collect();
    splits.sort_unstable();
    splits.dedup();
    let order =
        |split: &&str| KEYWORDS.iter().position(|(known, _)| known == split).unwrap_or(KEYWORDS.len());
    splits.sort_by_key(order);
    Some(splits.into_iter().map(|split| (split.to_owned(), vec![format!("data/{split}{SHARDED}")])).collect())
}

/// Whether `text` is `-00000-of-00001` and something with a dot.
fn is_shard(text: &str) -> bool {
    let number = |text: &str| text.len() >= 5 && text.bytes().take(5).all(|byte| byte.is_ascii_digit());
    let Some(rest) = text.strip_prefix('-').filter(|rest| number(rest)) else { return false };
    rest[5..].strip_prefix("-of-").is_some_and(|rest| number(rest) && rest[5..].contains('.'))
}

/// Whether a split may be called so: words with points between them.
pub fn is_split(name: &str) -> bool {
    let word =
        |word: &str| !word.is_empty() && word.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
    name.split('.').all(word)
}

/// The paths that `pattern` matches. What is hidden, or is no data by its name, has to be named.
pub fn matching<'a>(pattern: &str, paths: &[&'a str]) -> Result<Vec<&'a str>> {
    let pattern = pattern.trim_start_matches("./");
    let matcher = matcher(pattern)?;
    let last = pattern.rsplit('/').next().unwrap_or(pattern);
    let matches = |path: &&'a str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        matcher.is_match(path)
            && (name == last || !NOT_DATA.contains(&name))
            && specials(path) == specials(pattern)
            && hidden(path) == hidden(pattern)
    };
    Ok(paths.iter().copied().filter(matches).collect())
}

/// Whether a file has to be named to be data: it or a folder of it is hidden, or special.
pub fn is_hidden(path: &str) -> bool {
    hidden(path) > 0 || specials(path) > 0
}

/// Patterns as `fsspec` has them: braces are letters.
fn matcher(pattern: &str) -> Result<GlobMatcher> {
    let escaped: String = pattern
        .chars()
        .flat_map(|letter| match letter {
            '{' | '}' | '\\' => vec!['\\', letter],
            other => vec![other],
        })
        .collect();
    let glob = GlobBuilder::new(&escaped).literal_separator(true).backslash_escape(true).build();
    let glob = glob.map_err(|error| {
        Error::new(crate::Exit::Source, format!("`{pattern}` is not a pattern"))
            .cause(error.kind().to_string())
    })?;
    Ok(glob.compile_matcher())
}

fn hidden(path: &str) -> usize {
    path.split('/').filter(|part| part.starts_with('.') && part.bytes().any(|byte| byte != b'.')).count()
}

fn specials(path: &str) -> usize {
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    folders.split('/').filter(|part| part.starts_with("__")).count()
}
