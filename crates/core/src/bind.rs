//! Expressions of a recipe, bound to what they read.

use std::{borrow::Cow, collections::BTreeSet};

use unskew_expr::{Expression, Names};
use unskew_strategy::{Need, Over, Role};

use crate::{
    Error, Result,
    paths::{Heads, path_of},
    preference,
    recipe::{Place, Segment, Tree, segments},
};

/// The columns every row has, whatever is in it.
pub const SPECIAL: [&str; 3] = ["_source", "_file", "_row"];

/// The sides of a pair, as they stand before a column's name.
pub const SIDES: [&str; 2] = ["chosen", "rejected"];

/// An expression of a recipe, and what it means in each source.
#[derive(Debug, Clone)]
pub struct Bound {
    text: String,
    path: String,
    variants: Vec<Expression>,
    whole: Option<Box<Whole>>,
}

/// An expression over the rows of all sources at once, where names mean different things in them.
#[derive(Debug, Clone)]
pub struct Whole {
    /// The expression with its names left as they are.
    pub expression: Expression,
    /// What the names and paths in it mean in each source.
    pub parts: Vec<Bound>,
}

/// What an expression may refer to besides the data.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Short names for expressions: one set for all sources, or one for each.
    pub names: Vec<Names>,
    /// Columns that earlier stages computed.
    pub computed: BTreeSet<String>,
    /// Whether rows are pairs of source rows here.
    pub paired: bool,
    /// Whether rows are pairs, or sides of pairs, that each stand in one source row.
    pub own: OwnPairs,
}

/// How rows stand that are pairs by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OwnPairs {
    /// Rows are no such pairs.
    #[default]
    None,
    /// Each row is a pair.
    Whole,
    /// Each row is one side of a pair. Names mean something else on each side: of two sets of names that follow one
    /// another, the first is for chosen sides.
    Sides,
}

/// The narrow columns that the scan has to take.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    columns: BTreeSet<String>,
}

/// A column to group by.
#[derive(Debug, Clone)]
pub struct Key(pub Bound);

/// What a stage is to be given.
#[derive(Debug, Clone)]
pub enum Given {
    /// A value for each row.
    Values(Bound),
    /// Groups of rows.
    Groups(Vec<Key>),
    /// A number for each row that equal values share.
    Fingerprint(Bound),
    /// An aggregate over the rows that agree in some keys.
    Aggregate(Bound, Vec<Key>),
    /// An aggregate over the items of a list.
    Items(Bound, Bound),
    /// Random numbers of identities.
    Priority,
    /// Random numbers of occurrences.
    Chance,
    /// Ranks in source order.
    Order,
    /// One of these, unless a path in it does not exist.
    Optional(Box<Given>),
}

impl Bound {
    /// Binds `text`, which stands at `path` in the recipe.
    pub fn parse(text: &str, path: &str, scope: &Scope, tree: &Tree) -> Result<Self> {
        let mut bound = Self::part(text, path, scope, tree)?;
        if bound.variants.len() > 1 {
            let expression =
                Expression::parse(text, &Names::default()).map_err(|error| located(error, path, tree))?;
            let reads = expression.reads().iter().filter(|read| scope.data_column(read).is_some());
            let parts = reads.map(|read| Self::part(read, path, scope, tree)).collect::<Result<_>>()?;
            bound.whole = Some(Box::new(Whole { expression, parts }));
        }
        Ok(bound)
    }

    fn part(text: &str, path: &str, scope: &Scope, tree: &Tree) -> Result<Self> {
        let parse = |names| Expression::parse(text, names).map_err(|error| located(error, path, tree));
        let variants = scope.names.iter().map(parse).collect::<Result<_>>()?;
        let bound = Self { text: text.to_owned(), path: path.to_owned(), variants, whole: None };
        let mut reads = bound.variants.iter().flat_map(Expression::reads);
        match reads.find(|read| scope.lacks_side(read)) {
            None => Ok(bound),
            Some(read) => {
                let name = path_of(read);
                let error =
                    bound.error_at(read, format!("`{name}` is of a row, and these are pairs of rows"), tree);
                Err(error.hint(format!("write `chosen.{name}` or `rejected.{name}`")))
            }
        }
    }

    /// The expression as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it means: once for all sources, or once for each.
    pub fn variants(&self) -> &[Expression] {
        &self.variants
    }

    /// What it means over the rows of all sources at once, where it means something else in each of them.
    pub fn whole(&self) -> Option<&Whole> {
        self.whole.as_deref()
    }

    /// An error of the expression's, shown in the recipe.
    pub fn error(&self, error: unskew_expr::Error, tree: &Tree) -> Error {
        located(error, &self.path, tree)
    }

    /// An error about the expression as a whole.
    pub fn error_whole(&self, message: impl Into<String>, tree: &Tree) -> Error {
        tree.error(tree.place(&segments(&self.path)), message)
    }

    /// Whether its own text, and not a name in it, says the path of the column `read`.
    pub fn says(&self, read: &str) -> bool {
        let own = Expression::parse(&self.text, &Names::default());
        own.is_ok_and(|own| own.reads().iter().any(|own| path_of(own) == path_of(read)))
    }

    /// What it compares with something else, if it is a comparison.
    pub fn compared(&self) -> Option<Self> {
        let whole = match &self.whole {
            Some(whole) => {
                let Whole { expression, parts } = whole.as_ref();
                Some(Box::new(Whole { expression: expression.compared()?, parts: parts.clone() }))
            }
            None => None,
        };
        let variants = self.variants.iter().map(Expression::compared).collect::<Option<_>>()?;
        Some(Self { variants, whole, ..self.clone() })
    }

    /// An error about one column that the expression reads.
    pub fn error_at(&self, read: &str, message: impl Into<String>, tree: &Tree) -> Error {
        let alike = |variant: &Expression| {
            let own = variant.reads().iter().find(|own| path_of(own) == path_of(read))?;
            variant.span_of(own)
        };
        let exactly = self.variants.iter().find_map(|variant| variant.span_of(read));
        let span = exactly.or_else(|| self.variants.iter().find_map(alike));
        let message = message.into();
        let error = unskew_expr::Error { message, text: self.text.clone(), span, hints: vec![] };
        located(error, &self.path, tree)
    }
}

/// The column that holds the values at `path` as keys.
pub fn key_column(path: &str) -> String {
    format!("key({path})")
}

/// The column that holds a number for each value at `path` that equal ones share.
pub fn fingerprint_column(path: &str) -> String {
    format!("fingerprint({path})")
}

/// The column that holds what kinds of values stand at `path`.
pub fn kind_column(path: &str) -> String {
    format!("kind({path})")
}

impl Given {
    /// Binds what a strategy asks for; `path` is where its stage stands in the recipe.
    pub fn bind(need: &Need, path: &str, scope: &Scope, tree: &Tree) -> Result<Self> {
        let bound = |text: &str| Bound::parse(text, &place_of(text, path, tree), scope, tree);
        let keys =
            |texts: &[String]| texts.iter().map(|text| bound(text).map(Key)).collect::<Result<Vec<_>>>();
        Ok(match need {
            Need::Values(text) => Self::Values(bound(text)?),
            Need::Groups(by) => Self::Groups(keys(by)?),
            Need::Fingerprint(text) => Self::Fingerprint(bound(text)?),
            Need::Aggregate { of, over: Over::Groups(by) } => Self::Aggregate(bound(of)?, keys(by)?),
            Need::Aggregate { of, over: Over::Items(list) } => {
                let items = Scope { names: vec![Names::default(); scope.names.len()], ..scope.clone() };
                Self::Items(Bound::parse(of, &place_of(of, path, tree), &items, tree)?, bound(list)?)
            }
            Need::Priority => Self::Priority,
            Need::Chance => Self::Chance,
            Need::Order => Self::Order,
            Need::Optional(need) => Self::Optional(Box::new(Self::bind(need, path, scope, tree)?)),
            other => return Err(Error::usage(format!("this version does not know the need {other:?}"))),
        })
    }

    /// Notes which narrow columns it reads.
    pub fn want(&self, scope: &Scope, wanted: &mut Wanted) {
        match self {
            Self::Values(bound) | Self::Items(_, bound) => wanted.values(bound, scope),
            Self::Groups(keys) => wanted.keys(keys, scope),
            Self::Fingerprint(bound) => wanted.fingerprint(bound, scope),
            Self::Aggregate(bound, keys) => {
                wanted.values(bound, scope);
                wanted.keys(keys, scope);
            }
            Self::Optional(given) => given.want(scope, wanted),
            Self::Priority | Self::Chance | Self::Order => {}
        }
    }

    /// The expressions whose paths must exist.
    pub fn required(&self) -> Vec<&Bound> {
        match self {
            Self::Values(bound) | Self::Items(_, bound) | Self::Fingerprint(bound) => vec![bound],
            Self::Groups(keys) => keys.iter().map(|Key(bound)| bound).collect(),
            Self::Aggregate(bound, keys) => keys.iter().map(|Key(bound)| bound).chain([bound]).collect(),
            _ => vec![],
        }
    }
}

impl Wanted {
    /// Wants what `bound` reads, as it is.
    pub fn values(&mut self, bound: &Bound, scope: &Scope) {
        let reads = bound.variants.iter().flat_map(Expression::reads);
        self.columns.extend(reads.filter_map(|read| scope.data_column(read)).map(Cow::into_owned));
    }

    /// Wants to know whether anything stands where `bound` reads.
    pub fn kinds(&mut self, bound: &Bound, scope: &Scope) {
        let reads = bound.variants.iter().flat_map(Expression::reads);
        self.columns.extend(reads.filter_map(|read| scope.data_column(read)).map(|read| kind_column(&read)));
    }

    fn keys(&mut self, keys: &[Key], scope: &Scope) {
        for key in keys {
            self.key(key, scope);
        }
    }

    /// Wants what `key` reads, fit to group by.
    pub fn key(&mut self, key: &Key, scope: &Scope) {
        for variant in &key.0.variants {
            match variant.as_path().and_then(|path| scope.data_column(path)) {
                Some(path) => self.columns.extend([key_column(&path)]),
                None => self.values(&key.0, scope),
            }
        }
    }

    fn fingerprint(&mut self, bound: &Bound, scope: &Scope) {
        for variant in &bound.variants {
            match variant.as_path().and_then(|path| scope.data_column(path)) {
                Some(path) => self.columns.extend([fingerprint_column(&path)]),
                None => self.values(bound, scope),
            }
        }
    }

    /// The columns to take; a key is not taken where the value itself is.
    pub fn columns(&self) -> Vec<String> {
        let value = |column: &str| {
            column.strip_prefix("key(").and_then(|rest| rest.strip_suffix(')')).map(str::to_owned)
        };
        let taken = |column: &&String| value(column).is_none_or(|value| !self.columns.contains(&value));
        self.columns.iter().filter(taken).cloned().collect()
    }
}

impl Scope {
    /// What expressions may refer to once rows have become pairs: names and columns stand behind a side.
    pub fn of_pairs(&self) -> Self {
        let on_sides = |names: &Names| {
            let mut on_sides = Names::default();
            for name in names.names() {
                let Some(named) = names.get(name) else { continue };
                for side in SIDES {
                    on_sides.define(&format!("{side}.{}", member(name)), named.behind(side));
                }
            }
            on_sides
        };
        Self { names: self.names.iter().map(on_sides).collect(), paired: true, ..self.clone() }
    }

    /// What expressions may refer to once rows that were pairs have become their sides.
    pub fn of_sides(&self, heads: &Heads) -> Self {
        let names = self.names.iter().flat_map(|names| preference::sides(names, heads)).collect();
        Self { names, own: OwnPairs::Sides, ..self.clone() }
    }

    /// How many sets of names there are for a source.
    pub fn meanings_of_source(&self) -> usize {
        if self.own == OwnPairs::Sides { 2 } else { 1 }
    }

    /// The column of the data that `read` means, if it means one: not a computed one, and without a pair's side.
    pub fn data_column<'a>(&self, read: &'a str) -> Option<Cow<'a, str>> {
        let (_, name) = self.side(read);
        (!self.computed.contains(name.as_ref()) && !SPECIAL.contains(&name.as_ref())).then_some(name)
    }

    /// The side of a pair that `read` is about, and the rest of its name.
    pub fn side<'a>(&self, read: &'a str) -> (Option<Role>, Cow<'a, str>) {
        if self.paired {
            let path = path_of(read);
            for (role, side) in [Role::Chosen, Role::Rejected].into_iter().zip(SIDES) {
                let Some(own) = path.strip_prefix(side).and_then(|rest| rest.strip_prefix('.')) else {
                    continue;
                };
                return (
                    Some(role),
                    match read.split_once('(') {
                        Some((extractor, _)) if path.len() < read.len() => {
                            format!("{extractor}({own})").into()
                        }
                        _ => own.into(),
                    },
                );
            }
        }
        (None, read.into())
    }

    /// Whether `read` means a column of the data, and rows are pairs, but it does not say which side of one.
    fn lacks_side(&self, read: &str) -> bool {
        self.paired && self.side(read).0.is_none() && self.data_column(read).is_some()
    }
}

/// A name as it stands in a path.
pub fn member(name: &str) -> String {
    unskew_io::Path::new(vec![unskew_io::Step::Member(name.to_owned())]).to_string()
}

/// Where in the stage at `path` the text of an expression stands.
fn place_of(text: &str, path: &str, tree: &Tree) -> String {
    tree.find_text(&segments(path), text).unwrap_or_else(|| path.to_owned())
}

/// An expression's error with the recipe's line and a caret.
fn located(mut error: unskew_expr::Error, path: &str, tree: &Tree) -> Error {
    let way: Vec<Segment> = segments(path);
    let whole: Place = tree.place(&way);
    let narrow = error.span.clone().and_then(|span| tree.within(whole, &error.text, span));
    let hints = std::mem::take(&mut error.hints);
    let message = if narrow.is_none() && error.span.is_some() { error.render() } else { error.message };
    let mut located = tree.error(narrow.unwrap_or(whole), message);
    for hint in hints {
        located = located.hint(hint);
    }
    located
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs() -> (Scope, Tree) {
        let mut names = Names::default();
        for (name, text) in [
            ("score", "reward"),
            ("gain", "coalesce(score, length(metadata.`a b`)) - _row"),
            ("`my task`", "task"),
        ] {
            let expression = Expression::parse(text, &names).unwrap();
            names.define(name.trim_matches('`'), expression);
        }
        let scope = Scope { names: vec![names], computed: ["gap".to_owned()].into(), ..Scope::default() };
        (scope.of_pairs(), Tree::parse("r.yaml", "x: 1").unwrap())
    }

    #[test]
    fn names_stand_behind_both_sides() {
        let (scope, tree) = pairs();
        let reads =
            |text: &str| Bound::parse(text, "x", &scope, &tree).unwrap().variants()[0].reads().to_vec();
        assert_eq!(reads("chosen.score - rejected.score"), ["chosen.reward", "rejected.reward"]);
        assert_eq!(reads("chosen.`my task`"), ["chosen.task"]);
        let gain = ["rejected.reward", "length(rejected.metadata.`a b`)", "rejected._row"];
        let mut found = reads("rejected.gain");
        found.sort_by_key(|read| gain.iter().position(|known| known == read));
        assert_eq!(found, gain);
        assert_eq!(
            scope.side("length(rejected.metadata.`a b`)"),
            (Some(Role::Rejected), "length(metadata.`a b`)".into())
        );
        assert_eq!(scope.data_column("rejected._row"), None);
        assert_eq!(reads("length(chosen.score)"), ["length(chosen.reward)"]);
    }

    #[test]
    fn a_column_of_rows_needs_a_side() {
        let (scope, tree) = pairs();
        let error = Bound::parse("score > 0", "x", &scope, &tree).unwrap_err();
        assert!(error.to_string().starts_with("`score` is of a row, and these are pairs of rows"));
        assert_eq!(error.hints(), ["write `chosen.score` or `rejected.score`"]);
        assert!(Bound::parse("gap > 0 and count(*) > 1", "x", &scope, &tree).is_ok());
    }
}
