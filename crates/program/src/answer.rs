//! What `run` answers: a line of JSON, and the rows it chose.

use std::{collections::HashMap, io::Write, sync::Arc};

use arrow::{
    array::{Array, ArrayRef, AsArray, DictionaryArray, RecordBatch, StringArray, UInt32Array},
    buffer::Buffer,
    compute::{CastOptions, cast_with_options},
    datatypes::{DataType, UInt32Type},
};
use serde_json::{Map, Value};
use unskew_strategy::{Batches, Choice, Error, Gives, Result, Role, Roles, Selection};

use crate::{
    Wire,
    head::{self, Note, Said},
    table::{self, objects, table},
};

const POSITION: &str = "position";
const CHOSEN: &str = "chosen";
const REJECTED: &str = "rejected";
const ROLE: &str = "role";
const SPLIT: &str = "split";

/// How many values the table of a note may have.
const MOST_FACTS: usize = 1 << 20;

/// How many columns the table of a note may have.
const MOST_KINDS: usize = 1000;

/// The columns of an answer that are not added to rows.
pub const OWN: [&str; 5] = [POSITION, CHOSEN, REJECTED, ROLE, SPLIT];

/// Reads an answer that should look like what `gives` says.
pub fn read(wire: Wire, bytes: Vec<u8>, gives: &Gives) -> Result<Selection> {
    let end = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| end + 1);
    let said: Said = head::read(&bytes[..end])?;
    let rows = match wire {
        Wire::Arrow => table::read_arrow(Buffer::from_vec(bytes).slice(end))?,
        Wire::Json => {
            let own = own_columns(gives, said.splits.is_some()).into_iter();
            let known: Vec<&str> = own.chain(gives.columns.iter().map(String::as_str)).collect();
            table::read_json(&bytes[end..], &known)?
        }
    };
    selection(&rows, said)
}

/// The columns that an answer has to have.
fn own_columns(gives: &Gives, has_splits: bool) -> Vec<&'static str> {
    let mut own = match gives.roles {
        Roles::Same => vec![POSITION],
        Roles::Pairs => vec![CHOSEN, REJECTED],
        Roles::Single => vec![POSITION, ROLE],
    };
    if has_splits {
        own.push(SPLIT);
    }
    own
}

fn selection(rows: &RecordBatch, said: Said) -> Result<Selection> {
    let column = |name| rows.column_by_name(name);
    let mut selection = match (column(POSITION), column(CHOSEN), column(REJECTED), column(ROLE)) {
        (Some(positions), None, None, None) => Selection::rows(numbers(POSITION, positions)?),
        (None, Some(chosen), Some(rejected), None) => {
            Selection::pairs(numbers(CHOSEN, chosen)?, numbers(REJECTED, rejected)?)
        }
        (Some(positions), None, None, Some(sides)) => {
            Selection::unpair(numbers(POSITION, positions)?, roles(sides)?)
        }
        _ => {
            let message = "its table must have the column `position`, or `chosen` and `rejected`, or `position` and `role`";
            return Err(Error::failed(message));
        }
    };
    match (column(SPLIT), said.splits) {
        (None, None) => {}
        (Some(codes), Some(names)) => selection = selection.split(numbers(SPLIT, codes)?, names),
        _ => {
            return Err(Error::failed(
                "the names `splits` and the column `split` go together, and it has one of them",
            ));
        }
    }
    for (field, values) in rows.schema().fields().iter().zip(rows.columns()) {
        if !OWN.contains(&field.name().as_str()) {
            selection = selection.column(field.name(), with_levels(field.name(), values, &said.levels)?);
        }
    }
    if let Some(head::Batches { rows, size, per_epoch }) = said.batches {
        selection = selection.batches(Batches { rows, size, per_epoch });
    }
    said.notes
        .into_iter()
        .try_fold(selection, |selection, note| Ok(selection.note(&note.name, facts(note.rows)?)))
}

/// Whole numbers of 32 bits, without gaps.
fn numbers(name: &str, values: &ArrayRef) -> Result<Vec<u32>> {
    let wrong = |what: &str| Error::failed(format!("its column `{name}` {what}"));
    let kind = values.data_type();
    // Of no rows at all, nobody can tell what they would be.
    if !kind.is_integer() && !values.is_empty() {
        return Err(wrong("is not of whole numbers"));
    }
    if values.logical_null_count() > 0 {
        return Err(wrong("has gaps"));
    }
    let strict = CastOptions { safe: false, ..CastOptions::default() };
    let numbers = cast_with_options(values, &DataType::UInt32, &strict)
        .map_err(|error| wrong("has numbers that are none of rows").cause(error.to_string()))?;
    Ok(numbers.as_primitive::<UInt32Type>().values().to_vec())
}

fn roles(values: &ArrayRef) -> Result<Vec<Role>> {
    let role = |text: Option<&str>| match text {
        Some(CHOSEN) => Ok(Role::Chosen),
        Some(REJECTED) => Ok(Role::Rejected),
        _ => Err(Error::failed("its column `role` has other texts than `chosen` and `rejected`")),
    };
    match values.as_string_opt::<i32>() {
        Some(texts) => texts.iter().map(role).collect(),
        None if values.is_empty() => Ok(vec![]),
        None => role(None).map(|role| vec![role]),
    }
}

/// A column with its levels, if it has some.
fn with_levels(name: &str, values: &ArrayRef, levels: &Map<String, Value>) -> Result<ArrayRef> {
    let Some(levels) = levels.get(name) else { return Ok(values.clone()) };
    let wrong = || Error::failed(format!("its column `{name}` does not fit the levels that it names"));
    let levels: Vec<&str> =
        levels.as_array().and_then(|levels| levels.iter().map(Value::as_str).collect()).ok_or_else(wrong)?;
    let numbers: HashMap<&str, u32> = levels.iter().copied().zip(0..).collect();
    let level =
        |text: Option<&str>| text.map(|text| numbers.get(text).copied().ok_or_else(wrong)).transpose();
    let codes: UInt32Array = match values.as_string_opt::<i32>() {
        Some(texts) => texts.iter().map(level).collect::<Result<_>>()?,
        None if values.logical_null_count() == values.len() => UInt32Array::new_null(values.len()),
        None => return Err(wrong()),
    };
    let levels = Arc::new(StringArray::from(levels));
    Ok(Arc::new(DictionaryArray::<UInt32Type>::try_new(codes, levels)?))
}

/// A table of facts, whose columns are in the order that they come in.
fn facts(rows: Vec<Map<String, Value>>) -> Result<RecordBatch> {
    let mut names: Vec<String> = vec![];
    for name in rows.iter().flat_map(Map::keys) {
        if !names.contains(name) {
            names.push(name.clone());
        }
        if names.len() > MOST_KINDS || names.len() * rows.len() > MOST_FACTS {
            return Err(Error::failed(format!(
                "a note of it has more than {MOST_FACTS} facts, or more than {MOST_KINDS} columns"
            )));
        }
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    table::of_objects(rows.into_iter().map(Ok), &names)
}

/// Writes an answer, whose table is Arrow.
pub fn write(selection: &Selection, out: &mut dyn Write) -> Result<()> {
    let numbers = |numbers: &[u32]| -> ArrayRef { Arc::new(UInt32Array::from(numbers.to_vec())) };
    let mut columns: Vec<(&str, ArrayRef)> = match selection.choice() {
        Choice::Rows(positions) => vec![(POSITION, numbers(positions))],
        Choice::Pairs { chosen, rejected } => vec![(CHOSEN, numbers(chosen)), (REJECTED, numbers(rejected))],
        Choice::Unpaired { positions, roles } => {
            let side = |role: &Role| if *role == Role::Chosen { CHOSEN } else { REJECTED };
            let sides: StringArray = roles.iter().map(|role| Some(side(role))).collect();
            vec![(POSITION, numbers(positions)), (ROLE, Arc::new(sides))]
        }
        _ => return Err(Error::failed("it chose in a way that this version does not know")),
    };
    let mut said = Said::default();
    if let Some((codes, names)) = selection.splits() {
        columns.push((SPLIT, numbers(codes)));
        said.splits = Some(names.to_vec());
    }
    columns.extend(selection.columns().iter().map(|(field, values)| (field.name().as_str(), values.clone())));
    if let Some(Batches { rows, size, per_epoch }) = selection.batched() {
        said.batches = Some(head::Batches { rows: rows.clone(), size: *size, per_epoch: *per_epoch });
    }
    for note in selection.notes() {
        let rows = objects(&note.table)?;
        said.notes.push(Note { name: note.name.clone(), rows });
    }
    head::write(&said, out)?;
    let columns = columns.into_iter().map(|(name, values)| (name.to_owned(), values)).collect();
    table::write(Wire::Arrow, &table(selection.len(), columns)?, out)
}
