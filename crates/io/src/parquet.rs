//! Parquet files, read by ranges and never trusted.

mod blob;
mod footer;
mod guard;
pub(crate) mod mask;
mod pages;
mod read;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use footer::{ParquetFile, open};
pub(crate) use read::{Slice, chunks, read_slice, slice_bytes};
