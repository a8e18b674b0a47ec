//! How the mix changed: the part of a card about stages, order and checks.

use serde_json::{Value, json};
use unskew_core::{
    recipe::Level,
    report::{
        CheckReport, Mixture, NoteReport, OrderReport, Report, SettingReport, Sizes, Spread, StageReport,
        Strata, Stratum, key_part,
    },
};

use crate::{
    chart::{self, Bar, text_bar},
    escape::{grouped, share, short, told},
};

/// Most groups that a card lists one by one.
const MOST_GROUPS: usize = 50;

/// Most groups of a chart.
const MOST_BARS: usize = 20;

/// Most lines of a note.
const MOST_FACTS: usize = 50;

/// Notes that are about scores.
const OF_SCORES: [&str; 6] = ["buckets", "scores", "gaps", "tiers", "prompts", "density"];

/// A chart with the place it stands at.
#[derive(Debug)]
pub struct Chart {
    /// Its path in the folder.
    pub path: String,
    /// Its bytes.
    pub svg: String,
}

/// The charts of a report.
pub fn charts(report: &Report) -> Vec<Chart> {
    let (mix, numbers) = (stages(report).1, scores(report).1);
    mix.into_iter().chain(numbers).collect()
}

/// What became of the rows in each step.
pub fn waterfall(report: &Report) -> Value {
    let rows = &report.rows;
    let filtered = rows.filtered_false + rows.filtered_unknown;
    let mut steps = vec![("read".to_owned(), rows.read)];
    if rows.bad > 0 {
        steps.push(("readable".to_owned(), rows.read - rows.bad));
    }
    if filtered > 0 {
        steps.push(("where".to_owned(), rows.input));
    }
    steps.extend(report.stages.iter().map(|stage| (stage.label.clone(), stage.rows_out)));
    let most = steps.iter().map(|(_, rows)| *rows).max().unwrap_or(0);
    let mut before = None;
    let step = |(name, rows): &(String, u64)| {
        let change = before.map_or(String::new(), |before: u64| match rows.cmp(&before) {
            std::cmp::Ordering::Less => format!("−{}", grouped(before - rows)),
            std::cmp::Ordering::Equal => String::new(),
            std::cmp::Ordering::Greater => format!("+{}", grouped(rows - before)),
        });
        before = Some(*rows);
        json!({"name": name, "rows": rows, "change": change, "bar": text_bar(*rows, most)})
    };
    steps.iter().map(step).collect()
}

/// The stages that say how the mix changed, and their charts.
pub fn stages(report: &Report) -> (Value, Vec<Chart>) {
    let mut charts = vec![];
    let stage = |stage: &StageReport| {
        let changed = stage.strata.iter().any(|strata| !strata.unchanged());
        let strata: Vec<Value> = stage.strata.iter().filter(|_| changed).map(strata).collect();
        let notes: Vec<Value> = stage
            .notes
            .iter()
            .filter(|note| !is_of_scores(note) && says_more(note, stage))
            .map(note)
            .collect();
        if strata.is_empty() && notes.is_empty() {
            return None;
        }
        let chart = chart(stage).map(|svg| {
            let path = format!("assets/balance-{}.svg", charts.len() + 1);
            charts.push(Chart { path: path.clone(), svg });
            path
        });
        Some(json!({
            "label": stage.label, "strategy": stage.strategy, "rows_in": stage.rows_in, "rows_out": stage.rows_out,
            "strata": strata, "notes": notes, "chart": chart, "short": short_of(stage),
        }))
    };
    let stages = report.stages.iter().filter_map(stage).collect();
    (stages, charts)
}

/// What stages found out about scores, and how numbers are spread.
pub fn scores(report: &Report) -> (Value, Vec<Chart>) {
    let of_stage = |stage: &StageReport| {
        let notes: Vec<Value> = stage.notes.iter().filter(|note| is_of_scores(note)).map(note).collect();
        (!notes.is_empty()).then(|| json!({"label": stage.label, "strategy": stage.strategy, "notes": notes}))
    };
    let stages: Vec<Value> = report.stages.iter().filter_map(of_stage).collect();
    let mut charts = vec![];
    let spread = |spread: &Spread| {
        let path = format!("assets/spread-{}.svg", charts.len() + 1);
        charts.push(Chart { path: path.clone(), svg: chart::histogram(spread) });
        let most = spread.bins.iter().map(|bin| bin.after).max().unwrap_or(0);
        let last = spread.bins.len().saturating_sub(1);
        let bin = |(at, bin): (usize, &unskew_core::report::SpreadBin)| {
            json!({
                "range": format!("{} to {}{}", short(bin.from), if at == last { "" } else { "below " }, short(bin.to)),
                "before": bin.before, "after": bin.after, "bar": text_bar(bin.after, most),
            })
        };
        json!({
            "name": spread.name, "bins": spread.bins.iter().enumerate().map(bin).collect::<Vec<_>>(),
            "missing": spread.missing, "before": spread.bins.iter().any(|bin| bin.before.is_some()), "chart": path,
        })
    };
    let spreads: Vec<Value> = report.spreads.iter().map(spread).collect();
    let any = !stages.is_empty() || !spreads.is_empty();
    (if any { json!({"stages": stages, "spreads": spreads}) } else { Value::Null }, charts)
}

fn is_of_scores(note: &NoteReport) -> bool {
    OF_SCORES.contains(&note.name.as_str()) || note.name.starts_with("way of ")
}

/// Whether a note says anything that the table of groups does not.
fn says_more(note: &NoteReport, stage: &StageReport) -> bool {
    let Some(first) = note.rows.first().and_then(Value::as_object) else { return false };
    let Some(strata) = stage.strata.first() else { return true };
    first.keys().any(|name| !strata.by.contains(name) && !matches!(name.as_str(), "before" | "after"))
}

/// A note as a table.
fn note(note: &NoteReport) -> Value {
    let columns: Vec<&String> =
        note.rows.first().and_then(Value::as_object).map(|row| row.keys().collect()).unwrap_or_default();
    let cell = |row: &Value, name: &str| {
        let value = row.get(name).unwrap_or(&Value::Null);
        if name.starts_with("share") {
            return value.as_f64().map_or(told(value), |share| format!("{:.1} %", 100.0 * share));
        }
        told(value)
    };
    let rows: Vec<Vec<String>> = (note.rows.iter().take(MOST_FACTS))
        .map(|row| columns.iter().map(|name| cell(row, name)).collect())
        .collect();
    let right: Vec<bool> = columns
        .iter()
        .map(|name| note.rows.iter().filter_map(|row| row.get(*name)).all(|value| !value.is_string()))
        .collect();
    json!({
        "name": note.name, "split": note.split, "columns": columns, "rows": rows, "right": right,
        "more": note.more + (note.rows.len() - rows.len()) as u64,
    })
}

/// The groups of which there were fewer rows than wanted: what each is called, and how many it got of how many.
fn short_of(stage: &StageReport) -> Vec<Value> {
    let mut found = vec![];
    for note in &stage.notes {
        for row in &note.rows {
            let number = |name: &str| row.get(name).and_then(Value::as_u64);
            let (Some(wanted), Some(got)) = (number("wanted"), number("got").or(number("rows"))) else {
                continue;
            };
            if got < wanted {
                let key: Vec<String> = (row.as_object().into_iter().flatten())
                    .filter(|(_, value)| value.is_string())
                    .map(|(_, value)| told(value))
                    .collect();
                found.push(json!({"key": key.join(" × "), "wanted": wanted, "got": got}));
            }
        }
    }
    found.truncate(MOST_FACTS);
    found
}

/// The chart of the groups of a stage, if it changed their mix.
fn chart(stage: &StageReport) -> Option<String> {
    let changed = stage.strata.iter().any(|strata| !strata.unchanged());
    let mut bars: Vec<Bar> = vec![];
    for strata in stage.strata.iter().filter(|_| changed) {
        for group in largest(&strata.groups, MOST_BARS) {
            match bars.iter_mut().find(|bar| bar.label == group.label()) {
                Some(bar) => {
                    bar.before += group.before;
                    bar.after += group.after;
                }
                None => bars.push(Bar { label: group.label(), before: group.before, after: group.after }),
            }
        }
    }
    bars.truncate(MOST_BARS);
    let by = stage.strata.first()?.by.join(" × ");
    (!bars.is_empty()).then(|| chart::bars(&format!("{}: rows by {by}", stage.label), &bars))
}

/// The largest groups, in the order they came in.
fn largest(groups: &[Stratum], most: usize) -> Vec<&Stratum> {
    let mut numbered: Vec<(usize, &Stratum)> = groups.iter().enumerate().collect();
    if numbered.len() > most {
        numbered.sort_by_key(|(at, group)| (std::cmp::Reverse(group.before.max(group.after)), *at));
        numbered.truncate(most);
        numbered.sort_by_key(|(at, _)| *at);
    }
    numbered.into_iter().map(|(_, group)| group).collect()
}

fn strata(strata: &Strata) -> Value {
    let (before, after) =
        strata.groups.iter().fold((0, 0), |(a, b), group| (a + group.before, b + group.after));
    let shown = largest(&strata.groups, MOST_GROUPS);
    let most = shown.iter().map(|group| group.after).max().unwrap_or(0);
    let group = |group: &&Stratum| {
        json!({
            "key": keys(&group.key), "before": group.before, "after": group.after,
            "before_share": share(group.before, before), "after_share": share(group.after, after),
            "kept": share(group.after, group.before), "bar": text_bar(group.after, most),
        })
    };
    let groups: Vec<Value> = shown.iter().map(group).collect();
    let summary = |summary: &unskew_core::report::Summary| {
        [("before", &summary.before), ("after", &summary.after)].map(sizes).to_vec()
    };
    json!({
        "split": strata.split, "by": strata.by, "more": strata.groups.len() - groups.len(), "groups": groups,
        "summary": strata.summary.as_ref().map(summary),
    })
}

fn sizes((when, sizes): (&str, &Sizes)) -> Value {
    json!({
        "when": when, "groups": sizes.groups, "least": sizes.least, "most": sizes.most,
        "median": format!("{:.1}", sizes.median), "mean": format!("{:.1}", sizes.mean),
    })
}

fn keys(key: &[Option<String>]) -> Vec<String> {
    key.iter().map(|part| key_part(part.as_deref())).collect()
}

/// How the rows of each split are mixed.
pub fn orders(report: &Report) -> Value {
    let value = |value: &Mixture| json!({"key": keys(&value.key), "rows": value.rows, "first": value.first});
    let order = |order: &OrderReport| {
        let batches: Vec<Value> = (order.batches.iter())
            .map(|batch| {
                let share = share(batch.of_one_label, batch.batches);
                json!({"size": batch.size, "batches": batch.batches, "alone": batch.of_one_label, "share": share})
            })
            .collect();
        json!({
            "split": order.split, "by": order.by, "more": order.more, "first": order.first,
            "values": order.values.iter().map(value).collect::<Vec<_>>(), "batches": batches,
            "longest_run": order.longest_run, "smallest_safe_batch": order.smallest_safe_batch,
        })
    };
    report.order.iter().map(order).collect()
}

/// What trainers have to be told.
pub fn settings(report: &Report) -> Value {
    let setting = |setting: &SettingReport| {
        json!({
            "trainer": setting.trainer, "about": setting.about(), "told": setting.told(),
            "set": setting.set.is_some(),
        })
    };
    report.settings.iter().map(setting).collect()
}

/// What became of each check.
pub fn checks(report: &Report) -> Value {
    let check = |check: &CheckReport| {
        let verdict = match (check.passed, check.level) {
            (Some(true), _) => "✓",
            (_, Level::Warn) => "✗ (warning)",
            _ => "✗",
        };
        let measured = match &check.measured {
            Some(Value::Number(number)) => number
                .as_f64()
                .filter(|value| value.fract() != 0.0)
                .map_or(number.to_string(), |value| format!("{value:.4}")),
            Some(value) => value.to_string(),
            None => String::new(),
        };
        json!({
            "name": check.name, "expect": check.expect, "on": check.on, "split": check.split, "measured": measured,
            "verdict": verdict,
        })
    };
    report.checks.iter().map(check).collect()
}
