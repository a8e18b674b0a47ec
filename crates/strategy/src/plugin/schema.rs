//! Makes the schema of a Rust type fit to be read: as help, as documentation, as a signature.

use serde_json::{Map, Value};

/// Says that an option may be left out by leaving it out, not by a type of null; and lets lines flow.
pub fn tidied(schema: Value) -> Value {
    match schema {
        Value::Object(members) => object(members),
        Value::Array(items) => Value::Array(items.into_iter().map(tidied).collect()),
        other => other,
    }
}

fn object(members: Map<String, Value>) -> Value {
    let mut tidy = Map::new();
    for (name, value) in members {
        match (name.as_str(), value) {
            ("default", Value::Null) => {}
            ("description", Value::String(text)) => {
                let flowing: Vec<String> = text.split("\n\n").map(|lines| lines.replace('\n', " ")).collect();
                tidy.insert(name, flowing.join("\n\n").into());
            }
            ("type", Value::Array(types)) => {
                let mut types: Vec<Value> = types.into_iter().filter(|kind| kind != "null").collect();
                let types = if types.len() == 1 { types.remove(0) } else { Value::Array(types) };
                tidy.insert(name, types);
            }
            ("anyOf", Value::Array(choices)) => {
                let not_null = |choice: &Value| choice.get("type").is_none_or(|kind| kind != "null");
                let mut choices: Vec<Value> = choices.into_iter().filter(not_null).map(tidied).collect();
                if choices.len() > 1 {
                    tidy.insert(name, Value::Array(choices));
                } else if let Some(Value::Object(only)) = choices.pop() {
                    // What the option itself says comes later and replaces what its type says.
                    tidy.extend(only);
                }
            }
            (_, value) => drop(tidy.insert(name, tidied(value))),
        }
    }
    Value::Object(tidy)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn null_is_no_type_of_an_option() {
        let schema = json!({
            "a": {"type": ["string", "null"], "default": null, "description": "One\nline.\n\nTwo."},
            "b": {"anyOf": [{"$ref": "#/$defs/B"}, {"type": "null"}]},
            "c": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        });
        let tidy = json!({
            "a": {"type": "string", "description": "One line.\n\nTwo."},
            "b": {"$ref": "#/$defs/B"},
            "c": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        });
        assert_eq!(tidied(schema), tidy);
    }

    #[test]
    fn a_fields_own_words_win() {
        let schema = json!({"anyOf": [{"description": "type", "enum": [1]}, {"type": "null"}], "description": "field"});
        assert_eq!(tidied(schema), json!({"enum": [1], "description": "field"}));
    }
}
