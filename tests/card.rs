//! The card of a folder: written by a run, written again, merged, checked.

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "common/common.rs"]
mod common;

use common::Dir;
use serde_json::Value;

const RECIPE: &str = "\
name: hostile
source: rows.jsonl
columns:
  score: reward
stages:
  - cap: {by: task, max: 3, pick: {best: score}}
card:
  license: apache-2.0
  language: [en, \"no\"]
  tags: [demo]
  citation: |
    @misc{x, title={```}}
  limitations: Made up. <!-- unskew:end -->
output: {to: out, format: jsonl, overflow: true}
";

/// Values that would be markup if they were let.
const HOSTILE: [&str; 6] = [
    "<script>alert(1)</script>",
    "a|b\\\\|c",
    "```\\n<!-- unskew:end -->\\n---",
    "[x](javascript:alert(1))",
    "![](https://example.com/x.png)",
    "\\u202e\\u0000`",
];

fn example() -> Dir {
    let dir = Dir::new();
    dir.write("recipe.yaml", RECIPE);
    let row = |(at, task): (usize, &str)| {
        format!("{{\"task\": \"{task}\", \"text\": \"{task}\", \"reward\": {at}.5, \"{task}\": null}}\n")
    };
    let rows: String = HOSTILE.iter().cycle().take(30).copied().enumerate().map(row).collect();
    dir.write("rows.jsonl", rows);
    dir.unskew(&["run", "recipe.yaml", "--quiet"]).success();
    dir
}

/// The lines of a card that are not in a block of code.
fn prose(card: &str) -> Vec<&str> {
    let mut fence: Option<&str> = None;
    let mut lines = vec![];
    for line in card.lines() {
        let ticks = &line[..line.len() - line.trim_start_matches('`').len()];
        match fence {
            None if ticks.len() >= 3 => fence = Some(ticks),
            None => lines.push(line),
            Some(open) if line == open => fence = None,
            Some(_) => {}
        }
    }
    assert_eq!(fence, None, "a block of code has no end");
    lines
}

/// A line without the code in it.
fn without_code(line: &str) -> String {
    let ticks = |text: &str| text.len() - text.trim_start_matches('`').len();
    let (mut out, mut rest) = (String::new(), line);
    while let Some(at) = rest.find('`') {
        let (before, code) = rest.split_at(at);
        out.push_str(before);
        if before.ends_with('\\') {
            rest = &code[1..];
            continue;
        }
        let (fence, inside) = code.split_at(ticks(code));
        let ends = inside.match_indices(fence).map(|(end, _)| end);
        let end = ends
            .into_iter()
            .find(|end| ticks(&inside[*end..]) == fence.len() && !inside[..*end].ends_with('`'));
        rest = &inside[end.unwrap_or_else(|| panic!("code has no end: {line}")) + fence.len()..];
    }
    out + rest
}

#[test]
fn a_card_is_written_again_byte_for_byte() {
    let dir = example();
    let files = |dir: &Dir| {
        let read = |name: String| std::fs::read(dir.path().join("out").join(name)).unwrap();
        dir.files("out").into_iter().map(read).collect::<Vec<_>>()
    };
    let (before, names) = (files(&dir), dir.files("out"));
    dir.unskew(&["card", "out"]).success();
    assert_eq!((files(&dir), dir.files("out")), (before, names));
    std::fs::remove_file(dir.path().join("out/README.md")).unwrap();
    let again = Dir::new();
    std::fs::rename(dir.path().join("out"), again.path().join("out")).unwrap();
    again.unskew(&["card", "out"]).success();
    let card = again.read("out/README.md");
    assert!(
        card.contains("license: apache-2.0\nlanguage: [en, \"no\"]\n") && card.contains("demo"),
        "{card}"
    );
}

#[test]
fn nothing_from_data_is_markup_in_a_card() {
    let dir = example();
    let card = dir.read("out/README.md");
    let (_, body) = card.split_once("\n---\n").unwrap();
    let prose = prose(body);
    for line in &prose {
        let mut bare = without_code(line);
        let ours = ["<details>", "</details>", "<summary>", "</summary>", "<!-- unskew:", "<! --"];
        for tag in ours {
            bare = bare.replace(tag, "");
        }
        assert!(!bare.contains('<') && !bare.contains("](javascript") && !bare.contains("![]("), "{line}");
    }
    assert_eq!(card.lines().filter(|line| line.trim() == "<!-- unskew:end -->").count(), 1);
    let mut columns = None;
    for line in prose {
        if !line.starts_with('|') {
            columns = None;
            continue;
        }
        let bars = line.replace("\\\\", "").replace("\\|", "").matches('|').count();
        assert_eq!(*columns.get_or_insert(bars), bars, "{line}");
    }
    for name in dir.files("out/assets") {
        let svg = dir.read(&format!("out/assets/{name}"));
        assert!(!svg.contains("<script") && !svg.contains("href") && svg.starts_with("<svg "));
    }
}

#[test]
fn text_and_keys_of_others_stay() {
    let dir = example();
    let card = dir.read("out/README.md");
    let edited = card
        .replace("license: apache-2.0\n", "license: apache-2.0\n# mine\nmine: {a: 1} # too\n")
        .replace("<!-- unskew:end -->\n", "<!-- unskew:end -->\n\nMy own words.\n")
        .replace("## Quick start", "## Something else");
    dir.write("out/README.md", &edited);
    dir.unskew(&["card", "out"]).success();
    let again = dir.read("out/README.md");
    assert!(
        again.contains("# mine\nmine: {a: 1} # too\n") && again.ends_with("\n\nMy own words.\n"),
        "{again}"
    );
    assert!(again.contains("## Quick start") && !again.contains("## Something else"));
    dir.write("out/README.md", "---\nlicense: mit\nlicense: mit\n---\n");
    dir.unskew(&["card", "out"]).failure(2);
}

#[test]
fn links_lead_to_a_repository_once_there_is_one() {
    let dir = example();
    dir.unskew(&["card", "out", "--repo", "me/mine", "--revision", "refs/pr/1"]).success();
    let card = dir.read("out/README.md");
    assert!(card.contains("/datasets/me/mine/resolve/refs%2Fpr%2F1/assets/balance-1.svg)"), "{card}");
    dir.unskew(&["card", "out", "--repo", "me/mine", "--revision", "v1"]).success();
    let card = dir.read("out/README.md");
    assert!(
        card.contains("](https://huggingface.co/datasets/me/mine/resolve/v1/assets/balance-1.svg)"),
        "{card}"
    );
    assert!(card.contains("load_dataset(\"me/mine\", \"default\", split=\"train\", revision=\"v1\")"));
}

#[test]
fn a_recipe_brings_its_own_template() {
    let dir = example();
    let recipe = RECIPE.replace("  tags: [demo]\n", "  template: mine.jinja\n");
    dir.write("recipe.yaml", &recipe);
    dir.write("mine.jinja", "# Mine\n\n{{ rows.output | number }} rows of {{ by[0] | code }}\n");
    dir.unskew(&["run", "recipe.yaml", "--quiet"]).success();
    let card = dir.read("out/README.md");
    assert!(card.contains("\n\n# Mine\n\n18 rows of `task`\n\n<!-- unskew:end -->\n"), "{card}");
    std::fs::remove_file(dir.path().join("mine.jinja")).unwrap();
    dir.unskew(&["card", "out"]).success();
    assert_eq!(dir.read("out/README.md"), card);
    let run = dir.unskew(&["run", "recipe.yaml", "--quiet"]).failure(2);
    assert!(
        run.stderr.contains("cannot read mine.jinja") && run.stderr.contains("recipe.yaml:"),
        "{}",
        run.stderr
    );
}

#[test]
fn what_changed_since_the_run_is_told() {
    let dir = example();
    dir.write("out/data/train-00000-of-00001.jsonl", "{}\n");
    let card = dir.unskew(&["card", "out"]).failure(4);
    assert!(card.stderr.contains("has changed since it was written"), "{}", card.stderr);
    let check = dir.unskew(&["card", "out", "--check"]).failure(6);
    assert!(check.stdout.contains("✗ FAIL  rows"), "{}", check.stdout);
    dir.unskew(&["card", "nowhere"]).failure(3);
    dir.write("empty/x", "");
    let card = dir.unskew(&["card", "empty"]).failure(3);
    assert!(card.stderr.contains("cannot read empty/.unskew/report.json"), "{}", card.stderr);
}

#[test]
fn a_check_tells_every_item() {
    let dir = example();
    let check = dir.unskew(&["card", "out", "--check", "--json"]).success();
    let told: Value = serde_json::from_str(&check.stdout).unwrap();
    assert_eq!(told["passed"], true);
    let outcomes: Vec<&str> =
        told["items"].as_array().unwrap().iter().map(|item| item["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == "pass").count(), 11, "{told}");
    assert_eq!(told["items"][11]["outcome"], "skipped");
}
