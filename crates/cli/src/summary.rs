//! A report as a person reads it in a terminal.

mod order;
mod strata;

use serde_json::Value;
use unskew_core::{
    recipe::Level,
    report::{CheckReport, NoteReport, Report, SettingReport, SplitReport, StageReport, key_part},
};

pub use strata::bar;

use crate::{
    table::{Align, Table},
    terminal::{Style, Tone},
};

/// Most lines of a table that are shown.
const MOST_LINES: usize = 20;

/// The summary of a run whose folder a person would call `folder`; of one that has none, or of a plan, if that is not said.
pub fn summary(report: &Report, folder: Option<&str>, style: &Style) -> String {
    let mut lines = vec![title(report, style)];
    paragraph(&mut lines, waterfall(report, style));
    for stage in &report.stages {
        paragraph(&mut lines, stage_lines(stage, style));
    }
    for order in &report.order {
        paragraph(&mut lines, order::lines(order, style));
    }
    paragraph(&mut lines, settings(report, style));
    paragraph(&mut lines, checks(report, style));
    paragraph(&mut lines, remarks(report, style));
    paragraph(&mut lines, output(report, folder, style));
    lines.join("\n") + "\n"
}

fn paragraph(lines: &mut Vec<String>, more: Vec<String>) {
    if !more.is_empty() {
        lines.push(String::new());
        lines.extend(more);
    }
}

fn title(report: &Report, style: &Style) -> String {
    let rows = &report.rows;
    let name = style.fit(&report.name, style.width / 2);
    let did = if report.planned { "would become" } else { "became" };
    let kept = match rows.retention {
        Some(share) if rows.kept != rows.output => format!("; {} of the input is kept", percent(share)),
        Some(share) => format!(", {}", percent(share)),
        None => String::new(),
    };
    format!(
        "{}: {} {did} {}{kept}",
        style.paint(Tone::Strong, &name),
        rows_of(rows.read),
        number(rows.output)
    )
}

/// How many rows were left after each step.
fn waterfall(report: &Report, style: &Style) -> Vec<String> {
    let rows = &report.rows;
    let mut steps = vec![("read".to_owned(), rows.read)];
    if rows.bad > 0 {
        steps.push(("readable".to_owned(), rows.read - rows.bad));
    }
    if rows.filtered_false + rows.filtered_unknown > 0 {
        steps.push(("where".to_owned(), rows.input));
    }
    steps.extend(report.stages.iter().map(|stage| (stage.label.clone(), stage.rows_out)));
    let most = steps.iter().map(|(_, rows)| *rows).max().unwrap_or(0);
    let mut table = Table::new([
        (String::new(), Align::Left),
        (String::new(), Align::Right),
        (String::new(), Align::Right),
        (String::new(), Align::Left),
    ]);
    let mut before = None;
    for (label, rows) in steps {
        let change = before.map_or(String::new(), |before| change(before, rows));
        table.row([label, number(rows), change, bar(rows, rows, most, 24, style)]);
        before = Some(rows);
    }
    table.lines(style, style.width)
}

fn change(before: u64, after: u64) -> String {
    match after.cmp(&before) {
        std::cmp::Ordering::Less => format!("-{}", number(before - after)),
        std::cmp::Ordering::Equal => String::new(),
        std::cmp::Ordering::Greater => format!("+{}", number(after - before)),
    }
}

fn stage_lines(stage: &StageReport, style: &Style) -> Vec<String> {
    let mut lines = vec![];
    let changed = stage.strata.iter().any(|strata| !strata.unchanged());
    for strata in stage.strata.iter().filter(|_| changed) {
        let split =
            strata.split.as_ref().map_or(String::new(), |split| format!(" in {}", style.fit(split, 40)));
        let by = style.fit(&strata.by.join(style.either(" × ", " x ")), style.width / 2);
        lines.push(format!("{} by {by}{split}", style.paint(Tone::Strong, &style.fit(&stage.label, 40))));
        lines.extend(strata::lines(strata, style));
    }
    for note in stage.notes.iter().filter(|note| tells_more(note, stage)) {
        let split =
            note.split.as_ref().map_or(String::new(), |split| format!(" in {}", style.fit(split, 40)));
        let label = style.paint(Tone::Strong, &style.fit(&stage.label, 40));
        lines.push(format!("{label}, {}{split}", style.fit(&note.name, 40)));
        lines.extend(objects(&note.rows, note.more, style));
    }
    lines
}

/// Whether a note says anything that the table of strata does not.
fn tells_more(note: &NoteReport, stage: &StageReport) -> bool {
    let Some(first) = note.rows.first().and_then(Value::as_object) else { return false };
    let Some(strata) = stage.strata.first() else { return true };
    first.keys().any(|name| !strata.by.contains(name) && !matches!(name.as_str(), "before" | "after"))
}

/// A table of JSON objects that have the same members, of which there are `unlisted` more.
pub fn objects(rows: &[Value], unlisted: u64, style: &Style) -> Vec<String> {
    let Some(first) = rows.first().and_then(Value::as_object) else { return vec![] };
    let align = |value: &Value| if value.is_number() { Align::Right } else { Align::Left };
    let columns = first.iter().map(|(name, _)| {
        let value = rows.iter().filter_map(|row| row.get(name)).find(|value| !value.is_null());
        (name.clone(), value.map_or(Align::Right, align))
    });
    let mut table = Table::new(columns);
    for row in rows.iter().take(MOST_LINES) {
        table.row(first.keys().map(|name| value(row.get(name).unwrap_or(&Value::Null))));
    }
    let mut lines = table.lines(style, style.width);
    lines.extend(more(unlisted + rows.len().saturating_sub(MOST_LINES) as u64));
    lines
}

/// The line that stands for what is not shown.
pub fn more(hidden: u64) -> Option<String> {
    (hidden > 0).then(|| format!("  and {} more", number(hidden)))
}

/// What to tell trainers. A setting that was cut off would be of no use.
fn settings(report: &Report, style: &Style) -> Vec<String> {
    if report.settings.is_empty() {
        return vec![];
    }
    let title = style.paint(Tone::Strong, "settings");
    let line = |setting: &SettingReport| {
        format!("  {}, {}: {}", setting.trainer, style.fit(&setting.about(), 60), setting.told())
    };
    std::iter::once(title).chain(report.settings.iter().map(line)).collect()
}

fn checks(report: &Report, style: &Style) -> Vec<String> {
    if report.checks.is_empty() {
        return vec![];
    }
    let mut lines = vec![style.paint(Tone::Strong, "checks")];
    for check in &report.checks {
        let (mark, tone) = match (check.passed, check.level) {
            (Some(true), _) => (style.either("✓", "ok"), Tone::Good),
            (_, Level::Warn) => (style.either("⚠ warning:", "warning:"), Tone::Doubtful),
            _ => (style.either("✗", "FAILED"), Tone::Bad),
        };
        lines.push(format!("  {} {}", style.paint(tone, mark), check_text(check, style)));
        let hint = check.hint.as_ref().filter(|_| check.passed != Some(true));
        lines.extend(hint.map(|hint| format!("    hint: {hint}")));
    }
    lines
}

/// A check with what was measured: `max_share(task) <= 0.4 (0.33)`; and, where it says more, what it is called, and
/// what it means that it is not true.
pub fn check_text(check: &CheckReport, style: &Style) -> String {
    let name = check.name.as_ref().map_or(String::new(), |name| format!("{name}, "));
    let means = check.means.as_ref().filter(|_| check.passed != Some(true));
    let means = means.map_or(String::new(), |means| format!(": {means}"));
    format!("{name}{}{means}", expectation(check, style))
}

fn expectation(check: &CheckReport, style: &Style) -> String {
    let mut place = vec![];
    if let Some(measured) = &check.measured {
        place.push(value(measured));
    } else if check.passed.is_none() {
        place.push("cannot be told".to_owned());
    }
    if check.on != "output" {
        place.push(format!("of the {}", check.on));
    }
    if let Some(split) = &check.split {
        place.push(format!("of {}", style.fit(split, 40)));
    }
    let expect = style.fit(&check.expect, 200);
    if place.is_empty() { expect } else { format!("{expect} ({})", place.join(" ")) }
}

fn remarks(report: &Report, style: &Style) -> Vec<String> {
    let mut notes = vec![];
    for source in &report.sources {
        for (reason, rows) in &source.bad {
            notes.push(format!("{} of {} cannot be read: {reason}", rows_of(*rows), source.label));
        }
    }
    notes.extend(
        report.json_columns.iter().map(|column| {
            format!("the column `{}` was written as JSON text: {}", column.path, column.reason)
        }),
    );
    let unknown = report.rows.filtered_unknown;
    if unknown > 0 {
        notes.push(format!(
            "`where` was unknown for {}, which are left out: a value is missing",
            rows_of(unknown)
        ));
    }
    notes.extend(report.notices.iter().cloned());
    let mark = style.paint(Tone::Doubtful, "note:");
    notes.into_iter().map(|note| format!("{mark} {}", style.fit(&note, 400))).collect()
}

fn output(report: &Report, folder: Option<&str>, style: &Style) -> Vec<String> {
    let output = &report.output;
    let mut lines = vec![];
    let nowhere = if report.planned { "the output would have" } else { "the output has" };
    let shown = folder.map_or(nowhere.to_owned(), |folder| style.fit(folder, 400));
    lines.push(style.paint(Tone::Strong, &shown));
    let mut table = Table::new([
        (String::new(), Align::Left),
        (String::new(), Align::Right),
        (String::new(), Align::Right),
        (String::new(), Align::Left),
    ]);
    let overflow =
        report.overflow.iter().flat_map(|overflow| &overflow.splits).map(|split| ("overflow", split));
    let several = !output.further.is_empty();
    let own = output.configs().flat_map(|(config, splits)| {
        splits.iter().map(move |split| (if several { config } else { "" }, split))
    });
    let all: Vec<_> = own.chain(overflow).collect();
    for (config, split) in all.iter().take(MOST_LINES) {
        table.row([
            split_name(config, split),
            rows_of(split.rows),
            size(split, report.planned),
            files(split),
        ]);
    }
    lines.extend(table.lines(style, style.width));
    lines.extend(more(all.len().saturating_sub(MOST_LINES) as u64));
    if let Some(folder) = folder {
        lines.push(String::new());
        lines.extend(output.configs().map(|(config, _)| format!("  {}", load(config, folder))));
    }
    lines
}

fn split_name(config: &str, split: &SplitReport) -> String {
    match config {
        "" => split.name.clone(),
        config => format!("{config}/{}", split.name),
    }
}

fn size(split: &SplitReport, planned: bool) -> String {
    if planned { format!("about {}", bytes(split.bytes)) } else { bytes(split.bytes) }
}

fn files(split: &SplitReport) -> String {
    match split.files.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first, ..] => format!("{first} and {} more", split.files.len() - 1),
    }
}

/// How to read the folder again.
fn load(config: &str, folder: &str) -> String {
    let text = |text: &str| Value::from(text).to_string();
    match config {
        "default" => format!("load_dataset({})", text(folder)),
        config => format!("load_dataset({}, {})", text(folder), text(config)),
    }
}

/// A number for people: `1 234 567`.
pub fn number(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut parts = vec![];
    if first > 0 {
        parts.push(&digits[..first]);
    }
    parts.extend((first..digits.len()).step_by(3).map(|at| &digits[at..at + 3]));
    parts.join(" ")
}

/// `1 row`, `2 rows`.
pub fn rows_of(rows: u64) -> String {
    if rows == 1 { "1 row".to_owned() } else { format!("{} rows", number(rows)) }
}

/// A share for people: `12.5 %`.
pub fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// Bytes for people: `1.2 MB`.
pub fn bytes(bytes: u64) -> String {
    let units = ["kB", "MB", "GB", "TB", "PB", "EB"];
    let mut value = bytes as f64;
    let mut unit = "B";
    for larger in units {
        if value < 999.5 {
            break;
        }
        value /= 1000.0;
        unit = larger;
    }
    if unit == "B" || value >= 99.95 { format!("{value:.0} {unit}") } else { format!("{value:.1} {unit}") }
}

/// A JSON value for people: texts without quotes, numbers without needless digits.
pub fn value(value: &Value) -> String {
    match value {
        Value::Null => key_part(None),
        Value::String(text) => key_part(Some(text)),
        Value::Number(whole) => match (whole.as_u64(), whole.as_f64()) {
            (Some(whole), _) => number(whole),
            (_, Some(float)) => short(float),
            _ => whole.to_string(),
        },
        other => other.to_string(),
    }
}

/// A number with at most four digits after the point, or as many as it takes.
pub fn short(number: f64) -> String {
    let rounded = (number * 1e4).round() / 1e4;
    if number != 0.0 && number.abs() < 0.01 { format!("{number:.3e}") } else { format!("{rounded}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_whole_and_a_split_is_only_text() {
        let long = "x".repeat(300);
        let setting = SettingReport {
            trainer: "verl".to_owned(),
            about: "weights".to_owned(),
            config: None,
            split: Some("\u{1b}[31m\n".to_owned()),
            set: Some(long.clone()),
        };
        let report = Report { settings: vec![setting], ..Report::default() };
        let lines = settings(&report, &crate::terminal::PLAIN);
        assert_eq!(lines.len(), 2);
        assert!(lines[1].starts_with("  verl, weights of ") && lines[1].ends_with(&long));
        assert!(!lines[1].contains(['\u{1b}', '\n']));
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!([0, 999, 1000, 1_234_567].map(number), ["0", "999", "1 000", "1 234 567"]);
        assert_eq!(
            [0, 999, 1200, 999_999, 1_180_000_000].map(bytes),
            ["0 B", "999 B", "1.2 kB", "1.0 MB", "1.2 GB"]
        );
        assert_eq!(
            [0.0, 0.33333, 12.5, 0.000_12, -3.0].map(short),
            ["0", "0.3333", "12.5", "1.200e-4", "-3"]
        );
    }
}
