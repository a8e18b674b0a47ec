//! How well rows are mixed.

use unskew_core::report::OrderReport;

use super::{MOST_LINES, number};
use crate::{
    table::{Align, Table},
    terminal::{Style, Tone},
};

/// The order of one split: its values, its runs, and its batches by size.
pub fn lines(order: &OrderReport, style: &Style) -> Vec<String> {
    let by = style.fit(&order.by.join(style.either(" × ", " x ")), style.width / 2);
    let split = order.split.as_ref().map_or(String::new(), |split| format!(" in {}", style.fit(split, 40)));
    let mut lines = vec![format!("{} of {by}{split}", style.paint(Tone::Strong, "order"))];
    lines.extend(values(order, style));
    lines.push(format!(
        "  longest run {}, smallest safe batch {}",
        number(order.longest_run),
        number(order.smallest_safe_batch)
    ));
    let headings = ["batch size", "batches", "of one label"];
    let mut table = Table::new(headings.map(|heading| (heading.to_owned(), Align::Right)));
    for batches in &order.batches {
        table.row([batches.size, batches.batches, batches.of_one_label].map(number));
    }
    lines.extend(table.lines(style, style.width));
    lines
}

/// How many rows each value has, in all and among the first ones.
fn values(order: &OrderReport, style: &Style) -> Vec<String> {
    let first = format!("first {}", number(order.first));
    let headings = [("", Align::Left), ("rows", Align::Right), (&first, Align::Right)];
    let mut table = Table::new(headings.map(|(heading, align)| (heading.to_owned(), align)));
    for value in order.values.iter().take(MOST_LINES) {
        table.row([value.label(), number(value.rows), number(value.first)]);
    }
    let mut lines = table.lines(style, style.width);
    lines.extend(super::more(order.more + order.values.len().saturating_sub(MOST_LINES) as u64));
    lines
}

#[cfg(test)]
mod tests {
    use unskew_core::report::{Mixture, OneLabel};

    use super::*;
    use crate::terminal::PLAIN;

    #[test]
    fn an_order_fits_into_a_terminal() {
        let mixture = |key: &str, rows, first| Mixture { key: vec![Some(key.to_owned())], rows, first };
        let order = OrderReport {
            split: Some("train".to_owned()),
            by: vec!["label".to_owned()],
            values: vec![mixture("false", 254, 13), mixture("true", 746, 37)],
            first: 50,
            batches: vec![OneLabel { size: 2, batches: 500, of_one_label: 246 }],
            longest_run: 3,
            smallest_safe_batch: 4,
            ..OrderReport::default()
        };
        assert_eq!(
            lines(&order, &PLAIN),
            [
                "order of label in train",
                "         rows  first 50",
                "  false   254        13",
                "  true    746        37",
                "  longest run 3, smallest safe batch 4",
                "  batch size  batches  of one label",
                "           2      500           246",
            ]
        );
    }
}
