//! The narrow half of a run: scan, filter, stages, checks. No payload is touched.

use arrow::array::{
    Array, ArrayRef, BooleanArray, Int64Array, RecordBatch, RecordBatchOptions, StringArray, StructArray,
};
use arrow::datatypes::{DataType, Field, Schema};
use std::sync::Arc;
use unskew_expr::Expression;
use unskew_io::{Extract, OnBadRow, Progress, Scan, ScanSpec};
use unskew_strategy::Role;

use crate::{
    Error, Exit, Options, Result,
    bind::{Bound, Key, OwnPairs},
    catalog::Catalog,
    check::{self, Views},
    frame::Frame,
    groups::group,
    output::configs::Config,
    output::split_names,
    overflow::{Addresses, LeftOutRows},
    paths::path_of,
    prepare::Prepared,
    priority::{Dice, Stream},
    recipe::BadRows,
    report::{BadRowReport, MOST_BAD_ROWS, Report, SourceReport},
    shape::Added,
    stage::{self, Identities},
    trail::{Step, Trail},
    view::{Refs, View},
};

/// What was chosen, and everything needed to write it.
pub struct Selected {
    /// Where the rows are.
    pub catalog: Catalog,
    /// What the scan found out about the files; its columns are gone.
    pub scan: Scan,
    /// The chosen rows.
    pub output: View,
    /// Columns to add to them, for each config.
    pub added: Vec<Option<RecordBatch>>,
    /// The rows that were left out, if they are wanted.
    pub left_out: Option<LeftOut>,
    /// What is known so far.
    pub report: Report,
    /// What each step left, if digests are wanted; the last one is the output.
    pub steps: Vec<Step>,
}

impl Selected {
    /// Whether the row at `address` could not be read.
    pub fn is_bad(&self, address: u32) -> bool {
        let file = self.catalog.file_of(address);
        let row = address - self.catalog.files()[file].start;
        self.scan.files[file].bad.binary_search_by_key(&row, |bad| bad.row).is_ok()
    }
}

/// The rows that were left out.
pub struct LeftOut {
    /// Which rows, and by what.
    pub rows: LeftOutRows,
    /// The split of each, and the splits' values.
    pub splits: Option<(Vec<u32>, Vec<Option<String>>)>,
}

/// Scans the sources of `prepared` and runs its stages and checks.
pub fn select(
    prepared: &Prepared,
    options: &Options,
    digest: bool,
    progress: &dyn Progress,
) -> Result<Selected> {
    let recipe = prepared.recipe();
    let mut catalog = prepared.catalog.clone();
    let extracts =
        prepared.wanted.iter().map(|column| column.parse::<Extract>()).collect::<Result<_, _>>()?;
    let on_bad_row = if recipe.on_bad_row == BadRows::Error { OnBadRow::Error } else { OnBadRow::Skip };
    let spec =
        ScanSpec { extracts, on_bad_row, limit: options.limit, memory: Some(options.memory()), digest };
    let mut scan = unskew_io::scan(catalog.sources(), &spec, progress)?;
    catalog.number(&scan)?;
    let columns = std::mem::take(&mut scan.columns);
    let mut report = begin(prepared, &catalog, &scan, options);
    let frame = Frame::new(&catalog, &prepared.written.tree, prepared.wanted.clone(), columns);
    check_paths(prepared, &frame)?;
    let streams = prepared.identity.as_ref().map(|key| streams(key, prepared, &frame)).transpose()?;
    let identities = Identities { frame: &frame, streams };

    let readable = readable(&catalog, &scan, options.limit);
    let readable = if prepared.scope.own == OwnPairs::Whole { readable.of_own_pairs() } else { readable };
    let rows = catalog.rows();
    let wants_left_out = recipe.output.overflow.wanted;
    let mut left = vec![];
    let mut remember = |name: &str, view: &View| {
        if wants_left_out {
            left.push((name.to_owned(), Addresses::of(view, rows)));
        }
    };
    let mut trail = digest.then(|| Trail::new(frame.catalog));
    let mut mark = |name: &str, view: &View| trail.iter_mut().for_each(|trail| trail.step(name, view));
    remember("", &readable);
    mark("source", &readable);
    let input = filter(prepared, &frame, readable.clone(), &mut report, &mut remember)?;
    if prepared.condition.is_some() {
        mark("where", &input);
    }
    let mut output = input.clone();
    for stage in &prepared.stages {
        if progress.interrupted() {
            return Err(Error::new(Exit::Interrupted, "interrupted"));
        }
        let (next, stage_report) =
            stage::run(stage, &frame, &identities, options.seed.unwrap_or(recipe.seed), &output)?;
        remember(&stage.label, &next);
        mark(&stage.label, &next);
        report.stages.push(stage_report);
        if !output.batches().is_empty() && next.batches().is_empty() {
            report
                .notices
                .push(format!("stage `{}` comes after batches were made, and undoes them", stage.label));
        }
        output = next;
    }
    let views = Views { source: &readable, input: &input, output: &output };
    for check in &prepared.checks {
        report.checks.extend(check::run(check, &frame, &views)?);
    }
    report.order = crate::order_quality::of(&prepared.label, &frame, &prepared.last_scope, &output)?;
    report.spreads = crate::spread::of(prepared, &frame, &input, &output)?;
    report.settings = prepared.settings(&report.order);
    count(&mut report, &input, &output);
    let left_out = wants_left_out.then(|| LeftOutRows::between(&left, &Addresses::of(&output, rows)));
    let left_out = left_out.map(|rows| left_out_splits(prepared, &frame, rows)).transpose()?;
    let mut known = vec![];
    let added = |config| added(config, prepared, &frame, &output, &mut known);
    let added = prepared.configs.iter().map(added).collect::<Result<_>>()?;
    let steps = trail.map_or(vec![], Trail::steps);
    Ok(Selected { scan, output, added, left_out, report, steps, catalog: frame.catalog.clone() })
}

/// Everything that is known before the first row is judged.
pub(crate) fn begin(prepared: &Prepared, catalog: &Catalog, scan: &Scan, options: &Options) -> Report {
    let recipe = prepared.recipe();
    let mut sources: Vec<SourceReport> = catalog
        .labels()
        .iter()
        .enumerate()
        .map(|(source, label)| SourceReport {
            label: label.clone(),
            origin: catalog.origin(source).cloned(),
            ..SourceReport::default()
        })
        .collect();
    let mut bad_rows = vec![];
    for (file, scanned) in catalog.files().iter().zip(&scan.files) {
        let source = &mut sources[file.source];
        let before = source.rows;
        let taken = options.limit.map_or(u64::MAX, |limit| limit - before).min(u64::from(scanned.rows));
        source.files += 1;
        source.rows += taken;
        source.bytes += scanned.bytes;
        for bad in scanned.bad.iter().filter(|bad| u64::from(bad.row) < taken) {
            *source.bad.entry(bad.reason.to_owned()).or_default() += 1;
            if bad_rows.len() < MOST_BAD_ROWS {
                bad_rows.push(BadRowReport {
                    file: format!("{}/{}", catalog.label(file.source), file.identity),
                    row: u64::from(bad.row),
                    line: bad.line,
                    reason: bad.reason.to_owned(),
                    detail: bad.detail.clone(),
                });
            }
        }
    }
    let read = sources.iter().map(|source| source.rows).sum();
    let bad = sources.iter().flat_map(|source| source.bad.values()).sum();
    let mut report = Report {
        version: crate::report::REPORT_VERSION,
        unskew: env!("CARGO_PKG_VERSION").to_owned(),
        name: recipe.name.clone().unwrap_or_default(),
        seed: options.seed.unwrap_or(recipe.seed),
        limit: options.limit,
        notices: prepared.notices.clone(),
        sources,
        bad_rows,
        ..Report::default()
    };
    (report.rows.read, report.rows.bad) = (read, bad);
    report
}

/// A path that no row has is a mistake, unless there are no rows.
pub(crate) fn check_paths(prepared: &Prepared, frame: &Frame<'_>) -> Result<()> {
    if frame.catalog.rows() == 0 {
        return Ok(());
    }
    for (bound, scope) in prepared.required() {
        for read in bound.variants().iter().flat_map(Expression::reads) {
            let Some(name) = scope.data_column(read) else { continue };
            if prepared.heads.has(&name) || !frame.is_empty(&name) {
                continue;
            }
            let error = prepared.error_at(bound, read, format!("no row has `{}`", path_of(&name)));
            return Err(match prepared.heads.nearest(&name) {
                Some(nearest) => error.suggest(Some(&nearest)),
                None => error.hint("`unskew inspect SOURCE` shows the paths that rows have"),
            });
        }
    }
    Ok(())
}

/// The stream of each address, from a column of the data.
fn streams(key: &Key, prepared: &Prepared, frame: &Frame<'_>) -> Result<Vec<Stream>> {
    let view = View::all(frame.catalog.rows());
    let keys = frame.keys(std::slice::from_ref(key), &prepared.scope, &view)?;
    let groups = group(view.len(), &keys, &Dice::new(0, ""))?;
    let values = crate::groups::key_streams(&groups);
    Ok(groups.codes().iter().map(|code| values[*code as usize]).collect())
}

/// The rows that can be read, at most `limit` of each source.
pub(crate) fn readable(catalog: &Catalog, scan: &Scan, limit: Option<u64>) -> View {
    let bad = scan.files.iter().any(|file| !file.bad.is_empty());
    if !bad && limit.is_none() {
        return View::all(catalog.rows());
    }
    let mut rows = vec![];
    for (place, file) in catalog.files().iter().zip(&scan.files) {
        let first_of_source = catalog.span(place.source).start;
        let end = limit.map_or(u64::MAX, |limit| u64::from(first_of_source) + limit);
        let mut bad = file.bad.iter().map(|bad| place.start + bad.row).peekable();
        for address in place.start..place.start + place.rows {
            if bad.peek() == Some(&address) {
                bad.next();
            } else if u64::from(address) < end {
                rows.push(address);
            }
        }
    }
    View::of(Refs::Rows(rows))
}

/// The rows for which `where` is true.
pub(crate) fn filter(
    prepared: &Prepared,
    frame: &Frame<'_>,
    view: View,
    report: &mut Report,
    remember: &mut dyn FnMut(&str, &View),
) -> Result<View> {
    let Some(condition) = &prepared.condition else { return Ok(view) };
    let verdict = frame.filter(condition, &prepared.scope, &view)?;
    let (mut kept, mut known) = (vec![], vec![]);
    for (position, verdict) in (0u32..).zip(&verdict) {
        match verdict {
            Some(true) => {
                kept.push(position);
                known.push(position);
            }
            Some(false) => {
                report.rows.filtered_false += 1;
                known.push(position);
            }
            None => report.rows.filtered_unknown += 1,
        }
    }
    remember("where is unknown", &view.take(&known)?);
    let view = view.take(&kept)?;
    remember("where is false", &view);
    Ok(view)
}

fn count(report: &mut Report, input: &View, output: &View) {
    let kept = crate::overflow::distinct(output);
    report.rows.input = input.len() as u64;
    report.rows.output = output.len() as u64;
    report.rows.kept = kept as u64;
    report.rows.retention = (!input.is_empty()).then(|| kept as f64 / input.len() as f64);
    if output.is_empty() {
        report.notices.push("no rows are left".to_owned());
    }
}

fn left_out_splits(prepared: &Prepared, frame: &Frame<'_>, rows: LeftOutRows) -> Result<LeftOut> {
    let Some(key) = &prepared.overflow_split else { return Ok(LeftOut { rows, splits: None }) };
    let view = View::of(Refs::Rows(rows.rows.iter().map(|(address, _)| *address).collect()));
    let keys = frame.keys(std::slice::from_ref(key), &prepared.scope, &view)?;
    let groups = group(view.len(), &keys, &Dice::new(0, ""))?;
    let values = (0..groups.len()).map(|group| groups.parts(group).into_iter().next().flatten()).collect();
    Ok(LeftOut { rows, splits: Some((groups.codes().to_vec(), values)) })
}

/// The columns that a config has beyond what is in source rows. What other configs have, too, is in `known`, by the
/// text of its expression.
fn added<'a>(
    config: &'a Config,
    prepared: &Prepared,
    frame: &Frame<'_>,
    output: &View,
    known: &mut Vec<(&'a str, ArrayRef)>,
) -> Result<Option<RecordBatch>> {
    let all: Vec<(&str, Added<'a>)> = config.added().collect();
    if all.is_empty() && output.sides().is_none() {
        return Ok(None);
    }
    let mut evaluated = |bound: &'a Bound| -> Result<ArrayRef> {
        if let Some((_, values)) = known.iter().find(|(text, _)| *text == bound.text()) {
            return Ok(values.clone());
        }
        let values = stage::plain(frame.evaluate(bound, &prepared.last_scope, output)?)?;
        known.push((bound.text(), values.clone()));
        Ok(values)
    };
    let value = |(name, added): (&str, Added<'a>)| -> Result<(Field, ArrayRef)> {
        let values = match added {
            Added::Value(bound, made) => made.make(evaluated(bound)?, bound.text())?,
            Added::Place => place(output),
        };
        Ok((Field::new(name, values.data_type().clone(), true), values))
    };
    let (mut fields, mut values): (Vec<_>, Vec<_>) =
        all.into_iter().map(value).collect::<Result<Vec<_>>>()?.into_iter().unzip();
    if let Some(sides) = output.sides() {
        let second: BooleanArray = sides.iter().map(|side| Some(*side == Role::Rejected)).collect();
        fields.push(Field::new("", DataType::Boolean, false));
        values.push(Arc::new(second));
    }
    let options = RecordBatchOptions::new().with_row_count(Some(output.len()));
    Ok(Some(RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), values, &options)?))
}

/// Where each row stands in the output: its split, and its number there.
fn place(output: &View) -> ArrayRef {
    let one = (vec!["train".to_owned()], vec![0; output.len()]);
    let several = output
        .splits()
        .map(|splits| (split_names(splits.names.iter().map(String::as_str)), splits.codes.clone()));
    let (names, codes) = several.unwrap_or(one);
    let mut next = vec![0_i64; names.len()];
    let mut number = |code: &u32| {
        let next = &mut next[*code as usize];
        std::mem::replace(next, *next + 1)
    };
    let numbers: Int64Array = codes.iter().map(|code| Some(number(code))).collect();
    let splits: StringArray = codes.iter().map(|code| Some(names[*code as usize].as_str())).collect();
    let field = |name: &str, kind| Arc::new(Field::new(name, kind, true));
    let columns: Vec<(Arc<Field>, ArrayRef)> = vec![
        (field("split", DataType::Utf8), Arc::new(splits)),
        (field("index", DataType::Int64), Arc::new(numbers)),
    ];
    Arc::new(StructArray::from(columns))
}
