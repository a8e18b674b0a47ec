//! Any bytes can be scanned as JSON, and the rows called good are those that serde takes for objects.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde::Deserialize;
use serde_json::Value;
use unskew_io::{Compression, Format, OnBadRow, ScanSpec, Silent, known_paths, scan};
use unskew_fuzz::source;

fuzz_target!(|bytes: &[u8]| {
    let (&kind, bytes) = bytes.split_first().unwrap_or((&0, &[]));
    let compression = [Compression::None, Compression::Gzip, Compression::Zstd][usize::from(kind) % 3];
    let source = source(bytes, Format::Json, compression);
    let extracts = ["key(a)", "text(a.b)", "number(a[].b)", "hash(a[0])", "length(a)"];
    let spec = ScanSpec {
        extracts: extracts.iter().map(|text| text.parse().expect("these are extracts")).collect(),
        on_bad_row: OnBadRow::Skip,
        limit: None,
        memory: None,
        digest: true,
    };
    let _ = known_paths(&source);
    let Ok(found) = scan(&[source], &spec, &Silent) else { return };
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if compression == Compression::None && !text.trim_ascii_start().starts_with(b"[") {
        let blank = |line: &&[u8]| line.iter().all(|byte| b" \t\r".contains(byte));
        let rows = text.split(|&byte| byte == b'\n').filter(|line| !blank(line));
        let bad: Vec<u32> = found.files[0].bad.iter().filter(|bad| bad.reason != "too-deep").map(|bad| bad.row).collect();
        let deep: Vec<u32> = found.files[0].bad.iter().filter(|bad| bad.reason == "too-deep").map(|bad| bad.row).collect();
        for (row, line) in rows.enumerate() {
            if !deep.contains(&(row as u32)) {
                assert_ne!(is_object(line), bad.contains(&(row as u32)));
            }
        }
    }
});

/// Whether serde takes a row, which is not deep, for an object.
fn is_object(line: &[u8]) -> bool {
    let mut reader = serde_json::Deserializer::from_slice(line);
    reader.disable_recursion_limit();
    Value::deserialize(&mut reader).is_ok_and(|value| value.is_object() && reader.end().is_ok())
}
