//! `cargo xtask docs`: the documentation as a website.

use std::path::PathBuf;

use crate::{Result, process, project::Project, python::Environment};

/// Builds the site, in which no link is broken and no page is without a place, and says where it is.
pub fn build(project: &Project) -> Result<PathBuf> {
    let unskew = project.unskew()?;
    let folder = unskew.parent().expect("a program is in a folder").with_file_name("site");
    let environment = Environment::with(project, "docs/requirements.txt")?;
    let mut mkdocs = environment.python(project);
    // Not `--quiet`, which keeps warnings from being counted, so that `--strict` would pass.
    mkdocs.args(["-m", "mkdocs", "build", "--strict", "--config-file", "docs/mkdocs.yml", "--site-dir"]);
    mkdocs.arg(&folder).env("UNSKEW", unskew).env("PYTHONDONTWRITEBYTECODE", "1");
    process::run(mkdocs.env("NO_MKDOCS_2_WARNING", "1"))?;
    Ok(folder)
}
