//! Some rows as they are, for a person to look at.

use std::{fs, sync::Arc};

use arrow::{array::ArrayRef, datatypes::Schema};
use serde_json::Value;
use unskew_io::{Compression, Format, Inferred, Output, Scan, Silent, Writing};
use unskew_strategy::ranks;

use crate::{Error, Exit, Options, Result, catalog::Catalog, frame::addresses, view::View};

/// Which rows to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// The first ones.
    First,
    /// Those with the highest values of an expression.
    Best(String),
    /// Those with the lowest values of an expression.
    Worst(String),
}

impl Which {
    /// Reads `first`, `best: EXPRESSION` or `worst: EXPRESSION`.
    ///
    /// ```
    /// use unskew_core::inspect::Which;
    ///
    /// assert_eq!(Which::parse("best: reward"), Ok(Which::Best("reward".into())));
    /// assert!(Which::parse("last").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.split_once(':').map(|(which, expression)| (which.trim(), expression.trim())) {
            None if text.trim() == "first" => Ok(Self::First),
            Some(("best", expression)) if !expression.is_empty() => Ok(Self::Best(expression.to_owned())),
            Some(("worst", expression)) if !expression.is_empty() => Ok(Self::Worst(expression.to_owned())),
            _ => Err("write `first`, `best: EXPRESSION` or `worst: EXPRESSION`".to_owned()),
        }
    }

    /// Whether the highest values come first, and of which expression.
    pub fn order(&self) -> Option<(bool, &str)> {
        match self {
            Self::First => None,
            Self::Best(expression) => Some((true, expression)),
            Self::Worst(expression) => Some((false, expression)),
        }
    }
}

/// The addresses of `count` rows of `view`; rows without a value come last, equal ones in the order they stand in.
pub fn choose(which: &Which, count: usize, values: Option<&ArrayRef>, view: &View) -> Result<Vec<u32>> {
    let all = addresses(view, None);
    let (Some((descending, expression)), Some(values)) = (which.order(), values) else {
        return Ok(all.iter().take(count).copied().collect());
    };
    let ranks = ranks(expression, values, descending)
        .map_err(|error| error.hints().iter().fold(Error::data(error.to_string()), Error::hint))?;
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by_key(|row| (ranks[*row], *row));
    Ok(order.into_iter().take(count).map(|row| all[row]).collect())
}

/// The rows at `addresses`, in that order.
pub fn read(catalog: &Catalog, scan: &Scan, addresses: &[u32], options: &Options) -> Result<Vec<Value>> {
    let fault = |error: std::io::Error| {
        Error::new(Exit::Fault, "cannot use a temporary folder").cause(error.to_string())
    };
    let folder = tempfile::tempdir().map_err(fault)?;
    let inferred = Inferred { schema: Arc::new(Schema::empty()), as_json: vec![] };
    let output = Output {
        folder: folder.path().to_path_buf(),
        name: "rows.jsonl",
        exact_name: true,
        addresses,
        added: None,
        replaced: &[],
        shape: None,
        inferred: &inferred,
    };
    let writing = Writing {
        format: Format::Json,
        compression: Compression::None,
        memory: options.memory(),
        sync: false,
        shard_bytes: u64::MAX,
    };
    let written = unskew_io::write(catalog.sources(), scan, &[output], &writing, &Silent)?;
    let mut rows = vec![];
    for file in written.into_iter().flat_map(|written| written.files) {
        let text = fs::read_to_string(folder.path().join(file.name)).map_err(fault)?;
        // A number that JSON allows and a double does not is shown as it was written.
        rows.extend(text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| line.into())));
    }
    Ok(rows)
}
