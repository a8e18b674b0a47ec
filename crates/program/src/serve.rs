//! The other side of the protocol: any plugin as a program.

use std::{
    env,
    io::{self, BufRead, BufReader, BufWriter, Write},
    process::ExitCode,
};

use serde_json::Value;
use unskew_strategy::{Error, Need, Plugin, Result};

use crate::{
    answer,
    head::{self, Columns, Needs, Refusal},
    request,
};

/// Does what the program was called for, and says how it should end; all that `main` has to do.
///
/// ```no_run
/// # use unskew_strategy::{Input, Manifest, Plugin, Result, Strategy};
/// # struct Mine;
/// # impl Plugin for Mine {
/// #     fn manifest(&self) -> Manifest { unimplemented!() }
/// #     fn build(&self, _: &serde_json::Value) -> Result<Box<dyn Strategy>> { unimplemented!() }
/// # }
/// # static PLUGIN: Mine = Mine;
/// fn main() -> std::process::ExitCode {
///     unskew_program::serve(&PLUGIN)
/// }
/// ```
pub fn serve(plugin: &dyn Plugin) -> ExitCode {
    let word = env::args().nth(1).unwrap_or_default();
    let mut out = BufWriter::new(io::stdout().lock());
    let answered = answer(plugin, &word, &mut BufReader::new(io::stdin().lock()), &mut out);
    let told = match answered {
        Err(error) if !error.is_failure() => head::write(&Refusal::of(&error), &mut out),
        other => other,
    };
    match told.and_then(|()| out.flush().map_err(|error| Error::failed(error.to_string()))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let message = error.to_string();
            let told: Vec<&str> =
                [message.as_str()].into_iter().chain(error.causes().iter().map(String::as_str)).collect();
            // Standard error is what the host shows, and has nobody to complain to if it fails.
            let _ = writeln!(io::stderr(), "{}", told.join(": "));
            ExitCode::FAILURE
        }
    }
}

/// Answers `word`; a refusal has written nothing.
pub(crate) fn answer(
    plugin: &dyn Plugin,
    word: &str,
    from: &mut impl BufRead,
    out: &mut dyn Write,
) -> Result<()> {
    match word {
        "describe" => head::write(&plugin.manifest(), out),
        "needs" => {
            let mut text = vec![];
            from.read_to_end(&mut text).map_err(|error| Error::failed(error.to_string()))?;
            let options: Value =
                serde_json::from_slice(&text).map_err(|error| Error::failed(error.to_string()))?;
            let strategy = plugin.build(&options)?;
            let needs = Columns(named(strategy.needs()));
            head::write(&Needs { needs, gives: strategy.gives() }, out)
        }
        "run" => {
            let (options, rows) = request::read_options(from)?;
            let strategy = plugin.build(&options)?;
            let input = request::read_input(rows, &named(strategy.needs()), from)?;
            answer::write(&strategy.run(&input)?, out)
        }
        _ => Err(Error::failed(format!("it is called with `describe`, `needs` or `run`, not with {word:?}"))),
    }
}

/// Needs with their numbers for names.
fn named(needs: Vec<Need>) -> Vec<(String, Need)> {
    needs.into_iter().enumerate().map(|(number, need)| (number.to_string(), need)).collect()
}
