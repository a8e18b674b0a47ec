//! Reading JSON text that a scan has found valid, without building anything.

use std::borrow::Cow;

use arrow::error::ArrowError;

use crate::stops::Stops;

type Result<T, E = ArrowError> = std::result::Result<T, E>;

/// A place in JSON text.
#[derive(Debug)]
pub(crate) struct Cursor<'a> {
    text: &'a str,
    at: usize,
    stops: Stops,
}

/// What kind of value begins somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token {
    Null,
    True,
    False,
    Number,
    Text,
    List,
    Object,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0, stops: Stops::default() }
    }

    fn fault<T>(&self, what: &str) -> Result<T> {
        Err(ArrowError::JsonError(format!("{what} at byte {}", self.at)))
    }

    fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    #[inline]
    fn skip_space(&mut self) {
        let bytes = self.bytes();
        while matches!(bytes.get(self.at), Some(b' ' | b'\n' | b'\t' | b'\r')) {
            self.at += 1;
        }
    }

    /// The next byte that is not white space, which stays where it is.
    #[inline]
    fn peek(&mut self) -> Option<u8> {
        self.skip_space();
        self.bytes().get(self.at).copied()
    }

    /// Whether `byte` comes next; then it is behind.
    #[inline]
    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    #[inline]
    fn expect(&mut self, byte: u8) -> Result<()> {
        if self.take(byte) { Ok(()) } else { self.fault(&format!("expected `{}`", char::from(byte))) }
    }

    /// Whether nothing but white space is left.
    pub(crate) fn at_end(&mut self) -> bool {
        self.peek().is_none()
    }

    /// What begins here.
    pub(crate) fn token(&mut self) -> Result<Token> {
        Ok(match self.peek() {
            Some(b'n') => Token::Null,
            Some(b't') => Token::True,
            Some(b'f') => Token::False,
            Some(b'"') => Token::Text,
            Some(b'[') => Token::List,
            Some(b'{') => Token::Object,
            Some(b'-' | b'0'..=b'9') => Token::Number,
            _ => return self.fault("expected a value"),
        })
    }

    /// Passes `null`, `true`, `false` or a number, and returns it.
    pub(crate) fn word(&mut self) -> &'a str {
        self.skip_space();
        let bytes = self.bytes();
        let start = self.at;
        while matches!(bytes.get(self.at), Some(b'+' | b'-' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z'))
        {
            self.at += 1;
        }
        &self.text[start..self.at]
    }

    /// Passes a text with its quotes, and returns what is between them and whether it has escapes.
    fn quoted(&mut self) -> Result<(&'a str, bool)> {
        self.expect(b'"')?;
        let start = self.at;
        let mut escapes = false;
        loop {
            let Some(stop) = self.stops.next(self.text.as_bytes(), self.at) else {
                return self.fault("a text without end");
            };
            match self.bytes()[stop] {
                b'"' => {
                    self.at = stop + 1;
                    return Ok((&self.text[start..stop], escapes));
                }
                b'\\' if stop + 2 <= self.text.len() => {
                    escapes = true;
                    self.at = stop + 2;
                }
                b'\\' => return self.fault("a text without end"),
                _ => self.at = stop + 1,
            }
        }
    }

    /// Passes a text.
    pub(crate) fn skip_text(&mut self) -> Result<()> {
        self.quoted().map(drop)
    }

    /// Passes a text and returns what it says.
    pub(crate) fn string(&mut self) -> Result<Cow<'a, str>> {
        let (inside, escapes) = self.quoted()?;
        if !escapes {
            return Ok(Cow::Borrowed(inside));
        }
        let mut out = String::with_capacity(inside.len());
        unescape(inside, &mut out)?;
        Ok(Cow::Owned(out))
    }

    /// Passes a text and appends what it says to `out`.
    pub(crate) fn string_onto(&mut self, out: &mut String) -> Result<()> {
        let (inside, escapes) = self.quoted()?;
        if escapes {
            return unescape(inside, out);
        }
        out.push_str(inside);
        Ok(())
    }

    /// Begins an object or a list: passes the bracket, and says whether anything is inside.
    #[inline]
    fn open(&mut self, close: u8) -> bool {
        self.take(if close == b'}' { b'{' } else { b'[' });
        !self.take(close)
    }

    #[inline]
    fn more(&mut self, close: u8) -> Result<bool> {
        if self.take(b',') {
            return Ok(true);
        }
        self.expect(close).map(|()| false)
    }

    /// Passes an object, letting `member` pass each value.
    pub(crate) fn object(
        &mut self,
        mut member: impl FnMut(Cow<'a, str>, &mut Self) -> Result<()>,
    ) -> Result<()> {
        if !self.open(b'}') {
            return Ok(());
        }
        loop {
            self.skip_space();
            let key = self.string()?;
            self.expect(b':')?;
            member(key, self)?;
            if !self.more(b'}')? {
                return Ok(());
            }
        }
    }

    /// Passes a list, letting `item` pass each item.
    pub(crate) fn list(&mut self, mut item: impl FnMut(&mut Self) -> Result<()>) -> Result<()> {
        if !self.open(b']') {
            return Ok(());
        }
        loop {
            item(self)?;
            if !self.more(b']')? {
                return Ok(());
            }
        }
    }

    /// Passes a value of any kind, and returns it as it stands.
    pub(crate) fn skip(&mut self) -> Result<&'a str> {
        self.skip_space();
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            match self.token()? {
                Token::Text => drop(self.quoted()?),
                Token::List | Token::Object => {
                    depth += 1;
                    self.at += 1;
                }
                _ => drop(self.word()),
            }
            loop {
                match self.peek() {
                    Some(b'}' | b']') if depth > 0 => {
                        depth -= 1;
                        self.at += 1;
                    }
                    Some(b',' | b':') if depth > 0 => self.at += 1,
                    _ => break,
                }
            }
            if depth == 0 {
                return Ok(self.text[start..self.at].trim_ascii_end());
            }
        }
    }
}

/// Appends what `inside`, the inner part of a JSON text, says.
fn unescape(inside: &str, out: &mut String) -> Result<()> {
    let wrong = || ArrowError::JsonError(format!("an escape without meaning in \"{inside}\""));
    let mut rest = inside;
    while let Some(slash) = memchr::memchr(b'\\', rest.as_bytes()) {
        out.push_str(&rest[..slash]);
        let letter = *rest.as_bytes().get(slash + 1).ok_or_else(wrong)?;
        let mut after = slash + 2;
        out.push(match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let mut unit = hex(rest, after).ok_or_else(wrong)?;
                after += 4;
                if (0xd800..0xdc00).contains(&unit) {
                    let low = rest[after..]
                        .starts_with("\\u")
                        .then(|| hex(rest, after + 2))
                        .flatten()
                        .ok_or_else(wrong)?;
                    unit = 0x1_0000 + ((unit - 0xd800) << 10) + (low.wrapping_sub(0xdc00) & 0x3ff);
                    after += 6;
                }
                char::from_u32(unit).ok_or_else(wrong)?
            }
            _ => return Err(wrong()),
        });
        rest = rest.get(after..).ok_or_else(wrong)?;
    }
    out.push_str(rest);
    Ok(())
}

fn hex(text: &str, at: usize) -> Option<u32> {
    u32::from_str_radix(text.get(at..at + 4)?, 16).ok()
}

/// Appends `value`, JSON that is valid, without the white space between its parts.
pub(crate) fn compact(value: &str, out: &mut String) {
    let mut rest = value;
    while let Some(found) = rest.bytes().position(|byte| matches!(byte, b'"' | b' ' | b'\n' | b'\t' | b'\r'))
    {
        let end =
            if rest.as_bytes()[found] == b'"' { found + 1 + text_end(&rest[found + 1..]) } else { found };
        out.push_str(&rest[..end]);
        rest = rest[end..].trim_ascii_start();
    }
    out.push_str(rest);
}

/// How many bytes a text takes from behind its first quote to behind its last.
fn text_end(text: &str) -> usize {
    let mut at = 0;
    while let Some(found) = memchr::memchr2(b'"', b'\\', &text.as_bytes()[at..]) {
        at += found + 1;
        if text.as_bytes()[at - 1] == b'"' {
            return at;
        }
        at = (at + 1).min(text.len());
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn skipping_stops_behind_the_value() {
        for text in
            ["1", "-1.5e3", "\"a\\\"]\"", "[]", "{}", "[1, [2], {\"a\" : [ ] }]", "null", "{\"a\":{\"b\":1}}"]
        {
            let padded = format!("  {text} , 7");
            let mut cursor = Cursor::new(&padded);
            assert_eq!(cursor.skip().unwrap(), text);
            assert!(cursor.take(b','), "{text}");
        }
    }

    #[test]
    fn cut_texts_are_errors() {
        for text in ["\"a", "\"a\\", "[1", "{\"a\":", "", "{\"a\"", "[1,"] {
            assert!(Cursor::new(text).skip().is_err(), "{text}");
        }
    }

    #[test]
    fn white_space_goes_and_texts_stay() {
        let mut out = String::new();
        compact("{ \"a b\" : [ 1 ,\t2 ] , \"c\\\" d\" : \" x \" }", &mut out);
        assert_eq!(out, "{\"a b\":[1,2],\"c\\\" d\":\" x \"}");
    }

    proptest! {
        #[test]
        fn texts_say_what_serde_json_reads(text in ".*") {
            for written in [serde_json::to_string(&text).unwrap(), escaped(&text)] {
                prop_assert_eq!(Cursor::new(&written).string().unwrap(), text.as_str());
                let mut out = String::from("before ");
                Cursor::new(&written).string_onto(&mut out).unwrap();
                prop_assert_eq!(&out["before ".len()..], text.as_str());
            }
        }

        #[test]
        fn damaged_json_never_panics(text in r#"[\[\]{}":,\\u0-9a-f \n-]{0,40}"#) {
            let _ = Cursor::new(&text).skip();
            let _ = Cursor::new(&text).string();
            compact(&text, &mut String::new());
        }

        #[test]
        fn compacting_keeps_the_value(words in prop::collection::vec(".*", 0..5)) {
            let value = Value::from(words);
            let mut out = String::new();
            compact(&serde_json::to_string_pretty(&value).unwrap(), &mut out);
            prop_assert_eq!(out, value.to_string());
        }
    }

    fn escaped(text: &str) -> String {
        let units = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect::<Vec<_>>().concat();
        format!("\"{units}\"")
    }
}
