//! Reading a page: the sections of a Markdown file whose fences make up a case.

use std::ops::Range;

/// A Markdown file with cases in it.
#[derive(Debug)]
pub struct Page {
    text: String,
    /// The sections that have a recipe.
    pub cases: Vec<Case>,
}

/// A section with a recipe.
#[derive(Debug, PartialEq)]
pub struct Case {
    /// Its heading.
    pub title: String,
    /// The line of its heading.
    pub line: usize,
    /// Its fences, the recipe among them.
    pub fences: Vec<Fence>,
}

/// A block of text between backticks that means something to the test.
#[derive(Debug, Clone, PartialEq)]
pub struct Fence {
    /// What it means.
    pub kind: Kind,
    /// The words after the backticks, as written.
    pub info: String,
    /// The line of the backticks that open it.
    pub line: usize,
    /// Where its content is in the page.
    content: Range<usize>,
}

/// A fence whose end has not come yet; one without a kind means nothing to the test.
struct Open {
    ticks: usize,
    kind: Option<Kind>,
    info: String,
    line: usize,
    start: usize,
}

impl Open {
    fn close(self, end: usize) -> Option<Fence> {
        Some(Fence { kind: self.kind?, info: self.info, line: self.line, content: self.start..end })
    }
}

/// What a fence means.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// The recipe to run.
    Recipe,
    /// A file to write before the run.
    Rows(String),
    /// The rows of a split of the result, `CONFIG/SPLIT` where its config is not the default one.
    Expected { split: String, any_order: bool },
    /// The rows that were left out: of one split, or of all.
    Overflow(Option<String>),
    /// Part of what a run prints; a line `…` stands for any lines.
    Report,
    /// All that a failing run says, and perhaps its exit code.
    Error(Option<i32>),
    /// All that a plan prints.
    Plan,
}

impl Page {
    /// Reads a page.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut sections = vec![Case { title: String::new(), line: 1, fences: vec![] }];
        let mut open: Option<Open> = None;
        let mut offset = 0;
        for (line, text) in (1..).zip(text.split_inclusive('\n')) {
            let start = offset;
            offset += text.len();
            let ticks = text.len() - text.trim_start_matches('`').len();
            if let Some(fence) = open.take_if(|fence| ticks >= fence.ticks && text[ticks..].trim().is_empty())
            {
                sections.last_mut().expect("there is always a section").fences.extend(fence.close(start));
            } else if open.is_none() && ticks >= 3 {
                let info = text[ticks..].trim().to_owned();
                let kind = Kind::parse(&info).map_err(|error| format!("line {line}: {error}"))?;
                open = Some(Open { ticks, kind, info, line, start: offset });
            } else if let (None, Some(title)) = (&open, heading(text)) {
                sections.push(Case { title: title.to_owned(), line, fences: vec![] });
            }
        }
        if let Some(fence) = open {
            return Err(format!("line {}: the fence is never closed", fence.line));
        }
        for section in &sections {
            section.check().map_err(|error| format!("line {}: {error}", section.line))?;
        }
        sections.retain(|section| section.has(|kind| *kind == Kind::Recipe));
        Ok(Self { text: text.to_owned(), cases: sections })
    }

    /// What stands between a fence's backticks.
    pub fn content(&self, fence: &Fence) -> &str {
        &self.text[fence.content.clone()]
    }

    /// The page's text with other content in some of its fences.
    pub fn with(&self, mut contents: Vec<(Fence, String)>) -> String {
        contents.sort_by_key(|(fence, _)| fence.content.start);
        let mut text = self.text.clone();
        for (fence, content) in contents.into_iter().rev() {
            text.replace_range(fence.content, &content);
        }
        text
    }
}

impl Case {
    /// Whether one of its fences is of such a kind.
    pub fn has(&self, such: impl Fn(&Kind) -> bool) -> bool {
        self.fences.iter().any(|fence| such(&fence.kind))
    }

    fn check(&self) -> Result<(), String> {
        let recipes = self.fences.iter().filter(|fence| fence.kind == Kind::Recipe).count();
        let fails = self.has(|kind| matches!(kind, Kind::Error(_)));
        let works = self.has(|kind| matches!(kind, Kind::Expected { .. } | Kind::Overflow(_) | Kind::Report));
        match recipes {
            0 if self.fences.is_empty() => Ok(()),
            0 => Err("the section has fences for a test, but no recipe".to_owned()),
            1 if fails && works => Err("the section expects an error and a result".to_owned()),
            1 if !fails && !works && !self.has(|kind| *kind == Kind::Plan) => {
                Err("the section has a recipe, but expects nothing of it".to_owned())
            }
            1 => Ok(()),
            _ => Err("the section has more than one recipe: give each its heading".to_owned()),
        }
    }
}

impl Kind {
    /// What the words after the backticks mean: nothing, when there is only a language.
    fn parse(info: &str) -> Result<Option<Self>, String> {
        let mut words = info.split_whitespace().skip(1);
        let Some(word) = words.next() else { return Ok(None) };
        let rest: Vec<&str> = words.collect();
        let kind = match (word, rest.as_slice()) {
            ("recipe", []) => Self::Recipe,
            ("report", []) => Self::Report,
            ("plan", []) => Self::Plan,
            ("rows", []) => Self::Rows("rows.jsonl".to_owned()),
            ("rows", [name]) => Self::Rows((*name).to_owned()),
            ("overflow", []) => Self::Overflow(None),
            ("overflow", [split]) => Self::Overflow(Some((*split).to_owned())),
            ("error", []) => Self::Error(None),
            ("error", [code]) => {
                Self::Error(Some(code.parse().map_err(|_| format!("{code:?} is no exit code"))?))
            }
            ("expected", []) => Self::Expected { split: "train".to_owned(), any_order: false },
            ("expected", ["any-order"]) => Self::Expected { split: "train".to_owned(), any_order: true },
            ("expected", [split]) => Self::Expected { split: (*split).to_owned(), any_order: false },
            ("expected", [split, "any-order"]) => {
                Self::Expected { split: (*split).to_owned(), any_order: true }
            }
            _ => return Err(format!("no fence is called {info:?}")),
        };
        Ok(Some(kind))
    }
}

fn heading(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches('#');
    let level = line.len() - rest.len();
    ((1..=6).contains(&level) && rest.starts_with(' ')).then(|| rest.trim())
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use proptest::prelude::*;

    use super::*;

    const PAGE: &str = "\
# cap

```yaml
- cap: {by: task}   # only shown
```

## First

Some words.

```yaml recipe
source: rows.jsonl
```

```jsonl rows
{\"a\": 1}
```
```jsonl rows more.jsonl
```
````jsonl expected test any-order
```
# no heading
````

## Nothing here
";

    #[test]
    fn sections_with_a_recipe_are_cases() {
        let page = Page::parse(PAGE).unwrap();
        let [case] = page.cases.as_slice() else { panic!("{:?}", page.cases) };
        assert_eq!((case.title.as_str(), case.line), ("First", 7));
        let found: Vec<_> =
            case.fences.iter().map(|fence| (fence.kind.clone(), fence.line, page.content(fence))).collect();
        let expected = Kind::Expected { split: "test".to_owned(), any_order: true };
        assert_eq!(
            found,
            [
                (Kind::Recipe, 11, "source: rows.jsonl\n"),
                (Kind::Rows("rows.jsonl".to_owned()), 15, "{\"a\": 1}\n"),
                (Kind::Rows("more.jsonl".to_owned()), 18, ""),
                (expected, 20, "```\n# no heading\n"),
            ]
        );
    }

    #[test]
    fn contents_are_replaced_in_place() {
        let page = Page::parse(PAGE).unwrap();
        let fences = &page.cases[0].fences;
        let changed =
            page.with(vec![(fences[3].clone(), "{}\n".to_owned()), (fences[1].clone(), String::new())]);
        assert_eq!(changed, PAGE.replace("{\"a\": 1}\n", "").replace("```\n# no heading\n````", "{}\n````"));
    }

    #[test]
    fn mistakes_are_told_with_their_line() {
        let error = |text: &str| Page::parse(text).unwrap_err();
        assert_eq!(error("# A\n\n```yaml recipes\n```\n"), "line 3: no fence is called \"yaml recipes\"");
        assert_eq!(error("# A\n```yaml recipe\nx"), "line 2: the fence is never closed");
        assert_eq!(
            error("# A\n```jsonl rows\n```\n"),
            "line 1: the section has fences for a test, but no recipe"
        );
        assert_eq!(
            error("\n# A\n```yaml recipe\n```\n"),
            "line 2: the section has a recipe, but expects nothing of it"
        );
        let recipe = "```yaml recipe\n```\n";
        assert_eq!(
            error(&format!("# A\n{recipe}{recipe}")),
            "line 1: the section has more than one recipe: give each its heading"
        );
        assert_eq!(
            error(&format!("# A\n{recipe}```text error\n```\n```jsonl expected\n```\n")),
            "line 1: the section expects an error and a result"
        );
        assert_eq!(error("```text error four\n```\n"), "line 1: \"four\" is no exit code");
    }

    proptest! {
        #[test]
        fn every_content_is_found_again(contents in prop::collection::vec("([a-z#{} é…]{0,8}\n){0,4}", 1..5)) {
            let mut text = String::from("intro\n# T\n```yaml recipe\n```\n");
            for (number, content) in contents.iter().enumerate() {
                write!(text, "words\n```jsonl expected split{number}\n{content}```\n").unwrap();
            }
            let page = Page::parse(&text).unwrap();
            let fences = &page.cases[0].fences[1..];
            let found: Vec<_> = fences.iter().map(|fence| page.content(fence)).collect();
            prop_assert_eq!(&found, &contents);
            let again = fences.iter().map(|fence| (fence.clone(), page.content(fence).to_owned())).collect();
            prop_assert_eq!(page.with(again), text);
        }
    }
}
