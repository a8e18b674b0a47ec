//! Messages with `from` and `value`, as ShareGPT has them, become those with `role` and `content`.

use super::taken::Refused;
use crate::{
    canonical,
    json::{Span, items, members, text_value},
};

/// Makes such messages of the message, or the list of them, that `out` holds from `start` on. What is none stays.
pub(super) fn convert(out: &mut Vec<u8>, start: usize) -> Result<(), Refused> {
    let value = out.split_off(start);
    if value.first() != Some(&b'[') {
        return message(&value, out);
    }
    out.push(b'[');
    for (at, item) in items(&value).enumerate() {
        if at > 0 {
            out.push(b',');
        }
        message(item.of(&value), out)?;
    }
    out.push(b']');
    Ok(())
}

fn message(value: &[u8], out: &mut Vec<u8>) -> Result<(), Refused> {
    let all: Vec<(_, Span)> = if value.first() == Some(&b'{') { members(value).collect() } else { vec![] };
    let last = |wanted: &str| all.iter().rfind(|(name, _)| name == wanted).map(|(_, span)| span.of(value));
    let other = last("role").or_else(|| last("content"));
    let (Some(from @ [b'"', ..]), Some(_), None) = (last("from"), last("value"), other) else {
        out.extend_from_slice(value);
        return Ok(());
    };
    let from = text_value(from);
    let role = role(&from).ok_or_else(|| Refused::Role(from.clone().into_owned()))?;
    for (at, (name, span)) in all.iter().enumerate() {
        out.push(if at == 0 { b'{' } else { b',' });
        let name = match name.as_ref() {
            "from" => "role",
            "value" => "content",
            other => other,
        };
        canonical::write_text(name, out);
        out.push(b':');
        if name == "role" {
            canonical::write_text(role, out);
        } else {
            out.extend_from_slice(span.of(value));
        }
    }
    out.push(b'}');
    Ok(())
}

/// The role of somebody whom ShareGPT calls so.
fn role(from: &str) -> Option<&'static str> {
    Some(match from {
        "human" | "user" => "user",
        "gpt" | "assistant" => "assistant",
        "system" => "system",
        "tool" | "observation" => "tool",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(value: &str) -> String {
        let mut out = b"before".to_vec();
        out.extend_from_slice(value.as_bytes());
        match convert(&mut out, 6) {
            Ok(()) => String::from_utf8(out[6..].to_vec()).unwrap(),
            Err(Refused::Role(role)) => format!("{role} is no role"),
            Err(_) => "refused".to_owned(),
        }
    }

    #[test]
    fn from_and_value_become_role_and_content() {
        let list = r#"[ {"from": "human", "value": "a\"b", "weight": 1}, {"value":"x","from":"gpt"} ]"#;
        assert_eq!(
            converted(list),
            r#"[{"role":"user","content":"a\"b","weight":1},{"content":"x","role":"assistant"}]"#
        );
        assert_eq!(converted(r#"{"from":"observation","value":null}"#), r#"{"role":"tool","content":null}"#);
    }

    #[test]
    fn what_is_no_such_message_stays() {
        for value in [
            "null",
            "\"text\"",
            "[]",
            "[1,null]",
            r#"{"role": "user", "content": "x"}"#,
            r#"{"from": 1, "value": 2}"#,
        ] {
            assert_eq!(converted(value), value);
        }
        assert_eq!(converted(r#"[{"from":"function_call","value":"f()"}]"#), "function_call is no role");
    }
}
