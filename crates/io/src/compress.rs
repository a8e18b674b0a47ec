//! Reading a file from its store as a stream, decompressed on the way.

use std::io::{self, BufRead, BufReader, Read};

use crate::{Compression, DataFile, Error, Result};

/// How much is asked of a store at once.
const READ: usize = 256 << 10;

/// The bytes of a file as its store has them, digested as they go by.
#[derive(Debug)]
struct Raw {
    file: DataFile,
    offset: u64,
    hasher: Option<Box<blake3::Hasher>>,
    /// The store's own error, which `io::Error` cannot carry.
    failed: Option<Error>,
}

impl Read for Raw {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.file.store.read(&self.file.entry.path, self.offset, buffer) {
            Ok(count) => {
                if let Some(hasher) = &mut self.hasher {
                    hasher.update(&buffer[..count]);
                }
                self.offset += count as u64;
                Ok(count)
            }
            Err(error) => {
                self.failed = Some(error);
                Err(io::Error::other("the store failed"))
            }
        }
    }
}

/// The text of a JSON file from beginning to end.
pub(crate) struct Text {
    file: DataFile,
    decoder: Decoder,
}

enum Decoder {
    Plain(Box<BufReader<Raw>>),
    Gzip(Box<flate2::bufread::MultiGzDecoder<BufReader<Raw>>>),
    Zstd(Box<zstd::stream::read::Decoder<'static, BufReader<Raw>>>),
}

impl Text {
    /// Opens `file`; with `digest`, its bytes are digested as they are read.
    pub(crate) fn open(file: &DataFile, digest: bool) -> Result<Self> {
        let hasher = digest.then(|| Box::new(blake3::Hasher::new()));
        let raw = Raw { file: file.clone(), offset: 0, hasher, failed: None };
        let reader = BufReader::with_capacity(READ, raw);
        let decoder = match file.compression {
            Compression::None => Decoder::Plain(Box::new(reader)),
            // An empty file holds no rows, compressed or not.
            _ if file.entry.size == 0 => Decoder::Plain(Box::new(reader)),
            Compression::Gzip => Decoder::Gzip(Box::new(flate2::bufread::MultiGzDecoder::new(reader))),
            Compression::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(reader).map_err(|error| {
                    Error::Damaged { file: file.store.display(&file.entry.path), detail: error.to_string() }
                })?;
                // Frames written with `zstd --long` have windows up to 2 GiB, far more than a hostile one should get.
                decoder.window_log_max(27).expect("27 is a window that every build of zstd allows");
                Decoder::Zstd(Box::new(decoder))
            }
        };
        Ok(Self { file: file.clone(), decoder })
    }

    /// What a person calls the file.
    pub(crate) fn display(&self) -> String {
        self.file.store.display(&self.file.entry.path)
    }

    /// How many bytes of the file were read so far.
    pub(crate) fn consumed(&self) -> u64 {
        self.raw().offset
    }

    /// Fills `buffer` with what comes next; fewer bytes only at the end.
    pub(crate) fn fill(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            let read = match &mut self.decoder {
                Decoder::Plain(reader) => reader.read(&mut buffer[filled..]),
                Decoder::Gzip(decoder) => decoder.read(&mut buffer[filled..]),
                Decoder::Zstd(decoder) => decoder.read(&mut buffer[filled..]),
            };
            match read {
                Ok(0) => {
                    self.check_end()?;
                    break;
                }
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.error(&error)),
            }
        }
        Ok(filled)
    }

    /// The digest of the file's bytes, if it was asked for; call at the end.
    pub(crate) fn digest(&self) -> Option<String> {
        self.raw().hasher.as_ref().map(|hasher| hasher.finalize().to_hex().to_string())
    }

    fn raw(&self) -> &Raw {
        match &self.decoder {
            Decoder::Plain(reader) => reader.get_ref(),
            Decoder::Gzip(decoder) => decoder.get_ref().get_ref(),
            Decoder::Zstd(decoder) => decoder.get_ref().get_ref(),
        }
    }

    /// Makes sure that the decoder did not stop before the file's end.
    fn check_end(&mut self) -> Result<()> {
        let rest = match &mut self.decoder {
            Decoder::Plain(reader) => reader.fill_buf().map(<[u8]>::len),
            Decoder::Gzip(decoder) => decoder.get_mut().fill_buf().map(<[u8]>::len),
            Decoder::Zstd(decoder) => decoder.get_mut().fill_buf().map(<[u8]>::len),
        };
        match rest {
            Ok(0) => Ok(()),
            Ok(_) => Err(self.damaged("something follows the compressed data".into())),
            Err(error) => Err(self.error(&error)),
        }
    }

    fn error(&mut self, error: &io::Error) -> Error {
        let raw = match &mut self.decoder {
            Decoder::Plain(reader) => reader.get_mut(),
            Decoder::Gzip(decoder) => decoder.get_mut().get_mut(),
            Decoder::Zstd(decoder) => decoder.get_mut().get_mut(),
        };
        if let Some(failed) = raw.failed.take() {
            return failed;
        }
        let detail = match error.kind() {
            io::ErrorKind::UnexpectedEof => "the compressed data is cut off".to_owned(),
            _ => error.to_string(),
        };
        self.damaged(detail)
    }

    fn damaged(&self, detail: String) -> Error {
        Error::Damaged { file: self.file.store.display(&self.file.entry.path), detail }
    }
}
