//! The lock pins programs by version and digest.

use crate::{program, python, with_top};

#[test]
fn a_program_is_pinned_by_its_digest() {
    let dir = with_top();
    let found = dir.with_path("bin");
    found.unskew(&["run", "r.yaml", "--quiet"]).success();
    let lock: serde_json::Value = serde_json::from_str(&dir.read("out/.unskew/lock.json")).unwrap();
    let digest = lock["plugins"][0]["blake3"].as_str().unwrap();
    assert_eq!((lock["plugins"][0]["name"].as_str().unwrap(), digest.len()), ("top", 64));
    found.unskew(&["verify", "out"]).success();
    found.unskew(&["run", "r.yaml", "--quiet", "--locked"]).success();

    program(&dir, "bin/unskew-strategy-top", &(python() + "# changed\n"));
    let told = found.unskew(&["verify", "out"]).failure(6).stderr;
    let was = format!(", and was version 0.1.0 ({digest})");
    assert!(told.contains("the strategy `top` is version 0.1.0 (") && told.contains(&was), "{told}");
    let told = found.unskew(&["run", "r.yaml", "--quiet", "--locked"]).failure(6).stderr;
    assert!(told.contains(&was), "{told}");

    for arguments in [&["verify", "out"][..], &["run", "r.yaml", "--quiet", "--locked"]] {
        let told = dir.unskew(arguments).failure(2).stderr;
        let missing = format!("cause: the lock was made with `top` in version 0.1.0 ({digest})");
        assert!(told.contains("there is no strategy `top`") && told.contains(&missing), "{told}");
    }
}

#[test]
fn a_program_beside_the_recipe_is_found_again() {
    let dir = with_top();
    let recipe = dir.read("r.yaml");
    dir.write(
        "recipes/r.yaml",
        format!("plugins: {{top: {{program: ../bin/unskew-strategy-top}}}}\n{recipe}"),
    );
    dir.write("recipes/rows.jsonl", dir.read("rows.jsonl"));
    dir.unskew(&["run", "recipes/r.yaml", "--quiet"]).success();
    dir.unskew(&["verify", "recipes/out", "--from", "recipes"]).success();
    let told = dir.unskew(&["verify", "recipes/out"]).failure(2).stderr;
    assert!(
        told.contains("hint: relative paths in a recipe start from its folder; `verify --from` names"),
        "{told}"
    );
}
