//! Groups of rows before and after a stage: one by one, or summed up where there are very many.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unskew_strategy::{Groups, Note};

use super::label;

/// The most groups that are listed one by one.
const MOST_GROUPS: usize = 100;

/// Groups of rows before and after a stage.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Strata {
    /// The split, where there are splits.
    pub split: Option<String>,
    /// What makes rows alike.
    pub by: Vec<String>,
    /// The groups, in the order of their keys; none if there are more than 100.
    pub groups: Vec<Stratum>,
    /// What the groups are like, if there are more than 100.
    pub summary: Option<Summary>,
}

/// One group of rows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Stratum {
    /// The parts of its key; null where the value was missing.
    pub key: Vec<Option<String>>,
    /// Rows before.
    pub before: u64,
    /// Rows after.
    pub after: u64,
}

/// What very many groups are like.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Before the stage.
    pub before: Sizes,
    /// After the stage.
    pub after: Sizes,
}

/// How many groups have rows, and how many rows each of these has; all 0 if there are none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sizes {
    /// How many groups have rows.
    pub groups: u64,
    /// The rows of the smallest one.
    pub least: u64,
    /// Half of the groups have no more rows than this, half no fewer.
    pub median: f64,
    /// Rows for each group on average.
    pub mean: f64,
    /// The rows of the largest one.
    pub most: u64,
}

impl Strata {
    /// Counts the rows of each group, all of them and those at `positions`.
    pub fn count(by: Vec<String>, groups: &Groups, positions: &[u32]) -> Self {
        let mut before = vec![0u64; groups.len()];
        let mut after = vec![0u64; groups.len()];
        for code in groups.codes() {
            before[*code as usize] += 1;
        }
        for position in positions {
            after[groups.codes()[*position as usize] as usize] += 1;
        }
        if groups.len() > MOST_GROUPS {
            let summary = Summary { before: Sizes::of(before), after: Sizes::of(after) };
            return Self { by, summary: Some(summary), ..Self::default() };
        }
        let stratum =
            |group: usize| Stratum { key: groups.parts(group), before: before[group], after: after[group] };
        Self { by, groups: (0..groups.len()).map(stratum).collect(), ..Self::default() }
    }

    /// Whether there are as many rows in each group after the stage as before; where groups are summed up, whether they
    /// are like those before.
    pub fn unchanged(&self) -> bool {
        self.groups.iter().all(|group| group.before == group.after)
            && self.summary.as_ref().is_none_or(|summary| summary.before == summary.after)
    }

    /// Whether the summary takes the place of `note`, which has the rows of each group and nothing else.
    pub(crate) fn sums_up(&self, note: &Note) -> bool {
        let schema = note.table.schema();
        let known = |name: &String| self.by.contains(name) || matches!(name.as_str(), "before" | "after");
        self.summary.is_some() && schema.fields().iter().all(|field| known(field.name()))
    }
}

impl Stratum {
    /// How a person would call it: `math`, or `math × easy`.
    pub fn label(&self) -> String {
        label(&self.key)
    }
}

impl Sizes {
    /// Of groups with so many rows.
    fn of(mut rows: Vec<u64>) -> Self {
        rows.retain(|rows| *rows > 0);
        rows.sort_unstable();
        let (Some(&least), Some(&most)) = (rows.first(), rows.last()) else { return Self::default() };
        let count = rows.len();
        let median = (rows[(count - 1) / 2] + rows[count / 2]) as f64 / 2.0;
        let mean = rows.iter().sum::<u64>() as f64 / count as f64;
        Self { groups: count as u64, least, median, mean, most }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, RecordBatch, UInt32Array, UInt64Array};

    use super::*;

    /// Groups `0`, `1`, … with so many rows.
    fn groups(rows: &[usize]) -> Groups {
        let key: ArrayRef = Arc::new(UInt32Array::from_iter_values(0..rows.len() as u32));
        let codes = (0u32..).zip(rows).flat_map(|(code, rows)| std::iter::repeat_n(code, *rows));
        Groups::new(
            UInt32Array::from_iter_values(codes),
            RecordBatch::try_from_iter([("prompt", key)]).unwrap(),
            UInt64Array::from_iter_values((0..).take(rows.len())),
        )
    }

    fn count(rows: &[usize], positions: &[u32]) -> Strata {
        Strata::count(vec!["prompt".to_owned()], &groups(rows), positions)
    }

    #[test]
    fn the_sizes_of_groups_are_those_of_groups_with_rows() {
        let sizes = |groups, least, median, mean, most| Sizes { groups, least, median, mean, most };
        assert_eq!(Sizes::of(vec![]), Sizes::default());
        assert_eq!(Sizes::of(vec![0, 0]), Sizes::default());
        assert_eq!(Sizes::of(vec![7]), sizes(1, 7, 7.0, 7.0, 7));
        assert_eq!(Sizes::of(vec![5, 0, 2]), sizes(2, 2, 3.5, 3.5, 5));
        assert_eq!(Sizes::of(vec![9, 1, 2]), sizes(3, 1, 2.0, 4.0, 9));
    }

    #[test]
    fn more_than_a_hundred_groups_are_summed_up() {
        let few = count(&[1; 100], &[3]);
        assert_eq!((few.groups.len(), few.summary), (100, None));
        let mut rows = [1; 101];
        rows[100] = 4;
        let many = count(&rows, &[0, 100, 101]);
        let summary = Summary {
            before: Sizes { groups: 101, least: 1, median: 1.0, mean: 104.0 / 101.0, most: 4 },
            after: Sizes { groups: 2, least: 1, median: 1.5, mean: 1.5, most: 2 },
        };
        assert_eq!((many.groups.len(), many.summary), (0, Some(summary)));
    }

    #[test]
    fn a_stage_that_takes_every_row_changes_nothing() {
        for groups in [3, 101] {
            let rows = vec![2; groups];
            let all: Vec<u32> = (0..2 * groups as u32).collect();
            assert!(count(&rows, &all).unchanged());
            assert!(!count(&rows, &all[1..]).unchanged());
        }
    }

    #[test]
    fn a_summary_takes_the_place_of_rows_by_group_only() {
        let note = |names: &[&str]| {
            let one: ArrayRef = Arc::new(UInt32Array::from(vec![1]));
            let table = RecordBatch::try_from_iter(names.iter().map(|name| (*name, one.clone()))).unwrap();
            Note { name: "strata".to_owned(), table }
        };
        assert!(count(&[1; 101], &[0]).sums_up(&note(&["prompt", "before", "after"])));
        assert!(!count(&[1; 101], &[0]).sums_up(&note(&["prompt", "before", "wanted"])));
        assert!(!count(&[1; 100], &[0]).sums_up(&note(&["prompt", "before", "after"])));
    }
}
