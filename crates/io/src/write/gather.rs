//! Gathering chosen rows as JSON text, in the order of their addresses.

use std::collections::{BTreeMap, btree_map::Entry};

use rayon::prelude::*;

use super::{
    Order,
    form::{Form, Former},
    piece::Piece,
};
use crate::{
    BadRow, Compression, DataFile, Error, Format, Index, Progress, Result, Scan, Source, TextIndex,
    arrow_side,
    buffers::Buffers,
    compress::Text,
    json::{check_unchanged, one_line},
};

/// How much source text one task gathers from, about.
const TASK: u64 = 1 << 20;

/// What lies between two rows and is cheaper read than left out.
const GAP: u64 = 8 << 10;

/// What takes pieces, in order.
pub(crate) type PieceSink<'a> = dyn FnMut(&mut Piece) -> Result<()> + Send + 'a;

/// A pass over the chosen rows.
pub(crate) struct Gather<'a> {
    pub(crate) sources: &'a [Source],
    pub(crate) scan: &'a Scan,
    pub(crate) order: &'a Order<'a>,
    /// What becomes of the rows of each output; nothing where all stay as they are.
    pub(crate) forms: &'a [Option<Form<'a>>],
    /// Whether to look what columns the rows have.
    pub(crate) look: bool,
    /// How much the pieces under way may take.
    pub(crate) memory: u64,
    pub(crate) progress: &'a dyn Progress,
    pub(crate) buffers: Buffers,
}

/// Chosen rows of one source: places `from..to`, rows counted from address `base`.
#[derive(Debug, Clone, Copy)]
struct Run {
    source: usize,
    base: u64,
    from: usize,
    to: usize,
}

impl Gather<'_> {
    /// Gives all rows to `sink`; while it takes some, the next are gathered.
    pub(crate) fn run(&self, sink: &mut PieceSink<'_>) -> Result<()> {
        let runs = self.runs();
        self.check_unchanged(&runs)?;
        let most = (self.memory / 4 / TASK).clamp(1, 2 * rayon::current_num_threads() as u64) as usize;
        let mut wave: Vec<(Run, &DataFile, &TextIndex)> = vec![];
        let mut ready: Vec<Piece> = vec![];
        for &run in &runs {
            let source = &self.sources[run.source];
            match (source, &self.scan.files[run.source].index) {
                (Source::File(file), Index::Text(index)) if file.compression == Compression::None => {
                    for task in self.tasks(run, index) {
                        wave.push((task, file, index));
                        if wave.len() == most {
                            self.turn(&mut wave, &mut ready, sink)?;
                        }
                    }
                }
                (Source::File(file), Index::Text(index)) => {
                    self.turn(&mut wave, &mut ready, sink)?;
                    self.stream(run, file, index, &mut ready, sink)?;
                }
                _ => {
                    self.turn(&mut wave, &mut ready, sink)?;
                    self.sink(ready.drain(..), sink)?;
                    self.other(run, source, sink)?;
                }
            }
        }
        self.turn(&mut wave, &mut ready, sink)?;
        self.sink(ready.drain(..), sink)?;
        self.check_unchanged(&runs)
    }

    /// How many bytes of source text the chosen rows with slots below `slots` take, about.
    pub(crate) fn expected(&self, slots: u32) -> u64 {
        self.size(|at| self.order.slot(at) < slots)
    }

    /// How many bytes of source text are read, about: a row that goes to several outputs is read once.
    pub(crate) fn to_read(&self) -> u64 {
        self.size(|at| at == 0 || self.order.address(at - 1) != self.order.address(at))
    }

    /// How many bytes of source text the rows at those places take that count, about.
    fn size(&self, counts: impl Fn(usize) -> bool) -> u64 {
        let size = |run: &Run| {
            let file = &self.scan.files[run.source];
            let rows = (run.from..run.to).filter(|&at| counts(at));
            match &file.index {
                Index::Text(index) => {
                    rows.map(|at| self.row(*run, at)).map(|row| index.end(row) - index.start(row)).sum()
                }
                Index::Number => {
                    let share = rows.count() as f64 / f64::from(file.rows.max(1));
                    (4.0 * file.bytes as f64 * share) as u64
                }
            }
        };
        self.runs().iter().map(size).sum()
    }

    /// Which sources have chosen rows, and where those are in the order.
    fn runs(&self) -> Vec<Run> {
        let mut runs = vec![];
        let (mut base, mut from) = (0_u64, 0);
        for (source, file) in self.scan.files.iter().enumerate() {
            let to = self.order.reaches(from, base + u64::from(file.rows));
            if to > from {
                runs.push(Run { source, base, from, to });
            }
            base += u64::from(file.rows);
            from = to;
        }
        assert_eq!(from, self.order.len(), "every address is a row of some source");
        runs
    }

    fn check_unchanged(&self, runs: &[Run]) -> Result<()> {
        runs.iter().try_for_each(|run| match &self.sources[run.source] {
            Source::File(file) if file.format == Format::Json => check_unchanged(file),
            _ => Ok(()),
        })
    }

    fn row(&self, run: Run, at: usize) -> u32 {
        (u64::from(self.order.address(at)) - run.base) as u32
    }

    /// Cuts a run into tasks of about [`TASK`] bytes.
    fn tasks(&self, run: Run, index: &TextIndex) -> impl Iterator<Item = Run> {
        let mut from = run.from;
        std::iter::from_fn(move || {
            if from == run.to {
                return None;
            }
            let mut bytes = 0;
            let mut to = from;
            while to < run.to && bytes < TASK {
                let row = self.row(run, to);
                bytes += index.end(row) - index.start(row);
                to += 1;
            }
            let task = Run { from, to, ..run };
            from = to;
            Some(task)
        })
    }

    /// Gathers a wave of tasks in parallel while the pieces of the wave before go to the sink.
    fn turn(
        &self,
        wave: &mut Vec<(Run, &DataFile, &TextIndex)>,
        ready: &mut Vec<Piece>,
        sink: &mut PieceSink<'_>,
    ) -> Result<()> {
        let before = std::mem::take(ready);
        let (gathered, sunk) = rayon::join(
            || {
                wave.par_iter()
                    .with_max_len(1)
                    .map(|&(run, file, index)| self.task(run, file, index))
                    .collect()
            },
            || self.sink(before, sink),
        );
        sunk?;
        wave.clear();
        let gathered: Result<Vec<Piece>> = gathered;
        *ready = gathered?;
        Ok(())
    }

    fn sink(&self, pieces: impl IntoIterator<Item = Piece>, sink: &mut PieceSink<'_>) -> Result<()> {
        pieces.into_iter().try_for_each(|mut piece| {
            sink(&mut piece)?;
            self.buffers.give(piece.into_buffer());
            Ok(())
        })
    }

    fn task(&self, run: Run, file: &DataFile, index: &TextIndex) -> Result<Piece> {
        if self.progress.interrupted() {
            return Err(Error::Interrupted);
        }
        let mut rows = Rows::new(self, file, index, run.source);
        let mut buffer = self.buffers.take();
        let mut at = run.from;
        while at < run.to {
            let start = index.start(self.row(run, at));
            let mut end = index.end(self.row(run, at));
            let mut last = at + 1;
            while last < run.to && index.start(self.row(run, last)) <= end + GAP && end - start < TASK {
                end = index.end(self.row(run, last));
                last += 1;
            }
            buffer.resize((end - start) as usize, 0);
            if file.store.read(&file.entry.path, start, &mut buffer)? < buffer.len() {
                return Err(Error::Changed { file: file.store.display(&file.entry.path) });
            }
            self.progress.advance(end - start);
            for place in self.order.by_stream(at..last) {
                let row = self.row(run, place);
                let (from, to) = ((index.start(row) - start) as usize, (index.end(row) - start) as usize);
                rows.push(place, row, &buffer[from..to])?;
            }
            at = last;
        }
        self.buffers.give(buffer);
        rows.making.piece()
    }

    /// Gathers from a compressed file, from its beginning to the last chosen row.
    fn stream(
        &self,
        run: Run,
        file: &DataFile,
        index: &TextIndex,
        ready: &mut Vec<Piece>,
        sink: &mut PieceSink<'_>,
    ) -> Result<()> {
        let mut reader = Forward { text: Text::open(file, false)?, position: 0, buffer: vec![] };
        let mut at = run.from;
        while at < run.to {
            if self.progress.interrupted() {
                return Err(Error::Interrupted);
            }
            let before = std::mem::take(ready);
            let consumed = reader.text.consumed();
            let (gathered, sunk) = rayon::join(
                || {
                    let mut rows = Rows::new(self, file, index, run.source);
                    while at < run.to && !rows.making.is_enough() {
                        let row = self.row(run, at);
                        reader.row(index.start(row), index.end(row), self.progress)?;
                        rows.push(at, row, &reader.buffer)?;
                        at += 1;
                    }
                    rows.making.piece()
                },
                || self.sink(before, sink),
            );
            sunk?;
            let gathered: Result<Piece> = gathered;
            ready.push(gathered?);
            self.progress.advance(reader.text.consumed() - consumed);
        }
        Ok(())
    }

    /// Gathers from Parquet or a table.
    fn other(&self, run: Run, source: &Source, sink: &mut PieceSink<'_>) -> Result<()> {
        let wanted: Vec<u32> = (run.from..run.to).map(|at| self.row(run, at)).collect();
        let mut making = Making::new(self);
        arrow_side::json_rows(source, &wanted, self.memory, self.progress, &mut |at, row| {
            making.push(run.from + at, run.source, row, &|| source.display())?;
            if making.is_enough() { self.sink([making.piece()?], sink) } else { Ok(()) }
        })?;
        self.sink([making.piece()?], sink)
    }
}

/// Reads a compressed file forwards.
struct Forward {
    text: Text,
    position: u64,
    buffer: Vec<u8>,
}

impl Forward {
    /// Reads `start..end` into the buffer, which may hold it already.
    fn row(&mut self, start: u64, end: u64, progress: &dyn Progress) -> Result<()> {
        if start < self.position {
            // The row before was this one too.
            return Ok(());
        }
        while self.position < start {
            if progress.interrupted() {
                return Err(Error::Interrupted);
            }
            let step = (start - self.position).min(TASK) as usize;
            self.fill(step)?;
        }
        self.fill((end - start) as usize)
    }

    fn fill(&mut self, count: usize) -> Result<()> {
        self.buffer.resize(count, 0);
        let filled = self.text.fill(&mut self.buffer)?;
        if filled < count {
            return Err(Error::Changed { file: self.text.display() });
        }
        self.position += count as u64;
        Ok(())
    }
}

/// Makes pieces of rows.
struct Making<'a> {
    gather: &'a Gather<'a>,
    formers: BTreeMap<usize, Former<'a>>,
    piece: Piece,
}

impl<'a> Making<'a> {
    fn new(gather: &'a Gather<'_>) -> Self {
        let mut bytes = gather.buffers.take();
        bytes.clear();
        Self { gather, formers: BTreeMap::new(), piece: Piece::in_buffer(bytes) }
    }

    /// Adds the row at a place of the order.
    fn push(&mut self, place: usize, source: usize, row: &[u8], file: &dyn Fn() -> String) -> Result<()> {
        let gather = self.gather;
        let slot = gather.order.slot(place);
        let bytes = self.piece.bytes_mut();
        let (output, number) = if gather.forms.is_empty() { (0, 0) } else { gather.order.output(slot) };
        match gather.forms.get(output) {
            None | Some(None) => bytes.extend_from_slice(row),
            Some(Some(form)) => {
                let former = match self.formers.entry(output) {
                    Entry::Vacant(entry) => entry.insert(form.former()?),
                    Entry::Occupied(entry) => entry.into_mut(),
                };
                former.row(row, number as usize, source, file, bytes)?;
            }
        }
        self.piece.end_row(slot);
        Ok(())
    }

    fn is_enough(&self) -> bool {
        self.piece.len() as u64 >= TASK
    }

    /// What there is so far, with the columns of the rows if they are asked for.
    fn piece(&mut self) -> Result<Piece> {
        let mut piece = std::mem::take(&mut self.piece);
        piece.divide(self.gather.order, &self.gather.buffers);
        if self.gather.look {
            piece.look()?;
        }
        Ok(piece)
    }
}

/// Takes rows as they stand in a file.
struct Rows<'a> {
    source: usize,
    file: &'a DataFile,
    index: &'a TextIndex,
    bad: &'a [BadRow],
    making: Making<'a>,
    scratch: Vec<u8>,
}

impl<'a> Rows<'a> {
    fn new(gather: &'a Gather<'_>, file: &'a DataFile, index: &'a TextIndex, source: usize) -> Self {
        let bad = &gather.scan.files[source].bad;
        Self { source, file, index, bad, making: Making::new(gather), scratch: vec![] }
    }

    /// Adds the row at a place of the order, given what stands from its start to the next row's.
    fn push(&mut self, place: usize, row: u32, around: &[u8]) -> Result<()> {
        let is_bad = |row: u32| self.bad.binary_search_by_key(&row, |bad| bad.row).is_ok();
        let row = if self.index.array {
            one_line(item(around), &mut self.scratch)
        } else if self.index.tight {
            &around[..around.len() - 1]
        } else if is_bad(row) {
            // Nobody knows what belongs to such a row, so it keeps what stands before its line feed.
            first_line(around)
        } else {
            let line = first_line(around);
            line.strip_suffix(b"\r").unwrap_or(line)
        };
        self.making.push(place, self.source, row, &|| self.file.store.display(&self.file.entry.path))
    }
}

/// The bytes before the first line feed.
fn first_line(bytes: &[u8]) -> &[u8] {
    &bytes[..memchr::memchr(b'\n', bytes).unwrap_or(bytes.len())]
}

/// The item at the front of `bytes`, without the comma and the white space that follow it.
fn item(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.trim_ascii_end();
    bytes.strip_suffix(b",").unwrap_or(bytes).trim_ascii_end()
}
