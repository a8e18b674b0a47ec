//! Dates, times and spans of time as ISO 8601 text.

use std::{fmt::Write, sync::Arc};

use arrow::{
    array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, StringArray, StringBuilder},
    datatypes::{
        DataType, Date32Type, Date64Type, DurationMicrosecondType, DurationMillisecondType,
        DurationNanosecondType, DurationSecondType, IntervalDayTimeType, IntervalMonthDayNanoType,
        IntervalUnit, IntervalYearMonthType, Time32MillisecondType, Time32SecondType, Time64MicrosecondType,
        Time64NanosecondType, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
        TimestampNanosecondType, TimestampSecondType,
    },
    error::ArrowError,
    temporal_conversions::{as_date, as_datetime, as_time},
};

/// The array's values as text; what no calendar holds stays a number.
pub(super) fn text(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    use TimeUnit::{Microsecond, Millisecond, Nanosecond, Second};
    let texts = match array.data_type() {
        DataType::Date32 => date::<Date32Type>(array),
        DataType::Date64 => date::<Date64Type>(array),
        DataType::Time32(Second) => time::<Time32SecondType>(array),
        DataType::Time32(_) => time::<Time32MillisecondType>(array),
        DataType::Time64(Microsecond) => time::<Time64MicrosecondType>(array),
        DataType::Time64(_) => time::<Time64NanosecondType>(array),
        DataType::Timestamp(unit, zone) => {
            let zone = if zone.is_some() { "Z" } else { "" };
            match unit {
                Second => moment::<TimestampSecondType>(array, zone),
                Millisecond => moment::<TimestampMillisecondType>(array, zone),
                Microsecond => moment::<TimestampMicrosecondType>(array, zone),
                Nanosecond => moment::<TimestampNanosecondType>(array, zone),
            }
        }
        DataType::Duration(Second) => span::<DurationSecondType>(array, 1_000_000_000),
        DataType::Duration(Millisecond) => span::<DurationMillisecondType>(array, 1_000_000),
        DataType::Duration(Microsecond) => span::<DurationMicrosecondType>(array, 1_000),
        DataType::Duration(Nanosecond) => span::<DurationNanosecondType>(array, 1),
        DataType::Interval(unit) => interval(array, *unit),
        other => return Err(ArrowError::NotYetImplemented(format!("{other} as text"))),
    };
    Ok(Arc::new(texts))
}

/// Each value written by `write`, which may decline; then it stays a number.
fn each<T: ArrowPrimitiveType>(
    array: &ArrayRef,
    write: impl Fn(T::Native, &mut String) -> Option<()>,
) -> StringArray
where
    T::Native: std::fmt::Display,
{
    let values = array.as_primitive::<T>();
    let mut builder = StringBuilder::with_capacity(values.len(), values.len() * 20);
    let mut text = String::new();
    for value in values {
        builder.append_option(value.map(|value| {
            text.clear();
            if write(value, &mut text).is_none() {
                text = value.to_string();
            }
            &text
        }));
    }
    builder.finish()
}

fn date<T: ArrowPrimitiveType>(array: &ArrayRef) -> StringArray
where
    T::Native: Into<i64> + std::fmt::Display,
{
    each::<T>(array, |value, text| write!(text, "{:?}", as_date::<T>(value.into())?).ok())
}

fn time<T: ArrowPrimitiveType>(array: &ArrayRef) -> StringArray
where
    T::Native: Into<i64> + std::fmt::Display,
{
    each::<T>(array, |value, text| write!(text, "{:?}", as_time::<T>(value.into())?).ok())
}

fn moment<T: ArrowPrimitiveType<Native = i64>>(array: &ArrayRef, zone: &str) -> StringArray {
    each::<T>(array, |value, text| write!(text, "{:?}{zone}", as_datetime::<T>(value)?).ok())
}

fn span<T: ArrowPrimitiveType<Native = i64>>(array: &ArrayRef, scale: i128) -> StringArray {
    each::<T>(array, |value, text| {
        let nanoseconds = i128::from(value) * scale;
        text.push_str(if nanoseconds < 0 { "-PT" } else { "PT" });
        seconds(nanoseconds.unsigned_abs(), text);
        Some(())
    })
}

/// Nanoseconds as `1.5S`.
fn seconds(nanoseconds: u128, text: &mut String) {
    let (whole, part) = (nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000);
    text.push_str(&whole.to_string());
    if part > 0 {
        text.push('.');
        text.push_str(format!("{part:09}").trim_end_matches('0'));
    }
    text.push('S');
}

fn interval(array: &ArrayRef, unit: IntervalUnit) -> StringArray {
    let parts: Vec<Option<(i32, i32, i128)>> = match unit {
        IntervalUnit::YearMonth => array
            .as_primitive::<IntervalYearMonthType>()
            .iter()
            .map(|value| value.map(|months| (months, 0, 0)))
            .collect(),
        IntervalUnit::DayTime => array
            .as_primitive::<IntervalDayTimeType>()
            .iter()
            .map(|value| value.map(|value| (0, value.days, i128::from(value.milliseconds) * 1_000_000)))
            .collect(),
        IntervalUnit::MonthDayNano => array
            .as_primitive::<IntervalMonthDayNanoType>()
            .iter()
            .map(|value| value.map(|value| (value.months, value.days, i128::from(value.nanoseconds))))
            .collect(),
    };
    parts
        .into_iter()
        .map(|parts| parts.map(|(months, days, nanoseconds)| period(months, days, nanoseconds)))
        .collect()
}

fn period(months: i32, days: i32, nanoseconds: i128) -> String {
    let mut text = "P".to_owned();
    for (count, letter) in [(months, 'M'), (days, 'D')] {
        if count != 0 {
            text.push_str(&count.to_string());
            text.push(letter);
        }
    }
    if nanoseconds != 0 || text.len() == 1 {
        text.push('T');
        if nanoseconds < 0 {
            text.push('-');
        }
        seconds(nanoseconds.unsigned_abs(), &mut text);
    }
    text
}

#[cfg(test)]
mod tests {
    use arrow::array::{
        Date32Array, DurationMillisecondArray, IntervalYearMonthArray, Time64NanosecondArray,
        TimestampSecondArray,
    };

    use super::*;

    fn texts(array: impl Array + 'static) -> Vec<Option<String>> {
        let array: ArrayRef = Arc::new(array);
        text(&array).unwrap().as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect()
    }

    #[test]
    fn calendar_values_are_iso_texts() {
        assert_eq!(
            texts(Date32Array::from(vec![Some(0), None, Some(-1)])),
            [Some("1970-01-01".into()), None, Some("1969-12-31".into())]
        );
        assert_eq!(texts(Time64NanosecondArray::from(vec![1_500_000_000])), [Some("00:00:01.500".into())]);
        let moments = TimestampSecondArray::from(vec![0]);
        assert_eq!(texts(moments.clone()), [Some("1970-01-01T00:00:00".into())]);
        assert_eq!(texts(moments.with_timezone("Europe/Paris")), [Some("1970-01-01T00:00:00Z".into())]);
    }

    #[test]
    fn spans_are_iso_texts() {
        let spans = texts(DurationMillisecondArray::from(vec![1500, -20, 0]));
        assert_eq!(spans, [Some("PT1.5S".into()), Some("-PT0.02S".into()), Some("PT0S".into())]);
        assert_eq!(
            texts(IntervalYearMonthArray::from(vec![3, 0])),
            [Some("P3M".into()), Some("PT0S".into())]
        );
        assert_eq!(period(1, -2, -1_500_000_000), "P1M-2DT-1.5S");
    }

    #[test]
    fn moments_beyond_the_calendar_stay_numbers() {
        let last = i64::MAX.to_string();
        assert_eq!(texts(TimestampSecondArray::from(vec![i64::MAX])), [Some(last)]);
    }
}
