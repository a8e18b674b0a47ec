//! Sources on a Hub, as a person meets them: what comes over the network, what stays in the cache, what is told.

#![allow(clippy::unwrap_used)]

#[path = "hub/beside.rs"]
mod beside;
#[path = "common/common.rs"]
mod common;
#[path = "hub/demo.rs"]
mod demo;
#[path = "hub/faults.rs"]
mod faults;
#[path = "hub/lies.rs"]
mod lies;
#[path = "hub/push.rs"]
mod push;
#[path = "hub/ranges.rs"]
mod ranges;
#[path = "hub/results.rs"]
mod results;
#[path = "hub/scripted.rs"]
mod scripted;
#[path = "hub/served.rs"]
mod served;
#[path = "hub/together.rs"]
mod together;
#[path = "hub/upload.rs"]
mod upload;

use std::{
    fmt::Write as _,
    fs,
    process::{Command, Stdio},
};

use common::{Dir, Outcome};
use scripted::Scripted;
use serde_json::Value;

/// A token that must not be seen anywhere.
const TOKEN: &str = "hf_thisIsTheTokenThatNobodyMaySee";

/// The program in `dir` with a Hub; its cache is in `dir`, too.
fn command(dir: &Dir, endpoint: &str, variables: &[(&str, &str)], arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_unskew"));
    command
        .args(arguments)
        .current_dir(dir.path())
        .env_remove("HF_HUB_OFFLINE")
        .env("HF_HOME", dir.path().join("home"))
        .env("HF_ENDPOINT", endpoint)
        .env("HF_TOKEN", TOKEN)
        .env("HF_HUB_ETAG_TIMEOUT", "1")
        .env("HF_HUB_DOWNLOAD_TIMEOUT", "1")
        .env("NO_PROXY", "127.0.0.1")
        .env("NO_COLOR", "1")
        .envs(variables.iter().copied())
        .stdin(Stdio::null());
    command
}

/// Runs the program in `dir` with a Hub; its cache is in `dir`, too.
fn unskew(dir: &Dir, endpoint: &str, variables: &[(&str, &str)], arguments: &[&str]) -> Outcome {
    let output = command(dir, endpoint, variables, arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let outcome = Outcome {
        code: output.status.code().unwrap(),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    };
    assert!(!outcome.stdout.contains(TOKEN) && !outcome.stderr.contains(TOKEN), "{outcome:?}");
    outcome
}

/// No file below `dir` tells the token: neither results, nor the cache, nor what a library logs.
#[track_caller]
fn tells_no_token(dir: &Dir) {
    for path in dir.files(".") {
        let bytes = fs::read(dir.path().join(&path)).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&bytes).contains(TOKEN), "{path}");
    }
}

/// `count` rows of two tasks.
fn rows(count: usize) -> Vec<u8> {
    let mut rows = String::new();
    for row in 0..count {
        let task = if row % 5 == 0 { "coding" } else { "math" };
        writeln!(
            rows,
            "{{\"id\": {row}, \"task\": \"{task}\", \"text\": \"This is the text of row {row}.\"}}"
        )
        .unwrap();
    }
    rows.into_bytes()
}

/// A recipe over a source.
fn recipe(source: &str) -> String {
    format!(
        "source: {source}\nseed: 7\nstages:\n  - cap: {{by: task, max: 20}}\noutput: {{to: out, format: jsonl}}\n"
    )
}

const CARD: &str = "\
---
license: mit
language: [en]
configs:
- config_name: easy
  default: true
  data_files:
  - {split: train, path: data/easy*.jsonl}
  - {split: test, path: data/test.jsonl}
- config_name: hard
  data_files: data/hard.jsonl
---
# Rows
";

/// A dataset with a small file, a large one, and a card.
fn dataset() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("README.md", CARD.into()),
        ("config.json", b"{}".to_vec()),
        ("data/easy-1.jsonl", rows(100)),
        ("data/easy-2.jsonl", rows(3000)),
        ("data/hard.jsonl", rows(50)),
        ("data/test.jsonl", rows(10)),
    ]
}

fn json(dir: &Dir, path: &str) -> Value {
    serde_json::from_str(&dir.read(path)).unwrap()
}

#[test]
fn a_config_is_pulled_once() {
    let hub = Scripted::new(dataset());
    let dir = Dir::new();
    dir.write("recipe.yaml", recipe("hf://datasets/o/n"));
    unskew(&dir, &hub.endpoint(), &[], &["run", "recipe.yaml", "--quiet"]).success();
    let size = |name: &str| dataset().iter().find(|(path, _)| *path == name).unwrap().1.len() as u64;
    let whole: u64 =
        ["README.md", "data/easy-1.jsonl", "data/easy-2.jsonl", "data/test.jsonl"].map(size).iter().sum();
    assert_eq!(hub.sent(), whole);
    let lock = json(&dir, "out/.unskew/lock.json");
    let sources: Vec<&Value> = lock["sources"].as_array().unwrap().iter().collect();
    let paths: Vec<&str> = sources.iter().map(|source| source["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["data/easy-1.jsonl", "data/easy-2.jsonl", "data/test.jsonl"]);
    for source in sources {
        let digests = [&source["sha256"], &source["git"]].map(|digest| digest.as_str().map_or(0, str::len));
        let large = source["path"] == "data/easy-2.jsonl";
        assert_eq!(digests, if large { [64, 0] } else { [0, 40] });
        assert_eq!(
            (source["repo"].as_str(), source["commit"].as_str()),
            (Some("o/n"), Some(scripted::COMMIT))
        );
        assert!(source["blake3"].is_string());
    }
    let origin = &json(&dir, "out/.unskew/report.json")["sources"][0]["origin"];
    assert_eq!((origin["license"][0].as_str(), origin["language"][0].as_str()), (Some("mit"), Some("en")));
    assert_eq!((origin["config"].as_str(), origin["splits"].as_array().unwrap().len()), (Some("easy"), 2));

    // Nothing of a file comes a second time, and without the network nothing is missed.
    let (before, first) = (hub.sent(), dir.read("out/.unskew/lock.json"));
    unskew(&dir, &hub.endpoint(), &[], &["run", "recipe.yaml", "--quiet"]).success();
    assert_eq!(hub.sent(), before);
    let offline = [("HF_HUB_OFFLINE", "1")];
    let calls = hub.seen().len();
    unskew(&dir, &hub.endpoint(), &offline, &["run", "recipe.yaml", "--quiet"]).success();
    assert_eq!((hub.seen().len(), dir.read("out/.unskew/lock.json")), (calls, first));
    let missing =
        unskew(&dir, &hub.endpoint(), &offline, &["inspect", "hf://datasets/o/n/data/hard.jsonl"]).failure(3);
    assert!(missing.stderr.contains("data/hard.jsonl of o/n is not in the cache"), "{}", missing.stderr);
}

#[test]
fn rows_are_the_same_here_and_there() {
    let hub = Scripted::new(dataset());
    let dir = Dir::new();
    for (path, bytes) in dataset() {
        dir.write(&format!("n/{path}"), bytes);
    }
    let run = |source: &str| {
        dir.write("recipe.yaml", recipe(source));
        unskew(&dir, &hub.endpoint(), &[], &["run", "recipe.yaml", "--quiet"]).success();
        (
            json(&dir, "out/.unskew/lock.json")["steps"].clone(),
            dir.read("out/data/train-00000-of-00001.jsonl"),
        )
    };
    assert_eq!(run("hf://datasets/o/n/data/*.jsonl"), run("{path: n, split: []}"));
    assert_eq!(run("hf://datasets/o/n"), run("{path: n, config: easy}"));
    assert_eq!(run("{path: hf://datasets/o/n@v1.0, config: hard}"), run("{path: n, config: hard}"));
    assert_eq!(run("{path: hf://datasets/o/n, split: test}"), run("{path: n, config: easy, split: [test]}"));
}

#[test]
fn every_command_takes_a_url() {
    let hub = Scripted::new(dataset());
    let dir = Dir::new();
    let url = "hf://datasets/o/n/data/hard.jsonl";
    let told = unskew(&dir, &hub.endpoint(), &[], &["inspect", url, "--by", "task"]).success();
    assert!(told.stdout.contains("80.0 %"), "{}", told.stdout);
    let of_config = ["hf://datasets/o/n", "--config", "hard", "--split", "train", "--by", "task"];
    let again = unskew(&dir, &hub.endpoint(), &[], &[&["inspect"], &of_config[..]].concat()).success();
    assert!(again.stdout.starts_with("n: 50 rows in 1 file, "), "{}", again.stdout);
    unskew(&dir, &hub.endpoint(), &[], &[&["check", "--for", "balance"], &of_config[..]].concat()).failure(6);
    unskew(&dir, &hub.endpoint(), &[], &["apply", "cap", url, "--by", "task", "--max", "3", "--out", "out"])
        .success();
    dir.write("recipe.yaml", recipe(url));
    unskew(&dir, &hub.endpoint(), &[], &["plan", "recipe.yaml"]).success();
    let pulled = unskew(&dir, &hub.endpoint(), &[], &["plan", "recipe.yaml"]).success();
    assert!(!pulled.stderr.contains("pull:"), "{}", pulled.stderr);
}

#[test]
fn what_is_not_there_is_told() {
    let hub = Scripted::with(dataset(), |seen, _| {
        seen.path
            .starts_with("/api/models/o/model")
            .then(|| scripted::Fault::Answer(200, "", "{}".to_owned()))
    });
    let dir = Dir::new();
    let told = |url: &str| unskew(&dir, &hub.endpoint(), &[], &["inspect", url]).failure(3).stderr;
    let unknown = told("hf://datasets/o/m");
    assert!(unknown.starts_with("error: there is no dataset `o/m` that your token may read"), "{unknown}");
    assert!(told("hf://datasets/o/model").contains("hint: `o/model` is a model"));
    let revision = told("hf://datasets/o/n@mian");
    assert!(revision.contains("`o/n` has no revision `mian`"), "{revision}");
    assert!(revision.contains("hint: did you mean `main`?"), "{revision}");
    let file = told("hf://datasets/o/n/data/hrad.jsonl");
    assert!(file.contains("no file of `o/n` matches `data/hrad.jsonl`"), "{file}");
    assert!(file.contains("hint: did you mean `data/hard.jsonl`?"), "{file}");
    assert!(told("hf://datasets/o/n/README.md").contains("does not tell its format"));
    let usage = unskew(&dir, &hub.endpoint(), &[], &["inspect", "hf://o/n"]).failure(2).stderr;
    assert!(usage.contains("it is no dataset's") && usage.contains("hint:"), "{usage}");
    let split = |config: &str| {
        dir.write("recipe.yaml", recipe(&format!("{{path: hf://datasets/o/n, {config}}}")));
        unskew(&dir, &hub.endpoint(), &[], &["plan", "recipe.yaml"]).failure(3).stderr
    };
    assert!(split("config: hadr").contains("o/n has no config `hadr`"));
    assert!(split("split: tset").contains("did you mean `test`?"));
    let away = unskew(&dir, "http://127.0.0.1:9", &[], &["inspect", "hf://datasets/o/n"]).failure(3).stderr;
    assert!(away.contains("127.0.0.1:9") && away.contains("hint: try again later"), "{away}");
    let offline =
        unskew(&dir, &hub.endpoint(), &[("HF_HUB_OFFLINE", "1")], &["inspect", "hf://datasets/o/x"]);
    assert!(offline.failure(3).stderr.contains("revision `main` of o/x is not in the cache"));
}

#[test]
fn who_may_not_read_is_told_what_to_do() {
    let refuse = |status: u16, headers: &'static str, body: &str| {
        let body = body.to_owned();
        let hub = Scripted::with(dataset(), move |_, _| {
            Some(scripted::Fault::Answer(status, headers, body.clone()))
        });
        unskew(&Dir::new(), &hub.endpoint(), &[], &["inspect", "hf://datasets/o/n"]).failure(3).stderr
    };
    let gated = refuse(403, "X-Error-Code: GatedRepo\r\n", "");
    assert!(gated.contains("is gated") && gated.contains("ask for access at http://127.0.0.1"), "{gated}");
    let bad = refuse(401, "", r#"{"error": "Invalid credentials in Authorization header"}"#);
    assert!(bad.contains("does not accept the token") && bad.contains("hf auth login"), "{bad}");
    let private = refuse(401, "X-Error-Code: RepoNotFound\r\n", "");
    assert!(private.contains("there is no dataset `o/n`"), "{private}");
    let other = refuse(418, "X-Error-Message: no tea\r\n", "");
    assert!(other.contains("the answer is 418, no tea"), "{other}");
}
