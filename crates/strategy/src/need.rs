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
    /// The value of an expression for each row, such as `metadata.score` or `length(prompt)`. The levels that an
    /// earlier strategy added come as a dictionary in their order; nothing else comes as a dictionary.
    Values(String),
    /// Which distinct combination of these expressions each row has: dense codes, numbered by sorted key; null is
    /// a value like any other. No expressions at all make one group of all rows.
    Groups(Vec<String>),
    /// A number that rows share if they have the same value of an expression, null where it is null: for what only has to
    /// be told apart, which is much cheaper than groups where nearly every row has a value of its own.
    Fingerprint(String),
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec(".{0,8}", 0..3)
    }

    fn needs() -> impl Strategy<Value = Need> {
        let over = prop_oneof![texts().prop_map(Over::Groups), ".{0,8}".prop_map(Over::Items)];
        let plain = prop_oneof![
            ".{0,8}".prop_map(Need::Values),
            texts().prop_map(Need::Groups),
            ".{0,8}".prop_map(Need::Fingerprint),
            (".{0,8}", over).prop_map(|(of, over)| Need::Aggregate { of, over }),
            Just(Need::Priority),
            Just(Need::Chance),
            Just(Need::Order),
        ];
        plain.prop_recursive(2, 4, 1, |inner| inner.prop_map(Need::optional))
    }

    #[test]
    fn the_json_is_fixed() {
        let json = |need: &Need| serde_json::to_string(need).unwrap();
        assert_eq!(json(&Need::Priority), r#""priority""#);
        assert_eq!(json(&Need::Values("score".into())), r#"{"values":"score"}"#);
        let mean = Need::Aggregate { of: "avg(score)".into(), over: Over::Groups(vec!["prompt".into()]) };
        assert_eq!(json(&mean), r#"{"aggregate":{"of":"avg(score)","over":{"groups":["prompt"]}}}"#);
    }

    proptest! {
        #[test]
        fn json_round_trips(need in needs()) {
            let json = serde_json::to_string(&need).unwrap();
            prop_assert_eq!(serde_json::from_str::<Need>(&json).unwrap(), need);
        }
    }
}
