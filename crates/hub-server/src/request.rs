//! A request to the Hub, taken apart.

use axum::http::{HeaderMap, Method, Uri, header};
use bytes::Bytes;
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{answer::Refusal, tokens::Caller};

#[derive(Debug)]
pub(crate) struct Request {
    pub method: Method,
    /// The parts of the path, each decoded by itself: one may hold slashes.
    pub parts: Vec<String>,
    pub query: Vec<(String, String)>,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub caller: Caller,
}

impl Request {
    /// The parts of a path; nothing if one is no text.
    pub fn parts_of(uri: &Uri) -> Option<Vec<String>> {
        let path = uri.path().trim_matches('/');
        path.split('/').map(|part| Some(percent_decode_str(part).decode_utf8().ok()?.into_owned())).collect()
    }

    pub fn query_of(uri: &Uri) -> Vec<(String, String)> {
        form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect()
    }

    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn flag(&self, name: &str) -> bool {
        self.parameter(name).is_some_and(is_true)
    }

    pub fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// What the body says as JSON; an empty body says nothing.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        let body: &[u8] = if self.body.is_empty() { b"{}" } else { &self.body };
        serde_json::from_slice(body).map_err(|error| Refusal::bad(format!("the body is wrong: {error}")))
    }

    /// The values of a field of the body, which is a form or JSON.
    pub fn fields(&self, name: &str) -> Result<Vec<String>, Refusal> {
        if self.header(header::CONTENT_TYPE).is_some_and(|kind| kind.contains("x-www-form-urlencoded")) {
            let fields = form_urlencoded::parse(&self.body).into_owned();
            return Ok(fields.filter(|(known, _)| known == name).map(|(_, value)| value).collect());
        }
        let value: Value = self.json()?;
        Ok(match value.get(name) {
            Some(Value::Array(values)) => {
                values.iter().filter_map(Value::as_str).map(str::to_owned).collect()
            }
            Some(Value::String(value)) => vec![value.clone()],
            Some(Value::Bool(value)) => vec![value.to_string()],
            _ => Vec::new(),
        })
    }
}

pub(crate) fn is_true(text: &str) -> bool {
    matches!(text, "1" | "true" | "True")
}
