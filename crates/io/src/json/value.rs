//! Reading the values in text that was checked.

use std::borrow::Cow;

use super::check::{Cursor, Events, Quoted, Span};

/// A number as Python would read it: an integer while it fits 64 bits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Number {
    Int(i64),
    Float(f64),
}

/// Reads a number.
pub(crate) fn number(text: &[u8]) -> Number {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let mut value = 0_i64;
    for &digit in digits {
        let place = i64::from(digit.wrapping_sub(b'0'));
        if place > 9 {
            return Number::Float(float(text));
        }
        // Counting downwards reaches the lowest integer, which has no positive twin.
        match value.checked_mul(10).and_then(|value| value.checked_sub(place)) {
            Some(next) => value = next,
            None => return Number::Float(float(text)),
        }
    }
    match if negative { Some(value) } else { value.checked_neg() } {
        Some(value) => Number::Int(value),
        None => Number::Float(float(text)),
    }
}

/// Reads a number as a float; infinite if it is beyond all floats.
pub(crate) fn float(text: &[u8]) -> f64 {
    let text = std::str::from_utf8(text).expect("numbers are ASCII");
    text.parse().expect("what JSON takes for a number, Rust does too")
}

/// The text between quotes with its escapes resolved.
pub(crate) fn text(bytes: &[u8], quoted: Quoted) -> Cow<'_, str> {
    let raw = simdutf8::basic::from_utf8(quoted.span.of(bytes)).expect("rows that were checked are UTF-8");
    if quoted.escaped { Cow::Owned(unescape(raw)) } else { Cow::Borrowed(raw) }
}

/// The text of a value that is one.
pub(crate) fn text_value(raw: &[u8]) -> Cow<'_, str> {
    let inside = Span::new(1, raw.len() - 1);
    let escaped = memchr::memchr(b'\\', inside.of(raw)).is_some();
    text(raw, Quoted { span: inside, escaped })
}

fn unescape(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        let escape = rest.as_bytes()[at + 1];
        rest = &rest[at + 2..];
        out.push(match escape {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let mut code = hex(&rest[..4]);
                rest = &rest[4..];
                if (0xD800..0xDC00).contains(&code) {
                    code = 0x1_0000 + ((code - 0xD800) << 10) + (hex(&rest[2..6]) - 0xDC00);
                    rest = &rest[6..];
                }
                char::from_u32(code).expect("lone surrogates were refused")
            }
            same => char::from(same),
        });
    }
    out.push_str(rest);
    out
}

fn hex(digits: &str) -> u32 {
    u32::from_str_radix(digits, 16).expect("the digits were checked")
}

/// What a value is told to, part by part in the order in which they stand.
pub(crate) trait Listener {
    fn null(&mut self);
    fn boolean(&mut self, value: bool);
    fn int(&mut self, value: i64);
    fn float(&mut self, value: f64);
    fn text(&mut self, value: &str);
    fn begin_list(&mut self);
    fn end_list(&mut self);
    fn begin_object(&mut self);
    fn name(&mut self, name: &str);
    fn end_object(&mut self);
}

/// Tells a value, which was checked.
pub(crate) fn tell(raw: &[u8], to: &mut impl Listener) {
    Cursor::new(raw).value(0, &mut Teller { raw, to }).expect("the value was checked");
}

struct Teller<'a, L> {
    raw: &'a [u8],
    to: &'a mut L,
}

impl<L: Listener> Events for Teller<'_, L> {
    fn begin_object(&mut self) {
        self.to.begin_object();
    }

    fn name(&mut self, name: Quoted) {
        self.to.name(&text(self.raw, name));
    }

    fn end_object(&mut self) {
        self.to.end_object();
    }

    fn begin_list(&mut self) {
        self.to.begin_list();
    }

    fn end_list(&mut self) {
        self.to.end_list();
    }

    fn text(&mut self, value: Quoted) {
        self.to.text(&text(self.raw, value));
    }

    fn number(&mut self, value: Span) {
        match number(value.of(self.raw)) {
            Number::Int(value) => self.to.int(value),
            Number::Float(value) => self.to.float(value),
        }
    }

    fn literal(&mut self, first: u8) {
        match first {
            b'n' => self.to.null(),
            first => self.to.boolean(first == b't'),
        }
    }
}

/// Where the items of a list stand in it.
pub(crate) fn items(raw: &[u8]) -> impl Iterator<Item = Span> {
    let mut cursor = Cursor::new(raw);
    std::iter::from_fn(move || next(&mut cursor).then(|| value(&mut cursor)))
}

/// The members of an object: names, and where their values stand in it.
pub(crate) fn members(raw: &[u8]) -> impl Iterator<Item = (Cow<'_, str>, Span)> {
    let mut cursor = Cursor::new(raw);
    std::iter::from_fn(move || {
        next(&mut cursor).then(|| {
            let name = cursor.name().expect("the object was checked");
            cursor.space();
            (text(raw, name), value(&mut cursor))
        })
    })
}

/// Goes to the next item or member, behind the bracket or the comma before it, if there is one.
fn next(cursor: &mut Cursor<'_>) -> bool {
    cursor.space();
    if !matches!(cursor.peek(), Some(b']' | b'}')) {
        cursor.at += 1;
        cursor.space();
    }
    !matches!(cursor.peek(), Some(b']' | b'}'))
}

fn value(cursor: &mut Cursor<'_>) -> Span {
    let start = cursor.at;
    cursor.value(0, &mut ()).expect("the value was checked");
    Span::new(start, cursor.at)
}
