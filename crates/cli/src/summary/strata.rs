//! Groups of rows before and after a stage, with bars.

use unskew_core::report::{Sizes, Strata, Stratum, Summary};

use super::{MOST_LINES, more, number, percent, short};
use crate::{
    table::{Align, Table},
    terminal::Style,
};

/// The table of `strata`: the largest groups in their order, or what they are like where there are very many.
pub fn lines(strata: &Strata, style: &Style) -> Vec<String> {
    if let Some(summary) = &strata.summary {
        return summed_up(summary, style);
    }
    let sum = |count: fn(&Stratum) -> u64| strata.groups.iter().map(count).sum::<u64>();
    let (before, after) = (sum(|group| group.before), sum(|group| group.after));
    let shown = largest(&strata.groups);
    let most = shown.iter().map(|group| group.before.max(group.after)).max().unwrap_or(0);
    let headings = [
        ("", Align::Left),
        ("before", Align::Right),
        ("share", Align::Right),
        ("after", Align::Right),
        ("share", Align::Right),
        ("kept", Align::Right),
        ("", Align::Left),
    ];
    let mut table = Table::new(headings.map(|(heading, align)| (heading.to_owned(), align)));
    let bar_width = (style.width / 5).min(24);
    for group in &shown {
        table.row([
            group.label(),
            number(group.before),
            share(group.before, before),
            number(group.after),
            share(group.after, after),
            share(group.after, group.before),
            bar(group.after, group.before, most, bar_width, style),
        ]);
    }
    let mut lines = table.lines(style, style.width);
    lines.extend(more((strata.groups.len() - shown.len()) as u64));
    lines
}

/// The largest groups, in the order they came in.
fn largest(groups: &[Stratum]) -> Vec<&Stratum> {
    let mut numbered: Vec<_> = groups.iter().enumerate().collect();
    if numbered.len() > MOST_LINES {
        numbered.sort_by_key(|(at, group)| (std::cmp::Reverse(group.before.max(group.after)), *at));
        numbered.truncate(MOST_LINES);
        numbered.sort_by_key(|(at, _)| *at);
    }
    numbered.into_iter().map(|(_, group)| group).collect()
}

/// A share for people, unless there is nothing to have a share of.
fn share(part: u64, whole: u64) -> String {
    if whole == 0 { String::new() } else { percent(part as f64 / whole as f64) }
}

/// How many groups there are, and how many rows each has.
fn summed_up(summary: &Summary, style: &Style) -> Vec<String> {
    let Summary { before, after } = summary;
    let headings = [("", Align::Left), ("before", Align::Right), ("after", Align::Right)];
    let mut table = Table::new(headings.map(|(heading, align)| (heading.to_owned(), align)));
    let mut line = |name: &str, value: &dyn Fn(&Sizes) -> String| {
        table.row([name.to_owned(), value(before), value(after)]);
    };
    line("groups", &|sizes| number(sizes.groups));
    line("least rows", &|sizes| number(sizes.least));
    line("median rows", &|sizes| short(sizes.median));
    line("mean rows", &|sizes| short(sizes.mean));
    line("most rows", &|sizes| number(sizes.most));
    table.lines(style, style.width)
}

/// A bar for `after` of `before` rows, where `most` rows take `width` columns.
pub fn bar(after: u64, before: u64, most: u64, width: usize, style: &Style) -> String {
    if most == 0 || width == 0 {
        return String::new();
    }
    let eighths = |rows: u64| (rows as f64 / most as f64 * width as f64 * 8.0).round() as usize;
    let whole = eighths(before.max(after)).div_ceil(8);
    let (full, rest) = (eighths(after) / 8, eighths(after) % 8);
    let mut bar = style.either("█", "#").repeat(full);
    if style.unicode && rest > 0 {
        bar.push(['▏', '▎', '▍', '▌', '▋', '▊', '▉'][rest - 1]);
    }
    if after > 0 && bar.is_empty() {
        bar.push_str(style.either("▏", "|"));
    }
    let left = whole.saturating_sub(bar.chars().count());
    bar + &style.either("░", ".").repeat(left)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::terminal::PLAIN;

    #[test]
    fn a_bar_shows_what_is_kept_and_what_is_not() {
        let ascii = Style { unicode: false, ..PLAIN };
        assert_eq!(bar(120, 348, 348, 12, &PLAIN), "████▏░░░░░░░");
        assert_eq!(bar(120, 348, 348, 12, &ascii), "####........");
        assert_eq!(bar(1, 10_000, 10_000, 4, &PLAIN), "▏░░░");
        assert_eq!(bar(0, 0, 10, 4, &PLAIN), "");
        assert_eq!(bar(200, 100, 200, 4, &PLAIN), "████");
    }

    #[test]
    fn only_the_largest_of_many_groups_are_shown() {
        let group =
            |number: u64| Stratum { key: vec![Some(format!("t{number:03}"))], before: number, after: number };
        let strata = Strata { groups: (1..=30).map(group).collect(), ..Strata::default() };
        let lines = lines(&strata, &PLAIN);
        assert_eq!(lines.len(), 1 + MOST_LINES + 1);
        assert!(lines[1].starts_with("  t011 "), "{}", lines[1]);
        assert_eq!(lines.last().unwrap(), "  and 10 more");
    }

    proptest! {
        #[test]
        fn bars_stay_in_their_width(after in 0_u64..1000, before in 0_u64..1000, more in 0_u64..1000, width in 1_usize..40, unicode: bool) {
            let most = after.max(before) + more;
            let style = Style { unicode, ..PLAIN };
            let bar = bar(after, before, most, width, &style);
            prop_assert!(bar.chars().count() <= width);
            prop_assert!(most == 0 || after == 0 || !bar.is_empty());
        }
    }
}
