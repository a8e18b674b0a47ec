//! Finds the name that was probably meant.

/// The known name nearest to `name`, if one is near enough to be a slip of the finger.
///
/// ```
/// use unskew_strategy::nearest;
///
/// assert_eq!(nearest("codng", ["math", "coding"]), Some("coding"));
/// assert_eq!(nearest("Math", ["math", "coding"]), Some("math"));
/// assert_eq!(nearest("poetry", ["math", "coding"]), None);
/// ```
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    let distance = |other: &str| strsim::damerau_levenshtein(&name, &other.to_lowercase());
    let near =
        |(distance, other): &(usize, &str)| *distance * 3 <= name.chars().count().max(other.chars().count());
    known.into_iter().map(|other| (distance(other), other)).filter(near).min().map(|(_, other)| other)
}
