//! Chosen rows as Parquet files.

mod cut;
mod group;
mod layout;
mod line;
mod order;
mod shards;
mod sorter;
#[cfg(test)]
mod tests;

use arrow::{
    array::{ArrayRef, RecordBatch},
    datatypes::{FieldRef, Schema, SchemaRef},
};

use crate::{
    Error, Output, Progress, Result, Scan, Shape, Source, Writing, WrittenFile,
    arrow_rows::{conform::Conform, gather::stop},
    infer::columns_of,
};
use line::in_step;
use order::Rows;
pub(crate) use order::ranges;
pub(crate) use shards::fault;
use shards::{Limits, Shards};

/// Writes one sequence of rows as Parquet.
pub(crate) fn write_parquet(
    sources: &[Source],
    scan: &Scan,
    output: &Output<'_>,
    writing: &Writing,
    progress: &dyn Progress,
) -> Result<Vec<WrittenFile>> {
    let added = added(output)?;
    let schema = match (output.shape, &added) {
        (Some(shape), added) => {
            shape.schema(&output.inferred.schema, added.as_ref().map(|added| added.schema_ref().as_ref()))
        }
        (None, Some(added)) => with_added(&output.inferred.schema, added.schema_ref()),
        (None, None) => output.inferred.schema.clone(),
    };
    if schema.fields().is_empty() && !output.addresses.is_empty() {
        return Err(Error::NoColumns);
    }
    let limits = Limits {
        folder: &output.folder,
        name: output.name,
        exact_name: output.exact_name,
        shard_bytes: writing.shard_bytes,
        memory: writing.memory,
        sync: writing.sync,
    };
    let encoders = limits.encoders();
    in_step(Shards::new(schema.clone(), limits), &schema, encoders, |sink| {
        let mut slot = 0;
        let mut add = |batch: RecordBatch| {
            stop(progress)?;
            let rows = batch.num_rows();
            let added = added.as_ref().map(|added| added.slice(slot, rows));
            let batch = match (output.shape, added) {
                (Some(shape), added) => shape.batch(&schema, &batch, added.as_ref())?,
                (None, Some(added)) => beside(&schema, &batch, &added)?,
                (None, None) => batch,
            };
            slot += rows;
            sink(batch)
        };
        let rows = Rows {
            sources,
            scan,
            inferred: output.inferred,
            folder: &output.folder,
            memory: writing.memory,
            progress,
        };
        match output.shape {
            Some(shape) => rows.shaped(output.addresses, &shape.without_added(), &mut add),
            None => rows.ordered(output.addresses, &mut add),
        }
    })
}

/// The added columns in plain types.
fn added(output: &Output<'_>) -> Result<Option<RecordBatch>> {
    if let Some(name) = output.shape.and_then(Shape::clash) {
        return Err(Error::Clash { name: name.to_owned() });
    }
    let Some(added) = output.added else { return Ok(None) };
    let own = if output.shape.is_some() { &Schema::empty() } else { output.inferred.schema.as_ref() };
    for field in added.schema_ref().fields() {
        if own.column_with_name(field.name()).is_some() && !output.replaced.contains(field.name()) {
            return Err(Error::Clash { name: field.name().clone() });
        }
    }
    Ok(Some(Conform::new(&columns_of(added.schema_ref())).batch(added)?))
}

/// Columns with others added to them; what has the name of a column takes its place.
pub fn with_added(schema: &Schema, added: &Schema) -> SchemaRef {
    let replaced = |field: &FieldRef| {
        added.field_with_name(field.name()).map_or(field.clone(), |new| new.clone().into())
    };
    let own = schema.fields().iter().map(replaced);
    let new = added.fields().iter().filter(|field| schema.column_with_name(field.name()).is_none()).cloned();
    Schema::new(own.chain(new).collect::<Vec<_>>()).into()
}

fn beside(schema: &SchemaRef, batch: &RecordBatch, added: &RecordBatch) -> Result<RecordBatch> {
    let column = |field: &FieldRef| {
        let column = added.column_by_name(field.name()).or_else(|| batch.column_by_name(field.name()));
        column.expect("a column is a row's own or added").clone()
    };
    let columns: Vec<ArrayRef> = schema.fields().iter().map(column).collect();
    Ok(RecordBatch::try_new(schema.clone(), columns)?)
}
