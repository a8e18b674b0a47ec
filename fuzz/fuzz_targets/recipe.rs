//! Any text is read as a recipe or refused, and whatever is said about it can be shown.
#![no_main]

use libfuzzer_sys::fuzz_target;
use unskew_core::recipe::Written;

fuzz_target!(|text: &str| {
    let overrides = [("seed".to_owned(), "7".to_owned())];
    for overrides in [&overrides[..], &[]] {
        match Written::parse("recipe.yaml", text, overrides) {
            Ok(written) => {
                let again = Written::parse("again.yaml", &written.to_text(Some(3)), &[]);
                assert_eq!(again.expect("a recipe that was read reads again").recipe.seed, 3);
            }
            Err(error) => drop(error.to_string()),
        }
    }
});
