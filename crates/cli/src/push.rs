//! `push`: a folder goes to the Hub, and what that changes is shown.

use std::{fs, path::Path};

use unskew_core::{Error, Result, folder, recipe::Written};
use unskew_hub::{Action, Hub, Pushed, Target, Wishes};

use crate::{
    arguments::{Publishing, Push},
    diff::diff,
    progress::Meter,
    summary::bytes,
    table::{Align, Table},
    terminal::{Style, harmless, print, say},
};

/// Pushes a folder.
pub fn push(arguments: &Push, hub: &Hub) -> Result<()> {
    let recipe = || {
        let path = arguments.folder.join(folder::RECIPE);
        let read = fs::metadata(&path).is_ok().then(|| Written::read(&path, &[])).transpose()?;
        Ok::<_, Error>(read.and_then(|written| written.recipe.output.to))
    };
    let to = if arguments.repo.is_some() { None } else { recipe()? };
    let target = target(arguments.repo.as_deref(), to.as_deref(), &arguments.publishing)?;
    let told = send(&arguments.folder, &target, &arguments.publishing, arguments.quiet, hub)?;
    if arguments.quiet { Ok(()) } else { print(&told) }
}

/// The repository that is named on the command line, or by the recipe.
pub fn target(named: Option<&str>, recipe: Option<&str>, publishing: &Publishing) -> Result<Target> {
    let Some(text) = named.or(recipe.filter(|to| to.starts_with("hf://"))) else {
        return Err(Error::usage("it is not said where to push to").hint(
            "name it: `unskew push DIR OWNER/NAME`; or write `to: hf://datasets/OWNER/NAME` into the recipe's `output`",
        ));
    };
    let target = Target::parse(text)?;
    Ok(Target { branch: publishing.branch.clone().or(target.branch), ..target })
}

/// Pushes `folder`, and answers what is to be told of it.
pub fn send(
    folder: &Path,
    target: &Target,
    publishing: &Publishing,
    quiet: bool,
    hub: &Hub,
) -> Result<String> {
    let Publishing { dry_run, public, create_pr, branch: _, tag, message } = publishing;
    let wishes = Wishes {
        public: *public,
        create_pr: *create_pr,
        dry_run: *dry_run,
        tag: tag.clone(),
        message: message.clone(),
    };
    let meter = Meter::new(quiet);
    let pushed = hub.push(folder, target, &wishes, &meter)?;
    meter.end();
    for warning in pushed.warnings.iter().filter(|_| !quiet) {
        say(&format!("warning: the Hub says of the card: {}", harmless(warning)));
    }
    Ok(if *dry_run { preview(&pushed, &Style::of_stdout()) } else { told(&pushed, &wishes) })
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
