//! How often the values of a column occur.

use std::{collections::HashMap, sync::Arc};

use arrow::{
    array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array},
    compute::cast,
    datatypes::{DataType, UInt32Type},
    error::ArrowError,
    row::{RowConverter, SortField},
};

use super::Groups;

/// A number for each row that is the same where the values are; 0 is null.
fn codes(values: &ArrayRef) -> Result<Vec<u32>, ArrowError> {
    if let Some(dictionary) = values.as_dictionary_opt::<UInt32Type>() {
        let by_value = codes(&cast(dictionary.values(), &DataType::Utf8)?)?;
        return Ok(dictionary.keys().iter().map(|key| key.map_or(0, |key| by_value[key as usize])).collect());
    }
    if values.data_type() == &DataType::Null {
        return Ok(vec![0; values.len()]);
    }
    let converter = RowConverter::new(vec![SortField::new(values.data_type().clone())])?;
    let rows = converter.convert_columns(&[normal(values)])?;
    let mut known = HashMap::new();
    Ok((0..rows.num_rows())
        .map(|row| {
            if values.is_null(row) {
                return 0;
            }
            let next = known.len() as u32 + 1;
            *known.entry(rows.row(row)).or_insert(next)
        })
        .collect())
}

/// Makes -0.0 the 0.0 that it equals.
fn normal(values: &ArrayRef) -> ArrayRef {
    match values.as_primitive_opt::<arrow::datatypes::Float64Type>() {
        Some(numbers) => Arc::new(numbers.unary::<_, arrow::datatypes::Float64Type>(|number| number + 0.0)),
        None => Arc::clone(values),
    }
}

/// How often each value occurs in each group.
fn counts(values: &ArrayRef, groups: &Groups<'_>) -> Result<Vec<(u32, u32, u64)>, ArrowError> {
    let codes = codes(values)?;
    let most = codes.iter().max().map_or(0, |code| *code as usize + 1);
    let cells = most.saturating_mul(groups.count);
    if cells <= codes.len().saturating_mul(2).max(1 << 12) {
        let mut table = vec![0_u64; cells];
        for (group, code) in groups.of_rows.iter().zip(&codes) {
            table[*group as usize * most + *code as usize] += 1;
        }
        let seen = table.into_iter().enumerate().filter(|(_, count)| *count > 0);
        return Ok(seen.map(|(cell, count)| ((cell / most) as u32, (cell % most) as u32, count)).collect());
    }
    let mut table: HashMap<(u32, u32), u64> = HashMap::new();
    for (group, code) in groups.of_rows.iter().zip(codes) {
        *table.entry((*group, code)).or_default() += 1;
    }
    Ok(table.into_iter().map(|((group, code), count)| (group, code, count)).collect())
}

/// The different values of each group that are not null.
pub(super) fn distinct(values: &ArrayRef, groups: &Groups<'_>) -> Result<ArrayRef, ArrowError> {
    let mut found = vec![0_i64; groups.count];
    for (group, code, _) in counts(values, groups)? {
        found[group as usize] += i64::from(code != 0);
    }
    Ok(Arc::new(Int64Array::from(found)))
}

/// The share of its group's rows that the most frequent value has, or the rarest one.
pub(super) fn extreme(values: &ArrayRef, groups: &Groups<'_>, most: bool) -> Result<ArrayRef, ArrowError> {
    let mut best: Vec<Option<u64>> = vec![None; groups.count];
    for (group, _, count) in counts(values, groups)? {
        let best = &mut best[group as usize];
        *best = Some(best.map_or(count, |best| if most { best.max(count) } else { best.min(count) }));
    }
    let rows = sizes(groups);
    let shares: Float64Array =
        best.into_iter().zip(rows).map(|(best, rows)| Some(best? as f64 / rows as f64)).collect();
    Ok(Arc::new(shares))
}

/// The share of its group's rows for which `condition` is true.
pub(super) fn share(condition: &BooleanArray, groups: &Groups<'_>) -> ArrayRef {
    let mut hits = vec![0_u64; groups.count];
    for (group, condition) in groups.of_rows.iter().zip(condition) {
        hits[*group as usize] += u64::from(condition == Some(true));
    }
    let shares: Float64Array = hits
        .into_iter()
        .zip(sizes(groups))
        .map(|(hits, rows)| (rows > 0).then(|| hits as f64 / rows as f64))
        .collect();
    Arc::new(shares)
}

/// The share of a group's batches in which all values are the same, where the rows of a group make batches in their
/// order. One row that is left over has nothing to be mixed with, and is not counted among them. The size is the one that the
/// group's first row has; below 1 there are no batches.
pub(super) fn one_valued(
    values: &ArrayRef,
    sizes: &Int64Array,
    groups: &Groups<'_>,
) -> Result<ArrayRef, ArrowError> {
    #[derive(Clone, Default)]
    struct Batches {
        size: i64,
        first: u32,
        rows: i64,
        alike: bool,
        count: u64,
        of_one: u64,
    }
    let mut all = vec![Batches::default(); groups.count];
    let sizes = sizes.iter().map(|size| size.unwrap_or(0));
    for ((group, code), size) in groups.of_rows.iter().zip(codes(values)?).zip(sizes) {
        let own = &mut all[*group as usize];
        if own.size == 0 {
            own.size = if size > 0 { size } else { -1 };
        }
        if own.rows == 0 {
            (own.first, own.alike) = (code, true);
            own.count += 1;
        }
        own.alike &= code == own.first;
        own.rows += 1;
        if own.rows == own.size {
            own.of_one += u64::from(own.alike);
            own.rows = 0;
        }
    }
    let share = |own: Batches| {
        let of_one = own.of_one + u64::from(own.rows > 1 && own.alike);
        (own.size > 0).then(|| of_one as f64 / own.count as f64)
    };
    Ok(Arc::new(all.into_iter().map(share).collect::<Float64Array>()))
}

/// The share of a group's rows that have the value of the row before them in the group.
pub(super) fn repeated(values: &ArrayRef, groups: &Groups<'_>) -> Result<ArrayRef, ArrowError> {
    let mut last = vec![0; groups.count];
    let mut hits = vec![0_u64; groups.count];
    for (group, code) in groups.of_rows.iter().zip(codes(values)?) {
        let last = &mut last[*group as usize];
        hits[*group as usize] += u64::from(code != 0 && code == *last);
        *last = code;
    }
    let share = |(hits, rows)| (rows > 0).then(|| hits as f64 / rows as f64);
    Ok(Arc::new(hits.into_iter().zip(sizes(groups)).map(share).collect::<Float64Array>()))
}

fn sizes(groups: &Groups<'_>) -> Vec<u64> {
    let mut sizes = vec![0; groups.count];
    for group in groups.of_rows {
        sizes[*group as usize] += 1;
    }
    sizes
}
