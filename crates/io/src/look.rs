//! A look at a file that somebody made: its columns, and its first rows as JSON.

use arrow::datatypes::SchemaRef;

use crate::{
    DataFile, Format, Result, ScanSpec, Silent, Source,
    budget::Room,
    infer,
    parquet::open,
    scan,
    write::{Pass, ordered_json_rows},
};

/// Memory for a look.
const MEMORY: u64 = 256 << 20;

/// What a file holds, as far as one has to know to say whether it can be loaded.
#[derive(Debug, Clone)]
pub struct Look {
    /// How many rows it has.
    pub rows: u64,
    /// Its columns: those it says it has in Parquet, and those of all its rows in JSON Lines.
    pub schema: SchemaRef,
    /// Columns that only JSON text can hold, and why.
    pub mixed: Vec<(String, String)>,
}

/// Looks at `file`: at the end of a Parquet file, and at every row of a JSON file.
pub fn look(file: &DataFile) -> Result<Look> {
    if file.format == Format::Parquet {
        let parquet = open(file, false, Room::default())?;
        return Ok(Look { rows: parquet.rows().into(), schema: parquet.schema().clone(), mixed: vec![] });
    }
    let sources = [Source::File(file.clone())];
    let scan = scan(&sources, &ScanSpec { memory: Some(MEMORY), ..ScanSpec::default() }, &Silent)?;
    let rows = scan.files[0].rows;
    let all: Vec<u32> = (0..rows).collect();
    let found = infer(&sources, &scan, &all, &Silent)?;
    Ok(Look { rows: rows.into(), schema: found.schema, mixed: found.as_json })
}

/// The first `count` rows of `file`, each as JSON text.
pub fn first_rows(file: &DataFile, count: u32) -> Result<Vec<Vec<u8>>> {
    let sources = [Source::File(file.clone())];
    let spec = ScanSpec { limit: Some(count.into()), memory: Some(MEMORY), ..ScanSpec::default() };
    let scan = scan(&sources, &spec, &Silent)?;
    let addresses: Vec<u32> = (0..scan.files[0].rows.min(count)).collect();
    let mut found = vec![];
    // Rows in source order are never put aside, so the folder for that is not used.
    let aside = std::env::temp_dir();
    let pass = Pass { name: "look", scratch: &aside, memory: MEMORY };
    ordered_json_rows(&sources, &scan, &addresses, pass, &Silent, &mut |bytes, _| {
        found.extend(bytes.split(|byte| *byte == b'\n').filter(|row| !row.is_empty()).map(<[u8]>::to_vec));
        Ok(())
    })?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{Local, Store};

    #[test]
    fn a_look_finds_columns_and_rows() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.jsonl"), "{\"a\": 1}\n{\"a\": 2, \"b\": \"x\"}\n").unwrap();
        let store = Arc::new(Local::new(folder.path()));
        let entry = store.stat("a.jsonl").unwrap();
        let (format, compression) = Format::of("a.jsonl").unwrap();
        let file = DataFile { store, entry, format, compression };
        let found = look(&file).unwrap();
        assert_eq!((found.rows, found.schema.fields().len(), found.mixed.len()), (2, 2, 0));
        assert_eq!(first_rows(&file, 1).unwrap(), [b"{\"a\": 1}".to_vec()]);
    }
}
