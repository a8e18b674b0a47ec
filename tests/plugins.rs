//! Strategies that are programs: found, run, pinned, listed, tested, and made.

#![allow(clippy::unwrap_used)]

#[path = "strategies/case.rs"]
mod case;
#[path = "common/common.rs"]
mod common;
#[path = "strategies/diff.rs"]
mod diff;
#[path = "plugins/examples.rs"]
mod examples;
#[path = "plugins/failures.rs"]
mod failures;
#[path = "plugins/found.rs"]
mod found;
#[path = "strategies/page.rs"]
mod page;
#[path = "plugins/pinned.rs"]
mod pinned;

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use common::Dir;

/// Rows for a strategy called `top` to choose among.
const ROWS: &str = "{\"task\": \"math\", \"reward\": 1}\n{\"task\": \"math\", \"reward\": 2}\n";

/// A recipe that names it.
const RECIPE: &str = "\
source: rows.jsonl
stages:
  - top: {by: task, score: reward}
output: {to: out, format: jsonl}
";

/// Where a file of the project is.
fn project(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The example in Python.
fn python() -> String {
    fs::read_to_string(project("examples/plugins/python/unskew-strategy-top")).unwrap()
}

/// A folder with rows and a recipe, and in `bin` the example as `unskew-strategy-top`.
fn with_top() -> Dir {
    let dir = Dir::new();
    dir.write("rows.jsonl", ROWS);
    dir.write("r.yaml", RECIPE);
    program(&dir, "bin/unskew-strategy-top", &python());
    dir
}

/// Writes a program.
fn program(dir: &Dir, name: &str, text: &str) {
    dir.write(name, text);
    fs::set_permissions(dir.path().join(name), fs::Permissions::from_mode(0o755)).unwrap();
}

/// Whether a command can be run at all.
fn works(program: &str, argument: &str) -> bool {
    Command::new(program).arg(argument).output().is_ok_and(|output| output.status.success())
}
