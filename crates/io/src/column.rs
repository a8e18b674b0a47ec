//! Narrow columns: built part by part, and merged when their types are known over all rows.

mod build;
mod merge;
mod text;

pub(crate) use build::{Builder, Scalar};
pub(crate) use merge::{Located, Mixed, check, merge};

use arrow::{
    array::{Array, ArrayRef, AsArray},
    datatypes::DataType,
};

/// The kinds of values that a column cannot mix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Boolean,
    Number,
    Text,
    List,
    Object,
}

impl Kind {
    pub(crate) const ALL: [Self; 5] = [Self::Boolean, Self::Number, Self::Text, Self::List, Self::Object];

    /// What a person calls one of them.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Number => "number",
            Self::Text => "text",
            Self::List => "list",
            Self::Object => "object",
        }
    }
}

/// How many values of each kind a column has, and the row of the first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Kinds {
    counts: [u64; 5],
    first: [u32; 5],
}

impl Kinds {
    /// Counts `count` values of a kind, the first in `row`.
    pub(crate) fn add(&mut self, kind: Kind, row: u32, count: u64) {
        if count > 0 {
            if self.counts[kind as usize] == 0 {
                self.first[kind as usize] = row;
            }
            self.counts[kind as usize] += count;
        }
    }

    fn count(&self, kind: Kind) -> u64 {
        self.counts[kind as usize]
    }

    fn first(&self, kind: Kind) -> u32 {
        self.first[kind as usize]
    }
}

/// One column over some consecutive rows of one source.
///
/// The array is of type `Null`, `Boolean`, `Int64`, `Float64`, `Utf8`, `LargeUtf8`, `Dictionary(UInt32, Utf8)`,
/// `FixedSizeBinary(16)`, or a `List` of one of these; rows with values that no column can hold are null there
/// and counted in `kinds` (in `items` if they are items of lists), which makes the merge refuse them.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) array: ArrayRef,
    pub(crate) kinds: Kinds,
    pub(crate) items: Kinds,
}

impl Part {
    /// How much memory it takes.
    pub(crate) fn bytes(&self) -> u64 {
        self.array.get_array_memory_size() as u64
    }

    /// How much memory its values take, which may be those of a table that is there already.
    pub(crate) fn own_bytes(&self) -> u64 {
        self.array.to_data().get_slice_memory_size().unwrap_or(0) as u64
    }

    /// A part with the kinds that its array's type says.
    pub(crate) fn of(array: ArrayRef) -> Self {
        let mut kinds = Kinds::default();
        let mut items = Kinds::default();
        let count = (array.len() - array.logical_null_count()) as u64;
        let first = (0..array.len()).find(|&row| array.is_valid(row)).unwrap_or(0) as u32;
        if let Some(kind) = kind_of(array.data_type()) {
            kinds.add(kind, first, count);
        }
        if let Some(list) = array.as_list_opt::<i32>() {
            let inner = kind_of(list.values().data_type());
            let offsets = list.value_offsets();
            let full = (0..list.len()).find(|&row| offsets[row] < offsets[row + 1]);
            if let (Some(kind), Some(row)) = (inner, full) {
                items.add(
                    kind,
                    row as u32,
                    (list.values().len() - list.values().logical_null_count()) as u64,
                );
            }
        }
        Self { array, kinds, items }
    }
}

fn kind_of(data_type: &DataType) -> Option<Kind> {
    Some(match data_type {
        DataType::Null => return None,
        DataType::Boolean => Kind::Boolean,
        DataType::Int64 | DataType::Float64 => Kind::Number,
        DataType::List(_) => Kind::List,
        DataType::Struct(_) => Kind::Object,
        _ => Kind::Text,
    })
}
