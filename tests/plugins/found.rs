//! By its name, from a folder of `PATH`; or from where the recipe says.

use serde_json::Value;

use crate::{RECIPE, common::Dir, program, python, with_top};

#[test]
fn a_program_in_a_folder_of_path_is_a_strategy() {
    let dir = with_top();
    let found = dir.with_path("bin");
    let said = found.unskew(&["run", "r.yaml"]).success().stdout;
    assert!(said.contains("top"), "{said}");
    assert_eq!(dir.read("out/data/train-00000-of-00001.jsonl"), "{\"task\": \"math\", \"reward\": 2}\n");

    let listed = found.unskew(&["strategies"]).success().stdout;
    assert!(listed.contains("Keep the best share of each group (a program)\n"), "{listed}");
    let explained = found.unskew(&["strategies", "top"]).success().stdout;
    assert!(explained.contains("share  a number, 0.5 by default"), "{explained}");
    let applied =
        ["apply", "top", "rows.jsonl", "--by", "task", "--score", "reward", "--share", "1", "--out", "all"];
    found.unskew(&applied).success();
    assert_eq!(dir.files("all/data").len(), 1);

    let error = dir.unskew(&["run", "r.yaml"]).failure(2).stderr;
    assert!(
        error.contains("hint: a program called `unskew-strategy-top` in a folder of PATH would be one, too"),
        "{error}"
    );
    dir.write("r.yaml", RECIPE.replace("top", "tpo"));
    let error = found.unskew(&["run", "r.yaml"]).failure(2).stderr;
    assert!(error.contains("hint: did you mean `top`?") && error.contains("r.yaml:3:5"), "{error}");
}

#[test]
fn a_recipe_may_say_where_a_program_is() {
    let dir = with_top();
    dir.write(
        "recipes/r.yaml",
        format!("plugins: {{top: {{program: ../bin/unskew-strategy-top}}}}\n{RECIPE}"),
    );
    dir.write("recipes/rows.jsonl", dir.read("rows.jsonl"));
    dir.unskew(&["run", "recipes/r.yaml"]).success();
    assert_eq!(dir.read("recipes/out/data/train-00000-of-00001.jsonl").lines().count(), 1);
    // What the recipe says goes before what is installed.
    program(&dir, "bin/unskew-strategy-top", &python().replace("0.1.0", "0.2.0"));
    program(&dir, "other/unskew-strategy-top", "#!/bin/sh\nexit 1\n");
    dir.with_path("other").unskew(&["run", "recipes/r.yaml"]).success();
    assert!(dir.read("recipes/out/.unskew/lock.json").contains("\"version\": \"0.2.0\""));

    dir.write("r.yaml", format!("plugins: {{top: {{program: bin/unskew-strategy-tip}}}}\n{RECIPE}"));
    let error = dir.unskew(&["run", "r.yaml"]).failure(2).stderr;
    assert!(
        error.starts_with("error: the strategy `top` cannot be read: bin/unskew-strategy-tip\n"),
        "{error}"
    );
    dir.write("r.yaml", format!("plugins: {{top: {{program: bin/top, timeout: soon}}}}\n{RECIPE}"));
    let error = dir.unskew(&["run", "r.yaml"]).failure(2).stderr;
    assert!(
        error.contains("the text \"soon\", expected a whole number, 1 or more\n --> r.yaml:1:44"),
        "{error}"
    );
}

#[test]
fn a_name_that_is_claimed_twice_is_an_error_that_names_both() {
    let dir = with_top();
    program(&dir, "more/unskew-strategy-top", &python());
    let error = dir.with_path("bin:more").unskew(&["run", "r.yaml"]).failure(2).stderr;
    let both = "two plugins are called `top`: [folder]/bin/unskew-strategy-top and [folder]/more/unskew-strategy-top";
    assert!(error.contains(both) && error.contains("plugins: {top: {program: PATH}}"), "{error}");
    // The same program by two ways is one.
    std::os::unix::fs::symlink("bin", dir.path().join("same")).unwrap();
    dir.with_path("bin:same").unskew(&["run", "r.yaml"]).success();

    program(&dir, "bin/unskew-strategy-cap", &python().replace("\"top\"", "\"cap\""));
    dir.write("r.yaml", RECIPE.replace("top: {by: task, score: reward}", "cap: {by: task, max: 1}"));
    let error = dir.with_path("bin").unskew(&["run", "r.yaml"]).failure(2).stderr;
    let version = env!("CARGO_PKG_VERSION");
    let both = format!("`cap`: version {version}, which is built in and [folder]/bin/unskew-strategy-cap");
    assert!(error.contains(&both), "{error}");
    dir.write(
        "r.yaml",
        format!("plugins: {{cap: {{program: bin/unskew-strategy-cap}}}}\n{}", dir.read("r.yaml")),
    );
    let error = dir.unskew(&["run", "r.yaml"]).failure(2).stderr;
    assert!(error.contains("which is built in and bin/unskew-strategy-cap"), "{error}");
}

#[test]
fn only_whole_folders_of_path_are_looked_into() {
    let dir = with_top();
    // Relative folders, and names that are none of strategies.
    program(&dir, "unskew-strategy-here", &python());
    program(&dir, "bin/unskew-strategy-Top.bak", &python());
    dir.write("bin/unskew-strategy-text", "no program");
    let path = format!(".::{}/bin:{}", dir.path().display(), std::env::var("PATH").unwrap());
    let listed = dir.unskew_with(&["plugin", "list"], &[("PATH", &path)]).success().stdout;
    assert_eq!(
        listed,
        "  strategy  version  program\n  top       0.1.0    [folder]/bin/unskew-strategy-top\n"
    );
}

#[test]
fn what_is_installed_is_listed() {
    let dir = with_top();
    program(&dir, "bin/unskew-strategy-broken", "#!/bin/sh\necho 'no such module' >&2\nexit 3\n");
    program(&dir, "bin/unskew-strategy-liar", &python());
    let found = dir.with_path("bin");
    let listed = found.unskew(&["plugin", "list"]).success().stdout;
    assert_eq!(
        listed,
        "  strategy  version  program
  broken    -        [folder]/bin/unskew-strategy-broken
  liar      -        [folder]/bin/unskew-strategy-liar
  top       0.1.0    [folder]/bin/unskew-strategy-top

error: the strategy `broken` failed: `describe` ended with exit status: 3
  cause: it said: no such module

error: [folder]/bin/unskew-strategy-liar says that it is called `top`, not `liar`
"
    );
    let json: Value =
        serde_json::from_str(&found.unskew(&["plugin", "list", "--json"]).success().stdout).unwrap();
    assert_eq!(json[2]["version"], "0.1.0");
    assert_eq!(json[2]["digest"].as_str().unwrap().len(), 64);
    assert!(json[0]["error"].as_str().unwrap().contains("`broken` failed"));
    let strategies = found.unskew(&["strategies"]).success().stdout;
    assert!(strategies.contains("cannot be used: the strategy `broken` failed"), "{strategies}");
    let none = Dir::new().unskew_with(&["plugin", "list"], &[("PATH", "/nowhere")]).success().stdout;
    assert_eq!(none, "no program in the folders of PATH is called unskew-strategy-NAME\n");
}
