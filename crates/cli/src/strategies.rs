//! `strategies`: what there is, and how each is used.

use serde_json::Value;
use unskew_core::{Registered, Registry, Result};
use unskew_strategy::Manifest;

use crate::{
    apply::to_yaml,
    arguments::Strategies,
    option::{StrategyOption, object, options},
    table::{Align, Table},
    terminal::{Style, Tone, print},
};

/// Lists the strategies, or explains one.
pub fn strategies(arguments: &Strategies, registry: &Registry) -> Result<()> {
    let one = arguments.name.as_ref().map(|name| registry.get(name)).transpose()?;
    let style = Style::of_stdout();
    let text = match (one, arguments.json) {
        (Some(one), true) => format!("{:#}\n", json(&one.manifest)),
        (None, true) => {
            let all = registry.all().into_iter().filter_map(|(_, found)| found.ok());
            format!("{:#}\n", all.map(|one| json(&one.manifest)).collect::<Value>())
        }
        (Some(one), false) => explain(&one.manifest, &style)?,
        (None, false) => list(registry, &style),
    };
    print(&text)
}

fn json(manifest: &Manifest) -> Value {
    serde_json::to_value(manifest).expect("a manifest has text keys only")
}

fn list(registry: &Registry, style: &Style) -> String {
    let mut table = Table::new([(String::new(), Align::Left), (String::new(), Align::Left)]);
    for (name, found) in registry.all() {
        let told = match found {
            Ok(Registered { manifest, home: None, .. }) => manifest.summary.to_string(),
            Ok(Registered { manifest, .. }) => format!("{} (a program)", manifest.summary),
            Err(error) => format!("cannot be used: {error}"),
        };
        table.row([name, told]);
    }
    let mut lines = table.lines(style, style.width);
    lines.extend([String::new(), "`unskew strategies NAME` explains one.".to_owned()]);
    lines.join("\n") + "\n"
}

fn explain(manifest: &Manifest, style: &Style) -> Result<String> {
    let mut lines = vec![format!("{}: {}", style.paint(Tone::Strong, &manifest.name), manifest.summary)];
    if let Some(description) = manifest.options["description"].as_str() {
        for paragraph in description.split("\n\n") {
            lines.push(String::new());
            lines.extend(wrapped(paragraph, style.width, ""));
        }
    }
    lines.extend([String::new(), style.paint(Tone::Strong, "options")]);
    for option in options(&manifest.options) {
        lines.extend(option_lines(&option, style));
    }
    lines.extend([String::new(), style.paint(Tone::Strong, "example")]);
    let stage = object([(
        "stages".to_owned(),
        vec![object([(manifest.name.to_string(), manifest.example.options.clone())])].into(),
    )]);
    lines.extend(to_yaml(&stage)?.lines().map(|line| format!("  {line}")));
    lines.push(String::new());
    let chooses: Vec<_> =
        manifest.example.chooses.iter().filter_map(|row| manifest.example.rows.get(*row as usize)).collect();
    lines.push("  from these rows        come these".to_owned());
    for row in 0..manifest.example.rows.len().max(chooses.len()) {
        let cell = |row: Option<&Value>| row.map(Value::to_string).unwrap_or_default();
        let (left, right) = (cell(manifest.example.rows.get(row)), cell(chooses.get(row).copied()));
        lines.push(format!("  {left:<22} {right}").trim_end().to_owned());
    }
    Ok(lines.join("\n") + "\n")
}

fn option_lines(option: &StrategyOption, style: &Style) -> Vec<String> {
    let need = match (&option.default, option.required) {
        (_, true) => ", required".to_owned(),
        (Some(Value::String(default)), _) => format!(", {default} by default"),
        (Some(default), _) => format!(", {default} by default"),
        _ => String::new(),
    };
    let mut lines = vec![format!("  {}  {}{need}", style.paint(Tone::Strong, &option.name), option.shown)];
    lines.extend(wrapped(&option.description, style.width, "      "));
    lines
}

/// `text` in lines of at most `width` columns, each after `indent`.
fn wrapped(text: &str, width: usize, indent: &str) -> Vec<String> {
    let mut lines = vec![];
    let mut line = indent.to_owned();
    for word in text.split_whitespace() {
        let begun = line.len() > indent.len();
        if begun && console::measure_text_width(&line) + 1 + console::measure_text_width(word) > width {
            lines.push(std::mem::replace(&mut line, indent.to_owned()));
        } else if begun {
            line.push(' ');
        }
        line.push_str(word);
    }
    if line.len() > indent.len() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::PLAIN;

    #[test]
    fn every_strategy_can_be_explained() {
        let registry = Registry::new(unskew_plugins::plugins()).unwrap();
        for manifest in registry.manifests() {
            let text = explain(manifest, &PLAIN).unwrap();
            for option in options(&manifest.options) {
                assert!(text.contains(&format!("\n  {}  ", option.name)), "{text}");
            }
            assert!(text.contains("stages:\n"), "{text}");
        }
    }

    #[test]
    fn words_are_wrapped_between_them() {
        assert_eq!(wrapped("one two three", 9, "  "), ["  one two", "  three"]);
        assert_eq!(wrapped("", 9, "  "), Vec::<String>::new());
    }
}
