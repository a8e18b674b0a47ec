//! `run` and `plan`: a recipe becomes a folder, or a prediction of one.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use unskew_card::Pinned;
use unskew_core::{
    Error, Exit, Options, Prepared, Registry, Report, Result,
    recipe::{Level, Written},
    remote::Remotes,
    report::CheckReport,
};
use unskew_hub::Hub;

use crate::{
    arguments::{Plan, Run, Telling},
    progress::Meter,
    push,
    summary::{check_text, summary},
    terminal::{Style, print, say},
    verify,
};

/// Runs the recipe in a file.
pub fn run(arguments: &Run, registry: &Registry, hub: &Hub) -> Result<()> {
    let written = Written::read(&arguments.recipe, &arguments.choosing.set)?;
    let options = arguments.choosing.options(Some(&arguments.making));
    let locked = arguments.locked.as_ref().map(Path::new);
    if !arguments.push {
        return make(written, &options, locked, &arguments.telling, (registry, hub));
    }
    // What cannot be pushed to is told before the work, and not after it.
    let publishing = &arguments.publishing;
    let target = push::target(None, written.recipe.output.to.as_deref(), publishing)?;
    hub.may_push()?;
    let folder = unskew_core::target(&written, &options)?;
    make(written, &options, locked, &arguments.telling, (registry, hub))?;
    let Telling { json, quiet } = arguments.telling;
    match push::send(&folder, &target, publishing, quiet, hub)? {
        _ if quiet => Ok(()),
        // Standard output is the report's.
        told if json => {
            say(told.trim_end());
            Ok(())
        }
        told => print(&told),
    }
}

/// Tells what the recipe in a file would do.
pub fn plan(arguments: &Plan, registry: &Registry, remotes: &dyn Remotes) -> Result<()> {
    let written = Written::read(&arguments.recipe, &arguments.choosing.set)?;
    let prepared = Prepared::new(written, registry, remotes)?;
    warn(&prepared, &arguments.telling);
    let meter = Meter::new(arguments.telling.quiet);
    let report = unskew_core::plan(&prepared, &arguments.choosing.options(None), &meter)?;
    meter.end();
    tell(&report, None, &arguments.telling)?;
    judge(&report, "change the recipe, or the checks")
}

/// Runs a recipe with strategies and sources from `within`, and tells about it; `locked` is what `--locked` says.
pub fn make(
    written: Written,
    options: &Options,
    locked: Option<&Path>,
    telling: &Telling,
    within: (&Registry, &dyn Remotes),
) -> Result<()> {
    let (registry, remotes) = within;
    let target = unskew_core::target(&written, options)?;
    let lock = locked.map(|file| verify::locked(file, &target)).transpose()?;
    let prepared = match &lock {
        Some(lock) => {
            unskew_card::require_plugins(lock, &written.recipe, registry)?;
            Prepared::new(written, registry, &Pinned::new(lock, remotes))?
        }
        None => Prepared::new(written, registry, remotes)?,
    };
    warn(&prepared, telling);
    let meter = Meter::new(telling.quiet);
    let outcome = unskew_core::run(&prepared, options, &meter)?;
    lock.map_or(Ok(()), |lock| verify::hold(&lock, &outcome))?;
    let report = outcome.report.clone();
    let folder = unskew_card::finish(outcome, options.sync)?;
    meter.end();
    let shown = options.out.clone().unwrap_or_else(|| nearby(&folder));
    let shown = shown.display().to_string();
    tell(&report, Some(&shown), telling)?;
    judge(&report, &format!("{shown} was written all the same; `.unskew/report.json` in it tells more"))
}

/// Warns of what the scan will take long to find out.
fn warn(prepared: &Prepared, telling: &Telling) {
    const LONG: u64 = 64 << 20;
    if telling.quiet || prepared.catalog.bytes() < LONG {
        return;
    }
    for slip in prepared.slips() {
        say(&format!("warning: {slip}"));
    }
}

fn tell(report: &Report, folder: Option<&str>, telling: &Telling) -> Result<()> {
    if telling.json {
        print(&report.to_json())
    } else if telling.quiet {
        Ok(())
    } else {
        print(&summary(report, folder, &Style::of_stdout()))
    }
}

/// A check of level `fail` that is not true is an error.
pub fn judge(report: &Report, hint: &str) -> Result<()> {
    let failed = |check: &&CheckReport| check.level == Level::Fail && check.passed != Some(true);
    let failed: Vec<_> = report.checks.iter().filter(failed).collect();
    if failed.is_empty() {
        return Ok(());
    }
    let count = if failed.len() == 1 { "a check".to_owned() } else { format!("{} checks", failed.len()) };
    let style = Style { colour: false, unicode: true, width: 0 };
    let error = Error::new(Exit::Check, format!("{count} failed"));
    Err(failed.iter().fold(error, |error, check| error.cause(check_text(check, &style))).hint(hint))
}

/// A folder's path as seen from here, if it is below.
fn nearby(folder: &Path) -> PathBuf {
    let here = env::current_dir().and_then(fs::canonicalize);
    match (here, fs::canonicalize(folder)) {
        (Ok(here), Ok(folder)) => folder.strip_prefix(here).map_or(folder.clone(), Path::to_path_buf),
        _ => folder.to_path_buf(),
    }
}
