use std::path::Path;

use proptest::prelude::*;
use unskew_io::Local;

use super::*;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn look(folder: &Path) -> Checklist {
    let store: Arc<dyn Store> = Arc::new(Local::new(folder));
    check(&store)
}

/// What failed, and why.
fn failures(files: &[(&str, &str)]) -> Vec<(&'static str, String)> {
    let folder = folder(files);
    let found = look(folder.path());
    let failed = found.items.into_iter().filter(|item| item.outcome == Outcome::Fail);
    failed.map(|item| (item.name, item.detail)).collect()
}

const ROWS: (&str, &str) = ("data/train.jsonl", "{\"a\": 1}\n{\"a\": 2}\n");

#[test]
fn what_can_be_loaded_passes() {
    let card = "---\nconfigs:\n- config_name: x\n  data_files:\n  - {split: train, path: data/train*}\ndataset_info:\n  \
        config_name: x\n  features:\n  - {name: a, dtype: int64}\n  splits:\n  - {name: train, num_examples: 2}\n---\n";
    assert_eq!(failures(&[ROWS, ("README.md", card), (".unskew/report.json", "{}")]), []);
    assert_eq!(failures(&[ROWS]), []);
    assert_eq!(failures(&[ROWS, ("test/x.jsonl", "{\"a\": 1}\n"), ("README.md", "# no YAML")]), []);
}

#[test]
fn what_cannot_be_loaded_fails_where_it_goes_wrong() {
    let with = |yaml: &str| failures(&[ROWS, ("README.md", &format!("---\n{yaml}\n---\n"))]);
    for (yaml, item, detail) in [
        ("a: 1\na: 2", "card", "duplicate mapping key: a"),
        ("configs: data", "configs", "`configs` is no list"),
        ("configs: [{data_files: x}]", "configs", "a config has no `config_name`"),
        ("configs: [{config_name: a, data_files: 1}]", "configs", "`data_files` of `a`"),
        (
            "configs: [{config_name: a, data_files: [{split: a-b, path: x}]}]",
            "configs",
            "`a-b` cannot be the name of a split",
        ),
        (
            "configs: [{config_name: a, data_files: [{split: all, path: data/*}]}]",
            "configs",
            "`all` cannot be the name of a split",
        ),
        (
            "configs: [{config_name: a/b, data_files: data/*}]",
            "configs",
            "`a/b` cannot be the name of a config",
        ),
        ("configs: [{config_name: a, data_files: none/*}]", "format", "there are no data files"),
        (
            "configs: [{config_name: a, default: true, data_files: data/*}, {config_name: default, data_files: data/*}]",
            "default",
            "`a` and `default` are both the default config",
        ),
        (
            "dataset_info: {features: [{name: b, dtype: string}]}",
            "columns",
            "data/train.jsonl: the card does not tell of `a`",
        ),
        (
            "dataset_info: {splits: [{name: train, num_examples: 3}]}",
            "rows",
            "`train` of `default` has 2 rows",
        ),
        (
            "dataset_info: {splits: [{name: test, num_examples: 2}]}",
            "rows",
            "the card tells of a split `test`",
        ),
        ("dataset_info: {features: [{name: a, dtype: number}]}", "configs", "`number` is no type"),
    ] {
        let found = with(yaml);
        assert!(found.iter().any(|(name, text)| *name == item && text.contains(detail)), "{yaml}: {found:?}");
    }
    let mixed = failures(&[ROWS, ("data/train.parquet", "x"), ("data/train2.parquet", "x")]);
    assert_eq!(mixed[0].0, "format");
    let broken = failures(&[("train.parquet", "PAR1 nothing PAR1")]);
    assert_eq!(broken[0].0, "columns");
}

#[test]
fn what_lies_over_the_card_counts() {
    let over = "configs: [{config_name: a, data_files: none/*}]";
    assert_eq!(failures(&[ROWS, (".huggingface.yaml", over)])[0].0, "format");
}

#[test]
fn leftovers_are_told_and_do_not_fail() {
    let card = "---\nconfigs:\n- {config_name: x, data_files: data/train*}\ndataset_info: {config_name: x, download_size: 1}\n---\n";
    let folder = folder(&[ROWS, ("README.md", card), ("old/train-00000-of-00002.jsonl", "{\"b\": 1}\n")]);
    let found = look(folder.path());
    assert!(found.passed);
    let warned: Vec<&str> =
        found.items.iter().filter(|item| item.outcome == Outcome::Warn).map(|item| item.name).collect();
    assert_eq!(warned, ["sizes", "leftovers"]);
    assert_eq!(found.items.len(), ITEMS.len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_card_is_judged(yaml in "[a-z:,\\-\\[\\]{}\"' \n*&!|]{0,120}", legacy in "[{}\"a:1,\\[\\]]{0,20}") {
        let card = format!("---\n{yaml}\n---\n");
        let folder = folder(&[ROWS, ("README.md", &card), (LEGACY, &legacy)]);
        prop_assert_eq!(look(folder.path()).items.len(), ITEMS.len());
    }

    #[test]
    fn any_config_is_judged(name in any::<String>(), split in any::<String>(), path in any::<String>(), dtype in any::<String>()) {
        let yaml = crate::yaml::entry("configs", &serde_json::json!([
            {"config_name": name, "data_files": [{"split": split, "path": path}]}
        ])) + &crate::yaml::entry("dataset_info", &serde_json::json!([
            {"config_name": name, "features": [{"name": split, "dtype": dtype}, {"name": path, "list": [{"name": dtype, "sequence": dtype}]}]}
        ]));
        let folder = folder(&[ROWS, ("README.md", &format!("---\n{yaml}---\n"))]);
        prop_assert_eq!(look(folder.path()).items.len(), ITEMS.len());
    }
}
