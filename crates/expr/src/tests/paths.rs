use super::*;

#[test]
fn each_path_is_one_column() {
    for (text, wanted) in [
        ("score", vec!["score"]),
        ("metadata.task_type = 'math'", vec!["metadata.task_type"]),
        ("messages[0].role", vec!["messages[0].role"]),
        ("a.b[0].c[].d > 1", vec!["a.b[0].c[].d"]),
        ("any_match(reward[ ].score, x -> x > limit)", vec!["reward[].score", "limit"]),
        ("metadata.`mean/reward` + `a``b`", vec!["metadata.`mean/reward`", "`a``b`"]),
        ("metadata['mean/reward'] + m[\"x\"]", vec!["metadata.`mean/reward`", "m.x"]),
        ("`task`", vec!["task"]),
        ("größe.名前", vec!["größe.名前"]),
        ("Score + score", vec!["Score", "score"]),
        ("b + a + b", vec!["b", "a"]),
        (
            "end + left + values + `order` + user + date",
            vec!["end", "left", "values", "order", "user", "date"],
        ),
        ("a.end.case.select.null", vec!["a.end.case.select.null"]),
        ("case when when_ then left else right end", vec!["when_", "left", "right"]),
        ("length(a.b) + length(a.b[0])", vec!["length(a.b)", "length(a.b[0])"]),
        ("number(x) + LENGTH(y) + items(z)", vec!["number(x)", "length(y)", "items(z)"]),
        (
            "hash(x) = hash(y) and kind(x) = 'text' and text(x) = 'a'",
            vec!["hash(x)", "hash(y)", "kind(x)", "text(x)"],
        ),
        ("length(upper(x))", vec!["x"]),
        ("array_filter(x, x -> x > y)", vec!["x", "y"]),
        ("array_transform(x, item -> length(text(item)))", vec!["x"]),
        ("cast(x as double) is not distinct from date", vec!["x", "date"]),
        ("avg(score) filter (where label)", vec!["score", "label"]),
        ("count(distinct(x)) + distinct(y)", vec!["x", "y"]),
        ("x.between between 1 and 2", vec!["x.between"]),
        ("a and not b or c", vec!["a", "b", "c"]),
        ("1 + 2", vec![]),
    ] {
        assert_eq!(parsed(text).reads(), wanted, "{text}");
    }
}

#[test]
fn a_path_alone_is_known_as_one() {
    assert_eq!(parsed("(metadata.task)").as_path(), Some("metadata.task"));
    assert_eq!(parsed("number(score)").as_path(), None);
    assert_eq!(parsed("number(score)").as_column(), Some("number(score)"));
    assert_eq!(parsed("`number(score)`").as_path(), Some("`number(score)`"));
    assert_eq!(parsed("score + 1").as_column(), None);
}

fn named(definitions: &[(&str, &str)]) -> Names {
    let mut names = Names::default();
    for (name, text) in definitions {
        let expression = Expression::parse(text, &names).unwrap();
        names.define(name, expression);
    }
    names
}

#[test]
fn names_stand_for_paths_and_expressions() {
    let names = named(&[
        ("prompt", "params.input"),
        ("first", "prompt[0]"),
        ("scores", "reward[].score"),
        ("score", "number(score)"),
        ("task", "coalesce(metadata.task, 'general')"),
        ("kind", "upper(task) || kind"),
    ]);
    for (text, wanted) in [
        ("prompt", vec!["params.input"]),
        ("first.content", vec!["params.input[0].content"]),
        ("length(first)", vec!["length(params.input[0])"]),
        ("array_max(scores)", vec!["reward[].score"]),
        ("score + score", vec!["number(score)"]),
        ("number(score)", vec!["number(score)"]),
        ("length(task)", vec!["metadata.task"]),
        ("kind", vec!["metadata.task", "kind"]),
        ("other.task", vec!["other.task"]),
        ("array_filter(scores, score -> score > 1)", vec!["reward[].score"]),
    ] {
        assert_eq!(Expression::parse(text, &names).unwrap().reads(), wanted, "{text}");
    }
    assert_eq!(names.get("prompt").and_then(Expression::as_path), Some("params.input"));
    assert_eq!(names.names().collect::<Vec<_>>(), ["first", "kind", "prompt", "score", "scores", "task"]);
    let error = Expression::parse("1 + task.x", &names).unwrap_err();
    assert_eq!(
        error.render(),
        "\
`task` is `coalesce(metadata.task, 'general')`, which has no members or items
  1 + task.x
      ^^^^^^"
    );
}

#[test]
fn a_parameter_does_not_catch_a_column_of_a_name() {
    let names = named(&[("limit", "x * 2")]);
    let expression = Expression::parse("array_filter(list, x -> x > limit)", &names).unwrap();
    assert_eq!(expression.reads(), ["list", "x"]);
    let lists = ListArray::from_iter_primitive::<Float64Type, _, _>([Some(vec![Some(1.0), Some(5.0)])]);
    let columns: [(&str, ArrayRef); 2] =
        [("list", Arc::new(lists)), ("x", Arc::new(Int64Array::from(vec![1])))];
    let values = expression.evaluate(&RecordBatch::try_from_iter(columns).unwrap()).unwrap();
    assert_eq!(Value::from_array(&values, 0), Some(Value::List(vec![Value::Number(5.0)])));
}

#[test]
fn names_of_names_do_not_explode() {
    let mut names = named(&[("x0", "a + a")]);
    for level in 1..64 {
        let text = format!("x{} + x{}", level - 1, level - 1);
        match Expression::parse(&text, &names) {
            Ok(expression) => names.define(&format!("x{level}"), expression),
            Err(error) => return assert!(error.message.contains("too large"), "{error}"),
        }
    }
    panic!("2^64 nodes were made");
}

#[test]
fn a_name_is_found_where_it_stands() {
    let expression = parsed("upper('é') = metadata.task and x > 1");
    assert_eq!(
        expression.span_of("metadata.task").map(|span| &expression.text()[span]),
        Some("metadata.task")
    );
    assert_eq!(expression.span_of("x").map(|span| &expression.text()[span]), Some("x"));
    assert_eq!(expression.span_of("y"), None);
    let expression = parsed("1 + length(messages[0].content)");
    let read = &expression.reads()[0];
    assert_eq!(
        expression.span_of(read).map(|span| &expression.text()[span]),
        Some("length(messages[0].content)")
    );
}
