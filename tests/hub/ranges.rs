//! How much of a Parquet file comes over the network.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use parquet::{arrow::ArrowWriter, file::properties::WriterProperties};

use super::{Dir, json, scripted::Scripted, unskew};

/// A wide Parquet file of about ten megabytes and twelve row groups.
fn parquet() -> Vec<u8> {
    let mut state = 1_u64;
    let mut noise = || {
        let mut word = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            format!("{state:016x}")
        };
        (0..50).map(|_| word()).collect::<String>()
    };
    let rows = 0..12_000_i64;
    let id: ArrayRef = Arc::new(rows.clone().collect::<Int64Array>());
    let task: ArrayRef =
        Arc::new(rows.clone().map(|row| Some(format!("t{}", row % 7))).collect::<StringArray>());
    let text: ArrayRef = Arc::new(rows.map(|_| Some(noise())).collect::<StringArray>());
    let batch = RecordBatch::try_from_iter([("id", id), ("task", task), ("text", text)]).unwrap();
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(1000)).build();
    let mut bytes = vec![];
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

const URL: &str = "hf://datasets/o/n/data/train.parquet";

#[test]
fn a_narrow_column_is_a_small_part() {
    let dir = Dir::new();
    let bytes = parquet();
    let size = bytes.len() as u64;
    let hub = Scripted::new([("data/train.parquet", bytes)]);
    let sent = |arguments: &[&str]| {
        let before = hub.sent();
        unskew(&dir, &hub.endpoint(), &[], arguments).success();
        hub.sent() - before
    };
    dir.write("plan.yaml", format!("source: {URL}\nstages:\n  - cap: {{by: task, max: 100}}\n"));
    for arguments in [&["inspect", URL, "--by", "task"][..], &["plan", "plan.yaml"]] {
        let sent = sent(arguments);
        assert!(sent * 100 < size * 3, "{arguments:?} pulled {sent} of {size} bytes");
    }
    assert_eq!(dir.files("home/hub/datasets--o--n/blobs"), [""; 0]);
}

#[test]
fn a_run_pulls_the_row_groups_it_needs_or_the_whole_file() {
    let dir = Dir::new();
    let bytes = parquet();
    let size = bytes.len() as u64;
    let hub = Scripted::new([("data/train.parquet", bytes)]);
    let run = |condition: &str| {
        let before = hub.sent();
        dir.write("run.yaml", format!("source: {URL}\nwhere: {condition}\noutput: {{to: out}}\n"));
        unskew(&dir, &hub.endpoint(), &[], &["run", "run.yaml", "--quiet"]).success();
        hub.sent() - before
    };
    let few = run("id < 500");
    assert!(few * 2 < size, "{few} of {size}");
    assert_eq!(dir.files("home/hub/datasets--o--n/blobs"), [""; 0]);
    let lock = json(&dir, "out/.unskew/lock.json");
    assert_eq!(lock["sources"][0]["sha256"].as_str().map(str::len), Some(64));
    assert!(lock["sources"][0]["blake3"].is_null());

    // Each byte comes once, even if some of them were needed before the rest.
    let most = run("id % 2 = 0");
    assert!((size..size + size / 100).contains(&most), "{most} of {size}");
    assert_eq!(dir.files("home/hub/datasets--o--n/blobs").len(), 1);
    assert_eq!(run("id < 500"), 0);
    assert_eq!(json(&dir, "out/.unskew/lock.json"), lock);
}
