//! What must be true of the rows that came in, and of those that go out.

use std::collections::BTreeMap;

use unskew_expr::{Expression, Names, Value};

use crate::{
    Result,
    bind::{Bound, Scope},
    frame::Frame,
    recipe::{Check, CheckOn, Per},
    report::CheckReport,
    view::View,
};

/// A check, bound to what it reads.
pub struct BoundCheck {
    /// As it was written.
    pub check: Check,
    /// What is expected.
    pub expect: Bound,
    /// What its expressions may refer to.
    pub scope: Scope,
}

/// Names that a check may use besides columns.
pub const CONSTANTS: [&str; 4] = ["rows_in", "rows_out", "rows_kept", "retention"];

/// Runs a check on the rows it is about.
pub fn run(check: &BoundCheck, frame: &Frame<'_>, input: &View, output: &View) -> Result<Vec<CheckReport>> {
    let view = match check.check.on {
        CheckOn::Input => input,
        CheckOn::Output => output,
    };
    let kept = crate::overflow::distinct(output);
    let report = |view: &View, split: Option<String>| -> Result<CheckReport> {
        let constants = constants(input.len(), view.len(), kept);
        let value = evaluate(&check.expect.variants()[0], check, frame, view, &constants)?;
        Ok(CheckReport {
            expect: check.expect.text().to_owned(),
            on: match check.check.on {
                CheckOn::Input => "input".to_owned(),
                CheckOn::Output => "output".to_owned(),
            },
            split,
            level: check.check.level,
            passed: match value {
                Value::Boolean(passed) => Some(passed),
                _ => None,
            },
            measured: measured(check, frame, view, &constants),
        })
    };
    match (check.check.per, view.splits()) {
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
    expression: &Expression,
    check: &BoundCheck,
    frame: &Frame<'_>,
    view: &View,
    constants: &BTreeMap<String, Value>,
) -> Result<Value> {
    let table = frame.table(expression, &check.scope, view)?;
    expression.evaluate_table(&table, constants).map_err(|error| check.expect.error(error, frame.tree))
}

/// The value of the comparison's left side, for a reader who wants to know by how much.
fn measured(
    check: &BoundCheck,
    frame: &Frame<'_>,
    view: &View,
    constants: &BTreeMap<String, Value>,
) -> Option<serde_json::Value> {
    let text = check.expect.text();
    let operator = text.find(['<', '>', '='])?;
    let names = check.scope.names.first().cloned().unwrap_or_else(Names::default);
    let left = Expression::parse(text[..operator].trim(), &names).ok()?;
    evaluate(&left, check, frame, view, constants).ok().and_then(json)
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
