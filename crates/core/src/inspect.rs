//! Looks at a source before anything is done to it: what rows it has, how they are spread, what looks wrong.

mod head;
mod histogram;
mod rows;
mod statistics;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use unskew_io::{Extract, OnBadRow, Progress, ScanSpec, Source};

use crate::{
    Error, Exit, Options, Prepared, Registry, Result,
    bind::{Bound, Key, Wanted},
    frame::Frame,
    groups::group,
    layout,
    priority::Dice,
    recipe::{SourceSpec, Tree, Written},
    remote::Remotes,
    report::{Report, SourceReport},
    select,
    view::View,
};

pub use head::PathReport;
pub use histogram::{Bin, Histogram};
pub use rows::Which;
pub use statistics::Statistics;

/// Most groups that are listed one by one.
const MOST_GROUPS: usize = 1000;

/// A share that is worth a word of warning.
const LARGE_SHARE: f64 = 0.5;

/// What one wants to know of a source.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// Which config of the source to look at; the one that `load_dataset` takes if none is named.
    pub config: Option<String>,
    /// Which splits; all if none are named.
    pub splits: Vec<String>,
    /// Which rows to look at: an expression that is true for them.
    pub condition: Option<String>,
    /// What to count rows by; several expressions make cells.
    pub by: Vec<String>,
    /// A numeric expression whose spread to show.
    pub histogram: Option<String>,
    /// Whether to describe all numeric fields.
    pub statistics: bool,
    /// Which rows to show, and how many.
    pub rows: Option<(Which, usize)>,
}

/// What a source looks like.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Inspection {
    /// The source.
    pub source: SourceReport,
    /// How many rows were looked at: the readable ones for which the condition is true.
    pub rows: u64,
    /// The usual kind of rows that these are, if they are.
    pub layout: Option<String>,
    /// How many rows at the head of the first file the paths were found in; none of a Parquet file on the Hub, whose
    /// footer tells them, where the question names what it is about.
    pub head_rows: u64,
    /// The paths that rows have.
    pub paths: Vec<PathReport>,
    /// An expression that the rows could be counted by, where none was given.
    pub suggestion: Option<String>,
    /// How many rows there are of each kind.
    pub distribution: Option<Distribution>,
    /// How the values of an expression are spread.
    pub histogram: Option<Histogram>,
    /// All numeric fields.
    pub statistics: Option<Vec<Statistics>>,
    /// Rows, as they are.
    pub samples: Option<Vec<Value>>,
    /// What looks wrong.
    pub flags: Vec<String>,
}

/// How many rows there are of each kind.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Distribution {
    /// What makes rows alike.
    pub by: Vec<String>,
    /// The kinds, most rows first.
    pub groups: Vec<Share>,
    /// How many more kinds there are.
    pub more: u64,
}

/// One kind of rows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Share {
    /// The parts of its key; null where the value is missing.
    pub key: Vec<Option<String>>,
    /// Its rows.
    pub rows: u64,
    /// Its share of the rows that were looked at.
    pub share: f64,
}

/// A question whose expressions are bound.
struct Asked {
    prepared: Prepared,
    by: Vec<Key>,
    histogram: Option<Bound>,
    order: Option<Bound>,
    numbers: Vec<(String, Bound)>,
}

/// Looks at the source at `path`: a file, a folder, a glob, or a URL that `remotes` can reach.
///
/// ```
/// use unskew_core::{Options, inspect::{Question, inspect}, remote::NoRemotes};
///
/// let folder = tempfile::tempdir()?;
/// let file = folder.path().join("rows.jsonl");
/// std::fs::write(&file, "{\"task\": \"math\"}\n{\"task\": \"math\"}\n{\"task\": \"coding\"}\n")?;
/// let question = Question { by: vec!["task".into()], ..Question::default() };
/// let inspection = inspect(&file.to_string_lossy(), &question, &Options::default(), &NoRemotes, &unskew_io::Silent)?;
/// assert_eq!(inspection.distribution.unwrap().groups[0].rows, 2);
/// assert_eq!(inspection.flags, ["66.7 % of the rows are `math`"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn inspect(
    path: &str,
    question: &Question,
    options: &Options,
    remotes: &dyn Remotes,
    progress: &dyn Progress,
) -> Result<Inspection> {
    options.on_threads(|| {
        let mut prepared = prepare(path, question, remotes)?;
        let mut inspection = Inspection { layout: layout_of(&prepared), ..Inspection::default() };
        let head = if is_far(&prepared) && question.is_narrow() {
            head::names(&prepared)
        } else {
            head::read(&prepared)?
        };
        inspection.suggestion = head.suggestion(&prepared).filter(|_| question.by.is_empty());
        (inspection.head_rows, inspection.paths) = (head.rows, head.paths);
        // The host's own words about layouts are for recipes.
        prepared.notices.clear();
        let asked = ask(prepared, question, &inspection.paths)?;
        look(&asked, question, options, progress, &mut inspection)?;
        inspection.flags.extend(flags(&inspection));
        Ok(inspection)
    })
}

/// A recipe that takes all rows of the source, in a text that shows the question.
fn prepare(path: &str, question: &Question, remotes: &dyn Remotes) -> Result<Prepared> {
    let mut recipe = Map::new();
    let source = SourceSpec::written(path, question.config.as_deref(), &question.splits);
    recipe.insert("source".to_owned(), source);
    if let Some(condition) = &question.condition {
        recipe.insert("where".to_owned(), condition.as_str().into());
    }
    let mut shown = recipe.clone();
    recipe.insert("on_bad_row".to_owned(), "skip".into());
    if !question.by.is_empty() {
        shown.insert("by".to_owned(), question.by.clone().into());
    }
    if let Some(histogram) = &question.histogram {
        shown.insert("histogram".to_owned(), histogram.as_str().into());
    }
    if let Some((_, expression)) = question.rows.as_ref().and_then(|(which, _)| which.order()) {
        shown.insert("rows".to_owned(), expression.into());
    }
    let yaml = |map: Map<String, Value>| {
        serde_saphyr::to_string(&Value::Object(map)).expect("texts in lists and mappings are YAML")
    };
    let mut written = Written::parse("inspect", &yaml(recipe), &[])?;
    written.tree = Tree::parse("inspect", &yaml(shown))?;
    Prepared::new(written, &Registry::new(&[])?, remotes)
}

/// Whether the first file is not on this machine.
fn is_far(prepared: &Prepared) -> bool {
    let first = prepared.catalog.sources().first();
    matches!(first, Some(Source::File(file)) if file.store.is_remote())
}

impl Question {
    /// Whether it is about what it names alone, so that nobody has to look at all that rows have.
    fn is_narrow(&self) -> bool {
        !self.statistics && (!self.by.is_empty() || self.histogram.is_some())
    }
}

fn layout_of(prepared: &Prepared) -> Option<String> {
    layout::guess(prepared.heads.paths()).map(|layout| layout::name(layout).to_owned())
}

/// Binds the expressions of `question`.
fn ask(mut prepared: Prepared, question: &Question, paths: &[PathReport]) -> Result<Asked> {
    let scope = prepared.scope.clone();
    let tree = prepared.written.tree.clone();
    let bind = |text: &str, path: &str| Bound::parse(text, path, &scope, &tree);
    let by = question.by.iter().enumerate().map(|(index, text)| bind(text, &format!("by.{index}")).map(Key));
    let by = by.collect::<Result<Vec<_>>>()?;
    let histogram = question.histogram.as_ref().map(|text| bind(text, "histogram")).transpose()?;
    let order = question.rows.as_ref().and_then(|(which, _)| which.order());
    let order = order.map(|(_, text)| bind(text, "rows")).transpose()?;
    let numeric = paths.iter().filter(|path| question.statistics && path.is_numeric());
    let numbers = numeric
        .map(|path| Ok((path.path.clone(), bind(&format!("number({})", path.path), "source")?)))
        .collect::<Result<Vec<_>>>()?;
    let mut wanted = Wanted::default();
    let numbers_bound = numbers.iter().map(|(_, bound)| bound);
    for bound in prepared.condition.iter().chain(&histogram).chain(&order).chain(numbers_bound) {
        wanted.values(bound, &scope);
    }
    for key in &by {
        wanted.key(key, &scope);
    }
    prepared.wanted = wanted.columns();
    // What is kept must exist, as what is asked for must.
    let asked = by.iter().map(|Key(bound)| bound).chain(&histogram).chain(&order).cloned().collect();
    prepared.configs.iter_mut().take(1).for_each(|config| config.keep.clone_from(&asked));
    Ok(Asked { prepared, by, histogram, order, numbers })
}

/// Reads the narrow columns of all rows, and answers.
fn look(
    asked: &Asked,
    question: &Question,
    options: &Options,
    progress: &dyn Progress,
    inspection: &mut Inspection,
) -> Result<()> {
    let prepared = &asked.prepared;
    let mut catalog = prepared.catalog.clone();
    let extracts =
        prepared.wanted.iter().map(|column| column.parse::<Extract>()).collect::<Result<_, _>>()?;
    let spec = ScanSpec {
        extracts,
        on_bad_row: OnBadRow::Skip,
        limit: options.limit,
        memory: Some(options.memory()),
        digest: false,
    };
    let mut scan = unskew_io::scan(catalog.sources(), &spec, progress)?;
    catalog.number(&scan)?;
    let columns = std::mem::take(&mut scan.columns);
    let mut report: Report = select::begin(prepared, &catalog, &scan, options);
    inspection.source = report.sources.swap_remove(0);
    let frame = Frame::new(&catalog, &prepared.written.tree, prepared.wanted.clone(), columns);
    select::check_paths(prepared, &frame)?;
    let readable = select::readable(&catalog, &scan, options.limit);
    let view = select::filter(prepared, &frame, readable, &mut report, &mut |_, _| {})?;
    inspection.rows = view.len() as u64;
    if progress.interrupted() {
        return Err(Error::new(Exit::Interrupted, "interrupted"));
    }
    if !asked.by.is_empty() {
        inspection.distribution = Some(distribution(asked, &frame, &view)?);
    }
    if let Some(bound) = &asked.histogram {
        inspection.histogram = Some(histogram::histogram(bound, prepared, &frame, &view)?);
    }
    if question.statistics {
        let one = |(path, bound): &(String, Bound)| {
            let values = frame.evaluate(bound, &prepared.scope, &view)?;
            Statistics::of(path, &values)
        };
        inspection.statistics = Some(asked.numbers.iter().map(one).collect::<Result<_>>()?);
    }
    if let Some((which, count)) = &question.rows {
        let values =
            asked.order.as_ref().map(|bound| frame.evaluate(bound, &prepared.scope, &view)).transpose()?;
        let addresses = rows::choose(which, *count, values.as_ref(), &view)?;
        inspection.samples = Some(rows::read(&catalog, &scan, &addresses, options)?);
    }
    Ok(())
}

fn distribution(asked: &Asked, frame: &Frame<'_>, view: &View) -> Result<Distribution> {
    let keys = frame.keys(&asked.by, &asked.prepared.scope, view)?;
    let groups = group(view.len(), &keys, &Dice::new(0, ""))?;
    let mut counts = vec![0u64; groups.len()];
    for code in groups.codes() {
        counts[*code as usize] += 1;
    }
    let mut order: Vec<usize> = (0..counts.len()).collect();
    order.sort_by_key(|group| (std::cmp::Reverse(counts[*group]), *group));
    order.truncate(MOST_GROUPS);
    let share = |group: usize| Share {
        key: groups.parts(group),
        rows: counts[group],
        share: counts[group] as f64 / view.len().max(1) as f64,
    };
    Ok(Distribution {
        by: asked.by.iter().map(|Key(bound)| bound.text().to_owned()).collect(),
        more: (counts.len() - order.len()) as u64,
        groups: order.into_iter().map(share).collect(),
    })
}

/// What looks wrong in what was found.
fn flags(inspection: &Inspection) -> Vec<String> {
    let mut flags = vec![];
    if inspection.rows == 0 {
        flags.push("there are no rows".to_owned());
    }
    for (reason, rows) in &inspection.source.bad {
        flags.push(format!("{} cannot be read: {reason}", rows_of(*rows)));
    }
    if let Some(Distribution { groups, .. }) = &inspection.distribution {
        for group in groups.iter().filter(|group| group.share > LARGE_SHARE) {
            let whole = if groups.len() == 1 {
                "all rows are".to_owned()
            } else {
                format!("{:.1} % of the rows are", 100.0 * group.share)
            };
            flags.push(format!("{whole} `{}`", group.label()));
        }
        let missing: u64 =
            groups.iter().filter(|group| group.key.contains(&None)).map(|group| group.rows).sum();
        if missing > 0 {
            flags.push(format!("{} without a value to count by", rows_of(missing)));
        }
    }
    if let Some(histogram) = inspection.histogram.as_ref().filter(|histogram| histogram.missing > 0) {
        flags.push(format!("{} without `{}`", rows_of(histogram.missing), histogram.expression));
    }
    flags
}

fn rows_of(rows: u64) -> String {
    if rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") }
}

impl Inspection {
    /// The JSON Schema of inspections.
    pub fn schema() -> Value {
        schemars::schema_for!(Self).into()
    }

    /// The inspection as JSON.
    pub fn to_json(&self) -> String {
        format!("{:#}\n", json!(self))
    }
}

impl Share {
    /// How a person would call it: `math`, or `math × easy`.
    pub fn label(&self) -> String {
        crate::report::label(&self.key)
    }
}

#[cfg(test)]
mod tests;
