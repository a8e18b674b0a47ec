//! The Rust client against the server: what it uploads comes back, by Xet and over HTTP.

#![allow(clippy::unwrap_used)]

use std::{collections::BTreeSet, path::Path};

use futures_util::TryStreamExt;
use hf_hub::{
    HFClient, HFResult,
    repository::{AddSource, CommitOperation, RepoTreeEntry},
};
use unskew_hub_server::{Change, HubServer, Origin, RepoId, Role, Token};
use xet_core_structures::merklehash::MerkleHash;

const SECRET: &str = "hf_of_a_test";

fn serve(root: &Path) -> HubServer {
    let token = Token::new("alice", Role::Write, SECRET);
    HubServer::builder().root(root).token(token).spawn().unwrap()
}

fn client(hub: &HubServer, home: &Path) -> HFClient {
    HFClient::builder().endpoint(hub.endpoint()).token(SECRET).cache_dir(home).build().unwrap()
}

/// Bytes that neither compress nor repeat.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    };
    (0..length).map(|_| next()).collect()
}

async fn upload(client: &HFClient, rows: &[u8]) -> HFResult<()> {
    client.create_repository().repo_id("alice/rows").repo_type(hf_hub::RepoTypeDataset).send().await?;
    let repo = client.dataset("alice", "rows");
    let operations = vec![
        CommitOperation::add_bytes("README.md", "# Rows\n"),
        CommitOperation::add_bytes("data/rows.parquet", rows.to_vec()),
    ];
    repo.create_commit().operations(operations).commit_message("Add rows").send().await?;
    repo.upload_file().source(AddSource::bytes("{}\n")).path_in_repo("more.jsonl").send().await?;
    Ok(())
}

async fn check(client: &HFClient, rows: &[u8]) -> HFResult<()> {
    let repo = client.dataset("alice", "rows");
    let entries: Vec<RepoTreeEntry> = repo.list_tree().recursive(true).send()?.try_collect().await?;
    let files: BTreeSet<_> = entries
        .iter()
        .filter_map(|entry| match entry {
            RepoTreeEntry::File { path, .. } => Some(path.as_str()),
            RepoTreeEntry::Directory { .. } => None,
        })
        .collect();
    assert_eq!(files, BTreeSet::from([".gitattributes", "README.md", "data/rows.parquet", "more.jsonl"]));
    let path = repo.download_file().filename("data/rows.parquet").send().await?;
    assert_eq!(std::fs::read(path).unwrap(), rows);
    let bytes = repo.download_file_to_bytes().filename("README.md").send().await?;
    assert_eq!(&bytes[..], b"# Rows\n");
    let part = repo.download_file_to_bytes().filename("data/rows.parquet").range(100..200).send().await?;
    assert_eq!(&part[..], &rows[100..200]);
    let commits: Vec<_> = repo.list_commits().send()?.try_collect().await?;
    assert_eq!(commits.len(), 3);
    Ok(())
}

#[test]
fn what_is_uploaded_comes_back_and_outlives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (root, rows) = (folder.path().join("hub"), noise(400_000));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let hub = serve(&root);
    runtime.block_on(upload(&client(&hub, &folder.path().join("a")), &rows)).unwrap();
    runtime.block_on(check(&client(&hub, &folder.path().join("b")), &rows)).unwrap();
    let repo = RepoId::dataset("alice/rows").unwrap();
    assert_eq!(hub.read(&repo, "main", "data/rows.parquet").unwrap(), rows);
    let requests = hub.requests();
    assert!(
        requests.iter().any(|request| request.origin == Origin::Cas && request.path.ends_with("/shards"))
    );
    assert!(!requests.iter().any(|request| request.to_string().contains(SECRET)));
    drop(hub);
    let hub = serve(&root);
    runtime.block_on(check(&client(&hub, &folder.path().join("c")), &rows)).unwrap();
}

/// Bytes with every `from` replaced.
fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for at in 0..=bytes.len() - from.len() {
        if bytes[at..].starts_with(from) {
            bytes[at..at + to.len()].copy_from_slice(to);
        }
    }
    bytes
}

#[test]
fn a_shard_that_lies_about_a_content_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let hub = serve(folder.path());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(upload(&client(&hub, &folder.path().join("a")), &noise(100_000))).unwrap();
    let repo = RepoId::dataset("alice/rows").unwrap();
    // A content that came otherwise, and a shard that says it is what came by Xet.
    hub.commit(&repo, "main", &Change::new("Add").large_file("victim.bin", "other")).unwrap();
    let as_xet = |path| {
        let sha256 = hub.entry(&repo, "main", path).unwrap().sha256;
        MerkleHash::from_hex(&sha256).unwrap().as_bytes().to_vec()
    };
    let mut shards =
        std::fs::read_dir(folder.path().join("xet/shards")).unwrap().map(|entry| entry.unwrap().path());
    let shard =
        std::fs::read(shards.find(|path| path.extension().is_some_and(|is| is == "mdb")).unwrap()).unwrap();
    let lie = replaced(&shard, &as_xet("data/rows.parquet"), &as_xet("victim.bin"));
    assert_ne!(lie, shard);
    let post = async |shard: Vec<u8>| {
        let url = format!("{}/api/datasets/alice/rows/xet-write-token/main", hub.endpoint());
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = http.get(url).bearer_auth(SECRET).send().await.unwrap();
        let token = answer.headers()["x-xet-access-token"].to_str().unwrap().to_owned();
        let url = format!("{}/v1/shards", hub.origin(Origin::Cas));
        let without = http.post(&url).body(shard.clone()).send().await.unwrap();
        assert_eq!(without.status(), 401);
        let answer = http.post(url).bearer_auth(token).body(shard).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    assert_eq!(runtime.block_on(post(shard)).0, 200);
    let (status, message) = runtime.block_on(post(lie));
    assert!(status == 400 && message.contains("the content's digest is"), "{status} {message}");
    assert_eq!(hub.read(&repo, "main", "victim.bin").unwrap(), b"other");
    let names = folder.path().join("xet-names");
    let victim = hub.entry(&repo, "main", "victim.bin").unwrap().sha256;
    assert!(!names.join(&victim[..2]).join(&victim).exists());
}
