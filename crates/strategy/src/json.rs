//! JSON values as columns.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Float64Array, Int64Array, NullArray, StringArray};
use serde_json::Value;

/// `values` as a column of true and false, of whole numbers, of numbers or of texts, whichever fits all that are `known`;
/// what is nothing of these becomes its JSON text.
///
/// ```
/// use arrow::{array::Float64Array, datatypes::DataType};
/// use serde_json::json;
/// use unskew_strategy::json_column;
///
/// let values = [json!(1), json!(null), json!(0.5)];
/// let column = json_column(values.iter(), values.iter().map(Some));
/// assert_eq!(*column, Float64Array::from(vec![Some(1.0), None, Some(0.5)]));
/// assert_eq!(*json_column([].iter(), [None].into_iter()).data_type(), DataType::Null);
/// ```
pub fn json_column<'a>(
    known: impl Iterator<Item = &'a Value>,
    values: impl ExactSizeIterator<Item = Option<&'a Value>>,
) -> ArrayRef {
    let known: Vec<&Value> = known.filter(|value| !value.is_null()).collect();
    let all = |is: fn(&Value) -> bool| known.iter().all(|value| is(value));
    if known.is_empty() {
        Arc::new(NullArray::new(values.len()))
    } else if all(Value::is_boolean) {
        Arc::new(values.map(|value| value?.as_bool()).collect::<BooleanArray>())
    } else if all(Value::is_i64) {
        Arc::new(values.map(|value| value?.as_i64()).collect::<Int64Array>())
    } else if all(Value::is_number) {
        Arc::new(values.map(|value| value?.as_f64()).collect::<Float64Array>())
    } else {
        let text = |value: &Value| match value {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        };
        Arc::new(values.map(|value| text(value?)).collect::<StringArray>())
    }
}
