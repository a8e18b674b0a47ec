//! What each step of a run left, as digests: where two runs part is where they differ first.

use unskew_strategy::Role;

use crate::{catalog::Catalog, frame::addresses, priority::Stream, view::View};

/// What one step left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The step: `source`, `where`, or a stage's label.
    pub name: String,
    /// Its rows.
    pub rows: u64,
    /// The digest of their identities, in order.
    pub digest: String,
}

/// The steps of a run, as they are made.
pub(crate) struct Trail<'a> {
    catalog: &'a Catalog,
    streams: Vec<[u8; 8]>,
    steps: Vec<Step>,
}

impl<'a> Trail<'a> {
    /// The beginning of a trail over the rows of `catalog`.
    pub(crate) fn new(catalog: &'a Catalog) -> Self {
        let stream = |file: &crate::catalog::CatalogFile| {
            Stream::of_file(catalog.label(file.source), &file.identity).to_bytes()
        };
        Self { catalog, streams: catalog.files().iter().map(stream).collect(), steps: vec![] }
    }

    /// Adds what a step left.
    pub(crate) fn step(&mut self, name: &str, view: &View) {
        let digest = self.digest(view);
        self.steps.push(Step { name: name.to_owned(), rows: view.len() as u64, digest });
    }

    /// The steps, the first one first.
    pub(crate) fn steps(self) -> Vec<Step> {
        self.steps
    }

    /// BLAKE3 over the split, stream and row number of each row; of a pair, over those of both of its rows, and of a side
    /// of a row, over which it is.
    fn digest(&self, view: &View) -> String {
        let mut hasher = blake3::Hasher::new();
        let rejected = view.is_paired().then(|| addresses(view, Some(Role::Rejected)));
        for (row, address) in addresses(view, None).iter().enumerate() {
            let split = view.splits().map_or(0, |splits| splits.codes[row]);
            hasher.update(&split.to_le_bytes());
            self.row(&mut hasher, *address);
            if let Some(sides) = view.sides() {
                hasher.update(&[u8::from(sides[row] == Role::Rejected)]);
            }
            if let Some(rejected) = &rejected {
                self.row(&mut hasher, rejected[row]);
            }
        }
        hasher.finalize().to_hex().to_string()
    }

    fn row(&self, hasher: &mut blake3::Hasher, address: u32) {
        let file = self.catalog.file_of(address);
        let place = &self.catalog.files()[file];
        hasher.update(&self.streams[file]);
        hasher.update(&(place.first + u64::from(address - place.start)).to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use unskew_io::{OnBadRow, ScanSpec, Silent};

    use super::*;
    use crate::{recipe::SourceSpec, remote::NoRemotes, source, view::Refs};

    /// A catalog of two files with three rows each.
    fn catalog() -> Catalog {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.jsonl", "b.jsonl"] {
            std::fs::write(folder.path().join(name), "{}\n{}\n{}\n").unwrap();
        }
        let files = source::resolve(&SourceSpec::at("."), folder.path(), &NoRemotes).unwrap();
        let mut catalog = Catalog::new(vec![files]).unwrap();
        let spec = ScanSpec {
            extracts: vec![],
            on_bad_row: OnBadRow::Error,
            limit: None,
            memory: None,
            digest: false,
        };
        let scan = unskew_io::scan(catalog.sources(), &spec, &Silent).unwrap();
        catalog.number(&scan).unwrap();
        catalog
    }

    #[test]
    fn rows_order_and_sides_are_told_apart() {
        let catalog = catalog();
        let mut trail = Trail::new(&catalog);
        let sides = |sides: [Role; 2]| Refs::Sides { rows: vec![0, 1], sides: sides.to_vec() };
        for refs in [
            Refs::All(6),
            Refs::Rows(vec![0, 1]),
            Refs::Rows(vec![1, 0]),
            Refs::Rows(vec![0, 4]),
            Refs::Pairs { chosen: vec![0], rejected: vec![1] },
            Refs::Pairs { chosen: vec![1], rejected: vec![0] },
            sides([Role::Chosen, Role::Rejected]),
            sides([Role::Rejected, Role::Chosen]),
        ] {
            trail.step("x", &View::of(refs));
        }
        let mut digests: Vec<_> = trail.steps().into_iter().map(|step| step.digest).collect();
        digests.sort();
        digests.dedup();
        assert_eq!(digests.len(), 8);
    }

    #[test]
    fn all_rows_are_told_like_each_of_them() {
        let catalog = catalog();
        let mut trail = Trail::new(&catalog);
        trail.step("all", &View::all(6));
        trail.step("each", &View::of(Refs::Rows((0..6).collect())));
        let steps = trail.steps();
        assert_eq!((steps[0].rows, &steps[0].digest), (6, &steps[1].digest));
    }
}
