//! The examples all say the same, and what `plugin new` makes passes its own tests.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use crate::{
    case,
    common::{Dir, Outcome},
    page::Page,
    program, project, works,
};

/// Runs the page of the strategy `top` with the program in a folder.
fn check_page(run: case::Program) {
    let text = fs::read_to_string(project("tests/plugins/top.md")).unwrap();
    let page = Page::parse(&text).unwrap();
    let verdict = case::check(&page, run);
    if std::env::var_os("UPDATE").is_some_and(|value| value == "1") {
        fs::write(project("tests/plugins/top.md"), page.with(verdict.differences)).unwrap();
        return;
    }
    assert!(verdict.problems.is_empty() && verdict.shown.is_empty(), "{}{}", verdict.problems, verdict.shown);
}

/// Runs unskew with the example in `folder`.
fn with_example(dir: &Dir, folder: &Path, arguments: &[&str]) -> Outcome {
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    dir.unskew_with(arguments, &[("PATH", &path)])
}

fn is_kept(folder: &Path) {
    let told = Dir::new().unskew(&["plugin", "test", folder.join("unskew-strategy-top").to_str().unwrap()]);
    assert_eq!(told.success().stdout, "top 0.1.0 keeps the laws\n");
}

#[test]
fn python() {
    is_kept(&project("examples/plugins/python"));
    check_page(|dir, arguments| with_example(dir, &project("examples/plugins/python"), arguments));
}

#[test]
fn shell() {
    if works("jq", "--version") {
        is_kept(&project("examples/plugins/shell"));
        check_page(|dir, arguments| with_example(dir, &project("examples/plugins/shell"), arguments));
    }
}

#[test]
fn javascript() {
    if works("node", "--version") {
        is_kept(&project("examples/plugins/javascript"));
        check_page(|dir, arguments| with_example(dir, &project("examples/plugins/javascript"), arguments));
    }
}

#[test]
fn duckdb() {
    if works("duckdb", "--version") {
        is_kept(&project("examples/plugins/duckdb"));
        check_page(|dir, arguments| with_example(dir, &project("examples/plugins/duckdb"), arguments));
    }
}

/// The folder with the program of the example in Rust, which is built here, and passes its own tests.
static RUST: LazyLock<PathBuf> = LazyLock::new(|| {
    let dir = Dir::new();
    made(&dir, "rust");
    fs::copy(project("Cargo.lock"), dir.path().join("made/Cargo.lock")).unwrap();
    let built = Path::new(env!("CARGO_BIN_EXE_unskew")).parent().and_then(Path::parent);
    let target = built.expect("cargo builds into a folder of a folder").join("plugins");
    let patch = |name: &str| {
        let path = project("crates").join(name.trim_start_matches("unskew-"));
        format!("patch.crates-io.{name}.path=\"{}\"", path.display())
    };
    for word in ["test", "build"] {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args([word, "--quiet", "--offline"]).current_dir(dir.path().join("made"));
        cargo.args(["--config", &patch("unskew-program"), "--config", &patch("unskew-strategy")]);
        let output = cargo.arg("--target-dir").arg(&target).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    target.join("debug")
});

#[test]
fn rust() {
    is_kept(&RUST);
    check_page(|dir, arguments| with_example(dir, &RUST, arguments));
}

/// Makes a new strategy `top` in the folder `made`.
fn made(dir: &Dir, language: &str) {
    dir.unskew(&["plugin", "new", "top", "--lang", language, "--out", "made"]).success();
}

#[test]
fn examples_are_what_is_made() {
    for language in ["rust", "python", "shell", "javascript"] {
        let dir = Dir::new();
        made(&dir, language);
        for file in dir.files("made") {
            let example = project("examples/plugins").join(language).join(&file);
            let kept = fs::read_to_string(&example).unwrap_or_default();
            let made = dir.read(&format!("made/{file}"));
            assert!(
                kept == made,
                "`unskew plugin new top --lang {language}` makes another {}",
                example.display()
            );
        }
    }
}

#[test]
fn what_is_made_passes_its_own_tests() {
    let tests = [
        ("python", "python3", &["test.py"][..]),
        ("shell", "jq", &["test.sh"]),
        ("javascript", "node", &["--test"]),
    ];
    for (language, needed, arguments) in tests {
        if language != "python" && !works(needed, "--version") {
            continue;
        }
        let dir = Dir::new();
        let said = dir.unskew(&["plugin", "new", "best", "--lang", language]).success().stdout;
        assert!(said.starts_with("wrote unskew-strategy-best; in it, `"), "{said}");
        let runs = if language == "shell" { "sh" } else { needed };
        let mut tests = Command::new(runs);
        tests.args(arguments).current_dir(dir.path().join("unskew-strategy-best"));
        let output = tests.env("UNSKEW", env!("CARGO_BIN_EXE_unskew")).output().unwrap();
        assert!(output.status.success(), "{language}: {}", String::from_utf8_lossy(&output.stderr));
    }
    let dir = Dir::new();
    assert!(dir.unskew(&["plugin", "new", "Top!", "--lang", "rust"]).failure(2).stderr.contains("a-z"));
    dir.write("unskew-strategy-top/x", "");
    assert!(
        dir.unskew(&["plugin", "new", "top", "--lang", "rust"])
            .failure(2)
            .stderr
            .contains("is there already")
    );
}

#[test]
fn a_broken_law_is_told() {
    let dir = Dir::new();
    let text = fs::read_to_string(project("examples/plugins/python/unskew-strategy-top")).unwrap();
    program(
        &dir,
        "unskew-strategy-top",
        &text.replace("[1, 2]", "[0, 2]").replace("return sorted(kept)", "return kept"),
    );
    let error = dir.unskew(&["plugin", "test", "./unskew-strategy-top"]).failure(7).stderr;
    assert!(error.starts_with("error: the strategy `top` breaks 2 laws\n"), "{error}");
    assert!(error.contains("cause: the example holds: it chooses [1, 2], not [0, 2]"), "{error}");
    let error = dir.unskew(&["plugin", "test", "tip"]).failure(2).stderr;
    assert!(error.contains("there is no strategy `tip`"), "{error}");
}

/// A script that was there before, as it was: just the rows that it chose, in the order that it left them in.
#[test]
fn an_existing_script_gives_the_rows_that_it_gave() {
    let folder = project("examples/plugins/existing-script");
    let dir = Dir::new();
    let label = |row: usize| !row.is_multiple_of(4);
    let rows: Vec<String> =
        (0..1000).map(|row| format!("{{\"id\": {row}, \"label\": {}}}\n", label(row))).collect();
    dir.write("rows.jsonl", rows.concat());
    let script = "import random, sys\nlines = sys.stdin.readlines()\n\
        desirable = [line for line in lines if 'true' in line]\n\
        undesirable = [line for line in lines if 'false' in line]\n\
        random.seed(42)\nbalanced = random.sample(desirable, len(undesirable)) + undesirable\n\
        random.shuffle(balanced)\nsys.stdout.writelines(balanced)\n";
    dir.write("script.py", script);
    let stdin = fs::File::open(dir.path().join("rows.jsonl")).unwrap();
    let mut python = Command::new("python3");
    let output = python.arg("script.py").current_dir(dir.path()).stdin(stdin).output().unwrap();
    let chosen = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && chosen.lines().count() == 500);

    dir.write(
        "r.yaml",
        "source: rows.jsonl\nstages:\n  - halve: {label: label}\noutput: {to: out, format: jsonl}\n",
    );
    with_example(&dir, &folder, &["run", "r.yaml", "--quiet"]).success();
    assert_eq!(dir.read("out/data/train-00000-of-00001.jsonl"), chosen);
    let told = dir.unskew(&["plugin", "test", folder.join("unskew-strategy-halve").to_str().unwrap()]);
    assert_eq!(told.success().stdout, "halve 1.0.0 keeps the laws\n");
}
