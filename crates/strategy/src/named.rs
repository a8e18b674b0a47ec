//! Matches the classes that options name with the groups that the data have.

use std::collections::HashMap;

use crate::{Error, Groups, Result};

/// The group that each named class is, if the data have it.
///
/// A class is named by its parts as text: `math`, `true`, `3` (which is also 3.0). A key that is null is called `null`,
/// unless a text is. A class that is named twice is an error.
///
/// ```
/// use serde_json::json;
/// use unskew_strategy::{Need, laws::Table, named_groups};
///
/// let rows = Table::new(&[json!({"task": "math"}), json!({"task": null})])?;
/// let input = rows.input(&[Need::Groups(vec!["task".into()])]);
/// let named = [(vec!["null".to_owned()], 0.5), (vec!["search".to_owned()], 0.5)];
/// assert_eq!(named_groups(input.groups(0), &named)?, [Some(1), None]);
/// # Ok::<(), unskew_strategy::Error>(())
/// ```
pub fn named_groups<T>(groups: &Groups, named: &[(Vec<String>, T)]) -> Result<Vec<Option<usize>>> {
    let numeric: Vec<bool> =
        groups.keys().columns().iter().map(|column| column.data_type().is_numeric()).collect();
    let plain = |text: &str, part: usize| if numeric[part] { plain_number(text) } else { text.to_owned() };
    let mut classes = HashMap::new();
    for (class, (parts, _)) in named.iter().enumerate() {
        let parts: Vec<String> = parts.iter().enumerate().map(|(part, text)| plain(text, part)).collect();
        let name = parts.join(" × ");
        if classes.insert(parts, class).is_some() {
            return Err(Error::data(format!("class `{name}` is named twice")));
        }
    }
    let mut matched = vec![None; named.len()];
    let mut with_null = vec![];
    for group in 0..groups.len() {
        let parts = groups.parts(group);
        let has_null = parts.iter().any(Option::is_none);
        let named =
            |(part, text): (usize, Option<String>)| text.map_or("null".to_owned(), |text| plain(&text, part));
        let parts: Vec<String> = parts.into_iter().enumerate().map(named).collect();
        match classes.get(&parts) {
            Some(&class) if has_null => with_null.push((class, group)),
            Some(&class) => matched[class] = Some(group),
            None => {}
        }
    }
    for (class, group) in with_null {
        matched[class] = matched[class].or(Some(group));
    }
    Ok(matched)
}

/// A number as people write it, so that `1` names 1.0.
fn plain_number(text: &str) -> String {
    match text.parse::<f64>() {
        Ok(number) if text.contains(['.', 'e', 'E']) => number.to_string(),
        _ => text.to_owned(),
    }
}
