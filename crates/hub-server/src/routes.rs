//! Which request is answered by what.

use axum::http::Method;

use crate::{
    answer::{Answer, Refusal},
    hub::Hub,
    repo::{Kind, RepoId},
    request::Request,
    xet::Scope,
};

mod card;
mod discussions;
mod lfs;
mod refs;
mod repos;
mod resolve;
mod tree;
mod upload;

/// Answers a request to the Hub.
pub(crate) fn answer(hub: &Hub, request: &Request) -> Answer {
    let parts: Vec<&str> = request.parts.iter().map(String::as_str).collect();
    match (method(request), &parts[..]) {
        ("GET", ["api", "whoami-v2"]) => repos::whoami(request),
        ("POST", ["api", "repos", "create"]) => repos::create(hub, request),
        ("DELETE", ["api", "repos", "delete"]) => repos::delete(hub, request),
        ("POST", ["api", "repos", "move"]) => repos::rename(hub, request),
        ("POST", ["api", "validate-yaml"]) => card::validate(request),
        ("GET", ["api", "resolve-cache", kind, owner, name, commit, path @ ..]) => {
            resolve::cached(hub, request, &repo(kind, owner, name)?, commit, &path.join("/"))
        }
        ("GET", ["api", kind]) => repos::list(hub, request, kind_of(kind)?),
        (_, ["api", kind, owner, name, rest @ ..]) => about(hub, request, &repo(kind, owner, name)?, rest),
        (_, [kind @ ("datasets" | "spaces"), owner, name, rest @ ..]) => {
            content(hub, request, kind, owner, name, rest)
        }
        (_, [owner, name, rest @ ..]) => content(hub, request, "models", owner, name, rest),
        _ => Err(Refusal::no_such_page()),
    }
}

/// The method, where asking for the head alone is asking.
fn method(request: &Request) -> &str {
    if request.method == Method::HEAD { "GET" } else { request.method.as_str() }
}

/// Requests about one repository.
fn about(hub: &Hub, request: &Request, repo: &RepoId, rest: &[&str]) -> Answer {
    match (method(request), rest) {
        ("GET", []) => repos::info(hub, request, repo, "main"),
        ("GET", ["revision", revision]) => repos::info(hub, request, repo, revision),
        ("PUT", ["settings"]) => repos::settings(hub, request, repo),
        ("GET", ["auth-check"]) => repos::check(hub, request, repo, false),
        ("GET", ["auth-check", "write"]) => repos::check(hub, request, repo, true),
        ("GET", ["tree", revision, path @ ..]) => tree::list(hub, request, repo, revision, &path.join("/")),
        ("POST", ["paths-info", revision]) => tree::paths(hub, request, repo, revision),
        ("POST", ["preupload", revision]) => upload::preupload(hub, request, repo, revision),
        ("POST", ["commit", revision]) => upload::commit(hub, request, repo, revision),
        ("POST", ["lfs-files", "duplicate"]) => lfs::duplicate(hub, request, repo),
        ("GET", ["xet-read-token", revision]) => upload::xet_token(hub, request, repo, revision, Scope::Read),
        ("GET", ["xet-write-token", revision]) => {
            upload::xet_token(hub, request, repo, revision, Scope::Write)
        }
        ("GET", ["refs"]) => refs::list(hub, request, repo),
        ("GET", ["commits", revision]) => refs::commits(hub, request, repo, revision),
        ("POST", ["branch", name]) => refs::branch(hub, request, repo, name),
        ("DELETE", ["branch", name]) => refs::remove(hub, request, repo, "refs/heads/", name),
        ("POST", ["tag", revision]) => refs::tag(hub, request, repo, revision),
        ("DELETE", ["tag", name]) => refs::remove(hub, request, repo, "refs/tags/", name),
        ("GET", ["discussions"]) => discussions::list(hub, request, repo),
        ("POST", ["discussions"]) => discussions::open(hub, request, repo),
        (_, ["discussions", number, rest @ ..]) => {
            let number = number.parse().map_err(|_| Refusal::no_such_page())?;
            discussions::one(hub, request, repo, number, rest.first().copied())
        }
        _ => Err(Refusal::no_such_page()),
    }
}

/// Requests for files, and uploads as Git LFS does them.
fn content(hub: &Hub, request: &Request, kind: &str, owner: &str, name: &str, rest: &[&str]) -> Answer {
    match (method(request), rest) {
        ("GET", ["resolve", revision, path @ ..]) => {
            resolve::file(hub, request, &repo(kind, owner, name)?, revision, &path.join("/"))
        }
        ("POST", ["info", "lfs", "objects", "batch"]) => {
            let name = name.strip_suffix(".git").unwrap_or(name);
            lfs::batch(hub, request, &repo(kind, owner, name)?)
        }
        _ => Err(Refusal::no_such_page()),
    }
}

fn kind_of(plural: &str) -> Result<Kind, Refusal> {
    Kind::from_plural(plural).ok_or_else(Refusal::no_such_page)
}

fn repo(kind: &str, owner: &str, name: &str) -> Result<RepoId, Refusal> {
    Ok(RepoId::new(kind_of(kind)?, owner, name)?)
}
