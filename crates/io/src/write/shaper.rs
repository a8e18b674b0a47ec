//! Making parts of output rows out of source rows: from JSON text to JSON text.

use arrow::{
    array::RecordBatch,
    json::writer::{EncoderOptions, NullableEncoder, make_encoder},
};

use super::{
    shape::{Content, Shape},
    sharegpt,
    taken::{self, Refused},
};
use crate::{
    Error, Path, Result, canonical,
    json::{Finder, Found, PathFound, Span},
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
    finds: bool,
    found: Vec<Found>,
}

impl<'a> Shaping<'a> {
    pub(crate) fn new(shape: &'a Shape, added: Option<&'a RecordBatch>) -> Result<Self> {
        if let Some(name) = shape.clash() {
            return Err(Error::Clash { name: name.to_owned() });
        }
        let finder = |part: usize, meaning: usize| {
            let members = &shape.parts[part].members;
            let mut all = vec![];
            let mut take = |paths: &[Path]| all.extend(path(paths, meaning).cloned());
            for member in members {
                member.content.paths(&mut take);
            }
            Finder::new(all)
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
            names.push(beginning(&member.name));
            encoders.push(match (&member.content, self.added) {
                (Content::Added(place), Some(added)) => {
                    let field = &added.schema_ref().fields()[*place];
                    Some(make_encoder(field, added.column(*place), &self.options)?)
                }
                _ => None,
            });
        }
        let found = self.finders[part].iter().map(Finder::found).collect();
        let mut finds = false;
        let members = &self.shape.parts[part].members;
        for member in members {
            member.content.paths(&mut |_| finds = true);
        }
        Ok(PartShaper { names, encoders, finds, found })
    }
}

/// How a member begins.
fn beginning(name: &str) -> Vec<u8> {
    let mut text = vec![];
    canonical::write_text(name, &mut text);
    text.push(b':');
    text
}

/// The path that counts of several.
fn path(paths: &[Path], meaning: usize) -> Option<&Path> {
    paths.get(meaning).or(paths.first())
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
        let PartShaper { names, encoders, finds, found } = &mut self.parts[part];
        let found = &mut found[meaning];
        if *finds {
            // The row was good when it was scanned.
            finders[part][meaning].row(row, found).map_err(|_| Error::Changed { file: file() })?;
        }
        let mut values = Values { row, meaning, found: found.paths().iter() };
        out.push(b'{');
        for (at, member) in shape.parts[part].members.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            out.extend_from_slice(&names[at]);
            match (&member.content, &mut encoders[at]) {
                (Content::Added(_), Some(encoder)) if !encoder.is_null(number) => encoder.encode(number, out),
                (content, _) => values.write(content, out).map_err(|refused| match refused {
                    Refused::Several(count) => {
                        Error::Messages { name: member.name.clone(), count, file: file() }
                    }
                    Refused::NoDialogue => Error::NoDialogue { file: file() },
                    Refused::Role(from) => Error::Role { from, file: file() },
                })?,
            }
        }
        out.push(b'}');
        Ok(())
    }
}

/// What was found in a row, in the order in which it is written.
struct Values<'a> {
    row: &'a [u8],
    meaning: usize,
    found: std::slice::Iter<'a, PathFound>,
}

impl Values<'_> {
    fn write(&mut self, content: &Content, out: &mut Vec<u8>) -> Result<(), Refused> {
        match content {
            Content::Row { .. } => out.extend_from_slice(self.row.trim_ascii()),
            Content::Path { paths, items, .. } => {
                let fans_out = path(paths, self.meaning).is_some_and(Path::fans_out);
                match self.found.next() {
                    Some(found) if fans_out && found.list => write_list(self.row, &found.spans, out),
                    Some(found) if !fans_out => {
                        taken::write(value(self.row, found.spans.first()), *items, out)?;
                    }
                    _ => out.extend_from_slice(b"null"),
                }
            }
            Content::Added(_) => out.extend_from_slice(b"null"),
            Content::Value(text) => out.extend_from_slice(text.as_bytes()),
            Content::Object(members) => {
                out.push(b'{');
                for (at, member) in members.iter().enumerate() {
                    if at > 0 {
                        out.push(b',');
                    }
                    out.extend_from_slice(&beginning(&member.name));
                    self.write(&member.content, out)?;
                }
                out.push(b'}');
            }
            Content::Messages(messages) => {
                let start = out.len();
                self.write(messages, out)?;
                sharegpt::convert(out, start)?;
            }
            Content::Joined(lists) => {
                let start = out.len();
                let mut all = true;
                for list in lists {
                    let at = out.len();
                    self.write(list, out)?;
                    all = all && taken::join(out, start, at);
                }
                if !all {
                    out.truncate(start);
                    out.extend_from_slice(b"null");
                }
            }
        }
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
        out.extend_from_slice(value(row, Some(span)));
    }
    out.push(b']');
}

fn value<'a>(row: &'a [u8], span: Option<&Span>) -> &'a [u8] {
    match span {
        None | Some(&Span::NONE) => b"null",
        Some(span) => span.of(row),
    }
}
