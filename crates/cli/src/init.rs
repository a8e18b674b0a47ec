//! `init`: a recipe with comments, to begin with.

use std::{
    fs::OpenOptions,
    io::{ErrorKind, Write},
};

use unskew_core::{
    Error, Exit, Options, Result,
    inspect::{Question, inspect},
    remote::Remotes,
};
use unskew_io::Silent;

use crate::{
    apply::to_yaml,
    arguments::Init,
    terminal::{harmless, print},
};

/// What a recipe is counted by as long as nobody knows better: every row is in a file.
const ANY: &str = "_file";

/// Writes the recipe.
pub fn init(arguments: &Init, remotes: &dyn Remotes) -> Result<()> {
    let by = match &arguments.source {
        None => None,
        Some(source) => {
            let options = Options { limit: Some(1000), ..Options::default() };
            inspect(source, &Question::default(), &options, remotes, &Silent)?.suggestion
        }
    };
    let text = recipe(arguments.source.as_deref().unwrap_or("data/*.jsonl"), by.as_deref())?;
    let shown = arguments.file.display().to_string();
    let opened = OpenOptions::new().write(true).create_new(true).open(&arguments.file);
    opened.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            Error::usage(format!("{shown} is there already")).hint("name another file: `unskew init FILE`")
        }
        _ => Error::new(Exit::Usage, format!("cannot write {shown}")).cause(error.to_string()),
    })?;
    let shown = harmless(&shown);
    print(&format!(
        "{shown} is written. Look into it, and then\n\n  unskew plan {shown}    # what it would do\n  \
         unskew run {shown}     # do it\n"
    ))
}

/// A recipe for `source` whose rows are counted by `by`.
fn recipe(source: &str, by: Option<&str>) -> Result<String> {
    let line = |text: &str| -> Result<String> { Ok(to_yaml(&text.into())?.trim_end().to_owned()) };
    let about = match by {
        Some(_) => "what makes rows alike: a path in the rows, or any expression",
        None => {
            "what makes rows alike; every row has `_file`, and yours have better: `unskew inspect SOURCE`"
        }
    };
    Ok(format!(
        "# A recipe for unskew: where rows come from, how to balance them, what must be true of the result.
# `unskew strategies` lists what stages can do, `unskew schema` prints all that a recipe may say.

seed: 42                    # the same seed chooses the same rows, on any machine
source: {source}            # a file, a folder or a glob, seen from this file's folder

columns:                    # short names for expressions, to be used everywhere below
  # {about}
  kind: {by}

# where: reward is not null    # which rows to begin with

stages:                     # one after another, each on what the one before left
  - cap: {{by: kind, max: 1000}}   # at most 1000 rows of a kind, chosen at random
  - order: {{interleave: kind}}    # so that every stretch of rows has the mix of the whole

checks:                     # the run fails when one is not true; `level: warn` only warns
  - expect: rows_out > 0
  - expect: max_share(kind) <= 0.5
    level: warn

output:
  to: balanced              # the folder to make; `load_dataset(\"balanced\")` reads it
  format: parquet           # or jsonl
  overflow: true            # keep the rows that were left out, too, beside the others
",
        source = line(source)?,
        by = line(by.unwrap_or(ANY))?,
    ))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unskew_core::{Prepared, Registry, recipe::Written};

    use super::*;

    #[test]
    fn the_recipe_is_one_that_runs_on_any_rows() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("rows.jsonl"), "{\"a\": 1}\n").unwrap();
        let mut written = Written::parse("recipe.yaml", &recipe("rows.jsonl", None).unwrap(), &[]).unwrap();
        written.folder = folder.path().to_path_buf();
        let registry = Registry::new(unskew_plugins::plugins()).unwrap();
        Prepared::new(written, &registry, &unskew_core::remote::NoRemotes)
            .unwrap_or_else(|error| panic!("{}", error.render()));
    }

    proptest! {
        #[test]
        fn any_source_and_any_kind_can_be_written(source in "[ -~]{1,20}", by in "[a-z`'\" :#]{1,12}") {
            let written = Written::parse("recipe.yaml", &recipe(&source, Some(&by)).unwrap(), &[]);
            let recipe = written.map_err(|error| error.render()).unwrap().recipe;
            prop_assert_eq!(&recipe.source.0[0].path, &source);
            prop_assert_eq!(&recipe.columns.0[0].1, &by);
        }
    }
}
