//! What a strategy is handed.

use arrow::{
    array::{ArrayRef, AsArray, RecordBatch, UInt32Array, UInt64Array},
    util::display::array_value_to_string,
};

/// The columns a strategy asked for, in the order of its needs.
///
/// Asking for a column as what it is not is a fault of the strategy, and panics.
///
/// ```
/// use arrow::array::UInt64Array;
/// use unskew_strategy::{Column, Input};
///
/// let input = Input::new(2, vec![Column::Numbers(UInt64Array::from(vec![7, 5])), Column::Missing]);
/// assert_eq!(input.priority(0), [7, 5]);
/// assert!(!input.has(1));
/// ```
#[derive(Debug, Clone)]
pub struct Input {
    rows: usize,
    columns: Vec<Column>,
}

/// One column a strategy asked for.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Column {
    /// Answers [`crate::Need::Values`] and [`crate::Need::Aggregate`], and with `UInt64` [`crate::Need::Fingerprint`].
    Values(ArrayRef),
    /// Answers [`crate::Need::Groups`].
    Groups(Groups),
    /// Answers [`crate::Need::Priority`] and [`crate::Need::Chance`].
    Numbers(UInt64Array),
    /// Answers [`crate::Need::Order`].
    Ranks(UInt32Array),
    /// Answers an optional need that the recipe cannot meet.
    Missing,
}

/// Which group each row is in, and what the groups are.
///
/// ```
/// use std::sync::Arc;
///
/// use arrow::array::{ArrayRef, RecordBatch, StringArray, UInt32Array, UInt64Array};
/// use unskew_strategy::Groups;
///
/// let task: ArrayRef = Arc::new(StringArray::from(vec![Some("coding"), Some("math"), None]));
/// let keys = RecordBatch::try_from_iter([("task", task)])?;
/// let groups = Groups::new(UInt32Array::from(vec![1, 1, 0, 2]), keys, UInt64Array::from(vec![4, 8, 2]));
/// assert_eq!(groups.label(1), "math");
/// assert_eq!(groups.parts(2), [None]);
/// # Ok::<(), arrow::error::ArrowError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Groups {
    codes: UInt32Array,
    keys: RecordBatch,
    priority: UInt64Array,
}

impl Input {
    /// `rows` rows with these columns.
    pub fn new(rows: usize, columns: Vec<Column>) -> Self {
        Self { rows, columns }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The columns, one for each need.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Whether the `index`th need was met.
    pub fn has(&self, index: usize) -> bool {
        !matches!(self.columns[index], Column::Missing)
    }

    /// The `index`th column, asked for with [`crate::Need::Values`] or [`crate::Need::Aggregate`].
    pub fn values(&self, index: usize) -> &ArrayRef {
        match &self.columns[index] {
            Column::Values(values) => values,
            other => panic!("need {index} was answered with {other:?}, not with values"),
        }
    }

    /// The `index`th column, asked for with [`crate::Need::Fingerprint`].
    pub fn fingerprints(&self, index: usize) -> &UInt64Array {
        self.values(index).as_primitive()
    }

    /// The `index`th column, asked for with [`crate::Need::Groups`].
    pub fn groups(&self, index: usize) -> &Groups {
        match &self.columns[index] {
            Column::Groups(groups) => groups,
            other => panic!("need {index} was answered with {other:?}, not with groups"),
        }
    }

    /// The `index`th column, asked for with [`crate::Need::Priority`].
    pub fn priority(&self, index: usize) -> &[u64] {
        self.numbers(index)
    }

    /// The `index`th column, asked for with [`crate::Need::Chance`].
    pub fn chance(&self, index: usize) -> &[u64] {
        self.numbers(index)
    }

    /// The `index`th column, asked for with [`crate::Need::Order`].
    pub fn order(&self, index: usize) -> &[u32] {
        match &self.columns[index] {
            Column::Ranks(ranks) => ranks.values(),
            other => panic!("need {index} was answered with {other:?}, not with ranks"),
        }
    }

    fn numbers(&self, index: usize) -> &[u64] {
        match &self.columns[index] {
            Column::Numbers(numbers) => numbers.values(),
            other => panic!("need {index} was answered with {other:?}, not with random numbers"),
        }
    }
}

impl Groups {
    /// Groups with a code for each row, and a key (one row of `keys`) and a priority for each group.
    pub fn new(codes: UInt32Array, keys: RecordBatch, priority: UInt64Array) -> Self {
        Self { codes, keys, priority }
    }

    /// Which group each row is in.
    pub fn codes(&self) -> &[u32] {
        self.codes.values()
    }

    /// How many groups there are, empty ones too.
    pub fn len(&self) -> usize {
        self.keys.num_rows()
    }

    /// Whether there are no groups.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the groups are: one row a group, one column an expression.
    pub fn keys(&self) -> &RecordBatch {
        &self.keys
    }

    /// A random number for each group, fixed by its key.
    pub fn priority(&self) -> &[u64] {
        self.priority.values()
    }

    /// The parts of a group's key as text; `None` stands for null.
    pub fn parts(&self, group: usize) -> Vec<Option<String>> {
        let part = |column: &ArrayRef| {
            (!column.is_null(group)).then(|| array_value_to_string(column, group).unwrap_or_default())
        };
        self.keys.columns().iter().map(part).collect()
    }

    /// How a person would call a group: `math`, or `math × easy`.
    pub fn label(&self, group: usize) -> String {
        let parts = self.parts(group);
        let named = |part: Option<String>| part.unwrap_or_else(|| "null".to_owned());
        if parts.is_empty() {
            "all".to_owned()
        } else {
            parts.into_iter().map(named).collect::<Vec<_>>().join(" × ")
        }
    }
}
