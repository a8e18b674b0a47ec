//! Whatever reads as a path or an extract reads the same when printed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use unskew_io::{Extract, Path};

fuzz_target!(|text: &str| {
    if let Ok(path) = text.parse::<Path>() {
        assert_eq!(path.to_string().parse::<Path>().expect("a path prints as a path"), path);
    }
    if let Ok(extract) = text.parse::<Extract>() {
        assert_eq!(extract.to_string().parse::<Extract>().expect("an extract prints as one"), extract);
    }
});
