//! How Parquet files are laid out.

use ::parquet::{
    arrow::arrow_writer::ArrowWriterOptions,
    basic::Compression,
    file::{
        metadata::KeyValue,
        properties::{CdcOptions, WriterProperties},
    },
};
use arrow::datatypes::{DataType, Schema};

/// How files of `schema` are written, and the row groups that go into them.
pub(super) fn options(schema: &Schema) -> ArrowWriterOptions {
    let arrow = schema.fields().iter().any(|field| needs_arrow(field.data_type()));
    ArrowWriterOptions::new().with_properties(properties()).with_skip_arrow_metadata(!arrow)
}

/// How Hugging Face writes files, so that pages of equal rows are equal bytes and only pages that are looked at are read.
fn properties() -> WriterProperties {
    let chunking = CdcOptions { min_chunk_size: 256 << 10, max_chunk_size: 1 << 20, norm_level: 0 };
    let said = format!(
        r#"{{"min_chunk_size": {}, "max_chunk_size": {}, "norm_level": {}}}"#,
        chunking.min_chunk_size, chunking.max_chunk_size, chunking.norm_level
    );
    WriterProperties::builder()
        .set_created_by("unskew".to_owned())
        .set_compression(Compression::SNAPPY)
        .set_content_defined_chunking(Some(chunking))
        .set_coerce_types(true)
        .set_max_row_group_row_count(None)
        .set_key_value_metadata(Some(vec![KeyValue::new("content_defined_chunking".to_owned(), said)]))
        .build()
}

/// Whether Parquet has no word of its own for the type.
fn needs_arrow(data_type: &DataType) -> bool {
    match data_type {
        DataType::Duration(_) => true,
        DataType::List(item) => needs_arrow(item.data_type()),
        DataType::Struct(fields) => fields.iter().any(|field| needs_arrow(field.data_type())),
        _ => false,
    }
}
