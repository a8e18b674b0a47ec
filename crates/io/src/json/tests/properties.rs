//! What holds for any JSON.

use arrow::array::{Array, ArrayRef};
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::{Extract, Index, Path, Step, column};

/// JSON text with members that may repeat, odd spacing and escapes.
fn json_text() -> impl Strategy<Value = String> {
    let name =
        || prop_oneof![Just("\"a\""), Just("\"b\""), Just("\"\\u0061\""), Just("\"c d\""), Just("\"é\"")];
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        any::<i64>().prop_map(|value| value.to_string()),
        any::<u64>().prop_map(|value| value.to_string()),
        any::<f64>().prop_filter("finite", |value| value.is_finite()).prop_map(|value| format!("{value:?}")),
        "-?(0|[1-9][0-9]{0,22})(\\.[0-9]{1,20})?([eE][-+]?[0-9]{1,2})?",
        ".{0,40}".prop_map(|text| serde_json::to_string(&text).unwrap()),
        "(\\\\u00[0-9a-fA-F]{2}|\\\\[nrtbf\"/\\\\]|x| ){0,6}".prop_map(|text| format!("\"{text}\"")),
    ];
    let value = leaf.prop_recursive(4, 30, 5, move |inner| {
        let space = || prop_oneof![4 => Just(""), 1 => Just(" "), 1 => Just("\t ")];
        prop_oneof![
            (prop::collection::vec(inner.clone(), 0..5), space())
                .prop_map(|(items, space)| format!("[{space}{}{space}]", items.join(&format!(",{space}")))),
            members(name(), inner, space()),
        ]
    });
    members(name(), value, prop_oneof![Just(""), Just(" ")])
}

fn members(
    name: impl Strategy<Value = &'static str>,
    value: impl Strategy<Value = String>,
    space: impl Strategy<Value = &'static str>,
) -> impl Strategy<Value = String> {
    (prop::collection::vec((name, value), 0..6), space).prop_map(|(members, space)| {
        let members: Vec<String> =
            members.into_iter().map(|(name, value)| format!("{name}{space}:{space}{value}")).collect();
        format!("{space}{{{}}}{space}", members.join(&format!("{space},")))
    })
}

fn paths() -> impl Strategy<Value = Path> {
    let step = prop_oneof![
        3 => Just(Step::Member("a".into())), 2 => Just(Step::Member("b".into())), 1 => Just(Step::Member("é".into())),
        1 => (0_usize..3).prop_map(Step::Item), 2 => Just(Step::Each)];
    (Just(Step::Member("a".into())), prop::collection::vec(step, 0..4))
        .prop_map(|(first, rest)| Path::new(std::iter::once(first).chain(rest).collect()))
}

/// Text with a few bytes changed.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let pieces: [&[u8]; 21] = [
        b"\"", b"\\", b"{", b"}", b"[", b"]", b",", b":", b"0", b"-", b".", b"e", b"\\ud800", b"\\u",
        b"\xff", b"\xc3", b"\n", b"\x01", b"true", b"1e400", b" ",
    ];
    let piece = prop::sample::select(pieces.to_vec());
    (json_text(), prop::collection::vec((any::<prop::sample::Index>(), 0_usize..3, piece), 0..3)).prop_map(
        |(text, edits)| {
            let mut bytes = text.into_bytes();
            for (at, gone, new) in edits {
                let at = at.index(bytes.len() + 1);
                let end = (at + gone).min(bytes.len());
                bytes.splice(at..end, new.iter().copied());
            }
            bytes
        },
    )
}

/// Where a path leads in a row, with a place for every item it fans out over.
fn look_up(value: &Value, steps: &[Step]) -> Vec<Option<Value>> {
    match (steps.split_first(), value) {
        (None, value) => vec![Some(value.clone())],
        (Some((Step::Member(name), rest)), Value::Object(members)) => {
            members.get(name).map_or(vec![], |member| look_up(member, rest))
        }
        (Some((Step::Item(index), rest)), Value::Array(items)) => {
            items.get(*index).map_or(vec![], |item| look_up(item, rest))
        }
        (Some((Step::Each, rest)), Value::Array(items)) => items
            .iter()
            .flat_map(|item| {
                let found = look_up(item, rest);
                if found.is_empty() && !rest.contains(&Step::Each) { vec![None] } else { found }
            })
            .collect(),
        _ => vec![],
    }
}

fn check(bytes: &[u8], paths: Vec<Path>) -> std::result::Result<Vec<Vec<Option<Value>>>, check::Flaw> {
    let finder = Finder::new(paths);
    let mut found = finder.found();
    finder.row(bytes, &mut found)?;
    let value = |span: &check::Span| {
        (*span != check::Span::NONE).then(|| serde_json::from_slice(span.of(bytes)).unwrap())
    };
    Ok(found.paths().iter().map(|path| path.spans.iter().map(value).collect()).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_is_json_is_decided_as_serde_does(bytes in mutated()) {
        let theirs = serde_json::from_slice::<Value>(&bytes).is_ok_and(|value| value.is_object());
        let utf8 = std::str::from_utf8(&bytes).is_ok();
        let ours = utf8 && check(&bytes, vec!["a.b".parse().unwrap()]).is_ok();
        prop_assert_eq!(ours, theirs, "{:?}", String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn paths_lead_where_serde_leads(text in json_text(), paths in prop::collection::vec(paths(), 1..6)) {
        let row: Value = serde_json::from_str(&text).unwrap();
        let expected: Vec<_> = paths.iter().map(|path| look_up(&row, path.steps())).collect();
        prop_assert_eq!(check(text.as_bytes(), paths).unwrap(), expected);
    }

    #[test]
    fn values_share_a_fingerprint_where_their_canonical_json_is_the_same(one in json_text(), other in json_text()) {
        let canonical = |json: &str| {
            let mut canonical = crate::canonical::Canonical::default();
            value::tell(json.as_bytes(), &mut canonical);
            canonical.as_str().to_owned()
        };
        let number = |json: &str| {
            let mut number = crate::fingerprint::Fingerprint::default();
            value::tell(json.as_bytes(), &mut number);
            number.finish()
        };
        prop_assert_eq!(number(&one), number(&canonical(&one)));
        prop_assert_eq!(number(&one) == number(&other), canonical(&one) == canonical(&other));
    }

    #[test]
    fn numbers_and_texts_read_as_serde_reads_them(text in json_text()) {
        let row: Value = serde_json::from_str(&text).unwrap();
        let mut ours = crate::canonical::Canonical::default();
        value::tell(text.as_bytes(), &mut ours);
        let mut theirs = crate::canonical::Canonical::default();
        value::tell(row.to_string().as_bytes(), &mut theirs);
        prop_assert_eq!(ours.as_str(), theirs.as_str());
        if let Value::Object(members) = &row {
            let last: std::collections::HashMap<_, _> = value::members(text.trim().as_bytes())
                .map(|(name, span)| (name.into_owned(), span.of(text.trim().as_bytes()).to_vec())).collect();
            for (name, member) in members {
                match member {
                    Value::String(text) => prop_assert_eq!(&*value::text_value(&last[name]), text),
                    Value::Number(number) => match value::number(&last[name]) {
                        value::Number::Int(int) => {
                            // Python reads `-0` as the integer 0, serde as a float.
                            let theirs = number.as_i64().or((number.as_f64() == Some(0.0)).then_some(0));
                            prop_assert_eq!(Some(int), theirs);
                        },
                        value::Number::Float(float) => prop_assert_eq!(Some(float), number.as_f64()),
                    },
                    _ => {}
                }
            }
        }
    }
}

#[derive(Debug, Clone)]
struct Layout {
    rows: Vec<String>,
    blanks: Vec<bool>,
    feed: &'static str,
    bom: bool,
    last_feed: bool,
}

impl Layout {
    fn lines(&self) -> String {
        let mut text = String::from(if self.bom { "\u{feff}" } else { "" });
        for (at, row) in self.rows.iter().enumerate() {
            if self.blanks[at % self.blanks.len()] {
                text.push_str(" \t");
                text.push_str(self.feed);
            }
            text.push_str(row);
            if self.last_feed || at + 1 < self.rows.len() {
                text.push_str(self.feed);
            }
        }
        text
    }

    fn array(&self) -> String {
        let text = format!("[{}{}]{}", self.feed, self.rows.join(&format!(" ,{}", self.feed)), self.feed);
        if self.bom { format!("\u{feff} {text}") } else { text }
    }
}

fn layouts() -> impl Strategy<Value = Layout> {
    let row = prop_oneof![8 => json_text(), 1 => (0_usize..4000).prop_map(|length| format!("{{\"a\":\"{}\"}}", "x".repeat(length)))];
    (
        prop::collection::vec(row, 0..60),
        prop::collection::vec(any::<bool>(), 1..5),
        prop_oneof![Just("\n"), Just("\r\n")],
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(rows, blanks, feed, bom, last_feed)| Layout { rows, blanks, feed, bom, last_feed })
}

fn columns(found: Vec<Vec<column::Part>>, extracts: &[Extract]) -> Vec<ArrayRef> {
    let mut columns: Vec<Vec<_>> = extracts.iter().map(|_| vec![]).collect();
    let mut row = 0;
    for parts in found {
        let rows = parts[0].array.len() as u32;
        for (column, part) in columns.iter_mut().zip(parts) {
            column.push(column::Located { source: 0, row, part });
        }
        row += rows;
    }
    extracts
        .iter()
        .zip(columns)
        .map(|(extract, parts)| column::merge(extract, parts, &Budget::default()).unwrap())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_layout_gives_the_same_columns(layout in layouts(), power in 10_u32..14, threads in 1_usize..4) {
        let spec = spec(&["text(a)", "key(text)", "number(b)", "hash(a)", "kind(a[].b)", "length(é)"], OnBadRow::Error);
        let search = Search::new(&spec);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut all = vec![];
        for (text, array) in [(layout.lines(), false), (layout.array(), true)] {
            for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
                for size in [1 << power, BLOCK] {
                    let bytes = compress(text.as_bytes(), compression);
                    let (_folder, file) = file(&bytes, compression);
                    let found = pool.install(|| scan_in_blocks(&file, &spec, &search, size, &Budget::default(), &Silent)).unwrap();
                    prop_assert_eq!(found.file.rows as usize, layout.rows.len());
                    prop_assert_eq!(found.file.digest.as_deref(), Some(&*blake3::hash(&bytes).to_hex().to_string()));
                    let Index::Text(index) = &found.file.index else { unreachable!() };
                    prop_assert_eq!(index.array, array);
                    for (row, expected) in layout.rows.iter().enumerate() {
                        let around = &text[index.start(row as u32) as usize..index.end(row as u32) as usize];
                        prop_assert!(around.trim_start().starts_with(expected.trim()), "{:?} {:?}", around, expected);
                    }
                    all.push(columns(found.parts, &spec.extracts));
                }
            }
        }
        for other in &all[1..] {
            prop_assert_eq!(&all[0], other);
        }
    }
}
