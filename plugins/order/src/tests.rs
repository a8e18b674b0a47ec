//! Which order rows come in.

use serde_json::{Value, json};
use unskew_strategy::{Choice, Example, Plugin, laws};

use super::PLUGIN;

fn example(options: Value, chooses: Vec<u32>) -> Example {
    let rows = vec![json!({"x": 3}), json!({"x": 1}), json!({"x": null}), json!({"x": 2})];
    Example { options, rows, chooses }
}

#[test]
fn laws() {
    assert_eq!(laws::check(&PLUGIN), Ok(()));
    assert_eq!(laws::check_with(&PLUGIN, example(json!({"source": true}), vec![0, 1, 2, 3])), Ok(()));
    assert_eq!(laws::check_with(&PLUGIN, example(json!({"shuffle": true}), vec![0, 1, 2, 3])), Ok(()));
    assert_eq!(laws::check_with(&PLUGIN, example(json!({"curriculum": "x"}), vec![1, 3, 0, 2])), Ok(()));
    assert_eq!(
        laws::check_with(&PLUGIN, example(json!({"curriculum": "x", "descending": true}), vec![0, 3, 1, 2])),
        Ok(())
    );
}

#[test]
fn random_numbers_and_ranks_decide() {
    let rows = [3, 1, 2].map(|number| json!({"x": 0, "$chance": number, "$order": 3 - number}));
    let order = |options: Value| {
        let answer = laws::answer(&PLUGIN, &options, &rows).unwrap();
        let Choice::Rows(rows) = answer.choice().clone() else { panic!("it answers rows") };
        rows
    };
    assert_eq!(order(json!({"shuffle": true})), [1, 2, 0]);
    assert_eq!(order(json!({"source": true})), [0, 2, 1]);
    assert_eq!(order(json!({"curriculum": "x"})), [1, 2, 0]);
    assert_eq!(order(json!({"interleave": "x"})), [1, 2, 0]);
}

#[test]
fn texts_need_levels() {
    let rows = ["hard", "easy", "medium", "easy"].map(|level| json!({"x": level}));
    let order = |options: Value| -> unskew_strategy::Result<Vec<u32>> {
        let answer = laws::answer(&PLUGIN, &options, &rows)?;
        let Choice::Rows(rows) = answer.choice().clone() else { panic!("it answers rows") };
        Ok(rows)
    };
    let with = |levels: Value| order(json!({"curriculum": "x", "levels": levels}));
    assert_eq!(with(json!(["easy", "medium", "hard"])).unwrap(), [1, 3, 2, 0]);
    assert_eq!(with(json!("alphabetical")).unwrap(), [1, 3, 0, 2]);
    let turned = json!({"curriculum": "x", "levels": ["easy", "medium", "hard"], "descending": true});
    assert_eq!(order(turned).unwrap(), [0, 2, 1, 3]);
    let error = order(json!({"curriculum": "x"})).unwrap_err();
    assert_eq!(error.option_path(), Some("curriculum"));
    assert_eq!(error.to_string(), "`x` is text, and says not which comes first");
    let error = with(json!(["easy", "hard"])).unwrap_err();
    assert_eq!(error.option_path(), Some("levels"));
    assert_eq!(error.to_string(), "`x` is `medium` somewhere, which is no level");
    assert_eq!(with(json!(["a", "a"])).unwrap_err().to_string(), "`levels`: `a` is listed twice");
    let error = order(json!({"shuffle": true, "levels": ["a"]})).unwrap_err();
    assert_eq!(error.to_string(), "`levels` goes with `curriculum` only");
}

#[test]
fn exactly_one_order() {
    let error = |options: Value| PLUGIN.build(&options).err().unwrap();
    assert_eq!(error(json!({})).to_string(), "exactly one order is needed");
    assert_eq!(error(json!({"source": true, "shuffle": true})).to_string(), "exactly one order is needed");
    assert_eq!(error(json!({"shuffle": false})).to_string(), "exactly one order is needed");
    assert_eq!(error(json!({"shuffle": true, "descending": true})).option_path(), Some("descending"));
    assert_eq!(
        error(json!("shuffle")).to_string(),
        "the options are the text \"shuffle\", expected a mapping of options"
    );
    assert_eq!(error(json!({"interlave": "x"})).hints(), ["did you mean `interleave`?"]);
}
