//! Options that are written as a number or as a word.

use std::fmt;

use serde::{
    Deserializer,
    de::{Error, Unexpected, Visitor},
};

use crate::nearest;

/// What is written where a number or a word may stand.
///
/// ```
/// use serde::{Deserialize, Deserializer};
/// use unskew_strategy::{NumberOrWord, read};
///
/// /// How many rows: a number, or `all`.
/// #[derive(Debug, PartialEq)]
/// struct Most(u64);
///
/// impl<'de> Deserialize<'de> for Most {
///     fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
///         NumberOrWord::read(deserializer, "`all` or a number of rows", &["all"], |written| match written {
///             NumberOrWord::Whole(rows) => Some(Most(rows)),
///             NumberOrWord::Word("all") => Some(Most(u64::MAX)),
///             _ => None,
///         })
///     }
/// }
///
/// assert_eq!(read::<Most>(&serde_json::json!(5))?, Most(5));
/// let error = read::<Most>(&serde_json::json!("al")).unwrap_err();
/// assert_eq!(error.hints(), ["did you mean `all`?"]);
/// # Ok::<(), unskew_strategy::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum NumberOrWord<'a> {
    /// A whole number, 0 or more.
    Whole(u64),
    /// A number with a decimal point.
    Number(f64),
    /// A text.
    Word(&'a str),
}

impl NumberOrWord<'_> {
    /// Reads a value, of which `means` says what it means, if anything.
    ///
    /// An error says what is `expected`, or which of the `words` was probably meant.
    pub fn read<'de, D: Deserializer<'de>, T>(
        deserializer: D,
        expected: &'static str,
        words: &'static [&'static str],
        means: impl FnOnce(NumberOrWord) -> Option<T>,
    ) -> Result<T, D::Error> {
        deserializer.deserialize_any(Reader { expected, words, means })
    }
}

struct Reader<F> {
    expected: &'static str,
    words: &'static [&'static str],
    means: F,
}

impl<T, F: FnOnce(NumberOrWord) -> Option<T>> Visitor<'_> for Reader<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        (self.means)(NumberOrWord::Whole(number))
            .ok_or_else(|| E::invalid_value(Unexpected::Unsigned(number), &self.expected))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<T, E> {
        (self.means)(NumberOrWord::Number(number))
            .ok_or_else(|| E::invalid_value(Unexpected::Float(number), &self.expected))
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<T, E> {
        (self.means)(NumberOrWord::Word(word)).ok_or_else(|| {
            if nearest(word, self.words.iter().copied()).is_some() {
                E::unknown_variant(word, self.words)
            } else {
                E::invalid_value(Unexpected::Str(word), &self.expected)
            }
        })
    }
}
