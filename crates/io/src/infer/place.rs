//! How places in a row are written.

use crate::{Path, Step};

/// The place of the member `name` of the object at `path`.
pub(crate) fn member(path: &str, name: &str) -> String {
    let name = Path::new(vec![Step::Member(name.to_owned())]);
    if path.is_empty() { name.to_string() } else { format!("{path}.{name}") }
}

/// The place of the items of the list at `path`.
pub(crate) fn item(path: &str) -> String {
    format!("{path}[]")
}
