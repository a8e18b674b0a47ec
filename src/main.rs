//! The command line program.

use std::process::ExitCode;

fn main() -> ExitCode {
    unskew_cli::main(std::env::args_os())
}
