//! An expression, from its text to its values.

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use arrow::{
    array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch},
    compute::cast,
    datatypes::{DataType, Field, Schema},
};
use datafusion_expr::Expr;
use datafusion_sql::sqlparser::ast::{
    BinaryOperator::{Eq, Gt, GtEq, Lt, LtEq, NotEq},
    Expr as Tree,
};

use crate::{
    Error, Names, Result, Value,
    analyse::{self, Analysis, Read},
    deep,
    groups::{self, Groups},
    plan, resolve,
    rows::Table,
    syntax, types,
};

/// An expression, parsed but not yet typed.
#[derive(Debug, Clone)]
pub struct Expression {
    text: String,
    tree: Arc<Tree>,
    depth: usize,
    analysis: Analysis,
    reads: Vec<String>,
}

/// Constants of an expression that has none.
static NO_CONSTANTS: BTreeMap<String, Value> = BTreeMap::new();

impl Expression {
    /// Parses `text`, in which `names` may be used.
    pub fn parse(text: &str, names: &Names) -> Result<Self> {
        let (tokens, depth) = syntax::tokens(text)?;
        let depth = depth + names.deepest();
        deep::run(depth, || {
            let mut tree = syntax::parse(text, tokens)?;
            let depth = resolve::resolve(text, &mut tree, names)?;
            let analysis = analyse::analyse(text, &tree)?;
            let reads = analysis.reads.iter().map(|read| read.name.clone()).collect();
            Ok(Self { text: text.to_owned(), tree: Arc::new(tree), depth, analysis, reads })
        })
    }

    /// The text it was parsed from.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn tree(&self) -> &Tree {
        &self.tree
    }

    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    /// The columns it reads, such as `metadata.task`, `length(prompt)` or `reward[].score`, in order of appearance.
    pub fn reads(&self) -> &[String] {
        &self.reads
    }

    /// The columns it reads that are not among `constants`.
    pub fn reads_beyond<'a>(
        &'a self,
        constants: &'a BTreeMap<String, Value>,
    ) -> impl Iterator<Item = &'a str> {
        self.reads.iter().map(String::as_str).filter(|read| !constants.contains_key(*read))
    }

    /// The one column it consists of, be that a path or what an extractor makes of one.
    pub fn as_column(&self) -> Option<&str> {
        let mut tree = self.tree.as_ref();
        while let Tree::Nested(inner) = tree {
            tree = inner;
        }
        resolve::column(tree)
    }

    /// The one path it consists of, if it is nothing but a path.
    pub fn as_path(&self) -> Option<&str> {
        self.as_column().filter(|column| resolve::is_path(column))
    }

    /// What it compares with something else, such as `avg(score)` in `avg(score) > 0.5`, if it is a comparison.
    pub fn compared(&self) -> Option<Self> {
        deep::run(self.depth, || {
            let mut tree = self.tree.as_ref();
            while let Tree::Nested(inner) = tree {
                tree = inner;
            }
            let compared = match tree {
                Tree::BinaryOp { left, op: Eq | NotEq | Lt | LtEq | Gt | GtEq, .. } => left.as_ref().clone(),
                Tree::Between { expr, .. } => expr.as_ref().clone(),
                _ => return None,
            };
            let analysis = analyse::analyse(&self.text, &compared).ok()?;
            let reads = analysis.reads.iter().map(|read| read.name.clone()).collect();
            Some(Self { tree: Arc::new(compared), analysis, reads, ..self.clone() })
        })
    }

    /// The same of one side of a pair, or of any member of rows: with `score` for `chosen`, it reads `chosen.score`.
    ///
    /// ```
    /// use unskew_expr::{Expression, Names};
    ///
    /// let score = Expression::parse("coalesce(reward, length(text))", &Names::default())?;
    /// let mut names = Names::default();
    /// names.define("chosen.score", score.behind("chosen"));
    /// let gap = Expression::parse("chosen.score - 1", &names)?;
    /// assert_eq!(gap.reads(), ["chosen.reward", "length(chosen.text)"]);
    /// # Ok::<(), unskew_expr::Error>(())
    /// ```
    pub fn behind(&self, name: &str) -> Self {
        deep::run(self.depth, || {
            let mut tree = self.tree.as_ref().clone();
            resolve::behind(&mut tree, name);
            let analysis = analyse::analyse(&self.text, &tree).expect("other names make it no worse");
            let reads = analysis.reads.iter().map(|read| read.name.clone()).collect();
            Self { tree: Arc::new(tree), analysis, reads, ..self.clone() }
        })
    }

    /// Whether it goes over many rows at once, as `avg(score)` does.
    pub fn is_aggregate(&self) -> bool {
        self.analysis.aggregate
    }

    /// Which bytes of the text first name the column `read`.
    pub fn span_of(&self, read: &str) -> Option<Range<usize>> {
        self.analysis.reads.iter().find(|known| known.name == read)?.span.clone()
    }

    /// An error about the column `read`, such as that no row has it.
    pub fn error_at(&self, read: &str, message: impl Into<String>) -> Error {
        Error::new(message, &self.text, self.span_of(read))
    }

    /// Its value for each row of `table`, whose columns are called as in [`Self::reads`].
    ///
    /// Whole numbers come as `Int64`, others as `Float64`, text as `Utf8`; text made from one dictionary alone stays a
    /// dictionary, and null alone is of type `Null`.
    pub fn evaluate(&self, table: &RecordBatch) -> Result<ArrayRef> {
        if self.is_aggregate() {
            let error = Error::new("an aggregate has no value for a single row", &self.text, None);
            return Err(error.hint("`avg`, `count` and the like stand where rows are grouped, and in checks"));
        }
        deep::run(self.depth, || {
            let (table, expression) = self.planned(table, &NO_CONSTANTS)?;
            table.evaluate(&expression).map_err(|error| plan::explained(&self.text, &error))
        })
    }

    /// Whether it is true, false or unknown for each row of `table`.
    pub fn evaluate_filter(&self, table: &RecordBatch) -> Result<BooleanArray> {
        let values = self.evaluate(table)?;
        match values.data_type() {
            DataType::Boolean => Ok(values.as_boolean().clone()),
            DataType::Null => Ok(BooleanArray::new_null(values.len())),
            other => {
                let error = Error::new(format!("this is {}, not a condition", noun(other)), &self.text, None);
                Err(Error { span: Some(0..self.text.len()), ..error }
                    .hint("compare it with something, such as `x >= 0.5`"))
            }
        }
    }

    /// Its value for each of `count` groups, where `groups` says which one each row of `table` is in.
    pub fn evaluate_groups(&self, table: &RecordBatch, groups: &[u32], count: usize) -> Result<ArrayRef> {
        self.grouped(table, &Groups { of_rows: groups, count }, &NO_CONSTANTS)
    }

    /// Its value for `table` as a whole, where `constants` stand for names that are no columns.
    ///
    /// ```
    /// use std::{collections::BTreeMap, sync::Arc};
    /// use arrow::array::{Int64Array, RecordBatch};
    /// use unskew_expr::{Expression, Names, Value};
    ///
    /// let check = Expression::parse("retention >= 0.5 and avg(score) > 1", &Names::default())?;
    /// let constants = BTreeMap::from([("retention".to_owned(), Value::Number(0.75))]);
    /// assert_eq!(check.reads_beyond(&constants).collect::<Vec<_>>(), ["score"]);
    ///
    /// let table = RecordBatch::try_from_iter([("score", Arc::new(Int64Array::from(vec![1, 2])) as _)])?;
    /// assert_eq!(check.evaluate_table(&table, &constants)?, Value::Boolean(true));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn evaluate_table(&self, table: &RecordBatch, constants: &BTreeMap<String, Value>) -> Result<Value> {
        let groups = vec![0; table.num_rows()];
        let values = self.grouped(table, &Groups { of_rows: &groups, count: 1 }, constants)?;
        let values = match values.data_type() {
            DataType::Dictionary(..) => cast(&values, &DataType::Utf8).expect("a dictionary holds text"),
            _ => values,
        };
        Value::from_array(&values, 0).ok_or_else(|| {
            Error::new(format!("a value of the type {} cannot be told", values.data_type()), &self.text, None)
        })
    }

    fn grouped(
        &self,
        table: &RecordBatch,
        groups: &Groups<'_>,
        constants: &BTreeMap<String, Value>,
    ) -> Result<ArrayRef> {
        assert_eq!(groups.of_rows.len(), table.num_rows(), "each row is in a group");
        assert!(groups.of_rows.iter().all(|group| (*group as usize) < groups.count), "each group is counted");
        let outside = |read: &&Read| read.loose && !constants.contains_key(&read.name);
        if let Some(read) = self.analysis.reads.iter().find(outside) {
            let error = self.error_at(&read.name, format!("`{}` has many values here", read.name));
            let name = &read.name;
            return Err(error
                .hint(format!("write what is to be made of them, such as `avg({name})` or `max({name})`")));
        }
        deep::run(self.depth, || {
            let (table, expression) = self.planned(table, constants)?;
            groups::evaluate(&expression, &table, groups).map_err(|error| plan::explained(&self.text, &error))
        })
    }

    /// The columns of `table` that it reads, and what is to be done with them.
    fn planned(&self, table: &RecordBatch, constants: &BTreeMap<String, Value>) -> Result<(Table, Expr)> {
        // A lambda needs the type of its items, which a list without any does not tell.
        let mut first = None;
        for items in [DataType::Float64, DataType::Utf8, DataType::Boolean] {
            match self.planned_as(table, constants, &items) {
                Ok(planned) => return Ok(planned),
                Err(error) if !self.guesses(table) => return Err(error),
                Err(error) => first = first.or(Some(error)),
            }
        }
        Err(first.expect("the loop has tried something"))
    }

    /// Whether it goes over lists of `table` without items.
    fn guesses(&self, table: &RecordBatch) -> bool {
        let columns = self.analysis.reads.iter().filter(|read| read.list);
        columns
            .filter_map(|read| table.column_by_name(&read.name))
            .any(|column| types::has_no_items(column.data_type()))
    }

    fn planned_as(
        &self,
        table: &RecordBatch,
        constants: &BTreeMap<String, Value>,
        items: &DataType,
    ) -> Result<(Table, Expr)> {
        let wrong = |error| plan::explained(&self.text, &error);
        let (mut fields, mut columns) = (vec![], vec![]);
        for read in self.analysis.reads.iter().filter(|read| !constants.contains_key(&read.name)) {
            let Some(column) = table.column_by_name(&read.name) else {
                return Err(self.error_at(&read.name, format!("there is no column `{}`", read.name)));
            };
            let mut column = Arc::clone(column);
            if read.list && types::has_no_items(column.data_type()) {
                column = cast(&column, &types::list(items.clone())).map_err(|error| wrong(error.into()))?;
            }
            fields.push(Field::new(&read.name, plan::planned_type(column.data_type()), true));
            columns.push(column);
        }
        for read in &self.analysis.reads {
            if let Some(value) = constants.get(&read.name) {
                fields.push(Field::new(&read.name, value.data_type(), true));
            }
        }
        let schema = Schema::new(fields);
        let known = plan::df_schema(&schema).map_err(wrong)?;
        let expression = plan::plan(&self.text, &self.tree, &known, constants)?;
        Ok((Table { schema: Arc::new(schema), columns, rows: table.num_rows() }, expression))
    }
}

fn noun(data_type: &DataType) -> &'static str {
    match data_type {
        DataType::Utf8 | DataType::Dictionary(..) => "text",
        DataType::List(_) => "a list",
        other if other.is_numeric() => "a number",
        _ => "a value",
    }
}
