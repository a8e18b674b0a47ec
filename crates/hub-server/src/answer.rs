//! What is sent back: JSON without spaces, and refusals that clients understand.

use std::fmt::Display;

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::error::Error;

/// A request that is not done, as clients are told.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
    commit: Option<String>,
    url: Option<String>,
}

pub(crate) type Answer = Result<Response, Refusal>;

impl Refusal {
    pub fn new(status: StatusCode, code: &'static str, message: impl Display) -> Self {
        Self { status, code, message: message.to_string(), commit: None, url: None }
    }

    /// Says where the thing is that exists already.
    pub fn url(mut self, url: String) -> Self {
        self.url = Some(url);
        self
    }

    pub fn bad(message: impl Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    pub fn no_such_page() -> Self {
        Self::new(StatusCode::NOT_FOUND, "NotFound", "Sorry, we can't find the page you are looking for.")
    }

    pub fn into_response(self) -> Response {
        let mut body = json!({ "error": self.message });
        if let Some(url) = self.url {
            body["url"] = url.into();
        }
        let mut response = reply(self.status, &body);
        set(&mut response, "x-error-code", self.code);
        set(&mut response, "x-error-message", &self.message);
        if let Some(commit) = self.commit {
            set(&mut response, "x-repo-commit", &commit);
        }
        response
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let (status, code) = match &error {
            Error::NoRepo { .. } => (StatusCode::NOT_FOUND, "RepoNotFound"),
            Error::NoRevision { .. } => (StatusCode::NOT_FOUND, "RevisionNotFound"),
            Error::NoEntry { .. } => (StatusCode::NOT_FOUND, "EntryNotFound"),
            Error::RepoExists { .. } | Error::RefExists { .. } => (StatusCode::CONFLICT, "AlreadyExists"),
            Error::Moved => (StatusCode::PRECONDITION_FAILED, "PreconditionFailed"),
            Error::NoContent { .. } | Error::Invalid { .. } => (StatusCode::BAD_REQUEST, "BadRequest"),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, "InternalError"),
        };
        let commit = match &error {
            Error::NoEntry { commit, .. } => Some(commit.clone()),
            _ => None,
        };
        Self { commit, ..Self::new(status, code, error) }
    }
}

pub(crate) fn reply(status: StatusCode, value: &impl Serialize) -> Response {
    let text = serde_json::to_vec(value).expect("answers are plain values");
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    set(&mut response, header::CONTENT_TYPE.as_str(), "application/json; charset=utf-8");
    response
}

#[expect(clippy::unnecessary_wraps, reason = "most answers end with it")]
pub(crate) fn ok(value: &Value) -> Answer {
    Ok(reply(StatusCode::OK, value))
}

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// Sets a header; what a header cannot hold becomes a question mark.
pub(crate) fn set(response: &mut Response, name: &str, value: &str) {
    let plain = |c: char| if c.is_ascii_graphic() || c == ' ' { c } else { '?' };
    let value = HeaderValue::from_str(&value.chars().map(plain).collect::<String>());
    if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), value) {
        response.headers_mut().insert(name, value);
    }
}
