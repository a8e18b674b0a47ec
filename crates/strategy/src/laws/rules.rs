//! Each law as a function that looks for ways to break it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow::util::display::array_value_to_string;
use serde_json::{Value, json};

use super::{
    Law, Table, Violation,
    random::{self, Dice},
};
use crate::{CONTRACT, Choice, Error, Manifest, Plugin, Role, Roles, Selection, Splits, Strategy};

type Broken = Result<(), Violation>;

pub(super) fn violations(plugin: &dyn Plugin) -> Vec<Violation> {
    let manifest = plugin.manifest();
    let example = &manifest.example;
    let mut broken = vec![well_formed(&manifest)];
    match (plugin.build(&example.options), Table::new(&example.rows)) {
        (Err(error), _) => {
            broken.push(law(Law::Example, format!("its options are refused: {}", with_causes(&error))));
        }
        (_, Err(error)) => broken.push(law(Law::Example, format!("a row is not usable: {error}"))),
        (Ok(strategy), Ok(table)) => {
            let strategy = strategy.as_ref();
            broken.push(unknown_option(plugin, &example.options));
            broken.push(example_holds(strategy, &manifest, &table));
            broken.push(nothing_out(strategy, &table));
            let needs = strategy.needs();
            let tables = [table.clone()].into_iter().chain(random::draws(&table));
            for table in tables.chain(random::values(&needs).filter_map(Result::ok)) {
                broken.extend(on_any_table(strategy, &manifest, &table));
            }
        }
    }
    broken.into_iter().filter_map(Result::err).collect()
}

fn law(law: Law, detail: impl Into<String>) -> Broken {
    Err(Violation { law, detail: detail.into() })
}

fn well_formed(manifest: &Manifest) -> Broken {
    let name_is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if manifest.contract == 0 || manifest.contract > CONTRACT {
        return law(Law::Manifest, format!("contract {} is unknown; this is {CONTRACT}", manifest.contract));
    }
    if manifest.name.is_empty() || !manifest.name.chars().all(name_is_plain) {
        return law(Law::Manifest, format!("the name {:?} is not of a-z, 0-9, - and _", manifest.name));
    }
    if manifest.summary.is_empty() || manifest.summary.ends_with('.') || manifest.summary.contains('\n') {
        return law(
            Law::Manifest,
            format!("the summary {:?} is not one line without a full stop", manifest.summary),
        );
    }
    if !manifest.options.is_object() {
        return law(Law::Manifest, "the schema of its options is not an object");
    }
    let again = serde_json::to_string(manifest).and_then(|text| serde_json::from_str::<Manifest>(&text));
    match again {
        Ok(again) if again == *manifest => Ok(()),
        Ok(_) => law(Law::Manifest, "written as JSON and read again it is another"),
        Err(error) => law(Law::Manifest, error.to_string()),
    }
}

fn unknown_option(plugin: &dyn Plugin, options: &Value) -> Broken {
    const UNKNOWN: &str = "no_such_option";
    let mut options = options.clone();
    if !options.is_object() {
        options = json!({});
    }
    options[UNKNOWN] = json!(1);
    match plugin.build(&options) {
        Ok(_) => law(Law::UnknownOption, format!("`{UNKNOWN}: 1` is accepted")),
        Err(error) if names(&error, UNKNOWN) => Ok(()),
        Err(error) => law(Law::UnknownOption, format!("for `{UNKNOWN}: 1` the error is: {error}")),
    }
}

/// An error with its causes.
fn with_causes(error: &Error) -> String {
    [error.to_string()].iter().chain(error.causes()).cloned().collect::<Vec<_>>().join(": ")
}

fn names(error: &Error, option: &str) -> bool {
    error.to_string().contains(option) || error.option_path().is_some_and(|path| path.contains(option))
}

/// What a run came to: an answer, or the message of a refusal.
fn run(strategy: &dyn Strategy, table: &Table) -> Result<Result<Selection, String>, Violation> {
    let input = table.input(&strategy.needs());
    catch_unwind(AssertUnwindSafe(|| strategy.run(&input))).map_or_else(
        |_| Err(Violation { law: Law::Panic, detail: format!("it panics on {} rows", table.len()) }),
        |answer| match answer {
            Err(error) if error.is_failure() => {
                Err(Violation { law: Law::Panic, detail: with_causes(&error) })
            }
            answer => Ok(answer.map_err(|error| error.to_string())),
        },
    )
}

fn example_holds(strategy: &dyn Strategy, manifest: &Manifest, table: &Table) -> Broken {
    let expected = &manifest.example.chooses;
    match run(strategy, table)? {
        Err(message) => law(Law::Example, format!("it is refused: {message}")),
        Ok(answer) if positions(&answer) == *expected => Ok(()),
        Ok(answer) => law(Law::Example, format!("it chooses {:?}, not {expected:?}", positions(&answer))),
    }
}

fn nothing_out(strategy: &dyn Strategy, table: &Table) -> Broken {
    match run(strategy, &table.with(vec![]))? {
        Ok(answer) if answer.is_empty() => Ok(()),
        Ok(answer) => law(Law::Empty, format!("of no rows it chooses {:?}", positions(&answer))),
        Err(message) => law(Law::Empty, format!("no rows are refused: {message}")),
    }
}

fn on_any_table(strategy: &dyn Strategy, manifest: &Manifest, table: &Table) -> Vec<Broken> {
    let answer = match run(strategy, table) {
        Ok(answer) => answer,
        Err(violation) => return vec![Err(violation)],
    };
    let mut broken = vec![repeatable(strategy, table, &answer)];
    if let Ok(answer) = &answer {
        let in_range = positions_fit(answer, table.len());
        if in_range.is_ok() {
            broken.push(as_given(strategy, answer));
        }
        if in_range.is_ok() && !manifest.ordered {
            broken.push(permutable(strategy, table, answer));
        }
        broken.push(in_range);
    }
    broken
}

/// All positions of an answer; of pairs the chosen ones first.
fn positions(answer: &Selection) -> Vec<u32> {
    match answer.choice() {
        Choice::Rows(positions) | Choice::Unpaired { positions, .. } => positions.clone(),
        Choice::Pairs { chosen, rejected } => [chosen.as_slice(), rejected].concat(),
    }
}

fn positions_fit(answer: &Selection, rows: usize) -> Broken {
    if let Some(position) = positions(answer).into_iter().find(|&position| position as usize >= rows) {
        return law(Law::Positions, format!("position {position} of {rows} rows"));
    }
    match answer.choice() {
        Choice::Pairs { chosen, rejected } if chosen.len() != rejected.len() => {
            return law(
                Law::Positions,
                format!("{} rows chosen and {} rejected", chosen.len(), rejected.len()),
            );
        }
        Choice::Unpaired { positions, roles } if positions.len() != roles.len() => {
            return law(Law::Positions, format!("{} positions and {} roles", positions.len(), roles.len()));
        }
        _ => {}
    }
    if let Some((codes, names)) = answer.splits() {
        if codes.len() != answer.len() {
            return law(Law::Positions, format!("{} splits for {} rows", codes.len(), answer.len()));
        }
        if let Some(code) = codes.iter().find(|&&code| code as usize >= names.len()) {
            return law(Law::Positions, format!("split {code} of {}", names.len()));
        }
    }
    if let Some(batches) = answer.batched() {
        let whole = batches.size > 0 && batches.rows.len() % batches.size as usize == 0;
        if !whole || batches.rows.iter().any(|&row| row as usize >= answer.len()) {
            return law(Law::Positions, format!("batches of other rows than the {} chosen", answer.len()));
        }
    }
    match answer.columns().iter().find(|(_, values)| values.len() != answer.len()) {
        None => Ok(()),
        Some((field, values)) => {
            let (name, count) = (field.name(), values.len());
            law(Law::Positions, format!("column `{name}` has {count} values for {} rows", answer.len()))
        }
    }
}

fn as_given(strategy: &dyn Strategy, answer: &Selection) -> Broken {
    let gives = strategy.gives();
    let broken = |detail: String| law(Law::Gives, detail);
    let roles = match answer.choice() {
        Choice::Rows(_) => Roles::Same,
        Choice::Pairs { .. } => Roles::Pairs,
        Choice::Unpaired { .. } => Roles::Single,
    };
    if roles != gives.roles {
        return broken(format!("it says {:?} and answers {roles:?}", gives.roles));
    }
    let columns: Vec<&String> = answer.columns().iter().map(|(field, _)| field.name()).collect();
    if !columns.iter().copied().eq(&gives.columns) {
        return broken(format!("it says columns {:?} and adds {columns:?}", gives.columns));
    }
    let splits_fit = match (&gives.splits, answer.splits()) {
        (Splits::None, splits) => splits.is_none(),
        (Splits::Known(known), Some((_, names))) => known == names,
        (Splits::FromData, Some(_)) => true,
        (_, None) => false,
    };
    if !splits_fit {
        let names = answer.splits().map(|(_, names)| names);
        return broken(format!("it says splits {:?} and makes {names:?}", gives.splits));
    }
    let Choice::Rows(rows) = answer.choice() else { return Ok(()) };
    if !gives.ordered && !rows.is_sorted() {
        return broken("it does not say `ordered`, but positions are not ascending".to_owned());
    }
    let mut sorted = rows.clone();
    sorted.sort_unstable();
    match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) if !gives.repeats => {
            broken(format!("it does not say `repeats`, but takes {} twice", pair[0]))
        }
        _ => Ok(()),
    }
}

fn repeatable(strategy: &dyn Strategy, table: &Table, answer: &Result<Selection, String>) -> Broken {
    match (answer, &run(strategy, table)?) {
        (Err(message), Err(again)) if message == again => Ok(()),
        (Ok(answer), Ok(again)) if same(answer, again) => Ok(()),
        (answer, again) => {
            let told = |answer: &Result<Selection, String>| match answer {
                Ok(answer) => format!("{:?}", positions(answer)),
                Err(message) => message.clone(),
            };
            law(Law::Repeatable, format!("first {}, then {}", told(answer), told(again)))
        }
    }
}

fn same(a: &Selection, b: &Selection) -> bool {
    let notes = |answer: &Selection| -> Vec<_> {
        answer.notes().iter().map(|note| (note.name.clone(), note.table.clone())).collect()
    };
    a.choice() == b.choice()
        && a.splits() == b.splits()
        && a.columns() == b.columns()
        && a.batched() == b.batched()
        && notes(a) == notes(b)
}

fn permutable(strategy: &dyn Strategy, table: &Table, answer: &Selection) -> Broken {
    let order = Dice::new(table.len() as u64).order(table.len());
    let permuted = table.with(order.into_iter().map(|position| table.rows[position].clone()).collect());
    let again = match run(strategy, &permuted)? {
        Ok(again) => again,
        Err(message) => {
            return law(Law::Permutation, format!("the same rows in other order are refused: {message}"));
        }
    };
    positions_fit(&again, permuted.len())?;
    let (mut before, mut after) = (described(answer, table), described(&again, &permuted));
    if !strategy.gives().ordered {
        before.sort_unstable();
        after.sort_unstable();
    }
    if before == after {
        return Ok(());
    }
    law(Law::Permutation, format!("rows {before:?}, and in other order {after:?}"))
}

/// Each row of an answer, told by what stays when rows are permuted.
fn described(answer: &Selection, table: &Table) -> Vec<String> {
    let identity = |position: &u32| table.rows[*position as usize].identity.to_string();
    let mut rows: Vec<String> = match answer.choice() {
        Choice::Rows(positions) => positions.iter().map(identity).collect(),
        Choice::Pairs { chosen, rejected } => chosen
            .iter()
            .zip(rejected)
            .map(|(chosen, rejected)| identity(chosen) + ">" + &identity(rejected))
            .collect(),
        Choice::Unpaired { positions, roles } => {
            let side = |role: &Role| if *role == Role::Chosen { "+" } else { "-" };
            positions.iter().zip(roles).map(|(position, role)| identity(position) + side(role)).collect()
        }
    };
    for (at, row) in rows.iter_mut().enumerate() {
        if let Some((codes, names)) = answer.splits() {
            *row = format!("{row} in {}", names[codes[at] as usize]);
        }
        for (field, values) in answer.columns() {
            let value = array_value_to_string(values, at).unwrap_or_default();
            *row = format!("{row} {}={value}", field.name());
        }
    }
    rows
}
