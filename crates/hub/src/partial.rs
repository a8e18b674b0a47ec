//! A file of which some ranges are here.

use std::{
    fmt::Write as _,
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use sha1::Sha1;
use sha2::{Digest, Sha256};
use tempfile::TempPath;

use crate::{
    Result, TreeFile,
    cache::{failed, readable},
};

/// Disjoint ranges in order, with something between any two.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ranges(Vec<Range<u64>>);

impl Ranges {
    /// Adds a range.
    pub(crate) fn add(&mut self, range: Range<u64>) {
        if range.is_empty() {
            return;
        }
        let first = self.0.partition_point(|known| known.end < range.start);
        let last = self.0.partition_point(|known| known.start <= range.end);
        let start = self.0[first..last].first().map_or(range.start, |known| known.start.min(range.start));
        let end = self.0[first..last].last().map_or(range.end, |known| known.end.max(range.end));
        self.0.splice(first..last, std::iter::once(start..end));
    }

    /// The parts of `range` that are not in it.
    pub(crate) fn missing(&self, range: Range<u64>) -> Vec<Range<u64>> {
        let mut missing = vec![];
        let mut at = range.start;
        for known in &self.0 {
            if known.start >= range.end {
                break;
            }
            if known.start > at {
                missing.push(at..known.start);
            }
            at = at.max(known.end);
        }
        if at < range.end {
            missing.push(at..range.end);
        }
        missing
    }

    /// Whether it is nothing but a beginning.
    pub(crate) fn is_head(&self) -> bool {
        match self.0.as_slice() {
            [] => true,
            [only] => only.start == 0,
            _ => false,
        }
    }

    /// How many bytes it has.
    pub(crate) fn bytes(&self) -> u64 {
        self.0.iter().map(|range| range.end - range.start).sum()
    }

    /// The ranges, those that are nearer than `gap` as one.
    pub(crate) fn joined(&self, gap: u64) -> Vec<Range<u64>> {
        let mut joined: Vec<Range<u64>> = vec![];
        for range in &self.0 {
            match joined.last_mut() {
                Some(last) if range.start - last.end <= gap => last.end = range.end,
                _ => joined.push(range.clone()),
            }
        }
        joined
    }
}

/// A file beside the blob that it is to become.
#[derive(Debug)]
pub(crate) struct Partial {
    file: File,
    aside: Aside,
    present: Ranges,
}

/// What becomes of a file that is not finished.
#[derive(Debug)]
enum Aside {
    /// It goes.
    Ours(TempPath),
    /// It stays, and what is at its beginning need not come again. Who has locked it may write to it.
    Kept(PathBuf),
}

impl Partial {
    /// A file for ranges in any order, which goes when nobody needs it.
    pub(crate) fn new(blobs: &Path, file: &TreeFile) -> Result<Self> {
        let made = tempfile::Builder::new()
            .prefix(&format!("{}.", file.etag()))
            .suffix(".incomplete")
            .tempfile_in(blobs);
        let (handle, path) = made.map_err(|source| failed("write in", blobs, source))?.into_parts();
        Ok(Self { file: handle, aside: Aside::Ours(path), present: Ranges::default() })
    }

    /// A file that is filled from its beginning on, or none as long as somebody else fills it. An earlier run may have
    /// left the beginning of one.
    pub(crate) fn resumed(blobs: &Path, file: &TreeFile) -> Result<Option<Self>> {
        let path = blobs.join(format!("{}.unskew.incomplete", file.etag()));
        let fault = |source| failed("write", &path, source);
        let handle = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(fault)?;
        match handle.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => return Ok(None),
            Err(std::fs::TryLockError::Error(source)) => return Err(fault(source)),
        }
        // Whoever had the lock may have finished the file under our hands.
        let same = std::fs::metadata(&path).is_ok_and(|now| {
            use std::os::unix::fs::MetadataExt;
            handle.metadata().is_ok_and(|ours| ours.ino() == now.ino() && ours.dev() == now.dev())
        });
        if !same {
            return Ok(None);
        }
        let mut present = Ranges::default();
        let length = handle.metadata().map_err(fault)?.len();
        if length > file.size {
            handle.set_len(0).map_err(fault)?;
        } else {
            present.add(0..length);
        }
        Ok(Some(Self { file: handle, aside: Aside::Kept(path), present }))
    }

    fn path(&self) -> &Path {
        match &self.aside {
            Aside::Ours(path) => path,
            Aside::Kept(path) => path,
        }
    }

    /// What is here.
    pub(crate) fn present(&self) -> &Ranges {
        &self.present
    }

    /// Takes bytes that stand at `offset`.
    pub(crate) fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<()> {
        self.file.write_all_at(bytes, offset).map_err(|source| failed("write", self.path(), source))?;
        self.present.add(offset..offset + bytes.len() as u64);
        Ok(())
    }

    /// Takes over what `other` has.
    pub(crate) fn adopt(&mut self, other: &Self) -> Result<()> {
        let mut buffer = vec![0; 1 << 20];
        for mut range in other.present.joined(0) {
            while !range.is_empty() {
                let length = (range.end - range.start).min(buffer.len() as u64) as usize;
                other.read(range.start, &mut buffer[..length])?;
                self.write(range.start, &buffer[..length])?;
                range.start += length as u64;
            }
        }
        Ok(())
    }

    /// Fills `buffer` from bytes that are here.
    pub(crate) fn read(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        self.file.read_exact_at(buffer, offset).map_err(|source| failed("read", self.path(), source))
    }

    /// Forgets all bytes.
    pub(crate) fn clear(&mut self) -> Result<()> {
        self.file.set_len(0).map_err(|source| failed("write", self.path(), source))?;
        self.present = Ranges::default();
        Ok(())
    }

    /// Says how the bytes, all of which are here, differ from those of `file`, if they do.
    pub(crate) fn flaw(&mut self, file: &TreeFile) -> Result<Option<String>> {
        let path = self.path().to_owned();
        let fault = |source| failed("read", &path, source);
        let length = self.file.metadata().map_err(fault)?.len();
        if length != file.size {
            return Ok(Some(format!("it has {length} bytes instead of {}", file.size)));
        }
        self.file.seek(SeekFrom::Start(0)).map_err(fault)?;
        let (digest, expected, name) = if let Some(expected) = &file.sha256 {
            (hash::<Sha256>(&mut self.file, b"").map_err(fault)?, expected, "SHA-256 digest")
        } else {
            let header = format!("blob {}\0", file.size);
            (hash::<Sha1>(&mut self.file, header.as_bytes()).map_err(fault)?, &file.git, "git object name")
        };
        let same = digest.eq_ignore_ascii_case(expected);
        Ok((!same).then(|| format!("its {name} is another one")))
    }

    /// Puts the file, which has been found flawless, into its place.
    pub(crate) fn publish(self, blob: &Path) -> Result<File> {
        let fault = |source| failed("write", blob, source);
        self.file.sync_all().map_err(fault)?;
        match self.aside {
            Aside::Ours(path) => {
                readable(&self.file).map_err(fault)?;
                path.persist(blob).map_err(|error| fault(error.error))?;
            }
            Aside::Kept(path) => std::fs::rename(path, blob).map_err(fault)?,
        }
        if let Some(folder) = blob.parent().and_then(|folder| File::open(folder).ok()) {
            folder.sync_all().map_err(fault)?;
        }
        Ok(self.file)
    }

    /// Throws the file away.
    pub(crate) fn discard(self) {
        if let Aside::Kept(path) = &self.aside {
            // What cannot be removed is found to be wrong again.
            let _ = self.file.set_len(0);
            let _ = std::fs::remove_file(path);
        }
    }
}

fn hash<H: Digest>(file: &mut File, header: &[u8]) -> io::Result<String> {
    let mut hasher = H::new();
    hasher.update(header);
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            count => hasher.update(&buffer[..count]),
        }
    }
    let mut hex = String::new();
    for byte in hasher.finalize() {
        write!(hex, "{byte:02x}").expect("a text takes all that is written to it");
    }
    Ok(hex)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn file(size: u64) -> TreeFile {
        // The git object name of the five bytes `hello`.
        let git = "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0".to_owned();
        TreeFile { path: "x".to_owned(), size, git, sha256: None, xet: None }
    }

    #[test]
    fn a_file_is_whole_or_goes() {
        let folder = tempfile::tempdir().unwrap();
        let count = || std::fs::read_dir(folder.path()).unwrap().count();
        let mut partial = Partial::new(folder.path(), &file(5)).unwrap();
        partial.write(2, b"llo").unwrap();
        assert_eq!(partial.present().missing(0..5), vec![0..2]);
        drop(partial);
        assert_eq!(count(), 0);
        let mut partial = Partial::resumed(folder.path(), &file(5)).unwrap().unwrap();
        let mut head = Partial::new(folder.path(), &file(5)).unwrap();
        head.write(0, b"he").unwrap();
        assert!(head.present().is_head());
        partial.adopt(&head).unwrap();
        drop(head);
        assert!(Partial::resumed(folder.path(), &file(5)).unwrap().is_none());
        drop(partial);
        let mut partial = Partial::resumed(folder.path(), &file(5)).unwrap().unwrap();
        assert_eq!(partial.present().missing(0..5), vec![2..5]);
        partial.write(2, b"xxx").unwrap();
        assert!(partial.flaw(&file(5)).unwrap().is_some());
        partial.write(2, b"llo").unwrap();
        assert_eq!(partial.flaw(&file(5)).unwrap(), None);
        let sha256 = Some("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824".to_owned());
        assert_eq!(partial.flaw(&TreeFile { sha256, ..file(5) }).unwrap(), None);
        assert!(partial.flaw(&file(6)).unwrap().is_some());
        partial.publish(&folder.path().join("blob")).unwrap();
        assert_eq!((count(), std::fs::read(folder.path().join("blob")).unwrap()), (1, b"hello".to_vec()));
        let mut partial = Partial::resumed(folder.path(), &file(5)).unwrap().unwrap();
        partial.write(0, b"x").unwrap();
        partial.discard();
        assert_eq!(count(), 1);
    }

    proptest! {
        #[test]
        fn ranges_are_what_sets_are(all in prop::collection::vec((0_u64..60, 0_u64..12), 0..12), asked in (0_u64..60, 0_u64..20), gap in 0_u64..6) {
            let mut ranges = Ranges::default();
            let mut set = [false; 80];
            for (start, length) in all {
                ranges.add(start..start + length);
                (start..start + length).for_each(|at| set[at as usize] = true);
            }
            prop_assert_eq!(ranges.bytes(), set.iter().filter(|here| **here).count() as u64);
            let asked = asked.0..asked.0 + asked.1;
            let missing: Vec<u64> = ranges.missing(asked.clone()).into_iter().flatten().collect();
            let expected: Vec<u64> = asked.filter(|at| !set[*at as usize]).collect();
            prop_assert_eq!(missing, expected);
            let joined = ranges.joined(gap);
            prop_assert!(joined.windows(2).all(|pair| pair[0].end + gap < pair[1].start));
            prop_assert!(ranges.0.iter().all(|range| joined.iter().any(|whole| whole.start <= range.start && range.end <= whole.end)));
        }
    }
}
