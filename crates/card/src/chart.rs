//! Charts as SVG: no scripts, no other hosts, the same bytes for the same numbers, colours that show on light and dark.

use std::fmt::Write;

use unskew_core::report::Spread;

use crate::escape::{grouped, short, xml};

/// A group of rows before and after.
#[derive(Debug, Clone)]
pub struct Bar {
    /// What it is called.
    pub label: String,
    /// Rows before.
    pub before: u64,
    /// Rows after.
    pub after: u64,
}

const WIDTH: u32 = 720;
const TEXT: &str = "#768390";
const BEFORE: &str = "#a3acb8";
const AFTER: &str = "#2f7fe0";

/// Letters of a label that are shown.
const LETTERS: usize = 26;

/// Groups before and after, two bars each.
pub fn bars(title: &str, bars: &[Bar]) -> String {
    const LEFT: u32 = 200;
    const ROOM: u32 = 400;
    const STEP: u32 = 36;
    let most = bars.iter().map(|bar| bar.before.max(bar.after)).max().unwrap_or(0);
    let height = 64 + STEP * bars.len() as u32;
    let mut out = begin(title, height, true);
    for (at, bar) in (0..).zip(bars) {
        let top = 56 + STEP * at;
        let label = cut(&bar.label);
        text(&mut out, LEFT - 10, top + 18, "end", &label);
        for (rows, offset, colour) in [(bar.before, 0, BEFORE), (bar.after, 14, AFTER)] {
            let width = scaled(rows, most, ROOM);
            let y = top + offset;
            let _ = writeln!(
                out,
                r#"<rect x="{LEFT}" y="{y}" width="{width}" height="12" rx="2" fill="{colour}"/>"#
            );
            let end = LEFT + width.ceil() as u32 + 6;
            let _ = writeln!(
                out,
                r#"<text x="{end}" y="{}" font-size="11" fill="{TEXT}">{}</text>"#,
                y + 10,
                grouped(rows)
            );
        }
    }
    out + "</svg>\n"
}

/// Numbers before and after, in bins.
pub fn histogram(spread: &Spread) -> String {
    const LEFT: u32 = 40;
    const BOTTOM: u32 = 250;
    const ROOM: u32 = 180;
    let bins = &spread.bins;
    let most = bins.iter().map(|bin| bin.before.unwrap_or(0).max(bin.after)).max().unwrap_or(0);
    let with_before = bins.iter().any(|bin| bin.before.is_some());
    let mut out = begin(&format!("rows by {}", spread.name), 290, with_before);
    let step = f64::from(WIDTH - 2 * LEFT) / bins.len().max(1) as f64;
    let parts = if with_before { 2.0 } else { 1.0 };
    let thick = (step - 4.0).max(1.0) / parts;
    for (at, bin) in bins.iter().enumerate() {
        let x = f64::from(LEFT) + step * at as f64 + 2.0;
        let pillars = [(bin.before, BEFORE), (Some(bin.after), AFTER)];
        for (place, (rows, colour)) in pillars.into_iter().filter(|(rows, _)| rows.is_some()).enumerate() {
            let height = scaled(rows.unwrap_or(0), most, ROOM);
            let (x, y) = (x + thick * place as f64, f64::from(BOTTOM) - height);
            let _ = writeln!(
                out,
                r#"<rect x="{x:.1}" y="{y:.1}" width="{thick:.1}" height="{height:.1}" fill="{colour}"/>"#
            );
        }
        let edge =
            if at == 0 || (at + 1) % bins.len().div_ceil(10) == 0 { short(bin.from) } else { continue };
        text(&mut out, x as u32, BOTTOM + 18, "middle", &edge);
    }
    if let Some(last) = bins.last() {
        text(&mut out, WIDTH - LEFT, BOTTOM + 18, "middle", &short(last.to));
    }
    text(&mut out, LEFT - 6, BOTTOM - ROOM + 4, "end", &grouped(most));
    text(&mut out, LEFT - 6, BOTTOM, "end", "0");
    let _ = writeln!(
        out,
        r#"<line x1="{LEFT}" y1="{BOTTOM}" x2="{}" y2="{BOTTOM}" stroke="{TEXT}"/>"#,
        WIDTH - LEFT
    );
    out + "</svg>\n"
}

/// The head of a chart: its title, which is what readers without eyes are told, and what the colours mean.
fn begin(title: &str, height: u32, with_before: bool) -> String {
    let title = xml(title);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" role=\"img\" font-family=\"system-ui, sans-serif\">\n<title>{title}</title>\n"
    );
    let _ =
        writeln!(out, r#"<text x="20" y="28" font-size="15" font-weight="600" fill="{TEXT}">{title}</text>"#);
    let colours = [(WIDTH - 150, BEFORE, "before"), (WIDTH - 70, AFTER, "after")];
    for (x, colour, word) in colours.into_iter().skip(usize::from(!with_before)) {
        let _ = writeln!(out, r#"<rect x="{x}" y="18" width="12" height="12" rx="2" fill="{colour}"/>"#);
        text(&mut out, x + 17, 28, "start", word);
    }
    out
}

fn text(out: &mut String, x: u32, y: u32, anchor: &str, text: &str) {
    let text = xml(text);
    let _ = writeln!(
        out,
        r#"<text x="{x}" y="{y}" font-size="12" text-anchor="{anchor}" fill="{TEXT}">{text}</text>"#
    );
}

/// How long `rows` are where `most` take `room`, in tenths.
fn scaled(rows: u64, most: u64, room: u32) -> f64 {
    if most == 0 { 0.0 } else { (rows as f64 / most as f64 * f64::from(room) * 10.0).round() / 10.0 }
}

fn cut(label: &str) -> String {
    if label.chars().count() <= LETTERS {
        return label.to_owned();
    }
    label.chars().take(LETTERS - 1).chain(['…']).collect()
}

/// A bar of text for a table.
pub fn text_bar(rows: u64, most: u64) -> String {
    const ROOM: u64 = 20;
    let eighths = (rows * ROOM * 8 + most / 2).checked_div(most).unwrap_or(0);
    let mut bar = "█".repeat((eighths / 8) as usize);
    match eighths % 8 {
        0 if rows > 0 && eighths == 0 => bar.push('▏'),
        0 => {}
        rest => bar.push(['▏', '▎', '▍', '▌', '▋', '▊', '▉'][rest as usize - 1]),
    }
    bar
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unskew_core::report::SpreadBin;

    use super::*;

    #[test]
    fn a_bar_of_text_shows_every_row() {
        assert_eq!(text_bar(10, 10).chars().count(), 20);
        assert_eq!(
            (text_bar(1, 100_000), text_bar(0, 5), text_bar(0, 0)),
            ("▏".into(), String::new(), String::new())
        );
        assert_eq!(text_bar(1, 3), "██████▋");
    }

    #[test]
    fn the_longest_bar_takes_the_room() {
        let bar = |label: &str, before, after| Bar { label: label.to_owned(), before, after };
        let chart = bars("task", &[bar("math", 348, 120), bar("<b>", 0, 0)]);
        assert!(
            chart.contains(r#"width="400" height="12""#) && chart.contains(r#"width="137.9" height="12""#)
        );
        assert!(chart.contains("&lt;b&gt;") && !chart.contains("<b>"));
    }

    proptest! {
        #[test]
        fn a_chart_has_our_elements_alone(label in any::<String>(), before in any::<u32>(), after in any::<u32>()) {
            let bar = Bar { label: label.clone(), before: before.into(), after: after.into() };
            let bin = SpreadBin { from: 0.0, to: 1.0, before: Some(before.into()), after: after.into() };
            let spread = Spread { name: label.clone(), bins: vec![bin.clone(), bin], missing: 0 };
            for chart in [bars(&label, &[bar]), histogram(&spread)] {
                for tag in chart.split('<').skip(1) {
                    let name = tag.trim_start_matches('/').split([' ', '>', '/']).next().unwrap();
                    prop_assert!(["svg", "title", "text", "rect", "line"].contains(&name), "{}", name);
                }
            }
        }
    }
}
