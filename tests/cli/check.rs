//! What `unskew check` tells of rows that a trainer would stumble over.

use serde_json::Value;

use crate::{common::Dir, schema};

/// Rows with these rewards, and labels that are true where the reward is above a half.
fn rewarded(rewards: &[f64]) -> Dir {
    let dir = Dir::new();
    let row = |reward: &f64| format!("{{\"reward\": {reward:?}, \"label\": {}, \"ok\": 1}}\n", *reward > 0.5);
    dir.write("rows.jsonl", rewards.iter().map(row).collect::<String>());
    dir
}

#[test]
fn rows_that_are_fit_pass() {
    let high = |row: i32| if row % 2 == 0 { row / 2 } else { 49 - row / 2 };
    let rewards: Vec<f64> = (0..50).map(|row| f64::from(high(row)) / 49.0).collect();
    let dir = rewarded(&rewards);
    let ppo = dir.unskew(&["check", "rows.jsonl", "--for", "ppo"]).success();
    assert!(ppo.stdout.starts_with("rows: 50 rows in 1 file, "), "{}", ppo.stdout);
    assert_eq!(ppo.stdout.matches("✓ pass").count(), 7, "{}", ppo.stdout);
    let both = dir.unskew(&["check", "rows.jsonl", "--for", "kto", "--for", "ppo"]).success();
    assert_eq!(both.stdout.matches("✓ pass").count(), 15, "{}", both.stdout);
    assert_eq!(dir.files(""), ["rows.jsonl"]);
}

#[test]
fn a_warning_is_no_failure() {
    let run = rewarded(&[0.0, 1.0, 0.0, 1.0]).unskew(&["check", "rows.jsonl", "--for", "ppo"]).success();
    assert!(run.stdout.contains("  ⚠ warn  ppo: bins "), "{}", run.stdout);
    let told = "⚠ warn ppo: ends: nearly all rewards are near 0 or near 1\n  hint: adjust how difficult the tasks are, or score in finer steps\n";
    assert!(run.stdout.contains(told), "{}", run.stdout);
}

#[test]
fn a_failure_ends_with_6() {
    let run = rewarded(&[0.9, 0.8]).unskew(&["check", "rows.jsonl", "--for", "kto"]).failure(6);
    assert_eq!(
        run.stdout,
        "\
rows: 2 rows in 1 file, 80 B

          check               measured  expected
  ✓ pass  kto: missing               0  share(label is null) = 0
  ✗ FAIL  kto: both labels           1  distinct(label) = 2
  ✓ pass  kto: ratio                 1  min_share(label) >= 0.2
  ✓ pass  kto: booleans              1  share(kind(label) = 'boolean') = 1
  ⚠ warn  kto: batches of 2          1  one_valued(label, 2) = 0
  ⚠ warn  kto: batches of 4          1  one_valued(label, 4) = 0
  ⚠ warn  kto: batches of 8          1  one_valued(label, 8) = 0
  ⚠ warn  kto: batches of 16         1  one_valued(label, 16) = 0

✗ FAIL kto: both labels: training needs desirable and undesirable rows, and no third label
  hint: say what is desirable: `label: reward >= 0.5`

⚠ warn kto: batches of 2: read in this order, some batches of 2 rows hold one label
  hint: train with larger batches, or let `kto` put the rows in order

⚠ warn kto: batches of 4: read in this order, some batches of 4 rows hold one label
  hint: train with larger batches, or let `kto` put the rows in order

⚠ warn kto: batches of 8: read in this order, some batches of 8 rows hold one label
  hint: train with larger batches, or let `kto` put the rows in order

⚠ warn kto: batches of 16: read in this order, some batches of 16 rows hold one label
  hint: let `kto` put the rows in order
"
    );
    let told = "\
error: a check failed
  cause: kto: both labels, distinct(label) = 2 (1): training needs desirable and undesirable rows, and no third label
hint: `unskew strategies` lists what a recipe can do about it
";
    assert!(run.stderr.ends_with(told), "{}", run.stderr);
}

#[test]
fn expressions_say_what_to_look_at() {
    let dir = rewarded(&[0.9, 0.8, 0.3]);
    let label = ["check", "rows.jsonl", "--for", "kto", "--label", "good", "--columns", "good=reward >= 0.5"];
    dir.unskew(&label).success();
    let score =
        ["check", "rows.jsonl", "--for", "ppo", "--score", "1 - reward", "--where", "label", "--json"];
    let run = dir.unskew(&score).failure(6);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let schema: Value = serde_json::from_str(&dir.unskew(&["schema", "report"]).success().stdout).unwrap();
    assert_eq!(schema::violations(&schema, &report), Vec::<String>::new());
    assert_eq!(report["rows"]["input"], 2);
    assert_eq!(report["checks"][2]["name"], "ppo: no spread");
    assert_eq!(report["checks"][2]["expect"], "stddev(1 - reward) >= 0.1");
}

#[test]
fn rows_that_cannot_be_read_are_told() {
    let dir = rewarded(&[0.1, 0.5, 0.9]);
    dir.write("rows.jsonl", dir.read("rows.jsonl") + "{broken\n");
    let run = dir.unskew(&["check", "rows.jsonl", "--for", "ppo"]).success();
    assert!(run.stdout.contains("\n1 row cannot be read: "), "{}", run.stdout);
}

#[test]
fn what_cannot_be_checked_is_explained() {
    let dir = rewarded(&[0.1, 0.9]);
    let told = |arguments: &[&str]| {
        let run = dir.unskew(&[&["check", "rows.jsonl"], arguments].concat()).failure(2);
        assert_eq!(run.stdout, "");
        run.stderr
    };
    assert_eq!(told(&["--for", "ppo", "--label", "ok"]), "error: `--label` has no meaning for `ppo`\n");
    assert!(told(&["--for", "dpo"]).contains("hint: say what to look at: `score: EXPRESSION`"));
    assert!(told(&["--for", "ppo", "--score", "rewrd"]).contains("hint: did you mean `reward`?"));
    assert!(told(&["--for", "rlhf"]).contains("'rlhf'"));
    assert!(told(&[]).contains("--for <PRESET>"));
}
