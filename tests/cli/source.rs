//! Which rows of a source `inspect` and `check` look at.

use crate::common::Dir;

const CARD: &str = "\
---
configs:
- config_name: easy
  default: true
  data_files:
  - {split: train, path: easy/train.jsonl}
  - {split: test, path: easy/test.jsonl}
- config_name: hard
  data_files: hard.jsonl
---
";

/// A folder with two configs: six rows in two splits, and two rows.
fn configs() -> Dir {
    let dir = Dir::new();
    dir.write("set/README.md", CARD);
    let row = |label: &str, task: &str| format!("{{\"label\": {label}, \"task\": \"{task}\"}}\n");
    let (good, bad) = (row("true", "math"), row("false", "coding"));
    dir.write("set/easy/train.jsonl", format!("{good}{bad}").repeat(2));
    dir.write("set/easy/test.jsonl", bad.repeat(2));
    dir.write("set/hard.jsonl", good + &bad);
    dir
}

#[test]
fn a_config_and_its_splits_are_chosen_by_name() {
    let dir = configs();
    let size = |more: &[&str]| {
        let told = |command: &[&str]| {
            let all = [command, more].concat();
            dir.unskew(&all).stdout.lines().next().unwrap_or_default().to_owned()
        };
        let inspected = told(&["inspect", "set"]);
        assert_eq!(told(&["check", "set", "--for", "kto"]), inspected);
        inspected
    };
    assert!(size(&[]).starts_with("set: 8 rows in 3 files, "));
    assert!(size(&["--config", "easy"]).starts_with("set: 6 rows in 2 files, "));
    assert!(size(&["--config", "hard"]).starts_with("set: 2 rows in 1 file, "));
    assert!(size(&["--split", "test"]).starts_with("set: 2 rows in 1 file, "));
    let both = ["--config", "easy", "--split", "test", "--split", "train", "--limit", "4"];
    assert!(size(&both).starts_with("set: 4 rows in 2 files, "));
    let try_this = dir.unskew(&["inspect", "set", "--config", "easy", "--split", "train"]).success().stdout;
    assert!(
        try_this.contains("try: unskew inspect set --config easy --split train --by task\n"),
        "{try_this}"
    );
}

#[test]
fn a_mistyped_name_is_told() {
    let dir = configs();
    let told = |more: &[&str]| {
        let inspected = dir.unskew(&[&["inspect", "set"], more].concat()).failure(3).stderr;
        let checked = dir.unskew(&[&["check", "set", "--for", "kto"], more].concat()).failure(3).stderr;
        let error = |text: &str| text.lines().next().unwrap_or_default().to_owned();
        assert_eq!(error(&inspected), error(&checked));
        inspected
    };
    let config = told(&["--config", "hrad"]);
    assert!(config.starts_with("error: set has no config `hrad`\n"), "{config}");
    assert!(config.contains("hint: did you mean `hard`?"), "{config}");
    let split = told(&["--split", "trian"]);
    assert!(split.starts_with("error: set has no split `trian`\n"), "{split}");
    assert!(split.contains("hint: did you mean `train`?"), "{split}");
    let file = dir.unskew(&["inspect", "set/hard.jsonl", "--split", "train"]).failure(2).stderr;
    assert!(file.contains("hint: `config` and `split` choose files of a folder"), "{file}");
}
