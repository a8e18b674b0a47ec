//! Whatever a program answers is read as a selection or refused.
#![no_main]

use std::sync::Once;

use libfuzzer_sys::fuzz_target;
use unskew_program::{Wire, read_answer};
use unskew_strategy::{Gives, Roles};

/// The reader catches panics of Arrow's; only those that get through it are faults.
fn let_panics_be_caught() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| std::panic::set_hook(Box::new(|_| {})));
}

fuzz_target!(|bytes: &[u8]| {
    let_panics_be_caught();
    for roles in [Roles::Same, Roles::Pairs, Roles::Single] {
        let gives = Gives { roles, columns: vec!["a".into()], ..Gives::default() };
        for wire in [Wire::Arrow, Wire::Json] {
            if let Err(error) = read_answer(wire, bytes.to_vec(), &gives) {
                drop(error.to_string());
            }
        }
    }
});
