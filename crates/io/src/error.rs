//! What can go wrong with files.

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused.
    #[error("cannot {action} {path}")]
    Io {
        /// What was tried: `read`, `write`, `list`.
        action: &'static str,
        /// With what.
        path: String,
        /// The system's answer.
        source: std::io::Error,
    },
    /// A store that is not on this machine could not answer.
    #[error("{message}")]
    Remote {
        /// What went wrong.
        message: String,
        /// What the user can do about it.
        hint: Option<String>,
        /// Why.
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// A text that should be a path is none.
    #[error("`{text}` is not a path")]
    Path {
        /// The text.
        text: String,
    },
    /// A row cannot be read, and bad rows are errors.
    #[error("{file}, {}: {detail}", match .line { Some(line) => format!("line {line}"), None => format!("row {row}") })]
    BadRow {
        /// The file.
        file: String,
        /// The row, from 0.
        row: u32,
        /// The line, from 1.
        line: Option<u64>,
        /// A short word, as in [`crate::BadRow::reason`].
        reason: &'static str,
        /// What exactly is wrong.
        detail: String,
    },
    /// A path has values of kinds that no column can hold together.
    #[error("`{path}` has values of several types: {counts}; the first {odd} is in {file}, {place}")]
    MixedTypes {
        /// The path.
        path: String,
        /// The kinds and how many of each, most frequent first: `118 numbers, 2 texts`.
        counts: String,
        /// The rarer kind.
        odd: String,
        /// The file with its first value.
        file: String,
        /// `line 7` or `row 6`.
        place: String,
    },
    /// A file is not what its format asks for.
    #[error("{file} is damaged: {detail}")]
    Damaged {
        /// The file.
        file: String,
        /// How.
        detail: String,
    },
    /// A file is no longer what it was when the run began.
    #[error("{file} changed while it was being read")]
    Changed {
        /// The file.
        file: String,
    },
    /// An added column has a name that rows already have.
    #[error("the rows already have a member `{name}`")]
    Clash {
        /// The name.
        name: String,
    },
    /// A text that should be a dialogue is none.
    #[error("{file} has a text in which no turn begins with `\\n\\nAssistant:`")]
    NoDialogue {
        /// The file.
        file: String,
    },
    /// A message with `from` is of somebody whose role nobody knows.
    #[error("a row of {file} has a message from `{from}`, and no role is called so")]
    Role {
        /// Whom it is from.
        from: String,
        /// The file.
        file: String,
    },
    /// There are several messages where a shape has the text of one.
    #[error("`{name}` would hold {count} messages of a row of {file}, and a text is one")]
    Messages {
        /// The member of the shape.
        name: String,
        /// How many there are.
        count: usize,
        /// The file.
        file: String,
    },
    /// Rows have more different members than a table can have columns.
    #[error("the rows have more than {most} different members, too many for columns")]
    TooManyColumns {
        /// How many there can be.
        most: usize,
    },
    /// Rows without members cannot be Parquet.
    #[error("the rows have no members, and Parquet has no rows without columns")]
    NoColumns,
    /// More rows than addresses.
    #[error("more than 4 294 967 295 rows")]
    TooManyRows,
    /// What has to be in memory does not fit.
    #[error("the memory of {} MiB that may be used does not hold {what}", .available >> 20)]
    Memory {
        /// What.
        what: String,
        /// How many bytes may be used.
        available: u64,
    },
    /// The items of a column's lists are more than a list column can count, or their text is.
    #[error("the lists at `{path}` have more than 2 147 483 647 items, or letters, in all rows together")]
    TooManyItems {
        /// The path.
        path: String,
    },
    /// The user wants to stop.
    #[error("interrupted")]
    Interrupted,
    /// Arrow refused.
    #[error(transparent)]
    Arrow(#[from] arrow::error::ArrowError),
}

/// What this crate's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// What the user can do about it, if that is known.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::BadRow { .. } => "`on_bad_row: skip` leaves such rows out and counts them, `on_bad_row: quarantine` also keeps them".into(),
            Self::MixedTypes { path, .. } => format!("say which is meant: `number({path})` or `text({path})`"),
            Self::Remote { hint, .. } => return hint.clone(),
            Self::Path { .. } => "a path is written `metadata.task`, `messages[0].role` or `scores[].value`; other names stand in backticks: `` `mean/reward` ``".into(),
            Self::Changed { .. } => "run again when nothing writes to it".into(),
            Self::Clash { name } => {
                format!("choose another name for `{name}`, or let it take that member's place: `output: {{replace: {name}}}`")
            }
            Self::NoDialogue { .. } => "such a text is no dialogue: say what the `prompt` and the answer are in `columns`".into(),
            Self::Role { .. } => "known are `human`, `gpt`, `system` and `tool`: choose rows without others, or write `rows`".into(),
            Self::Messages { .. } => "choose rows with one message there, such as `where: items(prompt) = 1`, or a shape that holds messages".into(),
            Self::NoColumns => "write JSON Lines".into(),
            Self::TooManyColumns { .. } => "write JSON Lines, or choose members with a shape".into(),
            Self::Memory { .. } => "allow more with `--memory`, or narrow the expressions: `length(x)` instead of `x`".into(),
            Self::TooManyItems { path } => format!("narrow the expression: `items({path})` counts them"),
            _ => return None,
        })
    }
}
