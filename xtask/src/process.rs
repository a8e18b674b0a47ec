//! Running other programs.

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use crate::Result;

/// Shows and runs a command.
pub fn run(command: &mut Command) -> Result {
    let shown = show(command);
    println!("$ {shown}");
    let status = command.status().map_err(|error| format!("cannot start `{shown}`: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("`{shown}` failed ({status})")) }
}

/// Runs a command silently, and answers what it printed.
pub fn output(command: &mut Command) -> Result<Vec<u8>> {
    let shown = show(command);
    let output = command.output().map_err(|error| format!("cannot start `{shown}`: {error}"))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(format!(
        "`{shown}` failed ({}): {}",
        output.status,
        String::from_utf8_lossy(&output.stderr).trim_end()
    ))
}

/// Gives `input` to a command, and answers what it printed.
pub fn filter(command: &mut Command, input: &[u8]) -> Result<Vec<u8>> {
    let shown = show(command);
    let says = |error: std::io::Error| format!("cannot run `{shown}`: {error}");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(says)?;
    child.stdin.take().expect("the input is piped").write_all(input).map_err(says)?;
    let output = child.wait_with_output().map_err(says)?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(format!("`{shown}` failed ({})", output.status))
    }
}

/// Whether a command can be run at all.
pub fn works(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

fn show(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let mut text = program.file_stem().unwrap_or(program.as_os_str()).to_string_lossy().into_owned();
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_shown_as_typed() {
        assert_eq!(show(Command::new("/usr/bin/cargo").args(["fmt", "--all"])), "cargo fmt --all");
    }

    #[test]
    fn a_missing_program_is_an_error() {
        let error = run(&mut Command::new("no-such-program-anywhere")).unwrap_err();
        assert!(error.starts_with("cannot start `no-such-program-anywhere`: "), "{error}");
        assert!(!works(&mut Command::new("no-such-program-anywhere")));
    }

    #[test]
    fn a_filter_is_given_its_input() {
        let mut sort = Command::new("sort");
        assert_eq!(filter(&mut sort, b"b\na\n").unwrap(), b"a\nb\n");
        assert!(filter(Command::new("sort").arg("--no-such-option"), b"").is_err());
    }

    #[test]
    fn a_failing_program_is_an_error() {
        let mut rustc = Command::new("rustc");
        let error = output(rustc.arg("--no-such-option")).unwrap_err();
        assert!(error.starts_with("`rustc --no-such-option` failed (exit"), "{error}");
    }
}
