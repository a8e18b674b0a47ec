//! Calls over HTTP: to whom the token goes, which redirects are followed, and what is tried again.

use std::{future::Future, time::Duration};

use reqwest::{
    Client, Method, Response, StatusCode, Url,
    header::{
        ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION,
    },
    redirect::Policy,
};

use crate::{
    Body, Environment, Error, Result, Retry, Timeouts, Token,
    retry::{asked_wait, is_passing},
};

/// The most redirects that are followed.
const MOST_REDIRECTS: usize = 10;

/// The largest answer of the API that is taken.
const MOST_ANSWER_BYTES: usize = 256 << 20;

/// The most bytes that are taken to be underway: the buffers of both sides.
const MOST_UNDERWAY_BYTES: u64 = 8 << 20;

/// Calls to the Hub, and to where it redirects.
#[derive(Debug, Clone)]
pub struct Http {
    client: Client,
    endpoint: Url,
    token: Option<Token>,
    timeouts: Timeouts,
    retry: Retry,
}

/// One call.
#[derive(Debug, Clone)]
pub struct Call {
    /// The method.
    pub method: Method,
    /// What is called.
    pub url: Url,
    /// What is sent besides who we are.
    pub headers: HeaderMap,
    /// What is sent.
    pub body: Option<Body>,
    /// Whether the call may be made twice without harm; others are never tried again.
    pub repeatable: bool,
}

/// The whole answer to a call of the API.
#[derive(Debug)]
pub struct Answer {
    /// Its status, which may be a refusal.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
    /// What was called, as errors name it.
    pub what: String,
}

/// An answer whose body is still to come, and where it comes from.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) response: Response,
    pub(crate) url: Url,
}

impl Call {
    /// Asks for what is at `url`.
    pub fn get(url: Url) -> Self {
        Self { method: Method::GET, url, headers: HeaderMap::new(), body: None, repeatable: true }
    }

    /// Sends `value`; what it brings about is the same when it is sent twice.
    pub fn post(url: Url, value: &serde_json::Value) -> Self {
        Self::send(Method::POST, url, Body::memory(value.to_string(), "application/json"))
    }

    /// Sends `body`; what it brings about is the same when it is sent twice.
    pub fn send(method: Method, url: Url, body: Body) -> Self {
        Self { method, body: Some(body), ..Self::get(url) }
    }
}

impl Http {
    /// Calls as `environment` says.
    pub fn new(environment: &Environment) -> Result<Self> {
        let client = Client::builder()
            .user_agent(concat!("unskew/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .connect_timeout(environment.timeouts.answer)
            .build();
        let client = client.map_err(|error| Error::Unreachable {
            what: environment.endpoint.to_string(),
            detail: reason(error),
        })?;
        Ok(Self {
            client,
            endpoint: environment.endpoint.clone(),
            token: environment.token.clone(),
            timeouts: environment.timeouts,
            retry: Retry::default(),
        })
    }

    /// The same calls, tried again as `retry` says.
    pub fn with_retry(self, retry: Retry) -> Self {
        Self { retry, ..self }
    }

    /// How calls are tried again.
    pub fn retry(&self) -> &Retry {
        &self.retry
    }

    /// Whether we say who we are.
    pub fn logged_in(&self) -> bool {
        self.token.is_some()
    }

    /// The URL of the Hub with `segments` behind it, each of which may hold anything.
    pub fn url(&self, segments: impl IntoIterator<Item = impl AsRef<str>>) -> Url {
        let mut url = self.endpoint.clone();
        url.path_segments_mut().expect("an http URL has segments").pop_if_empty().extend(segments);
        url
    }

    /// What to send to the Hub so that it knows us.
    pub(crate) fn credentials(&self) -> HeaderMap {
        let header = |token: &Token| (AUTHORIZATION, token.header());
        self.token.iter().map(header).collect()
    }

    /// The whole answer to `call`; what may pass is tried again if the call may be.
    pub async fn answer(&self, call: &Call) -> Result<Answer> {
        let mut waits = self.retry.waits();
        loop {
            let tried = self.answer_once(call).await;
            let asked = match &tried {
                Ok(answer) if is_passing(answer.status) => asked_wait(&answer.headers),
                Err(error) if error.may_pass() => None,
                _ => return tried,
            };
            waits.count(&tried);
            match waits.next(asked).filter(|_| call.repeatable) {
                Some(wait) => tokio::time::sleep(wait).await,
                None => return tried,
            }
        }
    }

    async fn answer_once(&self, call: &Call) -> Result<Answer> {
        let opened = self.open(call).await?;
        let url = opened.url.clone();
        let all = tokio::time::timeout(self.timeouts.call, self.all_of(opened));
        all.await.unwrap_or_else(|_| Err(silent(&url, self.timeouts.call)))
    }

    async fn all_of(&self, Opened { mut response, url }: Opened) -> Result<Answer> {
        let mut body = vec![];
        while let Some(bytes) = self.within_read(&url, response.chunk()).await? {
            body.extend_from_slice(&bytes);
            if body.len() > MOST_ANSWER_BYTES {
                return Err(Error::Answer {
                    what: named(&url),
                    detail: "the answer does not end".to_owned(),
                });
            }
        }
        let headers = response.headers().clone();
        Ok(Answer { status: response.status(), headers, body, what: named(&url) })
    }

    /// Begins `call` once, following redirects. Who we are is told to the Hub alone.
    pub(crate) async fn open(&self, call: &Call) -> Result<Opened> {
        let mut url = call.url.clone();
        for _ in 0..MOST_REDIRECTS {
            let response = self.send(call, &url).await?;
            let location = response.headers().get(LOCATION).filter(|_| is_redirect(response.status()));
            let Some(location) = location else { return Ok(Opened { response, url }) };
            let next = location.to_str().ok().and_then(|location| url.join(location).ok());
            url = next.filter(|next| may_follow(&url, next)).ok_or_else(|| Error::Answer {
                what: named(&url),
                detail: "it leads to where nothing can be asked for".to_owned(),
            })?;
        }
        Err(Error::Answer { what: named(&call.url), detail: "it leads in circles".to_owned() })
    }

    async fn send(&self, call: &Call, url: &Url) -> Result<Response> {
        let mut headers = call.headers.clone();
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        if let Some(token) = self.token.as_ref().filter(|_| url.origin() == self.endpoint.origin()) {
            headers.insert(AUTHORIZATION, token.header());
        }
        let request = self.client.request(call.method.clone(), url.clone()).headers(headers);
        let Some(body) = &call.body else {
            let sent = tokio::time::timeout(self.timeouts.answer, request.send()).await;
            let response = sent.map_err(|_| silent(url, self.timeouts.answer))?;
            return response.map_err(|error| unreachable_error(url, error));
        };
        let content = body
            .open()
            .await
            .map_err(|error| Error::Unreadable { what: named(url), detail: error.to_string() })?;
        let request = request.header(CONTENT_TYPE, body.kind).header(CONTENT_LENGTH, body.length());
        self.patiently(url, body, request.body(content).send()).await
    }

    /// What `sent` gives, however long it takes, as long as more of the body leaves.
    async fn patiently(
        &self,
        url: &Url,
        body: &Body,
        sent: impl Future<Output = reqwest::Result<Response>>,
    ) -> Result<Response> {
        tokio::pin!(sent);
        let mut before = 0;
        loop {
            // What has left may still be underway, at 128 KiB a second.
            let underway = if before == body.length() { before.min(MOST_UNDERWAY_BYTES) >> 17 } else { 0 };
            let wait = self.timeouts.call + Duration::from_secs(underway);
            match tokio::time::timeout(wait, &mut sent).await {
                Ok(response) => return response.map_err(|error| unreachable_error(url, error)),
                Err(_) if body.sent() > before => before = body.sent(),
                Err(_) => return Err(silent(url, wait)),
            }
        }
    }

    /// What `work` gives, unless it takes longer than the next bytes of an answer may.
    pub(crate) async fn within_read<T>(
        &self,
        url: &Url,
        work: impl Future<Output = reqwest::Result<T>>,
    ) -> Result<T> {
        match tokio::time::timeout(self.timeouts.read, work).await {
            Ok(done) => done.map_err(|error| unreachable_error(url, error)),
            Err(_) => Err(silent(url, self.timeouts.read)),
        }
    }
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Whether a redirect is followed: never from what is encrypted to what is not.
fn may_follow(from: &Url, to: &Url) -> bool {
    let safe = to.scheme() == "https" || (to.scheme() == "http" && from.scheme() == "http");
    safe && to.host_str().is_some() && to.username().is_empty() && to.password().is_none()
}

/// A URL as errors tell it: its query may be a signature.
pub(crate) fn named(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.to_string()
}

fn silent(url: &Url, time: Duration) -> Error {
    Error::Silent { what: named(url), seconds: time.as_secs() }
}

pub(crate) fn unreachable_error(url: &Url, error: reqwest::Error) -> Error {
    Error::Unreachable { what: named(url), detail: reason(error) }
}

/// Why a call failed: the innermost reason, which says more than "error sending request".
fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut inner: &dyn std::error::Error = &error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    const LENGTH: u64 = 16 << 20;

    /// What comes of sending a file to a server that takes a mebibyte after each `pause`, where a call may take a second.
    async fn sent(pause: Duration) -> Result<Answer> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = vec![];
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            let head = String::from_utf8(head).unwrap();
            assert!(head.contains(&format!("content-length: {LENGTH}\r\n")), "{head}");
            let mut buffer = vec![0; 1 << 20];
            for _ in 0..LENGTH >> 20 {
                tokio::time::sleep(pause).await;
                stream.read_exact(&mut buffer).await.unwrap();
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        });
        let find = |name: &str| (name == "HF_ENDPOINT").then(|| endpoint.clone());
        let mut environment = Environment::of(&find).unwrap();
        environment.timeouts.call = Duration::from_secs(1);
        let http = Http::new(&environment).unwrap().with_retry(Retry { most: 0, ..Retry::default() });
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(LENGTH).unwrap();
        let body = Body::file(file.path(), 0..LENGTH, "application/octet-stream");
        let answer = http.answer(&Call::send(Method::PUT, http.url(["x"]), body.clone())).await;
        server.abort();
        assert!(answer.is_err() || body.sent() == LENGTH);
        answer
    }

    #[tokio::test]
    async fn what_is_taken_slowly_is_waited_for_and_a_hang_is_not() {
        assert!(sent(Duration::from_millis(150)).await.unwrap().status.is_success());
        let hang = sent(Duration::from_hours(1)).await.unwrap_err();
        assert!(matches!(hang, Error::Silent { .. }), "{hang}");
    }

    #[test]
    fn redirects_lead_only_to_where_it_is_as_safe() {
        let url = |text: &str| Url::parse(text).unwrap();
        let may = |from: &str, to: &str| may_follow(&url(from), &url(to));
        assert!(may("https://hub/a", "https://cdn/b") && may("http://localhost/a", "http://cdn/b"));
        assert!(!may("https://hub/a", "http://hub/a") && !may("http://hub/a", "file:///etc/passwd"));
        assert!(!may("https://hub/a", "https://me:secret@cdn/b"));
    }

    #[test]
    fn a_url_is_told_without_its_signature() {
        let url = Url::parse("https://cdn/x?Signature=secret#y").unwrap();
        assert_eq!(named(&url), "https://cdn/x");
    }

    #[test]
    fn segments_hold_anything() {
        let http = |endpoint: &str| {
            let endpoint = endpoint.to_owned();
            let find = move |name: &str| (name == "HF_ENDPOINT").then(|| endpoint.clone());
            Http::new(&Environment::of(&find).unwrap()).unwrap()
        };
        let url = http("http://h:1").url(["datasets", "o", "n", "resolve", "refs/pr/1", "a b", "c#d?e"]);
        assert_eq!(url.as_str(), "http://h:1/datasets/o/n/resolve/refs%2Fpr%2F1/a%20b/c%23d%3Fe");
        assert_eq!(http("http://h/base/").url(["api"]).as_str(), "http://h/base/api");
    }
}
