//! JSON Lines and Parquet as rows that are touched twice: scanned for narrow columns, and gathered.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod arrow_rows;
mod arrow_side;
mod budget;
mod buffers;
mod canonical;
mod column;
mod compress;
mod decode;
mod digest;
mod error;
mod extract;
mod fingerprint;
mod index;
mod infer;
mod json;
mod local;
mod look;
mod parquet;
mod path;
mod progress;
mod scan;
mod source;
mod stops;
mod store;
mod write;

pub use canonical::key_text;
pub use error::{Error, Result};
pub use extract::{Extract, Extractor};
pub use fingerprint::fingerprints;
pub use index::{Index, TextIndex};
pub use infer::{infer, infer_shape};
pub use local::Local;
pub use look::{Look, first_rows, look};
pub use path::{Path, Step};
pub use progress::{Progress, Silent};
pub use scan::{BadRow, FileScan, OnBadRow, Scan, ScanSpec, known_paths, scan};
pub use source::{Compression, DataFile, Format, Source, Table};
pub use store::{Entry, Store, Wanted};
pub use write::{
    Columns, Content, Inferred, Items, Member, Output, Shape, Writing, WrittenFile, Wrote, with_added, write,
    write_bad_rows, write_table,
};
