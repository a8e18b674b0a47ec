//! What stands in a repository beside what is pushed: other results, overflow, other people's files.

use std::fs;

use unskew_hub_server::{Change, Fault, Rule};

use super::push::Push;

const URL: &str = "hf://datasets/me/balanced";

impl Push {
    /// Runs the recipe with changes, and pushes what it makes.
    fn result(&self, folder: &str, changes: &[&str]) -> super::Outcome {
        let set = changes.iter().flat_map(|change| ["--set", change]);
        let run = ["run", "recipe.yaml", "--quiet", "--out", folder].into_iter().chain(set);
        self.with(&[], &run.collect::<Vec<_>>()).success();
        self.with(&[], &["push", folder, "me/balanced"])
    }

    /// The files below a folder of the repository.
    fn below(&self, folder: &str) -> Vec<String> {
        let files = self.hub.files(&self.repo, "main").unwrap();
        files.into_keys().filter(|path| path.starts_with(folder)).collect()
    }
}

#[test]
fn results_stand_beside_each_other() {
    let push = Push::new();
    push.result("out", &["output.overflow=true"]).success();
    push.result("other", &["output.config=other", "stages.0.cap.max=20"]).success();
    let (commits, other) = (push.commits(), push.below("other/"));
    assert_eq!(push.below(".unskew/other/").len(), 3);

    // Of the first one, other shards take the place of these, and the overflow goes with what is told of it.
    push.result("out", &["output.shard_size=4KB"]).success();
    assert_eq!(push.commits(), commits + 1);
    assert_eq!(push.below("other/"), other);
    let shards = push.below("kto/");
    assert!(shards.len() > 2 && !shards.iter().any(|path| path.contains("-of-00001")), "{shards:?}");
    assert!(push.below("overflow/").is_empty() && !push.exists(".unskew/kto/overflow.parquet"));
    let card = push.text("README.md");
    assert!(card.contains("config_name: other") && !card.contains("config_name: overflow"), "{card}");

    let told = push.with(&[], &["verify", URL]).success().stdout;
    let lines: Vec<&str> = told.lines().map(|line| line.split_once(" is what").unwrap().0).collect();
    assert_eq!(lines, [format!("`kto` of {URL}"), format!("`other` of {URL}")]);
    push.with(&[], &["card", "--check", URL]).success();

    // What is changed is told of the one that it belongs to.
    let path = &other[0];
    let changed = push.text(path).replacen("Question", "Answer", 1);
    push.hub.commit(&push.repo, "main", &Change::new("Change a row").file(path, changed)).unwrap();
    let told = push.with(&[], &["verify", URL]).failure(6);
    assert!(told.stdout.contains("`kto` of") && !told.stdout.contains("`other` of"), "{}", told.stdout);
    assert!(told.stderr.contains(&format!("cause: `other`: {path} as it stands is")), "{}", told.stderr);
}

#[test]
fn rows_of_another_result_stay() {
    let push = Push::new();
    push.result("out", &["output.overflow=true"]).success();
    let commits = push.commits();
    let told = push.result("other", &["output.config=other", "output.overflow=true"]).failure(5).stderr;
    assert!(told.contains("is of the result `kto`, which is another one"), "{told}");
    assert_eq!(push.commits(), commits);
}

#[test]
fn shards_that_no_lock_tells_of_are_not_read_with_ours() {
    let push = Push::new();
    push.result("out", &[]).success();
    let stray = Change::new("Add a row").file("kto/train-more.jsonl", "{\"prompt\": \"?\"}\n");
    push.hub.commit(&push.repo, "main", &stray).unwrap();
    let commits = push.commits();
    let told = push.result("out", &["output.shard_size=4KB"]).failure(5).stderr;
    assert!(told.contains("would read kto/train-more.jsonl, too"), "{told}");
    assert_eq!(push.commits(), commits);
}

#[test]
fn a_folder_that_was_uploaded_by_hand_is_replaced() {
    let push = Push::new();
    push.run();
    let add = |change: Change, path: String| {
        let bytes = fs::read(push.dir.path().join("out").join(&path)).unwrap();
        change.file(path, bytes)
    };
    let whole = push.dir.files("out").into_iter().fold(Change::new("Upload"), add);
    push.create(&whole);
    push.result("out", &["output.shard_size=4KB"]).success();
    assert!(!push.exists("kto/train-00000-of-00001.jsonl") && !push.exists(".unskew/lock.json"));
    assert!(push.exists(".unskew/kto/lock.json"));
    push.with(&[], &["verify", URL]).success();
}

#[test]
fn what_could_not_be_loaded_is_not_pushed() {
    let push = Push::new();
    let told = push.result("out", &["where=label is null"]).failure(5).stderr;
    assert!(told.contains("`load_dataset` could not read me/balanced afterwards"), "{told}");
    assert!(told.contains("cause: rows: `train` of `kto` has no rows"), "{told}");
    assert!(push.hub.head(&push.repo, "main").is_err());
    let card = "---\nconfigs:\n- config_name: theirs\n  data_files: gone/*.jsonl\n---\n";
    push.create(&Change::new("Begin").file("README.md", card));
    let told = push.result("out", &[]).failure(5).stderr;
    assert!(told.contains("cause: files: ") && told.contains("gone/*.jsonl"), "{told}");
}

#[test]
fn the_hub_says_what_it_thinks_of_the_card() {
    let push = Push::new();
    let odd = Fault::json(|answer| {
        answer["warnings"] = serde_json::json!([{"message": "the license\u{1b}[31m is odd"}]);
    });
    push.hub.faults().add(Rule::on("/api/validate-yaml").always().meets(odd));
    let told = push.result("out", &[]).success();
    assert!(
        told.stderr.contains("warning: the Hub says of the card: the license[31m is odd"),
        "{}",
        told.stderr
    );
    push.hub.faults().clear();
    let headers = vec![("x-error-message".to_owned(), "there is no such license".to_owned())];
    push.hub.faults().add(Rule::on("/api/validate-yaml").always().meets(Fault::Status(400, headers)));
    let commits = push.commits();
    let told = push.result("out", &["stages.0.cap.max=50"]).failure(5).stderr;
    assert!(told.contains("does not take the card of me/balanced"), "{told}");
    assert!(told.contains("cause: there is no such license") && told.contains("hint:"), "{told}");
    assert_eq!(push.commits(), commits);
    // A Hub without an opinion takes every card.
    push.hub.faults().clear();
    push.hub.faults().add(Rule::on("/api/validate-yaml").always().meets(Fault::status(404)));
    push.result("out", &["stages.0.cap.max=50"]).success();
}

#[test]
fn what_older_versions_told_goes_where_it_is_about_ours() {
    const LEGACY: &str = "dataset_infos.json";
    let push = Push::new();
    // Alone, it is about the default config, which is theirs.
    let theirs = Change::new("Begin").file("rows.jsonl", "{\"a\": 1}\n").file(LEGACY, "{\"rows\": {}}");
    push.create(&theirs);
    push.result("out", &[]).success();
    assert!(push.exists(LEGACY));
    let both = Change::new("Tell of both").file(LEGACY, "{\"kto\": {}, \"default\": {}}");
    push.hub.commit(&push.repo, "main", &both).unwrap();
    push.result("out", &["stages.0.cap.max=50"]).success();
    assert!(push.exists(LEGACY));
    let ours = Change::new("Tell of ours").file(LEGACY, "{\"kto\": {}, \"gone\": {}}");
    push.hub.commit(&push.repo, "main", &ours).unwrap();
    let told = push.with(&[], &["push", "out", "--dry-run"]).success().stdout;
    assert!(told.lines().any(|line| line.contains("delete") && line.contains(LEGACY)), "{told}");
    push.result("out", &["stages.0.cap.max=50"]).success();
    assert!(!push.exists(LEGACY));
    let broken = Change::new("Break it").file(LEGACY, "no JSON");
    push.hub.commit(&push.repo, "main", &broken).unwrap();
    let told = push.result("out", &["stages.0.cap.max=40"]).failure(5).stderr;
    assert!(told.contains("dataset_infos.json is not what it should be"), "{told}");
}
