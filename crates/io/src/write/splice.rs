//! Adding columns to rows of JSON.

use arrow::{
    array::RecordBatch,
    json::writer::{EncoderOptions, NullableEncoder, make_encoder},
};

use crate::{
    Error, Path, Result, Step, canonical,
    json::{Finder, Found},
};

/// Adds the columns of a table to rows, each before the row's closing brace.
pub(crate) struct Splice<'a> {
    added: &'a RecordBatch,
    options: EncoderOptions,
    finder: Finder,
}

/// One thread's means to splice.
pub(crate) struct Splicer<'a> {
    splice: &'a Splice<'a>,
    names: Vec<Vec<u8>>,
    encoders: Vec<NullableEncoder<'a>>,
    found: Found,
}

impl<'a> Splice<'a> {
    pub(crate) fn new(added: &'a RecordBatch) -> Self {
        let schema = added.schema_ref();
        let paths =
            schema.fields().iter().map(|field| Path::new(vec![Step::Member(field.name().clone())])).collect();
        let options = EncoderOptions::default().with_explicit_nulls(true);
        Self { added, options, finder: Finder::new(paths) }
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
        Ok(Splicer { splice: self, names, encoders, found: self.finder.found() })
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
        if let Some(clash) = self.found.paths().iter().position(|path| !path.spans.is_empty()) {
            let name = self.splice.added.schema_ref().field(clash).name().clone();
            return Err(Error::Clash { name });
        }
        let brace = memchr::memrchr(b'}', row).ok_or_else(changed)?;
        let inside = row[..brace].trim_ascii();
        out.extend_from_slice(&row[..brace]);
        let mut first = inside.len() == 1;
        for (name, encoder) in self.names.iter().zip(&mut self.encoders) {
            if !std::mem::take(&mut first) {
                out.push(b',');
            }
            out.extend_from_slice(name);
            out.push(b':');
            if encoder.is_null(slot) { out.extend_from_slice(b"null") } else { encoder.encode(slot, out) }
        }
        out.extend_from_slice(&row[brace..]);
        Ok(())
    }
}
