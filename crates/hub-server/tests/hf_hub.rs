//! The Rust client against the server: what it uploads comes back, by Xet and over HTTP.

#![allow(clippy::unwrap_used)]

use std::{collections::BTreeSet, path::Path};

use futures_util::TryStreamExt;
use hf_hub::{
    HFClient, HFResult,
    repository::{AddSource, CommitOperation, RepoTreeEntry},
};
use unskew_hub_server::{HubServer, Origin, RepoId, Role, Token};

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
