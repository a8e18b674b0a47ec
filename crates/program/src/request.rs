//! What `run` is told: a line of JSON, the rows, and the groups.

use std::{
    io::{BufRead, Write},
    sync::Arc,
};

use arrow::{
    array::{Array, ArrayRef, AsArray, RecordBatch, StringArray, UInt32Array, UInt64Array},
    datatypes::{DataType, UInt32Type, UInt64Type},
};
use serde_json::{Map, Value};
use unskew_strategy::{Column, Error, Groups, Input, Need, Result};

use crate::{
    Wire,
    head::{self, Told},
    table::{self, objects, table},
};

/// The column of a table of groups that holds each group's random number.
const PRIORITY: &str = "$priority";

/// Writes what `run` is told, where the columns of `input` answer `needs` and bear their names.
pub fn write(
    wire: Wire,
    options: &Value,
    needs: &[(String, Need)],
    input: &Input,
    out: &mut dyn Write,
) -> Result<()> {
    let mut told = Told { options: options.clone(), rows: input.len(), ..Told::default() };
    let mut rows: Vec<(String, ArrayRef)> = vec![];
    let mut groups = vec![];
    for ((name, need), column) in needs.iter().zip(input.columns()) {
        let values: ArrayRef = match column {
            Column::Values(values) => values.clone(),
            Column::Numbers(numbers) => Arc::new(numbers.clone()),
            Column::Ranks(ranks) => Arc::new(ranks.clone()),
            Column::Groups(of) => {
                groups.push((name, group_table(of)?));
                Arc::new(UInt32Array::from(of.codes().to_vec()))
            }
            _ => continue,
        };
        let values = if wire == Wire::Json { plain(name, need, values, &mut told.levels) } else { values };
        rows.push((name.clone(), values));
    }
    if wire == Wire::Json {
        for (name, groups) in groups.drain(..) {
            told.groups.insert(name.clone(), group_objects(&groups)?.into());
        }
    }
    head::write(&told, out)?;
    table::write(wire, &table(input.len(), rows)?, out)?;
    groups.iter().try_for_each(|(_, groups)| table::write(wire, groups, out))
}

fn group_table(groups: &Groups) -> Result<RecordBatch> {
    let priority: ArrayRef = Arc::new(UInt64Array::from(groups.priority().to_vec()));
    let keys = groups.keys();
    let names = keys.schema().fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>();
    let keys = names.into_iter().zip(keys.columns().iter().cloned());
    table(groups.len(), [(PRIORITY.to_owned(), priority)].into_iter().chain(keys).collect())
}

fn group_objects(groups: &RecordBatch) -> Result<Vec<Value>> {
    let names = groups.schema().fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>();
    let mut columns = groups.columns().to_vec();
    columns[0] = digits(&columns[0]);
    let groups = table(groups.num_rows(), names.into_iter().zip(columns).collect())?;
    Ok(objects(&groups)?.into_iter().map(Value::Object).collect())
}

/// A column as JSON can hold it: levels stand in the first line, and numbers of 64 bits become texts of 20 digits, which
/// are in the same order and which no language makes into rounded ones.
fn plain(name: &str, need: &Need, values: ArrayRef, levels: &mut Map<String, Value>) -> ArrayRef {
    let random = match need {
        Need::Optional(need) => need,
        need => need,
    };
    if matches!(random, Need::Priority | Need::Chance | Need::Fingerprint(_)) {
        return digits(&values);
    }
    if let Some(texts) =
        values.as_dictionary_opt::<UInt32Type>().and_then(|own| own.values().as_string_opt::<i32>())
    {
        levels.insert(name.to_owned(), texts.iter().map(Option::unwrap_or_default).collect());
    }
    values
}

fn digits(numbers: &ArrayRef) -> ArrayRef {
    let texts = |number: Option<u64>| number.map(|number| format!("{number:020}"));
    match numbers.as_primitive_opt::<UInt64Type>() {
        Some(numbers) => Arc::new(numbers.iter().map(texts).collect::<StringArray>()),
        None => numbers.clone(),
    }
}

/// The options, how many rows there are, and where what follows begins.
pub fn read_options(from: &mut impl BufRead) -> Result<(Value, usize)> {
    let mut line = vec![];
    from.read_until(b'\n', &mut line).map_err(|error| unreadable(&error))?;
    let told: Told = serde_json::from_slice(&line).map_err(|error| unreadable(&error))?;
    Ok((told.options, told.rows))
}

/// Reads rows and groups as an input of `rows` rows whose columns answer `needs`.
pub fn read_input(rows: usize, needs: &[(String, Need)], from: &mut impl BufRead) -> Result<Input> {
    let table = table::read_next(from).map_err(|error| unreadable(&error))?;
    let column = |(name, need): &(String, Need)| -> Result<Column> {
        let Some(values) = table.column_by_name(name) else { return Ok(Column::Missing) };
        column(need, values, from)
    };
    Ok(Input::new(rows, needs.iter().map(column).collect::<Result<_>>()?))
}

fn column(need: &Need, values: &ArrayRef, from: &mut impl BufRead) -> Result<Column> {
    Ok(match (need, values.data_type()) {
        (Need::Optional(need), _) => column(need, values, from)?,
        (Need::Groups(_), DataType::UInt32) => {
            let groups = table::read_next(from).map_err(|error| unreadable(&error))?;
            let priority = groups.column(0).as_primitive::<UInt64Type>().clone();
            let keys = (1..groups.num_columns()).collect::<Vec<_>>();
            Column::Groups(Groups::new(values.as_primitive().clone(), groups.project(&keys)?, priority))
        }
        (Need::Priority | Need::Chance, DataType::UInt64) => Column::Numbers(values.as_primitive().clone()),
        (Need::Order, DataType::UInt32) => Column::Ranks(values.as_primitive().clone()),
        _ => Column::Values(values.clone()),
    })
}

fn unreadable(error: &dyn std::error::Error) -> Error {
    Error::failed("what it is told cannot be read").cause(error.to_string())
}
