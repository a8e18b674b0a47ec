use arrow::array::{Array, AsArray};
use proptest::prelude::*;

use super::*;

#[test]
fn aggregates_go_over_all_rows() {
    for (text, wanted) in [
        ("count(*)", "4"),
        ("count()", "4"),
        ("count(score)", "3"),
        ("count(distinct metadata.task_type)", "2"),
        ("count(*) filter (where score > 0.6)", "2"),
        ("count(*) filter (where nothing)", "0"),
        ("avg(score) > 0.8 and count(*) >= 4", "true"),
        ("sum(n)", "11"),
        ("avg(n)", "3.6666666666666665"),
        ("median(n)", "3"),
        ("min(name) || max(name)", "5é"),
        ("max(metadata.task_type)", "math"),
        ("max_share(metadata.task_type)", "0.5"),
        ("min_share(metadata.task_type)", "0.25"),
        ("max_share(coalesce(metadata.task_type, 'math'))", "0.75"),
        ("one_valued(metadata.task_type = 'math', 1)", "1"),
        ("one_valued(n, 0)", "null"),
        ("one_valued(coalesce(metadata.task_type, 'math'), 3)", "0"),
        ("repeated(1)", "0.75"),
        ("repeated(nothing)", "0"),
        ("share(metadata.task_type = 'math')", "0.5"),
        ("share(score > 0.6)", "0.5"),
        ("bool_or(label)", "true"),
        ("min(label) or max(label)", "true"),
        ("max_share(reward[].score)", "0.25"),
        ("sum(case when label then 1 else 0 end) / count(*)", "0.5"),
        ("round(0.7 * avg(score) + 0.3 * var(score), 4)", "0.5999"),
        ("quantile(score, 0.25)", "0.735"),
        ("case when count(*) > 3 then 'many' else 'few' end", "many"),
        ("1 + 1", "2"),
        ("max(array_max(reward[].score))", "1.25"),
    ] {
        assert_eq!(whole(text), wanted, "{text}");
    }
}

#[test]
fn an_empty_table_has_no_averages() {
    let empty = table().slice(0, 0);
    let value = |text: &str| parsed(text).evaluate_table(&empty, &BTreeMap::new()).unwrap().to_string();
    for function in crate::functions().filter(|function| function.aggregate) {
        let text = match function.name {
            "quantile" => "quantile(score, 0.5)".to_owned(),
            "one_valued" => "one_valued(score, 2)".to_owned(),
            name @ ("bool_and" | "bool_or" | "share") => format!("{name}(label)"),
            name => format!("{name}(score)"),
        };
        let wanted = if matches!(function.name, "count" | "distinct") { "0" } else { "null" };
        assert_eq!(value(&text), wanted, "{text}");
    }
    assert_eq!(value("count(*) = 0 and avg(score) is null"), "true");
}

#[test]
fn constants_are_no_columns() {
    let check = parsed("retention >= 0.5 and rows_out = count(*) and name_of is null");
    let constants = BTreeMap::from([
        ("retention".to_owned(), Value::from(0.75)),
        ("rows_out".to_owned(), Value::from(4)),
        ("name_of".to_owned(), Value::Null),
    ]);
    assert_eq!(check.reads_beyond(&constants).count(), 0);
    assert_eq!(check.evaluate_table(&table(), &constants).unwrap(), Value::Boolean(true));
    let error = parsed("retention = 'x'").evaluate_table(&table(), &constants).unwrap_err();
    assert_eq!(error.message, "`=` compares a number with text");
}

#[test]
fn a_column_outside_aggregates_is_an_error() {
    assert_eq!(
        whole("avg(score) > n"),
        "\
`n` has many values here
  avg(score) > n
               ^
hint: write what is to be made of them, such as `avg(n)` or `max(n)`"
    );
}

#[test]
fn sums_go_in_the_order_of_the_rows() {
    let numbers: Vec<f64> = (0..999).map(|row| f64::from(row % 17) * 1e15 + 0.1 * f64::from(row)).collect();
    let wanted: f64 = numbers.iter().sum();
    let table =
        RecordBatch::try_from_iter([("x", Arc::new(Float64Array::from(numbers)) as ArrayRef)]).unwrap();
    let value = |text: &str| parsed(text).evaluate_table(&table, &BTreeMap::new()).unwrap();
    assert_eq!(value("sum(x)"), Value::Number(wanted));
    assert_eq!(value("avg(x)"), Value::Number(wanted / 999.0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_group_is_as_a_table_of_its_own(
        cells in prop::collection::vec((0_u32..4, prop::option::of(0_i64..5), prop::option::of(prop::sample::select(vec!["a", "b", "c"]))), 0..40),
    ) {
        let groups: Vec<u32> = cells.iter().map(|(group, ..)| *group).collect();
        let part = |keep: &dyn Fn(u32) -> bool| {
            let chosen: Vec<_> = cells.iter().filter(|(group, ..)| keep(*group)).collect();
            let numbers: Int64Array = chosen.iter().map(|(_, number, _)| *number).collect();
            let texts: DictionaryArray<UInt32Type> = chosen.iter().map(|(.., text)| *text).collect();
            let columns: [(&str, ArrayRef, bool); 2] = [("x", Arc::new(numbers), true), ("task", Arc::new(texts), true)];
            RecordBatch::try_from_iter_with_nullable(columns).unwrap()
        };
        let all = part(&|_| true);
        for text in [
            "count(*)", "sum(x)", "avg(x)", "var(x)", "stddev_pop(x)", "median(x)", "quantile(x, 0.3)", "min(x) < max(x)",
            "max_share(task)", "min_share(task)", "distinct(task)", "count(distinct x)", "share(x > 2)", "bool_and(x > 0)",
            "one_valued(task, 2)", "one_valued(x, 3)", "repeated(task)",
            "max(task)", "sum(x) filter (where task = 'a')", "count(*) >= 4 and max(x) > min(x)", "min(upper(task))",
        ] {
            let expression = parsed(text);
            let values = expression.evaluate_groups(&all, &groups, 4).unwrap();
            prop_assert_eq!(values.len(), 4);
            for group in 0..4 {
                let alone = expression.evaluate_table(&part(&|of| of == group), &BTreeMap::new()).unwrap();
                prop_assert_eq!(Value::from_array(&values, group as usize).unwrap(), alone, "{} in {}", text, group);
            }
        }
    }
}

#[test]
fn shares_are_of_the_group() {
    let values = parsed("max_share(metadata.task_type)").evaluate_groups(&table(), &[0, 0, 1, 0], 3).unwrap();
    let values = values.as_primitive::<Float64Type>();
    assert_eq!((values.value(0), values.value(1), values.is_null(2)), (2.0 / 3.0, 1.0, true));
}
