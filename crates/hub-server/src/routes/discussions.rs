//! Discussions and pull requests.

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    answer::{Answer, Refusal, ok},
    change::Change,
    error::{Error, Result},
    history::{Commit, Files},
    hub::{Hub, Wish},
    repo::{Comment, Discussion, Record, RepoId, Status},
    request::Request,
    store::Store,
    time,
};

pub(super) fn list(hub: &Hub, request: &Request, repo: &RepoId) -> Answer {
    let record = hub.record(&request.caller, repo, Wish::Look)?;
    let number = |name: &str| request.parameter(name).and_then(|text| text.parse::<usize>().ok());
    let (page, size) = (number("p").unwrap_or(0), 50);
    let wanted = |discussion: &Discussion| match request.parameter("type") {
        Some("pull_request") => discussion.base.is_some(),
        Some("discussion") => discussion.base.is_none(),
        _ => true,
    };
    let all: Vec<_> =
        record.discussions.iter().enumerate().filter(|(_, discussion)| wanted(discussion)).collect();
    let shown = all.iter().rev().skip(page * size).take(size);
    let shown: Vec<_> = shown.map(|(at, discussion)| brief(repo, at + 1, discussion)).collect();
    ok(&json!({ "discussions": shown, "count": all.len(), "start": page * size, "numClosedDiscussions": 0 }))
}

#[derive(Deserialize)]
struct Opened {
    title: String,
    #[serde(default)]
    description: String,
    #[serde(rename = "pullRequest", default)]
    pull_request: bool,
}

pub(super) fn open(hub: &Hub, request: &Request, repo: &RepoId) -> Answer {
    hub.record(&request.caller, repo, Wish::Suggest)?;
    let opened: Opened = request.json()?;
    let author = request.caller.author();
    let number = hub.store.change(repo, |record| {
        let head = hub.store.resolve(repo, record, "main")?;
        let base = opened.pull_request.then(|| "refs/heads/main".to_owned());
        let number = add(record, &opened.title, &opened.description, author, base);
        if opened.pull_request {
            record.refs.insert(reference(number), head);
        }
        Ok(number)
    })?;
    let record = hub.store.record(repo)?;
    show(hub, repo, &record, number)
}

#[derive(Deserialize)]
struct Said {
    comment: Option<String>,
    status: Option<String>,
    title: Option<String>,
}

/// What is done with one discussion.
pub(super) fn one(hub: &Hub, request: &Request, repo: &RepoId, number: usize, verb: Option<&str>) -> Answer {
    let reading = matches!(super::method(request), "GET");
    let wish = match verb {
        Some("merge") => Wish::Write,
        _ if reading => Wish::Look,
        _ => Wish::Suggest,
    };
    hub.record(&request.caller, repo, wish)?;
    let author = request.caller.author();
    match (super::method(request), verb) {
        ("GET", None) => {}
        ("POST", Some("merge")) => merge(&hub.store, repo, number, author)?,
        ("POST", Some(verb @ ("comment" | "status" | "title"))) => {
            let said: Said = request.json()?;
            hub.store.change(repo, |record| say(find(record, number)?, verb, said, author))?;
        }
        _ => return Err(Refusal::no_such_page()),
    }
    let record = hub.store.record(repo)?;
    show(hub, repo, &record, number)
}

fn say(discussion: &mut Discussion, verb: &str, said: Said, author: &str) -> Result<()> {
    let missing = || Error::invalid(format!("`{verb}` is missing"));
    match verb {
        "title" => discussion.title = said.title.ok_or_else(missing)?,
        "status" => {
            let status = said.status.ok_or_else(missing)?;
            discussion.status = match status.as_str() {
                _ if discussion.status == Status::Merged => return Err(Error::invalid("it is merged")),
                "open" => Status::Open,
                "closed" => Status::Closed,
                _ => return Err(Error::invalid(format!("Invalid status: {status}"))),
            };
        }
        _ => {}
    }
    if let Some(text) = said.comment {
        discussion.comments.push(Comment { author: author.to_owned(), created: time::now(), text });
    }
    Ok(())
}

/// Makes a commit beside a branch, and a pull request for it.
pub(super) fn suggest(
    hub: &Hub,
    request: &Request,
    repo: &RepoId,
    record: &Record,
    revision: &str,
    change: &Change,
) -> Result<(Commit, usize)> {
    let author = request.caller.author();
    let base = record.name_of(revision).filter(|name| name.starts_with("refs/heads/"));
    let base = base.ok_or_else(|| Error::NoRevision { revision: revision.to_owned() })?;
    hub.store.change(repo, |record| {
        let head = hub.store.resolve(repo, record, &base)?;
        if change.parent.as_ref().is_some_and(|parent| *parent != head) {
            return Err(Error::Moved);
        }
        let commit = hub.store.write_commit(repo, Some(&head), change, author)?;
        let number = add(record, &change.title, &change.message, author, Some(base));
        record.discussions[number - 1].status = Status::Open;
        record.refs.insert(reference(number), commit.oid.clone());
        Ok((commit, number))
    })
}

/// Brings what a pull request changes into its branch: what changed on both sides since they parted is a conflict.
fn merge(store: &Store, repo: &RepoId, number: usize, author: &str) -> Result<(), Refusal> {
    let conflicts = store.change(repo, |record| {
        let discussion = find(record, number)?.clone();
        let Some(base) = discussion.base.filter(|_| discussion.status != Status::Merged) else {
            return Err(Error::invalid("this is no open pull request"));
        };
        let (ours, theirs) = (store.resolve(repo, record, &base)?, record.refs[&reference(number)].clone());
        let (files, conflicts) = merged(store, repo, &ours, &theirs)?;
        if !conflicts.is_empty() {
            return Ok(conflicts);
        }
        let change = Change::new(format!("{} (#{number})", discussion.title));
        let commit = store.write_files(repo, Some(&ours), files, &change, author)?;
        record.refs.insert(base, commit.oid.clone());
        let discussion = find(record, number)?;
        discussion.status = Status::Merged;
        discussion.merged_as = Some(commit.oid);
        Ok(conflicts)
    })?;
    if conflicts.is_empty() {
        return Ok(());
    }
    let message = format!("These files conflict: {}", conflicts.join(", "));
    Err(Refusal::new(StatusCode::CONFLICT, "Conflict", message))
}

/// The files at `ours` with what `theirs` changed, and the files that both changed in different ways.
fn merged(store: &Store, repo: &RepoId, ours: &str, theirs: &str) -> Result<(Files, Vec<String>)> {
    let known: Vec<_> = store.commits(repo, ours)?.into_iter().map(|commit| commit.oid).collect();
    let parted = store.commits(repo, theirs)?.into_iter().find(|commit| known.contains(&commit.oid));
    let before = parted.map_or(Ok(Files::new()), |commit| store.files(repo, &commit.oid))?;
    let (mut files, theirs) = (store.files(repo, ours)?, store.files(repo, theirs)?);
    let mut conflicts = Vec::new();
    let paths: std::collections::BTreeSet<_> = before.keys().chain(theirs.keys()).cloned().collect();
    for path in paths {
        let oid = |files: &Files| files.get(&path).map(|entry| entry.oid.clone());
        let (old, our, their) = (oid(&before), oid(&files), oid(&theirs));
        if their == old || their == our {
            continue;
        }
        if our != old {
            conflicts.push(path);
        } else if let Some(mut entry) = theirs.get(&path).cloned() {
            entry.commit = String::new();
            files.insert(path, entry);
        } else {
            files.remove(&path);
        }
    }
    Ok((files, conflicts))
}

fn reference(number: usize) -> String {
    format!("refs/pr/{number}")
}

fn add(record: &mut Record, title: &str, text: &str, author: &str, base: Option<String>) -> usize {
    let created = time::now();
    let comment = Comment { author: author.to_owned(), created, text: text.to_owned() };
    record.discussions.push(Discussion {
        title: title.to_owned(),
        author: author.to_owned(),
        created,
        status: if base.is_some() { Status::Draft } else { Status::Open },
        base,
        merged_as: None,
        comments: vec![comment],
    });
    record.discussions.len()
}

fn find(record: &mut Record, number: usize) -> Result<&mut Discussion> {
    let at = number.checked_sub(1);
    let found = at.and_then(|at| record.discussions.get_mut(at));
    found.ok_or_else(|| Error::NoEntry { path: format!("discussions/{number}"), commit: String::new() })
}

fn brief(repo: &RepoId, number: usize, discussion: &Discussion) -> Value {
    json!({
        "num": number,
        "title": discussion.title,
        "author": { "name": discussion.author, "type": "user" },
        "createdAt": time::iso(discussion.created),
        "status": discussion.status,
        "isPullRequest": discussion.base.is_some(),
        "numComments": discussion.comments.len(),
        "repo": { "name": repo.id(), "type": repo.kind().name() },
    })
}

fn show(hub: &Hub, repo: &RepoId, record: &Record, number: usize) -> Answer {
    let found = number.checked_sub(1).and_then(|at| record.discussions.get(at));
    let Some(discussion) = found else { return Err(Refusal::no_such_page()) };
    let mut answer = brief(repo, number, discussion);
    let events = discussion.comments.iter().enumerate().map(|(at, comment)| {
        json!({
            "id": format!("{number}-{at}"),
            "type": "comment",
            "author": { "name": comment.author },
            "createdAt": time::iso(comment.created),
            "data": { "edited": false, "hidden": false, "latest": { "raw": comment.text } },
        })
    });
    answer["events"] = events.collect();
    if let Some(base) = &discussion.base {
        let conflicts =
            match record.refs.get(&reference(number)).filter(|_| discussion.status != Status::Merged) {
                Some(theirs) => merged(&hub.store, repo, &hub.store.resolve(repo, record, base)?, theirs)?.1,
                None => Vec::new(),
            };
        answer["changes"] = json!({ "base": base, "mergeCommitId": discussion.merged_as });
        answer["filesWithConflicts"] = if conflicts.is_empty() { false.into() } else { conflicts.into() };
        answer["diff"] = "".into();
    }
    ok(&answer)
}
