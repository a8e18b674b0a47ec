//! What the scan takes out of every row.

use std::{fmt, str::FromStr};

use crate::{Error, Path};

/// How a value found at a path becomes a narrow column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Extractor {
    /// The value itself: a boolean, a number, a text, or a list of these (`a[]`, or a list of scalars).
    Value,
    /// The value as `Float64`: numbers as they are, text that reads as a finite number (white space around it aside),
    /// booleans as 0 and 1, else null.
    Number,
    /// The value as text: text as it is, everything else as canonical JSON (`1.0` is `1`, members are sorted).
    Text,
    /// `Int64`: characters of a text, items of a list, members of an object that are not null.
    Length,
    /// `Int64`: items of a list; null for anything else.
    Items,
    /// `FixedSizeBinary(16)`: a hash of the value's canonical JSON.
    Hash,
    /// `Utf8`: `null`, `boolean`, `number`, `text`, `list` or `object`; null where the path leads nowhere.
    Kind,
    /// Like `Value`, but fit to group by however wide the value is: a long text keeps its first characters and
    /// a hash, a list or an object becomes `#` and its hash. Where the path fans out, the list of what it finds is
    /// the key.
    Key,
    /// `Int64`: a number that equal values share; see [`crate::fingerprints`]. Where the path fans out, it is that of the
    /// list of what it finds.
    Fingerprint,
}

impl Extractor {
    const NAMES: [(&str, Extractor); 9] = [
        ("value", Extractor::Value),
        ("number", Extractor::Number),
        ("text", Extractor::Text),
        ("length", Extractor::Length),
        ("items", Extractor::Items),
        ("hash", Extractor::Hash),
        ("kind", Extractor::Kind),
        ("key", Extractor::Key),
        ("fingerprint", Extractor::Fingerprint),
    ];
}

/// One narrow column: an [`Extractor`] applied at a [`Path`].
///
/// Where the path fans out (`a[].b`), the column has a list for each row, with the extractor applied to every item;
/// an item without the value gives null, a row without the list null. Several fans give one flat list.
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

/// The finite number that a text reads as, if any.
pub(crate) fn number_of_text(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}
