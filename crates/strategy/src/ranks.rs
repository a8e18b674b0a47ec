//! Makes numbers of the values of an expression: ranks to order by, weights to draw by.

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, AsArray, Float64Array},
    compute::{SortOptions, cast, rank},
    datatypes::{DataType, Float64Type, UInt32Type},
};

use crate::{Error, Result, nearest};

/// Each value's rank: lower goes first, equal values are equal, and null and not-a-number go last. A dictionary's
/// values are levels, and rank as they stand in it.
///
/// ```
/// use std::sync::Arc;
///
/// use arrow::array::Float64Array;
/// use unskew_strategy::ranks;
///
/// let scores = Float64Array::from(vec![Some(0.5), None, Some(0.9), Some(0.5)]);
/// let ranks = ranks("score", &(Arc::new(scores) as _), true)?;
/// assert!(ranks[2] < ranks[0] && ranks[0] == ranks[3] && ranks[3] < ranks[1]);
/// # Ok::<(), unskew_strategy::Error>(())
/// ```
pub fn ranks(expression: &str, values: &ArrayRef, descending: bool) -> Result<Vec<u32>> {
    let values = match values.data_type() {
        DataType::Dictionary(_, values_type) => {
            let levels = DataType::Dictionary(Box::new(DataType::UInt32), values_type.clone());
            Arc::new(cast(values, &levels)?.as_dictionary::<UInt32Type>().keys().clone())
        }
        DataType::Utf8View => cast(values, &DataType::Utf8)?,
        DataType::Float16 | DataType::Float32 | DataType::Float64 => {
            ordered(&cast(values, &DataType::Float64)?)
        }
        DataType::Null => return Ok(vec![0; values.len()]),
        _ => values.clone(),
    };
    let options = SortOptions { descending, nulls_first: false };
    rank(&values, Some(options)).map_err(|_| {
        Error::data(format!("`{expression}` cannot be ordered: it is {}", named(values.data_type())))
            .hint("order by a number or a text, such as `length(x)`")
    })
}

/// Each value's rank where `levels` says which text comes first; null goes last.
///
/// ```
/// use std::sync::Arc;
///
/// use arrow::array::StringArray;
/// use unskew_strategy::ranks_of_levels;
///
/// let levels = ["easy".to_owned(), "hard".to_owned()];
/// let rows = |names: Vec<&str>| Arc::new(StringArray::from(names)) as _;
/// assert_eq!(ranks_of_levels("level", &rows(vec!["hard", "easy"]), &levels, false)?, [1, 0]);
/// let error = ranks_of_levels("level", &rows(vec!["esay"]), &levels, false).unwrap_err();
/// assert_eq!(error.hints(), ["did you mean `easy`?"]);
/// # Ok::<(), unskew_strategy::Error>(())
/// ```
pub fn ranks_of_levels(
    expression: &str,
    values: &ArrayRef,
    levels: &[String],
    descending: bool,
) -> Result<Vec<u32>> {
    let texts = cast(values, &DataType::Utf8).map_err(|_| {
        Error::data(format!("`{expression}` has no levels: it is {}", named(values.data_type())))
    })?;
    let last = levels.len() as u32;
    let rank = |text: Option<&str>| {
        let Some(text) = text else { return Ok(last) };
        let Some(at) = levels.iter().position(|level| level == text) else {
            let error = Error::data(format!("`{expression}` is `{text}` somewhere, which is no level"));
            return Err(match nearest(text, levels.iter().map(String::as_str)) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint("name it, too"),
            });
        };
        Ok(if descending { last - 1 - at as u32 } else { at as u32 })
    };
    texts.as_string::<i32>().iter().map(rank).collect()
}

/// Whether values are text without levels: its order is that of the alphabet, and seldom what is meant.
pub fn is_text(values: &ArrayRef) -> bool {
    matches!(values.data_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// Floats whose order is that of their numbers: one zero, and null for what is not a number.
fn ordered(values: &ArrayRef) -> ArrayRef {
    let number = |value: Option<f64>| value.filter(|value| !value.is_nan()).map(|value| value + 0.0);
    Arc::new(values.as_primitive::<Float64Type>().iter().map(number).collect::<Float64Array>())
}

/// Each value as a weight: a number, 0 or more; null weighs nothing.
///
/// ```
/// use std::sync::Arc;
///
/// use arrow::array::{Int64Array, StringArray};
/// use unskew_strategy::as_weights;
///
/// let lengths = Int64Array::from(vec![Some(3), None]);
/// assert_eq!(as_weights("length(text)", &(Arc::new(lengths) as _))?, [3.0, 0.0]);
///
/// let texts = StringArray::from(vec!["3"]);
/// let error = as_weights("size", &(Arc::new(texts) as _)).unwrap_err();
/// assert_eq!(error.to_string(), "`size` is text, expected a number");
/// # Ok::<(), unskew_strategy::Error>(())
/// ```
pub fn as_weights(expression: &str, values: &ArrayRef) -> Result<Vec<f64>> {
    let kind = match values.data_type() {
        DataType::Dictionary(_, values_type) => values_type,
        other => other,
    };
    if !kind.is_numeric() && !kind.is_null() {
        let hint = format!("try `number({expression})` or `length({expression})`");
        return Err(Error::data(format!("`{expression}` is {}, expected a number", named(kind))).hint(hint));
    }
    let numbers = cast(values, &DataType::Float64)?;
    let weight = |value: Option<f64>| match value {
        None => Ok(0.0),
        Some(weight) if weight >= 0.0 => Ok(weight + 0.0),
        Some(weight) => {
            Err(Error::data(format!("`{expression}` is {weight} somewhere, but weights are 0 or more"))
                .hint(format!("bound it: `greatest({expression}, 0)`")))
        }
    };
    numbers.as_primitive::<Float64Type>().iter().map(weight).collect()
}

/// What recipes call a type.
fn named(kind: &DataType) -> String {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "text".to_owned(),
        DataType::Boolean => "true or false".to_owned(),
        DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..) => "a list".to_owned(),
        DataType::Struct(_) | DataType::Map(..) => "an object".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use arrow::{
        array::{BooleanArray, DictionaryArray, Int64Array, ListArray, NullArray, StringArray},
        datatypes::Int64Type,
    };

    use super::*;

    fn order(values: impl Array + 'static, descending: bool) -> Vec<usize> {
        let ranks = ranks("x", &(Arc::new(values) as _), descending).unwrap();
        let mut order: Vec<usize> = (0..ranks.len()).collect();
        order.sort_by_key(|&row| ranks[row]);
        order
    }

    #[test]
    fn every_kind_of_value_has_an_order() {
        assert_eq!(order(Int64Array::from(vec![Some(3), None, Some(1)]), false), [2, 0, 1]);
        assert_eq!(order(Int64Array::from(vec![Some(3), None, Some(1)]), true), [0, 2, 1]);
        assert_eq!(order(Float64Array::from(vec![f64::NAN, 0.0, -0.0, -1.0]), true), [1, 2, 3, 0]);
        assert_eq!(order(Float64Array::from(vec![f64::NAN, f64::INFINITY]), false), [1, 0]);
        assert_eq!(order(StringArray::from(vec!["b", "a"]), false), [1, 0]);
        assert_eq!(order(BooleanArray::from(vec![false, true]), true), [1, 0]);
        assert_eq!(order(NullArray::new(2), true), [0, 1]);
    }

    #[test]
    fn levels_have_the_order_of_the_dictionary() {
        let levels: DictionaryArray<UInt32Type> = vec![Some("b"), Some("a"), None].into_iter().collect();
        assert_eq!(order(levels.clone(), false), [0, 1, 2]);
        assert_eq!(order(levels, true), [1, 0, 2]);
        let names = ["easy", "hard"].map(str::to_owned);
        let rows = Arc::new(StringArray::from(vec![Some("hard"), None, Some("easy")])) as _;
        assert_eq!(ranks_of_levels("x", &rows, &names, false).unwrap(), [1, 2, 0]);
        assert_eq!(ranks_of_levels("x", &rows, &names, true).unwrap(), [0, 2, 1]);
        let flags = Arc::new(BooleanArray::from(vec![true, false])) as _;
        let names = ["true", "false"].map(str::to_owned);
        assert_eq!(ranks_of_levels("x", &flags, &names, false).unwrap(), [0, 1]);
        let error = ranks_of_levels("x", &(Arc::new(StringArray::from(vec!["expert"])) as _), &names, false);
        assert_eq!(error.unwrap_err().to_string(), "`x` is `expert` somewhere, which is no level");
    }

    #[test]
    fn what_has_no_order_is_an_error() {
        let lists = ListArray::from_iter_primitive::<Int64Type, _, _>([Some([Some(1)])]);
        let error = ranks("items", &(Arc::new(lists) as _), false).unwrap_err();
        assert_eq!(error.to_string(), "`items` cannot be ordered: it is a list");
    }

    #[test]
    fn weights_are_numbers_from_zero() {
        let weights = |values: Vec<f64>| as_weights("w", &(Arc::new(Float64Array::from(values)) as _));
        assert_eq!(weights(vec![0.0, 2.5]).unwrap(), [0.0, 2.5]);
        assert!(weights(vec![-1.0]).is_err());
        assert!(weights(vec![f64::NAN]).is_err());
    }
}
