//! The project's own commands: `cargo xtask test` checks everything, `cargo xtask generate` writes generated files,
//! `cargo xtask docs` builds the documentation.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "talking on the terminal is what this program does"
)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod arguments;
mod generate;
mod process;
mod project;
mod python;
mod site;
mod steps;
mod test;

use std::process::ExitCode;

use arguments::Task;
use project::Project;

/// What a function answers that may fail with a message for the person at the terminal.
type Result<T = ()> = std::result::Result<T, String>;

fn main() -> ExitCode {
    let task = match arguments::parse(std::env::args().skip(1)) {
        Ok(task) => task,
        Err(message) => {
            eprintln!("error: {message}\n\n{}", arguments::usage());
            return ExitCode::from(2);
        }
    };
    let result = match &task {
        Task::Help => {
            println!("{}", arguments::usage());
            Ok(())
        }
        Task::Test(options) => test::run(&Project::here(), options),
        Task::Generate { check } => generate::run(&Project::here(), *check),
        Task::Docs => {
            site::build(&Project::here()).map(|folder| println!("{}", folder.join("index.html").display()))
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}
