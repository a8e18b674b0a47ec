//! Row groups as Parquet files of limited size.

use std::{
    fs::{self, File},
    io::{self, BufWriter},
    path::{Path, PathBuf},
};

use ::parquet::{arrow::ArrowWriter, errors::ParquetError, file::writer::SerializedFileWriter};
use arrow::datatypes::SchemaRef;

use super::{super::digesting::Digesting, group::Encoded, layout::options};
use crate::{Error, Result, WrittenFile};

/// The most that a row group holds, unpacked.
const GROUP_BYTES: u64 = 64 << 20;

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

impl Limits<'_> {
    fn group_limit(&self) -> u64 {
        GROUP_BYTES.min(self.memory / 4).min(self.shard_bytes).max(1)
    }

    /// How many row groups are encoded at once: as many as there are threads, unless they take more than half of the memory,
    /// encoded and not yet.
    pub(super) fn encoders(&self) -> usize {
        let most = self.memory / 2 / (2 * self.group_limit());
        (most as usize).clamp(1, rayon::current_num_threads())
    }
}

/// Takes row groups in order and writes them into as many files as it takes.
pub(super) struct Shards<'a> {
    limits: Limits<'a>,
    schema: SchemaRef,
    open: Option<Shard>,
    done: Vec<(PathBuf, WrittenFile)>,
}

struct Shard {
    path: PathBuf,
    writer: SerializedFileWriter<BufWriter<Digesting>>,
    rows: u64,
    arrow_bytes: u64,
    nulls: Vec<u64>,
}

impl<'a> Shards<'a> {
    /// Files for rows of `schema`.
    pub(super) fn new(schema: SchemaRef, limits: Limits<'a>) -> Self {
        Self { limits, schema, open: None, done: vec![] }
    }

    /// The most bytes of a row group.
    pub(super) fn group_limit(&self) -> u64 {
        self.limits.group_limit()
    }

    /// Writes a row group, into another file if this one might not hold it.
    pub(super) fn append(&mut self, group: &Encoded) -> Result<()> {
        let next = self.group_limit() + self.group_limit() / 16;
        let most = self.limits.shard_bytes;
        let full = |shard: &Shard| shard.rows > 0 && shard.writer.bytes_written() as u64 + next > most;
        if self.open.as_ref().is_some_and(full) && !self.limits.exact_name {
            self.end_shard()?;
        }
        let shard = self.shard()?;
        let append = |writer: &mut SerializedFileWriter<_>| {
            let mut row_group = writer.next_row_group()?;
            group.columns().try_for_each(|column| row_group.append_column(&group.bytes, column))?;
            row_group.close().map(drop)
        };
        append(&mut shard.writer).map_err(|error| fault(&shard.path, error))?;
        shard.rows += group.rows;
        shard.arrow_bytes += group.arrow_bytes;
        shard.nulls.iter_mut().zip(&group.nulls).for_each(|(all, nulls)| *all += nulls);
        Ok(())
    }

    fn shard(&mut self) -> Result<&mut Shard> {
        if self.open.is_none() {
            let path = self.limits.folder.join(format!(".{}-{:05}.part", self.limits.name, self.done.len()));
            let file = File::create(&path).map_err(|source| io_fault(&path, source))?;
            let writer = BufWriter::with_capacity(1 << 20, Digesting::new(file));
            let writer =
                ArrowWriter::try_new_with_options(writer, self.schema.clone(), options(&self.schema));
            let (writer, _) =
                writer.and_then(ArrowWriter::into_serialized_writer).map_err(|error| fault(&path, error))?;
            let nulls = vec![0; self.schema.fields().len()];
            self.open = Some(Shard { path, writer, rows: 0, arrow_bytes: 0, nulls });
        }
        Ok(self.open.as_mut().expect("it was just opened"))
    }

    fn end_shard(&mut self) -> Result<()> {
        let Some(Shard { path, writer, rows, arrow_bytes, nulls }) = self.open.take() else { return Ok(()) };
        let buffered = writer.into_inner().map_err(|error| fault(&path, error))?;
        let digesting = buffered.into_inner().map_err(|error| io_fault(&path, error.into_error()))?;
        if self.limits.sync {
            digesting.sync().map_err(|source| io_fault(&path, source))?;
        }
        let (name, bytes, digest) = (String::new(), digesting.bytes(), digesting.digest());
        self.done.push((path, WrittenFile { name, rows, bytes, arrow_bytes, nulls, digest }));
        Ok(())
    }

    /// Writes what is left and gives the files their names; there is always one.
    pub(super) fn finish(mut self) -> Result<Vec<WrittenFile>> {
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
