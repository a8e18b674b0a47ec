//! `card`: the dataset card of a folder, written again or checked.

use std::path::Path;

use unskew_card::{
    Repo,
    check::{Checklist, Item, Outcome, check},
};
use unskew_core::{
    Error, Exit, Result,
    remote::{SCHEME, whole},
};
use unskew_hub::Hub;

use crate::{
    arguments::Card,
    table::{Align, Table},
    terminal::{Style, Tone, print},
};

/// Writes the card of a folder again, or checks what is there.
pub fn card(arguments: &Card, hub: &Hub) -> Result<()> {
    let folder = &arguments.folder;
    if !arguments.check {
        return renew(folder, arguments, hub);
    }
    let found = check(&whole(folder, hub)?);
    if arguments.json {
        let text = serde_json::to_string_pretty(&found).expect("a checklist has text keys only");
        print(&(text + "\n"))?;
    } else {
        print(&picture(&found, &Style::of_stdout()))?;
    }
    judge(&found)
}

/// Writes the card of the folder at `folder` again.
fn renew(folder: &Path, arguments: &Card, hub: &Hub) -> Result<()> {
    if folder.to_str().is_some_and(|place| place.starts_with(SCHEME)) {
        let message = format!("the card of {} cannot be written there", folder.display());
        return Err(Error::usage(message)
            .hint("write it in a folder: `hf download --repo-type dataset OWNER/NAME --local-dir DIR`"));
    }
    let repo = match arguments.repo.clone() {
        Some(id) => Some(Repo { hub: hub.address()?, id, revision: arguments.revision.clone() }),
        None => None,
    };
    unskew_card::renew(folder, repo)
}

/// The checklist as a table, and in full what is not as it should be.
fn picture(found: &Checklist, style: &Style) -> String {
    let mut table = Table::new(["", "", ""].map(|heading| (heading.to_owned(), Align::Left)));
    for item in &found.items {
        table.row([mark(item, style).0.to_owned(), item.name.to_owned(), item.detail.clone()]);
    }
    let mut lines = table.lines(style, style.width.max(100));
    let told = |item: &&Item| matches!(item.outcome, Outcome::Fail | Outcome::Warn);
    for item in found.items.iter().filter(told) {
        let (mark, tone) = mark(item, style);
        lines.push(String::new());
        lines.push(format!("{} {}: {}", style.paint(tone, mark), item.name, style.fit(&item.detail, 2000)));
    }
    lines.join("\n") + "\n"
}

fn mark(item: &Item, style: &Style) -> (&'static str, Tone) {
    match item.outcome {
        Outcome::Pass => (style.either("✓ pass", "pass"), Tone::Good),
        Outcome::Warn => (style.either("⚠ warn", "warn"), Tone::Doubtful),
        Outcome::Fail => (style.either("✗ FAIL", "FAIL"), Tone::Bad),
        Outcome::Skipped => (style.either("– skip", "skip"), Tone::Faint),
    }
}

/// Something that failed is an error.
fn judge(found: &Checklist) -> Result<()> {
    if found.passed {
        return Ok(());
    }
    let failed = found.items.iter().filter(|item| item.outcome == Outcome::Fail);
    let error = Error::new(Exit::Check, "`load_dataset` would fail");
    Err(failed.fold(error, |error, item| error.cause(format!("{}: {}", item.name, item.detail))))
}
