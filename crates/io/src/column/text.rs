//! Text kept once for all rows that have it, as long as that pays.

use std::{hash::BuildHasher, sync::Arc};

use arrow::{
    array::{ArrayRef, DictionaryArray, GenericStringArray, NullBufferBuilder, OffsetSizeTrait, UInt32Array},
    buffer::{Buffer, OffsetBuffer, ScalarBuffer},
    datatypes::UInt32Type,
};
use hashbrown::{DefaultHashBuilder, HashTable};

/// Gives every text a number, in order of first appearance.
#[derive(Debug, Default)]
struct Interner {
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
    texts: Texts,
}

/// Texts one after another.
#[derive(Debug, Default)]
struct Texts {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Texts {
    /// Whether there is more text than an array with ends of 32 bits holds.
    fn is_wide(&self) -> bool {
        i32::try_from(self.bytes.len()).is_err()
    }

    fn bytes(&self, index: usize) -> &[u8] {
        &self.bytes[index.checked_sub(1).map_or(0, |before| self.ends[before])..self.ends[index]]
    }
}

impl Interner {
    fn code(&mut self, text: &str) -> u32 {
        let Self { table, hasher, texts } = self;
        let hash = hasher.hash_one(text.as_bytes());
        let entry = table.entry(
            hash,
            |&code| texts.bytes(code as usize) == text.as_bytes(),
            |&code| hasher.hash_one(texts.bytes(code as usize)),
        );
        match entry {
            hashbrown::hash_table::Entry::Occupied(entry) => *entry.get(),
            hashbrown::hash_table::Entry::Vacant(entry) => {
                let code = texts.ends.len() as u32;
                entry.insert(code);
                texts.bytes.extend_from_slice(text.as_bytes());
                texts.ends.push(texts.bytes.len());
                code
            }
        }
    }
}

/// A column of text: codes while few texts are distinct, plain from then on.
#[derive(Debug)]
pub(crate) struct TextCells {
    interner: Option<Interner>,
    codes: Vec<u32>,
    plain: Vec<u8>,
    /// Where each plain text ends; four bytes each until the text itself passes 4 GiB.
    ends: Ends,
    /// The bytes of all texts, each as often as it came.
    pushed: usize,
    nulls: NullBufferBuilder,
    most_distinct: MostDistinct,
}

#[derive(Debug)]
enum Ends {
    Narrow(Vec<i32>),
    Wide(Vec<i64>),
}

impl Ends {
    fn push(&mut self, end: usize) {
        match self {
            Self::Narrow(ends) => match i32::try_from(end) {
                Ok(end) => ends.push(end),
                Err(_) => {
                    *self = Self::Wide(ends.iter().map(|&end| i64::from(end)).chain([end as i64]).collect());
                }
            },
            Self::Wide(ends) => ends.push(end as i64),
        }
    }
}

/// How many distinct texts are still few.
#[derive(Debug, Clone, Copy)]
pub(crate) enum MostDistinct {
    /// So many.
    Fixed(usize),
    /// Half the rows so far, and some in any case.
    Half,
}

impl MostDistinct {
    fn at(self, rows: usize) -> usize {
        match self {
            Self::Fixed(most) => most,
            Self::Half => (rows / 2).max(256),
        }
    }
}

impl TextCells {
    pub(crate) fn new(most_distinct: MostDistinct) -> Self {
        Self {
            interner: Some(Interner::default()),
            codes: vec![],
            plain: vec![],
            ends: Ends::Narrow(vec![0]),
            pushed: 0,
            nulls: NullBufferBuilder::new(0),
            most_distinct,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.nulls.len()
    }

    /// Makes room for `rows` more.
    pub(crate) fn reserve(&mut self, rows: usize) {
        self.codes.reserve(rows);
    }

    pub(crate) fn null(&mut self) {
        self.nulls.append_null();
        match self.interner {
            Some(_) => self.codes.push(0),
            None => self.ends.push(self.plain.len()),
        }
    }

    pub(crate) fn push(&mut self, text: &str) {
        self.nulls.append_non_null();
        self.pushed += text.len();
        let Some(interner) = &mut self.interner else {
            self.plain.extend_from_slice(text.as_bytes());
            self.ends.push(self.plain.len());
            return;
        };
        self.codes.push(interner.code(text));
        // Long texts that come again and again are kept once, however many others there are.
        let pays = self.pushed / 2 > interner.texts.bytes.len();
        if interner.texts.ends.len() > self.most_distinct.at(self.codes.len()) && !pays {
            self.unfold();
        }
    }

    /// How many bytes of memory the array will take, about.
    pub(crate) fn bytes(&self) -> u64 {
        let texts = match &self.interner {
            Some(Interner { texts, .. }) if !texts.is_wide() => texts.bytes.len() + 16 * texts.ends.len(),
            _ => self.pushed,
        };
        (texts + self.len() * size_of::<u32>()) as u64
    }

    /// Goes over to plain text.
    fn unfold(&mut self) {
        let Some(interner) = self.interner.take() else { return };
        let mut nulls = std::mem::replace(&mut self.nulls, NullBufferBuilder::new(0));
        let valid = nulls.finish();
        for (row, &code) in std::mem::take(&mut self.codes).iter().enumerate() {
            if valid.as_ref().is_none_or(|valid| valid.is_valid(row)) {
                self.plain.extend_from_slice(interner.texts.bytes(code as usize));
                self.nulls.append_non_null();
            } else {
                self.nulls.append_null();
            }
            self.ends.push(self.plain.len());
        }
    }

    /// The array: a dictionary if few texts were distinct, else `Utf8`, or `LargeUtf8` from 2 GiB on.
    pub(crate) fn finish(mut self) -> ArrayRef {
        if self.interner.as_ref().is_some_and(|interner| interner.texts.is_wide()) {
            self.unfold();
        }
        self.codes.shrink_to_fit();
        self.plain.shrink_to_fit();
        let nulls = self.nulls.finish();
        if let Some(Interner { mut texts, .. }) = self.interner {
            texts.bytes.shrink_to_fit();
            let mut ends = Vec::with_capacity(texts.ends.len() + 1);
            ends.push(0_i32);
            ends.extend(texts.ends.iter().map(|&end| end as i32));
            let values = strings(ends, texts.bytes, None);
            let codes = UInt32Array::new(self.codes.into(), nulls);
            let dictionary = DictionaryArray::<UInt32Type>::try_new(codes, values);
            return Arc::new(dictionary.expect("every code has its text"));
        }
        match self.ends {
            Ends::Narrow(mut ends) => {
                ends.shrink_to_fit();
                strings(ends, self.plain, nulls)
            }
            Ends::Wide(ends) => strings(ends, self.plain, nulls),
        }
    }
}

fn strings<O: OffsetSizeTrait>(
    ends: Vec<O>,
    bytes: Vec<u8>,
    nulls: Option<arrow::buffer::NullBuffer>,
) -> ArrayRef {
    let offsets = OffsetBuffer::new(ScalarBuffer::from(ends));
    let array = GenericStringArray::<O>::try_new(offsets, Buffer::from_vec(bytes), nulls);
    Arc::new(array.expect("only text was pushed"))
}
