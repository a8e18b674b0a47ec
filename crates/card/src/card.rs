//! The dataset card: what a folder holds, counted, with everything from the data escaped.

use std::{fs, path::Path};

use minijinja::{Environment, Value as Shown, value::Serde};
use serde_json::{Value, json};
use unskew_core::{
    Error, Exit, Result, folder,
    recipe::{NamedShape, OutputShape, Recipe, Written},
    report::{Report, StageReport},
};

use crate::{
    Lock, balance,
    configs::{configs, size_category},
    escape::{authored, code, fenced, grouped, markdown, url},
    merge::{Entry, How},
    quick_start::quick_start,
    sources, structure,
};

/// The text behind the YAML, where the recipe brings no template of its own.
const TEMPLATE: &str = include_str!("../../../dataset_cards/card.md.jinja");

/// Where the folder is, for those who read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// What the folder is called.
    pub name: String,
    /// The repository that it goes to, once that is known.
    pub repo: Option<Repo>,
}

/// A dataset on the Hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repo {
    /// The Hub that it is on: `https://huggingface.co`, or what stands in its place.
    pub hub: String,
    /// `owner/name`.
    pub id: String,
    /// The branch, tag or commit that the card's links lead to; without it, `main`.
    pub revision: Option<String>,
}

/// A card in parts: what belongs into the YAML, the text, and the charts.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    pub(crate) front: Vec<Entry>,
    pub(crate) body: String,
    /// The charts: path in the folder, and SVG.
    pub assets: Vec<(String, String)>,
}

impl Place {
    /// What the card calls one of the folder's files: a path here, a URL on the Hub.
    ///
    /// ```
    /// use unskew_card::{Place, Repo};
    ///
    /// let here = Place { name: "out".to_owned(), repo: None };
    /// assert_eq!(here.link("assets/x.svg"), "assets/x.svg");
    /// let hub = "https://huggingface.co".to_owned();
    /// let repo = Repo { hub, id: "me/out".to_owned(), revision: None };
    /// let there = Place { repo: Some(repo), ..here };
    /// assert_eq!(there.link("assets/x.svg"), "https://huggingface.co/datasets/me/out/resolve/main/assets/x.svg");
    /// ```
    pub fn link(&self, path: &str) -> String {
        match &self.repo {
            None => path.to_owned(),
            Some(Repo { hub, id, revision }) => {
                let revision = revision.as_deref().unwrap_or("main").replace('/', "%2F");
                format!("{hub}/datasets/{id}/resolve/{revision}/{path}")
            }
        }
    }

    /// The page of a source that is a repository, for those who read the card on the Hub: sources were read from the same
    /// one. A folder says nothing of Hubs.
    pub(crate) fn page(&self, source: &str) -> Option<String> {
        self.repo.as_ref().map(|repo| format!("{}/datasets/{}", repo.hub, url(source)))
    }
}

impl Card {
    /// The card of the folder at `root`, from what stands in it: the report, the lock, the recipe and the written files.
    pub fn of_folder(root: &Path, place: &Place) -> Result<Self> {
        let report: Report = read_json(root, folder::REPORT)?;
        let lock: Lock = read_json(root, folder::LOCK)?;
        let text = read(root, folder::RECIPE)?;
        let recipe = Written::parse(folder::RECIPE, &text, &[])?.recipe;
        check_files(root, &lock)?;
        let template = root.join(".unskew").join(folder::TEMPLATE);
        let own = template.is_file().then(|| fs::read_to_string(&template)).transpose();
        let own = own.map_err(|error| unreadable(&template, &error))?;
        let (context, assets) = context(root, place, &report, &lock, &recipe, &text);
        let body = render(own.as_deref().unwrap_or(TEMPLATE), &context)?;
        Ok(Self { front: front(place, &report, &lock, &recipe), body, assets })
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::new(Exit::Source, format!("cannot read {}", path.display()))
        .cause(error.to_string())
        .hint("a card is made of what a run left in its folder: `unskew run RECIPE --out DIR`")
}

fn read(root: &Path, name: &str) -> Result<String> {
    let path = root.join(name);
    fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))
}

fn read_json<T: serde::de::DeserializeOwned>(root: &Path, name: &str) -> Result<T> {
    serde_json::from_str(&read(root, name)?).map_err(|error| {
        Error::data(format!("{} is not what a run writes", root.join(name).display()))
            .cause(error.to_string())
    })
}

/// The files are as large as they were written, so that the report's numbers are theirs.
fn check_files(root: &Path, lock: &Lock) -> Result<()> {
    for file in &lock.files {
        let path = root.join(&file.path);
        let found = fs::metadata(&path).map_err(|error| unreadable(&path, &error))?.len();
        if found != file.bytes {
            let message = format!("{} has changed since it was written", path.display());
            return Err(Error::data(message)
                .hint("run the recipe again; `unskew card --check` tells what can be loaded"));
        }
    }
    Ok(())
}

/// Puts the data into a template.
fn render(template: &str, context: &Value) -> Result<String> {
    let fault = |error: minijinja::Error| {
        Error::new(Exit::Usage, "the card's template does not fit").cause(format!("{error:#}"))
    };
    let mut environment = Environment::new();
    environment.add_filter("md", |value: Shown| markdown(&text(&value)));
    environment.add_filter("code", |value: Shown| code(&text(&value)));
    environment.add_filter("fenced", |value: Shown, language: String| fenced(&text(&value), &language));
    environment.add_filter("authored", |value: Shown| authored(&text(&value)));
    environment.add_filter("url", |value: Shown| url(&text(&value)));
    environment.add_filter("number", |value: u64| grouped(value));
    environment.add_filter("count", |value: u64, one: String, more: String| {
        format!("{} {}", grouped(value), if value == 1 { one } else { more })
    });
    environment.add_template("card", template).map_err(fault)?;
    let shown = Shown::from(Serde(context));
    let body = environment.get_template("card").and_then(|template| template.render(shown)).map_err(fault)?;
    Ok(body.trim().to_owned())
}

fn text(value: &Shown) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Everything that a template can show, and the charts.
fn context(
    root: &Path,
    place: &Place,
    report: &Report,
    lock: &Lock,
    recipe: &Recipe,
    text: &str,
) -> (Value, Vec<(String, String)>) {
    let (stages, mut charts) = balance::stages(report);
    let (scores, more) = balance::scores(report);
    charts.extend(more);
    let links: Value = charts
        .iter()
        .map(|chart| (chart.path.clone(), Value::from(place.link(&chart.path))))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let facts = &recipe.card;
    let license = sources::license(facts, report, place);
    let shapes = shapes(recipe);
    let strategies = sources::distinct(report.stages.iter().map(|stage| stage.strategy.clone()));
    let context = json!({
        "name": report.name, "title": facts.pretty_name.as_ref().unwrap_or(&report.name),
        "place": place.repo.as_ref().map_or(&place.name, |repo| &repo.id), "place_is_repo": place.repo.is_some(),
        "reproduce": sources::reproduce(report, place),
        "unskew": report.unskew, "seed": report.seed, "strategies": strategies, "by": by(&report.stages),
        "format": report.output.format, "shapes": shapes, "links": links,
        "facts": {
            "description": facts.description, "uses": facts.uses, "out_of_scope": facts.out_of_scope,
            "limitations": facts.limitations, "citation": facts.citation, "contact": facts.contact,
            "changelog": facts.changelog, "license_name": license.name, "license_link": license.link,
        },
        "license": license.ids,
        "quick_start": quick_start(report, place, &shapes),
        "further": report.output.further.iter().map(|one| &one.config).collect::<Vec<_>>(),
        "configs": configs(report).iter().map(glance).collect::<Vec<_>>(),
        "rows": {
            "read": report.rows.read, "bad": report.rows.bad, "input": report.rows.input,
            "filtered": report.rows.filtered_false + report.rows.filtered_unknown,
            "output": report.rows.output, "kept": report.rows.kept,
            "retention": report.rows.retention.map(|share| format!("{:.1} %", 100.0 * share)),
        },
        "stages": stages, "scores": scores, "waterfall": balance::waterfall(report),
        "orders": balance::orders(report), "settings": balance::settings(report), "checks": balance::checks(report),
        "structure": structure::structure(report, root), "json_columns": report.json_columns,
        "provenance": sources::provenance(report, lock, place), "limits": sources::limits(report),
        "recipe": redacted(text),
    });
    (context, charts.into_iter().map(|chart| (chart.path, chart.svg)).collect())
}

fn glance(config: &crate::configs::Config<'_>) -> Value {
    let split = |split: &unskew_core::report::SplitReport| json!({"name": split.name, "value": split.value, "rows": split.rows, "bytes": split.bytes, "files": split.files.len()});
    json!({"name": config.name, "splits": config.splits.iter().map(split).collect::<Vec<_>>()})
}

/// What the first stage that looks at groups makes them by.
fn by(stages: &[StageReport]) -> Vec<String> {
    stages.iter().find_map(|stage| stage.strata.first()).map(|strata| strata.by.clone()).unwrap_or_default()
}

/// The shape of each config, by name where it has one.
fn shapes(recipe: &Recipe) -> Vec<String> {
    let name = |named: &NamedShape| match &named.shape {
        OutputShape::Named(name) => name.clone(),
        OutputShape::Columns(_) => String::new(),
    };
    recipe.output.shape.0.iter().map(name).collect()
}

/// What belongs into the YAML, in the order in which people read it.
fn front(place: &Place, report: &Report, lock: &Lock, recipe: &Recipe) -> Vec<Entry> {
    let facts = &recipe.card;
    let shapes = shapes(recipe);
    let mut front = vec![];
    let mut add = |key: &'static str, value: Value, how: How| {
        let empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        if !empty {
            front.push(Entry { key, value, how });
        }
    };
    let said = |said: bool| if said { How::Replace } else { How::Keep };
    let mut license = sources::license(facts, report, place);
    let ids = if license.ids.len() == 1 { Value::from(license.ids.remove(0)) } else { json!(license.ids) };
    add("license", ids, said(!facts.license.0.is_empty()));
    add("license_name", json!(license.name), said(facts.license_name.is_some()));
    add("license_link", json!(license.link), said(facts.license_link.is_some()));
    add("language", json!(sources::language(facts, report)), said(!facts.language.0.is_empty()));
    let name = facts.pretty_name.as_ref().unwrap_or(&report.name);
    add("pretty_name", json!(name), said(facts.pretty_name.is_some()));
    let configs = configs(report);
    let rows = configs.iter().map(crate::configs::Config::rows).sum();
    add("size_categories", json!([size_category(rows)]), How::Size);
    let tasks = sources::task_categories(facts, &shapes, report);
    add("task_categories", json!(tasks), said(!facts.task_categories.0.is_empty()));
    add("task_ids", json!(facts.task_ids.0), How::Replace);
    add("annotations_creators", json!(facts.annotations_creators.0), How::Replace);
    add("language_creators", json!(facts.language_creators.0), How::Replace);
    let strategies = report.stages.iter().map(|stage| stage.strategy.clone());
    let trainers = shapes.iter().filter(|shape| shape.contains('/')).flat_map(|shape| shape.split('/'));
    let ours = ["unskew", "balanced"].map(str::to_owned).into_iter().chain(strategies);
    let tags = ours.chain(trainers.map(str::to_owned)).chain(facts.tags.0.iter().cloned());
    add("tags", json!(sources::distinct(tags)), How::Union);
    add("source_datasets", json!(sources::source_datasets(facts, report)), How::Union);
    let infos: Vec<Value> = configs.iter().filter_map(crate::configs::Config::info).collect();
    add("dataset_info", infos.into(), How::Configs);
    let entry =
        |(at, config): (usize, &crate::configs::Config<'_>)| config.entry(at == 0 && configs.len() > 1, lock);
    add("configs", configs.iter().enumerate().map(entry).collect(), How::Configs);
    front
}

/// A recipe without what gives access to anything.
fn redacted(text: &str) -> String {
    const TOKEN: &str = "hf_";
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(TOKEN) {
        let (before, token) = rest.split_at(at);
        let letters = token[TOKEN.len()..].bytes().take_while(u8::is_ascii_alphanumeric).count();
        out.push_str(before);
        out.push_str(if letters >= 16 { "hf_…" } else { &token[..TOKEN.len() + letters] });
        rest = &token[TOKEN.len() + letters..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_not_told() {
        let token = format!("hf_{}", "a1B2".repeat(8));
        assert_eq!(redacted(&format!("a: {token}\nb: hf_short")), "a: hf_…\nb: hf_short");
    }

    #[test]
    fn a_template_that_does_not_fit_is_told() {
        let error = render("{% for x in %}", &json!({})).unwrap_err();
        assert_eq!(error.exit(), Exit::Usage);
        assert_eq!(render("{{ a | md }}", &json!({"a": "<b>"})).unwrap(), "&lt;b&gt;");
    }
}
