//! What whole-program tests share: folders of their own, and the program run in them.

#![allow(dead_code, reason = "each test binary uses its own part of this")]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

/// A folder that is gone after the test.
pub struct Dir {
    folder: TempDir,
}

/// How a run of the program ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The exit code.
    pub code: i32,
    /// What it printed, without what differs from run to run.
    pub stdout: String,
    /// What it said on the way, without what differs from run to run.
    pub stderr: String,
}

/// A folder, and where programs are looked for.
pub struct WithPath<'a> {
    dir: &'a Dir,
    path: String,
}

impl WithPath<'_> {
    /// Runs the program in the folder.
    pub fn unskew(&self, arguments: &[&str]) -> Outcome {
        self.dir.unskew_with(arguments, &[("PATH", &self.path)])
    }
}

impl Outcome {
    /// The same outcome, which must be a success.
    #[track_caller]
    pub fn success(self) -> Self {
        assert_eq!(self.code, 0, "the run failed\n{}{}", self.stdout, self.stderr);
        self
    }

    /// The same outcome, which must be a failure with this exit code.
    #[track_caller]
    pub fn failure(self, code: i32) -> Self {
        assert_eq!(self.code, code, "the run did not end as it should\n{}{}", self.stdout, self.stderr);
        self
    }
}

impl Dir {
    /// A new, empty folder.
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder can be made") }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file, and the folders on the way to it.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder can be made");
        fs::write(path, content).expect("a file can be written");
    }

    /// Reads a file.
    #[track_caller]
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name))
            .unwrap_or_else(|error| panic!("cannot read {name}: {error}"))
    }

    /// The names of the files below one of its folders, sorted, with `/` between parts; none if there is no such folder.
    pub fn files(&self, folder: &str) -> Vec<String> {
        let top = self.path().join(folder);
        let mut found = Vec::new();
        let mut folders = vec![top.clone()];
        while let Some(folder) = folders.pop() {
            for path in entries(&folder) {
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let below = path.strip_prefix(&top).expect("an entry is below its folder");
                    found.push(below.to_string_lossy().replace('\\', "/"));
                }
            }
        }
        found.sort();
        found
    }

    /// Runs the program in this folder.
    pub fn unskew(&self, arguments: &[&str]) -> Outcome {
        self.unskew_with(arguments, &[])
    }

    /// The same folder, with some of its own folders before the others that programs are looked for in.
    pub fn with_path(&self, folders: &str) -> WithPath<'_> {
        let folders = folders.split(':').map(|folder| self.path().join(folder));
        let usual = env::var_os("PATH").unwrap_or_default();
        let path = env::join_paths(folders.chain(env::split_paths(&usual)));
        let path = path.expect("a folder has no colon in its name").into_string();
        WithPath { dir: self, path: path.expect("a path is text") }
    }

    /// Runs the program in this folder, with these variables in its environment.
    pub fn unskew_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Outcome {
        let output = Command::new(env!("CARGO_BIN_EXE_unskew"))
            .args(arguments)
            .current_dir(self.path())
            .env("NO_COLOR", "1")
            .env("LC_ALL", "C.UTF-8")
            .env_remove("TERM")
            .env("HF_HUB_OFFLINE", "1")
            .env_remove("HF_ENDPOINT")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .output()
            .expect("the program can be started");
        let text = |bytes: &[u8]| self.steady(&String::from_utf8_lossy(bytes));
        let code = output.status.code().expect("the program was not killed");
        Outcome { code, stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    /// The text with this folder's path as `[folder]` and durations as `[time]`.
    pub fn steady(&self, text: &str) -> String {
        let folder = self.path().to_string_lossy().into_owned();
        let real =
            self.path().canonicalize().map_or(folder.clone(), |path| path.to_string_lossy().into_owned());
        without_times(&text.replace(&real, "[folder]").replace(&folder, "[folder]"))
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder)
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default()
}

/// The text with every duration (`0.25 s`, `12ms`) as `[time]`.
pub fn without_times(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, number) = rest.split_at(start);
        let digits = number.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(number.len());
        let within_word = before.chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_');
        result.push_str(before);
        let (digits, after) = number.split_at(digits);
        match unit(after) {
            Some(length) if !within_word => {
                result.push_str("[time]");
                rest = &after[length..];
            }
            _ => {
                result.push_str(digits);
                rest = after;
            }
        }
    }
    result + rest
}

/// How long the unit of time is that `text` begins with.
fn unit(text: &str) -> Option<usize> {
    let trimmed = text.strip_prefix(' ').unwrap_or(text);
    let unit = ["ns", "µs", "ms", "s", "min"].into_iter().find(|unit| {
        trimmed
            .strip_prefix(unit)
            .is_some_and(|after| !after.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    })?;
    Some(text.len() - trimmed.len() + unit.len())
}
