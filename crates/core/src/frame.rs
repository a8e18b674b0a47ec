//! The narrow columns of all rows, and what expressions make of them for the rows of a view.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use arrow::{
    array::{
        Array, ArrayRef, AsArray, BooleanArray, DictionaryArray, Int64Array, RecordBatch, RecordBatchOptions,
        StringArray, UInt32Array,
    },
    compute::{cast, interleave, take},
    datatypes::{DataType, Field, Int64Type, Schema, UInt64Type},
};
use unskew_expr::Expression;
use unskew_io::fingerprints;
use unskew_strategy::Role;

use crate::{
    Error, Result,
    bind::{Bound, Key, Scope, fingerprint_column, key_column, kind_column},
    catalog::Catalog,
    groups::KeyColumn,
    recipe::Tree,
    view::View,
};

/// The narrow columns of all rows.
#[derive(Debug)]
pub struct Frame<'a> {
    /// Where the rows are.
    pub catalog: &'a Catalog,
    /// The recipe, for messages that point into it.
    pub tree: &'a Tree,
    columns: BTreeMap<String, ArrayRef>,
}

impl<'a> Frame<'a> {
    /// The columns called `names`.
    pub fn new(catalog: &'a Catalog, tree: &'a Tree, names: Vec<String>, columns: Vec<ArrayRef>) -> Self {
        Self { catalog, tree, columns: names.into_iter().zip(columns).collect() }
    }

    /// A scanned column, or none if it was not wanted.
    pub fn column(&self, name: &str) -> Option<&ArrayRef> {
        self.columns.get(name)
    }

    /// The scanned columns.
    pub fn columns(&self) -> impl Iterator<Item = (&str, &ArrayRef)> {
        self.columns.iter().map(|(name, column)| (name.as_str(), column))
    }

    /// Whether no row has a value in the scanned column called `name`.
    pub fn is_empty(&self, name: &str) -> bool {
        let column = self.columns.get(name).or_else(|| self.columns.get(&key_column(name)));
        let column = column.or_else(|| self.columns.get(&kind_column(name)));
        let column = column.or_else(|| self.columns.get(&fingerprint_column(name)));
        column.is_none_or(|column| column.logical_null_count() == column.len())
    }

    /// Whether no row has what `bound` reads.
    pub fn lacks(&self, bound: &Bound, scope: &Scope) -> bool {
        let lacks = |read: &String| scope.data_column(read).is_some_and(|name| self.is_empty(&name));
        bound.variants().iter().flat_map(Expression::reads).any(lacks)
    }

    /// The value of `bound` for each row of `view`.
    pub fn evaluate(&self, bound: &Bound, scope: &Scope, view: &View) -> Result<ArrayRef> {
        self.per_source(bound, scope, view, Exactly::No, |expression, view| {
            let table = self.table(expression, scope, view)?;
            expression.evaluate(&table).map_err(|error| bound.error(error, self.tree))
        })
    }

    /// Where `bound` is true, false or unknown for the rows of `view`.
    pub fn filter(&self, bound: &Bound, scope: &Scope, view: &View) -> Result<BooleanArray> {
        let values = self.per_source(bound, scope, view, Exactly::No, |expression, view| {
            let table = self.table(expression, scope, view)?;
            let values = expression.evaluate_filter(&table).map_err(|error| bound.error(error, self.tree))?;
            Ok(Arc::new(values) as ArrayRef)
        })?;
        Ok(values.as_boolean().clone())
    }

    /// The columns to group the rows of `view` by.
    pub fn keys(&self, keys: &[Key], scope: &Scope, view: &View) -> Result<Vec<KeyColumn>> {
        keys.iter().map(|Key(bound)| self.key(bound, scope, view)).collect()
    }

    fn key(&self, bound: &Bound, scope: &Scope, view: &View) -> Result<KeyColumn> {
        let name = bound.text().to_owned();
        if let Some(values) = added(bound, scope, view) {
            return Ok(KeyColumn { name, values: values.clone(), levels: true });
        }
        let values = self.per_source(bound, scope, view, Exactly::Yes, |expression, view| {
            if let Some(path) = expression.as_path() {
                let (side, own) = scope.side(path);
                if let Some(column) = self.columns.get(&key_column(&own)) {
                    return taken(column, view, side);
                }
            }
            let table = self.table(expression, scope, view)?;
            expression.evaluate(&table).map_err(|error| bound.error(error, self.tree))
        })?;
        Ok(KeyColumn { name, values, levels: false })
    }

    /// A number for each row of `view` that rows with the same value of `bound` share.
    pub fn fingerprints(&self, bound: &Bound, scope: &Scope, view: &View) -> Result<ArrayRef> {
        self.per_source(bound, scope, view, Exactly::Yes, |expression, view| {
            if let Some(path) = expression.as_path() {
                let (side, own) = scope.side(path);
                if let Some(column) = self.columns.get(&fingerprint_column(&own)) {
                    let numbers = cast(&taken(column, view, side)?, &DataType::Int64)?;
                    let numbers = numbers.as_primitive::<Int64Type>();
                    return Ok(Arc::new(numbers.unary::<_, UInt64Type>(i64::cast_unsigned)));
                }
            }
            let table = self.table(expression, scope, view)?;
            let values = expression.evaluate(&table).map_err(|error| bound.error(error, self.tree))?;
            Ok(Arc::new(fingerprints(&values)?))
        })
    }

    /// An expression that makes one value of many rows, and the columns it reads for the rows of `view`.
    pub fn aggregate<'b>(
        &self,
        bound: &'b Bound,
        scope: &Scope,
        view: &View,
    ) -> Result<(&'b Expression, RecordBatch)> {
        let Some(whole) = bound.whole() else {
            let [expression, ..] = bound.variants() else {
                return Err(Error::usage(format!("`{}` means nothing without a source", bound.text())));
            };
            return Ok((expression, self.table(expression, scope, view)?));
        };
        let read = |read: &String| -> Result<Option<(Field, ArrayRef)>> {
            let values = match whole.parts.iter().find(|part| part.text() == read) {
                Some(part) => Some(self.evaluate(part, scope, view)?),
                None => self.read(read, scope, view)?,
            };
            Ok(values.map(|values| (Field::new(read, values.data_type().clone(), true), values)))
        };
        let columns = whole.expression.reads().iter().map(read).filter_map(Result::transpose);
        let (fields, arrays): (Vec<_>, Vec<_>) = columns.collect::<Result<Vec<_>>>()?.into_iter().unzip();
        Ok((&whole.expression, batch(fields, arrays, view)?))
    }

    /// The columns that `expression` reads, for the rows of `view`.
    pub fn table(&self, expression: &Expression, scope: &Scope, view: &View) -> Result<RecordBatch> {
        let mut fields = vec![];
        let mut arrays = vec![];
        for read in expression.reads() {
            let Some(values) = self.read(read, scope, view)? else { continue };
            fields.push(Field::new(read, values.data_type().clone(), true));
            arrays.push(values);
        }
        batch(fields, arrays, view)
    }

    /// One column that an expression reads, for the rows of `view`; none if nothing of that name is known.
    fn read(&self, read: &str, scope: &Scope, view: &View) -> Result<Option<ArrayRef>> {
        let (side, name) = scope.side(read);
        if let Some(values) = view.column(side, &name) {
            return Ok(Some(values.clone()));
        }
        if let Some(values) = self.special(&name, view, side) {
            return Ok(Some(values));
        }
        self.columns.get(name.as_ref()).map(|column| taken(column, view, side)).transpose()
    }

    /// A column that every row has.
    fn special(&self, name: &str, view: &View, side: Option<Role>) -> Option<ArrayRef> {
        let addresses = || addresses(view, side);
        let files = self.catalog.files();
        let dictionary = |names: Vec<&str>, code: &dyn Fn(u32) -> u32| -> ArrayRef {
            let codes: UInt32Array = addresses().iter().map(|address| code(*address)).collect();
            Arc::new(DictionaryArray::new(codes, Arc::new(StringArray::from(names))))
        };
        Some(match name {
            "_source" => dictionary(self.catalog.labels().iter().map(String::as_str).collect(), &|address| {
                files[self.catalog.file_of(address)].source as u32
            }),
            "_file" => dictionary(files.iter().map(|file| file.identity.as_str()).collect(), &|address| {
                self.catalog.file_of(address) as u32
            }),
            "_row" => {
                let row = |address: &u32| {
                    let file = &files[self.catalog.file_of(*address)];
                    (file.first + u64::from(address - file.start)) as i64
                };
                Arc::new(addresses().iter().map(row).collect::<Int64Array>())
            }
            _ => return None,
        })
    }

    /// Evaluates what `bound` means in each source over that source's rows, and puts the values together again.
    fn per_source(
        &self,
        bound: &Bound,
        scope: &Scope,
        view: &View,
        exactly: Exactly,
        evaluate: impl Fn(&Expression, &View) -> Result<ArrayRef>,
    ) -> Result<ArrayRef> {
        let [first, others @ ..] = bound.variants() else {
            return Err(Error::usage(format!("`{}` means nothing without a source", bound.text())));
        };
        if others.is_empty() {
            return evaluate(first, view);
        }
        let mut members = vec![vec![]; bound.variants().len()];
        let mut place = Vec::with_capacity(view.len());
        for (position, source) in (0u32..).zip(self.sources_of(bound, scope, view)?) {
            place.push((source, members[source].len()));
            members[source].push(position);
        }
        let parts = bound
            .variants()
            .iter()
            .zip(&members)
            .map(|(expression, members)| evaluate(expression, &view.take(members)?))
            .collect::<Result<Vec<_>>>()?;
        let parts = one_type(&parts, exactly, bound, self.tree)?;
        let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
        Ok(interleave(&parts, &place)?)
    }

    /// The source that says what `bound` means, for each row of `view`.
    fn sources_of(&self, bound: &Bound, scope: &Scope, view: &View) -> Result<Vec<usize>> {
        let source = |address: &u32| self.catalog.files()[self.catalog.file_of(*address)].source;
        let of = |side| addresses(view, side).iter().map(source).collect::<Vec<_>>();
        let reads = || bound.variants().iter().flat_map(Expression::reads).map(|read| scope.side(read).0);
        let (chosen, rejected) = (of(None), of(Some(Role::Rejected)));
        if reads().all(|side| side == Some(Role::Rejected)) {
            return Ok(rejected);
        }
        if reads().any(|side| side == Some(Role::Rejected)) && chosen != rejected {
            let message = format!("`{}` means something else in each source", bound.text());
            let hint =
                "pairs of two sources have no meaning in common: name each side's part under `columns`";
            return Err(bound.error_whole(message, self.tree).hint(hint));
        }
        Ok(chosen)
    }
}

/// The column of the view that `bound` is nothing but the name of.
pub fn added<'v>(bound: &Bound, scope: &Scope, view: &'v View) -> Option<&'v ArrayRef> {
    let (side, own) = scope.side(bound.variants().first()?.as_path()?);
    view.column(side, &own)
}

fn batch(fields: Vec<Field>, arrays: Vec<ArrayRef>, view: &View) -> Result<RecordBatch> {
    let options = RecordBatchOptions::new().with_row_count(Some(view.len()));
    Ok(RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)?)
}

/// The addresses of a view's rows on one side.
pub fn addresses(view: &View, side: Option<Role>) -> Cow<'_, [u32]> {
    match view.addresses(side) {
        Some(addresses) => Cow::Borrowed(addresses),
        None => Cow::Owned((0..view.len() as u32).collect()),
    }
}

fn taken(column: &ArrayRef, view: &View, side: Option<Role>) -> Result<ArrayRef> {
    Ok(match view.addresses(side) {
        None => column.clone(),
        Some(addresses) => take(column, &UInt32Array::from(addresses.to_vec()), None)?,
    })
}

/// Whether there are integers that may not stay distinct as floats.
fn has_large_integers(values: &ArrayRef) -> bool {
    const LARGEST: u64 = 1 << 53;
    let integers = values.as_primitive_opt::<Int64Type>();
    integers.is_some_and(|values| values.iter().flatten().any(|value| value.unsigned_abs() > LARGEST))
}

/// Whether values have to stay as distinct as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exactly {
    /// They are compared with one another.
    Yes,
    /// They are numbers to reckon with.
    No,
}

/// The parts with one type for all of them.
fn one_type(parts: &[ArrayRef], exactly: Exactly, bound: &Bound, tree: &Tree) -> Result<Vec<ArrayRef>> {
    let plain = |part: &ArrayRef| match part.data_type() {
        DataType::Dictionary(_, values) => values.as_ref().clone(),
        other => other.clone(),
    };
    let mut types: Vec<_> =
        parts.iter().filter(|part| part.logical_null_count() < part.len()).map(plain).collect();
    types.dedup();
    let target = match types.as_slice() {
        [] => DataType::Null,
        [one] => one.clone(),
        many if many.iter().all(DataType::is_numeric) => {
            if exactly == Exactly::Yes && parts.iter().any(has_large_integers) {
                let message = format!(
                    "`{}` has whole numbers beyond 2^53 in one source and fractions in another",
                    bound.text()
                );
                let hint = format!("`text({})` tells them apart", bound.text());
                return Err(bound.error_whole(message, tree).hint(hint));
            }
            DataType::Float64
        }
        many => {
            let (a, b) = (&many[0], &many[1]);
            let message = format!("`{}` is {a} in one source and {b} in another", bound.text());
            return Err(bound.error_whole(message, tree).hint("use `number(x)` or `text(x)` in both"));
        }
    };
    parts
        .iter()
        .map(|part| {
            if part.logical_null_count() == part.len() {
                Ok(arrow::array::new_null_array(&target, part.len()))
            } else {
                Ok(cast(part, &target)?)
            }
        })
        .collect()
}
