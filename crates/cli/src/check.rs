//! `check`: what a trainer would stumble over in a source.

use serde_json::{Map, Value, json};
use unskew_core::{
    Error, Options, Prepared, Registry, Report, Result,
    recipe::{Level, Preset, SourceSpec, Written},
    remote::Remotes,
    report::CheckReport,
};

use crate::{
    apply::to_yaml,
    arguments::{Check, Rows},
    inspect::size,
    progress::Meter,
    run::judge,
    summary::{rows_of, value},
    table::{Align, Table},
    terminal::{Style, Tone, print},
};

/// What messages call the recipe that the command line stands for.
const NAME: &str = "check";

/// Checks a source against presets.
pub fn check(arguments: &Check, registry: &Registry, remotes: &dyn Remotes) -> Result<()> {
    let written = Written::parse(NAME, &to_yaml(&recipe(arguments)?)?, &[])?;
    let prepared = Prepared::new(written, registry, remotes)?;
    let options = Options {
        threads: arguments.rows.threads.map(usize::from),
        memory: arguments.memory,
        limit: arguments.rows.limit,
        ..Options::default()
    };
    let meter = Meter::new(arguments.json);
    let report = unskew_core::plan(&prepared, &options, &meter)?;
    meter.end();
    if arguments.json {
        print(&report.to_json())?;
    } else {
        print(&picture(&report, &Style::of_stdout()))?;
    }
    judge(&report, "`unskew strategies` lists what a recipe can do about it")
}

/// The recipe that the command line stands for.
fn recipe(arguments: &Check) -> Result<Value> {
    let given = [("score", &arguments.score), ("label", &arguments.label), ("by", &arguments.by)];
    let mut presets: Vec<Preset> = vec![];
    for preset in Preset::ALL {
        if arguments.presets.iter().any(|name| name == preset.name()) {
            presets.push(preset);
        }
    }
    let idle = given
        .iter()
        .find(|(option, text)| text.is_some() && presets.iter().all(|preset| preset.looks_at().0 != *option));
    if let Some((option, _)) = idle {
        let names: Vec<_> = presets.iter().map(|preset| format!("`{}`", preset.name())).collect();
        return Err(Error::usage(format!("`--{option}` has no meaning for {}", names.join(" and "))));
    }
    let one = |preset: &Preset| {
        let mut check = Map::from_iter([("preset".to_owned(), preset.name().into())]);
        for (option, text) in given.iter().filter(|(option, _)| preset.looks_at().0 == *option) {
            check.extend(Option::as_ref(text).map(|text| ((*option).to_owned(), text.as_str().into())));
        }
        Value::Object(check)
    };
    let Rows { source, config, split, condition, .. } = &arguments.rows;
    let mut recipe = json!({"name": NAME, "source": SourceSpec::written(source, config.as_deref(), split)});
    if !arguments.columns.is_empty() {
        let columns = arguments.columns.iter().map(|(name, text)| (name.clone(), text.as_str().into()));
        recipe["columns"] = columns.collect::<Map<_, _>>().into();
    }
    if let Some(condition) = condition {
        recipe["where"] = condition.as_str().into();
    }
    recipe["on_bad_row"] = "skip".into();
    recipe["checks"] = presets.iter().map(one).collect();
    Ok(recipe)
}

/// What became of each check as a table, and what to do about those that are not true.
fn picture(report: &Report, style: &Style) -> String {
    let mut parts = vec![facts(report, style)];
    let headings =
        [("", Align::Left), ("check", Align::Left), ("measured", Align::Right), ("expected", Align::Left)];
    let mut table = Table::new(headings.map(|(heading, align)| (heading.to_owned(), align)));
    for check in &report.checks {
        let name = check.name.clone().unwrap_or_default();
        let measured = check.measured.as_ref().map_or("cannot be told".to_owned(), value);
        table.row([verdict(check, style).0.to_owned(), name, measured, check.expect.clone()]);
    }
    // An expectation that is cut loses its threshold; a narrow terminal wraps it.
    parts.push(table.lines(style, style.width.max(120)));
    for check in report.checks.iter().filter(|check| check.passed != Some(true)) {
        let (mark, tone) = verdict(check, style);
        let told = [&check.name, &check.means].map(|text| text.clone().unwrap_or_default()).join(": ");
        let mut lines = vec![format!("{} {told}", style.paint(tone, mark))];
        lines.extend(check.hint.as_ref().map(|hint| format!("  hint: {hint}")));
        parts.push(lines);
    }
    let parts: Vec<_> = parts.into_iter().map(|lines| lines.join("\n")).collect();
    parts.join("\n\n") + "\n"
}

fn facts(report: &Report, style: &Style) -> Vec<String> {
    let mut lines = vec![];
    for source in &report.sources {
        lines.push(size(source, style));
        let bad =
            source.bad.iter().map(|(reason, rows)| format!("{} cannot be read: {reason}", rows_of(*rows)));
        lines.extend(bad);
    }
    lines.extend(report.notices.iter().map(|notice| format!("note: {notice}")));
    if report.rows.input != report.rows.read {
        lines.push(format!("looked at {}", rows_of(report.rows.input)));
    }
    lines
}

/// What became of a check, in a word.
fn verdict(check: &CheckReport, style: &Style) -> (&'static str, Tone) {
    match (check.passed, check.level) {
        (Some(true), _) => (style.either("✓ pass", "pass"), Tone::Good),
        (_, Level::Warn) => (style.either("⚠ warn", "warn"), Tone::Doubtful),
        _ => (style.either("✗ FAIL", "FAIL"), Tone::Bad),
    }
}
