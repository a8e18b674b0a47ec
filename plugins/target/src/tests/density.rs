//! What a target with a density takes, and in what order.

use arrow::{
    array::AsArray,
    datatypes::{Float64Type, UInt64Type},
};
use proptest::prelude::*;
use serde_json::{Value, json};
use unskew_strategy::{Plugin, Selection, derive, laws};

use super::{PLUGIN, example, refused, run, taken};

/// Rows with these rates, in domains that take turns.
fn rated(rates: impl IntoIterator<Item = f64>) -> Vec<Value> {
    let row = |(at, rate): (usize, f64)| {
        let domain = ["math", "coding"][at % 2];
        json!({"rate": rate, "domain": domain, "$priority": derive(at as u64, 0, 0)})
    };
    rates.into_iter().enumerate().map(row).collect()
}

/// So many rows of each rate from 0 to 1 in steps of an eighth.
fn eighths(each: usize) -> Vec<Value> {
    rated((0..9 * each).map(|row| (row / each) as f64 / 8.0))
}

fn rate(row: &Value) -> f64 {
    row["rate"].as_f64().unwrap()
}

/// How many rows of each eighth.
fn histogram(rows: &[Value], taken: &[u32]) -> [usize; 9] {
    let mut counts = [0; 9];
    for &row in taken {
        counts[(rate(&rows[row as usize]) * 8.0) as usize] += 1;
    }
    counts
}

fn mean(rows: &[Value], taken: &[u32]) -> f64 {
    taken.iter().map(|&row| rate(&rows[row as usize])).sum::<f64>() / taken.len() as f64
}

fn numbers(answer: &Selection, note: &str, column: &str) -> Vec<u64> {
    let note = answer.notes().iter().find(|other| other.name == note).unwrap();
    note.table.column_by_name(column).unwrap().as_primitive::<UInt64Type>().values().to_vec()
}

fn gaussian(mean: impl Into<Value>) -> Value {
    let mean: Value = mean.into();
    json!({"gaussian": {"mean": mean, "deviation": 0.2}})
}

#[test]
fn laws() {
    let falling = gaussian(json!({"from": 0.9, "to": 0.1}));
    for options in [
        json!({"over": "w", "density": gaussian(0.5)}),
        json!({"over": "w", "density": {"band": {"above": 0}}, "by": "task", "bins": 2, "total": 3, "short": "accept"}),
        json!({"over": "w", "density": {"beta": {"alpha": 2, "beta": 3}}, "by": "task", "shares": "equal", "short": {"oversample": 30}, "total": 9}),
        json!({"over": "w", "density": falling, "by": "task", "total": 4, "short": "redistribute"}),
        json!({"over": "w", "density": falling, "pick": "first"}),
    ] {
        assert_eq!(laws::check_with(&PLUGIN, example(options.clone())), Ok(()), "{options}");
    }
}

/// A bell around a half, by hand: e^(-(i/8 / 0.2)²/2) for i = 0…4 is 1, 0.823, 0.458, 0.172, 0.044, all together
/// 3.995; and 100 rows of it, with sums rounded from the lowest up.
#[test]
fn a_bell_by_hand() {
    let rows = eighths(40);
    let options = json!({"over": "rate", "density": gaussian(0.5), "total": 100});
    assert_eq!(histogram(&rows, &taken(&options, &rows)), [1, 4, 12, 20, 26, 20, 12, 4, 1]);
}

#[test]
fn the_largest_output_is_bound_by_the_scarcest_bin() {
    let rows = rated([0.0, 0.0, 0.0, 0.25, 0.25, 0.5, 0.5, 0.5, 0.5, 1.0, 1.0, 1.0]);
    let options = json!({"over": "rate", "density": {"band": {"above": -1}}, "pick": "first"});
    assert_eq!(taken(&options, &rows), [0, 1, 3, 4, 5, 6, 9, 10]);
    let inside = json!({"over": "rate", "density": {"band": {"above": 0, "below": 1}}, "pick": "first"});
    assert_eq!(taken(&inside, &rows), [3, 4, 5, 6]);
}

#[test]
fn a_beta_leaves_out_what_has_no_density() {
    let rows = eighths(100);
    let options = json!({"over": "rate", "density": {"beta": {"alpha": 2, "beta": 1}}, "total": 360});
    assert_eq!(histogram(&rows, &taken(&options, &rows)), [0, 10, 20, 30, 40, 50, 60, 70, 80]);
    let rows = rated([-1.0, 0.0, 0.5, 1.0, 2.0]);
    let options = json!({"over": "rate", "density": {"beta": {"alpha": 2, "beta": 2}}});
    assert_eq!(taken(&options, &rows), [2]);
}

#[test]
fn many_values_are_put_into_bins_of_equal_width() {
    let rows = rated((0..100).map(|row| f64::from(row * row) / 10_000.0));
    let options = json!({"over": "rate", "density": {"band": {"above": -1}}, "bins": 4});
    let answer = run(&options, &rows).unwrap();
    assert_eq!(numbers(&answer, "density", "available"), [50, 21, 15, 14]);
    assert_eq!(numbers(&answer, "density", "got"), [14; 4]);
    let labels = answer.notes()[0].table.column(0).as_string::<i32>();
    assert_eq!(labels.value(1), "0.245 to 0.49");
}

#[test]
fn classes_keep_their_proportions_or_have_shares() {
    let mut rows = eighths(40);
    rows.retain(|row| row["domain"] == "math" || rate(row) < 0.3);
    let count = |options: Value| {
        let taken = taken(&options, &rows);
        let math = taken.iter().filter(|&&row| rows[row as usize]["domain"] == "math").count();
        (math, taken.len() - math)
    };
    let density = json!({"band": {"below": 2}});
    let options = |total: u64| json!({"over": "rate", "by": "domain", "density": density, "total": total});
    assert_eq!(count(options(80)), (60, 20));
    let equal = json!({"over": "rate", "by": "domain", "density": density, "shares": "equal"});
    assert_eq!(count(equal), (60, 60));
    let named = json!({"over": "rate", "by": "domain", "density": density, "counts": {"math": 9}});
    assert_eq!(count(named), (9, 0));
}

#[test]
fn what_to_do_when_a_bin_is_short() {
    let mut rows = eighths(10);
    rows.retain(|row| (rate(row) - 0.5).abs() > 0.1);
    rows.push(json!({"rate": 0.5, "domain": "math"}));
    let options =
        |short: Value| json!({"over": "rate", "density": gaussian(0.5), "total": 20, "short": short});
    let got = |short: Value| histogram(&rows, &taken(&options(short), &rows));
    assert_eq!(got(json!("accept")), [0, 1, 2, 4, 1, 4, 2, 1, 0]);
    let redistributed = got(json!("redistribute"));
    assert_eq!((redistributed.iter().sum::<usize>(), redistributed[4]), (20, 1));
    assert_eq!(got(json!("shrink")), [0, 0, 1, 0, 1, 0, 1, 0, 0]);
    assert_eq!(got(json!({"oversample": 6})), [0, 1, 2, 4, 6, 4, 2, 1, 0]);
    let error = run(&options(json!("error")), &rows).unwrap_err();
    assert_eq!(error.to_string(), "`0.5` has 1 row, 6 are wanted");
    let mut by_domain = options(json!("error"));
    by_domain["by"] = json!("domain");
    let error = run(&by_domain, &rows).unwrap_err();
    assert_eq!(error.to_string(), "`math × 0.5` has 1 row, 2 are wanted");
}

#[test]
fn a_mean_that_falls_puts_rows_in_order() {
    let rows = eighths(40);
    let options = json!({
        "over": "rate", "by": "domain", "total": 100, "density": gaussian(json!({"from": 0.8, "to": 0.2})),
    });
    let answer = run(&options, &rows).unwrap();
    let taken = taken(&options, &rows);
    let means: Vec<f64> = taken.chunks(20).map(|part| mean(&rows, part)).collect();
    for (mean, aimed) in means.iter().zip([0.74, 0.62, 0.5, 0.38, 0.26]) {
        // Rates end at 0 and 1, so a bell near an end is cut off there.
        assert!((mean - aimed).abs() < 0.06, "{means:?}");
    }
    for part in taken.chunks(10) {
        let math = part.iter().filter(|&&row| rows[row as usize]["domain"] == "math").count();
        assert_eq!(math, 5);
    }
    let way = &answer.notes().iter().find(|note| note.name == "way of rate").unwrap().table;
    let told = way.column_by_name("mean").unwrap().as_primitive::<Float64Type>();
    assert!((told.value(0) - mean(&rows, &taken[..10])).abs() < 1e-9);
    assert_eq!(numbers(&answer, "way of rate", "from row"), [1, 11, 21, 31, 41, 51, 61, 71, 81, 91]);
}

#[test]
fn a_mean_may_rise_and_be_far_from_every_row() {
    let rows = eighths(4);
    let rising = json!({"over": "rate", "density": gaussian(json!({"from": 0.0, "to": 1.0})), "short": "accept", "total": 18});
    let order = taken(&rising, &rows);
    assert!(mean(&rows, &order[..6]) < mean(&rows, &order[order.len() - 6..]));
    let far = json!({"over": "rate", "density": {"gaussian": {"mean": 1e300, "deviation": 1e-300}}});
    assert_eq!(taken(&far, &rated([0.5, 0.5])), [0, 1]);
}

#[test]
fn rows_without_a_value_are_left_out_and_counted() {
    let mut rows = rated([0.5, 0.25]);
    rows.push(json!({"rate": null, "domain": "math"}));
    let answer = run(&json!({"over": "rate", "density": {"band": {"above": 0.3}}}), &rows).unwrap();
    assert_eq!(answer.len(), 1);
    assert_eq!(numbers(&answer, "density", "available"), [1, 1, 1]);
    let labels = answer.notes()[0].table.column(0).as_string::<i32>();
    assert_eq!(labels.iter().collect::<Vec<_>>(), [Some("0.5"), Some("outside"), None]);
    let none = run(&json!({"over": "rate", "density": {"band": {"above": 3}}}), &rows).unwrap();
    assert!(none.is_empty());
    let text = run(&json!({"over": "domain", "density": {"band": {"above": 3}}}), &rows).unwrap_err();
    assert_eq!((text.option_path(), text.to_string().as_str()), (Some("over"), "`domain` is no number"));
}

#[test]
fn options_that_make_no_sense() {
    let with = |density: Value| refused(&json!({"over": "rate", "density": density}));
    let path = |density: Value| with(density).0;
    assert_eq!(path(json!({"gaussian": {"mean": 0.5, "deviation": 0}})), "density.gaussian.deviation");
    assert_eq!(path(json!({"beta": {"alpha": 0.5, "beta": 1}})), "density.beta.alpha");
    assert_eq!(path(json!({"band": {}})), "density.band");
    assert_eq!(path(json!({"band": {"above": 1, "below": 1}})), "density.band");
    assert_eq!(
        with(json!({"gaussian": {"mean": "high", "deviation": 1}})).1,
        "`density.gaussian.mean` is the text \"high\", expected a number, or {from: …, to: …}"
    );
    assert_eq!(
        with(json!({"gaussian": {"mean": {"from": 1, "to": 1}, "deviation": 1}})).1,
        "`density.gaussian.mean`: the mean does not move; write `mean: 1`"
    );
    let density = || gaussian(json!({"from": 1, "to": 0}));
    for (options, path, message) in [
        (json!({"over": "rate", "by": "x", "counts": {"a": 1}}), "over", "option `density` is missing"),
        (json!({"density": density()}), "density", "option `over` is missing"),
        (json!({"shares": "equal"}), "", "option `by` is missing"),
        (json!({"over": "rate", "density": density(), "shares": "equal"}), "", "option `by` is missing"),
        (json!({"by": "x", "shares": "equal", "bins": 3}), "bins", "`bins` goes with `density` only"),
        (
            json!({"over": "rate", "by": "x", "density": density(), "counts": {"a": 1}, "others": "keep"}),
            "others",
            "with `density`, rows of other classes cannot be kept",
        ),
        (
            json!({"over": "rate", "density": density(), "short": {"oversample": 2}}),
            "short",
            "where the mean moves, no row comes twice",
        ),
    ] {
        assert_eq!(refused(&options), (path.to_owned(), message.to_owned()), "{options}");
    }
    assert!(PLUGIN.build(&json!({"over": "rate", "density": density()})).is_ok());
}

proptest! {
    /// With enough rows, every bin has its share rounded up or down, and so have all bins up to any of them.
    #[test]
    fn quotas_are_met(total in 1_u64..60, mean in -0.5_f64..1.5, deviation in 0.05_f64..2.0) {
        let rows = eighths(60);
        let density = json!({"gaussian": {"mean": mean, "deviation": deviation}});
        let got = histogram(&rows, &taken(&json!({"over": "rate", "density": density, "total": total}), &rows));
        let weight = |bin: usize| (-((bin as f64 / 8.0 - mean) / deviation).powi(2) / 2.0).exp();
        let sum: f64 = (0..9).map(weight).sum();
        let (mut wanted, mut so_far) = (0.0, 0);
        for (bin, got) in got.into_iter().enumerate() {
            let share = total as f64 * weight(bin) / sum;
            (wanted, so_far) = (wanted + share, so_far + got);
            prop_assert!((got as f64 - share).abs() < 1.0 + 1e-6);
            prop_assert!((so_far as f64 - wanted).abs() < 0.5 + 1e-6);
        }
        prop_assert_eq!(so_far as u64, total);
    }

    /// Whatever there is: no row twice, nothing more than wanted, and what is missing is told.
    #[test]
    fn no_row_comes_twice_and_shortfalls_are_noted(
        rates in prop::collection::vec(0_u8..9, 1..80),
        total in 0_u64..120,
        short in prop::sample::select(vec!["accept", "redistribute", "shrink"]),
        falls: bool,
        bins in 1_u16..12,
    ) {
        let rows = rated(rates.into_iter().map(|rate| f64::from(rate) / 8.0));
        let mean = if falls { json!({"from": 0.9, "to": 0.1}) } else { json!(0.6) };
        let options = json!({"over": "rate", "by": "domain", "density": gaussian(mean), "total": total, "short": short, "bins": bins});
        let answer = run(&options, &rows).unwrap();
        let mut taken = taken(&options, &rows);
        prop_assert!(falls || taken.is_sorted());
        let sum = |column: &str| numbers(&answer, "density", column).iter().sum::<u64>();
        prop_assert_eq!(sum("got"), taken.len() as u64);
        prop_assert_eq!(sum("available"), rows.len() as u64);
        prop_assert_eq!(numbers(&answer, "strata", "got").iter().sum::<u64>(), taken.len() as u64);
        prop_assert!(taken.len() as u64 <= total);
        if short == "redistribute" && total <= rows.len() as u64 {
            prop_assert_eq!(taken.len() as u64, total);
        }
        taken.sort_unstable();
        prop_assert!(taken.windows(2).all(|pair| pair[0] < pair[1]));
    }

    /// The largest output has exactly the density, and one row more would not.
    #[test]
    fn the_largest_is_the_largest(sizes in prop::collection::vec(1_usize..30, 9), mean in 0.0_f64..1.0) {
        let rows = rated(sizes.iter().enumerate().flat_map(|(rate, size)| vec![rate as f64 / 8.0; *size]));
        let with = |total: Value| {
            let options = json!({"over": "rate", "density": {"gaussian": {"mean": mean, "deviation": 0.3}}, "total": total});
            run(&options, &rows).map(|answer| answer.len() as u64)
        };
        let largest = with(json!("largest")).unwrap();
        prop_assert_eq!(with(json!(largest)), Ok(largest));
    }

    /// From part to part the mean moves its way, in the whole and in each domain, also where rows are short.
    #[test]
    fn the_mean_of_windows_falls(
        sizes in prop::collection::vec(30_usize..60, 9),
        from in 0.75_f64..1.0,
        to in 0.0_f64..0.25,
        short in prop::sample::select(vec!["accept", "redistribute", "shrink"]),
    ) {
        let rows = rated(sizes.iter().enumerate().flat_map(|(rate, size)| vec![rate as f64 / 8.0; *size]));
        let options = json!({
            "over": "rate", "by": "domain", "total": 240, "short": short,
            "density": {"gaussian": {"mean": {"from": from, "to": to}, "deviation": 0.2}},
        });
        let order = taken(&options, &rows);
        for domain in [None, Some("math"), Some("coding")] {
            let of_domain: Vec<u32> = order
                .iter()
                .copied()
                .filter(|&row| domain.is_none_or(|domain| rows[row as usize]["domain"] == domain))
                .collect();
            let means: Vec<f64> = of_domain.chunks(of_domain.len().div_ceil(3)).map(|part| mean(&rows, part)).collect();
            prop_assert!(means.windows(2).all(|pair| pair[0] > pair[1]), "{domain:?} {means:?}");
        }
    }
}
