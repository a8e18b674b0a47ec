//! Running a case, and comparing what comes out with what its page says.

use std::fmt::Write;

use crate::{
    common::{Dir, Outcome},
    diff::diff,
    page::{Case, Fence, Kind, Page},
};

/// Something that runs in a folder as the program does.
pub type Program = fn(&Dir, &[&str]) -> Outcome;

/// Where rows of Parquet are written once more, as JSON Lines that a page can show.
const BACK: &str = "back";

/// Where a page says otherwise than the program.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Fences with another content, and the content they should have.
    pub differences: Vec<(Fence, String)>,
    /// These differences, shown line by line.
    pub shown: String,
    /// What no other content would put right.
    pub problems: String,
}

/// Runs every case of a page.
pub fn check(page: &Page, program: Program) -> Verdict {
    let mut verdict = Verdict::default();
    for case in &page.cases {
        if let Err(problem) = check_case(page, case, program, &mut verdict) {
            say(&mut verdict.problems, &format!("line {}, {}: {problem}", case.line, case.title));
        }
    }
    verdict
}

fn say(text: &mut String, words: &str) {
    writeln!(text, "{}", words.trim_end()).expect("a string takes any text");
}

fn check_case(page: &Page, case: &Case, program: Program, verdict: &mut Verdict) -> Result<(), String> {
    let dir = Dir::new();
    for fence in &case.fences {
        match &fence.kind {
            Kind::Recipe => dir.write("recipe.yaml", page.content(fence)),
            Kind::Rows(name) => dir.write(name, page.content(fence)),
            _ => {}
        }
    }
    let planned = case.has(|kind| *kind == Kind::Plan).then(|| program(&dir, &["plan", "recipe.yaml"]));
    let run = run(case, &dir, program)?;
    for fence in &case.fences {
        let Some(got) = answer(&fence.kind, &dir, run.as_ref(), planned.as_ref())? else { continue };
        let wanted = page.content(fence);
        if !agree(&fence.kind, wanted, &got) {
            let place = format!("line {}, {}, {}", fence.line, case.title, fence.info);
            let shown = diff(wanted, &got);
            say(&mut verdict.shown, &format!("{place}: the page says -, the program +\n{shown}"));
            verdict.differences.push((fence.clone(), got));
        }
    }
    Ok(())
}

/// Runs the recipe, unless only a plan is expected, and sees to it that the run fails just where it should.
fn run(case: &Case, dir: &Dir, program: Program) -> Result<Option<Outcome>, String> {
    if !case.has(|kind| !matches!(kind, Kind::Recipe | Kind::Rows(_) | Kind::Plan)) {
        return Ok(None);
    }
    let recipe = dir.read("recipe.yaml");
    let (says, parquet) = (recipe.contains("  format: "), recipe.contains("  format: parquet"));
    let mut arguments = vec!["run", "recipe.yaml", "--out", "out"];
    if !says {
        arguments.extend(["--set", "output.format=jsonl"]);
    }
    if !case.has(|kind| *kind == Kind::Report) {
        arguments.push("--quiet");
    }
    let outcome = program(dir, &arguments);
    let expected = case.fences.iter().find_map(|fence| match fence.kind {
        Kind::Error(code) => Some(code),
        _ => None,
    });
    let fits = match expected {
        None => outcome.code == 0,
        Some(None) => outcome.code != 0,
        Some(Some(code)) => outcome.code == code,
    };
    if fits && parquet && outcome.code == 0 {
        dir.write("back.yaml", "source: out/data\noutput: {format: jsonl}\n");
        let back = program(dir, &["run", "back.yaml", "--out", BACK, "--quiet"]);
        if back.code != 0 {
            return Err(format!("what was written cannot be read\n{}", back.stderr));
        }
    }
    if fits {
        Ok(Some(outcome))
    } else {
        Err(format!("the exit code is {}\n{}", outcome.code, outcome.stderr))
    }
}

/// What the fence would hold if the program had written it.
fn answer(
    kind: &Kind,
    dir: &Dir,
    run: Option<&Outcome>,
    plan: Option<&Outcome>,
) -> Result<Option<String>, String> {
    let run = || run.expect("a case with such a fence is run");
    Ok(Some(match kind {
        Kind::Recipe | Kind::Rows(_) => return Ok(None),
        Kind::Expected { split, .. } => {
            let folder = if dir.path().join(BACK).is_dir() { BACK } else { "out" };
            let (config, split) = split.split_once('/').unwrap_or(("data", split));
            rows(dir, &format!("{folder}/{config}"), Some(split))?
        }
        Kind::Overflow(split) => rows(dir, "out/overflow", split.as_deref())?,
        Kind::Report => run().stdout.clone(),
        Kind::Error(_) => run().stderr.clone(),
        Kind::Plan => {
            let plan = plan.expect("a case with such a fence is planned");
            if plan.code != 0 {
                return Err(format!("the plan's exit code is {}\n{}", plan.code, plan.stderr));
            }
            plan.stdout.clone()
        }
    }))
}

/// The rows that a run wrote into a folder, of one split or of all.
fn rows(dir: &Dir, folder: &str, split: Option<&str>) -> Result<String, String> {
    let files = dir.files(folder);
    let of_split = |name: &&String| match (name.strip_suffix(".jsonl"), split) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(stem), Some(split)) => {
            let number = stem.strip_prefix(split).and_then(|rest| rest.strip_prefix('-'));
            number.is_some_and(|number| number.starts_with(|c: char| c.is_ascii_digit()))
        }
    };
    let chosen: Vec<_> = files.iter().filter(of_split).collect();
    if chosen.is_empty() {
        let what = split.map_or("no rows were".to_owned(), |split| format!("no split {split} was"));
        return Err(format!("{what} written to {folder}, which holds {files:?}"));
    }
    Ok(chosen.into_iter().map(|name| dir.read(&format!("{folder}/{name}"))).collect())
}

fn agree(kind: &Kind, wanted: &str, got: &str) -> bool {
    match kind {
        Kind::Expected { any_order: true, .. } => sorted(wanted) == sorted(got),
        Kind::Report => has_parts(wanted, got),
        _ => wanted == got,
    }
}

fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<_> = text.split_inclusive('\n').collect();
    lines.sort_unstable();
    lines
}

/// Whether the lines between lines `…` of `wanted` come in `got`, part after part.
fn has_parts(wanted: &str, got: &str) -> bool {
    let (wanted, got): (Vec<_>, Vec<_>) = (wanted.lines().collect(), got.lines().collect());
    let mut rest = got.as_slice();
    for part in wanted.split(|line| line.trim() == "…").filter(|part| !part.is_empty()) {
        let Some(start) = rest.windows(part.len()).position(|window| window == part) else { return false };
        rest = &rest[start + part.len()..];
    }
    wanted.iter().any(|line| line.trim() != "…")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes the rows as they are, and leaves out the last one.
    fn copies(dir: &Dir, arguments: &[&str]) -> Outcome {
        if arguments[0] == "plan" {
            return Outcome { stdout: "1 stage\n".to_owned(), ..Outcome::default() };
        }
        assert_eq!(arguments[..6], ["run", "recipe.yaml", "--out", "out", "--set", "output.format=jsonl"]);
        if dir.read("recipe.yaml").contains("broken") {
            return Outcome { code: 2, stderr: "error: broken\n".to_owned(), ..Outcome::default() };
        }
        let rows = dir.read("rows.jsonl");
        let last = rows.trim_end().rfind('\n').map_or(0, |end| end + 1);
        dir.write("out/README.md", "card");
        dir.write("out/data/train-00000-of-00001.jsonl", &rows[..last]);
        dir.write("out/data/train_2-00000-of-00001.jsonl", "other\n");
        dir.write("out/trl-kto/train-00000-of-00001.jsonl", "shaped\n");
        dir.write("out/overflow/b-00000-of-00001.jsonl", &rows[last..]);
        let stdout = if arguments.contains(&"--quiet") { "" } else { "rows\n  in 3\n  out 2\ndone\n" };
        Outcome { stdout: stdout.to_owned(), ..Outcome::default() }
    }

    fn page(fences: &str) -> Page {
        let text = format!("# Title\n```yaml recipe\nstages: []\n```\n```jsonl rows\n1\n2\n3\n```\n{fences}");
        Page::parse(&text).unwrap()
    }

    fn verdict(fences: &str) -> Verdict {
        check(&page(fences), copies)
    }

    #[test]
    fn a_page_that_is_right_passes() {
        let fences = "```jsonl expected\n1\n2\n```\n```jsonl expected any-order\n2\n1\n```\n```jsonl expected train_2\nother\n```\n\
                      ```jsonl expected trl-kto/train\nshaped\n```\n\
                      ```jsonl overflow\n3\n```\n```jsonl overflow b\n3\n```\n\
                      ```text report\nrows\n…\n  out 2\n```\n```text plan\n1 stage\n```\n";
        let verdict = verdict(fences);
        assert_eq!(
            (verdict.shown.as_str(), verdict.problems.as_str(), verdict.differences.len()),
            ("", "", 0)
        );
    }

    #[test]
    fn what_differs_is_shown_and_can_be_updated() {
        let fences = "```jsonl expected\n1\n1\n```\n```text report\n  out 3\n```\n";
        let page = page(fences);
        let verdict = check(&page, copies);
        assert_eq!(verdict.problems, "");
        assert!(verdict.shown.starts_with(
            "line 10, Title, jsonl expected: the page says -, the program +\n 1\n-1\n+2\n\
             line 14, Title, text report: the page says -, the program +\n"
        ));
        let updated = Page::parse(&page.with(verdict.differences)).unwrap();
        assert_eq!(check(&updated, copies).shown, "");
    }

    #[test]
    fn bytes_count() {
        assert_eq!(verdict("```jsonl expected\n1\n 2\n```\n").differences.len(), 1);
        assert_eq!(verdict("```jsonl expected\n2\n1\n```\n").differences.len(), 1);
        assert_eq!(verdict("```jsonl expected any-order\n2\n2\n1\n```\n").differences.len(), 1);
        assert_eq!(verdict("```text report\n```\n").differences.len(), 1);
        assert_eq!(verdict("```text report\n…\n```\n").differences.len(), 1);
    }

    #[test]
    fn a_split_that_is_not_there_cannot_be_updated() {
        let verdict = verdict("```jsonl expected test\n```\n");
        let expected = "line 1, Title: no split test was written to out/data";
        assert!(verdict.problems.starts_with(expected), "{}", verdict.problems);
    }

    #[test]
    fn failures_are_expected_or_not() {
        let case = |fence: &str| {
            let text = format!("# Title\n```yaml recipe\nbroken\n```\n```{fence}\n```\n");
            check(&Page::parse(&text).unwrap(), copies)
        };
        assert_eq!(case("text error 2\nerror: broken").problems, "");
        assert_eq!(case("text error\nerror: broken").shown, "");
        assert_eq!(case("text error\nerror: other").differences[0].1, "error: broken\n");
        assert_eq!(
            case("text error 4\nerror: broken").problems,
            "line 1, Title: the exit code is 2\nerror: broken\n"
        );
        assert_ne!(case("jsonl expected").problems, "");
        assert_eq!(verdict("```text error\n```\n").problems, "line 1, Title: the exit code is 0\n");
    }
}
