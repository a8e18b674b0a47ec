//! What the user wrote: a recipe as a tree with places, and as types.

mod card;
mod forms;
mod model;
mod shapes;
mod tree;

use std::path::{Path, PathBuf};

pub use card::CardFacts;
pub use forms::{Columns, ListOf, Overflow, Sources, Stage, bytes};
pub use model::{
    BadRows, Check, CheckOn, Layout, Level, Output, OutputCompression, OutputFormat, Per, PluginSpec, Preset,
    Recipe, SourceSpec,
};
pub use shapes::{NamedShape, OutputShape, OutputShapes};
pub use tree::{Place, Segment, Tree, segments};
use unskew_expr::nearest;

use crate::{Error, Exit, Result};

/// A recipe together with the text it came from.
#[derive(Debug, Clone)]
pub struct Written {
    /// The text as a tree, for messages that point into it.
    pub tree: Tree,
    /// The recipe.
    pub recipe: Recipe,
    /// The folder that relative paths in it start from.
    pub folder: PathBuf,
    changed: bool,
}

impl Written {
    /// Reads the recipe in the file at `path`, with `overrides` (path and YAML value of each) applied.
    pub fn read(path: &Path, overrides: &[(String, String)]) -> Result<Self> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| {
            Error::new(Exit::Usage, format!("cannot read the recipe {name}")).cause(error.to_string())
        })?;
        let mut written = Self::parse(&name, &text, overrides)?;
        written.folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        if written.recipe.name.is_none() {
            written.recipe.name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        }
        Ok(written)
    }

    /// Reads the recipe in `text`; `name` is what messages call it.
    pub fn parse(name: &str, text: &str, overrides: &[(String, String)]) -> Result<Self> {
        let mut tree = Tree::parse(name, text)?;
        for (path, value) in overrides {
            tree.set(path, value)?;
        }
        let recipe =
            forms::decode(tree.to_value()).map_err(|(path, message)| wrong(&tree, "", &path, &message))?;
        card::check(&recipe, &tree)?;
        Ok(Self { tree, recipe, folder: PathBuf::new(), changed: !overrides.is_empty() })
    }
}

impl Written {
    /// The recipe as it is run: as it was written, or with what was changed from outside.
    pub fn to_text(&self, seed: Option<u64>) -> String {
        if seed.is_none_or(|seed| seed == self.recipe.seed) && !self.changed {
            return self.tree.text().to_owned();
        }
        let mut value = self.tree.to_value();
        if let (Some(seed), Some(map)) = (seed, value.as_object_mut()) {
            map.insert("seed".to_owned(), seed.into());
        }
        serde_saphyr::to_string(&value).expect("a tree of scalars, lists and mappings is YAML")
    }
}

/// An error about what stands at `path` below `base`, in words that show it.
pub fn wrong(tree: &Tree, base: &str, path: &str, message: &str) -> Error {
    let mut way = segments(base);
    way.extend(segments(path));
    let (message, unknown) = match unknown_field(message) {
        Some((field, known)) => {
            if way.last() != Some(&Segment::Key(field.clone())) {
                way.push(Segment::Key(field.clone()));
            }
            let nearest = nearest(&field, known.iter().map(String::as_str)).map(str::to_owned);
            (format!("`{field}` is not known here"), Some((nearest, known)))
        }
        None => (plain_words(message), None),
    };
    let at_key = unknown.is_some() || message.starts_with("unknown ");
    let place = tree.key_place(&way).filter(|_| at_key).unwrap_or_else(|| tree.place(&way));
    let error = tree.error(place, message);
    match unknown {
        Some((Some(name), _)) => error.suggest(Some(&name)),
        Some((None, known)) if !known.is_empty() => error.hint(format!("known are: {}", known.join(", "))),
        _ => error,
    }
}

/// The field, and the known ones, in serde's message about an unknown field.
fn unknown_field(message: &str) -> Option<(String, Vec<String>)> {
    let rest =
        message.strip_prefix("unknown field `").or_else(|| message.strip_prefix("unknown variant `"))?;
    let mut parts = rest.split('`');
    let field = parts.next()?.to_owned();
    let known = parts.skip(1).step_by(2).map(str::to_owned).collect();
    Some((field, known))
}

/// What is wrong with a value, in words for a person who knows YAML and not our types.
fn plain_words(message: &str) -> String {
    if let Some(field) = message.strip_prefix("missing field ") {
        return format!("{field} is missing");
    }
    let found = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "));
    let found = found.or_else(|| message.starts_with("invalid length ").then_some(message));
    let Some((found, expected)) = found.and_then(|found| found.rsplit_once(", expected ")) else {
        return message.to_owned();
    };
    let found = match found.split_once(' ') {
        None if found == "null" => "empty".to_owned(),
        None if found == "map" => "a mapping".to_owned(),
        None if found == "sequence" => "a list".to_owned(),
        Some(("invalid", _)) => "a list".to_owned(),
        Some(("string", text)) => format!("the text {text}"),
        Some(("boolean", value)) => value.to_owned(),
        _ => match found.split_once('`') {
            Some(("integer " | "floating point ", number)) => {
                format!("the number {}", number.trim_end_matches('`'))
            }
            _ => found.to_owned(),
        },
    };
    let expected = match expected {
        "a string" => "text",
        "a sequence" => "a list",
        "a boolean" => "`true` or `false`",
        "u64" => "a whole number, 0 or more",
        "a nonzero u64" => "a whole number, 1 or more",
        "a map" => "a mapping",
        other if other.starts_with("struct ") => "a mapping",
        other => other,
    };
    format!("this is {found}, expected {expected}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_told_without_the_names_of_our_types() {
        for (text, message) in [
            ("", "this is empty, expected a mapping"),
            ("- a", "this is a list, expected a mapping"),
            ("hello", "this is the text \"hello\", expected a mapping"),
            ("name: x", "`source` is missing"),
            ("source: a\nstages:", "this is empty, expected a list"),
            ("source: a\nname: 5", "this is the number 5, expected text"),
            ("source: a\nseed: -1", "this is the number -1, expected a whole number, 0 or more"),
            ("source: a\nseed: 1.5", "this is the number 1.5, expected a whole number, 0 or more"),
            ("source: a\nwhere: true", "this is `true`, expected text"),
            ("source: a\nchecks: [retention > 1]", "this is the text \"retention > 1\", expected a mapping"),
            ("source: a\nstages: {cap: 1}", "this is a mapping, expected a list"),
            ("source: a\nsource: b", "duplicate mapping key: source"),
            ("source: a\n---\nsource: b", "multiple YAML documents detected"),
        ] {
            assert_eq!(Written::parse("r.yaml", text, &[]).unwrap_err().to_string(), message, "{text}");
        }
    }
}
