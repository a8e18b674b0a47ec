//! Tables for notes: what the groups are, with numbers beside them.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, RecordBatch, UInt64Array},
    datatypes::{DataType, Field, Schema},
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
    let mut fields: Vec<Field> = keys.schema().fields().iter().map(|field| field.as_ref().clone()).collect();
    let mut columns: Vec<ArrayRef> = keys.columns().to_vec();
    for (name, numbers) in numbers {
        fields.push(Field::new(name, DataType::UInt64, false));
        columns.push(Arc::new(UInt64Array::from(numbers)));
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).expect("there is a number for each group")
}
