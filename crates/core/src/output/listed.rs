//! `dataset_info.json`, by whose entries LLaMA-Factory knows the files of a folder.

use std::{fs, path::Path};

use serde_json::{Map, Value, json};

use crate::{
    Error, Result,
    output::configs::Config,
    report::{OutputReport, SettingReport, SplitReport},
    shape::{Files, Trainer},
};

/// The name that LLaMA-Factory looks for.
const LIST: &str = "dataset_info.json";

/// Writes the list of the files of those `configs` whose trainer reads it into the folder at `root`, if there are any;
/// tells which entries to name for each split.
pub fn write(configs: &[Config], output: &OutputReport, root: &Path) -> Result<Vec<SettingReport>> {
    let several = configs.len() > 1;
    let mut entries = Map::new();
    let mut settings = vec![];
    let mut any = false;
    for (config, (name, splits)) in configs.iter().zip(output.configs()) {
        let Some(trainer) = config.trainer.filter(|trainer| trainer.files == Files::Listed) else { continue };
        any = true;
        let name = several.then_some(name);
        let has = |column: &str| config.has(column);
        let told = list(trainer, splits, &has, name, &mut entries);
        settings
            .extend(told.into_iter().map(|told| SettingReport { config: name.map(str::to_owned), ..told }));
    }
    if any {
        save(entries, root)?;
    }
    Ok(settings)
}

/// Lists the files of all splits, whose rows have the columns for which `has` is true; what their entries are called
/// begins with the config's name, where there is another one.
fn list(
    trainer: &Trainer,
    splits: &[SplitReport],
    has: &dyn Fn(&str) -> bool,
    config: Option<&str>,
    entries: &mut Map<String, Value>,
) -> Vec<SettingReport> {
    let mut settings = vec![];
    for split in splits.iter().filter(|split| split.rows > 0) {
        let mut names = vec![];
        for file in &split.files {
            let own: &str = if split.files.len() == 1 { &split.name } else { stem(file) };
            let name = config.map_or_else(|| own.to_owned(), |config| format!("{config}-{own}"));
            entries.insert(name.clone(), entry(file, has));
            names.push(name);
        }
        let set = names.join(",");
        let only = (splits.len() > 1).then(|| split.name.clone());
        let setting =
            trainer.setting("files", Some(format!("dataset_dir: the output folder, dataset: {set}")));
        settings.push(SettingReport { split: only, ..setting });
    }
    settings
}

fn save(entries: Map<String, Value>, root: &Path) -> Result<()> {
    let text =
        serde_json::to_string_pretty(&Value::Object(entries)).expect("a list has text keys only") + "\n";
    let path = root.join(LIST);
    fs::write(&path, text).map_err(|error| Error::unwritable(&path, &error))
}

/// A file's name without folder and ending.
fn stem(file: &str) -> &str {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// What tells how to read a file.
fn entry(file: &str, has: &dyn Fn(&str) -> bool) -> Value {
    let columns =
        [("messages", "messages"), ("chosen", "chosen"), ("rejected", "rejected"), ("kto_tag", "label")];
    let present = columns.into_iter().filter(|(_, column)| has(column));
    let columns: Map<String, Value> =
        present.map(|(means, column)| (means.to_owned(), column.into())).collect();
    let tags = json!({
        "role_tag": "role", "content_tag": "content",
        "user_tag": "user", "assistant_tag": "assistant", "observation_tag": "tool", "system_tag": "system",
    });
    let ranking = has("chosen");
    let mut entry = json!({"file_name": file, "formatting": "sharegpt"});
    if ranking {
        entry["ranking"] = true.into();
    }
    entry["columns"] = columns.into();
    entry["tags"] = tags;
    entry
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{recipe::OutputShape, shape::trainer};

    fn line(setting: &SettingReport) -> String {
        format!("{}, {}: {}", setting.trainer, setting.about(), setting.told())
    }

    #[test]
    fn every_file_has_an_entry_and_empty_splits_have_none() {
        let split = |name: &str, rows: u64, files: &[&str]| SplitReport {
            name: name.to_owned(),
            rows,
            files: files.iter().map(|file| (*file).to_owned()).collect(),
            ..SplitReport::default()
        };
        let shards = ["data/train-00000-of-00002.jsonl", "data/train-00001-of-00002.jsonl"];
        let splits = [
            split("train", 9, &shards),
            split("test", 1, &["data/test-00000-of-00001.jsonl"]),
            split("none", 0, &["data/none-00000-of-00001.jsonl"]),
        ];
        let trainer = trainer(&OutputShape::Named("llama-factory/kto".to_owned())).unwrap();
        let has = |column: &str| ["messages", "label"].contains(&column);
        let mut entries = Map::new();
        let settings = list(trainer, &splits, &has, None, &mut entries);
        let lines: Vec<String> = settings.iter().map(line).collect();
        assert_eq!(
            lines,
            [
                "LLaMA-Factory, files of train: dataset_dir: the output folder, dataset: train-00000-of-00002,train-00001-of-00002",
                "LLaMA-Factory, files of test: dataset_dir: the output folder, dataset: test",
            ]
        );
        let list = Value::Object(entries.clone());
        assert_eq!(entries.len(), 3);
        assert_eq!(list["train-00001-of-00002"]["file_name"], shards[1]);
        assert_eq!(list["test"]["columns"], json!({"messages": "messages", "kto_tag": "label"}));
        assert_eq!(list["test"].get("ranking"), None);
        assert_eq!(entry("x", &|_| true)["ranking"], true);
    }
}
