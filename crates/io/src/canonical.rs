//! One spelling for every JSON value, so that equal values hash alike whatever file they stand in.
//!
//! Members are sorted by the bytes of their written names, null members are left out, of members with the same
//! name the last counts, numbers that are whole and fit 64 bits are written as integers (`1`, `1.0` and `1e0`
//! alike), all others in their shortest form that reads back, and text is escaped no more than it must be.

use std::{borrow::Cow, io::Write};

use crate::json::Listener;

/// The first 16 bytes of the BLAKE3 digest of `canonical`.
pub(crate) fn hash(canonical: &[u8]) -> [u8; 16] {
    let mut short = [0; 16];
    short.copy_from_slice(&blake3::hash(canonical).as_bytes()[..16]);
    short
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The longest text that is a group key as it stands, in bytes.
const LONGEST_KEY: usize = 64;

/// The group key of a text: the text, or its first 40 characters and a hash.
///
/// `canonical` is a buffer to work in.
pub(crate) fn text_key<'a>(text: &'a str, canonical: &mut Canonical, key: &'a mut String) -> &'a str {
    if text.len() <= LONGEST_KEY {
        return text;
    }
    canonical.clear();
    canonical.text(text);
    let head = text.char_indices().nth(40).map_or(text.len(), |(at, _)| at);
    key.clear();
    key.push_str(&text[..head]);
    key.push_str("…#");
    key.push_str(&hex(&hash(canonical.as_bytes())));
    key
}

/// The group key of a text: the text if it is short, else its first 40 characters and a hash.
///
/// ```
/// assert_eq!(unskew_io::key_text("math"), "math");
/// assert_eq!(unskew_io::key_text(&"x".repeat(65)).chars().count(), 40 + 2 + 32);
/// ```
pub fn key_text(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST_KEY {
        return Cow::Borrowed(text);
    }
    let mut key = String::new();
    text_key(text, &mut Canonical::default(), &mut key);
    Cow::Owned(key)
}

/// The group key of a list or an object, given its canonical JSON.
pub(crate) fn nested_key(canonical: &[u8]) -> String {
    format!("#{}", hex(&hash(canonical)))
}

/// Writes canonical JSON from a value's parts, given in the order in which they stand.
#[derive(Debug, Default)]
pub(crate) struct Canonical {
    out: Vec<u8>,
    frames: Vec<Frame>,
    members: Vec<Member>,
    scratch: Vec<u8>,
}

#[derive(Debug)]
enum Frame {
    List { empty: bool },
    Object { start: usize, members: usize, rebuild: bool },
}

#[derive(Debug, Clone, Copy)]
struct Member {
    start: usize,
    name_end: usize,
    end: usize,
    null: bool,
}

impl Canonical {
    /// Forgets everything written, keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.out.clear();
        self.frames.clear();
        self.members.clear();
    }

    /// What was written.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.out
    }

    /// What was written, as text.
    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.out).expect("only text and ASCII are written")
    }

    /// Brings the members of the object at the end of the output into order.
    fn rebuild(&mut self, start: usize, members: usize) {
        let Self { out, members: all, scratch, .. } = self;
        let members = &mut all[members..];
        let name = |member: &Member| &out[member.start..member.name_end];
        members.sort_by(|left, right| name(left).cmp(name(right)));
        scratch.clear();
        for (position, member) in members.iter().enumerate() {
            let again = members.get(position + 1).is_some_and(|next| name(next) == name(member));
            if again || member.null {
                continue;
            }
            if !scratch.is_empty() {
                scratch.push(b',');
            }
            scratch.extend_from_slice(&out[member.start..member.end]);
        }
        out.truncate(start);
        out.extend_from_slice(scratch);
    }

    fn before(&mut self) {
        if let Some(Frame::List { empty }) = self.frames.last_mut()
            && !std::mem::take(empty)
        {
            self.out.push(b',');
        }
    }

    fn after(&mut self, null: bool) {
        if let Some(Frame::Object { rebuild, .. }) = self.frames.last_mut() {
            let member = self.members.last_mut().expect("a value in an object has a name");
            member.end = self.out.len();
            member.null = null;
            *rebuild |= null;
        }
    }
}

impl Listener for Canonical {
    fn null(&mut self) {
        self.before();
        self.out.extend_from_slice(b"null");
        self.after(true);
    }

    fn boolean(&mut self, value: bool) {
        self.before();
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
        self.after(false);
    }

    fn int(&mut self, value: i64) {
        self.before();
        write_int(value, &mut self.out);
        self.after(false);
    }

    fn float(&mut self, value: f64) {
        self.before();
        write_float(value, &mut self.out);
        self.after(false);
    }

    fn text(&mut self, value: &str) {
        self.before();
        write_text(value, &mut self.out);
        self.after(false);
    }

    fn begin_list(&mut self) {
        self.before();
        self.out.push(b'[');
        self.frames.push(Frame::List { empty: true });
    }

    fn end_list(&mut self) {
        self.frames.pop();
        self.out.push(b']');
        self.after(false);
    }

    fn begin_object(&mut self) {
        self.before();
        self.out.push(b'{');
        let frame = Frame::Object { start: self.out.len(), members: self.members.len(), rebuild: false };
        self.frames.push(frame);
    }

    fn name(&mut self, name: &str) {
        let Some(Frame::Object { start, members, rebuild }) = self.frames.last_mut() else {
            unreachable!("names stand in objects")
        };
        if self.out.len() > *start {
            self.out.push(b',');
        }
        let from = self.out.len();
        write_text(name, &mut self.out);
        let name_end = self.out.len();
        if let Some(last) = self.members[*members..].last() {
            *rebuild |= self.out[last.start..last.name_end] >= self.out[from..name_end];
        }
        self.out.push(b':');
        self.members.push(Member { start: from, name_end, end: 0, null: false });
    }

    fn end_object(&mut self) {
        let Some(Frame::Object { start, members, rebuild }) = self.frames.pop() else {
            unreachable!("an object ends where one began")
        };
        if rebuild {
            self.rebuild(start, members);
        }
        self.members.truncate(members);
        self.out.push(b'}');
        self.after(false);
    }
}

/// Writes an integer as canonical JSON does.
pub(crate) fn write_int(value: i64, out: &mut Vec<u8>) {
    write!(out, "{value}").expect("memory takes all that is written");
}

/// Writes a finite number as canonical JSON does.
pub(crate) fn write_float(value: f64, out: &mut Vec<u8>) {
    // Both bounds are powers of two, so the comparison is exact and the cast loses nothing.
    if value.fract() == 0.0 && (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value) {
        write_int(value as i64, out);
    } else {
        write!(out, "{value:?}").expect("memory takes all that is written");
    }
}

/// Writes a text in quotes, escaped no more than it must be.
pub(crate) fn write_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut from = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&bytes[from..at]);
        from = at + 1;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            _ => write!(out, "\\u{byte:04x}").expect("memory takes all that is written"),
        }
    }
    out.extend_from_slice(&bytes[from..]);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    use super::*;

    fn canonical(value: &Value) -> String {
        fn give(value: &Value, to: &mut Canonical) {
            match value {
                Value::Null => to.null(),
                Value::Bool(value) => to.boolean(*value),
                Value::Number(number) => match number.as_i64() {
                    Some(int) => to.int(int),
                    None => to.float(number.as_f64().unwrap()),
                },
                Value::String(text) => to.text(text),
                Value::Array(items) => {
                    to.begin_list();
                    for item in items {
                        give(item, to);
                    }
                    to.end_list();
                }
                Value::Object(members) => {
                    to.begin_object();
                    for (name, member) in members {
                        to.name(name);
                        give(member, to);
                    }
                    to.end_object();
                }
            }
        }
        let mut out = Canonical::default();
        give(value, &mut out);
        out.as_str().to_owned()
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".*".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((".{0,3}", inner), 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
            ]
        })
    }

    /// The value without null members.
    fn without_nulls(value: Value) -> Value {
        match value {
            Value::Array(items) => items.into_iter().map(without_nulls).collect(),
            Value::Object(members) => members
                .into_iter()
                .filter(|(_, member)| !member.is_null())
                .map(|(name, member)| (name, without_nulls(member)))
                .collect(),
            other => other,
        }
    }

    /// The value with its members the other way round and whole floats for integers that can be.
    fn respelled(value: Value) -> Value {
        match value {
            Value::Array(items) => items.into_iter().map(respelled).collect(),
            Value::Object(members) => {
                let members: Vec<_> = members.into_iter().collect();
                members.into_iter().rev().map(|(name, member)| (name, respelled(member))).collect()
            }
            Value::Number(number) => match number.as_i64() {
                Some(int) if int.abs() < 1 << 53 => Value::from(int as f64),
                _ => Value::Number(number),
            },
            other => other,
        }
    }

    /// The value with all numbers as floats and all members in order.
    fn with_floats(value: Value) -> Value {
        match value {
            Value::Array(items) => items.into_iter().map(with_floats).collect(),
            Value::Object(mut members) => {
                members.sort_keys();
                members.into_iter().map(|(name, member)| (name, with_floats(member))).collect()
            }
            Value::Number(number) => Value::from(number.as_f64().unwrap() + 0.0),
            other => other,
        }
    }

    #[test]
    fn spelling_does_not_matter() {
        assert_eq!(
            canonical(&json!({"b": 1.0, "a": null, "c": [1e0, -0.0, 0.5, 1e300]})),
            r#"{"b":1,"c":[1,0,0.5,1e300]}"#
        );
    }

    #[test]
    fn of_two_members_the_last_counts_even_if_null() {
        let mut out = Canonical::default();
        out.begin_object();
        for value in [Some(1), None] {
            out.name("a");
            match value {
                Some(value) => out.int(value),
                None => out.null(),
            }
        }
        out.end_object();
        assert_eq!(out.as_str(), "{}");
    }

    proptest! {
        #[test]
        fn canonical_json_means_the_same(value in values()) {
            let back: Value = serde_json::from_str(&canonical(&value)).unwrap();
            prop_assert_eq!(with_floats(back), with_floats(without_nulls(value)));
        }

        #[test]
        fn equal_values_are_written_alike(value in values()) {
            prop_assert_eq!(canonical(&value), canonical(&respelled(value.clone())));
        }
    }
}
