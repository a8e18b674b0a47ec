//! What a commit changes, and how clients write it: one JSON value a line.

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use serde::Deserialize;

use crate::{
    error::{Error, Result},
    git,
};

/// A commit that is to be made.
///
/// ```
/// use unskew_hub_server::Change;
///
/// let change = Change::new("Add rows").file("rows.jsonl", "{\"a\":1}\n").delete("old.jsonl");
/// # let _ = change;
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Change {
    pub(crate) title: String,
    pub(crate) message: String,
    pub(crate) parent: Option<String>,
    pub(crate) operations: Vec<Operation>,
}

/// One thing that a commit does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Operation {
    /// A file with this content, which Git holds itself unless it is `large`.
    Write { path: String, content: Bytes, large: bool },
    /// A large file whose content was uploaded before.
    Point { path: String, sha256: String, size: Option<u64> },
    /// A file goes away.
    Delete { path: String },
    /// A folder goes away.
    DeleteFolder { path: String },
}

impl Change {
    /// A commit with this title that does nothing yet.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// Says more about it than the title does.
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// Makes the commit only if this one is the last.
    pub fn on(mut self, parent: impl Into<String>) -> Self {
        self.parent = Some(parent.into());
        self
    }

    /// Writes a file; name, size and content decide whether it is a large one, as when a client asks.
    pub fn file(self, path: impl Into<String>, content: impl Into<Bytes>) -> Self {
        let (path, content) = (path.into(), content.into());
        let large = is_large(&path, content.len() as u64, &content[..content.len().min(512)]);
        self.write(path, content, large)
    }

    /// Writes a file that is held in Git itself.
    pub fn regular_file(self, path: impl Into<String>, content: impl Into<Bytes>) -> Self {
        self.write(path.into(), content.into(), false)
    }

    /// Writes a file that is held outside of Git, however small it is.
    pub fn large_file(self, path: impl Into<String>, content: impl Into<Bytes>) -> Self {
        self.write(path.into(), content.into(), true)
    }

    fn write(mut self, path: String, content: Bytes, large: bool) -> Self {
        self.operations.push(Operation::Write { path, content, large });
        self
    }

    /// Deletes a file.
    pub fn delete(mut self, path: impl Into<String>) -> Self {
        self.operations.push(Operation::Delete { path: path.into() });
        self
    }

    /// Deletes a folder with all that is in it.
    pub fn delete_folder(mut self, path: impl Into<String>) -> Self {
        self.operations.push(Operation::DeleteFolder { path: path.into() });
        self
    }

    /// The files and folders that it changes.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.operations.iter().map(Operation::path)
    }

    /// What the body of a request to commit says: a header, then a line for each operation.
    pub fn from_ndjson(body: &[u8]) -> Result<Self> {
        let mut lines = body.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
        let Some(Line::Header(header)) = lines.next().map(line).transpose()? else {
            return Err(Error::invalid("the first line of a commit must be its header"));
        };
        let operations = lines.map(|text| operation(line(text)?)).collect::<Result<_>>()?;
        Ok(Self { title: header.summary, message: header.description, parent: header.parent, operations })
    }
}

#[derive(Deserialize)]
#[serde(tag = "key", content = "value", rename_all = "camelCase")]
enum Line {
    Header(Header),
    File(Inline),
    LfsFile(Pointer),
    DeletedFile(Named),
    DeletedFolder(Named),
}

#[derive(Deserialize)]
struct Header {
    summary: String,
    #[serde(default)]
    description: String,
    #[serde(rename = "parentCommit")]
    parent: Option<String>,
}

#[derive(Deserialize)]
struct Inline {
    path: String,
    content: String,
    #[serde(default)]
    encoding: Encoding,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
enum Encoding {
    Base64,
    #[default]
    #[serde(rename = "utf-8")]
    Text,
}

#[derive(Deserialize)]
struct Pointer {
    path: String,
    #[serde(default = "algorithm")]
    algo: String,
    oid: String,
    size: Option<u64>,
}

#[derive(Deserialize)]
struct Named {
    path: String,
}

fn algorithm() -> String {
    "sha256".to_owned()
}

fn line(text: &[u8]) -> Result<Line> {
    serde_json::from_slice(text)
        .map_err(|error| Error::invalid(format!("a line of the commit is wrong: {error}")))
}

fn operation(line: Line) -> Result<Operation> {
    let operation = match line {
        Line::Header(_) => return Err(Error::invalid("a commit has one header")),
        Line::File(Inline { path, content, encoding: Encoding::Text }) => {
            Operation::Write { path, content: content.into(), large: false }
        }
        Line::File(Inline { path, content, encoding: Encoding::Base64 }) => {
            match BASE64_STANDARD.decode(content) {
                Ok(content) => Operation::Write { path, content: content.into(), large: false },
                Err(_) => return Err(Error::invalid(format!("the content of `{path}` is not Base64"))),
            }
        }
        Line::LfsFile(pointer) => {
            if pointer.algo != "sha256" || !git::is_hex(&pointer.oid, 64) {
                return Err(Error::invalid(format!("`{}` has no SHA-256", pointer.path)));
            }
            Operation::Point { path: pointer.path, sha256: pointer.oid, size: pointer.size }
        }
        Line::DeletedFile(Named { path }) => Operation::Delete { path },
        Line::DeletedFolder(Named { path }) => Operation::DeleteFolder { path },
    };
    check_path(operation.path())?;
    Ok(operation)
}

impl Operation {
    pub fn path(&self) -> &str {
        match self {
            Self::Write { path, .. } | Self::Point { path, .. } | Self::Delete { path } => path,
            Self::DeleteFolder { path } => path.trim_end_matches('/'),
        }
    }
}

/// Whether a file may be called this.
pub(crate) fn check_path(path: &str) -> Result<()> {
    let fits = path.len() <= 1024
        && path.split('/').all(|part| {
            !matches!(part, "" | "." | "..")
                && part.len() <= 255
                && !part.eq_ignore_ascii_case(".git")
                && !part.chars().any(|c| c.is_control() || c == '\\')
        });
    if fits { Ok(()) } else { Err(Error::invalid(format!("Invalid path in repository: {path:?}"))) }
}

/// What the Hub tells clients to hold outside of Git: by name, as the `.gitattributes` of new repositories say, by size, and
/// whatever is no text.
pub(crate) fn is_large(path: &str, size: u64, sample: &[u8]) -> bool {
    const LARGE: u64 = 10 << 20;
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    let text = match std::str::from_utf8(sample) {
        Ok(text) => !text.contains('\0'),
        // The sample may end amid a character.
        Err(error) => error.error_len().is_none() && !sample.contains(&0),
    };
    size >= LARGE || LARGE_EXTENSIONS.contains(&extension) || !text
}

pub(crate) const LARGE_EXTENSIONS: [&str; 25] = [
    "7z",
    "arrow",
    "avro",
    "bin",
    "bz2",
    "flac",
    "gz",
    "h5",
    "jpeg",
    "jpg",
    "joblib",
    "mp3",
    "mp4",
    "npy",
    "npz",
    "ogg",
    "parquet",
    "pickle",
    "png",
    "safetensors",
    "tar",
    "wav",
    "webp",
    "zip",
    "zst",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_read_from_its_lines() {
        let sha256 = git::sha256(b"rows");
        let body = format!(
            "{{\"key\":\"header\",\"value\":{{\"summary\":\"Add\",\"description\":\"more\",\"parentCommit\":\"ab\"}}}}\n\
             {{\"key\":\"file\",\"value\":{{\"path\":\"a\",\"encoding\":\"base64\",\"content\":\"aGk=\"}}}}\n\
             {{\"key\":\"lfsFile\",\"value\":{{\"path\":\"b\",\"algo\":\"sha256\",\"oid\":\"{sha256}\"}}}}\n\n\
             {{\"key\":\"deletedFile\",\"value\":{{\"path\":\"c\"}}}}\n\
             {{\"key\":\"deletedFolder\",\"value\":{{\"path\":\"d/\"}}}}\n"
        );
        let mut expected = Change::new("Add").message("more").on("ab").regular_file("a", "hi");
        expected.operations.push(Operation::Point { path: "b".into(), sha256, size: None });
        assert_eq!(Change::from_ndjson(body.as_bytes()).unwrap(), expected.delete("c").delete_folder("d/"));
    }

    proptest::proptest! {
        #[test]
        fn any_line_is_read_or_refused(key in "file|lfsFile|deletedFile|deletedFolder", path in "[a./\\\\g it]{0,12}", rest: Vec<u8>) {
            let header = serde_json::json!({ "key": "header", "value": { "summary": "x" } });
            let value = serde_json::json!({ "path": path, "content": "", "oid": git::sha256(b""), "size": 0 });
            let line = serde_json::json!({ "key": key, "value": value });
            let body = format!("{header}\n{line}\n").into_bytes();
            if let Ok(change) = Change::from_ndjson(&body) {
                proptest::prop_assert!(change.paths().all(|path| check_path(path).is_ok()));
            }
            proptest::prop_assert!(Change::from_ndjson(&rest).is_err());
            let broken = [&body, &rest[..]].concat();
            let blank = rest.trim_ascii().is_empty();
            proptest::prop_assert!(blank || Change::from_ndjson(&broken).is_err());
        }
    }

    #[test]
    fn paths_stay_in_the_repository() {
        for path in ["a", "a/b.txt", "…/ä", ".gitattributes", "a b"] {
            assert!(check_path(path).is_ok(), "{path}");
        }
        let long = "x".repeat(256);
        for path in
            ["", "/a", "a/", "a//b", "..", "a/../b", ".git/config", "a/.GIT", "a\0b", "a\\b", "./a", &long]
        {
            assert!(check_path(path).is_err(), "{path}");
        }
    }

    #[test]
    fn large_files_are_known_by_name_size_or_content() {
        assert!(is_large("a/x.parquet", 4, b"PAR1") && is_large("x.jsonl", 10 << 20, b"{}"));
        assert!(is_large("x", 3, b"a\0b") && is_large("x", 2, b"\xff\xff"));
        assert!(!is_large("x.jsonl", 5, b"{}") && !is_large("x", 513, "ä".as_bytes().split_at(1).0));
    }
}
