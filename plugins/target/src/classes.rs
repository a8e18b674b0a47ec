//! Matches the classes that options name with the groups that the data have.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, RecordBatch, StringArray},
    datatypes::{DataType, Field, Schema},
};
use unskew_strategy::{Groups, Result, facts, named_groups, nearest};

/// A class's parts, as options name them, with its number there.
pub type Named = (Vec<String>, f64);

/// The classes that a target takes rows of.
#[derive(Debug)]
pub struct Classes {
    parts: Vec<Vec<Option<String>>>,
    figures: Vec<f64>,
    groups: Vec<Option<usize>>,
    available: Vec<u64>,
    others: Vec<(usize, Vec<Option<String>>, u64)>,
}

impl Classes {
    /// The classes `named`, or every group that has rows.
    pub fn new(groups: &Groups, counts: &[u64], named: Option<Vec<Named>>) -> Result<Self> {
        let filled = || (0..groups.len()).filter(|&group| counts[group] > 0);
        let Some(named) = named else {
            return Ok(Self {
                parts: filled().map(|group| groups.parts(group)).collect(),
                figures: vec![1.0; filled().count()],
                groups: filled().map(Some).collect(),
                available: filled().map(|group| counts[group]).collect(),
                others: vec![],
            });
        };
        let matched = named_groups(groups, &named)?;
        let mut is_named = vec![false; groups.len()];
        matched.iter().flatten().for_each(|&group| is_named[group] = true);
        let others = filled().filter(|&group| !is_named[group]);
        Ok(Self {
            available: matched.iter().map(|group| group.map_or(0, |group| counts[group])).collect(),
            others: others.map(|group| (group, groups.parts(group), counts[group])).collect(),
            groups: matched,
            figures: named.iter().map(|(_, figure)| *figure).collect(),
            parts: named.into_iter().map(|(parts, _)| parts.into_iter().map(Some).collect()).collect(),
        })
    }

    /// How many classes there are.
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    /// How many rows each class has.
    pub fn available(&self) -> &[u64] {
        &self.available
    }

    /// The number each class has in the options; 1 where they name none.
    pub fn figures(&self) -> &[f64] {
        &self.figures
    }

    /// The group that is a class.
    pub fn group(&self, class: usize) -> Option<usize> {
        self.groups[class]
    }

    /// The groups that have rows and are no class.
    pub fn others(&self) -> impl Iterator<Item = usize> {
        self.others.iter().map(|(group, ..)| *group)
    }

    /// How a person would call a class.
    pub fn label(&self, class: usize) -> String {
        label(&self.parts[class])
    }

    /// The first group that has rows and is no class.
    pub fn unnamed(&self) -> Option<String> {
        self.others.first().map(|(_, parts, _)| label(parts))
    }

    /// The class there is whose name is nearest to that of `class`.
    pub fn nearest(&self, class: usize) -> Option<String> {
        let here = (0..self.len()).filter(|&other| self.available[other] > 0).map(|other| self.label(other));
        let labels: Vec<String> = here.chain(self.others.iter().map(|(_, parts, _)| label(parts))).collect();
        nearest(&self.label(class), labels.iter().map(String::as_str)).map(str::to_owned)
    }

    /// What there was, what was wanted and what was taken of each class, and of all other groups.
    pub fn facts(&self, by: &[String], wanted: &[u64], got: &[u64], keep_others: bool) -> RecordBatch {
        let other = |count: &u64| if keep_others { *count } else { 0 };
        let others = || self.others.iter().map(|(_, _, count)| count);
        let parts = || self.parts.iter().chain(self.others.iter().map(|(_, parts, _)| parts));
        let texts = |part: usize| -> ArrayRef {
            Arc::new(parts().map(|parts| parts[part].as_deref()).collect::<StringArray>())
        };
        let fields: Vec<Field> = by.iter().map(|name| Field::new(name, DataType::Utf8, true)).collect();
        let columns = (0..by.len()).map(texts).collect();
        let keys =
            RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).expect("columns are of one length");
        let with_others = |numbers: &[u64], others: Vec<u64>| [numbers, &others].concat();
        let left_or_kept: Vec<u64> = others().map(other).collect();
        facts(
            &keys,
            [
                ("available", with_others(&self.available, others().copied().collect())),
                ("wanted", with_others(wanted, left_or_kept.clone())),
                ("got", with_others(got, left_or_kept)),
            ],
        )
    }
}

fn label(parts: &[Option<String>]) -> String {
    parts.iter().map(|part| part.as_deref().unwrap_or("null")).collect::<Vec<_>>().join(" × ")
}
