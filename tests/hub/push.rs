//! Folders that go to a Hub: one commit or none, whatever happens on the way, and nothing of others is touched.

use std::{fmt::Write as _, path::Path, time::Duration};

use unskew_hub_server::{Change, Fault, Gate, HubServer, RepoId, Role, Rule, Token};

use super::{Dir, Outcome, TOKEN, tells_no_token, unskew};

fn serve(root: &Path) -> HubServer {
    let me = Token::new("me", Role::Write, TOKEN);
    HubServer::builder().root(root).token(me).spawn().unwrap()
}

/// A source of 1000 rows, 746 of them desirable.
fn source() -> String {
    let mut rows = String::new();
    for row in 0..1000 {
        let label = row % 500 >= 127;
        writeln!(rows, r#"{{"prompt": "Question {row}?", "completion": "Answer {row}.", "label": {label}}}"#)
            .unwrap();
    }
    rows
}

/// A Hub with a source, a recipe over it, and the dataset that its result goes to.
pub struct Push {
    pub dir: Dir,
    pub hub: HubServer,
    pub repo: RepoId,
}

impl Push {
    pub fn new() -> Self {
        Self::on(serve)
    }

    pub fn on(serve: impl Fn(&Path) -> HubServer) -> Self {
        let dir = Dir::new();
        let hub = serve(&dir.path().join("hub"));
        let from = RepoId::dataset("me/source").unwrap();
        hub.create(&from, false, Gate::Open).unwrap();
        let change = Change::new("Add rows")
            .file("README.md", "---\nlicense: mit\n---\n")
            .file("rows.jsonl", source());
        hub.commit(&from, "main", &change).unwrap();
        let push = Self { dir, hub, repo: RepoId::dataset("me/balanced").unwrap() };
        push.recipe("jsonl", 100);
        push
    }

    pub fn recipe(&self, format: &str, rows: usize) {
        let text = format!(
            "name: balanced\nsource: hf://datasets/me/source\nseed: 7\nstages:\n  - cap: {{by: label, max: {rows}}}\n\
             output: {{to: hf://datasets/me/balanced, format: {format}, config: kto}}\n"
        );
        self.dir.write("recipe.yaml", text);
    }

    fn unskew(&self, arguments: &[&str]) -> Outcome {
        self.with(&[], arguments)
    }

    pub fn with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Outcome {
        // The Hub may take its time over a commit.
        let patient = [("HF_HUB_ETAG_TIMEOUT", "10"), ("HF_HUB_DOWNLOAD_TIMEOUT", "10")];
        unskew(&self.dir, &self.hub.endpoint(), &[&patient, variables].concat(), arguments)
    }

    pub fn run(&self) {
        self.unskew(&["run", "recipe.yaml", "--out", "out", "--quiet"]).success();
    }

    fn push(&self, arguments: &[&str]) -> Outcome {
        self.unskew(&[&["push", "out"], arguments].concat())
    }

    pub fn commits(&self) -> usize {
        self.hub.commits(&self.repo, "main").unwrap().len()
    }

    pub fn text(&self, path: &str) -> String {
        String::from_utf8(self.hub.read(&self.repo, "main", path).unwrap()).unwrap()
    }

    pub fn exists(&self, path: &str) -> bool {
        self.hub.files(&self.repo, "main").unwrap().contains_key(path)
    }

    pub fn create(&self, change: &Change) {
        self.hub.create(&self.repo, true, Gate::Open).unwrap();
        self.hub.commit(&self.repo, "main", change).unwrap();
    }
}

const SHARD: &str = "kto/train-00000-of-00001.jsonl";

#[test]
fn a_run_is_pushed_and_pushed_again_changes_nothing() {
    let push = Push::new();
    let told = push.unskew(&["run", "recipe.yaml", "--out", "out", "--push"]).success().stdout;
    assert!(told.contains("pushed to me/balanced: http://127.0.0.1"), "{told}");
    assert!(told.contains("load_dataset(\"me/balanced\", \"kto\")"), "{told}");
    assert_eq!(push.text(SHARD), push.dir.read(&format!("out/{SHARD}")));
    assert!(push.text("README.md").contains("license: mit"), "{}", push.text("README.md"));
    let commits = push.commits();
    let again = push.push(&[]).success().stdout;
    assert!(again.contains("holds all of it already"), "{again}");
    assert_eq!(push.commits(), commits);
    // All that the Hub has stands below this folder, too.
    tells_no_token(&push.dir);
}

#[test]
fn run_pushes_with_the_options_of_push() {
    let push = Push::new();
    let run =
        |arguments: &[&str]| push.unskew(&[&["run", "recipe.yaml", "--out", "out"], arguments].concat());
    let told = run(&["--tag", "v1"]).failure(2).stderr;
    assert!(told.contains("--push"), "{told}");
    let told = run(&["--push", "--dry-run", "--public"]).success().stdout;
    assert!(told.contains("me/balanced would be made") && told.contains(SHARD), "{told}");
    assert!(push.hub.head(&push.repo, "main").is_err());
    run(&["--push", "--public", "--tag", "v1", "--message", "Balance labels"]).success();
    assert_eq!(push.hub.commits(&push.repo, "v1").unwrap()[0].title, "Balance labels");
    let stranger = [("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")];
    push.with(&stranger, &["inspect", "hf://datasets/me/balanced"]).success();
    push.recipe("jsonl", 50);
    let commits = push.commits();
    let told = run(&["--push", "--json", "--create-pr"]).success();
    assert!(told.stderr.contains("/discussions/1"), "{}", told.stderr);
    assert!(serde_json::from_str::<serde_json::Value>(&told.stdout).is_ok(), "{}", told.stdout);
    let told = run(&["--push", "--branch", "next"]).success().stdout;
    assert!(told.contains("revision=\"next\""), "{told}");
    assert_eq!(push.commits(), commits);
}

#[test]
fn who_cannot_push_is_told_before_the_work() {
    let push = Push::new();
    let run = ["run", "recipe.yaml", "--out", "out", "--push"];
    for variable in ["HF_HUB_DISABLE_IMPLICIT_TOKEN", "HF_HUB_OFFLINE"] {
        push.with(&[(variable, "1")], &run).failure(5);
        assert_eq!(push.dir.files("out"), [""; 0]);
    }
}

#[test]
fn a_dry_run_touches_nothing() {
    let push = Push::new();
    push.run();
    let told = push.push(&["--dry-run"]).success().stdout;
    assert!(told.contains(SHARD) && told.contains("+license: mit"), "{told}");
    assert!(push.hub.head(&push.repo, "main").is_err());
}

#[test]
fn shards_of_an_earlier_push_go_and_nothing_else_does() {
    let push = Push::new();
    let theirs = "---\nlicense: mit\nmy_key: [1, 2] # mine\nconfigs:\n- config_name: mine\n  data_files: mine/*.jsonl\n---\n# My text\n";
    push.create(
        &Change::new("Begin")
            .file("README.md", theirs)
            .file("mine/a.jsonl", "{\"a\": 1}\n")
            .file("kto/notes.txt", "notes"),
    );
    push.run();
    push.push(&[]).success();
    let card = push.text("README.md");
    assert!(
        card.contains("my_key: [1, 2] # mine")
            && card.contains("# My text")
            && card.contains("config_name: mine"),
        "{card}"
    );
    push.recipe("jsonl\n  shard_size: 4KB", 90);
    let text = push.dir.read("recipe.yaml").replace("jsonl\n  shard_size: 4KB", "jsonl, shard_size: 4KB");
    push.dir.write("recipe.yaml", text);
    push.run();
    push.push(&[]).success();
    assert!(!push.exists(SHARD) && push.exists("kto/notes.txt") && push.exists("mine/a.jsonl"));
    assert!(push.text("README.md").contains("# My text"));
}

#[test]
fn rows_that_were_found_without_a_card_are_still_found() {
    let push = Push::new();
    push.create(&Change::new("Begin").file("a.jsonl", "{\"a\": 1}\n").file("test.jsonl", "{\"a\": 2}\n"));
    push.run();
    push.push(&[]).success();
    let card = push.text("README.md");
    assert!(card.contains("config_name: default") && card.contains("test.jsonl"), "{card}");
    let told = push.unskew(&["inspect", "hf://datasets/me/balanced"]).success().stdout;
    assert!(told.contains('1'), "{told}");
}

#[test]
fn what_would_break_a_repository_is_refused() {
    let push = Push::new();
    let card = "---\nlicense: mit\nconfigs:\n- config_name: mine\n  data_files: mine/*.parquet\n---\n";
    push.create(&Change::new("Begin").file("README.md", card).file("mine/a.parquet", "PAR1"));
    push.run();
    let told = push.push(&[]).failure(5).stderr;
    assert!(told.contains("another format") && told.contains("--set output.format=parquet"), "{told}");
    let mine = "---\nconfigs:\n- config_name: kto\n  data_files: mine.jsonl\n---\n";
    let change = Change::new("Mine").file("README.md", mine).file("mine.jsonl", "{}\n");
    push.hub.commit(&push.repo, "main", &change).unwrap();
    let told = push.push(&[]).failure(5).stderr;
    assert!(told.contains("`kto` that is not of this result") && told.contains("output.config"), "{told}");
}

#[test]
fn a_folder_that_is_not_as_it_was_made_is_refused() {
    let push = Push::new();
    push.run();
    push.dir.write(&format!("out/{SHARD}"), "{}\n");
    assert!(push.push(&[]).failure(6).stderr.contains("not what its lock says"));
    let recipe = push.dir.read("recipe.yaml") + "checks:\n  - {that: rows > 1000000}\n";
    push.dir.write("recipe.yaml", recipe);
    let lock = push.dir.read("out/.unskew/lock.json").replace("\"passed\": true", "\"passed\": false");
    push.dir.write("out/.unskew/lock.json", lock);
    assert!(push.push(&[]).failure(6).stderr.contains("a check of out failed"));
}

#[test]
fn licenses_and_gates_hold() {
    let push = Push::new();
    let from = RepoId::dataset("me/gated").unwrap();
    push.hub.create(&from, false, Gate::Auto).unwrap();
    push.hub.commit(&from, "main", &Change::new("Add rows").file("rows.jsonl", source())).unwrap();
    let recipe = push.dir.read("recipe.yaml").replace("me/source", "me/gated");
    push.dir.write("recipe.yaml", &recipe);
    push.run();
    let told = push.push(&[]).failure(2).stderr;
    assert!(told.contains("does not tell its license") && told.contains("card: {license: …}"), "{told}");
    push.dir.write("recipe.yaml", recipe + "card: {license: mit}\n");
    push.run();
    let told = push.push(&["--public"]).failure(2).stderr;
    assert!(told.contains("me/gated is gated"), "{told}");
    push.push(&[]).success();
}

#[test]
fn branches_tags_and_proposals() {
    let push = Push::new();
    push.run();
    push.push(&["--tag", "v1"]).success();
    assert_eq!(push.hub.head(&push.repo, "v1").unwrap(), push.hub.head(&push.repo, "main").unwrap());
    push.recipe("jsonl", 50);
    push.run();
    assert!(push.push(&["--tag", "v1"]).failure(5).stderr.contains("has a tag `v1` already"));
    let commits = push.commits();
    let told = push.push(&["--create-pr"]).success().stdout;
    assert!(told.contains("/datasets/me/balanced/discussions/1"), "{told}");
    let told = push.push(&["--branch", "next"]).success().stdout;
    assert!(told.contains("revision=\"next\""), "{told}");
    assert_eq!(push.commits(), commits);
    assert_ne!(push.hub.head(&push.repo, "next").unwrap(), push.hub.head(&push.repo, "main").unwrap());
}

#[test]
fn one_commit_whatever_happens_on_the_way() {
    for fault in [
        Fault::status(503),
        Fault::too_many(1),
        Fault::LoseAnswer,
        Fault::moved(),
        Fault::Reset(0),
        Fault::Truncate(20),
        Fault::ResetUpload(100),
        Fault::Slow(Duration::from_millis(500)),
        Fault::Delay(Duration::from_secs(2)),
    ] {
        let push = Push::new();
        push.create(&Change::new("Begin").file("README.md", "# Begun\n"));
        push.run();
        let commits = push.commits();
        push.hub.faults().add(Rule::on("*/commit/*").method("POST").meets(fault.clone()));
        let told = push.push(&[]).success();
        assert!(told.stdout.contains("pushed to"), "{fault:?}: {told:?}");
        assert_eq!(push.commits(), commits + 1, "{fault:?}");
        assert_eq!(push.text(SHARD), push.dir.read(&format!("out/{SHARD}")));
    }
}

#[test]
fn who_is_overtaken_keeps_what_the_other_one_did() {
    let push = Push::new();
    push.create(&Change::new("Begin").file("README.md", "# Begun\n"));
    push.run();
    let slow = Fault::Delay(Duration::from_secs(3));
    push.hub.faults().add(Rule::on("*/commit/*").method("POST").meets(slow));
    std::thread::scope(|scope| {
        let pushing = scope.spawn(|| push.push(&[]).success());
        while !push.hub.requests().iter().any(|line| line.path.contains("/preupload/")) {
            std::thread::sleep(Duration::from_millis(20));
        }
        let change = Change::new("Be faster").file("README.md", "---\nmine: 1\n---\n# Faster\n");
        push.hub.commit(&push.repo, "main", &change).unwrap();
        pushing.join().unwrap();
    });
    let card = push.text("README.md");
    assert!(
        card.contains("mine: 1") && card.contains("# Faster") && card.contains("config_name: kto"),
        "{card}"
    );
    assert!(push.exists(SHARD));
}

#[test]
fn one_proposal_whatever_happens_on_the_way() {
    for fault in [Fault::status(503), Fault::LoseAnswer, Fault::Reset(0)] {
        let push = Push::new();
        push.create(&Change::new("Begin").file("README.md", "# Begun\n"));
        push.run();
        push.hub.faults().add(Rule::on("*/commit/*").method("POST").meets(fault.clone()));
        assert!(push.push(&["--create-pr"]).success().stdout.contains("/discussions/1"), "{fault:?}");
        assert!(push.hub.head(&push.repo, "refs/pr/2").is_err(), "{fault:?}");
    }
}

#[test]
fn large_files_go_with_xet_and_without() {
    for xet in [true, false] {
        for fault in [None, Some(Fault::status(503)), Some(Fault::LoseAnswer)] {
            let push = Push::on(|root| {
                let me = Token::new("me", Role::Write, TOKEN);
                HubServer::builder().root(root).token(me).xet(xet).upload_part(4000).spawn().unwrap()
            });
            push.recipe("parquet", 254);
            push.run();
            if let Some(fault) = &fault {
                let rule = if xet { Rule::on("*/v*").method("POST") } else { Rule::on("*").method("PUT") };
                let at = if xet { unskew_hub_server::Origin::Cas } else { unskew_hub_server::Origin::Cdn };
                push.hub.faults().add(rule.at(at).meets(fault.clone()));
            }
            push.with(&[("RUST_LOG", "trace"), ("HF_DEBUG", "1")], &["push", "out"]).success();
            let path = "kto/train-00000-of-00001.parquet";
            let there = push.hub.read(&push.repo, "main", path).unwrap();
            assert_eq!(
                there,
                std::fs::read(push.dir.path().join("out").join(path)).unwrap(),
                "{xet} {fault:?}"
            );
            tells_no_token(&push.dir);
        }
    }
}

#[test]
fn who_may_not_write_is_told_so() {
    let push = Push::on(|root| {
        let me = Token::new("me", Role::Read, TOKEN);
        HubServer::builder().root(root).token(me).spawn().unwrap()
    });
    push.run();
    let told = push.push(&[]).failure(5).stderr;
    assert!(told.contains("hint:") && told.contains("may write"), "{told}");
}

#[test]
fn who_may_only_read_can_propose() {
    let push = Push::on(|root| {
        let me = Token::new("me", Role::Read, TOKEN);
        HubServer::builder().root(root).token(me).spawn().unwrap()
    });
    push.hub.create(&push.repo, false, Gate::Open).unwrap();
    push.recipe("parquet", 254);
    push.run();
    let told = push.push(&["--create-pr"]).success().stdout;
    assert!(told.contains("/discussions/1"), "{told}");
    let path = "kto/train-00000-of-00001.parquet";
    let there = push.hub.read(&push.repo, "refs/pr/1", path).unwrap();
    assert_eq!(there, std::fs::read(push.dir.path().join("out").join(path)).unwrap());
}
