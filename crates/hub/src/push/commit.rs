//! The one call that changes a repository, which is made once, and about which nothing is left in doubt.
//!
//! An answer can be lost on its way. The commit then carries a name of its own in its description, by which it is found; and it
//! names the commit it follows, so that a second one of its kind cannot be made.

use reqwest::Method;
use serde_json::{Value, json};
use unskew_core::{Result, folder};

use super::{
    Target, Wishes,
    folder::Folder,
    plan::Plan,
    refused,
    send::{Line, proposing},
    there::There,
};
use crate::{
    Body, Call,
    api::read,
    hub::Client,
    retry::{asked_wait, is_passing},
};

/// What stands before the name of a push in the description of its commit.
const MARK: &str = "unskew-push: ";

/// How many of the last proposals may be the one whose answer was lost.
const PROPOSALS: usize = 20;

/// What became of a commit.
pub(super) enum Outcome {
    Made {
        commit: String,
        url: String,
    },
    /// Somebody else made one, so that everything has to be looked at again.
    Conflict(crate::Error),
}

/// The body of the call; its name is added to `ids`.
pub(super) fn body(
    folder: &Folder,
    there: &There,
    plan: &Plan,
    lines: &[Line],
    wishes: &Wishes,
    ids: &mut Vec<String>,
) -> Vec<u8> {
    let mut digest = blake3::Hasher::new();
    for part in [folder.lock.to_json().as_str(), &there.commit, &plan.card] {
        digest.update(part.as_bytes());
    }
    let id = format!("{MARK}{}", &digest.finalize().to_hex()[..32]);
    let config = folder.name();
    let summary = wishes.message.clone().unwrap_or_else(|| format!("Write the config {config} with unskew"));
    let rows = folder.lock.steps.last().map_or(0, |step| step.rows);
    let lock = folder::pushed(folder::LOCK, config);
    let description = format!("{rows} rows; {lock} tells how they were made.\n\n{id}");
    let header = json!({"summary": summary, "description": description, "parentCommit": there.commit});
    let gone = plan.gone.iter().map(|(path, _)| json!({"key": "deletedFile", "value": {"path": path}}));
    let all =
        [json!({"key": "header", "value": header})].into_iter().chain(lines.iter().cloned()).chain(gone);
    ids.push(id);
    all.map(|line| line.to_string() + "\n").collect::<String>().into_bytes()
}

/// Makes the commit. After anything that is not an answer, it is looked for before anything else is done.
pub(super) async fn commit(
    client: &Client,
    target: &Target,
    wishes: &Wishes,
    body: Vec<u8>,
    ids: &[String],
) -> Result<Outcome> {
    let (api, repository) = (client.api(), &target.repository);
    let url = proposing(api.of(repository, &["commit", target.revision()]), wishes.create_pr);
    let body = Body::memory(body, "application/x-ndjson");
    let call = Call { repeatable: false, ..Call::send(Method::POST, url, body) };
    let retry = *api.http().retry();
    let mut waits = retry.waits();
    loop {
        let answer = api.http().answer(&call).await;
        waits.count(&answer);
        let asked = answer.as_ref().ok().and_then(|answer| asked_wait(&answer.headers));
        let (error, status, passing) = match answer {
            Ok(answer) if answer.status.is_success() => match made(client, target, wishes, &read(answer)) {
                Some(made) => return Ok(made),
                None => (unclear(target), 200, false),
            },
            Ok(answer) => {
                let (status, passing) = (answer.status.as_u16(), is_passing(answer.status));
                let error = api.refusal(answer, repository, target.revision()).await;
                // Who stands before the Hub may say so while it goes on.
                (error, status, passing && (!wishes.create_pr || matches!(status, 429 | 503)))
            }
            // A proposal whose answer is late may yet be made, and nothing keeps a second one from being made, too.
            Err(error) => {
                let passing = error.may_pass() && !wishes.create_pr;
                (error, 0, passing)
            }
        };
        let found = match find(client, target, wishes, ids).await {
            Ok(found) => found,
            // A clear no stays one, whatever keeps from looking.
            Err(_) if matches!(status, 400..=407 | 413 | 422) => None,
            Err(looking) => {
                return Err(refused(error_of(&error)).cause(looking.to_string()).hint(
                    "it is not known whether the commit was made; push again: what is there already is not sent twice",
                ));
            }
        };
        if let Some(found) = found {
            return Ok(found);
        }
        if matches!(status, 409 | 412) {
            return Ok(Outcome::Conflict(error));
        }
        match waits.next(asked).filter(|_| passing) {
            Some(wait) => tokio::time::sleep(wait).await,
            None => return Err(refused(error)),
        }
    }
}

fn error_of(error: &crate::Error) -> crate::Error {
    crate::Error::Unreachable { what: "the commit".to_owned(), detail: error.to_string() }
}

fn unclear(target: &Target) -> crate::Error {
    let detail = "it does not tell which commit was made".to_owned();
    crate::Error::Answer { what: target.repository.to_string(), detail }
}

/// What the answer says.
fn made(client: &Client, target: &Target, wishes: &Wishes, answer: &crate::Result<Value>) -> Option<Outcome> {
    let answer = answer.as_ref().ok()?;
    let commit = answer["commitOid"].as_str()?.to_owned();
    if wishes.create_pr {
        let number = answer["pullRequestUrl"].as_str()?.rsplit('/').next()?;
        number.parse::<u64>().ok()?;
        return Some(Outcome::Made { commit, url: page(client, target, &["discussions", number]) });
    }
    let url = page(client, target, &["commit", &commit]);
    Some(Outcome::Made { commit, url })
}

/// The address of a page about the repository. It is put together here, because what an answer says is nobody's word.
fn page(client: &Client, target: &Target, rest: &[&str]) -> String {
    let segments =
        ["datasets"].into_iter().chain(target.repository.id().split('/')).chain(rest.iter().copied());
    client.api().http().url(segments).to_string()
}

/// Looks for a commit of one of these names.
async fn find(
    client: &Client,
    target: &Target,
    wishes: &Wishes,
    ids: &[String],
) -> crate::Result<Option<Outcome>> {
    if !wishes.create_pr {
        let commit = named(client, target, target.revision(), ids).await?;
        let url = |commit: &str| page(client, target, &["commit", commit]);
        return Ok(commit.map(|commit| Outcome::Made { url: url(&commit), commit }));
    }
    let mut url = client.api().of(&target.repository, &["refs"]);
    url.query_pairs_mut().append_pair("include_prs", "1");
    let refs: Value = get(client, target, url).await?;
    let number = |one: &Value| one["ref"].as_str()?.strip_prefix("refs/pr/")?.parse::<u64>().ok();
    let mut numbers: Vec<u64> =
        refs["pullRequests"].as_array().into_iter().flatten().filter_map(number).collect();
    numbers.sort_unstable();
    for number in numbers.into_iter().rev().take(PROPOSALS) {
        if let Some(commit) = named(client, target, &format!("refs/pr/{number}"), ids).await? {
            let url = page(client, target, &["discussions", &number.to_string()]);
            return Ok(Some(Outcome::Made { commit, url }));
        }
    }
    Ok(None)
}

/// The commit of one of these names among the last ones of a revision.
async fn named(
    client: &Client,
    target: &Target,
    revision: &str,
    ids: &[String],
) -> crate::Result<Option<String>> {
    let commits: Value =
        get(client, target, client.api().of(&target.repository, &["commits", revision])).await?;
    let is_ours = |commit: &&Value| {
        commit["message"].as_str().is_some_and(|message| ids.iter().any(|id| message.contains(id)))
    };
    let ours = commits.as_array().into_iter().flatten().find(is_ours);
    Ok(ours.and_then(|commit| commit["id"].as_str().map(str::to_owned)))
}

async fn get(client: &Client, target: &Target, url: reqwest::Url) -> crate::Result<Value> {
    let answer = client.api().http().answer(&Call::get(url)).await?;
    if answer.status.is_success() {
        return read(answer);
    }
    Err(client.api().refusal(answer, &target.repository, target.revision()).await)
}
