//! Programs that crash, hang, flood or lie are errors that say so.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf, time::Duration};

use serde_json::{Value, json};
use tempfile::TempDir;
use unskew_strategy::{Choice, Error, Plugin, Result, Selection, laws};

use crate::{Limits, Program};

/// A program that keeps all rows, unless something stands in the place of what one of its words does.
struct Script {
    folder: TempDir,
}

const MANIFEST: &str = r#"{"contract": 1, "name": "all", "version": "1.0.0", "summary": "Keep all rows", "wire": "json",
    "options": {"type": "object", "properties": {"by": {"type": "string"}}},
    "example": {"options": {}, "rows": [{}, {}], "chooses": [0, 1]}}"#;
const RUN: &str = r#"echo '{}'; awk 'NR > 1 { print "{\"position\": " NR - 2 "}" }'"#;

impl Script {
    fn new(word: &str, does: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let own = |name: &str, usual: String| if word == name { does.to_owned() } else { usual };
        let describe = own("describe", format!("cat <<'END'\n{MANIFEST}\nEND\n"));
        let needs = own("needs", r#"echo '{"needs": {}}'"#.to_owned());
        let run = own("run", RUN.to_owned());
        let text = format!(
            "#!/bin/sh\ncase $1 in\ndescribe) {describe} ;;\nneeds) {needs} ;;\nrun) {run} ;;\nesac\n"
        );
        let script = Self { folder };
        fs::write(script.path(), text).unwrap();
        fs::set_permissions(script.path(), fs::Permissions::from_mode(0o755)).unwrap();
        script
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("unskew-strategy-all")
    }

    fn open(&self, limits: Limits) -> Result<Program> {
        Program::open(&self.path(), limits)
    }

    /// What it answers to some rows, or everything that is said of its failure.
    fn answer(&self, limits: Limits, rows: &[Value]) -> Result<Selection, String> {
        let answer = self.open(limits).and_then(|program| laws::answer(&program, &json!({}), rows));
        answer.map_err(|error| {
            assert!(error.is_failure());
            told(&error)
        })
    }

    fn failure(&self) -> String {
        self.answer(Limits::default(), &[json!({}), json!({})]).unwrap_err()
    }
}

fn told(error: &Error) -> String {
    [error.to_string()].iter().chain(error.causes()).cloned().collect::<Vec<_>>().join(": ")
}

#[test]
fn a_script_keeps_the_laws() {
    let script = Script::new("", "");
    let program = script.open(Limits::default()).unwrap();
    assert_eq!(program.manifest().name, "all");
    assert_eq!(laws::check(&program), Ok(()));
    let error = program.build(&json!({"byy": "x"})).err().unwrap();
    assert_eq!((error.option_path(), error.hints()), (Some("byy"), &["did you mean `by`?".to_owned()][..]));
}

#[test]
fn a_crash_is_told_with_the_last_words() {
    let crash = Script::new("run", "echo '{}'; echo 'no such module' >&2; exit 3");
    assert_eq!(crash.failure(), "`run` ended with exit status: 3: it said: no such module");
    let killed = Script::new("needs", "kill -9 $$");
    assert_eq!(killed.failure(), "`needs` ended with signal: 9 (SIGKILL)");
    let talkative = Script::new("describe", "yes talk | head -c 1000000 >&2; echo the end >&2; exit 1");
    let failure = talkative.failure();
    assert!(failure.ends_with("talk\nthe end") && failure.len() < 5000, "{failure}");
    assert_eq!(laws::check(&crash.open(Limits::default()).unwrap()).unwrap_err()[0].law, laws::Law::Panic);
}

#[test]
fn nonsense_is_told() {
    let failure = |word: &str, does: &str| Script::new(word, does).failure();
    assert!(failure("describe", "echo hello").starts_with("its answer is not what it should be: "));
    assert!(
        failure("describe", "echo '{}'").starts_with("its manifest is not what it should be: missing field")
    );
    assert!(failure("needs", "echo '{\"nedes\": {}}'").starts_with("its answer is not what it should be: "));
    let twice = r#"echo '{"needs": {"a": "order", "a": "chance"}}'"#;
    assert!(failure("needs", twice).starts_with("its answer is not what it should be: `a` is there twice"));
    let taken = r#"echo '{"needs": {}, "gives": {"columns": ["split"]}}'"#;
    assert_eq!(failure("needs", taken), "a column that it adds cannot be called `split`");
    assert!(
        failure("run", "echo '{}'; echo '{\"position\": \"x\"}'").starts_with("its column `position` is not")
    );
    assert!(failure("run", "true").starts_with("its answer is not what it should be: "));
}

#[test]
fn a_program_need_not_read_what_it_is_told() {
    let rows = vec![json!({}); 100_000];
    let deaf = Script::new("run", "exec <&-; echo '{}'; echo '{\"position\": 7}'");
    assert_eq!(*deaf.answer(Limits::default(), &rows).unwrap().choice(), Choice::Rows(vec![7]));
}

#[test]
fn a_program_that_does_not_end_is_ended_with_all_that_it_started() {
    let limits = Limits { timeout: Duration::from_secs(3), ..Limits::default() };
    let mark = |script: &Script| fs::read_to_string(script.folder.path().join("id")).unwrap();
    let is_gone = |id: String| {
        // What has been killed may still have to be taken notice of, by itself and by whoever inherits it.
        (0..600).any(|_| {
            std::thread::sleep(Duration::from_millis(10));
            let state = fs::read_to_string(format!("/proc/{}/stat", id.trim())).unwrap_or_default();
            state.is_empty() || state.contains(") Z ")
        })
    };
    for does in [
        "sleep 600 & echo $! > \"$(dirname \"$0\")/id\"; wait",
        "sleep 600 & echo $! > \"$(dirname \"$0\")/id\"; exec >&- 2>&-; wait",
    ] {
        let script = Script::new("run", does);
        let failure = script.answer(limits, &[]).unwrap_err();
        assert!(failure.starts_with("`run` did not end within"), "{failure}");
        assert!(is_gone(mark(&script)));
    }
    // What is left behind by a program that has ended does not keep the host.
    let left = Script::new("run", "sleep 600 & echo $! > \"$(dirname \"$0\")/id\"; echo '{}'; exit 0");
    assert!(left.answer(Limits::default(), &[]).unwrap().is_empty());
    assert!(is_gone(mark(&left)));
    let stopped = Limits { stopped: || true, ..Limits::default() };
    assert_eq!(Script::new("describe", "sleep 600").answer(stopped, &[]).unwrap_err(), "interrupted");
}

#[test]
fn an_endless_answer_is_cut() {
    let failure = Script::new("describe", "yes").failure();
    assert_eq!(failure, "it answered more than 67108864 bytes");
}

#[test]
fn no_secret_is_told() {
    let script = Script::new("run", "env >&2; exit 1");
    let failure = script.failure();
    let names: Vec<&str> =
        failure.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
    let known = ["PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TZ"];
    // A shell sets some of its own.
    let own = ["PWD", "OLDPWD", "SHLVL", "_"];
    let is_known = |name: &&str| known.iter().chain(&own).any(|known| name.ends_with(known));
    assert!(names.iter().all(is_known), "{names:?}");
    assert!(!names.iter().any(|name| name.contains("CARGO")), "{names:?}");
}

#[test]
fn what_cannot_be_started_is_told() {
    let script = Script::new("", "");
    fs::set_permissions(script.path(), fs::Permissions::from_mode(0o644)).unwrap();
    assert!(script.failure().contains("cannot be started: Permission denied"), "{}", script.failure());
    fs::remove_file(script.path()).unwrap();
    assert!(script.failure().contains("cannot be started: No such file"), "{}", script.failure());
}
