//! From one type to another.

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, AsArray, Float64Array, Int64Array},
    compute::cast,
    datatypes::{DataType, Float64Type},
};
use datafusion_common::{Result, plan_err};

pub(super) fn number(args: &[ArrayRef]) -> Result<ArrayRef> {
    let values = &args[0];
    if values.data_type() != &DataType::Utf8 {
        let numbers = cast(values, &DataType::Float64)?;
        let finite: Float64Array =
            numbers.as_primitive::<Float64Type>().unary_opt(|x| Some(x).filter(|x| x.is_finite()));
        return Ok(Arc::new(finite));
    }
    let read = |text: &str| text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    let numbers: Float64Array = values.as_string::<i32>().iter().map(|text| text.and_then(read)).collect();
    Ok(Arc::new(numbers))
}

pub(super) fn text(args: &[ArrayRef]) -> Result<ArrayRef> {
    Ok(cast(&args[0], &DataType::Utf8)?)
}

pub(super) fn length(args: &[ArrayRef]) -> Result<ArrayRef> {
    let values = &args[0];
    let lengths: Int64Array = match values.data_type() {
        DataType::Utf8 => values
            .as_string::<i32>()
            .iter()
            .map(|text| text.map(|text| text.chars().count() as i64))
            .collect(),
        DataType::List(_) => {
            let lists = values.as_list::<i32>();
            (0..lists.len())
                .map(|row| lists.is_valid(row).then(|| i64::from(lists.value_length(row))))
                .collect()
        }
        DataType::Null => Int64Array::new_null(values.len()),
        other => return plan_err!("`length` takes text or a list, not {other}"),
    };
    Ok(Arc::new(lengths))
}
