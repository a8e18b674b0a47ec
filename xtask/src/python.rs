//! Finding Python, and keeping virtual environments.

use std::{
    env,
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Result, process,
    project::{Project, cache},
};

const OLDEST: (u32, u32) = (3, 10);

/// A Python interpreter that is new enough.
pub struct Python {
    program: String,
    /// Its version and home, which tell it from others.
    identity: String,
}

/// A virtual environment with the packages of one requirements file.
pub struct Environment {
    folder: PathBuf,
}

impl Python {
    /// The interpreter that `PYTHON` names, or the first that can be found.
    pub fn find(project: &Project) -> Result<Self> {
        let named = env::var("PYTHON").ok().filter(|name| !name.is_empty());
        let numbered = (OLDEST.1..=OLDEST.1 + 10).rev().map(|minor| format!("python3.{minor}"));
        let usual = ["python3", "python", "py"].map(str::to_owned);
        named
            .clone()
            .into_iter()
            .chain(usual.into_iter().chain(numbered).filter(|_| named.is_none()))
            .find_map(|program| Self::probe(project, program))
            .ok_or_else(|| match named {
                Some(name) => {
                    format!("PYTHON names {name:?}, which is not Python {}.{} or later", OLDEST.0, OLDEST.1)
                }
                None => {
                    format!("no Python {}.{} or later was found; PYTHON may name one", OLDEST.0, OLDEST.1)
                }
            })
    }

    fn probe(project: &Project, program: String) -> Option<Self> {
        let script = "import sys; print(*sys.version_info[:3], sep='.'); print(sys.base_prefix)";
        let answer = process::output(project.program(&program).args(["-c", script])).ok()?;
        let identity = String::from_utf8(answer).ok()?;
        new_enough(&identity).then_some(Self { program, identity })
    }

    /// The interpreter as a command.
    pub fn command(&self, project: &Project) -> Command {
        project.program(&self.program)
    }
}

fn new_enough(version: &str) -> bool {
    let mut parts = version.split('.').map_while(|part| part.trim().parse::<u32>().ok());
    parts.next().zip(parts.next()).is_some_and(|version| version >= OLDEST)
}

impl Environment {
    /// The environment for the requirements in `file`, made when it does not exist yet.
    pub fn with(project: &Project, file: &str) -> Result<Self> {
        let python = Python::find(project)?;
        let requirements = project.path(file);
        let content =
            fs::read_to_string(&requirements).map_err(|error| format!("cannot read {file}: {error}"))?;
        let name = format!("python-{:016x}", digest(&[&content, &python.identity]));
        let environment = Self { folder: cache()?.join(name) };
        environment.prepare(project, &python, &requirements)?;
        Ok(environment)
    }

    fn prepare(&self, project: &Project, python: &Python, requirements: &Path) -> Result {
        let says = |error: std::io::Error| format!("cannot make {}: {error}", self.folder.display());
        let parent = self.folder.parent().expect("an environment is inside the cache folder");
        fs::create_dir_all(parent).map_err(says)?;
        let lock = File::create(self.folder.with_extension("lock")).map_err(says)?;
        lock.lock().map_err(says)?;
        // Only an environment that was finished has the mark.
        let finished = self.folder.join("finished");
        if finished.exists() {
            return Ok(());
        }
        process::run(python.command(project).args(["-m", "venv", "--clear"]).arg(&self.folder)).map_err(
            |error| format!("{error}; some systems keep venv in a package of its own, such as python3-venv"),
        )?;
        let install =
            ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps"];
        process::run(
            self.python(project)
                .args(install)
                .args(["--only-binary", ":all:", "--requirement"])
                .arg(requirements),
        )?;
        fs::write(finished, "").map_err(says)
    }

    /// The environment's interpreter.
    pub fn python(&self, project: &Project) -> Command {
        let folder = if cfg!(windows) { "Scripts" } else { "bin" };
        project.program(self.folder.join(folder).join(format!("python{}", env::consts::EXE_SUFFIX)))
    }
}

/// 64-bit FNV-1a, which is the same in every release of Rust.
fn digest(parts: &[&str]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_interpreters_are_refused() {
        assert!(new_enough("3.10.0\n/usr"));
        assert!(new_enough("3.14.1\n/usr"));
        assert!(new_enough("4.0.0\n/usr"));
        assert!(!new_enough("3.9.18\n/usr"));
        assert!(!new_enough("2.7.18\n/usr"));
        assert!(!new_enough("pyenv: command not found"));
    }

    #[test]
    fn digests_do_not_change_and_tell_parts_apart() {
        assert_eq!(digest(&[]), 0xcbf2_9ce4_8422_2325);
        assert_eq!(digest(&[""]), 0xaf63_bd4c_8601_b7df);
        assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
    }
}
