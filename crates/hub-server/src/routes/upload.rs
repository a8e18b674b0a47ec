//! Uploads: how each file should come, and the commit that makes them a part of the repository.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;
use serde_json::json;

use super::{discussions, repos};
use crate::{
    answer::{Answer, Refusal, ok},
    change::{Change, check_path, is_large},
    hub::{Hub, Wish},
    repo::{Record, RepoId},
    request::Request,
    time,
    xet::{self, Scope},
};

#[derive(Deserialize)]
struct Asked {
    files: Vec<AskedFile>,
}

#[derive(Deserialize)]
struct AskedFile {
    path: String,
    size: u64,
    #[serde(default)]
    sample: String,
}

/// What a commit with these parameters is allowed to whom, and the record of its repository.
pub(super) fn allowed(
    hub: &Hub,
    request: &Request,
    repo: &RepoId,
    revision: &str,
) -> Result<Record, Refusal> {
    let suggests = request.flag("create_pr") || revision.starts_with("refs/pr/");
    hub.record(&request.caller, repo, if suggests { Wish::Suggest } else { Wish::Write })
}

pub(super) fn preupload(hub: &Hub, request: &Request, repo: &RepoId, revision: &str) -> Answer {
    let record = allowed(hub, request, repo, revision)?;
    let commit = hub.commit(repo, &record, revision)?;
    let files = hub.store.files(repo, &commit)?;
    let asked: Asked = request.json()?;
    let mut modes = Vec::new();
    for file in asked.files {
        check_path(&file.path)?;
        let sample =
            BASE64_STANDARD.decode(&file.sample).map_err(|_| Refusal::bad("`sample` is not Base64"))?;
        let mode = if is_large(&file.path, file.size, &sample) { "lfs" } else { "regular" };
        let mut answer = json!({ "path": file.path, "uploadMode": mode, "shouldIgnore": false });
        if let Some(entry) = files.get(&file.path) {
            answer["oid"] = if entry.large { &entry.sha256 } else { &entry.oid }.as_str().into();
        }
        modes.push(answer);
    }
    ok(&json!({ "files": modes, "commitOid": commit }))
}

pub(super) fn commit(hub: &Hub, request: &Request, repo: &RepoId, revision: &str) -> Answer {
    let record = allowed(hub, request, repo, revision)?;
    let change = Change::from_ndjson(&request.body)?;
    if change.title.trim().is_empty() {
        return Err(Refusal::bad("the summary of a commit must not be empty"));
    }
    let page = repos::page(hub, request, repo);
    if request.flag("create_pr") {
        let (commit, number) = discussions::suggest(hub, request, repo, &record, revision, &change)?;
        return ok(&json!({
            "success": true,
            "commitOid": commit.oid,
            "commitUrl": format!("{page}/commit/{}", commit.oid),
            "pullRequestUrl": format!("{page}/discussions/{number}"),
            "hookOutput": "",
        }));
    }
    let commit = hub.store.commit(repo, revision, &change, request.caller.author())?;
    ok(&json!({
        "success": true,
        "commitOid": commit.oid,
        "commitUrl": format!("{page}/commit/{}", commit.oid),
        "commitDate": time::iso(commit.date),
        "hookOutput": "",
    }))
}

pub(super) fn xet_token(hub: &Hub, request: &Request, repo: &RepoId, revision: &str, scope: Scope) -> Answer {
    if hub.xet.is_none() {
        return Err(Refusal::no_such_page());
    }
    match scope {
        Scope::Read => hub.record(&request.caller, repo, Wish::Read)?,
        Scope::Write => allowed(hub, request, repo, revision)?,
    };
    xet::token(hub, request, repo, scope)
}
