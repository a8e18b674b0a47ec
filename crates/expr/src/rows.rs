//! One value per row.

use std::{collections::HashMap, sync::Arc};

use arrow::{
    array::{
        Array, ArrayRef, AsArray, DictionaryArray, RecordBatch, RecordBatchOptions, StringArray, UInt32Array,
    },
    compute::{CastOptions, cast, cast_with_options, concat, take},
    datatypes::{DataType, Field, Schema, SchemaRef, UInt32Type},
};
use datafusion_common::{
    DFSchema, Result,
    tree_node::{Transformed, TreeNode, TreeNodeRecursion},
};
use datafusion_expr::{Expr, ident};

use crate::plan;

/// The columns that an expression reads, under the types that it was planned with.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    /// The planned types; it may go on with constants, which have no column.
    pub(crate) schema: SchemaRef,
    pub(crate) columns: Vec<ArrayRef>,
    pub(crate) rows: usize,
}

impl Table {
    /// The value of `expression` for each row; text from a single dictionary stays a dictionary.
    pub(crate) fn evaluate(&self, expression: &Expr) -> Result<ArrayRef> {
        if let Expr::Column(column) = expression {
            let position = self.schema.index_of(&column.name)?;
            return match self.columns[position].data_type() {
                DataType::Dictionary(key, _) if **key == DataType::UInt32 => {
                    Ok(Arc::clone(&self.columns[position]))
                }
                _ => self.plain(position),
            };
        }
        // A value that no row has may fail, so a failure counts only row by row.
        match self.by_dictionary(expression) {
            Ok(Some(values)) => Ok(values),
            Ok(None) | Err(_) => self.by_row(expression),
        }
    }

    /// As [`Self::evaluate`], without dictionaries.
    pub(crate) fn evaluate_plain(&self, expression: &Expr) -> Result<ArrayRef> {
        let values = self.evaluate(expression)?;
        let wanted = plan::planned_type(values.data_type());
        if values.data_type() == &wanted { Ok(values) } else { Ok(cast(&values, &wanted)?) }
    }

    /// The column at `position` in its planned type.
    fn plain(&self, position: usize) -> Result<ArrayRef> {
        let (column, wanted) = (&self.columns[position], self.schema.field(position).data_type());
        if column.data_type() == wanted {
            return Ok(Arc::clone(column));
        }
        let options = CastOptions { safe: false, ..CastOptions::default() };
        Ok(cast_with_options(column, wanted, &options)?)
    }

    fn by_row(&self, expression: &Expr) -> Result<ArrayRef> {
        let used: Vec<usize> = expression
            .column_refs()
            .iter()
            .map(|column| self.schema.index_of(&column.name))
            .collect::<Result<_, _>>()?;
        let fields: Vec<_> = used.iter().map(|position| self.schema.field(*position).clone()).collect();
        let columns = used.iter().map(|position| self.plain(*position)).collect::<Result<Vec<_>>>()?;
        run(expression, Schema::new(fields), columns, self.rows)
    }

    /// Evaluates each part that reads one dictionary alone on the dictionary's values.
    fn by_dictionary(&self, expression: &Expr) -> Result<Option<ArrayRef>> {
        if !self.columns.iter().any(|column| small_dictionary(column).is_some()) {
            return Ok(None);
        }
        if let Some(position) = self.sole_dictionary(expression) {
            return self.once_per_value(expression, position, true).map(Some);
        }
        let mut table = self.clone();
        let mut fields: Vec<Field> =
            self.schema.fields().iter().map(|field| field.as_ref().clone()).collect();
        fields.truncate(self.columns.len());
        let mut done: HashMap<Expr, Expr> = HashMap::new();
        let rest = expression.clone().transform_down(|part| {
            if matches!(
                part,
                Expr::HigherOrderFunction(_) | Expr::Lambda(_) | Expr::Column(_) | Expr::Literal(..)
            ) {
                return Ok(Transformed::new(part, false, TreeNodeRecursion::Jump));
            }
            let Some(position) = self.sole_dictionary(&part) else { return Ok(Transformed::no(part)) };
            if let Some(known) = done.get(&part) {
                return Ok(Transformed::new(known.clone(), true, TreeNodeRecursion::Jump));
            }
            let values = self.once_per_value(&part, position, false)?;
            let name = format!("part {}", fields.len());
            fields.push(Field::new(&name, values.data_type().clone(), true));
            table.columns.push(values);
            done.insert(part, ident(&name));
            Ok(Transformed::new(ident(&name), true, TreeNodeRecursion::Jump))
        })?;
        if done.is_empty() {
            return Ok(None);
        }
        table.schema = Arc::new(Schema::new(fields));
        table.by_row(&rest.data).map(Some)
    }

    /// The one column that `expression` reads, if that is a dictionary with fewer values than there are rows.
    fn sole_dictionary(&self, expression: &Expr) -> Option<usize> {
        let columns = expression.column_refs();
        let mut columns = columns.iter();
        let (Some(column), None) = (columns.next(), columns.next()) else { return None };
        let position = self.schema.index_of(&column.name).ok()?;
        small_dictionary(self.columns.get(position)?).map(|_| position)
    }

    fn once_per_value(&self, expression: &Expr, position: usize, keep: bool) -> Result<ArrayRef> {
        let dictionary =
            small_dictionary(&self.columns[position]).expect("the caller has found a dictionary");
        let values = cast(dictionary.values(), &DataType::Utf8)?;
        let null = values.len() as u32;
        let values = concat(&[&values, &StringArray::new_null(1)])?;
        let field = self.schema.field(position).clone();
        let results = run(expression, Schema::new(vec![field]), vec![values], null as usize + 1)?;
        let keys: UInt32Array = match dictionary.keys().nulls() {
            None => dictionary.keys().clone(),
            Some(_) => dictionary.keys().iter().map(|key| Some(key.unwrap_or(null))).collect(),
        };
        if keep && results.data_type() == &DataType::Utf8 {
            return dictionary_of(results.as_string(), &keys);
        }
        Ok(take(&results, &keys, None)?)
    }
}

/// `column` as a dictionary of text that is worth evaluating by value.
fn small_dictionary(column: &ArrayRef) -> Option<&DictionaryArray<UInt32Type>> {
    let dictionary = column.as_dictionary_opt::<UInt32Type>()?;
    let text = plan::planned_type(dictionary.values().data_type()) == DataType::Utf8;
    (text && dictionary.values().len() < dictionary.len()).then_some(dictionary)
}

/// The dictionary of the rows that `keys` pick from `texts`, in which each text stands once.
fn dictionary_of(texts: &StringArray, keys: &UInt32Array) -> Result<ArrayRef> {
    let mut values: Vec<&str> = vec![];
    let mut known: HashMap<&str, u32> = HashMap::new();
    let codes: Vec<Option<u32>> = texts
        .iter()
        .map(|text| {
            text.map(|text| {
                *known.entry(text).or_insert_with(|| {
                    values.push(text);
                    values.len() as u32 - 1
                })
            })
        })
        .collect();
    let keys: UInt32Array = keys.values().iter().map(|key| codes[*key as usize]).collect();
    Ok(Arc::new(DictionaryArray::try_new(keys, Arc::new(StringArray::from(values)))?))
}

/// Evaluates `expression`, which reads `columns`, on `rows` rows.
fn run(expression: &Expr, schema: Schema, columns: Vec<ArrayRef>, rows: usize) -> Result<ArrayRef> {
    let known: DFSchema = plan::df_schema(&schema)?;
    let physical = plan::physical(expression, &known)?;
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    let batch = RecordBatch::try_new_with_options(Arc::new(schema), columns, &options)?;
    let values = physical.evaluate(&batch)?.into_array(rows)?;
    let wanted = plan::planned_type(values.data_type());
    if values.data_type() == &wanted { Ok(values) } else { Ok(cast(&values, &wanted)?) }
}
