//! What a strategy asks for.

use serde::{Deserialize, Serialize};

/// One column a strategy asks for.
///
/// ```
/// use unskew_strategy::Need;
///
/// let need = Need::Groups(vec!["task".into()]).optional();
/// assert_eq!(serde_json::to_string(&need)?, r#"{"optional":{"groups":["task"]}}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Need {
    /// The value of an expression for each row, such as `metadata.score` or `length(prompt)`.
    Values(String),
    /// Which distinct combination of these expressions each row has: dense codes, numbered by sorted key; null is
    /// a value like any other. No expressions at all make one group of all rows.
    Groups(Vec<String>),
    /// An expression over aggregates, such as `avg(score)`, for each row.
    Aggregate {
        /// The expression.
        of: String,
        /// What it goes over.
        over: Over,
    },
    /// A random number for each identity: fixed by the recipe's seed, the stage's name and the row's identity, and
    /// by nothing else. Copies of a row share it.
    Priority,
    /// A random number for each occurrence: like a priority, but copies of a row differ in it.
    Chance,
    /// Each row's rank in source order.
    Order,
    /// One of the above, where the recipe may lack what it names; then the column is [`crate::Column::Missing`].
    Optional(Box<Need>),
}

/// What an aggregate goes over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Over {
    /// The rows that agree in these expressions; each of them gets the group's value.
    Groups(Vec<String>),
    /// The items of the row's list of this name; in the expression the name stands for an item.
    Items(String),
}

impl Need {
    /// The same need, where the recipe may lack what it names.
    pub fn optional(self) -> Self {
        Self::Optional(Box::new(self))
    }
}
