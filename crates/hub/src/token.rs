//! What proves to the Hub who we are; it can be sent, and not shown.

use std::fmt;

use reqwest::header::HeaderValue;

/// A token. Nothing prints it: neither errors, nor logs, nor a debugger's view of what holds it.
///
/// ```
/// let token = unskew_hub::Token::new(" hf_secret\n").unwrap();
/// assert_eq!(format!("{token:?}"), "Token");
/// assert!(unskew_hub::Token::new(" \n").is_none());
/// ```
#[derive(Clone)]
pub struct Token(HeaderValue);

impl Token {
    /// The token that `text` holds, without white space around it; none if there is nothing else, or what no header can hold.
    pub fn new(text: &str) -> Option<Self> {
        let text: String = text.chars().filter(|letter| !matches!(letter, '\r' | '\n')).collect();
        let text = text.trim();
        let mut value = HeaderValue::from_str(&format!("Bearer {text}")).ok().filter(|_| !text.is_empty())?;
        value.set_sensitive(true);
        Some(Self(value))
    }

    /// What to send as `Authorization`.
    pub(crate) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}
