//! How often, and after how long, a call is tried again.

use std::{
    hash::{BuildHasher, RandomState},
    time::{Duration, SystemTime},
};

use httpdate::parse_http_date;
use reqwest::{StatusCode, header::HeaderMap};

use crate::{Error, Result};

/// How often a call is tried again, and how long that may take.
#[derive(Debug, Clone, Copy)]
pub struct Retry {
    /// How often at most.
    pub most: u32,
    /// The first wait; each that follows may be twice as long.
    pub first: Duration,
    /// The longest wait that we choose ourselves.
    pub longest: Duration,
    /// How long all waits together may take, those for an answer that did not come among them.
    pub total: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        let milliseconds = Duration::from_millis;
        Self { most: 5, first: milliseconds(400), longest: milliseconds(8000), total: milliseconds(120_000) }
    }
}

/// The waits of one call.
#[derive(Debug)]
pub(crate) struct Waits<'a> {
    retry: &'a Retry,
    tried: u32,
    waited: Duration,
}

impl Retry {
    pub(crate) fn waits(&self) -> Waits<'_> {
        Waits { retry: self, tried: 0, waited: Duration::ZERO }
    }
}

impl Waits<'_> {
    /// How long to wait before the next try, if there is to be one; the other side may have said how long it wants.
    pub(crate) fn next(&mut self, asked: Option<Duration>) -> Option<Duration> {
        if self.tried == self.retry.most {
            return None;
        }
        let ours = self.retry.first.saturating_mul(1 << self.tried.min(16)).min(self.retry.longest);
        // Others that failed with us should not come back with us.
        let jitter = RandomState::new().hash_one(self.tried) as f64 / u64::MAX as f64;
        let wait = match asked {
            Some(asked) => asked.saturating_add(self.retry.first.mul_f64(jitter)),
            None => ours.mul_f64(0.5 + jitter / 2.0),
        };
        let waited = self.waited.saturating_add(wait);
        if waited > self.retry.total {
            return None;
        }
        self.tried += 1;
        self.waited = waited;
        Some(wait)
    }

    /// Counts the time for which a try was only waited for: what hangs is not tried as often as what is refused.
    pub(crate) fn count<T>(&mut self, tried: &Result<T>) {
        if let Err(Error::Silent { seconds, .. }) = tried {
            self.waited += Duration::from_secs(*seconds);
        }
    }

    /// Something was achieved: what follows may fail as often again.
    pub(crate) fn begin_anew(&mut self) {
        self.tried = 0;
    }
}

/// Whether a call with this answer may do better later.
pub(crate) fn is_passing(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 429 | 500 | 502 | 503 | 504)
}

/// How long the other side wants us to wait.
pub(crate) fn asked_wait(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let after = |text: &str| text.parse().ok().map(Duration::from_secs);
    let until = |date: &str| {
        let then = parse_http_date(date).ok()?;
        // Clocks differ: the other side means its own.
        let now = text("date").and_then(|date| parse_http_date(date).ok());
        Some(then.duration_since(now.unwrap_or_else(SystemTime::now)).unwrap_or_default())
    };
    // `"api";r=0;t=55` says that the next call is free in 55 seconds.
    let limit = || {
        let parts: Vec<&str> = text("ratelimit")?.split(';').map(str::trim).collect();
        parts.contains(&"r=0").then_some(())?;
        after(parts.iter().find_map(|part| part.strip_prefix("t="))?)
    };
    text("retry-after").and_then(|text| after(text).or_else(|| until(text))).or_else(limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end() {
        let retry = Retry::default();
        let mut waits = retry.waits();
        let mut all = vec![];
        while let Some(wait) = waits.next(None) {
            all.push(wait);
        }
        assert_eq!(all.len(), 5);
        for (tried, wait) in all.iter().enumerate() {
            let most = retry.first * (1 << tried);
            assert!((most / 2..=most).contains(wait), "{wait:?}");
        }
    }

    #[test]
    fn what_is_asked_for_is_obeyed_within_reason() {
        let mut headers = HeaderMap::new();
        assert_eq!(asked_wait(&headers), None);
        headers.insert("ratelimit", "\"api\";r=0;t=7".parse().unwrap());
        assert_eq!(asked_wait(&headers), Some(Duration::from_secs(7)));
        headers.insert("ratelimit", "\"api\";r=3;t=7".parse().unwrap());
        assert_eq!(asked_wait(&headers), None);
        headers.insert("retry-after", "2".parse().unwrap());
        let asked = asked_wait(&headers);
        let retry = Retry::default();
        assert!(retry.waits().next(asked).unwrap() >= Duration::from_secs(2));
        assert_eq!(retry.waits().next(Some(2 * retry.total)), None);
    }

    #[test]
    fn a_wait_may_be_told_as_a_date() {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT".parse().unwrap());
        headers.insert("date", "Wed, 21 Oct 2026 07:27:18 GMT".parse().unwrap());
        assert_eq!(asked_wait(&headers), Some(Duration::from_secs(42)));
        headers.insert("date", "Wed, 21 Oct 2026 08:00:00 GMT".parse().unwrap());
        assert_eq!(asked_wait(&headers), Some(Duration::ZERO));
        headers.remove("date");
        headers.insert("retry-after", "Fri, 31 Dec 9999 23:59:59 GMT".parse().unwrap());
        let asked = asked_wait(&headers);
        assert!(asked > Some(Duration::from_secs(1 << 32)), "{asked:?}");
        assert_eq!(Retry::default().waits().next(asked), None);
        headers.insert("retry-after", "soon".parse().unwrap());
        assert_eq!(asked_wait(&headers), None);
    }

    #[test]
    fn no_wait_is_too_long_to_be_refused() {
        let retry = Retry::default();
        let mut waits = retry.waits();
        for _ in 0..3 {
            assert!(waits.next(Some(Duration::from_secs(1))).is_some());
            assert_eq!(waits.next(Some(Duration::MAX)), None);
        }
    }
}
