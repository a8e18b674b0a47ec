//! What is in a repository.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    answer::{Answer, Refusal, ok, set},
    error::Error,
    git,
    history::{Commit, Entry, Files, is_in},
    hub::{Hub, Origin, Wish},
    repo::RepoId,
    request::{Request, is_true},
    time,
};

/// A file or a folder, as answers show it.
enum Item<'a> {
    File(&'a str, &'a Entry),
    Folder(&'a str),
}

impl Item<'_> {
    fn path(&self) -> &str {
        match self {
            Self::File(path, _) | Self::Folder(path) => path,
        }
    }
}

pub(super) fn list(hub: &Hub, request: &Request, repo: &RepoId, revision: &str, path: &str) -> Answer {
    let record = hub.record(&request.caller, repo, Wish::Look)?;
    let commit = hub.commit(repo, &record, revision)?;
    let files = hub.store.files(repo, &commit)?;
    let (path, expand) = (path.trim_matches('/'), request.flag("expand"));
    let trees = git::trees(&files);
    if !trees.contains_key(path) {
        return Err(Error::NoEntry { path: path.to_owned(), commit }.into());
    }
    let items = items(&files, path, request.flag("recursive"));
    let page = match request.parameter("limit").map(str::parse::<usize>) {
        Some(Ok(limit @ 1..)) => limit.min(hub.limits.page),
        Some(_) => return Err(Refusal::bad("`limit` is a number")),
        None if expand => hub.limits.page.min(50),
        None => hub.limits.page,
    };
    let after = request.parameter("cursor").unwrap_or_default();
    let start = items.partition_point(|item| !after.is_empty() && item.path() <= after);
    let end = items.len().min(start + page);
    let mut show = Show { hub, repo, trees: &trees, expand, commits: BTreeMap::new() };
    let shown = items[start..end].iter().map(|item| show.item(item)).collect::<Result<Vec<_>, _>>()?;
    let mut response = ok(&shown.into())?;
    if end < items.len() {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(request.query.iter().filter(|(name, _)| name != "cursor"));
        query.append_pair("cursor", items[end - 1].path());
        let base = hub.addresses.url(Origin::Hub, &request.headers);
        let quote =
            |text: &str| percent_encoding::utf8_percent_encode(text, super::resolve::PART).to_string();
        let folder = if path.is_empty() { String::new() } else { format!("/{}", quote(path)) };
        let url = format!("{base}/api/{repo}/tree/{}{folder}?{}", quote(revision), query.finish());
        set(&mut response, "link", &format!("<{url}>; rel=\"next\""));
    }
    set(&mut response, "x-repo-commit", &commit);
    Ok(response)
}

/// The files and folders in a folder, by path.
fn items<'a>(files: &'a Files, folder: &str, recursive: bool) -> Vec<Item<'a>> {
    let mut items = BTreeMap::new();
    let start = if folder.is_empty() { 0 } else { folder.len() + 1 };
    for (path, entry) in files.iter().filter(|(path, _)| is_in(path, folder)) {
        let mut folders = path[start..].match_indices('/').map(|(at, _)| &path[..start + at]);
        if recursive {
            items.extend(folders.map(|folder| (folder, Item::Folder(folder))));
        } else if let Some(folder) = folders.next() {
            items.insert(folder, Item::Folder(folder));
            continue;
        }
        items.insert(path.as_str(), Item::File(path, entry));
    }
    items.into_values().collect()
}

pub(super) fn paths(hub: &Hub, request: &Request, repo: &RepoId, revision: &str) -> Answer {
    let record = hub.record(&request.caller, repo, Wish::Look)?;
    let commit = hub.commit(repo, &record, revision)?;
    let files = hub.store.files(repo, &commit)?;
    let trees = git::trees(&files);
    let expand = request.fields("expand")?.iter().any(|value| is_true(value));
    let mut show = Show { hub, repo, trees: &trees, expand, commits: BTreeMap::new() };
    let mut shown = Vec::new();
    for path in request.fields("paths")? {
        let path = path.trim_end_matches('/');
        if let Some(entry) = files.get(path) {
            shown.push(show.item(&Item::File(path, entry))?);
        } else if trees.contains_key(path) && !path.is_empty() {
            shown.push(show.item(&Item::Folder(path))?);
        }
    }
    ok(&shown.into())
}

struct Show<'a> {
    hub: &'a Hub,
    repo: &'a RepoId,
    trees: &'a BTreeMap<String, String>,
    expand: bool,
    commits: BTreeMap<String, Commit>,
}

impl Show<'_> {
    fn item(&mut self, item: &Item<'_>) -> Result<Value, Refusal> {
        let Item::File(path, entry) = item else {
            return Ok(
                json!({ "type": "directory", "oid": self.trees[item.path()], "size": 0, "path": item.path() }),
            );
        };
        let mut value = json!({ "type": "file", "oid": entry.oid, "size": entry.size, "path": path });
        if entry.large {
            value["lfs"] = json!({
                "oid": entry.sha256,
                "size": entry.size,
                "pointerSize": pointer_size(entry),
            });
            if let Some(name) = self.hub.xet_name(&entry.sha256) {
                value["xetHash"] = name.into();
            }
        }
        if self.expand {
            if !self.commits.contains_key(&entry.commit) {
                let commit = self.hub.store.commit_of(self.repo, &entry.commit)?;
                self.commits.insert(entry.commit.clone(), commit);
            }
            let commit = &self.commits[&entry.commit];
            value["lastCommit"] = json!({
                "id": commit.oid,
                "title": commit.title,
                "date": time::iso(commit.date),
            });
            value["securityFileStatus"] = Value::Null;
        }
        Ok(value)
    }
}

/// Bytes of the text that stands for a large file.
pub(super) fn pointer_size(entry: &Entry) -> usize {
    git::pointer(&entry.sha256, entry.size).len()
}
