//! Looking at a source, without a recipe.

use clap::{Args, ValueHint, builder::PossibleValuesParser};
use unskew_core::{inspect::Which, recipe::Preset};

use super::memory;

/// The rows to look at.
#[derive(Debug, Args)]
pub struct Rows {
    /// A file, a folder, a glob or an hf://datasets/OWNER/NAME URL.
    #[arg(value_hint = ValueHint::AnyPath)]
    pub source: String,
    /// The config of a repository, or of a folder; without it, the one that `load_dataset` takes, or all files of a folder.
    #[arg(long, value_name = "NAME")]
    pub config: Option<String>,
    /// A split of a repository, or of a folder; without it, all of them. May be given several times.
    #[arg(long, value_name = "NAME")]
    pub split: Vec<String>,
    /// Look only at rows for which this is true.
    #[arg(long = "where", value_name = "EXPR")]
    pub condition: Option<String>,
    /// Read at most this many rows of the source, from its start.
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
    /// Threads to use; without it, one for each core.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
}

#[derive(Debug, Args)]
pub struct Inspect {
    /// Count the rows by this expression; several make cells.
    #[arg(long, value_name = "EXPR")]
    pub by: Vec<String>,
    /// Show how the values of a numeric expression are spread.
    #[arg(long, value_name = "EXPR")]
    pub histogram: Option<String>,
    /// Show mean, spread and quartiles of all numeric fields.
    #[arg(long)]
    pub stats: bool,
    /// Show rows: `first`, or the best or worst by an expression: `'best: reward'`.
    #[arg(long = "rows", value_name = "WHICH", value_parser = Which::parse)]
    pub which: Option<Which>,
    /// How many rows to show.
    #[arg(long, value_name = "N", default_value_t = 3, requires = "which")]
    pub count: usize,
    #[command(flatten)]
    pub rows: Rows,
    /// Print everything as JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Check {
    /// What the rows are for. May be given several times.
    #[arg(long = "for", value_name = "PRESET", required = true, value_parser = presets())]
    pub presets: Vec<String>,
    /// The score of a row, for `sft` and `ppo`, or the gap of a pair, for `dpo`; without it, `score`, `reward` or
    /// `reward_gap`.
    #[arg(long, value_name = "EXPR")]
    pub score: Option<String>,
    /// What is true of desirable rows, for `kto`; without it, `label`.
    #[arg(long, value_name = "EXPR")]
    pub label: Option<String>,
    /// What makes rows of one kind, for `balance`; without it, `task`.
    #[arg(long, value_name = "EXPR")]
    pub by: Option<String>,
    /// A name for an expression, to be used in the others. May be given several times.
    #[arg(long, value_name = "NAME=EXPR", value_parser = named)]
    pub columns: Vec<(String, String)>,
    /// Memory that may be used, such as 2GiB; without it, a quarter of the machine's.
    #[arg(long, value_name = "SIZE", value_parser = memory)]
    pub memory: Option<u64>,
    #[command(flatten)]
    pub rows: Rows,
    /// Print the report as JSON.
    #[arg(long)]
    pub json: bool,
}

fn presets() -> PossibleValuesParser {
    PossibleValuesParser::new(Preset::ALL.map(Preset::name))
}

/// `NAME=EXPR` as two.
fn named(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, expression)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), expression.to_owned()))
        }
        _ => Err("write `NAME=EXPR`, such as `task=metadata.task_type`".to_owned()),
    }
}
