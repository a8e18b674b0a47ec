use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

fn card(yaml: &str) -> Metadata {
    Metadata::of_card("README.md", &format!("---\n{yaml}\n---\n# Rows\n")).unwrap()
}

fn told(
    paths: &[&str],
    metadata: &Metadata,
    config: Option<&str>,
    splits: &[&str],
) -> Result<String, String> {
    let splits: Vec<String> = splits.iter().map(|split| (*split).to_owned()).collect();
    let found = find("o/n", paths, metadata, config, &splits).map_err(|error| error.render())?;
    let splits = found.splits.iter().map(|(split, files)| format!("{split}: {}", files.join(" ")));
    Ok(splits.collect::<Vec<_>>().join("; "))
}

#[test]
fn names_tell_splits() {
    let table: &[(&[&str], &str)] = &[
        (&["a.jsonl", "b.jsonl"], "train: a.jsonl b.jsonl"),
        (&["train.jsonl", "test.jsonl", "README.md"], "train: train.jsonl; test: test.jsonl"),
        (&["data/train-00000-of-00001.parquet", "other.parquet"], "train: data/train-00000-of-00001.parquet"),
        (
            &[
                "data/hard-00000-of-00001.parquet",
                "data/test-00000-of-00001.parquet",
                "data/easy-00000-of-00001.parquet",
            ],
            "test: data/test-00000-of-00001.parquet; easy: data/easy-00000-of-00001.parquet; hard: data/hard-00000-of-00001.parquet",
        ),
        (&["train/a.jsonl", "dev/a.jsonl", "eval.jsonl"], "train: train/a.jsonl; validation: dev/a.jsonl"),
        (&["my-train.jsonl", "my_eval_1.jsonl"], "train: my-train.jsonl; test: my_eval_1.jsonl"),
        (&["training_0.jsonl", "constrain.jsonl"], "train: training_0.jsonl"),
        (
            &["config.json", "dataset_infos.json", "x/rows.json", ".unskew/lock.json", "__x/y.json"],
            "train: x/rows.json",
        ),
        (&["a.parquet", "b.jsonl", "c.jsonl", "assets/chart.svg"], "train: b.jsonl c.jsonl"),
        (&["a.parquet", "b.jsonl"], "train: a.parquet"),
        (&["a.jsonl.gz", "b.jsonl.zst"], "train: a.jsonl.gz b.jsonl.zst"),
    ];
    for (paths, expected) in table {
        assert_eq!(told(paths, &Metadata::default(), None, &[]).as_deref(), Ok(*expected), "{paths:?}");
    }
}

#[test]
fn cards_tell_configs() {
    let paths =
        [".h/a.jsonl", "README.md", "easy/a.jsonl", "easy/b.jsonl", "hard/a.jsonl", "hard/test.jsonl"];
    let two = "configs:\n- config_name: easy\n  data_files: easy/*\n- config_name: hard\n  data_dir: hard";
    let split = "configs:\n- config_name: x\n  data_files:\n  - split: train\n    path: [easy/a.jsonl, 'hard/*']\n  - {split: extra, path: '.h/*'}";
    let table: &[(&str, Option<&str>, &[&str], &str)] = &[
        (two, Some("easy"), &[], "train: easy/a.jsonl easy/b.jsonl"),
        (two, Some("hard"), &[], "test: hard/test.jsonl"),
        (split, None, &[], "train: easy/a.jsonl hard/a.jsonl hard/test.jsonl; extra: .h/a.jsonl"),
        (split, Some("x"), &["extra"], "extra: .h/a.jsonl"),
        (
            "configs:\n- config_name: a\n- config_name: b\n  default: true\n  data_files: easy/*",
            None,
            &[],
            "train: easy/a.jsonl easy/b.jsonl",
        ),
        (
            "configs:\n- {config_name: a, data_files: hard/*}\n- {config_name: b, data_files: easy/*}\ndataset_info: {config_name: b}",
            None,
            &[],
            "train: easy/a.jsonl easy/b.jsonl",
        ),
        (
            "configs:\n- {config_name: a, data_files: hard/*}\n- {config_name: b, data_files: easy/*, default: yes}",
            None,
            &[],
            "train: easy/a.jsonl easy/b.jsonl",
        ),
        (
            "configs:\n- {config_name: a, data_files: hard/*}\n- {config_name: a, data_files: easy/*}",
            None,
            &[],
            "train: easy/a.jsonl easy/b.jsonl",
        ),
        ("configs: false", None, &["test"], "test: hard/test.jsonl"),
        ("language: no", None, &["test"], "test: hard/test.jsonl"),
    ];
    for (yaml, config, splits, expected) in table {
        assert_eq!(told(&paths, &card(yaml), *config, splits).as_deref(), Ok(*expected), "{yaml}");
    }
    assert_eq!(card("language: [no, en]").texts("language"), ["no", "en"]);
}

#[test]
fn what_is_wrong_is_told() {
    let paths = ["easy/a.jsonl", "train.csv", "x.bin"];
    let one = card("configs:\n- config_name: easy\n  data_files: easy/*");
    let told = |paths: &[&str], metadata: &Metadata, config, splits: &[&str]| {
        told(paths, metadata, config, splits).unwrap_err()
    };
    let unknown = told(&paths, &one, Some("esay"), &[]);
    assert_eq!(
        unknown,
        "error: o/n has no config `esay`\n  cause: it has `easy`\nhint: did you mean `easy`?"
    );
    assert!(told(&paths, &one, None, &["tarin"]).contains("did you mean `train`?"));
    let two = card("configs:\n- config_name: a\n- config_name: b");
    assert!(told(&paths, &two, None, &[]).contains("`config: a`, `config: b`"));
    let defaults = card("configs:\n- config_name: default\n- {config_name: b, default: true}");
    assert!(told(&paths, &defaults, None, &[]).contains("several default configs: `default`, `b`"));
    let stale = card("configs:\n- {config_name: a, data_files: gone-*}");
    assert!(told(&paths, &stale, None, &[]).contains("names `gone-*`, and no file matches"));
    assert!(told(&paths[1..], &Metadata::default(), None, &[]).contains(".csv"));
    assert!(told(&paths[2..], &Metadata::default(), None, &[]).contains("no data files in o/n"));
    assert!(told(&[], &Metadata::default(), None, &[]).contains("no data files in o/n"));
    for yaml in [
        "configs: 1",
        "configs: [{default: true}]",
        "configs: [{config_name: 7}]",
        "configs: [{config_name: a, data_files: 3}]",
        "configs: [{config_name: a, data_files: [{split: a-b, path: x}]}]",
        "configs: [{config_name: a, data_files: [{split: a, path: x}, {split: a, path: y}]}]",
        "configs: [{config_name: a, data_files: [{split: a, path: x, more: y}]}]",
        "a: 1\na: 2",
        "- x",
        "a: [",
    ] {
        assert!(Metadata::of_card("README.md", &format!("---\n{yaml}\n---\n")).is_err(), "{yaml}");
    }
}

#[test]
fn a_bomb_is_defused() {
    let mut yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let before = format!("*a{}, ", level - 1).repeat(10);
        writeln!(yaml, "a{level}: &a{level} [{before}]").unwrap();
    }
    assert!(Metadata::of_card("README.md", &format!("---\n{yaml}---\n")).is_err());
    let deep = format!("---\na: {}{}\n---\n", "[".repeat(5000), "]".repeat(5000));
    assert!(Metadata::of_card("README.md", &deep).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_card_and_any_paths_are_read_without_panic(card in ".{0,200}", yaml in "[-a-z:\\[\\]{}*&! \n]{0,120}", paths in prop::collection::vec("[-a-z._/0-9*]{0,20}", 0..6)) {
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        for card in [card, format!("---\nconfigs: {yaml}\n---\n")] {
            if let Ok(metadata) = Metadata::of_card("README.md", &card) {
                let _ = find("o/n", &paths, &metadata, None, &[]);
            }
        }
        let _ = find("o/n", &paths, &Metadata::default(), None, &[]);
    }
}
