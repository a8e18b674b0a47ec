//! The files of a commit, as the Hub lists them; nobody vouches for the list.

use serde::Deserialize;
use serde_json::{Value, json};
use unskew_io::Format;

use crate::{Error, Repository, Result};

/// The largest file that is believed in.
const MOST_BYTES: u64 = 1 << 50;

/// The most bytes that a path, and a name in it, may have.
const MOST_PATH: usize = 1024;
const MOST_NAME: usize = 255;

/// A file of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeFile {
    /// Its path.
    pub path: String,
    /// Its size.
    pub size: u64,
    /// The git object name of it, or of what stands for it.
    pub git: String,
    /// The SHA-256 digest of its bytes, if it is large.
    pub sha256: Option<String>,
    /// What Xet calls its bytes, if it is there.
    pub xet: Option<String>,
}

/// What the Hub says of one file or folder.
#[derive(Debug, Deserialize)]
pub(crate) struct Listed {
    #[serde(rename = "type")]
    kind: String,
    path: String,
    #[serde(default)]
    size: u64,
    #[serde(default)]
    oid: String,
    lfs: Option<Large>,
    #[serde(rename = "xetHash")]
    xet: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Large {
    // The name is another one in some answers.
    #[serde(alias = "sha256")]
    oid: String,
    size: Option<u64>,
}

impl TreeFile {
    /// What the cache calls its bytes.
    pub(crate) fn etag(&self) -> &str {
        self.sha256.as_deref().unwrap_or(&self.git)
    }

    /// The file that `listed` is, if it is one and can be believed.
    pub(crate) fn of(repository: &Repository, listed: Listed) -> Result<Option<Self>> {
        if listed.kind != "file" {
            return Ok(None);
        }
        let Listed { path, size, oid, lfs, xet, .. } = listed;
        let size = lfs.as_ref().and_then(|large| large.size).unwrap_or(size);
        let holds_rows = Format::of(&path).is_some();
        let file = Self { path, size, git: oid, sha256: lfs.map(|large| large.oid), xet };
        match file.checked(repository) {
            Err(_) if !holds_rows => Ok(None),
            checked => checked.map(Some),
        }
    }

    fn checked(self, repository: &Repository) -> Result<Self> {
        let hex = |text: &str, length: usize| {
            text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        let detail = if let Some(detail) = danger(&self.path) {
            detail
        } else if self.size > MOST_BYTES {
            "its size is absurd"
        } else if !hex(&self.git, 40) || self.sha256.as_ref().is_some_and(|digest| !hex(digest, 64)) {
            "its digest is none"
        } else if self.xet.as_ref().is_some_and(|hash| !hex(hash, 64)) {
            "its Xet hash is none"
        } else {
            return Ok(self);
        };
        Err(Error::Path { repo: repository.id().to_owned(), path: format!("{:?}", self.path), detail })
    }

    /// The file as Python's list of a commit has it.
    pub(crate) fn to_json(&self) -> Value {
        let mut file = json!({"size": self.size, "blob_id": self.git});
        if let Some(digest) = &self.sha256 {
            file["lfs_sha256"] = digest.as_str().into();
            file["lfs_size"] = self.size.into();
        }
        if let Some(hash) = &self.xet {
            file["xet_hash"] = hash.as_str().into();
        }
        file
    }

    /// The file that Python's list of a commit has.
    pub(crate) fn from_json(repository: &Repository, path: &str, file: &Value) -> Option<Self> {
        let text = |key: &str| file.get(key).and_then(Value::as_str).map(str::to_owned);
        let size = file.get("lfs_size").and_then(Value::as_u64).or_else(|| file.get("size")?.as_u64())?;
        let read = Self {
            path: path.to_owned(),
            size,
            git: text("blob_id")?,
            sha256: text("lfs_sha256"),
            xet: text("xet_hash"),
        };
        read.checked(repository).ok()
    }
}

/// A file that is one of several shards of which others are listed, and is not listed itself.
pub(crate) fn missing_shard(files: &[TreeFile]) -> Option<String> {
    let shard = |path: &'_ str| -> Option<(String, u32, usize, String)> {
        let (before, behind) = path.rsplit_once("-of-")?;
        let (whole, number) = before.rsplit_once('-')?;
        let digits = behind.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(behind.len());
        let (count, ending) = behind.split_at(digits);
        number.parse::<u32>().ok()?;
        Some((whole.to_owned(), count.parse().ok()?, number.len(), ending.to_owned()))
    };
    let name = |(whole, count, width, ending): &(String, u32, usize, String), number: u32| {
        format!("{whole}-{number:0width$}-of-{count:0width$}{ending}")
    };
    let here = |path: &str| files.binary_search_by(|file| file.path.as_str().cmp(path)).is_ok();
    files.iter().find_map(|file| {
        let shard = shard(&file.path)?;
        (0..shard.1.min(100_000)).map(|number| name(&shard, number)).find(|path| !here(path))
    })
}

/// What is dangerous about a path, if anything is: it would lead out of its folder, or mean something else somewhere.
pub(crate) fn danger(path: &str) -> Option<&'static str> {
    const RESERVED: [&str; 4] = ["con", "prn", "aux", "nul"];
    let reserved = |part: &str| {
        let stem = part.split('.').next().unwrap_or_default().to_ascii_lowercase();
        let numbered =
            |name: &str| stem.strip_prefix(name).is_some_and(|rest| rest.len() == 1 && rest != "0");
        RESERVED.contains(&stem.as_str()) || numbered("com") || numbered("lpt")
    };
    if path.is_empty() || path.len() > MOST_PATH {
        Some("it is empty, or too long")
    } else if path.starts_with('/') || path.as_bytes().get(1) == Some(&b':') {
        Some("it is absolute")
    } else if path.contains('\\') {
        Some("it has a backslash")
    } else if path.chars().any(char::is_control) {
        Some("it has letters that cannot be seen")
    } else if path.split('/').any(|part| part.is_empty() || part == "." || part == "..") {
        Some("it leads out of its folder")
    } else if path.split('/').any(|part| part.len() > MOST_NAME) {
        Some("a name in it is too long")
    } else if path.split('/').any(reserved) {
        Some("a name in it is a device's")
    } else if path.split('/').next().is_some_and(|first| first.eq_ignore_ascii_case(".git")) {
        Some("it is git's own")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn listed(json: &str) -> Result<Option<TreeFile>> {
        TreeFile::of(&Repository::new("o/n").unwrap(), serde_json::from_str(json).unwrap())
    }

    #[test]
    fn large_files_have_a_digest_and_their_own_size() {
        let (git, sha) = ("a".repeat(40), "b".repeat(64));
        let json = format!(
            r#"{{"type":"file","path":"x.jsonl","size":9,"oid":"{git}","lfs":{{"oid":"{sha}","size":9,"pointerSize":130}},"xetHash":"{sha}"}}"#
        );
        let file = listed(&json).unwrap().unwrap();
        assert_eq!((file.etag(), file.size), (sha.as_str(), 9));
        let repository = Repository::new("o/n").unwrap();
        assert_eq!(TreeFile::from_json(&repository, "x.jsonl", &file.to_json()), Some(file));
        assert_eq!(listed(&format!(r#"{{"type":"directory","path":"x","oid":"{git}"}}"#)).unwrap(), None);
    }

    #[test]
    fn dangerous_paths_are_refused() {
        let paths = [
            "../x",
            "/etc/passwd",
            "a/../../x",
            "a\\..\\x",
            "a\0b",
            "C:x",
            "a//b",
            "./a",
            "",
            "aux.jsonl",
            "a/COM1",
            ".git/config",
            "a\nb",
        ];
        for path in paths {
            assert!(danger(path).is_some(), "{path:?}");
            let path = format!("{path}/x.jsonl");
            if danger(&path).is_none() {
                continue;
            }
            let json = json!({"type": "file", "path": path, "size": 1, "oid": "a".repeat(40)}).to_string();
            assert!(matches!(listed(&json), Err(Error::Path { .. })), "{path:?}");
        }
        for path in [
            "a",
            "data/train-00000-of-00001.parquet",
            ".unskew/lock.json",
            "a b/ü.jsonl",
            "com.jsonl",
            "..a/b",
        ] {
            assert_eq!(danger(path), None, "{path:?}");
        }
    }

    #[test]
    fn shards_are_missed() {
        let files = |paths: &[&str]| -> Vec<TreeFile> {
            let file = |path: &&str| TreeFile {
                path: (*path).to_owned(),
                size: 1,
                git: String::new(),
                sha256: None,
                xet: None,
            };
            paths.iter().map(file).collect()
        };
        let (first, second) = ("data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet");
        assert_eq!(missing_shard(&files(&["README.md", first, second])), None);
        assert_eq!(missing_shard(&files(&[second])).as_deref(), Some(first));
        assert_eq!(missing_shard(&files(&[first, "x-of-y.jsonl"])).as_deref(), Some(second));
    }

    #[test]
    fn absurd_sizes_and_digests_are_refused() {
        for (size, oid) in [(u64::MAX, "a".repeat(40)), (1, "../../x".to_owned()), (1, String::new())] {
            let json = json!({"type": "file", "path": "x.jsonl", "size": size, "oid": oid}).to_string();
            assert!(listed(&json).is_err(), "{size} {oid}");
        }
    }

    proptest! {
        #[test]
        fn what_is_not_dangerous_stays_below_its_folder(path in "[-a.:/\\\\ \u{0}]{0,12}") {
            if danger(&path).is_none() {
                let depth = std::path::Path::new(&path).components().all(|part| matches!(part, std::path::Component::Normal(_)));
                prop_assert!(depth, "{path:?}");
            }
        }
    }
}
