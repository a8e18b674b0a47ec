//! `inspect`: what a source looks like, for a person or as JSON.

use unskew_card::shell_word;
use unskew_core::{
    Options, Result,
    inspect::{Distribution, Histogram, Inspection, PathReport, Question, Statistics, inspect as look},
    remote::Remotes,
    report::SourceReport,
};

use crate::{
    arguments::{Inspect, Rows},
    progress::Meter,
    summary::{bar, bytes, more, number, percent, rows_of, short},
    table::{Align, Table},
    terminal::{Style, Tone, harmless, print},
};

/// Most lines of a table that are shown.
const MOST_LINES: usize = 20;

/// Most paths that are shown.
const MOST_PATHS: usize = 60;

/// Shows what a source looks like.
pub fn inspect(arguments: &Inspect, remotes: &dyn Remotes) -> Result<()> {
    let Rows { source, config, split, condition, limit, threads } = &arguments.rows;
    let question = Question {
        config: config.clone(),
        splits: split.clone(),
        condition: condition.clone(),
        by: arguments.by.clone(),
        histogram: arguments.histogram.clone(),
        statistics: arguments.stats,
        rows: arguments.which.clone().map(|which| (which, arguments.count)),
    };
    let options = Options { threads: threads.map(usize::from), limit: *limit, ..Options::default() };
    let meter = Meter::new(arguments.json);
    let inspection = look(source, &question, &options, remotes, &meter)?;
    meter.end();
    if arguments.json {
        print(&inspection.to_json())
    } else {
        print(&picture(&inspection, &words(&arguments.rows), &Style::of_stdout()))
    }
}

/// What one types to name the source.
fn words(rows: &Rows) -> String {
    let options = rows.config.iter().map(|config| ("--config", config));
    let options = options.chain(rows.split.iter().map(|split| ("--split", split)));
    let options = options.map(|(option, name)| format!(" {option} {}", shell_word(name)));
    shell_word(&rows.source) + &options.collect::<String>()
}

/// The inspection of a source, which one types as `words`, as text.
fn picture(inspection: &Inspection, words: &str, style: &Style) -> String {
    let mut parts = vec![facts(inspection, style)];
    let asked = inspection.distribution.is_some()
        || inspection.histogram.is_some()
        || inspection.statistics.is_some()
        || inspection.samples.is_some();
    if !asked {
        parts.push(paths(inspection, style));
    }
    parts.extend(inspection.distribution.as_ref().map(|all| distribution(all, inspection.rows, style)));
    parts.extend(inspection.histogram.as_ref().map(|all| histogram(all, style)));
    parts.extend(inspection.statistics.as_ref().map(|all| statistics(all, style)));
    parts.extend(
        inspection.samples.as_ref().map(|rows| rows.iter().map(|row| harmless(&row.to_string())).collect()),
    );
    let flag = |flag: &String| {
        format!(
            "{} {}",
            style.paint(Tone::Doubtful, style.either("⚠", "!")),
            style.fit(flag, style.width - 2)
        )
    };
    parts.push(inspection.flags.iter().map(flag).collect());
    if let (false, Some(by)) = (asked, &inspection.suggestion) {
        parts.push(vec![format!("try: unskew inspect {words} --by {}", shell_word(&harmless(by)))]);
    }
    let parts: Vec<_> =
        parts.into_iter().filter(|part| !part.is_empty()).map(|part| part.join("\n")).collect();
    parts.join("\n\n") + "\n"
}

/// What a source is called, and how much of it there is.
pub fn size(source: &SourceReport, style: &Style) -> String {
    let files = if source.files == 1 {
        "1 file".to_owned()
    } else {
        format!("{} files", number(source.files as u64))
    };
    let name = style.paint(Tone::Strong, &style.fit(&source.label, style.width / 2));
    format!("{name}: {} in {files}, {}", rows_of(source.rows), bytes(source.bytes))
}

fn facts(inspection: &Inspection, style: &Style) -> Vec<String> {
    let source = &inspection.source;
    let mut lines = vec![size(source, style)];
    if inspection.rows != source.rows {
        lines.push(format!("looked at {}", rows_of(inspection.rows)));
    }
    lines.extend(inspection.layout.as_ref().map(|layout| format!("the rows look like layout `{layout}`")));
    lines
}

fn paths(inspection: &Inspection, style: &Style) -> Vec<String> {
    let headings =
        [("path", Align::Left), ("kind", Align::Left), ("null", Align::Right), ("missing", Align::Right)];
    let mut table = Table::new(headings.map(|(heading, align)| (heading.to_owned(), align)));
    for path in inspection.paths.iter().take(MOST_PATHS) {
        let missing = if path.missing == 0 { String::new() } else { number(path.missing) };
        let nulls = path.kinds.get("null").map_or(String::new(), |rows| number(*rows));
        table.row([path.path.clone(), kinds(path), nulls, missing]);
    }
    let mut lines = vec![format!("paths in the first {}", rows_of(inspection.head_rows))];
    lines.extend(table.lines(style, style.width));
    lines.extend(more(inspection.paths.len().saturating_sub(MOST_PATHS) as u64));
    lines
}

fn kinds(path: &PathReport) -> String {
    let kinds: Vec<_> = path.kinds.keys().filter(|kind| *kind != "null").map(String::as_str).collect();
    if kinds.is_empty() { "null".to_owned() } else { kinds.join(" | ") }
}

fn distribution(distribution: &Distribution, rows: u64, style: &Style) -> Vec<String> {
    let headings = [("", Align::Left), ("rows", Align::Right), ("share", Align::Right), ("", Align::Left)];
    let mut table = Table::new(headings.map(|(heading, align)| (heading.to_owned(), align)));
    let most = distribution.groups.first().map_or(0, |group| group.rows);
    for group in distribution.groups.iter().take(MOST_LINES) {
        let bar = bar(group.rows, group.rows, most, style.width / 3, style);
        table.row([group.label(), number(group.rows), percent(group.share), bar]);
    }
    let by = style.fit(&distribution.by.join(style.either(" × ", " x ")), style.width / 2);
    let mut lines = vec![format!("{} by {by}", rows_of(rows))];
    lines.extend(table.lines(style, style.width));
    lines.extend(more(distribution.more + distribution.groups.len().saturating_sub(MOST_LINES) as u64));
    lines
}

fn histogram(histogram: &Histogram, style: &Style) -> Vec<String> {
    let last = histogram.bins.len().saturating_sub(1);
    let most = histogram.bins.iter().map(|bin| bin.rows).max().unwrap_or(0);
    let mut table = Table::new(
        [Align::Right, Align::Left, Align::Right, Align::Left].map(|align| (String::new(), align)),
    );
    for (at, bin) in histogram.bins.iter().enumerate() {
        let close = if at == last { "]" } else { ")" };
        let bar = bar(bin.rows, bin.rows, most, style.width / 3, style);
        table.row([
            format!("[{},", short(bin.from)),
            format!("{}{close}", short(bin.to)),
            number(bin.rows),
            bar,
        ]);
    }
    let mut lines = vec![style.fit(&histogram.expression, style.width)];
    lines.extend(table.lines(style, style.width));
    let others = [
        ("without a value", histogram.missing),
        ("not a number", histogram.not_a_number),
        ("infinite", histogram.infinite),
    ];
    lines.extend(
        others
            .iter()
            .filter(|(_, rows)| *rows > 0)
            .map(|(what, rows)| format!("  {what}: {}", number(*rows))),
    );
    lines
}

fn statistics(all: &[Statistics], style: &Style) -> Vec<String> {
    let names = ["field", "rows", "missing", "mean", "stddev", "min", "25 %", "50 %", "75 %", "max"];
    let align = |name: &str| if name == "field" { Align::Left } else { Align::Right };
    let mut table = Table::new(names.map(|name| (name.to_owned(), align(name))));
    let shown = |value: Option<f64>| value.map_or(String::new(), short);
    for field in all {
        table.row([
            field.path.clone(),
            number(field.count),
            number(field.missing),
            shown(field.mean),
            shown(field.stddev),
            shown(field.min),
            shown(field.lower_quartile),
            shown(field.median),
            shown(field.upper_quartile),
            shown(field.max),
        ]);
    }
    if all.is_empty() { vec!["no field is numeric".to_owned()] } else { table.lines(style, style.width) }
}

#[cfg(test)]
mod tests {
    use unskew_core::inspect::{Bin, Share};

    use super::*;
    use crate::terminal::PLAIN;

    #[test]
    fn a_picture_shows_shares_bins_and_flags() {
        let share =
            |name: &str, rows| Share { key: vec![Some(name.to_owned())], rows, share: rows as f64 / 4.0 };
        let inspection = Inspection {
            rows: 4,
            distribution: Some(Distribution {
                by: vec!["task".to_owned()],
                groups: vec![share("math", 3), share("\x1b[31mred", 1)],
                more: 0,
            }),
            histogram: Some(Histogram {
                expression: "reward".to_owned(),
                bins: vec![Bin { from: 0.0, to: 0.5, rows: 1 }, Bin { from: 0.5, to: 1.0, rows: 2 }],
                missing: 1,
                ..Histogram::default()
            }),
            flags: vec!["75.0 % of the rows are `math`".to_owned()],
            ..Inspection::default()
        };
        assert_eq!(
            picture(&inspection, "x", &PLAIN),
            ": 0 rows in 0 files, 0 B\nlooked at 4 rows\n\n4 rows by task\n            rows   share\n  \
             math         3  75.0 %  ██████████████████████████\n  ␛[31mred     1  25.0 %  ████████▋\n\n\
             reward\n    [0,  0.5)  1  █████████████\n  [0.5,  1]    2  ██████████████████████████\n  \
             without a value: 1\n\n⚠ 75.0 % of the rows are `math`\n"
        );
    }
}
