//! Tells how the numbers that rows were chosen by are spread, before the first stage and in the result.

use arrow::{
    array::{Array, ArrayRef, AsArray, Float64Array},
    compute::{cast, concat},
    datatypes::{DataType, Float64Type},
};
use unskew_expr::Expression;

use crate::{
    Result,
    bind::{Bound, Scope},
    frame::Frame,
    inspect::Histogram,
    prepare::Prepared,
    report::{Spread, SpreadBin},
    view::View,
};

/// The most names that are told of.
const MOST: usize = 8;

/// How each number is spread that the recipe names and reads, and each that a stage computed.
pub fn of(prepared: &Prepared, frame: &Frame<'_>, input: &View, output: &View) -> Result<Vec<Spread>> {
    let mut spreads = vec![];
    for name in prepared.recipe().columns.0.iter().map(|(name, _)| name) {
        let after = numbers(name, prepared, frame, &prepared.last_scope, output);
        let before = numbers(name, prepared, frame, &prepared.scope, input);
        if let (Some(before), Some(after)) = (before, after) {
            spreads.extend(spread(name, Some(&before), &after)?);
        }
    }
    for computed in output.computed().iter().filter(|computed| computed.side.is_none()) {
        if let Some(after) = floats(&computed.values) {
            spreads.retain(|spread: &Spread| spread.name != computed.name);
            spreads.extend(spread(&computed.name, None, &after)?);
        }
    }
    spreads.truncate(MOST);
    Ok(spreads)
}

/// The numbers that `name` stands for, if it stands for numbers that were read.
fn numbers(
    name: &str,
    prepared: &Prepared,
    frame: &Frame<'_>,
    scope: &Scope,
    view: &View,
) -> Option<Float64Array> {
    let bound = Bound::parse(name, "columns", scope, &prepared.written.tree).ok()?;
    let read = |read: &String| scope.data_column(read).is_none_or(|name| frame.column(&name).is_some());
    if !bound.variants().iter().flat_map(Expression::reads).all(read) {
        return None;
    }
    // One row tells what the values are, and texts of all rows would be made for nothing.
    let one = (!view.is_empty()).then(|| view.take(&[0]).ok())??;
    floats(&frame.evaluate(&bound, scope, &one).ok()?)?;
    floats(&frame.evaluate(&bound, scope, view).ok()?)
}

fn floats(values: &ArrayRef) -> Option<Float64Array> {
    let values = values.data_type().is_numeric().then(|| cast(values, &DataType::Float64).ok())??;
    Some(values.as_primitive::<Float64Type>().clone())
}

/// How numbers are spread; nothing where all are alike.
fn spread(name: &str, before: Option<&Float64Array>, after: &Float64Array) -> Result<Option<Spread>> {
    let all = concat(&[before.map_or(after as &dyn Array, |before| before), after])?;
    let histogram = Histogram::of(name, all.as_primitive::<Float64Type>());
    if histogram.bins.len() < 2 {
        return Ok(None);
    }
    let before = before.map(|before| histogram.count(before));
    let bins = histogram.bins.iter().zip(histogram.count(after)).enumerate();
    let bin = |(at, (bin, after)): (usize, (&crate::inspect::Bin, u64))| SpreadBin {
        from: bin.from,
        to: bin.to,
        before: before.as_ref().map(|before| before[at]),
        after,
    };
    Ok(Some(Spread {
        name: name.to_owned(),
        bins: bins.map(bin).collect(),
        missing: after.iter().filter(|number| number.is_none_or(|number| !number.is_finite())).count() as u64,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_before_and_after_are_counted_in_the_same_bins() {
        let before = Float64Array::from(vec![Some(0.0), Some(0.5), Some(1.0), None]);
        let after = Float64Array::from(vec![Some(1.0), None, Some(f64::NAN)]);
        let found = spread("score", Some(&before), &after).unwrap().unwrap();
        assert_eq!(found.missing, 2);
        assert_eq!(found.bins.iter().map(|bin| bin.after).sum::<u64>(), 1);
        assert_eq!(found.bins.iter().filter_map(|bin| bin.before).sum::<u64>(), 3);
        assert_eq!(spread("score", None, &Float64Array::from(vec![1.0, 1.0])).unwrap(), None);
    }
}
