use std::{io::Write, sync::Arc};

use arrow::{
    array::{Array, ArrayRef, AsArray},
    datatypes::{DataType, Float64Type, Int64Type},
};
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::{Extract, Format, Index, Local, OnBadRow, Path, Scan, Silent, Source, Step, Store, column, scan};

/// A file of `bytes` in a folder that lives as long as the first of the pair.
pub(crate) fn file(bytes: &[u8], compression: Compression) -> (tempfile::TempDir, DataFile) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rows"), bytes).unwrap();
    let store = Arc::new(Local::new(folder.path()));
    let entry = store.stat("rows").unwrap();
    (folder, DataFile { store, entry, format: Format::Json, compression })
}

pub(crate) fn compress(bytes: &[u8], compression: Compression) -> Vec<u8> {
    match compression {
        Compression::None => bytes.to_vec(),
        Compression::Gzip => {
            // Two members, as when files are put together.
            let (left, right) = bytes.split_at(bytes.len() / 2);
            let mut out = vec![];
            for part in [left, right] {
                let mut encoder = flate2::write::GzEncoder::new(&mut out, flate2::Compression::fast());
                encoder.write_all(part).unwrap();
                encoder.finish().unwrap();
            }
            out
        }
        Compression::Zstd => {
            let (left, right) = bytes.split_at(bytes.len() / 2);
            let mut out = vec![];
            for part in [left, right] {
                let mut encoder = zstd::stream::write::Encoder::new(&mut out, 1).unwrap();
                encoder.include_checksum(true).unwrap();
                encoder.write_all(part).unwrap();
                encoder.finish().unwrap();
            }
            out
        }
    }
}

fn spec(extracts: &[&str], on_bad_row: OnBadRow) -> ScanSpec {
    let extracts = extracts.iter().map(|text| text.parse().unwrap()).collect();
    ScanSpec { extracts, on_bad_row, limit: None, digest: true }
}

fn scan_bytes(bytes: &[u8], spec: &ScanSpec) -> Result<Scan> {
    let (_folder, file) = file(bytes, Compression::None);
    scan(&[Source::File(file)], spec, &Silent)
}

/// The one column of `extract` over lines.
fn column_of(extract: &str, lines: &str) -> Result<ArrayRef> {
    Ok(scan_bytes(lines.as_bytes(), &spec(&[extract], OnBadRow::Error))?.columns.remove(0))
}

fn texts(array: &ArrayRef) -> Vec<Option<String>> {
    let array = arrow::compute::cast(array, &DataType::Utf8).unwrap();
    array.as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect()
}

fn some<T: Into<String> + Clone>(values: &[T]) -> Vec<Option<String>> {
    values.iter().cloned().map(|value| Some(value.into())).collect()
}

// Values.

#[test]
fn types_are_known_over_all_rows() {
    let numbers = column_of("x", "{\"x\":1}\n{}\n{\"x\":null}\n{\"x\":2.5}\n").unwrap();
    assert_eq!(
        numbers.as_primitive::<Float64Type>().iter().collect::<Vec<_>>(),
        [Some(1.0), None, None, Some(2.5)]
    );
    let ints = column_of("x", "{\"x\":-9223372036854775808}\n{\"x\":9223372036854775807}\n").unwrap();
    assert_eq!(ints.as_primitive::<Int64Type>().values(), &[i64::MIN, i64::MAX]);
    let big = column_of("x", "{\"x\":9223372036854775808}\n{\"x\":-9223372036854775809}\n").unwrap();
    assert_eq!(
        big.as_primitive::<Float64Type>().values(),
        &[9_223_372_036_854_775_808.0, -9_223_372_036_854_775_808.0]
    );
    assert_eq!(column_of("x", "{}\n{\"x\":null}\n").unwrap().data_type(), &DataType::Null);
    assert_eq!(column_of("x", "{}\n{\"x\":true}\n").unwrap().data_type(), &DataType::Boolean);
    assert_eq!(column_of("number(x)", "{}\n").unwrap().data_type(), &DataType::Float64);
    assert_eq!(column_of("x", "").unwrap().len(), 0);
}

#[test]
fn few_texts_become_a_dictionary_and_many_do_not() {
    let lines = |distinct: usize| {
        (0..4000).map(|row| format!("{{\"x\":\"t{}\"}}\n", row % distinct)).collect::<Vec<_>>().concat()
    };
    let few = column_of("x", &lines(5)).unwrap();
    assert!(matches!(few.data_type(), DataType::Dictionary(_, _)));
    assert_eq!(few.as_any_dictionary().values().len(), 5);
    let many = column_of("x", &lines(4000)).unwrap();
    assert_eq!(many.data_type(), &DataType::Utf8);
    assert_eq!(texts(&many)[3999], Some("t3999".into()));
}

#[test]
fn mixed_types_name_the_rarer_kind_and_its_line() {
    let lines = "{\"x\":1}\n\n{\"x\":2}\n{\"x\":\"three\"}\n{\"x\":4}\n{\"x\":\"five\"}\n";
    let error = column_of("x", lines).unwrap_err();
    let Error::MixedTypes { path, counts, odd, place, .. } = &error else { panic!("{error}") };
    assert_eq!(
        (path.as_str(), counts.as_str(), odd.as_str(), place.as_str()),
        ("x", "3 numbers, 2 texts", "text", "line 4")
    );
    let nested = column_of("x", "{\"x\":{\"a\":1}}\n").unwrap_err();
    assert!(matches!(nested, Error::MixedTypes { odd, .. } if odd == "object"));
    let objects = column_of("x", "{\"x\":[1]}\n{\"x\":[{}]}\n").unwrap_err();
    assert!(matches!(objects, Error::MixedTypes { odd, place, .. } if odd == "object" && place == "line 2"));
    let items = column_of("x", "[{\"x\":[1]},{\"x\":[\"a\",2]}]").unwrap_err();
    assert!(matches!(items, Error::MixedTypes { odd, place, .. } if odd == "text" && place == "row 1"));
}

#[test]
fn extractors_do_what_they_say() {
    let lines = concat!(
        "{\"x\":\"3.5 \"}\n{\"x\":true}\n{\"x\":1.0}\n{\"x\":[1, {\"b\":2,\"a\":null}]}\n",
        "{\"x\":{\"b\":1e0,\"a\":\"\\u00e9\"}}\n{\"x\":null}\n{}\n",
    );
    let number = column_of("number(x)", lines).unwrap();
    let number: Vec<_> = number.as_primitive::<Float64Type>().iter().collect();
    assert_eq!(number, [Some(3.5), Some(1.0), Some(1.0), None, None, None, None]);
    let text = texts(&column_of("text(x)", lines).unwrap());
    let expected = some(&["3.5 ", "true", "1", "[1,{\"b\":2}]", "{\"a\":\"é\",\"b\":1}"]);
    assert_eq!(text[..5], expected);
    assert_eq!(text[5..], [None, None]);
    let kind = texts(&column_of("kind(x)", lines).unwrap());
    assert_eq!(kind[..6], some(&["text", "boolean", "number", "list", "object", "null"]));
    assert_eq!(kind[6], None);
    let length = column_of("length(x)", lines).unwrap();
    let length: Vec<_> = length.as_primitive::<Int64Type>().iter().collect();
    assert_eq!(length, [Some(4), None, None, Some(2), Some(2), None, None]);
    let items = column_of("items(x)", lines).unwrap();
    assert_eq!(
        items.as_primitive::<Int64Type>().iter().collect::<Vec<_>>()[3..],
        [Some(2), None, None, None]
    );
}

#[test]
fn hashes_are_those_of_canonical_json() {
    let hash = column_of(
        "hash(x)",
        "{\"x\":{\"b\":1,\"a\":2}}\n{\"x\":{ \"a\":2.0, \"b\":1e0, \"c\":null}}\n{\"x\":1}\n{}\n",
    )
    .unwrap();
    let hash = hash.as_fixed_size_binary();
    assert_eq!(hash.value(0), &blake3::hash(b"{\"a\":2,\"b\":1}").as_bytes()[..16]);
    assert_eq!(hash.value(0), hash.value(1));
    assert_ne!(hash.value(0), hash.value(2));
    assert!(hash.is_null(3));
}

#[test]
fn keys_stay_short() {
    let long = "ä".repeat(50);
    let lines = format!("{{\"x\":\"short\"}}\n{{\"x\":\"{long}\"}}\n{{\"x\":[1.0]}}\n{{\"x\":{{}}}}\n{{}}\n");
    let keys = texts(&column_of("key(x)", &lines).unwrap());
    assert_eq!(keys[0], Some("short".into()));
    let digits = |text: &str| crate::canonical::hex(&blake3::hash(text.as_bytes()).as_bytes()[..16]);
    assert_eq!(keys[1], Some(format!("{}…#{}", "ä".repeat(40), digits(&format!("\"{long}\"")))));
    assert_eq!(keys[2], Some(format!("#{}", digits("[1]"))));
    assert_eq!(keys[3], Some(format!("#{}", digits("{}"))));
    assert_eq!(keys[4], None);
    assert_eq!(column_of("key(x)", "{\"x\":1}\n{\"x\":2}\n").unwrap().data_type(), &DataType::Int64);
    assert!(matches!(column_of("key(x)", "{\"x\":1}\n{\"x\":\"a\"}\n"), Err(Error::MixedTypes { .. })));
    let fans = texts(&column_of("key(x[].a)", "{\"x\":[{\"a\":1},{}]}\n").unwrap());
    assert_eq!(fans, [Some(format!("#{}", digits("[1,null]")))]);
}

#[test]
fn paths_fan_out_over_items() {
    let lines = "{\"x\":[{\"a\":1},{},{\"a\":2}]}\n{\"x\":[]}\n{\"x\":null}\n{\"x\":7}\n{}\n";
    let values = column_of("x[].a", lines).unwrap();
    let list = values.as_list::<i32>();
    let first: Vec<_> = list.value(0).as_primitive::<Int64Type>().iter().collect();
    assert_eq!(first, [Some(1), None, Some(2)]);
    assert_eq!(list.value(1).len(), 0);
    assert_eq!((2..5).map(|row| list.is_null(row)).collect::<Vec<_>>(), [true; 3]);
    let scalars = column_of("x", "{\"x\":[\"a\",null]}\n{\"x\":[]}\n").unwrap();
    assert_eq!(
        scalars.as_list::<i32>().value(0).as_string::<i32>().iter().collect::<Vec<_>>(),
        [Some("a"), None]
    );
    let both = scan_bytes(
        b"{\"m\":[{\"r\":\"u\"},{\"r\":\"a\"}]}\n",
        &spec(&["m[0].r", "m[].r", "length(m)", "m[5].r"], OnBadRow::Error),
    );
    let both = both.unwrap().columns;
    assert_eq!(texts(&both[0]), some(&["u"]));
    assert_eq!(both[1].as_list::<i32>().value(0).len(), 2);
    assert_eq!(both[3].null_count() + both[3].logical_null_count(), 1);
}

#[test]
fn below_null_or_text_there_is_nothing() {
    let lines = "{\"m\":null}\n{\"m\":\"text\"}\n{\"m\":{\"t\":\"x\"}}\n";
    assert_eq!(texts(&column_of("m.t", lines).unwrap()), [None, None, Some("x".into())]);
}

// Bad rows.

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
                let found = scan_in_blocks(&file, &spec, &search, size, &Silent).unwrap();
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
                .install(|| scan_in_blocks(&file, &spec, &Search::new(&spec), 1024, &Silent))
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

// Compressed files and arrays.

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
                let found = scan_in_blocks(&file, &spec, &Search::new(&spec), 1024, &Silent).unwrap();
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

// Properties.

/// JSON text with members that may repeat, odd spacing and escapes.
fn json_text() -> impl Strategy<Value = String> {
    let name =
        || prop_oneof![Just("\"a\""), Just("\"b\""), Just("\"\\u0061\""), Just("\"c d\""), Just("\"é\"")];
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        any::<i64>().prop_map(|value| value.to_string()),
        any::<u64>().prop_map(|value| value.to_string()),
        any::<f64>().prop_filter("finite", |value| value.is_finite()).prop_map(|value| format!("{value:?}")),
        "-?(0|[1-9][0-9]{0,22})(\\.[0-9]{1,20})?([eE][-+]?[0-9]{1,2})?",
        ".{0,40}".prop_map(|text| serde_json::to_string(&text).unwrap()),
        "(\\\\u00[0-9a-fA-F]{2}|\\\\[nrtbf\"/\\\\]|x| ){0,6}".prop_map(|text| format!("\"{text}\"")),
    ];
    let value = leaf.prop_recursive(4, 30, 5, move |inner| {
        let space = || prop_oneof![4 => Just(""), 1 => Just(" "), 1 => Just("\t ")];
        prop_oneof![
            (prop::collection::vec(inner.clone(), 0..5), space())
                .prop_map(|(items, space)| format!("[{space}{}{space}]", items.join(&format!(",{space}")))),
            members(name(), inner, space()),
        ]
    });
    members(name(), value, prop_oneof![Just(""), Just(" ")])
}

fn members(
    name: impl Strategy<Value = &'static str>,
    value: impl Strategy<Value = String>,
    space: impl Strategy<Value = &'static str>,
) -> impl Strategy<Value = String> {
    (prop::collection::vec((name, value), 0..6), space).prop_map(|(members, space)| {
        let members: Vec<String> =
            members.into_iter().map(|(name, value)| format!("{name}{space}:{space}{value}")).collect();
        format!("{space}{{{}}}{space}", members.join(&format!("{space},")))
    })
}

fn paths() -> impl Strategy<Value = Path> {
    let step = prop_oneof![
        3 => Just(Step::Member("a".into())), 2 => Just(Step::Member("b".into())), 1 => Just(Step::Member("é".into())),
        1 => (0_usize..3).prop_map(Step::Item), 2 => Just(Step::Each)];
    (Just(Step::Member("a".into())), prop::collection::vec(step, 0..4))
        .prop_map(|(first, rest)| Path::new(std::iter::once(first).chain(rest).collect()))
}

/// Text with a few bytes changed.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let pieces: [&[u8]; 21] = [
        b"\"", b"\\", b"{", b"}", b"[", b"]", b",", b":", b"0", b"-", b".", b"e", b"\\ud800", b"\\u",
        b"\xff", b"\xc3", b"\n", b"\x01", b"true", b"1e400", b" ",
    ];
    let piece = prop::sample::select(pieces.to_vec());
    (json_text(), prop::collection::vec((any::<prop::sample::Index>(), 0_usize..3, piece), 0..3)).prop_map(
        |(text, edits)| {
            let mut bytes = text.into_bytes();
            for (at, gone, new) in edits {
                let at = at.index(bytes.len() + 1);
                let end = (at + gone).min(bytes.len());
                bytes.splice(at..end, new.iter().copied());
            }
            bytes
        },
    )
}

/// Where a path leads in a row, with a place for every item it fans out over.
fn look_up(value: &Value, steps: &[Step]) -> Vec<Option<Value>> {
    match (steps.split_first(), value) {
        (None, value) => vec![Some(value.clone())],
        (Some((Step::Member(name), rest)), Value::Object(members)) => {
            members.get(name).map_or(vec![], |member| look_up(member, rest))
        }
        (Some((Step::Item(index), rest)), Value::Array(items)) => {
            items.get(*index).map_or(vec![], |item| look_up(item, rest))
        }
        (Some((Step::Each, rest)), Value::Array(items)) => items
            .iter()
            .flat_map(|item| {
                let found = look_up(item, rest);
                if found.is_empty() && !rest.contains(&Step::Each) { vec![None] } else { found }
            })
            .collect(),
        _ => vec![],
    }
}

fn check(bytes: &[u8], paths: Vec<Path>) -> std::result::Result<Vec<Vec<Option<Value>>>, check::Flaw> {
    let finder = Finder::new(paths);
    let mut found = finder.found();
    finder.row(bytes, true, &mut found)?;
    let value = |span: &check::Span| {
        (*span != check::Span::NONE).then(|| serde_json::from_slice(span.of(bytes)).unwrap())
    };
    Ok(found.paths().iter().map(|path| path.spans.iter().map(value).collect()).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_is_json_is_decided_as_serde_does(bytes in mutated()) {
        let theirs = serde_json::from_slice::<Value>(&bytes).is_ok_and(|value| value.is_object());
        let utf8 = std::str::from_utf8(&bytes).is_ok();
        let ours = utf8 && check(&bytes, vec!["a.b".parse().unwrap()]).is_ok();
        prop_assert_eq!(ours, theirs, "{:?}", String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn paths_lead_where_serde_leads(text in json_text(), paths in prop::collection::vec(paths(), 1..6)) {
        let row: Value = serde_json::from_str(&text).unwrap();
        let expected: Vec<_> = paths.iter().map(|path| look_up(&row, path.steps())).collect();
        prop_assert_eq!(check(text.as_bytes(), paths).unwrap(), expected);
    }

    #[test]
    fn numbers_and_texts_read_as_serde_reads_them(text in json_text()) {
        let row: Value = serde_json::from_str(&text).unwrap();
        let mut ours = crate::canonical::Canonical::default();
        value::canonicalise(text.as_bytes(), &mut ours);
        let mut theirs = crate::canonical::Canonical::default();
        value::canonicalise(row.to_string().as_bytes(), &mut theirs);
        prop_assert_eq!(ours.as_str(), theirs.as_str());
        if let Value::Object(members) = &row {
            let last: std::collections::HashMap<_, _> = value::members(text.trim().as_bytes())
                .map(|(name, span)| (name.into_owned(), span.of(text.trim().as_bytes()).to_vec())).collect();
            for (name, member) in members {
                match member {
                    Value::String(text) => prop_assert_eq!(&*value::text_value(&last[name]), text),
                    Value::Number(number) => match value::number(&last[name]) {
                        value::Number::Int(int) => {
                            // Python reads `-0` as the integer 0, serde as a float.
                            let theirs = number.as_i64().or((number.as_f64() == Some(0.0)).then_some(0));
                            prop_assert_eq!(Some(int), theirs);
                        },
                        value::Number::Float(float) => prop_assert_eq!(Some(float), number.as_f64()),
                    },
                    _ => {}
                }
            }
        }
    }
}

#[derive(Debug, Clone)]
struct Layout {
    rows: Vec<String>,
    blanks: Vec<bool>,
    feed: &'static str,
    bom: bool,
    last_feed: bool,
}

impl Layout {
    fn lines(&self) -> String {
        let mut text = String::from(if self.bom { "\u{feff}" } else { "" });
        for (at, row) in self.rows.iter().enumerate() {
            if self.blanks[at % self.blanks.len()] {
                text.push_str(" \t");
                text.push_str(self.feed);
            }
            text.push_str(row);
            if self.last_feed || at + 1 < self.rows.len() {
                text.push_str(self.feed);
            }
        }
        text
    }

    fn array(&self) -> String {
        let text = format!("[{}{}]{}", self.feed, self.rows.join(&format!(" ,{}", self.feed)), self.feed);
        if self.bom { format!("\u{feff} {text}") } else { text }
    }
}

fn layouts() -> impl Strategy<Value = Layout> {
    let row = prop_oneof![8 => json_text(), 1 => (0_usize..4000).prop_map(|length| format!("{{\"a\":\"{}\"}}", "x".repeat(length)))];
    (
        prop::collection::vec(row, 0..60),
        prop::collection::vec(any::<bool>(), 1..5),
        prop_oneof![Just("\n"), Just("\r\n")],
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(rows, blanks, feed, bom, last_feed)| Layout { rows, blanks, feed, bom, last_feed })
}

fn columns(found: Vec<Vec<column::Part>>, extracts: &[Extract]) -> Vec<ArrayRef> {
    let mut columns: Vec<Vec<_>> = extracts.iter().map(|_| vec![]).collect();
    let mut row = 0;
    for parts in found {
        let rows = parts[0].array.len() as u32;
        for (column, part) in columns.iter_mut().zip(parts) {
            column.push(column::Located { source: 0, row, part });
        }
        row += rows;
    }
    extracts.iter().zip(columns).map(|(extract, parts)| column::merge(extract, parts).unwrap()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_layout_gives_the_same_columns(layout in layouts(), power in 10_u32..14, threads in 1_usize..4) {
        let spec = spec(&["text(a)", "key(text)", "number(b)", "hash(a)", "kind(a[].b)", "length(é)"], OnBadRow::Error);
        let search = Search::new(&spec);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut all = vec![];
        for (text, array) in [(layout.lines(), false), (layout.array(), true)] {
            for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
                for size in [1 << power, BLOCK] {
                    let bytes = compress(text.as_bytes(), compression);
                    let (_folder, file) = file(&bytes, compression);
                    let found = pool.install(|| scan_in_blocks(&file, &spec, &search, size, &Silent)).unwrap();
                    prop_assert_eq!(found.file.rows as usize, layout.rows.len());
                    prop_assert_eq!(found.file.digest.as_deref(), Some(&*blake3::hash(&bytes).to_hex().to_string()));
                    let Index::Text(index) = &found.file.index else { unreachable!() };
                    prop_assert_eq!(index.array, array);
                    for (row, expected) in layout.rows.iter().enumerate() {
                        let around = &text[index.start(row as u32) as usize..index.end(row as u32) as usize];
                        prop_assert!(around.trim_start().starts_with(expected.trim()), "{:?} {:?}", around, expected);
                    }
                    all.push(columns(found.parts, &spec.extracts));
                }
            }
        }
        for other in &all[1..] {
            prop_assert_eq!(&all[0], other);
        }
    }
}

#[test]
fn a_line_is_found_again() {
    let (_folder, file) = file(b"{}\n\n{}\r\n{}", Compression::None);
    let found = super::scan(&file, &spec(&[], OnBadRow::Error), &Silent).unwrap();
    let Index::Text(index) = &found.file.index else { unreachable!() };
    assert_eq!((0..3).map(|row| line_of(&file, index, row).unwrap()).collect::<Vec<_>>(), [1, 3, 4]);
}
