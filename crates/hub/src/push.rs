//! A folder that a run made, and a repository on the Hub that is to hold it.
//!
//! `hf-hub` 1.0.0 is not used here either: it repeats commits whose answer was lost, takes a conflict for an error like any
//! other, cannot upload large files where there is no Xet, and loses the address of a pull request. What would be left of it is
//! creating repositories.

mod after;
mod before;
mod commit;
mod folder;
mod plan;
mod send;
mod there;

use std::path::Path;

use unskew_core::{Error, Exit};
use unskew_io::Progress;

use crate::{DatasetUrl, Hub, Repository, hub::Client};
use commit::Outcome;
use folder::Folder;
use plan::Plan;
use there::There;

/// How often a commit is prepared anew because somebody else made one.
const TRIES: usize = 3;

/// Where a folder goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The repository.
    pub repository: Repository,
    /// The branch, if it is not the main one.
    pub branch: Option<String>,
}

/// What else is wanted.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    /// Whether everybody may see a repository that is made for it.
    pub public: bool,
    /// Whether to propose the change instead of making it.
    pub create_pr: bool,
    /// Whether to tell only what would be done.
    pub dry_run: bool,
    /// A tag for the commit.
    pub tag: Option<String>,
    /// What the commit is called.
    pub message: Option<String>,
}

/// What becomes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It is new.
    Add,
    /// It takes the place of another one.
    Replace,
    /// It is there already.
    Keep,
    /// It goes away.
    Delete,
}

/// A file and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// What becomes of it.
    pub action: Action,
    /// Its path.
    pub path: String,
    /// Its size.
    pub size: u64,
}

/// What was done, or would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// The repository.
    pub repository: Repository,
    /// The branch, if it is not the main one.
    pub branch: Option<String>,
    /// Whether the repository was made, or would be.
    pub created: bool,
    /// The files.
    pub operations: Vec<Operation>,
    /// The card before and after.
    pub card: (String, String),
    /// The configs that are ours.
    pub configs: Vec<String>,
    /// What the Hub thinks of the card.
    pub warnings: Vec<String>,
    /// The address of the commit, or of the proposal; none where nothing was changed.
    pub url: Option<String>,
}

impl Target {
    /// Reads `OWNER/NAME`, or `hf://datasets/OWNER/NAME[@BRANCH]`.
    ///
    /// ```
    /// use unskew_hub::Target;
    ///
    /// assert_eq!(Target::parse("me/rows")?, Target::parse("hf://datasets/me/rows")?);
    /// assert_eq!(Target::parse("hf://datasets/me/rows@next")?.branch.as_deref(), Some("next"));
    /// assert!(Target::parse("hf://datasets/me/rows/data").is_err());
    /// # Ok::<(), unskew_core::Error>(())
    /// ```
    pub fn parse(text: &str) -> unskew_core::Result<Self> {
        let url = if text.starts_with("hf://") { text.to_owned() } else { format!("hf://datasets/{text}") };
        let DatasetUrl { repository, revision, path } = DatasetUrl::parse(&url)?;
        if path.is_some() || !repository.id().contains('/') {
            return Err(Error::usage(format!("`{text}` is no repository to push to"))
                .hint("write `OWNER/NAME` or `hf://datasets/OWNER/NAME[@BRANCH]`"));
        }
        Ok(Self { repository, branch: revision })
    }

    /// The branch.
    fn revision(&self) -> &str {
        self.branch.as_deref().unwrap_or("main")
    }
}

impl Hub {
    /// Makes a repository hold what stands in `folder`, which a run made, in one commit or none.
    pub fn push(
        &self,
        folder: &Path,
        target: &Target,
        wishes: &Wishes,
        progress: &dyn Progress,
    ) -> unskew_core::Result<Pushed> {
        self.may_push()?;
        let client = self.client()?;
        let folder = Folder::read(folder, target, client.environment().address())?;
        client.wait(push(&client, &folder, target, wishes, progress))
    }

    /// Refuses where it is known without a call that nothing can be pushed.
    pub fn may_push(&self) -> unskew_core::Result<()> {
        let client = self.client()?;
        if client.environment().offline {
            return Err(Error::new(Exit::Hub, "pushing needs the network, and HF_HUB_OFFLINE forbids it"));
        }
        if !client.api().http().logged_in() {
            return Err(Error::new(Exit::Hub, "the Hub does not let strangers push")
                .hint("log in with `hf auth login`, or set HF_TOKEN to a token that may write"));
        }
        Ok(())
    }
}

async fn push(
    client: &Client,
    folder: &Folder,
    target: &Target,
    wishes: &Wishes,
    progress: &dyn Progress,
) -> unskew_core::Result<Pushed> {
    let (mut ids, mut created, mut conflicts) = (vec![], false, 0);
    loop {
        let there = There::look(client, target).await?;
        folder.may_go(&there, target, wishes)?;
        let plan = Plan::new(folder, &there, target)?;
        let warnings = if plan.changes_card() { validate(client, target, &plan.card).await? } else { vec![] };
        let done = |url: Option<String>| Pushed {
            repository: target.repository.clone(),
            branch: target.branch.clone(),
            created: created || !there.exists,
            operations: plan.operations(),
            card: (there.card.clone().unwrap_or_default(), plan.card.clone()),
            configs: folder.configs(),
            warnings: warnings.clone(),
            url,
        };
        tag_is_free(&there, &plan, target, wishes)?;
        if wishes.dry_run {
            return Ok(done(None));
        }
        // Nothing is made before it is known that everything may go there.
        if !there.branched {
            created |= there.make(client, target, wishes).await?;
            continue;
        }
        if !plan.changes() {
            tag(client, target, wishes, &there.commit, &there).await?;
            return Ok(done(None));
        }
        let sent = send::send(client, target, wishes.create_pr, &plan.changed(), progress).await?;
        let body = commit::body(folder, &there, &plan, &sent, wishes, &mut ids);
        match commit::commit(client, target, wishes, body, &ids).await? {
            Outcome::Made { commit, url } => {
                tag(client, target, wishes, &commit, &there).await?;
                return Ok(done(Some(url)));
            }
            Outcome::Conflict(error) => {
                conflicts += 1;
                if conflicts == TRIES {
                    let hint = "others are changing the repository at the same time; try again";
                    return Err(refused(error).hint(hint));
                }
            }
        }
    }
}

/// Asks the Hub whether it takes the card, and answers what it warns of.
async fn validate(client: &Client, target: &Target, card: &str) -> unskew_core::Result<Vec<String>> {
    const MOST: usize = 5;
    let url = client.api().http().url(["api", "validate-yaml"]);
    let call = crate::Call::post(url, &serde_json::json!({"content": card, "repoType": "dataset"}));
    let answer = client.api().http().answer(&call).await.map_err(refused)?;
    let said: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let messages = |key: &str| -> Vec<String> {
        let all = said[key].as_array().into_iter().flatten().take(MOST);
        all.filter_map(|one| one["message"].as_str()).map(crate::api::shown).collect()
    };
    match answer.status.as_u16() {
        200..=299 => Ok(messages("warnings")),
        // Not every Hub has an opinion.
        404 => Ok(vec![]),
        400 => {
            let error =
                Error::new(Exit::Hub, format!("the Hub does not take the card of {}", target.repository));
            let mut errors = messages("errors");
            if errors.is_empty() {
                errors.push(crate::api::said(&answer));
            }
            Err(errors.into_iter().fold(error, Error::cause).hint(
                "its YAML comes from the recipe's `card` and from the README.md there: mend it where it is wrong",
            ))
        }
        _ => Err(refused(client.api().refusal(answer, &target.repository, target.revision()).await)),
    }
}

/// A tag that is there stays where it is.
fn tag_is_free(there: &There, plan: &Plan, target: &Target, wishes: &Wishes) -> unskew_core::Result<()> {
    let known = wishes.tag.as_ref().and_then(|tag| Some((tag, there.tags.get(tag)?)));
    match known {
        Some((tag, commit)) if plan.changes() || *commit != there.commit => {
            let message = format!("{} has a tag `{tag}` already", target.repository);
            Err(Error::new(Exit::Hub, message).hint("a tag says for good what it says; take another one"))
        }
        _ => Ok(()),
    }
}

async fn tag(
    client: &Client,
    target: &Target,
    wishes: &Wishes,
    commit: &str,
    there: &There,
) -> unskew_core::Result<()> {
    let Some(tag) = wishes.tag.as_ref().filter(|tag| !there.tags.contains_key(*tag)) else { return Ok(()) };
    let url = client.api().of(&target.repository, &["tag", commit]);
    let call = crate::Call::post(url, &serde_json::json!({ "tag": tag }));
    let answer = client.api().http().answer(&call).await.map_err(refused)?;
    // Where an answer was lost, the second call finds the tag of the first.
    if answer.status.is_success() || answer.status.as_u16() == 409 {
        return Ok(());
    }
    let error = client.api().refusal(answer, &target.repository, commit).await;
    Err(refused(error).hint("the files are there; only the tag is missing, and pushing again sets it"))
}

/// What kept the Hub from being pushed to.
fn refused(error: crate::Error) -> Error {
    let forbidden = matches!(&error, crate::Error::Refused { status: 401 | 403, .. });
    let error = Error::from(error);
    let error = if error.exit() == Exit::Source { error.exiting(Exit::Hub) } else { error };
    if forbidden {
        return error.hint(
            "the token may read and not write: take one that may write to this repository, or `--create-pr`",
        );
    }
    error
}
