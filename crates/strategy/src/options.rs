//! The option types that strategies share, with errors a person can act on.

mod by;
mod cells;
mod shares;
mod total;
mod word;

pub use by::By;
pub use cells::Cells;
pub use shares::Shares;
pub use total::Total;
pub use word::NumberOrWord;

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which rows of a group go first: `random`, `first`, or `{best: …}`, `{worst: …}`, `{weighted: …}` with an
/// expression.
///
/// ```
/// use unskew_strategy::{Pick, read};
///
/// assert_eq!(read::<Pick>(&serde_json::json!("first"))?, Pick::First);
/// assert_eq!(read::<Pick>(&serde_json::json!({"best": "score"}))?, Pick::Best("score".into()));
/// # Ok::<(), unskew_strategy::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(description = "Which rows of a group go first")]
pub enum Pick {
    /// Any, by chance.
    #[default]
    Random,
    /// The first in the source.
    First,
    /// Those with the highest value of an expression; ties by chance, rows without a value last.
    Best(String),
    /// Those with the lowest value of an expression; ties by chance, rows without a value last.
    Worst(String),
    /// Any, by chance in proportion to an expression; rows without a weight or with weight zero last.
    Weighted(String),
}

/// What to do when a class has fewer rows than wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Short {
    /// Stop, and say which classes are short.
    #[default]
    Error,
    /// Take what there is; the other classes stay as wanted.
    Accept,
    /// Make all classes smaller until the proportions hold.
    Shrink,
    /// Take what there is, and more of the other classes, so that the total holds.
    Redistribute,
    /// Repeat rows, each at most this many times.
    Oversample(NonZeroU32),
}

/// How a share of a total becomes a whole number of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Rounding {
    /// Down, and the rows left over go to the largest remainders: the total holds.
    #[default]
    Largest,
    /// Down: `floor(total × share)`.
    Floor,
}

/// What happens to rows of classes that no option names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Others {
    /// They are left out.
    #[default]
    Drop,
    /// They are all kept.
    Keep,
    /// There must be none.
    Error,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::read;

    #[test]
    fn choices_are_explained() {
        let error = |value| {
            let error = read::<Short>(&value).unwrap_err();
            (error.to_string(), error.hints().to_vec())
        };
        assert_eq!(
            error(json!("shrnk")),
            ("unknown choice `shrnk`".into(), vec!["did you mean `shrink`?".to_owned()])
        );
        assert_eq!(error(json!("oversample")).0, "`oversample` needs a value: {oversample: …}");
        assert_eq!(error(json!({"accept": 3})).0, "`accept` takes no value");
        assert_eq!(
            error(json!(3)).0,
            "the options are the number 3, expected one of `error`, `accept`, `shrink`, `redistribute`, `oversample`"
        );
        assert_eq!(
            error(json!({"oversample": -1})).0,
            "`oversample` is the number -1, expected a whole number, 1 or more"
        );
    }
}
