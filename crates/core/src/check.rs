//! What must be true of the rows that came in, and of those that go out.

mod preset;

use std::collections::BTreeMap;

use unskew_expr::Value;

use crate::{
    Error, Result,
    bind::{Bound, Scope},
    frame::Frame,
    recipe::{CheckOn, Level, Per},
    report::CheckReport,
    view::View,
};

pub use preset::{Around, PRESET_CHECKS, PresetCheck, Rule, Rules, rules};

/// A check, bound to what it reads.
pub struct BoundCheck {
    /// What is expected.
    pub expect: Bound,
    /// What its expressions may refer to.
    pub scope: Scope,
    /// Which rows it is about.
    pub on: CheckOn,
    /// What follows when it is not true.
    pub level: Level,
    /// Whether each split is looked at by itself.
    pub per: Option<Per>,
    /// The preset's check that it is, if it comes from one.
    pub preset: Option<&'static PresetCheck>,
}

/// The rows at the points of a run that checks may be about.
pub struct Views<'a> {
    /// All rows that can be read.
    pub source: &'a View,
    /// Those that passed `where`.
    pub input: &'a View,
    /// Those of the result.
    pub output: &'a View,
}

/// Names that a check may use besides columns.
pub const CONSTANTS: [&str; 4] = ["rows_in", "rows_out", "rows_kept", "retention"];

/// Runs a check on the rows it is about.
pub fn run(check: &BoundCheck, frame: &Frame<'_>, views: &Views<'_>) -> Result<Vec<CheckReport>> {
    let (view, on) = match check.on {
        CheckOn::Source => (views.source, "source"),
        CheckOn::Input => (views.input, "input"),
        CheckOn::Output => (views.output, "output"),
    };
    let kept = crate::overflow::distinct(views.output);
    let report = |view: &View, split: Option<String>| -> Result<CheckReport> {
        let constants = constants(views.input.len(), view.len(), kept);
        let value = evaluate(&check.expect, check, frame, view, &constants)?;
        Ok(CheckReport {
            name: check.preset.map(|preset| format!("{}: {}", preset.preset.name(), preset.name)),
            expect: check.expect.text().to_owned(),
            on: on.to_owned(),
            split,
            level: check.level,
            passed: match value {
                Value::Boolean(passed) => Some(passed),
                Value::Null => None,
                _ => return Err(no_condition(check, frame)),
            },
            measured: measured(check, frame, view, &constants),
            means: check.preset.map(|preset| preset.means.to_owned()),
            hint: check.preset.map(|preset| preset.hint.to_owned()),
        })
    };
    match (check.per, view.splits()) {
        (Some(Per::Split), Some(splits)) => {
            let parts = view.by_split()?;
            parts.iter().zip(&splits.names).map(|(part, name)| report(part, Some(name.clone()))).collect()
        }
        _ => Ok(vec![report(view, None)?]),
    }
}

fn constants(rows_in: usize, rows_out: usize, kept: usize) -> BTreeMap<String, Value> {
    let retention = if rows_in == 0 { Value::Null } else { Value::Number(kept as f64 / rows_in as f64) };
    let count = |rows: usize| Value::Integer(rows as i64);
    let values = [count(rows_in), count(rows_out), count(kept), retention];
    CONSTANTS.iter().map(|name| (*name).to_owned()).zip(values).collect()
}

fn evaluate(
    expect: &Bound,
    check: &BoundCheck,
    frame: &Frame<'_>,
    view: &View,
    constants: &BTreeMap<String, Value>,
) -> Result<Value> {
    let (expression, table) = frame.aggregate(expect, &check.scope, view)?;
    expression.evaluate_table(&table, constants).map_err(|error| check.expect.error(error, frame.tree))
}

fn no_condition(check: &BoundCheck, frame: &Frame<'_>) -> Error {
    let message = format!("`{}` is neither true nor false", check.expect.text());
    let hint = "compare it with something, such as `retention >= 0.5`";
    check.expect.error_whole(message, frame.tree).hint(hint)
}

/// The value of what is compared, for a reader who wants to know by how much.
fn measured(
    check: &BoundCheck,
    frame: &Frame<'_>,
    view: &View,
    constants: &BTreeMap<String, Value>,
) -> Option<serde_json::Value> {
    let compared = check.expect.compared()?;
    evaluate(&compared, check, frame, view, constants).ok().and_then(json)
}

fn json(value: Value) -> Option<serde_json::Value> {
    match value {
        Value::Boolean(value) => Some(value.into()),
        Value::Integer(value) => Some(value.into()),
        Value::Number(value) => Some(value.into()),
        Value::Text(value) => Some(value.into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::{Exit, Options, Prepared, Registry, Report, Result, recipe::Written};

    fn plan(folder: &std::path::Path, recipe: &str) -> Result<Report> {
        let mut written = Written::parse("r.yaml", recipe, &[])?;
        written.folder = folder.to_path_buf();
        let prepared = Prepared::new(written, &Registry::new(&[])?, &crate::remote::NoRemotes)?;
        crate::plan(&prepared, &Options::default(), &unskew_io::Silent)
    }

    #[test]
    fn a_check_sees_each_source_by_its_own_names() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.jsonl"), "{\"s\": 0.9, \"own\": {\"x\": 1}}\n").unwrap();
        fs::write(folder.path().join("b.jsonl"), "{\"r\": 0.1}\n{\"r\": 0.3}\n").unwrap();
        let recipe = "
source:
  - {path: a.jsonl, columns: {score: s}}
  - {path: b.jsonl, columns: {score: r}}
checks:
  - {expect: min(score) >= 0.5}
  - {expect: count(score) = 3 and rows_out = 3 and count(own.x) = 1}
  - {expect: max(score) > 0.8}
";
        let report = plan(folder.path(), recipe).unwrap();
        let passed: Vec<_> = report.checks.iter().map(|check| check.passed).collect();
        assert_eq!(passed, [Some(false), Some(true), Some(true)]);
        assert_eq!(report.checks[0].measured, Some(0.1.into()));
    }

    #[test]
    fn what_is_measured_is_what_is_compared() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.jsonl"), "{\"n\": \"a<b\"}\n{\"n\": \"c\"}\n").unwrap();
        let recipe = "
source: a.jsonl
checks:
  - {expect: \"count(case when n = 'a<b' then 1 end) >= 1\"}
  - {expect: \"('a<b' < max(n))\"}
  - {expect: rows_out between 1 and 3}
  - {expect: rows_out > 1 and rows_in > 1}
  - {expect: not rows_out > 2}
";
        let report = plan(folder.path(), recipe).unwrap();
        let measured: Vec<_> = report.checks.iter().map(|check| check.measured.clone()).collect();
        assert_eq!(measured, [Some(1.into()), Some("a<b".into()), Some(2.into()), None, None]);
        assert!(report.checks.iter().all(|check| check.passed == Some(true)));
    }

    #[test]
    fn a_check_is_a_condition() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.jsonl"), "{\"x\": 1}\n").unwrap();
        let error = plan(folder.path(), "source: a.jsonl\nchecks:\n  - {expect: retention}\n").unwrap_err();
        assert_eq!(error.exit(), Exit::Usage);
        assert!(
            error.render().contains("`retention` is neither true nor false\n --> r.yaml:3:14"),
            "{}",
            error.render()
        );
    }
}
