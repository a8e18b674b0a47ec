//! What the terminal can show, and how to write to it without harm.

use std::{
    env,
    io::{self, ErrorKind, IsTerminal, Write},
};

use unskew_core::{Error, Exit, Result};

/// The width where there is no terminal to ask.
const WIDTH: usize = 80;

/// What may be used in pictures made of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether colours are shown.
    pub colour: bool,
    /// Whether letters beyond ASCII are shown.
    pub unicode: bool,
    /// How many letters fit into a line.
    pub width: usize,
}

/// What a piece of text means; never told by its colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// A heading.
    Strong,
    /// Of less interest.
    Faint,
    /// As it should be.
    Good,
    /// To look at.
    Doubtful,
    /// Not as it should be.
    Bad,
}

impl Style {
    /// What standard output shows.
    pub fn of_stdout() -> Self {
        let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        let size = console::Term::stdout().size_checked();
        Self {
            colour: io::stdout().is_terminal() && !dumb && !set("NO_COLOR"),
            unicode: !dumb && shows_unicode(|name| env::var(name).ok()),
            width: size.map_or(WIDTH, |(_, columns)| usize::from(columns).clamp(40, 160)),
        }
    }

    /// `text` in the colour of `tone`.
    pub fn paint(&self, tone: Tone, text: &str) -> String {
        if !self.colour {
            return text.to_owned();
        }
        let code = match tone {
            Tone::Strong => 1,
            Tone::Faint => 2,
            Tone::Good => 32,
            Tone::Doubtful => 33,
            Tone::Bad => 31,
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }

    /// The first of these where letters beyond ASCII are shown, else the second.
    pub fn either<'a>(&self, unicode: &'a str, ascii: &'a str) -> &'a str {
        if self.unicode { unicode } else { ascii }
    }

    /// `text`, which came from data, on one line of at most `width` columns and without a power over the terminal.
    pub fn fit(&self, text: &str, width: usize) -> String {
        let mark = self.either("…", "~");
        let shown: String = harmless(text).chars().map(|letter| self.letter(letter)).collect();
        console::truncate_str(&shown, width, mark).into_owned()
    }

    fn letter(&self, letter: char) -> char {
        match letter {
            '×' if !self.unicode => 'x',
            _ if self.unicode || letter.is_ascii() => letter,
            _ => '?',
        }
    }
}

/// Whether the language settings allow letters beyond ASCII; without any, terminals of today do.
fn shows_unicode(variable: impl Fn(&str) -> Option<String>) -> bool {
    let set = |name: &&str| variable(name).filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(set);
    locale.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

/// `text` with control characters and marks that turn the direction of writing made visible.
pub fn harmless(text: &str) -> String {
    text.chars().map(shown).collect()
}

/// The same for text that may have several lines.
pub fn harmless_lines(text: &str) -> String {
    text.chars().map(|letter| if letter == '\n' || letter == '\t' { letter } else { shown(letter) }).collect()
}

fn shown(letter: char) -> char {
    match letter {
        '\0'..='\x1f' => char::from_u32(0x2400 + letter as u32).unwrap_or('\u{fffd}'),
        '\x7f' => '\u{2421}',
        '\u{80}'..='\u{9f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}' => '\u{fffd}',
        _ => letter,
    }
}

/// Writes `text` to standard output. That nobody reads it any more is no error.
pub fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Error::new(Exit::Fault, "cannot write to standard output").cause(error.to_string()))
        }
        _ => Ok(()),
    }
}

/// Writes a line to standard error, which has nobody to complain to if it fails.
pub fn say(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

#[cfg(test)]
pub const PLAIN: Style = Style { colour: false, unicode: true, width: 80 };

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_a_locale_that_says_otherwise_takes_unicode_away() {
        let told = |pairs: &[(&str, &str)]| {
            let pairs: Vec<_> = pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
            shows_unicode(|name| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()))
        };
        assert!(told(&[]));
        assert!(told(&[("LC_ALL", ""), ("LANG", "C.UTF-8")]));
        assert!(!told(&[("LC_ALL", "C"), ("LANG", "en_GB.UTF-8")]));
        assert!(!told(&[("LANG", "POSIX")]));
    }

    #[test]
    fn nothing_is_said_by_colour_alone() {
        let colourful = Style { colour: true, ..PLAIN };
        assert_eq!(colourful.paint(Tone::Bad, "✗"), "\x1b[31m✗\x1b[0m");
        assert_eq!(PLAIN.paint(Tone::Bad, "✗"), "✗");
    }

    proptest! {
        #[test]
        fn text_from_data_has_no_power(text in any::<String>(), width in 1_usize..60, unicode: bool) {
            let style = Style { unicode, ..PLAIN };
            let shown = style.fit(&text, width);
            prop_assert!(!shown.chars().any(char::is_control), "{shown:?}");
            prop_assert!(console::measure_text_width(&shown) <= width, "{shown:?}");
            prop_assert!(unicode || shown.is_ascii(), "{shown:?}");
        }
    }
}
