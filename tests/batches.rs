//! The plan of batches that a run writes beside its rows, read back as a batch sampler would.

#![allow(clippy::unwrap_used)]

#[path = "common/common.rs"]
mod common;

use std::collections::BTreeMap;

use common::Dir;
use serde_json::Value;

/// Classes' sizes and rows of each in a batch: the fixtures of the sampler that people migrate from.
const FIXTURES: [(&[usize], usize); 8] = [
    (&[3, 3, 3], 2),
    (&[5, 3, 4], 2),
    (&[4, 2, 3], 2),
    (&[3, 2, 4], 2),
    (&[4, 3, 2], 2),
    (&[2, 2], 1),
    (&[100, 2], 3),
    (&[10, 5, 20, 3], 2),
];

fn folder(sizes: &[usize]) -> Dir {
    let dir = Dir::new();
    let labels = sizes.iter().enumerate().flat_map(|(class, &size)| vec![class; size]);
    let row = |(id, label): (usize, usize)| format!("{{\"id\": {id}, \"label\": {label}}}\n");
    dir.write("rows.jsonl", labels.enumerate().map(row).collect::<String>());
    dir
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Runs the stages; answers the rows of `split`, and its batches epoch by epoch.
fn run(dir: &Dir, stages: &str, seed: u64, split: &str) -> (Vec<Value>, Vec<Vec<Vec<usize>>>) {
    let recipe = format!("source: rows.jsonl\nseed: {seed}\nstages:\n{stages}output: {{format: jsonl}}\n");
    dir.write("recipe.yaml", recipe);
    dir.unskew(&["run", "recipe.yaml", "--out", "out", "--quiet"]).success();
    let rows = lines(&dir.read(&format!("out/data/{split}-00000-of-00001.jsonl")));
    dir.write("plan.yaml", "source: out/.unskew/batches.parquet\noutput: {format: jsonl}\n");
    dir.unskew(&["run", "plan.yaml", "--out", "plan", "--quiet"]).success();
    let mut epochs: BTreeMap<u64, BTreeMap<u64, Vec<usize>>> = BTreeMap::new();
    for place in lines(&dir.read("plan/data/train-00000-of-00001.jsonl")) {
        if place["split"] == split {
            let number = |name: &str| place[name].as_u64().unwrap();
            let epoch = epochs.entry(number("epoch")).or_default();
            epoch.entry(number("batch")).or_default().push(number("row") as usize);
        }
    }
    (rows, epochs.into_values().map(|batches| batches.into_values().collect()).collect())
}

/// The seven things that a balanced batch sampler must do, read from a plan and the rows that it is for.
fn check(sizes: &[usize], each: usize, rows: &[Value], batches: &[Vec<usize>]) {
    // As many batches as it takes to go through the largest class; none of them is short.
    assert_eq!(batches.len(), sizes.iter().max().unwrap().div_ceil(each));
    let mut uses: BTreeMap<u64, usize> = BTreeMap::new();
    for batch in batches {
        assert_eq!(batch.len(), each * sizes.len());
        let mut of_class = vec![0; sizes.len()];
        let mut seen: Vec<u64> = vec![];
        for &place in batch {
            let (id, label) = (rows[place]["id"].as_u64().unwrap(), rows[place]["label"].as_u64().unwrap());
            of_class[label as usize] += 1;
            *uses.entry(id).or_default() += 1;
            let again = seen.contains(&id);
            assert!(!again || sizes[label as usize] < each, "row {id} comes twice in {batch:?}");
            seen.push(id);
        }
        assert!(of_class.iter().all(|&rows| rows == each), "{of_class:?}");
    }
    let mut first = 0;
    for &size in sizes {
        let uses: Vec<usize> =
            (first..first + size).map(|id| uses.get(&(id as u64)).copied().unwrap_or(0)).collect();
        let (fewest, most) = (uses.iter().min().unwrap(), uses.iter().max().unwrap());
        assert!(*fewest >= 1 && most - fewest <= 1, "{uses:?}");
        first += size;
    }
}

#[test]
fn plans_keep_what_a_balanced_sampler_promises() {
    for (sizes, each) in FIXTURES {
        let dir = folder(sizes);
        for rows in ["repeated", "once"] {
            let stages = format!("  - batch: {{by: label, each: {each}, rows: {rows}}}\n");
            let (written, epochs) = run(&dir, &stages, 42, "train");
            assert_eq!(epochs.len(), 1);
            check(sizes, each, &written, &epochs[0]);
            if rows == "once" {
                assert_eq!(written, lines(&dir.read("rows.jsonl")));
            }
            assert_eq!(run(&dir, &stages, 42, "train"), (written, epochs));
        }
    }
}

#[test]
fn both_forms_have_the_same_batches() {
    let sizes = [10, 5, 20, 3];
    let dir = folder(&sizes);
    let ids = |rows: &str| {
        let stages = format!("  - batch: {{by: label, each: 2, epochs: 3, rows: {rows}}}\n");
        let (written, epochs) = run(&dir, &stages, 7, "train");
        assert_eq!(epochs.len(), 3);
        for batches in &epochs {
            check(&sizes, 2, &written, batches);
        }
        let id = |place: &usize| written[*place]["id"].as_u64().unwrap();
        epochs.concat().concat().iter().map(id).collect::<Vec<_>>()
    };
    let once = ids("once");
    assert_eq!(ids("repeated"), once);
    assert_ne!(once[..80], once[80..160], "epochs have batches of their own");
    let (_, other) = run(&dir, "  - batch: {by: label, each: 2, rows: once}\n", 8, "train");
    let rows = lines(&dir.read("rows.jsonl"));
    let other: Vec<u64> =
        other.concat().concat().iter().map(|place| rows[*place]["id"].as_u64().unwrap()).collect();
    assert_ne!(once[..80], other, "another seed makes other batches");
}

#[test]
fn repeated_rows_have_one_number() {
    let (rows, epochs) = run(&folder(&[9, 2]), "  - batch: {by: label, each: 3}\n", 1, "train");
    let mut first: BTreeMap<u64, usize> = BTreeMap::new();
    for (place, row) in rows.iter().enumerate() {
        first.entry(row["id"].as_u64().unwrap()).or_insert(place);
    }
    let places = epochs.concat().concat();
    assert_eq!(places.len(), rows.len());
    for (row, place) in rows.iter().zip(places) {
        assert_eq!(first[&row["id"].as_u64().unwrap()], place);
    }
}

#[test]
fn every_split_has_a_plan_of_its_own() {
    let stages = "  - split: {test: 0.5, stratify: label}\n  - batch: {by: label, each: 1, rows: once}\n";
    let dir = folder(&[8, 4]);
    for split in ["train", "test"] {
        let (rows, epochs) = run(&dir, stages, 3, split);
        assert_eq!((rows.len(), epochs[0].len()), (6, 4));
        for batch in &epochs[0] {
            let labels: Vec<u64> =
                batch.iter().map(|&place| rows[place]["label"].as_u64().unwrap()).collect();
            assert_eq!(labels, [0, 1]);
        }
    }
}

#[test]
fn a_later_stage_undoes_batches_and_the_run_says_so() {
    let dir = folder(&[4, 2]);
    dir.write(
        "recipe.yaml",
        "source: rows.jsonl\nstages:\n  - batch: {by: label, each: 1}\n  - order: {shuffle: true}\noutput: {format: jsonl}\n",
    );
    let run = dir.unskew(&["run", "recipe.yaml", "--out", "out"]).success();
    assert!(
        run.stdout.contains("stage `order` comes after batches were made, and undoes them"),
        "{}",
        run.stdout
    );
    assert!(!dir.files("out").contains(&".unskew/batches.parquet".to_owned()));
}
