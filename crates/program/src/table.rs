//! Tables, as Arrow IPC streams or as JSON Lines.

use std::{
    io::{Read, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use arrow::{
    array::{ArrayRef, RecordBatch, RecordBatchOptions},
    buffer::Buffer,
    compute::{cast, concat_batches},
    datatypes::{DataType, Field, Schema},
    error::ArrowError,
    ipc::{
        reader::{StreamDecoder, StreamReader},
        writer::StreamWriter,
    },
    json::{WriterBuilder, writer::LineDelimited},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use unskew_strategy::{Error, Result, json_column};

/// How many rows are written at a time.
const ROWS: usize = 1 << 16;

/// How tables are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wire {
    /// As Arrow IPC streams, one after another.
    #[default]
    Arrow,
    /// As JSON Lines, one object a row.
    Json,
}

/// A table of `rows` rows; its columns may bear any names.
pub fn table(rows: usize, columns: Vec<(String, ArrayRef)>) -> Result<RecordBatch> {
    let field = |(name, values): &(String, ArrayRef)| Field::new(name, values.data_type().clone(), true);
    let schema = Schema::new(columns.iter().map(field).collect::<Vec<_>>());
    let columns = columns.into_iter().map(|(_, values)| values).collect();
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    Ok(RecordBatch::try_new_with_options(Arc::new(schema), columns, &options)?)
}

/// The table `rows` as objects.
pub fn objects(rows: &RecordBatch) -> Result<Vec<Map<String, Value>>> {
    let mut text = vec![];
    write(Wire::Json, rows, &mut text)?;
    lines(&text).collect()
}

/// Writes a table.
pub fn write(wire: Wire, rows: &RecordBatch, out: &mut dyn Write) -> Result<()> {
    let parts = (0..rows.num_rows()).step_by(ROWS);
    let mut parts = parts.map(|start| rows.slice(start, ROWS.min(rows.num_rows() - start)));
    match wire {
        Wire::Arrow => {
            let mut writer = StreamWriter::try_new(out, &rows.schema())?;
            parts.try_for_each(|part| writer.write(&part))?;
            writer.finish()?;
        }
        Wire::Json => {
            let builder = WriterBuilder::new().with_explicit_nulls(true);
            let mut writer = builder.build::<_, LineDelimited>(out);
            parts.try_for_each(|part| writer.write(&part))?;
            writer.finish()?;
        }
    }
    Ok(())
}

/// Reads the next table that is Arrow, and nothing behind it.
pub fn read_next(from: &mut dyn Read) -> Result<RecordBatch, ArrowError> {
    let reader = StreamReader::try_new(from, None)?;
    let schema = reader.schema();
    concat_batches(&schema, &reader.collect::<Result<Vec<_>, _>>()?)
}

/// Reads a table that is Arrow, and all there is; bytes that are no such thing are an error whatever they are.
pub fn read_arrow(bytes: Buffer) -> Result<RecordBatch> {
    let nonsense = |cause: String| Error::failed("its table is no Arrow IPC stream").cause(cause);
    let decoded = catch_unwind(AssertUnwindSafe(|| decoded(bytes)));
    decoded
        .map_err(|_| nonsense("it cannot be read".to_owned()))?
        .map_err(|error| nonsense(error.to_string()))
}

fn decoded(mut bytes: Buffer) -> Result<RecordBatch> {
    let mut decoder = StreamDecoder::new();
    let mut batches = vec![];
    while let Some(batch) = decoder.decode(&mut bytes)? {
        batches.push(batch);
    }
    decoder.finish()?;
    let schema = decoder.schema().ok_or_else(|| ArrowError::IpcError("there is no schema".to_owned()))?;
    let table = concat_batches(&schema, &batches)?;
    let columns = table.columns().iter().map(usual).collect::<Result<_, _>>()?;
    let fields = table.schema();
    let names = fields.fields().iter().map(|field| field.name().clone());
    self::table(table.num_rows(), names.zip::<Vec<ArrayRef>>(columns).collect())
}

/// A column in the type that strategies here use for such values: texts are of one type, levels of another.
fn usual(values: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let is_text = |kind: &DataType| matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    let levels = || DataType::Dictionary(Box::new(DataType::UInt32), Box::new(DataType::Utf8));
    match values.data_type() {
        kind if is_text(kind) => cast(values, &DataType::Utf8),
        DataType::Dictionary(_, of) if is_text(of) => cast(values, &levels()),
        DataType::Dictionary(_, of) => cast(values, of),
        _ => Ok(values.clone()),
    }
}

/// Reads a table that is JSON Lines, with these columns.
pub fn read_json(text: &[u8], names: &[&str]) -> Result<RecordBatch> {
    of_objects(lines(text), names)
}

fn lines(text: &[u8]) -> impl Iterator<Item = Result<Map<String, Value>>> {
    let nonsense =
        |error: serde_json::Error| Error::failed("its table is no JSON Lines").cause(error.to_string());
    serde_json::Deserializer::from_slice(text).into_iter().map(move |line| line.map_err(nonsense))
}

/// A table whose rows are these objects, and whose columns are their members; where an object lacks one, there is null.
pub fn of_objects(
    objects: impl Iterator<Item = Result<Map<String, Value>>>,
    names: &[&str],
) -> Result<RecordBatch> {
    let mut columns: Vec<Vec<Value>> = vec![vec![]; names.len()];
    let mut rows = 0;
    for object in objects {
        for (name, value) in object? {
            let at = names.iter().position(|known| *known == name);
            let at = at.ok_or_else(|| {
                Error::failed(format!("its table has a column `{name}`, which it did not give"))
            })?;
            columns[at].resize(rows, Value::Null);
            columns[at].push(value);
        }
        rows += 1;
    }
    for column in &mut columns {
        column.resize(rows, Value::Null);
    }
    let column = |values: &Vec<Value>| json_column(values.iter(), values.iter().map(Some));
    table(rows, names.iter().map(|name| (*name).to_owned()).zip(columns.iter().map(column)).collect())
}
