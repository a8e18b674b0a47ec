//! Every type as JSON has it.

use std::sync::Arc;

use arrow::{
    array::{
        Array, ArrayRef, AsArray, BinaryArray, BinaryViewArray, BooleanArray, Date32Array, Date64Array,
        Decimal128Array, Decimal256Array, DictionaryArray, DurationMicrosecondArray, FixedSizeBinaryArray,
        FixedSizeListArray, Float16Array, Float32Array, Float64Array, Int8Array, Int16Array, Int32Array,
        Int64Array, IntervalDayTimeArray, LargeBinaryArray, LargeListArray, LargeStringArray, ListArray,
        MapBuilder, NullArray, RecordBatch, StringArray, StringBuilder, StringViewArray, StructArray,
        Time32SecondArray, Time64MicrosecondArray, TimestampMicrosecondArray, UInt8Array, UInt16Array,
        UInt32Array, UInt64Array,
    },
    datatypes::{DataType, Field, Float16Type, Int32Type, IntervalDayTime, i256},
};

use super::{conform::Conform, encode::json_lines};
use crate::infer::columns_of;

/// Two rows of every type that has a word for them: one value and one null; and what JSON has for the value.
pub(crate) fn every_type() -> Vec<(&'static str, ArrayRef, &'static str)> {
    let half = <Float16Type as arrow::datatypes::ArrowPrimitiveType>::Native::from_f32(0.5);
    let mut map = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    for (key, value) in [("a", "1"), ("b", "2"), ("a", "3")] {
        map.keys().append_value(key);
        map.values().append_value(value);
    }
    map.append(true).unwrap();
    map.append(false).unwrap();
    let member: ArrayRef = Arc::new(Int32Array::from(vec![Some(1), None]));
    let object = StructArray::try_new(
        vec![Field::new("x", DataType::Int32, true)].into(),
        vec![member],
        Some(vec![true, false].into()),
    );
    let lists = || [Some(vec![Some(1), None]), None];
    vec![
        ("null", Arc::new(NullArray::new(2)), "null"),
        ("boolean", Arc::new(BooleanArray::from(vec![Some(true), None])), "true"),
        ("i8", Arc::new(Int8Array::from(vec![Some(-1), None])), "-1"),
        ("i16", Arc::new(Int16Array::from(vec![Some(-2), None])), "-2"),
        ("i32", Arc::new(Int32Array::from(vec![Some(-3), None])), "-3"),
        ("i64", Arc::new(Int64Array::from(vec![Some(i64::MIN), None])), "-9223372036854775808"),
        ("u8", Arc::new(UInt8Array::from(vec![Some(1), None])), "1"),
        ("u16", Arc::new(UInt16Array::from(vec![Some(2), None])), "2"),
        ("u32", Arc::new(UInt32Array::from(vec![Some(u32::MAX), None])), "4294967295"),
        ("u64", Arc::new(UInt64Array::from(vec![Some(u64::MAX), None])), "18446744073709551615"),
        ("f16", Arc::new(Float16Array::from(vec![Some(half), None])), "0.5"),
        ("f32", Arc::new(Float32Array::from(vec![Some(0.1), None])), "0.10000000149011612"),
        ("f64", Arc::new(Float64Array::from(vec![Some(0.1), None])), "0.1"),
        ("nan", Arc::new(Float64Array::from(vec![Some(f64::NAN), None])), "null"),
        ("decimal", decimal(12_345, 9, 2), "123.45"),
        ("tens", decimal(12, 9, -1), "\"120\""),
        ("whole", decimal(12_345, 9, 0), "12345"),
        ("wide", decimal(12_345, 30, 3), "\"12.345\""),
        ("huge", Arc::new(huge()), "\"0.07\""),
        ("date32", Arc::new(Date32Array::from(vec![Some(19_000), None])), "\"2022-01-08\""),
        ("date64", Arc::new(Date64Array::from(vec![Some(86_400_000), None])), "\"1970-01-02\""),
        ("time32", Arc::new(Time32SecondArray::from(vec![Some(61), None])), "\"00:01:01\""),
        ("time64", Arc::new(Time64MicrosecondArray::from(vec![Some(1), None])), "\"00:00:00.000001\""),
        ("moment", Arc::new(TimestampMicrosecondArray::from(vec![Some(0), None])), "\"1970-01-01T00:00:00\""),
        ("zoned", zoned(), "\"1970-01-01T00:00:00Z\""),
        ("duration", Arc::new(DurationMicrosecondArray::from(vec![Some(1_500_000), None])), "\"PT1.5S\""),
        ("interval", interval(), "\"P1DT0.002S\""),
        ("text", Arc::new(StringArray::from(vec![Some("a\"\n"), None])), "\"a\\\"\\n\""),
        ("large_text", Arc::new(LargeStringArray::from(vec![Some("ü"), None])), "\"ü\""),
        (
            "text_view",
            Arc::new(StringViewArray::from(vec![Some("a long text, not inlined"), None])),
            "\"a long text, not inlined\"",
        ),
        ("binary", Arc::new(BinaryArray::from(vec![Some(&b"\0\xff"[..]), None])), "\"AP8=\""),
        ("large_binary", Arc::new(LargeBinaryArray::from(vec![Some(&b"abc"[..]), None])), "\"YWJj\""),
        ("binary_view", Arc::new(BinaryViewArray::from(vec![Some(&b"abc"[..]), None])), "\"YWJj\""),
        ("fixed_binary", fixed_binary(), "\"YWI=\""),
        (
            "dictionary",
            Arc::new([Some("x"), None].into_iter().collect::<DictionaryArray<Int32Type>>()),
            "\"x\"",
        ),
        ("list", Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(lists())), "[1,null]"),
        ("large_list", Arc::new(LargeListArray::from_iter_primitive::<Int32Type, _, _>(lists())), "[1,null]"),
        (
            "fixed_list",
            Arc::new(FixedSizeListArray::from_iter_primitive::<Int32Type, _, _>(lists(), 2)),
            "[1,null]",
        ),
        ("object", Arc::new(object.unwrap()), "{\"x\":1}"),
        ("map", Arc::new(map.finish()), "{\"b\":\"2\",\"a\":\"3\"}"),
    ]
}

fn decimal(value: i128, precision: u8, scale: i8) -> ArrayRef {
    let array = Decimal128Array::from(vec![Some(value), None]);
    Arc::new(array.with_precision_and_scale(precision, scale).unwrap())
}

fn huge() -> Decimal256Array {
    Decimal256Array::from(vec![Some(i256::from_i128(7)), None]).with_precision_and_scale(60, 2).unwrap()
}

fn zoned() -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from(vec![Some(0), None]).with_timezone("Europe/Paris"))
}

fn interval() -> ArrayRef {
    Arc::new(IntervalDayTimeArray::from(vec![Some(IntervalDayTime::new(1, 2)), None]))
}

fn fixed_binary() -> ArrayRef {
    let values = [Some(b"ab"), None].into_iter();
    Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(values, 2).unwrap())
}

fn batch(name: &str, array: &ArrayRef) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable([(name, array.clone(), true)]).unwrap()
}

fn lines(batch: &RecordBatch) -> String {
    let mut out = vec![];
    json_lines(batch, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn every_type_has_its_json() {
    for (name, array, json) in every_type() {
        let expected = format!("{{\"{name}\":{json}}}\n{{\"{name}\":null}}\n");
        assert_eq!(lines(&batch(name, &array)), expected);
        let second = batch(name, &array).slice(1, 1);
        assert_eq!(lines(&second), format!("{{\"{name}\":null}}\n"));
    }
}

#[test]
fn every_type_has_a_plain_one_that_says_the_same() {
    for (name, array, json) in every_type() {
        let from = batch(name, &array);
        let inferred = columns_of(from.schema_ref());
        let plain = Conform::new(&inferred).batch(&from).unwrap();
        let data_type = plain.column(0).data_type();
        assert!(is_plain(data_type), "{name} became {data_type}");
        let said = lines(&plain);
        let said = said.lines().next().unwrap();
        let expected = match (name, inferred.as_json.len()) {
            // The text stands for the object.
            ("map", 1) => format!("{{\"map\":{}}}", serde_json::to_string(json).unwrap()),
            _ => format!("{{\"{name}\":{json}}}"),
        };
        assert_eq!(said, expected);
    }
}

fn is_plain(data_type: &DataType) -> bool {
    use DataType::{
        Dictionary, FixedSizeBinary, FixedSizeList, Interval, LargeBinary, LargeList, LargeUtf8, List, Map,
        Null, Struct, Utf8View,
    };
    match data_type {
        List(item) => is_plain(item.data_type()),
        Struct(fields) => fields.iter().all(|field| field.is_nullable() && is_plain(field.data_type())),
        Dictionary(..)
        | FixedSizeBinary(_)
        | FixedSizeList(..)
        | Interval(_)
        | LargeBinary
        | LargeList(_)
        | LargeUtf8
        | Map(..)
        | Null
        | Utf8View
        | DataType::BinaryView => false,
        _ => true,
    }
}

#[test]
fn types_that_differ_meet() {
    let meet = |one: ArrayRef, other: ArrayRef| {
        use crate::{FileScan, Index, Scan, Silent, Source, Table};
        let source = |array| {
            let batch = batch("a", array);
            Source::Table(Table { name: "t".into(), schema: batch.schema(), batches: Arc::new(vec![batch]) })
        };
        let file = || FileScan { rows: 2, bytes: 0, digest: None, bad: vec![], index: Index::Number };
        let scan = Scan { files: vec![file(), file()], columns: vec![] };
        let inferred = crate::infer(&[source(&one), source(&other)], &scan, &[0, 1, 2, 3], &Silent).unwrap();
        for array in [&one, &other] {
            Conform::new(&inferred).batch(&batch("a", array)).unwrap();
        }
        let reason = inferred.as_json.first().map(|(_, reason)| reason.clone()).unwrap_or_default();
        (inferred.schema.field(0).data_type().clone(), reason)
    };
    let int: ArrayRef = Arc::new(Int32Array::from(vec![Some(1), None]));
    let text: ArrayRef = Arc::new(LargeStringArray::from(vec![Some("x"), None]));
    let date: ArrayRef = Arc::new(Date32Array::from(vec![Some(1), None]));
    let float: ArrayRef = Arc::new(Float32Array::from(vec![Some(0.5), None]));
    assert_eq!(meet(int.clone(), Arc::new(Int64Array::from(vec![1, 2]))), (DataType::Int64, String::new()));
    assert_eq!(meet(int.clone(), float), (DataType::Float64, String::new()));
    assert_eq!(meet(text.clone(), date), (DataType::Utf8, String::new()));
    assert_eq!(meet(int.clone(), Arc::new(NullArray::new(2))), (DataType::Int32, String::new()));
    assert_eq!(meet(int, text), (DataType::Utf8, "numbers and texts".into()));
    let zoned = zoned();
    let seconds: ArrayRef =
        Arc::new(arrow::array::TimestampSecondArray::from(vec![0, 1]).with_timezone("UTC"));
    let utc = DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, Some("UTC".into()));
    assert_eq!(meet(zoned, seconds), (utc, String::new()));
}

#[test]
fn sliced_lists_leave_nothing_of_their_neighbours() {
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>([
        Some(vec![Some(1)]),
        Some(vec![Some(2), Some(3)]),
    ]);
    let sliced: ArrayRef = Arc::new(list.slice(1, 1));
    let form = super::form::json_form(&sliced).unwrap();
    assert_eq!(form.as_list::<i32>().values().len(), 2);
    assert_eq!(lines(&batch("a", &sliced)), "{\"a\":[2,3]}\n");
}

#[test]
fn nulls_of_an_object_reach_members_that_begin_within_a_byte() {
    let all: ArrayRef = Arc::new(BooleanArray::from(vec![Some(true); 9]));
    let sliced = all.slice(3, 6);
    let nulls = arrow::buffer::NullBuffer::from(vec![false, true, true, true, true, true]);
    let masked = super::form::with_nulls(&sliced, Some(&nulls)).unwrap();
    assert_eq!((masked.len(), masked.null_count(), masked.is_null(0)), (6, 1, true));
}
