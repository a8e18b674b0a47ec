//! The rows of all outputs of a pass in the order of their addresses.

use std::{cmp::Reverse, ops::Range};

use rayon::prelude::*;

use crate::{Error, Result};

/// The rows of all outputs in the order of their addresses, the order in which they are read.
///
/// Each has a *slot*: the outputs stand one behind the other, first those whose rows are put aside before they are
/// written.
#[derive(Debug)]
pub(crate) struct Order<'a> {
    rows: Rows<'a>,
    /// The outputs in the order of their slots.
    outputs: Vec<usize>,
    /// The first slot of each of these.
    starts: Vec<u32>,
    aside: u32,
}

#[derive(Debug)]
enum Rows<'a> {
    /// Slots are in the order of addresses too.
    Same(&'a [u32]),
    /// Addresses and their slots.
    Sorted(Vec<(u32, u32)>),
}

impl<'a> Order<'a> {
    /// At most `at_once` outputs are written while rows are read, the largest of those that have them in that order.
    pub(crate) fn of(outputs: &[&'a [u32]], at_once: usize) -> Result<Self> {
        let mut ascending: Vec<usize> =
            (0..outputs.len()).filter(|&output| outputs[output].is_sorted()).collect();
        ascending.sort_by_key(|&output| Reverse(outputs[output].len()));
        ascending.truncate(at_once);
        let direct = |output: &usize| ascending.contains(output);
        let mut order: Vec<usize> = (0..outputs.len()).collect();
        order.sort_by_key(direct);
        let mut starts = vec![];
        let mut next = 0_u32;
        let mut aside = 0;
        for &output in &order {
            starts.push(next);
            let rows = u32::try_from(outputs[output].len()).map_err(|_| Error::TooManyRows)?;
            next = next.checked_add(rows).ok_or(Error::TooManyRows)?;
            if !direct(&output) {
                aside = next;
            }
        }
        let rows = match outputs {
            [only] if aside == 0 => Rows::Same(only),
            _ => {
                let addresses = order.iter().flat_map(|&output| outputs[output].iter().copied());
                let mut sorted: Vec<(u32, u32)> = addresses.zip(0..).collect();
                sorted.par_sort_unstable();
                Rows::Sorted(sorted)
            }
        };
        Ok(Self { rows, outputs: order, starts, aside })
    }

    pub(crate) fn len(&self) -> usize {
        match &self.rows {
            Rows::Same(addresses) => addresses.len(),
            Rows::Sorted(sorted) => sorted.len(),
        }
    }

    pub(crate) fn address(&self, at: usize) -> u32 {
        match &self.rows {
            Rows::Same(addresses) => addresses[at],
            Rows::Sorted(sorted) => sorted[at].0,
        }
    }

    pub(crate) fn slot(&self, at: usize) -> u32 {
        match &self.rows {
            Rows::Same(_) => at as u32,
            Rows::Sorted(sorted) => sorted[at].1,
        }
    }

    /// The first place from `from` on whose address is `address` or higher.
    pub(crate) fn reaches(&self, from: usize, address: u64) -> usize {
        let before = |found: u32| u64::from(found) < address;
        from + match &self.rows {
            Rows::Same(addresses) => addresses[from..].partition_point(|&found| before(found)),
            Rows::Sorted(sorted) => sorted[from..].partition_point(|found| before(found.0)),
        }
    }

    /// How many slots rows have that are put aside; they are the first.
    pub(crate) fn aside(&self) -> u32 {
        self.aside
    }

    /// The output that a slot belongs to, and which of its rows that is.
    pub(crate) fn output(&self, slot: u32) -> (usize, u32) {
        let at = self.starts.partition_point(|&start| start <= slot) - 1;
        (self.outputs[at], slot - self.starts[at])
    }

    /// The places output by output, those of each output as they are, so that their rows come together.
    pub(crate) fn by_output(&self, places: Range<usize>) -> Vec<usize> {
        let mut places: Vec<usize> = places.collect();
        if self.outputs.len() > 1 {
            places.sort_by_cached_key(|&place| self.output(self.slot(place)).0);
        }
        places
    }

    /// Where the slots of the output end that `slot` belongs to.
    pub(crate) fn end(&self, slot: u32) -> u32 {
        let next = self.starts.partition_point(|&start| start <= slot);
        self.starts.get(next).copied().unwrap_or(self.len() as u32)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_row_of_every_output_has_a_slot_of_its_own(
            mut outputs in prop::collection::vec(prop::collection::vec(0_u32..20, 0..12), 1..8),
            ascending in any::<u8>(),
            at_once in 1_usize..9,
        ) {
            for (at, output) in outputs.iter_mut().enumerate() {
                if ascending >> at & 1 == 1 {
                    output.sort_unstable();
                }
            }
            let slices: Vec<&[u32]> = outputs.iter().map(Vec::as_slice).collect();
            let order = Order::of(&slices, at_once).unwrap();
            let mut found: Vec<Vec<Option<u32>>> = outputs.iter().map(|output| vec![None; output.len()]).collect();
            let mut last = vec![None; outputs.len()];
            let mut direct = std::collections::BTreeSet::new();
            for at in 0..order.len() {
                let slot = order.slot(at);
                let (output, row) = order.output(slot);
                prop_assert_eq!(found[output][row as usize].replace(order.address(at)), None);
                prop_assert_eq!(order.output(order.end(slot) - 1), (output, outputs[output].len() as u32 - 1));
                if slot >= order.aside() {
                    direct.insert(output);
                    prop_assert!(last[output] < Some(row));
                    last[output] = Some(row);
                }
            }
            let expected: Vec<Vec<Option<u32>>> =
                outputs.iter().map(|output| output.iter().copied().map(Some).collect()).collect();
            prop_assert_eq!(found, expected);
            prop_assert!((1..order.len()).all(|at| order.address(at - 1) <= order.address(at)));
            prop_assert!(direct.len() <= at_once);
        }
    }
}
