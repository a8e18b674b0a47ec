//! Scanning one block of rows.

use super::{
    check::{Flaw, Span},
    columns::Columns,
    find::{Finder, Found},
};
use crate::{BadRow, Extract, OnBadRow, ScanSpec, column::Part, index::Block};

/// The longest row, in bytes.
pub(crate) const LONGEST_ROW: usize = 2 << 30;

/// How many bad rows of a block or a file come with their details.
pub(crate) const DETAILS: usize = 100;

/// What to look for in every row.
pub(crate) struct Search<'a> {
    finder: Finder,
    extracts: &'a [Extract],
    on_bad_row: OnBadRow,
    longest: usize,
}

/// What was found in one block. Row and line numbers count from its beginning.
pub(crate) struct Scanned {
    pub(crate) block: Block,
    pub(crate) parts: Vec<Part>,
    pub(crate) bad: Vec<BadRow>,
    pub(crate) lines: u64,
    /// Where the last row ends at the latest.
    pub(crate) end: u64,
    /// Whether each row ends with one line feed right before the next row begins.
    pub(crate) tight: bool,
    /// Whether a bad row ended the scan.
    pub(crate) stopped: bool,
}

impl<'a> Search<'a> {
    pub(crate) fn new(spec: &'a ScanSpec) -> Self {
        let paths = spec.extracts.iter().map(|extract| extract.path.clone()).collect();
        Self {
            finder: Finder::new(paths),
            extracts: &spec.extracts,
            on_bad_row: spec.on_bad_row,
            longest: LONGEST_ROW,
        }
    }

    /// With another length that is too long.
    #[cfg(test)]
    pub(crate) fn with_longest(self, longest: usize) -> Self {
        Self { longest, ..self }
    }

    /// The longest row, in bytes.
    pub(crate) fn longest(&self) -> usize {
        self.longest
    }

    /// Scans at most `limit` rows of whole lines that begin at `base` in their file.
    pub(crate) fn lines(&self, bytes: &[u8], base: u64, limit: u64) -> Scanned {
        let mut rows = Rows::new(self, bytes, base);
        let mut start = 0;
        while start < bytes.len() && (rows.starts.len() as u64) < limit && !rows.stopped {
            let feed = memchr::memchr(b'\n', &bytes[start..]);
            let end = feed.map_or(bytes.len(), |length| start + length);
            let row = Span::new(start, end - usize::from(bytes[start..end].ends_with(b"\r")));
            if is_blank(row.of(bytes)) {
                rows.tight = false;
            } else {
                rows.tight &= feed.is_some() && row.end as usize == end;
                rows.row(row, Some(rows.lines));
            }
            rows.lines += 1;
            start = end + 1;
        }
        rows.finish(start.min(bytes.len()))
    }

    /// Scans at most `limit` items of an array, which stand at `items` in `bytes`, which begin at `base` in their file.
    pub(crate) fn items(&self, bytes: &[u8], items: &[Span], base: u64, limit: u64) -> Scanned {
        let mut rows = Rows::new(self, bytes, base);
        rows.tight = false;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        for &item in items.iter().take(limit) {
            if !rows.stopped {
                rows.row(item, None);
            }
        }
        rows.finish(items.get(limit).map_or(bytes.len(), |next| next.start as usize))
    }
}

impl Scanned {
    /// How much memory is kept of it.
    pub(crate) fn memory(&self) -> u64 {
        let starts = self.block.starts.len() * size_of::<u32>();
        self.parts.iter().map(Part::bytes).sum::<u64>() + starts as u64
    }
}

/// The rows of one block as they are scanned.
struct Rows<'a> {
    search: &'a Search<'a>,
    bytes: &'a [u8],
    base: u64,
    /// Whether each row is known to be UTF-8, because the block is.
    utf8: bool,
    found: Found,
    columns: Columns<'a>,
    starts: Vec<u32>,
    bad: Vec<BadRow>,
    lines: u64,
    tight: bool,
    stopped: bool,
}

impl<'a> Rows<'a> {
    fn new(search: &'a Search<'a>, bytes: &'a [u8], base: u64) -> Self {
        Self {
            search,
            bytes,
            base,
            utf8: simdutf8::basic::from_utf8(bytes).is_ok(),
            found: search.finder.found(),
            columns: Columns::new(search.extracts),
            starts: vec![],
            bad: vec![],
            lines: 0,
            tight: true,
            stopped: false,
        }
    }

    fn row(&mut self, span: Span, line: Option<u64>) {
        let bytes = span.of(self.bytes);
        self.starts.push(span.start);
        match self.check(bytes) {
            Ok(()) => self.columns.row(bytes, &self.found),
            Err(flaw) => self.bad(flaw, line),
        }
    }

    fn check(&mut self, bytes: &[u8]) -> Result<(), Flaw> {
        if bytes.len() > self.search.longest {
            return Err(Flaw {
                reason: "too-long",
                what: "the row is longer than 2 GiB",
                at: self.search.longest,
            });
        }
        if !self.utf8 {
            simdutf8::compat::from_utf8(bytes).map_err(|error| Flaw {
                reason: "invalid-utf8",
                what: "the text is not UTF-8",
                at: error.valid_up_to(),
            })?;
        }
        self.search.finder.row(bytes, &mut self.found)
    }

    fn bad(&mut self, flaw: Flaw, line: Option<u64>) {
        let detail = if self.bad.len() < DETAILS {
            format!("{} (column {})", flaw.what, flaw.at + 1)
        } else {
            String::new()
        };
        self.bad.push(BadRow { row: self.starts.len() as u32 - 1, reason: flaw.reason, detail, line });
        self.columns.bad_row();
        self.stopped = self.search.on_bad_row == OnBadRow::Error;
    }

    fn finish(mut self, end: usize) -> Scanned {
        self.starts.shrink_to_fit();
        Scanned {
            block: Block { row: 0, base: self.base, starts: self.starts },
            parts: self.columns.finish(),
            bad: self.bad,
            lines: self.lines,
            end: self.base + end as u64,
            tight: self.tight,
            stopped: self.stopped,
        }
    }
}

/// Whether `bytes` are only white space.
pub(crate) fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r'))
}
