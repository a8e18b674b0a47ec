//! What output rows look like that are made of several source rows, or of parts of them.

use arrow::{
    array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions, new_null_array},
    datatypes::{DataType, Field, Schema, SchemaRef},
};

use crate::{Path, Result};

/// What output rows look like: their members, each made of one of the source rows that an output row refers to.
///
/// Members that stand side by side and are made of the same source row are a *part* of the shape; an output row is
/// gathered part by part.
///
/// ```
/// use unskew_io::{Content, Items, Member, Shape};
///
/// let row = |role| Content::Row { role };
/// let score = Content::Path { role: 0, paths: vec!["metadata.score".parse()?], items: Items::All };
/// let member = |name: &str, content| Member { name: name.to_owned(), content };
/// let shape = Shape::new(vec![member("chosen", row(0)), member("score", score), member("rejected", row(1))], vec![]);
/// assert_eq!(shape.width(), 2);
/// assert_eq!(shape.addresses(&[&[7, 8], &[1, 2]]), [7, 1, 8, 2]);
/// # Ok::<(), unskew_io::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Shape {
    pub(super) parts: Vec<Part>,
    meanings: Vec<usize>,
    side: Option<Side>,
}

/// Which of its two sides an output row is made of.
#[derive(Debug, Clone, Copy)]
enum Side {
    /// The added column of booleans at this place tells.
    Told(usize),
    /// This one.
    Only(usize),
}

/// Members that stand side by side and are made of the same source row.
#[derive(Debug, Clone)]
pub(super) struct Part {
    role: usize,
    pub(super) members: Vec<Member>,
}

/// One member of output rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// What it is called.
    pub name: String,
    /// What it holds.
    pub content: Content,
}

/// What a member of output rows holds. A `role` says which of the source rows that an output row refers to.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// A whole source row with the bytes it has.
    Row {
        /// Which source row.
        role: usize,
    },
    /// The value at a path as it stands in the source row; null where nothing stands there.
    Path {
        /// Which source row.
        role: usize,
        /// The path, or one for each meaning.
        paths: Vec<Path>,
        /// How much of the value.
        items: Items,
    },
    /// The value of the added column at this place; no part of another content.
    Added(usize),
    /// The same value in every row, as JSON text.
    Value(String),
    /// An object whose members are made of one source row.
    Object(Vec<Member>),
    /// One list of several, made of one source row; null where any of them is none.
    Joined(Vec<Content>),
    /// Messages that may have `from` and `value` where they should have a `role` and `content`.
    Messages(Box<Content>),
}

/// How much of a value to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Items {
    /// All of it.
    #[default]
    All,
    /// All items of a list but the last.
    ButLast,
    /// A list with the last item of a list.
    Last,
    /// Of a text whose turns begin with `\n\nHuman:` and `\n\nAssistant:`, all up to the last answer.
    BeforeAnswer,
    /// Of such a text, the last answer, without what it begins with.
    Answer,
    /// A list of messages; a text becomes the one message of this role.
    Messages(&'static str),
    /// The only message of a list; a text becomes a message of this role.
    Message(&'static str),
    /// The last message of a list.
    LastMessage,
    /// A text, or that of the only message of a list.
    Text,
    /// The text of the last message of a list.
    LastText,
    /// A boolean: `true`, 1 or `"true"`, or `false`, 0, -1 or `"false"`.
    Truth,
    /// A number or a boolean as a text, and anything else as it is.
    Spelled,
}

impl Content {
    fn role(&self) -> Option<usize> {
        match self {
            Self::Row { role } | Self::Path { role, .. } => Some(*role),
            Self::Added(_) | Self::Value(_) => None,
            Self::Object(members) => members.iter().find_map(|member| member.content.role()),
            Self::Joined(lists) => lists.iter().find_map(Self::role),
            Self::Messages(messages) => messages.role(),
        }
    }

    /// Gives `take` what is taken from paths, in the order in which it is written.
    pub(super) fn paths<'a>(&'a self, take: &mut impl FnMut(&'a [Path])) {
        match self {
            Self::Path { paths, .. } => take(paths),
            Self::Object(members) => members.iter().for_each(|member| member.content.paths(take)),
            Self::Joined(lists) => lists.iter().for_each(|list| list.paths(take)),
            Self::Messages(messages) => messages.paths(take),
            Self::Row { .. } | Self::Added(_) | Self::Value(_) => {}
        }
    }
}

impl Shape {
    /// A shape with these members. Where paths mean something else in some sources, `meanings` says which of their
    /// paths counts in each source.
    pub fn new(members: Vec<Member>, meanings: Vec<usize>) -> Self {
        let mut parts: Vec<(Option<usize>, Vec<Member>)> = vec![];
        for member in members {
            let role = member.content.role();
            match parts.last_mut() {
                Some((known, members)) if role.is_none() || known.is_none() || *known == role => {
                    *known = known.or(role);
                    members.push(member);
                }
                _ => parts.push((role, vec![member])),
            }
        }
        if parts.is_empty() {
            parts.push((None, vec![]));
        }
        let part = |(role, members): (Option<usize>, _)| Part { role: role.unwrap_or(0), members };
        Self { parts: parts.into_iter().map(part).collect(), meanings, side: None }
    }

    /// The same for output rows of which each is made of one side of its source row: of the paths of a member, those
    /// at even places count for the first side, and those behind them for the second. The added column of booleans at
    /// `place` is true for output rows of the second side.
    ///
    /// ```
    /// use unskew_io::{Content, Items, Member, Shape};
    ///
    /// let paths = vec!["chosen".parse()?, "rejected".parse()?];
    /// let text = Content::Path { role: 0, paths, items: Items::All };
    /// let shape = Shape::new(vec![Member { name: "text".into(), content: text }], vec![]).of_sides(0);
    /// assert_eq!(shape.width(), 1);
    /// # Ok::<(), unskew_io::Error>(())
    /// ```
    #[must_use]
    pub fn of_sides(self, place: usize) -> Self {
        Self { side: Some(Side::Told(place)), ..self }
    }

    /// How many parts there are: so many addresses has an output row.
    pub fn width(&self) -> usize {
        self.parts.len()
    }

    /// The addresses of output rows, part by part, given those of the source rows in each role.
    pub fn addresses(&self, roles: &[&[u32]]) -> Vec<u32> {
        let rows = roles.first().map_or(0, |rows| rows.len());
        let of_row = |row: usize| self.parts.iter().map(move |part| roles[part.role][row]);
        (0..rows).flat_map(of_row).collect()
    }

    /// The columns of output rows, given those of what is made of source rows, and the added ones.
    pub fn schema(&self, made: &Schema, added: Option<&Schema>) -> SchemaRef {
        let field = |member: &Member| match (&member.content, added) {
            (Content::Added(place), Some(added)) => added.field(*place).clone().with_name(&member.name),
            _ => match made.field_with_name(&member.name) {
                Ok(field) => field.clone(),
                Err(_) => Field::new(&member.name, DataType::Utf8, true),
            },
        };
        Schema::new(self.members().map(field).collect::<Vec<_>>()).into()
    }

    /// Output rows of `schema`, given what is made of source rows, and the added columns.
    pub(super) fn batch(
        &self,
        schema: &SchemaRef,
        made: &RecordBatch,
        added: Option<&RecordBatch>,
    ) -> Result<RecordBatch> {
        let rows = made.num_rows();
        let column = |(member, field): (&Member, &std::sync::Arc<Field>)| -> ArrayRef {
            let column = match (&member.content, added) {
                (Content::Added(place), Some(added)) => Some(added.column(*place)),
                _ => made.column_by_name(&member.name),
            };
            column.cloned().unwrap_or_else(|| new_null_array(field.data_type(), rows))
        };
        let columns = self.members().zip(schema.fields()).map(column).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        Ok(RecordBatch::try_new_with_options(schema.clone(), columns, &options)?)
    }

    /// The shape without its added columns.
    pub(super) fn without_added(&self) -> Self {
        let mut shape = self.clone();
        for part in &mut shape.parts {
            part.members.retain(|member| !matches!(member.content, Content::Added(_)));
        }
        shape
    }

    /// Each side of each part as a shape of its own.
    pub(super) fn alone(&self) -> impl Iterator<Item = Self> {
        let side = |side| self.side.map(|_| Side::Only(side));
        let alone = move |part: &Part, number| Self {
            parts: vec![part.clone()],
            meanings: self.meanings.clone(),
            side: side(number),
        };
        self.parts.iter().flat_map(move |part| (0..self.sides()).map(move |side| alone(part, side)))
    }

    /// How many sides there are.
    pub(super) fn sides(&self) -> usize {
        if self.side.is_some() { 2 } else { 1 }
    }

    /// The first member whose name another has already.
    pub(super) fn clash(&self) -> Option<&str> {
        let mut names = std::collections::HashSet::new();
        self.members().map(|member| member.name.as_str()).find(|name| !names.insert(*name))
    }

    /// Which of several paths counts in output row `number`, which is made of a row of `source`.
    pub(super) fn meaning(&self, source: usize, number: usize, added: Option<&RecordBatch>) -> usize {
        let of_source = self.meanings.get(source).copied().unwrap_or(0);
        let side = match (self.side, added) {
            (Some(Side::Only(side)), _) => side,
            (Some(Side::Told(place)), Some(added)) => {
                let second = added.column(place).as_boolean();
                usize::from(second.is_valid(number) && second.value(number))
            }
            _ => 0,
        };
        of_source * self.sides() + side
    }

    /// How many meanings there are.
    pub(super) fn meanings(&self) -> usize {
        self.meanings.iter().max().map_or(1, |most| most + 1) * self.sides()
    }

    fn members(&self) -> impl Iterator<Item = &Member> {
        self.parts.iter().flat_map(|part| &part.members)
    }
}
