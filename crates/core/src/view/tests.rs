//! Views through selections, pairs, sides and splits.

use proptest::prelude::*;

use super::*;

fn bucketed() -> View {
    let buckets: ArrayRef = Arc::new(StringArray::from(vec!["easy", "hard", "hard"]));
    View::all(5).then(&Selection::rows(vec![0, 2, 4]).column("bucket", buckets), false).unwrap()
}

#[test]
fn computed_columns_follow_their_rows_into_pairs_and_out() {
    let pairs = bucketed().then(&Selection::pairs(vec![1, 2], vec![0, 0]), false).unwrap();
    let pair = pairs.then(&Selection::rows(vec![1]), false).unwrap();
    assert_eq!(pair.refs(), &Refs::Pairs { chosen: vec![4], rejected: vec![0] });
    let text = |side| pair.column(side, "bucket").unwrap().as_string::<i32>().value(0).to_owned();
    assert_eq!((text(Some(Role::Chosen)), text(Some(Role::Rejected))), ("hard".into(), "easy".into()));
    let rows = pair.then(&Selection::unpair(vec![0, 0], vec![Role::Rejected, Role::Chosen]), false).unwrap();
    assert_eq!(rows.refs(), &Refs::Rows(vec![0, 4]));
    let buckets = rows.column(None, "bucket").unwrap().as_string::<i32>();
    assert_eq!((buckets.value(0), buckets.value(1)), ("easy", "hard"));
}

#[test]
fn splits_can_be_taken_apart_and_put_together() {
    let names = vec!["a".to_owned(), "none".to_owned(), "b".to_owned()];
    let split =
        bucketed().then(&Selection::rows(vec![2, 1, 0]).split(vec![2, 0, 2], names.clone()), false).unwrap();
    let parts = split.by_split().unwrap();
    assert_eq!(parts.iter().map(View::len).collect::<Vec<_>>(), [1, 0, 2]);
    let whole = View::concat(&parts, names).unwrap();
    assert_eq!(whole.refs(), &Refs::Rows(vec![2, 4, 0]));
    assert_eq!(whole.splits().unwrap().codes, [0, 2, 2]);
    assert_eq!(whole.column(None, "bucket").unwrap().len(), 3);
}

#[test]
fn levels_of_several_splits_are_those_of_one() {
    let levels = |names: Vec<&str>, keys: Vec<u32>| -> View {
        let rows = keys.len() as u32;
        let column = DictionaryArray::new(UInt32Array::from(keys), Arc::new(StringArray::from(names)));
        let rows = Selection::rows((0..rows).collect());
        View::all(9).then(&rows.column("level", Arc::new(column)), false).unwrap()
    };
    let parts = [
        levels(vec!["easy", "medium", "hard"], vec![2]),
        levels(vec!["easy", "medium", "hard", "none"], vec![0, 3]),
    ];
    let whole = View::concat(&parts, vec!["a".into(), "b".into()]).unwrap();
    let column = whole.column(None, "level").unwrap().as_dictionary::<UInt32Type>();
    let names: Vec<_> = column.values().as_string::<i32>().iter().flatten().collect();
    assert_eq!(names, ["easy", "medium", "hard", "none"]);
    assert_eq!(column.keys().values(), &[2, 0, 3]);
}

#[test]
fn answers_that_do_not_fit_are_faults_of_the_plugin() {
    let view = bucketed();
    for selection in [
        Selection::rows(vec![3]),
        Selection::pairs(vec![0], vec![]),
        Selection::rows(vec![0]).split(vec![1], vec!["a".into()]),
        Selection::rows(vec![0]).column("x", Arc::new(StringArray::from(vec!["a", "b"]))),
    ] {
        assert_eq!(view.then(&selection, false).unwrap_err().exit(), Exit::Plugin);
    }
}

#[test]
fn pairs_in_rows_are_taken_apart_into_their_sides() {
    let own = View::all(4).of_own_pairs();
    let selection = Selection::rows(vec![3, 1, 0]).split(vec![1, 0, 1], vec!["a".into(), "b".into()]);
    let pairs = own.then(&selection, false).unwrap();
    let (chosen, rejected) = (Role::Chosen, Role::Rejected);
    let rows =
        pairs.then(&Selection::unpair(vec![0, 2, 2], vec![rejected, chosen, rejected]), false).unwrap();
    assert_eq!(rows.addresses(None), Some(&[3, 0, 0][..]));
    assert_eq!(rows.sides(), Some(&[rejected, chosen, rejected][..]));
    let parts = rows.by_split().unwrap();
    assert_eq!(parts[1].refs(), rows.refs());
    let last = View::concat(&parts, vec!["a".into(), "b".into()]).unwrap().take(&[2]).unwrap();
    assert_eq!(last.refs(), &Refs::Sides { rows: vec![0], sides: vec![rejected] });
    for (view, exit) in [(&pairs, Exit::Data), (&rows, Exit::Data)] {
        assert_eq!(view.then(&Selection::pairs(vec![0], vec![1]), false).unwrap_err().exit(), exit);
    }
    assert!(rows.then(&Selection::unpair(vec![0], vec![chosen]), false).is_err());
}

/// The levels of a column with the value of each row.
fn leveled(column: &ArrayRef) -> (Vec<String>, Vec<Option<String>>) {
    let column = column.as_dictionary::<UInt32Type>();
    let levels = column.values().as_string::<i32>();
    let value = |key: Option<u32>| key.map(|key| levels.value(key as usize).to_owned());
    (levels.iter().flatten().map(str::to_owned).collect(), column.keys().iter().map(value).collect())
}

proptest! {
    /// However rows are split, bucketed, paired, split anew and taken apart, each has the level and the score it had, and
    /// the levels are those there were, in their order.
    #[test]
    fn columns_come_back_out_of_pairs(
        rows in prop::collection::vec((prop::option::of(0_u32..3), any::<bool>()), 2..30),
        pairs in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<bool>()), 1..20),
        scored: bool,
    ) {
        let names = || vec!["one".to_owned(), "two".to_owned()];
        let splits = rows.iter().map(|(_, second)| u32::from(*second)).collect();
        let every = Selection::rows((0..rows.len() as u32).collect()).split(splits, names());
        let split = View::all(rows.len() as u32).then(&every, false).unwrap();
        let parts: Vec<View> = split.by_split().unwrap().iter().map(|part| {
            let of = |address: &u32| rows[*address as usize].0;
            let addresses = part.addresses(None).unwrap();
            let keys: UInt32Array = addresses.iter().map(of).collect();
            let levels = Arc::new(StringArray::from(vec!["easy", "medium", "hard"]));
            let score: ArrayRef = if scored || part.len() % 2 == 0 {
                Arc::new(UInt32Array::from(addresses.to_vec()))
            } else {
                Arc::new(arrow::array::NullArray::new(part.len()))
            };
            let all = Selection::rows((0..part.len() as u32).collect());
            let level: ArrayRef = Arc::new(DictionaryArray::new(keys, levels));
            part.then(&all.column("level", level).column("score", score), false).unwrap()
        }).collect();
        let bucketed = View::concat(&parts, names()).unwrap();
        let paired = bucketed.by_split().unwrap().iter().zip([false, true]).map(|(part, second)| {
            let at = |index: &prop::sample::Index| index.index(part.len().max(1)) as u32;
            let own = pairs.iter().filter(|pair| pair.2 == second && !part.is_empty());
            let (chosen, rejected) = own.map(|(one, other, _)| (at(one), at(other))).unzip();
            part.then(&Selection::pairs(chosen, rejected), true).unwrap()
        }).collect::<Vec<_>>();
        let paired = View::concat(&paired, names()).unwrap();
        let positions = (0..paired.len() as u32).flat_map(|pair| [pair, pair]).collect::<Vec<_>>();
        let roles = [Role::Chosen, Role::Rejected].repeat(paired.len());
        let single = paired.then(&Selection::unpair(positions, roles), true).unwrap();
        let (levels, values) = leveled(single.column(None, "level").unwrap());
        prop_assert_eq!(levels, ["easy", "medium", "hard"]);
        let wanted = |address: &u32| {
            rows[*address as usize].0.map(|key| ["easy", "medium", "hard"][key as usize].to_owned())
        };
        let addresses = single.addresses(None).unwrap();
        prop_assert_eq!(values, addresses.iter().map(wanted).collect::<Vec<_>>());
        let score = single.column(None, "score").unwrap();
        if scored {
            let score = score.as_primitive::<UInt32Type>().values();
            prop_assert_eq!(&score[..], addresses);
        }
    }
}
