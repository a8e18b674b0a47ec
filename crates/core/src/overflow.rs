//! The rows that are in no output row, and which step left each of them out.

use crate::{
    frame::addresses,
    view::{Refs, View},
};
use unskew_strategy::Role;

/// A set of addresses.
#[derive(Debug, Clone)]
pub struct Addresses(Vec<u64>);

impl Addresses {
    /// The addresses that `view` refers to, among `rows` of them.
    pub fn of(view: &View, rows: u32) -> Self {
        let mut set = Self(vec![0; (rows as usize).div_ceil(64)]);
        match view.refs() {
            Refs::All(all) => (0..*all).for_each(|address| set.insert(address)),
            Refs::Rows(rows) | Refs::Sides { rows, .. } => {
                for address in rows {
                    set.insert(*address);
                }
            }
            Refs::Pairs { chosen, rejected } => {
                chosen.iter().chain(rejected).for_each(|address| set.insert(*address));
            }
        }
        set
    }

    fn insert(&mut self, address: u32) {
        self.0[address as usize / 64] |= 1 << (address % 64);
    }

    /// Whether `address` is among them.
    pub fn contains(&self, address: u32) -> bool {
        self.0[address as usize / 64] >> (address % 64) & 1 == 1
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// The addresses in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        (0u32..).zip(&self.0).flat_map(|(index, word)| {
            (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| index * 64 + bit)
        })
    }
}

/// How many different rows a view refers to.
pub fn distinct(view: &View) -> usize {
    if !view.repeats() && !view.is_paired() {
        return view.len();
    }
    let largest = |side| addresses(view, side).iter().max().map_or(0, |largest| largest + 1);
    let rows = largest(None).max(largest(Some(Role::Rejected)));
    Addresses::of(view, rows).len()
}

/// The rows that were left out, and by what.
#[derive(Debug, Clone, Default)]
pub struct LeftOutRows {
    /// The steps' names.
    pub steps: Vec<String>,
    /// Which step left each row out, with the row's address, in ascending order of addresses.
    pub rows: Vec<(u32, u32)>,
}

impl LeftOutRows {
    /// Compares what was there after each step, the first being everything readable; `output` is what is there at
    /// the end. A row that a step left out and that is in the output all the same was not left out.
    pub fn between(steps: &[(String, Addresses)], output: &Addresses) -> Self {
        let names = steps.iter().skip(1).map(|(name, _)| name.clone()).collect();
        let Some((_, all)) = steps.first() else { return Self::default() };
        let step_of = |address: u32| {
            let gone = steps.iter().skip(1).position(|(_, set)| !set.contains(address));
            gone.unwrap_or(steps.len().saturating_sub(2)) as u32
        };
        let rows = all
            .iter()
            .filter(|address| !output.contains(*address))
            .map(|address| (address, step_of(address)));
        Self { rows: rows.collect(), steps: names }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(rows: &[u32]) -> Addresses {
        Addresses::of(&View::of(Refs::Rows(rows.to_vec())), 200)
    }

    #[test]
    fn a_set_holds_what_was_put_in() {
        let some = set(&[0, 63, 64, 199, 64]);
        assert_eq!(some.iter().collect::<Vec<_>>(), [0, 63, 64, 199]);
        assert_eq!(some.len(), 4);
        assert!(some.contains(64) && !some.contains(65));
        assert_eq!(Addresses::of(&View::all(200), 200).len(), 200);
    }

    #[test]
    fn every_row_is_kept_or_left_out_by_one_step() {
        let steps = vec![
            ("all".into(), set(&[1, 2, 3, 4])),
            ("where".into(), set(&[1, 2, 4])),
            ("cap".into(), set(&[4])),
        ];
        let left = LeftOutRows::between(&steps, &set(&[4]));
        assert_eq!(left.steps, ["where", "cap"]);
        assert_eq!(left.rows, [(1, 1), (2, 1), (3, 0)]);
    }
}
