//! Every shard against what the card tells of it.

use std::{collections::BTreeMap, sync::Arc};

use unskew_io::{DataFile, Format, Look, Silent, Store, Wanted, look};

use super::{
    Problems,
    columns::{Kind, misfits},
    files::Tree,
    metadata::{Config, Info},
};

/// What is wrong with the shards.
#[derive(Debug, Default)]
pub struct Compared {
    /// Columns that cannot be read as the card tells.
    pub columns: Problems,
    /// Splits that have other rows than the card tells.
    pub rows: Problems,
    /// Sizes that are others than the card tells.
    pub sizes: Problems,
}

/// Compares all shards of all configs with what the card tells.
pub fn compare(store: &Arc<dyn Store>, tree: &Tree, configs: &[Config], infos: &[Info]) -> Compared {
    let mut compared = Compared::default();
    let mut looks: BTreeMap<String, Result<Look, String>> = BTreeMap::new();
    for config in configs {
        let info = infos.iter().find(|info| info.name == config.name);
        let mut first: Option<Vec<(String, Kind)>> = None;
        let mut counted: Vec<(String, u64)> = vec![];
        let mut bytes = 0;
        for split in &config.splits {
            let mut rows = 0;
            for file in &split.files {
                bytes += tree.entry(file).map_or(0, |entry| entry.size);
                let seen = looks.entry(file.clone()).or_insert_with(|| look_at(store, tree, file));
                match seen {
                    Err(problem) => compared.columns.fail(problem.clone()),
                    Ok(seen) => {
                        rows += seen.rows;
                        columns(file, seen, info, &mut first, &mut compared.columns);
                    }
                }
            }
            if rows == 0 && compared.columns.failed.is_empty() {
                compared.rows.fail(format!(
                    "`{}` of `{}` has no rows, which cannot be loaded",
                    split.name, config.name
                ));
            }
            counted.push((split.name.clone(), rows));
        }
        if compared.columns.failed.is_empty() {
            rows(config, info, &counted, &mut compared.rows);
        }
        if let Some(told) = info.and_then(|info| info.download_size).filter(|told| *told != bytes) {
            compared.sizes.doubt(format!(
                "the files of `{}` have {bytes} bytes, and the card tells {told}",
                config.name
            ));
        }
    }
    compared
}

fn look_at(store: &Arc<dyn Store>, tree: &Tree, file: &str) -> Result<Look, String> {
    let entry = tree.entry(file).ok_or_else(|| format!("{file} is gone"))?.clone();
    let (format, compression) =
        Format::of(file).ok_or_else(|| format!("the name of {file} does not tell how it is read"))?;
    // Of lines everything is read, of Parquet only the footer.
    let lines = format == Format::Json;
    let ready = if lines { store.will_read(&[Wanted::whole(&entry)], &Silent) } else { Ok(()) };
    let data = DataFile { store: store.clone(), entry, format, compression };
    ready.and_then(|()| look(&data)).map_err(|error| {
        let mut text = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        text
    })
}

/// Whether the columns of a shard can be read as the card tells, or, where it does not tell, as those of the first.
fn columns(
    file: &str,
    seen: &Look,
    info: Option<&Info>,
    first: &mut Option<Vec<(String, Kind)>>,
    problems: &mut Problems,
) {
    if seen.rows == 0 {
        return;
    }
    let own = Kind::columns(&seen.schema);
    if let Some(told) = info.and_then(|info| info.columns.as_ref()) {
        for misfit in misfits(&own, told, "") {
            problems.fail(format!("{file}: {misfit}"));
        }
        return;
    }
    for (path, reason) in &seen.mixed {
        problems.doubt(format!("{file}: `{path}` has {reason}, and `load_dataset` guesses a type"));
    }
    match first {
        None => *first = Some(own),
        Some(first) => {
            for misfit in misfits(&own, first, "") {
                let misfit = misfit.replace("the card does not tell of", "the first file does not have");
                problems.fail(format!("{file}: {}", misfit.replace("the card tells", "the first file has")));
            }
        }
    }
}

/// Whether splits and their rows are those that the card tells.
fn rows(config: &Config, info: Option<&Info>, counted: &[(String, u64)], problems: &mut Problems) {
    let Some(told) = info.and_then(|info| info.splits.as_ref()) else { return };
    for (split, rows) in told {
        match counted.iter().find(|(name, _)| name == split) {
            None => problems.fail(format!(
                "the card tells of a split `{split}` of `{}`, which has no files",
                config.name
            )),
            Some((_, found)) if found != rows => problems
                .fail(format!("`{split}` of `{}` has {found} rows, and the card tells {rows}", config.name)),
            Some(_) => {}
        }
    }
    for (split, _) in counted.iter().filter(|(name, _)| !told.iter().any(|(split, _)| split == name)) {
        problems.fail(format!("the card does not tell of the split `{split}` of `{}`", config.name));
    }
}
