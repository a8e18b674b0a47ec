//! The origin of Xet: Hugging Face's own server keeps the pieces, behind a door that asks for tokens and learns which file
//! every upload makes.

use std::{
    io::{Cursor, Write},
    net::SocketAddr,
    path::Path,
    sync::Arc,
};

use axum::{
    body::{self, Body, Bytes},
    http::{HeaderName, Method, Request, StatusCode, header, request::Parts},
    response::Response,
};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::{net::TcpListener, runtime::Handle, sync::oneshot, task};
use xet_client::cas_client::{DirectAccessClient, LocalServer, LocalServerConfig};
use xet_core_structures::{
    merklehash::MerkleHash,
    metadata_shard::{MDBShardFileHeader, streaming_shard::process_shard_file_info_section},
};
use xet_runtime::{config::XetConfig, core::XetContext};

use crate::{
    answer::{Answer, Refusal, ok, set},
    error::{Error, Result},
    git,
    hub::{Hub, Origin},
    repo::RepoId,
    request,
};

/// Hugging Face's server on a port that nobody is told.
pub(crate) struct Xet {
    address: SocketAddr,
    client: reqwest::Client,
    pieces: Arc<dyn DirectAccessClient>,
    /// The server stops when this goes away.
    _stop: oneshot::Sender<()>,
}

impl Xet {
    pub async fn start(folder: &Path) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(Error::xet)?;
        let address = listener.local_addr().map_err(Error::xet)?;
        let config = LocalServerConfig {
            data_directory: folder.to_owned(),
            host: address.ip().to_string(),
            port: address.port(),
            in_memory: false,
        };
        let context = XetContext::from_external(Handle::current(), XetConfig::new());
        let server = LocalServer::new(context, config).await.map_err(Error::xet)?;
        let pieces = server.client();
        let (stop, stopped) = oneshot::channel();
        tokio::spawn(async move { server.serve_until_stopped(listener, stopped).await });
        // Neither the environment's proxies nor redirects lead anywhere but away from here.
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let client = client.build().map_err(Error::xet)?;
        Ok(Self { address, client, pieces, _stop: stop })
    }

    /// Writes the content of a file of this name into the store, if its digest is what the uploader says.
    async fn keep(&self, hub: &Hub, name: MerkleHash, sha256: &str) -> Result<()> {
        if hub.store.xet_name(sha256).is_some_and(|known| known == name.hex()) {
            return Ok(());
        }
        let info = self.pieces.get_file_reconstruction_info(&name).await.map_err(Error::xet)?;
        let (info, _) = info.ok_or_else(|| Error::xet(format!("there is no file {}", name.hex())))?;
        let mut aside = hub.store.aside()?;
        let mut hasher = Sha256::new();
        for segment in &info.segments {
            let chunks = vec![(segment.chunk_index_start, segment.chunk_index_end)];
            for bytes in self.pieces.get_xorb_ranges(&segment.xorb_hash, chunks).await.map_err(Error::xet)? {
                hasher.update(&bytes);
                aside.file.write_all(&bytes).map_err(Error::disk("write", aside.path()))?;
            }
        }
        let found = git::hex(&hasher.finalize());
        if found != sha256 {
            return Err(Error::invalid(format!("the content's digest is {found}, not {sha256}")));
        }
        aside.keep(&hub.store.blob(sha256))?;
        hub.store.set_xet_name(sha256, &name.hex())
    }
}

/// What a token of Xet is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    Read,
    Write,
}

impl Scope {
    fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// A token for this origin, in the body and in the headers: each client reads one of them.
pub(crate) fn token(hub: &Hub, request: &request::Request, repo: &RepoId, scope: Scope) -> Answer {
    let scope = scope.name();
    let (expires, signature) = hub.signer.sign(&format!("xet {scope}"), hub.limits.lifetime);
    let token = format!("{scope}.{expires}.{signature}");
    let url = hub.addresses.url(Origin::Cas, &request.headers);
    let mut response =
        ok(&json!({ "casUrl": url, "accessToken": token, "exp": expires, "repo": repo.id() }))?;
    set(&mut response, "x-xet-cas-url", &url);
    set(&mut response, "x-xet-access-token", &token);
    set(&mut response, "x-xet-token-expiration", &expires.to_string());
    Ok(response)
}

/// What a token is good for, if it is one of ours that has not ended.
fn scope_of(hub: &Hub, token: &str) -> Option<Scope> {
    let mut parts = token.splitn(3, '.');
    let (name, expires, signature) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
    let scope = [Scope::Read, Scope::Write].into_iter().find(|scope| scope.name() == name)?;
    hub.signer.holds(&format!("xet {name}"), expires, signature).then_some(scope)
}

/// What a request needs, and nothing where its address is a secret in itself: that of a piece, or of a granted upload.
fn needed(method: &Method, parts: &[&str]) -> Result<Option<Scope>, Refusal> {
    match (method, parts) {
        (&Method::GET, ["v1", "fetch_term"]) | (&Method::PUT, ["simulation", "xorb-uploads", _]) => Ok(None),
        (&Method::GET | &Method::HEAD, ["v1" | "v2", "reconstructions", ..])
        | (&Method::GET, ["v1", "chunks", _, _])
        | (&Method::HEAD, ["v1", "xorbs", _, _] | ["v1", "files", _])
        | (&Method::POST, ["v1", "telemetry"]) => Ok(Some(Scope::Read)),
        (
            &Method::POST,
            ["v1", "xorbs" | "xorb-grants", _, _]
            | ["v1", "xorb-commits", _, _, "grant", _]
            | ["v1" | "v2", "shards"],
        ) => Ok(Some(Scope::Write)),
        _ => Err(Refusal::no_such_page()),
    }
}

/// Answers a request to this origin.
pub(crate) async fn answer(hub: &Arc<Hub>, request: Request<Body>) -> Answer {
    let Some(xet) = &hub.xet else { return Err(Refusal::no_such_page()) };
    let (head, body) = request.into_parts();
    let parts = request::Request::parts_of(&head.uri).ok_or_else(Refusal::no_such_page)?;
    let parts: Vec<_> = parts.iter().map(String::as_str).collect();
    if let Some(needed) = needed(&head.method, &parts)? {
        let token = head.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let scope = token.and_then(|token| scope_of(hub, token.strip_prefix("Bearer ")?));
        if scope.is_none_or(|scope| scope < needed) {
            return Err(Refusal::new(
                StatusCode::UNAUTHORIZED,
                "Unauthorized",
                "the token is not valid, or no longer",
            ));
        }
    }
    let body = body::to_bytes(body, hub.limits.body).await.map_err(|error| {
        let message = format!("the request is longer than {} bytes, or broke off: {error}", hub.limits.body);
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "PayloadTooLarge", message)
    })?;
    let shard = matches!(parts[..], [_, "shards"]).then(|| body.clone());
    let response = xet.forward(&head, body).await?;
    if let Some(shard) = shard.filter(|_| response.status().is_success()) {
        learn(hub.clone(), shard).await?;
    }
    Ok(response)
}

/// Keeps the files that an uploaded shard describes, before its uploader hears that it is there.
async fn learn(hub: Arc<Hub>, shard: Bytes) -> Result<(), Refusal> {
    let files = files_of(&shard)?;
    let runtime = Handle::current();
    let kept = task::spawn_blocking(move || {
        let Some(xet) = &hub.xet else { return Ok(()) };
        files.iter().try_for_each(|(name, sha256)| runtime.block_on(xet.keep(&hub, *name, sha256)))
    });
    Ok(kept.await.map_err(Error::xet)??)
}

/// The files in a shard, and the digests of their contents.
fn files_of(shard: &[u8]) -> Result<Vec<(MerkleHash, String)>> {
    let mut reader = Cursor::new(shard);
    let mut files = Vec::new();
    MDBShardFileHeader::deserialize(&mut reader).map_err(Error::xet)?;
    let limit = Some(shard.len() as u64);
    let take = |file: xet_core_structures::metadata_shard::file_structs::MDBFileInfoView| {
        if let Some(about) = file.metadata_ext() {
            files.push((file.file_hash(), about.sha256.hex()));
        }
        Ok(())
    };
    process_shard_file_info_section(&mut reader, take, limit).map_err(Error::xet)?;
    Ok(files)
}

impl Xet {
    /// Asks the server behind, which writes addresses as the client's own `Host` begins them.
    async fn forward(&self, head: &Parts, body: Bytes) -> Result<Response, Refusal> {
        let path = head.uri.path_and_query().map_or("/", axum::http::uri::PathAndQuery::as_str);
        let mut request =
            self.client.request(head.method.clone(), format!("http://{}{path}", self.address)).body(body);
        for (name, value) in &head.headers {
            let length = *name == header::CONTENT_LENGTH;
            if !length && name != header::AUTHORIZATION && !is_of_connection(name) {
                request = request.header(name, value);
            }
        }
        let failed = |error| Refusal::from(Error::xet(error));
        let answer = request.send().await.map_err(failed)?;
        let mut response = Response::builder().status(answer.status());
        for (name, value) in answer.headers().iter().filter(|(name, _)| !is_of_connection(name)) {
            response = response.header(name, value);
        }
        let body = Body::from_stream(answer.bytes_stream());
        response.body(body).map_err(|error| Refusal::from(Error::xet(error)))
    }
}

/// Whether a header is about one connection, and means nothing on another.
fn is_of_connection(name: &HeaderName) -> bool {
    matches!(*name, header::CONNECTION | header::TRANSFER_ENCODING | header::UPGRADE)
        || name.as_str() == "keep-alive"
}
