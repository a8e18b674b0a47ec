//! The pages of a row group's columns, each looked at before a decoder makes room for what it promises.

use std::{
    io::{self, Read},
    sync::{Arc, Mutex},
};

use ::parquet::{
    arrow::arrow_reader::RowGroups,
    column::page::{Page, PageIterator, PageMetadata, PageReader},
    errors::{ParquetError, Result},
    file::{
        metadata::{ParquetMetaData, RowGroupMetaData},
        reader::{ChunkReader, Length},
        serialized_reader::SerializedPageReader,
    },
};
use bytes::{Buf, Bytes, buf::Reader};

use super::{blob::Blob, footer::ParquetFile, guard};
use crate::Error;

/// How much is read for a page header at first, and at most: statistics make some long.
const FIRST_HEADER_BYTES: u64 = 4 << 10;
const MOST_HEADER_BYTES: u64 = 16 << 20;

/// One row group.
pub(super) struct Group<'a> {
    pub(super) file: &'a ParquetFile,
    pub(super) number: usize,
    pub(super) blob: Arc<Blob>,
    pub(super) refused: Refused,
}

/// Our own error, which a decoder passes on as text only.
#[derive(Clone, Default)]
pub(super) struct Refused(Arc<Mutex<Option<Error>>>);

impl Refused {
    /// What was refused, if anything was.
    pub(super) fn take(&self) -> Option<Error> {
        self.0.lock().expect("no thread panics while it holds the lock").take()
    }

    fn keep(&self, error: Error) -> String {
        let told = error.to_string();
        *self.0.lock().expect("no thread panics while it holds the lock") = Some(error);
        told
    }
}

impl Group<'_> {
    fn group(&self) -> &RowGroupMetaData {
        self.file.raw().row_group(self.number)
    }
}

impl RowGroups for Group<'_> {
    fn num_rows(&self) -> usize {
        self.group().num_rows() as usize
    }

    fn column_chunks(&self, leaf: usize) -> Result<Box<dyn PageIterator>> {
        let column = self.group().columns().get(leaf);
        let column =
            column.ok_or_else(|| ParquetError::General(format!("a row group has no column {leaf}")))?;
        let index = self.file.raw().offset_index();
        let pages = index
            .and_then(|index| index.get(self.number)?.get(leaf))
            .map(|index| index.page_locations().clone());
        let pages = pages.filter(|pages| !pages.is_empty());
        let chunk =
            Chunk { blob: Arc::clone(&self.blob), refused: self.refused.clone(), indexed: pages.is_some() };
        let reader = SerializedPageReader::new(Arc::new(chunk), column, self.num_rows(), pages)?;
        Ok(Box::new(Once(Some(Box::new(Checked(reader))))))
    }

    fn row_groups(&self) -> Box<dyn Iterator<Item = &RowGroupMetaData> + '_> {
        Box::new(std::iter::once(self.group()))
    }

    fn metadata(&self) -> &ParquetMetaData {
        self.file.raw()
    }
}

/// Where the pages of a column chunk stand, each with a header that is looked at before it is decoded.
#[derive(Clone)]
struct Chunk {
    blob: Arc<Blob>,
    refused: Refused,
    /// Whether pages are read as a whole, header and all, since an index tells where they are.
    indexed: bool,
}

impl Chunk {
    /// Bytes from `start` on with a whole page header in front, which has been found plausible.
    fn page_header(&self, start: u64) -> Result<Bytes, Error> {
        let rest = self.blob.len().saturating_sub(start);
        let mut length = FIRST_HEADER_BYTES;
        loop {
            let bytes = match self.blob.at_hand(start) {
                Some(bytes) => bytes,
                None => self.blob.range(start, length.min(rest))?,
            };
            if let Some(size) = guard::page_size(&bytes) {
                self.blob.check_room(size, "a page")?;
                return Ok(bytes);
            }
            if bytes.len() as u64 != length || length >= MOST_HEADER_BYTES {
                return Err(self.excess());
            }
            length *= 16;
        }
    }

    /// Bytes of a page; where an index told of it, with a header that has been found plausible.
    fn bytes(&self, start: u64, length: usize) -> Result<Bytes, Error> {
        let bytes = self.blob.bytes(start, length)?;
        if self.indexed {
            let size = guard::page_size(&bytes).ok_or_else(|| self.excess())?;
            self.blob.check_room(size, "a page")?;
        }
        Ok(bytes)
    }

    fn excess(&self) -> Error {
        guard::excess(&self.blob.name(), "a page header")
    }
}

impl Length for Chunk {
    fn len(&self) -> u64 {
        self.blob.len()
    }
}

impl ChunkReader for Chunk {
    type T = Header;

    /// Only page headers are read in this way, if anything is.
    fn get_read(&self, start: u64) -> Result<Header> {
        Ok(Header { chunk: self.clone(), start, bytes: None })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        self.bytes(start, length).map_err(|error| ParquetError::General(self.refused.keep(error)))
    }
}

/// A page header, which is looked at when it is first read from.
struct Header {
    chunk: Chunk,
    start: u64,
    bytes: Option<Reader<Bytes>>,
}

impl Read for Header {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.bytes.is_none() {
            let header = self.chunk.page_header(self.start);
            let header = header.map_err(|error| io::Error::other(self.chunk.refused.keep(error)))?;
            self.bytes = Some(header.reader());
        }
        self.bytes.as_mut().map_or(Ok(0), |bytes| bytes.read(buffer))
    }
}

/// The one chunk of a column.
struct Once(Option<Box<dyn PageReader>>);

impl Iterator for Once {
    type Item = Result<Box<dyn PageReader>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.take().map(Ok)
    }
}

impl PageIterator for Once {}

/// Refuses a dictionary with more values than it has bytes: room is made for all of them before one is read.
struct Checked<P>(P);

impl<P: PageReader> Iterator for Checked<P> {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl<P: PageReader> PageReader for Checked<P> {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let page = self.0.get_next_page()?;
        match &page {
            Some(Page::DictionaryPage { buf, num_values, .. }) if *num_values as usize > buf.len() => {
                let (values, bytes) = (num_values, buf.len());
                Err(ParquetError::General(format!("a dictionary claims {values} values in {bytes} bytes")))
            }
            _ => Ok(page),
        }
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.0.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.0.skip_next_page()
    }

    fn at_record_boundary(&mut self) -> Result<bool> {
        self.0.at_record_boundary()
    }
}

#[cfg(test)]
mod tests {
    use ::parquet::basic::Encoding;

    use super::*;

    struct Claims(u32);

    impl Iterator for Claims {
        type Item = Result<Page>;

        fn next(&mut self) -> Option<Self::Item> {
            self.get_next_page().transpose()
        }
    }

    impl PageReader for Claims {
        fn get_next_page(&mut self) -> Result<Option<Page>> {
            let buf = vec![0; 16].into();
            Ok(Some(Page::DictionaryPage {
                buf,
                num_values: self.0,
                encoding: Encoding::PLAIN,
                is_sorted: false,
            }))
        }

        fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
            Ok(None)
        }

        fn skip_next_page(&mut self) -> Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_dictionary_larger_than_its_bytes_is_refused() {
        assert!(Checked(Claims(4)).get_next_page().is_ok());
        assert!(Checked(Claims(u32::MAX)).get_next_page().is_err());
    }
}
