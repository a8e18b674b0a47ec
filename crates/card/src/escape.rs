//! Text that comes from data, as text and nothing else: in Markdown, code, YAML and SVG.

use std::fmt::Write;

use serde_json::{Value, json};

/// Text that no reader of Markdown or HTML takes for anything but text.
pub fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, letter) in text.char_indices() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // An address or a mention would become a link by itself.
            ':' if text[at..].starts_with(":/") => out.push_str("&#58;"),
            '.' if out.len() >= 3 && out.as_bytes()[out.len() - 3..].eq_ignore_ascii_case(b"www") => {
                out.push_str("&#46;");
            }
            '@' => out.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '+' | '!' | '|' | '~'
            | '$' => {
                out.push('\\');
                out.push(letter);
            }
            letter => out.push(shown(letter)),
        }
    }
    out
}

/// A letter that neither ends a line nor is invisible nor turns the direction of writing.
fn shown(letter: char) -> char {
    match letter {
        letter if turns(letter) => '\u{fffd}',
        letter if letter.is_control() => ' ',
        letter => letter,
    }
}

fn turns(letter: char) -> bool {
    matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Text as code on one line, which may stand in a table.
pub fn code(text: &str) -> String {
    // Code has no way to write a backslash before a bar that does not end the cell.
    if text.contains('|') && text.contains('\\') {
        return markdown(text);
    }
    let text: String = text.chars().map(shown).collect();
    let longest = longest_run(&text);
    let fence = "`".repeat(longest + 1);
    // One space inside of both ends is not shown; without it, code could not begin with a backtick or a space.
    let space = if longest > 0 || text.starts_with(' ') || text.ends_with(' ') { " " } else { "" };
    let text = if text.trim().is_empty() { "\u{2423}".repeat(text.len().max(1)) } else { text };
    format!("{fence}{space}{}{space}{fence}", text.replace('|', "\\|"))
}

/// Text as a block of code in `language`.
pub fn fenced(text: &str, language: &str) -> String {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    let mut out = format!("{fence}{language}\n");
    for line in text.lines() {
        let line: String =
            line.chars().map(|letter| if letter == '\t' { letter } else { shown(letter) }).collect();
        // Where our part of the card ends must not be written in it.
        out.push_str(&line.replace("<!--", "<! --"));
        out.push('\n');
    }
    out + &fence
}

fn longest_run(text: &str) -> usize {
    text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0)
}

/// A path or an expression as one word for a shell.
pub fn shell_word(text: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "/._-:@%".contains(letter);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// Text in double quotes, as JSON, YAML and Python read it.
pub fn quoted(text: &str) -> String {
    inline(&json!(text))
}

/// A value on one line, as JSON, YAML and Python read it. YAML takes some letters for line ends that JSON leaves as they
/// are, and refuses others.
pub fn inline(value: &Value) -> String {
    unseen_told(&value.to_string())
}

/// JSON text in which letters that cannot be seen are written by their number.
pub fn unseen_told(json: &str) -> String {
    let mut out = String::new();
    for letter in json.chars() {
        match letter {
            '\x7f'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => {
                let _ = write!(out, "\\u{:04x}", letter as u32);
            }
            letter if turns(letter) => {
                let _ = write!(out, "\\u{:04x}", letter as u32);
            }
            letter => out.push(letter),
        }
    }
    out
}

/// Text in an element or an attribute of SVG.
pub fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // XML has no way to write these.
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            letter => out.push(shown(letter)),
        }
    }
    out
}

/// Text as a part of a URL's path.
pub fn url(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/') {
            out.push(byte.into());
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// What a person wrote as Markdown, in which nothing can look like the end of our part of the card.
pub fn authored(text: &str) -> String {
    text.trim().replace("<!--", "<! --")
}

/// A number with commas, so that people can read it.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A share for people; nothing has no shares.
pub fn share(part: u64, whole: u64) -> String {
    match whole {
        0 => "–".to_owned(),
        _ => format!("{:.1} %", 100.0 * part as f64 / whole as f64),
    }
}

/// A number with at most four digits after the point, or as many as it takes.
pub fn short(number: f64) -> String {
    let rounded = (number * 1e4).round() / 1e4;
    if number != 0.0 && number.abs() < 0.01 { format!("{number:.3e}") } else { format!("{rounded}") }
}

/// A value of a note for people.
pub fn told(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(number) => match (number.as_u64(), number.as_f64()) {
            (Some(whole), _) => grouped(whole),
            (_, Some(float)) => short(float),
            _ => number.to_string(),
        },
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_shell_would_misread_is_quoted() {
        assert_eq!(shell_word("data/rows.jsonl"), "data/rows.jsonl");
        assert_eq!(shell_word("hf://datasets/me/rows@a%2Fb"), "hf://datasets/me/rows@a%2Fb");
        assert_eq!(shell_word("it's"), r"'it'\''s'");
    }

    #[test]
    fn nothing_from_the_data_is_markup() {
        assert_eq!(markdown("<script>|a*b"), "&lt;script&gt;\\|a\\*b");
        assert_eq!(markdown("https://x @y a: b WWW.x.y"), "https&#58;//x &#64;y a: b WWW&#46;x.y");
        assert_eq!(markdown("\u{202e}\u{1b}\u{2028}a"), "\u{fffd} \u{fffd}a");
        assert_eq!(code("a`b|c"), "`` a`b\\|c ``");
        assert_eq!(quoted("a\"\n---\nb"), "\"a\\\"\\n---\\nb\"");
        assert_eq!(quoted("\u{7f}\u{85}\u{2028}é"), "\"\\u007f\\u0085\\u2028é\"");
        assert_eq!(fenced("a\n```\nb", "yaml"), "````yaml\na\n```\nb\n````");
        assert_eq!((grouped(1_234_567), grouped(12)), ("1,234,567".to_owned(), "12".to_owned()));
    }

    proptest! {
        #[test]
        fn text_stays_on_its_line_and_in_its_cell(text in prop_oneof![any::<String>(), "[|\\\\`a]{0,9}"]) {
            for shown in [markdown(&text), code(&text)] {
                prop_assert!(!shown.contains(['\n', '\r']));
                let bare = shown.replace("\\\\", "").replace("\\|", "");
                prop_assert!(!bare.contains('|'), "{shown}");
            }
            let shown = markdown(&text);
            prop_assert!(!shown.contains(['<', '>']));
        }

        #[test]
        fn a_fence_holds_what_stands_in_it(text in "[`~a<!\\-\n]{0,60}") {
            let block = fenced(&text, "yaml");
            let fence = block.split("yaml").next().unwrap();
            let inner = block.strip_prefix(fence).unwrap().strip_suffix(fence).unwrap();
            prop_assert!(inner.lines().all(|line| !line.trim_start().starts_with(fence)));
            prop_assert!(!block.contains("<!--"));
        }

        #[test]
        fn text_in_quotes_is_read_back(text in any::<String>()) {
            let read: String = serde_saphyr::from_str(&quoted(&text)).unwrap();
            prop_assert_eq!(read, text.clone());
            let json: String = serde_json::from_str(&quoted(&text)).unwrap();
            prop_assert_eq!(json, text);
        }

        #[test]
        fn svg_has_no_elements_but_ours(text in any::<String>()) {
            let shown = xml(&text);
            let others = shown.contains(['<', '>', '"', '\'']) || shown.chars().any(char::is_control);
            prop_assert!(!others);
        }
    }
}
