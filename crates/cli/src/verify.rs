//! `verify` and `run --locked`: whether a result is what a lock says.

use std::path::Path;

use unskew_card::{Difference, Lock, Verdict, differences, read_lock};
use unskew_core::{
    Error, Exit, Options, Outcome, Registry, Result, folder,
    remote::{Remotes, SCHEME, whole},
};

use crate::{
    arguments::Verify,
    progress::Meter,
    terminal::{Style, Tone, print},
};

/// Makes a result again, and tells whether it is what its lock says.
pub fn verify(arguments: &Verify, registry: &Registry, remotes: &dyn Remotes) -> Result<()> {
    let options = Options {
        threads: arguments.threads.map(usize::from),
        memory: arguments.memory,
        ..Options::default()
    };
    let meter = Meter::new(arguments.json);
    let store = whole(&arguments.result, remotes)?;
    let is_strange = arguments.result.to_str().is_some_and(|place| place.starts_with(SCHEME));
    let built_in = registry.built_in_only();
    let registry = if is_strange && !arguments.trust { &built_in } else { registry };
    let results = unskew_card::results(&store);
    let name = arguments.result.display().to_string();
    let mut differences = vec![];
    for config in &results {
        let config = config.as_deref();
        let within = (registry, remotes);
        let verdict = unskew_card::verify(&store, config, &arguments.from, within, &options, &meter)?;
        meter.end();
        // Which of several it is, has to be said.
        let config = config.filter(|_| results.len() > 1);
        if arguments.json {
            let text = serde_json::to_string_pretty(&verdict).expect("a verdict has text keys only");
            print(&format!("{text}\n"))?;
        } else if verdict.differences.is_empty() {
            let name = config.map_or_else(|| name.clone(), |config| format!("`{config}` of {name}"));
            print(&praise(&name, &verdict))?;
        }
        let told =
            |one: &Difference| config.map_or_else(|| one.to_string(), |config| format!("`{config}`: {one}"));
        differences.extend(verdict.differences.iter().map(told));
    }
    if differences.is_empty() {
        return Ok(());
    }
    let error = refusal(&format!("{name} is not what its lock says"), differences);
    Err(error.hint("the first difference is the most likely cause of the others"))
}

/// What is said of a result that is what its lock says.
fn praise(name: &str, verdict: &Verdict) -> String {
    let Lock { sources, steps, files, .. } = &verdict.lock;
    let style = Style::of_stdout();
    let count = |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
    format!(
        "{} is what its lock says: {}, {} and {} made again are the same\n",
        style.paint(Tone::Strong, name),
        count(sources.len(), "source file"),
        count(steps.len(), "step"),
        count(files.len(), "file"),
    )
}

/// The lock that `--locked` names: `file`, or without a name the one in `target`.
pub fn locked(file: &Path, target: &Path) -> Result<Lock> {
    if file.as_os_str().is_empty() { read_lock(&target.join(folder::LOCK)) } else { read_lock(file) }
}

/// Refuses an outcome that is not what `lock` says.
pub fn hold(lock: &Lock, outcome: &Outcome) -> Result<()> {
    let found = differences(lock, outcome);
    if found.is_empty() {
        return Ok(());
    }
    let found = found.iter().map(Difference::to_string);
    Err(refusal("the result would not be what the lock says; nothing was written", found)
        .hint("run it without `--locked` to write it, and a lock that says so"))
}

fn refusal(message: &str, differences: impl IntoIterator<Item = String>) -> Error {
    differences.into_iter().fold(Error::new(Exit::Check, message), Error::cause)
}
