//! A strategy that breaks each law, to see that the law can fail.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use arrow::array::UInt32Array;
use serde_json::{Value, json};

use super::*;
use crate::{Error, Example, Gives, Input, Manifest, Need, Result, Role, Roles, Selection, Splits, Strategy};

type Run = fn(&Input) -> Result<Selection>;

/// A strategy and its plugin; whatever a test does not change is right.
#[derive(Clone)]
struct Fixture {
    run: Run,
    gives: Gives,
    strict: bool,
    manifest: Manifest,
}

impl Strategy for Fixture {
    fn needs(&self) -> Vec<Need> {
        vec![Need::Groups(vec!["task".into()]), Need::Chance]
    }

    fn gives(&self) -> Gives {
        self.gives.clone()
    }

    fn run(&self, input: &Input) -> Result<Selection> {
        (self.run)(input)
    }
}

impl Plugin for Fixture {
    fn manifest(&self) -> Manifest {
        self.manifest.clone()
    }

    fn build(&self, options: &Value) -> Result<Box<dyn Strategy>> {
        match options.as_object().and_then(|options| options.keys().next()) {
            Some(name) if self.strict => Err(Error::option(name, "there is no such option")),
            _ => Ok(Box::new(self.clone())),
        }
    }
}

fn everything(input: &Input) -> Vec<u32> {
    (0..input.len() as u32).collect()
}

fn right() -> Fixture {
    let example = Example {
        options: json!({}),
        rows: vec![json!({"task": "a"}), json!({"task": "b"})],
        chooses: vec![0, 1],
    };
    let manifest = Manifest {
        contract: 1,
        name: "right".into(),
        version: "0.1.0".into(),
        summary: "Keep everything".into(),
        options: json!({"type": "object"}),
        ordered: false,
        example,
    };
    Fixture {
        run: |input| Ok(Selection::rows(everything(input))),
        gives: Gives::default(),
        strict: true,
        manifest,
    }
}

fn broken(fixture: &Fixture) -> Vec<Law> {
    check(fixture).err().unwrap_or_default().into_iter().map(|violation| violation.law).collect()
}

#[test]
fn a_right_strategy_passes() {
    assert_eq!(check(&right()), Ok(()));
}

#[test]
fn a_bad_manifest() {
    for change in [
        |manifest: &mut Manifest| manifest.contract = 2,
        |manifest: &mut Manifest| manifest.name = "Not Plain".into(),
        |manifest: &mut Manifest| manifest.summary = "A full stop.".into(),
        |manifest: &mut Manifest| manifest.options = json!(true),
    ] {
        let mut fixture = right();
        change(&mut fixture.manifest);
        assert_eq!(broken(&fixture), [Law::Manifest]);
    }
}

#[test]
fn options_that_are_not_read() {
    assert_eq!(broken(&Fixture { strict: false, ..right() }), [Law::UnknownOption]);
}

#[test]
fn positions_out_of_range() {
    let run: Run = |input| Ok(Selection::rows(everything(input).iter().map(|row| row + 1).collect()));
    assert_eq!(broken(&Fixture { run, ..right() }), [Law::Example, Law::Positions]);
}

#[test]
fn parts_of_different_lengths() {
    let uneven_pairs: Run = |input| Ok(Selection::pairs(everything(input), vec![]));
    let too_few_roles: Run = |input| Ok(Selection::unpair(everything(input), vec![]));
    let too_few_splits: Run =
        |input| Ok(Selection::rows(everything(input)).split(vec![], vec!["train".into()]));
    let unknown_split: Run =
        |input| Ok(Selection::rows(everything(input)).split(vec![1; input.len()], vec!["train".into()]));
    let short_column: Run = |input| {
        Ok(Selection::rows(everything(input)).column("x", Arc::new(UInt32Array::from(Vec::<u32>::new()))))
    };
    for run in [uneven_pairs, too_few_roles, too_few_splits, unknown_split, short_column] {
        assert_eq!(broken(&Fixture { run, ..right() }), [Law::Positions]);
    }
}

#[test]
fn an_answer_that_changes() {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    let run: Run = |input| {
        let run = RUNS.fetch_add(1, Ordering::Relaxed);
        if run == 0 {
            return Ok(Selection::rows(everything(input)));
        }
        Ok(Selection::rows(
            everything(input).into_iter().filter(|row| (row + run).is_multiple_of(2)).collect(),
        ))
    };
    assert!(broken(&Fixture { run, ..right() }).contains(&Law::Repeatable));
}

#[test]
fn an_answer_by_position() {
    let run: Run = |input| Ok(Selection::rows(everything(input).into_iter().take(2).collect()));
    assert_eq!(broken(&Fixture { run, ..right() }), [Law::Permutation]);
    let mut said = Fixture { run, ..right() };
    said.manifest.ordered = true;
    assert_eq!(broken(&said), [], "unless the manifest says so");
}

#[test]
fn an_order_by_position() {
    let run: Run = |input| Ok(Selection::rows(everything(input).into_iter().rev().collect()));
    let mut fixture = Fixture { run, gives: Gives { ordered: true, ..Gives::default() }, ..right() };
    fixture.manifest.example.chooses = vec![1, 0];
    assert_eq!(broken(&fixture), [Law::Permutation]);
}

#[test]
fn no_rows_refused() {
    let run: Run = |input| match input.len() {
        0 => Err(Error::data("there are no rows")),
        _ => Ok(Selection::rows(everything(input))),
    };
    assert_eq!(broken(&Fixture { run, ..right() }), [Law::Empty]);
}

#[test]
fn gives_that_are_not_true() {
    let gives = |gives: Gives| Fixture { gives, ..right() };
    let plain = Gives::default;
    assert_eq!(broken(&gives(Gives { roles: Roles::Pairs, ..plain() })), [Law::Gives]);
    assert_eq!(broken(&gives(Gives { columns: vec!["x".into()], ..plain() })), [Law::Gives]);
    assert_eq!(broken(&gives(Gives { splits: Splits::FromData, ..plain() })), [Law::Gives]);
    let run: Run = |input| Ok(Selection::rows([everything(input), everything(input)].concat()));
    let mut twice = Fixture { run, gives: Gives { ordered: true, ..plain() }, ..right() };
    twice.manifest.ordered = true;
    twice.manifest.example.chooses = vec![0, 1, 0, 1];
    assert_eq!(broken(&twice), [Law::Gives]);
    twice.gives = Gives { ordered: true, repeats: true, ..plain() };
    assert_eq!(broken(&twice), []);
    let run: Run = |input| {
        let rows = everything(input);
        let roles = vec![Role::Chosen; rows.len()];
        Ok(Selection::unpair(rows, roles))
    };
    assert_eq!(broken(&Fixture { run, ..right() }), [Law::Gives]);
    assert_eq!(broken(&Fixture { run, gives: Gives { roles: Roles::Single, ..plain() }, ..right() }), []);
}

#[test]
fn an_order_that_was_not_announced() {
    let run: Run = |input| {
        let mut rows = everything(input);
        rows.sort_by_key(|&row| std::cmp::Reverse(input.chance(1)[row as usize]));
        Ok(Selection::rows(rows))
    };
    assert_eq!(broken(&Fixture { run, ..right() }), [Law::Example, Law::Gives]);
}

#[test]
fn an_example_that_does_not_hold() {
    let mut fixture = right();
    fixture.manifest.example.chooses = vec![1];
    assert_eq!(broken(&fixture), [Law::Example]);
    fixture.manifest.example.rows = vec![json!(3)];
    assert_eq!(broken(&fixture), [Law::Example]);
    fixture.manifest.example.options = json!({"colour": "red"});
    assert_eq!(broken(&fixture), [Law::Example]);
}

#[test]
fn a_panic_is_told() {
    let run: Run = |input| Ok(Selection::rows(vec![input.order(1)[0]]));
    assert_eq!(broken(&Fixture { run, ..right() }), [Law::Panic]);
}
