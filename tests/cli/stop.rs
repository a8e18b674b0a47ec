//! What is left of a run that is stopped.

use std::{
    fs,
    os::unix::process::ExitStatusExt,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use crate::common::Dir;

const RECIPE: &str = "\
source: rows.jsonl
stages:
  - cap: {by: task, max: 50000}
  - order: {shuffle: true}
output: {to: out, format: jsonl, overflow: true}
";

/// A folder with a recipe and enough rows to keep it busy for a while.
fn busy(rows: usize) -> Dir {
    let dir = Dir::new();
    let filler = "word ".repeat(60);
    let row = |number: usize| {
        format!("{{\"id\": {number}, \"task\": \"t{}\", \"text\": \"{filler}\"}}\n", number % 7)
    };
    dir.write("rows.jsonl", (0..rows).map(row).collect::<String>());
    dir.write("recipe.yaml", RECIPE);
    dir
}

fn start(dir: &Dir) -> Child {
    Command::new(env!("CARGO_BIN_EXE_unskew"))
        .args(["run", "recipe.yaml", "--quiet"])
        .current_dir(dir.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The names in the folder besides recipe and rows.
fn left(dir: &Dir) -> Vec<String> {
    let names =
        fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| !matches!(name.as_str(), "recipe.yaml" | "rows.jsonl")).collect()
}

#[test]
fn ctrl_c_leaves_nothing_behind() {
    let dir = busy(150_000);
    let mut child = start(&dir);
    let begun = Instant::now();
    while left(&dir).is_empty() {
        assert!(begun.elapsed() < Duration::from_mins(1), "the run did not begin");
        assert!(child.try_wait().unwrap().is_none(), "the run ended at once");
        sleep(Duration::from_millis(1));
    }
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "error: interrupted\n");
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(left(&dir), Vec::<String>::new());
}

#[test]
fn a_killed_run_leaves_no_folder_or_a_whole_one() {
    let dir = busy(20_000);
    let begun = Instant::now();
    assert!(start(&dir).wait().unwrap().success());
    let whole = begun.elapsed();
    let files = dir.files("out");
    let killed = (0..12).filter(|moment| {
        fs::remove_dir_all(dir.path().join("out")).ok();
        let mut child = start(&dir);
        sleep(whole * *moment / 11);
        child.kill().unwrap();
        let status = child.wait().unwrap();
        assert!(dir.files("out").is_empty() || dir.files("out") == files, "{:?}", dir.files("out"));
        status.signal() == Some(9)
    });
    assert!(killed.count() >= 4, "hardly any run was killed in its course");
    assert!(start(&dir).wait().unwrap().success());
    assert_eq!((left(&dir), dir.files("out")), (vec!["out".to_owned()], files));
}
