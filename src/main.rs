//! The command line program.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(unskew_cli::main(std::env::args_os()))
}
