//! The program as a person or a script meets it: what it prints, how it ends, what it leaves behind.

#![cfg_attr(test, allow(clippy::unwrap_used))]

#[path = "cli/check.rs"]
mod check;
#[path = "common/common.rs"]
mod common;
#[path = "cli/mistakes.rs"]
mod mistakes;
#[path = "cli/schema.rs"]
mod schema;
#[path = "cli/source.rs"]
mod source;
#[path = "cli/stop.rs"]
mod stop;
#[path = "cli/strata.rs"]
mod strata;

use std::{
    io,
    process::{Command, Stdio},
};

use common::Dir;
use serde_json::Value;

const RECIPE: &str = "\
source: rows.jsonl
columns:
  task: metadata.task_type
stages:
  - cap: {by: task, max: 2, pick: first}
output: {to: out, format: jsonl}
";

/// Seven rows of three tasks.
fn rows() -> String {
    let tasks = ["math", "math", "coding", "math", "math", "search", "math"];
    let row = |(number, task): (usize, &&str)| {
        format!("{{\"id\": {number}, \"metadata\": {{\"task_type\": \"{task}\"}}, \"reward\": 0.{number}}}\n")
    };
    tasks.iter().enumerate().map(row).collect()
}

/// A folder with a recipe and its rows.
fn example() -> Dir {
    let dir = Dir::new();
    dir.write("recipe.yaml", RECIPE);
    dir.write("rows.jsonl", rows());
    dir
}

#[test]
fn a_run_tells_what_it_did() {
    let run = example().unskew(&["run", "recipe.yaml"]).success();
    assert_eq!(
        run.stdout,
        "\
recipe: 7 rows became 4, 57.1 %

  read  7      ████████████████████████
  cap   4  -3  █████████████▊

cap by task
          before   share  after   share     kept
  coding       1  14.3 %      1  25.0 %  100.0 %  ███▎
  math         5  71.4 %      2  50.0 %   40.0 %  ██████▍░░░░░░░░░
  search       1  14.3 %      1  25.0 %  100.0 %  ███▎

out
  train  4 rows  244 B  data/train-00000-of-00001.jsonl

  load_dataset(\"out\")
"
    );
    let passes: Vec<_> = run.stderr.lines().collect();
    assert_eq!(passes[0], "scan: 424 B in [time]");
    assert_eq!(passes.last(), Some(&"gather: 364 B in [time]"));
}

#[test]
fn a_plan_writes_nothing() {
    let dir = example();
    let plan = dir.unskew(&["plan", "recipe.yaml"]).success();
    assert!(plan.stdout.starts_with("recipe: 7 rows would become 4, 57.1 %\n"), "{}", plan.stdout);
    assert!(plan.stdout.contains("\nthe output would have\n  train  4 rows  about "), "{}", plan.stdout);
    assert_eq!(dir.files(""), ["recipe.yaml", "rows.jsonl"]);
}

#[test]
fn a_recipe_can_be_changed_from_outside() {
    let dir = example();
    let arguments =
        ["run", "recipe.yaml", "--set", "stages.0.cap.max=1", "--set", "output.to=other", "--quiet"];
    let run = dir.unskew(&arguments).success();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
    assert_eq!(dir.read("other/data/train-00000-of-00001.jsonl").lines().count(), 3);
    assert!(dir.read("other/.unskew/recipe.yaml").contains("max: 1"));
}

#[test]
fn a_limit_takes_the_first_rows() {
    let dir = example();
    dir.unskew(&["run", "recipe.yaml", "--limit", "2", "--quiet"]).success();
    assert_eq!(
        dir.read("out/data/train-00000-of-00001.jsonl"),
        rows().split_inclusive('\n').take(2).collect::<String>()
    );
}

#[test]
fn json_is_the_report_and_fits_its_schema() {
    let dir = example();
    let run =
        dir.unskew(&["run", "recipe.yaml", "--json", "--set", "checks=[{expect: rows_out > 0}]"]).success();
    assert_eq!(run.stdout, dir.read("out/.unskew/report.json"));
    let document = |arguments: &[&str]| -> Value {
        serde_json::from_str(&dir.unskew(arguments).success().stdout).unwrap()
    };
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(schema::violations(&document(&["schema", "report"]), &report), Vec::<String>::new());
    let plan = document(&["plan", "recipe.yaml", "--json"]);
    assert_eq!(schema::violations(&document(&["schema", "report"]), &plan), Vec::<String>::new());
    let inspect =
        ["inspect", "rows.jsonl", "--by", "metadata.task_type", "--histogram", "reward", "--stats", "--json"];
    assert_eq!(
        schema::violations(&document(&["schema", "inspection"]), &document(&inspect)),
        Vec::<String>::new()
    );
    assert!(document(&["schema"])["$defs"]["Stage"]["properties"]["cap"].is_object());
}

#[test]
fn apply_does_what_the_recipe_does_that_it_prints() {
    let (applied, printed) = (example(), example());
    let arguments = [
        "apply",
        "cap",
        "rows.jsonl",
        "--by",
        "metadata.task_type",
        "--max",
        "2",
        "--seed",
        "7",
        "--out",
        "out",
    ];
    applied.unskew(&arguments).success();
    let recipe = printed.unskew(&[&arguments[..], &["--print-recipe"]].concat()).success().stdout;
    assert_eq!(printed.files("out"), Vec::<String>::new());
    printed.write("recipe.yaml", recipe);
    printed.unskew(&["run", "recipe.yaml"]).success();
    let files = printed.files("out");
    assert!(files.len() >= 5 && files == applied.files("out"), "{files:?}");
    for file in files {
        let read = |dir: &Dir| std::fs::read(dir.path().join("out").join(&file)).unwrap();
        assert_eq!(read(&printed), read(&applied), "{file}");
    }
}

#[test]
fn a_failed_check_leaves_the_folder() {
    let dir = example();
    let checks = "checks=[{expect: max_share(task) <= 0.4}, {expect: retention >= 0.9, level: warn}]";
    let run = dir.unskew(&["run", "recipe.yaml", "--set", checks]).failure(6);
    assert!(run.stdout.contains("  ✗ max_share(task) <= 0.4 (0.5)\n"), "{}", run.stdout);
    assert!(run.stdout.contains("  ⚠ warning: retention >= 0.9 (0.5714)\n"), "{}", run.stdout);
    let told = "error: a check failed\n  cause: max_share(task) <= 0.4 (0.5)\n\
        hint: out was written all the same; `.unskew/report.json` in it tells more\n";
    assert!(run.stderr.ends_with(told), "{}", run.stderr);
    assert!(dir.files("out").contains(&"README.md".to_owned()));
    assert_eq!(dir.unskew(&["plan", "recipe.yaml", "--set", checks]).code, 6);
}

#[test]
fn a_category_has_no_power_over_the_terminal() {
    let dir = example();
    let task = format!("\\u001b[2J\\u0007{}", "x".repeat(500));
    dir.write("rows.jsonl", format!("{{\"metadata\": {{\"task_type\": \"{task}\"}}}}\n").repeat(3));
    for arguments in [&["run", "recipe.yaml"][..], &["inspect", "rows.jsonl", "--by", "metadata.task_type"]] {
        let shown = dir.unskew(arguments).success().stdout;
        assert!(shown.contains("␛[2J␇xxx"), "{shown}");
        assert!(!shown.contains('\x1b') && !shown.contains('\x07'), "{shown:?}");
        assert!(shown.lines().all(|line| line.chars().count() <= 90), "{shown}");
    }
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let dir = example();
    for arguments in [&["schema"][..], &["--help"], &["run", "recipe.yaml"], &["strategies", "--json"]] {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let output = Command::new(env!("CARGO_BIN_EXE_unskew"))
            .args(arguments)
            .current_dir(dir.path())
            .stdout(writer)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {told}");
        assert!(!told.contains("error"), "{told}");
    }
}

#[test]
fn inspect_shows_shares_and_suggests() {
    let dir = example();
    let plain = dir.unskew(&["inspect", "rows.jsonl"]).success().stdout;
    assert!(plain.contains("  metadata.task_type  text\n"), "{plain}");
    assert!(plain.ends_with("\ntry: unskew inspect rows.jsonl --by metadata.task_type\n"), "{plain}");
    let by = dir.unskew(&["inspect", "rows.jsonl", "--by", "metadata.task_type"]).success().stdout;
    assert!(by.contains("  math       5  71.4 %  ██████████████████████████\n"), "{by}");
    assert!(by.ends_with("⚠ 71.4 % of the rows are `math`\n"), "{by}");
    let rows =
        ["inspect", "rows.jsonl", "--rows", "worst: reward", "--count", "2", "--where", "reward > 0.15"];
    let rows = dir.unskew(&rows).success().stdout;
    let ids: Vec<_> = rows
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .map(|row| row["id"].clone())
        .collect();
    assert_eq!(ids, [2, 3]);
}

#[test]
fn init_writes_a_recipe_that_runs_and_overwrites_nothing() {
    let dir = Dir::new();
    dir.write("rows.jsonl", rows());
    dir.unskew(&["init", "first.yaml", "--source", "rows.jsonl"]).success();
    assert!(dir.read("first.yaml").contains("\n  kind: metadata.task_type\n"), "{}", dir.read("first.yaml"));
    dir.unskew(&["run", "first.yaml", "--out", "first", "--quiet"]).success();
    dir.write("data/rows.jsonl", rows());
    dir.unskew(&["init"]).success();
    dir.unskew(&["run", "recipe.yaml", "--quiet"]).success();
    assert!(dir.files("balanced").contains(&"README.md".to_owned()));
    let again = dir.unskew(&["init"]).failure(2);
    assert_eq!(
        again.stderr,
        "error: recipe.yaml is there already\nhint: name another file: `unskew init FILE`\n"
    );
}

#[test]
fn every_strategy_and_command_is_explained() {
    let dir = Dir::new();
    let strategies: Value =
        serde_json::from_str(&dir.unskew(&["strategies", "--json"]).success().stdout).unwrap();
    for strategy in strategies.as_array().unwrap() {
        let name = strategy["name"].as_str().unwrap();
        let shown = dir.unskew(&["strategies", name]).success().stdout;
        let help = dir.unskew(&["apply", name, "--help"]).success().stdout;
        assert!(help.starts_with(strategy["summary"].as_str().unwrap()), "{help}");
        for option in strategy["options"]["properties"].as_object().unwrap().keys() {
            assert!(shown.contains(&format!("\n  {option}  ")), "{shown}");
            assert!(help.contains(&format!("--{option}")), "{help}");
        }
    }
    for command in
        ["run", "plan", "inspect", "check", "strategies", "apply", "init", "schema", "completions", "man"]
    {
        let page = dir.unskew(&["man", command]).success().stdout;
        assert!(page.contains(&format!("unskew\\-{command}")) && page.contains(".SH SYNOPSIS"), "{page}");
    }
    assert!(dir.unskew(&["man"]).success().stdout.contains(".SH SYNOPSIS"));
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(dir.unskew(&["completions", shell]).success().stdout.contains("print-recipe"), "{shell}");
    }
}
