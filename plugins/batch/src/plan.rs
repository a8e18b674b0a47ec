//! Which rows of each class are in which batch.
//!
//! A class is gone through permutation after permutation, each batch taking the next rows. So the uses of two rows of a
//! class differ by one at most, and a row could only be in a batch twice where one permutation ends and the next begins:
//! there the next one begins with rows that are not in the batch yet.

use unskew_strategy::{Batches, derive};

/// Stands for a copy of a row where its place in a batch is decided, so that this is decided apart from all else.
const PLACE: u32 = u32::MAX;

/// What the batches of an epoch are made of.
#[derive(Debug, Clone)]
pub struct Plan<'a> {
    classes: Vec<&'a [u32]>,
    each: Vec<usize>,
    batches: usize,
}

impl<'a> Plan<'a> {
    /// Batches with `each` rows of `classes`, none of which is empty: as many as it takes for every row to come, or, to
    /// drop the last, as many as the class that lasts longest fills.
    pub fn new(classes: Vec<&'a [u32]>, each: Vec<usize>, drop_last: bool) -> Self {
        let filled = |(rows, each): (&&[u32], &usize)| {
            if drop_last { rows.len() / each } else { rows.len().div_ceil(*each) }
        };
        let batches = classes.iter().zip(&each).map(filled).max().unwrap_or(0);
        Self { classes, each, batches }
    }

    /// The same with a number of batches that `count` divides: with a few more, which go on through the rows, or, to
    /// drop the last, with a few less.
    #[must_use]
    pub fn shared_by(self, count: usize, drop_last: bool) -> Self {
        let parts = if drop_last { self.batches / count } else { self.batches.div_ceil(count) };
        Self { batches: parts * count, ..self }
    }

    /// How many batches an epoch has.
    pub fn batches(&self) -> usize {
        self.batches
    }

    /// How many rows a batch has.
    pub fn size(&self) -> usize {
        self.each.iter().sum()
    }

    /// These rows as batches.
    pub fn batches_of(&self, rows: Vec<u32>) -> Batches {
        Batches { rows, size: self.size() as u32, per_epoch: self.batches as u32 }
    }

    /// The rows of a class.
    pub fn members(&self, class: usize) -> &[u32] {
        self.classes[class]
    }

    /// How many rows of a class a batch has.
    pub fn each(&self, class: usize) -> usize {
        self.each[class]
    }

    /// How many times rows of a class are taken in an epoch.
    pub fn drawn(&self, class: usize) -> usize {
        self.batches * self.each[class]
    }

    /// How many rows do not come in an epoch.
    pub fn left_out(&self) -> usize {
        (0..self.classes.len()).map(|class| self.classes[class].len().saturating_sub(self.drawn(class))).sum()
    }

    /// The rows of all batches of so many epochs, batch after batch; `mixed` by chance within each.
    pub fn rows(&self, epochs: u32, chance: &[u64], mixed: bool) -> Vec<u32> {
        let mut rows = Vec::with_capacity(self.batches * self.size() * epochs as usize);
        for number in 0..epochs {
            let drawn = (0..self.classes.len()).map(|class| self.draws(class, number, chance)).collect();
            let epoch = self.epoch(number, drawn);
            (0..self.batches).for_each(|batch| epoch.add(batch, mixed.then_some(chance), &mut rows));
        }
        rows
    }

    /// The rows that a class gives to the batches of an epoch, in their order.
    pub fn draws(&self, class: usize, epoch: u32, chance: &[u64]) -> Vec<u32> {
        let number = |row: u32, pass: u32| derive(chance[row as usize], pass, epoch);
        draws(self.classes[class], self.drawn(class), self.each[class], number)
    }

    /// An epoch, out of what each class gives to it.
    pub fn epoch(&self, number: u32, drawn: Vec<Vec<u32>>) -> Epoch {
        Epoch { drawn, each: self.each.clone(), first: number.wrapping_mul(self.batches as u32) }
    }
}

/// The batches of an epoch.
#[derive(Debug, Clone)]
pub struct Epoch {
    drawn: Vec<Vec<u32>>,
    each: Vec<usize>,
    /// The number of its first batch among those of all epochs.
    first: u32,
}

impl Epoch {
    /// Adds the rows of a batch to `rows`, class after class, or mixed by `chance`.
    pub fn add(&self, batch: usize, chance: Option<&[u64]>, rows: &mut Vec<u32>) {
        let start = rows.len();
        for (drawn, each) in self.drawn.iter().zip(&self.each) {
            rows.extend_from_slice(&drawn[batch * each..(batch + 1) * each]);
        }
        if let Some(chance) = chance {
            let number = self.first.wrapping_add(batch as u32);
            rows[start..].sort_unstable_by_key(|&row| (derive(chance[row as usize], PLACE, number), row));
        }
    }
}

/// `count` of `rows`, `each` of them for one batch after another; `number` is a random number for a row in a pass.
fn draws(rows: &[u32], count: usize, each: usize, number: impl Fn(u32, u32) -> u64) -> Vec<u32> {
    let mut drawn: Vec<u32> = Vec::with_capacity(count);
    let mut pass = 0;
    while drawn.len() < count {
        let mut order = shuffled(rows, |row| number(row, pass));
        let begun = drawn.len() % each;
        if begun > 0 && rows.len() >= each {
            let mut before = drawn[drawn.len() - begun..].to_vec();
            before.sort_unstable();
            put_off(&mut order, &before, each - begun);
        }
        order.truncate(count - drawn.len());
        drawn.extend(order);
        pass += 1;
    }
    drawn
}

/// Sees to it that none of the `first` rows is one of `before`, which are sorted; there are enough others.
fn put_off(order: &mut [u32], before: &[u32], first: usize) {
    let is_before = |row: u32| before.binary_search(&row).is_ok();
    let mut next = first;
    for at in 0..first {
        if is_before(order[at]) {
            while is_before(order[next]) {
                next += 1;
            }
            order.swap(at, next);
            next += 1;
        }
    }
}

/// Rows by their random numbers, in time proportional to how many there are: the first bits of a number tell nearly
/// where a row belongs.
fn shuffled(rows: &[u32], number: impl Fn(u32) -> u64) -> Vec<u32> {
    const CROWD: u32 = 2;
    let numbered: Vec<(u64, u32)> = rows.iter().map(|&row| (number(row), row)).collect();
    let bits = rows.len().max(1).ilog2().saturating_sub(CROWD);
    let near = |number: u64| if bits == 0 { 0 } else { (number >> (64 - bits)) as usize };
    let mut places = vec![0_u32; 1 << bits];
    for (number, _) in &numbered {
        places[near(*number)] += 1;
    }
    let mut next = 0;
    for place in &mut places {
        next += std::mem::replace(place, next);
    }
    let mut order = vec![(0, 0); rows.len()];
    for pair in numbered {
        let place = &mut places[near(pair.0)];
        order[*place as usize] = pair;
        *place += 1;
    }
    let mut start = 0;
    for end in places {
        order[start..end as usize].sort_unstable();
        start = end as usize;
    }
    order.into_iter().map(|(_, row)| row).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_shuffle_is_a_sort_by_numbers(numbers in prop::collection::vec(any::<u64>(), 0..300)) {
            let rows: Vec<u32> = (0..numbers.len() as u32).rev().collect();
            let mut sorted = rows.clone();
            sorted.sort_by_key(|&row| numbers[row as usize]);
            prop_assert_eq!(shuffled(&rows, |row| numbers[row as usize]), sorted);
        }

        #[test]
        fn batches_can_be_shared_evenly(
            sizes in prop::collection::vec(1_u32..40, 1..4), each in 1_usize..5, count in 1_usize..6, drop_last: bool, epoch in 0_u32..3
        ) {
            let ends: Vec<u32> = sizes.iter().scan(0, |end, size| { *end += size; Some(*end) }).collect();
            let rows: Vec<u32> = (0..ends[ends.len() - 1]).collect();
            let classes: Vec<&[u32]> =
                ends.iter().zip(&sizes).map(|(end, size)| &rows[(end - size) as usize..*end as usize]).collect();
            let chance: Vec<u64> = rows.iter().map(|row| derive(u64::from(*row), 7, 7)).collect();
            let alone = Plan::new(classes.clone(), vec![each; classes.len()], drop_last);
            let shared = alone.clone().shared_by(count, drop_last);
            prop_assert_eq!(shared.batches() % count, 0);
            prop_assert!(shared.batches().abs_diff(alone.batches()) < count);
            prop_assert_eq!(shared.batches() < alone.batches(), drop_last && !alone.batches().is_multiple_of(count));
            let drawn: Vec<Vec<u32>> =
                (0..classes.len()).map(|class| shared.draws(class, epoch, &chance)).collect();
            let (epoch, mut drawn) = (shared.epoch(epoch, drawn), vec![]);
            (0..shared.batches()).for_each(|batch| epoch.add(batch, None, &mut drawn));
            prop_assert_eq!(drawn.len(), shared.batches() * shared.size());
            for class in classes {
                let uses = |row: &u32| drawn.iter().filter(|drawn| *drawn == row).count();
                let (fewest, most) = (class.iter().map(uses).min().unwrap(), class.iter().map(uses).max().unwrap());
                prop_assert!(most - fewest <= 1 && (drop_last || fewest > 0), "{fewest} to {most}");
            }
        }

        #[test]
        fn what_was_before_is_put_off(size in 1_usize..40, before in 0_usize..40, first in 0_usize..40) {
            let before = before.min(size);
            let first = first.min(size - before);
            let mut order: Vec<u32> = (0..size as u32).collect();
            let taken: Vec<u32> = (0..before as u32).collect();
            put_off(&mut order, &taken, first);
            prop_assert!(order[..first].iter().all(|row| !taken.contains(row)));
            order.sort_unstable();
            prop_assert!(order.into_iter().eq(0..size as u32));
        }
    }
}
