//! Every row there is: a dense address for the passes, an identity for chance.

use std::collections::BTreeMap;

use unskew_io::{Scan, Source};

use crate::{
    Error, Result,
    remote::{Digests, Origin},
    source::Resolved,
};

/// All sources and the rows of each, once they have been scanned.
#[derive(Debug, Clone)]
pub struct Catalog {
    labels: Vec<String>,
    origins: Vec<Option<Origin>>,
    sources: Vec<Source>,
    files: Vec<CatalogFile>,
    rows: u32,
}

/// One file's share of the addresses.
#[derive(Debug, Clone)]
pub struct CatalogFile {
    /// Which source it belongs to.
    pub source: usize,
    /// Its path in the source, without endings and shard number.
    pub identity: String,
    /// What the place that it comes from calls its bytes.
    pub digests: Digests,
    /// The address of its first row.
    pub start: u32,
    /// How many rows it has.
    pub rows: u32,
    /// The number of its first row among the rows of the same identity.
    pub first: u64,
}

impl CatalogFile {
    /// Whether `address` is one of its rows.
    pub fn contains(&self, address: u32) -> bool {
        (self.start..self.start + self.rows).contains(&address)
    }
}

impl Catalog {
    /// The files of `resolved`, with no rows yet.
    pub fn new(resolved: Vec<Resolved>) -> Result<Self> {
        let mut catalog = Self { labels: vec![], origins: vec![], sources: vec![], files: vec![], rows: 0 };
        for Resolved { label, files, origin } in resolved {
            if catalog.labels.contains(&label) {
                return Err(Error::usage(format!("two sources are called `{label}`"))
                    .hint("give each a `name:`; a row's identity, and so its luck, depends on it"));
            }
            let source = catalog.labels.len();
            catalog.labels.push(label);
            catalog.origins.push(origin);
            for file in files {
                let (identity, digests) = (file.identity, file.digests);
                catalog.files.push(CatalogFile { source, identity, digests, start: 0, rows: 0, first: 0 });
                catalog.sources.push(file.source);
            }
        }
        Ok(catalog)
    }

    /// Takes over how many rows the scan found in each file.
    pub fn number(&mut self, scan: &Scan) -> Result<()> {
        let mut counted: BTreeMap<(usize, String), u64> = BTreeMap::new();
        let mut start = 0u32;
        for (file, scanned) in self.files.iter_mut().zip(&scan.files) {
            let first = counted.entry((file.source, file.identity.clone())).or_default();
            (file.start, file.rows, file.first) = (start, scanned.rows, *first);
            *first += u64::from(scanned.rows);
            start = start.checked_add(scanned.rows).ok_or(unskew_io::Error::TooManyRows)?;
        }
        self.rows = start;
        Ok(())
    }

    /// How many rows there are.
    pub fn rows(&self) -> u32 {
        self.rows
    }

    /// What can be scanned and gathered from, in address order.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Each file's share of the addresses.
    pub fn files(&self) -> &[CatalogFile] {
        &self.files
    }

    /// The bytes of all files together; tables in memory do not count.
    pub fn bytes(&self) -> u64 {
        let size = |source: &Source| match source {
            Source::File(file) => file.entry.size,
            Source::Table(_) => 0,
        };
        self.sources.iter().map(size).sum()
    }

    /// What the `source`th source is called.
    pub fn label(&self, source: usize) -> &str {
        &self.labels[source]
    }

    /// What is known of the repository that the `source`th source comes from, if it comes from one.
    pub fn origin(&self, source: usize) -> Option<&Origin> {
        self.origins[source].as_ref()
    }

    /// What the sources are called.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The number of the file that holds `address`.
    pub fn file_of(&self, address: u32) -> usize {
        self.files.partition_point(|file| file.start <= address) - 1
    }

    /// The addresses of the `source`th source.
    pub fn span(&self, source: usize) -> std::ops::Range<u32> {
        let mut own = self.files.iter().filter(|file| file.source == source);
        let start = own.clone().next().map_or(0, |file| file.start);
        start..own.next_back().map_or(start, |file| file.start + file.rows)
    }
}
