//! How much memory a run takes, whatever it is fed.

#![allow(clippy::unwrap_used)]

#[path = "common/common.rs"]
mod common;

use std::{
    fmt::Write as _,
    fs,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Duration,
};

use common::Dir;

const MEMORY: u64 = 256 << 20;

/// What the program takes besides: its threads, the blocks that they read, and what an allocator does not give back.
const BESIDES: u64 = 64 << 20;

/// The anonymous memory of a process, as long as it runs.
fn anonymous(child: &Child) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find(|line| line.starts_with("RssAnon:"))?;
    line.split_ascii_whitespace().nth(1)?.parse::<u64>().ok().map(|kilobytes| kilobytes << 10)
}

/// Runs a recipe; its exit code, what it said, and the most memory that was seen.
fn run(dir: &Dir, recipe: &str) -> (i32, String, u64) {
    dir.write("recipe.yaml", recipe);
    let mut child = Command::new(env!("CARGO_BIN_EXE_unskew"))
        .args(["run", "recipe.yaml", "--out", "out", "--quiet", "--memory", "256MiB", "--threads", "2"])
        .current_dir(dir.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        most = most.max(anonymous(&child).unwrap_or(0));
        sleep(Duration::from_millis(1));
    }
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().unwrap(), said, most)
}

#[track_caller]
fn assert_refused(dir: &Dir, recipe: &str, what: &str) {
    let (code, said, most) = run(dir, recipe);
    assert_eq!(code, 4, "{said}");
    assert!(said.contains(&format!("256 MiB that may be used does not hold {what}")), "{said}");
    assert!(said.contains("hint: allow more with `--memory`"), "{said}");
    assert!(most < MEMORY + BESIDES, "{most} bytes were taken");
    assert!(!dir.path().join("out").exists());
}

/// Rows with a text of `length` letters, each another.
fn wide(rows: usize, length: usize) -> String {
    (0..rows).fold(String::new(), |mut text, row| {
        let _ = writeln!(text, "{{\"id\": {row}, \"text\": \"{row:0length$}\"}}");
        text
    })
}

#[test]
fn columns_that_do_not_fit_stop_the_scan() {
    let dir = Dir::new();
    dir.write("rows.jsonl", wide(26_000, 8500));
    assert_refused(&dir, "source: rows.jsonl\nwhere: text <> 'x'\n", "the narrow columns");
}

#[test]
fn a_row_that_does_not_fit_is_refused_before_it_is_read() {
    let dir = Dir::new();
    let rows = format!("{{\"id\": 1}}\n{{\"text\": \"{}\"}}\n", "x".repeat(140 << 20));
    dir.write("rows.jsonl", &rows);
    assert_refused(&dir, "source: rows.jsonl\nwhere: id > 0\n", "a row of rows.jsonl");
    dir.write("rows.json", format!("[{}]", rows.trim_end().replace('\n', ",")));
    assert_refused(&dir, "source: rows.json\nwhere: id > 0\n", "a row of rows.json");
}
