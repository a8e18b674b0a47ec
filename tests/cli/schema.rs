//! As much of JSON Schema as our own schemas use.

use serde_json::Value;

/// Where `value` is not as `schema` says.
pub fn violations(schema: &Value, value: &Value) -> Vec<String> {
    let mut found = vec![];
    check(schema, schema, value, "", &mut found);
    found
}

fn check(root: &Value, schema: &Value, value: &Value, path: &str, found: &mut Vec<String>) {
    if let Some(pointer) = schema["$ref"].as_str() {
        let target = root.pointer(pointer.trim_start_matches('#'));
        check(root, target.expect("a reference leads somewhere"), value, path, found);
    }
    if let Some(choices) = schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array()) {
        let fits = |choice: &&Value| {
            let mut found = vec![];
            check(root, choice, value, path, &mut found);
            found.is_empty()
        };
        if !choices.iter().any(|choice| fits(&choice)) {
            found.push(format!("{path}: none of the choices fits {value}"));
        }
    }
    let kinds: Vec<_> = match &schema["type"] {
        Value::String(kind) => vec![kind.as_str()],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => vec![],
    };
    if !kinds.is_empty() && !kinds.iter().any(|kind| is(kind, value)) {
        found.push(format!("{path}: {value} is not {kinds:?}"));
    }
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
    {
        found.push(format!("{path}: {value} is not one of {allowed:?}"));
    }
    if let Some(only) = schema.get("const").filter(|only| *only != value) {
        found.push(format!("{path}: {value} is not {only}"));
    }
    members(root, schema, value, path, found);
}

fn members(root: &Value, schema: &Value, value: &Value, path: &str, found: &mut Vec<String>) {
    if let Value::Array(items) = value {
        for (at, item) in items.iter().enumerate() {
            check(root, &schema["items"], item, &format!("{path}[{at}]"), found);
        }
    }
    let Value::Object(object) = value else { return };
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !object.contains_key(name) {
            found.push(format!("{path}: {name} is missing"));
        }
    }
    for (name, member) in object {
        match (schema["properties"].get(name), schema.get("additionalProperties")) {
            (Some(known), _) => check(root, known, member, &format!("{path}.{name}"), found),
            (None, Some(Value::Bool(false))) => found.push(format!("{path}: {name} is not known")),
            (None, Some(more)) => check(root, more, member, &format!("{path}.{name}"), found),
            (None, None) if schema["properties"].is_object() => {
                found.push(format!("{path}: {name} is not told of"));
            }
            (None, None) => {}
        }
    }
}

fn is(kind: &str, value: &Value) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("there is no type {other}"),
    }
}

#[test]
fn a_value_that_does_not_fit_is_found() {
    let schema = serde_json::json!({
        "type": "object", "required": ["a"], "properties": {"a": {"type": ["integer", "null"]}, "b": {"enum": ["x"]}}
    });
    assert_eq!(violations(&schema, &serde_json::json!({"a": 1, "b": "x"})), Vec::<String>::new());
    for wrong in [
        serde_json::json!({}),
        serde_json::json!({"a": "1"}),
        serde_json::json!({"a": 1, "b": "y"}),
        serde_json::json!({"a": null, "c": 1}),
    ] {
        assert_eq!(violations(&schema, &wrong).len(), 1, "{wrong}");
    }
}
