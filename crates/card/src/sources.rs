//! Where the rows come from, and what follows from that: licenses, languages, limits.

use serde_json::{Value, json};
use unskew_core::{
    recipe::CardFacts,
    report::{Report, SourceReport},
};

use crate::Lock;

/// The sources with their facts, and their files.
pub fn provenance(report: &Report, lock: &Lock) -> Value {
    let source = |source: &SourceReport| {
        let bad: u64 = source.bad.values().sum();
        json!({
            "label": source.label, "rows": source.rows, "bytes": source.bytes, "bad": bad, "files": source.files,
            "repo": source.origin.as_ref().map(|origin| &origin.repo),
            "revision": source.origin.as_ref().map(|origin| &origin.commit),
            "license": source.origin.as_ref().map(|origin| &origin.license),
            "gated": source.origin.as_ref().is_some_and(|origin| origin.gated),
        })
    };
    let files: Vec<Value> = (lock.sources.iter().take(MOST_FILES))
        .map(|file| json!({"source": file.source, "path": file.path, "bytes": file.bytes, "blake3": file.blake3}))
        .collect();
    json!({
        "sources": report.sources.iter().map(source).collect::<Vec<_>>(),
        "from_hub": report.sources.iter().any(|source| source.origin.is_some()),
        "more": lock.sources.len() - files.len(), "files": files, "selection": lock.steps.last().map(|step| &step.blake3),
    })
}

/// Most files that are listed one by one.
const MOST_FILES: usize = 100;

/// The license to put at the head of the card: what the recipe says, or what all sources have in common.
pub fn license(facts: &CardFacts, report: &Report) -> Vec<String> {
    if !facts.license.0.is_empty() {
        return facts.license.0.clone();
    }
    let mut known = report.sources.iter().map(|source| source.origin.as_ref().map(|origin| &origin.license));
    let Some(first) = known.next() else { return vec![] };
    // Which license a mixture of several may have is not for a program to say.
    if known.all(|other| other == first) { first.cloned().unwrap_or_default() } else { vec![] }
}

/// What a license that the Hub has no word for is called, and where it stands: what the recipe says, or what comes with
/// the license that is taken over. A file of the source is named by its address there.
pub fn license_terms(facts: &CardFacts, report: &Report) -> (Option<String>, Option<String>) {
    let said = (facts.license_name.clone(), facts.license_link.clone());
    if !facts.license.0.is_empty() || license(facts, report).is_empty() {
        return said;
    }
    let Some(origin) = report.sources.first().and_then(|source| source.origin.as_ref()) else { return said };
    let there = |link: &String| {
        let place = format!("https://huggingface.co/datasets/{}/blob/{}", origin.repo, origin.commit);
        if link.contains("://") { link.clone() } else { format!("{place}/{link}") }
    };
    let link = origin.license_link.as_ref().map(there);
    (said.0.or_else(|| origin.license_name.clone()), said.1.or(link))
}

/// Why it is not known under which license the result may be given to others, if it is not: sources other than
/// `target`, the repository that it goes to, have different ones, or none that is told.
pub fn license_doubt(facts: &CardFacts, report: &Report, target: &str) -> Option<String> {
    let origins = report.sources.iter().filter_map(|source| source.origin.as_ref());
    let others: Vec<_> = origins.filter(|origin| origin.repo != target).collect();
    if !facts.license.0.is_empty() || others.is_empty() {
        return None;
    }
    if let Some(silent) = others.iter().find(|origin| origin.license.is_empty()) {
        return Some(format!("{} does not tell its license", silent.repo));
    }
    let told = |origin: &&unskew_core::remote::Origin| match &origin.license_name {
        Some(name) => format!("{} ({name})", origin.license.join(", ")),
        None => origin.license.join(", "),
    };
    let all = distinct(others.iter().map(told));
    if all.len() > 1 {
        return Some(format!("the sources have different licenses: {}", all.join("; ")));
    }
    (others.len() < report.sources.len())
        .then(|| format!("some sources are under {}, and others do not tell their license", all[0]))
}

/// The languages of the recipe and of all sources.
pub fn language(facts: &CardFacts, report: &Report) -> Vec<String> {
    if !facts.language.0.is_empty() {
        return facts.language.0.clone();
    }
    let all =
        report.sources.iter().flat_map(|source| &source.origin).flat_map(|origin| origin.language.clone());
    distinct(all)
}

/// The datasets that the recipe names and those that were read.
pub fn source_datasets(facts: &CardFacts, report: &Report) -> Vec<String> {
    let read = report.sources.iter().filter_map(|source| Some(source.origin.as_ref()?.repo.clone()));
    distinct(facts.source_datasets.0.iter().cloned().chain(read))
}

/// Texts without those that come again.
pub fn distinct(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut found: Vec<String> = vec![];
    for text in texts {
        if !found.contains(&text) {
            found.push(text);
        }
    }
    found
}

/// What must be said of every dataset that was made like this.
pub fn limits(report: &Report) -> Value {
    let rows = &report.rows;
    let overflow: u64 =
        report.overflow.iter().flat_map(|overflow| &overflow.splits).map(|split| split.rows).sum();
    let left_out: Vec<Value> = (report.overflow.iter())
        .flat_map(|overflow| &overflow.left_out_by)
        .filter(|left_out| left_out.rows > 0)
        .map(|left_out| json!({"step": left_out.step, "rows": left_out.rows}))
        .collect();
    let repeats = report.stages.iter().any(|stage| stage.rows_out > stage.rows_in);
    json!({
        "repeats": if repeats { rows.output.saturating_sub(rows.kept) } else { 0 }, "kept": rows.kept,
        "discarded": rows.input.saturating_sub(rows.kept), "overflow": overflow, "left_out": left_out,
        "unknown": rows.filtered_unknown, "limit": report.limit,
    })
}

#[cfg(test)]
mod tests {
    use unskew_core::remote::Origin;

    use super::*;

    #[test]
    fn a_license_is_taken_over_and_never_guessed() {
        let source = |license: &str, repo: &str| SourceReport {
            origin: Some(Origin {
                license: vec![license.to_owned()],
                language: vec!["en".to_owned()],
                repo: repo.to_owned(),
                ..Origin::default()
            }),
            ..SourceReport::default()
        };
        let report = |licenses: [&str; 2]| Report {
            sources: vec![source(licenses[0], "a/b"), source(licenses[1], "a/c")],
            ..Report::default()
        };
        let none = CardFacts::default();
        assert_eq!(license(&none, &report(["mit", "mit"])), ["mit"]);
        assert_eq!(license(&none, &report(["mit", "cc-by-4.0"])), [""; 0]);
        assert_eq!(license(&none, &Report::default()), [""; 0]);
        assert_eq!(language(&none, &report(["mit", "mit"])), ["en"]);
        assert_eq!(source_datasets(&none, &report(["mit", "mit"])), ["a/b", "a/c"]);
        let doubt = |licenses: [&str; 2], target: &str| license_doubt(&none, &report(licenses), target);
        assert_eq!(doubt(["mit", "mit"], "x/y"), None);
        assert_eq!(doubt(["mit", "gpl"], "x/y").unwrap(), "the sources have different licenses: mit; gpl");
    }

    #[test]
    fn a_license_of_its_own_brings_its_terms() {
        let origin = Origin {
            license: vec!["other".to_owned()],
            license_name: Some("ours".to_owned()),
            license_link: Some("LICENSE".to_owned()),
            repo: "a/b".to_owned(),
            commit: "c0".to_owned(),
            ..Origin::default()
        };
        let source = SourceReport { origin: Some(origin), ..SourceReport::default() };
        let report = Report { sources: vec![source], ..Report::default() };
        let (name, link) = license_terms(&CardFacts::default(), &report);
        assert_eq!(name.unwrap(), "ours");
        assert_eq!(link.unwrap(), "https://huggingface.co/datasets/a/b/blob/c0/LICENSE");
    }
}
