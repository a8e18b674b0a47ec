//! Calls over HTTP: to whom the token goes, which redirects are followed, and what is tried again.

use std::{future::Future, time::Duration};

use reqwest::{
    Client, Method, Response, StatusCode, Url,
    header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION},
    redirect::Policy,
};

use crate::{
    Environment, Error, Result, Retry, Timeouts, Token,
    retry::{asked_wait, is_passing},
};

/// The most redirects that are followed.
const MOST_REDIRECTS: usize = 10;

/// The largest answer of the API that is taken.
const MOST_ANSWER_BYTES: usize = 256 << 20;

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
    /// What is sent, and its type.
    pub body: Option<(Vec<u8>, &'static str)>,
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
        let body = Some((value.to_string().into_bytes(), "application/json"));
        Self { method: Method::POST, body, ..Self::get(url) }
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

    /// The whole answer to `call`; what may pass is tried again if the call may be.
    pub async fn answer(&self, call: &Call) -> Result<Answer> {
        let mut waits = self.retry.waits();
        loop {
            let time = self.whole(call);
            let tried = tokio::time::timeout(time, self.answer_once(call)).await;
            let tried = tried.unwrap_or_else(|_| Err(too_long(&call.url, time)));
            let asked = match &tried {
                Ok(answer) if is_passing(answer.status) => asked_wait(&answer.headers),
                Err(Error::Unreachable { .. }) => None,
                _ => return tried,
            };
            match waits.next(asked).filter(|_| call.repeatable) {
                Some(wait) => tokio::time::sleep(wait).await,
                None => return tried,
            }
        }
    }

    async fn answer_once(&self, call: &Call) -> Result<Answer> {
        let Opened { mut response, url } = self.open(call).await?;
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
        let mut request = self.client.request(call.method.clone(), url.clone()).headers(headers);
        if let Some((body, kind)) = &call.body {
            request = request.header(CONTENT_TYPE, *kind).body(body.clone());
        }
        let sent = tokio::time::timeout(self.first_line(call), request.send()).await;
        let response = sent.map_err(|_| too_long(url, self.first_line(call)))?;
        response.map_err(|error| unreachable_error(url, error))
    }

    /// How long the first line of an answer may take; what has a body may take as long as a whole call.
    fn first_line(&self, call: &Call) -> Duration {
        if call.body.is_some() { self.whole(call) } else { self.timeouts.answer }
    }

    /// How long a whole call may take: longer where much is sent, at 128 KiB a second.
    fn whole(&self, call: &Call) -> Duration {
        let bytes = call.body.as_ref().map_or(0, |(body, _)| body.len() as u64);
        self.timeouts.call + Duration::from_secs(bytes >> 17)
    }

    /// What `work` gives, unless it takes longer than the next bytes of an answer may.
    pub(crate) async fn within_read<T>(
        &self,
        url: &Url,
        work: impl Future<Output = reqwest::Result<T>>,
    ) -> Result<T> {
        match tokio::time::timeout(self.timeouts.read, work).await {
            Ok(done) => done.map_err(|error| unreachable_error(url, error)),
            Err(_) => Err(too_long(url, self.timeouts.read)),
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

fn too_long(url: &Url, time: Duration) -> Error {
    Error::Unreachable { what: named(url), detail: format!("nothing came for {} s", time.as_secs()) }
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
    use super::*;

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
