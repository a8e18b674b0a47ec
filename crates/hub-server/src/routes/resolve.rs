//! Files by their address: given here, or by the origin for large files.

use axum::http::StatusCode;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{
    answer::{Answer, empty, set},
    cdn, content,
    error::Error,
    history::Entry,
    hub::{Hub, Wish},
    repo::{Gate, RepoId},
    request::Request,
};

/// What is encoded in one part of a path.
pub(super) const PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

pub(super) fn file(hub: &Hub, request: &Request, repo: &RepoId, revision: &str, path: &str) -> Answer {
    let record = hub.record(&request.caller, repo, Wish::Read)?;
    let commit = hub.commit(repo, &record, revision)?;
    let entry = entry(hub, repo, &commit, path)?;
    let mut response = if entry.large {
        large(hub, request, repo, &commit, &entry)
    } else if record.private || record.gate != Gate::Open || entry.size == 0 {
        regular(hub, request, &entry)?
    } else {
        let mut response = empty(StatusCode::TEMPORARY_REDIRECT);
        let path: Vec<_> = path.split('/').map(|part| utf8_percent_encode(part, PART).to_string()).collect();
        let target =
            format!("/api/resolve-cache/{repo}/{commit}/{}?etag=%22{}%22", path.join("/"), entry.oid);
        set(&mut response, "location", &target);
        set(&mut response, "etag", &format!("\"{}\"", entry.oid));
        response
    };
    name(&mut response, &commit, path);
    Ok(response)
}

/// A regular file of a public repository, where the redirect leads to.
pub(super) fn cached(hub: &Hub, request: &Request, repo: &RepoId, commit: &str, path: &str) -> Answer {
    let record = hub.record(&request.caller, repo, Wish::Read)?;
    let commit = hub.commit(repo, &record, commit)?;
    let entry = entry(hub, repo, &commit, path)?;
    if entry.large {
        return Err(Error::NoEntry { path: path.to_owned(), commit }.into());
    }
    let mut response = regular(hub, request, &entry)?;
    name(&mut response, &commit, path);
    Ok(response)
}

fn entry(hub: &Hub, repo: &RepoId, commit: &str, path: &str) -> Result<Entry, Error> {
    let missing = || Error::NoEntry { path: path.to_owned(), commit: commit.to_owned() };
    hub.store.files(repo, commit)?.remove(path).ok_or_else(missing)
}

fn regular(hub: &Hub, request: &Request, entry: &Entry) -> Answer {
    Ok(content::send(&request.headers, &hub.store.blob(&entry.sha256), &entry.oid)?)
}

fn large(
    hub: &Hub,
    request: &Request,
    repo: &RepoId,
    commit: &str,
    entry: &Entry,
) -> axum::response::Response {
    let mut response = empty(StatusCode::FOUND);
    set(&mut response, "location", &cdn::download(hub, &request.headers, &entry.sha256));
    set(&mut response, "etag", &format!("\"{}\"", entry.sha256));
    set(&mut response, "x-linked-etag", &format!("\"{}\"", entry.sha256));
    set(&mut response, "x-linked-size", &entry.size.to_string());
    if let Some(xet) = hub.xet_name(&entry.sha256) {
        let base = hub.addresses.url(crate::Origin::Hub, &request.headers);
        let route = format!("{base}/api/{repo}/xet-read-token/{commit}");
        set(&mut response, "x-xet-hash", &xet);
        set(&mut response, "x-xet-refresh-route", &route);
        set(&mut response, "link", &format!("<{route}>; rel=\"xet-auth\""));
    }
    response
}

fn name(response: &mut axum::response::Response, commit: &str, path: &str) {
    let file = path.rsplit('/').next().unwrap_or(path);
    let encoded = utf8_percent_encode(file, PART);
    set(response, "content-disposition", &format!("inline; filename*=UTF-8''{encoded}"));
    set(response, "x-repo-commit", commit);
    set(response, "accept-ranges", "bytes");
}
