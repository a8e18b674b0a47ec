//! What output rows look like: what a recipe says of it, bound to the data.

mod known;
mod made;
mod trainer;

use unskew_io::{Content, Items, Member, Path};
use unskew_strategy::{Role, nearest};

pub use known::ROWS;
use known::{Form, KNOWN, Known, Of};
pub use made::Made;
pub use trainer::{Files, Trainer};

use crate::{
    Error, Result,
    bind::{Bound, OwnPairs, Scope},
    catalog::Catalog,
    paths::{Heads, Kind},
    recipe::{NamedShape, OutputShape, Tree, segments},
};

/// The names of all shapes that have one.
pub fn names() -> impl Iterator<Item = &'static str> {
    [ROWS].into_iter().chain(KNOWN.iter().map(|known| known.name))
}

/// The trainer that a shape with a name is for.
pub fn trainer(shape: &OutputShape) -> Option<&'static Trainer> {
    let OutputShape::Named(name) = shape else { return None };
    KNOWN.iter().find(|known| known.name == name).map(|known| &known.trainer)
}

/// What the column is called that tells desirable rows from others, in shapes whose trainers weigh them.
pub const LABEL: &str = "label";

/// Whether a shape is for a trainer that weighs desirable rows against others.
pub fn is_weighed(shape: &OutputShape) -> bool {
    trainer(shape).is_some_and(|trainer| trainer.weights.is_some())
}

/// Whether the label of a shape is what rows have, of whatever kind that is.
pub fn copies_label(shape: &OutputShape) -> bool {
    let OutputShape::Named(name) = shape else { return false };
    let forms = KNOWN.iter().filter(|known| known.name == name).flat_map(|known| known.rows);
    forms.flat_map(|form| *form).any(|(column, of)| *column == LABEL && matches!(of, Of::Take(_, Items::All)))
}

/// The trainer that reads rows with a label that is true or false, whatever their shape.
pub fn trainer_of_labels() -> &'static Trainer {
    &trainer::KTO_TRAINER
}

/// What output rows look like, where that is not what source rows do.
#[derive(Debug, Clone)]
pub struct BoundShape {
    members: Vec<(String, Held)>,
    unseen: Vec<Bound>,
    /// The columns that hold texts, of those that may hold conversations.
    texts: Vec<String>,
}

/// What a column holds that is made of no source row.
#[derive(Debug, Clone, Copy)]
pub enum Added<'a> {
    /// What is made of the value of an expression.
    Value(&'a Bound, Made),
    /// Where the row stands in the output: its split, and its number there.
    Place,
}

/// What a member of output rows holds.
#[derive(Debug, Clone)]
enum Held {
    /// A whole source row.
    Row(Role),
    /// What stands at a path, which may be another in each source.
    Path(Role, Vec<Path>, Items),
    /// The value of an expression, and what is made of it.
    Computed(Box<Bound>, Made),
    /// Where the row stands in the output.
    Place,
    /// Messages of one, and then of the other.
    Both(Box<[Self; 2]>),
    /// Messages that may have `from` and `value` for `role` and `content`.
    Messages(Box<Self>),
    /// An object with a member that is the same in all rows, and one that holds this.
    Beside((&'static str, &'static str), (&'static str, Box<Self>)),
}

impl BoundShape {
    /// Binds what the recipe says of the output's shape; none if rows stay what they are.
    pub fn parse(named: &NamedShape, scope: &Scope, heads: &Heads, tree: &Tree) -> Result<Option<Self>> {
        let binder = Binder { scope, heads, tree, place: &named.place };
        match &named.shape {
            OutputShape::Named(name) if name == ROWS => Ok(None),
            OutputShape::Named(name) => binder.named(name, named.config.as_deref()).map(Some),
            OutputShape::Columns(columns) => {
                let members = columns.0.iter();
                let held = |(name, text): &(String, String), unseen: &mut Vec<Bound>| {
                    let held = binder.held(text, &format!("{}.{name}", named.place), Items::All, unseen)?;
                    Ok((name.clone(), held))
                };
                let mut unseen = vec![];
                let members = members.map(|member| held(member, &mut unseen)).collect::<Result<_>>()?;
                Ok(Some(Self { members, unseen, texts: vec![] }))
            }
        }
    }

    /// What rows look like that are sides of pairs, where the recipe does not say: they are no source rows. Columns that
    /// the output has anyway are not among theirs.
    pub fn of_sides(
        named: &NamedShape,
        scope: &Scope,
        heads: &Heads,
        tree: &Tree,
        kept: &[String],
    ) -> Result<Self> {
        let binder = Binder { scope, heads, tree, place: &named.place };
        let known = KNOWN.iter().find(|known| known.name == OF_SIDES).expect("it is one of them");
        let hint = "`output.shape` says what to write of them: a mapping of columns, or the name of a shape";
        let forms = binder.forms(known).map_err(|error| error.hint(hint))?;
        // No trainer was named, so answers may be anything.
        let mut bound = binder
            .agreeing(&forms, &|_, held| held)
            .or_else(|_| binder.formed(&forms[0], &|_, held| held))?;
        bound.members.retain(|(name, _)| !kept.contains(name));
        Ok(bound)
    }

    /// Whether answers that are compared are whole dialogues, each one text.
    pub fn compares_dialogues(&self) -> bool {
        self.texts.iter().any(|name| name == "chosen") && !self.has("prompt")
    }

    /// Whether it has a column called so.
    pub fn has(&self, column: &str) -> bool {
        self.members.iter().any(|(name, _)| name == column)
    }

    /// The columns in it that are made of no source row, with their names.
    pub fn added(&self) -> impl Iterator<Item = (&str, Added<'_>)> {
        self.members.iter().filter_map(|(name, held)| match held {
            Held::Computed(bound, made) => Some((name.as_str(), Added::Value(bound, *made))),
            Held::Place => Some((name.as_str(), Added::Place)),
            _ => None,
        })
    }

    /// Paths that no row at the heads of the files has.
    pub fn unseen(&self) -> impl Iterator<Item = &Bound> {
        self.unseen.iter()
    }

    /// The shape for writing, with columns called `further` behind; the values of its expressions, and then those of the
    /// further columns, are what is added. Where rows are sides of pairs, the last added column says which.
    pub fn finish(&self, further: &[String], catalog: &Catalog, sides: bool) -> unskew_io::Shape {
        let mut added = 0;
        let mut next = || {
            added += 1;
            Content::Added(added - 1)
        };
        let mut members: Vec<Member> = (self.members.iter())
            .map(|(name, held)| Member { name: name.clone(), content: held.content(&mut next) })
            .collect();
        members.extend(further.iter().map(|name| Member { name: name.clone(), content: next() }));
        let same = if sides { 2 } else { 1 };
        let meanings = if self.members.iter().any(|(_, held)| held.differs(same)) {
            catalog.files().iter().map(|file| file.source).collect()
        } else {
            vec![]
        };
        let shape = unskew_io::Shape::new(members, meanings);
        if sides { shape.of_sides(self.added().count() + further.len()) } else { shape }
    }
}

impl Held {
    /// What it is for writing; `next` is the next of the added columns.
    fn content(&self, next: &mut impl FnMut() -> Content) -> Content {
        match self {
            Self::Row(role) => Content::Row { role: number(*role) },
            Self::Path(role, paths, items) => {
                Content::Path { role: number(*role), paths: paths.clone(), items: *items }
            }
            Self::Computed(..) | Self::Place => next(),
            Self::Both(both) => Content::Joined(both.iter().map(|held| held.content(next)).collect()),
            Self::Messages(held) => Content::Messages(Box::new(held.content(next))),
            Self::Beside((fixed, value), (name, held)) => {
                let value = Content::Value(serde_json::Value::from(*value).to_string());
                let member = |name: &str, content| Member { name: name.to_owned(), content };
                Content::Object(vec![member(fixed, value), member(name, held.content(next))])
            }
        }
    }

    /// Whether it is another in each source, where each has `same` paths.
    fn differs(&self, same: usize) -> bool {
        match self {
            Self::Path(_, paths, _) => paths.len() > same,
            Self::Both(both) => both.iter().any(|held| held.differs(same)),
            Self::Beside(_, (_, held)) | Self::Messages(held) => held.differs(same),
            Self::Row(_) | Self::Computed(..) | Self::Place => false,
        }
    }

    /// Whether `is` is true for any of its paths.
    fn any_path(&self, is: &dyn Fn(&Path) -> bool) -> bool {
        match self {
            Self::Path(_, paths, _) => paths.iter().any(is),
            Self::Both(both) => both.iter().any(|held| held.any_path(is)),
            Self::Beside(_, (_, held)) | Self::Messages(held) => held.any_path(is),
            Self::Row(_) | Self::Computed(..) | Self::Place => false,
        }
    }
}

/// Pairs as they are: both rows, and the columns called `further` behind.
pub fn of_pairs(further: &[String]) -> unskew_io::Shape {
    let row = |role: Role| Member { name: role_name(role), content: Content::Row { role: number(role) } };
    let added =
        |(place, name): (usize, &String)| Member { name: name.clone(), content: Content::Added(place) };
    let members = [row(Role::Chosen), row(Role::Rejected)].into_iter();
    unskew_io::Shape::new(members.chain(further.iter().enumerate().map(added)).collect(), vec![])
}

fn role_name(role: Role) -> String {
    match role {
        Role::Chosen => "chosen".to_owned(),
        Role::Rejected => "rejected".to_owned(),
    }
}

fn number(role: Role) -> usize {
    usize::from(role == Role::Rejected)
}

/// What sides of pairs become where the recipe does not say.
const OF_SIDES: &str = "trl/kto";

/// What columns are called that hold a conversation or a part of one, in shapes that take it as it is.
const CONVERSED: [&str; 8] =
    ["messages", "prompt", "completion", "text", "chosen", "rejected", "input", "output"];

/// What there is for pairs for the trainer that `shape` is for.
fn for_pairs(shape: &str) -> &'static str {
    let trainer = |name: &str| name.split('/').next() == shape.split('/').next();
    let mut paired = KNOWN.iter().filter(|known| !known.pairs.is_empty()).map(|known| known.name);
    paired.find(|name| trainer(name)).unwrap_or("trl/preference")
}

/// What becomes of a column of this name.
type Change<'a> = dyn Fn(&str, Held) -> Held + 'a;

/// What it takes to know what members hold.
struct Binder<'a> {
    scope: &'a Scope,
    heads: &'a Heads,
    tree: &'a Tree,
    /// Where the recipe says what the shape is.
    place: &'a str,
}

impl Binder<'_> {
    fn error(&self, message: impl Into<String>) -> Error {
        self.tree.error(self.tree.place(&segments(self.place)), message)
    }

    /// The shape called `name`, for a config that the recipe may have named.
    fn named(&self, name: &str, config: Option<&str>) -> Result<BoundShape> {
        let Some(known) = KNOWN.iter().find(|known| known.name == name) else {
            let error = self.error(format!("there is no shape `{name}`"));
            return Err(match (nearest(name, names()), config) {
                (Some(near), _) => error.suggest(Some(near)),
                (None, Some(column)) => error.hint(format!(
                    "a mapping in the list names a config; columns of your own are `NAME: {{{column}: {name}}}`"
                )),
                (None, None) => error.hint(format!("there is {}", listed(names()))),
            });
        };
        self.agreeing(&self.forms(known)?, &|name, held| self.for_trainer(name, held))
    }

    /// What is bound in the first form whose parts agree; an error if there is none.
    fn agreeing(&self, forms: &[Form], change: &Change<'_>) -> Result<BoundShape> {
        let agreed = |form: &Form| {
            let bound = self.formed(form, change)?;
            self.agree(&bound).map(|()| bound)
        };
        let mut bound = forms.iter().map(agreed);
        let first = bound.next().expect("there is a form");
        match (first, bound.find_map(Result::ok)) {
            (Err(_), Some(other)) => Ok(other),
            (first, _) => first,
        }
    }

    /// What is bound in a form, with its columns changed.
    fn formed(&self, form: &Form, change: &Change<'_>) -> Result<BoundShape> {
        let mut bound = BoundShape { members: vec![], unseen: vec![], texts: vec![] };
        for (name, of) in *form {
            let held = self.held_of(of, &mut bound.unseen)?;
            bound.members.extend(held.map(|held| ((*name).to_owned(), change(name, held))));
        }
        let is_text = |(name, kind)| (kind == Kind::Other).then_some(name);
        bound.texts = self.kinds(&bound).into_iter().filter_map(is_text).collect();
        Ok(bound)
    }

    /// A column as trainers read it: messages have a `role` and `content`, and one that stands alone is a list of one.
    fn for_trainer(&self, name: &str, mut held: Held) -> Held {
        let says = |path: &Path, [one, other]: [&str; 2]| {
            self.heads.has(&format!("{path}{one}")) && self.heads.has(&format!("{path}{other}"))
        };
        let is_message = |path: &Path| {
            let object = self.heads.kind(&path.to_string()) == Some(Kind::Object);
            object && (says(path, [".role", ".content"]) || says(path, [".from", ".value"]))
        };
        if let Held::Path(_, paths, items @ Items::All) = &mut held
            && CONVERSED.contains(&name)
            && paths.iter().all(is_message)
        {
            *items = Items::Messages("assistant");
        }
        let sharegpt = |path: &Path| says(path, [".from", ".value"]) || says(path, ["[].from", "[].value"]);
        if held.any_path(&sharegpt) { Held::Messages(Box::new(held)) } else { held }
    }

    /// What a column of a shape with a name holds; none if there is none.
    fn held_of(&self, of: &Of, unseen: &mut Vec<Bound>) -> Result<Option<Held>> {
        let mut take = |text, items| self.held(text, self.place, items, unseen);
        Ok(match of {
            Of::Take(text, items) => Some(take(text, *items)?),
            Of::OrPlace(name) if self.knows(name) => Some(take(name, Items::All)?),
            Of::OrPlace(_) => Some(Held::Place),
            Of::Perhaps(names) => {
                let found = names.iter().find(|name| self.knows(name));
                found.map(|name| take(name, Items::All)).transpose()?
            }
            Of::Both((one, items), (other, others)) => {
                let both = [take(one, *items)?, take(other, *others)?];
                let computed = |held: &&Held| matches!(held, Held::Computed(..));
                if let Some(Held::Computed(bound, _)) = both.iter().find(computed) {
                    let message = format!(
                        "`{}` is no path, and this shape makes a conversation of paths",
                        bound.text()
                    );
                    return Err(self.error(message));
                }
                Some(Held::Both(Box::new(both)))
            }
            Of::Beside((fixed, value), (name, text)) => Some(match take(text, Items::Spelled)? {
                Held::Computed(bound, _) => Held::Computed(bound, Made::Beside((fixed, value), name)),
                held => Held::Beside((fixed, value), (name, Box::new(held))),
            }),
        })
    }

    /// The forms of a shape for which all columns are there.
    fn forms(&self, known: &Known) -> Result<Vec<Form>> {
        let forms: Vec<Form> = match (self.scope.paired, self.scope.own) {
            (true, _) => known.pairs.to_vec(),
            (false, OwnPairs::Whole) => [known.rows, known.pairs].concat(),
            (false, OwnPairs::Sides) => [known.rows, known::of_dialogues(known.name)].concat(),
            (false, OwnPairs::None) => known.rows.to_vec(),
        };
        let missing = |form: &Form| -> Vec<&'static str> {
            form.iter().flat_map(|(_, of)| of.needs()).filter(|text| !self.knows(text)).collect()
        };
        let complete: Vec<Form> = forms.iter().filter(|form| missing(form).is_empty()).copied().collect();
        if !complete.is_empty() {
            return Ok(complete);
        }
        let nearest = forms.iter().map(missing).min_by_key(Vec::len);
        let nearest = nearest.filter(|_| self.scope.own != OwnPairs::Whole || !known.pairs.is_empty());
        let Some((missing, first)) = nearest.as_ref().and_then(|missing| Some((missing, missing.first()?)))
        else {
            return Err(self
                .error(format!("`{}` is made of single rows, and these are pairs", known.name))
                .hint(format!(
                    "`unpair` makes rows of pairs; for pairs, there is `{}`",
                    for_pairs(known.name)
                )));
        };
        let needed = listed(missing.iter().copied());
        let error = self.error(format!("`{}` needs {needed}, and nothing is called so", known.name));
        Err(match self.scope.side(first).1.as_ref() {
            "chosen" | "rejected" => error.hint("a stage `pair` makes pairs of rows"),
            name => error.hint(format!("name it under `columns`, such as `{}`", known::example(name))),
        })
    }

    /// Whether something is called so.
    fn knows(&self, text: &str) -> bool {
        let (_, own) = self.scope.side(text);
        let named = self.scope.names.iter().all(|names| names.get(text).is_some());
        // Where no head can be read, the scan has to tell.
        let seen = self.heads.paths().is_empty() || self.heads.has(&own);
        named || self.scope.computed.contains(own.as_ref()) || seen
    }

    /// What a member holds that is written as `text` at `place` of the recipe.
    fn held(&self, text: &str, place: &str, items: Items, unseen: &mut Vec<Bound>) -> Result<Held> {
        for role in [Role::Chosen, Role::Rejected].into_iter().filter(|_| self.scope.paired) {
            if text.trim() == role_name(role) {
                return Ok(Held::Row(role));
            }
        }
        let bound = Bound::parse(text, place, self.scope, self.tree)?;
        let paths = bound.variants().iter().map(|one| self.scope.data_column(one.as_path()?));
        let Some(found) = paths.collect::<Option<Vec<_>>>() else {
            let Some(made) = Made::of(items) else {
                return Err(self.error(format!("`{text}` is no path, and this shape takes a part of it")));
            };
            return Ok(Held::Computed(Box::new(bound), made));
        };
        let mut paths: Vec<Path> = found.iter().map(|path| path.parse()).collect::<Result<_, _>>()?;
        let side = bound.variants().first().and_then(|one| self.scope.side(one.as_path()?).0);
        if paths.iter().all(|path| !self.heads.has(&path.to_string())) {
            unseen.push(bound);
        }
        if paths.windows(2).all(|two| two[0] == two[1]) {
            paths.truncate(1);
        }
        Ok(Held::Path(side.unwrap_or(Role::Chosen), paths, items))
    }

    /// What columns hold that may hold conversations, as far as the heads of the files tell.
    fn kinds(&self, bound: &BoundShape) -> Vec<(String, Kind)> {
        let kind = |(name, held): &(String, Held)| {
            let held = if let Held::Messages(held) = held { held } else { held };
            match held {
                Held::Path(_, paths, Items::All) if CONVERSED.contains(&name.as_str()) => {
                    Some((name.clone(), self.heads.kind(&paths.first()?.to_string())?))
                }
                Held::Path(_, _, Items::Messages(_)) => Some((name.clone(), Kind::List)),
                _ => None,
            }
        };
        bound.members.iter().filter_map(kind).collect()
    }

    /// Prompts and completions are texts, or lists of messages, but not one of each.
    fn agree(&self, bound: &BoundShape) -> Result<()> {
        let kinds = self.kinds(bound);
        let first = |wanted| kinds.iter().find(|(_, kind)| *kind == wanted).map(|(name, _)| name);
        let message = match (first(Kind::Object), first(Kind::List), first(Kind::Other)) {
            (Some(name), ..) => format!("`{name}` is an object, neither a text nor a list of messages"),
            (_, Some(list), Some(text)) => {
                format!("`{list}` is a list of messages and `{text}` is not; they must be of one kind")
            }
            _ => return Ok(()),
        };
        let hint = "a path leads to the text of a message, such as `completion: response.output[0].content`";
        Err(self.error(message).hint(hint))
    }
}

/// Names as a person lists them.
fn listed(names: impl Iterator<Item = &'static str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
