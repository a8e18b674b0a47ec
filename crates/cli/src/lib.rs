//! The command line: arguments in, summaries and exit codes out.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod apply;
mod arguments;
mod card;
mod check;
mod demo;
mod diff;
mod hub;
mod init;
mod inspect;
mod option;
mod plugin;
mod progress;
mod push;
mod run;
mod strategies;
mod summary;
mod table;
mod terminal;
mod texts;
mod verify;

use std::{
    ffi::OsString,
    panic::{self, AssertUnwindSafe},
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
};

use arguments::{Cli, Command};
use clap::{ArgMatches, FromArgMatches};
use unskew_core::{Error, Exit, Registry, Result};
use unskew_hub::Hub;
use unskew_program::Limits;

/// Runs the program with these arguments, the first of which is its name, and says how it should end.
pub fn main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.collect();
    ExitCode::from(guarded(move || respond(arguments)))
}

/// Runs `work`; a panic in it becomes a message for a person.
fn guarded(work: impl FnOnce() -> u8) -> u8 {
    let told = Arc::new(Mutex::new(None));
    let teller = told.clone();
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let mut told = teller.lock().unwrap_or_else(PoisonError::into_inner);
        told.get_or_insert_with(|| info.to_string());
    }));
    let answer = panic::catch_unwind(AssertUnwindSafe(work));
    panic::set_hook(before);
    answer.unwrap_or_else(|_| {
        let told = told.lock().unwrap_or_else(PoisonError::into_inner).take();
        complain(
            &Error::new(Exit::Fault, "this is a fault of ours")
                .cause(told.unwrap_or_else(|| "a panic".to_owned()).replace('\n', ": "))
                .hint(concat!("please tell us at ", env!("CARGO_PKG_REPOSITORY"), "/issues")),
        )
    })
}

fn respond(arguments: Vec<OsString>) -> u8 {
    let done = registry(&arguments).and_then(|registry| {
        match arguments::command(&registry).try_get_matches_from(arguments) {
            Ok(matches) => perform(&matches, &registry).map(|()| 0),
            Err(error) => {
                // A terminal that is gone cannot be told anything.
                let _ = error.print();
                Ok(error.exit_code() as u8)
            }
        }
    });
    done.unwrap_or_else(|error| match error.exit() {
        // A program that is stopped fails.
        Exit::Plugin if progress::stopped() => complain(&Error::new(Exit::Interrupted, "interrupted")),
        _ => complain(&error),
    })
}

/// The strategies that recipes may name. One that `apply` is asked for has to be known before the arguments are.
fn registry(arguments: &[OsString]) -> Result<Registry> {
    let limits = Limits { stopped: progress::stopped, ..Limits::default() };
    let registry = Registry::new(unskew_plugins::plugins())?.with_programs(limits);
    match arguments {
        [_, apply, name, ..] if apply == "apply" => match name.to_str() {
            Some(name) if registry.has(name) => {
                let plugin = registry.get(name)?;
                if plugin.home.is_some() { registry.with(plugin) } else { Ok(registry) }
            }
            _ => Ok(registry),
        },
        _ => Ok(registry),
    }
}

fn perform(matches: &ArgMatches, registry: &Registry) -> Result<()> {
    let hub = Hub::new();
    if let Some(("apply", apply)) = matches.subcommand() {
        return apply::apply(apply, registry, &hub);
    }
    let cli = Cli::from_arg_matches(matches).map_err(|error| Error::usage(error.to_string()))?;
    match cli.command {
        Command::Run(arguments) => run::run(&arguments, registry, &hub),
        Command::Push(arguments) => push::push(&arguments, &hub),
        Command::Plan(arguments) => run::plan(&arguments, registry, &hub),
        Command::Verify(arguments) => verify::verify(&arguments, registry, &hub),
        Command::Inspect(arguments) => inspect::inspect(&arguments, &hub),
        Command::Check(arguments) => check::check(&arguments, registry, &hub),
        Command::Card(arguments) => card::card(&arguments, &hub),
        Command::Strategies(arguments) => strategies::strategies(&arguments, registry),
        Command::Plugin(arguments) => plugin::plugin(&arguments, registry),
        Command::Init(arguments) => init::init(&arguments, &hub),
        Command::Hub(arguments) => hub::hub(&arguments),
        Command::Demo(arguments) => demo::demo(&arguments, registry),
        Command::Schema { of } => texts::schema(of, registry),
        Command::Completions { shell } => texts::completions(shell, registry),
        Command::Man { command } => texts::man(command.as_deref(), registry),
    }
}

/// Tells the user about an error, and says what to end with.
fn complain(error: &Error) -> u8 {
    terminal::say(&terminal::harmless_lines(&error.render()));
    error.exit() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_our_fault_and_no_crash() {
        assert_eq!(guarded(|| panic!("no such luck")), Exit::Fault as u8);
        assert_eq!(guarded(|| 6), 6);
    }
}
