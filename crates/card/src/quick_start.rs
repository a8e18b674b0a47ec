//! How to read the dataset, and how to train on it.

use std::fmt::Write;

use serde_json::{Value, json};
use unskew_core::report::{OrderReport, OutputReport, Report, SettingReport};

use crate::{
    card::Place,
    configs::configs,
    escape::{fenced, quoted},
};

/// The configuration and the trainer of TRL that read a shape.
const TRL: [(&str, &str, &str); 5] = [
    ("trl/sft", "SFTConfig", "SFTTrainer"),
    ("trl/prompt-completion", "SFTConfig", "SFTTrainer"),
    ("trl/prompt-only", "GRPOConfig", "GRPOTrainer"),
    ("trl/preference", "DPOConfig", "DPOTrainer"),
    ("trl/kto", "KTOConfig", "KTOTrainer"),
];

/// What the Hub calls that which a shape is for.
pub fn task_categories(shapes: &[String]) -> Vec<String> {
    let of_trainer = |shape: &String| shape.contains('/');
    let is_rl = |shape: &String| {
        matches!(shape.as_str(), "trl/prompt-only" | "verl/rl" | "nemo-rl/rl" | "openrlhf/prompt")
    };
    let mut found = vec![];
    if shapes.iter().any(of_trainer) {
        found.push("text-generation".to_owned());
    }
    if shapes.iter().any(is_rl) {
        found.push("reinforcement-learning".to_owned());
    }
    found
}

/// The fences of the section.
pub fn quick_start(report: &Report, place: &Place, shapes: &[String]) -> Value {
    let output = &report.output;
    let split = output.splits.iter().find(|split| split.rows > 0).or(output.splits.first());
    let split = split.map_or("train", |split| split.name.as_str());
    let trainers: Vec<String> = shapes
        .iter()
        .zip(configs(report))
        .filter_map(|(shape, config)| trainer(report, shape, config.name, split))
        .collect();
    json!({
        "load": fenced(&load(report, place, split), "python"),
        "trainers": trainers,
        "files": files(output, place, split).map(|text| fenced(&text, "python")),
    })
}

/// The lines that load a split, all at once or as a stream, and the other configs.
fn load(report: &Report, place: &Place, split: &str) -> String {
    let mut text = "from datasets import load_dataset\n\n".to_owned();
    let named = place.repo.as_ref().map_or(place.name.as_str(), |repo| &repo.id);
    let revision = place.repo.as_ref().and_then(|repo| repo.revision.as_ref());
    let revision = revision.map_or(String::new(), |revision| format!(", revision={}", quoted(revision)));
    let configs = configs(report);
    let call = |config: &str, split: &str, more: &str| {
        format!(
            "load_dataset({}, {}, split={}{revision}{more})",
            quoted(named),
            quoted(config),
            quoted(split)
        )
    };
    let first = configs[0].name;
    let _ = writeln!(text, "dataset = {}", call(first, split, ""));
    let _ = writeln!(text, "stream = {}  # row by row", call(first, split, ", streaming=True"));
    for other in &configs[1..] {
        if let Some(split) = other.splits.iter().find(|split| split.rows > 0) {
            let _ =
                writeln!(text, "{} = {}", variable(report, other.name), call(other.name, &split.name, ""));
        }
    }
    text
}

/// What Python calls the rows of a config.
fn variable(report: &Report, config: &str) -> String {
    if config == report.output.config {
        return "dataset".to_owned();
    }
    if config == "overflow" {
        return "left_out".to_owned();
    }
    let letter = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '_' };
    format!("dataset_{}", config.chars().map(letter).collect::<String>())
}

/// How a trainer is told of the rows of `config`, where their shape is for one.
fn trainer(report: &Report, shape: &str, config: &str, split: &str) -> Option<String> {
    if !shape.contains('/') {
        return None;
    }
    let own = |setting: &&SettingReport| setting.config.as_deref().is_none_or(|own| own == config);
    let told = |about: &str| {
        report.settings.iter().filter(own).find(|setting| setting.about == about)?.set.as_deref()
    };
    if let Some((_, settings, trainer)) = TRL.iter().find(|(name, ..)| *name == shape) {
        let order = told("order").map_or(String::new(), |set| format!(", {set}"));
        let weights = if *trainer == "KTOTrainer" { weights(report, split) } else { String::new() };
        let rows = variable(report, config);
        return Some(fenced(
            &format!(
                "from trl import {settings}, {trainer}\n\n\
                 config = {settings}(output_dir=\"out\"{order}{weights})\n\
                 trainer = {trainer}(model=\"…\", args=config, train_dataset={rows})\n\
                 trainer.train()\n"
            ),
            "python",
        ));
    }
    let set: Vec<&str> = ["files", "columns", "order"].into_iter().filter_map(told).collect();
    (!set.is_empty()).then(|| fenced(&set.join("\n"), "text"))
}

/// The weights of the labels of a split: of what is advised, the middle.
fn weights(report: &Report, split: &str) -> String {
    let value =
        report.output.splits.iter().find(|own| own.name == split).and_then(|own| own.value.as_deref());
    let own = |order: &&OrderReport| order.split.as_deref().is_none_or(|own| own == value.unwrap_or(split));
    let weights = report.order.iter().find(own).and_then(|order| order.weights.as_ref());
    let middle = |[from, to]: [f64; 2]| ((from + to) * 50.0).round() / 100.0;
    weights.map_or(String::new(), |weights| {
        format!(", desirable_weight={:?}, undesirable_weight=1.0", middle(weights.desirable))
    })
}

/// How others read the files.
fn files(output: &OutputReport, place: &Place, split: &str) -> Option<String> {
    let split = output.splits.iter().find(|own| own.name == split)?;
    let (folder, name) = split.files.first()?.split_once('/')?;
    let ending = name.split_once('.').map_or("", |(_, ending)| ending);
    let pattern = if split.files.len() == 1 && !name.contains("-00000-of-") {
        format!("{folder}/{name}")
    } else {
        format!("{folder}/{}-*.{ending}", split.name)
    };
    let path = match &place.repo {
        Some(repo) => match &repo.revision {
            Some(revision) => format!("hf://datasets/{}@{revision}/{pattern}", repo.id),
            None => format!("hf://datasets/{}/{pattern}", repo.id),
        },
        None => format!("{}/{pattern}", place.name),
    };
    let (polars, duckdb) = match ending {
        "parquet" => ("scan_parquet", "read_parquet"),
        _ => ("scan_ndjson", "read_json"),
    };
    let sql = format!("select * from {duckdb}('{}')", path.replace('\'', "''"));
    Some(format!(
        "import duckdb, polars\n\npolars.{polars}({}).collect()\nduckdb.sql({})\n",
        quoted(&path),
        quoted(&sql)
    ))
}

#[cfg(test)]
mod tests {
    use unskew_core::report::SplitReport;

    use super::*;

    #[test]
    fn a_quick_start_fits_the_shape() {
        let mut report = Report::default();
        report.output.config = "kto\"".to_owned();
        report.output.splits = vec![SplitReport {
            name: "train".to_owned(),
            rows: 2,
            files: vec!["kto/train-00000-of-00001.parquet".to_owned()],
            ..SplitReport::default()
        }];
        report.settings = vec![SettingReport {
            about: "order".to_owned(),
            set: Some("train_sampling_strategy=\"sequential\"".to_owned()),
            ..SettingReport::default()
        }];
        let (hub, revision) = ("https://huggingface.co".to_owned(), Some("abc".to_owned()));
        let repo = crate::Repo { hub, id: "me/x".to_owned(), revision };
        let place = Place { name: "out".to_owned(), repo: Some(repo) };
        let found = quick_start(&report, &place, &["trl/kto".to_owned()]);
        let text = |name: &str| found[name].as_str().or(found[name][0].as_str()).unwrap().to_owned();
        assert!(text("load").contains(r#"load_dataset("me/x", "kto\"", split="train", revision="abc")"#));
        assert!(
            text("trainers")
                .contains("KTOConfig(output_dir=\"out\", train_sampling_strategy=\"sequential\")")
        );
        assert!(text("files").contains("hf://datasets/me/x@abc/kto/train-*.parquet"));
        assert!(quick_start(&report, &place, &["rows".to_owned()])["trainers"][0].is_null());
        assert_eq!(task_categories(&["verl/rl".to_owned()]), ["text-generation", "reinforcement-learning"]);
    }
}
