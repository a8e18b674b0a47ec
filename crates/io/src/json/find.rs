//! Finding the values at the wanted paths while a row is checked.

use super::{
    check::{Cursor, Flaw, Quoted, Span},
    value,
};
use crate::{Path, Step};

/// What to look for, as a tree: one node for every place that a wanted path goes through.
#[derive(Debug)]
pub(crate) struct Finder {
    nodes: Vec<Node>,
    paths: Vec<Path>,
}

#[derive(Debug, Default)]
struct Node {
    members: Vec<(Box<[u8]>, usize)>,
    items: Vec<(usize, usize)>,
    /// The node of every item that `items` does not name.
    each: Option<usize>,
    /// The paths that end here.
    ends: Vec<usize>,
    /// The paths that fan out here for the first time.
    opens: Vec<usize>,
    /// The paths that fan out here for the last time: every item has a place for its value.
    places: Vec<usize>,
}

/// Where a row's wanted values stand.
#[derive(Debug)]
pub(crate) struct Found {
    paths: Vec<PathFound>,
    /// The object in which each node was last met, to notice members that come twice.
    met: Vec<u64>,
    objects: u64,
    again: bool,
}

#[derive(Debug, Default)]
pub(crate) struct PathFound {
    /// One value, none, or for a path that fans out one for each item, [`Span::NONE`] where it has none.
    pub(crate) spans: Vec<Span>,
    /// Whether the list that the path first fans out over is there.
    pub(crate) list: bool,
}

impl Finder {
    pub(crate) fn new(paths: Vec<Path>) -> Self {
        let mut finder = Self { nodes: vec![], paths };
        let states: Vec<_> = (0..finder.paths.len()).map(|path| (path, 0)).collect();
        finder.node(&states);
        finder
    }

    pub(crate) fn found(&self) -> Found {
        let paths = self.paths.iter().map(|_| PathFound::default()).collect();
        Found { paths, met: vec![0; self.nodes.len()], objects: 0, again: false }
    }

    /// Adds the node of those paths of which so many steps are taken.
    fn node(&mut self, states: &[(usize, usize)]) -> usize {
        let id = self.nodes.len();
        self.nodes.push(Node::default());
        let step =
            |finder: &Self, (path, taken): (usize, usize)| finder.paths[path].steps().get(taken).cloned();
        let mut node = Node::default();
        let mut steps: Vec<Step> = vec![];
        for &(path, taken) in states {
            match step(self, (path, taken)) {
                None => node.ends.push(path),
                Some(next) => {
                    let fans = |steps: &[Step]| steps.contains(&Step::Each);
                    if next == Step::Each {
                        let all = self.paths[path].steps();
                        node.opens.extend((!fans(&all[..taken])).then_some(path));
                        node.places.extend((!fans(&all[taken + 1..])).then_some(path));
                    }
                    if !steps.contains(&next) {
                        steps.push(next);
                    }
                }
            }
        }
        for next in steps {
            let takes = |taken: &Step| match (&next, taken) {
                (Step::Item(_), Step::Each) => true,
                (next, taken) => *next == *taken,
            };
            let after = states.iter().filter(|&&state| step(self, state).is_some_and(|taken| takes(&taken)));
            let after: Vec<_> = after.map(|&(path, taken)| (path, taken + 1)).collect();
            let child = self.node(&after);
            match next {
                Step::Member(name) => node.members.push((name.into_bytes().into(), child)),
                Step::Item(index) => node.items.push((index, child)),
                Step::Each => node.each = Some(child),
            }
        }
        self.nodes[id] = node;
        id
    }

    /// Checks a row and finds the wanted values in it.
    pub(crate) fn row(&self, bytes: &[u8], found: &mut Found) -> Result<(), Flaw> {
        found.clear();
        let mut walk = Walk { finder: self, found, cursor: Cursor::new(bytes) };
        walk.cursor.space();
        let start = walk.cursor.at;
        if walk.cursor.peek() == Some(b'{') {
            walk.value(0, 0)?;
            walk.cursor.finish()?;
        } else {
            walk.cursor.value(0, &mut ())?;
            walk.cursor.finish()?;
            return Err(Flaw { reason: "not-an-object", what: not_an_object(bytes[start]), at: start });
        }
        if found.again {
            for (path, found) in self.paths.iter().zip(&mut found.paths) {
                found.clear();
                let row = Span::new(start, bytes.len());
                locate(bytes, row, path.steps(), found);
            }
        }
        Ok(())
    }
}

fn not_an_object(first: u8) -> &'static str {
    match first {
        b'[' => "the row is a list, not an object",
        b'"' => "the row is a text, not an object",
        b'n' => "the row is null, not an object",
        b't' | b'f' => "the row is a boolean, not an object",
        _ => "the row is a number, not an object",
    }
}

impl Found {
    fn clear(&mut self) {
        self.paths.iter_mut().for_each(PathFound::clear);
        self.again = false;
    }

    pub(crate) fn paths(&self) -> &[PathFound] {
        &self.paths
    }
}

impl PathFound {
    fn clear(&mut self) {
        self.spans.clear();
        self.list = false;
    }
}

/// One way through one row.
struct Walk<'a> {
    finder: &'a Finder,
    found: &'a mut Found,
    cursor: Cursor<'a>,
}

impl Walk<'_> {
    fn value(&mut self, node: usize, depth: usize) -> Result<(), Flaw> {
        let wanted = &self.finder.nodes[node];
        self.cursor.space();
        let start = self.cursor.at;
        match self.cursor.peek() {
            Some(b'{') if !wanted.members.is_empty() => self.object(node, depth)?,
            Some(b'[') if wanted.each.is_some() || !wanted.items.is_empty() => self.list(node, depth)?,
            _ => self.cursor.value(depth, &mut ())?,
        }
        let span = Span::new(start, self.cursor.at);
        for &path in &wanted.ends {
            let spans = &mut self.found.paths[path].spans;
            match spans.last_mut() {
                Some(place) => *place = span,
                None => spans.push(span),
            }
        }
        Ok(())
    }

    fn object(&mut self, node: usize, depth: usize) -> Result<(), Flaw> {
        self.cursor.open(depth)?;
        self.found.objects += 1;
        let object = self.found.objects;
        self.cursor.space();
        if self.cursor.peek() == Some(b'}') {
            self.cursor.at += 1;
            return Ok(());
        }
        loop {
            let name = self.cursor.name()?;
            match self.member(node, name) {
                Some(child) => {
                    self.found.again |= self.found.met[child] == object;
                    self.found.met[child] = object;
                    self.value(child, depth + 1)?;
                }
                None => self.cursor.value(depth + 1, &mut ())?,
            }
            self.cursor.space();
            match self.cursor.peek() {
                Some(b',') => self.cursor.at += 1,
                Some(b'}') => break,
                _ => return self.cursor.flaw("`,` or `}` should stand here"),
            }
            self.cursor.space();
        }
        self.cursor.at += 1;
        Ok(())
    }

    /// The node of the member called `name`, if it is wanted.
    fn member(&self, node: usize, name: Quoted) -> Option<usize> {
        let members = &self.finder.nodes[node].members;
        let raw = name.span.of(self.cursor.bytes);
        let called =
            |name: &[u8]| members.iter().find(|(wanted, _)| **wanted == *name).map(|(_, child)| *child);
        if name.escaped { called(value::text(self.cursor.bytes, name).as_bytes()) } else { called(raw) }
    }

    fn list(&mut self, node: usize, depth: usize) -> Result<(), Flaw> {
        let wanted = &self.finder.nodes[node];
        self.cursor.open(depth)?;
        for &path in &wanted.opens {
            self.found.paths[path].list = true;
        }
        self.cursor.space();
        if self.cursor.peek() == Some(b']') {
            self.cursor.at += 1;
            return Ok(());
        }
        for index in 0.. {
            for &path in &wanted.places {
                self.found.paths[path].spans.push(Span::NONE);
            }
            let named = wanted.items.iter().find(|(item, _)| *item == index).map(|(_, child)| *child);
            match named.or(wanted.each) {
                Some(child) => self.value(child, depth + 1)?,
                None => self.cursor.value(depth + 1, &mut ())?,
            }
            self.cursor.space();
            match self.cursor.peek() {
                Some(b',') => self.cursor.at += 1,
                Some(b']') => break,
                _ => return self.cursor.flaw("`,` or `]` should stand here"),
            }
        }
        self.cursor.at += 1;
        Ok(())
    }
}

/// Finds a path in text that was checked, where of members with the same name the last counts.
fn locate(bytes: &[u8], at: Span, steps: &[Step], found: &mut PathFound) {
    let raw = at.of(bytes);
    let inside = |span: Span| Span { start: span.start + at.start, end: span.end + at.start };
    match (steps.split_first(), raw[0]) {
        (None, _) => match found.spans.last_mut() {
            Some(place) => *place = at,
            None => found.spans.push(at),
        },
        (Some((Step::Member(name), rest)), b'{') => {
            let last = value::members(raw).filter(|(member, _)| *member == **name).last();
            if let Some((_, span)) = last {
                locate(bytes, inside(span), rest, found);
            }
        }
        (Some((Step::Item(index), rest)), b'[') => {
            if let Some(span) = value::items(raw).nth(*index) {
                locate(bytes, inside(span), rest, found);
            }
        }
        (Some((Step::Each, rest)), b'[') => {
            found.list = true;
            for span in value::items(raw) {
                if !rest.contains(&Step::Each) {
                    found.spans.push(Span::NONE);
                }
                locate(bytes, inside(span), rest, found);
            }
        }
        _ => {}
    }
}
