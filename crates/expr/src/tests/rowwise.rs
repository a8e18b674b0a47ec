use arrow::{
    array::Array,
    datatypes::{DataType, Field},
};

use super::*;

#[test]
fn every_example_of_the_table_holds() {
    let column: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), Some(2), Some(2), Some(3), None]));
    let table = RecordBatch::try_from_iter_with_nullable([("x", column, true)]).unwrap();
    for function in crate::functions() {
        let expression = parsed(function.example);
        let value = expression.evaluate_table(&table, &BTreeMap::new());
        let value = value.unwrap_or_else(|error| panic!("{}: {}", function.example, error.render()));
        assert_eq!(value.to_string(), function.result, "{}", function.example);
        assert_eq!(expression.is_aggregate(), function.aggregate, "{}", function.example);
        assert!(function.signature.starts_with(&format!("{}(", function.name)), "{}", function.signature);
    }
}

#[test]
fn values_are_as_in_sql() {
    for (text, wanted) in [
        ("score >= 0.97", "true false null true"),
        ("score is null", "false false true false"),
        ("(score > 0.6) is true", "true false false true"),
        ("score > 0.6 or label", "true false null true"),
        ("label and true", "true false null true"),
        ("not label", "false true null false"),
        ("n + 1", "4 1 null 9"),
        ("n / 2", "1.5 0 null 4"),
        ("n % 2", "1 0 null 0"),
        ("-n", "-3 0 null -8"),
        ("-score", "-0.97 -0.5 null -1"),
        (
            "-9223372036854775808",
            "-9223372036854775808 -9223372036854775808 -9223372036854775808 -9223372036854775808",
        ),
        ("n = 3.0", "true false null false"),
        ("n between 1 and 5", "true false null false"),
        ("n in (0, 8)", "false true null true"),
        ("name in ('Ada', \"5\")", "true null false true"),
        ("name like 'A%'", "true null false false"),
        ("name ilike 'a%'", "true null false false"),
        ("name || '-' || n", "Ada-3 null null 5-8"),
        ("case when score > 0.9 then 'high' when score > 0 then 'low' end", "high low null high"),
        ("case name when 'Ada' then 1 else 0 end", "1 0 0 0"),
        ("coalesce(score, 0)", "0.97 0.5 0 1"),
        ("coalesce(metadata.task_type, 'general')", "math code general math"),
        ("metadata.task_type = 'math'", "true false null true"),
        ("metadata.task_type = 'math' and score > 0.98", "false false null true"),
        ("upper(metadata.task_type)", "MATH CODE null MATH"),
        ("metadata.task_type || '/' || name", "math/Ada null null math/5"),
        ("cast(n as text)", "3 0 null 8"),
        ("cast(n as double) / 3", "1 0 null 2.6666666666666665"),
        ("try_cast(name as int)", "null null null 5"),
        ("number(trim(name))", "null null null 5"),
        ("length(upper(name))", "3 null 1 1"),
        ("length(array_filter(reward[].score, x -> x > 0.5))", "1 0 null 1"),
        ("any_match(reward[].score, x -> x > 1)", "true false null null"),
        ("array_max(reward[].score)", "1.25 null null 0.6"),
        ("array_sum(reward[].score)", "1.25 null null 0.6"),
        ("array_has(reward[].score, 0.6)", "false false null true"),
        ("array_length(reward[].score) - 3", "-1 -3 null -1"),
        ("name is distinct from 'Ada'", "false true true true"),
        ("n == 3", "true false null false"),
        ("1", "1 1 1 1"),
        ("'a'", "a a a a"),
        ("null", "null null null null"),
        ("nothing", "null null null null"),
        ("metadata.task_type", "math code null math"),
        ("greatest(score, 0.7)", "0.97 0.7 0.7 1"),
        ("COALESCE(n, 1) + LENGTH(UPPER(name))", "6 null 2 9"),
    ] {
        assert_eq!(rows(text), wanted, "{text}");
    }
}

#[test]
fn no_result_is_infinite() {
    for text in [
        "n / 0",
        "score / 0",
        "score / (n - n)",
        "n % 0",
        "score % 0",
        "ln(n - n)",
        "exp(n + 1000)",
        "sqrt(-1 - n)",
    ] {
        assert_eq!(rows(text), "null null null null", "{text}");
    }
    assert_eq!(rows("1 / n"), "0.3333333333333333 null null 0.125");
}

#[test]
fn integers_do_not_wrap() {
    for text in ["n + 9223372036854775807", "n * 9223372036854775807"] {
        assert!(fault(text).contains("64 bits"), "{}", fault(text));
    }
    for text in ["-(-9223372036854775807 - (n - n) - 1)", "abs(-9223372036854775807 - (n - n) - 1)"] {
        assert!(fault(text).contains("64 bits"), "{text}: {}", fault(text));
    }
    assert_eq!(rows("(-9223372036854775807 - (n - n) - 1) % -1"), "0 0 null 0");
    assert!(whole("sum(n * 1000000000000000000)").contains("64 bits"));
    assert_eq!(whole("sum(cast(n as double) * 1e18)"), "11000000000000000000");
}

#[test]
fn a_column_of_nulls_fits_everywhere() {
    for text in [
        "nothing + 1",
        "nothing / nothing",
        "nothing % 2",
        "-nothing",
        "nothing > 1",
        "nothing = 'a'",
        "nothing = nothing",
        "nothing in (1, 2)",
        "nothing in ('a')",
        "nothing between 1 and 2",
        "nothing like 'a%'",
        "nothing ilike 'a%'",
        "nothing || 'a'",
        "not nothing",
        "nothing and nothing",
        "nothing or false",
        "upper(nothing)",
        "abs(nothing)",
        "length(upper(nothing))",
        "round(nothing, 1)",
        "substr(nothing, 1)",
        "array_length(nothing)",
        "array_max(nothing)",
        "array_has(nothing, 1)",
        "array_has(nothing, 'a')",
        "array_filter(nothing, x -> x > 1)",
        "any_match(nothing, x -> x > 1)",
        "array_sum(nothing)",
        "array_sort(nothing)",
        "array_distinct(nothing)",
        "array_to_string(nothing, ',')",
        "coalesce(nothing, nothing)",
        "nullif(nothing, 1)",
        "greatest(nothing, nothing)",
        "case when nothing then 1 end",
        "case nothing when 1 then 2 end",
        "number(coalesce(nothing, nothing))",
        "text(coalesce(nothing, nothing))",
        "cast(nothing as int)",
        "try_cast(nothing as double)",
        "regexp_like(nothing, 'a')",
        "contains(nothing, 'a')",
        "replace(nothing, 'a', 'b')",
        "split_part(nothing, '/', 1)",
        "power(nothing, 2)",
        "starts_with('a', nothing)",
    ] {
        assert_eq!(rows(text), "null null null null", "{text}");
    }
    assert_eq!(rows("nothing is null"), "true true true true");
    assert_eq!(rows("nothing is true"), "false false false false");
    assert_eq!(rows("coalesce(nothing, 'a')"), "a a a a");
    assert_eq!(rows("concat(nothing, 'a')"), "a a a a");
    for function in crate::functions().filter(|function| function.aggregate) {
        let text = match function.name {
            "quantile" => "quantile(nothing, 0.5)".to_owned(),
            "one_valued" => "one_valued(nothing, 2)".to_owned(),
            name => format!("{name}(nothing)"),
        };
        let wanted = match function.name {
            "count" | "distinct" | "share" | "repeated" => "0",
            "max_share" | "min_share" | "one_valued" => "1",
            _ => "null",
        };
        assert_eq!(whole(&text), wanted, "{text}");
    }
}

#[test]
fn lists_without_items_fit_everywhere() {
    let empty = ListArray::new_null(Arc::new(Field::new_list_field(DataType::Null, true)), 2);
    let table = RecordBatch::try_from_iter_with_nullable([("x", Arc::new(empty) as ArrayRef, true)]).unwrap();
    for text in [
        "array_length(x)",
        "array_max(x)",
        "array_sum(x)",
        "array_has(x, 1)",
        "array_has(x, 'a')",
        "array_distinct(x)",
        "array_sort(x)",
        "array_to_string(x, ',')",
        "any_match(x, y -> y > 1)",
        "any_match(x, y -> y = 'a')",
        "any_match(x, y -> y)",
        "array_filter(x, y -> contains(y, 'a'))",
        "array_transform(x, y -> upper(y))",
    ] {
        let values =
            parsed(text).evaluate(&table).unwrap_or_else(|error| panic!("{text}: {}", error.render()));
        assert_eq!(values.logical_null_count(), 2, "{text}");
        if text.contains("->") {
            assert_eq!(rows(&text.replace("(x,", "(nothing,")), "null null null null", "{text}");
        }
    }
}

#[test]
fn a_filter_is_a_condition() {
    assert_eq!(parsed("nothing").evaluate_filter(&table()).unwrap(), BooleanArray::new_null(4));
    let error = parsed("score + 1").evaluate_filter(&table()).unwrap_err();
    assert_eq!(
        error.render(),
        "\
this is a number, not a condition
  score + 1
  ^^^^^^^^^
hint: compare it with something, such as `x >= 0.5`"
    );
}

#[test]
fn a_dictionary_is_evaluated_by_value_and_stays_one() {
    let tasks: DictionaryArray<UInt32Type> =
        (0..1000).map(|row| ["A", "a", "b"].get(row % 4).copied()).collect();
    let table =
        RecordBatch::try_from_iter_with_nullable([("task", Arc::new(tasks) as ArrayRef, true)]).unwrap();
    let values = parsed("coalesce(lower(task), 'none')").evaluate(&table).unwrap();
    let dictionary = arrow::array::AsArray::as_dictionary::<UInt32Type>(&values);
    let texts: Vec<_> =
        arrow::array::AsArray::as_string::<i32>(dictionary.values()).iter().map(Option::unwrap).collect();
    assert_eq!(texts, ["a", "b", "none"]);
    assert_eq!(dictionary.keys().values()[..4], [0, 0, 1, 2]);
}

#[test]
fn a_value_that_no_row_has_does_no_harm() {
    let values = StringArray::from(vec!["1", "2", "nonsense"]);
    let tasks = DictionaryArray::<UInt32Type>::new(vec![0, 1, 0, 1].into(), Arc::new(values));
    let table = RecordBatch::try_from_iter([("task", Arc::new(tasks) as ArrayRef)]).unwrap();
    let numbers = parsed("cast(task as int) + 1").evaluate(&table).unwrap();
    assert_eq!(numbers.as_ref(), &Int64Array::from(vec![2, 3, 2, 3]) as &dyn arrow::array::Array);
}

#[test]
fn an_empty_table_gives_nothing() {
    let empty = table().slice(0, 0);
    for text in
        ["1", "score > 1", "coalesce(metadata.task_type, 'x')", "array_filter(reward[].score, x -> x > 1)"]
    {
        assert_eq!(parsed(text).evaluate(&empty).unwrap().len(), 0, "{text}");
    }
}
