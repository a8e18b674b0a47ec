//! Which rows are in play, in which order, and what has been computed about them.

use std::{collections::HashMap, sync::Arc};

use arrow::{
    array::{Array, ArrayRef, AsArray, DictionaryArray, StringArray, UInt32Array, new_null_array},
    compute::take,
    datatypes::{DataType, UInt32Type},
};
use unskew_strategy::{Batches, Choice, Role, Selection};

use crate::{Error, Exit, Result};

/// An ordered table of row references with computed columns.
#[derive(Debug, Clone)]
pub struct View {
    refs: Refs,
    splits: Option<Splits>,
    computed: Vec<Computed>,
    repeats: bool,
    batches: Vec<Option<Batches>>,
    own_pairs: bool,
}

/// What the rows of a view refer to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refs {
    /// Every address, in order.
    All(u32),
    /// One address a row.
    Rows(Vec<u32>),
    /// Two addresses a row.
    Pairs {
        /// The better ones.
        chosen: Vec<u32>,
        /// The worse ones.
        rejected: Vec<u32>,
    },
    /// One address a row, and the side of the pair in it that the row is.
    Sides {
        /// The addresses.
        rows: Vec<u32>,
        /// The sides.
        sides: Vec<Role>,
    },
}

/// Which split each row is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Splits {
    /// A split's number for each row.
    pub codes: Vec<u32>,
    /// What the splits are called, empty ones too.
    pub names: Vec<String>,
}

/// A column that a strategy computed.
#[derive(Debug, Clone)]
pub struct Computed {
    /// The side of a pair it is about; none for the whole row.
    pub side: Option<Role>,
    /// What it is called.
    pub name: String,
    /// A value for each row.
    pub values: ArrayRef,
}

impl View {
    /// Every row of a catalog of `rows` rows.
    pub fn all(rows: u32) -> Self {
        Self::of(Refs::All(rows))
    }

    /// These rows.
    pub fn of(refs: Refs) -> Self {
        Self { refs, splits: None, computed: vec![], repeats: false, own_pairs: false, batches: vec![] }
    }

    /// The same rows, of which each is a pair by itself.
    #[must_use]
    pub fn of_own_pairs(self) -> Self {
        Self { own_pairs: true, ..self }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        match &self.refs {
            Refs::All(rows) => *rows as usize,
            Refs::Rows(rows) | Refs::Sides { rows, .. } => rows.len(),
            Refs::Pairs { chosen, .. } => chosen.len(),
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the rows refer to.
    pub fn refs(&self) -> &Refs {
        &self.refs
    }

    /// Whether the rows are pairs of source rows.
    pub fn is_paired(&self) -> bool {
        matches!(self.refs, Refs::Pairs { .. })
    }

    /// The side of its source row that each row is, where rows are sides.
    pub fn sides(&self) -> Option<&[Role]> {
        match &self.refs {
            Refs::Sides { sides, .. } => Some(sides),
            _ => None,
        }
    }

    /// Whether a row may be here more than once.
    pub fn repeats(&self) -> bool {
        self.repeats
    }

    /// Which split each row is in, if there are splits.
    pub fn splits(&self) -> Option<&Splits> {
        self.splits.as_ref()
    }

    /// Which rows of each split make a batch; empty unless the last stage said so for one of them.
    pub fn batches(&self) -> &[Option<Batches>] {
        &self.batches
    }

    /// The columns that strategies computed.
    pub fn computed(&self) -> &[Computed] {
        &self.computed
    }

    /// The addresses of one side (of the only one where rows are no pairs); none stands for all, in order.
    pub fn addresses(&self, side: Option<Role>) -> Option<&[u32]> {
        match (&self.refs, side) {
            (Refs::All(_), _) => None,
            (Refs::Rows(rows) | Refs::Sides { rows, .. }, _) => Some(rows),
            (Refs::Pairs { chosen, .. }, None | Some(Role::Chosen)) => Some(chosen),
            (Refs::Pairs { rejected, .. }, Some(Role::Rejected)) => Some(rejected),
        }
    }

    /// The column called `name` on `side`, if a strategy computed it; the newest of that name.
    pub fn column(&self, side: Option<Role>, name: &str) -> Option<&ArrayRef> {
        let found = self.computed.iter().rev().find(|column| column.side == side && column.name == name);
        found.map(|column| &column.values)
    }

    /// The rows at `positions`.
    pub fn take(&self, positions: &[u32]) -> Result<Self> {
        let pick = |rows: &[u32]| positions.iter().map(|position| rows[*position as usize]).collect();
        let refs = match &self.refs {
            Refs::All(_) => Refs::Rows(positions.to_vec()),
            Refs::Rows(rows) => Refs::Rows(pick(rows)),
            Refs::Pairs { chosen, rejected } => {
                Refs::Pairs { chosen: pick(chosen), rejected: pick(rejected) }
            }
            Refs::Sides { rows, sides } => {
                let sides = positions.iter().map(|position| sides[*position as usize]).collect();
                Refs::Sides { rows: pick(rows), sides }
            }
        };
        let splits = self
            .splits
            .as_ref()
            .map(|splits| Splits { codes: pick(&splits.codes), names: splits.names.clone() });
        let indices = UInt32Array::from(positions.to_vec());
        let through = |column: &Computed| -> Result<Computed> {
            Ok(Computed { values: taken(&column.values, &indices)?, ..column.clone() })
        };
        let computed = self.computed.iter().map(through).collect::<Result<_>>()?;
        Ok(Self { refs, splits, computed, repeats: self.repeats, own_pairs: self.own_pairs, batches: vec![] })
    }

    /// The rows of each split by itself, without its split.
    pub fn by_split(&self) -> Result<Vec<View>> {
        let Some(splits) = &self.splits else { return Ok(vec![self.clone()]) };
        let mut members = vec![vec![]; splits.names.len()];
        for (position, code) in (0u32..).zip(&splits.codes) {
            members[*code as usize].push(position);
        }
        let alone = |positions: &Vec<u32>| Ok(Self { splits: None, ..self.take(positions)? });
        members.iter().map(alone).collect()
    }

    /// The view after a strategy has chosen from this one.
    pub fn then(&self, selection: &Selection, repeats: bool) -> Result<Self> {
        let mut view = match selection.choice() {
            Choice::Rows(positions) => {
                self.check(positions)?;
                self.take(positions)?
            }
            Choice::Pairs { chosen, rejected } => self.pair(chosen, rejected)?,
            Choice::Unpaired { positions, roles } => self.unpair(positions, roles)?,
            _ => return Err(fault("it chose in a way that this version does not know")),
        };
        view.repeats |= repeats;
        for (field, values) in selection.columns() {
            if values.len() != view.len() {
                return Err(fault(format!(
                    "its column `{}` has {} values for {} rows",
                    field.name(),
                    values.len(),
                    view.len()
                )));
            }
            view.computed.retain(|column| column.side.is_some() || column.name != *field.name());
            view.computed.push(Computed { side: None, name: field.name().clone(), values: values.clone() });
        }
        if let Some((codes, names)) = selection.splits() {
            if self.splits.is_some() {
                return Err(
                    Error::data("the rows are already split").hint("one stage can split, and only once")
                );
            }
            if codes.len() != view.len() || codes.iter().any(|code| *code as usize >= names.len()) {
                return Err(fault("its splits do not fit its rows"));
            }
            view.splits = Some(Splits { codes: codes.to_vec(), names: names.to_vec() });
        }
        view.batches = batches(selection, view.len())?;
        Ok(view)
    }

    fn check(&self, positions: &[u32]) -> Result<()> {
        match positions.iter().find(|position| **position as usize >= self.len()) {
            Some(position) => Err(fault(format!("it chose row {position} of {}", self.len()))),
            None => Ok(()),
        }
    }

    fn pair(&self, chosen: &[u32], rejected: &[u32]) -> Result<Self> {
        if self.is_paired() || self.own_pairs {
            return Err(Error::data("rows that are already pairs cannot be paired again"));
        }
        if self.sides().is_some() {
            return Err(Error::data("sides of a source's pairs cannot be paired again"));
        }
        if chosen.len() != rejected.len() {
            return Err(fault("its pairs have two sides of different length"));
        }
        self.check(chosen)?;
        self.check(rejected)?;
        let (left, right) = (self.take(chosen)?, self.take(rejected)?);
        let on = |side, view: &View| {
            view.computed
                .iter()
                .map(move |column| Computed { side: Some(side), ..column.clone() })
                .collect::<Vec<_>>()
        };
        let computed = [on(Role::Chosen, &left), on(Role::Rejected, &right)].concat();
        let addresses = |view: View| match view.refs {
            Refs::Rows(rows) => rows,
            _ => unreachable!("rows taken from a view of rows are rows"),
        };
        let splits = left.splits.clone();
        let refs = Refs::Pairs { chosen: addresses(left), rejected: addresses(right) };
        Ok(Self { refs, splits, computed, repeats: true, own_pairs: false, batches: vec![] })
    }

    fn unpair(&self, positions: &[u32], roles: &[Role]) -> Result<Self> {
        if positions.len() != roles.len() {
            return Err(fault("it names a different number of rows and sides"));
        }
        self.check(positions)?;
        if self.own_pairs {
            let whole = self.take(positions)?;
            let rows = whole.addresses(None).map(<[u32]>::to_vec).unwrap_or_default();
            let refs = Refs::Sides { rows, sides: roles.to_vec() };
            return Ok(Self { refs, repeats: true, own_pairs: false, ..whole });
        }
        let Refs::Pairs { chosen, rejected } = &self.refs else {
            return Err(Error::data("rows that are no pairs cannot be taken apart")
                .hint("`unpair` follows `pair`, or a source of pairs"));
        };
        let one = |(position, role): (&u32, &Role)| match role {
            Role::Chosen => chosen[*position as usize],
            Role::Rejected => rejected[*position as usize],
        };
        let rows = positions.iter().zip(roles).map(one).collect();
        let whole = self.take(positions)?;
        let mut computed = vec![];
        for column in &whole.computed {
            match column.side {
                None => computed.push(column.clone()),
                Some(Role::Chosen) => {
                    let other = whole.column(Some(Role::Rejected), &column.name);
                    let Some(other) = other else { continue };
                    let both = joined(&[&column.values, other])?;
                    let place = |(row, role): (u32, &Role)| match role {
                        Role::Chosen => row,
                        Role::Rejected => row + roles.len() as u32,
                    };
                    let places: UInt32Array = (0..).zip(roles).map(place).collect();
                    let values = taken(&both, &places)?;
                    computed.push(Computed { side: None, name: column.name.clone(), values });
                }
                Some(Role::Rejected) => {}
            }
        }
        let (refs, splits) = (Refs::Rows(rows), whole.splits);
        Ok(Self { refs, splits, computed, repeats: true, own_pairs: false, batches: vec![] })
    }

    /// Several views one after another, as the splits called `names`.
    pub fn concat(views: &[View], names: Vec<String>) -> Result<Self> {
        let (Some(first), lengths) = (views.first(), views.iter().map(View::len)) else {
            return Err(Error::new(Exit::Fault, "there are no splits"));
        };
        let codes = (0u32..).zip(lengths).flat_map(|(code, len)| std::iter::repeat_n(code, len)).collect();
        let side = |role| -> Vec<u32> {
            views
                .iter()
                .flat_map(|view| match view.addresses(role) {
                    Some(addresses) => addresses.to_vec(),
                    None => (0..view.len() as u32).collect(),
                })
                .collect()
        };
        let refs = if first.is_paired() {
            Refs::Pairs { chosen: side(Some(Role::Chosen)), rejected: side(Some(Role::Rejected)) }
        } else if first.sides().is_some() {
            let sides = views.iter().flat_map(|view| view.sides().unwrap_or_default()).copied().collect();
            Refs::Sides { rows: side(None), sides }
        } else {
            Refs::Rows(side(None))
        };
        let mut computed = vec![];
        for column in &first.computed {
            let parts: Vec<_> =
                views.iter().filter_map(|view| view.column(column.side, &column.name)).collect();
            if parts.len() == views.len() {
                computed.push(Computed { values: joined(&parts)?, ..column.clone() });
            }
        }
        let repeats = views.iter().any(|view| view.repeats);
        let batches = if views.iter().all(|view| view.batches.is_empty()) {
            vec![]
        } else {
            views.iter().map(|view| view.batches.first().cloned().flatten()).collect()
        };
        let own_pairs = first.own_pairs;
        Ok(Self { refs, splits: Some(Splits { codes, names }), computed, repeats, own_pairs, batches })
    }
}

/// The batches of a selection of `rows` rows.
fn batches(selection: &Selection, rows: usize) -> Result<Vec<Option<Batches>>> {
    let Some(batches) = selection.batched() else { return Ok(vec![]) };
    let whole = batches.size > 0 && batches.per_epoch > 0 && batches.rows.len() % batches.size as usize == 0;
    if !whole || selection.splits().is_some() || batches.rows.iter().any(|row| *row as usize >= rows) {
        return Err(fault("its batches do not fit its rows"));
    }
    Ok(vec![Some(batches.clone())])
}

/// Columns one after another, as one. Levels keep their order, empty ones too, and each comes once. A column without any
/// value is of the others' type.
fn joined(parts: &[&ArrayRef]) -> Result<ArrayRef> {
    let known = parts.iter().map(Array::data_type).find(|known| **known != DataType::Null);
    let typed = |part: &&ArrayRef| match known {
        Some(known) if *part.data_type() == DataType::Null => new_null_array(known, part.len()),
        _ => ArrayRef::clone(part),
    };
    let parts: Vec<ArrayRef> = parts.iter().map(typed).collect();
    let texts =
        |part: &ArrayRef| part.as_dictionary_opt::<UInt32Type>()?.values().as_string_opt::<i32>().map(drop);
    if !parts.iter().all(|part| texts(part).is_some()) {
        let parts: Vec<&dyn Array> = parts.iter().map(std::convert::AsRef::as_ref).collect();
        return Ok(arrow::compute::concat(&parts)?);
    }
    let mut numbers = HashMap::new();
    let mut levels = vec![];
    let mut keys: Vec<Option<u32>> = vec![];
    for part in &parts {
        let part = part.as_dictionary::<UInt32Type>();
        let number = |text| {
            *numbers.entry(text).or_insert_with(|| {
                levels.push(text);
                levels.len() as u32 - 1
            })
        };
        let own: Vec<u32> = part.values().as_string::<i32>().iter().map(number).collect();
        keys.extend(part.keys().iter().map(|key| key.map(|key| own[key as usize])));
    }
    let levels = Arc::new(levels.into_iter().collect::<StringArray>());
    Ok(Arc::new(DictionaryArray::new(UInt32Array::from(keys), levels)))
}

/// The values at some places. Levels stay, even if there are no places.
fn taken(values: &ArrayRef, places: &UInt32Array) -> Result<ArrayRef> {
    if places.is_empty() { Ok(values.slice(0, 0)) } else { Ok(take(values, places, None)?) }
}

/// A plugin did what the contract does not allow.
fn fault(what: impl Into<String>) -> Error {
    Error::new(Exit::Plugin, what)
}

#[cfg(test)]
mod tests;
