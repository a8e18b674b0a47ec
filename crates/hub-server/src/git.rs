//! Object names as Git computes them, and the text that stands for a large file.

use std::collections::BTreeMap;

use sha1::{Digest, Sha1};
use sha2::Sha256;

use crate::history::Entry;

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|four| char::from(DIGITS[usize::from(four)]))
        .collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).filter_map(|at| u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()).collect()
}

/// Whether this is a digest in `length` lower-case hexadecimal digits.
pub(crate) fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The name of an object of this kind.
pub(crate) fn object(kind: &str, content: &[u8]) -> String {
    let mut hasher = Sha1::new();
    hasher.update(format!("{kind} {}\0", content.len()));
    hasher.update(content);
    hex(&hasher.finalize())
}

/// What Git holds in the place of a large file.
pub(crate) fn pointer(sha256: &str, size: u64) -> String {
    format!("version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n")
}

/// The names of a folder's tree and of all trees below it, by their paths; the folder's own path is empty.
pub(crate) fn trees(files: &BTreeMap<String, Entry>) -> BTreeMap<String, String> {
    let mut folders: BTreeMap<&str, Vec<(String, Vec<u8>)>> = BTreeMap::from([("", Vec::new())]);
    for (path, entry) in files {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        folders.entry(folder).or_default().push((name.to_owned(), item("100644", name, &entry.oid)));
        for (at, _) in folder.match_indices('/') {
            folders.entry(&folder[..at]).or_default();
        }
    }
    let mut names = BTreeMap::new();
    // A folder sorts before what is in it, so that backwards each tree is known before its parent.
    while let Some((path, mut items)) = folders.pop_last() {
        // Git sorts a folder as if its name ended with a slash.
        items.sort();
        let content: Vec<u8> = items.into_iter().flat_map(|(_, item)| item).collect();
        let oid = object("tree", &content);
        if !path.is_empty() {
            let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
            folders.entry(parent).or_default().push((format!("{name}/"), item("40000", name, &oid)));
        }
        names.insert(path.to_owned(), oid);
    }
    names
}

fn item(mode: &str, name: &str, oid: &str) -> Vec<u8> {
    [format!("{mode} {name}\0").as_bytes(), &unhex(oid)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(content: &[u8]) -> Entry {
        Entry {
            oid: object("blob", content),
            size: content.len() as u64,
            sha256: sha256(content),
            large: false,
            commit: String::new(),
        }
    }

    /// What `git write-tree` says of the same files.
    #[test]
    fn names_are_those_of_git() {
        assert_eq!(object("blob", b"hello\n"), "ce013625030ba8dba906f756967f9e9ca394464a");
        let files = BTreeMap::from([
            ("a.txt".to_owned(), entry(b"hello\n")),
            ("a/b.txt".to_owned(), entry(b"hello\n")),
            ("d/e/f".to_owned(), entry(b"")),
        ]);
        let trees = trees(&files);
        assert_eq!(trees.keys().collect::<Vec<_>>(), ["", "a", "d", "d/e"]);
        assert_eq!(trees[""], TREE);
        assert_eq!(super::trees(&BTreeMap::new())[""], "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
    }

    const TREE: &str = "b606ff90cf061c22d619420947e5bda6632fdcc5";
}
