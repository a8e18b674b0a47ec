//! Users and repositories: who they are, and how repositories come, change and go.

use std::fs;

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    answer::{Answer, Refusal, ok},
    error::Error,
    history::Files,
    hub::{Hub, Origin, Wish},
    repo::{Gate, Kind, Record, RepoId},
    request::Request,
    routes::{card, tree},
    time,
    tokens::Role,
};

/// The largest card that is read for what stands at its head.
const MOST_CARD_BYTES: u64 = 8 << 20;

pub(super) fn whoami(request: &Request) -> Answer {
    let Some(name) = &request.caller.name else {
        return Err(Refusal::new(StatusCode::UNAUTHORIZED, "Unauthorized", "Invalid username or password."));
    };
    ok(&json!({
        "type": "user",
        "id": name,
        "name": name,
        "fullname": name,
        "email": format!("{name}@localhost"),
        "emailVerified": true,
        "isPro": false,
        "canPay": false,
        "orgs": [],
        "auth": {
            "type": "access_token",
            "accessToken": { "displayName": name, "role": request.caller.role.name() },
        },
    }))
}

/// A repository as the body of a request names it.
#[derive(Deserialize)]
struct Named {
    name: String,
    organization: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    private: Option<bool>,
    visibility: Option<Visibility>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Visibility {
    Public,
    Private,
}

impl Visibility {
    fn is_private(self) -> bool {
        matches!(self, Self::Private)
    }
}

impl Named {
    fn repo(&self, request: &Request) -> Result<RepoId, Refusal> {
        let (owner, name) = match (self.name.split_once('/'), &self.organization) {
            (Some(both), _) => both,
            (None, Some(organization)) => (organization.as_str(), self.name.as_str()),
            (None, None) => (request.caller.author(), self.name.as_str()),
        };
        let kind = self.kind.as_deref().unwrap_or("model");
        let kind =
            Kind::from_name(kind).ok_or_else(|| Refusal::bad(format!("Invalid repository type: {kind}")))?;
        Ok(RepoId::new(kind, owner, name)?)
    }
}

pub(super) fn create(hub: &Hub, request: &Request) -> Answer {
    Hub::allow(&request.caller, Role::Write)?;
    let named: Named = request.json()?;
    let repo = named.repo(request)?;
    let private = named.visibility.map_or(named.private.unwrap_or(false), Visibility::is_private);
    let url = page(hub, request, &repo);
    match hub.store.create(&repo, private, Gate::Open, request.caller.author()) {
        Err(error @ Error::RepoExists { .. }) => Err(Refusal::from(error).url(url)),
        done => {
            done?;
            ok(&json!({ "url": url, "name": repo.id(), "id": repo.id() }))
        }
    }
}

pub(super) fn delete(hub: &Hub, request: &Request) -> Answer {
    let named: Named = request.json()?;
    let repo = named.repo(request)?;
    hub.record(&request.caller, &repo, Wish::Write)?;
    hub.store.remove(&repo)?;
    ok(&json!({}))
}

#[derive(Deserialize)]
struct Move {
    #[serde(rename = "fromRepo")]
    from: String,
    #[serde(rename = "toRepo")]
    to: String,
    #[serde(rename = "type")]
    kind: Option<String>,
}

pub(super) fn rename(hub: &Hub, request: &Request) -> Answer {
    let Move { from, to, kind } = request.json()?;
    let named =
        |name| Named { name, organization: None, kind: kind.clone(), private: None, visibility: None };
    let (from, to) = (named(from).repo(request)?, named(to).repo(request)?);
    hub.record(&request.caller, &from, Wish::Write)?;
    hub.store.rename(&from, &to)?;
    ok(&json!({}))
}

pub(super) fn settings(hub: &Hub, request: &Request, repo: &RepoId) -> Answer {
    hub.record(&request.caller, repo, Wish::Write)?;
    let wanted: Value = request.json()?;
    let private = match (wanted.get("private"), wanted.get("visibility")) {
        (Some(private), _) if !private.is_null() => Some(private.as_bool().ok_or(())),
        (_, Some(visibility)) if !visibility.is_null() => {
            let visibility = serde_json::from_value::<Visibility>(visibility.clone());
            Some(visibility.map(Visibility::is_private).map_err(|_| ()))
        }
        _ => None,
    };
    let private = private.transpose().map_err(|()| Refusal::bad("a repository is `public` or `private`"))?;
    let gate = match wanted.get("gated") {
        None | Some(Value::Null) => None,
        Some(Value::Bool(false)) => Some(Gate::Open),
        Some(gate) => match gate.as_str() {
            Some("auto") => Some(Gate::Auto),
            Some("manual") => Some(Gate::Manual),
            _ => return Err(Refusal::bad("`gated` is `auto`, `manual` or false")),
        },
    };
    hub.store.change(repo, |record| {
        record.private = private.unwrap_or(record.private);
        record.gate = gate.unwrap_or(record.gate);
        Ok(())
    })?;
    ok(&json!({}))
}

pub(super) fn check(hub: &Hub, request: &Request, repo: &RepoId, write: bool) -> Answer {
    hub.record(&request.caller, repo, if write { Wish::Write } else { Wish::Read })?;
    ok(&json!({}))
}

pub(super) fn info(hub: &Hub, request: &Request, repo: &RepoId, revision: &str) -> Answer {
    let record = hub.record(&request.caller, repo, Wish::Look)?;
    let commit = hub.commit(repo, &record, revision)?;
    let mut info = brief(hub, repo, &record, &commit)?;
    let files = hub.store.files(repo, &commit)?;
    info["siblings"] = siblings(&files, request.flag("blobs")).into();
    if let Some(said) = card_data(hub, &files)? {
        info["cardData"] = said;
    }
    info["usedStorage"] = files.values().map(|entry| entry.size).sum::<u64>().into();
    ok(&info)
}

/// What the card says at its head; nothing where that cannot be read.
fn card_data(hub: &Hub, files: &Files) -> Result<Option<Value>, Refusal> {
    let Some(card) = files.get("README.md").filter(|card| card.size <= MOST_CARD_BYTES) else {
        return Ok(None);
    };
    let path = hub.store.blob(&card.sha256);
    let text = fs::read(&path).map_err(Error::disk("read", path))?;
    let said = card::metadata(&String::from_utf8_lossy(&text));
    Ok(said.ok().flatten().map(Value::Object))
}

fn siblings(files: &Files, blobs: bool) -> Vec<Value> {
    let sibling = |(path, entry): (&String, &crate::Entry)| {
        let mut sibling = json!({ "rfilename": path });
        if blobs {
            sibling["size"] = entry.size.into();
            sibling["blobId"] = entry.oid.clone().into();
            if entry.large {
                sibling["lfs"] = json!({
                    "sha256": entry.sha256,
                    "size": entry.size,
                    "pointerSize": tree::pointer_size(entry),
                });
            }
        }
        sibling
    };
    files.iter().map(sibling).collect()
}

/// The repositories of a kind that the caller may see, the newest last change first.
pub(super) fn list(hub: &Hub, request: &Request, kind: Kind) -> Answer {
    let mut found = Vec::new();
    for repo in hub.store.repos(kind)? {
        let Ok(record) = hub.record(&request.caller, &repo, Wish::Look) else { continue };
        let by = request.parameter("author").is_none_or(|author| author == repo.owner());
        let called = request.parameter("search").is_none_or(|text| repo.id().contains(text));
        if by && called {
            let commit = hub.commit(&repo, &record, "main")?;
            found.push(brief(hub, &repo, &record, &commit)?);
        }
    }
    found.sort_by(|a, b| b["lastModified"].as_str().cmp(&a["lastModified"].as_str()));
    let limit = request.parameter("limit").and_then(|limit| limit.parse().ok()).unwrap_or(usize::MAX);
    found.truncate(limit);
    ok(&found.into())
}

fn brief(hub: &Hub, repo: &RepoId, record: &Record, commit: &str) -> Result<Value, Refusal> {
    let last = hub.store.commit_of(repo, commit)?;
    let gated: Value = match record.gate {
        Gate::Open => false.into(),
        Gate::Auto => "auto".into(),
        Gate::Manual => "manual".into(),
    };
    Ok(json!({
        "_id": crate::git::object("repo", repo.to_string().as_bytes())[..24],
        "id": repo.id(),
        "author": repo.owner(),
        "sha": commit,
        "private": record.private,
        "gated": gated,
        "disabled": false,
        "createdAt": time::iso(record.created),
        "lastModified": time::iso(last.date),
        "downloads": 0,
        "likes": 0,
        "tags": [],
    }))
}

/// The address of a repository's page.
pub(super) fn page(hub: &Hub, request: &Request, repo: &RepoId) -> String {
    format!("{}/{}", hub.addresses.url(Origin::Hub, &request.headers), repo.page())
}
