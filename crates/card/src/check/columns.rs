//! What columns hold, as a card and as files tell it, and whether one can be read as the other.

use arrow::datatypes::{DataType, Field, Schema};
use serde_json::Value;

/// How deep columns are followed.
const LEVELS: usize = 64;

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A plain value, by the name of its type.
    Plain(String),
    /// A list.
    List(Box<Kind>),
    /// An object with these members.
    Struct(Vec<(String, Kind)>),
    /// Something that is not looked into, such as a picture.
    Other,
}

impl Kind {
    /// The members of a list of features.
    pub fn members(features: &Value) -> Result<Vec<(String, Self)>, String> {
        members(features, 0)
    }

    /// The columns of a file.
    pub fn columns(schema: &Schema) -> Vec<(String, Self)> {
        schema.fields().iter().map(|field| of_field(field)).collect()
    }

    /// Why values of this kind, which a file has, cannot be read as `told`, if that is so: where, and what is wrong.
    pub fn misfit(&self, told: &Self, path: &str) -> Option<String> {
        match (self, told) {
            (Self::Other, _) | (_, Self::Other) => None,
            (Self::Plain(null), _) if null == "null" => None,
            (Self::List(own), Self::List(told)) => own.misfit(told, &format!("{path}[]")),
            (Self::Struct(own), Self::Struct(told)) => misfits(own, told, path).into_iter().next(),
            (Self::Plain(own), Self::Plain(told)) => {
                plain_misfit(own, told).then(|| format!("`{path}` holds {own}, and the card tells {told}"))
            }
            (own, told) => Some(format!("`{path}` holds {}, and the card tells {}", own.word(), told.word())),
        }
    }

    fn word(&self) -> &str {
        match self {
            Self::Plain(name) => name,
            Self::List(_) => "a list",
            Self::Struct(_) => "an object",
            Self::Other => "something else",
        }
    }
}

/// Why columns that a file has cannot be read as those that are told.
pub fn misfits(own: &[(String, Kind)], told: &[(String, Kind)], path: &str) -> Vec<String> {
    let place = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    own.iter()
        .filter_map(|(name, kind)| match told.iter().find(|(other, _)| other == name) {
            None => Some(format!("the card does not tell of `{}`", place(name))),
            Some((_, told)) => kind.misfit(told, &place(name)),
        })
        .collect()
}

/// Whether `own` values are never, or only by luck, read as `told`.
fn plain_misfit(own: &str, told: &str) -> bool {
    let is_text = |name: &str| matches!(name, "string" | "large_string" | "json");
    let is_float = |name: &str| name.starts_with("float");
    let is_whole = |name: &str| name.starts_with("int") || name.starts_with("uint");
    if own == told || is_text(told) {
        return false;
    }
    match own {
        own if is_text(own) => is_float(told) || is_whole(told) || told == "bool",
        own if is_float(own) => is_whole(told) || told == "bool",
        _ => false,
    }
}

fn members(features: &Value, level: usize) -> Result<Vec<(String, Kind)>, String> {
    let Some(list) = features.as_array() else { return Err("`features` is no list".to_owned()) };
    let member = |feature: &Value| {
        let name = feature.get("name").and_then(Value::as_str).ok_or("a feature has no name")?;
        Ok((name.to_owned(), kind(feature, level + 1)?))
    };
    list.iter().map(member).collect()
}

/// What a feature holds: a mapping with `dtype`, `struct`, `list` or `sequence`; a name of a type; or a list of members.
fn kind(feature: &Value, level: usize) -> Result<Kind, String> {
    if level > LEVELS {
        return Ok(Kind::Other);
    }
    match feature {
        Value::String(name) if is_type(name) => Ok(Kind::Plain(name.clone())),
        Value::String(name) if name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_') => {
            if OTHERS.contains(&name.as_str()) {
                Ok(Kind::Other)
            } else {
                Err(format!("`{name}` is no type that `datasets` knows"))
            }
        }
        Value::Array(_) => Ok(Kind::Struct(members(feature, level)?)),
        Value::Object(map) => {
            if let Some(item) = map.get("list").or_else(|| map.get("large_list")) {
                return Ok(Kind::List(Box::new(kind(item, level + 1)?)));
            }
            if let Some(item) = map.get("sequence") {
                // Of objects, this means an object of lists.
                return Ok(match kind(item, level + 1)? {
                    Kind::Struct(members) => Kind::Struct(
                        members.into_iter().map(|(name, kind)| (name, Kind::List(Box::new(kind)))).collect(),
                    ),
                    item => Kind::List(Box::new(item)),
                });
            }
            match (map.get("struct"), map.get("dtype")) {
                (Some(inner), _) => Ok(Kind::Struct(members(inner, level)?)),
                (_, Some(name @ (Value::String(_) | Value::Array(_)))) => kind(name, level + 1),
                _ => Ok(Kind::Other),
            }
        }
        _ => Ok(Kind::Other),
    }
}

/// Names of features that are no plain types.
const OTHERS: [&str; 9] =
    ["image", "audio", "video", "pdf", "nifti", "mesh", "array", "translation", "class_label"];

/// Whether `datasets` knows a type of this name.
fn is_type(name: &str) -> bool {
    const PLAIN: [&str; 20] = [
        "null",
        "bool",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "float16",
        "float32",
        "float64",
        "string",
        "large_string",
        "binary",
        "large_binary",
        "date32",
        "date64",
        "json",
    ];
    let with = ["timestamp[", "time32[", "time64[", "duration[", "decimal128(", "decimal256("];
    PLAIN.contains(&name)
        || matches!(name, "string_view" | "binary_view")
        || with.iter().any(|start| name.starts_with(start))
}

fn of_field(field: &Field) -> (String, Kind) {
    (field.name().clone(), of_type(field.data_type()))
}

fn of_type(kind: &DataType) -> Kind {
    match kind {
        DataType::Struct(fields) => Kind::Struct(fields.iter().map(|field| of_field(field)).collect()),
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            Kind::List(Box::new(of_type(item.data_type())))
        }
        DataType::Null => Kind::Plain("null".to_owned()),
        DataType::Boolean => Kind::Plain("bool".to_owned()),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Kind::Plain("string".to_owned()),
        number if number.is_numeric() => Kind::Plain(number.to_string().to_ascii_lowercase()),
        _ => Kind::Other,
    }
}
