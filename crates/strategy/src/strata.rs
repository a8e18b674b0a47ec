//! Rows by group: how many there are, and which.

use std::ops::Range;

/// The rows of each group, in one list.
///
/// ```
/// use unskew_strategy::Strata;
///
/// let strata = Strata::new(&[1, 0, 1, 1], 3);
/// assert_eq!(strata.counts(), [1, 3, 0]);
/// assert_eq!(strata.members(1), [0, 2, 3]);
/// ```
#[derive(Debug, Clone)]
pub struct Strata {
    starts: Vec<u32>,
    rows: Vec<u32>,
}

impl Strata {
    /// The rows of each of `groups` groups, where row `i` is in group `codes[i]`; panics if a code is out of range.
    pub fn new(codes: &[u32], groups: usize) -> Self {
        let mut starts = vec![0; groups + 1];
        for &code in codes {
            starts[code as usize + 1] += 1;
        }
        for group in 0..groups {
            starts[group + 1] += starts[group];
        }
        let mut next = starts.clone();
        let mut rows = vec![0; codes.len()];
        for (row, &code) in (0..).zip(codes) {
            rows[next[code as usize] as usize] = row;
            next[code as usize] += 1;
        }
        Self { starts, rows }
    }

    /// How many groups there are, empty ones too.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Whether there are no groups.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many rows each group has.
    pub fn counts(&self) -> Vec<u64> {
        (0..self.len()).map(|group| self.range(group).len() as u64).collect()
    }

    /// A group's rows, ascending.
    pub fn members(&self, group: usize) -> &[u32] {
        &self.rows[self.range(group)]
    }

    /// The rows of each group, group after group.
    pub fn iter(&self) -> impl Iterator<Item = &[u32]> {
        (0..self.len()).map(|group| self.members(group))
    }

    fn range(&self, group: usize) -> Range<usize> {
        self.starts[group] as usize..self.starts[group + 1] as usize
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_row_is_in_its_group_once(codes in prop::collection::vec(0_u32..5, 0..50)) {
            let strata = Strata::new(&codes, 6);
            let mut seen = vec![];
            for (group, members) in (0..).zip(strata.iter()) {
                prop_assert!(members.is_sorted());
                prop_assert!(members.iter().all(|&row| codes[row as usize] == group));
                seen.extend_from_slice(members);
            }
            seen.sort_unstable();
            prop_assert!(seen.into_iter().eq(0..codes.len() as u32));
            prop_assert_eq!(strata.counts().iter().sum::<u64>(), codes.len() as u64);
        }
    }
}
