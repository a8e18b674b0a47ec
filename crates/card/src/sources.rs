//! Where the rows come from, and what follows from that: licenses, languages, limits.

use serde_json::{Value, json};
use unskew_core::{
    recipe::CardFacts,
    report::{Report, SourceReport},
};

use crate::{Lock, Place, Repo, escape::shell_word, quick_start};

/// The sources with their facts, and their files.
pub fn provenance(report: &Report, lock: &Lock, place: &Place) -> Value {
    let source = |source: &SourceReport| {
        let bad: u64 = source.bad.values().sum();
        json!({
            "label": source.label, "rows": source.rows, "bytes": source.bytes, "bad": bad, "files": source.files,
            "repo": source.origin.as_ref().map(|origin| &origin.repo),
            "page": source.origin.as_ref().and_then(|origin| place.page(&origin.repo)),
            "revision": source.origin.as_ref().map(|origin| &origin.commit),
            "license": source.origin.as_ref().map(|origin| &origin.license),
            "license_name": source.origin.as_ref().map(|origin| &origin.license_name),
            "license_link": source.origin.as_ref().map(|origin| &origin.license_link),
            "gated": source.origin.as_ref().is_some_and(|origin| origin.gated),
        })
    };
    let files: Vec<Value> = (lock.sources.iter().take(MOST_FILES))
        .map(|file| json!({"source": file.source, "path": file.path, "bytes": file.bytes, "blake3": file.blake3}))
        .collect();
    json!({
        "sources": report.sources.iter().map(source).collect::<Vec<_>>(),
        "from_hub": report.sources.iter().any(|source| source.origin.is_some()),
        "from_here": report.sources.iter().any(|source| source.origin.is_none()),
        "more": lock.sources.len() - files.len(), "files": files, "selection": lock.steps.last().map(|step| &step.blake3),
    })
}

/// The commands that make the rows of `place` again, and that compare.
pub fn reproduce(report: &Report, place: &Place) -> String {
    let from_hub = report.sources.iter().any(|source| source.origin.is_some());
    let locked = if from_hub { " --locked=lock.json" } else { "" };
    let limit = report.limit.map_or(String::new(), |rows| format!(" --limit {rows}"));
    let what = match &place.repo {
        None if place.name.starts_with('-') => format!("./{}", place.name),
        None => place.name.clone(),
        Some(Repo { id, revision: None, .. }) => format!("hf://datasets/{id}"),
        Some(Repo { id, revision: Some(revision), .. }) => {
            format!("hf://datasets/{id}@{}", revision.replace('/', "%2F"))
        }
    };
    format!("unskew run recipe.yaml --out again{locked}{limit}\nunskew verify {}", shell_word(&what))
}

/// Most files that are listed one by one.
const MOST_FILES: usize = 100;

/// A license as the head of a card has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct License {
    /// The identifiers.
    pub ids: Vec<String>,
    /// What it is called, if it has no identifier of its own.
    pub name: Option<String>,
    /// Where its text is.
    pub link: Option<String>,
}

impl License {
    fn of_source(source: &SourceReport, place: &Place) -> Option<Self> {
        let origin = source.origin.as_ref()?;
        // A file of the source is named by its address there.
        let whole = |link: &String| match place.page(&origin.repo) {
            _ if link.contains("://") => Some(link.clone()),
            page => page.map(|page| format!("{page}/blob/{}/{link}", origin.commit)),
        };
        let link = origin.license_link.as_ref().and_then(whole);
        Some(Self { ids: origin.license.clone(), name: origin.license_name.clone(), link })
    }
}

/// The license to put at the head of the card: what the recipe says, or what all sources have in common.
pub fn license(facts: &CardFacts, report: &Report, place: &Place) -> License {
    let (name, link) = (facts.license_name.clone(), facts.license_link.clone());
    let said = License { ids: facts.license.0.clone(), name, link };
    if said != License::default() {
        return said;
    }
    let mut known = report.sources.iter().map(|source| License::of_source(source, place));
    let first = known.next().flatten().unwrap_or_default();
    // Which license a mixture of several may have is not for a program to say.
    if known.all(|other| other.as_ref() == Some(&first)) { first } else { License::default() }
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

/// The tasks of the recipe, of the shapes, or else of all sources.
pub fn task_categories(facts: &CardFacts, shapes: &[String], report: &Report) -> Vec<String> {
    if !facts.task_categories.0.is_empty() {
        return facts.task_categories.0.clone();
    }
    let of_shapes = quick_start::task_categories(shapes);
    if !of_shapes.is_empty() {
        return of_shapes;
    }
    let origins = report.sources.iter().flat_map(|source| &source.origin);
    distinct(origins.flat_map(|origin| origin.task_categories.clone()))
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

    fn repo(id: &str, revision: Option<&str>) -> Repo {
        let (hub, revision) = ("http://hub.local/hf".to_owned(), revision.map(str::to_owned));
        Repo { hub, id: id.to_owned(), revision }
    }

    fn here() -> Place {
        Place { name: "out".to_owned(), repo: None }
    }

    #[test]
    fn commands_can_be_copied() {
        let report = Report { limit: Some(9), ..Report::default() };
        let place = |name: &str| Place { name: name.to_owned(), repo: None };
        let said = |place: &Place| reproduce(&report, place);
        assert_eq!(said(&place("out")), "unskew run recipe.yaml --out again --limit 9\nunskew verify out");
        assert!(said(&place("-x y")).ends_with("verify './-x y'"));
        let repo = |revision| Place { repo: Some(repo("me/out", revision)), ..place("out") };
        assert!(said(&repo(None)).ends_with("verify hf://datasets/me/out"));
        assert!(said(&repo(Some("a/b"))).ends_with("verify hf://datasets/me/out@a%2Fb"));
    }

    #[test]
    fn a_license_is_taken_over_and_never_guessed() {
        let source = |license: &str, repo: &str| SourceReport {
            origin: Some(Origin {
                license: vec![license.to_owned()],
                license_name: (license == "other").then(|| format!("that of {repo}")),
                task_categories: vec!["question-answering".to_owned()],
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
        let ids = |report: &Report| license(&none, report, &here()).ids;
        assert_eq!(ids(&report(["mit", "mit"])), ["mit"]);
        assert_eq!(ids(&report(["mit", "cc-by-4.0"])), [""; 0]);
        assert_eq!(ids(&Report::default()), [""; 0]);
        // Two licenses without identifiers are two, though both are called `other`.
        assert_eq!(ids(&report(["other", "other"])), [""; 0]);
        let tasks = |shape: &str| task_categories(&none, &[shape.to_owned()], &report(["mit", "mit"]));
        assert_eq!(tasks(""), ["question-answering"]);
        assert_ne!(tasks("trl/dpo"), tasks(""));
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
        let of = |place: &Place| license(&CardFacts::default(), &report, place);
        assert_eq!((of(&here()).name.as_deref(), of(&here()).link), (Some("ours"), None));
        let there = Place { repo: Some(repo("me/out", None)), ..here() };
        assert_eq!(of(&there).link.unwrap(), "http://hub.local/hf/datasets/a/b/blob/c0/LICENSE");
    }
}
