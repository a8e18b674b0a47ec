//! Pairs become rows, side by side.

use arrow::array::AsArray;
use serde_json::json;
use unskew_strategy::{Choice, Input, Plugin, Role, laws};

use super::PLUGIN;

#[test]
fn laws() {
    assert_eq!(laws::check(&PLUGIN), Ok(()));
}

#[test]
fn both_sides_of_each_pair_stand_together() {
    let strategy = PLUGIN.build(&json!({})).unwrap();
    let answer = strategy.run(&Input::new(2, vec![])).unwrap();
    let roles = vec![Role::Chosen, Role::Rejected, Role::Chosen, Role::Rejected];
    assert_eq!(*answer.choice(), Choice::Unpaired { positions: vec![0, 0, 1, 1], roles });
    let label = answer.columns()[0].1.as_boolean();
    assert_eq!(label.iter().collect::<Vec<_>>(), [Some(true), Some(false), Some(true), Some(false)]);
    assert_eq!(answer.columns()[0].0.name(), "label");
}

#[test]
fn it_takes_no_options() {
    let error = PLUGIN.build(&json!({"label": "good"})).err().unwrap();
    assert_eq!(
        (error.to_string(), error.hints()),
        ("unknown option `label`".into(), &["it takes none".to_owned()][..])
    );
}
