//! What a repository holds before anything is pushed.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use unskew_card::{
    Lock, README,
    check::{LEGACY, OVERLAY},
};
use unskew_core::{configs::MOST_CARD_BYTES, folder, report::Report};

use super::{
    Target, Wishes,
    folder::{git_name, hex},
    refused,
};
use crate::{Api, Call, Info, Repository, TreeFile, api::read, hub::Client};

/// The largest lock or report that is looked at.
const MOST_LOCK_BYTES: u64 = 64 << 20;

/// A branch as it is now.
#[derive(Default)]
pub(super) struct There {
    pub(super) exists: bool,
    /// Whether the branch exists, too.
    pub(super) branched: bool,
    pub(super) private: bool,
    /// The last commit.
    pub(super) commit: String,
    pub(super) files: Vec<TreeFile>,
    pub(super) card: Option<String>,
    pub(super) overlay: Option<String>,
    /// What older versions of `push_to_hub` told beside the card.
    pub(super) legacy: Option<String>,
    /// What was pushed earlier.
    pub(super) earlier: Vec<Earlier>,
    /// Its tags, with their commits.
    pub(super) tags: BTreeMap<String, String>,
}

/// A result that was pushed earlier.
pub(super) struct Earlier {
    /// Its first config.
    pub(super) config: String,
    /// Whether its lock stands where a run writes it, because somebody else brought it there.
    pub(super) as_run: bool,
    pub(super) lock: Lock,
}

impl There {
    /// Looks, and changes nothing. A branch that is missing begins as the main one.
    pub(super) async fn look(client: &Client, target: &Target) -> unskew_core::Result<Self> {
        let (api, repository) = (client.api(), &target.repository);
        let mut branched = true;
        let info = match api.info(repository, target.revision()).await {
            Ok(info) => info,
            Err(crate::Error::NoRepository { .. }) => return Ok(Self::default()),
            Err(crate::Error::NoRevision { .. }) if target.revision() != "main" => {
                branched = false;
                api.info(repository, "main").await.map_err(refused)?
            }
            Err(error) => return Err(refused(error)),
        };
        let files = api.tree(repository, &info.sha).await.map_err(refused)?;
        let tags = tags(api, repository).await.map_err(refused)?;
        let Info { sha: commit, private, .. } = info;
        let mut there = Self { exists: true, branched, private, commit, files, tags, ..Self::default() };
        let most = MOST_CARD_BYTES;
        there.card = there.text(api, repository, README, most).await?;
        there.overlay = there.text(api, repository, OVERLAY, most).await?;
        there.legacy = there.text(api, repository, LEGACY, MOST_LOCK_BYTES).await?;
        there.earlier = there.earlier(api, repository).await?;
        Ok(there)
    }

    /// Makes what is missing of repository and branch, and answers whether the repository was.
    pub(super) async fn make(
        &self,
        client: &Client,
        target: &Target,
        wishes: &Wishes,
    ) -> unskew_core::Result<bool> {
        if !self.exists {
            create(client.api(), &target.repository, !wishes.public).await?;
        }
        branch(client.api(), target).await.map_err(refused)?;
        Ok(!self.exists)
    }

    /// What it has at `path`.
    pub(super) fn file(&self, path: &str) -> Option<&TreeFile> {
        self.files.binary_search_by(|file| file.path.as_str().cmp(path)).ok().map(|at| &self.files[at])
    }

    /// The paths of its files, in byte order.
    pub(super) fn paths(&self) -> Vec<&str> {
        self.files.iter().map(|file| file.path.as_str()).collect()
    }

    /// What was pushed earlier. What cannot be read pins nothing, so that nothing of it is deleted.
    async fn earlier(&self, api: &Api, repository: &Repository) -> unskew_core::Result<Vec<Earlier>> {
        let mut earlier = vec![];
        for path in self.paths().into_iter().filter(|path| is_lock(path)) {
            let text = self.text(api, repository, path, MOST_LOCK_BYTES).await?.unwrap_or_default();
            let Ok(lock) = Lock::parse(path, &text) else { continue };
            let as_run = path == folder::LOCK;
            let config = if as_run {
                let report = self.text(api, repository, folder::REPORT, MOST_LOCK_BYTES).await?;
                let report = report.and_then(|report| serde_json::from_str::<Report>(&report).ok());
                report.map(|report| report.output.config)
            } else {
                path.split('/').nth(1).map(str::to_owned)
            };
            earlier.extend(config.map(|config| Earlier { config, as_run, lock }));
        }
        Ok(earlier)
    }

    /// The text of a small file.
    async fn text(
        &self,
        api: &Api,
        repository: &Repository,
        path: &str,
        most: u64,
    ) -> unskew_core::Result<Option<String>> {
        let Some(file) = self.file(path) else { return Ok(None) };
        let damaged = |detail: &str| {
            let file = format!("hf://datasets/{repository}/{path}");
            refused(crate::Error::Damaged { file, detail: detail.to_owned() })
        };
        if file.size > most {
            return Err(damaged("it is too large"));
        }
        let call = Call::get(api.file(repository, &self.commit, path));
        let answer = api.http().answer(&call).await.map_err(refused)?;
        if !answer.status.is_success() {
            return Err(refused(api.refusal(answer, repository, &self.commit).await));
        }
        // A card that came in part would be committed in part.
        let same = match &file.sha256 {
            Some(sha256) => hex(&Sha256::digest(&answer.body)) == *sha256,
            None => git_name(&answer.body) == file.git,
        };
        if !same {
            return Err(damaged("its digest is another one"));
        }
        String::from_utf8(answer.body).map(Some).map_err(|_| damaged("it is no text"))
    }
}

/// Whether a file is the lock of a result: that of a run, or of one that was pushed.
fn is_lock(path: &str) -> bool {
    let config =
        path.strip_prefix(".unskew/").and_then(|rest| rest.split_once('/')).map(|(config, _)| config);
    path == folder::LOCK || config.is_some_and(|config| folder::pushed(folder::LOCK, config) == path)
}

/// Makes the branch, if it is not the main one.
async fn branch(api: &Api, target: &Target) -> crate::Result<()> {
    let repository = &target.repository;
    if let Some(branch) = target.branch.as_deref().filter(|branch| *branch != "main") {
        let call = Call::post(api.of(repository, &["branch", branch]), &json!({}));
        let answer = api.http().answer(&call).await?;
        if !answer.status.is_success() && answer.status.as_u16() != 409 {
            return Err(api.refusal(answer, repository, branch).await);
        }
    }
    Ok(())
}

async fn create(api: &Api, repository: &Repository, private: bool) -> unskew_core::Result<()> {
    let (owner, name) = repository.id().split_once('/').unwrap_or(("", repository.id()));
    let visibility = if private { "private" } else { "public" };
    let value = json!({"type": "dataset", "name": name, "organization": owner, "private": private, "visibility": visibility});
    let call = Call::post(api.http().url(["api", "repos", "create"]), &value);
    let answer = api.http().answer(&call).await.map_err(refused)?;
    // Where an answer was lost, the second call finds the repository of the first.
    if answer.status.is_success() || answer.status.as_u16() == 409 {
        return Ok(());
    }
    let error = api.refusal(answer, repository, "main").await;
    Err(refused(error).hint(format!("{repository} does not exist, and could not be made")))
}

async fn tags(api: &Api, repository: &Repository) -> crate::Result<BTreeMap<String, String>> {
    let answer = api.http().answer(&Call::get(api.of(repository, &["refs"]))).await?;
    if !answer.status.is_success() {
        return Err(api.refusal(answer, repository, "main").await);
    }
    let refs: Value = read(answer)?;
    let text = |one: &Value, key: &str| one.get(key)?.as_str().map(str::to_owned);
    let tags = refs["tags"].as_array().into_iter().flatten();
    Ok(tags.filter_map(|tag| Some((text(tag, "name")?, text(tag, "targetCommit")?))).collect())
}
