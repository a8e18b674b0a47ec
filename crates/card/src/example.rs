//! One row of a config, for a person to look at.

use std::{path::Path, sync::Arc};

use serde_json::{Map, Value};
use unskew_io::{DataFile, Format, Local, Store, first_rows};

use crate::{configs::Config, escape::unseen_told};

/// Letters of a text that are shown.
const LETTERS: usize = 300;

/// Items of a list, and members of an object, that are shown.
const ITEMS: usize = 12;

/// How deep values are shown.
const LEVELS: usize = 8;

/// Lines that are shown.
const LINES: usize = 120;

/// The first row of `config` as JSON, cut to a size one can look at; nothing where there is none or it cannot be read.
pub fn example(folder: &Path, config: &Config<'_>) -> Option<String> {
    let split = config.splits.iter().find(|split| split.rows > 0)?;
    let name = split.files.first()?;
    let store: Arc<dyn Store> = Arc::new(Local::new(folder));
    let entry = store.stat(name).ok()?;
    let (format, compression) = Format::of(name)?;
    let rows = first_rows(&DataFile { store, entry, format, compression }, 1).ok()?;
    let row: Value = serde_json::from_slice(rows.first()?).ok()?;
    Some(text(&row))
}

fn text(row: &Value) -> String {
    let pretty = serde_json::to_string_pretty(&cut(row, 0)).expect("JSON has text keys only");
    let mut lines: Vec<String> = pretty.lines().map(unseen_told).collect();
    if lines.len() > LINES {
        lines.truncate(LINES);
        lines.push("…".to_owned());
    }
    lines.join("\n").replace("<!--", "\\u003c!--")
}

fn cut(value: &Value, level: usize) -> Value {
    match value {
        Value::String(text) if text.chars().count() > LETTERS => {
            Value::String(text.chars().take(LETTERS).chain(['…']).collect())
        }
        Value::Array(_) | Value::Object(_) if level >= LEVELS => "…".into(),
        Value::Array(items) => {
            let more =
                (items.len() > ITEMS).then(|| Value::from(format!("… and {} more", items.len() - ITEMS)));
            items.iter().take(ITEMS).map(|item| cut(item, level + 1)).chain(more).collect()
        }
        Value::Object(members) => {
            // The row itself is shown with all of its columns.
            let most = if level == 0 { usize::MAX } else { ITEMS };
            let mut shown: Map<String, Value> = members
                .iter()
                .take(most)
                .map(|(name, value)| (name.clone(), cut(value, level + 1)))
                .collect();
            if members.len() > most {
                shown.insert("…".to_owned(), format!("and {} more", members.len() - most).into());
            }
            Value::Object(shown)
        }
        plain => plain.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_row_is_cut_to_a_size_one_can_look_at() {
        let shown = text(
            &json!({"text": "x".repeat(400), "list": vec![1; 20], "end": "<!-- unskew:end -->\u{202e}"}),
        );
        assert!(shown.contains(&format!("\"{}…\"", "x".repeat(300))), "{shown}");
        assert!(shown.contains("… and 8 more") && shown.contains("\\u003c!-- unskew:end -->\\u202e"));
        let read: Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(read["end"], "<!-- unskew:end -->\u{202e}");
    }
}
