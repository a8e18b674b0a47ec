//! The YAML at the head of a card.

use serde_json::{Map, Value};
use unskew_core::{Error, Result, recipe::Tree};

use crate::escape::inline;

/// What messages call the card.
const NAME: &str = "README.md";

/// The lines that stand around the YAML.
const FENCE: &str = "---";

/// A card as YAML and the text behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts<'a> {
    /// The YAML; none if the text does not begin with any.
    pub yaml: Option<&'a str>,
    /// The rest.
    pub body: &'a str,
}

/// Takes a card apart as `huggingface_hub` does.
pub fn split(text: &str) -> Parts<'_> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let whole = Parts { yaml: None, body: text };
    let is_fence = |line: &str| line.trim_end() == FENCE;
    let Some(first) = text.split_inclusive('\n').next().filter(|line| is_fence(line)) else { return whole };
    let mut at = first.len();
    for line in text[at..].split_inclusive('\n') {
        if is_fence(line) {
            return Parts { yaml: Some(&text[first.len()..at]), body: &text[at + line.len()..] };
        }
        at += line.len();
    }
    whole
}

/// Reads YAML that is a mapping, or nothing at all.
pub fn parse(text: &str) -> Result<(Tree, Map<String, Value>)> {
    let tree = Tree::parse(NAME, if text.trim().is_empty() { "{}" } else { text })?;
    let value = tree.to_value();
    match value {
        Value::Object(map) => Ok((tree, map)),
        Value::Null => Ok((tree, Map::new())),
        _ => Err(Error::data(format!("the YAML of {NAME} is no mapping"))),
    }
}

/// A key and its value as lines of YAML: lists of mappings item by item, what is deeper on a line each.
pub fn entry(key: &str, value: &Value) -> String {
    match value {
        Value::Array(items) if items.iter().any(Value::is_object) => {
            let items: String = items.iter().map(item).collect();
            format!("{}:\n{items}", word(key))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(scalar).collect();
            format!("{}: [{}]\n", word(key), items.join(", "))
        }
        value => format!("{}: {}\n", word(key), scalar(value)),
    }
}

fn item(item: &Value) -> String {
    let Some(map) = item.as_object().filter(|map| !map.is_empty()) else {
        return format!("- {}\n", scalar(item));
    };
    let mut lines = vec![];
    for (place, (key, value)) in map.iter().enumerate() {
        let lead = if place == 0 { "- " } else { "  " };
        match value {
            Value::Array(items) if !items.is_empty() => {
                lines.push(format!("{lead}{}:\n", word(key)));
                lines.extend(items.iter().map(|item| format!("  - {}\n", scalar(item))));
            }
            value => lines.push(format!("{lead}{}: {}\n", word(key), scalar(value))),
        }
    }
    lines.concat()
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => word(text),
        value => inline(value),
    }
}

/// Text as it stands where every reader of YAML takes it for text, else in quotes.
fn word(text: &str) -> String {
    const TAKEN: [&str; 10] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan"];
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'<' | b'/');
    let plain = text.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && text.bytes().all(letters)
        && !TAKEN.contains(&text.to_ascii_lowercase().as_str());
    let size = text.contains('<') && text.bytes().all(letters);
    if plain || size && !text.starts_with(['-', '<', '.']) { text.to_owned() } else { inline(&text.into()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_card_is_taken_apart() {
        let parts = split("---\na: 1\n---\n# b\n");
        assert_eq!((parts.yaml, parts.body), (Some("a: 1\n"), "# b\n"));
        assert_eq!(split("---\r\na: 1\r\n---\r\nb").yaml, Some("a: 1\r\n"));
        assert_eq!(split("# b\n---\n").yaml, None);
        assert_eq!(split("---\na: 1\n").yaml, None);
        assert_eq!(split("---\n---\n"), Parts { yaml: Some(""), body: "" });
    }

    #[test]
    fn words_that_mean_something_else_are_quoted() {
        assert_eq!(entry("language", &json!(["en", "no"])), "language: [en, \"no\"]\n");
        assert_eq!(entry("size_categories", &json!(["1K<n<10K"])), "size_categories: [1K<n<10K]\n");
        let configs = json!([{"config_name": "a", "data_files": [{"split": "train", "path": "data/*"}]}]);
        assert_eq!(
            entry("configs", &configs),
            "configs:\n- config_name: a\n  data_files:\n  - {\"split\":\"train\",\"path\":\"data/*\"}\n"
        );
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(words in prop::collection::vec(any::<String>(), 1..6)) {
            let [first, last] = [words.first(), words.last()].map(|word| word.unwrap().clone());
            let list = json!([{"config_name": first, "data_files": words, "deep": {"a": [last]}}]);
            for value in [json!(first), json!(words), list] {
                let text = entry(&last, &value);
                let (_, read) = parse(&text).unwrap();
                prop_assert_eq!(&read[&last], &value, "{}", text);
            }
        }

        #[test]
        fn any_text_is_taken_apart(text in "[-a: \n\r{}\u{feff}]{0,80}") {
            let parts = split(&text);
            prop_assert!(text.ends_with(parts.body));
            if let Some(yaml) = parts.yaml {
                let _ = parse(yaml);
            }
        }
    }
}
