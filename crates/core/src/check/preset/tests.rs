use std::{collections::BTreeSet, fmt::Write, fs};

use proptest::prelude::*;
use unskew_io::Silent;

use super::*;
use crate::{Options, Prepared, Registry, Report, recipe::Written};

/// What becomes of the checks in `recipe` when it is planned with these rows.
fn plan(rows: &str, recipe: &str) -> Result<Report> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rows.jsonl"), rows).unwrap();
    let mut written = Written::parse("r.yaml", &format!("source: rows.jsonl\n{recipe}"), &[])?;
    written.folder = folder.path().to_path_buf();
    let prepared = Prepared::new(written, &Registry::new(&[])?, &crate::remote::NoRemotes)?;
    crate::plan(&prepared, &Options::default(), &Silent)
}

/// The names of the preset's checks that are not true of rows with these values of `x`.
fn flags(preset: &str, option: &str, values: &[f64]) -> Vec<String> {
    let rows = values.iter().fold(String::new(), |mut rows, value| {
        writeln!(rows, "{{\"x\": {value:?}}}").unwrap();
        rows
    });
    flags_of(&rows, &format!("checks: [{{preset: {preset}, {option}: x}}]"))
}

fn flags_of(rows: &str, recipe: &str) -> Vec<String> {
    let checks = plan(rows, recipe).unwrap().checks;
    let failed = checks.into_iter().filter(|check| check.passed != Some(true));
    failed.map(|check| check.name.unwrap().split_once(": ").unwrap().1.to_owned()).collect()
}

/// A check as it is about `x`.
fn about_x(check: &PresetCheck) -> String {
    let parts = Parts {
        prompt: Some("prompt".to_owned()),
        answers: Some(SIDES.map(|side| format!("{side}.completion"))),
    };
    parts.filled(check.expect, "x")
}

#[test]
fn every_check_says_what_it_means() {
    let mut names = BTreeSet::new();
    for check in PRESET_CHECKS {
        assert!(names.insert((check.preset.name(), check.name)), "{check:?} is named twice");
        assert!(Expression::parse(&about_x(check), &Names::default()).unwrap().compared().is_some());
        for text in [check.means, check.hint] {
            assert!(!text.is_empty() && !text.ends_with('.'), "{text}");
        }
    }
    assert!(Preset::ALL.iter().all(|preset| preset.checks().count() >= 3));
}

/// The page has a line for each check, and no others.
#[test]
fn every_check_is_documented() {
    let page =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/strategies/checks.md")).unwrap();
    let written: Vec<&str> = page
        .lines()
        .filter(|line| Preset::ALL.iter().any(|preset| line.starts_with(&format!("| `{}` |", preset.name()))))
        .collect();
    let line = |check: &PresetCheck| {
        let on = match check.on {
            Some(CheckOn::Source) => " on the source",
            Some(CheckOn::Input) => " on the input",
            _ => "",
        };
        let level = if check.level == Level::Fail { "fail" } else { "warn" };
        let expect = about_x(check);
        format!("| `{}` | {} | `{expect}`{on} | {level} | {} |", check.preset.name(), check.name, check.means)
    };
    assert_eq!(written, PRESET_CHECKS.iter().map(line).collect::<Vec<_>>());
}

#[test]
fn subjects_keep_together() {
    for (subject, expected) in [
        ("a.b[0]", "share(a.b[0] < 1 or (a.b[0]))"),
        ("avg_of(a, b)", "share(avg_of(a, b) < 1 or (avg_of(a, b)))"),
        ("a or b", "share((a or b) < 1 or (a or b))"),
        ("f(a) or f(b)", "share((f(a) or f(b)) < 1 or (f(a) or f(b)))"),
        ("(a) - (b)", "share(((a) - (b)) < 1 or ((a) - (b)))"),
    ] {
        assert_eq!(filled("share({} < 1 or ({}))", subject), expected);
    }
}

#[test]
fn good_data_pass() {
    let spread: Vec<f64> = (0..100).map(|row| f64::from(row) / 100.0).collect();
    assert_eq!(flags("ppo", "score", &spread), Vec::<String>::new());
    let gaps: Vec<f64> = (0..50).map(|row| 0.2 + f64::from(row) / 100.0).collect();
    assert_eq!(flags("dpo", "score", &gaps), Vec::<String>::new());
    let good: Vec<f64> = (0..100).map(|row| 0.95 + f64::from(row % 5) / 100.0).collect();
    assert_eq!(flags("sft", "score", &good), Vec::<String>::new());
}

#[test]
fn sft() {
    assert_eq!(flags("sft", "score", &[0.95; 99]), ["rows", "spread"]);
    assert_eq!(flags("sft", "score", &[[0.95; 50], [0.8; 50]].concat()), ["mean"]);
    assert_eq!(flags("sft", "score", &[0.9; 100]), ["spread"]);
}

/// A filter for one score makes all scores the same by design; only rows before it tell whether scores mean anything.
#[test]
fn a_filter_does_not_make_scores_alike() {
    let rows = "{\"x\": 1}\n".repeat(100) + "{\"x\": 0}\n";
    let recipe = "where: x = 1\nchecks: [{preset: sft, score: x}]";
    assert_eq!(flags_of(&rows, recipe), Vec::<String>::new());
    let report = plan(&rows, recipe).unwrap();
    assert_eq!(
        report.checks.iter().map(|check| check.on.as_str()).collect::<Vec<_>>(),
        ["output", "output", "output", "source"]
    );
    assert_eq!(flags_of(&"{\"x\": 1}\n".repeat(100), recipe), ["spread"]);
}

#[test]
fn dpo() {
    assert_eq!(flags("dpo", "score", &[0.15; 10]), ["mean gap"]);
    assert_eq!(flags("dpo", "score", &[[0.05; 5], [0.6; 5]].concat()), ["small gaps"]);
    assert_eq!(flags("dpo", "score", &[1.0; 10]), ["large gaps"]);
    // Written in binary these gaps are a little below 0.2.
    assert_eq!(flags("dpo", "score", &[1.0 - 0.8, 0.6 - 0.4, 0.7 - 0.5]), Vec::<String>::new());
}

#[test]
fn ppo() {
    assert_eq!(flags("ppo", "score", &[0.0, 1.0, 1.0, 0.0]), ["ends", "bins"]);
    assert_eq!(flags("ppo", "score", &[0.5, 0.5, 0.5, 0.5, 0.0, 1.0, 0.5]), ["peak"]);
    assert_eq!(flags("ppo", "score", &[0.45, 0.55, 0.5]), ["no spread", "little spread", "peak", "bins"]);
    assert_eq!(flags("ppo", "score", &[0.1, 0.2, 0.3, 0.4]), ["little spread"]);
    assert_eq!(flags("ppo", "score", &[0.3, 0.5, -1.0, 2.0]), ["range"]);
    assert_eq!(flags("ppo", "score", &[0.7]), ["no spread", "little spread", "bins"]);
}

/// The seed's bins lose 1.0; ours have it in the last one.
#[test]
fn the_last_bin_has_its_end() {
    let report =
        plan("{\"x\": 1.0}\n{\"x\": 0.8}\n{\"x\": 0.6}\n{\"x\": 0.0}\n", "checks: [{preset: ppo, score: x}]")
            .unwrap();
    let bins = report.checks.iter().find(|check| check.name.as_deref() == Some("ppo: bins")).unwrap();
    assert_eq!(bins.measured, Some(3.into()));
}

#[test]
fn kto() {
    let rows =
        |good: usize, bad: usize| "{\"label\": true}\n".repeat(good) + &"{\"label\": false}\n".repeat(bad);
    let recipe = "checks: [{preset: kto}]";
    let flags_of = |rows: &str, recipe: &str| {
        let mut flags = flags_of(rows, recipe);
        flags.retain(|flag| !flag.starts_with("batches"));
        flags
    };
    assert_eq!(flags_of(&rows(1, 4), recipe), Vec::<String>::new());
    assert_eq!(flags_of(&rows(4, 1), recipe), Vec::<String>::new());
    assert_eq!(flags_of(&rows(5, 1), recipe), ["ratio"]);
    assert_eq!(flags_of(&rows(5, 0), recipe), ["both labels"]);
    assert_eq!(flags_of("{\"label\": 1}\n{\"label\": 0}\n", recipe), ["booleans"]);
    assert_eq!(
        flags_of("{\"label\": true}\n{\"label\": null}\n{\"label\": false}\n", recipe),
        ["missing", "booleans"]
    );
    let expression = "checks: [{preset: kto, label: label = 1}]";
    assert_eq!(flags_of("{\"label\": 1}\n{\"label\": 0}\n", expression), Vec::<String>::new());
}

/// The order of the rows is what the trainer's batches are made of.
#[test]
fn kto_looks_at_the_order() {
    let row = |prompt: usize, label: bool| format!("{{\"prompt\": [\"p{prompt}\"], \"label\": {label}}}\n");
    let recipe = "checks: [{preset: kto}]";
    let alternating: String = (0..64).map(|at| row(at, at % 2 == 0)).collect();
    assert_eq!(flags_of(&alternating, recipe), Vec::<String>::new());
    let runs: String = (0..64).map(|at| row(at, at / 4 % 2 == 0)).collect();
    assert_eq!(flags_of(&runs, recipe), ["batches of 2", "batches of 4"]);
    let halves: String = (0..64).map(|at| row(at, at < 32)).collect();
    assert_eq!(flags_of(&halves, recipe), ["batches of 2", "batches of 4", "batches of 8", "batches of 16"]);
    let pairs: String = (0..64).map(|at| row(at / 2, at % 2 == 0)).collect();
    assert_eq!(flags_of(&pairs, recipe), ["neighbours"]);
    let report = plan(&pairs, recipe).unwrap();
    assert_eq!(report.checks.last().unwrap().measured, Some(0.5.into()));
}

/// What is told of pairs without scores, and what is not.
#[test]
fn pairs_need_no_scores() {
    let rows = "{\"prompt\": \"p\", \"chosen\": \"a\", \"rejected\": \"b\"}\n\
                {\"prompt\": \"q\", \"chosen\": \"a\", \"rejected\": \"a\"}\n";
    let report = plan(rows, "checks: [{preset: dpo}]").unwrap();
    let [check] = report.checks.as_slice() else { panic!("{:?}", report.checks) };
    let expect = "share(hash(chosen.completion) = hash(rejected.completion)) = 0";
    assert_eq!(
        (check.expect.as_str(), check.passed, &check.measured),
        (expect, Some(false), &Some(0.5.into()))
    );
    let told = "the preset `dpo` leaves out `missing`, `mean gap`, `small gaps`, `large gaps`: \
                rows have no `reward_gap`; `score` says what to look at";
    assert!(report.notices.contains(&told.to_owned()), "{:?}", report.notices);
    let scored = rows.replace("\"p\"", "\"p\", \"chosen_score\": 0.9, \"rejected_score\": 0.4");
    assert_eq!(flags_of(&scored, "checks: [{preset: dpo}]"), ["missing", "same answers"]);
    let messages = "{\"chosen\": [{\"role\": \"user\"}, {\"n\": 1}], \"rejected\": [{\"role\": \"user\"}, {\"n\": 2}]}\n";
    assert_eq!(flags_of(messages, "checks: [{preset: dpo}]"), Vec::<String>::new());
}

#[test]
fn balance() {
    let rows = |math: usize, others: usize| {
        let other = (0..others).fold(String::new(), |mut rows, row| {
            writeln!(rows, "{{\"task\": \"t{row}\"}}").unwrap();
            rows
        });
        "{\"task\": \"math\"}\n".repeat(math) + &other
    };
    let recipe = "checks: [{preset: balance}]";
    assert_eq!(flags_of(&rows(4, 6), recipe), Vec::<String>::new());
    assert_eq!(flags_of(&rows(5, 5), recipe), ["largest"]);
    assert_eq!(flags_of(&rows(6, 4), recipe), ["largest before", "largest"]);
}

#[test]
fn the_recipe_says_how_much_a_preset_weighs() {
    let report = plan("{\"reward\": 0.5}\n", "checks: [{preset: sft, level: warn, on: input}]").unwrap();
    assert!(report.passed() && report.checks.iter().any(|check| check.passed == Some(false)));
    let on: Vec<_> = report.checks.iter().map(|check| check.on.as_str()).collect();
    assert_eq!(on, ["input", "input", "input", "source"]);
    assert!(report.checks[0].hint.is_some() && report.checks[0].means.is_some());
}

#[test]
fn mistakes_are_shown_where_they_are() {
    let rows = "{\"reward\": 0.5, \"name\": \"x\"}\n";
    for (check, message) in [
        ("{}", "this check expects nothing\n --> r.yaml:2:10"),
        ("{preset: sft, expect: retention > 0}", "a check has either `expect` or `preset`\n --> r.yaml:2:11"),
        ("{preset: spo}", "`spo` is not known here"),
        ("{preset: sft, label: x}", "the preset `sft` has no `label`\n --> r.yaml:2:24"),
        ("{expect: retention > 0, score: x}", "`score` goes with `preset` only\n --> r.yaml:2:34"),
        ("{preset: kto}", "rows have no `label`, which the preset `kto` looks at\n --> r.yaml:2:19"),
        (
            "{preset: sft, score: rewrd}",
            "no row has `rewrd`\n  share(rewrd is null) = 0\n        ^^^^^\n --> r.yaml:2:31",
        ),
        ("{preset: sft, score: reward +}", "expected an expression, found the end\n --> r.yaml:2:39"),
        ("{preset: sft, score: avg(reward)}", "`avg(reward)` goes over many rows"),
        ("{preset: sft, score: name}", "wants a number, not text"),
    ] {
        let error = plan(rows, &format!("checks: [{check}]")).unwrap_err().render();
        assert!(error.contains(message), "{check}\n{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// What the seeds compute in Python, computed again.
    #[test]
    fn ppo_is_as_it_is_computed_by_hand(steps in prop::collection::vec(0_u32..=20, 2..40)) {
        let rewards: Vec<f64> = steps.iter().map(|step| f64::from(*step) / 20.0).collect();
        let n = rewards.len() as f64;
        let mean = rewards.iter().sum::<f64>() / n;
        let stddev = (rewards.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
        prop_assume!((stddev - 0.1).abs() > 1e-9 && (stddev - 0.15).abs() > 1e-9);
        let share = |holds: &dyn Fn(f64) -> bool| rewards.iter().filter(|x| holds(**x)).count() as f64 / n;
        let bin = |x: f64| [0.2, 0.4, 0.6, 0.8].iter().filter(|edge| x >= **edge).count();
        let bins: BTreeSet<_> = rewards.iter().map(|x| bin(*x)).collect();
        let mut expected = vec![];
        for (name, flag) in [
            ("no spread", stddev < 0.1),
            ("little spread", stddev < 0.15),
            ("ends", share(&|x| x <= 0.05 || x >= 0.95) >= 0.95),
            ("peak", share(&|x| (0.4..0.6).contains(&x)) > 0.5),
            ("bins", bins.len() < 3),
        ] {
            if flag {
                expected.push(name);
            }
        }
        prop_assert_eq!(flags("ppo", "score", &rewards), expected);
    }
}
