//! The steps of a test run.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Result,
    arguments::Options,
    generate, process,
    project::{Project, cache},
    python::Environment,
    site,
};

/// The release of cargo-deny that is installed where there is none.
const CARGO_DENY: &str = "0.20.2";

/// One thing that is checked.
pub struct Step {
    pub name: &'static str,
    pub group: &'static str,
    pub about: &'static str,
    pub run: fn(&Project, &Options) -> Result,
}

impl Step {
    /// Whether `name` stands for this step: its own name, or its group's.
    pub fn is(&self, name: &str) -> bool {
        self.name == name || self.group == name
    }
}

/// Every step, in the order they run: what fails soonest comes first.
pub const STEPS: &[Step] = &[
    Step { name: "format", group: "lint", about: "rustfmt has nothing to change", run: format },
    Step { name: "clippy", group: "lint", about: "clippy has nothing to say about any target", run: clippy },
    Step { name: "docs", group: "lint", about: "rustdoc has nothing to say", run: docs },
    Step { name: "tests", group: "rust", about: "unit, property and whole-program tests", run: tests },
    Step { name: "doctests", group: "rust", about: "the examples in the documentation", run: doctests },
    Step {
        name: "python",
        group: "python",
        about: "notebooks, and outputs read back with the real datasets, pyarrow and trainers",
        run: python,
    },
    Step {
        name: "site",
        group: "python",
        about: "the documentation builds, without a broken link",
        run: site,
    },
    Step {
        name: "torch",
        group: "python",
        about: "the batch sampler in a DataLoader of PyTorch",
        run: torch,
    },
    Step { name: "generated", group: "files", about: "generated files are up to date", run: generated },
    Step { name: "deny", group: "files", about: "licences, sources and bans of dependencies", run: deny },
    Step { name: "fuzz", group: "fuzz", about: "the fuzz targets compile", run: fuzz },
];

fn format(project: &Project, _: &Options) -> Result {
    component(project, "fmt", "rustfmt")?;
    process::run(&mut project.cargo("fmt --all --check"))
}

fn clippy(project: &Project, _: &Options) -> Result {
    component(project, "clippy", "clippy")?;
    process::run(&mut project.cargo("clippy --locked --workspace --all-targets -- --deny warnings"))
}

/// Installs a part of the toolchain that minimal installations lack.
fn component(project: &Project, command: &str, name: &str) -> Result {
    if process::works(&mut project.cargo(&format!("{command} --version"))) {
        return Ok(());
    }
    process::run(project.program("rustup").args(["component", "add", name]))
}

fn docs(project: &Project, _: &Options) -> Result {
    process::run(project.cargo("doc --locked --workspace --no-deps").env("RUSTDOCFLAGS", "--deny warnings"))
}

fn tests(project: &Project, _: &Options) -> Result {
    if process::works(&mut project.cargo("nextest --version")) {
        return process::run(&mut project.cargo("nextest run --locked --workspace"));
    }
    println!("cargo-nextest is not installed: cargo test takes its place");
    process::run(&mut project.cargo("test --locked --workspace --lib --bins --tests --examples"))
}

fn doctests(project: &Project, _: &Options) -> Result {
    process::run(&mut project.cargo("test --locked --workspace --doc"))
}

fn python(project: &Project, _: &Options) -> Result {
    let unskew = project.unskew()?;
    let package = project.package()?;
    let environment = Environment::with(project, "tests/python/requirements.txt")?;
    let mut pytest = environment.python(project);
    pytest.args(["-m", "pytest", "-p", "no:cacheprovider", "tests/python"]);
    pytest.env("UNSKEW", unskew).env("HF_HUB_OFFLINE", "1");
    process::run(with_package(&mut pytest, &package))
}

/// Lets a command of Python import the package in `folder`.
fn with_package<'a>(command: &'a mut Command, folder: &Path) -> &'a mut Command {
    command.env("PYTHONPATH", folder).env("UNSKEW_UNOPTIMISED", "1").env("PYTHONDONTWRITEBYTECODE", "1")
}

fn torch(project: &Project, _: &Options) -> Result {
    let Some(python) = with_torch(project) else {
        println!(
            "SKIPPED: no Python here has PyTorch, and apt cannot install it; TORCH_PYTHON may name one that has"
        );
        return Ok(());
    };
    let package = project.package()?;
    process::run(with_package(project.program(python).arg("tests/torch/test_loader.py"), &package))
}

/// A Python that has PyTorch: the one that is named, or the system's own, for which apt has a build without CUDA. What pip
/// would install takes gigabytes.
fn with_torch(project: &Project) -> Option<PathBuf> {
    let named = env::var_os("TORCH_PYTHON").map(PathBuf::from);
    let python = named.unwrap_or_else(|| PathBuf::from("/usr/bin/python3"));
    let has_torch = || process::works(project.program(&python).args(["-c", "import torch"]));
    if !has_torch() {
        let mut apt = project.program("apt-get");
        apt.args(["install", "--yes", "--quiet", "--no-install-recommends", "python3-torch"]);
        process::run(apt.env("DEBIAN_FRONTEND", "noninteractive")).ok()?;
    }
    has_torch().then_some(python)
}

fn site(project: &Project, _: &Options) -> Result {
    site::build(project).map(|_| ())
}

fn generated(project: &Project, _: &Options) -> Result {
    generate::run(project, true)
}

fn deny(project: &Project, options: &Options) -> Result {
    let mut deny = if process::works(&mut project.cargo("deny --version")) {
        project.cargo("deny")
    } else {
        project.program(installed_deny(project)?)
    };
    deny.args(["check", "--hide-inclusion-graph", "bans", "licenses", "sources"]);
    if options.advisories {
        deny.arg("advisories");
    }
    process::run(&mut deny)
}

/// The cache folder's own cargo-deny, installed when it is not there yet.
fn installed_deny(project: &Project) -> Result<PathBuf> {
    let folder = cache()?.join(format!("cargo-deny-{CARGO_DENY}"));
    let program = folder.join("bin").join(format!("cargo-deny{}", env::consts::EXE_SUFFIX));
    if !program.exists() {
        let mut install =
            project.cargo(&format!("install --locked --debug --version {CARGO_DENY} cargo-deny --root"));
        // A build folder of its own is removed after the installation.
        process::run(install.arg(folder).env_remove("CARGO_TARGET_DIR"))?;
    }
    Ok(program)
}

fn fuzz(project: &Project, _: &Options) -> Result {
    if !project.path("fuzz/Cargo.toml").exists() {
        println!("there are no fuzz targets");
        return Ok(());
    }
    // Without the workspace's versions, a run would depend on what was published last.
    let (from, to) = (project.path("Cargo.lock"), project.path("fuzz/Cargo.lock"));
    if !to.exists() {
        fs::copy(from, to).map_err(|error| format!("cannot copy Cargo.lock to fuzz: {error}"))?;
    }
    process::run(&mut project.cargo("check --manifest-path fuzz/Cargo.toml"))
}
