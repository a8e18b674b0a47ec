//! A small table in memory that answers any needs.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, RecordBatch, RecordBatchOptions, UInt32Array, UInt64Array},
    compute::{SortColumn, SortOptions, lexsort_to_indices, partition, take},
    datatypes::{Field, Schema},
    util::display::array_value_to_string,
};
use serde_json::{Map, Value};

use crate::{Column, Error, Groups, Input, Need, Over, Result, derive, json_column};

/// Rows as JSON objects whose members are expressions with their values, ready to be given to a strategy.
///
/// The members `$priority`, `$chance` and `$order` give a row its random numbers and its rank; without them they
/// are the row's position, so that earlier rows go first. A column is of true and false, of whole numbers, of
/// numbers or of texts, whichever fits all its values.
///
/// ```
/// use serde_json::json;
/// use unskew_strategy::{Need, laws::Table};
///
/// let table = Table::new(&[json!({"task": "math"}), json!({"task": "coding", "$priority": 7})])?;
/// let input = table.input(&[Need::Groups(vec!["task".into()]), Need::Priority]);
/// assert_eq!(input.groups(0).codes(), [1, 0]);
/// assert_eq!(input.priority(1), [0, 7]);
/// # Ok::<(), unskew_strategy::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Table {
    source: Arc<Vec<Map<String, Value>>>,
    pub(super) rows: Vec<Row>,
}

/// A row of a table, whose values are those of a row of the source.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub source: usize,
    pub identity: u32,
    pub priority: u64,
    pub chance: u64,
    pub order: u32,
}

impl Table {
    /// A table with these rows; each must be an object.
    pub fn new(rows: &[Value]) -> Result<Self> {
        let object = |row: &Value| match row {
            Value::Object(members) => Ok(members.clone()),
            other => Err(Error::data(format!("{other} is not an object"))),
        };
        let source: Vec<_> = rows.iter().map(object).collect::<Result<_>>()?;
        let number =
            |row: usize, name: &str| source[row].get(name).and_then(Value::as_u64).unwrap_or(row as u64);
        let row = |row: usize| Row {
            source: row,
            identity: row as u32,
            priority: number(row, "$priority"),
            chance: number(row, "$chance"),
            order: number(row, "$order") as u32,
        };
        let rows = (0..source.len()).map(row).collect();
        Ok(Self { source: Arc::new(source), rows })
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// A table with other rows over the same source.
    pub(super) fn with(&self, rows: Vec<Row>) -> Self {
        Self { source: self.source.clone(), rows }
    }

    /// How many different rows there are to draw from.
    pub(super) fn sources(&self) -> usize {
        self.source.len()
    }

    /// What a strategy with these needs is given.
    pub fn input(&self, needs: &[Need]) -> Input {
        Input::new(self.len(), needs.iter().map(|need| self.column(need)).collect())
    }

    fn column(&self, need: &Need) -> Column {
        match need {
            Need::Values(name) | Need::Aggregate { of: name, .. } => Column::Values(self.values(name)),
            Need::Groups(names) => Column::Groups(self.groups(names)),
            Need::Fingerprint(name) => Column::Values(self.fingerprints(name)),
            Need::Priority => Column::Numbers(self.rows.iter().map(|row| Some(row.priority)).collect()),
            Need::Chance => Column::Numbers(self.rows.iter().map(|row| Some(row.chance)).collect()),
            Need::Order => Column::Ranks(self.rows.iter().map(|row| Some(row.order)).collect()),
            Need::Optional(need) => {
                let has = |name: &String| self.source.iter().any(|row| row.contains_key(name));
                if names(need).into_iter().all(has) { self.column(need) } else { Column::Missing }
            }
        }
    }

    fn values(&self, name: &str) -> ArrayRef {
        let known = self.source.iter().filter_map(|row| row.get(name));
        json_column(known, self.rows.iter().map(|row| self.source[row.source].get(name)))
    }

    fn fingerprints(&self, name: &str) -> ArrayRef {
        let number = |text: String| text.bytes().fold(0, |number, byte| derive(number, byte.into(), 0));
        let value = |row: &Row| self.source[row.source].get(name).filter(|value| !value.is_null());
        let numbers = self.rows.iter().map(|row| value(row).map(|value| number(value.to_string())));
        Arc::new(numbers.collect::<UInt64Array>())
    }

    fn groups(&self, names: &[String]) -> Groups {
        if names.is_empty() {
            let one = RecordBatchOptions::new().with_row_count(Some(1));
            let keys = RecordBatch::try_new_with_options(Arc::new(Schema::empty()), vec![], &one);
            let keys = keys.expect("a table without columns has any number of rows");
            return Groups::new(UInt32Array::from(vec![0; self.len()]), keys, UInt64Array::from(vec![0]));
        }
        let options = Some(SortOptions { descending: false, nulls_first: false });
        let sorted: Vec<SortColumn> =
            names.iter().map(|name| SortColumn { values: self.values(name), options }).collect();
        let order = lexsort_to_indices(&sorted, None).expect("plain values have an order");
        let gathered = |rows: &UInt32Array| -> Vec<ArrayRef> {
            let gather =
                |column: &SortColumn| take(&column.values, rows, None).expect("the rows are in range");
            sorted.iter().map(gather).collect()
        };
        let ranges = partition(&gathered(&order)).expect("there is at least one column").ranges();
        let mut codes = vec![0; self.len()];
        for (code, range) in (0..).zip(&ranges) {
            order.values()[range.clone()].iter().for_each(|&row| codes[row as usize] = code);
        }
        let firsts = ranges.iter().map(|range| order.value(range.start));
        let columns = gathered(&UInt32Array::from_iter_values(firsts));
        let fields: Vec<Field> = names
            .iter()
            .zip(&columns)
            .map(|(name, column)| Field::new(name, column.data_type().clone(), true))
            .collect();
        let priority = (0..ranges.len()).map(|group| {
            let texts = columns.iter().map(|column| array_value_to_string(column, group).unwrap_or_default());
            texts.flat_map(String::into_bytes).fold(0, |seed, byte| derive(seed, byte.into(), 0))
        });
        let priority = UInt64Array::from_iter_values(priority);
        let keys =
            RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).expect("columns are of one length");
        Groups::new(UInt32Array::from(codes), keys, priority)
    }
}

/// The names of the members that answer a need.
pub(super) fn names(need: &Need) -> Vec<&String> {
    match need {
        Need::Values(name) | Need::Fingerprint(name) => vec![name],
        Need::Groups(names) => names.iter().collect(),
        Need::Aggregate { of, over: Over::Groups(_) | Over::Items(_) } => vec![of],
        Need::Priority | Need::Chance | Need::Order => vec![],
        Need::Optional(need) => names(need),
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::Array;
    use serde_json::json;

    use super::*;

    #[test]
    fn groups_are_numbered_by_sorted_key_null_last() {
        let rows = [
            json!({"a": 2, "b": "x"}),
            json!({"b": "x"}),
            json!({"a": 1, "b": "y"}),
            json!({"a": 2, "b": "x"}),
        ];
        let input = Table::new(&rows).unwrap().input(&[Need::Groups(vec!["a".into(), "b".into()])]);
        assert_eq!(input.groups(0).codes(), [1, 2, 0, 1]);
        assert_eq!(input.groups(0).label(2), "null × x");
        assert_eq!(Table::new(&rows).unwrap().input(&[Need::Groups(vec![])]).groups(0).len(), 1);
    }

    #[test]
    fn what_no_row_has_is_missing_only_if_optional() {
        let table = Table::new(&[json!({"a": 1})]).unwrap();
        let need = Need::Values("b".into());
        let input = table.input(&[need.clone(), need.optional(), Need::Values("a".into()).optional()]);
        assert_eq!(input.values(0).null_count(), 0);
        assert_eq!(input.values(0).logical_null_count(), 1);
        assert!(!input.has(1) && input.has(2));
    }
}
