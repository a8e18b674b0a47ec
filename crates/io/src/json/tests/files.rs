//! Whole files: compressed, cut off, arrays, limits, changes.

use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::{Entry, Index};

#[test]
fn damaged_streams_are_errors() {
    let rows = b"{\"a\": 1}\n".repeat(1000);
    for compression in [Compression::Gzip, Compression::Zstd] {
        let whole = compress(&rows, compression);
        let mut checksum = whole.clone();
        let at = if compression == Compression::Gzip { 8 } else { 1 };
        let length = checksum.len();
        checksum[length - at] ^= 1;
        let damaged = [
            whole[..whole.len() - 3].to_vec(),
            [&whole[..], b"garbage"].concat(),
            checksum,
            b"{\"a\": 1}\n".to_vec(),
        ];
        for (number, bytes) in damaged.into_iter().enumerate() {
            let (_folder, file) = file(&bytes, compression);
            let error = scan(&[Source::File(file)], &spec(&["a"], OnBadRow::Skip), &Silent).unwrap_err();
            assert!(
                matches!(&error, Error::Damaged { file, .. } if file.ends_with("rows")),
                "{compression:?} {number}: {error}"
            );
        }
        let (_folder, file) = file(b"", compression);
        assert_eq!(
            scan(&[Source::File(file)], &spec(&["a"], OnBadRow::Error), &Silent).unwrap().files[0].rows,
            0
        );
    }
}

#[test]
fn arrays_must_close_and_end() {
    for bytes in ["[{\"a\":1}", "[", "[{\"a\":1}] x", "[{\"a\":\"]", "[{\"a\":1},", "[{\"a\":[1}]"] {
        let error = scan_bytes(bytes.as_bytes(), &spec(&["a"], OnBadRow::Skip)).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{bytes}: {error}");
    }
    for (bytes, rows, bad) in
        [("[]", 0, 0), (" \n [ ] \n", 0, 0), ("[{},]", 2, 1), ("[1, {}]", 2, 1), ("[{},,{\"a\":tru}]", 3, 2)]
    {
        let found = scan_bytes(bytes.as_bytes(), &spec(&["a"], OnBadRow::Skip)).unwrap();
        assert_eq!((found.files[0].rows, found.files[0].bad.len()), (rows, bad), "{bytes}");
    }
}

#[test]
fn a_limit_stops_the_reading() {
    for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
        for (start, end, between) in [("", "", "\n"), ("[", "]", ",")] {
            let rows: Vec<String> = (0..500).map(|row| format!("{{\"a\":{row}}}")).collect();
            let text = format!("{start}{}{end}", rows.join(between));
            let (_folder, file) = file(&compress(text.as_bytes(), compression), compression);
            for limit in [0, 1, 77, 500, 501] {
                let spec = ScanSpec { limit: Some(limit), ..spec(&["a"], OnBadRow::Error) };
                let found =
                    scan_in_blocks(&file, &spec, &Search::new(&spec), 1024, &Budget::default(), &Silent)
                        .unwrap();
                assert_eq!(u64::from(found.file.rows), limit.min(500));
                let values: usize = found.parts.iter().map(|part| part[0].array.len()).sum();
                assert_eq!(values as u64, limit.min(500));
                assert_eq!(found.file.digest.is_some(), limit > 500, "{limit}");
            }
        }
    }
}

#[test]
fn a_file_that_changed_is_an_error() {
    let (folder, file) = file(b"{\"a\": 1}\n", Compression::None);
    std::fs::write(folder.path().join("rows"), "{\"a\": 1}\n{}\n").unwrap();
    let error = scan(&[Source::File(file)], &spec(&["a"], OnBadRow::Error), &Silent).unwrap_err();
    assert!(matches!(error, Error::Changed { .. }));
}

#[test]
fn known_paths_are_sorted_by_frequency() {
    let lines = "{\"a\":1}\n{\"b\":{\"c\":[{\"d\":1}]},\"a\":2}\n{\"a\":3,\"x y\":1, \"b\":{}}\nbad\n";
    let array = "[{\"a\":1},{\"b\":{\"c\":[{\"d\":1}]},\"a\":2},{\"a\":3,\"x y\":1, \"b\":{}}]";
    for bytes in [lines, array] {
        let (_folder, file) = file(bytes.as_bytes(), Compression::None);
        let paths = known_paths(&file).unwrap();
        assert_eq!(paths, ["a", "b", "b.c", "b.c[]", "b.c[].d", "`x y`"]);
    }
}

#[test]
fn a_list_is_known_although_it_is_empty() {
    let (_folder, file) = file(b"{\"a\":[],\"b\":[[ ]]}\n", Compression::None);
    assert_eq!(known_paths(&file).unwrap(), ["a", "a[]", "b", "b[]", "b[][]"]);
}

#[test]
fn a_line_is_found_again() {
    let (_folder, file) = file(b"{}\n\n{}\r\n{}", Compression::None);
    let found = super::super::scan(&file, &spec(&[], OnBadRow::Error), &Budget::default(), &Silent).unwrap();
    let Index::Text(index) = &found.file.index else { unreachable!() };
    assert_eq!((0..3).map(|row| line_of(&file, index, row).unwrap()).collect::<Vec<_>>(), [1, 3, 4]);
}

/// A store that counts what is read from it.
#[derive(Debug)]
struct Counting(Arc<dyn Store>, AtomicU64);

impl Store for Counting {
    fn list(&self, prefix: &str) -> Result<Vec<Entry>> {
        self.0.list(prefix)
    }

    fn stat(&self, path: &str) -> Result<Entry> {
        self.0.stat(path)
    }

    fn read(&self, path: &str, offset: u64, buffer: &mut [u8]) -> Result<usize> {
        let read = self.0.read(path, offset, buffer)?;
        self.1.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }

    fn display(&self, path: &str) -> String {
        self.0.display(path)
    }
}

#[test]
fn no_more_of_a_row_is_held_than_a_row_may_have() {
    const LONGEST: usize = 300_000;
    let spec = spec(&["a"], OnBadRow::Skip);
    let search = Search::new(&spec).with_longest(LONGEST);
    let bytes = [b"{}\n", "x".repeat(1 << 20).as_bytes()].concat();
    let (_folder, mut file) = file(&bytes, Compression::None);
    let store = Arc::new(Counting(Arc::clone(&file.store), AtomicU64::new(0)));
    file.store = Arc::clone(&store) as Arc<dyn Store>;
    let found = plain::scan(&file, &spec, &search, 1024, &Budget::default(), &Silent).unwrap();
    assert_eq!((found.file.rows, found.file.bad[0].reason), (2, "too-long"));
    let blocks = file.entry.size.div_ceil(1024);
    assert!(store.1.load(Ordering::Relaxed) <= file.entry.size + blocks + LONGEST as u64 + 1);
    for size in [1024, 200_000] {
        let mut stream = Stream::open(&file, false, size, LONGEST).unwrap();
        let rows = std::iter::from_fn(|| stream.next().unwrap()).map(|rows| rows.bytes.len()).max();
        assert!(rows.unwrap() <= LONGEST + size, "{rows:?}");
    }
}
