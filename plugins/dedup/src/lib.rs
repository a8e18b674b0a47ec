//! Keeps one row of each group.

#![cfg_attr(test, allow(clippy::unwrap_used))]

use std::sync::Arc;

use arrow::{
    array::{Array, RecordBatch},
    datatypes::Schema,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unskew_strategy::{By, Groups, Input, Native, Need, Pick, Result, Selection, Strata, Strategy, facts};

#[cfg(test)]
mod tests;

/// The plugin.
pub static PLUGIN: Native<Dedup> =
    Native::new("dedup", env!("CARGO_PKG_VERSION"), "Keep one row of each group", EXAMPLE);

const EXAMPLE: &str = r#"{
    "options": {"by": "prompt"},
    "rows": [{"prompt": "1 + 1"}, {"prompt": "2 + 2"}, {"prompt": "1 + 1"}, {"prompt": null}, {"prompt": null}],
    "chooses": [0, 1, 3, 4]
}"#;

/// Keeps one row of each group of rows that agree in `by`.
///
/// Rows where all of `by` is null have nothing to agree in: all of them are kept, unless `nulls` says otherwise.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dedup {
    /// What makes two rows the same: an expression, or a list of several.
    by: By,
    /// Which row to keep.
    #[serde(default = "first")]
    keep: Pick,
    /// What to do with rows where all of `by` is null.
    #[serde(default)]
    nulls: Nulls,
}

/// What to do with rows that have no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Nulls {
    /// Keep all of them.
    #[default]
    Keep,
    /// Take them for one group.
    Group,
}

fn first() -> Pick {
    Pick::First
}

/// Which groups have nothing but null for a key.
fn without_key(groups: &Groups) -> Vec<bool> {
    let nulls: Vec<_> = groups.keys().columns().iter().map(Array::logical_nulls).collect();
    let is_null =
        |group: usize| nulls.iter().all(|nulls| nulls.as_ref().is_some_and(|nulls| nulls.is_null(group)));
    (0..groups.len()).map(is_null).collect()
}

impl Strategy for Dedup {
    fn needs(&self) -> Vec<Need> {
        [Need::Groups(self.by.to_vec())].into_iter().chain(self.keep.needs()).collect()
    }

    fn run(&self, input: &Input) -> Result<Selection> {
        let groups = input.groups(0);
        let strata = Strata::new(groups.codes(), groups.len());
        let ranking = self.keep.ranking(input, 1)?;
        let without_key = without_key(groups);
        let mut kept = vec![];
        let mut unkeyed = 0;
        for (group, rows) in strata.iter().enumerate() {
            if self.nulls == Nulls::Keep && without_key[group] {
                unkeyed += rows.len() as u64;
                kept.extend_from_slice(rows);
            } else {
                kept.extend(ranking.take(rows, 1.min(rows.len() as u64)));
            }
        }
        kept.sort_unstable();
        let rows = [
            ("before", vec![input.len() as u64]),
            ("after", vec![kept.len() as u64]),
            ("without key", vec![unkeyed]),
        ];
        Ok(Selection::rows(kept)
            .note("duplicates", facts(&RecordBatch::new_empty(Arc::new(Schema::empty())), rows)))
    }
}
