//! Runs the recipes in `examples`, which must do what they say.

#![allow(clippy::unwrap_used)]

#[path = "common/common.rs"]
mod common;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

use common::Dir;
use serde_json::Value;

fn examples() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples")
}

/// Runs a recipe of the examples with its result in `out`.
fn run(name: &str) -> Dir {
    let dir = Dir::new();
    let recipe = examples().join(name);
    dir.unskew(&["run", recipe.to_str().unwrap(), "--out", "out", "--quiet"]).success();
    dir
}

fn input() -> Vec<String> {
    fs::read_to_string(examples().join("data/rollouts.jsonl")).unwrap().lines().map(str::to_owned).collect()
}

/// The rows in the files of a folder, file by file.
fn rows(dir: &Dir, folder: &str) -> Vec<String> {
    let files = dir.files(folder).into_iter().map(|file| dir.read(&format!("{folder}/{file}")));
    files.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
}

fn task(row: &str) -> String {
    let row: Value = serde_json::from_str(row).unwrap();
    row["metadata"]["task_type"].as_str().unwrap_or("general").to_owned()
}

fn difficulty(row: &str) -> &'static str {
    let row: Value = serde_json::from_str(row).unwrap();
    match row["reward"].as_f64().unwrap() {
        reward if reward >= 0.8 => "easy",
        reward if reward >= 0.4 => "medium",
        _ => "hard",
    }
}

fn count<K: Ord>(rows: &[String], key: impl Fn(&str) -> K) -> BTreeMap<K, usize> {
    rows.iter().fold(BTreeMap::new(), |mut counts, row| {
        *counts.entry(key(row)).or_default() += 1;
        counts
    })
}

fn counts<const N: usize>(expected: [(&str, usize); N]) -> BTreeMap<String, usize> {
    expected.map(|(name, rows)| (name.to_owned(), rows)).into()
}

fn sorted(mut rows: Vec<String>) -> Vec<String> {
    rows.sort();
    rows
}

#[test]
fn every_example_makes_a_folder() {
    let names =
        fs::read_dir(examples()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let recipes: Vec<_> = names.filter(|name| name.strip_suffix(".yaml").is_some()).collect();
    assert!(recipes.len() >= 7, "{recipes:?}");
    for recipe in recipes {
        let dir = run(&recipe);
        assert!(!rows(&dir, "out/data").is_empty(), "{recipe} chose no rows");
        assert!(dir.read("out/README.md").starts_with("---\n"), "{recipe} wrote no card");
    }
}

#[test]
fn cap_keeps_every_row_somewhere() {
    let dir = run("cap.yaml");
    let (kept, overflow) = (rows(&dir, "out/data"), rows(&dir, "out/overflow"));
    let expected = counts([("coding", 120), ("general", 16), ("math", 120), ("search", 72), ("writing", 32)]);
    assert_eq!(count(&kept, task), expected);
    assert_eq!(count(&overflow, task), counts([("coding", 12), ("math", 228)]));
    assert_eq!(sorted([kept, overflow].concat()), sorted(input()));
}

#[test]
fn first_n_keeps_the_first_rows_in_their_order() {
    let mut seen = BTreeMap::new();
    let mut first = input();
    first.retain(|row| {
        let seen = seen.entry(task(row)).or_insert(0);
        *seen += 1;
        *seen <= 120
    });
    assert_eq!(rows(&run("first-n.yaml"), "out/data"), first);
}

#[test]
fn stratified_has_the_counts_it_asks_for() {
    let kept = rows(&run("stratified.yaml"), "out/data");
    assert_eq!(count(&kept, task), counts([("coding", 60), ("math", 60), ("search", 60), ("writing", 32)]));
}

#[test]
fn difficulty_has_the_shares_it_asks_for() {
    let kept = rows(&run("difficulty.yaml"), "out/data");
    assert_eq!(count(&kept, difficulty), [("easy", 126), ("hard", 63), ("medium", 126)].into());
    assert!(kept.iter().all(|row| row.contains("\"difficulty\":")));
}

#[test]
fn cells_are_capped() {
    let dir = run("cells.yaml");
    let cell = |row: &str| (task(row), difficulty(row));
    let mut expected = count(&input(), cell);
    for rows in expected.values_mut() {
        *rows = (*rows).min(40);
    }
    let kept = rows(&dir, "out/data");
    assert_eq!(count(&kept, cell), expected);
    assert_eq!(sorted([kept, rows(&dir, "out/overflow")].concat()), sorted(input()));
}

#[test]
fn curriculum_goes_from_easy_to_hard() {
    let kept = rows(&run("curriculum.yaml"), "out/data");
    let reward = |row: &String| serde_json::from_str::<Value>(row).unwrap()["reward"].as_f64().unwrap();
    assert!(kept.windows(2).all(|pair| reward(&pair[0]) >= reward(&pair[1])));
    assert_eq!(
        count(&kept, task),
        counts([("coding", 33), ("general", 4), ("math", 40), ("search", 18), ("writing", 8)])
    );
}

/// The rows of each split of a result.
fn split(dir: &Dir, name: &str) -> Vec<String> {
    let text = dir.read(&format!("out/data/{name}-00000-of-00001.jsonl"));
    text.lines().map(str::to_owned).collect()
}

fn prompt(row: &str) -> String {
    serde_json::from_str::<Value>(row).unwrap()["responses_create_params"]["input"].to_string()
}

#[test]
fn phases_grow_by_prompts_that_are_sometimes_solved() {
    let mut rewards: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for row in input() {
        let reward = serde_json::from_str::<Value>(&row).unwrap()["reward"].as_f64().unwrap();
        rewards.entry(prompt(&row)).or_default().push(reward);
    }
    let rate = |prompt: &str| {
        let rewards = &rewards[prompt];
        rewards.iter().filter(|reward| **reward >= 0.5).count() as f64 / rewards.len() as f64
    };
    let dir = run("phases.yaml");
    let phases = ["phase_1", "phase_2", "phase_3"].map(|name| split(&dir, name));
    assert!(phases.windows(2).all(|pair| pair[0].iter().all(|row| pair[1].contains(row))));
    let prompts = |rows: &[String]| count(rows, prompt).into_keys().collect::<Vec<_>>();
    let sometimes: Vec<_> =
        rewards.keys().filter(|prompt| (0.001..0.999).contains(&rate(prompt))).cloned().collect();
    assert_eq!(prompts(&phases[2]), sometimes);
    let third = |phases: usize| (phases * sometimes.len()).div_ceil(3);
    assert_eq!([prompts(&phases[0]).len(), prompts(&phases[1]).len()], [third(1), third(2)]);
    let worst = |rows: &[String]| rows.iter().map(|row| rate(&prompt(row))).fold(1.0, f64::min);
    let best = |rows: &[String]| rows.iter().map(|row| rate(&prompt(row))).fold(0.0, f64::max);
    let hard: Vec<_> = phases[2].iter().filter(|row| !phases[1].contains(row)).cloned().collect();
    assert!(worst(&phases[0]) >= best(&hard));
}

#[test]
fn train_and_test_share_no_prompt_and_have_one_mix() {
    let dir = run("train-test.yaml");
    let splits = ["train", "validation", "test"].map(|name| split(&dir, name));
    assert_eq!(sorted(splits.concat()), sorted(input()));
    let [train, validation, test] = splits.each_ref().map(|rows| count(rows, prompt));
    assert!(train.keys().all(|prompt| !validation.contains_key(prompt) && !test.contains_key(prompt)));
    assert!(validation.keys().all(|prompt| !test.contains_key(prompt)));
    for (rows, wanted) in splits.iter().zip([480, 60, 60]) {
        assert!(rows.len().abs_diff(wanted) <= 4, "{} of {wanted} rows", rows.len());
        let math = count(rows, task)["math"];
        assert!(math.abs_diff(wanted * 58 / 100) <= 12, "{math} of {wanted} rows are math");
    }
}

#[test]
fn a_sample_has_the_mix_of_the_whole() {
    let kept = rows(&run("sample.yaml"), "out/data");
    let expected = counts([("coding", 13), ("general", 2), ("math", 35), ("search", 7), ("writing", 3)]);
    assert_eq!(count(&kept, task), expected);
}

#[test]
fn weights_are_even_over_kinds() {
    let kept = rows(&run("weigh.yaml"), "out/data");
    assert_eq!(kept.len(), input().len());
    let mut sums = BTreeMap::new();
    for row in &kept {
        let weight = serde_json::from_str::<Value>(row).unwrap()["weight"].as_f64().unwrap();
        *sums.entry(task(row)).or_insert(0.0) += weight;
    }
    assert_eq!(sums.len(), 5);
    assert!(sums.values().all(|sum| (sum - 120.0_f64).abs() < 1e-9), "{sums:?}");
}

#[test]
fn a_mix_has_its_shares_of_letters() {
    let kept = rows(&run("mix.yaml"), "out/data");
    let letters = |row: &str| {
        let row: Value = serde_json::from_str(row).unwrap();
        row["response"]["output"][0]["content"].as_str().unwrap().chars().count()
    };
    let of = |kind: &str| {
        kept.iter().filter(|row| task(row) == kind).map(|row| letters(row)).sum::<usize>() as f64
    };
    let whole: f64 = kept.iter().map(|row| letters(row) as f64).sum();
    for (kind, share) in [("coding", 0.5), ("math", 0.2), ("search", 0.2), ("writing", 0.1), ("general", 0.0)]
    {
        assert!((of(kind) / whole - share).abs() < 0.02, "{kind}: {} of {whole}", of(kind));
    }
}

fn parsed(rows: &[String]) -> Vec<Value> {
    rows.iter().map(|row| serde_json::from_str(row).unwrap()).collect()
}

/// The rows of both splits of a workflow, which have no prompt in common.
fn sides(dir: &Dir, prompt: impl Fn(&Value) -> &Value) -> [Vec<Value>; 2] {
    let sides = ["train", "validation"].map(|name| parsed(&split(dir, name)));
    let [train, validation] = &sides;
    assert!(train.iter().all(|row| validation.iter().all(|other| prompt(row) != prompt(other))));
    assert!(!validation.is_empty() && validation.len() * 5 < train.len());
    sides
}

/// Rewards of each answer to each prompt.
fn rewards() -> BTreeMap<String, Vec<f64>> {
    let mut rewards: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for row in parsed(&input()) {
        let (prompt, answer) = (&row["responses_create_params"]["input"], &row["response"]["output"]);
        rewards.entry(format!("{prompt}{answer}")).or_default().push(row["reward"].as_f64().unwrap());
    }
    rewards
}

#[test]
fn sft_keeps_good_answers_and_the_rest_aside() {
    let dir = run("workflow-sft.yaml");
    let rewards = rewards();
    let kept = sides(&dir, |row| &row["prompt"]).concat();
    for row in &kept {
        let of_answer = &rewards[&format!("{}{}", row["prompt"], row["completion"])];
        assert!(of_answer.iter().any(|reward| *reward >= 0.8));
        assert_eq!(row.as_object().unwrap().keys().collect::<Vec<_>>(), ["prompt", "completion"]);
    }
    let texts: BTreeSet<_> = kept.iter().map(Value::to_string).collect();
    assert_eq!(texts.len(), kept.len(), "no example comes twice");
    let overflow = rows(&dir, "out/overflow");
    assert_eq!(overflow.len() + kept.len(), input().len());
    let left_out = count(&overflow, task);
    let most = count(&input(), task).into_iter().map(|(task, rows)| rows - left_out[&task]).max();
    assert_eq!(most, Some(50));
}

#[test]
fn dpo_pairs_have_one_prompt_and_a_better_answer() {
    let dir = run("workflow-dpo.yaml");
    let rewards = rewards();
    let kept = sides(&dir, |row| &row["prompt"]).concat();
    assert_eq!(kept.len(), 72);
    for pair in &kept {
        let side = |side: &str| &rewards[&format!("{}{}", pair["prompt"], pair[side])];
        let gap = pair["reward_gap"].as_f64().unwrap();
        let gaps =
            || side("chosen").iter().flat_map(|one| side("rejected").iter().map(move |other| one - other));
        assert!(gap >= 0.2 - 1e-9 && gaps().any(|known| (known - gap).abs() < 1e-12), "{pair}");
        assert_ne!(pair["chosen"], pair["rejected"]);
        let names: Vec<&String> = pair.as_object().unwrap().keys().collect();
        assert_eq!(names, ["prompt", "chosen", "rejected", "reward_gap"]);
    }
    assert_eq!(rows(&dir, "out/overflow").len() + 2 * kept.len(), input().len());
}

#[test]
fn kto_mixes_both_labels_in_every_batch() {
    let dir = run("workflow-kto.yaml");
    let rewards = rewards();
    let splits = sides(&dir, |row| &row["prompt"]);
    for rows in &splits {
        let label = |row: &Value| row["label"].as_bool().unwrap();
        assert!(
            rows.len().is_multiple_of(2) && rows.chunks(2).all(|pair| label(&pair[0]) != label(&pair[1]))
        );
        assert!(rows.windows(2).all(|pair| pair[0]["prompt"] != pair[1]["prompt"]));
        for row in rows {
            let of_answer = &rewards[&format!("{}{}", row["prompt"], row["completion"])];
            assert!(of_answer.iter().any(|reward| (*reward >= 0.5) == label(row)));
        }
    }
    assert_eq!(rows(&dir, "out/overflow").len() + splits.concat().len(), input().len());
}

#[test]
fn rl_has_every_kind_in_every_difficulty() {
    let dir = run("workflow-rl.yaml");
    let splits = sides(&dir, |row| &row["prompt"]);
    let mut expected = count(&input(), |row| (task(row), difficulty(row).to_owned()));
    for rows in expected.values_mut() {
        *rows = (*rows).min(40);
    }
    let mut cells = BTreeMap::new();
    for row in splits.iter().flatten() {
        let text = |name: &str| row[name].as_str().unwrap().to_owned();
        *cells.entry((text("task"), text("difficulty"))).or_insert(0) += 1;
        assert!(row["completion"].is_array() && row["reward"].is_number());
    }
    assert_eq!(cells, expected);
    assert_eq!(rows(&dir, "out/overflow").len() + splits.concat().len(), input().len());
}

#[test]
fn labelled_rows_alternate() {
    let kept = rows(&run("pairs-to-rows.yaml"), "out/data");
    assert!(!kept.is_empty() && kept.len().is_multiple_of(2));
    for (place, row) in kept.iter().enumerate() {
        let row: Value = serde_json::from_str(row).unwrap();
        assert_eq!(row["label"], place.is_multiple_of(2));
        assert_eq!(row["completion"][0]["role"], "assistant");
    }
}

#[test]
fn batches_hold_what_the_example_says() {
    let kept = rows(&run("batches.yaml"), "out/data");
    let kind = |row: &str| match task(row).as_str() {
        kind @ ("math" | "coding") => kind.to_owned(),
        _ => "other".to_owned(),
    };
    assert!(
        kept.chunks(8).all(|batch| count(batch, kind) == counts([("math", 4), ("coding", 2), ("other", 2)]))
    );
    assert_eq!(kept.len(), 2 * 87 * 8);
    for epoch in kept.chunks(kept.len() / 2) {
        let id = |row: &str| serde_json::from_str::<Value>(row).unwrap()["id"].to_string();
        assert_eq!(count(epoch, id).len(), 600, "every row comes");
    }
}
