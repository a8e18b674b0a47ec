//! The command line.

use std::fmt::Write;

use crate::{
    Result,
    steps::{STEPS, Step},
};

/// What was asked for.
#[derive(Debug, PartialEq)]
pub enum Task {
    Help,
    Test(Options),
    Generate { check: bool },
    Docs,
}

/// What `cargo xtask test` was asked to do.
#[derive(Debug, Default, PartialEq)]
pub struct Options {
    /// Names of steps or groups; none at all stands for every step.
    pub chosen: Vec<String>,
    pub keep_going: bool,
    pub advisories: bool,
}

impl Options {
    /// Whether `step` is to be run.
    pub fn includes(&self, step: &Step) -> bool {
        self.chosen.is_empty() || self.chosen.iter().any(|name| step.is(name))
    }
}

/// Reads the arguments, without the program's name.
pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Task> {
    let mut arguments = arguments.into_iter();
    match arguments.next().as_deref() {
        None | Some("help" | "--help" | "-h") => Ok(Task::Help),
        Some("test") => test(arguments),
        Some("generate") => generate(arguments),
        Some("docs") => docs(arguments),
        Some(other) => Err(format!("no command is called {other:?}")),
    }
}

fn test(arguments: impl Iterator<Item = String>) -> Result<Task> {
    let mut options = Options::default();
    for argument in arguments {
        match argument.as_str() {
            "--help" | "-h" => return Ok(Task::Help),
            "--keep-going" => options.keep_going = true,
            "--advisories" => options.advisories = true,
            name if STEPS.iter().any(|step| step.is(name)) => options.chosen.push(argument),
            other => return Err(format!("no step or option of `test` is called {other:?}")),
        }
    }
    Ok(Task::Test(options))
}

fn generate(arguments: impl Iterator<Item = String>) -> Result<Task> {
    let mut check = false;
    for argument in arguments {
        match argument.as_str() {
            "--help" | "-h" => return Ok(Task::Help),
            "--check" => check = true,
            other => return Err(format!("no option of `generate` is called {other:?}")),
        }
    }
    Ok(Task::Generate { check })
}

fn docs(mut arguments: impl Iterator<Item = String>) -> Result<Task> {
    match arguments.next().as_deref() {
        None => Ok(Task::Docs),
        Some("--help" | "-h") => Ok(Task::Help),
        Some(other) => Err(format!("no option of `docs` is called {other:?}")),
    }
}

/// How to use the program.
pub fn usage() -> String {
    let mut text = String::from(
        "usage: cargo xtask test [STEP…] [--keep-going] [--advisories]\n\
         \x20      cargo xtask generate [--check]\n\
         \x20      cargo xtask docs\n\n\
         test      runs the steps that are named, by step or by group, or all of them\n\
         generate  writes the generated files, or says with --check which are out of date\n\
         docs      builds the documentation as a website\n\n\
         group      step       what it does\n",
    );
    for step in STEPS {
        writeln!(text, "{:<10} {:<10} {}", step.group, step.name, step.about)
            .expect("a string takes any text");
    }
    text.push_str("\n--keep-going  goes on after a step that failed\n");
    text.push_str("--advisories  asks for known vulnerabilities, too (needs the network)");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Task> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn nothing_asks_for_help() {
        assert_eq!(parsed(""), Ok(Task::Help));
        assert_eq!(parsed("test lint --help"), Ok(Task::Help));
    }

    #[test]
    fn steps_are_chosen_by_name_or_group() {
        let Task::Test(options) = parsed("test lint python --keep-going").unwrap() else {
            panic!("not a test run")
        };
        assert!(options.keep_going && !options.advisories);
        let chosen: Vec<_> =
            STEPS.iter().filter(|step| options.includes(step)).map(|step| step.name).collect();
        assert!(chosen.contains(&"format") && chosen.contains(&"clippy") && chosen.contains(&"python"));
        assert!(!chosen.contains(&"deny"));
    }

    #[test]
    fn no_choice_is_every_step() {
        assert!(STEPS.iter().all(|step| Options::default().includes(step)));
    }

    #[test]
    fn docs_has_no_options() {
        assert_eq!(parsed("docs"), Ok(Task::Docs));
        assert_eq!(parsed("docs --help"), Ok(Task::Help));
        assert_eq!(parsed("docs site"), Err("no option of `docs` is called \"site\"".to_owned()));
    }

    #[test]
    fn a_wrong_name_is_told() {
        assert_eq!(parsed("test lnt"), Err("no step or option of `test` is called \"lnt\"".to_owned()));
        assert_eq!(
            parsed("generate --chekc"),
            Err("no option of `generate` is called \"--chekc\"".to_owned())
        );
        assert_eq!(parsed("tets"), Err("no command is called \"tets\"".to_owned()));
    }
}
