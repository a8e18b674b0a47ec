//! What is told of the groups of a stage where there are very many, and where it leaves all of them as they were.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::{common::Dir, schema};

const RECIPE: &str = "\
source: rows.jsonl
stages:
  - difficulty: {per: prompt, score: reward}
  - cap: {by: prompt, max: 2, pick: first}
output: {to: out, format: jsonl}
";

/// A folder with a recipe and so many prompts, of which each has one row, two or three.
fn prompts(count: usize) -> Dir {
    let dir = Dir::new();
    let rows = (0..count).fold(String::new(), |mut text, prompt| {
        for row in 0..=prompt % 3 {
            let _ = writeln!(text, "{{\"prompt\": \"prompt {prompt:03}\", \"reward\": 0.{row}}}");
        }
        text
    });
    dir.write("rows.jsonl", rows);
    dir.write("recipe.yaml", RECIPE);
    dir
}

#[test]
fn many_groups_are_summed_up_everywhere() {
    let dir = prompts(150);
    let run = dir.unskew(&["run", "recipe.yaml"]).success();
    let table = "
cap by prompt
               before   after
  groups          150     150
  least rows        1       1
  median rows       2       2
  mean rows         2  1.6667
  most rows         3       2

";
    assert!(run.stdout.contains(table), "{}", run.stdout);
    assert!(!run.stdout.contains("prompt 0"), "{}", run.stdout);

    let card = dir.read("out/README.md");
    let table = "
### cap

300 rows before, 250 after.

By `prompt`, rows in each group:

| | groups | least | median | mean | most |
| --- | --: | --: | --: | --: | --: |
| before | 150 | 1 | 2.0 | 2.0 | 3 |
| after | 150 | 1 | 2.0 | 1.7 | 2 |

";
    assert!(card.contains(table), "{card}");
    let (balance, _) = card.split_once("## Dataset Structure").unwrap();
    assert!(!balance.contains("prompt 0"), "{card}");

    let text = dir.read("out/.unskew/report.json");
    assert!(!text.contains("prompt 0"), "{text}");
    let report: Value = serde_json::from_str(&text).unwrap();
    let summary = json!({
        "before": {"groups": 150, "least": 1, "median": 2.0, "mean": 2.0, "most": 3},
        "after": {"groups": 150, "least": 1, "median": 2.0, "mean": 250.0 / 150.0, "most": 2},
    });
    let strata = json!([{"split": null, "by": ["prompt"], "groups": [], "summary": summary}]);
    assert_eq!(report["stages"][1]["strata"], strata);
    assert_eq!(report["stages"][1]["notes"], json!([]));
    let described = serde_json::from_str(&dir.unskew(&["schema", "report"]).success().stdout).unwrap();
    assert_eq!(schema::violations(&described, &report), Vec::<String>::new());
}

#[test]
fn groups_that_stay_as_they_were_are_not_shown() {
    for count in [9, 150] {
        let run = prompts(count).unskew(&["run", "recipe.yaml"]).success();
        assert!(!run.stdout.contains("difficulty by prompt"), "{}", run.stdout);
        assert!(run.stdout.contains("difficulty, buckets"), "{}", run.stdout);
        assert!(run.stdout.contains("cap by prompt"), "{}", run.stdout);
    }
}

#[test]
fn what_is_not_listed_of_a_note_is_counted() {
    let dir = prompts(150);
    dir.write(
        "recipe.yaml",
        "source: rows.jsonl\nstages: [{mix: {by: prompt, shares: equal}}]\noutput: {to: out, format: jsonl}\n",
    );
    let run = dir.unskew(&["run", "recipe.yaml"]).success();
    assert!(run.stdout.contains("\n  and 130 more\n"), "{}", run.stdout);
    let report: Value = serde_json::from_str(&dir.read("out/.unskew/report.json")).unwrap();
    let note = &report["stages"][0]["notes"][0];
    assert_eq!((note["rows"].as_array().unwrap().len(), &note["more"]), (100, &json!(50)));
    let described = serde_json::from_str(&dir.unskew(&["schema", "report"]).success().stdout).unwrap();
    assert_eq!(schema::violations(&described, &report), Vec::<String>::new());
}
