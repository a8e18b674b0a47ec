//! What a mistyped name was meant to be.

/// The one of `known` that `name` was most likely meant to be, if any comes close.
///
/// ```
/// let known = ["metadata.task_type", "reward"];
/// assert_eq!(unskew_expr::nearest("metadata.task_typ", known.into_iter()), Some("metadata.task_type"));
/// assert_eq!(unskew_expr::nearest("response", known.into_iter()), None);
/// ```
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    let length = wanted.chars().count();
    let mut best: Option<(usize, &str)> = None;
    for candidate in known.filter(|candidate| *candidate != name) {
        let other = candidate.to_lowercase();
        let allowed = (length.max(other.chars().count()) / 3).max(1);
        // A name of one letter is one edit away from every other.
        if other != wanted && length < 2 || length.abs_diff(other.chars().count()) > allowed {
            continue;
        }
        let distance = strsim::damerau_levenshtein(&wanted, &other);
        if distance <= allowed && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn slips_are_seen_through() {
        let known = ["score", "task_type", "taskType", "x"];
        for (name, meant) in
            [("scor", "score"), ("socre", "score"), ("SCORE", "score"), ("task_typ", "task_type"), ("X", "x")]
        {
            assert_eq!(nearest(name, known.into_iter()), Some(meant), "{name}");
        }
        for name in ["response", "y", "", "length"] {
            assert_eq!(nearest(name, known.into_iter()), None, "{name}");
        }
    }
}
