//! The built-in strategies, in one explicit list: what is not on it does not exist.

use unskew_strategy::Plugin;

/// Every built-in strategy, by name.
///
/// ```
/// let names: Vec<_> = unskew_plugins::plugins().iter().map(|plugin| plugin.manifest().name).collect();
/// assert_eq!(names, ["cap", "dedup", "order", "target"]);
/// ```
pub fn plugins() -> &'static [&'static dyn Plugin] {
    static PLUGINS: [&dyn Plugin; 4] =
        [&unskew_cap::PLUGIN, &unskew_dedup::PLUGIN, &unskew_order::PLUGIN, &unskew_target::PLUGIN];
    &PLUGINS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_order_and_used_once() {
        let names: Vec<_> = plugins().iter().map(|plugin| plugin.manifest().name).collect();
        assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
    }
}
