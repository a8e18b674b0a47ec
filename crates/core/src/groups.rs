//! Rows that agree: dense codes, numbered by sorted key.

use std::{cmp::Ordering, collections::HashMap, sync::Arc};

use arrow::{
    array::{
        Array, ArrayRef, AsArray, BooleanArray, RecordBatch, RecordBatchOptions, StringArray, UInt32Array,
        UInt64Array, make_comparator,
    },
    compute::{SortOptions, cast, sort_to_indices, take},
    datatypes::{DataType, Field, Float64Type, Schema, UInt32Type},
    row::{RowConverter, SortField},
    util::display::array_value_to_string,
};
use serde_json::json;
use unskew_io::key_text;
use unskew_strategy::Groups;

use crate::{
    Result,
    priority::{Dice, Stream},
};

/// One column to group by.
#[derive(Debug, Clone)]
pub struct KeyColumn {
    /// What the key is called.
    pub name: String,
    /// A value for each row.
    pub values: ArrayRef,
    /// Whether a dictionary's values are levels: all of them groups, in their order.
    pub levels: bool,
}

/// Codes of one column and the distinct values they stand for.
struct Coded {
    codes: Vec<u32>,
    keys: ArrayRef,
}

/// Groups `rows` rows by `columns`; without columns all rows are one group.
pub fn group(rows: usize, columns: &[KeyColumn], dice: &Dice) -> Result<Groups> {
    let coded = columns.iter().map(code).collect::<Result<Vec<_>>>()?;
    let fields: Vec<_> = columns
        .iter()
        .zip(&coded)
        .map(|(column, coded)| Field::new(&column.name, coded.keys.data_type().clone(), true))
        .collect();
    let (codes, keys) = match coded.len() {
        0 => (vec![0; rows], vec![]),
        1 => coded.into_iter().map(|one| (one.codes, vec![one.keys])).next().unwrap_or_default(),
        _ => combine(&coded)?,
    };
    let count = keys.first().map_or(1, arrow::array::Array::len);
    let options = RecordBatchOptions::new().with_row_count(Some(count));
    let keys = RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), keys, &options)?;
    let priority = streams(&keys).into_iter().map(|stream| dice.priority(stream, 0)).collect::<UInt64Array>();
    Ok(Groups::new(UInt32Array::from(codes), keys, priority))
}

/// The stream of each group's own numbers: of the canonical JSON of the list of its key's parts.
fn streams(keys: &RecordBatch) -> Vec<Stream> {
    let stream = |group| {
        let parts: Vec<_> = keys.columns().iter().map(|column| canonical(column, group)).collect();
        Stream::of_value(format!("[{}]", parts.join(",")).as_bytes())
    };
    (0..keys.num_rows()).map(stream).collect()
}

/// The stream of each value of groups by one column: of the value's canonical JSON.
pub fn key_streams(groups: &Groups) -> Vec<Stream> {
    let column = groups.keys().column(0);
    (0..groups.len()).map(|group| Stream::of_value(canonical(column, group).as_bytes())).collect()
}

/// One value of a key column as canonical JSON; what JSON has no type for counts as text.
fn canonical(column: &ArrayRef, row: usize) -> String {
    if column.is_null(row) {
        return "null".to_owned();
    }
    let text = array_value_to_string(column, row).unwrap_or_default();
    match column.data_type() {
        DataType::Boolean => text,
        kind if kind.is_integer() => text,
        DataType::Float64 => {
            let value = column.as_primitive::<Float64Type>().value(row);
            if value.fract() == 0.0 && value.abs() < 9e15 {
                format!("{value:.0}")
            } else {
                json!(value).to_string()
            }
        }
        _ => json!(text).to_string(),
    }
}

fn code(column: &KeyColumn) -> Result<Coded> {
    match column.values.data_type() {
        DataType::Dictionary(key, _) if **key == DataType::UInt32 && column.levels => {
            code_levels(&column.values)
        }
        DataType::Dictionary(..) => code_dictionary(&column.values),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => code_text(&column.values),
        DataType::Null => code_text(&cast(&column.values, &DataType::Utf8)?),
        DataType::Boolean => Ok(code_booleans(&column.values)),
        _ => code_sorted(&column.values),
    }
}

/// Levels keep their order, and empty ones stay; null comes last, if there is any.
fn code_levels(values: &ArrayRef) -> Result<Coded> {
    let dictionary = values.as_dictionary::<UInt32Type>();
    let null = dictionary.values().len() as u32;
    let codes: Vec<_> = dictionary.keys().iter().map(|key| key.unwrap_or(null)).collect();
    let with_null = codes.contains(&null);
    let indices: UInt32Array = (0..null).map(Some).chain(with_null.then_some(None)).collect();
    Ok(Coded { codes, keys: take(dictionary.values(), &indices, None)? })
}

/// A dictionary of any order, with values that may be unused or come twice.
fn code_dictionary(values: &ArrayRef) -> Result<Coded> {
    let whole = DataType::Dictionary(Box::new(DataType::UInt32), Box::new(DataType::Utf8));
    let values = cast(values, &whole)?;
    let dictionary = values.as_dictionary::<UInt32Type>();
    let null = dictionary.values().len();
    let mut used = vec![false; null + 1];
    for key in dictionary.keys() {
        used[key.map_or(null, |key| key as usize)] = true;
    }
    let texts = dictionary.values().as_string::<i32>();
    let text = |index: usize| (index < null && texts.is_valid(index)).then(|| key_text(texts.value(index)));
    let (ranks, keys) = rank((0..=null).filter(|index| used[*index]).map(|index| (index, text(index))));
    let mut rank_of = vec![0; null + 1];
    for (index, rank) in ranks {
        rank_of[index] = rank;
    }
    let codes = dictionary.keys().iter().map(|key| rank_of[key.map_or(null, |key| key as usize)]).collect();
    Ok(Coded { codes, keys })
}

fn code_text(values: &ArrayRef) -> Result<Coded> {
    let values = cast(values, &DataType::LargeUtf8)?;
    let texts = values.as_string::<i64>();
    let mut seen = HashMap::new();
    let mut first = vec![];
    let mut codes: Vec<u32> = Vec::with_capacity(texts.len());
    for text in texts {
        let text = text.map(key_text);
        let next = first.len() as u32;
        let code = *seen.entry(text).or_insert_with_key(|text| {
            first.push(text.clone());
            next
        });
        codes.push(code);
    }
    drop(seen);
    let (ranks, keys) = rank(first.into_iter().enumerate());
    let mut rank_of = vec![0; ranks.len()];
    for (index, rank) in ranks {
        rank_of[index] = rank;
    }
    for code in &mut codes {
        *code = rank_of[*code as usize];
    }
    Ok(Coded { codes, keys })
}

/// Numbers distinct texts by their order, null last; equal ones share a number.
fn rank<'a>(
    texts: impl Iterator<Item = (usize, Option<std::borrow::Cow<'a, str>>)>,
) -> (Vec<(usize, u32)>, ArrayRef) {
    let mut sorted: Vec<_> = texts.collect();
    sorted.sort_by(|(_, a), (_, b)| match (a, b) {
        (Some(a), Some(b)) => a.cmp(b),
        (a, b) => a.is_none().cmp(&b.is_none()),
    });
    let mut keys: Vec<Option<std::borrow::Cow<'a, str>>> = vec![];
    let mut ranks = Vec::with_capacity(sorted.len());
    for (index, text) in sorted {
        if keys.last() != Some(&text) {
            keys.push(text);
        }
        ranks.push((index, keys.len() as u32 - 1));
    }
    (ranks, Arc::new(keys.iter().map(|key| key.as_deref()).collect::<StringArray>()))
}

fn code_booleans(values: &ArrayRef) -> Coded {
    let values = values.as_boolean();
    let occurs = |key: &Option<bool>| values.iter().any(|value| value == *key);
    let keys: Vec<_> = [Some(false), Some(true), None].into_iter().filter(occurs).collect();
    let code = |value| keys.iter().position(|key| *key == value).unwrap_or_default() as u32;
    Coded { codes: values.iter().map(code).collect(), keys: Arc::new(BooleanArray::from(keys)) }
}

/// Numbers, dates: sorted once, equal neighbours share a code.
fn code_sorted(values: &ArrayRef) -> Result<Coded> {
    let values = if values.data_type() == &DataType::Float64 { whole_zero(values) } else { values.clone() };
    let order = SortOptions { descending: false, nulls_first: false };
    let sorted = sort_to_indices(&values, Some(order), None)?;
    let compare = make_comparator(&values, &values, order)?;
    let mut codes = vec![0; values.len()];
    let mut first: Vec<u32> = vec![];
    for index in sorted.values() {
        let new = first.last().is_none_or(|last| compare(*last as usize, *index as usize) != Ordering::Equal);
        if new {
            first.push(*index);
        }
        codes[*index as usize] = first.len() as u32 - 1;
    }
    Ok(Coded { codes, keys: take(&values, &UInt32Array::from(first), None)? })
}

/// Minus zero is zero.
fn whole_zero(values: &ArrayRef) -> ArrayRef {
    let values = values.as_primitive::<Float64Type>();
    Arc::new(values.unary::<_, Float64Type>(|value| value + 0.0))
}

/// Combinations that occur, numbered by the codes of their parts.
fn combine(coded: &[Coded]) -> Result<(Vec<u32>, Vec<ArrayRef>)> {
    let parts: Vec<ArrayRef> =
        coded.iter().map(|one| Arc::new(UInt32Array::from(one.codes.clone())) as ArrayRef).collect();
    let converter = RowConverter::new(vec![SortField::new(DataType::UInt32); parts.len()])?;
    let rows = converter.convert_columns(&parts)?;
    let mut seen = HashMap::new();
    let mut first = vec![];
    let mut codes = Vec::with_capacity(rows.num_rows());
    for (position, row) in (0u32..).zip(rows.iter()) {
        let next = first.len() as u32;
        codes.push(*seen.entry(row).or_insert_with(|| {
            first.push(position);
            next
        }));
    }
    let mut by_key: Vec<u32> = (0..first.len() as u32).collect();
    by_key.sort_by_key(|code| rows.row(first[*code as usize] as usize));
    let mut rank_of = vec![0; first.len()];
    for (rank, code) in (0u32..).zip(&by_key) {
        rank_of[*code as usize] = rank;
    }
    for code in &mut codes {
        *code = rank_of[*code as usize];
    }
    let sorted: Vec<u32> = by_key.iter().map(|code| first[*code as usize]).collect();
    let key = |one: &Coded| -> Result<ArrayRef> {
        let own: UInt32Array = sorted.iter().map(|position| one.codes[*position as usize]).collect();
        Ok(take(&one.keys, &own, None)?)
    };
    Ok((codes, coded.iter().map(key).collect::<Result<_>>()?))
}

#[cfg(test)]
mod tests {
    use arrow::array::{DictionaryArray, Float64Array};

    use super::*;

    fn labels(columns: Vec<(ArrayRef, bool)>) -> (Vec<u32>, Vec<String>) {
        let rows = columns.first().map_or(3, |(values, _)| values.len());
        let columns: Vec<_> = columns
            .into_iter()
            .map(|(values, levels)| KeyColumn { name: "k".into(), values, levels })
            .collect();
        let groups = group(rows, &columns, &Dice::new(0, "x")).unwrap();
        assert_eq!(groups.priority().len(), groups.len());
        (groups.codes().to_vec(), (0..groups.len()).map(|group| groups.label(group)).collect())
    }

    #[test]
    fn keys_are_numbered_in_order_and_null_comes_last() {
        let text: ArrayRef = Arc::new(StringArray::from(vec![Some("b"), None, Some("a"), Some("b")]));
        assert_eq!(
            labels(vec![(text.clone(), false)]),
            (vec![1, 2, 0, 1], vec!["a".into(), "b".into(), "null".into()])
        );
        let number: ArrayRef = Arc::new(Float64Array::from(vec![Some(0.0), Some(-0.0), None, Some(-1.5)]));
        assert_eq!(labels(vec![(number, false)]).0, [1, 1, 2, 0]);
        let truth: ArrayRef = Arc::new(BooleanArray::from(vec![true, false, true, false]));
        let (codes, names) = labels(vec![(text, false), (truth, false)]);
        assert_eq!(codes, [2, 3, 0, 1]);
        assert_eq!(names, ["a × true", "b × false", "b × true", "null × false"]);
        assert_eq!(labels(vec![]), (vec![0, 0, 0], vec!["all".into()]));
    }

    #[test]
    fn only_the_booleans_there_are_have_a_code() {
        let codes = |values: Vec<Option<bool>>| labels(vec![(Arc::new(BooleanArray::from(values)), false)]);
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            codes(vec![None, Some(true), Some(false)]),
            (vec![2, 1, 0], names(&["false", "true", "null"]))
        );
        assert_eq!(codes(vec![Some(true), None]), (vec![0, 1], names(&["true", "null"])));
    }

    #[test]
    fn levels_keep_their_order_and_empty_ones_stay() {
        let levels: ArrayRef = Arc::new(StringArray::from(vec!["easy", "medium", "hard"]));
        let keys = UInt32Array::from(vec![Some(2), Some(0), None]);
        let values: ArrayRef = Arc::new(DictionaryArray::new(keys, levels));
        assert_eq!(labels(vec![(values.clone(), true)]).1, ["easy", "medium", "hard", "null"]);
        assert_eq!(
            labels(vec![(values, false)]),
            (vec![1, 0, 2], vec!["easy".into(), "hard".into(), "null".into()])
        );
    }

    #[test]
    fn nothing_but_nulls_is_one_group() {
        let nothing: ArrayRef = Arc::new(arrow::array::NullArray::new(2));
        assert_eq!(labels(vec![(nothing, false)]), (vec![0, 0], vec!["null".into()]));
    }

    #[test]
    fn long_texts_are_told_apart() {
        let long = |end: &str| format!("{}{end}", "x".repeat(500));
        let text: ArrayRef = Arc::new(StringArray::from(vec![long("a"), long("b"), long("a")]));
        let (codes, names) = labels(vec![(text, false)]);
        assert_eq!(codes[0], codes[2]);
        assert_ne!(codes[0], codes[1]);
        assert!(names.iter().all(|name| name.len() < 100));
    }
}
