//! What the user wrote: a recipe as a tree with places, and as types.

mod forms;
mod model;
mod tree;

use std::path::{Path, PathBuf};

pub use forms::{Columns, ListOf, Overflow, Sources, Stage, bytes};
pub use model::{
    BadRows, Check, CheckOn, Layout, Level, Output, OutputCompression, OutputFormat, Per, Recipe, SourceSpec,
};
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
        None => (message.to_owned(), None),
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
