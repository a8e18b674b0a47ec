//! `demo`: the whole way from a skewed dataset on a Hub to a balanced one, without a network.

use std::{fmt::Write, fs, path::Path};

use unskew_core::{
    Error, Options, Prepared, Registry, Report, Result,
    recipe::Written,
    report::{Mixture, OrderReport},
};
use unskew_hub::{Environment, Hub, Pushed, Target, Wishes};
use unskew_hub_server::{Change, Gate, HubServer, RepoId, Role, token_file, tokens_in};
use unskew_io::Silent;

use crate::{
    arguments::Demo,
    hub::complaint,
    summary::number,
    table::{Align, Table},
    terminal::{Style, print, say},
};

const SOURCE: &str = "me/answers";
const BALANCED: &str = "me/answers-balanced";

/// So many answers are good, and so many are not.
const GOOD: usize = 746;
const BAD: usize = 254;

const RECIPE: &str = "\
# As many good as bad answers, in an order in which no batch holds one kind only.
name: answers-balanced
seed: 42
source: hf://datasets/me/answers
stages:
  - kto: {label: label}
checks:
  - {preset: kto}
card:
  license: cc0-1.0
output:
  to: hf://datasets/me/answers-balanced
  shape: trl/kto
";

/// Publishes a skewed dataset on a Hub of its own, balances it, pushes the result, reads it back, and says where to look.
pub fn demo(arguments: &Demo, registry: &Registry) -> Result<()> {
    let folder = &arguments.folder;
    begin(folder)?;
    let root = folder.join("hub");
    let token = token_file(&root, "me", Role::Write).map_err(|error| complaint(&error))?;
    let server = serve(&root).map_err(|error| complaint(&error))?;
    say(&format!("a Hub is running at {} as long as this takes", server.endpoint()));
    publish(&server).map_err(|error| complaint(&error))?;
    say(&format!("published {SOURCE}: {GOOD} good answers, then {BAD} bad ones"));
    let hub = client(&server, &token, &folder.join("cache"))?;
    let (before, pushed) = balance(folder, registry, &hub)?;
    say(&format!("balanced it, and pushed {BALANCED} in one commit"));
    let after = look(BALANCED, registry, &hub)?;
    print(&picture(&before, &after, &pushed, folder, &token))
}

/// Makes the folder for everything, which has to be a new one.
fn begin(folder: &Path) -> Result<()> {
    let full = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if full {
        return Err(Error::usage(format!("{} is not empty", folder.display()))
            .hint("remove it, or name another folder: `unskew demo DIR`"));
    }
    fs::create_dir_all(folder).map_err(|error| Error::unwritable(folder, &error))?;
    let recipe = folder.join("recipe.yaml");
    fs::write(&recipe, RECIPE).map_err(|error| Error::unwritable(&recipe, &error))
}

fn serve(root: &Path) -> unskew_hub_server::Result<HubServer> {
    HubServer::builder().root(root).tokens(tokens_in(root)?).spawn()
}

/// The Hub of the demo, whatever the environment says of others.
fn client(server: &HubServer, token: &Path, cache: &Path) -> Result<Hub> {
    let environment = Environment::of(&|name| {
        Some(match name {
            "HF_ENDPOINT" => server.endpoint(),
            "HF_TOKEN_PATH" => token.display().to_string(),
            "HF_HUB_CACHE" => cache.display().to_string(),
            _ => return None,
        })
    })?;
    Ok(Hub::with(environment)?)
}

/// Puts the skewed dataset on the Hub.
fn publish(server: &HubServer) -> unskew_hub_server::Result<()> {
    let mut rows = String::new();
    for row in 0..GOOD + BAD {
        let good = row < GOOD;
        let answer = if good { row + row } else { row };
        let _ = writeln!(
            rows,
            "{{\"prompt\": [{{\"role\": \"user\", \"content\": \"What is {row} + {row}?\"}}], \
             \"completion\": [{{\"role\": \"assistant\", \"content\": \"It is {answer}.\"}}], \"label\": {good}}}"
        );
    }
    let repo = RepoId::dataset(SOURCE)?;
    server.create(&repo, false, Gate::Open)?;
    let card = "---\nlicense: cc0-1.0\nlanguage: en\n---\n# Answers\n\nSums, most of them right.\n";
    let change = Change::new("Publish answers").file("README.md", card).file("data/train.jsonl", rows);
    server.commit(&repo, "main", &change).map(|_| ())
}

/// Runs the recipe and pushes what it makes; says how the source was mixed.
fn balance(folder: &Path, registry: &Registry, hub: &Hub) -> Result<(Report, Pushed)> {
    let before = look(SOURCE, registry, hub)?;
    let written = Written::read(&folder.join("recipe.yaml"), &[])?;
    let target = Target::parse(written.recipe.output.to.as_deref().unwrap_or(BALANCED))?;
    let prepared = Prepared::new(written, registry, hub)?;
    let options = Options { out: Some(folder.join("out")), ..Options::default() };
    let outcome = unskew_core::run(&prepared, &options, &Silent)?;
    let out = unskew_card::finish(outcome, false)?;
    let pushed = hub.push(&out, &target, &Wishes::default(), &Silent)?;
    Ok((before, pushed))
}

/// How a dataset on the Hub is mixed.
fn look(repo: &str, registry: &Registry, hub: &Hub) -> Result<Report> {
    let recipe = format!("source: hf://datasets/{repo}\noutput: {{label: label}}\n");
    let prepared = Prepared::new(Written::parse("demo", &recipe, &[])?, registry, hub)?;
    unskew_core::plan(&prepared, &Options::default(), &Silent)
}

fn picture(before: &Report, after: &Report, pushed: &Pushed, folder: &Path, token: &Path) -> String {
    let style = Style::of_stdout();
    let headings = ["", "good", "bad", "good of the first 50", "longest run"];
    let align = |at: usize| if at == 0 { Align::Left } else { Align::Right };
    let mut table = Table::new(headings.iter().enumerate().map(|(at, name)| ((*name).to_owned(), align(at))));
    for (name, report) in [(SOURCE, before), (BALANCED, after)] {
        let Some(order) = report.order.first() else { continue };
        let (good, bad) = (of_label(order, "true"), of_label(order, "false"));
        let rows = |mixture: Option<&Mixture>| number(mixture.map_or(0, |mixture| mixture.rows));
        let first = number(good.map_or(0, |mixture| mixture.first));
        table.row([name.to_owned(), rows(good), rows(bad), first, number(order.longest_run)]);
    }
    let mut lines = table.lines(&style, style.width);
    let folder = folder.display();
    lines.push(String::new());
    lines.extend(pushed.url.as_ref().map(|url| format!("The commit was {url}")));
    lines.push(format!(
        "The recipe is {folder}/recipe.yaml, what it made {folder}/out, with its card in README.md."
    ));
    lines.push("To look at both datasets on the Hub:".to_owned());
    lines.push(String::new());
    lines.push(format!("  unskew hub serve --root {folder}/hub"));
    lines.push(format!("  export HF_ENDPOINT=http://127.0.0.1:8900 HF_TOKEN_PATH={}", token.display()));
    lines.push(format!(
        "  python -c 'from datasets import load_dataset; print(load_dataset(\"{BALANCED}\"))'"
    ));
    lines.join("\n") + "\n"
}

fn of_label<'a>(order: &'a OrderReport, label: &str) -> Option<&'a Mixture> {
    order.values.iter().find(|value| value.key == [Some(label.to_owned())])
}
