//! A strategy's options, as its JSON Schema tells them.

use serde_json::{Map, Value};
use unskew_core::{Error, Result, recipe::Tree};

/// One option of a strategy.
#[derive(Debug, Clone, PartialEq)]
pub struct StrategyOption {
    /// Its name in recipes.
    pub name: String,
    /// What it does.
    pub description: String,
    /// What its value looks like, for people.
    pub shown: String,
    /// How its value is read on a command line.
    pub form: Form,
    /// Its value when it is left out, if there is one.
    pub default: Option<Value>,
    /// Whether it may not be left out.
    pub required: bool,
}

/// How the value of an option is read on a command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// A flag.
    Boolean,
    /// A number.
    Number,
    /// A text as it stands; one of these, if there are any.
    Text(Vec<String>),
    /// A text, or several.
    Texts,
    /// A list of anything.
    List,
    /// YAML.
    Yaml,
}

/// The options in a JSON Schema.
pub fn options(schema: &Value) -> Vec<StrategyOption> {
    let required: Vec<_> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let properties = schema["properties"].as_object().into_iter().flatten();
    properties
        .map(|(name, property)| {
            let reader = Reader { root: schema };
            let resolved = reader.resolve(property);
            let text = |key: &str| property[key].as_str().or(resolved[key].as_str()).map(str::to_owned);
            let default = property.get("default").or(resolved.get("default"));
            StrategyOption {
                name: name.clone(),
                description: text("description").unwrap_or_default(),
                shown: reader.shown(property),
                form: reader.form(property),
                default: default.filter(|value| !value.is_null()).cloned(),
                required: required.contains(&name.as_str()),
            }
        })
        .collect()
}

/// Reads one schema with its definitions.
struct Reader<'a> {
    root: &'a Value,
}

impl<'a> Reader<'a> {
    /// What `schema` refers to, without null as one of several.
    fn resolve(&self, schema: &'a Value) -> &'a Value {
        let mut schema = schema;
        // A schema that refers to itself is not one that ends.
        for _ in 0..16 {
            let next = match schema["$ref"].as_str().and_then(|path| path.strip_prefix('#')) {
                Some(path) => self.root.pointer(path),
                None => match alternatives(schema) {
                    Some(all) => {
                        let mut others = all.iter().filter(|one| one["type"] != "null");
                        others.next().filter(|_| others.next().is_none())
                    }
                    None => None,
                },
            };
            match next {
                Some(next) => schema = next,
                None => break,
            }
        }
        schema
    }

    /// The different things that `schema` allows, without null.
    fn choices(&self, schema: &'a Value) -> Vec<&'a Value> {
        let schema = self.resolve(schema);
        match alternatives(schema) {
            None => vec![schema],
            Some(all) => {
                let others = all.iter().filter(|one| one["type"] != "null");
                others
                    .flat_map(|one| if std::ptr::eq(one, schema) { vec![one] } else { self.choices(one) })
                    .collect()
            }
        }
    }

    fn form(&self, schema: &'a Value) -> Form {
        let choices = self.choices(schema);
        let kinds: Vec<_> = choices.iter().map(|choice| kind(choice)).collect();
        match kinds.as_slice() {
            [Some("boolean")] => Form::Boolean,
            [Some("integer" | "number")] => Form::Number,
            [Some("array")] => Form::List,
            all if all.iter().all(|kind| *kind == Some("string")) => Form::Text(names(&choices)),
            [Some("string"), Some("array")] | [Some("array"), Some("string")] => Form::Texts,
            _ => Form::Yaml,
        }
    }

    fn shown(&self, schema: &'a Value) -> String {
        let mut all: Vec<String> = vec![];
        for choice in self.choices(schema) {
            for one in self.one_shown(choice) {
                if !all.contains(&one) {
                    all.push(one);
                }
            }
        }
        all.join(" | ")
    }

    fn one_shown(&self, schema: &'a Value) -> Vec<String> {
        let names = names(&[schema]);
        if !names.is_empty() {
            return names;
        }
        vec![match kind(schema) {
            Some("integer") => "whole number".to_owned(),
            Some("string") => "text".to_owned(),
            Some("array") => match schema.get("items") {
                Some(items) => format!("list of {}", self.shown(items)),
                None => "list".to_owned(),
            },
            Some("object") => match schema["properties"].as_object() {
                Some(members) if !members.is_empty() => {
                    let member =
                        |(name, value): (&String, &'a Value)| format!("{name}: {}", self.shown(value));
                    format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(", "))
                }
                _ => "mapping".to_owned(),
            },
            Some(kind) => kind.to_owned(),
            None => "any".to_owned(),
        }]
    }
}

fn alternatives(schema: &Value) -> Option<&Vec<Value>> {
    schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array())
}

/// The one JSON type of a schema, besides null.
fn kind(schema: &Value) -> Option<&str> {
    match &schema["type"] {
        Value::String(kind) => Some(kind),
        Value::Array(kinds) => {
            let mut kinds = kinds.iter().filter_map(Value::as_str).filter(|kind| *kind != "null");
            kinds.next().filter(|_| kinds.next().is_none())
        }
        _ if !names(&[schema]).is_empty() => Some("string"),
        _ => None,
    }
}

/// The texts that enumerations allow; none if any text will do.
fn names(choices: &[&Value]) -> Vec<String> {
    let own = |choice: &&Value| -> Option<Vec<String>> {
        match (choice["enum"].as_array(), choice["const"].as_str()) {
            (Some(all), _) => all.iter().map(|one| one.as_str().map(str::to_owned)).collect(),
            (None, Some(one)) => Some(vec![one.to_owned()]),
            _ => None,
        }
    };
    choices.iter().map(own).collect::<Option<Vec<_>>>().map(|all| all.concat()).unwrap_or_default()
}

impl StrategyOption {
    /// The value that `texts` from a command line mean.
    pub fn read(&self, texts: &[String]) -> Result<Value> {
        let yaml = |text: &str| Ok::<_, Error>(Tree::parse(&format!("--{}", self.name), text)?.to_value());
        let last = texts.last().map(String::as_str).unwrap_or_default();
        Ok(match self.form {
            Form::Text(_) => last.into(),
            Form::Boolean | Form::Number | Form::Yaml => yaml(last)?,
            Form::List => {
                let items = texts.iter().flat_map(|text| parts(text)).map(yaml);
                items.collect::<Result<Vec<_>>>()?.into()
            }
            Form::Texts => match texts.iter().flat_map(|text| parts(text)).collect::<Vec<_>>().as_slice() {
                [one] => (*one).into(),
                many => many.to_vec().into(),
            },
        })
    }
}

/// The parts of a text between commas that stand outside quotes and brackets.
fn parts(text: &str) -> Vec<&str> {
    let (mut depth, mut quote, mut start) = (0_i32, None, 0);
    let mut parts = vec![];
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (None, '\'' | '"' | '`') => quote = Some(letter),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth -= 1,
            (None, ',') if depth <= 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts
}

/// Options with their values as an object, in the order of the schema.
pub fn object(values: impl IntoIterator<Item = (String, Value)>) -> Value {
    values.into_iter().collect::<Map<_, _>>().into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use unskew_core::Registry;

    use super::*;

    fn of(strategy: &str) -> Vec<StrategyOption> {
        let registry = Registry::new(unskew_plugins::plugins()).unwrap();
        options(&registry.get(strategy).unwrap().manifest.options)
    }

    #[test]
    fn every_option_has_a_form_and_words() {
        let cap = of("cap");
        let shown: Vec<_> =
            cap.iter().map(|option| (option.name.as_str(), option.shown.as_str(), &option.form)).collect();
        assert_eq!(
            shown,
            [
                ("by", "text | list of text", &Form::Texts),
                ("max", "whole number", &Form::Number),
                ("pick", "random | first | {best: text} | {worst: text} | {weighted: text}", &Form::Yaml),
                ("weight", "text", &Form::Text(vec![])),
            ]
        );
        assert!(cap[0].required && cap[1].required && !cap[2].required);
        assert_eq!(cap[2].default, Some(json!("random")));
        assert!(cap.iter().all(|option| !option.description.is_empty()));
    }

    #[test]
    fn values_are_read_by_form() {
        let read = |strategy: &str, name: &str, texts: &[&str]| {
            let option = of(strategy).into_iter().find(|option| option.name == name).unwrap();
            option.read(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>()).unwrap()
        };
        assert_eq!(read("cap", "by", &["task"]), json!("task"));
        assert_eq!(read("cap", "by", &["task, level"]), json!(["task", "level"]));
        assert_eq!(
            read("cap", "by", &["coalesce(task, 'a,b')", "level"]),
            json!(["coalesce(task, 'a,b')", "level"])
        );
        assert_eq!(read("cap", "max", &["12"]), json!(12));
        assert_eq!(read("cap", "pick", &["first"]), json!("first"));
        assert_eq!(read("cap", "pick", &["best: reward"]), json!({"best": "reward"}));
        assert_eq!(read("target", "counts", &["{math: 2, coding: 1}"]), json!({"math": 2, "coding": 1}));
        assert_eq!(read("order", "shuffle", &["true"]), json!(true));
    }

    #[test]
    fn schemas_of_other_languages_are_read_too() {
        let schema = json!({
            "type": "object",
            "properties": {
                "mode": {"enum": ["a", "b"]},
                "names": {"type": ["array", "null"], "items": {"type": "integer"}},
                "any": {},
                "loop": {"$ref": "#/properties/loop"},
            }
        });
        let all = options(&schema);
        let shown: Vec<_> = all.iter().map(|option| (option.shown.as_str(), option.form.clone())).collect();
        assert_eq!(shown[0], ("a | b", Form::Text(vec!["a".into(), "b".into()])));
        assert_eq!(shown[1], ("list of whole number", Form::List));
        assert_eq!(shown[2], ("any", Form::Yaml));
        assert_eq!(shown[3].1, Form::Yaml);
        assert_eq!(all[1].read(&["1,2".into(), "3".into()]).unwrap(), json!([1, 2, 3]));
    }
}
