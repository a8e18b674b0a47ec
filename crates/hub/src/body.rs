//! What is sent with a call: bytes from memory or from a file, which are counted as they leave.

use std::{
    io::{self, Cursor, ErrorKind, SeekFrom},
    ops::Range,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::{Bytes, BytesMut};
use futures_util::stream;
use tokio::{
    fs::File,
    io::{AsyncRead, AsyncReadExt, AsyncSeekExt},
};

/// How much is in memory at once.
const PIECE: usize = 64 << 10;

/// What is sent, and its type. Copies of it count together.
#[derive(Debug, Clone)]
pub struct Body {
    /// The type of its content.
    pub(crate) kind: &'static str,
    content: Content,
    sent: Arc<AtomicU64>,
}

#[derive(Debug, Clone)]
enum Content {
    Memory(Bytes),
    File(PathBuf, Range<u64>),
}

impl Body {
    /// These bytes.
    pub fn memory(bytes: impl Into<Bytes>, kind: &'static str) -> Self {
        Self { kind, content: Content::Memory(bytes.into()), sent: Arc::default() }
    }

    /// A part of a file, which is read as it is sent.
    pub fn file(path: impl Into<PathBuf>, part: Range<u64>, kind: &'static str) -> Self {
        Self { kind, content: Content::File(path.into(), part), sent: Arc::default() }
    }

    /// How many bytes it has.
    pub(crate) fn length(&self) -> u64 {
        match &self.content {
            Content::Memory(bytes) => bytes.len() as u64,
            Content::File(_, part) => part.end - part.start,
        }
    }

    /// How many of its bytes have left since it was last opened.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Begins to read it.
    pub(crate) async fn open(&self) -> io::Result<reqwest::Body> {
        let read: Box<dyn AsyncRead + Send + Unpin> = match &self.content {
            Content::Memory(bytes) => Box::new(Cursor::new(bytes.clone())),
            Content::File(path, part) => {
                let mut file = File::open(path).await?;
                file.seek(SeekFrom::Start(part.start)).await?;
                Box::new(file.take(part.end - part.start))
            }
        };
        self.sent.store(0, Ordering::Relaxed);
        let count = Arc::clone(&self.sent);
        let pieces = stream::try_unfold((read, self.length()), move |(mut read, missing)| {
            let count = Arc::clone(&count);
            async move {
                if missing == 0 {
                    return Ok(None);
                }
                let mut piece = BytesMut::with_capacity(PIECE);
                let length = read.read_buf(&mut piece).await?;
                if length == 0 {
                    return Err(io::Error::new(ErrorKind::UnexpectedEof, "the file has become shorter"));
                }
                count.fetch_add(length as u64, Ordering::Relaxed);
                Ok(Some((piece.freeze(), (read, missing - length as u64))))
            }
        });
        Ok(reqwest::Body::wrap_stream(pieces))
    }
}
