//! Making parts of output rows out of source rows: from JSON text to JSON text.

use arrow::{
    array::RecordBatch,
    json::writer::{EncoderOptions, NullableEncoder, make_encoder},
};

use super::shape::{Content, Items, Shape};
use crate::{
    Error, Path, Result, canonical,
    json::{Finder, Found, Span, items},
};

/// A shape with what it takes to make parts of rows.
pub(crate) struct Shaping<'a> {
    shape: &'a Shape,
    added: Option<&'a RecordBatch>,
    options: EncoderOptions,
    /// What finds the paths of each part, for each meaning.
    finders: Vec<Vec<Finder>>,
}

/// One thread's means to make parts of rows.
pub(crate) struct Shaper<'a> {
    shaping: &'a Shaping<'a>,
    parts: Vec<PartShaper<'a>>,
}

struct PartShaper<'a> {
    /// The beginning of each member: its name and a colon.
    names: Vec<Vec<u8>>,
    encoders: Vec<Option<NullableEncoder<'a>>>,
    found: Vec<Found>,
}

impl<'a> Shaping<'a> {
    pub(crate) fn new(shape: &'a Shape, added: Option<&'a RecordBatch>) -> Result<Self> {
        if let Some(name) = shape.clash() {
            return Err(Error::Clash { name: name.to_owned() });
        }
        let finder = |part: usize, meaning: usize| {
            let members = &shape.parts[part].members;
            let paths = members.iter().filter_map(|member| path(&member.content, meaning));
            Finder::new(paths.cloned().collect())
        };
        let finders = (0..shape.width())
            .map(|part| (0..shape.meanings()).map(|meaning| finder(part, meaning)).collect())
            .collect();
        let options = EncoderOptions::default().with_explicit_nulls(true);
        Ok(Self { shape, added, options, finders })
    }

    pub(crate) fn shaper(&'a self) -> Result<Shaper<'a>> {
        let parts = (0..self.shape.width()).map(|part| self.part(part)).collect::<Result<_>>()?;
        Ok(Shaper { shaping: self, parts })
    }

    fn part(&'a self, part: usize) -> Result<PartShaper<'a>> {
        let (mut names, mut encoders) = (vec![], vec![]);
        for member in &self.shape.parts[part].members {
            let mut name = vec![];
            canonical::write_text(&member.name, &mut name);
            name.push(b':');
            names.push(name);
            encoders.push(match (&member.content, self.added) {
                (Content::Added(place), Some(added)) => {
                    let field = &added.schema_ref().fields()[*place];
                    Some(make_encoder(field, added.column(*place), &self.options)?)
                }
                _ => None,
            });
        }
        let found = self.finders[part].iter().map(Finder::found).collect();
        Ok(PartShaper { names, encoders, found })
    }
}

/// The path that a member takes its value from.
fn path(content: &Content, meaning: usize) -> Option<&Path> {
    match content {
        Content::Path { paths, .. } => paths.get(meaning).or(paths.first()),
        _ => None,
    }
}

impl Shaper<'_> {
    /// How many parts an output row has.
    pub(crate) fn width(&self) -> usize {
        self.parts.len()
    }

    /// Writes part `part` of output row `number` as an object, made of `row` of source `source`.
    pub(crate) fn row(
        &mut self,
        row: &[u8],
        (number, part, source): (usize, usize, usize),
        file: &dyn Fn() -> String,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let Shaping { shape, finders, added, .. } = self.shaping;
        let meaning = shape.meaning(source, number, *added);
        let PartShaper { names, encoders, found } = &mut self.parts[part];
        let members = &shape.parts[part].members;
        let found = &mut found[meaning];
        if members.iter().any(|member| matches!(member.content, Content::Path { .. })) {
            // The row was good when it was scanned.
            finders[part][meaning].row(row, found).map_err(|_| Error::Changed { file: file() })?;
        }
        let mut values = found.paths().iter();
        out.push(b'{');
        for (at, member) in members.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            out.extend_from_slice(&names[at]);
            match (&member.content, &mut encoders[at]) {
                (Content::Row { .. }, _) => out.extend_from_slice(row.trim_ascii()),
                (Content::Path { items, .. }, _) => {
                    let fans_out = path(&member.content, meaning).is_some_and(Path::fans_out);
                    match values.next() {
                        Some(found) if fans_out && found.list => write_list(row, &found.spans, out),
                        Some(found) if !fans_out => write_value(row, found.spans.first(), *items, file, out)?,
                        _ => out.extend_from_slice(b"null"),
                    }
                }
                (Content::Added(_), Some(encoder)) if !encoder.is_null(number) => encoder.encode(number, out),
                (Content::Added(_), _) => out.extend_from_slice(b"null"),
            }
        }
        out.push(b'}');
        Ok(())
    }
}

/// Writes the values of a path that fans out.
fn write_list(row: &[u8], spans: &[Span], out: &mut Vec<u8>) {
    out.push(b'[');
    for (at, span) in spans.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        out.extend_from_slice(span_of(row, Some(span)));
    }
    out.push(b']');
}

fn span_of<'a>(row: &'a [u8], span: Option<&Span>) -> &'a [u8] {
    match span {
        None | Some(&Span::NONE) => &b"null"[..],
        Some(span) => span.of(row),
    }
}

fn write_value(
    row: &[u8],
    span: Option<&Span>,
    which: Items,
    file: &dyn Fn() -> String,
    out: &mut Vec<u8>,
) -> Result<()> {
    let value = span_of(row, span);
    match which {
        Items::All => out.extend_from_slice(value),
        Items::BeforeAnswer | Items::Answer if value[0] == b'"' => {
            let answer = answer(value).ok_or_else(|| Error::NoDialogue { file: file() })?;
            if which == Items::Answer {
                out.push(b'"');
                out.extend_from_slice(&value[answer..]);
            } else {
                out.extend_from_slice(&value[..answer]);
                out.push(b'"');
            }
        }
        _ => write_items(value, which, out),
    }
    Ok(())
}

/// Where the last answer begins in a dialogue, given as JSON.
fn answer(text: &[u8]) -> Option<usize> {
    let turn = br"\n\nAssistant:";
    let is_escape = |at: &usize| text[..*at].iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 0;
    memchr::memmem::rfind_iter(text, turn).find(is_escape).map(|at| at + turn.len())
}

/// Writes some items of a list; null where there are none to write.
fn write_items(value: &[u8], which: Items, out: &mut Vec<u8>) {
    let of_lists = matches!(which, Items::ButLast | Items::Last);
    let list: Vec<Span> = if of_lists && value[0] == b'[' { items(value).collect() } else { vec![] };
    let taken = match (which, list.split_last()) {
        (_, None) => return out.extend_from_slice(b"null"),
        (Items::Last, Some((last, _))) => last.of(value),
        (_, Some((_, rest))) => match (rest.first(), rest.last()) {
            (Some(first), Some(last)) => &value[first.start as usize..last.end as usize],
            _ => b"",
        },
    };
    out.push(b'[');
    out.extend_from_slice(taken);
    out.push(b']');
}
