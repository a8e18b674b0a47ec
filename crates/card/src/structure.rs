//! The columns of each config, for people.

use std::path::Path;

use serde_json::{Value, json};
use unskew_core::report::{ColumnReport, Report};

use crate::{
    configs::{Config, configs},
    escape::{fenced, share},
    example::example,
};

/// What each config looks like: its columns, and a row.
pub fn structure(report: &Report, folder: &Path) -> Value {
    let one = |config: Config<'_>| {
        let rows = config.rows();
        let column = |column: &ColumnReport| {
            json!({
                "name": column.feature["name"], "type": kind(&column.feature), "nulls": column.nulls,
                "null_share": share(column.nulls, rows), "origin": column.origin,
            })
        };
        let columns: Vec<Value> = config.columns.iter().map(column).collect();
        let example = example(folder, &config).map(|row| fenced(&row, "json"));
        json!({"name": config.name, "columns": columns, "example": example})
    };
    configs(report).into_iter().map(one).collect()
}

/// What a column holds, in few words: `list of {role: string, content: string}`.
fn kind(feature: &Value) -> String {
    let members = |members: &Value| {
        let member =
            |member: &Value| format!("{}: {}", member["name"].as_str().unwrap_or_default(), kind(member));
        let members: Vec<String> = members.as_array().into_iter().flatten().map(member).collect();
        format!("{{{}}}", members.join(", "))
    };
    match feature {
        Value::String(name) => name.clone(),
        Value::Array(_) => members(feature),
        Value::Object(map) => match (map.get("list"), map.get("struct"), map.get("dtype")) {
            (Some(item), ..) => format!("list of {}", kind(item)),
            (_, Some(inner), _) => members(inner),
            (_, _, Some(name)) => kind(name),
            _ => "unknown".to_owned(),
        },
        _ => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_told_in_words() {
        for (feature, words) in [
            (json!({"name": "id", "dtype": "int64"}), "int64"),
            (json!({"name": "m", "list": [{"name": "role", "dtype": "string"}]}), "list of {role: string}"),
            (json!({"name": "s", "list": {"list": "float64"}}), "list of list of float64"),
            (json!({"name": "s", "list": "string"}), "list of string"),
            (json!({"name": "s", "struct": [{"name": "a", "list": "bool"}]}), "{a: list of bool}"),
        ] {
            assert_eq!(kind(&feature), words);
        }
    }
}
