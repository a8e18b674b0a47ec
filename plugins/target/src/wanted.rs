//! Works out how many rows of each class the options ask for.

use unskew_strategy::{
    Cells, Error, Others, Result, Rounding, Shares, Short, Total,
    quota::{ROUNDED, apportion, apportion_within, largest, shared, tempered, weights},
};

use crate::{
    Target,
    classes::{Classes, Named},
};

/// Checks the options against each other.
pub fn check(target: &Target) -> Result<()> {
    let given = [
        target.counts.is_some(),
        target.shares.is_some(),
        target.ratio.is_some(),
        target.temperature.is_some(),
    ];
    check_density(target)?;
    match given.into_iter().filter(|given| *given).count() {
        0 if target.density.is_some() => {}
        1 => {}
        _ => {
            return Err(Error::option(
                "",
                "exactly one of `counts`, `shares`, `ratio` and `temperature` is needed",
            ));
        }
    }
    let misplaced = [
        ("total", target.total.is_some()),
        ("floor", target.floor.is_some()),
        ("rounding", target.rounding.is_some()),
    ];
    if let Some((option, _)) = misplaced.into_iter().find(|(_, given)| *given && target.counts.is_some()) {
        return Err(Error::option(option, format!("`{option}` has no meaning beside `counts`"))
            .hint("it goes with `shares`, `ratio` or `temperature`"));
    }
    if target.temperature.is_some_and(|temperature| !(temperature > 0.0 && temperature.is_finite())) {
        return Err(Error::option("temperature", "`temperature` must be above 0"));
    }
    let Some(named) = named(target)? else {
        return match target.others {
            None => Ok(()),
            Some(_) => Err(Error::option("others", "`others` has no meaning where no class is named")),
        };
    };
    check_figures(target, &named)
}

fn check_density(target: &Target) -> Result<()> {
    match (&target.density, &target.over) {
        (None, None) => {}
        (Some(density), Some(_)) => density.check().map_err(|error| error.within("density"))?,
        (Some(_), None) => {
            return Err(Error::option("density", "option `over` is missing")
                .hint("say what has this density: `over: pass_rate`"));
        }
        (None, Some(_)) => {
            return Err(Error::option("over", "option `density` is missing").hint(
                "say how it is to be distributed: `density: {gaussian: {mean: 0.5, deviation: 0.15}}`",
            ));
        }
    }
    if target.density.is_none() {
        return match (&target.by, target.bins) {
            (None, _) => Err(Error::option("", "option `by` is missing")),
            (_, Some(_)) => Err(Error::option("bins", "`bins` goes with `density` only")),
            _ => Ok(()),
        };
    }
    if target.by.is_none() && (target.counts.is_some() || target.shares.is_some() || target.ratio.is_some()) {
        return Err(Error::option("", "option `by` is missing")
            .hint("without it all rows are one class, and `total` says how many to take"));
    }
    if target.others == Some(Others::Keep) {
        return Err(Error::option("others", "with `density`, rows of other classes cannot be kept"));
    }
    if target.moving().is_some() && matches!(target.short, Short::Oversample(_)) {
        return Err(Error::option("short", "where the mean moves, no row comes twice")
            .hint("write `short: redistribute`, or let the mean stay"));
    }
    Ok(())
}

fn check_figures(target: &Target, named: &[Named]) -> Result<()> {
    let option = option(target);
    let most = if option == "counts" { f64::from(u32::MAX) } else { 1e12 };
    for (parts, figure) in named {
        let path = parts.join(".");
        if !(0.0..=most).contains(figure) {
            let message = format!("`{option}.{path}` is {figure}, but must be between 0 and {most}");
            return Err(Error::option(path, message).within(option));
        }
    }
    let sum: f64 = named.iter().map(|(_, figure)| figure).sum();
    if option == "ratio" && sum == 0.0 {
        return Err(Error::option("ratio", "`ratio` is 0 for every class"));
    }
    if option != "shares" {
        return Ok(());
    }
    let total = target.total.unwrap_or_default();
    if sum > 1.0 + ROUNDED {
        return Err(Error::option("shares", format!("the shares add up to {}, more than 1", shown(sum)))
            .hint("use `ratio` for numbers that only relate to each other"));
    }
    if sum < 1.0 - ROUNDED && total == Total::Largest {
        return Err(Error::option("shares", format!("the shares add up to {}, not to 1", shown(sum)))
            .hint("use `ratio`, or say what they are shares of: `total: input` or a number of rows"));
    }
    Ok(())
}

fn shown(sum: f64) -> f64 {
    (sum * 1e6).round() / 1e6
}

/// Which option says how many.
fn option(target: &Target) -> &'static str {
    match target {
        Target { counts: Some(_), .. } => "counts",
        Target { shares: Some(_), .. } => "shares",
        Target { ratio: Some(_), .. } => "ratio",
        _ => "temperature",
    }
}

/// The classes that the options name, if they name any.
pub fn named(target: &Target) -> Result<Option<Vec<Named>>> {
    let depth = target.by().len();
    let flat = |cells: &Cells<f64>| cells.flat(depth).map_err(|error| error.within(option(target))).map(Some);
    match (&target.counts, &target.shares, &target.ratio) {
        (Some(counts), ..) => {
            let counts = counts.flat(depth).map_err(|error| error.within("counts"))?;
            Ok(Some(counts.into_iter().map(|(parts, count)| (parts, count as f64)).collect()))
        }
        (_, Some(Shares::Given(cells)), _) | (.., Some(cells)) => flat(cells),
        _ => Ok(None),
    }
}

/// Checks that the data have the classes named, and that the options name the classes there are.
pub fn check_classes(target: &Target, classes: &Classes) -> Result<()> {
    let goes_on = matches!(target.short, Short::Accept | Short::Redistribute);
    let figures = classes.figures().iter().zip(classes.available());
    let empty = figures.enumerate().find(|(_, (figure, available))| **figure > 0.0 && **available == 0);
    if let Some((class, _)) = empty.filter(|_| !goes_on) {
        let error = Error::data(format!(
            "no row is of class `{}` in `{}`",
            classes.label(class),
            target.by().join("`, `")
        ));
        let error = match classes.nearest(class) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error,
        };
        return Err(error.hint("with `short: accept` or `short: redistribute` it is done without"));
    }
    match classes.unnamed() {
        Some(label) if target.others == Some(Others::Error) => {
            Err(Error::data(format!("class `{label}` is not named in `{}`", option(target)))
                .hint("name it, or say what to do with `others`: drop or keep"))
        }
        _ => Ok(()),
    }
}

/// How many rows of each class are wanted, of `input` rows in all; `capacities` are the most each class can give.
pub fn rows(target: &Target, classes: &Classes, capacities: &[u64], input: u64) -> Vec<u64> {
    let available = classes.available();
    if target.counts.is_some() {
        return classes.figures().iter().map(|&count| count as u64).collect();
    }
    let figures = match (target.temperature, &target.shares, &target.ratio) {
        (Some(temperature), ..) => tempered(available, temperature),
        (None, None, None) => tempered(available, 1.0),
        _ => classes.figures().to_vec(),
    };
    let weights = weights(&figures);
    let total = match target.total.unwrap_or_default() {
        Total::Rows(rows) => rows.min(u32::MAX.into()),
        Total::Input => input,
        Total::Largest => {
            // A class without rows is done without: it must not make every other class empty.
            let there = |(&rows, &weight): (&u64, &u64)| if rows == 0 { (rows, 0) } else { (rows, weight) };
            let (rows, present): (Vec<u64>, Vec<u64>) = capacities.iter().zip(&weights).map(there).unzip();
            let of_present = largest(&rows, &present);
            let (all, present): (u64, u64) = (weights.iter().sum(), present.iter().sum());
            (u128::from(of_present) * u128::from(all) / u128::from(present.max(1))) as u64
        }
    };
    let rounding = target.rounding.unwrap_or_default();
    let wanted = match (&target.shares, rounding) {
        (Some(Shares::Given(_)), _) => shared(total, &figures, rounding),
        (_, Rounding::Largest) => apportion(total, &weights),
        (_, Rounding::Floor) => {
            let sum: f64 = figures.iter().sum();
            shared(total, &figures.iter().map(|figure| figure / sum).collect::<Vec<_>>(), rounding)
        }
    };
    match target.floor {
        None => wanted,
        Some(floor) => {
            let low: Vec<u64> = available.iter().map(|&rows| rows.min(floor)).collect();
            apportion_within(wanted.iter().sum(), &weights, &low, &vec![u64::MAX; low.len()])
        }
    }
}
