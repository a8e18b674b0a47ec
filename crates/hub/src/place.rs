//! Where the bytes of a file are, once the Hub has been asked: at the Hub, or behind a signed URL that ends some day.

use std::{ops::Range, sync::Mutex};

use reqwest::{
    Response, StatusCode, Url,
    header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderValue, IF_RANGE, RANGE},
};

use crate::{
    Call, Error, Http, Result,
    http::{Opened, named},
};

/// A file at the Hub, and where it has led us to.
#[derive(Debug)]
pub(crate) struct Place {
    /// Where the Hub says where the bytes are.
    hub: Url,
    commit: String,
    size: u64,
    led_to: Mutex<Option<Led>>,
}

/// Where a redirect led to, and what the bytes there are called.
#[derive(Debug, Clone)]
struct Led {
    url: Url,
    etag: Option<HeaderValue>,
}

/// What came of asking for bytes.
pub(crate) enum Asked {
    /// Bytes from this offset on, and what they come from.
    Bytes { response: Response, url: Url, offset: u64 },
    /// Nothing, for now; the answer may say how long.
    Refused(crate::Answer),
    /// The signed URL has ended; the Hub has to be asked again.
    Ended,
}

impl Place {
    pub(crate) fn new(hub: Url, commit: &str, size: u64) -> Self {
        Self { hub, commit: commit.to_owned(), size, led_to: Mutex::default() }
    }

    fn led_to(&self) -> std::sync::MutexGuard<'_, Option<Led>> {
        self.led_to.lock().expect("no thread panics while it holds the lock")
    }

    /// Asks once for `range` of the file, of which there is at least one byte.
    pub(crate) async fn ask(&self, http: &Http, range: Range<u64>) -> Result<Asked> {
        let led = self.led_to().clone();
        let mut call = Call::get(led.as_ref().map_or(&self.hub, |led| &led.url).clone());
        let whole = range == (0..self.size);
        if !whole {
            call.headers.insert(RANGE, header(&format!("bytes={}-{}", range.start, range.end - 1)));
            if let Some(etag) = led.as_ref().and_then(|led| led.etag.clone()) {
                call.headers.insert(IF_RANGE, etag);
            }
        }
        let Opened { response, url } = http.open(&call).await?;
        let status = response.status();
        if status.is_success() {
            self.check_commit(&response, &url)?;
            if url.origin() != self.hub.origin() {
                let etag =
                    response.headers().get(ETAG).filter(|etag| !etag.as_bytes().starts_with(b"W/")).cloned();
                *self.led_to() = Some(Led { url: url.clone(), etag });
            }
            let offset = self.offset(&response, &url, &range)?;
            return Ok(Asked::Bytes { response, url, offset });
        }
        if led.is_some() && matches!(status.as_u16(), 400 | 401 | 403 | 404 | 410) {
            *self.led_to() = None;
            return Ok(Asked::Ended);
        }
        if status == StatusCode::RANGE_NOT_SATISFIABLE {
            return Err(lie(&url, "it is shorter than the list of files says"));
        }
        let headers = response.headers().clone();
        // What a refusal says is short, or not worth reading.
        let body = if response.content_length().is_some_and(|length| length < 1 << 16) {
            http.within_read(&url, response.bytes()).await.map(Vec::from).unwrap_or_default()
        } else {
            vec![]
        };
        Ok(Asked::Refused(crate::Answer { status, headers, body, what: named(&url) }))
    }

    /// From which offset on an answer has bytes; what it says of itself has to fit.
    fn offset(&self, response: &Response, url: &Url, range: &Range<u64>) -> Result<u64> {
        let text = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        if text(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
            return Err(lie(url, "it comes packed, though it was asked for as it is"));
        }
        if response.status() != StatusCode::PARTIAL_CONTENT {
            let length: Option<u64> = text(CONTENT_LENGTH).and_then(|length| length.parse().ok());
            if length.is_some_and(|length| length != self.size) {
                return Err(lie(url, "it is not as large as the list of files says"));
            }
            return Ok(0);
        }
        let (bounds, total) = text(CONTENT_RANGE)
            .and_then(|text| text.strip_prefix("bytes ")?.split_once('/'))
            .ok_or_else(|| lie(url, "it does not say which part it is"))?;
        if total != "*" && total.parse() != Ok(self.size) {
            return Err(lie(url, "it is not as large as the list of files says"));
        }
        let start = bounds.split_once('-').and_then(|(start, _)| start.parse::<u64>().ok());
        match start {
            Some(start) if start == range.start => Ok(start),
            _ => Err(lie(url, "another part came than was asked for")),
        }
    }

    fn check_commit(&self, response: &Response, url: &Url) -> Result<()> {
        match response.headers().get("x-repo-commit").map(HeaderValue::as_bytes) {
            Some(commit) if commit != self.commit.as_bytes() => Err(lie(url, "it is another commit's")),
            _ => Ok(()),
        }
    }
}

fn lie(url: &Url, detail: &str) -> Error {
    Error::Damaged { file: named(url), detail: detail.to_owned() }
}

fn header(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("digits make a header")
}
