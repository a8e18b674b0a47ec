//! Any bytes can be scanned as Parquet, and what is found can be read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use unskew_fuzz::source;
use unskew_io::{Compression, Error, Format, ScanSpec, Silent, infer, known_paths, scan};

// The reader makes errors of the panics of what it reads Parquet with; only those that come through are crashes.
fuzz_target!(init: std::panic::set_hook(Box::new(|_| {})), |bytes: &[u8]| {
    let sources = [source(bytes, Format::Parquet, Compression::None)];
    let extracts = ["a", "key(a)", "text(a.b)", "number(a[].b)", "hash(a[0])", "items(a)", "kind(b)"];
    let spec = ScanSpec {
        extracts: extracts.iter().map(|text| text.parse().expect("these are extracts")).collect(),
        digest: true,
        ..ScanSpec::default()
    };
    let _ = known_paths(&sources[0]);
    match scan(&sources, &spec, &Silent) {
        Ok(found) => {
            let rows: Vec<u32> = (0..found.files[0].rows.min(100)).collect();
            infer(&sources, &found, &rows, &Silent).expect("a file that was scanned has a schema");
        }
        Err(Error::Damaged { .. } | Error::TooManyRows | Error::MixedTypes { .. } | Error::Arrow(_)) => {}
        Err(other) => panic!("{other}"),
    }
});
