//! Random tables, the same every time.

use serde_json::{Map, Value, json};

use super::table::{Row, Table, names};
use crate::{Need, Result, derive};

/// Random numbers in a row.
pub(super) struct Dice {
    seed: u64,
    thrown: u32,
}

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self { seed, thrown: 0 }
    }

    pub fn number(&mut self) -> u64 {
        self.thrown += 1;
        derive(self.seed, self.thrown, 0)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.number() % limit as u64) as usize
    }

    /// The numbers below `count` in some order.
    pub fn order(&mut self, count: usize) -> Vec<usize> {
        let mut keyed: Vec<(u64, usize)> = (0..count).map(|position| (self.number(), position)).collect();
        keyed.sort_unstable();
        keyed.into_iter().map(|(_, position)| position).collect()
    }
}

/// Draws from the rows of `table`, some of them copies of one another, of growing size.
pub(super) fn draws(table: &Table) -> impl Iterator<Item = Table> {
    let sources = table.sources();
    (1..=if sources == 0 { 0 } else { 24 }).map(move |size| {
        let mut dice = Dice::new(size);
        let mut rows: Vec<Row> = vec![];
        for position in 0..size * 2 {
            let fresh = Row {
                source: dice.below(sources),
                identity: position as u32,
                priority: dice.number(),
                chance: dice.number(),
                order: position as u32,
            };
            match rows.last() {
                Some(before) if dice.below(4) == 0 => {
                    let copy = Row { chance: fresh.chance, ..before.clone() };
                    rows.push(copy);
                }
                _ => rows.push(fresh),
            }
        }
        let order = dice.order(rows.len());
        table.with(order.into_iter().map(|position| rows[position].clone()).collect())
    })
}

/// Tables with values of several types for everything that `needs` name.
pub(super) fn values(needs: &[Need]) -> impl Iterator<Item = Result<Table>> {
    (0..12).map(move |round| {
        let mut dice = Dice::new(1000 + round);
        let mut rows = vec![Map::new(); 24];
        for (at, name) in needs.iter().flat_map(names).enumerate() {
            let kind = round as usize + at;
            for row in &mut rows {
                row.insert(name.clone(), value(kind % 5, &mut dice));
            }
        }
        for row in &mut rows {
            row.insert("$priority".into(), json!(dice.number()));
            row.insert("$chance".into(), json!(dice.number()));
        }
        let rows: Vec<Value> = rows.into_iter().map(Value::Object).collect();
        Table::new(&rows)
    })
}

fn value(kind: usize, dice: &mut Dice) -> Value {
    let number = dice.below(6);
    match kind {
        _ if dice.below(6) == 0 => Value::Null,
        0 => json!(number),
        1 => json!(number as f64 / 4.0 - 0.5),
        2 => json!(["", "a", "b", "c", "é", "\u{1f600}"][number]),
        3 => json!(number.is_multiple_of(2)),
        _ => Value::Null,
    }
}
