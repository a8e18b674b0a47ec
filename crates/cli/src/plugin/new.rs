//! A new strategy to start from, in one of several languages.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::PathBuf,
};

use unskew_core::{Error, Result};
use unskew_program::is_plain;

use crate::{
    arguments::{Language, PluginNew},
    terminal::print,
};

/// A file of a new strategy: what it is called, what is in it, and whether it is a program. `{{name}}` stands for the strategy's
/// name in both, and `{{unskew}}` for the version of unskew.
type Template = (&'static str, &'static str, bool);

/// The program, where it is a file of the package.
const PROGRAM: &str = "unskew-strategy-{{name}}";

const RUST: [Template; 2] = [
    ("Cargo.toml", include_str!("../../templates/rust/Cargo.toml.txt"), false),
    ("src/main.rs", include_str!("../../templates/rust/src/main.rs"), false),
];
const PYTHON: [Template; 2] = [
    (PROGRAM, include_str!("../../templates/python/program.py"), true),
    ("test.py", include_str!("../../templates/python/test.py"), false),
];
const SHELL: [Template; 2] = [
    (PROGRAM, include_str!("../../templates/shell/program.sh"), true),
    ("test.sh", include_str!("../../templates/shell/test.sh"), true),
];
const JAVASCRIPT: [Template; 2] = [
    (PROGRAM, include_str!("../../templates/javascript/program.js"), true),
    ("program.test.js", include_str!("../../templates/javascript/test.js"), false),
];

impl Language {
    fn files(self) -> &'static [Template] {
        match self {
            Self::Rust => &RUST,
            Self::Python => &PYTHON,
            Self::Shell => &SHELL,
            Self::Javascript => &JAVASCRIPT,
        }
    }

    /// How the package's own tests are run.
    fn tests(self) -> &'static str {
        match self {
            Self::Rust => "cargo test",
            Self::Python => "python3 test.py",
            Self::Shell => "./test.sh",
            Self::Javascript => "node --test",
        }
    }

    /// How its program comes into a folder of `PATH`.
    fn installed(self) -> &'static str {
        match self {
            Self::Rust => "cargo install --path .",
            _ => "install unskew-strategy-{{name}} ~/.local/bin",
        }
    }
}

/// Writes the files of a new strategy into a folder that is not there yet.
pub fn new(arguments: &PluginNew) -> Result<()> {
    let (name, language) = (&arguments.name, arguments.lang);
    if !is_plain(name) {
        return Err(Error::usage(format!("`{name}` cannot be the name of a strategy"))
            .hint("a name is of a-z, 0-9, - and _"));
    }
    let folder = arguments.out.clone().unwrap_or_else(|| PathBuf::from(PROGRAM.replace("{{name}}", name)));
    if folder.exists() {
        return Err(Error::usage(format!("{} is there already", folder.display()))
            .hint("`--out` names another folder"));
    }
    let filled = |text: &str| text.replace("{{name}}", name).replace("{{unskew}}", env!("CARGO_PKG_VERSION"));
    for (file, text, is_program) in language.files() {
        let path = folder.join(filled(file));
        let unwritable = |error: std::io::Error| Error::unwritable(&path, &error);
        fs::create_dir_all(path.parent().expect("a file is in a folder")).map_err(unwritable)?;
        let mode = if *is_program { 0o777 } else { 0o666 };
        let mut out =
            OpenOptions::new().write(true).create_new(true).mode(mode).open(&path).map_err(unwritable)?;
        out.write_all(filled(text).as_bytes()).map_err(unwritable)?;
    }
    print(&format!(
        "wrote {}; in it, `{}` tests the strategy, and `{}` installs it\n",
        folder.display(),
        language.tests(),
        filled(language.installed()),
    ))
}
