//! Tables of text: aligned, cut to the width there is.

use crate::terminal::{Style, Tone};

/// How the cells of a column stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Text; too much of it is cut.
    Left,
    /// Numbers.
    Right,
}

/// Rows of cells under headings.
pub struct Table {
    headings: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
}

/// The least a column of text is cut to.
const LEAST: usize = 8;

impl Table {
    /// A table with these columns.
    pub fn new(headings: impl IntoIterator<Item = (String, Align)>) -> Self {
        Self { headings: headings.into_iter().collect(), rows: vec![] }
    }

    /// Adds a row, with a cell for each column.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The table as lines, each after two spaces, at most `width` columns wide if texts can be cut so far.
    pub fn lines(&self, style: &Style, width: usize) -> Vec<String> {
        let widths = self.widths(style, width.saturating_sub(2));
        let headings: Vec<_> = self.headings.iter().map(|(heading, _)| heading.clone()).collect();
        let heading = style.paint(Tone::Faint, &self.line(style, &widths, &headings));
        let empty = headings.iter().all(String::is_empty);
        let rows = self.rows.iter().map(|row| self.line(style, &widths, row));
        (!empty).then_some(heading).into_iter().chain(rows).map(|line| format!("  {line}")).collect()
    }

    fn widths(&self, style: &Style, width: usize) -> Vec<usize> {
        let cell = |text: &str| console::measure_text_width(&style.fit(text, usize::MAX));
        let widest = |column: usize| {
            let rows = self.rows.iter().filter_map(|row| row.get(column)).map(|text| cell(text));
            rows.chain([cell(&self.headings[column].0)]).max().unwrap_or(0)
        };
        let mut widths: Vec<usize> = (0..self.headings.len()).map(widest).collect();
        let gaps = 2 * widths.len().saturating_sub(1);
        while widths.iter().sum::<usize>() + gaps > width {
            let texts = self.headings.iter().enumerate().filter(|(_, (_, align))| *align == Align::Left);
            let Some(widest) = texts.map(|(column, _)| column).max_by_key(|column| widths[*column]) else {
                break;
            };
            if widths[widest] <= LEAST {
                break;
            }
            widths[widest] -= 1;
        }
        widths
    }

    fn line(&self, style: &Style, widths: &[usize], cells: &[String]) -> String {
        let cell = |((text, width), (_, align)): ((&String, &usize), &(String, Align))| {
            let text = style.fit(text, *width);
            let space = " ".repeat(width.saturating_sub(console::measure_text_width(&text)));
            match align {
                Align::Left => text + &space,
                Align::Right => space + &text,
            }
        };
        let cells: Vec<_> = cells.iter().zip(widths).zip(&self.headings).map(cell).collect();
        cells.join("  ").trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::PLAIN;

    #[test]
    fn texts_give_way_to_numbers() {
        let mut table = Table::new([("task".to_owned(), Align::Left), ("rows".to_owned(), Align::Right)]);
        table.row(["a very long name of a task".to_owned(), "1 200".to_owned()]);
        table.row(["\x1b[2Jx".to_owned(), "7".to_owned()]);
        assert_eq!(
            table.lines(&PLAIN, 24),
            ["  task              rows", "  a very long na…  1 200", "  ␛[2Jx                7"]
        );
    }
}
