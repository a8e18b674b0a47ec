//! Checking JSON text exactly by RFC 8259 while walking over it once.

use crate::stops::Stops;

/// How deep lists and objects may nest.
pub(crate) const DEPTH: usize = 1024;

/// What is wrong with a row, and at which byte of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flaw {
    pub(crate) reason: &'static str,
    pub(crate) what: &'static str,
    pub(crate) at: usize,
}

/// Some bytes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Span {
    /// Stands where there is nothing.
    pub(crate) const NONE: Self = Self { start: u32::MAX, end: u32::MAX };

    pub(crate) fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }

    pub(crate) fn of(self, bytes: &[u8]) -> &[u8] {
        &bytes[self.start as usize..self.end as usize]
    }
}

/// The text between quotes, and whether there are escapes in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quoted {
    pub(crate) span: Span,
    pub(crate) escaped: bool,
}

/// Hears what a value is made of, in the order in which it stands.
pub(crate) trait Events {
    fn begin_object(&mut self) {}
    fn name(&mut self, _: Quoted) {}
    fn end_object(&mut self) {}
    fn begin_list(&mut self) {}
    fn end_list(&mut self) {}
    fn text(&mut self, _: Quoted) {}
    fn number(&mut self, _: Span) {}
    /// `t`, `f` or `n`.
    fn literal(&mut self, _: u8) {}
}

/// Nobody listens: the value is only checked.
impl Events for () {}

/// A place in a row's bytes, which are UTF-8.
#[derive(Debug)]
pub(crate) struct Cursor<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) at: usize,
    stops: Stops,
}

/// Which of the open containers are objects.
struct Nesting {
    objects: [u64; DEPTH / 64],
    depth: usize,
}

impl Nesting {
    fn push(&mut self, object: bool) {
        let (word, bit) = (self.depth / 64, 1 << (self.depth % 64));
        if object {
            self.objects[word] |= bit;
        } else {
            self.objects[word] &= !bit;
        }
        self.depth += 1;
    }

    fn in_object(&self) -> bool {
        let top = self.depth - 1;
        self.objects[top / 64] & (1 << (top % 64)) != 0
    }
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, stops: Stops::default() }
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    pub(crate) fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    pub(crate) fn flaw<T>(&self, what: &'static str) -> Result<T, Flaw> {
        let what = if self.at >= self.bytes.len() { "the row is cut off" } else { what };
        Err(Flaw { reason: "not-json", what, at: self.at })
    }

    /// Nothing but white space may follow.
    pub(crate) fn finish(&mut self) -> Result<(), Flaw> {
        self.space();
        if self.at < self.bytes.len() { self.flaw("something follows the row's end") } else { Ok(()) }
    }

    /// Walks over one value inside of `depth` open containers.
    pub(crate) fn value(&mut self, depth: usize, events: &mut impl Events) -> Result<(), Flaw> {
        let mut nesting = Nesting { objects: [0; DEPTH / 64], depth: 0 };
        loop {
            self.space();
            match self.peek() {
                Some(b'"') => {
                    let text = self.quoted()?;
                    events.text(text);
                }
                Some(b'{') => {
                    self.open(depth + nesting.depth)?;
                    events.begin_object();
                    self.space();
                    if self.peek() == Some(b'}') {
                        self.at += 1;
                        events.end_object();
                    } else {
                        nesting.push(true);
                        let name = self.name()?;
                        events.name(name);
                        continue;
                    }
                }
                Some(b'[') => {
                    self.open(depth + nesting.depth)?;
                    events.begin_list();
                    self.space();
                    if self.peek() == Some(b']') {
                        self.at += 1;
                        events.end_list();
                    } else {
                        nesting.push(false);
                        continue;
                    }
                }
                Some(b'-' | b'0'..=b'9') => {
                    let number = self.number()?;
                    events.number(number);
                }
                Some(first @ (b't' | b'f' | b'n')) => {
                    self.literal(first)?;
                    events.literal(first);
                }
                _ => return self.no_value(),
            }
            if self.close(&mut nesting, events)? {
                return Ok(());
            }
        }
    }

    /// Goes on after a value to where the next one begins; true if there is none.
    #[inline]
    fn close(&mut self, nesting: &mut Nesting, events: &mut impl Events) -> Result<bool, Flaw> {
        while nesting.depth > 0 {
            self.space();
            match (nesting.in_object(), self.peek()) {
                (true, Some(b',')) => {
                    self.at += 1;
                    self.space();
                    let name = self.name()?;
                    events.name(name);
                    return Ok(false);
                }
                (false, Some(b',')) => {
                    self.at += 1;
                    return Ok(false);
                }
                (true, Some(b'}')) => events.end_object(),
                (false, Some(b']')) => events.end_list(),
                (true, _) => return self.flaw("`,` or `}` should stand here"),
                (false, _) => return self.flaw("`,` or `]` should stand here"),
            }
            self.at += 1;
            nesting.depth -= 1;
        }
        Ok(true)
    }

    /// Goes into a list or an object that stands in `depth` others.
    pub(crate) fn open(&mut self, depth: usize) -> Result<(), Flaw> {
        if depth >= DEPTH {
            let what = "lists and objects nest more than 1024 deep";
            return Err(Flaw { reason: "too-deep", what, at: self.at });
        }
        self.at += 1;
        Ok(())
    }

    /// A member's name and its colon.
    #[inline]
    pub(crate) fn name(&mut self) -> Result<Quoted, Flaw> {
        if self.peek() != Some(b'"') {
            return self.flaw("a name in double quotes should stand here");
        }
        let name = self.quoted()?;
        self.space();
        if self.peek() != Some(b':') {
            return self.flaw("`:` should stand here");
        }
        self.at += 1;
        Ok(name)
    }

    /// A text, of which the opening quote is at hand.
    #[inline]
    pub(crate) fn quoted(&mut self) -> Result<Quoted, Flaw> {
        self.at += 1;
        let start = self.at;
        let mut escaped = false;
        loop {
            let Some(stop) = self.stops.next(self.bytes, self.at) else {
                self.at = self.bytes.len();
                return self.flaw("");
            };
            self.at = stop + 1;
            match self.bytes[stop] {
                b'"' => return Ok(Quoted { span: Span::new(start, stop), escaped }),
                b'\\' => self.escape()?,
                _ => {
                    self.at = stop;
                    return self.flaw("a control character in a text has to be escaped");
                }
            }
            escaped = true;
        }
    }

    /// What follows a backslash.
    #[inline]
    fn escape(&mut self) -> Result<(), Flaw> {
        match self.peek() {
            Some(b'u') => self.unicode(),
            Some(letter) if ESCAPES[usize::from(letter)] => {
                self.at += 1;
                Ok(())
            }
            _ => self.flaw("no such escape"),
        }
    }

    fn unicode(&mut self) -> Result<(), Flaw> {
        let start = self.at - 1;
        let lone = Flaw { reason: "lone-surrogate", what: "half of a surrogate pair", at: start };
        match self.hex()? {
            0xD800..=0xDBFF => {
                if self.bytes[self.at..].starts_with(b"\\u") {
                    self.at += 1;
                    if let 0xDC00..=0xDFFF = self.hex()? {
                        return Ok(());
                    }
                }
                Err(lone)
            }
            0xDC00..=0xDFFF => Err(lone),
            _ => Ok(()),
        }
    }

    /// Four hexadecimal digits after a `u`.
    fn hex(&mut self) -> Result<u32, Flaw> {
        self.at += 1;
        let mut code = 0;
        for _ in 0..4 {
            let Some(digit) = self.peek().and_then(|byte| char::from(byte).to_digit(16)) else {
                return self.flaw("four hexadecimal digits should follow `\\u`");
            };
            code = code * 16 + digit;
            self.at += 1;
        }
        Ok(code)
    }

    fn digits(&mut self) -> Result<(), Flaw> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at == start { self.flaw("a digit should stand here") } else { Ok(()) }
    }

    pub(crate) fn number(&mut self) -> Result<Span, Flaw> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'I') => return self.no_value(),
            _ => self.digits()?,
        }
        let mut wide = self.at - start > 300;
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            wide = true;
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        let span = Span::new(start, self.at);
        if wide && !super::value::float(span.of(self.bytes)).is_finite() {
            let what = "a number beyond 1.8e308 cannot be represented";
            return Err(Flaw { reason: "number-out-of-range", what, at: start });
        }
        Ok(span)
    }

    pub(crate) fn literal(&mut self, first: u8) -> Result<(), Flaw> {
        let word: &[u8] = match first {
            b't' => b"true",
            b'f' => b"false",
            _ => b"null",
        };
        let rest = &self.bytes[self.at..];
        if !rest.starts_with(word) {
            if word.starts_with(rest) {
                self.at = self.bytes.len();
            }
            return self.no_value();
        }
        self.at += word.len();
        Ok(())
    }

    fn no_value<T>(&self) -> Result<T, Flaw> {
        let rest = &self.bytes[self.at..];
        self.flaw(if rest.starts_with(b"NaN") {
            "`NaN` is not JSON: write `null`, or a number"
        } else if rest.starts_with(b"Infinity") || rest.starts_with(b"-Infinity") || rest.starts_with(b"I") {
            "`Infinity` is not JSON: write `null`, or a number"
        } else if rest.starts_with(b"'") {
            "text stands in double quotes"
        } else if [&b"None"[..], b"True", b"False"].iter().any(|word| rest.starts_with(word)) {
            "`None`, `True` and `False` are Python: JSON writes `null`, `true` and `false`"
        } else {
            "a value should stand here"
        })
    }
}

/// What may follow a backslash, but for `u`.
const ESCAPES: [bool; 256] = {
    let mut escapes = [false; 256];
    let mut at = 0;
    while at < ESCAPED.len() {
        escapes[ESCAPED[at] as usize] = true;
        at += 1;
    }
    escapes
};

const ESCAPED: &[u8] = b"\"\\/bfnrt";
