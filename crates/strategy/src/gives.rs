//! What a strategy's answer will look like, known before any data is read.

use serde::{Deserialize, Serialize};

/// What a strategy's answer will look like.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Gives {
    /// How rows of the answer refer to rows of the input.
    pub roles: Roles,
    /// The columns it adds.
    pub columns: Vec<String>,
    /// The splits it makes.
    pub splits: Splits,
    /// Whether its order means something; without it positions come in ascending order.
    pub ordered: bool,
    /// Whether a position may come more than once.
    pub repeats: bool,
}

/// How rows of an answer refer to rows of the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Roles {
    /// As they did: rows stay rows, pairs stay pairs.
    #[default]
    Same,
    /// Two rows become a pair.
    Pairs,
    /// A pair becomes single rows.
    Single,
}

/// The splits a strategy makes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Splits {
    /// None.
    #[default]
    None,
    /// These.
    Known(Vec<String>),
    /// As many as the data say.
    FromData,
}
