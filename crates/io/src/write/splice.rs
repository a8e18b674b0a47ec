//! Adding columns to rows of JSON, or putting them in the place of members that are there.

use arrow::{
    array::RecordBatch,
    json::writer::{EncoderOptions, NullableEncoder, make_encoder},
};

use crate::{
    Error, Path, Result, Step, canonical,
    json::{Cursor, Finder, Flaw, Found, text},
};

/// Adds the columns of a table to rows, each before the row's closing brace, or where the member stands that it replaces.
pub(crate) struct Splice<'a> {
    added: &'a RecordBatch,
    /// Which of the columns may replace a member.
    replaces: Vec<bool>,
    options: EncoderOptions,
    finder: Finder,
}

/// One thread's means to splice.
pub(crate) struct Splicer<'a> {
    splice: &'a Splice<'a>,
    names: Vec<Vec<u8>>,
    encoders: Vec<NullableEncoder<'a>>,
    found: Found,
    /// Which columns a row has got already.
    written: Vec<bool>,
}

impl<'a> Splice<'a> {
    pub(crate) fn new(added: &'a RecordBatch, replaced: &[String]) -> Self {
        let schema = added.schema_ref();
        let replaces = schema.fields().iter().map(|field| replaced.contains(field.name())).collect();
        let paths =
            schema.fields().iter().map(|field| Path::new(vec![Step::Member(field.name().clone())])).collect();
        let options = EncoderOptions::default().with_explicit_nulls(true);
        Self { added, replaces, options, finder: Finder::new(paths) }
    }

    pub(crate) fn splicer(&'a self) -> Result<Splicer<'a>> {
        let mut names = vec![];
        let mut encoders = vec![];
        for (field, column) in self.added.schema_ref().fields().iter().zip(self.added.columns()) {
            let mut name = vec![];
            canonical::write_text(field.name(), &mut name);
            names.push(name);
            encoders.push(make_encoder(field, column, &self.options)?);
        }
        let written = vec![false; names.len()];
        Ok(Splicer { splice: self, names, encoders, found: self.finder.found(), written })
    }
}

impl Splicer<'_> {
    /// Writes `row` with the columns' values at `slot`.
    pub(crate) fn row(
        &mut self,
        row: &[u8],
        slot: usize,
        file: &dyn Fn() -> String,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        // The row was good when it was scanned.
        let changed = || Error::Changed { file: file() };
        self.splice.finder.row(row, &mut self.found).map_err(|_| changed())?;
        let there = |column: &usize| !self.found.paths()[*column].spans.is_empty();
        let clash = (0..self.names.len()).filter(there).find(|column| !self.splice.replaces[*column]);
        if let Some(clash) = clash {
            let name = self.splice.added.schema_ref().field(clash).name().clone();
            return Err(Error::Clash { name });
        }
        let brace = memchr::memrchr(b'}', row).ok_or_else(changed)?;
        let replaces = (0..self.names.len()).any(|column| there(&column));
        self.written.fill(false);
        let copied = if replaces { self.replaced(row, slot, out).map_err(|_| changed())? } else { 0 };
        out.extend_from_slice(&row[copied..brace]);
        let mut first = row[..brace].trim_ascii().len() == 1;
        for column in 0..self.names.len() {
            if self.written[column] {
                continue;
            }
            if !std::mem::take(&mut first) {
                out.push(b',');
            }
            out.extend_from_slice(&self.names[column]);
            out.push(b':');
            self.value(column, slot, out);
        }
        out.extend_from_slice(&row[brace..]);
        Ok(())
    }

    /// Writes a row as far as its last member that is replaced, and says how far that is. Where a member comes several
    /// times, the first is replaced and the others are left out.
    fn replaced(&mut self, row: &[u8], slot: usize, out: &mut Vec<u8>) -> Result<usize, Flaw> {
        let mut cursor = Cursor::new(row);
        cursor.space();
        let (mut copied, mut comma) = (0, cursor.at);
        while matches!(cursor.peek(), Some(b'{' | b',')) {
            cursor.at += 1;
            cursor.space();
            let name = cursor.name()?;
            cursor.space();
            let start = cursor.at;
            cursor.value(1, &mut ())?;
            let end = cursor.at;
            let name = text(row, name);
            let schema = self.splice.added.schema_ref();
            if let Some((column, _)) = schema.column_with_name(&name) {
                if std::mem::replace(&mut self.written[column], true) {
                    out.extend_from_slice(&row[copied..comma]);
                } else {
                    out.extend_from_slice(&row[copied..start]);
                    self.value(column, slot, out);
                }
                copied = end;
            }
            cursor.space();
            comma = cursor.at;
        }
        Ok(copied)
    }

    fn value(&mut self, column: usize, slot: usize, out: &mut Vec<u8>) {
        let encoder = &mut self.encoders[column];
        if encoder.is_null(slot) { out.extend_from_slice(b"null") } else { encoder.encode(slot, out) }
    }
}
