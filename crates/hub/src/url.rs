//! `hf://` URLs: which repository, which revision, and what in it.

use std::fmt;

use crate::{Error, Result};

/// A dataset repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository(String);

/// What an `hf://datasets/…` URL names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatasetUrl {
    /// The repository.
    pub repository: Repository,
    /// A branch, a tag or a commit, if one is named.
    pub revision: Option<String>,
    /// A file, a folder or a pattern in it, if one is named.
    pub path: Option<String>,
}

impl Repository {
    /// The repository called `OWNER/NAME`.
    ///
    /// ```
    /// use unskew_hub::Repository;
    ///
    /// assert_eq!(Repository::new("me/rows").unwrap().name(), "rows");
    /// assert!(Repository::new("../rows").is_none());
    /// ```
    pub fn new(id: &str) -> Option<Self> {
        let part = |part: &str| {
            let letters = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
            (1..=96).contains(&part.len())
                && part.bytes().all(letters)
                && !part.starts_with(['-', '.'])
                && !part.ends_with(['-', '.'])
                && !part.contains("--")
                && !part.contains("..")
        };
        let parts: Vec<&str> = id.split('/').collect();
        ((1..=2).contains(&parts.len()) && parts.iter().all(|one| part(one))).then(|| Self(id.to_owned()))
    }

    /// `OWNER/NAME`.
    pub fn id(&self) -> &str {
        &self.0
    }

    /// Its name without its owner's.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// What its folder in the cache is called.
    pub(crate) fn folder(&self) -> String {
        format!("datasets--{}", self.0.replace('/', "--"))
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl DatasetUrl {
    /// Reads `hf://datasets/OWNER/NAME[@REVISION][/PATH]`.
    ///
    /// ```
    /// use unskew_hub::DatasetUrl;
    ///
    /// let url = DatasetUrl::parse("hf://datasets/me/rows@refs/pr/3/data/*.parquet")?;
    /// assert_eq!(url.repository.id(), "me/rows");
    /// assert_eq!(url.revision.as_deref(), Some("refs/pr/3"));
    /// assert_eq!(url.path.as_deref(), Some("data/*.parquet"));
    /// # Ok::<(), unskew_hub::Error>(())
    /// ```
    pub fn parse(url: &str) -> Result<Self> {
        let bad = |detail: &str| Error::Url { url: url.to_owned(), detail: detail.to_owned() };
        let rest = url.strip_prefix("hf://").ok_or_else(|| bad("it does not begin with hf://"))?;
        let rest = rest.strip_prefix("datasets/").ok_or_else(|| bad("it is no dataset's"))?;
        let (before, after) = match rest.split_once('@') {
            // An `@` in a path is a letter as others are.
            Some((before, after)) if before.matches('/').count() <= 1 => (before, Some(after)),
            _ => (rest, None),
        };
        let (id, revision, path) = if let Some(after) = after {
            let (revision, path) = revision(after);
            (before, Some(revision), path)
        } else {
            let end = before.match_indices('/').nth(1).map_or(before.len(), |(at, _)| at);
            (&before[..end], None, before.get(end + 1..))
        };
        let repository = Repository::new(id.trim_end_matches('/'))
            .ok_or_else(|| bad(&format!("`{id}` cannot be the name of a repository")))?;
        if let Some(revision) = &revision {
            check_revision(revision).map_err(bad)?;
        }
        let path = path.map(|path| path.trim_start_matches('/')).filter(|path| !path.is_empty());
        if path.is_some_and(|path| path.split('/').any(|part| part == "..")) {
            return Err(bad("a path cannot leave the repository"));
        }
        Ok(Self { repository, revision, path: path.map(str::to_owned) })
    }
}

/// A revision at the front of `text`, and the path that follows it.
fn revision(text: &str) -> (String, Option<&str>) {
    let parts: Vec<&str> = text.splitn(4, '/').collect();
    // Only these revisions have slashes that are not written `%2F`.
    let end = match parts.as_slice() {
        ["refs", kind @ ("pr" | "convert"), name, ..] => "refs//".len() + kind.len() + name.len(),
        _ => parts[0].len(),
    };
    (text[..end].replace("%2F", "/").replace("%2f", "/"), text.get(end + 1..))
}

/// Says what is wrong with a revision, if anything is.
fn check_revision(revision: &str) -> Result<(), &'static str> {
    let letters = |letter: char| letter.is_ascii_graphic() && !"\\?#%*[]{}~^:".contains(letter);
    let part = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.contains("..");
    if revision.is_empty() {
        Err("there is no revision behind the `@`")
    } else if !revision.chars().all(letters) || !revision.split('/').all(part) {
        Err("its revision is no name of a branch, a tag or a commit")
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(url: &str) -> String {
        match DatasetUrl::parse(&format!("hf://{url}")) {
            Ok(DatasetUrl { repository, revision, path }) => {
                let part = |part: Option<String>| part.unwrap_or_else(|| "-".to_owned());
                format!("{repository} {} {}", part(revision), part(path))
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn urls_have_parts() {
        assert_eq!(told("datasets/me/rows"), "me/rows - -");
        assert_eq!(told("datasets/me/rows/"), "me/rows - -");
        assert_eq!(told("datasets/squad"), "squad - -");
        assert_eq!(told("datasets/squad@main"), "squad main -");
        assert_eq!(told("datasets/me/rows@v1.0"), "me/rows v1.0 -");
        assert_eq!(told("datasets/me/rows@main/a/b.jsonl"), "me/rows main a/b.jsonl");
        assert_eq!(told("datasets/me/rows@refs%2Fpr%2F3/a.jsonl"), "me/rows refs/pr/3 a.jsonl");
        assert_eq!(told("datasets/me/rows@refs/convert/parquet/x/*"), "me/rows refs/convert/parquet x/*");
        assert_eq!(told("datasets/me/rows/a@b/*.jsonl"), "me/rows - a@b/*.jsonl");
    }

    #[test]
    fn what_is_no_url_is_told() {
        for (url, why) in [
            ("me/rows", "no dataset's"),
            ("datasets/", "cannot be the name"),
            ("datasets/../x", "cannot be the name"),
            ("datasets/me/rows@", "no revision"),
            ("datasets/me/rows@../x", "no name of a branch"),
            ("datasets/me/rows@a%2F..%2Fb", "no name of a branch"),
            ("datasets/me/rows/../x", "leave the repository"),
        ] {
            assert!(told(url).contains(why), "{url}: {}", told(url));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in ".{0,40}", tail in "[-a-z@/.%*]{0,30}") {
            let _ = DatasetUrl::parse(&text);
            let _ = DatasetUrl::parse(&format!("hf://datasets/{tail}"));
        }
    }
}
