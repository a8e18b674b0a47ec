//! YAML as a tree that remembers where each part stands.

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};
use serde_saphyr::{Location, Spanned};

use crate::{Error, Result};

/// The text of a recipe and the tree in it.
#[derive(Debug, Clone)]
pub struct Tree {
    name: String,
    text: String,
    root: Node,
}

/// A place in a recipe's text, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    line: usize,
    column: usize,
    width: usize,
}

#[derive(Debug, Clone)]
struct Node {
    value: Content,
    place: Place,
}

#[derive(Debug, Clone)]
enum Content {
    Scalar(Value),
    List(Vec<Node>),
    Map(Vec<(String, Place, Node)>),
}

/// One step down a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// The value of a key.
    Key(String),
    /// An item of a list.
    Item(usize),
}

impl Tree {
    /// Reads `text`; `name` is what messages call it.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let options = serde_saphyr::options! { strict_booleans: true, with_snippet: false, };
        let empty = Node { value: Content::Map(vec![]), place: Place::default() };
        let tree = |root| Self { name: name.to_owned(), text: text.to_owned(), root };
        match serde_saphyr::from_str_with_options::<Spanned<Node>>(text, options) {
            Ok(spanned) => Ok(tree(spanned.into())),
            Err(error) => {
                let place = error.location().map(Place::from).unwrap_or_default();
                let message = error.without_snippet().to_string();
                // What follows is for programmers who call the YAML reader.
                let ends = [" at line ", ", set DuplicateKeyPolicy", "; use from_str"];
                let end = ends.iter().filter_map(|end| message.find(end)).min().unwrap_or(message.len());
                let message = message[..end].to_owned();
                Err(tree(empty).error(place, message))
            }
        }
    }

    /// The text it was read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The tree as JSON.
    pub fn to_value(&self) -> Value {
        self.root.to_value()
    }

    /// An error that shows `place` in the text.
    pub fn error(&self, place: Place, message: impl Into<String>) -> Error {
        self.show(place, Error::usage(message))
    }

    /// An error that shows `place` in the text, whatever it is about.
    pub fn show(&self, place: Place, error: Error) -> Error {
        error.snippet(self.snippet(place))
    }

    /// Where the value at `path` stands, or the deepest part of the way to it that exists.
    pub fn place(&self, path: &[Segment]) -> Place {
        let mut node = &self.root;
        for segment in path {
            match node.child(segment) {
                Some(child) => node = child,
                None => break,
            }
        }
        node.place
    }

    /// The keys at the top, and the line, from 1, on which each stands.
    pub fn top(&self) -> Vec<(&str, usize)> {
        match &self.root.value {
            Content::Map(pairs) => pairs.iter().map(|(key, place, _)| (key.as_str(), place.line)).collect(),
            _ => vec![],
        }
    }

    /// Where the last key of `path` stands, if there is such a key.
    pub fn key_place(&self, path: &[Segment]) -> Option<Place> {
        let (last, way) = path.split_last()?;
        let mut node = &self.root;
        for segment in way {
            node = node.child(segment)?;
        }
        match (&node.value, last) {
            (Content::Map(pairs), Segment::Key(name)) => {
                pairs.iter().find(|(key, ..)| key == name).map(|(_, place, _)| *place)
            }
            _ => None,
        }
    }

    /// The path of the first text below `way` that reads `text`.
    pub fn find_text(&self, way: &[Segment], text: &str) -> Option<String> {
        let mut node = &self.root;
        let mut path = vec![];
        for segment in way {
            node = node.child(segment)?;
            path.push(segment.to_string());
        }
        node.find_text(text, &mut path).then(|| path.join("."))
    }

    /// Sets the value at `path` to the YAML in `text`, making keys on the way as needed.
    pub fn set(&mut self, path: &str, text: &str) -> Result<()> {
        let value = Self::parse(&format!("--set {path}"), text)?.root;
        let mut node = &mut self.root;
        for segment in segments(path) {
            node = node.child_or_new(segment).ok_or_else(|| {
                Error::usage(format!("`--set {path}` leads nowhere in {}", self.name))
                    .hint("a path is written `stages.2.cap.max`, with list items counted from 0")
            })?;
        }
        node.value = value.value;
        Ok(())
    }

    fn snippet(&self, place: Place) -> String {
        if place.line == 0 {
            return format!("  --> {}", self.name);
        }
        let line = self.text.lines().nth(place.line - 1).unwrap_or_default();
        let gutter = place.line.to_string().len();
        let left: String = line
            .chars()
            .take(place.column.saturating_sub(1))
            .map(|letter| if letter == '\t' { '\t' } else { ' ' })
            .collect();
        let room = line.chars().count().saturating_sub(place.column - 1).max(1);
        let carets = "^".repeat(place.width.clamp(1, room));
        format!(
            "{:gutter$}--> {}:{}:{}\n{:gutter$} |\n{} | {line}\n{:gutter$} | {left}{carets}",
            "", self.name, place.line, place.column, "", place.line, ""
        )
    }

    /// A narrower place: `range` (in bytes) of the scalar that stands at `place`, if it stands there literally.
    pub fn within(&self, place: Place, scalar: &str, range: std::ops::Range<usize>) -> Option<Place> {
        let line = self.text.lines().nth(place.line.checked_sub(1)?)?;
        let start = line.char_indices().nth(place.column.checked_sub(1)?)?.0;
        let offset = line[start..].find(scalar).filter(|offset| *offset <= 1)? + start;
        let before = line[..offset + range.start].chars().count();
        let width = scalar.get(range)?.chars().count();
        Some(Place { line: place.line, column: before + 1, width })
    }
}

impl std::fmt::Display for Segment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Key(name) => f.write_str(name),
            Self::Item(index) => write!(f, "{index}"),
        }
    }
}

/// The steps in a dotted path; digits are items of a list.
pub fn segments(path: &str) -> Vec<Segment> {
    path.split(['.', '['])
        .map(|part| part.trim_end_matches(']'))
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().map_or_else(|_| Segment::Key(part.to_owned()), Segment::Item))
        .collect()
}

impl Node {
    fn to_value(&self) -> Value {
        match &self.value {
            Content::Scalar(value) => value.clone(),
            Content::List(items) => items.iter().map(Node::to_value).collect(),
            Content::Map(pairs) => {
                pairs.iter().map(|(key, _, node)| (key.clone(), node.to_value())).collect()
            }
        }
    }

    fn find_text(&self, text: &str, path: &mut Vec<String>) -> bool {
        match &self.value {
            Content::Scalar(value) => value == text,
            Content::List(items) => items.iter().enumerate().any(|(index, item)| {
                path.push(index.to_string());
                item.find_text(text, path) || path.pop().is_none()
            }),
            Content::Map(pairs) => pairs.iter().any(|(key, _, item)| {
                path.push(key.clone());
                item.find_text(text, path) || path.pop().is_none()
            }),
        }
    }

    fn child(&self, segment: &Segment) -> Option<&Node> {
        match (&self.value, segment) {
            (Content::List(items), Segment::Item(index)) => items.get(*index),
            (Content::Map(pairs), Segment::Key(name)) => {
                pairs.iter().find(|(key, ..)| key == name).map(|(.., node)| node)
            }
            (Content::Map(pairs), Segment::Item(index)) => {
                let name = index.to_string();
                pairs.iter().find(|(key, ..)| *key == name).map(|(.., node)| node)
            }
            _ => None,
        }
    }

    fn child_or_new(&mut self, segment: Segment) -> Option<&mut Node> {
        if matches!(self.value, Content::Scalar(Value::Null)) {
            self.value = Content::Map(vec![]);
        }
        match (&mut self.value, segment) {
            (Content::List(items), Segment::Item(index)) => items.get_mut(index),
            (Content::Map(pairs), segment) => {
                let name = match segment {
                    Segment::Key(name) => name,
                    Segment::Item(index) => index.to_string(),
                };
                let index = pairs.iter().position(|(key, ..)| *key == name).unwrap_or_else(|| {
                    let node = Node { value: Content::Scalar(Value::Null), place: Place::default() };
                    pairs.push((name, Place::default(), node));
                    pairs.len() - 1
                });
                Some(&mut pairs[index].2)
            }
            _ => None,
        }
    }
}

impl From<Location> for Place {
    fn from(location: Location) -> Self {
        let width = location.span().len() as usize;
        Self { line: location.line() as usize, column: location.column() as usize, width: width.max(1) }
    }
}

impl From<Spanned<Node>> for Node {
    fn from(spanned: Spanned<Node>) -> Self {
        Self { place: spanned.referenced.into(), ..spanned.value }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = deserializer.deserialize_any(ContentVisitor)?;
        Ok(Self { value, place: Place::default() })
    }
}

struct ContentVisitor;

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Content;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a scalar, a list or a mapping")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Content, E> {
        let number =
            Number::from_f64(value).ok_or_else(|| E::custom("infinity and NaN are no numbers here"))?;
        Ok(Content::Scalar(Value::Number(number)))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Content, E> {
        Ok(Content::Scalar(Value::Null))
    }

    fn visit_none<E: de::Error>(self) -> Result<Content, E> {
        Ok(Content::Scalar(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Content, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Content, A::Error> {
        let mut list = vec![];
        while let Some(item) = items.next_element::<Spanned<Node>>()? {
            list.push(item.into());
        }
        Ok(Content::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Content, A::Error> {
        let mut pairs: Vec<(String, Place, Node)> = vec![];
        while let Some((key, node)) = entries.next_entry::<Spanned<String>, Spanned<Node>>()? {
            pairs.push((key.value, key.referenced.into(), node.into()));
        }
        Ok(Content::Map(pairs))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TEXT: &str = "name: x\nstages:\n  - cap: {by: task, max: 800}\n  - order: shuffle\nnope: no\n";

    #[test]
    fn a_tree_knows_values_and_places() {
        let tree = Tree::parse("r.yaml", TEXT).unwrap();
        assert_eq!(
            tree.to_value(),
            json!({"name": "x", "stages": [{"cap": {"by": "task", "max": 800}}, {"order": "shuffle"}], "nope": "no"})
        );
        let place = tree.place(&segments("stages[0].cap.max"));
        assert_eq!((place.line, place.column), (3, 26));
        let key = tree.key_place(&segments("stages.0.cap.max")).unwrap();
        assert_eq!((key.line, key.column), (3, 21));
        assert_eq!(
            tree.error(key, "bad").render(),
            "error: bad\n --> r.yaml:3:21\n  |\n3 |   - cap: {by: task, max: 800}\n  |                     ^^^"
        );
    }

    #[test]
    fn values_can_be_set_by_path() {
        let mut tree = Tree::parse("r.yaml", TEXT).unwrap();
        tree.set("stages.0.cap.max", "5").unwrap();
        tree.set("output.keep", "[a, b]").unwrap();
        let value = tree.to_value();
        assert_eq!(value["stages"][0]["cap"]["max"], 5);
        assert_eq!(value["output"]["keep"], json!(["a", "b"]));
        assert_eq!(tree.set("stages.7.cap", "5").unwrap_err().exit(), crate::Exit::Usage);
    }

    #[test]
    fn bad_yaml_is_an_error_with_a_place() {
        for text in ["a: [1, 2", "a: 1\na: 2\n", "a: &x [*x]"] {
            let error = Tree::parse("r.yaml", text).unwrap_err();
            assert!(error.render().contains("--> r.yaml"), "{}", error.render());
        }
        assert!(Tree::parse("r.yaml", "a: .inf").is_err());
    }
}
