//! `push`: a folder goes to the Hub, and what that changes is shown.

use std::{fs, path::Path};

use unskew_core::{Error, Result, folder, recipe::Written};
use unskew_hub::{Action, Hub, Pushed, Target, Wishes};

use crate::{
    arguments::Push,
    diff::diff,
    progress::Meter,
    summary::bytes,
    table::{Align, Table},
    terminal::{Style, harmless, print},
};

/// Pushes a folder.
pub fn push(arguments: &Push, hub: &Hub) -> Result<()> {
    let mut target = if arguments.repo.is_some() {
        target(arguments.repo.as_deref(), None)?
    } else {
        let path = arguments.folder.join(folder::RECIPE);
        let read = fs::metadata(&path).is_ok().then(|| Written::read(&path, &[])).transpose()?;
        target(None, read.and_then(|written| written.recipe.output.to).as_deref())?
    };
    target.branch = arguments.branch.clone().or(target.branch);
    let wishes = Wishes {
        public: arguments.public,
        create_pr: arguments.create_pr,
        dry_run: arguments.dry_run,
        tag: arguments.tag.clone(),
        message: arguments.message.clone(),
    };
    send(&arguments.folder, &target, &wishes, arguments.quiet, hub)
}

/// The repository that is named on the command line, or by the recipe.
pub fn target(named: Option<&str>, recipe: Option<&str>) -> Result<Target> {
    match named.or(recipe.filter(|to| to.starts_with("hf://"))) {
        Some(text) => Target::parse(text),
        None => Err(Error::usage("it is not said where to push to").hint(
            "name it: `unskew push DIR OWNER/NAME`; or write `to: hf://datasets/OWNER/NAME` into the recipe's `output`",
        )),
    }
}

/// Pushes `folder`, and tells what became of it.
pub fn send(folder: &Path, target: &Target, wishes: &Wishes, quiet: bool, hub: &Hub) -> Result<()> {
    let meter = Meter::new(quiet);
    let pushed = hub.push(folder, target, wishes, &meter)?;
    meter.end();
    if quiet {
        return Ok(());
    }
    let style = Style::of_stdout();
    print(&if wishes.dry_run { preview(&pushed, &style) } else { told(&pushed, wishes) })
}

/// What would change: the files, and the lines of the card.
fn preview(pushed: &Pushed, style: &Style) -> String {
    let headings = [("", Align::Left), ("file", Align::Left), ("size", Align::Right)];
    let mut table = Table::new(headings.map(|(heading, align)| (heading.to_owned(), align)));
    for one in &pushed.operations {
        let action = match one.action {
            Action::Add => "add",
            Action::Replace => "replace",
            Action::Keep => "keep",
            Action::Delete => "delete",
        };
        table.row([action.to_owned(), one.path.clone(), bytes(one.size)]);
    }
    let would = if pushed.created { "made" } else { "changed" };
    let mut lines = vec![format!("{} would be {would}:", pushed.repository)];
    lines.extend(table.lines(style, style.width.max(100)));
    let changes = diff(&pushed.card.0, &pushed.card.1);
    if !changes.is_empty() {
        lines.push("\nREADME.md:".to_owned());
        lines.extend(changes.iter().map(|line| harmless(line)));
    }
    lines.join("\n") + "\n"
}

/// What was done, and how to read it.
fn told(pushed: &Pushed, wishes: &Wishes) -> String {
    let id = pushed.repository.id();
    let did = match (&pushed.url, wishes.create_pr) {
        (None, _) => format!("{id} holds all of it already; nothing was changed"),
        (Some(url), true) => format!("proposed to {id}: {url}"),
        (Some(url), false) => format!("pushed to {id}: {url}"),
    };
    let revision = match (&wishes.tag, &pushed.branch) {
        (Some(name), _) | (None, Some(name)) => format!(", revision=\"{name}\""),
        _ => String::new(),
    };
    let config = pushed.configs.first().map_or("default", String::as_str);
    format!("{did}\n\n  load_dataset(\"{id}\", \"{config}\"{revision})\n")
}
