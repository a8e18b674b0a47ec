use std::{path::PathBuf, sync::Arc, time::Instant};
use unskew_io::*;
fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (to, mode, format, extracts, files) = (&args[0], &args[1], &args[2], &args[3], &args[4..]);
    let format = if format == "parquet" { Format::Parquet } else { Format::Json };
    let sources: Vec<Source> = files
        .iter()
        .map(|f| {
            let p = PathBuf::from(f);
            let store = Arc::new(Local::new(p.parent().unwrap()));
            let name = p.file_name().unwrap().to_str().unwrap().to_owned();
            let (fm, compression) = Format::of(&name).unwrap();
            let entry = store.stat(&name).unwrap();
            Source::File(DataFile { store, entry, format: fm, compression })
        })
        .collect();
    let t = Instant::now();
    let spec = ScanSpec {
        extracts: extracts.split(';').filter(|e| !e.is_empty()).map(|e| e.parse().unwrap()).collect(),
        ..Default::default()
    };
    let scan = match scan(&sources, &spec, &Silent) {
        Ok(s) => s,
        Err(e) => {
            eprintln!("{e} {:?}", e.hint());
            return;
        }
    };
    let total: u32 = scan.files.iter().map(|f| f.rows).sum();
    eprintln!(
        "scan {total} rows, {} bytes: {:?}",
        scan.files.iter().map(|f| f.bytes).sum::<u64>(),
        t.elapsed()
    );
    let t = Instant::now();
    let mut addresses: Vec<u32> = (0..total).collect();
    if mode == "scan" {
        return;
    }
    if mode == "reverse" {
        addresses.reverse()
    }
    if mode == "shuffle" {
        let n = total as u64;
        addresses = (0..n).map(|i| ((i * 7_368_787 + 13) % n) as u32).collect();
    }
    let mut asc = addresses.clone();
    asc.sort_unstable();
    asc.dedup();
    let inferred = infer(&sources, &scan, &asc, &Silent).unwrap();
    eprintln!("infer: {:?}", t.elapsed());
    if std::env::var("SHOW").is_ok() {
        eprintln!(
            "{:#?}\n{:?}",
            inferred
                .schema
                .fields()
                .iter()
                .map(|f| format!("{}: {}", f.name(), f.data_type()))
                .collect::<Vec<_>>(),
            inferred.as_json
        );
    }
    let t = Instant::now();
    std::fs::create_dir_all(to).unwrap();
    let memory = std::env::var("MEM").map_or(256, |m| m.parse().unwrap());
    let out = Output {
        folder: to.into(),
        name: "train",
        exact_name: false,
        addresses: &addresses,
        added: None,
        inferred: &inferred,
    };
    let w = Writing {
        format,
        compression: Compression::None,
        memory: memory << 20,
        sync: false,
        shard_bytes: 500_000_000,
    };
    let files = write(&sources, &scan, &out, &w, &Silent).unwrap();
    eprintln!(
        "write {:?}: {} files, {} bytes, arrow {}",
        t.elapsed(),
        files.len(),
        files.iter().map(|f| f.bytes).sum::<u64>(),
        files.iter().map(|f| f.arrow_bytes).sum::<u64>()
    );
}
