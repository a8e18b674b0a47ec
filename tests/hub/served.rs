//! Reading from a Hub that serves as the real one does: hidden datasets, pages, branches, commits.

use std::{fs, path::Path};

use serde_json::Value;
use unskew_hub_server::{Change, Fault, Gate, HubServer, Origin, RepoId, Role, Rule, Token};

use super::{Dir, TOKEN, json, recipe, rows, unskew};

fn serve(root: &Path) -> HubServer {
    let me = Token::new("me", Role::Write, TOKEN);
    HubServer::builder().root(root).token(me).page(2).spawn().unwrap()
}

fn repo(hub: &HubServer, id: &str, private: bool, gate: Gate) -> RepoId {
    let repo = RepoId::dataset(id).unwrap();
    hub.create(&repo, private, gate).unwrap();
    let change = Change::new("Add rows")
        .file("README.md", "---\nlicense: mit\n---\n")
        .file("data/train-00000-of-00002.jsonl", rows(100))
        .large_file("data/train-00001-of-00002.jsonl", rows(200))
        .file("data/test-00000-of-00001.jsonl", rows(10));
    hub.commit(&repo, "main", &change).unwrap();
    repo
}

#[test]
fn a_commit_is_pinned() {
    let dir = Dir::new();
    let hub = serve(&dir.path().join("hub"));
    let rollouts = repo(&hub, "me/rollouts", false, Gate::Open);
    let first = hub.head(&rollouts, "main").unwrap();
    let run = |source: &str| {
        dir.write("recipe.yaml", recipe(source));
        unskew(&dir, &hub.endpoint(), &[], &["run", "recipe.yaml", "--quiet"]).success();
        json(&dir, "out/.unskew/lock.json")
    };
    let lock = run("hf://datasets/me/rollouts");
    assert_eq!(lock["sources"].as_array().unwrap().len(), 3);
    assert_eq!(lock["sources"][0]["commit"].as_str(), Some(first.as_str()));
    let more = Change::new("Change rows").file("data/train-00000-of-00002.jsonl", rows(150));
    hub.commit(&rollouts, "main", &more).unwrap();
    let later = run("hf://datasets/me/rollouts");
    assert_ne!(later["steps"], lock["steps"]);
    let again = run(&format!("hf://datasets/me/rollouts@{first}"));
    assert_eq!(again["steps"], lock["steps"]);
    let digests = |lock: &Value| -> Vec<Value> {
        lock["sources"].as_array().unwrap().iter().map(|source| source["blake3"].clone()).collect()
    };
    assert_eq!(digests(&again), digests(&lock));
    assert_eq!(
        run(&format!("{{path: hf://datasets/me/rollouts@{first}, split: train}}"))["sources"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn hidden_datasets_are_for_those_who_may() {
    let dir = Dir::new();
    let hub = serve(&dir.path().join("hub"));
    repo(&hub, "me/private", true, Gate::Open);
    repo(&hub, "you/gated", false, Gate::Manual);
    let look = |repo: &str, variables: &[(&str, &str)]| {
        unskew(
            &dir,
            &hub.endpoint(),
            variables,
            &["inspect", &format!("hf://datasets/{repo}"), "--by", "task"],
        )
    };
    let stranger = [("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")];
    let refused = look("me/private", &stranger).failure(3).stderr;
    assert!(refused.contains("there is no dataset `me/private` that everybody may read"), "{refused}");
    look("me/private", &[]).success();
    let gated = look("you/gated", &stranger).failure(3).stderr;
    assert!(gated.contains("is gated") && gated.contains("/datasets/you/gated"), "{gated}");
    let wrong = look("me/private", &[("HF_TOKEN", "hf_wrong")]).failure(3).stderr;
    assert!(wrong.contains("does not accept the token") && !wrong.contains("hf_wrong"), "{wrong}");
}

#[test]
fn a_reset_is_survived() {
    let dir = Dir::new();
    let hub = serve(&dir.path().join("hub"));
    let repo = RepoId::dataset("me/large").unwrap();
    hub.create(&repo, false, Gate::Open).unwrap();
    hub.commit(&repo, "main", &Change::new("Add rows").large_file("rows.jsonl", rows(20_000))).unwrap();
    hub.faults().add(Rule::on("*").at(Origin::Cdn).times(2).meets(Fault::Reset(300_000)));
    let url = "hf://datasets/me/large";
    let told = unskew(&dir, &hub.endpoint(), &[], &["inspect", url, "--by", "task"]).success();
    assert!(told.stdout.contains("80.0 %"), "{}", told.stdout);
    let sent: u64 =
        hub.requests().iter().filter(|line| line.origin == Origin::Cdn).map(|line| line.sent).sum();
    // What was on the way when the connection broke is lost.
    let all = rows(20_000).len() as u64;
    assert!((all..all + 600_000).contains(&sent), "{sent} of {all}");
    assert!(hub.requests().iter().all(|line| line.authorized == (line.origin == Origin::Hub)));
}

#[test]
fn a_store_that_is_a_folder_here_is_not_believed() {
    let dir = Dir::new();
    let hub = serve(&dir.path().join("hub"));
    // As large as files are that the Hub holds in pieces.
    dir.write("rows.jsonl", rows(170_000));
    let output = "{to: hf://datasets/me/large, format: jsonl}";
    dir.write("recipe.yaml", format!("source: rows.jsonl\noutput: {output}\n"));
    unskew(&dir, &hub.endpoint(), &[], &["run", "recipe.yaml", "--push", "--out", "out", "--quiet"])
        .success();
    let store = dir.path().join("store");
    fs::create_dir(&store).unwrap();
    let lie = Fault::cas_url(format!("local://{}", store.display()));
    let asked = || {
        let reader = Dir::new();
        let look = ["inspect", "hf://datasets/me/large", "--by", "task"];
        hub.forget_requests();
        let told = unskew(&reader, &hub.endpoint(), &[], &look).success().stdout;
        assert!(told.starts_with("large: 170 000 rows in 1 file"), "{told}");
        let of = |origin| hub.requests().iter().filter(|line| line.origin == origin).count();
        (of(Origin::Cas) > 0, of(Origin::Cdn) > 0)
    };
    assert_eq!(asked(), (true, false));
    hub.faults().add(Rule::on("*/xet-read-token/*").always().meets(lie));
    assert_eq!(asked(), (false, true));
    assert_eq!(fs::read_dir(&store).unwrap().count(), 0);
}
