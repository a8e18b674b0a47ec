//! The paths that rows have, for suggestions.

use std::collections::HashMap;

use super::{block::is_blank, check::Span, head, value};
use crate::{DataFile, Path, Result, Step};

/// How much of a file is looked at.
const HEAD_BYTES: usize = 4 << 20;
const HEAD_ROWS: usize = 1000;

/// How deep paths go, and how many of them there can be.
const DEEPEST: usize = 16;
const MOST_PATHS: usize = 10_000;

/// The paths in the rows at the head of `file`, most frequent first.
pub(crate) fn known_paths(file: &DataFile) -> Result<Vec<String>> {
    let mut paths = Paths::default();
    let Some(rows) = head(file, HEAD_BYTES)? else { return Ok(vec![]) };
    match &rows.items {
        Some(items) => items.iter().take(HEAD_ROWS).for_each(|item| paths.row(item.of(&rows.bytes))),
        None => rows
            .bytes
            .split(|&byte| byte == b'\n')
            .filter(|line| !is_blank(line))
            .take(HEAD_ROWS)
            .for_each(|line| paths.row(line)),
    }
    let mut found: Vec<(String, Count)> = paths.found.into_iter().collect();
    found.sort_by_key(|(_, count)| (std::cmp::Reverse(count.rows), count.first));
    Ok(found.into_iter().map(|(path, _)| path).collect())
}

#[derive(Default)]
struct Paths {
    rows: usize,
    found: HashMap<String, Count>,
}

struct Count {
    first: usize,
    rows: usize,
    last_row: usize,
}

impl Paths {
    fn row(&mut self, bytes: &[u8]) {
        let finder = super::find::Finder::new(vec![]);
        let utf8 = simdutf8::basic::from_utf8(bytes).is_ok();
        if utf8 && finder.row(bytes, &mut finder.found()).is_ok() {
            self.rows += 1;
            let start =
                bytes.iter().position(|&byte| byte == b'{').expect("a row that was checked is an object");
            self.value(&bytes[start..], &mut vec![]);
        }
    }

    fn value(&mut self, raw: &[u8], steps: &mut Vec<Step>) {
        if steps.len() > DEEPEST {
            return;
        }
        match raw[0] {
            b'{' => {
                for (name, span) in value::members(raw) {
                    self.part(raw, span, Step::Member(name.into_owned()), steps);
                }
            }
            b'[' => {
                let mut items = value::items(raw).peekable();
                if items.peek().is_none() {
                    // It is a list all the same, whose items may come in another row.
                    self.know(Step::Each, steps, |_, _| {});
                }
                for span in items {
                    self.part(raw, span, Step::Each, steps);
                }
            }
            _ => {}
        }
    }

    fn part(&mut self, raw: &[u8], span: Span, step: Step, steps: &mut Vec<Step>) {
        self.know(step, steps, |paths, steps| paths.value(span.of(raw), steps));
    }

    /// Notes the path one step further, and goes on from there with `next`.
    fn know(&mut self, step: Step, steps: &mut Vec<Step>, next: impl FnOnce(&mut Self, &mut Vec<Step>)) {
        steps.push(step);
        let known = self.found.len();
        let path = Path::new(steps.clone()).to_string();
        if known < MOST_PATHS || self.found.contains_key(&path) {
            let count = self.found.entry(path).or_insert(Count { first: known, rows: 0, last_row: 0 });
            if count.last_row != self.rows {
                count.last_row = self.rows;
                count.rows += 1;
            }
            next(self, steps);
        }
        steps.pop();
    }
}
