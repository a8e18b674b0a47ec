//! Arrow rows brought under another schema.

use std::{collections::HashSet, sync::Arc};

use arrow::{
    array::{
        Array, ArrayRef, AsArray, ListArray, RecordBatch, RecordBatchOptions, StringArray, StructArray,
        new_null_array,
    },
    buffer::{OffsetBuffer, ScalarBuffer},
    compute::{CastOptions, cast_with_options, take},
    datatypes::{DataType, FieldRef, SchemaRef},
    error::ArrowError,
};

use super::{encode::Encoder, form};
use crate::{Inferred, infer::place};

type Result<T, E = ArrowError> = std::result::Result<T, E>;

/// Brings record batches under one schema of plain types.
#[derive(Debug)]
pub(crate) struct Conform {
    schema: SchemaRef,
    as_json: HashSet<String>,
}

impl Conform {
    /// For the schema that `inferred` found.
    pub(crate) fn new(inferred: &Inferred) -> Self {
        let as_json = inferred.as_json.iter().map(|(path, _)| path.clone()).collect();
        Self { schema: Arc::clone(&inferred.schema), as_json }
    }

    /// The same rows under the schema: columns by name, absent ones null.
    pub(crate) fn batch(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let column = |field: &FieldRef| {
            let path = place::member("", field.name());
            match batch.column_by_name(field.name()) {
                Some(array) => self.column(array, field.data_type(), &path),
                None => Ok(new_null_array(field.data_type(), batch.num_rows())),
            }
        };
        let columns = self.schema.fields().iter().map(column).collect::<Result<_>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)
    }

    fn column(&self, array: &ArrayRef, to: &DataType, path: &str) -> Result<ArrayRef> {
        use DataType::{
            Binary, BinaryView, Dictionary, FixedSizeList, LargeList, LargeListView, LargeUtf8, List,
            ListView, Null, RunEndEncoded, Struct, Utf8, Utf8View,
        };
        if self.as_json.contains(path) {
            return json_texts(array);
        }
        match (array.data_type(), to) {
            (from, to) if from == to && !self.json_below(path) => Ok(Arc::clone(array)),
            (Null, _) => Ok(new_null_array(to, array.len())),
            (Dictionary(..), _) => {
                let dictionary = array.as_any_dictionary();
                take(&self.column(dictionary.values(), to, path)?, dictionary.keys(), None)
            }
            (RunEndEncoded(_, values), _) => self.column(&cast(array, values.data_type())?, to, path),
            (List(_), List(item)) => self.list(array.as_list(), item, path),
            (LargeList(item) | ListView(item) | LargeListView(item) | FixedSizeList(item, _), List(_)) => {
                self.column(&cast(array, &List(Arc::clone(item)))?, to, path)
            }
            (Struct(_), Struct(fields)) => {
                let from = array.as_struct();
                let member = |field: &FieldRef| match from.column_by_name(field.name()) {
                    Some(member) => {
                        self.column(member, field.data_type(), &place::member(path, field.name()))
                    }
                    None => Ok(new_null_array(field.data_type(), from.len())),
                };
                let columns = fields.iter().map(member).collect::<Result<_>>()?;
                let nulls = from.nulls().cloned();
                Ok(Arc::new(StructArray::try_new_with_length(fields.clone(), columns, nulls, from.len())?))
            }
            (Utf8View | BinaryView, Utf8 | Binary) if view_bytes(array) > i32::MAX as u64 => {
                Err(ArrowError::OffsetOverflowError(view_bytes(array) as usize))
            }
            (Utf8 | LargeUtf8 | Utf8View, _) => cast(array, to),
            (_, Utf8) => cast(&form::json_form(array)?, to),
            _ => cast(array, to),
        }
    }

    fn json_below(&self, path: &str) -> bool {
        self.as_json.iter().any(|place| {
            place.strip_prefix(path).is_some_and(|rest| rest.starts_with('.') || rest.starts_with('['))
        })
    }

    fn list(&self, from: &ListArray, item: &FieldRef, path: &str) -> Result<ArrayRef> {
        let (offsets, values) = form::compact(from.offsets(), from.values());
        let values = self.column(&values, item.data_type(), &place::item(path))?;
        Ok(Arc::new(ListArray::try_new(Arc::clone(item), offsets, values, from.nulls().cloned())?))
    }
}

/// How many bytes the values of an array of views take.
fn view_bytes(array: &dyn Array) -> u64 {
    let views = match array.data_type() {
        DataType::Utf8View => array.as_string_view().views(),
        _ => array.as_binary_view().views(),
    };
    views.iter().map(|view| u64::from(*view as u32)).sum()
}

fn cast(array: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    cast_with_options(array, to, &CastOptions { safe: false, ..CastOptions::default() })
}

/// Every value as the JSON text that stands for it; null stays null.
fn json_texts(array: &ArrayRef) -> Result<ArrayRef> {
    let values = form::json_form(array)?;
    let encoder = Encoder::new(&values)?;
    let mut text = vec![];
    let mut ends = vec![0];
    for row in 0..values.len() {
        if !encoder.is_null(row) {
            encoder.write(row, &mut text);
        }
        ends.push(i32::try_from(text.len()).map_err(|_| ArrowError::OffsetOverflowError(text.len()))?);
    }
    let offsets = OffsetBuffer::new(ScalarBuffer::from(ends));
    Ok(Arc::new(StringArray::try_new(offsets, text.into(), values.logical_nulls())?))
}
