//! What stands in a folder that a run made, and whether it may go to the Hub.

use std::{
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};

use sha1::{Digest, Sha1};
use sha2::Sha256;
use unskew_card::{Card, Lock, Place, README, Repo, changed, license_doubt, read_lock};
use unskew_core::{
    Error, Exit, Result, folder,
    recipe::{Recipe, Written},
    report::Report,
};
use unskew_io::{Silent, Store};

use super::{Target, Wishes, there::There};

/// What a run leaves beside rows and card, and what others need to make the result again.
pub(super) const SIDE_CARS: [&str; 7] = [
    "dataset_info.json",
    folder::LOCK,
    folder::REPORT,
    folder::RECIPE,
    ".unskew/card.md.jinja",
    ".unskew/overflow.parquet",
    ".unskew/batches.parquet",
];

/// A folder that may be pushed as far as can be known without the Hub.
pub(super) struct Folder {
    pub(super) lock: Lock,
    pub(super) card: Card,
    /// The card that stands in the folder, with what its owner wrote into it.
    pub(super) readme: Option<String>,
    pub(super) files: Vec<Local>,
    report: Report,
    recipe: Recipe,
}

/// A file that is to be in the repository.
#[derive(Debug, Clone)]
pub(super) struct Local {
    pub(super) path: String,
    pub(super) size: u64,
    pub(super) sha256: String,
    /// Git's name for it.
    pub(super) git: String,
    pub(super) content: Content,
}

/// Where the bytes of a file are.
#[derive(Debug, Clone)]
pub(super) enum Content {
    Disk(PathBuf),
    Text(String),
}

impl Folder {
    /// Reads the folder at `root`, whose result must be true to its checks and its files to their lock; its card is one for
    /// `target` on the Hub at `hub`.
    pub(super) fn read(root: &Path, target: &Target, hub: &str) -> Result<Self> {
        let lock = read_lock(&root.join(folder::LOCK))?;
        let name = root.display();
        if !lock.passed {
            return Err(Error::new(Exit::Check, format!("a check of {name} failed, so it is not pushed"))
                .hint("`.unskew/report.json` in it tells which; change the recipe, or the check"));
        }
        let store: Arc<dyn Store> = Arc::new(unskew_io::Local::new(root));
        let differences = changed(&lock, &store, &Silent)?;
        if !differences.is_empty() {
            let error =
                Error::new(Exit::Check, format!("{name} is not what its lock says, so it is not pushed"));
            let error = differences.iter().fold(error, |error, one| error.cause(one.to_string()));
            return Err(error.hint("run the recipe again"));
        }
        let text = |path: &str| {
            let path = root.join(path);
            fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))
        };
        let report: Report = serde_json::from_str(&text(folder::REPORT)?).map_err(|error| {
            Error::data(format!("the report in {name} is not what a run writes")).cause(error.to_string())
        })?;
        let written = text(folder::RECIPE)?;
        no_token(&written)?;
        let recipe = Written::parse(folder::RECIPE, &written, &[])?.recipe;
        let (id, revision) = (target.repository.id().to_owned(), target.branch.clone());
        let repo = Repo { hub: hub.to_owned(), id, revision };
        let place = Place { name: target.repository.name().to_owned(), repo: Some(repo) };
        let card = Card::of_folder(root, &place)?;
        let readme = fs::read_to_string(root.join(README)).ok();
        let mut files = vec![];
        let rows = lock.files.iter().map(|file| file.path.as_str());
        for path in rows.chain(SIDE_CARS) {
            if root.join(path).is_file() {
                let local = Local::of_disk(root, path)?;
                files.push(Local { path: folder::pushed(path, &report.output.config), ..local });
            }
        }
        files.extend(card.assets.iter().map(|(path, text)| Local::of_text(path, text.clone())));
        Ok(Self { lock, card, readme, files, report, recipe })
    }

    /// What it is called in the repository: its first config.
    pub(super) fn name(&self) -> &str {
        &self.report.output.config
    }

    /// The names of its configs, the one first that is read without a name.
    pub(super) fn configs(&self) -> Vec<String> {
        let output = &self.report.output;
        let further = output.further.iter().map(|one| one.config.clone());
        let overflow = self.report.overflow.iter().flat_map(|overflow| &overflow.splits);
        // `datasets` cannot read a config without rows.
        let overflow = overflow.map(|split| split.rows).sum::<u64>() > 0;
        let ours = [output.config.clone()].into_iter().chain(further);
        ours.chain(overflow.then(|| "overflow".to_owned())).collect()
    }

    /// Whether licenses and gates of the sources let it go to this repository.
    pub(super) fn may_go(&self, there: &There, target: &Target, wishes: &Wishes) -> Result<()> {
        let id = target.repository.id();
        if let Some(doubt) = license_doubt(&self.recipe.card, &self.report, id) {
            return Err(Error::usage(
                "it is not known under which license the result may be given to others",
            )
            .cause(doubt)
            .hint("say so in the recipe and run it again: `card: {license: …}`"));
        }
        let origins = self.report.sources.iter().filter_map(|source| source.origin.as_ref());
        let gated =
            origins.filter(|origin| origin.gated && origin.repo != id).map(|origin| &origin.repo).next();
        let public = if there.exists { !there.private } else { wishes.public };
        match gated {
            Some(gated) if public => Err(Error::usage(format!(
                "{gated} is gated, and everybody could read {id}"
            ))
            .hint("push to a private repository: a new one without `--public`, or one that is private")),
            _ => Ok(()),
        }
    }
}

/// Refuses a recipe that would tell a token to others.
fn no_token(text: &str) -> Result<()> {
    let is_token = |rest: &str| rest.bytes().take_while(u8::is_ascii_alphanumeric).count() >= 16;
    if text.match_indices("hf_").any(|(at, mark)| is_token(&text[at + mark.len()..])) {
        return Err(Error::usage("the recipe holds a token, so it is not pushed")
            .hint("take it out, set HF_TOKEN or log in with `hf auth login`, and run the recipe again"));
    }
    Ok(())
}

impl Local {
    /// A file of the folder.
    fn of_disk(root: &Path, path: &str) -> Result<Self> {
        let place = root.join(path);
        let (mut size, mut sha256, mut git) = (0, Sha256::new(), Sha1::new());
        let mut read = || {
            let mut file = File::open(&place)?;
            git.update(format!("blob {}\0", file.metadata()?.len()));
            let mut buffer = vec![0; 1 << 20];
            loop {
                let length = file.read(&mut buffer)?;
                if length == 0 {
                    return Ok(());
                }
                size += length as u64;
                sha256.update(&buffer[..length]);
                git.update(&buffer[..length]);
            }
        };
        read().map_err(|error: std::io::Error| unreadable(&place, &error))?;
        Ok(Self {
            path: path.to_owned(),
            size,
            sha256: hex(&sha256.finalize()),
            git: hex(&git.finalize()),
            content: Content::Disk(std::path::absolute(&place).unwrap_or(place)),
        })
    }

    /// A file that is made for the repository.
    pub(super) fn of_text(path: &str, text: String) -> Self {
        Self {
            path: path.to_owned(),
            size: text.len() as u64,
            sha256: hex(&Sha256::digest(&text)),
            git: git_name(text.as_bytes()),
            content: Content::Text(text),
        }
    }

    /// Its bytes.
    pub(super) fn bytes(&self) -> Result<Vec<u8>> {
        match &self.content {
            Content::Disk(path) => fs::read(path).map_err(|error| unreadable(path, &error)),
            Content::Text(text) => Ok(text.clone().into_bytes()),
        }
    }
}

/// Git's name for these bytes.
pub(super) fn git_name(bytes: &[u8]) -> String {
    let head = Sha1::new_with_prefix(format!("blob {}\0", bytes.len()));
    hex(&head.chain_update(bytes).finalize())
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a text takes letters");
        text
    })
}

pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::new(Exit::Source, format!("cannot read {}", path.display())).cause(error.to_string())
}
