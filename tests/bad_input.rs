//! Input that is not what it should be: an error that helps, or a row that is counted; never a crash, never half a folder.

#![allow(clippy::unwrap_used)]

#[path = "common/common.rs"]
mod common;

use std::{fmt::Write as _, process::Command};

use common::{Dir, Outcome};
use serde_json::Value;

const COPY: &str = "source: rows.jsonl\noutput: {format: jsonl}\n";

fn run(dir: &Dir, recipe: &str) -> Outcome {
    dir.write("recipe.yaml", recipe);
    dir.unskew(&["run", "recipe.yaml", "--out", "out", "--quiet"])
}

fn report(dir: &Dir) -> Value {
    serde_json::from_str(&dir.read("out/.unskew/report.json")).unwrap()
}

fn data(dir: &Dir) -> String {
    dir.read("out/data/train-00000-of-00001.jsonl")
}

/// A line that is no row, and the word for why.
fn bad_lines() -> Vec<(Vec<u8>, &'static str)> {
    vec![
        (b"{\"a\": 1".to_vec(), "not-json"),
        (b"{\"a\": tru}".to_vec(), "not-json"),
        (b"nonsense".to_vec(), "not-json"),
        (b"{\"a\": NaN}".to_vec(), "not-json"),
        (b"{\"a\": -Infinity}".to_vec(), "not-json"),
        (b"{\"a\": 01}".to_vec(), "not-json"),
        (b"{\"a\": \"\x01\"}".to_vec(), "not-json"),
        (b"{\"a\": 1} {\"a\": 2}".to_vec(), "not-json"),
        (b"[1, 2]".to_vec(), "not-an-object"),
        (b"\"text\"".to_vec(), "not-an-object"),
        (b"17".to_vec(), "not-an-object"),
        (b"null".to_vec(), "not-an-object"),
        (b"{\"a\": \"\xff\xfe\"}".to_vec(), "invalid-utf8"),
        (b"{\"a\": 1e999}".to_vec(), "number-out-of-range"),
        (br#"{"a": "\ud800"}"#.to_vec(), "lone-surrogate"),
        ([b"{\"a\": ".to_vec(), vec![b'['; 10_000], vec![b']'; 10_000], b"}".to_vec()].concat(), "too-deep"),
    ]
}

#[test]
fn a_bad_row_stops_the_run_with_its_line_and_nothing_is_written() {
    for (line, _) in bad_lines() {
        let dir = Dir::new();
        dir.write(
            "rows.jsonl",
            [b"{\"a\": 0}\n\n".to_vec(), line.clone(), b"\n{\"a\": 3}\n".to_vec()].concat(),
        );
        let outcome = run(&dir, COPY).failure(4);
        let shown = String::from_utf8_lossy(&line).chars().take(40).collect::<String>();
        assert!(outcome.stderr.contains("rows.jsonl, line 3: "), "{shown}: {}", outcome.stderr);
        assert!(outcome.stderr.contains("hint: `on_bad_row: skip`"), "{shown}: {}", outcome.stderr);
        assert_eq!(dir.files("."), ["recipe.yaml", "rows.jsonl"], "{shown}");
    }
}

#[test]
fn bad_rows_can_be_skipped_and_are_counted_by_reason() {
    let dir = Dir::new();
    let mut text = b"{\"a\": 0}\n".to_vec();
    for (line, _) in bad_lines() {
        text.extend(line);
        text.push(b'\n');
    }
    text.extend(b"{\"a\": 1}");
    dir.write("rows.jsonl", &text);
    run(&dir, &format!("on_bad_row: skip\n{COPY}")).success();
    assert_eq!(data(&dir), "{\"a\": 0}\n{\"a\": 1}\n");
    let report = report(&dir);
    for reason in
        ["not-json", "not-an-object", "invalid-utf8", "number-out-of-range", "lone-surrogate", "too-deep"]
    {
        let expected = bad_lines().iter().filter(|(_, own)| *own == reason).count();
        assert_eq!(report["sources"][0]["bad"][reason], expected, "{reason}");
    }
    assert_eq!(report["rows"]["bad"], bad_lines().len());
    assert_eq!(report["bad_rows"][0]["line"], 2);
}

#[test]
fn bad_rows_can_be_kept_byte_for_byte() {
    let dir = Dir::new();
    let bad: Vec<Vec<u8>> = bad_lines().into_iter().map(|(line, _)| line).collect();
    let mut text = vec![];
    for (index, line) in bad.iter().enumerate() {
        text.extend(format!("{{\"good\": {index}}}\n").bytes());
        text.extend(line);
        text.extend(b"\r\n");
    }
    dir.write("rows.jsonl", &text);
    run(&dir, &format!("on_bad_row: quarantine\n{COPY}")).success();
    let kept = std::fs::read(dir.path().join("out/.unskew/quarantine.jsonl")).unwrap();
    let expected: Vec<u8> = bad.iter().flat_map(|line| [line.as_slice(), b"\r\n"].concat()).collect();
    assert!(kept == expected, "{}", String::from_utf8_lossy(&kept[..200]));
    assert_eq!(data(&dir).lines().count(), bad.len());
}

#[test]
fn a_list_on_the_first_line_is_a_bad_row_and_not_an_array_of_rows() {
    let dir = Dir::new();
    for first in ["[1]", "[{\"a\": 0}]", "[]", "[\"]\"] "] {
        dir.write("rows.jsonl", format!("\n{first}\n{{\"a\": 1}}\n"));
        let outcome = run(&dir, COPY).failure(4);
        assert!(
            outcome.stderr.contains("rows.jsonl, line 2: the row is a list, not an object"),
            "{}",
            outcome.stderr
        );
        run(&dir, &format!("on_bad_row: skip\n{COPY}")).success();
        assert_eq!(data(&dir), "{\"a\": 1}\n");
    }
    for array in ["[{\"a\": 1}]\n \n", "[\n{\"a\": 1}\n]\n", "[{\"a\":\n1}]"] {
        dir.write("rows.jsonl", array);
        run(&dir, COPY).success();
        assert_eq!(report(&dir)["rows"]["output"], 1, "{array}");
    }
}

#[test]
fn odd_but_valid_rows_are_rows() {
    let rows = [
        r#"{"a": 1, "a": 2}"#,
        r#"{"a": 123456789012345678901234567890}"#,
        r#"{"metadata": null}"#,
        "\t{ \"a\" : \"\u{2028}\" }  ",
        r#"{"a": "\ud83d\ude00"}"#,
        r#"{"": {}}"#,
        "{}",
    ];
    let dir = Dir::new();
    let text = format!("\u{feff}{}\r\n\r\n \n{}", rows[..3].join("\r\n"), rows[3..].join("\n"));
    dir.write("rows.jsonl", text);
    run(&dir, COPY).success();
    let written = data(&dir);
    assert_eq!(written.lines().count(), rows.len());
    for (row, written) in rows.iter().zip(written.lines()) {
        assert_eq!(row.trim(), written.trim());
    }
    run(&dir, "source: rows.jsonl\nwhere: metadata.task is null\n").failure(2);
    run(&dir, "source: rows.jsonl\n").success();
}

#[test]
fn a_line_of_a_hundred_megabytes_is_a_row() {
    let dir = Dir::new();
    let long = format!("{{\"id\": 1, \"text\": \"{}\"}}\n{{\"id\": 2}}", "x".repeat(100 << 20));
    dir.write("rows.jsonl", &long);
    run(&dir, "source: rows.jsonl\nwhere: length(text) > 1000\noutput: {format: jsonl, overflow: true}\n")
        .success();
    assert_eq!(data(&dir).len(), long.lines().next().unwrap().len() + 1);
    assert_eq!(dir.read("out/overflow/train-00000-of-00001.jsonl"), "{\"id\": 2}\n");
}

#[test]
fn a_path_of_two_types_is_an_error_that_counts_them() {
    let dir = Dir::new();
    dir.write("rows.jsonl", "{\"m\": {\"k\": 1}}\n{\"m\": {\"k\": 2}}\n{\"m\": {\"k\": \"x\"}}\n");
    let outcome = run(&dir, "source: rows.jsonl\nwhere: m.k > 1\n").failure(4);
    assert!(outcome.stderr.contains("2 numbers, 1 text"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("line 3"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("`number(m.k)` or `text(m.k)`"), "{}", outcome.stderr);
    run(&dir, "source: rows.jsonl\nwhere: number(m.k) > 1\noutput: {format: jsonl}\n").success();
    assert_eq!(data(&dir).lines().count(), 1);
}

#[test]
fn members_in_conflict_become_json_text_in_parquet() {
    let dir = Dir::new();
    dir.write("rows.jsonl", "{\"id\": 1, \"m\": \"text\"}\n{\"id\": 2, \"m\": {\"k\": [1, \"x\"]}}\n");
    run(&dir, "source: rows.jsonl\n").success();
    assert_eq!(report(&dir)["json_columns"][0]["path"], "m");
    dir.write("back.yaml", "source: out/data/*.parquet\noutput: {format: jsonl}\n");
    dir.unskew(&["run", "back.yaml", "--out", "back", "--quiet"]).success();
    let back = dir.read("back/data/train-00000-of-00001.jsonl");
    let rows: Vec<Value> = back.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows[0]["m"], "\"text\"");
    let inner: Value = serde_json::from_str(rows[1]["m"].as_str().unwrap()).unwrap();
    assert_eq!(inner, serde_json::json!({"k": [1, "x"]}));
}

#[test]
fn a_path_that_no_row_has_is_an_error_with_a_suggestion() {
    let dir = Dir::new();
    dir.write("rows.jsonl", "{\"metadata\": {\"task_type\": \"math\"}}\n");
    let recipe = "source: rows.jsonl\nstages:\n  - cap: {by: metadata.task_typ, max: 1}\n";
    assert_eq!(
        run(&dir, recipe).failure(2).stderr,
        "error: no row has `metadata.task_typ`\n --> recipe.yaml:3:15\n  |\n\
         3 |   - cap: {by: metadata.task_typ, max: 1}\n  |               ^^^^^^^^^^^^^^^^^\n\
         hint: did you mean `metadata.task_type`?\n"
    );
}

#[test]
fn damaged_files_are_named() {
    let dir = Dir::new();
    let rows: String = (0..1000).fold(String::new(), |mut text, id| {
        let _ = writeln!(text, "{{\"id\": {id}, \"text\": \"row number {id}\"}}");
        text
    });
    dir.write("rows.jsonl", &rows);
    run(&dir, "source: rows.jsonl\noutput: {format: jsonl, compression: gzip, file: a.jsonl.gz}\n").success();
    let gzip = std::fs::read(dir.path().join("out/data/a.jsonl.gz")).unwrap();
    run(&dir, "source: rows.jsonl\noutput: {format: jsonl, compression: zstd, file: a.jsonl.zst}\n")
        .success();
    let zstd = std::fs::read(dir.path().join("out/data/a.jsonl.zst")).unwrap();
    run(&dir, "source: rows.jsonl\noutput: {file: a.parquet}\n").success();
    let parquet = std::fs::read(dir.path().join("out/data/a.parquet")).unwrap();
    std::fs::remove_dir_all(dir.path().join("out")).unwrap();

    let cut = |bytes: &[u8], end: usize| bytes[..end].to_vec();
    let flip = |bytes: &[u8], at: usize| {
        let mut bytes = bytes.to_vec();
        bytes[at] ^= 0x55;
        bytes
    };
    let damaged = [
        ("cut.jsonl.gz", cut(&gzip, gzip.len() / 2)),
        ("checksum.jsonl.gz", flip(&gzip, gzip.len() - 6)),
        ("cut.jsonl.zst", cut(&zstd, zstd.len() / 2)),
        ("checksum.jsonl.zst", flip(&zstd, zstd.len() / 2)),
        ("cut.parquet", cut(&parquet, parquet.len() / 2)),
        ("footer.parquet", flip(&parquet, parquet.len() - 7)),
        ("magic.parquet", flip(&parquet, parquet.len() - 1)),
        ("empty.parquet", vec![]),
    ];
    for (name, bytes) in damaged {
        dir.write(name, bytes);
        let outcome = run(&dir, &format!("source: {name}\nwhere: id >= 0\n"));
        assert!(matches!(outcome.code, 3 | 4), "{name} ended with {}: {}", outcome.code, outcome.stderr);
        assert!(outcome.stderr.contains(name), "{name}: {}", outcome.stderr);
        assert!(!dir.path().join("out").exists(), "{name} left a folder");
    }
    // Parquet pages carry no checksum: what cannot be seen to be wrong is read, but nothing breaks.
    for at in (4..parquet.len() - 8).step_by(parquet.len() / 20) {
        dir.write("flipped.parquet", flip(&parquet, at));
        let outcome = run(&dir, "source: flipped.parquet\nwhere: id >= 0\n");
        assert!(matches!(outcome.code, 0 | 2 | 4), "byte {at}: {} {}", outcome.code, outcome.stderr);
    }
}

#[test]
fn shards_whose_columns_differ_are_one_dataset() {
    let dir = Dir::new();
    dir.write("a.jsonl", "{\"id\": 1, \"x\": 1}\n");
    dir.write("b.jsonl", "{\"id\": 2, \"y\": \"two\"}\n");
    for name in ["a", "b"] {
        dir.write("one.yaml", format!("source: {name}.jsonl\noutput: {{file: {name}.parquet}}\n"));
        dir.unskew(&["run", "one.yaml", "--out", name, "--quiet"]).success();
    }
    run(&dir, "source: [{name: a, path: a/data/a.parquet}, {name: b, path: b/data/b.parquet}]\noutput: {format: jsonl}\n")
        .success();
    let rows: Vec<Value> = data(&dir).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((rows.len(), &rows[0]["x"], &rows[1]["y"]), (2, &1.into(), &"two".into()));
    run(
        &dir,
        "source: [{name: a, path: a/data/a.parquet}, {name: b, path: b/data/b.parquet}]\nwhere: y is null\n",
    )
    .success();
    assert_eq!(report(&dir)["rows"]["output"], 1);
}

#[test]
fn no_rows_are_a_warning_and_an_empty_split() {
    let dir = Dir::new();
    for (text, condition) in [("", ""), ("\n\n", ""), ("{\"a\": 1}\n", "where: a > 1\n")] {
        dir.write("rows.jsonl", text);
        for format in ["jsonl", "parquet"] {
            run(&dir, &format!("source: rows.jsonl\n{condition}output: {{format: {format}}}\n")).success();
            assert!(report(&dir)["notices"].to_string().contains("no rows are left"));
            assert_eq!(dir.files("out/data"), [format!("train-00000-of-00001.{format}")]);
        }
    }
    dir.write("empty.jsonl", "");
    run(&dir, "source: empty.jsonl\nstages:\n  - cap: {by: task, max: 1}\n  - order: {interleave: task}\n")
        .success();
}

#[test]
fn a_missing_value_and_the_text_null_are_told_apart() {
    let dir = Dir::new();
    dir.write("rows.jsonl", "{\"t\": null}\n{\"t\": \"null\"}\n{\"t\": \"null\"}\n{\"t\": \"x\"}\n");
    dir.write("recipe.yaml", "source: rows.jsonl\nstages:\n  - cap: {by: t, max: 1}\n");
    let told = dir.unskew(&["run", "recipe.yaml", "--out", "out"]).success().stdout;
    let (card, inspected) =
        (dir.read("out/README.md"), dir.unskew(&["inspect", "rows.jsonl", "--by", "t"]).stdout);
    for text in [&told, &card, &inspected] {
        let lines = |start: &str| {
            text.lines().filter(|line| line.trim_start_matches(['|', ' ']).starts_with(start)).count()
        };
        assert_eq!((lines("null "), lines("\"null\" ")), (1, 1), "{text}");
    }
}

#[test]
fn wild_names_do_no_harm() {
    let dir = Dir::new();
    let names =
        ["../../x", "a/b", "<script>alert(1)</script>", "\u{1b}[31mred", "| a | b |", "---", "no", ""];
    let rows: String = names.iter().fold(String::new(), |mut text, name| {
        for id in 0..2 {
            let _ = writeln!(text, "{}", serde_json::json!({"id": id, "task": name}));
        }
        text
    });
    dir.write("rows.jsonl", rows);
    dir.write(
        "recipe.yaml",
        "source: rows.jsonl\nstages:\n  - cap: {by: task, max: 1}\noutput: {format: jsonl, overflow: {split: task}}\n",
    );
    let outcome = dir.unskew(&["run", "recipe.yaml", "--out", "out"]).success();
    assert!(!outcome.stdout.contains('\u{1b}'), "{}", outcome.stdout);
    assert_eq!(dir.files("out/overflow").len(), names.len());
    assert!(
        dir.files("out/overflow").iter().all(|name| {
            name.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-.".contains(letter))
        })
    );
    let card = dir.read("out/README.md");
    assert!(!card.contains("<script>") && !card.contains('\u{1b}'), "{card}");
    assert_eq!(card.lines().filter(|line| *line == "---").count(), 2, "{card}");
    assert_eq!(dir.files(".").iter().filter(|name| !name.starts_with("out/")).count(), 2);
}

#[test]
fn a_million_categories_do_no_harm() {
    let dir = Dir::new();
    let rows = |count: usize| {
        (0..count).fold(String::new(), |mut text, id| {
            let _ = writeln!(text, "{{\"task\":\"task {id}\"}}");
            text
        })
    };
    dir.write("rows.jsonl", rows(1_000_000));
    let recipe = |split: &str| {
        format!(
            "source: rows.jsonl\nstages:\n  - cap: {{by: task, max: 1}}\n  - cap: {{by: length(task), max: 1000}}\noutput: {{format: jsonl, overflow: {split}}}\n"
        )
    };
    run(&dir, &recipe("true")).success();
    assert!(dir.read("out/.unskew/report.json").len() < 1_000_000);
    assert!(dir.read("out/README.md").len() < 100_000);
    dir.write("rows.jsonl", rows(20_000));
    let outcome = run(&dir, &recipe("{split: task}")).failure(4);
    assert!(outcome.stderr.contains("splits, and 1000 is the most"), "{}", outcome.stderr);
}

#[cfg(unix)]
#[test]
fn many_splits_need_few_open_files() {
    let dir = Dir::new();
    // Long enough that no split is complete before others begin.
    let long = "x".repeat(2000);
    let rows = (0..2000).fold(String::new(), |mut text, id| {
        let task = format!("task{}", id % 500);
        let _ = writeln!(text, "{}", serde_json::json!({"id": id, "task": task, "text": long}));
        text
    });
    dir.write("rows.jsonl", &rows);
    dir.write(
        "recipe.yaml",
        "source: rows.jsonl\nstages:\n  - cap: {by: task, max: 1}\noutput: {format: jsonl, overflow: {split: task}}\n",
    );
    let run = format!("ulimit -n 256 && exec {} run recipe.yaml --out out", env!("CARGO_BIN_EXE_unskew"));
    let output = Command::new("sh").args(["-c", &run]).current_dir(dir.path()).output();
    let output = output.expect("the program can be started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let overflow = dir.files("out/overflow");
    assert_eq!(overflow.len(), 500);
    let read = |name: &String| dir.read(&format!("out/overflow/{name}"));
    let mut written: Vec<String> = overflow.iter().map(read).collect();
    written.push(data(&dir));
    let mut written: Vec<&str> = written.iter().flat_map(|text| text.lines()).collect();
    let mut rows: Vec<&str> = rows.lines().collect();
    written.sort_unstable();
    rows.sort_unstable();
    assert_eq!(written, rows);
}

#[test]
fn a_source_that_changes_is_noticed_or_whole() {
    let dir = Dir::new();
    dir.write("rows.jsonl", "{\"a\": 1}\n");
    run(&dir, COPY).success();
    dir.write("rows.jsonl", "{\"a\": 2}\n{\"a\": 3}\n");
    run(&dir, COPY).success();
    assert_eq!(data(&dir).lines().count(), 2);
}

#[test]
fn a_disk_that_is_full_is_told_with_advice() {
    let dir = Dir::new();
    let rows = (0..20_000).fold(String::new(), |mut text, id| {
        let _ = writeln!(text, "{{\"id\": {id}, \"text\": \"{}\"}}", u64::MAX / (id + 1));
        text
    });
    dir.write("rows.jsonl", rows);
    for format in ["jsonl", "parquet"] {
        dir.write("recipe.yaml", format!("source: rows.jsonl\noutput: {{format: {format}}}\n"));
        // No file may have more than 32 kilobytes, which looks to a program much as a full disk does.
        let script = "trap '' XFSZ; ulimit -f 64; exec \"$0\" run recipe.yaml --out out --quiet";
        let output = std::process::Command::new("sh")
            .args(["-c", script, env!("CARGO_BIN_EXE_unskew")])
            .current_dir(dir.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(4), "{format}: {said}");
        assert!(said.contains("hint: make room on the disk"), "{format}: {said}");
        assert_eq!(dir.files("."), ["recipe.yaml", "rows.jsonl"], "{format}");
    }
}
