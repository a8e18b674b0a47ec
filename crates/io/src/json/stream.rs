//! Reading rows one block after another, from compressed files and from arrays.

use super::check::Span;
use crate::{DataFile, Error, Result, budget::Room, compress::Text};

/// The mark that some editors put in front of a text.
pub(crate) const BOM: &[u8] = b"\xEF\xBB\xBF";

/// Some whole rows.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    /// Whole lines, or a stretch of an array.
    pub(crate) bytes: Vec<u8>,
    /// Where the bytes begin in the file's text.
    pub(crate) base: u64,
    /// For an array: where its items stand in `bytes`.
    pub(crate) items: Option<Vec<Span>>,
}

/// Gives out the rows of a file in order, some at a time.
pub(crate) struct Stream {
    file: DataFile,
    text: Text,
    /// What was read and not given out.
    buffer: Vec<u8>,
    base: u64,
    size: usize,
    longest: usize,
    room: Room,
    ended: bool,
    /// Whether a row that was too long has not ended yet.
    skipping: bool,
    array: Option<Splitter>,
}

impl Stream {
    /// Opens `file`, to give out about `size` bytes at a time and rows of at most `longest`.
    pub(crate) fn open(file: &DataFile, digest: bool, size: usize, longest: usize) -> Result<Self> {
        let mut stream = Self {
            file: file.clone(),
            text: Text::open(file, digest)?,
            buffer: vec![],
            base: 0,
            size,
            longest,
            room: Room::default(),
            ended: false,
            skipping: false,
            array: None,
        };
        stream.head()?;
        Ok(stream)
    }

    /// The same stream, which refuses rows for which there is no `room`.
    pub(crate) fn within(self, room: Room) -> Self {
        Self { room, ..self }
    }

    pub(crate) fn is_array(&self) -> bool {
        self.array.is_some()
    }

    /// How many bytes of the file were read so far.
    pub(crate) fn consumed(&self) -> u64 {
        self.text.consumed()
    }

    /// The digest of the file, if it was asked for and the file was read to its end.
    pub(crate) fn digest(&self) -> Option<String> {
        self.ended.then(|| self.text.digest()).flatten()
    }

    /// Finds out whether the rows are one array, which begins with a bracket.
    fn head(&mut self) -> Result<()> {
        let mut looked = 0;
        loop {
            self.fill(self.size.min(4096))?;
            if self.base == 0 && self.buffer.starts_with(BOM) {
                self.drop_front(BOM.len());
            }
            let space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
            match self.buffer[looked..].iter().position(|byte| !space(byte)) {
                Some(at) if self.buffer[looked + at] == b'[' => {
                    if self.file.promises_lines() && self.begins_with_list(looked + at)? {
                        return Ok(());
                    }
                    self.drop_front(looked + at + 1);
                    self.array = Some(Splitter::default());
                    return Ok(());
                }
                None if !self.ended && (self.buffer.len() >= BOM.len()) => looked = self.buffer.len(),
                None if !self.ended => {}
                _ => return Ok(()),
            }
        }
    }

    /// Whether the list that begins at `start` ends on the same line, and something follows it.
    fn begins_with_list(&mut self, start: usize) -> Result<bool> {
        const LONGEST: usize = 1 << 20;
        let mut list = Splitter::default();
        loop {
            let rest = &self.buffer[start + 1..];
            let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
            list.items(line);
            if list.done && !rest[list.at..].trim_ascii().is_empty() {
                return Ok(true);
            }
            if self.ended || rest.len() > LONGEST || (line.len() < rest.len() && !list.done) {
                return Ok(false);
            }
            self.fill(self.size.min(4096))?;
        }
    }

    fn drop_front(&mut self, count: usize) {
        self.buffer.drain(..count);
        self.base += count as u64;
    }

    /// Reads `count` bytes more; fewer only at the end.
    fn fill(&mut self, count: usize) -> Result<()> {
        let from = self.buffer.len();
        super::check_room(&self.file, from, self.room)?;
        self.buffer.resize(from + count, 0);
        let filled = self.text.fill(&mut self.buffer[from..])?;
        self.buffer.truncate(from + filled);
        self.ended = filled < count;
        Ok(())
    }

    /// How much to read on where `held` bytes have no row's end: twice as much each time, but no more than a row may have.
    fn more(&self, held: usize) -> usize {
        let longest = self.longest.min(self.room.most() as usize);
        self.size.max(held).min((longest + 1).saturating_sub(held)).max(1)
    }

    /// The rows that follow, or none at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Rows>> {
        if self.array.is_some() { self.next_items() } else { self.next_lines() }
    }

    fn next_lines(&mut self) -> Result<Option<Rows>> {
        let mut searched = 0;
        loop {
            if !self.ended {
                self.fill(self.more(searched))?;
            }
            if self.skipping {
                match memchr::memchr(b'\n', &self.buffer) {
                    Some(feed) => {
                        self.drop_front(feed + 1);
                        self.skipping = false;
                    }
                    None => self.drop_front(self.buffer.len()),
                }
            }
            let feed = memchr::memrchr(b'\n', &self.buffer[searched..]);
            let whole = match feed {
                Some(at) => searched + at + 1,
                None if self.ended => self.buffer.len(),
                None if self.buffer.len() > self.longest => {
                    self.skipping = true;
                    self.buffer.len()
                }
                None => {
                    searched = self.buffer.len();
                    continue;
                }
            };
            // A row without an end is given out alone, at the file's end or because it is too long.
            return Ok((whole > 0).then(|| self.give(whole, None)));
        }
    }

    /// Gives out the first `count` bytes of the buffer.
    fn give(&mut self, count: usize, items: Option<Vec<Span>>) -> Rows {
        let rest = self.buffer.split_off(count);
        let bytes = std::mem::replace(&mut self.buffer, rest);
        let base = self.base;
        self.base += count as u64;
        Rows { bytes, base, items }
    }

    fn next_items(&mut self) -> Result<Option<Rows>> {
        loop {
            if !self.ended {
                self.fill(self.more(self.buffer.len()))?;
            }
            let splitter = self.array.as_mut().expect("only called for arrays");
            let items = splitter.items(&self.buffer);
            let (start, at, done) = (splitter.start, splitter.at, splitter.done);
            if done {
                let space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
                if !self.buffer[at..].iter().all(space) {
                    return Err(self.damaged("something follows the array"));
                }
            }
            if !items.is_empty() {
                self.array.as_mut().expect("only called for arrays").rebase(start);
                return Ok(Some(self.give(start, Some(items))));
            }
            if self.ended {
                return if done { Ok(None) } else { Err(self.damaged("the array is cut off")) };
            }
            if done {
                // Only white space may be left, which need not be kept.
                let at = self.buffer.len();
                self.array.as_mut().expect("only called for arrays").rebase(at);
                self.buffer.clear();
            } else if self.buffer.len() > self.longest {
                return Err(self.damaged("an item of the array is longer than 2 GiB"));
            }
        }
    }

    fn damaged(&self, detail: &str) -> Error {
        Error::Damaged { file: self.file.store.display(&self.file.entry.path), detail: detail.to_owned() }
    }
}

/// Finds the items of an array by its brackets, commas and quotes; what is in them is checked elsewhere.
#[derive(Debug, Default)]
struct Splitter {
    /// How far it looked.
    at: usize,
    /// Where the item begins that it is in.
    start: usize,
    depth: usize,
    in_text: bool,
    /// Whether an item has to follow, because a comma stood there.
    owed: bool,
    /// Whether the array has ended.
    done: bool,
}

impl Splitter {
    /// The items that end in `buffer`, from where it looked last.
    fn items(&mut self, buffer: &[u8]) -> Vec<Span> {
        let mut items = vec![];
        while self.at < buffer.len() && !self.done {
            if self.in_text {
                match memchr::memchr2(b'"', b'\\', &buffer[self.at..]) {
                    Some(length) if buffer[self.at + length] == b'"' => {
                        self.at += length + 1;
                        self.in_text = false;
                    }
                    Some(length) if self.at + length + 1 < buffer.len() => self.at += length + 2,
                    // What is escaped is not there yet.
                    Some(length) => {
                        self.at += length;
                        break;
                    }
                    None => self.at = buffer.len(),
                }
                continue;
            }
            match buffer[self.at] {
                b'"' => self.in_text = true,
                b'[' | b'{' => self.depth += 1,
                b']' if self.depth == 0 => {
                    let last = trim(buffer, self.start, self.at);
                    if self.owed || last.start < last.end {
                        items.push(last);
                    }
                    self.start = self.at;
                    self.done = true;
                }
                b']' | b'}' => self.depth = self.depth.saturating_sub(1),
                b',' if self.depth == 0 => {
                    items.push(trim(buffer, self.start, self.at));
                    self.start = self.at + 1;
                    self.owed = true;
                }
                _ => {}
            }
            self.at += 1;
        }
        items
    }

    /// `count` bytes were taken from the buffer's front.
    fn rebase(&mut self, count: usize) {
        self.at -= count.min(self.at);
        self.start -= count.min(self.start);
    }
}

fn trim(buffer: &[u8], mut start: usize, mut end: usize) -> Span {
    let space = |at: usize| matches!(buffer[at], b' ' | b'\t' | b'\r' | b'\n');
    while start < end && space(start) {
        start += 1;
    }
    while start < end && space(end - 1) {
        end -= 1;
    }
    Span::new(start, end)
}
