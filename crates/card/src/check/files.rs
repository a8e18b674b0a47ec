//! Which files each config reads: patterns, hidden names, formats.

use std::{collections::BTreeMap, sync::Arc};

use unskew_core::configs::{default_patterns, matching};
use unskew_io::{Entry, Store};

use super::{
    Problems,
    metadata::{Config, Split, is_split},
};

/// The files that there are; hidden ones are not among them.
#[derive(Debug)]
pub struct Tree {
    entries: Vec<Entry>,
}

/// What files are read by, by their endings; those that are met often.
const MODULES: [(&str, &str); 26] = [
    ("parquet", "parquet"),
    ("geoparquet", "parquet"),
    ("gpq", "parquet"),
    ("lance", "lance"),
    ("vortex", "vortex"),
    ("arrow", "arrow"),
    ("jsonl", "json"),
    ("json", "json"),
    ("ndjson", "json"),
    ("csv", "csv"),
    ("tsv", "tsv"),
    ("txt", "text"),
    ("tar", "webdataset"),
    ("zip", "zip"),
    ("xml", "xml"),
    ("h5", "hdf5"),
    ("hdf5", "hdf5"),
    ("eval", "eval"),
    ("pdf", "pdffolder"),
    ("png", "imagefolder"),
    ("jpg", "imagefolder"),
    ("jpeg", "imagefolder"),
    ("webp", "imagefolder"),
    ("wav", "audiofolder"),
    ("mp3", "audiofolder"),
    ("mp4", "videofolder"),
];

impl Tree {
    /// The files of a store.
    pub fn of(store: &Arc<dyn Store>) -> unskew_io::Result<Self> {
        Ok(Self { entries: store.list("")? })
    }

    /// What is known of a file.
    pub fn entry(&self, path: &str) -> Option<&Entry> {
        let at = self.entries.binary_search_by(|entry| entry.path.as_str().cmp(path)).ok()?;
        self.entries.get(at)
    }

    /// The files that a pattern means, as `datasets` finds them, if it is a pattern.
    fn matching(&self, pattern: &str) -> Vec<String> {
        let known = |path: &&str| endings(name_of(path)).any(|ending| module_of(&ending).is_some());
        let found = matching(pattern, &self.paths()).unwrap_or_default();
        found.into_iter().filter(known).map(str::to_owned).collect()
    }

    /// The splits that files below `folder` tell by their names.
    fn by_names(&self, folder: &str) -> Vec<Split> {
        let front = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let paths: Vec<&str> =
            self.paths().into_iter().filter_map(|path| path.strip_prefix(&front)).collect();
        let patterns = default_patterns(&paths).unwrap_or_default();
        let split = |(name, patterns): (String, Vec<String>)| {
            self.split(&name, patterns.iter().map(|pattern| format!("{front}{pattern}")).collect())
        };
        patterns.into_iter().map(split).filter(|split| !split.files.is_empty()).collect()
    }

    fn paths(&self) -> Vec<&str> {
        self.entries.iter().map(|entry| entry.path.as_str()).collect()
    }

    /// A split with the files of its patterns, each once.
    fn split(&self, name: &str, patterns: Vec<String>) -> Split {
        let mut files: Vec<String> = vec![];
        for pattern in &patterns {
            for file in self.matching(pattern) {
                if !files.contains(&file) {
                    files.push(file);
                }
            }
        }
        Split { name: name.to_owned(), patterns, files }
    }
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn endings(name: &str) -> impl Iterator<Item = String> {
    name.split('.').skip(1).map(str::to_ascii_lowercase)
}

fn module_of(ending: &str) -> Option<&'static str> {
    MODULES.iter().find(|(known, _)| *known == ending).map(|(_, module)| *module)
}

/// Finds the files of each config; without any, of the one that the names of the files make.
pub fn resolve(tree: &Tree, configs: Vec<Config>) -> Vec<Config> {
    if configs.is_empty() {
        return vec![Config { name: "default".to_owned(), splits: tree.by_names(""), ..Config::default() }];
    }
    let one = |config: Config| {
        let below = |pattern: &String| match config.folder.as_str() {
            "" => pattern.clone(),
            folder => format!("{folder}/{}", pattern.trim_start_matches("./")),
        };
        let splits = if config.splits.is_empty() {
            tree.by_names(&config.folder)
        } else {
            config
                .splits
                .iter()
                .map(|split| {
                    let patterns = split.patterns.iter().map(below).collect();
                    tree.split(&split.name, patterns)
                })
                .collect()
        };
        Config { splits, ..config }
    };
    configs.into_iter().map(one).collect()
}

/// What all files are read by: what most files of the first config's splits say by their endings.
pub fn module(configs: &[Config]) -> Result<&'static str, String> {
    let mut found: Vec<(&str, &'static str)> = vec![];
    for split in configs.iter().take(1).flat_map(|config| &config.splits) {
        match module_of_files(&split.files) {
            Some(module) => found.push((&split.name, module)),
            None if split.files.is_empty() => {}
            None => return Err(format!("no format is known for the files of `{}`", split.name)),
        }
    }
    match found.as_slice() {
        [] => Err("there are no data files".to_owned()),
        [(_, first), rest @ ..] => match rest.iter().find(|(_, module)| module != first) {
            Some((split, other)) => {
                Err(format!("files of `{split}` are read as {other}, those of `{}` as {first}", found[0].0))
            }
            None => Ok(first),
        },
    }
}

fn module_of_files(files: &[String]) -> Option<&'static str> {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for ending in files.iter().flat_map(|file| endings(name_of(file))) {
        if let Some(at) = MODULES.iter().position(|(known, _)| *known == ending) {
            *counts.entry(at).or_default() += 1;
        }
    }
    // Of endings that are met equally often, the first in the list is taken.
    let most = counts.into_iter().max_by_key(|(at, count)| (*count, std::cmp::Reverse(*at)));
    most.map(|(at, _)| MODULES[at].1)
}

/// Whether the files of all configs are read by `module`.
pub fn of_one_format(configs: &[Config], module: &str) -> Problems {
    let mut problems = Problems::default();
    for config in configs {
        for file in config.splits.iter().flat_map(|split| &split.files) {
            let own = module_of_files(std::slice::from_ref(file));
            if let Some(own) = own.filter(|own| *own != module) {
                problems.fail(format!(
                    "{file} of `{}` is {own}, and all files are read as {module}",
                    config.name
                ));
            }
        }
    }
    problems
}

/// Whether every pattern finds files.
pub fn found(configs: &[Config]) -> Problems {
    let mut problems = Problems::default();
    for config in configs {
        for split in &config.splits {
            let hidden = |pattern: &&String| {
                pattern
                    .split('/')
                    .any(|part| part.starts_with("__") || part.starts_with('.') && part.len() > 2)
            };
            if !is_split(&split.name) {
                problems.fail(format!("`{}` cannot be the name of a split", split.name));
            } else if split.files.is_empty() {
                match split.patterns.iter().find(hidden) {
                    Some(pattern) => {
                        problems.doubt(format!("{pattern} means hidden files, which are not looked at"));
                    }
                    None => problems.fail(format!(
                        "`{}` of `{}` has no files: {}",
                        split.name,
                        config.name,
                        split.patterns.join(", ")
                    )),
                }
            }
        }
    }
    problems
}

/// How many files are read.
pub fn count(configs: &[Config]) -> usize {
    let mut files: Vec<&String> =
        configs.iter().flat_map(|config| &config.splits).flat_map(|split| &split.files).collect();
    files.sort();
    files.dedup();
    files.len()
}

/// Shards that no config reads, and sets of shards that do not belong together.
pub fn leftovers(tree: &Tree, configs: &[Config], named: bool) -> Problems {
    let mut problems = Problems::default();
    let read = |path: &str| {
        configs
            .iter()
            .flat_map(|config| &config.splits)
            .any(|split| split.files.iter().any(|file| file == path))
    };
    for entry in
        tree.entries.iter().filter(|entry| named && shard(&entry.path).is_some() && !read(&entry.path))
    {
        problems.doubt(format!("{} is a shard that no config reads", entry.path));
    }
    for config in configs {
        for split in &config.splits {
            let mut sets: BTreeMap<&str, (u64, Vec<u64>)> = BTreeMap::new();
            for (file, (whole, number, count)) in
                split.files.iter().filter_map(|file| Some((file, shard(file)?)))
            {
                let set = sets.entry(whole).or_insert((count, vec![]));
                if set.0 != count {
                    problems.doubt(format!(
                        "{file} is from another set of shards than others of `{}`",
                        split.name
                    ));
                }
                set.1.push(number);
            }
            for (whole, (count, numbers)) in sets {
                if (numbers.len() as u64) < count {
                    problems.doubt(format!("of {count} shards of {whole}, {} are here", numbers.len()));
                }
            }
        }
    }
    problems
}

/// The name of a set of shards, the number of one, and how many there are: `a-00001-of-00002.parquet`.
fn shard(path: &str) -> Option<(&str, u64, u64)> {
    let (rest, count) = path.rsplit_once("-of-")?;
    let (whole, number) = rest.rsplit_once('-')?;
    let count = count.split('.').next()?;
    Some((whole, number.parse().ok()?, count.parse().ok()?))
}

/// Files that are read as data and look as if they were none.
pub fn side_cars(configs: &[Config]) -> Problems {
    const OURS: [&str; 4] = ["report.json", "lock.json", "metadata.json", "stats.json"];
    let mut problems = Problems::default();
    for file in configs.iter().flat_map(|config| &config.splits).flat_map(|split| &split.files) {
        if file.starts_with("assets/") || OURS.contains(&name_of(file)) {
            problems.doubt(format!("{file} is read as data"));
        }
    }
    problems
}
