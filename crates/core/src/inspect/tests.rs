//! What an inspection tells.

use std::fs;

use unskew_io::Silent;

use super::*;

fn ask_about(rows: &str, question: &Question) -> Result<Inspection> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rows.jsonl");
    fs::write(&file, rows).unwrap();
    inspect(&file.to_string_lossy(), question, &Options::default(), &crate::remote::NoRemotes, &Silent)
}

const ROWS: &str = r#"{"task": "math", "level": 1, "reward": 0.5, "messages": [{"role": "user"}]}
{"task": "math", "level": 2, "reward": 1.0}
{"task": "coding", "level": 1, "reward": null}
not json
{"level": 1, "reward": 0.0, "extra": {"a": true}}
"#;

#[test]
fn paths_have_kinds_and_gaps() {
    let inspection = ask_about(ROWS, &Question::default()).unwrap();
    assert_eq!((inspection.source.rows, inspection.rows, inspection.head_rows), (5, 4, 4));
    assert_eq!(inspection.source.bad.values().sum::<u64>(), 1);
    let path = |name: &str| inspection.paths.iter().find(|path| path.path == name).unwrap();
    assert_eq!((&path("task").kinds, path("task").missing), (&[("text".to_owned(), 3)].into(), 1));
    assert_eq!(path("reward").kinds, [("null".to_owned(), 1), ("number".to_owned(), 3)].into());
    assert!(path("reward").is_numeric() && !path("task").is_numeric());
    assert_eq!(inspection.suggestion.as_deref(), Some("task"));
    assert_eq!(inspection.layout.as_deref(), Some("messages"));
    assert!(inspection.flags.iter().any(|flag| flag.contains("cannot be read")), "{:?}", inspection.flags);
}

#[test]
fn rows_are_counted_by_cells() {
    let by = vec!["task".to_owned(), "level".to_owned()];
    let inspection = ask_about(ROWS, &Question { by, ..Question::default() }).unwrap();
    let distribution = inspection.distribution.unwrap();
    let labels: Vec<_> = distribution.groups.iter().map(|group| (group.label(), group.rows)).collect();
    assert_eq!(
        labels,
        [("coding × 1", 1), ("math × 1", 1), ("math × 2", 1), ("null × 1", 1)]
            .map(|(a, b)| (a.to_owned(), b))
    );
    assert!(
        inspection.flags.contains(&"1 row without a value to count by".to_owned()),
        "{:?}",
        inspection.flags
    );
}

#[test]
fn numbers_are_described_and_rows_shown() {
    let question = Question {
        condition: Some("level = 1".to_owned()),
        histogram: Some("reward".to_owned()),
        statistics: true,
        rows: Some((Which::Best("reward".to_owned()), 2)),
        ..Question::default()
    };
    let inspection = ask_about(ROWS, &question).unwrap();
    assert_eq!(inspection.rows, 3);
    let histogram = inspection.histogram.unwrap();
    assert_eq!((histogram.bins.iter().map(|bin| bin.rows).sum::<u64>(), histogram.missing), (2, 1));
    let fields: Vec<_> =
        inspection.statistics.unwrap().into_iter().map(|field| (field.path, field.mean)).collect();
    assert!(fields.contains(&("reward".to_owned(), Some(0.25))), "{fields:?}");
    let samples = inspection.samples.unwrap();
    assert_eq!(samples.iter().map(|row| &row["reward"]).collect::<Vec<_>>(), [0.5, 0.0]);
}

#[test]
fn mistakes_are_shown_where_they_stand() {
    let error = |question: Question| ask_about(ROWS, &question).unwrap_err().render();
    let by = error(Question { by: vec!["task".into(), "levl".into()], ..Question::default() });
    assert!(
        by.starts_with("error: no row has `levl`\n") && by.ends_with("hint: did you mean `level`?"),
        "{by}"
    );
    assert!(by.contains("| - levl\n") || by.contains("- levl\n"), "{by}");
    let text = error(Question { histogram: Some("task".into()), ..Question::default() });
    assert!(text.starts_with("error: `task` is text, and a histogram needs numbers\n"), "{text}");
}

#[test]
fn an_empty_source_is_told_so() {
    let inspection = ask_about("", &Question { by: vec!["task".into()], ..Question::default() }).unwrap();
    assert_eq!(inspection.flags, ["there are no rows"]);
}
