//! Large files go to the store behind the Hub, or by Git LFS where there is none; small ones go into the commit.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read},
    path::Path,
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::{Method, Url};
use serde::Deserialize;
use serde_json::{Value, json};
use unskew_core::{Error, Exit, Result};
use unskew_io::Progress;

use super::{
    Target,
    folder::{Content, Local, unreadable},
    refused,
};
use crate::{
    Answer, Body, Call,
    api::{read, shown},
    hub::Client,
    retry::asked_wait,
};

/// How many files the Hub is asked about at a time.
const AT_A_TIME: usize = 256;

/// How often it is looked how far an upload is.
const TICK: Duration = Duration::from_millis(100);

/// How a file becomes a line of a commit.
pub(super) type Line = Value;

#[derive(Deserialize)]
struct Modes {
    files: Vec<Mode>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mode {
    path: String,
    #[serde(rename = "uploadMode")]
    way: String,
    #[serde(default)]
    should_ignore: bool,
    oid: Option<String>,
}

#[derive(Deserialize)]
struct Batch {
    #[serde(default)]
    transfer: String,
    objects: Vec<Object>,
}

#[derive(Deserialize)]
struct Object {
    oid: String,
    #[serde(default)]
    actions: BTreeMap<String, Act>,
    error: Option<Value>,
}

#[derive(Deserialize, Clone)]
struct Act {
    href: String,
    #[serde(default)]
    header: BTreeMap<String, Value>,
}

/// Sends what is large, and answers the lines that make a commit of all `files`.
pub(super) async fn send(
    client: &Client,
    target: &Target,
    create_pr: bool,
    files: &[&Local],
    progress: &dyn Progress,
) -> Result<Vec<Line>> {
    let modes = modes(client, target, create_pr, files).await?;
    if let Some(ignored) = modes.values().find(|mode| mode.should_ignore) {
        let message = format!("`.gitignore` of {} leaves out {}", target.repository, ignored.path);
        return Err(Error::new(Exit::Hub, message).hint("change it there, or push to another repository"));
    }
    let is_large = |file: &&&Local| modes.get(&file.path).is_some_and(|mode| mode.way == "lfs");
    let known = |file: &&&Local| {
        modes.get(&file.path).and_then(|mode| mode.oid.as_ref()).is_some_and(|oid| *oid == file.sha256)
    };
    progress.begin("push", files.iter().map(|file| file.size).sum());
    let large: Vec<&Local> = files.iter().filter(is_large).filter(|file| !known(file)).copied().collect();
    if !large.is_empty() {
        upload(client, target, create_pr, &large, progress).await?;
    }
    let line = |file: &&Local| {
        let large = is_large(&file);
        if !large || known(&file) {
            progress.advance(file.size);
        }
        if large {
            return Ok(
                json!({"key": "lfsFile", "value": {"path": file.path, "algo": "sha256", "oid": file.sha256, "size": file.size}}),
            );
        }
        let content = BASE64_STANDARD.encode(file.bytes()?);
        Ok(json!({"key": "file", "value": {"path": file.path, "encoding": "base64", "content": content}}))
    };
    files.iter().map(line).collect()
}

/// How the Hub wants each file.
async fn modes(
    client: &Client,
    target: &Target,
    create_pr: bool,
    files: &[&Local],
) -> Result<BTreeMap<String, Mode>> {
    let (api, repository) = (client.api(), &target.repository);
    let mut modes = BTreeMap::new();
    for files in files.chunks(AT_A_TIME) {
        let asked: Vec<Value> = files
            .iter()
            .map(|file| Ok(json!({"path": file.path, "size": file.size, "sample": BASE64_STANDARD.encode(head(file)?)})))
            .collect::<Result<_>>()?;
        let url = proposing(api.of(repository, &["preupload", target.revision()]), create_pr);
        let answer =
            api.http().answer(&Call::post(url, &json!({ "files": asked }))).await.map_err(refused)?;
        if !answer.status.is_success() {
            return Err(refused(api.refusal(answer, repository, target.revision()).await));
        }
        let answered: Modes = read(answer).map_err(refused)?;
        modes.extend(answered.files.into_iter().map(|mode| (mode.path.clone(), mode)));
    }
    Ok(modes)
}

/// The first bytes of a file.
fn head(file: &Local) -> Result<Vec<u8>> {
    const LENGTH: usize = 512;
    let of_disk = |path: &Path| -> io::Result<Vec<u8>> {
        let mut bytes = vec![];
        File::open(path)?.take(LENGTH as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    match &file.content {
        Content::Text(text) => Ok(text.bytes().take(LENGTH).collect()),
        Content::Disk(path) => of_disk(path).map_err(|error| unreadable(path, &error)),
    }
}

/// The same call as a part of a proposal.
pub(super) fn proposing(mut url: Url, create_pr: bool) -> Url {
    if create_pr {
        url.query_pairs_mut().append_pair("create_pr", "1");
    }
    url
}

async fn upload(
    client: &Client,
    target: &Target,
    create_pr: bool,
    files: &[&Local],
    progress: &dyn Progress,
) -> Result<()> {
    let batch = batch(client, target, create_pr, files).await?;
    if let Some(error) = batch.objects.iter().find_map(|object| object.error.as_ref()) {
        let said = error["message"].as_str().map_or("it does not say why".to_owned(), shown);
        return Err(
            Error::new(Exit::Hub, format!("{} does not take a large file", target.repository)).cause(said)
        );
    }
    let act = |file: &Local| {
        let object = batch.objects.iter().find(|object| object.oid == file.sha256)?;
        object.actions.get("upload").cloned()
    };
    let missing: Vec<(&Local, Act)> = files.iter().filter_map(|file| Some((*file, act(file)?))).collect();
    progress.advance(files.iter().filter(|file| act(file).is_none()).map(|file| file.size).sum());
    if missing.is_empty() {
        return Ok(());
    }
    if batch.transfer == "xet" {
        return by_xet(client, target, create_pr, &missing, progress).await;
    }
    for (file, act) in missing {
        if by_lfs(client, file, &act, progress).await? {
            continue;
        }
        // The address has ended, because others took long.
        let anew = self::batch(client, target, create_pr, &[file]).await?;
        let act = anew.objects.into_iter().find_map(|object| object.actions.get("upload").cloned());
        let Some(act) = act else { continue };
        if !by_lfs(client, file, &act, progress).await? {
            let message = format!("the store of {} does not take {}", target.repository, file.path);
            return Err(
                Error::new(Exit::Hub, message).hint("try again; it may hold only what its owner allows")
            );
        }
    }
    Ok(())
}

/// Which files are missing there, and how they are to come.
async fn batch(client: &Client, target: &Target, create_pr: bool, files: &[&Local]) -> Result<Batch> {
    let (api, repository) = (client.api(), &target.repository);
    let owner: Vec<&str> = repository.id().split('/').collect();
    let url = api.http().url([
        "datasets",
        owner[0],
        &format!("{}.git", owner[1]),
        "info",
        "lfs",
        "objects",
        "batch",
    ]);
    let mut transfers = vec!["basic", "multipart"];
    transfers.extend(client.environment().xet.then_some("xet"));
    let objects: Vec<Value> =
        files.iter().map(|file| json!({"oid": file.sha256, "size": file.size})).collect();
    let asked = json!({"operation": "upload", "transfers": transfers, "objects": objects, "hash_algo": "sha256", "ref": {"name": target.revision()}});
    let call = Call::send(Method::POST, url, Body::memory(asked.to_string(), "application/vnd.git-lfs+json"));
    let answer = api.http().answer(&call).await.map_err(refused)?;
    let status = answer.status.as_u16();
    match status {
        200..=299 => read(answer).map_err(refused),
        // Who may only propose has no right to the repository's own store.
        401 | 403 if create_pr && client.environment().xet => {
            let object = |file: &&Local| Object {
                oid: file.sha256.clone(),
                actions: BTreeMap::from([(
                    "upload".to_owned(),
                    Act { href: String::new(), header: BTreeMap::new() },
                )]),
                error: None,
            };
            Ok(Batch { transfer: "xet".to_owned(), objects: files.iter().map(object).collect() })
        }
        _ => Err(refused(api.refusal(answer, repository, target.revision()).await)),
    }
}

async fn by_xet(
    client: &Client,
    target: &Target,
    create_pr: bool,
    files: &[(&Local, Act)],
    progress: &dyn Progress,
) -> Result<()> {
    let (api, repository) = (client.api(), &target.repository);
    let url = proposing(api.of(repository, &["xet-write-token", target.revision()]), create_pr);
    let answer = api.http().answer(&Call::get(url.clone())).await.map_err(refused)?;
    if !answer.status.is_success() {
        return Err(refused(api.refusal(answer, repository, target.revision()).await));
    }
    // The store takes files from the disk alone; a large text of ours, such as a chart, has to stand there.
    let aside = tempfile::tempdir().map_err(|error| unreadable(&std::env::temp_dir(), &error))?;
    let mut paths = vec![];
    for (number, (file, _)) in files.iter().enumerate() {
        let path = match &file.content {
            Content::Disk(path) => path.clone(),
            Content::Text(text) => {
                let path = aside.path().join(number.to_string());
                std::fs::write(&path, text).map_err(|error| Error::unwritable(&path, &error))?;
                path
            }
        };
        paths.push((path, file.sha256.as_str()));
    }
    // The store may take its time over what it has taken.
    let patience = 3 * client.environment().timeouts.call;
    let opening = (&url, answer.body.as_slice());
    client.xet().send(api.http(), opening, &paths, patience, progress).await.map_err(refused)
}

/// Sends a file where `act` says, whole or in parts; answers whether that is allowed.
async fn by_lfs(client: &Client, file: &Local, act: &Act, progress: &dyn Progress) -> Result<bool> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let nowhere = || {
        refused(crate::Error::Answer {
            what: file.path.clone(),
            detail: "there is nowhere to send it".to_owned(),
        })
    };
    let url = |href: &str| Url::parse(href).map_err(|_| nowhere());
    let Some(chunk) = act.header.get("chunk_size") else {
        return Ok(put(client, url(&act.href)?, part(file, 0, file.size), progress).await?.is_some());
    };
    let chunk: u64 = text(chunk).parse().ok().filter(|chunk| *chunk > 0).ok_or_else(nowhere)?;
    let mut parts = vec![];
    for number in 1..=file.size.div_ceil(chunk) {
        let href = act.header.get(&format!("{number:05}")).map(text).ok_or_else(nowhere)?;
        let from = (number - 1) * chunk;
        let body = part(file, from, chunk.min(file.size - from));
        let Some(answer) = put(client, url(&href)?, body, progress).await? else { return Ok(false) };
        let etag = answer.headers.get("etag").and_then(|etag| etag.to_str().ok()).ok_or_else(nowhere)?;
        parts.push(json!({"partNumber": number, "etag": etag}));
    }
    let call = Call::post(url(&act.href)?, &json!({"oid": file.sha256, "parts": parts}));
    Ok(taken(client.api().http().answer(&call).await.map_err(refused)?)?.is_some())
}

/// A part of a file as it is sent.
fn part(file: &Local, from: u64, length: u64) -> Body {
    const KIND: &str = "application/octet-stream";
    let range = from..from + length;
    match &file.content {
        Content::Disk(path) => Body::file(path, range, KIND),
        Content::Text(text) => {
            Body::memory(text.as_bytes()[range.start as usize..range.end as usize].to_vec(), KIND)
        }
    }
}

/// Sends a part of a file, and tells how much of it has left.
async fn put(client: &Client, url: Url, body: Body, progress: &dyn Progress) -> Result<Option<Answer>> {
    let call = Call::send(Method::PUT, url, body.clone());
    let mut answer = std::pin::pin!(client.api().http().answer(&call));
    let mut told = 0;
    while !progress.interrupted() {
        let ended = tokio::time::timeout(TICK, &mut answer).await;
        progress.advance(body.sent().saturating_sub(told));
        told = told.max(body.sent());
        if let Ok(answer) = ended {
            return taken(answer.map_err(refused)?);
        }
    }
    Err(crate::Error::Interrupted.into())
}

/// What an upload came to, where it is not forbidden.
fn taken(answer: Answer) -> Result<Option<Answer>> {
    match answer.status.as_u16() {
        200..=299 => Ok(Some(answer)),
        403 => Ok(None),
        status => {
            let wait = asked_wait(&answer.headers).map(|wait| wait.as_secs());
            Err(refused(crate::Error::Refused { what: answer.what, status, detail: String::new(), wait }))
        }
    }
}
