//! The configs of a folder, as `load_dataset` is told of them.

use serde_json::{Value, json};
use unskew_core::report::{ColumnReport, ConfigReport, Report, SplitReport};

use crate::{Lock, LockedFile};

/// What is read under one name.
#[derive(Debug, Clone, Copy)]
pub struct Config<'a> {
    /// The name.
    pub name: &'a str,
    /// The splits.
    pub splits: &'a [SplitReport],
    /// The columns; none where they cannot be told.
    pub columns: &'a [ColumnReport],
}

/// The configs that can be read, the one that is read without a name first.
pub fn configs(report: &Report) -> Vec<Config<'_>> {
    let output = &report.output;
    let mut configs = vec![Config { name: &output.config, splits: &output.splits, columns: &output.columns }];
    configs.extend(output.further.iter().map(|one| {
        let ConfigReport { config, splits, columns } = one;
        Config { name: config, splits, columns }
    }));
    // `datasets` cannot read a config without rows.
    if let Some(overflow) = &report.overflow {
        let overflow = Config { name: "overflow", splits: &overflow.splits, columns: &overflow.columns };
        configs.extend((overflow.rows() > 0).then_some(overflow));
    }
    configs
}

impl Config<'_> {
    /// How many rows it has.
    pub fn rows(&self) -> u64 {
        self.splits.iter().map(|split| split.rows).sum()
    }

    /// Its entry in `configs`, as the default one if it `is_default`.
    pub fn entry(&self, is_default: bool, lock: &Lock) -> Value {
        let file = |split: &SplitReport| json!({"split": split.name, "path": path(split)});
        let files: Vec<Value> = self.splits.iter().map(file).collect();
        let mut entry = json!({"config_name": self.name, "description": self.digest(&lock.files)});
        if is_default {
            entry["default"] = true.into();
        }
        entry["data_files"] = files.into();
        entry
    }

    /// A digest of its files. `datasets` takes folders for the same whose names, columns and sizes are, and reads what its
    /// cache has of the other.
    fn digest(&self, files: &[LockedFile]) -> String {
        let mut digest = blake3::Hasher::new();
        for file in files {
            if self.splits.iter().any(|split| split.files.contains(&file.path)) {
                digest.update(file.blake3.as_bytes());
            }
        }
        format!("BLAKE3 {}", digest.finalize().to_hex())
    }

    /// Its entry in `dataset_info`; nothing where its columns cannot be told.
    pub fn info(&self) -> Option<Value> {
        if self.columns.is_empty() {
            return None;
        }
        let split = |split: &SplitReport| json!({"name": split.name, "num_bytes": split.arrow_bytes, "num_examples": split.rows});
        let total = |count: fn(&SplitReport) -> u64| self.splits.iter().map(count).sum::<u64>();
        Some(json!({
            "config_name": self.name,
            "features": self.columns.iter().map(|column| &column.feature).collect::<Vec<_>>(),
            "splits": self.splits.iter().map(split).collect::<Vec<_>>(),
            "download_size": total(|split| split.bytes),
            "dataset_size": total(|split| split.arrow_bytes),
        }))
    }
}

/// The files of a split, as one pattern.
fn path(split: &SplitReport) -> String {
    match split.files.as_slice() {
        [one] if !one.contains("-00000-of-") => one.clone(),
        files => {
            let (folder, name) = files.first().and_then(|file| file.split_once('/')).unwrap_or_default();
            let ending = name.split_once('.').map_or("", |(_, ending)| ending);
            format!("{folder}/{}-*.{ending}", split.name)
        }
    }
}

/// The Hub's word for a number of rows.
pub fn size_category(rows: u64) -> &'static str {
    const WORDS: [(u64, &str); 10] = [
        (1_000, "n<1K"),
        (10_000, "1K<n<10K"),
        (100_000, "10K<n<100K"),
        (1_000_000, "100K<n<1M"),
        (10_000_000, "1M<n<10M"),
        (100_000_000, "10M<n<100M"),
        (1_000_000_000, "100M<n<1B"),
        (10_000_000_000, "1B<n<10B"),
        (100_000_000_000, "10B<n<100B"),
        (1_000_000_000_000, "100B<n<1T"),
    ];
    WORDS.iter().find(|(limit, _)| rows < *limit).map_or("n>1T", |(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_read_is_told() {
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
        let found = configs(&report);
        assert_eq!(found.len(), 1);
        let lock = Lock::default();
        assert_eq!(found[0].entry(false, &lock)["data_files"][0]["path"], "v1.0/train-*.jsonl.gz");
        assert_eq!(found[0].info(), None);
        report.overflow.as_mut().unwrap().splits[0].rows = 2;
        assert_eq!(configs(&report)[1].name, "overflow");
    }

    #[test]
    fn sizes_are_the_hubs_words() {
        assert_eq!([999, 1000, 1 << 50].map(size_category), ["n<1K", "1K<n<10K", "n>1T"]);
    }
}
