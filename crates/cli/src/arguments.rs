//! What may stand on the command line.

mod hub;
mod look;

use std::{ffi::OsString, path::PathBuf};

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use unskew_core::{LEAST_MEMORY, Options, Registry, recipe::bytes};

pub use hub::{Hub, HubCommand, HubGc, HubServe};
pub use look::{Check, Inspect, Rows};

/// Takes the skew out of a training set.
#[derive(Debug, Parser)]
#[command(
    name = "unskew",
    version,
    max_term_width = 100,
    after_help = "Exit codes: 0 done, 1 a fault of ours, 2 usage or recipe, 3 a source cannot be read, \
        4 the data do not fit, 5 the Hub refused, 6 a check failed, 7 a plugin failed, 130 interrupted."
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a recipe: make a folder that `load_dataset` reads as it is.
    Run(Run),
    /// Put a folder that `run` made into a dataset repository on the Hub, in one commit.
    Push(Push),
    /// Tell what a recipe would do: rows, shortfalls, checks and bytes, without reading a payload.
    Plan(Plan),
    /// Make a result again from its sources, and tell whether it is what its lock says.
    Verify(Verify),
    /// Show how the rows of a source are distributed, and what looks wrong.
    Inspect(Inspect),
    /// Tell what a trainer would stumble over in a source.
    Check(Check),
    /// Write the dataset card of a folder again, or tell whether `load_dataset` can read one.
    Card(Card),
    /// List the strategies, or explain one: its options and an example.
    Strategies(Strategies),
    /// Strategies that are programs: list them, test one, or write a new one.
    Plugin(Plugin),
    /// Write a recipe with comments, to begin with.
    Init(Init),
    /// Run a Hugging Face Hub on this machine.
    Hub(Hub),
    /// Publish a skewed dataset on a Hub of its own, balance it, push it and read it back, without a network.
    Demo(Demo),
    /// Print a JSON Schema.
    Schema {
        /// Of what.
        #[arg(value_enum, default_value = "recipe")]
        of: Document,
    },
    /// Print completions for a shell.
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Print a manual page.
    Man {
        /// The command it is about; without it, the program.
        command: Option<String>,
    },
}

#[derive(Debug, Args)]
#[command(mut_group("Publishing", |group| group.requires("push")))]
pub struct Run {
    /// The recipe, a YAML file.
    #[arg(value_hint = ValueHint::FilePath)]
    pub recipe: PathBuf,
    /// Refuse a result that is not what the lock in the folder says, or the one in FILE.
    #[arg(
        long,
        value_name = "FILE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        value_hint = ValueHint::FilePath
    )]
    pub locked: Option<OsString>,
    /// Push the folder afterwards to where `output.to: hf://…` says.
    #[arg(long)]
    pub push: bool,
    #[command(flatten)]
    pub publishing: Publishing,
    #[command(flatten)]
    pub making: Making,
    #[command(flatten)]
    pub choosing: Choosing,
    #[command(flatten)]
    pub telling: Telling,
}

#[derive(Debug, Args)]
pub struct Push {
    /// A folder that `run` made.
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub folder: PathBuf,
    /// The repository: `OWNER/NAME`, or `hf://datasets/OWNER/NAME[@BRANCH]`; without it, what the recipe's `output.to` says.
    #[arg(value_name = "REPO")]
    pub repo: Option<String>,
    #[command(flatten)]
    pub publishing: Publishing,
    /// Print nothing but errors.
    #[arg(long, short)]
    pub quiet: bool,
}

/// How a folder goes to the Hub.
#[derive(Debug, Args)]
pub struct Publishing {
    /// Show what would change in the repository, and change nothing there.
    #[arg(long)]
    pub dry_run: bool,
    /// Let everybody see a repository that is made for this; without it, it is private.
    #[arg(long)]
    pub public: bool,
    /// The branch to commit to, which is made if there is none; without it, `main`.
    #[arg(long, value_name = "NAME")]
    pub branch: Option<String>,
    /// Open a pull request instead of changing the branch.
    #[arg(long)]
    pub create_pr: bool,
    /// Tag the commit.
    #[arg(long, value_name = "NAME", conflicts_with = "create_pr")]
    pub tag: Option<String>,
    /// What to call the commit.
    #[arg(long, short, value_name = "TEXT")]
    pub message: Option<String>,
}

#[derive(Debug, Args)]
pub struct Plan {
    /// The recipe, a YAML file.
    #[arg(value_hint = ValueHint::FilePath)]
    pub recipe: PathBuf,
    #[command(flatten)]
    pub choosing: Choosing,
    #[command(flatten)]
    pub telling: Telling,
}

/// How the folder is made.
#[derive(Debug, Args)]
pub struct Making {
    /// The folder to make; without it, what the recipe says.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: Option<PathBuf>,
    /// Replace a folder that is not empty and that unskew did not make.
    #[arg(long)]
    pub force: bool,
    /// Wait until everything is on the disk.
    #[arg(long)]
    pub sync: bool,
}

/// How rows are chosen.
#[derive(Debug, Args)]
pub struct Choosing {
    /// Where all randomness comes from; without it, what the recipe says.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Threads to use; without it, one for each core.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
    /// Memory that may be used, such as 2GiB; without it, a quarter of the machine's.
    #[arg(long, value_name = "SIZE", value_parser = memory)]
    pub memory: Option<u64>,
    /// Read at most this many rows of each source, from its start.
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
    /// Change the recipe: `stages.0.cap.max=100`. May be given several times.
    #[arg(long, value_name = "PATH=VALUE", value_parser = pair)]
    pub set: Vec<(String, String)>,
}

/// What is told about it.
#[derive(Debug, Args)]
pub struct Telling {
    /// Print the report as JSON.
    #[arg(long, conflicts_with = "quiet")]
    pub json: bool,
    /// Print nothing but errors.
    #[arg(long, short)]
    pub quiet: bool,
}

#[derive(Debug, Args)]
pub struct Verify {
    /// What `run` made: a folder, or a repository as hf://datasets/OWNER/NAME[@REVISION], with all results in it.
    #[arg(value_name = "DIR|REPO", value_hint = ValueHint::DirPath)]
    pub result: PathBuf,
    /// Where relative paths in the recipe start from; without it, here.
    #[arg(long, value_name = "FOLDER", default_value = ".", value_hint = ValueHint::DirPath)]
    pub from: PathBuf,
    /// Let a recipe in a repository run programs, as one on this machine may.
    #[arg(long)]
    pub trust: bool,
    /// Threads to use; without it, one for each core.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
    /// Memory that may be used, such as 2GiB; without it, a quarter of the machine's.
    #[arg(long, value_name = "SIZE", value_parser = memory)]
    pub memory: Option<u64>,
    /// Print lock and differences as JSON, one object for each result.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Card {
    /// The folder: one that `run` made, or any with `--check`, which takes hf://datasets/OWNER/NAME[@REVISION], too.
    #[arg(value_name = "DIR|REPO", value_hint = ValueHint::DirPath)]
    pub folder: PathBuf,
    /// Look for what `load_dataset` would stumble over, and write nothing.
    #[arg(long, conflicts_with_all = ["repo", "revision"])]
    pub check: bool,
    /// Print what was looked at as JSON.
    #[arg(long, requires = "check")]
    pub json: bool,
    /// The repository that the folder goes to, so that links lead there.
    #[arg(long, value_name = "OWNER/NAME")]
    pub repo: Option<String>,
    /// The branch, tag or commit that links lead to; without it, `main`.
    #[arg(long, value_name = "NAME", requires = "repo")]
    pub revision: Option<String>,
}

#[derive(Debug, Args)]
pub struct Strategies {
    /// The strategy to explain.
    pub name: Option<String>,
    /// Print what the strategies say of themselves as JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Plugin {
    #[command(subcommand)]
    pub command: PluginCommand,
}

/// What to do with plugins.
#[derive(Debug, Subcommand)]
pub enum PluginCommand {
    /// Tell which programs in the folders of PATH are strategies.
    List {
        /// Print it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Tell whether a strategy keeps the laws that all of them have to keep.
    Test {
        /// A program's path, or the name of a strategy that is installed.
        #[arg(value_name = "PATH|NAME", value_hint = ValueHint::ExecutablePath)]
        program: PathBuf,
    },
    /// Write a new strategy to start from, which passes its own tests.
    New(PluginNew),
}

#[derive(Debug, Args)]
pub struct PluginNew {
    /// What recipes are to call it.
    pub name: String,
    /// The language it is written in.
    #[arg(long, value_enum)]
    pub lang: Language,
    /// The folder to make; without it, `unskew-strategy-NAME`.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: Option<PathBuf>,
}

/// A language that a strategy may be written in; any other would do as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// A crate.
    Rust,
    /// A script that needs nothing but Python.
    Python,
    /// A script that needs jq.
    Shell,
    /// A script that needs nothing but Node.
    Javascript,
}

#[derive(Debug, Args)]
pub struct Init {
    /// The file to write.
    #[arg(default_value = "recipe.yaml", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// The source that the recipe begins with; its rows are looked at.
    #[arg(long, value_hint = ValueHint::AnyPath)]
    pub source: Option<String>,
}

#[derive(Debug, Args)]
pub struct Demo {
    /// The folder for everything: the Hub, the recipe, and what is made. It must not be there yet, or be empty.
    #[arg(value_name = "DIR", default_value = "unskew-demo", value_hint = ValueHint::DirPath)]
    pub folder: PathBuf,
}

/// A kind of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Document {
    /// Recipes.
    Recipe,
    /// The report of a run, `.unskew/report.json`.
    Report,
    /// What `inspect --json` prints.
    Inspection,
}

/// The whole command line, with the options of every strategy below `apply`.
pub fn command(registry: &Registry) -> clap::Command {
    Cli::command().subcommand(crate::apply::command(registry))
}

impl Choosing {
    /// These choices and those about the folder, as the core takes them.
    pub fn options(&self, making: Option<&Making>) -> Options {
        Options {
            out: making.and_then(|making| making.out.clone()),
            force: making.is_some_and(|making| making.force),
            seed: self.seed,
            threads: self.threads.map(usize::from),
            memory: self.memory,
            limit: self.limit,
            sync: making.is_some_and(|making| making.sync),
        }
    }
}

fn memory(text: &str) -> Result<u64, String> {
    match bytes(text) {
        None => Err("a size is a number with a unit, such as 512MiB or 2GB".to_owned()),
        Some(bytes) if bytes < LEAST_MEMORY => Err(format!("at least {} MiB are needed", LEAST_MEMORY >> 20)),
        Some(bytes) => Ok(bytes),
    }
}

/// `PATH=VALUE` as two.
fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((path, value)) if !path.trim().is_empty() => Ok((path.trim().to_owned(), value.to_owned())),
        _ => Err("write `PATH=VALUE`, such as `stages.0.cap.max=100`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        command(&Registry::new(unskew_plugins::plugins()).unwrap()).debug_assert();
    }

    #[test]
    fn values_are_checked() {
        assert_eq!(memory("1GiB"), Ok(1 << 30));
        assert_eq!(memory("1MB").unwrap_err(), "at least 256 MiB are needed");
        assert!(memory("lots").is_err());
        assert_eq!(pair("a.b=c=d"), Ok(("a.b".to_owned(), "c=d".to_owned())));
        assert!(pair("=x").is_err() && pair("x").is_err());
    }
}
