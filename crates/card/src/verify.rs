//! Whether a result is what its lock says, and where it is not: made again, and compared.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs,
    path::Path,
    sync::Arc,
};

use serde::Serialize;
use unskew_core::{
    Error, Exit, Options, Outcome, Prepared, Registry, Result,
    configs::Metadata,
    folder,
    recipe::{Recipe, Written},
    remote::{Asked, Commits, Remote, Remotes},
    source::is_data,
};
use unskew_io::{Entry, Progress, Store, Wanted};

use crate::{Lock, LockedPlugin, README, check::text_of};

/// What a result was compared with its lock for, and what came out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// The lock.
    pub lock: Lock,
    /// What is not as it says, causes before effects.
    pub differences: Vec<Difference>,
}

/// Something that is not as a lock says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What kind of thing it is.
    pub about: About,
    /// Which one.
    pub name: String,
    /// What the lock says of it; null where it does not know it.
    pub locked: Option<String>,
    /// What it is; null where it is not there.
    pub found: Option<String>,
}

/// What a difference is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum About {
    /// A file as it stands in the folder or the repository.
    Folder,
    /// The version of unskew.
    Unskew,
    /// The recipe.
    Recipe,
    /// The seed.
    Seed,
    /// How many rows were taken of each source.
    Limit,
    /// A strategy.
    Plugin,
    /// A source file.
    Source,
    /// The first step that left other rows; those behind it follow from it.
    Step,
    /// A file as it is made again.
    File,
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        let subject = match self.about {
            About::Folder => format!("{name} as it stands"),
            About::Unskew => "the version of unskew".to_owned(),
            About::Recipe => "the recipe".to_owned(),
            About::Seed => "the seed".to_owned(),
            About::Limit => "the limit".to_owned(),
            About::Plugin => format!("the strategy `{name}`"),
            About::Source => format!("the source {name}"),
            About::Step => format!("what `{name}` leaves"),
            About::File => format!("{name} made again"),
        };
        match (&self.locked, &self.found) {
            (Some(locked), Some(found)) => write!(out, "{subject} is {found}, and was {locked}"),
            (Some(_), None) => write!(out, "{subject} is missing"),
            (None, _) => write!(out, "{subject} is not in the lock"),
        }
    }
}

/// Sources as a lock pins them: of each repository the commit that was read.
pub struct Pinned<'a> {
    remotes: &'a dyn Remotes,
    commits: Commits,
}

impl<'a> Pinned<'a> {
    /// What `remotes` reach, at the commits of `lock`.
    pub fn new(lock: &Lock, remotes: &'a dyn Remotes) -> Self {
        let commit = |file: &crate::LockedSource| {
            Some(((file.repo.clone()?, file.revision.clone()?), file.commit.clone()?))
        };
        Self { remotes, commits: lock.sources.iter().filter_map(commit).collect() }
    }
}

impl Remotes for Pinned<'_> {
    fn open(&self, asked: &Asked<'_>) -> Result<Remote> {
        self.remotes.open(&Asked { commits: Some(&self.commits), ..*asked })
    }

    fn whole(&self, url: &str) -> Result<Arc<dyn Store>> {
        self.remotes.whole(url)
    }
}

/// The results that `store` holds: that of a run, which is called nothing, and those that were pushed, by their configs.
pub fn results(store: &Arc<dyn Store>) -> Vec<Option<String>> {
    let run = store.stat(folder::LOCK).is_ok().then_some(None);
    let card = text_of(store, README).ok().flatten().unwrap_or_default();
    let metadata = Metadata::of_card(README, &card).unwrap_or_default();
    let is_pushed = |name: &&str| {
        let is_name = !name.contains(['/', '\\']) && !name.starts_with('.');
        is_name && store.stat(&folder::pushed(folder::LOCK, name)).is_ok()
    };
    let pushed = metadata.config_names().filter(is_pushed).map(|name| Some(name.to_owned()));
    let all: Vec<_> = run.into_iter().chain(pushed).collect();
    // Where there is none, it is that of a run that is missing.
    if all.is_empty() { vec![None] } else { all }
}

/// Makes one of the `results` that `store` holds again, from sources whose relative paths start from `from`, and compares. What is
/// made goes to the folder for temporary files, and is removed.
pub fn verify(
    store: &Arc<dyn Store>,
    config: Option<&str>,
    from: &Path,
    (registry, remotes): (&Registry, &dyn Remotes),
    options: &Options,
    progress: &dyn Progress,
) -> Result<Verdict> {
    let at = |path: &str| config.map_or_else(|| path.to_owned(), |config| folder::pushed(path, config));
    let (lock, recipe) = (at(folder::LOCK), at(folder::RECIPE));
    let lock = Lock::parse(&store.display(&lock), &read(store, &lock)?)?;
    let mut differences = changed(&lock, store, progress)?;
    let mut written = Written::parse(&store.display(&recipe), &read(store, &recipe)?, &[])?;
    written.folder = from.to_path_buf();
    require_plugins(&lock, &written.recipe, registry)?;
    let prepared = Prepared::new(written, registry, &Pinned::new(&lock, remotes)).map_err(|error| {
        let missing = error.exit() == Exit::Source;
        if missing {
            error.hint("`--from FOLDER` says where the recipe's relative paths start from")
        } else {
            error
        }
    })?;
    let out = std::env::temp_dir().join(format!("unskew-verify-{}", std::process::id()));
    let options = Options { out: Some(out), limit: lock.limit, seed: None, ..options.clone() };
    let outcome = unskew_core::run(&prepared, &options, progress)?;
    differences.extend(self::differences(&lock, &outcome));
    Ok(Verdict { lock, differences })
}

/// Refuses to begin without a strategy that `lock` names.
pub fn require_plugins(lock: &Lock, recipe: &Recipe, registry: &Registry) -> Result<()> {
    let is_there =
        |plugin: &&LockedPlugin| registry.has(&plugin.name) || recipe.plugins.contains_key(&plugin.name);
    match lock.plugins.iter().find(|plugin| !is_there(plugin)) {
        None => Ok(()),
        Some(missing) => registry
            .get(&missing.name)
            .map(drop)
            .map_err(|error| error.cause(format!("the lock was made with `{}` in {missing}", missing.name))),
    }
}

/// The text of a file that every result has.
fn read(store: &Arc<dyn Store>, name: &str) -> Result<String> {
    let unreadable = |cause: String| {
        let what = store.display(name);
        Error::new(Exit::Source, format!("cannot read {what}"))
            .cause(cause)
            .hint("only what `unskew run` made can be verified")
    };
    text_of(store, name).and_then(|text| text.ok_or("there is no such file".to_owned())).map_err(unreadable)
}

/// The lock in the file at `path`.
pub fn read_lock(path: &Path) -> Result<Lock> {
    let name = path.display().to_string();
    let text = fs::read_to_string(path).map_err(|error| {
        Error::new(Exit::Source, format!("cannot read the lock {name}"))
            .cause(error.to_string())
            .hint("name a folder that `unskew run` made")
    })?;
    Lock::parse(&name, &text)
}

/// How what `outcome` made is not as `lock` says.
pub fn differences(lock: &Lock, outcome: &Outcome) -> Vec<Difference> {
    let now = Lock::of(outcome);
    let mut all = vec![];
    let mut one = |about, name: &str, locked: String, found: String| {
        if locked != found {
            all.push(Difference { about, name: name.to_owned(), locked: Some(locked), found: Some(found) });
        }
    };
    let limit = |limit: Option<u64>| limit.map_or("none".to_owned(), |rows| rows.to_string());
    one(About::Unskew, "unskew", lock.unskew.clone(), now.unskew.clone());
    one(About::Recipe, "recipe", lock.recipe.clone(), now.recipe.clone());
    one(About::Seed, "seed", lock.seed.to_string(), now.seed.to_string());
    one(About::Limit, "limit", limit(lock.limit), limit(now.limit));
    let plugins = |lock: &Lock| lock.plugins.iter().map(|one| (one.name.clone(), one.to_string())).collect();
    all.extend(between(About::Plugin, &plugins(lock), &plugins(&now)));
    all.extend(between(About::Source, &sources(lock), &sources(&now)));
    all.extend(first_step(lock, &now));
    all.extend(between(About::File, &files(lock), &files(&now)));
    all
}

fn sources(lock: &Lock) -> BTreeMap<String, String> {
    let digest = |digest: &Option<String>| digest.clone().unwrap_or_else(|| "not read to its end".to_owned());
    lock.sources.iter().map(|file| (format!("{}/{}", file.source, file.path), digest(&file.blake3))).collect()
}

fn files(lock: &Lock) -> BTreeMap<String, String> {
    lock.files.iter().map(|file| (file.path.clone(), file.blake3.clone())).collect()
}

/// What is different between two lists of digests by name.
fn between(
    about: About,
    locked: &BTreeMap<String, String>,
    found: &BTreeMap<String, String>,
) -> Vec<Difference> {
    let mut names: Vec<&String> = locked.keys().chain(found.keys()).collect();
    names.sort();
    names.dedup();
    let differs = |name: &&String| locked.get(*name) != found.get(*name);
    let one = |name: &String| Difference {
        about,
        name: name.clone(),
        locked: locked.get(name).cloned(),
        found: found.get(name).cloned(),
    };
    names.into_iter().filter(differs).map(one).collect()
}

/// The first step that two runs do not have in common.
fn first_step(lock: &Lock, now: &Lock) -> Option<Difference> {
    let told = |step: &crate::LockedStep| format!("{} rows ({})", step.rows, step.blake3);
    let longest = lock.steps.len().max(now.steps.len());
    let at = (0..longest).find(|at| lock.steps.get(*at) != now.steps.get(*at))?;
    let (locked, found) = (lock.steps.get(at), now.steps.get(at));
    let same = locked.zip(found).is_none_or(|(locked, found)| locked.step == found.step);
    let name = locked.or(found).map(|step| step.step.clone()).unwrap_or_default();
    let found = found.filter(|_| same).map(told);
    Some(Difference { about: About::Step, name, locked: locked.map(told), found })
}

/// How the files in `store` are not as `lock` says: changed, missing, or beside the others and not known.
pub fn changed(lock: &Lock, store: &Arc<dyn Store>, progress: &dyn Progress) -> Result<Vec<Difference>> {
    let parent = |path: &str| path.rsplit_once('/').map(|(folder, _)| folder.to_owned());
    let folders: BTreeSet<_> = lock.files.iter().map(|file| parent(&file.path)).collect();
    let wanted = |entry: &Entry| is_data(&entry.path) && folders.contains(&parent(&entry.path));
    let entries: Vec<Entry> = store.list("")?.into_iter().filter(wanted).collect();
    store.will_read(&entries.iter().map(Wanted::whole).collect::<Vec<_>>(), progress)?;
    let mut found = BTreeMap::new();
    for entry in entries {
        let digest = digest(store, &entry.path)?;
        found.insert(entry.path, digest);
    }
    Ok(between(About::Folder, &files(lock), &found))
}

/// The BLAKE3 digest of a file.
fn digest(store: &Arc<dyn Store>, path: &str) -> Result<String> {
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; 1 << 20];
    let mut at = 0;
    loop {
        let read = store.read(path, at, &mut buffer)?;
        if read == 0 {
            return Ok(hasher.finalize().to_hex().to_string());
        }
        hasher.update(&buffer[..read]);
        at += read as u64;
    }
}
