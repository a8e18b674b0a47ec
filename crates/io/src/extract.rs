//! What the scan takes out of every row.

use std::{fmt, str::FromStr};

use crate::{Error, Path};

/// How a value found at a path becomes a narrow column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Extractor {
    /// The value itself: a boolean, a number, a text, or a list of these (`a[]`, or a list of scalars).
    Value,
    /// The value as `Float64`: numbers as they are, text that reads as a number, booleans as 0 and 1, else null.
    Number,
    /// The value as text: text as it is, other scalars as JSON writes them, lists and objects as canonical JSON.
    Text,
    /// `Int64`: characters of a text, items of a list, members of an object.
    Length,
    /// `Int64`: items of a list; null for anything else.
    Items,
    /// `FixedSizeBinary(16)`: a hash of the value's canonical JSON.
    Hash,
    /// `Utf8`: `null`, `boolean`, `number`, `text`, `list` or `object`; null where the path leads nowhere.
    Kind,
    /// Like `Value`, but fit to group by however wide the value is: a long text keeps its first characters and
    /// a hash, a list or an object becomes `#` and its hash.
    Key,
}

impl Extractor {
    const NAMES: [(&str, Extractor); 8] = [
        ("value", Extractor::Value),
        ("number", Extractor::Number),
        ("text", Extractor::Text),
        ("length", Extractor::Length),
        ("items", Extractor::Items),
        ("hash", Extractor::Hash),
        ("kind", Extractor::Kind),
        ("key", Extractor::Key),
    ];
}

/// One narrow column: an [`Extractor`] applied at a [`Path`].
///
/// ```
/// use unskew_io::{Extract, Extractor};
///
/// let extract: Extract = "length(messages[0].content)".parse()?;
/// assert_eq!(extract.extractor, Extractor::Length);
/// assert_eq!("reward".parse::<Extract>()?.extractor, Extractor::Value);
/// assert_eq!(extract.to_string(), "length(messages[0].content)");
/// # Ok::<(), unskew_io::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Extract {
    /// Where to look.
    pub path: Path,
    /// What to make of what is found.
    pub extractor: Extractor,
}

impl fmt::Display for Extract {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Extractor::NAMES.iter().find(|(_, extractor)| *extractor == self.extractor) {
            Some((name, extractor)) if *extractor != Extractor::Value => write!(f, "{name}({})", self.path),
            _ => write!(f, "{}", self.path),
        }
    }
}

impl FromStr for Extract {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        for (name, extractor) in Extractor::NAMES {
            let inside = text.strip_prefix(name).and_then(|rest| rest.strip_prefix('(')?.strip_suffix(')'));
            if let Some(path) = inside {
                return Ok(Self { path: path.parse()?, extractor });
            }
        }
        Ok(Self { path: text.parse()?, extractor: Extractor::Value })
    }
}
