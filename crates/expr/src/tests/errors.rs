use std::fmt::Write;

use super::*;

/// The message, what the carets stand under, and the hint.
fn parts(text: &str) -> (String, String, String) {
    let error = match Expression::parse(text, &Names::default()).and_then(|parsed| parsed.evaluate(&table()))
    {
        Ok(values) => panic!("{text} gives {values:?}"),
        Err(error) => error,
    };
    let at = error.span.clone().map_or("nowhere".to_owned(), |span| text[span].to_owned());
    (error.message, at, error.hints.join(" | "))
}

/// Expressions, what is wrong with them, where, and what to do.
const FAULTS: &[(&str, &str, &str, &str)] = &[
    ("", "expected an expression, found the end", "", ""),
    ("score >", "expected an expression, found the end", "", ""),
    ("score > 'a", "unterminated string literal", "'", ""),
    (
        "score name",
        "unexpected `name`",
        "name",
        "text stands in quotes, and a name that has spaces or signs in backticks",
    ),
    ("1 + scor(n)", "there is no function `scor`", "scor", ""),
    ("1 + rond(n)", "there is no function `rond`", "rond", "did you mean `round`?"),
    ("now()", "there is no function `now`", "now", ""),
    ("random()", "there is no function `random`", "random", ""),
    ("1 + left(name)", "`left` is called with 1 argument", "left(name)", "it is called as `left(x, n)`"),
    ("abs(n, n)", "`abs` is called with 2 arguments", "abs(n, n)", "it is called as `abs(x)`"),
    ("label && label", "there is no operator `&&`", "&&", "write `and`"),
    ("!label", "there is no operator `!`", "!", "write `not`"),
    ("n = null", "nothing equals null", "n = null", "write `is null` or `is not null`"),
    ("label or name = 5", "`=` compares text with a number", "name = 5", "write `number(x)` or `text(x)`"),
    ("'5' > 3", "`>` compares text with a number", "'5' > 3", "write `number(x)` or `text(x)`"),
    (
        "label = 'true'",
        "`=` compares a condition with text",
        "label = 'true'",
        "conditions are `true` and `false`, without quotes",
    ),
    ("label = 1", "`=` compares a condition with a number", "label = 1", ""),
    ("n in (1, 'a')", "`in` compares a number with text", "n in (1, 'a')", "write `number(x)` or `text(x)`"),
    (
        "n between 'a' and 'b'",
        "`between` compares a number with text",
        "n between 'a' and 'b'",
        "write `number(x)` or `text(x)`",
    ),
    (
        "reward[].score || reward[].score",
        "`||` joins texts, not a list",
        "reward[].score || reward[].score",
        "",
    ),
    ("1 + name", "`+` wants a number, not text", "1 + name", "write `number(x)`"),
    ("not n", "`not` wants a condition", "n", "write a comparison"),
    ("label and n", "`and` wants a condition, not a number", "label and n", "write a comparison"),
    ("upper(n + 1)", "`upper` wants text, not a number", "upper(n + 1)", "write `text(x)`"),
    ("round(name)", "`round` wants a number, not text", "round(name)", "write `number(x)`"),
    ("length(n + 1)", "`length` wants text or a list, not a number", "length(n + 1)", ""),
    (
        "coalesce(name, 0)",
        "`coalesce` takes text with a number",
        "coalesce(name, 0)",
        "write `number(x)` or `text(x)`",
    ),
    (
        "case when label then 1 else 'a' end",
        "`case` gives a number with text",
        "case when label then 1 else 'a' end",
        "write `number(x)` or `text(x)`",
    ),
    (
        "array_has(reward[].score, 'a')",
        "`array_has` seeks text in a list whose items are a number",
        "array_has(reward[].score, 'a')",
        "",
    ),
    ("hash(n + 1)", "`hash` takes a path, such as `hash(metadata.task)`", "hash", ""),
    ("upper(name)[0]", "only a path can be followed by `.` or `[`", "upper(name)[0", ""),
    (
        "reward[-1]",
        "items of a list are counted from 0, such as `[0]`, or all of them, `[]`",
        "reward[-1",
        "",
    ),
    ("any_match(reward[].score, x -> x.y > 1)", "`x` is an item of a list, not a path", "x.y", ""),
    ("name::int", "there is no operator `::`", "::", "write `cast(x as type)`"),
    ("name ~ 'a'", "there is no operator `~`", "~", "write `regexp_like(x, 'pattern')`"),
    (
        "sum(n) > 1",
        "an aggregate has no value for a single row",
        "nowhere",
        "`avg`, `count` and the like stand where rows are grouped, and in checks",
    ),
    ("avg(sum(n))", "an aggregate cannot stand in another", "sum(n)", ""),
    ("sum(distinct n)", "`sum` takes no `distinct`", "sum(distinct n)", "`count(distinct x)` counts values"),
    ("1 + missing.x", "there is no column `missing.x`", "missing.x", ""),
    (
        "array_filter(reward[].score, 1)",
        "`array_filter` wants a function such as `x -> x > 1` here",
        "array_filter(reward[].score, 1)",
        "it is called as `array_filter(x, item -> condition)`",
    ),
    ("(1, 2)", "a tuple is no value", "1, 2", ""),
];

#[test]
fn errors_say_what_where_and_what_to_do() {
    let mut wrong = String::new();
    for (text, message, at, hint) in FAULTS {
        let got = parts(text);
        if (got.0.as_str(), got.1.as_str(), got.2.as_str()) != (*message, *at, *hint) {
            writeln!(wrong, "{text}: {got:?}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn other_sql_is_refused() {
    for text in [
        "(select 1)",
        "exists(select 1)",
        "n in (select 1)",
        "sum(n) over ()",
        "interval '1 day'",
        "date '2020-01-01'",
        "?",
        "*",
        "$1",
        "@x",
        "x'ab'",
        "array_agg(n)",
        "make_array(1)",
        "first_value(n)",
        "uuid()",
        "n; n",
        "select n",
        "n as m",
        "a.*",
        "count(n.*)",
        "trim(both 'a' from name)",
        "extract(year from n)",
        "n collate x",
        "sum(n order by n)",
        "max(n) within group (order by n)",
        "name similar to 'a'",
        "n = any(x)",
        "struct(1)",
        "{'a': 1}",
        "read_file('x')",
    ] {
        assert!(!fault(text).is_empty(), "{text}");
    }
}

#[test]
fn a_caret_stands_under_the_fault_on_its_line() {
    assert_eq!(
        fault("label\n  and é_ = 1 and uper(name) = 'A'\n  and true"),
        "\
there is no function `uper`
    and é_ = 1 and uper(name) = 'A'
                   ^^^^
hint: did you mean `upper`?"
    );
}

#[test]
fn an_error_in_a_name_points_at_the_name() {
    let mut names = Names::default();
    names.define("task", Expression::parse("upper(name) || 'a long definition'", &names).unwrap());
    let error = Expression::parse("1 + task", &names).unwrap().evaluate(&table()).unwrap_err();
    assert_eq!(
        error.render(),
        "`+` wants a number, not text\n  1 + task\n  ^^^^^^^^\nhint: write `number(x)`"
    );
}
