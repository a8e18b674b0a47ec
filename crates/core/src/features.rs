//! Columns as `datasets` writes them in a card, so that it need not guess them from the first rows.

use arrow::datatypes::{DataType, Field, Fields, Schema, TimeUnit};
use serde_json::{Map, Value, json};

/// The features of a schema; none where a column is of a type that `datasets` has no word for.
pub fn features(schema: &Schema) -> Option<Vec<Value>> {
    fields(schema.fields())
}

fn fields(fields: &Fields) -> Option<Vec<Value>> {
    let one = |field: &std::sync::Arc<Field>| {
        let mut feature = Map::new();
        feature.insert("name".to_owned(), field.name().clone().into());
        feature.extend(feature_of(field.data_type())?);
        Some(Value::Object(feature))
    };
    fields.iter().map(one).collect()
}

fn feature_of(kind: &DataType) -> Option<Map<String, Value>> {
    let (key, value) = match kind {
        DataType::Struct(inner) => ("struct", fields(inner)?.into()),
        DataType::List(item) => {
            let item = feature_of(item.data_type())?;
            let simple = item.get("dtype").or_else(|| item.get("struct")).cloned();
            ("list", simple.unwrap_or(Value::Object(item)))
        }
        scalar => ("dtype", json!(name(scalar)?)),
    };
    Some(Map::from_iter([(key.to_owned(), value)]))
}

fn name(kind: &DataType) -> Option<String> {
    let unit = |unit: &TimeUnit| match unit {
        TimeUnit::Second => "s",
        TimeUnit::Millisecond => "ms",
        TimeUnit::Microsecond => "us",
        TimeUnit::Nanosecond => "ns",
    };
    Some(match kind {
        DataType::Null => "null".to_owned(),
        DataType::Boolean => "bool".to_owned(),
        DataType::Utf8 => "string".to_owned(),
        DataType::Binary => "binary".to_owned(),
        DataType::Date32 | DataType::Date64 => kind.to_string().to_ascii_lowercase(),
        DataType::Timestamp(time, None) => format!("timestamp[{}]", unit(time)),
        DataType::Timestamp(time, Some(zone)) => format!("timestamp[{}, tz={zone}]", unit(time)),
        DataType::Time32(time) => format!("time32[{}]", unit(time)),
        DataType::Time64(time) => format!("time64[{}]", unit(time)),
        DataType::Duration(time) => format!("duration[{}]", unit(time)),
        DataType::Decimal128(precision, scale) => format!("decimal128({precision}, {scale})"),
        number if number.is_numeric() => number.to_string().to_ascii_lowercase(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn columns_have_the_words_of_datasets() {
        let list = |item: DataType| DataType::List(Arc::new(Field::new("item", item, true)));
        let turn = DataType::Struct(Fields::from(vec![Field::new("role", DataType::Utf8, true)]));
        let schema = Schema::new(vec![
            Field::new("id", DataType::Int64, true),
            Field::new("turns", list(turn), true),
            Field::new("scores", list(list(DataType::Float64)), true),
            Field::new("at", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), true),
        ]);
        let expected = json!([
            {"name": "id", "dtype": "int64"},
            {"name": "turns", "list": [{"name": "role", "dtype": "string"}]},
            {"name": "scores", "list": {"list": "float64"}},
            {"name": "at", "dtype": "timestamp[us, tz=UTC]"},
        ]);
        assert_eq!(Value::from(features(&schema).unwrap()), expected);
        assert_eq!(features(&Schema::new(vec![Field::new("x", DataType::Utf8View, true)])), None);
    }
}
