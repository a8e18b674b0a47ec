//! Tells how well the output is mixed, for trainers that read rows in order.

use unskew_strategy::{Groups, truth};

use crate::{
    Result,
    bind::{Key, Scope},
    frame::Frame,
    groups::group,
    priority::Dice,
    report::{Mixture, OneLabel, OrderReport, Weights},
    view::View,
};

/// The sizes of batches that are looked at.
const SIZES: [usize; 4] = [2, 4, 8, 16];

/// How many rows come first.
const FIRST: usize = 50;

/// The most values that are listed one by one.
const MOST_VALUES: usize = 20;

/// How the rows of each split stand in order, where their label has two values or more.
pub fn of(label: &[Key], frame: &Frame<'_>, scope: &Scope, output: &View) -> Result<Vec<OrderReport>> {
    if label.is_empty() {
        return Ok(vec![]);
    }
    let by: Vec<String> = label.iter().map(|key| key.0.text().to_owned()).collect();
    let names = output.splits().map(|splits| splits.names.clone());
    let mut reports = vec![];
    for (number, part) in output.by_split()?.iter().enumerate() {
        let groups = group(part.len(), &frame.keys(label, scope, part)?, &Dice::new(0, ""))?;
        let split = names.as_ref().map(|names| names[number].clone());
        reports.extend(one(&groups).map(|report| OrderReport { split, by: by.clone(), ..report }));
    }
    Ok(reports)
}

/// How rows stand in order, where `groups` are the values of their label.
fn one(groups: &Groups) -> Option<OrderReport> {
    let codes = groups.codes();
    let mut counts = vec![(0, 0); groups.len()];
    for (at, code) in codes.iter().enumerate() {
        let (rows, first) = &mut counts[*code as usize];
        *rows += 1;
        *first += u64::from(at < FIRST);
    }
    let mut filled: Vec<usize> = (0..groups.len()).filter(|group| counts[*group].0 > 0).collect();
    if filled.len() < 2 {
        return None;
    }
    let weights = weights(groups, &counts, &filled);
    let more = filled.len().saturating_sub(MOST_VALUES);
    if more > 0 {
        filled.sort_by_key(|group| (std::cmp::Reverse(counts[*group].0), *group));
        filled.truncate(MOST_VALUES);
    }
    let mixture = |group: usize| {
        let (rows, first) = counts[group];
        Mixture { key: groups.parts(group), rows, first }
    };
    let longest_run = codes.chunk_by(|a, b| a == b).map(<[u32]>::len).max().unwrap_or(0) as u64;
    Some(OrderReport {
        values: filled.into_iter().map(mixture).collect(),
        more: more as u64,
        first: codes.len().min(FIRST) as u64,
        batches: SIZES.map(|size| of_one_label(codes, size)).to_vec(),
        longest_run,
        smallest_safe_batch: longest_run + 1,
        weights,
        ..OrderReport::default()
    })
}

/// How many batches of a size hold one value only. The last one may be shorter; a single row has nothing to be mixed with.
fn of_one_label(codes: &[u32], size: usize) -> OneLabel {
    let one = |batch: &&[u32]| batch.len() > 1 && batch.iter().all(|code| *code == batch[0]);
    OneLabel {
        size: size as u64,
        batches: codes.len().div_ceil(size) as u64,
        of_one_label: codes.chunks(size).filter(one).count() as u64,
    }
}

/// The weights that TRL advises, if the values are a true and a false.
fn weights(groups: &Groups, counts: &[(u64, u64)], filled: &[usize]) -> Option<Weights> {
    let [a, b] = filled else { return None };
    let says = |group: usize| groups.parts(group).first()?.as_deref().and_then(truth);
    let (desirable, undesirable) = match (groups.keys().num_columns(), says(*a)?, says(*b)?) {
        (1, true, false) => (counts[*a].0, counts[*b].0),
        (1, false, true) => (counts[*b].0, counts[*a].0),
        _ => return None,
    };
    Some(advised(desirable, undesirable))
}

/// The weights with which TRL's `KTOTrainer` does not warn: each from and to, the other one being 1.
fn advised(desirable: u64, undesirable: u64) -> Weights {
    if desirable == undesirable {
        return Weights::EVEN;
    }
    let (desirable, undesirable) = (desirable as f64, undesirable as f64);
    let (less, more) = (undesirable / desirable, desirable / undesirable);
    Weights {
        desirable: [hundredths(less), hundredths(less * 1.33)],
        undesirable: [hundredths(more / 1.33), hundredths(more)],
    }
}

/// A number rounded as Python's `round(number, 2)` does it: by its exact value, and half to even.
fn hundredths(number: f64) -> f64 {
    // A number in the middle of two hundredths is a number of eighths, and then its hundredfold is exact.
    if (number * 8.0).fract() == 0.0 {
        (number * 100.0).round_ties_even() / 100.0
    } else {
        format!("{number:.2}").parse().expect("a number is written as one")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, BooleanArray, Int64Array, StringArray};
    use proptest::prelude::*;

    use super::*;
    use crate::groups::KeyColumn;

    fn report(values: ArrayRef) -> Option<OrderReport> {
        let rows = values.len();
        let column = KeyColumn { name: "label".into(), values, levels: false };
        one(&group(rows, &[column], &Dice::new(0, "")).unwrap())
    }

    fn booleans(labels: impl IntoIterator<Item = bool>) -> OrderReport {
        report(Arc::new(labels.into_iter().map(Some).collect::<BooleanArray>())).unwrap()
    }

    fn of_one_label(report: &OrderReport) -> Vec<u64> {
        report.batches.iter().map(|batches| batches.of_one_label).collect()
    }

    #[test]
    fn alternating_labels_are_as_safe_as_can_be() {
        let report = booleans((0..508).map(|at| at % 2 == 0));
        assert_eq!((report.longest_run, report.smallest_safe_batch), (1, 2));
        assert_eq!(of_one_label(&report), [0; 4]);
        let batches: Vec<u64> = report.batches.iter().map(|batches| batches.batches).collect();
        assert_eq!(batches, [254, 127, 64, 32]);
        let firsts: Vec<_> = report.values.iter().map(|value| (value.rows, value.first)).collect();
        assert_eq!(firsts, [(254, 25), (254, 25)]);
        assert_eq!(report.weights, Some(Weights::EVEN));
    }

    #[test]
    fn a_single_row_left_over_is_no_batch_of_one_label() {
        let report = booleans([true, false, true, false, true]);
        assert_eq!(of_one_label(&report), [0; 4]);
        assert_eq!(report.batches[0].batches, 3);
    }

    #[test]
    fn blocks_are_found_and_a_short_last_batch_counts() {
        let report = booleans([true, true, true, false, false, true, false, false, false, false]);
        assert_eq!((report.longest_run, report.smallest_safe_batch, report.first), (4, 5, 10));
        assert_eq!(of_one_label(&report), [3, 1, 1, 0]);
    }

    #[test]
    fn weights_are_those_of_the_trainer() {
        let weights = |desirable, undesirable| Weights { desirable, undesirable };
        assert_eq!(advised(746, 254), weights([0.34, 0.45], [2.21, 2.94]));
        assert_eq!(advised(254, 746), weights([2.94, 3.91], [0.26, 0.34]));
        assert_eq!(advised(3, 4), weights([1.33, 1.77], [0.56, 0.75]));
        let texts = [0.125, 0.375, 2.675, 1.005].map(|number| hundredths(number).to_string());
        assert_eq!(texts, ["0.12", "0.38", "2.67", "1"], "by exact value, and half to even");
    }

    #[test]
    fn weights_are_for_a_true_and_a_false() {
        let numbers = report(Arc::new(Int64Array::from(vec![1, 0, 0, -1]))).unwrap();
        assert_eq!((numbers.values.len(), numbers.weights), (3, None));
        let texts = report(Arc::new(StringArray::from(vec!["False", "True", "False"]))).unwrap();
        assert_eq!(texts.weights, Some(advised(1, 2)));
        let tasks = report(Arc::new(StringArray::from(vec!["math", "coding"]))).unwrap();
        assert_eq!(tasks.weights, None);
        assert!(report(Arc::new(StringArray::from(vec!["math"; 3]))).is_none());
        assert!(report(Arc::new(StringArray::from(Vec::<&str>::new()))).is_none());
    }

    #[test]
    fn many_values_are_listed_from_the_largest_on() {
        let values = (0..30).flat_map(|value| std::iter::repeat_n(value, value as usize + 1));
        let report = report(Arc::new(values.collect::<Int64Array>())).unwrap();
        assert_eq!((report.values.len(), report.more, report.values[0].rows), (20, 10, 30));
    }

    proptest! {
        /// No window of as many rows as are said to be safe holds one label, and some window of one row less does.
        #[test]
        fn the_smallest_safe_batch_is_that(labels in prop::collection::vec(any::<bool>(), 2..60)) {
            prop_assume!(labels.contains(&true) && labels.contains(&false));
            let safe = booleans(labels.iter().copied()).smallest_safe_batch as usize;
            let one_label = |window: &[bool]| window.iter().all(|label| *label == window[0]);
            prop_assert!(!labels.windows(safe).any(one_label));
            prop_assert!(labels.windows(safe - 1).any(one_label));
        }
    }
}
