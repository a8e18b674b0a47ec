//! Making narrow columns of the values that were found.

use std::{borrow::Cow, collections::HashMap};

use super::{
    check::Span,
    find::{Found, PathFound},
    value::{self, Listener, Number},
};
use crate::{
    Extract, Extractor,
    canonical::{self, Canonical, text_key},
    column::{Builder, Kind, Part, Scalar},
    extract::number_of_text,
    fingerprint::Fingerprint,
};

/// The columns of one part, as they grow.
pub(crate) struct Columns<'a> {
    extracts: &'a [Extract],
    builders: Vec<Builder>,
    canonical: Canonical,
    fingerprint: Fingerprint,
    key: String,
}

impl<'a> Columns<'a> {
    pub(crate) fn new(extracts: &'a [Extract]) -> Self {
        let builders = extracts.iter().map(|_| Builder::default()).collect();
        let (canonical, fingerprint) = (Canonical::default(), Fingerprint::default());
        Self { extracts, builders, canonical, fingerprint, key: String::new() }
    }

    /// A row that cannot be read.
    pub(crate) fn bad_row(&mut self) {
        self.builders.iter_mut().for_each(Builder::null);
    }

    /// A row in whose `bytes` the values were found.
    pub(crate) fn row(&mut self, bytes: &[u8], found: &Found) {
        let Self { extracts, builders, canonical, fingerprint, key } = self;
        for ((extract, builder), found) in extracts.iter().zip(builders).zip(found.paths()) {
            let mut cell = Cell { extractor: extract.extractor, builder, canonical, fingerprint, key };
            if extract.path.fans_out() {
                cell.list(bytes, found);
            } else {
                match found.spans.first() {
                    Some(span) => cell.value(span.of(bytes), false),
                    None => cell.builder.null(),
                }
            }
        }
    }

    pub(crate) fn finish(self) -> Vec<Part> {
        self.builders.into_iter().map(Builder::finish).collect()
    }
}

/// Where one value becomes one cell.
struct Cell<'a> {
    extractor: Extractor,
    builder: &'a mut Builder,
    canonical: &'a mut Canonical,
    fingerprint: &'a mut Fingerprint,
    key: &'a mut String,
}

impl Cell<'_> {
    /// The values of a path that fans out.
    fn list(&mut self, bytes: &[u8], found: &PathFound) {
        if !found.list {
            self.builder.null();
            return;
        }
        if self.extractor == Extractor::Key {
            self.canonical.clear();
            self.canonical.begin_list();
            for &span in &found.spans {
                match span {
                    Span::NONE => self.canonical.null(),
                    span => value::tell(span.of(bytes), self.canonical),
                }
            }
            self.canonical.end_list();
            self.builder.push(Scalar::Text(&canonical::nested_key(self.canonical.as_bytes())));
            return;
        }
        if self.extractor == Extractor::Fingerprint {
            self.fingerprint.begin_list();
            for &span in &found.spans {
                match span {
                    Span::NONE => self.fingerprint.null(),
                    span => value::tell(span.of(bytes), self.fingerprint),
                }
            }
            self.fingerprint.end_list();
            self.push_fingerprint();
            return;
        }
        self.builder.begin_list();
        for &span in &found.spans {
            match span {
                Span::NONE => self.builder.null(),
                span => self.value(span.of(bytes), true),
            }
        }
        self.builder.end_list();
    }

    fn value(&mut self, raw: &[u8], in_list: bool) {
        match self.extractor {
            Extractor::Value if raw[0] == b'[' && !in_list => {
                self.builder.begin_list();
                value::items(raw).for_each(|item| self.plain(item.of(raw)));
                self.builder.end_list();
            }
            Extractor::Value => self.plain(raw),
            Extractor::Number => self.number(raw),
            Extractor::Text => self.text(raw),
            Extractor::Length => self.int(length(raw)),
            Extractor::Items => self.int((raw[0] == b'[').then(|| value::items(raw).count())),
            Extractor::Hash if raw[0] == b'n' => self.builder.null(),
            Extractor::Hash => {
                self.canonicalise(raw);
                self.builder.push(Scalar::Hash(canonical::hash(self.canonical.as_bytes())));
            }
            Extractor::Kind => self.builder.push(Scalar::Text(kind(raw))),
            Extractor::Key => self.as_key(raw),
            Extractor::Fingerprint => {
                value::tell(raw, self.fingerprint);
                self.push_fingerprint();
            }
        }
    }

    fn push_fingerprint(&mut self) {
        match self.fingerprint.finish() {
            Some(number) => self.builder.push(Scalar::Int(number.cast_signed())),
            None => self.builder.null(),
        }
    }

    fn canonicalise(&mut self, raw: &[u8]) {
        self.canonical.clear();
        value::tell(raw, self.canonical);
    }

    /// The value itself.
    fn plain(&mut self, raw: &[u8]) {
        match raw[0] {
            b'n' => self.builder.null(),
            b't' | b'f' => self.builder.push(Scalar::Boolean(raw[0] == b't')),
            b'"' => self.builder.push(Scalar::Text(&value::text_value(raw))),
            b'[' => self.builder.unfit(Kind::List),
            b'{' => self.builder.unfit(Kind::Object),
            _ => self.builder.push(match value::number(raw) {
                Number::Int(value) => Scalar::Int(value),
                Number::Float(value) => Scalar::Float(value),
            }),
        }
    }

    fn number(&mut self, raw: &[u8]) {
        let number = match raw[0] {
            b't' | b'f' => Some(f64::from(u8::from(raw[0] == b't'))),
            b'"' => number_of_text(&value::text_value(raw)),
            b'n' | b'[' | b'{' => None,
            _ => Some(value::float(raw)),
        };
        match number {
            Some(number) => self.builder.push(Scalar::Float(number)),
            None => self.builder.null(),
        }
    }

    fn text(&mut self, raw: &[u8]) {
        match raw[0] {
            b'n' => self.builder.null(),
            b'"' => self.builder.push(Scalar::Text(&value::text_value(raw))),
            _ => {
                self.canonicalise(raw);
                self.builder.push(Scalar::Text(self.canonical.as_str()));
            }
        }
    }

    fn int(&mut self, value: Option<usize>) {
        match value {
            Some(value) => self.builder.push(Scalar::Int(value as i64)),
            None => self.builder.null(),
        }
    }

    fn as_key(&mut self, raw: &[u8]) {
        match raw[0] {
            b'"' => {
                let text = value::text_value(raw);
                self.builder.push(Scalar::Text(text_key(&text, self.canonical, self.key)));
            }
            b'[' | b'{' => {
                self.canonicalise(raw);
                self.builder.push(Scalar::Text(&canonical::nested_key(self.canonical.as_bytes())));
            }
            _ => self.plain(raw),
        }
    }
}

/// Characters of a text, items of a list, members of an object that are not null.
fn length(raw: &[u8]) -> Option<usize> {
    match raw[0] {
        b'"' => Some(value::text_value(raw).chars().count()),
        b'[' => Some(value::items(raw).count()),
        b'{' => {
            let members: HashMap<Cow<'_, str>, bool> =
                value::members(raw).map(|(name, span)| (name, span.of(raw)[0] != b'n')).collect();
            Some(members.values().filter(|&&there| there).count())
        }
        _ => None,
    }
}

fn kind(raw: &[u8]) -> &'static str {
    match raw[0] {
        b'n' => "null",
        b't' | b'f' => "boolean",
        b'"' => "text",
        b'[' => "list",
        b'{' => "object",
        _ => "number",
    }
}
