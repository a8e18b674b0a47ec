//! The built-in strategies, in one explicit list: what is not on it does not exist.

#![cfg_attr(test, allow(clippy::unwrap_used))]

use unskew_strategy::Plugin;

/// Every built-in strategy, by name.
///
/// ```
/// let names: Vec<_> = unskew_plugins::plugins().iter().map(|plugin| plugin.manifest().name).collect();
/// assert_eq!(names, ["batch", "cap", "dedup", "difficulty", "kto", "mix", "order", "pair", "sample", "split", "target", "unpair", "weigh"]);
/// ```
pub fn plugins() -> &'static [&'static dyn Plugin] {
    static PLUGINS: [&dyn Plugin; 13] = [
        &unskew_batch::PLUGIN,
        &unskew_cap::PLUGIN,
        &unskew_dedup::PLUGIN,
        &unskew_difficulty::PLUGIN,
        &unskew_kto::PLUGIN,
        &unskew_mix::PLUGIN,
        &unskew_order::PLUGIN,
        &unskew_pair::PLUGIN,
        &unskew_sample::PLUGIN,
        &unskew_split::PLUGIN,
        &unskew_target::PLUGIN,
        &unskew_unpair::PLUGIN,
        &unskew_weigh::PLUGIN,
    ];
    &PLUGINS
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};
    use unskew_strategy::laws::Table;

    use super::*;

    #[test]
    fn names_are_in_order_and_used_once() {
        let names: Vec<_> = plugins().iter().map(|plugin| plugin.manifest().name).collect();
        assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
    }

    /// Every option has words of its own, and no type of null.
    #[test]
    fn every_option_is_described() {
        for plugin in plugins() {
            let schema = plugin.manifest().options;
            for (name, option) in schema["properties"].as_object().unwrap() {
                assert!(option["description"].is_string(), "{name}");
                assert!(!option.to_string().contains("\"null\""), "{name}: {option}");
            }
        }
    }

    fn values() -> impl Strategy<Value = Value> {
        let plain = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            prop_oneof![0_u64..5, Just(u64::MAX)].prop_map(Value::from),
            prop_oneof![0.0_f64..2.0, Just(-1.0), Just(1e300), Just(1e-300)].prop_map(Value::from),
            prop::sample::select(vec![
                "", "x", "y", "random", "first", "equal", "shrink", "keep", "largest", "input"
            ])
            .prop_map(Value::from),
        ];
        plain.prop_recursive(2, 8, 3, |inner| {
            let name = prop::sample::select(vec!["a", "b", "1", "null", "best", "weighted", "oversample"]);
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::vec((name.prop_map(String::from), inner), 0..3)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        /// Whatever the options are, they are refused with words, or the strategy runs or refuses with words.
        #[test]
        fn any_options_are_survived(which in 0..plugins().len(), chosen in prop::collection::vec((any::<prop::sample::Index>(), values()), 0..4)) {
            let plugin = plugins()[which];
            let manifest = plugin.manifest();
            let names: Vec<&String> = manifest.options["properties"].as_object().unwrap().keys().collect();
            let mut options = Map::new();
            let given = [("by", json!("x")), ("label", json!("z")), ("each", json!(1))];
            options.extend(given.map(|(name, value)| (name.to_owned(), value)));
            if manifest.name == "pair" {
                options.extend([("per".into(), json!("x")), ("score".into(), json!("y"))]);
            }
            let chosen = chosen.into_iter().filter(|_| !names.is_empty());
            options.extend(chosen.map(|(at, value)| (names[at.index(names.len())].clone(), value)));
            options.retain(|name, _| names.contains(&name));
            let rows = [
                json!({"x": "a", "y": 1, "z": true}),
                json!({"x": "b", "y": 0.5, "z": false}),
                json!({"x": null, "z": true}),
                json!({"x": "a", "z": true}),
            ];
            match plugin.build(&Value::Object(options)) {
                Err(error) => prop_assert!(!error.to_string().is_empty() && error.option_path().is_some()),
                Ok(strategy) => {
                    let input = Table::new(&rows).unwrap().input(&strategy.needs());
                    if let Ok(answer) = strategy.run(&input) {
                        prop_assert!(answer.len() <= rows.len() || strategy.gives().repeats);
                    }
                }
            }
        }
    }
}
