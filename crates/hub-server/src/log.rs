//! What was asked of the server, without anything secret.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::http::{Method, Request, header};

use crate::hub::Origin;

/// A request that was answered, or is being answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// Where it came.
    pub origin: Origin,
    /// Its method.
    pub method: Method,
    /// Its path, as it was sent; of a request to the interface, with its query.
    pub path: String,
    /// Its `Range` header.
    pub range: Option<String>,
    /// Whether it had an `Authorization` header. What that said is kept nowhere.
    pub authorized: bool,
    /// The status of the answer; none where there was no answer.
    pub status: Option<u16>,
    /// Bytes of the request's body.
    pub received: u64,
    /// Bytes of the answer's body.
    pub sent: u64,
}

impl fmt::Display for Logged {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = match self.origin {
            Origin::Hub => "hub",
            Origin::Cdn => "cdn",
            Origin::Cas => "cas",
        };
        let status = self.status.map_or("---".to_owned(), |status| status.to_string());
        write!(formatter, "{origin} {status} {} {}", self.method, self.path)?;
        if let Some(range) = &self.range {
            write!(formatter, " [{range}]")?;
        }
        let who = if self.authorized { "with a token" } else { "without a token" };
        write!(formatter, " in {} out {} {who}", self.received, self.sent)
    }
}

/// Who is told of each request when it is done.
pub(crate) type Listener = Arc<dyn Fn(&Logged) + Send + Sync>;

/// The last requests, the oldest first.
#[derive(Clone, Default)]
pub(crate) struct Log {
    lines: Arc<Mutex<Vec<Arc<Line>>>>,
    listener: Option<Listener>,
}

/// Older ones are forgotten, so that a server can run for long.
const KEPT: usize = 100_000;

/// One request while it is being answered.
pub(crate) struct Line {
    asked: Logged,
    status: AtomicU64,
    received: AtomicU64,
    sent: AtomicU64,
    listener: Option<Listener>,
}

impl Log {
    pub fn new(listener: Option<Listener>) -> Self {
        Self { lines: Arc::default(), listener }
    }

    /// Notes a request as it comes.
    pub fn begin<T>(&self, origin: Origin, request: &Request<T>) -> Arc<Line> {
        let uri = request.uri();
        let path = match origin {
            Origin::Hub => uri.path_and_query().map_or(uri.path(), axum::http::uri::PathAndQuery::as_str),
            // What follows is a signature, or as good as one.
            Origin::Cdn | Origin::Cas => uri.path(),
        };
        let range = request.headers().get(header::RANGE).and_then(|range| range.to_str().ok());
        let asked = Logged {
            origin,
            method: request.method().clone(),
            path: path.to_owned(),
            range: range.map(str::to_owned),
            authorized: request.headers().contains_key(header::AUTHORIZATION),
            status: None,
            received: 0,
            sent: 0,
        };
        let line = Arc::new(Line {
            asked,
            status: AtomicU64::new(0),
            received: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            listener: self.listener.clone(),
        });
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() >= KEPT {
            lines.drain(..KEPT / 2);
        }
        lines.push(line.clone());
        line
    }

    pub fn all(&self) -> Vec<Logged> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).iter().map(|line| line.logged()).collect()
    }

    pub fn clear(&self) {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Line {
    pub fn answered(&self, status: u16) {
        self.status.store(status.into(), Ordering::Relaxed);
    }

    pub fn received(&self, bytes: usize) {
        self.received.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub fn sent(&self, bytes: usize) {
        self.sent.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Nothing more comes.
    pub fn done(&self) {
        if let Some(listener) = &self.listener {
            listener(&self.logged());
        }
    }

    fn logged(&self) -> Logged {
        let status = self.status.load(Ordering::Relaxed);
        Logged {
            status: (status > 0).then_some(status as u16),
            received: self.received.load(Ordering::Relaxed),
            sent: self.sent.load(Ordering::Relaxed),
            ..self.asked.clone()
        }
    }
}
