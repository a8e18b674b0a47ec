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

/// Cuts JSON Lines into pieces for several threads.
pub(crate) fn pieces(rows: &[u8]) -> Vec<&[u8]> {
    const PIECE_BYTES: usize = 1 << 20;
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
