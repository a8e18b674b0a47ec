//! Any text is checked as a card, and nothing in it breaks the check.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use unskew_card::check::check;
use unskew_io::Store;

fuzz_target!(|text: &[u8]| {
    let store: Arc<dyn Store> = Arc::new(unskew_fuzz::store("README.md", text));
    let found = check(&store);
    assert_eq!(found.items.len(), 12);
});
