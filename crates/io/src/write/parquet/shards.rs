//! Record batches as Parquet files of limited size.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use ::parquet::{
    arrow::{ArrowWriter, arrow_writer::ArrowWriterOptions},
    basic::Compression,
    errors::ParquetError,
    file::{
        metadata::KeyValue,
        properties::{CdcOptions, WriterProperties},
    },
};
use arrow::{
    array::RecordBatch,
    compute::concat_batches,
    datatypes::{DataType, SchemaRef},
};

use crate::{
    Error, Result, WrittenFile,
    arrow_rows::measure::{batch_bytes, row_bytes},
};

/// The most that a row group holds, unpacked.
const GROUP_BYTES: u64 = 64 << 20;
/// The most rows of a row group.
const GROUP_ROWS: usize = 1_000_000;
/// What is encoded at once; fixed, so that the same rows always give the same bytes.
const BLOCK_BYTES: u64 = 4 << 20;
const BLOCK_ROWS: usize = 4096;

/// How files are cut and named.
#[derive(Debug)]
pub(super) struct Limits<'a> {
    pub(super) folder: &'a Path,
    pub(super) name: &'a str,
    pub(super) exact_name: bool,
    pub(super) shard_bytes: u64,
    pub(super) memory: u64,
    pub(super) sync: bool,
}

/// Takes rows in order and writes them into as many files as it takes.
#[derive(Debug)]
pub(super) struct Shards<'a> {
    limits: Limits<'a>,
    schema: SchemaRef,
    group_limit: u64,
    open: Option<Shard>,
    done: Vec<(PathBuf, WrittenFile)>,
    block: Vec<RecordBatch>,
    block_rows: usize,
    block_bytes: u64,
    group_rows: usize,
    group_bytes: u64,
}

#[derive(Debug)]
struct Shard {
    path: PathBuf,
    writer: ArrowWriter<Digesting>,
    rows: u64,
    arrow_bytes: u64,
}

impl<'a> Shards<'a> {
    /// Files for rows of `schema`.
    pub(super) fn new(schema: SchemaRef, limits: Limits<'a>) -> Self {
        let group_limit = GROUP_BYTES.min(limits.memory / 4).min(limits.shard_bytes).max(1);
        Self {
            limits,
            schema,
            group_limit,
            open: None,
            done: vec![],
            block: vec![],
            block_rows: 0,
            block_bytes: 0,
            group_rows: 0,
            group_bytes: 0,
        }
    }

    /// Takes the next rows.
    pub(super) fn push(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut start = 0;
        for (row, bytes) in row_bytes(batch).into_iter().enumerate() {
            let full = self.group_rows > 0
                && (self.group_bytes.saturating_add(bytes) > self.group_limit
                    || self.group_rows >= GROUP_ROWS);
            if full || self.block_rows >= BLOCK_ROWS || self.block_bytes >= BLOCK_BYTES {
                self.keep(batch, start..row);
                start = row;
                self.end_block()?;
                if full {
                    self.end_group()?;
                }
            }
            self.block_rows += 1;
            self.block_bytes += bytes;
            self.group_rows += 1;
            self.group_bytes += bytes;
        }
        self.keep(batch, start..batch.num_rows());
        Ok(())
    }

    fn keep(&mut self, batch: &RecordBatch, rows: std::ops::Range<usize>) {
        if !rows.is_empty() {
            self.block.push(batch.slice(rows.start, rows.len()));
        }
    }

    /// Encodes the rows that were kept.
    fn end_block(&mut self) -> Result<()> {
        if self.block.is_empty() {
            return Ok(());
        }
        let block = concat_batches(&self.schema, &std::mem::take(&mut self.block))?;
        self.block_rows = 0;
        self.block_bytes = 0;
        let path = self.shard()?.path.clone();
        let shard = self.open.as_mut().expect("it was just opened");
        shard.writer.write(&block).map_err(|error| fault(&path, error))?;
        shard.rows += block.num_rows() as u64;
        shard.arrow_bytes += batch_bytes(&block);
        Ok(())
    }

    /// Ends a row group, and the file too if it might not hold another.
    fn end_group(&mut self) -> Result<()> {
        self.group_rows = 0;
        self.group_bytes = 0;
        let Some(shard) = &mut self.open else { return Ok(()) };
        shard.writer.flush().map_err(|error| fault(&shard.path, error))?;
        let next = self.group_limit + self.group_limit / 16;
        let full = shard.writer.bytes_written() as u64 + next > self.limits.shard_bytes;
        if full && !self.limits.exact_name { self.end_shard() } else { Ok(()) }
    }

    fn shard(&mut self) -> Result<&mut Shard> {
        if self.open.is_none() {
            let path = self.limits.folder.join(format!(".{}-{:05}.part", self.limits.name, self.done.len()));
            let file = File::create(&path).map_err(|source| io_fault(&path, source))?;
            let digesting = Digesting {
                file: BufWriter::with_capacity(1 << 20, file),
                hasher: blake3::Hasher::new(),
                bytes: 0,
            };
            let options = ArrowWriterOptions::new().with_properties(properties()).with_skip_arrow_metadata(
                !self.schema.fields().iter().any(|field| needs_arrow(field.data_type())),
            );
            let writer = ArrowWriter::try_new_with_options(digesting, self.schema.clone(), options);
            let writer = writer.map_err(|error| fault(&path, error))?;
            self.open = Some(Shard { path, writer, rows: 0, arrow_bytes: 0 });
        }
        Ok(self.open.as_mut().expect("it was just opened"))
    }

    fn end_shard(&mut self) -> Result<()> {
        let Some(Shard { path, writer, rows, arrow_bytes }) = self.open.take() else { return Ok(()) };
        let mut digesting = writer.into_inner().map_err(|error| fault(&path, error))?;
        digesting.flush().map_err(|source| io_fault(&path, source))?;
        let file = digesting.file.into_inner().map_err(|error| io_fault(&path, error.into_error()))?;
        if self.limits.sync {
            file.sync_all().map_err(|source| io_fault(&path, source))?;
        }
        let digest = digesting.hasher.finalize().to_hex().to_string();
        self.done.push((
            path,
            WrittenFile { name: String::new(), rows, bytes: digesting.bytes, arrow_bytes, digest },
        ));
        Ok(())
    }

    /// Writes what is left and gives the files their names; there is always one.
    pub(super) fn finish(mut self) -> Result<Vec<WrittenFile>> {
        self.end_block()?;
        if self.done.is_empty() {
            self.shard()?;
        }
        self.end_shard()?;
        let count = self.done.len();
        let mut written = vec![];
        for (number, (path, mut file)) in self.done.into_iter().enumerate() {
            file.name = if self.limits.exact_name {
                self.limits.name.to_owned()
            } else {
                format!("{}-{number:05}-of-{count:05}.parquet", self.limits.name)
            };
            let to = self.limits.folder.join(&file.name);
            fs::rename(&path, &to).map_err(|source| io_fault(&to, source))?;
            written.push(file);
        }
        Ok(written)
    }
}

/// How Hugging Face writes files, so that pages of equal rows are equal bytes and only pages that are looked at are read.
fn properties() -> WriterProperties {
    let chunking = CdcOptions { min_chunk_size: 256 << 10, max_chunk_size: 1 << 20, norm_level: 0 };
    let said = format!(
        r#"{{"min_chunk_size": {}, "max_chunk_size": {}, "norm_level": {}}}"#,
        chunking.min_chunk_size, chunking.max_chunk_size, chunking.norm_level
    );
    WriterProperties::builder()
        .set_created_by("unskew".to_owned())
        .set_compression(Compression::SNAPPY)
        .set_content_defined_chunking(Some(chunking))
        .set_coerce_types(true)
        .set_max_row_group_row_count(None)
        .set_key_value_metadata(Some(vec![KeyValue::new("content_defined_chunking".to_owned(), said)]))
        .build()
}

/// Whether Parquet has no word of its own for the type.
fn needs_arrow(data_type: &DataType) -> bool {
    match data_type {
        DataType::Duration(_) => true,
        DataType::List(item) => needs_arrow(item.data_type()),
        DataType::Struct(fields) => fields.iter().any(|field| needs_arrow(field.data_type())),
        _ => false,
    }
}

fn io_fault(path: &Path, source: io::Error) -> Error {
    Error::Io { action: "write", path: path.display().to_string(), source }
}

/// What became of a file that a Parquet writer could not write.
pub(crate) fn fault(path: &Path, error: ParquetError) -> Error {
    match error {
        ParquetError::External(error) => match error.downcast::<io::Error>() {
            Ok(source) => io_fault(path, *source),
            Err(other) => io_fault(path, io::Error::other(other)),
        },
        other => Error::Arrow(other.into()),
    }
}

/// A file whose bytes are counted and digested as they are written.
#[derive(Debug)]
struct Digesting {
    file: BufWriter<File>,
    hasher: blake3::Hasher,
    bytes: u64,
}

impl Write for Digesting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
