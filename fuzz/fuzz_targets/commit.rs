//! Whatever the body of a commit is, it is read or refused, and what it would write stays in the repository.
#![no_main]

use libfuzzer_sys::fuzz_target;
use unskew_hub_server::Change;

fuzz_target!(|body: &[u8]| {
    if let Ok(change) = Change::from_ndjson(body) {
        for path in change.paths() {
            let parts: Vec<_> = path.split('/').collect();
            assert!(!parts.contains(&"") && !parts.contains(&"..") && !parts.contains(&".git"), "{path}");
        }
    }
});
