//! What kinds of values stand at each place of JSON rows.

use std::collections::HashMap;

use arrow::error::ArrowError;

use super::shape::Shape;
use crate::decode::cursor::{Cursor, Token};

type Result<T, E = ArrowError> = std::result::Result<T, E>;

/// Objects with more different members than this at one place are no columns: their keys are data.
pub(super) const MOST_MEMBERS: usize = 200;

/// Objects with more different members than this at all levels together are no columns either.
const MOST_LEAVES: usize = 2000;

/// How many columns a row may have.
pub(super) const MOST_COLUMNS: usize = 10_000;

/// How deep columns may be nested.
pub(super) const MOST_LEVELS: usize = 32;

const BOOLEAN: u8 = 1;
const INTEGER: u8 = 1 << 1;
/// Integers that a float does not hold exactly.
const WIDE: u8 = 1 << 2;
/// Integers beyond 64 bits.
const HUGE: u8 = 1 << 3;
const FLOAT: u8 = 1 << 4;
const TEXT: u8 = 1 << 5;
const LIST: u8 = 1 << 6;
const OBJECT: u8 = 1 << 7;

const NAMES: [(u8, &str); 5] = [
    (BOOLEAN, "booleans"),
    (INTEGER | FLOAT, "numbers"),
    (TEXT, "texts"),
    (LIST, "lists"),
    (OBJECT, "objects"),
];

/// What kinds of values stand at one place; two sketches of the same place merge into one.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Sketch {
    kinds: u8,
    /// How many values there are that are not null.
    filled: u64,
    deep: bool,
    items: Option<Box<Sketch>>,
    members: Members,
}

/// The members of the objects at one place, in the order in which they first appeared.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Members {
    list: Vec<(String, Sketch)>,
    places: HashMap<String, usize>,
    crowded: bool,
}

impl Members {
    /// The place of the member `name`, which is mostly `next`; none in a crowd.
    fn place(&mut self, name: &str, next: usize, most: usize) -> Option<usize> {
        if self.list.get(next).is_some_and(|(known, _)| known == name) {
            return Some(next);
        }
        if let Some(place) = self.places.get(name) {
            return Some(*place);
        }
        if self.crowded || self.list.len() >= most {
            *self = Self { crowded: true, ..Self::default() };
            return None;
        }
        self.places.insert(name.to_owned(), self.list.len());
        self.list.push((name.to_owned(), Sketch::default()));
        Some(self.list.len() - 1)
    }

    fn merge(&mut self, other: Self, most: usize) {
        if other.crowded {
            *self = Self { crowded: true, ..Self::default() };
        }
        for (next, (name, sketch)) in other.list.into_iter().enumerate() {
            let Some(place) = self.place(&name, next, most) else { return };
            self.list[place].1.merge(sketch);
        }
    }
}

/// The columns of rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct RowSketch(Members);

impl RowSketch {
    /// Takes in JSON objects that stand one after another.
    pub(crate) fn add(&mut self, rows: &[u8]) -> Result<()> {
        let text =
            simdutf8::basic::from_utf8(rows).map_err(|error| ArrowError::JsonError(error.to_string()))?;
        let mut cursor = Cursor::new(text);
        while !cursor.at_end() {
            if cursor.token()? != Token::Object {
                return Err(ArrowError::JsonError("a row that is not an object".into()));
            }
            add_members(&mut self.0, &mut cursor, 1, MOST_COLUMNS)?;
        }
        Ok(())
    }

    /// Takes in what another part of the rows showed.
    pub(crate) fn merge(&mut self, other: Self) {
        self.0.merge(other.0, MOST_COLUMNS);
    }

    /// How many values each column has that are not null.
    pub(crate) fn filled(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.list.iter().map(|(name, sketch)| (name.as_str(), sketch.filled))
    }

    /// The columns, unless there are too many to be any.
    pub(super) fn columns(self) -> Option<Vec<(String, Shape)>> {
        (!self.0.crowded)
            .then(|| self.0.list.into_iter().map(|(name, sketch)| (name, sketch.shape())).collect())
    }
}

fn add_members(members: &mut Members, cursor: &mut Cursor<'_>, level: usize, most: usize) -> Result<()> {
    let mut next = 0;
    cursor.object(|key, cursor| {
        let Some(place) = members.place(&key, next, most) else { return cursor.skip().map(drop) };
        next = place + 1;
        members.list[place].1.add(cursor, level)
    })
}

impl Sketch {
    fn add(&mut self, cursor: &mut Cursor<'_>, level: usize) -> Result<()> {
        match cursor.token()? {
            Token::Null => {
                cursor.word();
                return Ok(());
            }
            Token::True | Token::False => {
                cursor.word();
                self.kinds |= BOOLEAN;
            }
            Token::Number => self.kinds |= number(cursor.word()),
            Token::Text => {
                cursor.skip_text()?;
                self.kinds |= TEXT;
            }
            token => {
                self.kinds |= if token == Token::List { LIST } else { OBJECT };
                self.filled += 1;
                if level >= MOST_LEVELS {
                    self.deep = true;
                    return cursor.skip().map(drop);
                }
                if token == Token::Object {
                    return add_members(&mut self.members, cursor, level + 1, MOST_MEMBERS);
                }
                let items = self.items.get_or_insert_default();
                return cursor.list(|cursor| items.add(cursor, level + 1));
            }
        }
        self.filled += 1;
        Ok(())
    }

    fn merge(&mut self, other: Self) {
        self.kinds |= other.kinds;
        self.filled += other.filled;
        self.deep |= other.deep;
        self.members.merge(other.members, MOST_MEMBERS);
        if let Some(items) = other.items {
            self.items.get_or_insert_default().merge(*items);
        }
    }

    fn shape(self) -> Shape {
        use arrow::datatypes::DataType::{Boolean, Float64, Int64, Utf8};
        if self.deep {
            return Shape::Json(format!("nested deeper than {MOST_LEVELS} levels"));
        }
        match self.kinds {
            0 => Shape::Null,
            BOOLEAN => Shape::Plain(Boolean),
            TEXT => Shape::Plain(Utf8),
            LIST => Shape::List(Box::new(self.items.map_or(Shape::Null, |items| items.shape()))),
            OBJECT if self.members.crowded => {
                Shape::Json(format!("more than {MOST_MEMBERS} different members"))
            }
            OBJECT if self.members.list.is_empty() => Shape::Json("objects without members".into()),
            OBJECT => {
                let members = self.members.list.into_iter();
                let object = Shape::Struct(members.map(|(name, sketch)| (name, sketch.shape())).collect());
                if object.leaves() > MOST_LEAVES {
                    return Shape::Json(format!("more than {MOST_LEAVES} different members at all levels"));
                }
                object
            }
            kinds if kinds & !(INTEGER | WIDE | HUGE | FLOAT) == 0 => match kinds {
                _ if kinds & HUGE != 0 => Shape::Json("integers beyond 64 bits".into()),
                _ if kinds & FLOAT == 0 => Shape::Plain(Int64),
                _ if kinds & WIDE != 0 => Shape::Json("integers beyond 53 bits beside fractions".into()),
                _ => Shape::Plain(Float64),
            },
            kinds => Shape::Json(mixture(kinds)),
        }
    }
}

/// Names the kinds that stand at one place: `texts and objects`.
fn mixture(kinds: u8) -> String {
    let found: Vec<&str> =
        NAMES.iter().filter(|(kind, _)| kinds & kind != 0).map(|(_, name)| *name).collect();
    found.join(" and ")
}

fn number(word: &str) -> u8 {
    const EXACT: u64 = 1 << 53;
    if word.bytes().any(|byte| matches!(byte, b'.' | b'e' | b'E')) {
        return FLOAT;
    }
    match word.parse::<i64>() {
        Ok(value) if value.unsigned_abs() <= EXACT => INTEGER,
        Ok(_) => INTEGER | WIDE,
        Err(_) => INTEGER | HUGE,
    }
}
