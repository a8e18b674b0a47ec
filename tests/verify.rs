//! A result is what its lock says, or it is told what is not.

#![allow(clippy::unwrap_used)]

#[path = "common/common.rs"]
mod common;

use common::Dir;

const RECIPE: &str = "
source: rows.jsonl
where: task <> 'other'
stages:
  - dedup: {by: id}
  - cap: {by: task, max: 3}
  - order: {interleave: task}
output: {to: out, format: jsonl}
";

/// A folder with rows, a recipe, and what is made of them.
fn made() -> Dir {
    let dir = Dir::new();
    dir.write("rows.jsonl", rows(30));
    dir.write("r.yaml", RECIPE);
    dir.unskew(&["run", "r.yaml", "--quiet"]).success();
    dir
}

fn rows(count: usize) -> String {
    let task = |row: usize| ["math", "math", "coding", "other"][row % 4];
    let row = |row| format!("{{\"id\": {row}, \"task\": \"{}\"}}\n", task(row));
    (0..count).map(row).collect::<Vec<_>>().concat()
}

#[test]
fn a_result_is_made_again() {
    let dir = made();
    let said = dir.unskew(&["verify", "out"]).success().stdout;
    assert_eq!(
        said,
        "out is what its lock says: 1 source file, 5 steps and 1 file made again are the same\n"
    );
    for threads in ["1", "3"] {
        dir.unskew(&["verify", "out", "--threads", threads]).success();
    }
    dir.write("elsewhere/r.yaml", RECIPE);
    dir.unskew(&["verify", "out", "--from", "."]).success();
    let error = dir.unskew(&["verify", "out", "--from", "elsewhere"]).failure(3).stderr;
    assert!(
        error.contains("hint: `--from FOLDER` says where the recipe's relative paths start from"),
        "{error}"
    );
}

#[test]
fn verifying_leaves_nothing_behind() {
    let dir = made();
    let before = dir.files("");
    let temporary = Dir::new();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_unskew"))
        .args(["verify", "out"])
        .current_dir(dir.path())
        .env("TMPDIR", temporary.path())
        .output()
        .unwrap();
    assert!(output.status.success());
    assert_eq!(dir.files(""), before);
    assert_eq!(temporary.files(""), [""; 0]);
}

#[test]
fn it_is_told_since_which_step_rows_differ() {
    let dir = made();
    // The same rows under other seeds: the first step that goes by chance is the first to differ.
    let lock = dir.read("out/.unskew/lock.json");
    dir.unskew(&["run", "r.yaml", "--quiet", "--seed", "7"]).success();
    dir.write("out/.unskew/lock.json", &lock);
    let error = dir.unskew(&["verify", "out"]).failure(6).stderr;
    let said = error.lines().skip_while(|line| !line.starts_with("error"));
    let said: Vec<_> = said.map(|line| line.split(" is ").next().unwrap()).collect();
    assert_eq!(
        said,
        [
            "error: out",
            "  cause: data/train-00000-of-00001.jsonl as it stands",
            "  cause: the recipe",
            "  cause: the seed",
            "  cause: what `cap` leaves",
            "  cause: data/train-00000-of-00001.jsonl made again",
            "hint: the first difference",
        ]
    );
}

#[test]
fn whatever_was_changed_is_told() {
    let dir = made();
    let data = "out/data/train-00000-of-00001.jsonl";
    let whole = dir.read(data);
    let told = |dir: &Dir| dir.unskew(&["verify", "out"]).failure(6).stderr;

    dir.write(data, whole.replacen("math", "meth", 1));
    assert!(told(&dir).contains("data/train-00000-of-00001.jsonl as it stands is "));
    dir.write("out/data/train-00000-of-00002.jsonl", "{}\n");
    dir.write(data, &whole);
    assert!(told(&dir).contains("cause: data/train-00000-of-00002.jsonl as it stands is not in the lock"));
    std::fs::remove_file(dir.path().join("out/data/train-00000-of-00002.jsonl")).unwrap();
    std::fs::remove_file(dir.path().join(data)).unwrap();
    assert!(told(&dir).contains("cause: data/train-00000-of-00001.jsonl as it stands is missing"));
    dir.write(data, &whole);
    dir.unskew(&["verify", "out"]).success();

    dir.write("rows.jsonl", rows(31));
    let error = told(&dir);
    assert!(
        error.contains("cause: the source rows/rows.jsonl is ") && error.contains("`source` leaves"),
        "{error}"
    );
    dir.write("rows.jsonl", rows(30));

    let lock = dir.read("out/.unskew/lock.json").replace("\"unskew\": \"", "\"unskew\": \"9.");
    dir.write("out/.unskew/lock.json", lock);
    let json = dir.unskew(&["verify", "out", "--json"]).failure(6).stdout;
    let verdict: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(verdict["differences"][0]["about"], "unskew");
    assert_eq!(verdict["differences"].as_array().unwrap().len(), 1);
}

#[test]
fn what_is_no_result_cannot_be_verified() {
    let dir = made();
    let error = dir.unskew(&["verify", "nowhere"]).failure(3).stderr;
    assert!(error.starts_with("error: there is no folder nowhere"), "{error}");
    dir.write("rows/rows.jsonl", "{}\n");
    let error = dir.unskew(&["verify", "rows"]).failure(3).stderr;
    assert!(error.starts_with("error: cannot read rows/.unskew/lock.json"), "{error}");
    assert!(error.contains("hint: only what `unskew run` made can be verified"), "{error}");
    dir.write("out/.unskew/lock.json", "{}");
    assert!(dir.unskew(&["verify", "out"]).failure(4).stderr.contains("is not a lock of unskew"));
    dir.write("out/.unskew/lock.json", "{\"version\": 99}");
    let error = dir.unskew(&["verify", "out"]).failure(4).stderr;
    assert!(error.contains("has version 99 of locks") && error.contains("hint: "), "{error}");
}

#[test]
fn a_locked_run_refuses_drift_and_writes_nothing() {
    let dir = made();
    dir.unskew(&["run", "r.yaml", "--quiet", "--locked"]).success();
    let before = dir.read("out/.unskew/lock.json");
    dir.write("kept.json", &before);

    dir.write("rows.jsonl", rows(34));
    let error = dir.unskew(&["run", "r.yaml", "--quiet", "--locked"]).failure(6).stderr;
    assert!(
        error.starts_with("error: the result would not be what the lock says; nothing was written"),
        "{error}"
    );
    assert_eq!(dir.read("out/.unskew/lock.json"), before);

    dir.unskew(&["run", "r.yaml", "--quiet"]).success();
    dir.unskew(&["run", "r.yaml", "--quiet", "--locked"]).success();
    dir.unskew(&["run", "r.yaml", "--quiet", "--locked=kept.json"]).failure(6);
    dir.write("rows.jsonl", rows(30));
    dir.unskew(&["run", "r.yaml", "--quiet", "--out", "new", "--locked=kept.json"]).success();
    let error = dir.unskew(&["run", "r.yaml", "--quiet", "--out", "newer", "--locked"]).failure(3).stderr;
    assert!(error.contains("cannot read the lock newer/.unskew/lock.json"), "{error}");
}
