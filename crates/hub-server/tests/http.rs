//! What the server says to plain requests: redirects, ranges, pages, refusals, and the faults that tests ask for.

#![allow(clippy::unwrap_used)]

use std::{error::Error as _, path::Path, time::Duration};

use reqwest::{Client, Method, Response, header::HeaderMap};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use unskew_hub_server::{Change, Error, Fault, Gate, HubServer, Origin, RepoId, Role, Rule, Token};

struct Setting {
    hub: HubServer,
    client: Client,
    root: TempDir,
}

fn rows() -> RepoId {
    RepoId::dataset("alice/rows").unwrap()
}

fn tokens() -> [Token; 3] {
    [("writer", Role::Write), ("reader", Role::Read), ("guest", Role::None)]
        .map(|(name, role)| Token::new(name, role, format!("hf_{name}")))
}

impl Setting {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let hub = HubServer::builder()
            .root(root.path())
            .tokens(tokens())
            .page(3)
            .upload_part(1000)
            .spawn()
            .unwrap();
        hub.create(&rows(), false, Gate::Open).unwrap();
        let change = Change::new("Add rows")
            .file("README.md", "# Rows\n")
            .file("data/a b.jsonl", "{\"a\":1}\n")
            .file("data/x.parquet", vec![7; 5000]);
        hub.commit(&rows(), "main", &change).unwrap();
        let client =
            Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { hub, client, root }
    }

    async fn ask(&self, method: Method, path: &str, token: &str, body: impl Into<reqwest::Body>) -> Response {
        let url =
            if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.hub.endpoint()) };
        let mut request = self.client.request(method, url).body(body);
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        request.send().await.unwrap()
    }

    async fn get(&self, path: &str) -> Response {
        self.ask(Method::GET, path, "", "").await
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

async fn json_of(response: Response) -> Value {
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

#[tokio::test]
async fn small_files_are_redirected_here_and_large_ones_to_another_origin() {
    let setting = Setting::new();
    let head = setting.hub.head(&rows(), "main").unwrap();
    let small = setting.get("/datasets/alice/rows/resolve/main/data/a%20b.jsonl").await;
    assert_eq!(
        (small.status(), text(small.headers(), "x-repo-commit")),
        (reqwest::StatusCode::TEMPORARY_REDIRECT, head.as_str())
    );
    let target = text(small.headers(), "location");
    assert!(
        target.starts_with(&format!("/api/resolve-cache/datasets/alice/rows/{head}/data/a%20b.jsonl?etag="))
    );
    assert_eq!(setting.get(target).await.bytes().await.unwrap(), "{\"a\":1}\n");

    let large = setting.get("/datasets/alice/rows/resolve/main/data/x.parquet").await;
    assert_eq!(
        (large.status(), text(large.headers(), "x-linked-size")),
        (reqwest::StatusCode::FOUND, "5000")
    );
    let target = text(large.headers(), "location").to_owned();
    assert!(target.starts_with(&setting.hub.origin(Origin::Cdn)));
    let part = setting.client.get(&target).header("range", "bytes=-10").send().await.unwrap();
    assert_eq!(
        (part.status().as_u16(), text(part.headers(), "content-range")),
        (206, "bytes 4990-4999/5000")
    );
    assert_eq!(part.bytes().await.unwrap(), vec![7; 10]);
    let outside = setting.client.get(&target).header("range", "bytes=5000-").send().await.unwrap();
    assert_eq!(outside.status(), 416);
    assert_eq!(setting.get(&target.replace("Signature=", "Signature=0")).await.status(), 403);
}

#[tokio::test]
async fn a_tree_comes_in_pages_and_in_full_by_its_links() {
    let setting = Setting::new();
    let mut next = format!("{}/api/datasets/alice/rows/tree/main?recursive=true", setting.hub.endpoint());
    let mut paths = Vec::new();
    while !next.is_empty() {
        let response = setting.get(&next).await;
        let link = text(response.headers(), "link").to_owned();
        next = link.split_once('>').map_or(String::new(), |(url, _)| url[1..].to_owned());
        let body = response.text().await.unwrap();
        assert!(!body.contains("\": ") && !body.contains(", "), "{body}");
        let page: Vec<Value> = serde_json::from_str(&body).unwrap();
        assert!(page.len() <= 3);
        paths.extend(page.iter().map(|entry| entry["path"].as_str().unwrap().to_owned()));
    }
    assert_eq!(paths, [".gitattributes", "README.md", "data", "data/a b.jsonl", "data/x.parquet"]);
    for (kind, body) in [
        ("application/x-www-form-urlencoded", "paths=data%2Fx.parquet&paths=no&expand=True".to_owned()),
        ("application/json", json!({ "paths": ["data/x.parquet", "no"], "expand": true }).to_string()),
    ] {
        let url = format!("{}/api/datasets/alice/rows/paths-info/main", setting.hub.endpoint());
        let found =
            json_of(setting.client.post(url).header("content-type", kind).body(body).send().await.unwrap())
                .await;
        assert_eq!(found.as_array().unwrap().len(), 1);
        assert_eq!((&found[0]["size"], &found[0]["lfs"]["size"]), (&json!(5000), &json!(5000)));
        assert_eq!(found[0]["lastCommit"]["title"], "Add rows");
    }
}

#[tokio::test]
async fn each_role_may_do_what_it_may() {
    let setting = Setting::new();
    let repo = "/api/datasets/alice/rows";
    let secret = RepoId::dataset("alice/secret").unwrap();
    setting.hub.create(&secret, true, Gate::Open).unwrap();
    let gated = RepoId::dataset("alice/gated").unwrap();
    setting.hub.create(&gated, false, Gate::Manual).unwrap();
    let file = "/datasets/alice/gated/resolve/main/.gitattributes";
    for (method, path, token, status, code) in [
        (Method::GET, "/api/datasets/alice/secret", "", 401, "RepoNotFound"),
        (Method::GET, "/api/datasets/alice/secret", "hf_guest", 404, "RepoNotFound"),
        (Method::GET, "/api/datasets/alice/secret", "hf_reader", 200, ""),
        (Method::GET, "/api/datasets/alice/none", "hf_writer", 404, "RepoNotFound"),
        (Method::GET, "/api/datasets/alice/gated", "", 200, ""),
        (Method::GET, file, "", 401, "GatedRepo"),
        (Method::GET, file, "hf_guest", 403, "GatedRepo"),
        (Method::GET, file, "hf_reader", 200, ""),
        (Method::GET, repo, "hf_unknown", 401, "Unauthorized"),
        (Method::GET, "/api/datasets/alice/rows/revision/no", "", 404, "RevisionNotFound"),
        (Method::GET, "/datasets/alice/rows/resolve/main/no", "", 404, "EntryNotFound"),
        (Method::POST, "/api/datasets/alice/rows/branch/b", "", 401, "Unauthorized"),
        (Method::POST, "/api/datasets/alice/rows/branch/b", "hf_reader", 403, "Forbidden"),
        (Method::POST, "/api/datasets/alice/rows/branch/b", "hf_writer", 200, ""),
        (Method::POST, "/api/datasets/alice/rows/branch/b", "hf_writer", 409, "AlreadyExists"),
        (Method::POST, "/api/datasets/alice/rows/branch/refs%2Fheads%2Fb", "hf_writer", 400, "BadRequest"),
        (Method::GET, "/api/datasets/alice%2F..%2F/rows", "", 400, "BadRequest"),
        (Method::GET, "/no", "", 404, "NotFound"),
    ] {
        let response = setting.ask(method, path, token, "").await;
        assert_eq!(
            (response.status().as_u16(), text(response.headers(), "x-error-code")),
            (status, code),
            "{path} {token}"
        );
    }
    let missing = setting.get("/datasets/alice/rows/resolve/main/no").await;
    assert_eq!(text(missing.headers(), "x-repo-commit"), setting.hub.head(&rows(), "main").unwrap());
    let again = json!({ "name": "rows", "organization": "alice", "type": "dataset" }).to_string();
    let again = setting.ask(Method::POST, "/api/repos/create", "hf_writer", again).await;
    assert_eq!(again.status(), 409);
    assert_eq!(json_of(again).await["url"], format!("{}/datasets/alice/rows", setting.hub.endpoint()));
}

/// The body of a commit that writes one file.
fn commit(path: &str, parent: Option<&str>) -> String {
    let header = json!({ "key": "header", "value": { "summary": "step", "parentCommit": parent } });
    let file = json!({ "key": "file", "value": { "path": path, "encoding": "base64", "content": "aGk=" } });
    format!("{header}\n{file}\n")
}

#[tokio::test]
async fn a_commit_is_made_only_where_its_parent_is_the_head() {
    let setting = Setting::new();
    let (url, head) = ("/api/datasets/alice/rows/commit/main", setting.hub.head(&rows(), "main").unwrap());
    let made = setting.ask(Method::POST, url, "hf_writer", commit("new", Some(&head))).await;
    let oid = json_of(made).await["commitOid"].as_str().unwrap().to_owned();
    assert_eq!(setting.hub.head(&rows(), "main").unwrap(), oid);
    assert_eq!(setting.hub.read(&rows(), "main", "new").unwrap(), b"hi");
    let late = setting.ask(Method::POST, url, "hf_writer", commit("late", Some(&head))).await;
    assert_eq!(late.status(), 412);
    for path in ["../x", "/x", "a//b", ".git/config", "README.md/x"] {
        let refused = setting.ask(Method::POST, url, "hf_writer", commit(path, None)).await;
        assert_eq!(refused.status(), 400, "{path}");
    }
    // Who may only read may suggest, and the suggestion waits beside the branch.
    let suggested =
        setting.ask(Method::POST, &format!("{url}?create_pr=1"), "hf_reader", commit("pr", None)).await;
    assert!(
        json_of(suggested).await["pullRequestUrl"]
            .as_str()
            .unwrap()
            .ends_with("/datasets/alice/rows/discussions/1")
    );
    assert_eq!(setting.hub.read(&rows(), "refs/pr/1", "pr").unwrap(), b"hi");
    assert!(matches!(setting.hub.read(&rows(), "main", "pr"), Err(Error::NoEntry { .. })));
    let merge = "/api/datasets/alice/rows/discussions/1/merge";
    assert_eq!(setting.ask(Method::POST, merge, "hf_reader", "").await.status(), 403);
    assert_eq!(setting.ask(Method::POST, merge, "hf_writer", "").await.status(), 200);
    assert_eq!(setting.hub.read(&rows(), "main", "pr").unwrap(), b"hi");
    assert_eq!(setting.hub.commits(&rows(), "main").unwrap().len(), 4);
}

#[tokio::test]
async fn large_files_are_uploaded_in_parts_and_checked() {
    let setting = Setting::new();
    let content: Vec<u8> = (0..2500_u32).map(|at| at as u8).collect();
    let sha256 =
        Sha256::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    let batch = |oid: &str| {
        json!({
            "operation": "upload",
            "transfers": ["basic", "multipart"],
            "objects": [{ "oid": oid, "size": content.len() }],
        })
    };
    let url = "/datasets/alice/rows.git/info/lfs/objects/batch";
    let upload = async |oid: &str| {
        let answer = json_of(setting.ask(Method::POST, url, "hf_writer", batch(oid).to_string()).await).await;
        let action = answer["objects"][0]["actions"]["upload"].clone();
        assert_eq!(
            (&answer["transfer"], &action["header"]["chunk_size"]),
            (&json!("multipart"), &json!("1000"))
        );
        for (number, part) in content.chunks(1000).enumerate() {
            let href = action["header"][format!("{:05}", number + 1)].as_str().unwrap();
            let sent = setting.ask(Method::PUT, href, "", part.to_vec()).await;
            assert!(!text(sent.headers(), "etag").is_empty());
        }
        setting.ask(Method::POST, action["href"].as_str().unwrap(), "", "{}").await
    };
    assert_eq!(upload(&"0".repeat(64)).await.status(), 400);
    assert_eq!(upload(&sha256).await.status(), 200);
    let known = json_of(setting.ask(Method::POST, url, "hf_writer", batch(&sha256).to_string()).await).await;
    assert!(known["objects"][0].get("actions").is_none());
}

#[tokio::test]
async fn faults_happen_when_they_are_asked_for() {
    let setting = Setting::new();
    let (faults, tree) = (setting.hub.faults(), "/api/datasets/alice/rows/tree/main");
    faults.add(Rule::on("*/tree/*").meets(Fault::too_many(3)));
    faults.add(Rule::on("*/tree/*").after(1).meets(Fault::size("README.md", 1)));
    faults.add(Rule::on("*/tree/*").after(2).meets(Fault::path("README.md", "../../README.md")));
    let first = setting.get(tree).await;
    assert_eq!((first.status().as_u16(), text(first.headers(), "retry-after")), (429, "3"));
    assert_eq!(json_of(setting.get(tree).await).await[1]["size"], 1);
    assert_eq!(json_of(setting.get(tree).await).await[1]["path"], "../../README.md");
    assert_eq!(json_of(setting.get(tree).await).await[1]["path"], "README.md");

    let large = setting.get("/datasets/alice/rows/resolve/main/data/x.parquet").await;
    let url = text(large.headers(), "location").to_owned();
    let read = async || setting.client.get(&url).send().await.unwrap().bytes().await;
    for fault in [Fault::Reset(1000), Fault::Truncate(1000)] {
        faults.add(Rule::on("*").at(Origin::Cdn).meets(fault));
        setting.hub.forget_requests();
        assert!(read().await.is_err());
        assert_eq!(setting.hub.requests()[0].sent, 1000);
    }
    faults.add(Rule::on("*").at(Origin::Cdn).meets(Fault::Flip(4321)));
    let flipped = read().await.unwrap();
    assert_eq!((flipped[4321], flipped.iter().filter(|byte| **byte != 7).count()), (!7, 1));
    assert_eq!(read().await.unwrap(), vec![7; 5000]);

    faults.add(Rule::on("*").meets(Fault::Hang));
    let asked = setting.client.get(&url).timeout(Duration::from_millis(200)).send().await;
    assert!(asked.unwrap_err().is_timeout());
}

#[tokio::test]
async fn a_lost_answer_is_the_answer_to_something_that_was_done() {
    let setting = Setting::new();
    let path = "/api/datasets/alice/rows/commit/main";
    setting.hub.faults().add(Rule::on(path).meets(Fault::LoseAnswer));
    let url = format!("{}{path}", setting.hub.endpoint());
    let lost =
        setting.client.post(url).bearer_auth("hf_writer").body(commit("new", None)).send().await.unwrap_err();
    assert!(lost.source().is_some());
    assert_eq!(setting.hub.read(&rows(), "main", "new").unwrap(), b"hi");
    let logged = setting.hub.requests().pop().unwrap();
    assert_eq!((logged.status, logged.authorized, logged.method.as_str()), (None, true, "POST"));
    assert!(logged.received > 100 && !logged.to_string().contains("hf_writer"));
}

#[test]
fn one_folder_has_one_server() {
    let setting = Setting::new();
    let second = |root: &Path| HubServer::builder().root(root).spawn();
    assert!(matches!(second(setting.root.path()), Err(Error::InUse { .. })));
    let Setting { hub, root, .. } = setting;
    drop(hub);
    second(root.path()).unwrap();
}
