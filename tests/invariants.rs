//! What must hold for every recipe and every way of storing the same rows.

#![allow(clippy::unwrap_used, missing_docs)]

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use proptest::prelude::*;
use serde_json::{Value, json};
use unskew_core::{Options, Prepared, Registry, recipe::Written};

/// One way of storing rows.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Store {
    Plain,
    Gzip,
    Zstd,
    Array,
    Shards,
    Parquet,
}

const STORES: [Store; 6] =
    [Store::Plain, Store::Gzip, Store::Zstd, Store::Array, Store::Shards, Store::Parquet];

fn run(folder: &Path, recipe: &str, out: &str, options: &Options) -> PathBuf {
    let mut written = Written::parse("recipe.yaml", recipe, &[]).unwrap();
    written.folder = folder.to_path_buf();
    let registry = Registry::new(unskew_plugins::plugins()).unwrap();
    let prepared = Prepared::new(written, &registry, &unskew::NoRemotes)
        .unwrap_or_else(|error| panic!("{}", error.render()));
    let options = Options { out: Some(folder.join(out)), ..options.clone() };
    let outcome = unskew_core::run(&prepared, &options, &unskew_io::Silent)
        .unwrap_or_else(|error| panic!("{}", error.render()));
    unskew_card::finish(outcome, false).unwrap()
}

fn lines(rows: &[Value]) -> String {
    rows.iter().flat_map(|row| [row.to_string(), "\n".to_owned()]).collect()
}

/// Stores `rows` and says what a recipe calls them.
fn store(folder: &Path, rows: &[Value], how: Store) -> String {
    let write = |name: &str, bytes: &[u8]| fs::write(folder.join(name), bytes).unwrap();
    let text = lines(rows);
    let name = match how {
        Store::Plain => "rows.jsonl",
        Store::Gzip => "rows.jsonl.gz",
        Store::Zstd => "rows.jsonl.zst",
        Store::Array => "rows.json",
        Store::Shards => "rows-*",
        Store::Parquet => "rows.parquet",
    };
    match how {
        Store::Plain => write(name, text.as_bytes()),
        Store::Gzip => {
            let mut encoder = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
            encoder.write_all(text.as_bytes()).unwrap();
            write(name, &encoder.finish().unwrap());
        }
        Store::Zstd => write(name, &zstd::encode_all(text.as_bytes(), 1).unwrap()),
        Store::Array => write(name, serde_json::to_string_pretty(rows).unwrap().as_bytes()),
        Store::Shards => {
            for (index, rows) in rows.chunks(rows.len().div_ceil(3).max(1)).enumerate() {
                write(&format!("rows-{index:05}-of-00003.jsonl"), lines(rows).as_bytes());
            }
        }
        Store::Parquet => {
            write("parquet-source.jsonl", text.as_bytes());
            let recipe = "source: {name: x, path: parquet-source.jsonl}\noutput: {file: rows.parquet}";
            let made = run(folder, recipe, "made", &Options::default());
            fs::rename(made.join("data/rows.parquet"), folder.join(name)).unwrap();
        }
    }
    name.to_owned()
}

/// The `id` of every row of one config, split by split.
fn ids(out: &Path, config: &str) -> BTreeMap<String, Vec<u64>> {
    let mut ids: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let mut files: Vec<_> =
        fs::read_dir(out.join(config)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let split = name.split("-0").next().unwrap().to_owned();
        let text = fs::read_to_string(&file).unwrap();
        let id = |line: &str| serde_json::from_str::<Value>(line).unwrap()["id"].as_u64().unwrap();
        ids.entry(split).or_default().extend(text.lines().map(id));
    }
    ids
}

fn any_rows() -> impl Strategy<Value = Vec<Value>> {
    let task = prop_oneof![Just(json!(null)), "[a-d]".prop_map(Value::from)];
    let row = (task, prop::option::of(0u32..=10), "\\PC{0,12}", any::<bool>());
    prop::collection::vec(row, 1..60).prop_map(|rows| {
        let row = |(id, (task, score, text, label)): (usize, (Value, Option<u32>, String, bool))| {
            json!({"id": id, "metadata": {"task": task}, "score": score.map(|score| f64::from(score) / 10.0),
                   "text": text, "label": label, "messages": [{"role": "user", "content": text}]})
        };
        rows.into_iter().enumerate().map(row).collect()
    })
}

fn any_stages() -> impl Strategy<Value = String> {
    let by = prop_oneof![Just("metadata.task"), Just("[metadata.task, label]"), Just("messages")];
    let cap = (by.clone(), 0u32..8, prop_oneof![Just("random"), Just("first"), Just("{best: score}")])
        .prop_map(|(by, max, pick)| format!("  - cap: {{by: {by}, max: {max}, pick: {pick}}}\n"));
    let order = prop_oneof![
        Just("  - order: {interleave: metadata.task}\n".to_owned()),
        Just("  - order: {shuffle: true}\n".to_owned()),
        Just("  - order: {curriculum: score}\n".to_owned()),
    ];
    let dedup = by.prop_map(|by| format!("  - dedup: {{by: {by}}}\n"));
    let other = prop_oneof![
        Just("  - difficulty: {per: messages, buckets: 2}\n".to_owned()),
        Just(
            "  - difficulty: {method: rank, band: {above: 0.2}}\n  - cap: {by: difficulty, max: 4}\n"
                .to_owned()
        ),
        Just("  - sample: {fraction: 0.5, by: metadata.task}\n".to_owned()),
        Just("  - sample: {n: 9, weight: score, short: accept}\n".to_owned()),
    ];
    let split = prop_oneof![
        Just(String::new()),
        Just("  - split: {by: metadata.task}\n".to_owned()),
        Just("  - split: {test: 0.3, group: messages, stratify: label}\n".to_owned()),
    ];
    let stages = prop::collection::vec(prop_oneof![cap, order, dedup, other], 0..4);
    (stages, split).prop_map(|(stages, split)| stages.concat() + &split)
}

fn any_pairing() -> impl Strategy<Value = String> {
    let pair = prop_oneof![
        Just("{per: metadata.task}"),
        Just("{per: metadata.task, match: all, per_row: 2, min_gap: 0.3}"),
        Just("{chosen: score >= 0.7, rejected: score <= 0.5, per_row: 2}"),
        Just("{chosen: score >= 0.7, rejected: score <= 0.5, per_row: all}"),
    ];
    let after = prop_oneof![
        Just(""),
        Just("  - cap: {by: chosen.metadata.task, max: 3}\n"),
        Just("  - order: {shuffle: true}\n"),
    ];
    (pair, after).prop_map(|(pair, after)| format!("  - pair: {pair}\n{after}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The same rows come out in the same order however they are stored, on any number of threads, and every row
    /// is either kept or overflow.
    #[test]
    fn the_same_rows_for_every_store(rows in any_rows(), stages in any_stages(), seed in 0u64..1000, threads in 1usize..5) {
        let folder = tempfile::tempdir().unwrap();
        let mut first = None;
        for how in STORES {
            let source = store(folder.path(), &rows, how);
            let recipe = format!(
                "source: {{name: rows, path: {source:?}}}\nseed: {seed}\nwhere: score > 0.1\nstages:\n{stages}\
                 output: {{format: jsonl, overflow: {{split: metadata.task}}}}\n"
            ).replace("stages:\noutput", "stages: []\noutput");
            let options = Options { threads: Some(threads), ..Options::default() };
            let out = run(folder.path(), &recipe, "out", &options);
            let kept = ids(&out, "data");
            let overflow = ids(&out, "overflow");
            let mut all: Vec<u64> = kept.values().chain(overflow.values()).flatten().copied().collect();
            all.sort_unstable();
            prop_assert_eq!(&all, &(0..rows.len() as u64).collect::<Vec<_>>(), "{:?}", how);
            match &first {
                None => first = Some((kept, overflow)),
                Some(first) => prop_assert_eq!(first, &(kept, overflow), "{:?}", how),
            }
        }
    }

    /// The same pairs are made however rows are stored, and every row is in a pair or in overflow.
    #[test]
    fn the_same_pairs_for_every_store(rows in any_rows(), stages in any_pairing(), shaped in any::<bool>(), threads in 1usize..5) {
        let folder = tempfile::tempdir().unwrap();
        let mut rows = rows;
        for score in [1.0, 0.0] {
            let id = rows.len();
            rows.push(json!({"id": id, "metadata": {"task": "z"}, "score": score, "text": score.to_string(), "label": true,
                             "messages": [{"role": "user", "content": "z"}]}));
        }
        let shape = if shaped {
            "{b: rejected.id, a: chosen.id, t: \"chosen.messages[0].content\", gap: reward_gap, l: rejected.label}"
        } else {
            "rows"
        };
        let mut first = None;
        for how in STORES {
            let source = store(folder.path(), &rows, how);
            let recipe = format!(
                "source: {{name: rows, path: {source:?}}}\nstages:\n{stages}output:\n  format: jsonl\n  overflow: true\n  \
                 shape: {shape}\n"
            );
            let out = run(folder.path(), &recipe, "out", &Options { threads: Some(threads), ..Options::default() });
            let text = fs::read_to_string(out.join("data/train-00000-of-00001.jsonl")).unwrap();
            let pairs: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            let id = |pair: &Value, side: &str, short: &str| {
                if shaped { pair[short].as_u64().unwrap() } else { pair[side]["id"].as_u64().unwrap() }
            };
            let sides = pairs.iter().flat_map(|pair| [id(pair, "chosen", "a"), id(pair, "rejected", "b")]);
            let mut all: Vec<u64> = sides.chain(ids(&out, "overflow").into_values().flatten()).collect();
            all.sort_unstable();
            all.dedup();
            prop_assert_eq!(all, (0..rows.len() as u64).collect::<Vec<_>>(), "{:?}", how);
            match &first {
                None => first = Some(pairs),
                Some(first) => prop_assert_eq!(first, &pairs, "{:?}", how),
            }
        }
    }

    /// The n-th row of each config is made of the same source row, in every split, and overflow has the rest once.
    #[test]
    fn shapes_hold_the_same_rows(rows in any_rows(), stages in any_stages(), how in prop::sample::select(STORES.to_vec()), threads in 1usize..5) {
        let folder = tempfile::tempdir().unwrap();
        let source = store(folder.path(), &rows, how);
        let recipe = |shape: &str| format!(
            "source: {{name: rows, path: {source:?}}}\nwhere: score > 0.1\nstages:\n{stages}\
             output:\n  format: jsonl\n  overflow: true\n  shape: {shape}\n"
        ).replace("stages:\noutput", "stages: []\noutput");
        let options = Options { threads: Some(threads), ..Options::default() };
        let out = run(folder.path(), &recipe("[narrow: {id: id, text: text}, rows, computed: {twice: id * 2, id: id}]"), "out", &options);
        let rest = ids(&out, "overflow");
        let kept = ids(&out, "rows");
        prop_assert_eq!(&kept, &ids(&out, "narrow"));
        prop_assert_eq!(&kept, &ids(&out, "computed"));
        let mut all: Vec<u64> = kept.values().chain(rest.values()).flatten().copied().collect();
        all.sort_unstable();
        prop_assert_eq!(all, (0..rows.len() as u64).collect::<Vec<_>>());
        let alone = run(folder.path(), &recipe("rows"), "alone", &options);
        let bytes = |out: &Path, config: &str| {
            let mut files: Vec<_> = fs::read_dir(out.join(config)).unwrap().map(|entry| entry.unwrap().path()).collect();
            files.sort();
            files.into_iter().map(|file| fs::read(file).unwrap()).collect::<Vec<_>>()
        };
        prop_assert_eq!(bytes(&out, "rows"), bytes(&alone, "data"));
        prop_assert_eq!(bytes(&out, "overflow"), bytes(&alone, "overflow"));
    }

    /// Pairs that stand in one row are taken apart alike however rows are stored: each side has what stands on it, and
    /// every row is in the result or in overflow.
    #[test]
    fn the_same_sides_for_every_store(rows in prop::collection::vec((0u32..3, 0u8..9), 2..20), max in 1u32..4, threads in 1usize..5) {
        let folder = tempfile::tempdir().unwrap();
        let row = |(id, (task, score)): (usize, &(u32, u8))| {
            json!({"id": id, "task": task, "prompt": "p", "chosen": format!("good {id}"), "rejected": format!("bad {id}"),
                   "score_chosen": f64::from(*score) + 0.5, "score_rejected": -f64::from(*score) - 0.5})
        };
        let rows: Vec<Value> = rows.iter().enumerate().map(row).collect();
        let recipe = |source: &str| format!(
            "source: {{name: rows, path: {source:?}}}\nstages:\n  - cap: {{by: task, max: {max}}}\n  - unpair: {{}}\n  \
             - kto: {{label: label}}\noutput:\n  format: jsonl\n  overflow: true\n  \
             shape: {{id: id, text: completion, label: label, score: score, letters: length(completion)}}\n"
        );
        let mut first = None;
        for how in STORES {
            let source = store(folder.path(), &rows, how);
            let options = Options { threads: Some(threads), ..Options::default() };
            let out = run(folder.path(), &recipe(&source), "out", &options);
            let text = fs::read_to_string(out.join("data/train-00000-of-00001.jsonl")).unwrap();
            let sides: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            for (place, side) in sides.iter().enumerate() {
                let own = &rows[side["id"].as_u64().unwrap() as usize];
                let name = if side["label"] == true { "chosen" } else { "rejected" };
                prop_assert_eq!(&side["text"], &own[name]);
                prop_assert_eq!(&side["score"], &own[format!("score_{name}")]);
                prop_assert_eq!(side["letters"].as_u64().unwrap() as usize, own[name].as_str().unwrap().len());
                prop_assert!(place == 0 || side["label"] != sides[place - 1]["label"]);
            }
            let mut all: Vec<u64> = sides.iter().map(|side| side["id"].as_u64().unwrap()).collect();
            all.extend(ids(&out, "overflow").into_values().flatten());
            all.sort_unstable();
            all.dedup();
            prop_assert_eq!(all, (0..rows.len() as u64).collect::<Vec<_>>(), "{:?}", how);
            match &first {
                None => first = Some(sides),
                Some(first) => prop_assert_eq!(first, &sides, "{:?}", how),
            }
        }
    }

    /// JSON Lines are copied byte for byte.
    #[test]
    fn no_byte_changes(rows in any_rows(), max in 0u32..6, shuffle in any::<bool>()) {
        let folder = tempfile::tempdir().unwrap();
        let spaced: Vec<String> = rows.iter().map(|row| row.to_string().replace(":{", " : { ").replace("true", "true ")).collect();
        fs::write(folder.path().join("rows.jsonl"), spaced.join("\r\n")).unwrap();
        let order = if shuffle { "  - order: {shuffle: true}\n" } else { "" };
        let recipe = format!("source: rows.jsonl\nstages:\n  - cap: {{by: label, max: {max}}}\n{order}output: {{format: jsonl, overflow: true}}\n");
        let out = run(folder.path(), &recipe, "out", &Options::default());
        let read = |config: &str| fs::read_to_string(out.join(config).join("train-00000-of-00001.jsonl")).unwrap();
        let mut written: Vec<String> = (read("data") + &read("overflow")).lines().map(str::to_owned).collect();
        let mut given = spaced;
        written.sort();
        given.sort();
        prop_assert_eq!(written, given);
    }

    /// A higher cap keeps what a lower one kept, and rows that come later disturb nothing before them.
    #[test]
    fn chance_is_stable(rows in any_rows(), max in 1u32..5, more in 0u32..5, cut in 0usize..60) {
        let folder = tempfile::tempdir().unwrap();
        let kept = |rows: &[Value], max: u32| {
            fs::write(folder.path().join("rows.jsonl"), lines(rows)).unwrap();
            let recipe = format!("source: rows.jsonl\nstages:\n  - cap: {{by: label, max: {max}}}\noutput: {{format: jsonl}}\n");
            ids(&run(folder.path(), &recipe, "out", &Options::default()), "data")["train"].clone()
        };
        let (few, many) = (kept(&rows, max), kept(&rows, max + more));
        prop_assert!(few.iter().all(|id| many.contains(id)));
        let cut = cut.min(rows.len());
        let before = kept(&rows[..cut], max);
        let disturbed = before.iter().filter(|id| !few.contains(id)).count();
        prop_assert!(disturbed <= rows.len() - cut);
    }
}

/// Both sides of a pair have a chance of their own: of half of the sides, a quarter of the pairs has none.
#[test]
fn sides_are_chosen_apart() {
    let folder = tempfile::tempdir().unwrap();
    let row = |id: usize| json!({"id": id, "prompt": id, "chosen": "good", "rejected": "bad"});
    fs::write(folder.path().join("rows.jsonl"), lines(&(0..400).map(row).collect::<Vec<_>>())).unwrap();
    let recipe = "source: rows.jsonl\nstages:\n  - unpair: {}\n  - sample: {n: 400}\noutput: {format: jsonl, overflow: true}\n";
    let out = run(folder.path(), recipe, "out", &Options::default());
    let left_out = ids(&out, "overflow").into_values().flatten().count();
    assert!((70..130).contains(&left_out), "{left_out} of 400 pairs have no side");
}
