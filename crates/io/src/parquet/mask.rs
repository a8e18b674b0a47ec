//! Which leaf columns of a file a path needs.

use std::collections::BTreeSet;

use arrow::datatypes::{DataType, Fields};

use crate::{Extract, Extractor, Step};

/// Adds the leaf columns of `fields`, numbered from `first`, that `extract` needs to `leaves`.
pub(crate) fn add_leaves(fields: &Fields, extract: &Extract, leaves: &mut BTreeSet<usize>) {
    let Some(place) = find(fields, extract.path.steps()) else { return };
    let shape_alone = match extract.extractor {
        Extractor::Items | Extractor::Kind => true,
        Extractor::Length => is_list(place.data_type),
        _ => false,
    };
    let count = if (shape_alone || !place.arrived) && !begins_with_map(place.data_type) {
        1
    } else {
        leaf_count(place.data_type)
    };
    leaves.extend(place.leaf..place.leaf + count);
}

/// Where a path leads in a schema.
struct Place<'a> {
    /// The first leaf below.
    leaf: usize,
    data_type: &'a DataType,
    /// False if the path leads on from here to nothing; the lists on the way are still of interest.
    arrived: bool,
}

fn find<'a>(fields: &'a Fields, steps: &[Step]) -> Option<Place<'a>> {
    let (leaf, data_type) = member(fields, steps.first()?)?;
    let mut place = Place { leaf, data_type, arrived: true };
    let mut fanned_out = false;
    for step in &steps[1..] {
        let next = match (plain(place.data_type), step) {
            (DataType::Struct(fields), Step::Member(_)) => {
                member(fields, step).map(|(offset, data_type)| (place.leaf + offset, data_type))
            }
            (DataType::Map(..), Step::Member(_)) => return Some(place),
            (list, Step::Item(_) | Step::Each) => item(list).map(|item| (place.leaf, item)),
            _ => None,
        };
        let Some((leaf, data_type)) = next else {
            place.arrived = false;
            return fanned_out.then_some(place);
        };
        place = Place { leaf, data_type, arrived: true };
        fanned_out |= *step == Step::Each;
    }
    Some(place)
}

/// Whether the first leaf is part of a map, which is only read whole.
fn begins_with_map(data_type: &DataType) -> bool {
    match plain(data_type) {
        DataType::Map(..) => true,
        DataType::Struct(fields) => fields.first().is_some_and(|field| begins_with_map(field.data_type())),
        other => item(other).is_some_and(begins_with_map),
    }
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
