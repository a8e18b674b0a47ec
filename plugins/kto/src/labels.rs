//! Reads which rows are desirable.

use unskew_strategy::{Error, Groups, Result, Strata, truth};

/// Whether each row is desirable, where `groups` are the values of the expression `label`.
///
/// Every row has to have one of two values, and each value some row, unless there are no rows.
pub fn read(label: &str, groups: &Groups) -> Result<Vec<bool>> {
    let counts = Strata::new(groups.codes(), groups.len()).counts();
    let filled: Vec<usize> = (0..groups.len()).filter(|&group| counts[group] > 0).collect();
    let texts: Vec<Option<String>> =
        (0..groups.len()).map(|group| groups.parts(group).into_iter().next().flatten()).collect();
    let truths: Vec<Option<bool>> = texts.iter().map(|text| truth(text.as_deref()?)).collect();
    let strange: Vec<usize> = filled.iter().copied().filter(|&group| truths[group].is_none()).collect();
    if let [first, more @ ..] = strange.as_slice() {
        let numeric = groups.keys().column(0).data_type().is_numeric();
        return Err(neither(label, texts[*first].as_deref(), counts[*first], more.len(), numeric));
    }
    let number = |group: usize| texts[group].as_deref().and_then(|text| text.parse::<f64>().ok());
    let with = |value: f64| filled.iter().find(|&&group| number(group) == Some(value));
    if let (Some(&zero), Some(&minus)) = (with(0.0), with(-1.0)) {
        let (zeros, minuses) = (rows(counts[zero]), rows(counts[minus]));
        let message = format!("`{label}` is 0 for {zeros} and -1 for {minuses}, so that it has three values");
        return Err(Error::option("label", message).hint(format!(
            "say which rows are desirable: `label: {label} > 0`, and leave others out with `where`"
        )));
    }
    for (wanted, name) in [(true, "desirable"), (false, "undesirable")] {
        if !filled.is_empty() && filled.iter().all(|&group| truths[group] != Some(wanted)) {
            let message = format!("no row is {name}: `{label}` is {} for every row", !wanted);
            return Err(Error::option("label", message)
                .hint("say which rows are desirable with an expression that is true for some rows and false for others"));
        }
    }
    Ok(groups.codes().iter().map(|&code| truths[code as usize] == Some(true)).collect())
}

/// An error about a value that is neither true nor false, of `count` rows, and `more` values of that kind.
fn neither(label: &str, value: Option<&str>, count: u64, more: usize, numeric: bool) -> Error {
    let others = match more {
        0 => String::new(),
        1 => ", and there is one more such value".to_owned(),
        more => format!(", and there are {more} more such values"),
    };
    let Some(value) = value else {
        let message = format!("`{label}` is null for {}{others}", rows(count));
        return Error::option("label", message).hint(format!("leave them out: `where: {label} is not null`"));
    };
    let message =
        format!("`{label}` is `{value}` for {}, which is neither true nor false{others}", rows(count));
    let example = if numeric { format!("{label} >= 0.5") } else { format!("{label} = 'good'") };
    Error::option("label", message)
        .hint(format!("say which rows are desirable with an expression, such as `{example}`"))
}

/// `1 row`, `2 rows`.
fn rows(count: u64) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
}
