//! SQL expressions over the paths of a row, by DataFusion's expression crates.

mod error;

use std::collections::BTreeMap;

use arrow::array::{ArrayRef, RecordBatch};

pub use error::{Error, Result};

/// Short names that stand for expressions, such as a recipe's `columns`.
#[derive(Debug, Clone, Default)]
pub struct Names(BTreeMap<String, Expression>);

/// An expression, parsed but not yet typed.
#[derive(Debug, Clone)]
pub struct Expression {
    text: String,
    reads: Vec<String>,
}

impl Names {
    /// Lets `name` stand for `expression` in expressions parsed from here on.
    pub fn define(&mut self, name: &str, expression: Expression) {
        self.0.insert(name.to_owned(), expression);
    }
}

impl Expression {
    /// Parses `text`, in which `names` may be used.
    pub fn parse(text: &str, names: &Names) -> Result<Self> {
        let _ = (text, names);
        todo!()
    }

    /// The text it was parsed from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The columns it reads, such as `metadata.task`, `length(prompt)` or `reward[].score`.
    pub fn reads(&self) -> &[String] {
        &self.reads
    }

    /// The one path it consists of, if it is nothing but a path.
    pub fn as_path(&self) -> Option<&str> {
        todo!()
    }

    /// Whether it goes over many rows at once, as `avg(score)` does.
    pub fn is_aggregate(&self) -> bool {
        todo!()
    }

    /// Its value for each row of `table`, whose columns are called as in [`Self::reads`].
    pub fn evaluate(&self, table: &RecordBatch) -> Result<ArrayRef> {
        let _ = table;
        todo!()
    }

    /// Its value for each of `count` groups, where `groups` says which one each row of `table` is in.
    pub fn evaluate_groups(&self, table: &RecordBatch, groups: &[u32], count: usize) -> Result<ArrayRef> {
        let _ = (table, groups, count);
        todo!()
    }
}
