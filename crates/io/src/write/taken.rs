//! How much of a value a member takes, and what it makes of messages.

use super::shape::Items;
use crate::{
    canonical,
    json::{Span, items, members},
};

/// Why nothing can be taken of a value.
pub(super) enum Refused {
    /// It is a list of so many messages, where one is wanted.
    Several(usize),
    /// It is a text without turns, where a dialogue is wanted.
    NoDialogue,
    /// It has a message of somebody whose role nobody knows.
    Role(String),
}

/// What says of a missing value that it is missing.
const NULL: &[u8] = b"null";

/// Writes what `which` takes of `value`.
pub(super) fn write(value: &[u8], which: Items, out: &mut Vec<u8>) -> Result<(), Refused> {
    match (which, value[0]) {
        (Items::All, _) | (Items::Messages(_), b'[') | (Items::Message(_), b'{') | (Items::Text, b'"') => {
            out.extend_from_slice(value);
        }
        (Items::ButLast, b'[') => write_rest(value, out),
        (Items::Last, b'[') => match items(value).last() {
            Some(last) => in_list(out, |out| out.extend_from_slice(last.of(value))),
            None => out.extend_from_slice(NULL),
        },
        (Items::Messages(_), b'{') => in_list(out, |out| out.extend_from_slice(value)),
        (Items::Messages(role), b'"') => in_list(out, |out| write_message(role, value, out)),
        (Items::Message(_), b'[') => out.extend_from_slice(only(value)?),
        (Items::LastMessage, b'[') => out.extend_from_slice(last(value)),
        (Items::Message(role), b'"') => write_message(role, value, out),
        (Items::Text, b'{') => out.extend_from_slice(content(value)),
        (Items::Text, b'[') => out.extend_from_slice(content(only(value)?)),
        (Items::LastText, b'[') => out.extend_from_slice(content(last(value))),
        (Items::BeforeAnswer, b'"') => {
            out.extend_from_slice(&value[..answer(value).ok_or(Refused::NoDialogue)?]);
            out.push(b'"');
        }
        (Items::Answer, b'"') => {
            out.push(b'"');
            out.extend_from_slice(&value[answer(value).ok_or(Refused::NoDialogue)?..]);
        }
        (Items::Truth, _) => out.extend_from_slice(truth(value)),
        (Items::Spelled, b'-' | b'0'..=b'9' | b't' | b'f') => {
            out.push(b'"');
            out.extend_from_slice(value);
            out.push(b'"');
        }
        (Items::Spelled, _) => out.extend_from_slice(value),
        _ => out.extend_from_slice(NULL),
    }
    Ok(())
}

/// Where the last answer begins in a dialogue, given as JSON.
fn answer(text: &[u8]) -> Option<usize> {
    let turn = br"\n\nAssistant:";
    let is_escape = |at: &usize| text[..*at].iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 0;
    memchr::memmem::rfind_iter(text, turn).find(is_escape).map(|at| at + turn.len())
}

/// The only item of a list; a null if it has none.
fn only(list: &[u8]) -> Result<&[u8], Refused> {
    match items(list).count() {
        0 | 1 => Ok(last(list)),
        more => Err(Refused::Several(more)),
    }
}

/// The last item of a list; a null if it has none.
fn last(list: &[u8]) -> &[u8] {
    items(list).last().map_or(NULL, |last| last.of(list))
}

fn truth(value: &[u8]) -> &'static [u8] {
    let text = value.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\"")).unwrap_or(value);
    match std::str::from_utf8(text).ok().and_then(|text| text.parse::<f64>().ok()) {
        Some(1.0) => b"true",
        Some(0.0 | -1.0) => b"false",
        _ if text.eq_ignore_ascii_case(b"true") => b"true",
        _ if text.eq_ignore_ascii_case(b"false") => b"false",
        _ => NULL,
    }
}

/// Makes one list of that which `out` has from `start` on, and of that from `list` on; whether there are two, or one
/// where nothing is before it.
pub(super) fn join(out: &mut Vec<u8>, start: usize, list: usize) -> bool {
    if out.get(list) != Some(&b'[') {
        return false;
    }
    if start == list {
        return true;
    }
    let empty = |list: &[u8]| list[1..list.len() - 1].trim_ascii().is_empty();
    let (before, behind) = (empty(&out[start..list]), empty(&out[list..]));
    if behind {
        out.truncate(list);
    } else if before {
        out.drain(start..list);
    } else {
        out[list - 1] = b',';
        out.remove(list);
    }
    true
}

fn in_list(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    out.push(b'[');
    write(out);
    out.push(b']');
}

/// All items but the last.
fn write_rest(list: &[u8], out: &mut Vec<u8>) {
    let all: Vec<Span> = items(list).collect();
    let Some((_, rest)) = all.split_last() else { return out.extend_from_slice(NULL) };
    in_list(out, |out| {
        if let (Some(first), Some(last)) = (rest.first(), rest.last()) {
            out.extend_from_slice(&list[first.start as usize..last.end as usize]);
        }
    });
}

/// A text as a message.
fn write_message(role: &str, text: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"role\":");
    canonical::write_text(role, out);
    out.extend_from_slice(b",\"content\":");
    out.extend_from_slice(text);
    out.push(b'}');
}

/// What stands in a message; ShareGPT calls it its value.
fn content(message: &[u8]) -> &[u8] {
    if message[0] != b'{' {
        return NULL;
    }
    let last = |wanted| members(message).filter(|(name, _)| name == wanted).last();
    last("content").or_else(|| last("value")).map_or(NULL, |(_, span)| span.of(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(value: &str, which: Items) -> String {
        let mut out = vec![];
        match write(value.as_bytes(), which, &mut out) {
            Ok(()) => String::from_utf8(out).unwrap(),
            Err(Refused::Several(count)) => format!("{count} messages"),
            Err(Refused::NoDialogue) => "no dialogue".to_owned(),
            Err(Refused::Role(role)) => format!("{role} is no role"),
        }
    }

    #[test]
    fn texts_and_messages_become_one_another() {
        let (text, one) = (r#""a\"b""#, r#"[ {"role": "user", "content": "a"} ]"#);
        let messages = |value| taken(value, Items::Messages("user"));
        assert_eq!(messages(text), r#"[{"role":"user","content":"a\"b"}]"#);
        assert_eq!((messages(one), messages("[]")), (one.to_owned(), "[]".to_owned()));
        assert_eq!(
            (messages("{}"), messages("1"), messages("null")),
            ("[{}]".into(), "null".into(), "null".into())
        );
        let message = |value| taken(value, Items::Message("assistant"));
        assert_eq!(message(text), r#"{"role":"assistant","content":"a\"b"}"#);
        assert_eq!(message("[1, {\"a\": 2}]"), "2 messages");
        assert_eq!(message("[ {\"a\": 2} ]"), "{\"a\": 2}");
        assert_eq!(taken("[1, {\"content\": 2}]", Items::LastMessage), "{\"content\": 2}");
        assert_eq!(taken("[1, {\"content\": 2}]", Items::LastText), "2");
        assert_eq!((message("[]"), message("true")), ("null".to_owned(), "null".to_owned()));
        let plain = |value| taken(value, Items::Text);
        assert_eq!((plain(text), plain(one)), (text.to_owned(), "\"a\"".to_owned()));
        assert_eq!(
            (plain("[{}, {}, {}]"), plain("[]"), plain("[1]")),
            ("3 messages".into(), "null".into(), "null".into())
        );
        assert_eq!(plain(r#"[{"from": "gpt", "value": "a"}]"#), "\"a\"");
        assert_eq!((plain("{}"), plain("2")), ("null".to_owned(), "null".to_owned()));
    }

    #[test]
    fn labels_become_booleans() {
        let all = ["true", "1", "1.0", "\"True\"", "false", "0", "-1", "\"FALSE\"", "2", "\"yes\"", "null"];
        let truths = all.map(|value| taken(value, Items::Truth));
        let (yes, no, unknown) = (["true"; 4], ["false"; 4], ["null"; 3]);
        assert_eq!(truths[..], [&yes[..], &no, &unknown].concat());
    }

    #[test]
    fn lists_become_one() {
        let joined = |lists: &[&str]| {
            let mut out = b"before".to_vec();
            for list in lists {
                let at = out.len();
                out.extend_from_slice(list.as_bytes());
                if !join(&mut out, 6, at) {
                    return "none".to_owned();
                }
            }
            String::from_utf8(out[6..].to_vec()).unwrap()
        };
        assert_eq!(joined(&["[1]", "[2, 3]", "[4 ]"]), "[1,2, 3,4 ]");
        assert_eq!(joined(&["[ ]", "[2]", "[]"]), "[2]");
        assert_eq!(joined(&["[]", "[ ]"]), "[]");
        assert_eq!(joined(&["[1]", "null"]), "none");
    }
}
