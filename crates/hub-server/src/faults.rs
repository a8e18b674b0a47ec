//! Faults that tests ask for: which requests they meet, and what goes wrong.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::http::Method;
use serde_json::Value;

use crate::hub::Origin;

/// What goes wrong with a request.
#[derive(Clone)]
#[non_exhaustive]
pub enum Fault {
    /// It is not done; this is the answer, with these headers.
    Status(u16, Vec<(String, String)>),
    /// After so many bytes of the answer's body the connection is reset.
    Reset(u64),
    /// After so many bytes of the answer's body the connection ends, although more were announced.
    Truncate(u64),
    /// The bits of this byte of the answer's body are the other way round.
    Flip(u64),
    /// After so many bytes of the request's body the connection is reset.
    ResetUpload(u64),
    /// Each piece of the request's body is taken only after this time.
    Slow(Duration),
    /// It is done, but the connection is reset before there is an answer.
    LoseAnswer,
    /// It is done after this time.
    Delay(Duration),
    /// It is never answered.
    Hang,
    /// The JSON of the answer is changed.
    Json(Arc<dyn Fn(&mut Value) + Send + Sync>),
}

impl Fault {
    /// The answer has this status and no headers that say more.
    pub fn status(status: u16) -> Self {
        Self::Status(status, Vec::new())
    }

    /// Too many requests; the next one may come after so many seconds.
    pub fn too_many(seconds: u64) -> Self {
        Self::Status(429, vec![("retry-after".to_owned(), seconds.to_string())])
    }

    /// The token is no longer valid.
    pub fn bad_token() -> Self {
        let message = "Invalid credentials in Authorization header";
        Self::Status(401, vec![("x-error-message".to_owned(), message.to_owned())])
    }

    /// Somebody else made a commit.
    pub fn moved() -> Self {
        let message = "A commit has happened since. Please refresh and try again.";
        Self::Status(412, vec![("x-error-message".to_owned(), message.to_owned())])
    }

    /// The answer leads to another place.
    pub fn redirect(to: impl Into<String>) -> Self {
        Self::Status(302, vec![("location".to_owned(), to.into())])
    }

    /// The JSON of the answer is changed by a function.
    pub fn json(change: impl Fn(&mut Value) + Send + Sync + 'static) -> Self {
        Self::Json(Arc::new(change))
    }

    /// A tree, or some paths' info, tells another size of a file.
    pub fn size(path: impl Into<String>, size: u64) -> Self {
        let path = path.into();
        Self::of_entry(path, move |entry| {
            entry["size"] = size.into();
            if let Some(lfs) = entry.get_mut("lfs") {
                lfs["size"] = size.into();
            }
        })
    }

    /// A tree, or some paths' info, calls a file something else, such as `../../secret`.
    pub fn path(path: impl Into<String>, called: impl Into<String>) -> Self {
        let called = called.into();
        Self::of_entry(path.into(), move |entry| entry["path"] = called.as_str().into())
    }

    /// A token of Xet names another store, such as `local:///etc`.
    pub fn cas_url(url: impl Into<String>) -> Self {
        let url = url.into();
        Self::json(move |answer| answer["casUrl"] = url.as_str().into())
    }

    fn of_entry(path: String, change: impl Fn(&mut Value) + Send + Sync + 'static) -> Self {
        Self::json(move |answer| {
            let entries = answer.as_array_mut().into_iter().flatten();
            entries.filter(|entry| entry["path"] == path.as_str()).for_each(&change);
        })
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status, headers) => write!(formatter, "Status({status}, {headers:?})"),
            Self::Reset(after) => write!(formatter, "Reset({after})"),
            Self::Truncate(after) => write!(formatter, "Truncate({after})"),
            Self::Flip(at) => write!(formatter, "Flip({at})"),
            Self::ResetUpload(after) => write!(formatter, "ResetUpload({after})"),
            Self::Slow(pause) => write!(formatter, "Slow({pause:?})"),
            Self::LoseAnswer => formatter.write_str("LoseAnswer"),
            Self::Delay(time) => write!(formatter, "Delay({time:?})"),
            Self::Hang => formatter.write_str("Hang"),
            Self::Json(_) => formatter.write_str("Json"),
        }
    }
}

/// Which requests meet a fault.
///
/// ```
/// use unskew_hub_server::{Fault, Origin, Rule};
///
/// // The second and third time that any file is asked of the origin for large files.
/// let rule = Rule::on("*").at(Origin::Cdn).method("GET").after(1).times(2).meets(Fault::Reset(1000));
/// # let _ = rule;
/// ```
#[derive(Debug, Clone)]
pub struct Rule {
    pattern: String,
    origin: Option<Origin>,
    method: Option<Method>,
    skip: usize,
    times: usize,
    fault: Fault,
}

impl Rule {
    /// Requests whose path, with its query, is like this; a star is anything. They meet status 500, once, unless more is said.
    pub fn on(pattern: impl Into<String>) -> Self {
        let pattern = pattern.into();
        Self { pattern, origin: None, method: None, skip: 0, times: 1, fault: Fault::status(500) }
    }

    /// Only those at this origin.
    pub fn at(mut self, origin: Origin) -> Self {
        self.origin = Some(origin);
        self
    }

    /// Only those with this method.
    pub fn method(mut self, method: &str) -> Self {
        self.method = method.parse().ok();
        self
    }

    /// So many go well at first.
    pub fn after(mut self, requests: usize) -> Self {
        self.skip = requests;
        self
    }

    /// So many meet the fault.
    pub fn times(mut self, requests: usize) -> Self {
        self.times = requests;
        self
    }

    /// All of them meet the fault.
    pub fn always(self) -> Self {
        self.times(usize::MAX)
    }

    /// What they meet.
    pub fn meets(mut self, fault: Fault) -> Self {
        self.fault = fault;
        self
    }

    fn fits(&self, origin: Origin, method: &Method, path: &str) -> bool {
        self.origin.is_none_or(|known| known == origin)
            && self.method.as_ref().is_none_or(|known| known == method)
            && is_like(path, &self.pattern)
    }
}

/// The rules of a server; tests change them while it runs.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    rules: Arc<Mutex<Vec<Rule>>>,
}

impl Faults {
    /// Adds a rule behind the others.
    pub fn add(&self, rule: Rule) {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner).push(rule);
    }

    /// Forgets all rules.
    pub fn clear(&self) {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// What a request meets: each rule that fits counts it, and the first whose turn it is decides.
    pub(crate) fn met(&self, origin: Origin, method: &Method, path: &str) -> Option<Fault> {
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        let mut met = None;
        for rule in rules.iter_mut().filter(|rule| rule.fits(origin, method, path)) {
            if rule.skip > 0 {
                rule.skip -= 1;
            } else if rule.times > 0 && met.is_none() {
                rule.times -= usize::from(rule.times != usize::MAX);
                met = Some(rule.fault.clone());
            }
        }
        met
    }
}

/// Whether a text is like a pattern, in which a star is anything.
fn is_like(text: &str, pattern: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return text == pattern };
    let Some(text) = text.strip_prefix(head) else { return false };
    text.char_indices().map(|(at, _)| at).chain([text.len()]).any(|at| is_like(&text[at..], rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_anything() {
        assert!(
            is_like("/a/b", "/a/b") && is_like("/a/b", "*") && is_like("/a/b", "/a*") && is_like("/a", "/a*")
        );
        assert!(is_like("/a/tree/main?x", "*/tree/*") && is_like("", "*") && is_like("abab", "*ab"));
        assert!(!is_like("/a/b", "/a") && !is_like("/a", "*b*") && !is_like("ab", "*a"));
    }

    #[test]
    fn a_rule_has_its_turn_and_then_no_more() {
        let faults = Faults::default();
        faults.add(Rule::on("/a*").method("GET").after(1).times(2).meets(Fault::Hang));
        faults.add(Rule::on("*").at(Origin::Cdn).always().meets(Fault::LoseAnswer));
        let met =
            |origin, method: Method| faults.met(origin, &method, "/a/b").map(|fault| format!("{fault:?}"));
        assert_eq!(met(Origin::Hub, Method::GET), None);
        assert_eq!(met(Origin::Hub, Method::POST), None);
        assert_eq!(met(Origin::Hub, Method::GET).unwrap(), "Hang");
        assert_eq!(met(Origin::Cdn, Method::POST).unwrap(), "LoseAnswer");
        assert_eq!(met(Origin::Cdn, Method::GET).unwrap(), "Hang");
        assert_eq!(met(Origin::Hub, Method::GET), None);
        faults.clear();
        assert_eq!(met(Origin::Cdn, Method::GET), None);
    }
}
