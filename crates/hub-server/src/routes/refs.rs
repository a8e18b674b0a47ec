//! Branches, tags and the commits behind them.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    answer::{Answer, Refusal, ok, set},
    change::check_path,
    error::Error,
    hub::{Hub, Origin, Wish},
    repo::RepoId,
    request::Request,
    time,
};

pub(super) fn list(hub: &Hub, request: &Request, repo: &RepoId) -> Answer {
    let record = hub.record(&request.caller, repo, Wish::Look)?;
    let below = |prefix: &str| -> Value {
        let found = record.refs.iter().filter_map(|(full, commit)| {
            let name = full.strip_prefix(prefix)?;
            Some(json!({ "name": name, "ref": full, "targetCommit": commit }))
        });
        found.collect()
    };
    let mut refs = json!({ "branches": below("refs/heads/"), "converts": [], "tags": below("refs/tags/") });
    if request.flag("include_prs") {
        refs["pullRequests"] = below("refs/pr/");
    }
    ok(&refs)
}

pub(super) fn commits(hub: &Hub, request: &Request, repo: &RepoId, revision: &str) -> Answer {
    let record = hub.record(&request.caller, repo, Wish::Look)?;
    let head = hub.commit(repo, &record, revision)?;
    let commits = hub.store.commits(repo, &head)?;
    let number = |name, usual: usize| match request.parameter(name) {
        Some(text) => text.parse().map_err(|_| Refusal::bad(format!("`{name}` is a number"))),
        None => Ok(usual),
    };
    let (page, limit) = (number("p", 0)?, number("limit", 50)?.clamp(1, 1000));
    let start = page.saturating_mul(limit).min(commits.len());
    let end = commits.len().min(start + limit);
    let shown = commits[start..end].iter().map(|commit| {
        json!({
            "id": commit.oid,
            "title": commit.title,
            "message": commit.message,
            "date": time::iso(commit.date),
            "authors": [{ "user": commit.author }],
        })
    });
    let mut response = ok(&shown.collect())?;
    if end < commits.len() {
        let base = hub.addresses.url(Origin::Hub, &request.headers);
        // The commit's own name, so that a page does not shift when another commit comes.
        let next = format!("{base}/api/{repo}/commits/{head}?p={}&limit={limit}", page + 1);
        set(&mut response, "link", &format!("<{next}>; rel=\"next\""));
    }
    set(&mut response, "x-total-count", &commits.len().to_string());
    Ok(response)
}

#[derive(Deserialize)]
struct Start {
    #[serde(rename = "startingPoint")]
    point: Option<String>,
}

pub(super) fn branch(hub: &Hub, request: &Request, repo: &RepoId, name: &str) -> Answer {
    hub.record(&request.caller, repo, Wish::Write)?;
    let start: Start = request.json()?;
    add(hub, repo, "refs/heads/", name, start.point.as_deref().unwrap_or("main"))
}

#[derive(Deserialize)]
struct Tag {
    tag: String,
}

pub(super) fn tag(hub: &Hub, request: &Request, repo: &RepoId, revision: &str) -> Answer {
    hub.record(&request.caller, repo, Wish::Write)?;
    let tag: Tag = request.json()?;
    add(hub, repo, "refs/tags/", &tag.tag, revision)
}

fn add(hub: &Hub, repo: &RepoId, prefix: &str, name: &str, revision: &str) -> Answer {
    let plain = !name.starts_with("refs/") && !name.contains([' ', '~', '^', ':', '?', '*', '[']);
    if !plain || check_path(name).is_err() {
        return Err(Refusal::bad(format!("Invalid reference name: {name}")));
    }
    hub.store.change(repo, |record| {
        let commit = hub.store.resolve(repo, record, revision)?;
        if record.refs.contains_key(&format!("{prefix}{name}")) {
            return Err(Error::RefExists { name: name.to_owned() });
        }
        record.refs.insert(format!("{prefix}{name}"), commit);
        Ok(())
    })?;
    ok(&json!({}))
}

pub(super) fn remove(hub: &Hub, request: &Request, repo: &RepoId, prefix: &str, name: &str) -> Answer {
    hub.record(&request.caller, repo, Wish::Write)?;
    if (prefix, name) == ("refs/heads/", "main") {
        return Err(Refusal::bad("the branch main stays"));
    }
    hub.store.change(repo, |record| match record.refs.remove(&format!("{prefix}{name}")) {
        Some(_) => Ok(()),
        None => Err(Error::NoRevision { revision: name.to_owned() }),
    })?;
    ok(&json!({}))
}
