//! Where things are.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{Result, process};

/// A checkout of the project.
pub struct Project {
    root: PathBuf,
}

impl Project {
    /// The checkout that this program was started from.
    pub fn here() -> Self {
        let manifest =
            env::var_os("CARGO_MANIFEST_DIR").map_or(env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
        Self { root: manifest.parent().expect("xtask is a folder of the project").to_owned() }
    }

    #[cfg(test)]
    pub fn at(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// A file or folder of the project.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// A program, to be run at the project's root without waiting for input.
    pub fn program(&self, name: impl AsRef<Path>) -> Command {
        let mut command = Command::new(name.as_ref());
        command.current_dir(&self.root).stdin(std::process::Stdio::null());
        command
    }

    /// Cargo, with these arguments separated by spaces.
    pub fn cargo(&self, arguments: &str) -> Command {
        let mut command = self.program(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(arguments.split_whitespace());
        // What cargo says about xtask itself would make other packages' build scripts run anew.
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
                command.env_remove(&name);
            }
        }
        command
    }

    /// Builds the command line program, and says where it is.
    pub fn unskew(&self) -> Result<PathBuf> {
        self.build()?;
        Ok(built(&format!("unskew{}", env::consts::EXE_SUFFIX)))
    }

    /// Builds the Python package, lays it out as an installation would, and says in which folder.
    pub fn package(&self) -> Result<PathBuf> {
        self.build()?;
        let folder = built("python");
        let package = folder.join("unskew");
        let says = |error: std::io::Error| format!("cannot make {}: {error}", package.display());
        if package.exists() {
            fs::remove_dir_all(&package).map_err(says)?;
        }
        fs::create_dir_all(&package).map_err(says)?;
        for entry in fs::read_dir(self.path("crates/python/unskew")).map_err(says)? {
            let from = entry.map_err(says)?.path();
            if from.is_file() {
                fs::copy(&from, package.join(from.file_name().unwrap_or_default())).map_err(says)?;
            }
        }
        let (prefix, suffix) = (env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX);
        let module = if cfg!(windows) { "_unskew.pyd" } else { "_unskew.abi3.so" };
        fs::copy(built(&format!("{prefix}_unskew{suffix}")), package.join(module)).map_err(says)?;
        Ok(folder)
    }

    /// Builds all libraries and programs. A test beside them brings the features that dependencies have in tests, so that
    /// nothing is built twice.
    fn build(&self) -> Result {
        process::run(&mut self.cargo("build --locked --workspace --lib --bins --test cli"))
    }
}

/// What cargo built into the folder where this program is.
fn built(name: &str) -> PathBuf {
    let this = env::current_exe().expect("a running program has a path");
    this.with_file_name(name)
}

/// The folder for what can be made again, which may not exist yet.
pub fn cache() -> Result<PathBuf> {
    let folder = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = folder("XDG_CACHE_HOME")
        .or_else(|| folder("LOCALAPPDATA"))
        .or_else(|| folder("HOME").map(|home| home.join(".cache")))
        .ok_or("no cache folder is known: set XDG_CACHE_HOME or HOME")?;
    Ok(cache.join("unskew"))
}
