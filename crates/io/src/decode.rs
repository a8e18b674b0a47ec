//! JSON rows as Arrow columns under a schema that is known.

pub(crate) mod cursor;
mod growing;
#[cfg(test)]
pub(crate) mod tests;

use std::{collections::HashSet, sync::Arc};

use arrow::{
    array::{Array, AsArray, RecordBatch},
    datatypes::SchemaRef,
    error::ArrowError,
};

use rayon::prelude::*;

use crate::Inferred;
use cursor::{Cursor, Token};
use growing::Growing;

/// Turns JSON rows into record batches of one schema.
#[derive(Debug)]
pub(crate) struct Decoder {
    schema: SchemaRef,
    as_json: HashSet<String>,
}

impl Decoder {
    /// A decoder for rows that `inferred` was found over.
    pub(crate) fn new(inferred: &Inferred) -> Self {
        let as_json = inferred.as_json.iter().map(|(path, _)| path.clone()).collect();
        Self { schema: Arc::clone(&inferred.schema), as_json }
    }

    /// Decodes JSON objects that stand one after another, as in JSON Lines.
    ///
    /// A member that the schema does not have is left out; of equal members the last counts.
    pub(crate) fn decode(&self, rows: &[u8]) -> Result<RecordBatch, ArrowError> {
        let text =
            simdutf8::basic::from_utf8(rows).map_err(|error| ArrowError::JsonError(error.to_string()))?;
        let mut columns = Growing::object(self.schema.fields(), "", &self.as_json)?;
        let mut cursor = Cursor::new(text);
        let mut count = 0;
        while !cursor.at_end() {
            if cursor.token()? != Token::Object {
                return Err(ArrowError::JsonError(format!("row {count} is not an object")));
            }
            columns.push(&mut cursor)?;
            count += 1;
        }
        let rows = columns.finish()?;
        let rows = rows.as_struct();
        let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(rows.len()));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), rows.columns().to_vec(), &options)
    }
}

/// Collects JSON Lines until there is enough for several threads to do something with.
pub(crate) struct InPieces<'a, M> {
    rows: Vec<u8>,
    make: &'a (dyn Fn(&[u8]) -> Result<M, ArrowError> + Sync),
}

impl<'a, M: Send> InPieces<'a, M> {
    /// `make` is called on any thread.
    pub(crate) fn new(make: &'a (dyn Fn(&[u8]) -> Result<M, ArrowError> + Sync)) -> Self {
        Self { rows: vec![], make }
    }

    /// Takes rows, and gives what was made of those collected so far, in order, once they are enough.
    pub(crate) fn push(&mut self, rows: &[u8]) -> Result<Vec<M>, ArrowError> {
        self.rows.extend_from_slice(rows);
        if self.rows.len() < PIECE_BYTES * 2 * rayon::current_num_threads() {
            Ok(vec![])
        } else {
            self.finish()
        }
    }

    /// Gives what is made of the rest.
    pub(crate) fn finish(&mut self) -> Result<Vec<M>, ArrowError> {
        let made: Vec<Result<M, ArrowError>> =
            pieces(&self.rows).into_par_iter().with_max_len(1).map(self.make).collect();
        self.rows.clear();
        made.into_iter().collect()
    }
}

const PIECE_BYTES: usize = 1 << 20;

/// Cuts JSON Lines into pieces for several threads.
fn pieces(rows: &[u8]) -> Vec<&[u8]> {
    let mut pieces = vec![];
    let mut rest = rows;
    while rest.len() > PIECE_BYTES {
        let Some(end) = memchr::memchr(b'\n', &rest[PIECE_BYTES..]) else { break };
        let (piece, behind) = rest.split_at(PIECE_BYTES + end + 1);
        pieces.push(piece);
        rest = behind;
    }
    if !rest.is_empty() {
        pieces.push(rest);
    }
    pieces
}
