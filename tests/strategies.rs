//! Runs the pages in `tests/strategies`, each of which is documentation and test at once.
//!
//! A section with a fence `yaml recipe` is a case: its `jsonl rows [FILE]` are written to a folder, the program runs
//! there, and what comes out must be what the section's other fences say: `jsonl expected [SPLIT] [any-order]`,
//! `jsonl overflow [SPLIT]`, `text report` (part of what is printed, with `…` for any lines), `text error [CODE]`
//! (all that a failing run says), `text plan`. With `UPDATE=1` in the environment the fences are rewritten instead.

#![allow(clippy::unwrap_used)]

#[path = "strategies/case.rs"]
mod case;
#[path = "common/common.rs"]
mod common;
#[path = "strategies/diff.rs"]
mod diff;
#[path = "strategies/page.rs"]
mod page;

use std::{env, fs, path::Path};

use common::{Dir, without_times};
use page::Page;

/// One test for each page.
macro_rules! pages {
    ($($page:ident)*) => {
        const PAGES: &[&str] = &[$(stringify!($page)),*];

        mod pages {
            $(#[test] fn $page() { super::check(stringify!($page)); })*
        }
    };
}

pages! { batch cap checks dedup difficulty kto mix order pair preference sample shapes split target unpair weigh }

#[test]
fn every_page_has_its_test() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/strategies");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut found: Vec<_> = files.filter_map(|name| name.strip_suffix(".md").map(str::to_owned)).collect();
    found.sort();
    assert_eq!(found, PAGES, "name every page, in alphabetical order, in `pages!` in tests/strategies.rs");
}

fn check(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/strategies").join(format!("{name}.md"));
    let page =
        fs::read_to_string(&path).map_err(|error| error.to_string()).and_then(|text| Page::parse(&text));
    let page = page.unwrap_or_else(|error| panic!("{name}.md: {error}"));
    let mut verdict = case::check(&page, Dir::unskew);
    if env::var_os("UPDATE").is_some_and(|value| value == "1") {
        fs::write(&path, page.with(verdict.differences)).expect("the page can be written");
    } else if !verdict.shown.is_empty() {
        verdict.problems += &verdict.shown;
        verdict.problems += "UPDATE=1 rewrites these parts of the page\n";
    }
    assert!(verdict.problems.is_empty(), "{name}.md\n{}", verdict.problems);
}

#[test]
fn folders_and_times_are_made_steady() {
    let dir = Dir::new();
    let path = dir.path().join("rows.jsonl");
    assert_eq!(dir.steady(&format!("error: {}: no", path.display())), "error: [folder]/rows.jsonl: no");
    assert_eq!(without_times("read in 0.25 s, 12ms, 3 min"), "read in [time], [time], [time]");
    assert_eq!(without_times("3 splits, 12 m, v2s, a_1s, 7"), "3 splits, 12 m, v2s, a_1s, 7");
}
