//! Reads what a label says.

/// Whether a label, as the text of a group's key, says yes or no; neither is `None`.
///
/// ```
/// use unskew_strategy::truth;
///
/// assert_eq!(["true", "True", "1", "1.0"].map(truth), [Some(true); 4]);
/// assert_eq!(["false", "FALSE", "0", "-1.0"].map(truth), [Some(false); 4]);
/// assert_eq!(["yes", "2", ""].map(truth), [None; 3]);
/// ```
pub fn truth(text: &str) -> Option<bool> {
    match text.parse::<f64>() {
        Ok(1.0) => Some(true),
        Ok(0.0 | -1.0) => Some(false),
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}
