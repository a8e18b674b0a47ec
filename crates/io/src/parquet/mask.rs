//! Which leaf columns of a file a path needs.

use std::collections::BTreeSet;

use arrow::datatypes::{DataType, Fields};

use crate::{Extract, Extractor, Step};

/// Adds the leaf columns of `fields`, numbered from `first`, that `extract` needs to `leaves`.
pub(crate) fn add_leaves(fields: &Fields, extract: &Extract, leaves: &mut BTreeSet<usize>) {
    let Some((first, found)) = find(fields, extract.path.steps()) else { return };
    let count = match extract.extractor {
        Extractor::Items | Extractor::Kind => 1,
        Extractor::Length if is_list(found) => 1,
        _ => leaf_count(found),
    };
    leaves.extend(first..first + count);
}

/// The first leaf below the place that `steps` lead to, and the type of that place.
fn find<'a>(fields: &'a Fields, steps: &[Step]) -> Option<(usize, &'a DataType)> {
    let (first, data_type) = member(fields, steps.first()?)?;
    let mut at = (first, data_type);
    for step in &steps[1..] {
        let (first, data_type) = at;
        at = match (plain(data_type), step) {
            (DataType::Struct(fields), Step::Member(_)) => {
                let (offset, data_type) = member(fields, step)?;
                (first + offset, data_type)
            }
            (DataType::Map(..), Step::Member(_)) => return Some(at),
            (list, Step::Item(_) | Step::Each) => (first, item(list)?),
            _ => return None,
        };
    }
    Some(at)
}

fn member<'a>(fields: &'a Fields, step: &Step) -> Option<(usize, &'a DataType)> {
    let Step::Member(name) = step else { return None };
    let place = fields.iter().position(|field| field.name() == name)?;
    let before = fields[..place].iter().map(|field| leaf_count(field.data_type())).sum();
    Some((before, fields[place].data_type()))
}

fn plain(data_type: &DataType) -> &DataType {
    match data_type {
        DataType::Dictionary(_, values) => plain(values),
        DataType::RunEndEncoded(_, values) => plain(values.data_type()),
        other => other,
    }
}

pub(crate) fn item(data_type: &DataType) -> Option<&DataType> {
    use DataType::{FixedSizeList, LargeList, LargeListView, List, ListView};
    match data_type {
        List(item) | LargeList(item) | ListView(item) | LargeListView(item) | FixedSizeList(item, _) => {
            Some(item.data_type())
        }
        _ => None,
    }
}

fn is_list(data_type: &DataType) -> bool {
    item(plain(data_type)).is_some()
}

/// How many leaf columns a value of this type takes.
pub(crate) fn leaf_count(data_type: &DataType) -> usize {
    match plain(data_type) {
        DataType::Struct(fields) => fields.iter().map(|field| leaf_count(field.data_type())).sum(),
        DataType::Map(entries, _) => leaf_count(entries.data_type()),
        other => item(other).map_or(1, leaf_count),
    }
}
