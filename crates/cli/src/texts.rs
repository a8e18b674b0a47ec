//! Texts for other programs: schemas, completions, manual pages.

use clap_complete::Shell;
use clap_mangen::Man;
use unskew_core::{Error, Exit, Registry, Report, Result, inspect::Inspection};

use crate::{
    arguments::{Document, command},
    terminal::print,
};

/// Prints a JSON Schema.
pub fn schema(of: Document, registry: &Registry) -> Result<()> {
    let schema = match of {
        Document::Recipe => registry.recipe_schema(),
        Document::Report => Report::schema(),
        Document::Inspection => Inspection::schema(),
    };
    print(&format!("{schema:#}\n"))
}

/// Prints completions.
pub fn completions(shell: Shell, registry: &Registry) -> Result<()> {
    let mut out = vec![];
    clap_complete::generate(shell, &mut command(registry), "unskew", &mut out);
    print(&String::from_utf8_lossy(&out))
}

/// Prints the manual page of a command, or of the program.
pub fn man(name: Option<&str>, registry: &Registry) -> Result<()> {
    let mut program = command(registry);
    program.build();
    let page = match name {
        None => program,
        Some(name) => program.find_subcommand(name).cloned().ok_or_else(|| {
            let known: Vec<_> = program.get_subcommands().map(clap::Command::get_name).collect();
            Error::usage(format!("there is no command `{name}`"))
                .hint(format!("there are: {}", known.join(", ")))
        })?,
    };
    let mut out = vec![];
    let title = page.get_bin_name().unwrap_or("unskew").replace(' ', "-");
    Man::new(page)
        .title(title)
        .render(&mut out)
        .map_err(|error| Error::new(Exit::Fault, "cannot make the page").cause(error.to_string()))?;
    print(&String::from_utf8_lossy(&out))
}
