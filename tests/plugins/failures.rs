//! What goes wrong in a program is told, and harms nothing.

use std::{
    fs,
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use crate::{RECIPE, program, python, with_top};

/// The example, which does something else when it is to run.
fn which_runs(does: &str) -> String {
    python()
        .replace("elif sys.argv[1] == \"run\":\n", &format!("elif sys.argv[1] == \"run\":\n        {does}\n"))
}

#[test]
fn a_program_that_fails_ends_the_run_with_a_code_of_its_own() {
    let dir = with_top();
    let found = dir.with_path("bin");
    let failure = |does: &str| {
        program(&dir, "bin/unskew-strategy-top", &which_runs(does));
        found.unskew(&["run", "r.yaml", "--quiet"]).failure(7).stderr
    };
    let crash = failure("raise ValueError('no such thing')");
    assert!(
        crash.starts_with("error: the strategy `top` failed: `run` ended with exit status: 1\n"),
        "{crash}"
    );
    assert!(crash.contains("ValueError: no such thing"), "{crash}");
    assert_eq!(
        failure("print('{}\\n{\"position\": 2}'); return"),
        "error: the strategy `top` does not keep the contract\n  cause: it chose row 2 of 2\n"
    );
    assert_eq!(
        failure("print('{}\\n{\"position\": 1}\\n{\"position\": 0}'); return"),
        "error: the strategy `top` does not keep the contract\n  cause: it changed the order of rows without saying so\n"
    );
    assert!(failure("print('hello'); return").contains("failed: its answer is not what it should be"));
    assert!(failure("sys.stdout.buffer.write(bytes(range(256))); return").contains("its answer is not"));
    assert!(!dir.path().join("out").exists());
    // What it says has no power over the terminal.
    assert!(failure("sys.exit('\\x1b[2J')").contains("␛[2J"));
}

#[test]
fn what_a_program_refuses_is_shown_in_the_recipe() {
    let dir = with_top();
    let refusal =
        "print(json.dumps({'error': {'message': 'no reward', 'option': 'score', 'hints': ['pay']}})); return";
    program(&dir, "bin/unskew-strategy-top", &which_runs(refusal));
    let error = dir.with_path("bin").unskew(&["run", "r.yaml", "--quiet"]).failure(4).stderr;
    assert!(
        error.starts_with("error: no reward\n --> r.yaml:3:28\n") && error.ends_with("hint: pay\n"),
        "{error}"
    );
}

#[test]
fn a_program_that_takes_too_long_is_ended() {
    let dir = with_top();
    program(&dir, "top", &which_runs("__import__('time').sleep(600)"));
    dir.write("r.yaml", format!("plugins: {{top: {{program: top, timeout: 1}}}}\n{RECIPE}"));
    let error = dir.unskew(&["run", "r.yaml", "--quiet"]).failure(7).stderr;
    assert!(error.starts_with("error: the strategy `top` failed: `"), "{error}");
    assert!(error.contains("did not end within [time]"), "{error}");
}

#[test]
fn ctrl_c_ends_a_program_too() {
    let dir = with_top();
    let told = dir.path().join("id");
    let does =
        format!("open({told:?}, 'w').write(str(__import__('os').getpid())); __import__('time').sleep(600)");
    program(&dir, "top", &which_runs(&does));
    dir.write("r.yaml", format!("plugins: {{top: {{program: top}}}}\n{RECIPE}"));
    let child = Command::new(env!("CARGO_BIN_EXE_unskew"))
        .args(["run", "r.yaml", "--quiet"])
        .current_dir(dir.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while fs::read_to_string(&told).unwrap_or_default().is_empty() {
        assert!(begun.elapsed() < Duration::from_mins(2), "the program did not begin");
        sleep(Duration::from_millis(1));
    }
    let stop = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(stop.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "error: interrupted\n");
    assert_eq!(output.status.code(), Some(130));
    let id = fs::read_to_string(&told).unwrap();
    assert!(!Command::new("kill").args(["-0", &id]).stderr(Stdio::null()).status().unwrap().success());
}

#[test]
fn no_token_reaches_a_program() {
    let dir = with_top();
    program(&dir, "bin/unskew-strategy-top", &which_runs("import os; sys.exit(str(sorted(os.environ)))"));
    let path = format!("{}/bin:{}", dir.path().display(), std::env::var("PATH").unwrap());
    let secrets = [
        ("PATH", path.as_str()),
        ("HF_TOKEN", "hf_secret"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("LANG", "C"),
    ];
    let error = dir.unskew_with(&["run", "r.yaml", "--quiet"], &secrets).failure(7).stderr;
    assert!(error.contains("'LANG'") && error.contains("'PATH'"), "{error}");
    assert!(!error.contains("TOKEN") && !error.contains("SECRET") && !error.contains("'HF_"), "{error}");
}
