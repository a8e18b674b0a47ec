//! Puts rows of two labels in an order in which batches hold both, and neighbours differ.
//!
//! Labels first: each row of the smaller side is preceded by as many of the larger as any other, to within one, and the
//! last of them is followed by none, or by as few as possible. Then rows: each place gets the next row of its side by
//! chance that differs from the one before, unless a prompt has so many rows left that it has to be served now.

use std::{cmp::Reverse, collections::BinaryHeap};

use unskew_strategy::{Input, Strata, derive};

/// How many rows ahead a place looks for one that differs from its neighbour.
const AHEAD: usize = 32;

/// What some rows have in common, such as a prompt; null is nothing in common.
#[derive(Debug, Default)]
pub struct Alike {
    codes: Vec<Option<u32>>,
    kinds: usize,
}

impl Alike {
    /// The rows that share a number which answers a need, or nothing where it was not met.
    pub fn of(input: &Input, need: usize) -> Self {
        if !input.has(need) {
            return Self::default();
        }
        let numbers = input.fingerprints(need);
        let mut kinds: Vec<u64> = numbers.iter().flatten().collect();
        kinds.sort_unstable();
        kinds.dedup();
        let code = |number: Option<u64>| Some(kinds.binary_search(&number?).ok()? as u32);
        Self { codes: numbers.iter().map(code).collect(), kinds: kinds.len() }
    }

    fn kind(&self, row: u32) -> Option<u32> {
        self.codes.get(row as usize).copied().flatten()
    }

    fn same(&self, row: u32, other: Option<u32>) -> bool {
        self.kind(row).is_some_and(|kind| other.is_some_and(|other| self.kind(other) == Some(kind)))
    }
}

/// Rows by chance. What decides is a row's priority, and between copies of a row, which share it, their number, so that
/// it does not matter where rows stand.
pub fn shuffled(mut rows: Vec<u32>, priority: &[u64]) -> Vec<u32> {
    rows.sort_unstable_by_key(|&row| (priority[row as usize], row));
    let mut numbered: Vec<(u64, u32)> = Vec::with_capacity(rows.len());
    for copies in rows.chunk_by(|a, b| priority[*a as usize] == priority[*b as usize]) {
        numbered.extend((0..).zip(copies).map(|(copy, &row)| (derive(priority[row as usize], copy, 0), row)));
    }
    numbered.sort_unstable();
    numbered.into_iter().map(|(_, row)| row).collect()
}

/// How many rows of the larger side stand before each row of the smaller one, and how many after the last.
///
/// No gap is longer than `larger / (smaller + 1)` rounded up, and no order has a shorter longest gap: so every window of
/// one row more holds both sides. The last gap is as short as this allows, so that a last batch that is not full is
/// mixed, too, where it can be. Without a smaller side there is one gap.
pub fn gaps(larger: u64, smaller: u64) -> Vec<u64> {
    let longest = larger.div_ceil(smaller + 1);
    let last = larger.saturating_sub(longest * smaller);
    let before = |row: u64| row * (larger - last) / smaller;
    (0..smaller).map(|row| before(row + 1) - before(row)).chain([last]).collect()
}

/// The rows of two sides, each given in the order of its chance, in one order.
pub fn batches(sides: [Vec<u32>; 2], prompts: &Alike, completions: &Alike) -> Vec<u32> {
    let [first, second] = sides.map(|rows| Side::new(rows, prompts));
    let (larger, smaller) =
        if first.rows.len() >= second.rows.len() { (first, second) } else { (second, first) };
    let gaps = gaps(larger.rows.len() as u64, smaller.rows.len() as u64);
    let mut left = vec![0; prompts.kinds];
    for kind in larger.rows.iter().chain(&smaller.rows).filter_map(|&row| prompts.kind(row)) {
        left[kind as usize] += 1;
    }
    let mut places = Places { prompts, completions, left, rows: vec![], sides: [larger, smaller] };
    let mut of_smaller = places.sides[1].rows.len() as u32;
    for gap in gaps {
        (0..gap).for_each(|_| places.fill(0, of_smaller));
        if of_smaller > 0 {
            places.fill(1, of_smaller);
            of_smaller -= 1;
        }
    }
    places.rows
}

/// How many rows a prompt has left, how many of them on one side, and which prompt it is.
type Weight = (u32, u32, Reverse<u32>);

/// The rows of one label, and which of them have no place yet.
struct Side {
    rows: Vec<u32>,
    placed: Vec<bool>,
    first: usize,
    by_prompt: Strata,
    next: Vec<usize>,
    left: Vec<u32>,
    most: BinaryHeap<Weight>,
}

impl Side {
    fn new(rows: Vec<u32>, prompts: &Alike) -> Self {
        let kinds = prompts.kinds;
        let codes: Vec<u32> = rows.iter().map(|&row| prompts.kind(row).unwrap_or(kinds as u32)).collect();
        let by_prompt = Strata::new(&codes, kinds + 1);
        let left: Vec<u32> = (0..kinds).map(|kind| by_prompt.members(kind).len() as u32).collect();
        // More than a prompt can have; it is put right when it is looked at.
        let most = (0..kinds).filter(|&kind| left[kind] > 0);
        let most = most.map(|kind| (u32::MAX, left[kind], Reverse(kind as u32))).collect();
        Self {
            placed: vec![false; rows.len()],
            first: 0,
            next: vec![0; kinds + 1],
            rows,
            by_prompt,
            left,
            most,
        }
    }

    /// Where the next row of a prompt stands, if it may one with another completion than the row before; the number
    /// after the last prompt's is that of rows without one.
    fn of_prompt(&mut self, prompt: u32, before: Option<u32>, completions: &Alike) -> Option<usize> {
        let members = self.by_prompt.members(prompt as usize);
        let next = &mut self.next[prompt as usize];
        while members.get(*next).is_some_and(|&at| self.placed[at as usize]) {
            *next += 1;
        }
        let open = members[*next..].iter().map(|&at| at as usize).take(AHEAD).filter(|&at| !self.placed[at]);
        differing(open, |at| completions.same(self.rows[at], before))
    }

    /// Where the next row with another prompt than the row before stands, if it may one with another completion, too.
    fn of_another(&self, before: Option<u32>, prompts: &Alike, completions: &Alike) -> Option<usize> {
        let ahead = self.first..self.rows.len().min(self.first + AHEAD);
        let open = ahead.filter(|&at| !self.placed[at] && !prompts.same(self.rows[at], before));
        differing(open, |at| completions.same(self.rows[at], before))
    }

    /// The prompt that has most rows left, of which `left` tells, and some on this side, other than `spared`. Of several
    /// it is that with most on this side.
    fn heaviest(&mut self, left: &[u32], spared: Option<u32>) -> Option<u32> {
        let mut aside = None;
        let mut found = None;
        while found.is_none()
            && let Some(weight) = self.most.pop()
        {
            let Reverse(prompt) = weight.2;
            let now = (left[prompt as usize], self.left[prompt as usize], weight.2);
            match now {
                (_, 0, _) => {}
                now if now != weight => self.most.push(now),
                now if spared == Some(prompt) => aside = Some(now),
                now => {
                    self.most.push(now);
                    found = Some(prompt);
                }
            }
        }
        self.most.extend(aside);
        found
    }
}

/// Places in order, some of them filled.
struct Places<'a> {
    prompts: &'a Alike,
    completions: &'a Alike,
    left: Vec<u32>,
    rows: Vec<u32>,
    sides: [Side; 2],
}

impl Places<'_> {
    /// Gives the next place to a row of a side, when so many places of the smaller side are left.
    fn fill(&mut self, side: usize, of_smaller: u32) {
        let before = self.rows.last().copied();
        let own = &mut self.sides[side];
        let heaviest = own.heaviest(&self.left, before.and_then(|row| self.prompts.kind(row)));
        let urgent = heaviest.filter(|&prompt| self.left[prompt as usize] + 1 >= of_smaller);
        let at = match urgent {
            Some(prompt) => own.of_prompt(prompt, before, self.completions),
            None => own.of_another(before, self.prompts, self.completions),
        };
        let at = at.or_else(|| own.of_prompt(heaviest?, before, self.completions));
        let at = at.or_else(|| own.of_prompt(self.prompts.kinds as u32, before, self.completions));
        let at = at.unwrap_or(own.first);
        let row = own.rows[at];
        own.placed[at] = true;
        while own.placed.get(own.first) == Some(&true) {
            own.first += 1;
        }
        if let Some(prompt) = self.prompts.kind(row) {
            self.left[prompt as usize] -= 1;
            own.left[prompt as usize] -= 1;
        }
        self.rows.push(row);
    }
}

/// The first of some places where things are not the same; else, the first.
fn differing(mut places: impl Iterator<Item = usize>, same: impl Fn(usize) -> bool) -> Option<usize> {
    let first = places.next()?;
    [first].into_iter().chain(places).find(|&at| !same(at)).or(Some(first))
}
