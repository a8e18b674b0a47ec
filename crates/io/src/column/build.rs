//! Building one part of a column, value by value.

use std::sync::Arc;

use arrow::{
    array::{
        Array, ArrayRef, BooleanBuilder, FixedSizeBinaryBuilder, Float64Builder, Int64Builder, ListArray,
        NullArray, NullBufferBuilder,
    },
    buffer::OffsetBuffer,
    compute::cast,
    datatypes::{DataType, Field},
};

use super::{
    Kind, Kinds, Part,
    text::{MostDistinct, TextCells},
};

/// One value that a column can hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Scalar<'a> {
    Boolean(bool),
    Int(i64),
    Float(f64),
    Text(&'a str),
    Hash([u8; 16]),
}

impl Scalar<'_> {
    fn kind(self) -> Kind {
        match self {
            Self::Boolean(_) => Kind::Boolean,
            Self::Int(_) | Self::Float(_) => Kind::Number,
            Self::Text(_) | Self::Hash(_) => Kind::Text,
        }
    }
}

/// Builds one [`Part`] from values in row order, and finds its type on the way.
#[derive(Debug)]
pub(crate) struct Builder {
    rows: u32,
    kinds: Kinds,
    item_kinds: Kinds,
    scalars: Cells,
    lists: Option<Lists>,
    in_list: bool,
}

#[derive(Debug)]
struct Lists {
    ends: Vec<i32>,
    nulls: NullBufferBuilder,
    items: Cells,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            rows: 0,
            kinds: Kinds::default(),
            item_kinds: Kinds::default(),
            scalars: Cells::Null(0),
            lists: None,
            in_list: false,
        }
    }
}

impl Builder {
    pub(crate) fn null(&mut self) {
        match &mut self.lists {
            Some(lists) if self.in_list => lists.items.null(),
            _ => self.row(None),
        }
    }

    pub(crate) fn push(&mut self, value: Scalar<'_>) {
        match &mut self.lists {
            Some(lists) if self.in_list => {
                self.item_kinds.add(value.kind(), self.rows, 1);
                lists.items.push(value);
            }
            _ => {
                self.kinds.add(value.kind(), self.rows, 1);
                self.row(Some(value));
            }
        }
    }

    /// A value of a kind that no column holds: an object, or a list in a list.
    pub(crate) fn unfit(&mut self, kind: Kind) {
        let kinds = if self.in_list { &mut self.item_kinds } else { &mut self.kinds };
        kinds.add(kind, self.rows, 1);
        self.null();
    }

    /// From here on values are the items of this row's list.
    pub(crate) fn begin_list(&mut self) {
        self.kinds.add(Kind::List, self.rows, 1);
        self.in_list = true;
        let rows = self.rows as usize;
        self.lists.get_or_insert_with(|| Lists::after_nulls(rows));
    }

    pub(crate) fn end_list(&mut self) {
        let lists = self.lists.as_mut().expect("a list that ends has begun");
        let end = i32::try_from(lists.items.len())
            .expect("a part has fewer items than its bytes, which i32 counts");
        lists.ends.push(end);
        lists.nulls.append_non_null();
        self.scalars.null();
        self.in_list = false;
        self.rows += 1;
    }

    fn row(&mut self, value: Option<Scalar<'_>>) {
        match value {
            Some(value) => self.scalars.push(value),
            None => self.scalars.null(),
        }
        if let Some(lists) = &mut self.lists {
            lists.ends.push(*lists.ends.last().expect("there is always the first 0"));
            lists.nulls.append_null();
        }
        self.rows += 1;
    }

    pub(crate) fn finish(self) -> Part {
        let array = match self.lists {
            Some(lists) => lists.finish(),
            None => self.scalars.finish(),
        };
        Part { array, kinds: self.kinds, items: self.item_kinds }
    }
}

impl Lists {
    fn after_nulls(rows: usize) -> Self {
        let mut nulls = NullBufferBuilder::new(0);
        nulls.append_n_nulls(rows);
        Self { ends: vec![0; rows + 1], nulls, items: Cells::Null(0) }
    }

    fn finish(mut self) -> ArrayRef {
        let items = self.items.finish();
        let items = match items.data_type() {
            DataType::Dictionary(_, _) => {
                cast(&items, &DataType::Utf8).expect("a dictionary of text is text")
            }
            _ => items,
        };
        let field = Arc::new(Field::new_list_field(items.data_type().clone(), true));
        let list = ListArray::try_new(field, OffsetBuffer::new(self.ends.into()), items, self.nulls.finish());
        Arc::new(list.expect("every end is within the items"))
    }
}

/// Values of one type, whichever it turns out to be.
#[derive(Debug)]
enum Cells {
    Null(usize),
    Boolean(BooleanBuilder),
    Int(Int64Builder),
    Float(Float64Builder),
    Text(TextCells),
    Hash(FixedSizeBinaryBuilder),
    /// Values of several kinds, which the merge refuses.
    Mixed(usize),
}

impl Cells {
    fn len(&self) -> usize {
        use arrow::array::ArrayBuilder;
        match self {
            Self::Null(len) | Self::Mixed(len) => *len,
            Self::Boolean(cells) => cells.len(),
            Self::Int(cells) => cells.len(),
            Self::Float(cells) => cells.len(),
            Self::Text(cells) => cells.len(),
            Self::Hash(cells) => cells.len(),
        }
    }

    fn null(&mut self) {
        match self {
            Self::Null(len) | Self::Mixed(len) => *len += 1,
            Self::Boolean(cells) => cells.append_null(),
            Self::Int(cells) => cells.append_null(),
            Self::Float(cells) => cells.append_null(),
            Self::Text(cells) => cells.null(),
            Self::Hash(cells) => cells.append_null(),
        }
    }

    fn push(&mut self, value: Scalar<'_>) {
        match (&mut *self, value) {
            (Self::Boolean(cells), Scalar::Boolean(value)) => cells.append_value(value),
            (Self::Int(cells), Scalar::Int(value)) => cells.append_value(value),
            (Self::Float(cells), Scalar::Float(value)) => cells.append_value(value),
            (Self::Float(cells), Scalar::Int(value)) => cells.append_value(value as f64),
            (Self::Text(cells), Scalar::Text(value)) => cells.push(value),
            (Self::Hash(cells), Scalar::Hash(value)) => cells.append_value(value).expect("the width is 16"),
            (Self::Mixed(len), _) => *len += 1,
            (Self::Null(len), _) => {
                *self = Self::after_nulls(*len, value);
                self.push(value);
            }
            (Self::Int(cells), Scalar::Float(value)) => {
                let mut floats = Float64Builder::new();
                let ints = cells.finish();
                floats.extend(ints.iter().map(|int| int.map(|int| int as f64)));
                floats.append_value(value);
                *self = Self::Float(floats);
            }
            _ => *self = Self::Mixed(self.len() + 1),
        }
    }

    /// Cells for values like `value`, with `len` nulls.
    fn after_nulls(len: usize, value: Scalar<'_>) -> Self {
        let mut cells = match value {
            Scalar::Boolean(_) => Self::Boolean(BooleanBuilder::new()),
            Scalar::Int(_) => Self::Int(Int64Builder::new()),
            Scalar::Float(_) => Self::Float(Float64Builder::new()),
            Scalar::Text(_) => Self::Text(TextCells::new(MostDistinct::Half)),
            Scalar::Hash(_) => Self::Hash(FixedSizeBinaryBuilder::new(16)),
        };
        (0..len).for_each(|_| cells.null());
        cells
    }

    fn finish(self) -> ArrayRef {
        let mut array: ArrayRef = match self {
            Self::Null(len) | Self::Mixed(len) => Arc::new(NullArray::new(len)),
            Self::Boolean(mut cells) => Arc::new(cells.finish()),
            Self::Int(mut cells) => Arc::new(cells.finish()),
            Self::Float(mut cells) => Arc::new(cells.finish()),
            Self::Text(cells) => return cells.finish(),
            Self::Hash(mut cells) => Arc::new(cells.finish()),
        };
        array.shrink_to_fit();
        array
    }
}
