//! Bodies on their way: counted, and broken where a fault says so.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::body::{Body, Bytes, HttpBody};
use bytes::BytesMut;
use futures_util::StreamExt;
use http_body::{Frame, SizeHint};
use tokio::time::{self, Sleep};

use crate::{faults::Fault, listen::Cut, log::Line};

/// Counts a request's body, and breaks it or slows it down where `fault` says so.
pub(crate) fn incoming(body: Body, line: Arc<Line>, fault: Option<&Fault>, cut: &Cut) -> Body {
    if body.is_end_stream() {
        return body;
    }
    let pause = if let Some(Fault::Slow(pause)) = fault { *pause } else { Duration::ZERO };
    let mut left = if let Some(Fault::ResetUpload(after)) = fault { *after } else { u64::MAX };
    let cut = cut.clone();
    Body::from_stream(body.into_data_stream().then(move |chunk| {
        let length = chunk.as_ref().map_or(0, Bytes::len);
        line.received(length);
        left = left.saturating_sub(length as u64);
        let broken = left == 0;
        if broken {
            cut.now();
        }
        async move {
            if !pause.is_zero() {
                time::sleep(pause).await;
            }
            if broken {
                Err(axum::Error::new(io::Error::from(io::ErrorKind::ConnectionReset)))
            } else {
                chunk
            }
        }
    }))
}

/// What happens to an answer's body at some byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Damage {
    None,
    Reset(u64),
    Truncate(u64),
    Flip(u64),
}

/// An answer's body.
pub(crate) struct Outgoing {
    body: Body,
    line: Arc<Line>,
    damage: Damage,
    cut: Cut,
    count: u64,
    /// What was sent before the connection is cut has to get out first.
    pause: Option<Pin<Box<Sleep>>>,
}

impl Outgoing {
    pub fn new(body: Body, line: Arc<Line>, damage: Damage, cut: Cut) -> Self {
        Self { body, line, damage, cut, count: 0, pause: None }
    }

    /// Bytes that may still be sent.
    fn left(&self) -> u64 {
        match self.damage {
            Damage::Reset(after) | Damage::Truncate(after) => after - self.count,
            Damage::None | Damage::Flip(_) => u64::MAX,
        }
    }

    fn damaged(&mut self, mut chunk: Bytes) -> Bytes {
        chunk.truncate(self.left().min(chunk.len() as u64) as usize);
        if let Damage::Flip(at) = self.damage
            && (self.count..self.count + chunk.len() as u64).contains(&at)
        {
            let mut bytes = BytesMut::from(chunk);
            bytes[(at - self.count) as usize] ^= 0xff;
            chunk = bytes.freeze();
        }
        self.count += chunk.len() as u64;
        self.line.sent(chunk.len());
        chunk
    }
}

impl HttpBody for Outgoing {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.left() == 0 {
            let pause = self.pause.get_or_insert_with(|| Box::pin(time::sleep(Duration::from_millis(50))));
            ready!(pause.as_mut().poll(context));
            if matches!(self.damage, Damage::Reset(_)) {
                self.cut.now();
            }
            return Poll::Ready(Some(Err(axum::Error::new(io::Error::from(io::ErrorKind::ConnectionReset)))));
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(|data| self.damaged(data)))))
    }

    fn is_end_stream(&self) -> bool {
        self.left() > 0 && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        self.line.done();
    }
}
