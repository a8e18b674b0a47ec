//! The origin of large files: they are read, and uploaded, at addresses that are signed and end.

use std::{fs, io, path::PathBuf};

use axum::{
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, request::Parts},
};
use futures_util::StreamExt;
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;

use crate::{
    answer::{Answer, Refusal, ok, set},
    content,
    error::{Error, Result},
    git,
    hub::{Hub, Origin},
    request,
    store::Aside,
};

/// What of a file is uploaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece {
    Whole,
    Part(u64),
    /// Nothing more: its parts are all there.
    Join,
}

impl Piece {
    fn name(self) -> String {
        match self {
            Self::Whole => "whole".to_owned(),
            Self::Part(number) => number.to_string(),
            Self::Join => "join".to_owned(),
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        match name {
            "whole" => Some(Self::Whole),
            "join" => Some(Self::Join),
            number => number.parse().ok().map(Self::Part),
        }
    }
}

/// Where a file can be read for a while.
pub(crate) fn download(hub: &Hub, headers: &HeaderMap, sha256: &str) -> String {
    let (expires, signature) = hub.signer.sign(&format!("read {sha256}"), hub.limits.lifetime);
    let base = hub.addresses.url(Origin::Cdn, headers);
    format!("{base}/{sha256}?Expires={expires}&Signature={signature}")
}

/// Where a piece of a file of so many bytes can be uploaded for a while.
pub(crate) fn upload(hub: &Hub, headers: &HeaderMap, sha256: &str, piece: Piece, size: u64) -> String {
    let piece = piece.name();
    let (expires, signature) =
        hub.signer.sign(&format!("write {sha256} {piece} {size}"), hub.limits.lifetime);
    let base = hub.addresses.url(Origin::Cdn, headers);
    format!("{base}/{sha256}/{piece}/{size}?Expires={expires}&Signature={signature}")
}

/// Answers a request to this origin.
pub(crate) async fn answer(hub: &Hub, request: Request<Body>) -> Answer {
    let (head, body) = request.into_parts();
    let parts = request::Request::parts_of(&head.uri).ok_or_else(Refusal::no_such_page)?;
    let parts: Vec<_> = parts.iter().map(String::as_str).collect();
    if parts.first().is_none_or(|sha256| !git::is_hex(sha256, 64)) {
        return Err(Refusal::no_such_page());
    }
    match (&head.method, &parts[..]) {
        (&Method::GET | &Method::HEAD, [sha256]) => {
            check(hub, &head, &format!("read {sha256}"))?;
            let path = hub.store.blob(sha256);
            if !path.exists() {
                return Err(Refusal::no_such_page());
            }
            Ok(content::send(&head.headers, &path, sha256)?)
        }
        (method, [sha256, piece, size]) => {
            check(hub, &head, &format!("write {sha256} {piece} {size}"))?;
            let size = size.parse().map_err(|_| Refusal::no_such_page())?;
            match (method, Piece::from_name(piece)) {
                (&Method::PUT, Some(Piece::Whole)) => whole(hub, sha256, size, body).await,
                (&Method::PUT, Some(Piece::Part(number))) => part(hub, sha256, number, size, body).await,
                (&Method::POST, Some(Piece::Join)) => join(hub, sha256, size),
                _ => Err(Refusal::no_such_page()),
            }
        }
        _ => Err(Refusal::no_such_page()),
    }
}

fn check(hub: &Hub, head: &Parts, text: &str) -> Result<(), Refusal> {
    let query = request::Request::query_of(&head.uri);
    let value = |name| query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let expires = value("Expires").and_then(|expires| expires.parse().ok());
    match (expires, value("Signature")) {
        (Some(expires), Some(signature)) if hub.signer.holds(text, expires, signature) => Ok(()),
        _ => Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "AccessDenied",
            "this address is not valid, or no longer",
        )),
    }
}

async fn whole(hub: &Hub, sha256: &str, size: u64, body: Body) -> Answer {
    let (aside, found) = receive(hub, size, body).await?;
    keep(hub, aside, sha256, &found)?;
    ok(&json!({}))
}

async fn part(hub: &Hub, sha256: &str, number: u64, size: u64, body: Body) -> Answer {
    let (aside, found) = receive(hub, size, body).await?;
    aside.keep(&parts_of(hub, sha256).join(number.to_string()))?;
    let mut response = ok(&json!({}))?;
    set(&mut response, "etag", &format!("\"{found}\""));
    Ok(response)
}

fn join(hub: &Hub, sha256: &str, size: u64) -> Answer {
    if hub.store.blob_size(sha256) == Some(size) {
        return ok(&json!({}));
    }
    let folder = parts_of(hub, sha256);
    let mut aside = hub.store.aside()?;
    let mut hasher = Sha256::new();
    for number in 1..=size.div_ceil(hub.limits.upload_part) {
        let path = folder.join(number.to_string());
        let content = match fs::read(&path) {
            Ok(content) => content,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(Refusal::bad(format!("part {number} was not uploaded")));
            }
            Err(error) => return Err(Error::disk("read", path)(error).into()),
        };
        hasher.update(&content);
        io::Write::write_all(&mut aside.file, &content).map_err(Error::disk("write", aside.path()))?;
    }
    keep(hub, aside, sha256, &git::hex(&hasher.finalize()))?;
    fs::remove_dir_all(&folder).map_err(Error::disk("remove", folder))?;
    ok(&json!({}))
}

fn parts_of(hub: &Hub, sha256: &str) -> PathBuf {
    hub.store.root().join("uploads").join(sha256)
}

fn keep(hub: &Hub, aside: Aside, expected: &str, found: &str) -> Result<(), Refusal> {
    if found != expected {
        return Err(Refusal::bad(format!("the content's digest is {found}, not {expected}")));
    }
    Ok(aside.keep(&hub.store.blob(expected))?)
}

/// Writes a body of exactly this size aside, and says its digest.
async fn receive(hub: &Hub, size: u64, body: Body) -> Result<(Aside, String), Refusal> {
    let aside = hub.store.aside()?;
    let copy = aside.file.try_clone().map_err(Error::disk("write", aside.path()))?;
    let mut file = tokio::fs::File::from_std(copy);
    let (mut hasher, mut count) = (Sha256::new(), 0);
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| Refusal::bad(format!("the body broke off: {error}")))?;
        count += chunk.len() as u64;
        if count > size {
            break;
        }
        hasher.update(&chunk);
        file.write_all(&chunk).await.map_err(Error::disk("write", aside.path()))?;
    }
    if count != size {
        return Err(Refusal::bad(format!("{size} bytes were announced, and {count} came")));
    }
    file.flush().await.map_err(Error::disk("write", aside.path()))?;
    Ok((aside, git::hex(&hasher.finalize())))
}
