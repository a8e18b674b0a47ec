//! Rows that cannot be read, and odd ones that can.

use arrow::{
    array::{Array, AsArray},
    datatypes::{Float64Type, Int64Type},
};

use super::*;

#[test]
fn every_flaw_has_its_reason_and_place() {
    let deep = |depth: usize| format!("{{\"a\":{}1{}}}", "[".repeat(depth), "]".repeat(depth));
    let cases: Vec<(Vec<u8>, &str, &str)> = vec![
        (b"nonsense".into(), "not-json", "a value should stand here (column 1)"),
        (b"{\"a\": 1".into(), "not-json", "the row is cut off (column 8)"),
        (b"{\"a\": tr".into(), "not-json", "the row is cut off"),
        (b"{\"a\": \"x".into(), "not-json", "the row is cut off"),
        (b"{\"a\": NaN}".into(), "not-json", "`NaN` is not JSON: write `null`, or a number (column 7)"),
        (b"{\"a\": -Infinity}".into(), "not-json", "`Infinity` is not JSON"),
        (b"{\"a\": 1} x".into(), "not-json", "something follows the row's end (column 10)"),
        (b"{\"a\": 01}".into(), "not-json", "`,` or `}`"),
        (b"{'a': 1}".into(), "not-json", "a name in double quotes"),
        (b"{\"a\": 1,}".into(), "not-json", "a name in double quotes"),
        (b"{\"a\": [1,]}".into(), "not-json", "a value should stand here"),
        (b"{\"a\": \"\\x\"}".into(), "not-json", "no such escape"),
        (b"{\"a\": \"\t\"}".into(), "not-json", "a control character in a text has to be escaped (column 8)"),
        (b"[1]".into(), "not-an-object", "the row is a list, not an object (column 1)"),
        (b"null".into(), "not-an-object", "null"),
        (b"{\"a\": \"\xff\"}".into(), "invalid-utf8", "the text is not UTF-8 (column 8)"),
        (b"{\"a\": \"\xed\xa0\x80\"}".into(), "invalid-utf8", "UTF-8"),
        (b"{\"a\": 1e999}".into(), "number-out-of-range", "(column 7)"),
        (format!("{{\"a\": {}}}", "9".repeat(400)).into(), "number-out-of-range", "1.8e308"),
        (b"{\"a\": \"\\ud800\"}".into(), "lone-surrogate", "half of a surrogate pair (column 8)"),
        (b"{\"a\": \"\\udc00\\ud800\"}".into(), "lone-surrogate", "half"),
        (b"{\"a\": \"\\ud800\\u0041\"}".into(), "lone-surrogate", "half"),
        (deep(1024).into(), "too-deep", "1024"),
        (deep(10_000).into(), "too-deep", "1024"),
    ];
    for (row, reason, detail) in cases {
        let shown = String::from_utf8_lossy(&row[..row.len().min(40)]).into_owned();
        let bytes = [b"{}\n\n", &row[..], b"\n{\"a\": 2}\n"].concat();
        for extract in ["b", "a", "a[].x"] {
            let found = scan_bytes(&bytes, &spec(&[extract], OnBadRow::Skip)).unwrap();
            let [bad] = &found.files[0].bad[..] else { panic!("{shown}: {:?}", found.files[0].bad) };
            assert_eq!((bad.row, bad.reason, bad.line), (1, reason, Some(3)), "{shown}");
            assert!(bad.detail.contains(detail), "{shown}: {}", bad.detail);
            assert_eq!((found.files[0].rows, found.columns[0].len()), (3, 3));
            let error = scan_bytes(&bytes, &spec(&[extract], OnBadRow::Error)).unwrap_err();
            assert!(
                matches!(error, Error::BadRow { row: 1, line: Some(3), reason: found, .. } if found == reason)
            );
        }
    }
}

#[test]
fn unusual_rows_are_good() {
    let deepest = format!("{{\"a\":{}{}}}\n", "[".repeat(1023), "]".repeat(1023));
    let lines = [
        "\u{feff}{\"x\": 1, \"x\": 2}\r\n\r\n   \n",
        "  {\"x\": 12345678901234567890}  \n",
        &deepest,
        "{\"\\u0078\": 1e-999}\n",
        "{\"x\": -0}\n{\"x\": 1E+2, \"y\": \"\\ud83d\\ude00\"}",
    ];
    let values = column_of("x", &lines.concat()).unwrap();
    let values: Vec<_> = values.as_primitive::<Float64Type>().iter().collect();
    assert_eq!(
        values,
        [Some(2.0), Some(12_345_678_901_234_567_890.0), None, Some(0.0), Some(0.0), Some(100.0)]
    );
    assert_eq!(texts(&column_of("y", lines[4]).unwrap()), [None, Some("😀".into())]);
}

#[test]
fn of_members_with_one_name_the_last_counts() {
    let lines =
        "{\"a\":{\"b\":1,\"b\":2},\"a\":{\"c\":3}}\n{\"a\":{\"b\":1},\"a\":{\"b\":5,\"\\u0062\":7}}\n";
    let values = column_of("a.b", lines).unwrap();
    assert_eq!(values.as_primitive::<Int64Type>().iter().collect::<Vec<_>>(), [None, Some(7)]);
    let fans = column_of("a[].b", "{\"a\":[{\"b\":1},{}],\"a\":[{\"b\":2,\"b\":3}]}\n").unwrap();
    assert_eq!(fans.as_list::<i32>().value(0).as_primitive::<Int64Type>().values(), &[3]);
}

#[test]
fn a_row_that_is_too_long_is_bad() {
    let long = format!("{{\"x\":\"{}\"}}", "y".repeat(5000));
    let bytes = [b"{\"x\":\"a\"}\n", long.as_bytes(), b"\n{\"x\":\"b\"}\n", long.as_bytes()].concat();
    let spec = spec(&["x"], OnBadRow::Skip);
    for (longest, bad) in [(4000, vec![1, 3]), (5009, vec![])] {
        for compression in [Compression::None, Compression::Zstd] {
            for size in [1024, 1 << 20] {
                let (_folder, file) = file(&compress(&bytes, compression), compression);
                let search = Search::new(&spec).with_longest(longest);
                let found = scan_in_blocks(&file, &spec, &search, size, &Budget::default(), &Silent).unwrap();
                assert_eq!(found.file.rows, 4);
                assert_eq!(found.file.bad.iter().map(|bad| bad.row).collect::<Vec<_>>(), bad);
                assert!(
                    found
                        .file
                        .bad
                        .iter()
                        .all(|bad| bad.reason == "too-long" && bad.line == Some(u64::from(bad.row) + 1))
                );
            }
        }
    }
}

#[test]
fn the_first_bad_row_is_reported_whatever_the_threads() {
    let mut lines = String::new();
    for row in 0..3000 {
        lines.push_str(if row % 500 == 499 { "{bad\n" } else { "{\"a\": 1}\n" });
    }
    let (_folder, file) = file(lines.as_bytes(), Compression::None);
    let spec = spec(&["a"], OnBadRow::Error);
    for threads in [1, 2, 7] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        for _ in 0..20 {
            let error = pool
                .install(|| {
                    scan_in_blocks(&file, &spec, &Search::new(&spec), 1024, &Budget::default(), &Silent)
                })
                .unwrap_err();
            assert!(matches!(error, Error::BadRow { row: 499, line: Some(500), .. }), "{error}");
        }
    }
}

#[test]
fn every_row_may_be_bad() {
    let bytes = b"x\n".repeat(100_000);
    let found = scan_bytes(&bytes, &spec(&["a"], OnBadRow::Skip)).unwrap();
    assert_eq!((found.files[0].rows, found.files[0].bad.len()), (100_000, 100_000));
    assert_eq!(found.files[0].bad.iter().filter(|bad| !bad.detail.is_empty()).count(), 100);
    assert_eq!(found.columns[0].len(), 100_000);
}
