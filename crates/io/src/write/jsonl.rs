//! Writing JSON Lines, plain or compressed, in shards.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::{
    Columns, Form, Gather, Order, Output, Pass, Writing, WrittenFile, Wrote, digesting::Digesting, look,
    ordered,
};
use crate::{Compression, Error, Progress, Result, Scan, Source, buffers::Buffers, infer::RowSketch};

/// What compressors are given at a time, so that the same rows always give the same bytes.
const BLOCK: usize = 256 << 10;

/// How hard Zstandard tries: its own default.
const ZSTD_LEVEL: i32 = 3;

/// The most files that are written at the same time; a process may often have 256 open.
const OPEN_FILES: u64 = 128;

/// Writes the rows of all outputs as JSON Lines.
pub(crate) fn write(
    sources: &[Source],
    scan: &Scan,
    outputs: &[Output<'_>],
    writing: &Writing,
    progress: &dyn Progress,
) -> Result<Vec<Wrote>> {
    let Some(first) = outputs.first() else { return Ok(vec![]) };
    let addresses: Vec<&[u32]> = outputs.iter().map(|output| output.addresses).collect();
    let widths: Vec<usize> = outputs.iter().map(Output::width).collect();
    let order = Order::with_widths(&addresses, widths.clone(), at_once(writing))?;
    let forms: Vec<Option<Form<'_>>> = outputs.iter().map(Output::form).collect::<Result<_>>()?;
    let gather = Gather {
        sources,
        scan,
        order: &order,
        forms: if forms.iter().any(Option::is_some) { &forms } else { &[] },
        look: true,
        memory: writing.memory,
        progress,
        buffers: Buffers::default(),
    };
    let pass = Pass { name: "gather", scratch: &first.folder, memory: writing.memory };
    let mut columns = vec![RowSketch::default(); order.streams()];
    let mut shards: Vec<Shards<'_>> = outputs.iter().map(|output| Shards::new(output, writing)).collect();
    ordered(&gather, pass, &mut |part| look(part, &mut columns), &mut |output, bytes, ends| {
        shards[output].add(bytes, ends)
    })?;
    let mut columns = columns.into_iter();
    let wrote = |(shards, width): (Shards<'_>, usize)| {
        let columns = Columns(columns.by_ref().take(width).collect());
        Ok(Wrote { files: shards.finish()?, columns: Some(columns) })
    };
    shards.into_iter().zip(widths).map(wrote).collect()
}

/// How many outputs are written at the same time; their compressors take an eighth of the memory.
fn at_once(writing: &Writing) -> usize {
    let memory = writing.memory / 8;
    let most = match writing.compression {
        Compression::None => OPEN_FILES,
        Compression::Gzip => memory / (1 << 20),
        Compression::Zstd => memory / (4 << 20),
    };
    most.clamp(1, OPEN_FILES) as usize
}

/// The files of one output.
struct Shards<'a> {
    output: &'a Output<'a>,
    writing: &'a Writing,
    /// How many rows are still to come.
    left: usize,
    current: Option<Shard>,
    written: Vec<(PathBuf, WrittenFile)>,
}

impl<'a> Shards<'a> {
    fn new(output: &'a Output<'_>, writing: &'a Writing) -> Self {
        Self { output, writing, left: output.rows(), current: None, written: vec![] }
    }

    /// Adds rows, of which `ends` says where each ends.
    fn add(&mut self, bytes: &[u8], ends: &[usize]) -> Result<()> {
        let (mut from, mut row) = (0, 0);
        while row < ends.len() {
            let room = self.room();
            let fit = ends[row..].partition_point(|&end| (end - from) as u64 <= room);
            if fit == 0 && self.current.is_some() {
                self.end_shard()?;
                continue;
            }
            // A row larger than a shard has one for itself.
            let count = fit.max(1);
            let to = ends[row + count - 1];
            self.shard()?.add(&bytes[from..to], count as u64)?;
            row += count;
            from = to;
        }
        self.left -= ends.len();
        // What is complete is closed, so that its file and its compressor are not open while others are written.
        if self.left == 0 { self.end_shard() } else { Ok(()) }
    }

    fn shard(&mut self) -> Result<&mut Shard> {
        let shard = match self.current.take() {
            Some(shard) => shard,
            None => Shard::create(self.output, self.writing, self.written.len())?,
        };
        Ok(self.current.insert(shard))
    }

    fn end_shard(&mut self) -> Result<()> {
        if let Some(shard) = self.current.take() {
            self.written.push(shard.finish(self.writing)?);
        }
        Ok(())
    }

    /// How many bytes the current shard has room for.
    fn room(&self) -> u64 {
        if self.output.exact_name {
            u64::MAX
        } else {
            let taken = self.current.as_ref().map_or(0, |shard| shard.bytes);
            self.writing.shard_bytes.saturating_sub(taken)
        }
    }

    /// Gives the files their names; there is always one.
    fn finish(mut self) -> Result<Vec<WrittenFile>> {
        if self.written.is_empty() {
            self.shard()?;
            self.end_shard()?;
        }
        let count = self.written.len();
        let ending = match self.writing.compression {
            Compression::None => "",
            Compression::Gzip => ".gz",
            Compression::Zstd => ".zst",
        };
        let mut files = vec![];
        for (number, (path, mut file)) in self.written.into_iter().enumerate() {
            file.name = if self.output.exact_name {
                self.output.name.to_owned()
            } else {
                format!("{}-{number:05}-of-{count:05}.jsonl{ending}", self.output.name)
            };
            let target = self.output.folder.join(&file.name);
            fs::rename(&path, &target).map_err(|source| failed(&target, source))?;
            files.push(file);
        }
        Ok(files)
    }
}

/// A file being written.
struct Shard {
    path: PathBuf,
    encoder: Encoder,
    /// What was not yet given to the compressor.
    pending: Vec<u8>,
    rows: u64,
    bytes: u64,
}

enum Encoder {
    Plain(Box<Digesting>),
    Gzip(Box<flate2::write::GzEncoder<Digesting>>),
    Zstd(Box<zstd::stream::write::Encoder<'static, Digesting>>),
}

impl Shard {
    fn create(output: &Output<'_>, writing: &Writing, number: usize) -> Result<Self> {
        let path = output.folder.join(format!(".{}-{number:05}.part", output.name));
        let file = File::create(&path).map_err(|source| failed(&path, source))?;
        let file = Digesting::new(file);
        let encoder = match writing.compression {
            Compression::None => Encoder::Plain(Box::new(file)),
            Compression::Gzip => {
                Encoder::Gzip(Box::new(flate2::write::GzEncoder::new(file, flate2::Compression::default())))
            }
            Compression::Zstd => {
                let encoder = zstd::stream::write::Encoder::new(file, ZSTD_LEVEL).and_then(|mut encoder| {
                    encoder.include_checksum(true)?;
                    Ok(encoder)
                });
                Encoder::Zstd(Box::new(encoder.map_err(|source| failed(&path, source))?))
            }
        };
        Ok(Self { path, encoder, pending: vec![], rows: 0, bytes: 0 })
    }

    fn add(&mut self, bytes: &[u8], rows: u64) -> Result<()> {
        self.rows += rows;
        self.bytes += bytes.len() as u64;
        self.write(bytes).map_err(|source| failed(&self.path, source))
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Encoder::Plain(file) = &mut self.encoder {
            return file.write_all(bytes);
        }
        self.pending.extend_from_slice(bytes);
        let whole = self.pending.len() / BLOCK * BLOCK;
        for block in self.pending[..whole].chunks(BLOCK) {
            self.encoder.write_all(block)?;
        }
        self.pending.drain(..whole);
        Ok(())
    }

    /// Ends the file, which has no name yet.
    fn finish(mut self, writing: &Writing) -> Result<(PathBuf, WrittenFile)> {
        let path = self.path;
        let end = || -> io::Result<Digesting> {
            self.encoder.write_all(&self.pending)?;
            let file = match self.encoder {
                Encoder::Plain(file) => *file,
                Encoder::Gzip(encoder) => encoder.finish()?,
                Encoder::Zstd(encoder) => encoder.finish()?,
            };
            if writing.sync {
                file.sync()?;
            }
            Ok(file)
        };
        let file = end().map_err(|source| failed(&path, source))?;
        let written = WrittenFile {
            name: String::new(),
            rows: self.rows,
            bytes: file.bytes(),
            arrow_bytes: self.bytes,
            nulls: vec![],
            digest: file.digest(),
        };
        Ok((path, written))
    }
}

impl Write for Encoder {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(file) => file.write(bytes),
            Self::Gzip(encoder) => encoder.write(bytes),
            Self::Zstd(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(file) => file.flush(),
            Self::Gzip(encoder) => encoder.flush(),
            Self::Zstd(encoder) => encoder.flush(),
        }
    }
}

fn failed(path: &Path, source: io::Error) -> Error {
    Error::Io { action: "write", path: path.display().to_string(), source }
}
