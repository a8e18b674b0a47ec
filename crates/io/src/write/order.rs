//! The rows of all outputs of a pass in the order of their addresses.

use std::{cmp::Reverse, ops::Range};

use rayon::prelude::*;

use crate::{Error, Result};

/// The rows of all outputs in the order of their addresses, the order in which they are read.
///
/// Each has a *slot*: the outputs stand one behind the other, first those whose rows are put aside before they are
/// written. Where an output's rows are made of several, all of these have a slot, side by side.
#[derive(Debug)]
pub(crate) struct Order<'a> {
    rows: Rows<'a>,
    /// The outputs in the order of their slots.
    outputs: Vec<usize>,
    /// The first slot of each of these.
    starts: Vec<u32>,
    aside: u32,
    /// How many rows make up one, for each output.
    widths: Vec<usize>,
    /// The first stream of each output.
    streams: Vec<usize>,
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
        Self::with_widths(outputs, vec![1; outputs.len()], at_once)
    }

    /// The same, where rows of the outputs are made of so many; those made of several are put aside.
    pub(crate) fn with_widths(outputs: &[&'a [u32]], widths: Vec<usize>, at_once: usize) -> Result<Self> {
        let sorted = |output: &usize| widths[*output] == 1 && outputs[*output].is_sorted();
        let mut ascending: Vec<usize> = (0..outputs.len()).filter(sorted).collect();
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
        let first = |next: &mut usize, width: &usize| Some(std::mem::replace(next, *next + width));
        let streams = widths.iter().scan(0, first).collect();
        Ok(Self { rows, outputs: order, starts, aside, widths, streams })
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

    /// How many rows make up one of an output.
    pub(crate) fn width(&self, output: usize) -> usize {
        self.widths[output]
    }

    /// The stream that a slot belongs to: the rows of an output, or those of one part of its rows.
    pub(crate) fn stream(&self, slot: u32) -> usize {
        let (output, number) = self.output(slot);
        self.streams[output] + number as usize % self.widths[output]
    }

    /// How many streams there are.
    pub(crate) fn streams(&self) -> usize {
        self.widths.iter().sum()
    }

    /// The places stream by stream, those of each stream as they are, so that their rows come together.
    pub(crate) fn by_stream(&self, places: Range<usize>) -> Vec<usize> {
        let mut places: Vec<usize> = places.collect();
        if self.streams() > 1 {
            places.sort_by_cached_key(|&place| self.stream(self.slot(place)));
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
