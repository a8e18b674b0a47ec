//! The YAML at the head of a card: whether it can be read, and what it says.

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    answer::{Answer, ok, reply},
    request::Request,
};

/// The most bytes of YAML that are read.
const MOST_BYTES: usize = 4 << 20;

#[derive(Deserialize)]
struct Card {
    content: String,
}

pub(super) fn validate(request: &Request) -> Answer {
    let card: Card = request.json()?;
    match metadata(&card.content) {
        Ok(_) => ok(&json!({ "errors": [], "warnings": [] })),
        Err(message) => {
            let errors = json!([{ "message": message }]);
            Ok(reply(StatusCode::BAD_REQUEST, &json!({ "errors": errors, "warnings": [] })))
        }
    }
}

/// What the head of a card says, unless it has none; what that means is up to its readers.
pub(super) fn metadata(content: &str) -> Result<Option<Map<String, Value>>, String> {
    head(content)?.map(|yaml| read(&yaml)).transpose()
}

/// The lines between the first two `---`, if the text begins with one.
fn head(content: &str) -> Result<Option<String>, String> {
    let is_fence = |line: &str| line.trim_end() == "---";
    let mut lines = content.trim_start_matches('\u{feff}').lines();
    if !lines.next().is_some_and(is_fence) {
        return Ok(None);
    }
    let lines: Vec<&str> = lines.collect();
    let end = lines.iter().position(|line| is_fence(line));
    let end = end.ok_or("the metadata at the top has no closing `---`")?;
    Ok(Some(lines[..end].join("\n")))
}

fn read(yaml: &str) -> Result<Map<String, Value>, String> {
    if yaml.len() > MOST_BYTES {
        return Err(format!("the metadata at the top is larger than {} MiB", MOST_BYTES >> 20));
    }
    // What unfolds to much more than it is, is refused.
    let budget = serde_saphyr::budget! { max_aliases: 1000, max_nodes: 200_000, max_depth: 64, max_total_scalar_bytes: 16 << 20 };
    let options = serde_saphyr::options! { with_snippet: false, budget: budget, };
    match serde_saphyr::from_str_with_options::<Value>(yaml, options) {
        Ok(Value::Object(said)) => Ok(said),
        Ok(Value::Null) => Ok(Map::new()),
        Ok(_) => Err("the metadata at the top is no mapping".to_owned()),
        Err(error) => {
            let told = error.without_snippet().to_string();
            Err(format!("the metadata at the top is no YAML: {}", told.lines().next().unwrap_or_default()))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    fn told(content: &str) -> String {
        match metadata(content) {
            Ok(_) => "fine".to_owned(),
            Err(message) => message,
        }
    }

    #[test]
    fn what_can_be_read_is_fine() {
        for content in [
            "",
            "# Rows\n",
            "---\n---\n",
            "---\r\nlicense: mit\r\n---\r\n# Rows\n",
            "\u{feff}---\na: [1]\n---",
        ] {
            assert_eq!(told(content), "fine", "{content:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        assert!(told("---\na: 1\n# Rows\n").contains("no closing `---`"));
        assert!(told("---\na: [1\n---\n").contains("no YAML"));
        assert!(told("---\na: 1\na: 2\n---\n").contains("no YAML"));
        assert!(told("---\n- a\n---\n").contains("no mapping"));
        assert!(told(&format!("---\na: {}\n---\n", "x".repeat(MOST_BYTES))).contains("larger than 4 MiB"));
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            writeln!(bomb, "a{level}: &a{level} [{}]", format!("*a{}, ", level - 1).repeat(10)).unwrap();
        }
        assert!(told(&format!("---\n{bomb}---\n")).contains("no YAML"));
    }
}
