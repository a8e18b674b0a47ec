//! `plugin`: strategies that are programs: which there are, whether they keep the laws, and a new one to start from.

mod new;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use unskew_core::{Error, Exit, Registered, Registry, Result};
use unskew_program::{PREFIX, installed};
use unskew_strategy::laws;

use crate::{
    arguments::{Plugin, PluginCommand},
    table::{Align, Table},
    terminal::{Style, print},
};

/// Does what the command line says.
pub fn plugin(arguments: &Plugin, registry: &Registry) -> Result<()> {
    match &arguments.command {
        PluginCommand::List { json } => list(registry, *json),
        PluginCommand::Test { program } => test(program, registry),
        PluginCommand::New(arguments) => new::new(arguments),
    }
}

/// A program that is installed, and what it is, or why it is no use.
struct Installed {
    name: String,
    path: PathBuf,
    found: Result<Registered>,
}

/// The programs that are installed. Only what can be used by its name is asked what it is.
fn all(registry: &Registry) -> Vec<Installed> {
    let look = |(name, path): (String, PathBuf)| Installed { found: registry.get(&name), name, path };
    installed().into_iter().map(look).collect()
}

fn list(registry: &Registry, as_json: bool) -> Result<()> {
    let all = all(registry);
    if as_json {
        let one = |one: &Installed| match &one.found {
            Ok(Registered { manifest, home, .. }) => json!({
                "name": one.name, "path": one.path, "version": manifest.version, "summary": manifest.summary,
                "digest": home.as_ref().and_then(|home| home.digest.as_ref()),
            }),
            Err(error) => json!({"name": one.name, "path": one.path, "error": error.to_string()}),
        };
        return print(&format!("{:#}\n", all.iter().map(one).collect::<Value>()));
    }
    if all.is_empty() {
        return print(&format!("no program in the folders of PATH is called {PREFIX}NAME\n"));
    }
    let style = Style::of_stdout();
    let columns = ["strategy", "version", "program"].map(|title| (title.to_owned(), Align::Left));
    let mut table = Table::new(columns);
    for one in &all {
        let version = one.found.as_ref().map_or("-".to_owned(), |found| found.manifest.version.to_string());
        table.row([one.name.clone(), version, one.path.display().to_string()]);
    }
    let mut lines = table.lines(&style, usize::MAX);
    for one in &all {
        if let Err(error) = &one.found {
            lines.push(String::new());
            lines.push(error.render());
        }
    }
    print(&(lines.join("\n") + "\n"))
}

/// Checks the laws on a program: one that is installed by a name, or the one at a path.
fn test(program: &Path, registry: &Registry) -> Result<()> {
    let name = program.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let found = if program.components().count() > 1 || program.is_file() {
        registry.open(name.strip_prefix(PREFIX).unwrap_or(name), program, None)?
    } else {
        registry.get(name)?
    };
    let manifest = &found.manifest;
    match laws::check(found.plugin.as_ref()) {
        Ok(()) => print(&format!("{} {} keeps the laws\n", manifest.name, manifest.version)),
        Err(broken) => {
            let laws = if broken.len() == 1 { "a law".to_owned() } else { format!("{} laws", broken.len()) };
            let error = Error::new(Exit::Plugin, format!("the strategy `{}` breaks {laws}", manifest.name));
            Err(broken.iter().fold(error, |error, law| error.cause(law.to_string())))
        }
    }
}
