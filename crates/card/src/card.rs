//! The dataset card: what the folder holds, counted, with everything from the data escaped.

use std::fmt::Write;

use arrow::datatypes::SchemaRef;
use minijinja::{Environment, Value, context, value::Serde};
use serde_json::json;
use unskew_core::{
    Error, Exit, Outcome, Result,
    report::{
        CheckReport, Mixture, OrderReport, Report, SettingReport, Sizes, SplitReport, StageReport, Strata,
        key_part,
    },
};
use unskew_io::WrittenFile;

use crate::features::features;

const TEMPLATE: &str = include_str!("../../../dataset_cards/card.md.jinja");

/// Most groups that a card lists one by one.
const MOST_GROUPS: usize = 50;

/// The card of a finished run.
pub fn card(outcome: &Outcome) -> Result<String> {
    let report = &outcome.report;
    let fault = |error: minijinja::Error| {
        Error::new(Exit::Fault, "the card's template does not fit").cause(format!("{error:#}"))
    };
    let mut environment = Environment::new();
    environment.add_filter("md", |value: Value| markdown(&text(&value)));
    environment.add_filter("code", |value: Value| code(&text(&value)));
    environment.add_filter("yaml", |value: Value| quoted(&text(&value)));
    environment.add_filter("python", |value: Value| quoted(&text(&value)));
    environment.add_filter("number", |value: u64| grouped(value));
    environment.add_template("card", TEMPLATE).map_err(fault)?;
    let folder = outcome.staging.target().file_name().map(|name| name.to_string_lossy().into_owned());
    let rows = json!({
        "read": report.rows.read,
        "bad": report.rows.bad,
        "filtered": report.rows.filtered_false + report.rows.filtered_unknown,
        "input": report.rows.input,
        "output": report.rows.output,
    });
    let sources: Vec<_> = outcome
        .sources
        .iter()
        .map(|file| json!({"label": file.label, "path": file.path, "bytes": file.bytes, "digest": file.digest}))
        .collect();
    let context = context! {
        name => &report.name,
        folder => folder.unwrap_or_default(),
        unskew => &report.unskew,
        seed => report.seed,
        config => &report.output.config,
        further => report.output.further.iter().map(|one| one.config.clone()).collect::<Vec<_>>(),
        configs => configs(report, &outcome.files),
        infos => infos(outcome),
        size_category => size_category(configs_rows(report)),
        rows => served(&rows),
        stages => report.stages.iter().map(stage).collect::<Vec<_>>(),
        orders => report.order.iter().map(order).collect::<Vec<_>>(),
        settings => settings(report),
        checks => report.checks.iter().map(check).collect::<Vec<_>>(),
        json_columns => served(&report.json_columns),
        overflow => overflows(report),
        sources => served(&sources),
    };
    let card =
        environment.get_template("card").and_then(|template| template.render(context)).map_err(fault)?;
    Ok(card.trim_end().to_owned() + "\n")
}

fn served(value: impl serde::Serialize) -> Value {
    Value::from(Serde(value))
}

fn configs(report: &Report, files: &[WrittenFile]) -> Value {
    let splits = |splits: &[SplitReport]| -> Vec<_> {
        let path = |split: &SplitReport| match split.files.as_slice() {
            [one] if !one.contains("-00000-of-") => one.clone(),
            files => {
                let (folder, name) = files.first().and_then(|file| file.split_once('/')).unwrap_or_default();
                let ending = name.split_once('.').map_or("", |(_, ending)| ending);
                format!("{folder}/{}-*.{ending}", split.name)
            }
        };
        splits.iter().map(|split| json!({"name": split.name, "path": path(split), "rows": split.rows, "bytes": split.bytes})).collect()
    };
    // `datasets` takes folders for the same whose names, columns and sizes are, and reads what its cache has of the other.
    let digest = |splits: &[SplitReport]| {
        let mut digest = blake3::Hasher::new();
        for file in files {
            if splits.iter().any(|split| split.files.contains(&file.name)) {
                digest.update(file.digest.as_bytes());
            }
        }
        format!("BLAKE3 {}", digest.finalize().to_hex())
    };
    let several = overflows(report) || !report.output.further.is_empty();
    let config = |(at, (name, of)): (usize, (&str, &[SplitReport]))| json!({"name": name, "description": digest(of), "default": several && at == 0, "splits": splits(of)});
    let mut configs: Vec<_> = report.output.configs().enumerate().map(config).collect();
    // `datasets` cannot read a config without rows.
    if let Some(overflow) = report.overflow.as_ref().filter(|_| overflows(report)) {
        configs.push(json!({
            "name": "overflow",
            "description": digest(&overflow.splits),
            "default": false,
            "splits": splits(&overflow.splits),
        }));
    }
    served(&configs)
}

/// What `datasets` is told of each config; nothing where its columns cannot be told.
fn infos(outcome: &Outcome) -> Value {
    let report = &outcome.report;
    let overflow = report.overflow.as_ref().map_or(&[][..], |overflow| &overflow.splits);
    let info = |(config, schema): &(String, SchemaRef)| {
        let features = features(schema).filter(|features| !features.is_empty())?;
        let own = report.output.configs().find(|(name, _)| name == config);
        let splits = own.map_or(overflow, |(_, splits)| splits);
        let split = |split: &SplitReport| {
            json!({"name": split.name, "num_bytes": split.arrow_bytes, "num_examples": split.rows})
                .to_string()
        };
        let total = |count: &dyn Fn(&SplitReport) -> u64| splits.iter().map(count).sum::<u64>();
        Some(json!({
            "config_name": config,
            "features": features.iter().map(inline).collect::<Vec<_>>(),
            "splits": splits.iter().map(split).collect::<Vec<_>>(),
            "download_size": total(&|split| split.bytes),
            "dataset_size": total(&|split| split.arrow_bytes),
        }))
    };
    let infos: Vec<_> = outcome.schemas.iter().filter_map(info).collect();
    served(&infos)
}

/// Whether any rows were left out and written.
fn overflows(report: &Report) -> bool {
    report.overflow.iter().flat_map(|overflow| &overflow.splits).any(|split| split.rows > 0)
}

fn configs_rows(report: &Report) -> u64 {
    let overflow = report.overflow.iter().flat_map(|overflow| &overflow.splits);
    let own = report.output.configs().flat_map(|(_, splits)| splits);
    own.chain(overflow).map(|split| split.rows).sum()
}

fn stage(stage: &StageReport) -> Value {
    let strata: Vec<_> = stage.strata.iter().map(strata).collect();
    served(json!({
        "label": stage.label, "rows_in": stage.rows_in, "rows_out": stage.rows_out, "strata": strata,
    }))
}

fn strata(strata: &Strata) -> serde_json::Value {
    let (before, after) =
        strata.groups.iter().fold((0, 0), |(a, b), group| (a + group.before, b + group.after));
    let share = |part: u64, whole: u64| match whole {
        0 => "–".to_owned(),
        _ => format!("{:.1} %", 100.0 * part as f64 / whole as f64),
    };
    let mut largest: Vec<_> = strata.groups.iter().collect();
    if largest.len() > MOST_GROUPS {
        largest.sort_by_key(|group| std::cmp::Reverse(group.before));
        largest.truncate(MOST_GROUPS);
    }
    let groups: Vec<_> = largest
        .iter()
        .map(|group| {
            let key: Vec<_> = group.key.iter().map(|part| key_part(part.as_deref())).collect();
            json!({
                "key": key, "before": group.before, "after": group.after,
                "before_share": share(group.before, before), "after_share": share(group.after, after),
                "kept": share(group.after, group.before),
            })
        })
        .collect();
    let more = strata.groups.len() - groups.len();
    json!({
        "split": strata.split, "by": strata.by, "groups": groups, "more": more,
        "summary": strata.summary.as_ref().map(|summary| [("before", &summary.before), ("after", &summary.after)].map(sizes)),
    })
}

fn sizes((when, sizes): (&str, &Sizes)) -> serde_json::Value {
    json!({
        "when": when, "groups": sizes.groups, "least": sizes.least, "most": sizes.most,
        "median": format!("{:.1}", sizes.median), "mean": format!("{:.1}", sizes.mean),
    })
}

fn order(order: &OrderReport) -> Value {
    let key = |value: &Mixture| value.key.iter().map(|part| key_part(part.as_deref())).collect::<Vec<_>>();
    let value = |value: &Mixture| json!({"key": key(value), "rows": value.rows, "first": value.first});
    served(json!({
        "split": order.split, "by": order.by, "more": order.more, "first": order.first,
        "values": order.values.iter().map(value).collect::<Vec<_>>(), "batches": order.batches,
        "longest_run": order.longest_run, "smallest_safe_batch": order.smallest_safe_batch,
    }))
}

fn settings(report: &Report) -> Value {
    let setting = |setting: &SettingReport| {
        json!({
            "trainer": setting.trainer, "about": setting.about(), "told": setting.told(),
            "set": setting.set.is_some(),
        })
    };
    served(report.settings.iter().map(setting).collect::<Vec<_>>())
}

fn check(check: &CheckReport) -> Value {
    let verdict = match (check.passed, check.level) {
        (Some(true), _) => "✓",
        (_, unskew_core::recipe::Level::Warn) => "✗ (warning)",
        _ => "✗",
    };
    let measured = match &check.measured {
        Some(serde_json::Value::Number(number)) => number
            .as_f64()
            .filter(|value| value.fract() != 0.0)
            .map_or(number.to_string(), |value| format!("{value:.4}")),
        Some(value) => value.to_string(),
        None => String::new(),
    };
    served(json!({
        "name": check.name, "expect": check.expect, "on": check.on, "split": check.split, "measured": measured, "verdict": verdict,
    }))
}

/// The Hub's word for a number of rows.
fn size_category(rows: u64) -> &'static str {
    const WORDS: [(u64, &str); 9] = [
        (1_000, "n<1K"),
        (10_000, "1K<n<10K"),
        (100_000, "10K<n<100K"),
        (1_000_000, "100K<n<1M"),
        (10_000_000, "1M<n<10M"),
        (100_000_000, "10M<n<100M"),
        (1_000_000_000, "100M<n<1B"),
        (10_000_000_000, "1B<n<10B"),
        (100_000_000_000, "10B<n<100B"),
    ];
    WORDS.iter().find(|(limit, _)| rows < *limit).map_or("100B<n<1T", |(_, word)| word)
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Text that no reader of Markdown or HTML takes for anything but text.
fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '+' | '!' | '|' | '~'
            | '$' => {
                out.push('\\');
                out.push(letter);
            }
            letter => out.push(shown(letter)),
        }
    }
    out
}

/// A letter that neither ends a line nor is invisible nor turns the direction of writing.
fn shown(letter: char) -> char {
    match letter {
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => {
            '\u{fffd}'
        }
        letter if letter.is_control() => ' ',
        letter => letter,
    }
}

/// Text as code in a table cell.
fn code(text: &str) -> String {
    let text: String = text.chars().map(shown).collect();
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if longest > 0 { " " } else { "" };
    format!("{fence}{space}{}{space}{fence}", text.replace('|', "\\|"))
}

/// Text in double quotes, as JSON, YAML and Python read it.
fn quoted(text: &str) -> String {
    inline(&json!(text))
}

/// A value on one line, as JSON, YAML and Python read it. YAML takes some letters for line ends that JSON leaves as they
/// are, and refuses others.
fn inline(value: &serde_json::Value) -> String {
    let mut out = String::new();
    for letter in value.to_string().chars() {
        match letter {
            '\x7f'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                let _ = write!(out, "\\u{:04x}", letter as u32);
            }
            letter => out.push(letter),
        }
    }
    out
}

/// A number with thin gaps, so that people can read it.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_the_data_is_markup() {
        assert_eq!(markdown("<script>|a*b"), "&lt;script&gt;\\|a\\*b");
        assert_eq!(markdown("\u{202e}\u{1b}\u{2028}a"), "\u{fffd} \u{fffd}a");
        assert_eq!(code("a`b|c"), "`` a`b\\|c ``");
        assert_eq!(quoted("a\"\n---\nb"), "\"a\\\"\\n---\\nb\"");
        assert_eq!(quoted("\u{7f}\u{85}\u{2028}é"), "\"\\u007f\\u0085\\u2028é\"");
    }

    #[test]
    fn a_card_lists_what_can_be_read() {
        let split = |name: &str, rows: u64, file: &str| SplitReport {
            name: name.to_owned(),
            rows,
            files: vec![file.to_owned()],
            ..SplitReport::default()
        };
        let mut report = Report::default();
        report.output.config = "v1.0".to_owned();
        report.output.splits = vec![split("train", 1, "v1.0/train-00000-of-00001.jsonl.gz")];
        report.overflow = Some(unskew_core::report::OverflowReport {
            splits: vec![split("train", 0, "overflow/train-00000-of-00001.jsonl.gz")],
            ..Default::default()
        });
        let of = |report: &Report| serde_json::to_value(configs(report, &[])).unwrap();
        assert_eq!(of(&report).as_array().unwrap().len(), 1);
        assert_eq!(of(&report)[0]["splits"][0]["path"], "v1.0/train-*.jsonl.gz");
        report.overflow.as_mut().unwrap().splits[0].rows = 2;
        assert_eq!(of(&report)[1]["name"], "overflow");
    }

    #[test]
    fn sizes_are_the_hubs_words() {
        assert_eq!(size_category(999), "n<1K");
        assert_eq!(size_category(1000), "1K<n<10K");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(grouped(12), "12");
    }
}
