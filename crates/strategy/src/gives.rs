//! What a strategy's answer will look like, known before any data is read.

use serde::{Deserialize, Serialize};

/// What a strategy's answer will look like.
///
/// ```
/// use unskew_strategy::{Gives, Splits};
///
/// let gives: Gives = serde_json::from_str(r#"{"splits": {"known": ["train", "test"]}}"#)?;
/// assert_eq!(gives.splits, Splits::Known(vec!["train".into(), "test".into()]));
/// assert!(!gives.ordered);
/// # Ok::<(), serde_json::Error>(())
/// ```
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
    /// Whether its order is one of chance, so that any other would do as well.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub by_chance: bool,
    /// Whether a position may come more than once.
    pub repeats: bool,
    /// The expressions whose mix the rows are chosen and ordered for, such as a label, as they stand after it; the
    /// host reports by them how well the output is mixed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub label: Vec<String>,
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn gives() -> impl Strategy<Value = Gives> {
        let texts = || prop::collection::vec(".{0,8}", 0..3);
        let roles = prop_oneof![Just(Roles::Same), Just(Roles::Pairs), Just(Roles::Single)];
        let splits = prop_oneof![Just(Splits::None), texts().prop_map(Splits::Known), Just(Splits::FromData)];
        (roles, texts(), splits, any::<[bool; 3]>(), texts()).prop_map(
            |(roles, columns, splits, [ordered, by_chance, repeats], label)| Gives {
                roles,
                columns,
                splits,
                ordered,
                by_chance,
                repeats,
                label,
            },
        )
    }

    #[test]
    fn the_json_is_fixed() {
        let gives = Gives { splits: Splits::FromData, ..Gives::default() };
        let json = r#"{"roles":"same","columns":[],"splits":"from-data","ordered":false,"repeats":false}"#;
        assert_eq!(serde_json::to_string(&gives).unwrap(), json);
        let labelled = Gives { label: vec!["label".into()], ..Gives::default() };
        assert!(serde_json::to_string(&labelled).unwrap().ends_with(r#""repeats":false,"label":["label"]}"#));
        let shuffled = Gives { ordered: true, by_chance: true, ..Gives::default() };
        assert!(serde_json::to_string(&shuffled).unwrap().contains(r#""ordered":true,"by_chance":true,"#));
        assert!(serde_json::from_str::<Gives>(r#"{"orderd": true}"#).is_err());
    }

    proptest! {
        #[test]
        fn json_round_trips(gives in gives()) {
            let json = serde_json::to_string(&gives).unwrap();
            prop_assert_eq!(serde_json::from_str::<Gives>(&json).unwrap(), gives);
        }
    }
}
