//! Results on a Hub: verified, checked, and made again from the commits that their locks name.

use std::{fs, path::Path};

use unskew_hub_server::{Change, Gate, HubServer, RepoId, Role, Token};

use super::{Dir, TOKEN, json, recipe, rows, unskew};

const CARD: &str = "---
license: other
license_name: rows-1.0
license_link: LICENSE.md
language: [en, de]
task_categories: [question-answering]
---
";

/// A Hub with a dataset `me/rollouts`, and a folder `out` that was made of it.
struct Made {
    dir: Dir,
    hub: HubServer,
}

impl Made {
    fn new() -> Self {
        let dir = Dir::new();
        let me = Token::new("me", Role::Write, TOKEN);
        let hub = HubServer::builder().root(dir.path().join("hub")).token(me).spawn().unwrap();
        let made = Self { dir, hub };
        made.dataset("me/rollouts", CARD, Gate::Auto);
        made.run("hf://datasets/me/rollouts");
        made
    }

    /// A dataset with a small file and a large one.
    fn dataset(&self, id: &str, card: &str, gate: Gate) {
        let repo = RepoId::dataset(id).unwrap();
        self.hub.create(&repo, false, gate).unwrap();
        let change = Change::new("Add rows")
            .file("README.md", card.to_owned())
            .file("data/train-00000-of-00002.jsonl", rows(100))
            .large_file("data/train-00001-of-00002.jsonl", rows(200));
        self.hub.commit(&repo, "main", &change).unwrap();
    }

    fn run(&self, source: &str) {
        self.dir.write("recipe.yaml", recipe(source));
        self.unskew(&["run", "recipe.yaml", "--quiet"]).success();
    }

    fn unskew(&self, arguments: &[&str]) -> super::Outcome {
        unskew(&self.dir, &self.hub.endpoint(), &[], arguments)
    }

    /// Commits the folder `out` as the dataset `me/balanced`.
    fn publish(&self) -> RepoId {
        self.publish_as("me/balanced")
    }

    fn publish_as(&self, id: &str) -> RepoId {
        let repo = RepoId::dataset(id).unwrap();
        self.hub.create(&repo, false, Gate::Open).unwrap();
        let change = with_files(Change::new("Add rows"), &self.dir.path().join("out"), "");
        self.hub.commit(&repo, "main", &change).unwrap();
        repo
    }

    /// One more commit to the source, which changes its rows.
    fn move_on(&self) {
        let more = Change::new("Change rows").file("data/train-00000-of-00002.jsonl", rows(150));
        self.hub.commit(&RepoId::dataset("me/rollouts").unwrap(), "main", &more).unwrap();
    }
}

/// A change with all files below a folder.
fn with_files(change: Change, folder: &Path, prefix: &str) -> Change {
    fs::read_dir(folder).unwrap().map(Result::unwrap).fold(change, |change, item| {
        let path = format!("{prefix}{}", item.file_name().to_str().unwrap());
        if item.path().is_dir() {
            return with_files(change, &item.path(), &format!("{path}/"));
        }
        change.file(path, fs::read(item.path()).unwrap())
    })
}

const SHARD: &str = "data/train-00000-of-00001.jsonl";

#[test]
fn a_result_on_the_hub_is_verified() {
    let made = Made::new();
    let repo = made.publish();
    let first = made.hub.head(&repo, "main").unwrap();
    let url = "hf://datasets/me/balanced";
    made.move_on();
    let said = made.unskew(&["verify", url]).success().stdout;
    assert_eq!(
        said,
        format!("{url} is what its lock says: 2 source files, 2 steps and 1 file made again are the same\n")
    );

    let changed = made.dir.read(&format!("out/{SHARD}")).replacen("math", "meth", 1);
    made.hub.commit(&repo, "main", &Change::new("Change a row").file(SHARD, changed)).unwrap();
    let told = made.unskew(&["verify", url]).failure(6).stderr;
    let causes: Vec<&str> = told.lines().filter(|line| line.starts_with("  cause: ")).collect();
    assert_eq!(causes.len(), 1, "{told}");
    assert!(causes[0].starts_with(&format!("  cause: {SHARD} as it stands is ")), "{told}");
    made.unskew(&["verify", &format!("{url}@{first}")]).success();
}

#[test]
fn what_is_no_result_is_told() {
    let made = Made::new();
    let told = made.unskew(&["verify", "hf://datasets/me/rollouts"]).failure(3).stderr;
    assert!(told.contains("/.unskew/lock.json") && told.contains("there is no such file"), "{told}");
    let told = made.unskew(&["verify", "hf://datasets/me/balanced"]).failure(3).stderr;
    assert!(told.contains("there is no dataset `me/balanced`"), "{told}");
    let told = made.unskew(&["verify", "hf://datasets/me/rollouts/data"]).failure(2).stderr;
    assert!(told.contains("hint: leave `/data` out"), "{told}");
    let told = made.unskew(&["card", "hf://datasets/me/rollouts"]).failure(2).stderr;
    assert!(told.contains("cannot be written there"), "{told}");
    let told = made.unskew(&["verify", "me/rollouts"]).failure(3).stderr;
    assert!(told.contains("hint: a repository is `hf://datasets/OWNER/NAME`"), "{told}");
}

#[test]
fn sources_beside_it_are_found_by_from() {
    let made = Made::new();
    made.dir.write("here/rows.jsonl", rows(50));
    made.run("[hf://datasets/me/rollouts, here/rows.jsonl]");
    made.publish();
    made.unskew(&["verify", "hf://datasets/me/balanced"]).success();
    let told = made.unskew(&["verify", "hf://datasets/me/balanced", "--from", "here"]).failure(3).stderr;
    assert!(told.contains("hint: `--from FOLDER` says"), "{told}");
}

/// Whoever can write a repository must not run programs on the machines of those who look at it.
#[test]
fn a_recipe_from_a_repository_runs_no_programs() {
    let made = Made::new();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/plugins/python");
    let stage = "stages: [{top: {by: id, score: id}}]\n";
    let named = format!("plugins: {{top: {{program: {folder}/unskew-strategy-top}}}}\n{stage}");
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap());
    for (stages, repo) in [(named.as_str(), "me/named"), (stage, "me/installed")] {
        let recipe = recipe("hf://datasets/me/rollouts");
        let (before, _) = recipe.split_once("stages:").unwrap();
        made.dir.write("recipe.yaml", format!("{before}{stages}output: {{to: out, format: jsonl}}\n"));
        let run = |arguments: &[&str]| unskew(&made.dir, &made.hub.endpoint(), &[("PATH", &path)], arguments);
        run(&["run", "recipe.yaml", "--quiet"]).success();
        made.publish_as(repo);
        let url = format!("hf://datasets/{repo}");
        let told = run(&["verify", &url]).failure(2).stderr;
        assert!(
            told.contains("hint: the recipe comes from a repository; `--trust` lets it run programs"),
            "{told}"
        );
        run(&["verify", &url, "--trust"]).success();
        run(&["verify", "out"]).success();
    }
}

#[test]
fn a_locked_run_reads_the_commits_of_its_lock() {
    let made = Made::new();
    let lock = made.dir.read("out/.unskew/lock.json");
    made.move_on();
    made.unskew(&["run", "recipe.yaml", "--quiet", "--locked"]).success();
    assert_eq!(made.dir.read("out/.unskew/lock.json"), lock);
    made.dir.write("lock.json", &lock);
    made.unskew(&["run", "recipe.yaml", "--quiet"]).success();
    assert_ne!(made.dir.read("out/.unskew/lock.json"), lock);
    made.unskew(&["run", "recipe.yaml", "--out", "again", "--locked=lock.json"]).success();
    assert_eq!(made.dir.read("again/.unskew/lock.json"), lock);
}

#[test]
fn what_load_dataset_would_stumble_over_is_told_of_a_repository() {
    let made = Made::new();
    let repo = made.publish();
    let url = "hf://datasets/me/balanced";
    let here = made.unskew(&["card", "--check", "out", "--json"]).success().stdout;
    assert_eq!(made.unskew(&["card", "--check", url, "--json"]).success().stdout, here);

    let over = Change::new("Say otherwise").file(".huggingface.yaml", "license: mit\n");
    made.hub.commit(&repo, "main", &over).unwrap();
    let told = made.unskew(&["card", "--check", url]).success().stdout;
    assert!(told.contains(".huggingface.yaml sets license"), "{told}");
    made.hub.commit(&repo, "main", &Change::new("Lose a shard").delete(SHARD)).unwrap();
    let told = made.unskew(&["card", "--check", url]).failure(6).stderr;
    assert!(told.contains("`load_dataset` would fail") && told.contains("data/train"), "{told}");
}

#[test]
fn of_parquet_only_footers_are_read() {
    let made = Made::new();
    let row = |row| format!("{{\"task\": \"t\", \"text\": \"{}\"}}\n", noise(row));
    made.dir.write("rows.jsonl", (0..40_000).map(row).collect::<Vec<_>>().concat());
    made.dir.write("recipe.yaml", "source: rows.jsonl\noutput: {to: out}\n");
    made.unskew(&["run", "recipe.yaml", "--quiet"]).success();
    let repo = made.publish();
    made.hub.forget_requests();
    made.unskew(&["card", "--check", "hf://datasets/me/balanced"]).success();
    let sent: u64 = made.hub.requests().iter().map(|line| line.sent).sum();
    let size = made.hub.entry(&repo, "main", "data/train-00000-of-00001.parquet").unwrap().size;
    assert!(size > 1 << 20 && sent < size / 4, "{sent} of {size}");
}

/// A text that does not become much shorter when it is packed.
fn noise(row: u64) -> String {
    let part = |part: u64| format!("{:016x}", (row * 8 + part).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    (1..5).map(part).collect::<Vec<_>>().concat()
}

/// A card for `me/balanced` has links to its source and to its own files, and to no other Hub than this one.
#[track_caller]
fn links_lead_to_this_hub(made: &Made, card: &str) {
    let commit = made.hub.head(&RepoId::dataset("me/rollouts").unwrap(), "main").unwrap();
    let of = |repo: &str| format!("{}/datasets/{repo}", made.hub.endpoint());
    let license = format!("{}/blob/{commit}/LICENSE.md", of("me/rollouts"));
    for link in [
        &format!("[me/rollouts]({})", of("me/rollouts")),
        &format!("({}/resolve/main/assets/balance-1.svg)", of("me/balanced")),
        &format!("license_link: \"{license}\""),
        &format!("`other` (rows-1.0, `{license}`)."),
    ] {
        assert!(card.contains(link), "{link} is not in\n{card}");
    }
    assert!(!card.contains("https://huggingface.co/"), "{card}");
}

#[test]
fn links_of_a_pushed_card_lead_to_the_hub_where_it_is() {
    let made = Made::new();
    let out = || made.dir.read("out/README.md");
    assert!(!out().contains("http://") && !out().contains("https://huggingface.co/"), "{}", out());
    made.unskew(&["push", "out", "me/balanced"]).success();
    let pushed = made.hub.read(&RepoId::dataset("me/balanced").unwrap(), "main", "README.md").unwrap();
    links_lead_to_this_hub(&made, &String::from_utf8(pushed).unwrap());
    assert!(made.unskew(&["push", "out", "me/balanced"]).success().stdout.contains("nothing was changed"));
}

#[test]
fn the_card_tells_what_the_sources_say_of_themselves() {
    let made = Made::new();
    let card = made.dir.read("out/README.md");
    let commit = made.hub.head(&RepoId::dataset("me/rollouts").unwrap(), "main").unwrap();
    for line in [
        "license: other",
        "license_name: rows-1.0",
        " · seed 7 · `me/rollouts`\n",
        "language: [en, de]",
        "task_categories: [question-answering]",
        "source_datasets: [me/rollouts]",
        &format!(" `me/rollouts` | `{commit}` | other (rows-1.0, `LICENSE.md`) (gated) |"),
        "- Whoever reads `me/rollouts` must agree to its owner's terms first",
        "`other` (rows-1.0).",
        "unskew run recipe.yaml --out again --locked=lock.json\nunskew verify out\n",
    ] {
        assert!(card.contains(line), "{line} is not in\n{card}");
    }
    assert!(!card.contains("the folder that the recipe's paths start from"), "{card}");
    made.unskew(&["card", "out", "--repo", "me/balanced"]).success();
    let card = made.dir.read("out/README.md");
    assert!(card.contains("unskew verify hf://datasets/me/balanced\n"), "{card}");
    links_lead_to_this_hub(&made, &card);

    // Several licenses make none, and each is told with its source.
    made.dataset("me/more", "---\nlicense: mit\n---\n", Gate::Open);
    made.dir.write("here.jsonl", rows(50));
    made.run("[hf://datasets/me/rollouts, hf://datasets/me/more, here.jsonl]");
    let card = made.dir.read("out/README.md");
    let (yaml, body) = card.strip_prefix("---\n").unwrap().split_once("\n---\n").unwrap();
    assert!(!yaml.contains("license") && !body.contains("## Licensing"), "{card}");
    assert!(yaml.contains("source_datasets: [me/rollouts, me/more]"), "{yaml}");
    let row = |source: &str| body.lines().find(|line| line.starts_with(&format!("| {source} |"))).unwrap();
    assert!(row("rollouts").ends_with("| other (rows-1.0, `LICENSE.md`) (gated) |"), "{}", row("rollouts"));
    assert!(row("more").ends_with("| mit |"), "{}", row("more"));
    assert!(row("here").ends_with("|  |  |  |"), "{}", row("here"));
    assert!(body.contains("the folder that the recipe's paths start from"));
    assert_eq!(json(&made.dir, "out/.unskew/report.json")["sources"][2]["origin"], serde_json::Value::Null);
}
