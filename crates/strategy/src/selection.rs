//! What a strategy answers.

use arrow::{
    array::{ArrayRef, BooleanArray, RecordBatch},
    datatypes::Field,
};

/// The rows a strategy chose, in output order, and what it says about them.
///
/// ```
/// use std::sync::Arc;
///
/// use arrow::array::{BooleanArray, Float64Array};
/// use unskew_strategy::{Choice, Selection};
///
/// let kept = Selection::keep(&BooleanArray::from(vec![Some(true), None, Some(false), Some(true)]));
/// assert_eq!(*kept.choice(), Choice::Rows(vec![0, 3]));
///
/// let gap = Arc::new(Float64Array::from(vec![0.5]));
/// let paired = Selection::pairs(vec![2], vec![0]).column("gap", gap).split(vec![0], vec!["train".into()]);
/// assert_eq!((paired.len(), paired.columns()[0].0.name().as_str()), (1, "gap"));
/// assert_eq!(paired.splits(), Some((&[0][..], &["train".to_owned()][..])));
/// ```
#[derive(Debug, Clone)]
pub struct Selection {
    choice: Choice,
    splits: Option<(Vec<u32>, Vec<String>)>,
    columns: Vec<(Field, ArrayRef)>,
    batches: Option<Batches>,
    notes: Vec<Note>,
}

/// Which rows of an answer are to be read together, in which order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batches {
    /// Positions into the answer (not into the input), batch after batch.
    pub rows: Vec<u32>,
    /// How many of them a batch has.
    pub size: u32,
    /// How many batches an epoch has.
    pub per_epoch: u32,
}

/// Positions into the input.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Choice {
    /// Rows (or pairs) of the input.
    Rows(Vec<u32>),
    /// Pairs of rows of the input, side by side.
    Pairs {
        /// The better row of each pair.
        chosen: Vec<u32>,
        /// The worse row of each pair.
        rejected: Vec<u32>,
    },
    /// Single rows out of pairs of the input.
    Unpaired {
        /// The pair each row comes from.
        positions: Vec<u32>,
        /// Which side of it.
        roles: Vec<Role>,
    },
}

/// One side of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The better row.
    Chosen,
    /// The worse row.
    Rejected,
}

/// Something a strategy found out, for the report and the card.
#[derive(Debug, Clone)]
pub struct Note {
    /// What it is: `strata`, `bucket edges`.
    pub name: String,
    /// The facts.
    pub table: RecordBatch,
}

impl Selection {
    /// These rows, in this order.
    pub fn rows(positions: Vec<u32>) -> Self {
        Self::new(Choice::Rows(positions))
    }

    /// The rows where `mask` is true; null counts as false.
    pub fn keep(mask: &BooleanArray) -> Self {
        let kept = (0..).zip(mask).filter(|(_, keep)| *keep == Some(true));
        Self::rows(kept.map(|(row, _)| row).collect())
    }

    /// Pairs of rows.
    pub fn pairs(chosen: Vec<u32>, rejected: Vec<u32>) -> Self {
        Self::new(Choice::Pairs { chosen, rejected })
    }

    /// Single rows out of pairs.
    pub fn unpair(positions: Vec<u32>, roles: Vec<Role>) -> Self {
        Self::new(Choice::Unpaired { positions, roles })
    }

    fn new(choice: Choice) -> Self {
        Self { choice, splits: None, columns: vec![], batches: None, notes: vec![] }
    }

    /// Sends each chosen row to one of the splits called `names`, by its number.
    pub fn split(mut self, codes: Vec<u32>, names: Vec<String>) -> Self {
        self.splits = Some((codes, names));
        self
    }

    /// Adds a column with a value for each chosen row.
    pub fn column(mut self, name: &str, values: ArrayRef) -> Self {
        self.columns.push((Field::new(name, values.data_type().clone(), true), values));
        self
    }

    /// Says which chosen rows make a batch; the host writes that beside the rows, for as long as no later stage chooses
    /// among them.
    pub fn batches(mut self, batches: Batches) -> Self {
        self.batches = Some(batches);
        self
    }

    /// Adds something found out.
    pub fn note(mut self, name: &str, table: RecordBatch) -> Self {
        self.notes.push(Note { name: name.to_owned(), table });
        self
    }

    /// How many rows (or pairs) were chosen.
    pub fn len(&self) -> usize {
        match &self.choice {
            Choice::Rows(positions) | Choice::Unpaired { positions, .. } => positions.len(),
            Choice::Pairs { chosen, .. } => chosen.len(),
        }
    }

    /// Whether nothing was chosen.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What was chosen.
    pub fn choice(&self) -> &Choice {
        &self.choice
    }

    /// Which split each chosen row goes to, and what the splits are called.
    pub fn splits(&self) -> Option<(&[u32], &[String])> {
        self.splits.as_ref().map(|(codes, names)| (codes.as_slice(), names.as_slice()))
    }

    /// The added columns.
    pub fn columns(&self) -> &[(Field, ArrayRef)] {
        &self.columns
    }

    /// Which chosen rows make a batch, if that was said.
    pub fn batched(&self) -> Option<&Batches> {
        self.batches.as_ref()
    }

    /// What was found out.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }
}
