//! One step of a recipe: a strategy is given its columns and chooses.

use arrow::{
    array::{Array, ArrayRef, AsArray, ListArray, RecordBatch, RecordBatchOptions, UInt32Array, UInt64Array},
    compute::{cast, take},
    datatypes::{DataType, Field, Schema},
};
use std::sync::Arc;
use unskew_expr::{Expression, Names};
use unskew_strategy::{Column, Gives, Groups, Input, Manifest, Role, Selection, Strategy, derive, mix};

use crate::{
    Error, Exit, Result,
    bind::{Given, Scope},
    catalog::CatalogFile,
    frame::{Frame, added, addresses},
    groups::group,
    paths::path_of,
    priority::{Dice, Kind, Numbers, Stream},
    recipe::{Tree, wrong},
    registry::Home,
    report::{NoteReport, StageReport, Strata},
    view::View,
};

/// A stage of a recipe, ready to run.
pub struct Stage {
    /// What it is called; its chance comes from this.
    pub label: String,
    /// Where it stands in the recipe.
    pub path: String,
    /// What the plugin says of itself.
    pub manifest: Manifest,
    /// Where the plugin comes from; none where it is built in.
    pub home: Option<Home>,
    /// The strategy with its options.
    pub strategy: Box<dyn Strategy>,
    /// What it is to be given.
    pub needs: Vec<Given>,
    /// What it says its answer will look like.
    pub gives: Gives,
    /// What its expressions may refer to.
    pub scope: Scope,
}

/// Runs a stage on every split by itself.
pub fn run(
    stage: &Stage,
    frame: &Frame<'_>,
    identities: &Identities<'_>,
    seed: u64,
    view: &View,
) -> Result<(View, StageReport)> {
    let dice = Dice::new(seed, &stage.label);
    let mut report = StageReport {
        label: stage.label.clone(),
        strategy: stage.manifest.name.to_string(),
        version: stage.manifest.version.to_string(),
        digest: stage.home.as_ref().and_then(|home| home.digest.clone()),
        rows_in: view.len() as u64,
        ..StageReport::default()
    };
    let names = view.splits().map(|splits| splits.names.clone());
    let mut results = vec![];
    for (number, part) in view.by_split()?.iter().enumerate() {
        let split = names.as_ref().map(|names| names[number].clone());
        let input = input(stage, frame, identities, &dice, part)?;
        let selection = stage.strategy.run(&input).map_err(|error| complaint(stage, frame, &error))?;
        check_gives(stage, &selection)?;
        let next = part.then(&selection, stage.gives.repeats).map_err(|error| blame(stage, error))?;
        let strata = strata(stage, &input, &selection);
        let notes = selection.notes().iter();
        let told = notes.filter(|note| !strata.as_ref().is_some_and(|strata| strata.sums_up(note)));
        report.notes.extend(told.map(|note| NoteReport::new(note, split.as_deref())));
        report.strata.extend(strata.map(|strata| Strata { split, ..strata }));
        results.push(next);
    }
    let next = match names {
        Some(names) => View::concat(&results, names)?,
        None => results.pop().ok_or_else(|| Error::new(Exit::Fault, "a view without splits has one part"))?,
    };
    report.rows_out = next.len() as u64;
    Ok((next, report))
}

/// What a strategy says of data that do not allow what its options ask for.
fn complaint(stage: &Stage, frame: &Frame<'_>, error: &unskew_strategy::Error) -> Error {
    let base = format!("{}.{}", stage.path, stage.manifest.name);
    match error.option_path() {
        None if !error.is_failure() => Error::data(format!("{}: {error}", stage.label)).saying(error),
        _ => {
            let refusal = refusal(error, &stage.manifest.name, frame.tree, &base);
            // An option made sense until the data were known.
            if error.is_failure() { refusal } else { refusal.exiting(Exit::Data) }
        }
    }
}

/// What a strategy says of its options, which stand at `base`; or that it failed.
pub fn refusal(error: &unskew_strategy::Error, name: &str, tree: &Tree, base: &str) -> Error {
    if error.is_failure() {
        return Error::of_plugin(name, error);
    }
    wrong(tree, base, error.option_path().unwrap_or_default(), &error.to_string()).saying(error)
}

fn blame(stage: &Stage, error: Error) -> Error {
    match error.exit() {
        Exit::Plugin => Error::new(
            Exit::Plugin,
            format!("the strategy `{}` does not keep the contract", stage.manifest.name),
        )
        .cause(error.to_string()),
        _ => error,
    }
}

/// A selection must look as its strategy said it would.
fn check_gives(stage: &Stage, selection: &Selection) -> Result<()> {
    let broken = |what: &str| Err(blame(stage, Error::new(Exit::Plugin, what)));
    if let unskew_strategy::Choice::Rows(positions) = selection.choice() {
        let ascending = positions.windows(2).all(|pair| pair[0] <= pair[1]);
        if !stage.gives.ordered && !ascending {
            return broken("it changed the order of rows without saying so");
        }
        if !stage.gives.repeats && ascending && positions.windows(2).any(|pair| pair[0] == pair[1]) {
            return broken("it repeated a row without saying so");
        }
    }
    if selection.columns().iter().any(|(field, _)| !stage.gives.columns.contains(field.name())) {
        return broken("it added a column without saying so");
    }
    Ok(())
}

/// How many rows of each group of the stage's first grouping there were before and after it.
fn strata(stage: &Stage, input: &Input, selection: &Selection) -> Option<Strata> {
    let (index, keys) = stage.needs.iter().enumerate().find_map(|(index, need)| match need {
        Given::Groups(keys) if !keys.is_empty() => Some((index, keys)),
        _ => None,
    })?;
    let unskew_strategy::Choice::Rows(positions) = selection.choice() else { return None };
    let groups = input.groups(index);
    let by = keys.iter().map(|key| key.0.text().to_owned()).collect();
    Some(Strata::count(by, groups, positions))
}

/// What identifies rows, for chance.
pub struct Identities<'a> {
    /// Where the rows are.
    pub frame: &'a Frame<'a>,
    /// The stream of each address, where the recipe takes identities from the data.
    pub streams: Option<Vec<Stream>>,
}

impl Identities<'_> {
    /// A number for each of `addresses`.
    fn numbers(&self, dice: &Dice, kind: Kind, addresses: &[u32]) -> Vec<u64> {
        if let Some(streams) = &self.streams {
            return addresses
                .iter()
                .map(|address| dice.numbers(kind, streams[*address as usize]).at(0))
                .collect();
        }
        let catalog = self.frame.catalog;
        let open = |address| {
            let file = &catalog.files()[catalog.file_of(address)];
            (file, dice.numbers(kind, Stream::of_file(catalog.label(file.source), &file.identity)))
        };
        let mut current: Option<(&CatalogFile, Numbers)> = None;
        let number = |address: &u32| {
            if current.as_ref().is_none_or(|(file, _)| !file.contains(*address)) {
                current = None;
            }
            let (file, numbers) = current.get_or_insert_with(|| open(*address));
            numbers.at(file.first + u64::from(address - file.start))
        };
        addresses.iter().map(number).collect()
    }

    /// The numbers of a view's rows; those of a pair come from both sides, and both sides of a row have their own.
    fn of_view(&self, dice: &Dice, kind: Kind, view: &View) -> UInt64Array {
        let first = self.numbers(dice, kind, &addresses(view, None));
        let numbers = if view.is_paired() {
            let second = self.numbers(dice, kind, &addresses(view, Some(Role::Rejected)));
            first.into_iter().zip(second).map(|(chosen, rejected)| mix(chosen, rejected)).collect()
        } else if let Some(sides) = view.sides() {
            let side = |side: &Role| u32::from(*side == Role::Rejected);
            first.into_iter().zip(sides).map(|(number, own)| derive(number, side(own), 0)).collect()
        } else {
            first
        };
        UInt64Array::from(numbers)
    }

    /// The chance of each occurrence in a view.
    fn chance(&self, dice: &Dice, view: &View) -> UInt64Array {
        let numbers = self.of_view(dice, Kind::Chance, view);
        let copies = copies(view);
        let copy = |row: usize| copies.as_ref().map_or(0, |copies| copies[row]);
        numbers.values().iter().enumerate().map(|(row, number)| derive(*number, copy(row), 0)).collect()
    }
}

/// How many times each row came before, where rows may repeat.
fn copies(view: &View) -> Option<Vec<u32>> {
    if !view.repeats() {
        return None;
    }
    let mut seen = std::collections::HashMap::new();
    let (left, right) = (addresses(view, None), addresses(view, Some(Role::Rejected)));
    let paired = view.is_paired();
    let key = |(row, left): (usize, &u32)| match view.sides() {
        Some(sides) => (*left, u32::from(sides[row] == Role::Rejected)),
        None => (*left, if paired { right[row] } else { 0 }),
    };
    let mut count = |key| {
        let seen = seen.entry(key).or_insert(0u32);
        *seen += 1;
        *seen - 1
    };
    Some(left.iter().enumerate().map(|row| count(key(row))).collect())
}

fn input(
    stage: &Stage,
    frame: &Frame<'_>,
    identities: &Identities<'_>,
    dice: &Dice,
    view: &View,
) -> Result<Input> {
    let columns = stage.needs.iter().map(|given| column(given, stage, frame, identities, dice, view));
    Ok(Input::new(view.len(), columns.collect::<Result<_>>()?))
}

fn column(
    given: &Given,
    stage: &Stage,
    frame: &Frame<'_>,
    identities: &Identities<'_>,
    dice: &Dice,
    view: &View,
) -> Result<Column> {
    let scope = &stage.scope;
    let grouped = |keys| -> Result<Groups> { group(view.len(), &frame.keys(keys, scope, view)?, dice) };
    Ok(match given {
        Given::Values(bound) => Column::Values(match added(bound, scope, view) {
            Some(values) => values.clone(),
            None => plain(frame.evaluate(bound, scope, view)?)?,
        }),
        Given::Groups(keys) => Column::Groups(grouped(keys)?),
        Given::Fingerprint(bound) => Column::Values(frame.fingerprints(bound, scope, view)?),
        Given::Aggregate(bound, keys) => {
            let groups = grouped(keys)?;
            let (expression, table) = frame.aggregate(bound, scope, view)?;
            let values = expression
                .evaluate_groups(&table, groups.codes(), groups.len())
                .map_err(|error| bound.error(error, frame.tree))?;
            Column::Values(take(&values, &UInt32Array::from(groups.codes().to_vec()), None)?)
        }
        Given::Items(bound, list) => {
            let lists = frame.evaluate(list, scope, view)?;
            Column::Values(over_items(bound, list.text(), &lists, frame)?)
        }
        Given::Priority => Column::Numbers(identities.of_view(dice, Kind::Priority, view)),
        Given::Chance => Column::Numbers(identities.chance(dice, view)),
        Given::Order => Column::Ranks(UInt32Array::from(ranks(&addresses(view, None)))),
        Given::Optional(given) => match column(given, stage, frame, identities, dice, view) {
            Err(_) if given.required().iter().any(|bound| frame.lacks(bound, scope)) => Column::Missing,
            other => other?,
        },
    })
}

/// Text without a dictionary, which strategies need not know.
pub fn plain(values: ArrayRef) -> Result<ArrayRef> {
    match values.data_type() {
        DataType::Dictionary(_, kind) => Ok(cast(&values, kind)?),
        _ => Ok(values),
    }
}

/// The rank of each row by its address; copies rank in the order they stand in.
fn ranks(addresses: &[u32]) -> Vec<u32> {
    if addresses.windows(2).all(|pair| pair[0] <= pair[1]) {
        return (0..addresses.len() as u32).collect();
    }
    let mut order: Vec<u32> = (0..addresses.len() as u32).collect();
    order.sort_by_key(|row| addresses[*row as usize]);
    let mut ranks = vec![0; order.len()];
    for (rank, row) in (0u32..).zip(order) {
        ranks[row as usize] = rank;
    }
    ranks
}

/// An aggregate over the items of each row's list.
fn over_items(
    bound: &crate::bind::Bound,
    name: &str,
    lists: &ArrayRef,
    frame: &Frame<'_>,
) -> Result<ArrayRef> {
    let expression = &bound.variants()[0];
    let (items, rows): (ArrayRef, Vec<u32>) = match lists.data_type() {
        DataType::List(_) => {
            let lists: &ListArray = lists.as_list();
            let offsets = lists.value_offsets();
            let length =
                |row: usize| if lists.is_null(row) { 0 } else { (offsets[row + 1] - offsets[row]) as usize };
            let rows =
                (0..lists.len()).flat_map(|row| std::iter::repeat_n(row as u32, length(row))).collect();
            let kept: UInt32Array = (0..lists.len())
                .filter(|row| lists.is_valid(*row))
                .flat_map(|row| offsets[row] as u32..offsets[row + 1] as u32)
                .collect();
            (take(lists.values(), &kept, None)?, rows)
        }
        DataType::Null => (arrow::array::new_null_array(&DataType::Null, 0), vec![]),
        other => {
            let message = format!("`{name}` is {other}, not a list");
            return Err(bound.error_at(name, message, frame.tree));
        }
    };
    let table = table_of_items(bound, name, &items, frame)?;
    let values = expression.evaluate_groups(&table, &rows, lists.len());
    values.map_err(|error| {
        let error = bound.error(error, frame.tree);
        match items.data_type() {
            DataType::Utf8 if !name.starts_with("number(") => {
                error.hint(format!("`number({name})` in place of `{name}` makes numbers of the items"))
            }
            _ => error,
        }
    })
}

/// The items of lists under the list's name, and what extractors make of them, as far as `bound` reads that.
fn table_of_items(
    bound: &crate::bind::Bound,
    name: &str,
    items: &ArrayRef,
    frame: &Frame<'_>,
) -> Result<RecordBatch> {
    let (mut fields, mut columns) = (vec![], vec![]);
    for read in bound.variants()[0].reads() {
        let values = if read == name {
            items.clone()
        } else if path_of(read) == name {
            made_of_items(read, name, items)
                .map_err(|error| bound.error_at(read, error.message, frame.tree))?
        } else {
            let error =
                bound.error_at(read, format!("`{}` is no item of `{name}`", path_of(read)), frame.tree);
            return Err(error.hint(format!("the items of the list are called as it is: `{name}`")));
        };
        fields.push(Field::new(read, values.data_type().clone(), true));
        columns.push(values);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(items.len()));
    Ok(RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)?)
}

/// What the extractor in `read` makes of items, where it is a function, too.
fn made_of_items(read: &str, name: &str, items: &ArrayRef) -> unskew_expr::Result<ArrayRef> {
    const ITEM: &str = "item";
    let extractor = &read[..read.len() - name.len() - 2];
    let made = Expression::parse(&format!("{extractor}(({ITEM}))"), &Names::default())?;
    let table = RecordBatch::try_from_iter([(ITEM, items.clone())]).expect("it is one column");
    made.evaluate(&table)
}
