//! What comes into which bucket.

use arrow::{
    array::AsArray,
    datatypes::{Float64Type, UInt32Type},
};
use proptest::prelude::*;
use serde_json::{Value, json};
use unskew_strategy::{Choice, Example, Plugin, Result, Selection, laws};

use super::PLUGIN;

fn run(options: &Value, rows: &[Value]) -> Result<Selection> {
    laws::answer(&PLUGIN, options, rows)
}

/// The rows that are kept, with their buckets.
fn buckets(options: &Value, rows: &[Value]) -> Vec<(u32, String)> {
    let answer = run(options, rows).unwrap();
    let Choice::Rows(kept) = answer.choice() else { panic!("it answers rows") };
    let column = answer.columns()[0].1.as_dictionary::<UInt32Type>();
    let names = column.values().as_string::<i32>();
    kept.iter()
        .zip(column.keys().values())
        .map(|(row, key)| (*row, names.value(*key as usize).to_owned()))
        .collect()
}

fn names(options: &Value, rows: &[Value]) -> Vec<String> {
    buckets(options, rows).into_iter().map(|(_, name)| name).collect()
}

fn scored(scores: &[f64]) -> Vec<Value> {
    scores.iter().map(|score| json!({"score": score})).collect()
}

#[test]
fn laws() {
    assert_eq!(laws::check(&PLUGIN), Ok(()));
    let rows = || {
        ["a", "a", "b", "c", "d"]
            .iter()
            .zip([0.5, 0.5, 0.25, 1.0, 0.0])
            .map(|(prompt, score)| {
                json!({"prompt": prompt, "avg(score)": score, "count(x)": 4, "score": score,
                "count(x) filter (where (x) >= 0.5)": score * 4.0})
            })
            .collect::<Vec<_>>()
    };
    for (options, chooses) in [
        (json!({}), vec![0, 1, 2, 3, 4]),
        (json!({"per": "prompt", "missing": "drop"}), vec![0, 1, 2, 3, 4]),
        (json!({"per": "prompt", "missing": "zero", "metric": "avg(score)"}), vec![0, 1, 2, 3, 4]),
        (
            json!({"per": "prompt", "metric": "avg(score)", "method": "rank", "missing": {"bucket": "unknown"}}),
            vec![0, 1, 2, 3, 4],
        ),
        (
            json!({"per": "prompt", "method": "rank", "ties": "random", "missing": "drop"}),
            vec![0, 1, 2, 3, 4],
        ),
        (
            json!({"method": "rank", "ties": "random", "missing": "drop", "band": {"above": 0, "below": 1}}),
            vec![0, 1, 2],
        ),
        (json!({"of": "x", "metric": "pass_at_k", "k": 2, "missing": "zero"}), vec![0, 1, 2, 3, 4]),
        (
            json!({"of": "x", "metric": "top_k_rate", "missing": "drop", "cuts": {"at_most": [0.2]}}),
            vec![0, 1, 2, 3, 4],
        ),
    ] {
        assert_eq!(
            laws::check_with(&PLUGIN, Example { options: options.clone(), rows: rows(), chooses }),
            Ok(()),
            "{options}"
        );
    }
}

#[test]
fn rewards_are_easy_from_the_first_cut_on() {
    let rows = scored(&[1.0, 0.8, 0.79, 0.4, 0.39, 0.0]);
    let options = json!({"cuts": {"at_least": [0.8, 0.4]}});
    assert_eq!(names(&options, &rows), ["easy", "easy", "medium", "medium", "hard", "hard"]);
}

#[test]
fn thresholds_go_upwards_and_take_what_equals_them() {
    let rows = scored(&[0.0, 0.3, 0.31, 0.7, 0.71]);
    let cuts = json!({"at_most": [0.3, 0.7]});
    let expected = ["bucket_0", "bucket_0", "bucket_1", "bucket_1", "bucket_2"];
    assert_eq!(names(&json!({"cuts": cuts}), &rows), expected);
    let named = json!({"cuts": cuts, "buckets": ["low", "medium", "high"]});
    assert_eq!(names(&named, &rows), ["low", "low", "medium", "medium", "high"]);
    let harder = json!({"cuts": cuts, "higher": "harder"});
    assert_eq!(names(&harder, &rows), ["easy", "easy", "medium", "medium", "hard"]);
}

#[test]
fn a_high_reward_is_easy_unless_told_otherwise() {
    let rows = scored(&[0.1, 0.9, 0.5]);
    assert_eq!(names(&json!({}), &rows), ["hard", "easy", "medium"]);
    assert_eq!(names(&json!({"higher": "harder"}), &rows), ["easy", "hard", "medium"]);
    assert_eq!(names(&json!({"buckets": 5}), &rows), ["very_hard", "very_easy", "medium"]);
    assert_eq!(names(&json!({"buckets": 2}), &rows), ["bucket_1", "bucket_0", "bucket_0"]);
    let metric = |metric: &str, expression: &str| {
        let rows = [1.0, 2.0, 3.0].map(|value| json!({expression: value}));
        names(&json!({"of": "x", "metric": metric}), &rows)
    };
    assert_eq!(metric("max_reward", "max(x)"), ["hard", "medium", "easy"]);
    assert_eq!(metric("inverse_mean", "1.0 / (avg(x) + 0.000001)"), ["easy", "medium", "hard"]);
    let variance = "case when count(x) = 1 then 0.0 else var(x) end";
    assert_eq!(metric("variance", variance), ["easy", "medium", "hard"]);
    assert_eq!(
        metric("0.7 * avg(x) + 0.3 * var(x)", "0.7 * avg(x) + 0.3 * var(x)"),
        ["hard", "medium", "easy"]
    );
}

#[test]
fn a_metric_alone_is_the_score_of_the_row() {
    let rows = [0.1, 0.9, 0.5].map(|reward| json!({"reward": reward, "1 - reward": 1.0 - reward}));
    for options in [json!({"metric": "reward", "buckets": 3}), json!({"score": "reward", "buckets": 3})] {
        assert_eq!(names(&options, &rows), ["hard", "easy", "medium"], "{options}");
    }
    assert_eq!(names(&json!({"metric": "1 - reward"}), &rows), ["easy", "hard", "medium"]);
    let error = run(&json!({"metric": "reward"}), &[json!({"reward": null})]).unwrap_err();
    assert_eq!(error.option_path(), Some("metric"));
}

/// The script's answer to ten rewards of 0 and 1: half of them in each of two buckets, none in the third.
#[test]
fn equal_scores_share_a_bucket_by_quantile_and_not_by_rank() {
    let rows = scored(&[0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0]);
    let sizes = |options: Value| {
        let names = names(&options, &rows);
        ["easy", "medium", "hard"].map(|name| names.iter().filter(|other| *other == name).count())
    };
    assert_eq!(sizes(json!({})), [5, 5, 0]);
    assert_eq!(sizes(json!({"higher": "harder"})), [5, 5, 0]);
    assert_eq!(sizes(json!({"method": "rank"})), [4, 3, 3]);
}

#[test]
fn levels_are_all_there() {
    let answer = run(&json!({"cuts": {"at_least": [2, 1]}}), &scored(&[0.0])).unwrap();
    let levels = answer.columns()[0].1.as_dictionary::<UInt32Type>().values().as_string::<i32>();
    assert_eq!(levels.iter().flatten().collect::<Vec<_>>(), ["easy", "medium", "hard"]);
    assert_eq!(answer.columns()[1].0.name(), "difficulty_score");
}

#[test]
fn ties_go_by_source_or_by_chance() {
    let rows = [(3, 1), (2, 9), (1, 0), (0, 5)]
        .map(|(order, priority)| json!({"score": 1, "$order": order, "$priority": priority}));
    let by = |ties: &str| names(&json!({"method": "rank", "buckets": ["a", "b"], "ties": ties}), &rows);
    assert_eq!(by("source"), ["b", "b", "a", "a"]);
    assert_eq!(by("random"), ["a", "b", "a", "b"]);
}

#[test]
fn a_group_has_one_score_and_its_size_does_not_matter() {
    let rows = [("a", 0.1), ("b", 0.9), ("b", 0.9), ("b", 0.9), ("c", 0.5)]
        .map(|(prompt, mean)| json!({"prompt": prompt, "avg(reward)": mean}));
    let options = json!({"per": "prompt", "score": "reward"});
    assert_eq!(names(&options, &rows), ["hard", "easy", "easy", "easy", "medium"]);
    let answer = run(&options, &rows).unwrap();
    let scores = answer.columns()[1].1.as_primitive::<Float64Type>();
    assert_eq!(scores.values(), &[0.1, 0.9, 0.9, 0.9, 0.5]);
    let note = &answer.notes()[0].table;
    let column = |name: &str| {
        note.column_by_name(name).unwrap().as_primitive::<arrow::datatypes::UInt64Type>().values().to_vec()
    };
    assert_eq!((column("groups"), column("rows")), (vec![1, 1, 1], vec![3, 1, 1]));
}

#[test]
fn missing_scores() {
    let rows = [json!({"score": 0.5}), json!({"score": null}), json!({"score": 1.0})];
    let with = |missing: Value| {
        buckets(&json!({"cuts": {"at_least": [1]}, "buckets": ["a", "b"], "missing": missing}), &rows)
    };
    let rows_of =
        |kept: &[(u32, &str)]| kept.iter().map(|(row, name)| (*row, (*name).to_owned())).collect::<Vec<_>>();
    assert_eq!(with(json!("drop")), rows_of(&[(0, "b"), (2, "a")]));
    assert_eq!(with(json!("zero")), rows_of(&[(0, "b"), (1, "b"), (2, "a")]));
    assert_eq!(with(json!({"bucket": "none"})), rows_of(&[(0, "b"), (1, "none"), (2, "a")]));
    assert_eq!(with(json!({"bucket": "a"})), rows_of(&[(0, "b"), (1, "a"), (2, "a")]));
    let error = run(&json!({}), &rows).unwrap_err();
    assert_eq!((error.option_path(), error.to_string().as_str()), (Some("score"), "1 row has no score"));
    assert_eq!(error.hints(), ["say what becomes of them with `missing`: drop, zero or {bucket: NAME}"]);
}

#[test]
fn a_band_leaves_out_its_ends() {
    let rows = scored(&[0.0, 0.2, 0.9, 1.0]);
    let kept = |band: Value| {
        buckets(&json!({"band": band}), &rows).into_iter().map(|(row, _)| row).collect::<Vec<_>>()
    };
    assert_eq!(kept(json!({"above": 0, "below": 1})), [1, 2]);
    assert_eq!(kept(json!({"above": 0})), [1, 2, 3]);
    assert_eq!(kept(json!({"below": 0.2})), [0]);
}

#[test]
fn k_is_not_beyond_the_scores() {
    let rows = [json!({"count(x)": 4, "count(x) filter (where (x) >= 0.5)": 1})];
    let score = |k: u32| {
        let answer = run(&json!({"of": "x", "metric": "pass_at_k", "k": k}), &rows);
        answer.map(|answer| answer.columns()[1].1.as_primitive::<Float64Type>().value(0))
    };
    assert_eq!([score(1).unwrap(), score(4).unwrap()], [0.25, 1.0]);
    let error = score(5).unwrap_err();
    assert_eq!(
        (error.option_path(), error.to_string().as_str()),
        (Some("k"), "`k` is 5, but there are only 4 scores somewhere")
    );
}

#[test]
fn options_are_explained() {
    let error = |options: Value| {
        let error = PLUGIN.build(&options).err().unwrap();
        (error.option_path().unwrap().to_owned(), error.to_string())
    };
    for (options, path, message) in [
        (json!({"of": "x", "per": "y"}), "per", "`of` and `per` exclude each other"),
        (json!({"of": "x", "score": "y"}), "score", "`score` has no meaning beside `of`"),
        (json!({"metric": "variance"}), "metric", "`variance` is made of several scores"),
        (
            json!({"metric": "reward", "score": "reward"}),
            "metric",
            "`metric` and `score` say the same thing here",
        ),
        (json!({"metric": "reward", "threshold": 0.7}), "threshold", "this metric has no threshold"),
        (json!({"metric": "reward", "k": 3}), "k", "this metric has no `k`"),
        (json!({"of": "x", "metric": "mean_rewrd"}), "metric", "unknown metric `mean_rewrd`"),
        (json!({"of": "x", "threshold": 0.7}), "threshold", "this metric has no threshold"),
        (json!({"of": "x", "k": 3}), "k", "this metric has no `k`"),
        (json!({"of": "x", "metric": "pass_at_k"}), "k", "`pass_at_k` needs `k`"),
        (
            json!({"of": "x", "metric": "pass_at_k", "k": 0}),
            "k",
            "`k` is the number 0, expected a whole number, 1 or more",
        ),
        (
            json!({"method": "rank", "cuts": {"at_least": [1]}}),
            "method",
            "`method` and `cuts` exclude each other",
        ),
        (json!({"cuts": {"at_least": [0.4, 0.8]}}), "cuts.at_least[1]", "0.4 does not come before 0.8"),
        (json!({"cuts": {"at_most": [0.3, 0.3]}}), "cuts.at_most[1]", "0.3 does not come before 0.3"),
        (json!({"cuts": {"at_most": []}}), "cuts.at_most", "there may be 1 to 999 cuts"),
        (json!({"cuts": [0.3]}), "cuts", "`cuts` is a list, expected one of `at_least`, `at_most`"),
        (
            json!({"cuts": {"at_most": [0.3, 0.7]}, "buckets": ["a", "b"]}),
            "buckets",
            "2 cuts make 3 buckets, not 2",
        ),
        (json!({"cuts": {"at_most": [0.3]}, "buckets": 3}), "buckets", "1 cut makes 2 buckets, not 3"),
        (json!({"buckets": 0}), "buckets", "`buckets`: there may be 1 to 1000 buckets"),
        (json!({"buckets": ["a", "a"]}), "buckets", "`buckets`: the name \"a\" is empty or comes twice"),
        (json!({"ties": "random"}), "ties", "`ties` goes with `method: rank` only"),
        (json!({"band": {}}), "band", "`band` has no ends"),
        (json!({"band": {"above": 1, "below": 0}}), "band", "no score is above 1 and below 0"),
        (json!({"missing": "dorp"}), "missing", "unknown choice `dorp`"),
        (
            json!({"column": "x", "score_column": "x"}),
            "score_column",
            "the score's column needs a name of its own",
        ),
    ] {
        assert_eq!(error(options.clone()), (path.to_owned(), message.to_owned()), "{options}");
    }
    let hints = |options: Value| PLUGIN.build(&options).err().unwrap().hints().to_vec();
    assert_eq!(hints(json!({"of": "x", "metric": "mean_rewrd"})), ["did you mean `mean_reward`?"]);
    assert_eq!(hints(json!({"missing": "dorp"})), ["did you mean `drop`?"]);
    assert_eq!(
        hints(json!({"metric": "mean_reward"})),
        [
            "say where they come from: `of: LIST`, or `per: EXPRESSION` that rows agree in",
            "if rows have a number of this name, write `score: mean_reward`"
        ]
    );
}

#[test]
fn a_score_of_text_is_an_error() {
    let error = run(&json!({}), &[json!({"score": "high"})]).unwrap_err();
    assert_eq!(error.to_string(), "`score` is no number");
}

proptest! {
    #[test]
    fn ranks_make_equal_buckets_that_keep_the_order(scores in prop::collection::vec(0_u8..5, 0..40), count in 1_usize..7, ties in prop::sample::select(vec!["source", "random"])) {
        let rows: Vec<Value> = scores.iter().map(|score| json!({"score": score})).collect();
        let wanted: Vec<String> = (0..count).map(|bucket| format!("{bucket:02}")).collect();
        let got = names(&json!({"method": "rank", "ties": ties, "buckets": wanted}), &rows);
        for (at, bucket) in wanted.iter().enumerate() {
            let size = got.iter().filter(|name| *name == bucket).count();
            prop_assert_eq!(size, scores.len() / count + usize::from(at < scores.len() % count));
        }
        for (a, b) in (0..scores.len()).flat_map(|a| (0..scores.len()).map(move |b| (a, b))) {
            prop_assert!(scores[a] <= scores[b] || got[a] <= got[b]);
        }
    }

    /// Quantiles go over groups, whatever their sizes: with each group once the buckets are the same.
    #[test]
    fn rows_inherit_the_bucket_of_their_group(groups in prop::collection::vec((0_u8..9, 1_usize..4), 1..12), count in 1_usize..5) {
        let rows = |sizes: bool| -> Vec<Value> {
            let one = |(prompt, (score, size)): (usize, &(u8, usize))| {
                std::iter::repeat_n(json!({"prompt": prompt, "avg(score)": score}), if sizes { *size } else { 1 })
            };
            groups.iter().enumerate().flat_map(one).collect()
        };
        let options = json!({"per": "prompt", "buckets": count});
        let once = names(&options, &rows(false));
        let expected: Vec<String> = once.into_iter().zip(&groups).flat_map(|(name, (_, size))| std::iter::repeat_n(name, *size)).collect();
        prop_assert_eq!(names(&options, &rows(true)), expected);
    }
}
