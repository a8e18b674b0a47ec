//! Tables for notes: what the groups are, with numbers beside them.

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, RecordBatch, UInt64Array},
    datatypes::{Field, Schema},
};

/// The columns of `keys` with columns of numbers beside them, one row a group.
///
/// ```
/// use std::sync::Arc;
///
/// use arrow::array::{RecordBatch, StringArray};
/// use unskew_strategy::facts;
///
/// let task = Arc::new(StringArray::from(vec!["coding", "math"])) as _;
/// let keys = RecordBatch::try_from_iter([("task", task)])?;
/// let table = facts(&keys, [("before", vec![3, 900]), ("after", vec![3, 5])]);
/// assert_eq!((table.num_rows(), table.num_columns()), (2, 3));
/// # Ok::<(), arrow::error::ArrowError>(())
/// ```
pub fn facts<const N: usize>(keys: &RecordBatch, numbers: [(&str, Vec<u64>); N]) -> RecordBatch {
    table(keys, numbers.map(|(name, numbers)| (name, Arc::new(UInt64Array::from(numbers)) as ArrayRef)))
}

/// The columns of `keys` with columns of any kind beside them, one row a group.
///
/// ```
/// use std::sync::Arc;
///
/// use arrow::array::{Float64Array, RecordBatch, StringArray};
/// use unskew_strategy::table;
///
/// let task = Arc::new(StringArray::from(vec!["coding", "math"])) as _;
/// let keys = RecordBatch::try_from_iter([("task", task)])?;
/// let weights = Arc::new(Float64Array::from(vec![1.5, 0.5])) as _;
/// assert_eq!(table(&keys, [("weight", weights)]).num_columns(), 2);
/// # Ok::<(), arrow::error::ArrowError>(())
/// ```
pub fn table<const N: usize>(keys: &RecordBatch, beside: [(&str, ArrayRef); N]) -> RecordBatch {
    let mut fields: Vec<Field> = keys.schema().fields().iter().map(|field| field.as_ref().clone()).collect();
    let mut columns: Vec<ArrayRef> = keys.columns().to_vec();
    for (name, values) in beside {
        fields.push(Field::new(name, values.data_type().clone(), values.null_count() > 0));
        columns.push(values);
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).expect("there is a value for each group")
}
