//! Where a value stands in a row: `metadata.task_type`, `messages[0].role`, `reward[].score`.

use std::{fmt, str::FromStr};

use crate::Error;

/// One step from a value to a part of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// A member of an object.
    Member(String),
    /// An item of a list, counted from 0.
    Item(usize),
    /// Every item of a list.
    Each,
}

/// The way from a row to a value in it.
///
/// ```
/// let path: unskew_io::Path = "metadata.`mean/reward`[0]".parse()?;
/// assert_eq!(path.steps().len(), 3);
/// assert_eq!(path.to_string(), "metadata.`mean/reward`[0]");
/// # Ok::<(), unskew_io::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Path(Vec<Step>);

impl Path {
    /// The path made of `steps`.
    pub fn new(steps: Vec<Step>) -> Self {
        Self(steps)
    }

    /// The steps, from the row inwards.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Whether the path fans out over the items of a list.
    pub fn fans_out(&self) -> bool {
        self.0.contains(&Step::Each)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (depth, step) in self.0.iter().enumerate() {
            match step {
                Step::Member(name) => {
                    if depth > 0 {
                        f.write_str(".")?;
                    }
                    if is_plain(name) {
                        f.write_str(name)?;
                    } else {
                        write!(f, "`{}`", name.replace('`', "``"))?;
                    }
                }
                Step::Item(index) => write!(f, "[{index}]")?,
                Step::Each => f.write_str("[]")?,
            }
        }
        Ok(())
    }
}

/// Whether `name` can stand in a path without backticks.
fn is_plain(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_alphanumeric() || letter == '_')
}

impl FromStr for Path {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = || Error::Path { text: text.to_owned() };
        let mut steps = vec![];
        let mut rest = text;
        while !rest.is_empty() {
            if let Some(inside) = rest.strip_prefix('[') {
                let (index, after) = inside.split_once(']').ok_or_else(wrong)?;
                steps.push(match index {
                    "" => Step::Each,
                    digits => Step::Item(digits.parse().map_err(|_| wrong())?),
                });
                rest = after;
                continue;
            }
            if !steps.is_empty() {
                rest = rest.strip_prefix('.').ok_or_else(wrong)?;
            }
            let (name, after) = member(rest).ok_or_else(wrong)?;
            steps.push(Step::Member(name));
            rest = after;
        }
        match steps.first() {
            Some(Step::Member(_)) => Ok(Self(steps)),
            _ => Err(wrong()),
        }
    }
}

/// Splits one member's name off the front of `text`.
fn member(text: &str) -> Option<(String, &str)> {
    let Some(mut rest) = text.strip_prefix('`') else {
        let end = text.find(['.', '[', '`']).unwrap_or(text.len());
        let (name, after) = text.split_at(end);
        return is_plain(name).then(|| (name.to_owned(), after));
    };
    let mut name = String::new();
    loop {
        let (part, after) = rest.split_once('`')?;
        name.push_str(part);
        rest = after;
        match rest.strip_prefix('`') {
            Some(more) => {
                name.push('`');
                rest = more;
            }
            None => return Some((name, rest)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nonsense_is_refused() {
        for text in ["", ".", "a.", "[0]", "a[", "a[x]", "a b", "`a", "a..b", "a.[0]", "1a"] {
            assert!(text.parse::<Path>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_path_reads_back_as_it_prints(first in ".*", rest in prop::collection::vec(prop_oneof![
            ".*".prop_map(Step::Member), (0usize..100).prop_map(Step::Item), Just(Step::Each)], 0..5)) {
            let path = Path::new(std::iter::once(Step::Member(first)).chain(rest).collect());
            prop_assert_eq!(path.to_string().parse::<Path>().unwrap(), path);
        }
    }
}
