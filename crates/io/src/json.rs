//! JSON Lines, and files that hold one JSON array.

mod assemble;
mod block;
mod check;
mod columns;
mod find;
mod one_line;
mod paths;
mod plain;
mod stream;
mod value;

pub(crate) use check::{Cursor, Flaw, Span};
pub(crate) use columns::Columns;
pub(crate) use find::{Finder, Found, PathFound};
pub(crate) use one_line::one_line;
pub(crate) use paths::known_paths;
#[cfg(test)]
pub(crate) use value::tell;
pub(crate) use value::{Listener, items, members, text, text_value};

use assemble::Assembly;
use block::Search;
use stream::{Rows, Stream};

use crate::{
    Compression, DataFile, Error, Progress, Result, ScanSpec, TextIndex,
    budget::{Budget, Room},
    compress::Text,
    scan::SourceScan,
};

/// How much is scanned at a time: small enough to stay in the cache from one look at it to the next.
const BLOCK: usize = 1 << 20;

/// Scans a JSON file.
pub(crate) fn scan(
    file: &DataFile,
    spec: &ScanSpec,
    budget: &Budget,
    progress: &dyn Progress,
) -> Result<SourceScan> {
    scan_in_blocks(file, spec, &Search::new(spec), BLOCK, budget, progress)
}

fn scan_in_blocks(
    file: &DataFile,
    spec: &ScanSpec,
    search: &Search<'_>,
    size: usize,
    budget: &Budget,
    progress: &dyn Progress,
) -> Result<SourceScan> {
    check_unchanged(file)?;
    let plain = file.compression == Compression::None && spec.limit.is_none();
    if plain && !Stream::open(file, false, size, search.longest())?.is_array() {
        return plain::scan(file, spec, search, size as u64, budget, progress);
    }
    stream_scan(file, spec, search, size, budget, progress)
}

/// Scans a file from its beginning on; while a block is scanned, the next is read.
fn stream_scan(
    file: &DataFile,
    spec: &ScanSpec,
    search: &Search<'_>,
    size: usize,
    budget: &Budget,
    progress: &dyn Progress,
) -> Result<SourceScan> {
    let mut stream = Stream::open(file, spec.digest, size, search.longest())?.within(budget.room());
    let mut assembly = Assembly::new(file, spec.on_bad_row);
    if stream.is_array() {
        assembly.set_array();
    }
    let limit = spec.limit.unwrap_or(u64::MAX);
    let mut done = 0;
    let mut next = if limit == 0 { Ok(None) } else { stream.next() };
    while let Some(rows) = next? {
        if progress.interrupted() {
            return Err(Error::Interrupted);
        }
        let left = limit - u64::from(assembly.rows());
        let (scanned, following) = rayon::join(
            || match &rows.items {
                Some(items) => search.items(&rows.bytes, items, rows.base, left),
                None => search.lines(&rows.bytes, rows.base, left),
            },
            || stream.next(),
        );
        budget.take(scanned.memory())?;
        assembly.add(scanned)?;
        progress.advance(stream.consumed() - done);
        done = stream.consumed();
        if u64::from(assembly.rows()) >= limit {
            return Ok(assembly.finish(stream.consumed(), None));
        }
        next = following;
    }
    let digest = if limit == 0 { None } else { stream.digest() };
    progress.advance(stream.consumed() - done);
    check_unchanged(file)?;
    Ok(assembly.finish(stream.consumed(), digest))
}

/// Makes sure that the file is still what it was when it was listed.
pub(crate) fn check_unchanged(file: &DataFile) -> Result<()> {
    let now = file.store.stat(&file.entry.path)?;
    if now.size == file.entry.size && now.version == file.entry.version {
        return Ok(());
    }
    Err(Error::Changed { file: file.store.display(&file.entry.path) })
}

/// Makes sure that there is room for a row of which `held` bytes are there.
fn check_room(file: &DataFile, held: usize, room: Room) -> Result<()> {
    room.check(held as u64, || format!("a row of {}", file.store.display(&file.entry.path)))
}

/// The line on which row `row` stands, from 1.
pub(crate) fn line_of(file: &DataFile, index: &TextIndex, row: u32) -> Result<u64> {
    let mut text = Text::open(file, false)?;
    let mut left = index.start(row);
    let mut line = 1;
    let mut buffer = vec![0; BLOCK];
    while left > 0 {
        let wanted = left.min(BLOCK as u64) as usize;
        let filled = text.fill(&mut buffer[..wanted])?;
        line += memchr::memchr_iter(b'\n', &buffer[..filled]).count() as u64;
        left = if filled < wanted { 0 } else { left - filled as u64 };
    }
    Ok(line)
}

/// The rows at the head of a file: about `size` bytes of them, or one row, unless it is huge.
fn head(file: &DataFile, size: usize) -> Result<Option<Rows>> {
    const LONGEST: usize = 128 << 20;
    Stream::open(file, false, size, LONGEST)?.next()
}

#[cfg(test)]
pub(crate) mod tests;
