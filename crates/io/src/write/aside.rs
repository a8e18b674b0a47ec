//! What stands beside the output: small tables, and the rows that could not be read.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
};

use arrow::array::RecordBatch;
use parquet::arrow::ArrowWriter;

use super::{Pass, ordered_json_rows, parquet::fault};
use crate::{Error, Result, Scan, Silent, Source};

/// Memory for gathering rows that could not be read.
const MEMORY: u64 = 64 << 20;

/// Writes a table as one Parquet file.
pub fn write_table(path: &Path, table: &RecordBatch) -> Result<()> {
    let wrong = |error| fault(path, error);
    let file = File::create(path).map_err(|error| unwritable(path, error))?;
    let mut writer = ArrowWriter::try_new(file, table.schema(), None).map_err(wrong)?;
    writer.write(table).map_err(wrong)?;
    writer.close().map_err(wrong)?;
    Ok(())
}

/// Writes the bytes of the rows that could not be read, one a line, in source order.
pub fn write_bad_rows(sources: &[Source], scan: &Scan, path: &Path) -> Result<()> {
    let mut bad: Vec<u32> = vec![];
    let mut start = 0;
    for file in &scan.files {
        bad.extend(file.bad.iter().map(|bad| start + bad.row));
        start += file.rows;
    }
    let file = File::create(path).map_err(|error| unwritable(path, error))?;
    let mut file = BufWriter::new(file);
    let folder = path.parent().unwrap_or(Path::new("."));
    let pass = Pass { name: "gather", scratch: folder, memory: MEMORY };
    ordered_json_rows(sources, scan, &bad, pass, &Silent, &mut |bytes, _| {
        file.write_all(bytes).map_err(|error| unwritable(path, error))
    })?;
    file.flush().map_err(|error| unwritable(path, error))
}

fn unwritable(path: &Path, source: std::io::Error) -> Error {
    Error::Io { action: "write", path: path.display().to_string(), source }
}
