//! Finding the columns that chosen rows have in common.

pub(crate) mod place;
mod shape;
mod sketch;

use std::sync::Arc;

use crate::{
    Error, Format, Inferred, Progress, Result, Scan, Source,
    budget::Room,
    decode::InPieces,
    parquet::open,
    write::{Pass, ordered_json_rows, ranges, shaped_columns},
};
use arrow::datatypes::Schema;
use shape::Shape;
pub(crate) use sketch::RowSketch;

type Columns = Vec<(String, Shape)>;

/// Finds the columns of the rows at `addresses` (ascending), over all of them.
///
/// Values that no plain type holds together (texts and objects at one place, objects with very many members, integers
/// beyond 64 bits, what is nested too deep) become JSON text at the smallest place around them, and are listed. A
/// column with nothing but nulls is text, because not every reader has a type for it. Of a member that an object has
/// twice, the last counts, but all have a say in the type. Without any addresses, the columns are those of all Parquet
/// files and tables.
///
/// ```
/// use std::sync::Arc;
///
/// use arrow::{array::{ArrayRef, RecordBatch, StringViewArray}, datatypes::DataType};
/// use unskew_io::{ScanSpec, Silent, Source, Table, infer, scan};
///
/// let texts: ArrayRef = Arc::new(StringViewArray::from(vec!["a", "b"]));
/// let batch = RecordBatch::try_from_iter([("text", texts)])?;
/// let table = Table { name: "table".into(), schema: batch.schema(), batches: Arc::new(vec![batch]) };
/// let sources = [Source::Table(table)];
///
/// let scan = scan(&sources, &ScanSpec::default(), &Silent)?;
/// let inferred = infer(&sources, &scan, &[1], &Silent)?;
/// assert_eq!(inferred.schema.field(0).data_type(), &DataType::Utf8);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn infer(
    sources: &[Source],
    scan: &Scan,
    addresses: &[u32],
    progress: &dyn Progress,
) -> Result<Inferred> {
    let mut json = vec![];
    let mut columns: Option<Columns> = None;
    let mut json_first = false;
    for (source, range) in sources.iter().zip(ranges(scan)) {
        let start = addresses.partition_point(|address| *address < range.start);
        let end = addresses.partition_point(|address| *address < range.end);
        let chosen = &addresses[start..end];
        if let Source::File(file) = source
            && file.format == Format::Json
        {
            json_first |= columns.is_none() && !chosen.is_empty();
            json.extend_from_slice(chosen);
        } else if !chosen.is_empty() || addresses.is_empty() {
            let found = source_columns(source)?;
            columns = Some(match columns {
                Some(known) => shape::merge(known, found),
                None => found,
            });
        }
    }
    let found = json_columns(sources, scan, &json, progress)?;
    let columns = match columns {
        Some(known) if json_first => shape::merge(found, known),
        Some(known) => shape::merge(known, found),
        None => found,
    };
    Ok(finish(columns))
}

/// The columns of a schema in plain types.
pub(crate) fn columns_of(schema: &Schema) -> Inferred {
    finish(Shape::members(schema.fields()))
}

fn source_columns(source: &Source) -> Result<Columns> {
    Ok(match source {
        Source::Table(table) => Shape::members(table.schema.fields()),
        Source::File(file) => Shape::members(open(file, false, Room::default())?.schema().fields()),
    })
}

fn json_columns(
    sources: &[Source],
    scan: &Scan,
    addresses: &[u32],
    progress: &dyn Progress,
) -> Result<Columns> {
    const MEMORY: u64 = 64 << 20;
    let mut all = RowSketch::default();
    if addresses.is_empty() {
        return Ok(vec![]);
    }
    let sketch = |rows: &[u8]| {
        let mut sketch = RowSketch::default();
        sketch.add(rows)?;
        Ok(sketch)
    };
    let mut rows = InPieces::new(&sketch);
    // Rows in source order are never put aside, so the folder for that is not used.
    let aside = std::env::temp_dir();
    let pass = Pass { name: "infer", scratch: &aside, memory: MEMORY };
    ordered_json_rows(sources, scan, addresses, pass, progress, &mut |bytes, _| {
        rows.push(bytes)?.into_iter().for_each(|sketch| all.merge(sketch));
        Ok(())
    })?;
    rows.finish()?.into_iter().for_each(|sketch| all.merge(sketch));
    all.columns().ok_or(Error::TooManyColumns { most: sketch::MOST_COLUMNS })
}

fn finish(columns: Columns) -> Inferred {
    let mut as_json = vec![];
    let fields = shape::fields(columns, "", &mut as_json);
    Inferred { schema: Arc::new(Schema::new(fields)), as_json }
}

/// What sketches of the parts of all rows say of their columns; none if they are too many to be columns.
pub(crate) fn finished(parts: Vec<RowSketch>) -> Option<Inferred> {
    let columns: Vec<Columns> = parts.into_iter().map(RowSketch::columns).collect::<Option<_>>()?;
    Some(finish(columns.concat()))
}

/// Finds the columns of rows of some shape, without the added ones; the addresses of each row are given part by part.
///
/// Whatever the sources are, these are the columns of the rows' JSON text: dates are text in it.
pub fn infer_shape(
    sources: &[Source],
    scan: &Scan,
    addresses: &[u32],
    shape: &crate::Shape,
    progress: &dyn Progress,
) -> Result<Inferred> {
    let columns = shaped_columns(sources, scan, addresses, shape, progress)?;
    columns.finish().ok_or(Error::TooManyColumns { most: sketch::MOST_COLUMNS })
}

/// The columns of JSON rows at hand, found in parts.
#[cfg(test)]
pub(crate) fn inferred_over(rows: &[u8]) -> Result<Inferred> {
    let mut all = RowSketch::default();
    for row in rows.split_inclusive(|byte| *byte == b'\n') {
        let mut sketch = RowSketch::default();
        sketch.add(row)?;
        all.merge(sketch);
    }
    Ok(finish(all.columns().ok_or(Error::TooManyColumns { most: sketch::MOST_COLUMNS })?))
}
