//! The paths that rows have, and the slips one makes in writing them.

use unskew_expr::nearest;
use unskew_io::{Source, known_paths};

/// The paths at the heads of the sources.
#[derive(Debug, Clone, Default)]
pub struct Heads(Vec<String>);

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A list.
    List,
    /// An object.
    Object,
    /// A text, a number or the like.
    Other,
}

impl Heads {
    /// Reads the heads of `sources`. What cannot be read is left to the scan, which knows what to say about it.
    pub fn read(sources: &[&Source]) -> Self {
        let mut all: Vec<String> = vec![];
        for source in sources {
            for path in known_paths(source).unwrap_or_default() {
                if !all.contains(&path) {
                    all.push(path);
                }
            }
        }
        Self(all)
    }

    /// The paths.
    pub fn paths(&self) -> &[String] {
        &self.0
    }

    /// Whether a row at the head has what `column` reads.
    pub fn has(&self, column: &str) -> bool {
        let wanted = any_item(path_of(column));
        self.0.iter().any(|path| {
            any_item(path)
                .strip_prefix(&wanted)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
    }

    /// What follows `path` in longer paths, if that is a member.
    pub fn inside(&self, path: &str) -> Vec<String> {
        let rest = |known: &String| Some(known.strip_prefix(path)?.strip_prefix('.')?.to_owned());
        self.0.iter().filter_map(rest).collect()
    }

    /// What stands at `path`, as far as the heads of the files tell.
    pub fn kind(&self, path: &str) -> Option<Kind> {
        let rest: Vec<&str> = self.0.iter().filter_map(|known| known.strip_prefix(path)).collect();
        let goes_on = |with: char| rest.iter().any(|rest| rest.starts_with(with));
        match (goes_on('['), goes_on('.')) {
            (true, false) => Some(Kind::List),
            (false, true) => Some(Kind::Object),
            (false, false) if rest.contains(&"") => Some(Kind::Other),
            _ => None,
        }
    }

    /// What may have been meant by a column that no row at the head has.
    pub fn slip(&self, column: &str) -> Option<String> {
        if self.0.is_empty() || self.has(column) { None } else { self.nearest(column) }
    }

    /// The path that reads most like the one in `column`.
    pub fn nearest(&self, column: &str) -> Option<String> {
        let path = path_of(column);
        let prefixes = self.0.iter().flat_map(|path| prefixes(path));
        nearest(path, prefixes).map(str::to_owned)
    }
}

/// The path in a column's name: `length(a.b)` reads `a.b`.
pub fn path_of(column: &str) -> &str {
    match column.split_once('(') {
        Some((_, rest)) if !column.starts_with('`') => rest.strip_suffix(')').unwrap_or(rest),
        _ => column,
    }
}

/// Items by number stand for any item.
fn any_item(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut inside = false;
    for letter in path.chars() {
        inside &= letter != ']';
        if !inside {
            out.push(letter);
        }
        inside |= letter == '[';
    }
    out
}

/// A path and the ways to it.
fn prefixes(path: &str) -> impl Iterator<Item = &str> {
    let ends =
        path.char_indices().filter(|(at, letter)| *at > 0 && matches!(letter, '.' | '[')).map(|(at, _)| at);
    ends.chain([path.len()]).map(|end| &path[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_told_from_paths_that_exist() {
        let heads = Heads(["metadata.task_type", "messages[].role", "reward"].map(str::to_owned).to_vec());
        assert_eq!(heads.slip("metadata.task_typ"), Some("metadata.task_type".to_owned()));
        assert_eq!(heads.slip("length(messages[0].role)"), None);
        assert_eq!(heads.slip("key(metdata)"), Some("metadata".to_owned()));
        assert_eq!(heads.slip("metadata"), None);
        assert_eq!(heads.slip("something_else"), None);
        assert_eq!(Heads::default().slip("x"), None);
    }
}
