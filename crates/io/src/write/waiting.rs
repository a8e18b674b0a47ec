//! Rows that wait until all before them have come.

use super::{Order, OutputSink, join::Joiner, spill::Spill};
use crate::Result;

/// The rows that were put aside, and those of them that are to leave next.
pub(super) struct Waiting<'a> {
    pub(super) order: &'a Order<'a>,
    pub(super) spill: Spill<'a>,
    /// The slot of the row that leaves next.
    pub(super) next: u32,
    pub(super) joiner: Joiner,
}

impl Waiting<'_> {
    /// Takes rows, of which `ends` says where each ends.
    pub(super) fn push(&mut self, bytes: &[u8], ends: &[usize], slots: &[u32]) -> Result<()> {
        let mut start = 0;
        for (&slot, &end) in slots.iter().zip(ends) {
            self.spill.push(slot, &bytes[start..end])?;
            start = end;
        }
        Ok(())
    }

    /// Gives `sink` rows for which nothing has to be waited for.
    pub(super) fn give(&mut self, sink: &mut OutputSink<'_>) -> Result<()> {
        let Self { order, spill, next, joiner } = self;
        spill.give(&mut |bytes, ends| leave((order, joiner, next), bytes, ends, sink))
    }

    /// Gives `sink` all that are left.
    pub(super) fn finish(self, sink: &mut OutputSink<'_>) -> Result<()> {
        let Self { order, spill, mut next, mut joiner } = self;
        spill.finish(&mut |bytes, ends| leave((order, &mut joiner, &mut next), bytes, ends, sink))
    }
}

/// Gives `sink` rows of slots from `next` on, and of rows that are made of several those that are complete.
fn leave(
    (order, joiner, next): (&Order<'_>, &mut Joiner, &mut u32),
    bytes: &[u8],
    ends: &[usize],
    sink: &mut OutputSink<'_>,
) -> Result<()> {
    let (mut row, mut start) = (0, 0);
    while row < ends.len() {
        let (output, number) = order.output(*next);
        let count = ((order.end(*next) - *next) as usize).min(ends.len() - row);
        let here: Vec<usize> = ends[row..row + count].iter().map(|end| end - start).collect();
        let end = start + here[count - 1];
        match order.width(output) {
            1 => sink(output, &bytes[start..end], &here)?,
            width => {
                joiner.push(&bytes[start..end], &here, number as usize % width, width);
                joiner.give(&mut |bytes, ends| sink(output, bytes, ends))?;
            }
        }
        *next += count as u32;
        (row, start) = (row + count, end);
    }
    Ok(())
}
