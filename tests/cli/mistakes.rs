//! What the usual mistakes are answered with, in full.

use crate::{common::Dir, example};

/// Runs the program, which must fail with this code and message.
#[track_caller]
fn fails(dir: &Dir, arguments: &[&str], code: i32, message: &str) {
    let outcome = dir.unskew(arguments).failure(code);
    assert_eq!(outcome.stderr, message);
    assert_eq!(outcome.stdout, "");
}

/// The recipe with `from` written as `to`, which must fail with this code and message.
#[track_caller]
fn slip(from: &str, to: &str, code: i32, message: &str) {
    let dir = example();
    let recipe = dir.read("recipe.yaml");
    assert!(recipe.contains(from), "{recipe}");
    dir.write("recipe.yaml", recipe.replacen(from, to, 1));
    fails(&dir, &["run", "recipe.yaml", "--quiet"], code, message);
    assert_eq!(dir.files("out"), Vec::<String>::new());
}

#[test]
fn an_unknown_strategy() {
    slip(
        "cap: {by",
        "cpa: {by",
        2,
        concat!(
            "error: there is no strategy `cpa`\n",
            " --> recipe.yaml:5:5\n",
            "  |\n",
            "5 |   - cpa: {by: task, max: 2, pick: first}\n",
            "  |     ^^^\n",
            "hint: did you mean `cap`?\n",
        ),
    );
}

#[test]
fn an_unknown_option() {
    slip(
        "max: 2",
        "maxx: 2",
        2,
        concat!(
            "error: unknown option `maxx`\n",
            " --> recipe.yaml:5:21\n",
            "  |\n",
            "5 |   - cap: {by: task, maxx: 2, pick: first}\n",
            "  |                     ^^^^\n",
            "hint: did you mean `max`?\n",
        ),
    );
}

#[test]
fn a_missing_option() {
    slip(
        "max: 2, ",
        "",
        2,
        concat!(
            "error: option `max` is missing\n",
            " --> recipe.yaml:5:10\n",
            "  |\n",
            "5 |   - cap: {by: task, pick: first}\n",
            "  |          ^\n",
        ),
    );
}

#[test]
fn an_option_of_the_wrong_type() {
    slip(
        "max: 2",
        "max: two",
        2,
        concat!(
            "error: `max` is the text \"two\", expected a whole number, 0 or more\n",
            " --> recipe.yaml:5:26\n",
            "  |\n",
            "5 |   - cap: {by: task, max: two, pick: first}\n",
            "  |                          ^^^\n",
        ),
    );
}

#[test]
fn an_unknown_key() {
    slip(
        "stages:",
        "stage:",
        2,
        concat!(
            "error: `stage` is not known here\n",
            " --> recipe.yaml:4:1\n",
            "  |\n",
            "4 | stage:\n",
            "  | ^^^^^\n",
            "hint: did you mean `stages`?\n",
        ),
    );
}

#[test]
fn an_unknown_column() {
    slip(
        "metadata.task_type",
        "metadata.task_typ",
        2,
        concat!(
            "error: no row has `metadata.task_typ`\n",
            " --> recipe.yaml:3:9\n",
            "  |\n",
            "3 |   task: metadata.task_typ\n",
            "  |         ^^^^^^^^^^^^^^^^^\n",
            "hint: did you mean `metadata.task_type`?\n",
        ),
    );
}

#[test]
fn an_unknown_function() {
    slip(
        "task: metadata",
        "task: uper(metadata.task_type) # ",
        2,
        concat!(
            "error: there is no function `uper`\n",
            " --> recipe.yaml:3:9\n",
            "  |\n",
            "3 |   task: uper(metadata.task_type) # .task_type\n",
            "  |         ^^^^\n",
            "hint: did you mean `upper`?\n",
        ),
    );
}

#[test]
fn a_path_of_no_row() {
    slip(
        "by: task",
        "by: flavour",
        2,
        concat!(
            "error: no row has `flavour`\n",
            " --> recipe.yaml:5:15\n",
            "  |\n",
            "5 |   - cap: {by: flavour, max: 2, pick: first}\n",
            "  |               ^^^^^^^\n",
            "hint: `unskew inspect SOURCE` shows the paths that rows have\n",
        ),
    );
}

#[test]
fn yaml_that_is_none() {
    slip(
        "pick: first}",
        "pick: first",
        2,
        concat!(
            "error: while parsing a flow mapping, did not find expected ',' or '}'\n",
            " --> recipe.yaml:6:7\n",
            "  |\n",
            "6 | output: {to: out, format: jsonl}\n",
            "  |       ^\n",
        ),
    );
}

#[test]
fn a_key_twice() {
    slip(
        "columns:",
        "source: x\ncolumns:",
        2,
        concat!(
            "error: duplicate mapping key: source\n",
            " --> recipe.yaml:2:1\n",
            "  |\n",
            "2 | source: x\n",
            "  | ^^^^^^\n",
        ),
    );
}

#[test]
fn a_source_that_is_not_there() {
    slip(
        "rows.jsonl",
        "nope.jsonl",
        3,
        concat!(
            "error: cannot read nope.jsonl\n",
            " --> recipe.yaml:1:9\n",
            "  |\n",
            "1 | source: nope.jsonl\n",
            "  |         ^^^^^^^^^^\n",
            "  cause: No such file or directory (os error 2)\n",
        ),
    );
}

#[test]
fn one_of_several_sources_that_is_not_there() {
    let dir = example();
    dir.write("recipe.yaml", "source:\n  - rows.jsonl\n  - name: b\n    path: b/*.jsonl\n");
    fails(
        &dir,
        &["run", "recipe.yaml", "--quiet"],
        3,
        concat!(
            "error: no data files in b/*.jsonl\n",
            " --> recipe.yaml:4:11\n",
            "  |\n",
            "4 |     path: b/*.jsonl\n",
            "  |           ^^^^^^^^^\n",
            "hint: unskew reads .jsonl, .ndjson, .json and .parquet, the first three also as .gz and .zst\n",
        ),
    );
}

#[test]
fn a_path_misspelt_where_a_name_is_defined() {
    let dir = example();
    let recipe = "source: rows.jsonl\ncolumns:\n  task: upper(metadata.task_typ)\n  kind: lower(task)\nwhere: kind = 'math'\n";
    dir.write("recipe.yaml", recipe);
    fails(
        &dir,
        &["run", "recipe.yaml", "--quiet"],
        2,
        concat!(
            "error: no row has `metadata.task_typ`\n",
            " --> recipe.yaml:3:15\n",
            "  |\n",
            "3 |   task: upper(metadata.task_typ)\n",
            "  |               ^^^^^^^^^^^^^^^^^\n",
            "hint: did you mean `metadata.task_type`?\n",
        ),
    );
}

#[test]
fn keys_that_no_number_tells_apart() {
    let dir = Dir::new();
    dir.write("a.jsonl", "{\"x\": 9007199254740992}\n{\"x\": 9007199254740993}\n");
    dir.write("b.jsonl", "{\"y\": 0.5}\n");
    let recipe = |key: &str| {
        format!(
            "source:\n  - {{path: a.jsonl, columns: {{id: x}}}}\n  - {{path: b.jsonl, columns: {{id: y}}}}\nstages:\n  - dedup: {{by: {key}}}\noutput: {{format: jsonl}}\n"
        )
    };
    dir.write("recipe.yaml", recipe("id"));
    fails(
        &dir,
        &["run", "recipe.yaml", "--quiet"],
        2,
        concat!(
            "error: `id` has whole numbers beyond 2^53 in one source and fractions in another\n",
            " --> recipe.yaml:5:17\n",
            "  |\n",
            "5 |   - dedup: {by: id}\n",
            "  |                 ^^\n",
            "hint: `text(id)` tells them apart\n",
        ),
    );
    dir.write("recipe.yaml", recipe("text(id)"));
    dir.unskew(&["run", "recipe.yaml", "--out", "out", "--quiet"]).success();
    assert_eq!(dir.read("out/data/train-00000-of-00001.jsonl").lines().count(), 3);
}

#[test]
fn a_row_that_is_no_json() {
    let dir = example();
    dir.write("rows.jsonl", "{\"metadata\": {\"task_type\": \"math\"}}\n{\"metadata\": \n");
    fails(
        &dir,
        &["run", "recipe.yaml", "--quiet"],
        4,
        concat!(
            "error: rows.jsonl, line 2: the row is cut off (column 14)\n",
            "hint: `on_bad_row: skip` leaves such rows out and counts them, `on_bad_row: quarantine` also keeps them\n",
        ),
    );
}

#[test]
fn a_recipe_that_is_not_there() {
    fails(
        &Dir::new(),
        &["run", "nope.yaml"],
        2,
        concat!(
            "error: cannot read the recipe nope.yaml\n",
            "  cause: No such file or directory (os error 2)\n",
        ),
    );
}

#[test]
fn a_folder_of_somebody_else() {
    let dir = example();
    dir.write("out/precious.txt", "mine");
    fails(
        &dir,
        &["run", "recipe.yaml", "--quiet"],
        2,
        concat!(
            "error: [folder]/out is not empty, and unskew did not make it\n",
            "hint: name another folder with `--out`, or replace it with `--force`\n",
        ),
    );
    assert_eq!(dir.read("out/precious.txt"), "mine");
    dir.unskew(&["run", "recipe.yaml", "--quiet", "--force"]).success();
    dir.unskew(&["run", "recipe.yaml", "--quiet"]).success();
}

#[test]
fn a_way_through_the_recipe_that_leads_nowhere() {
    fails(
        &example(),
        &["run", "recipe.yaml", "--set", "stages.7.cap.max=1"],
        2,
        concat!(
            "error: `--set stages.7.cap.max` leads nowhere in recipe.yaml\n",
            "hint: a path is written `stages.2.cap.max`, with list items counted from 0\n",
        ),
    );
}

#[test]
fn an_unknown_strategy_to_explain() {
    fails(
        &Dir::new(),
        &["strategies", "taget"],
        2,
        concat!("error: there is no strategy `taget`\n", "hint: did you mean `target`?\n",),
    );
}

#[test]
fn a_column_to_inspect_that_is_not_there() {
    fails(
        &example(),
        &["inspect", "rows.jsonl", "--by", "metadata.task", "--by", "reward"],
        2,
        concat!(
            "error: no row has `metadata.task`\n",
            " --> inspect:3:3\n",
            "  |\n",
            "3 | - metadata.task\n",
            "  |   ^^^^^^^^^^^^^\n",
            "hint: did you mean `metadata.task_type`?\n",
        ),
    );
}

#[test]
fn text_to_draw_a_histogram_of() {
    let dir = example();
    let outcome = dir.unskew(&["inspect", "rows.jsonl", "--histogram", "metadata.task_type"]).failure(2);
    assert_eq!(
        outcome.stderr,
        concat!(
            "error: `metadata.task_type` is text, and a histogram needs numbers\n",
            " --> inspect:2:12\n",
            "  |\n",
            "2 | histogram: metadata.task_type\n",
            "  |            ^^^^^^^^^^^^^^^^^^\n",
            "hint: `number(x)` reads numbers from text; `--by` counts texts\n",
        )
    );
}

#[test]
fn yaml_on_the_command_line_that_is_none() {
    fails(
        &example(),
        &["apply", "cap", "rows.jsonl", "--by", "id", "--max", "2", "--pick", "{best: x"],
        2,
        concat!("error: unclosed bracket '{'\n", " --> --pick:1:1\n", "  |\n", "1 | {best: x\n", "  | ^\n",),
    );
}

#[test]
fn arguments_that_nobody_knows() {
    let dir = example();
    for (arguments, suggestion) in [
        (&["inspct", "rows.jsonl"][..], "'inspect'"),
        (&["run", "recipe.yaml", "--forc"], "'--force'"),
        (&["apply", "caps", "rows.jsonl"], "'cap'"),
        (&["apply", "cap", "rows.jsonl", "--by", "id", "--maxx", "1"], "'--max'"),
        (&["run", "recipe.yaml", "--memory", "1MB"], "at least 256 MiB are needed"),
        (&["run", "recipe.yaml", "--threads", "0"], "0 is not in 1.."),
        (&["inspect", "rows.jsonl", "--rows", "last"], "write `first`"),
    ] {
        let outcome = dir.unskew(arguments).failure(2);
        assert!(outcome.stderr.contains(suggestion), "{}", outcome.stderr);
    }
}
