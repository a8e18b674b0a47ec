//! Datasets on the Hub as sources of a recipe.

use std::{
    future::Future,
    sync::{Arc, OnceLock},
};

use tokio::runtime::Runtime;
use unskew_core::{
    configs::{self, MOST_CARD_BYTES, Metadata},
    nearest,
    remote::{self, Digests, Remote, Remotes},
    source::choose,
};
use unskew_io::Store;

use crate::{
    Api, DatasetUrl, Environment, Error, Http, Info, Repository, Result, TreeFile,
    cache::Cache,
    file::RemoteFile,
    store::{HubStore, Origin, entry},
    tree::missing_shard,
    xet::Xet,
};

/// What is meant where no revision is named.
const MAIN: &str = "main";

/// What describes a dataset, and what may say otherwise.
const CARD: &str = "README.md";
const MORE: &str = ".huggingface.yaml";

/// The Hub that the environment names; nothing is read or called before a source asks for it.
///
/// ```no_run
/// use unskew_core::remote::{Asked, Remotes};
///
/// let hub = unskew_hub::Hub::new();
/// let asked = Asked { url: "hf://datasets/me/rollouts", config: None, splits: &[], commits: None };
/// let found = hub.open(&asked)?;
/// println!("{} files at commit {}", found.entries.len(), found.origin.commit);
/// # Ok::<(), unskew_core::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Hub {
    client: OnceLock<Arc<Client>>,
}

/// The API, and a runtime to wait for it.
#[derive(Debug)]
pub(crate) struct Client {
    environment: Environment,
    api: Api,
    xet: Xet,
    runtime: Runtime,
}

impl Client {
    pub(crate) fn new(environment: Environment) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.map_err(|error| Error::Unreachable {
            what: environment.endpoint.to_string(),
            detail: error.to_string(),
        })?;
        let api = Api::new(Http::new(&environment)?);
        Ok(Self { environment, api, xet: Xet::default(), runtime })
    }

    pub(crate) fn environment(&self) -> &Environment {
        &self.environment
    }

    pub(crate) fn api(&self) -> &Api {
        &self.api
    }

    pub(crate) fn xet(&self) -> &Xet {
        &self.xet
    }

    /// Waits for `work`.
    pub(crate) fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }
}

impl Hub {
    /// The Hub of the process's environment.
    pub fn new() -> Self {
        Self::default()
    }

    /// The Hub of `environment`.
    pub fn with(environment: Environment) -> Result<Self> {
        let client = Arc::new(Client::new(environment)?);
        Ok(Self { client: OnceLock::from(client) })
    }

    /// Its address, such as `https://huggingface.co`.
    pub fn address(&self) -> Result<String> {
        Ok(self.client()?.environment().address().to_owned())
    }

    pub(crate) fn client(&self) -> Result<Arc<Client>> {
        if let Some(client) = self.client.get() {
            return Ok(Arc::clone(client));
        }
        let client = Arc::new(Client::new(Environment::of_process()?)?);
        Ok(Arc::clone(self.client.get_or_init(|| client)))
    }
}

impl Remotes for Hub {
    fn open(&self, asked: &remote::Asked<'_>) -> unskew_core::Result<Remote> {
        let url = DatasetUrl::parse(asked.url)?;
        if url.path.is_some() && (asked.config.is_some() || !asked.splits.is_empty()) {
            let message = format!("{} names files, and `config` or `split` would choose others", asked.url);
            return Err(
                unskew_core::Error::usage(message).hint("leave the path out, or the config and the split")
            );
        }
        let client = self.client()?;
        let opening = Opening::new(&client, url, asked.commits)?;
        opening.open(asked)
    }

    fn whole(&self, url: &str) -> unskew_core::Result<Arc<dyn Store>> {
        let parsed = DatasetUrl::parse(url)?;
        if let Some(path) = &parsed.path {
            let message = format!("{url} names files, and not a repository");
            return Err(unskew_core::Error::usage(message).hint(format!("leave `/{path}` out")));
        }
        let client = self.client()?;
        let Opening { origin, files, .. } = Opening::new(&client, parsed, None)?;
        Ok(Arc::new(HubStore::new(client, origin, files)))
    }
}

/// A dataset whose commit and files are known.
struct Opening<'a> {
    client: &'a Arc<Client>,
    url: DatasetUrl,
    revision: String,
    origin: Origin,
    info: Info,
    files: Vec<TreeFile>,
}

impl<'a> Opening<'a> {
    fn new(client: &'a Arc<Client>, url: DatasetUrl, commits: Option<&remote::Commits>) -> Result<Self> {
        let repository = url.repository.clone();
        let revision = url.revision.clone().unwrap_or_else(|| MAIN.to_owned());
        let cache = Cache::new(&client.environment.cache, &repository);
        let pinned = commits.and_then(|commits| commits.get(&(repository.id().to_owned(), revision.clone())));
        let at = pinned.unwrap_or(&revision);
        let (info, files) = if client.environment.offline {
            offline(&cache, &repository, at)?
        } else {
            online(client, &cache, &repository, at)?
        };
        let origin = Origin { repository, commit: info.sha.clone(), cache };
        Ok(Self { client, url, revision, origin, info, files })
    }

    fn open(self, asked: &remote::Asked<'_>) -> unskew_core::Result<Remote> {
        let metadata = self.metadata();
        let (chosen, config, splits) = match &self.url.path {
            Some(path) => (self.at(path, asked.url)?, None, vec![]),
            None => self.of_config(&metadata.clone()?, asked)?,
        };
        // Who names files does not depend on what the card says.
        let metadata = metadata.unwrap_or_default();
        let digest = |file: &TreeFile| {
            let git = file.sha256.is_none().then(|| file.git.clone());
            (file.path.clone(), Digests { sha256: file.sha256.clone(), git })
        };
        let digests = chosen.iter().map(digest).collect();
        let entries = chosen.iter().map(entry).collect();
        let first = |key: &str| metadata.texts(key).into_iter().next();
        let origin = remote::Origin {
            repo: self.origin.repository.id().to_owned(),
            commit: self.origin.commit.clone(),
            revision: self.revision.clone(),
            config,
            splits,
            gated: self.info.gated(),
            private: self.info.private,
            license: metadata.texts("license"),
            license_name: first("license_name"),
            license_link: first("license_link"),
            language: metadata.texts("language"),
            task_categories: metadata.texts("task_categories"),
            tags: metadata.texts("tags"),
        };
        let label = self.origin.repository.name().to_owned();
        let store = Arc::new(HubStore::new(Arc::clone(self.client), self.origin, chosen));
        Ok(Remote { label, store, entries, origin, digests })
    }

    /// The files at a path or a pattern.
    fn at(&self, path: &str, written: &str) -> unskew_core::Result<Vec<TreeFile>> {
        if let Some(file) = self.files.iter().find(|file| file.path == path) {
            if unskew_io::Format::of(path).is_none() {
                return Err(unskew_core::Error::new(
                    unskew_core::Exit::Source,
                    format!("the name of {path} does not tell its format"),
                )
                .hint(
                    "unskew reads .jsonl, .ndjson, .json and .parquet, the first three also as .gz and .zst",
                ));
            }
            return Ok(vec![file.clone()]);
        }
        let folder = format!("{}/", path.trim_end_matches('/'));
        let below = |file: &&TreeFile| file.path.starts_with(&folder);
        let named = self.files.iter().any(|file| below(&file));
        let pattern = if named { format!("{}**", globset_escaped(&folder)) } else { path.to_owned() };
        let hidden =
            |file: &&TreeFile| !configs::is_hidden(file.path.strip_prefix(&folder).unwrap_or(&file.path));
        let entries = self.files.iter().filter(hidden).map(entry).collect();
        let chosen = choose(entries, &pattern, written)?;
        if chosen.is_empty() {
            let folders = self.files.iter().filter_map(|file| Some(file.path.rsplit_once('/')?.0));
            let known = self.files.iter().map(|file| file.path.as_str()).chain(folders);
            return Err(Error::NoFile {
                repo: self.origin.repository.id().to_owned(),
                path: path.to_owned(),
                nearest: nearest(path.trim_end_matches('/'), known).map(str::to_owned),
            }
            .into());
        }
        Ok(self.those(|path| chosen.iter().any(|entry| entry.path == path)))
    }

    /// The files of a config and its splits, with their names.
    #[allow(clippy::type_complexity)]
    fn of_config(
        &self,
        metadata: &Metadata,
        asked: &remote::Asked<'_>,
    ) -> unskew_core::Result<(Vec<TreeFile>, Option<String>, Vec<String>)> {
        let paths: Vec<&str> = self.files.iter().map(|file| file.path.as_str()).collect();
        let found = configs::find(self.origin.repository.id(), &paths, metadata, asked.config, asked.splits)?;
        let chosen = found.files();
        let files = self.those(|path| chosen.binary_search(&path).is_ok());
        let splits = found.splits.iter().map(|(split, _)| split.clone()).collect();
        Ok((files, found.config, splits))
    }

    fn those(&self, wanted: impl Fn(&str) -> bool) -> Vec<TreeFile> {
        self.files.iter().filter(|file| wanted(&file.path)).cloned().collect()
    }

    /// What the card says.
    fn metadata(&self) -> unskew_core::Result<Metadata> {
        let name = |path: &str| self.origin.display(path);
        let card = match self.text(CARD)? {
            Some(text) => Metadata::of_card(&name(CARD), &text)?,
            None => Metadata::default(),
        };
        match self.text(MORE)? {
            Some(text) => card.with_yaml(&name(MORE), &text),
            None => Ok(card),
        }
    }

    /// The text of a small file, if the commit has it.
    fn text(&self, path: &str) -> Result<Option<String>> {
        let Some(listed) = self.files.iter().find(|file| file.path == path) else {
            if !self.client.environment.offline {
                self.origin.cache.keep_absence(&self.origin.commit, path)?;
            }
            return Ok(None);
        };
        if listed.size > MOST_CARD_BYTES {
            let detail = format!("it is larger than {} MiB", MOST_CARD_BYTES >> 20);
            return Err(Error::Answer { what: self.origin.display(path), detail });
        }
        let file = RemoteFile::new(listed.clone(), self.client, &self.origin);
        file.bring(self.client, &self.origin, std::slice::from_ref(&(0..listed.size)), &unskew_io::Silent)?;
        let mut bytes = vec![0; listed.size as usize];
        file.read(self.client, &self.origin, 0, &mut bytes)?;
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }
}

/// The commit and its files, as the Hub tells them.
fn online(
    client: &Client,
    cache: &Cache,
    repository: &Repository,
    revision: &str,
) -> Result<(Info, Vec<TreeFile>)> {
    let info = client.wait(client.api.info(repository, revision))?;
    let files = if let Some(files) = cache.listed(&info.sha) {
        files
    } else {
        let files = client.wait(client.api.tree(repository, &info.sha))?;
        cache.keep_tree(&info.sha, &files)?;
        files
    };
    cache.keep_commit(revision, &info.sha)?;
    Ok((info, files))
}

/// The commit and its files, as far as the cache knows them.
fn offline(cache: &Cache, repository: &Repository, revision: &str) -> Result<(Info, Vec<TreeFile>)> {
    let missing = || Error::Offline { what: format!("revision `{revision}` of {repository}") };
    let commit = cache.commit(revision).ok_or_else(missing)?;
    let files = cache.tree(&commit).ok_or_else(missing)?;
    // Files that Python pulled one by one are not known to be all.
    if let Some(path) = missing_shard(&files).filter(|_| cache.listed(&commit).is_none()) {
        return Err(Error::Offline { what: format!("{path} of {repository}") });
    }
    Ok((Info::of_commit(commit), files))
}

/// A text as a pattern that matches it alone.
fn globset_escaped(text: &str) -> String {
    let escape =
        |letter: char| if "*?[]{}".contains(letter) { format!("[{letter}]") } else { letter.to_string() };
    text.chars().map(escape).collect()
}
