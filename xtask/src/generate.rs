//! `cargo xtask generate`: files that are kept in the repository and made by a program.

use std::{env, fs, path::Path};

use crate::{Result, process, project::Project, python::Python};

/// A file that a function makes.
struct Generated {
    path: &'static str,
    make: fn(&Project) -> Result<Vec<u8>>,
}

/// Every generated file.
const GENERATED: &[Generated] = &[
    Generated { path: "examples/data/rollouts.jsonl", make: rollouts },
    Generated {
        path: "crates/core/schemas/recipe.json",
        make: |project| printed(project, &["schema", "recipe"]),
    },
    Generated {
        path: "crates/core/schemas/report.json",
        make: |project| printed(project, &["schema", "report"]),
    },
    Generated { path: "crates/python/unskew/_strategies.py", make: strategies },
    Generated { path: "dataset_cards/cap.md", make: |project| card(project, "cap") },
    Generated { path: "dataset_cards/checks.md", make: |project| card(project, "checks") },
    Generated { path: "dataset_cards/workflow-dpo.md", make: |project| card(project, "workflow-dpo") },
    Generated { path: "dataset_cards/workflow-kto.md", make: |project| card(project, "workflow-kto") },
];

/// What the program prints.
fn printed(project: &Project, arguments: &[&str]) -> Result<Vec<u8>> {
    process::output(project.program(project.unskew()?).args(arguments))
}

/// The card of an example.
fn card(project: &Project, example: &str) -> Result<Vec<u8>> {
    let parent = env::temp_dir().join(format!("unskew-card-{}", std::process::id()));
    let folder = parent.join(example);
    let recipe = format!("examples/{example}.yaml");
    let mut run = project.program(project.unskew()?);
    process::output(run.args(["run", &recipe, "--quiet", "--out"]).arg(&folder))?;
    let card =
        fs::read(folder.join("README.md")).map_err(|error| format!("{recipe} wrote no card: {error}"))?;
    fs::remove_dir_all(&parent).map_err(|error| format!("cannot remove {}: {error}", parent.display()))?;
    Ok(card)
}

/// The part of the Python package that strategies describe.
fn strategies(project: &Project) -> Result<Vec<u8>> {
    let described = printed(project, &["strategies", "--json"])?;
    let mut generator = Python::find(project)?.command(project);
    process::filter(generator.arg("crates/python/generate.py"), &described)
}

fn rollouts(project: &Project) -> Result<Vec<u8>> {
    process::output(Python::find(project)?.command(project).arg("examples/data/make.py"))
}

/// Writes every generated file, or, to `check`, compares and changes nothing.
pub fn run(project: &Project, check: bool) -> Result {
    let mut stale = Vec::new();
    for Generated { path, make } in GENERATED {
        let content = make(project)?;
        let current = update(&project.path(path), &content, check)?;
        println!("{path}: {}", if current { "up to date" } else { "changed" });
        if !current {
            stale.push(*path);
        }
    }
    if check && !stale.is_empty() {
        return Err(format!("out of date: {}; `cargo xtask generate` writes them", stale.join(", ")));
    }
    Ok(())
}

/// Whether the file had this content; if not, it is written, unless this is a `check`.
fn update(path: &Path, content: &[u8], check: bool) -> Result<bool> {
    if fs::read(path).is_ok_and(|present| present == content) {
        return Ok(true);
    }
    if !check {
        let folder = path.parent().expect("a file is in a folder");
        fs::create_dir_all(folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
        fs::write(path, content).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_sees_a_change_and_leaves_the_file() {
        let path = std::env::temp_dir().join(format!("unskew-xtask-{}", std::process::id()));
        fs::write(&path, "old").unwrap();
        assert_eq!(update(&path, b"new", true), Ok(false));
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(update(&path, b"new", false), Ok(false));
        assert_eq!(update(&path, b"new", true), Ok(true));
        fs::remove_file(&path).unwrap();
        assert_eq!(update(&path, b"new", true), Ok(false));
        assert!(!path.exists());
    }

    #[test]
    fn a_generator_that_fails_is_an_error() {
        let empty = Project::at(&std::env::temp_dir());
        assert!(rollouts(&empty).is_err());
    }
}
