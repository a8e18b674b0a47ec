use proptest::prelude::*;

use super::*;
use crate::functions::Kind;

#[test]
fn deep_and_long_texts_are_refused_or_taken() {
    let many = 10_000;
    for text in [
        format!("{}1{}", "(".repeat(many), ")".repeat(many)),
        "(".repeat(many),
        "[".repeat(many),
        "not ".repeat(many) + "label",
        "-".repeat(many) + "1",
        "- ".repeat(many) + "1",
        "case when ".repeat(many),
        "1 + ".repeat(many) + "1",
        "a.".repeat(many) + "b",
        "x -> ".repeat(many) + "x",
        "abs(".repeat(many),
        "a[0]".repeat(many),
        "cast(".repeat(many),
        "n between ".repeat(many),
    ] {
        let short: String = text.chars().take(20).collect();
        assert!(Expression::parse(&text, &Names::default()).is_err(), "{short}");
    }
}

#[test]
fn what_is_taken_can_be_evaluated() {
    let or = |count: usize| vec!["name = 'Ada'"; count].join(" or ");
    assert_eq!(rows(&or(200)), "true null false false");
    assert_eq!(rows(&format!("{}1", "1 + ".repeat(300))), "301 301 301 301");
    assert_eq!(rows(&format!("{}n{}", "(".repeat(39), ")".repeat(39))), "3 0 null 8");
    assert_eq!(rows(&format!("{}n{}", "abs(".repeat(39), ")".repeat(39))), "3 0 null 8");
    let list: Vec<_> = (0..20_000).map(|number| number.to_string()).collect();
    assert_eq!(rows(&format!("n in ({})", list.join(", "))), "true true null true");
}

#[test]
fn texts_within_the_limits_fit_the_stack() {
    for text in [
        "not ".repeat(150) + "label",
        "not ".repeat(900) + "label",
        "- ".repeat(150) + "1",
        "1 + ".repeat(490) + "n",
        vec!["name = 'Ada'"; 300].join(" or "),
        "case when label then 1 else ".repeat(39) + "0" + &" end".repeat(39),
        "coalesce(n, ".repeat(39) + "1" + &")".repeat(39),
        format!("{}n{}", "(".repeat(39), " + 1)".repeat(39)),
    ] {
        if let Ok(expression) = Expression::parse(&text, &Names::default()) {
            let copy = expression.clone();
            drop(expression);
            assert_eq!(copy.evaluate(&table()).map(|values| values.len()), Ok(4), "{text}");
        }
    }
}

/// Expressions at the edges of what an argument may be.
fn edges(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Any | Kind::Alike => &["n", "'a'", "null", "nothing", "metadata.task_type"],
        Kind::Number | Kind::Real => {
            &["n", "score", "nothing", "-1", "1e308", "-0.0", LEAST, "9223372036854775807"]
        }
        Kind::Whole => &["n", "0", "-1", "nothing", "score", LEAST, "9223372036854775807"],
        Kind::Text | Kind::Sized => &["name", "''", "'é'", "nothing", "metadata.task_type", "'('"],
        Kind::Truth => &["label", "nothing", "true"],
        Kind::List | Kind::Reals => &["reward[].score", "nothing", "[1, null]", "['a']"],
        Kind::Lambda => &["x -> x > 1", "x -> x", "x -> null", "x -> n"],
    }
}

const LEAST: &str = "(-9223372036854775807 - 1)";

#[test]
fn functions_survive_the_edges() {
    for function in crate::functions() {
        let kinds = function.arguments.iter().map(|kind| edges(*kind));
        let calls = kinds.fold(vec![String::new()], |calls, edges| {
            let next = |call: &String| {
                let call = call.clone();
                edges.iter().map(
                    move |edge| if call.is_empty() { (*edge).to_owned() } else { format!("{call}, {edge}") },
                )
            };
            calls.iter().flat_map(next).collect()
        });
        for arguments in calls {
            let text = format!("{}({arguments})", function.name);
            let expression = parsed(&text);
            let finite = |value: &Value| !matches!(value, Value::Number(number) if !number.is_finite());
            if let Ok(value) = expression.evaluate_table(&table().slice(3, 0), &BTreeMap::new()) {
                assert!(finite(&value), "{text} gives {value}");
            }
            if let Ok(values) = expression.evaluate(&table()) {
                for row in 0..4 {
                    assert!(
                        !matches!(shown(&values, row).as_str(), "NaN" | "inf" | "-inf"),
                        "{text}: {values:?}"
                    );
                }
            }
        }
    }
}

fn piece() -> impl Strategy<Value = String> {
    let words = [
        "n",
        "score",
        "name",
        "label",
        "nothing",
        "metadata.task_type",
        "reward[].score",
        "1",
        "0",
        "0.5",
        "'a'",
        "\"b\"",
        "null",
        "true",
        "+",
        "-",
        "*",
        "/",
        "%",
        "||",
        "=",
        "<",
        "and",
        "or",
        "not",
        "is",
        "in",
        "between",
        "like",
        "case",
        "when",
        "then",
        "else",
        "end",
        "(",
        ")",
        "[",
        "]",
        ",",
        ".",
        "->",
        "x",
        "abs(",
        "length(",
        "coalesce(",
        "count(",
        "avg(",
        "max_share(",
        "array_filter(",
        "cast(",
        "as",
        "int",
        "distinct",
        "filter",
        "where",
        "*",
        "`a b`",
        "é",
        "::",
        "!",
        "&&",
        "round(",
        "substr(",
    ];
    prop_oneof![9 => prop::sample::select(words.to_vec()).prop_map(str::to_owned), 1 => any::<String>()]
}

/// Expressions that make sense, as far as their syntax goes.
fn sensible() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "n",
        "score",
        "name",
        "label",
        "nothing",
        "metadata.task_type",
        "reward[].score",
        "1",
        "0.5",
        "'a'",
        "null",
        "true",
        "9223372036854775807",
    ]);
    leaf.prop_map(str::to_owned).prop_recursive(4, 24, 3, |inner| {
        let scalars: Vec<_> =
            crate::functions().filter(|function| !function.aggregate).map(|function| function.name).collect();
        let operators =
            vec!["+", "-", "*", "/", "%", "||", "=", "<", ">=", "and", "or", "is distinct from", "like"];
        prop_oneof![
            (inner.clone(), prop::sample::select(operators), inner.clone())
                .prop_map(|(l, op, r)| format!("({l} {op} {r})")),
            (prop::sample::select(scalars), prop::collection::vec(inner.clone(), 1..4))
                .prop_map(|(name, arguments)| format!("{name}({})", arguments.join(", "))),
            inner.clone().prop_map(|inner| format!("not {inner}")),
            inner.clone().prop_map(|inner| format!("{inner} is null")),
            inner.clone().prop_map(|inner| format!("array_transform(reward[].score, x -> {inner})")),
            (inner.clone(), inner.clone(), inner)
                .prop_map(|(a, b, c)| format!("case when {a} then {b} else {c} end")),
        ]
    })
}

proptest! {
    #[test]
    fn any_text_is_parsed_or_refused(text in ".*") {
        let _ = Expression::parse(&text, &Names::default()).map_err(|error| error.render());
    }

    #[test]
    fn any_words_are_evaluated_or_refused(words in prop::collection::vec(piece(), 0..16)) {
        let text = words.join(" ");
        match Expression::parse(&text, &Names::default()) {
            Ok(expression) => {
                let _ = expression.evaluate(&table()).map_err(|error| error.render());
                let _ = expression.evaluate_table(&table(), &BTreeMap::new()).map_err(|error| error.render());
            }
            Err(error) => prop_assert!(!error.render().is_empty()),
        }
    }

    #[test]
    fn sensible_expressions_give_one_value_a_row_whatever_the_rest(text in sensible()) {
        let Ok(expression) = Expression::parse(&text, &Names::default()) else { return Ok(()) };
        let Ok(values) = expression.evaluate(&table()) else { return Ok(()) };
        prop_assert_eq!(values.len(), 4);
        for row in 0..4 {
            let alone = expression.evaluate(&table().slice(row, 1)).map_err(|error| TestCaseError::fail(error.render()))?;
            prop_assert_eq!(shown(&alone, 0), shown(&values, row), "{}", &text);
        }
    }
}

fn shown(values: &ArrayRef, row: usize) -> String {
    let values = match values.data_type() {
        arrow::datatypes::DataType::Dictionary(..) => {
            arrow::compute::cast(values, &arrow::datatypes::DataType::Utf8).unwrap()
        }
        _ => Arc::clone(values),
    };
    Value::from_array(&values, row).map_or_else(|| "?".to_owned(), |value| value.to_string())
}

const ON_TASKS: [&str; 8] = [
    "task",
    "coalesce(task, 'x')",
    "task = 'a'",
    "case when task in ('a', 'b') then task end",
    "length(coalesce(task, '')) > 1 or n > 2",
    "upper(task) || n",
    "number(trim(task)) + n",
    "cast(task as int) is null",
];

proptest! {
    #[test]
    fn a_dictionary_is_as_its_texts(
        cells in prop::collection::vec((prop::option::of(prop::sample::select(vec!["a", "B", "12", "7", ""])), 0_i64..5), 1..40),
    ) {
        let texts: Vec<Option<&str>> = cells.iter().map(|(text, _)| *text).collect();
        let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(cells.iter().map(|(_, number)| *number)));
        let with = |tasks: ArrayRef| {
            let columns = [("task", tasks, true), ("n", Arc::clone(&numbers), true)];
            RecordBatch::try_from_iter_with_nullable(columns).unwrap()
        };
        let dictionary = with(Arc::new(texts.iter().copied().collect::<DictionaryArray<UInt32Type>>()));
        let plain = with(Arc::new(StringArray::from(texts)));
        for text in ON_TASKS {
            let (by_value, by_row) = (parsed(text).evaluate(&dictionary), parsed(text).evaluate(&plain));
            match (by_value, by_row) {
                (Ok(by_value), Ok(by_row)) => {
                    for row in 0..cells.len() {
                        prop_assert_eq!(shown(&by_value, row), shown(&by_row, row), "{} in row {}", text, row);
                    }
                }
                (by_value, by_row) => prop_assert!(by_value.is_err() && by_row.is_err(), "{}", text),
            }
        }
    }
}
