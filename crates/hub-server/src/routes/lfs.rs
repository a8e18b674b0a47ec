//! Where Git LFS uploads large files.

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::upload;
use crate::{
    answer::{Answer, Refusal, ok, set},
    cdn, git,
    hub::{Hub, Wish},
    repo::RepoId,
    request::Request,
};

#[derive(Deserialize)]
struct Batch {
    operation: String,
    #[serde(default)]
    transfers: Vec<String>,
    objects: Vec<Object>,
    #[serde(rename = "ref")]
    reference: Option<Reference>,
}

#[derive(Deserialize)]
struct Object {
    oid: String,
    size: u64,
}

#[derive(Deserialize)]
struct Reference {
    name: String,
}

pub(super) fn batch(hub: &Hub, request: &Request, repo: &RepoId) -> Answer {
    let batch: Batch = request.json()?;
    let revision = batch.reference.as_ref().map_or("main", |reference| &reference.name);
    match batch.operation.as_str() {
        "upload" => upload::allowed(hub, request, repo, revision)?,
        "download" => hub.record(&request.caller, repo, Wish::Read)?,
        other => return Err(Refusal::bad(format!("Invalid operation: {other}"))),
    };
    if let Some(object) = batch.objects.iter().find(|object| !git::is_hex(&object.oid, 64)) {
        return Err(Refusal::bad(format!("Invalid digest: {}", object.oid)));
    }
    let transfer = transfer(hub, &batch);
    let objects = batch.objects.iter().map(|object| {
        let mut answer = json!({ "oid": object.oid, "size": object.size });
        let known = hub.store.blob_size(&object.oid) == Some(object.size);
        match (batch.operation.as_str(), known) {
            ("upload", false) => {
                answer["actions"] = json!({ "upload": action(hub, request, object, transfer) });
            }
            ("download", true) => {
                let href = cdn::download(hub, &request.headers, &object.oid);
                answer["actions"] = json!({ "download": { "href": href } });
            }
            ("download", false) => {
                answer["error"] =
                    json!({ "code": StatusCode::NOT_FOUND.as_u16(), "message": "Object does not exist" });
            }
            _ => {}
        }
        answer
    });
    let mut response = ok(&json!({ "transfer": transfer, "objects": objects.collect::<Value>() }))?;
    set(&mut response, "content-type", "application/vnd.git-lfs+json");
    Ok(response)
}

/// Xet for who knows it, parts for files that are too large for one request, and one request for all others.
fn transfer(hub: &Hub, batch: &Batch) -> &'static str {
    let knows = |name| batch.transfers.iter().any(|known| known == name);
    let big = batch.objects.iter().any(|object| object.size > hub.limits.upload_part);
    match () {
        () if batch.operation == "upload" && hub.xet.is_some() && knows("xet") => "xet",
        () if batch.operation == "upload" && big && knows("multipart") => "multipart",
        () => "basic",
    }
}

fn action(hub: &Hub, request: &Request, object: &Object, transfer: &str) -> Value {
    let part = hub.limits.upload_part;
    match transfer {
        "multipart" if object.size > part => {
            let mut header = Map::new();
            header.insert("chunk_size".to_owned(), part.to_string().into());
            for number in 1..=object.size.div_ceil(part) {
                let length = part.min(object.size - (number - 1) * part);
                let href = cdn::upload(hub, &request.headers, &object.oid, cdn::Piece::Part(number), length);
                header.insert(format!("{number:05}"), href.into());
            }
            let href = cdn::upload(hub, &request.headers, &object.oid, cdn::Piece::Join, object.size);
            json!({ "href": href, "header": header })
        }
        "xet" => json!({ "href": hub.addresses.url(crate::Origin::Cas, &request.headers), "header": {} }),
        _ => {
            let href = cdn::upload(hub, &request.headers, &object.oid, cdn::Piece::Whole, object.size);
            json!({ "href": href, "header": {} })
        }
    }
}

/// Contents belong to no repository, so that one that is known somewhere is known everywhere.
pub(super) fn duplicate(hub: &Hub, request: &Request, repo: &RepoId) -> Answer {
    upload::allowed(hub, request, repo, "main")?;
    ok(&json!({ "failed": [], "success": [] }))
}
