//! Columns that take the place of what rows have.

#![allow(clippy::unwrap_used)]

#[path = "common/common.rs"]
mod common;

use common::Dir;
use serde_json::{Value, json};

const ROWS: &str = r#"{"id": 1, "la\u0062el": 1, "meta": {"label": 1}}
{"label": "0", "id": 2, "label": 0}
{"id": 3, "meta": {"label": 2}}
{"id": 4, "label": 0.0, "meta": null}
"#;

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Runs a recipe that has this source and this output, and answers its rows as JSON Lines.
fn run(dir: &Dir, source: &str, format: &str, out: &str) -> String {
    let recipe = format!(
        "source: {source}\ncolumns: {{label: \"id = 1 or id = 3\"}}\noutput: {{format: {format}, replace: [label, label], keep: label}}\n"
    );
    dir.write("recipe.yaml", recipe);
    dir.unskew(&["run", "recipe.yaml", "--out", out]).success().stdout
}

fn rows(dir: &Dir, out: &str) -> String {
    dir.read(&format!("{out}/data/train-00000-of-00001.jsonl"))
}

#[test]
fn a_member_is_replaced_where_it_stands_and_never_written_twice() {
    let dir = Dir::new();
    dir.write("rows.jsonl", ROWS);
    run(&dir, "rows.jsonl", "jsonl", "out");
    assert_eq!(
        rows(&dir, "out"),
        r#"{"id": 1, "la\u0062el": true, "meta": {"label": 1}}
{"label": false, "id": 2}
{"id": 3, "meta": {"label": 2},"label":true}
{"id": 4, "label": false, "meta": null}
"#
    );
    let card = dir.read("out/README.md");
    assert!(card.contains(r#"{"name":"label","dtype":"bool"}"#), "{card}");
}

#[test]
fn every_pair_of_formats_has_the_same_booleans() {
    let dir = Dir::new();
    dir.write(
        "rows.jsonl",
        r#"{"id": 1, "label": 1}
{"id": 2, "label": "0"}
{"id": 3, "label": null}
"#,
    );
    let said = run(&dir, "rows.jsonl", "parquet", "parquet");
    assert!(!said.contains("JSON text"), "what is replaced is no column in conflict\n{said}");
    let expected = vec![
        json!({"id": 1, "label": true}),
        json!({"id": 2, "label": false}),
        json!({"id": 3, "label": true}),
    ];
    let source = "parquet/data/train-00000-of-00001.parquet";
    for (format, out) in [("parquet", "again"), ("jsonl", "jsonl")] {
        run(&dir, source, format, out);
    }
    assert_eq!(lines(&rows(&dir, "jsonl")), expected);
    for (name, source) in [("a", source), ("b", "again/data/train-00000-of-00001.parquet")] {
        dir.write("copy.yaml", format!("source: {source}\noutput: {{format: jsonl}}\n"));
        dir.unskew(&["run", "copy.yaml", "--out", name, "--quiet"]).success();
        assert_eq!(lines(&rows(&dir, name)), expected);
    }
}

#[test]
fn a_clash_tells_of_replacing_and_a_shape_has_nothing_to_replace() {
    let dir = Dir::new();
    dir.write("rows.jsonl", ROWS);
    dir.write(
        "clash.yaml",
        "source: rows.jsonl\ncolumns: {label: id = 1}\noutput: {format: jsonl, keep: label}\n",
    );
    let clash = dir.unskew(&["run", "clash.yaml"]).failure(4);
    assert!(clash.stderr.contains("`output: {replace: label}`"), "{}", clash.stderr);
    dir.write("shape.yaml", "source: rows.jsonl\noutput:\n  replace: id\n  shape: {x: id}\n");
    let shape = dir.unskew(&["run", "shape.yaml"]).failure(2);
    assert_eq!(
        shape.stderr,
        "\
error: only rows that stay as they are have members to replace
 --> shape.yaml:3:12
  |
3 |   replace: id
  |            ^^
hint: a shape says what members there are: `shape: {id: id}`
"
    );
}
