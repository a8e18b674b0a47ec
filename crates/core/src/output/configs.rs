//! The configs that hold the chosen rows: one, or one for each of several shapes.

use std::collections::BTreeSet;

use unskew_strategy::{Gives, Roles};

use crate::{
    Result,
    bind::{Bound, OwnPairs, Scope},
    catalog::Catalog,
    output::OVERFLOW,
    paths::Heads,
    recipe::{NamedShape, Output, OutputShape, Written, segments},
    shape::{self, Added, BoundShape, Made, Trainer, of_pairs},
    view::View,
};

/// The config that needs no name.
pub const DEFAULT: &str = "default";

/// What stands in the output's folder beside the configs' own folders.
const TAKEN: [&str; 4] = [OVERFLOW, "data", "README.md", "dataset_info.json"];

/// A config that holds the chosen rows in a shape.
#[derive(Debug, Clone)]
pub struct Config {
    /// What it is called.
    pub name: String,
    /// What rows look like, where that is not what source rows do.
    pub shape: Option<BoundShape>,
    /// Columns to add to the rows.
    pub keep: Vec<Bound>,
    /// Which of these take the place of members that rows have.
    pub replaced: Vec<String>,
    /// The trainer that the shape is for, if it is for one.
    pub trainer: Option<&'static Trainer>,
}

impl Config {
    /// What rows look like for writing, if they are sides or pairs as `view` says, where that is not what source rows do.
    pub fn shape_of(&self, view: &View, catalog: &Catalog) -> Option<unskew_io::Shape> {
        let kept: Vec<String> = self.keep.iter().map(|bound| bound.text().to_owned()).collect();
        match &self.shape {
            Some(shape) => Some(shape.finish(&kept, catalog, view.sides().is_some())),
            None => view.is_paired().then(|| of_pairs(&kept)),
        }
    }

    /// Whether its rows have a column of this name that the shape makes.
    pub fn has(&self, column: &str) -> bool {
        self.shape.as_ref().is_some_and(|shape| shape.has(column))
    }

    /// Whether answers that are compared are whole dialogues, each one text.
    pub fn compares_dialogues(&self) -> bool {
        self.shape.as_ref().is_some_and(BoundShape::compares_dialogues)
    }

    /// The columns that its rows have beyond what is in source rows, with their names.
    pub fn added(&self) -> impl Iterator<Item = (&str, Added<'_>)> {
        let shaped = self.shape.iter().flat_map(BoundShape::added);
        shaped.chain(self.keep.iter().map(|bound| (bound.text(), Added::Value(bound, Made::Same))))
    }

    /// The expressions in these.
    pub fn computed(&self) -> impl Iterator<Item = &Bound> {
        self.added().filter_map(|(_, added)| match added {
            Added::Value(bound, _) => Some(bound),
            Added::Place => None,
        })
    }

    /// Every expression whose paths must exist.
    pub fn required(&self) -> impl Iterator<Item = &Bound> {
        let unseen = self.shape.iter().flat_map(BoundShape::unseen);
        self.computed().chain(unseen)
    }
}

/// Binds what the recipe says of the output to what there is behind the last stage, of which `gives` tells.
pub fn bind(written: &Written, gives: &[&Gives], last: &Scope, heads: &Heads) -> Result<Vec<Config>> {
    let output = &written.recipe.output;
    check_replace(written, last)?;
    let several = output.shape.0.len() > 1;
    let config = |named: &NamedShape| {
        let stays = named.shape == OutputShape::default();
        let replaced = if stays { output.replace.0.clone() } else { vec![] };
        let kept = kept(output, &replaced, gives, last.paired && stays);
        let shape = if last.own == OwnPairs::Sides && stays {
            Some(BoundShape::of_sides(named, last, heads, &written.tree, &output.keep.0)?)
        } else {
            BoundShape::parse(named, last, heads, &written.tree)?
        };
        let bound = |(name, path): &(String, String)| Bound::parse(name, path, last, &written.tree);
        let mut keep: Vec<Bound> = kept.iter().map(bound).collect::<Result<_>>()?;
        if several {
            // What one shape needs is no mistake because another has it anyway.
            keep.retain(|bound| match &shape {
                Some(shape) => !shape.has(bound.text()),
                None => {
                    last.paired || replaced.iter().any(|name| name == bound.text()) || !is_own(bound, last)
                }
            });
        }
        Ok(Config {
            name: name_of(named, output),
            shape,
            keep,
            replaced,
            trainer: shape::trainer(&named.shape),
        })
    };
    output.shape.0.iter().map(config).collect()
}

/// Whether a column is the member of its name that rows have themselves.
fn is_own(bound: &Bound, scope: &Scope) -> bool {
    let own = |path| scope.data_column(path).as_deref() == Some(bound.text());
    bound.variants().iter().all(|one| one.as_path().is_some_and(own))
}

/// What a config is called: what the recipe calls it, or else what the shape is called, if there are several.
fn name_of(named: &NamedShape, output: &Output) -> String {
    match (&named.config, &output.config, &named.shape) {
        (Some(name), ..) | (None, Some(name), _) => name.clone(),
        (None, None, OutputShape::Named(shape)) if output.shape.0.len() > 1 => shape.replace('/', "-"),
        _ => DEFAULT.to_owned(),
    }
}

/// The columns to add to a config and where the recipe names them: those that go with pairs, if rows are pairs as they
/// stand, and those it keeps.
fn kept(output: &Output, replaced: &[String], gives: &[&Gives], pairs: bool) -> Vec<(String, String)> {
    let pairing = gives.iter().rev().find(|gives| gives.roles == Roles::Pairs).filter(|_| pairs);
    let named = |names: &[String], option: &str| -> Vec<(String, String)> {
        names.iter().enumerate().map(|(at, name)| (name.clone(), format!("output.{option}.{at}"))).collect()
    };
    let mut own = named(&output.keep.0, "keep");
    own.retain(|(name, _)| !replaced.contains(name));
    own.extend(named(replaced, "replace"));
    let mut seen = BTreeSet::new();
    own.retain(|(name, _)| seen.insert(name.clone()));
    let of_pairs = pairing.iter().flat_map(|gives| &gives.columns);
    let of_pairs = of_pairs.filter(|name| own.iter().all(|(own, _)| own != *name));
    of_pairs.map(|name| (name.clone(), "output".to_owned())).chain(own.iter().cloned()).collect()
}

/// What rows of a shape and pairs are made of says the shape; only rows that stay as they are have members to replace.
fn check_replace(written: &Written, last: &Scope) -> Result<()> {
    let output = &written.recipe.output;
    let Some(name) = output.replace.0.first() else { return Ok(()) };
    if !last.paired && output.shape.0.iter().any(|named| named.shape == OutputShape::default()) {
        return Ok(());
    }
    let message = "only rows that stay as they are have members to replace";
    Err(written
        .tree
        .error(written.tree.place(&segments("output.replace")), message)
        .hint(format!("a shape says what members there are: `shape: {{{name}: {name}}}`")))
}

/// Whether the configs can be called so, each by a name of its own.
pub fn check(written: &Written, configs: &[Config]) -> Result<()> {
    let Output { shape, config: named, file, .. } = &written.recipe.output;
    let tree = &written.tree;
    let wrong = |path: &str, message: String| tree.error(tree.place(&segments(path)), message);
    let listed = configs.len() > 1 || shape.0[0].config.is_some();
    if listed && named.is_some() {
        return Err(wrong("output.config", "each shape in the list is a config of its own".to_owned())
            .hint("name it there: `- NAME: trl/kto`"));
    }
    if configs.len() > 1 && file.is_some() {
        return Err(wrong("output.file", "there are several shapes, and one file holds one".to_owned())
            .hint("leave `file` out: each shape has a folder of its own"));
    }
    let mut seen = BTreeSet::new();
    for (at, (config, of)) in configs.iter().zip(&shape.0).enumerate() {
        let (name, way) = (&config.name, segments(if listed { &of.place } else { "output.config" }));
        let own = tree.key_place(&way).filter(|_| of.config.is_some());
        let wrong = |message: String| tree.error(own.unwrap_or_else(|| tree.place(&way)), message);
        if TAKEN.iter().any(|taken| taken.eq_ignore_ascii_case(name)) || !is_name(name) {
            return Err(wrong(format!("`{name}` cannot be the name of a config"))
                .hint("letters, digits, `_`, `-` and `.` are allowed; `overflow` and `data` are taken"));
        }
        if name == DEFAULT && at > 0 {
            let message = "the config `default` is the one to be read where none is named, so it comes first";
            return Err(wrong(message.to_owned()));
        }
        if !seen.insert(name.to_ascii_lowercase()) {
            let shape = match &of.shape {
                OutputShape::Named(shape) => shape,
                OutputShape::Columns(_) => "{…}",
            };
            return Err(wrong(format!("two configs are called `{name}`, where case does not count"))
                .hint(format!("give one of them another name: `- NAME: {shape}`")));
        }
    }
    Ok(())
}

/// Whether a file or a config may be called so.
pub fn is_name(name: &str) -> bool {
    let letters = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
    letters && name.starts_with(|letter: char| letter.is_ascii_alphanumeric())
}
