//! Options, checked against the schema in a manifest before a program sees them.

use serde_json::{Map, Value};
use unskew_strategy::{Error, Result, nearest};

/// `options` with the defaults that `schema` has for those that are left out. What it does not know, or what is of another
/// type, is an error.
pub fn complete(schema: &Value, options: &Value) -> Result<Value> {
    let Some(given) = options.as_object() else {
        return Err(Error::option("", "the options are no mapping"));
    };
    let nothing = Map::new();
    let known = schema["properties"].as_object().unwrap_or(&nothing);
    let mut complete = given.clone();
    for (name, value) in given {
        match known.get(name) {
            Some(option) => fits(name, value, option)?,
            None if schema["additionalProperties"] == true => {}
            None => {
                let error = Error::option(name, format!("unknown option `{name}`"));
                return Err(match nearest(name, known.keys().map(String::as_str)) {
                    Some(near) => error.hint(format!("did you mean `{near}`?")),
                    None => error,
                });
            }
        }
    }
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    for name in required {
        if !complete.contains_key(name) {
            return Err(Error::option("", format!("option `{name}` is missing")));
        }
    }
    for (name, option) in known {
        if let (false, Some(default)) = (complete.contains_key(name), option.get("default")) {
            complete.insert(name.clone(), default.clone());
        }
    }
    Ok(Value::Object(complete))
}

/// Whether `value` is of a type that `option` names, not beyond its limits, and one of its choices.
fn fits(name: &str, value: &Value, option: &Value) -> Result<()> {
    let kinds: Vec<&str> = match &option["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => vec![],
    };
    if !kinds.is_empty() && !kinds.iter().any(|kind| is(value, kind)) {
        let wanted: Vec<&str> = kinds.iter().map(|kind| in_words(kind)).collect();
        return Err(Error::option(name, format!("`{name}` is {value}, expected {}", wanted.join(" or "))));
    }
    let (least, most, number) = (option["minimum"].as_f64(), option["maximum"].as_f64(), value.as_f64());
    if let Some(number) = number {
        if least.is_some_and(|least| number < least) {
            return Err(Error::option(
                name,
                format!("`{name}` is {value}, expected {} or more", option["minimum"]),
            ));
        }
        if most.is_some_and(|most| number > most) {
            return Err(Error::option(
                name,
                format!("`{name}` is {value}, expected {} or less", option["maximum"]),
            ));
        }
    }
    match option["enum"].as_array() {
        Some(choices) if !choices.contains(value) => {
            let choices: Vec<String> = choices.iter().map(Value::to_string).collect();
            Err(Error::option(name, format!("`{name}` is {value}, expected one of {}", choices.join(", "))))
        }
        _ => Ok(()),
    }
}

fn is(value: &Value, kind: &str) -> bool {
    match kind {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        _ => true,
    }
}

fn in_words(kind: &str) -> &str {
    match kind {
        "string" => "a text",
        "boolean" => "true or false",
        "integer" => "a whole number",
        "number" => "a number",
        "array" => "a list",
        "object" => "a mapping",
        "null" => "nothing",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn options_are_completed_or_refused() {
        let schema = json!({
            "properties": {
                "by": {"type": ["string", "array"]},
                "max": {"type": "integer", "default": 10, "minimum": 1, "maximum": 20},
                "pick": {"enum": ["first", "random"], "default": "first"},
            },
            "required": ["by"],
        });
        let complete = |options| complete(&schema, &options).map_err(|error| error.to_string());
        assert_eq!(complete(json!({"by": "x"})), Ok(json!({"by": "x", "max": 10, "pick": "first"})));
        assert_eq!(
            complete(json!({"by": ["x"], "max": 2})),
            Ok(json!({"by": ["x"], "max": 2, "pick": "first"}))
        );
        assert_eq!(complete(json!({})), Err("option `by` is missing".to_owned()));
        assert_eq!(complete(json!([])), Err("the options are no mapping".to_owned()));
        assert_eq!(complete(json!({"by": 1})), Err("`by` is 1, expected a text or a list".to_owned()));
        assert_eq!(
            complete(json!({"by": "x", "max": 0.5})),
            Err("`max` is 0.5, expected a whole number".to_owned())
        );
        assert_eq!(complete(json!({"by": "x", "max": 0})), Err("`max` is 0, expected 1 or more".to_owned()));
        assert_eq!(
            complete(json!({"by": "x", "max": 21})),
            Err("`max` is 21, expected 20 or less".to_owned())
        );
        let wrong = complete(json!({"by": "x", "pick": "last"}));
        assert_eq!(wrong, Err(r#"`pick` is "last", expected one of "first", "random""#.to_owned()));
        let error = super::complete(&schema, &json!({"by": "x", "mx": 1})).unwrap_err();
        assert_eq!(
            (error.option_path(), error.hints()),
            (Some("mx"), &["did you mean `max`?".to_owned()][..])
        );
        assert!(super::complete(&json!({"additionalProperties": true}), &json!({"x": 1})).is_ok());
        assert!(super::complete(&json!({}), &json!({"x": 1})).is_err());
    }
}
