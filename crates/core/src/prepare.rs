//! From a recipe to everything that can be known before its data are read.

use std::{collections::BTreeSet, path::Path};

use serde_json::Value;
use unskew_expr::{Expression, Names};
use unskew_io::Source;
use unskew_strategy::{Gives, Roles};

use crate::{
    Error, Result,
    bind::{Bound, Given, Key, OwnPairs, Scope, Wanted},
    catalog::Catalog,
    check::{self, BoundCheck, CONSTANTS},
    layout,
    output::configs::{self, Config},
    paths::Heads,
    preference,
    recipe::{CheckOn, Layout, Recipe, Written, segments},
    registry::{Registered, Registry},
    remote::Remotes,
    report::{OrderReport, SettingReport},
    shape::{self, BoundShape},
    source::{Resolved, resolve},
    stage::{Stage, refusal},
};

/// A recipe with its files found, its expressions bound and its strategies built.
pub struct Prepared {
    /// The recipe.
    pub written: Written,
    /// The files, not yet counted.
    pub catalog: Catalog,
    /// What expressions may refer to before the first stage.
    pub scope: Scope,
    /// What expressions may refer to after the last stage.
    pub last_scope: Scope,
    /// The expressions that names stand for.
    pub definitions: Vec<Bound>,
    /// Which rows to begin with.
    pub condition: Option<Bound>,
    /// What tells rows apart.
    pub identity: Option<Key>,
    /// The stages.
    pub stages: Vec<Stage>,
    /// The checks.
    pub checks: Vec<BoundCheck>,
    /// The configs that hold the output, the default one first.
    pub configs: Vec<Config>,
    /// What the report tells the order by; empty where no label is known.
    pub label: Vec<Key>,
    /// What overflow is split by.
    pub overflow_split: Option<Key>,
    /// The narrow columns to take.
    pub wanted: Vec<String>,
    /// The paths at the heads of the files.
    pub heads: Heads,
    /// What the user should know.
    pub notices: Vec<String>,
}

impl Prepared {
    /// Prepares `written`, whose sources are looked up on the disk, or by `remotes`.
    pub fn new(written: Written, registry: &Registry, remotes: &dyn Remotes) -> Result<Self> {
        let folder: &Path = &written.folder;
        let sources = &written.recipe.source.0;
        let find = |(index, spec)| {
            let place = written.tree.place(&segments(&format!("{}.path", source_path(&written, index))));
            resolve(spec, folder, remotes).map_err(|error| written.tree.show(place, error))
        };
        let resolved = sources.iter().enumerate().map(find).collect::<Result<_>>()?;
        Self::with_sources(written, resolved, registry)
    }

    /// Prepares `written` with these sources in place of those it names.
    pub fn with_sources(written: Written, resolved: Vec<Resolved>, registry: &Registry) -> Result<Self> {
        let recipe = written.recipe.clone();
        let first: Vec<&Source> =
            resolved.iter().filter_map(|one| one.files.first()).map(|file| &file.source).collect();
        let heads = Heads::read(&first);
        let catalog = Catalog::new(resolved)?;
        let mut notices = vec![];
        let mut definitions = vec![];
        let layout = layout_of(&recipe, &heads, &mut notices);
        let names = names(&written, layout, &heads, &mut definitions)?;
        let own = if layout == Some(Layout::Preference) { OwnPairs::Whole } else { OwnPairs::None };
        let scope = Scope { names, own, ..Scope::default() };
        let mut wanted = Wanted::default();
        let mut bind = |text: &String, path: &str, scope: &Scope| -> Result<Bound> {
            let bound = Bound::parse(text, path, scope, &written.tree)?;
            wanted.values(&bound, scope);
            Ok(bound)
        };
        let condition = recipe.condition.as_ref().map(|text| bind(text, "where", &scope)).transpose()?;
        let (stages, last_scope) = stages(&written, registry, &scope, &heads)?;
        let checks = checks(&written, &heads, (&scope, &last_scope), &mut notices)?;
        let gives: Vec<&Gives> = stages.iter().map(|stage| &stage.gives).collect();
        let configs = configs::bind(&written, &gives, &last_scope, &heads)?;
        for config in &configs {
            config.computed().for_each(|bound| wanted.values(bound, &last_scope));
            let unseen = config.shape.iter().flat_map(BoundShape::unseen);
            unseen.for_each(|bound| wanted.kinds(bound, &last_scope));
        }
        let key = |text: &Option<String>, path| {
            text.as_ref().map(|text| Bound::parse(text, path, &scope, &written.tree).map(Key)).transpose()
        };
        let identity = key(&recipe.identity, "identity")?;
        let overflow_split = key(&recipe.output.overflow.split, "output.overflow.split")?;
        let label = label_of(&written, &stages, &last_scope)?;
        for key in identity.iter().chain(&overflow_split) {
            wanted.key(key, &scope);
        }
        for key in &label {
            wanted.key(key, &last_scope);
        }
        for stage in &stages {
            stage.needs.iter().for_each(|given| given.want(&stage.scope, &mut wanted));
        }
        for check in &checks {
            wanted.values(&check.expect, &check.scope);
        }
        let wanted = wanted.columns();
        Ok(Self {
            written,
            catalog,
            scope,
            last_scope,
            definitions,
            condition,
            identity,
            stages,
            checks,
            configs,
            label,
            overflow_split,
            wanted,
            heads,
            notices,
        })
    }

    /// The recipe.
    pub fn recipe(&self) -> &Recipe {
        &self.written.recipe
    }

    /// What to tell trainers of the output, whose splits are mixed as `orders` say. Rows with a label are told to the
    /// trainer that reads such rows, where no config is for a trainer that has a name.
    pub fn settings(&self, orders: &[OrderReport]) -> Vec<SettingReport> {
        let several = self.configs.len() > 1;
        let labelled = orders.iter().any(|order| order.weights.is_some());
        let mut of_labels = labelled.then(shape::trainer_of_labels);
        if self.configs.iter().any(|config| config.trainer.is_some()) {
            of_labels = None;
        }
        let ordered = self.is_ordered();
        let told = |config: &Config| {
            let trainer = config.trainer.or_else(|| of_labels.take());
            let has = |column: &str| config.has(column);
            let dialogues = config.compares_dialogues();
            let settings =
                trainer.map_or(vec![], |trainer| trainer.settings(has, dialogues, ordered, orders));
            let name = several.then(|| config.name.clone());
            settings.into_iter().map(move |setting| SettingReport { config: name.clone(), ..setting })
        };
        self.configs.iter().flat_map(told).collect()
    }

    /// Whether the order of the output means something. Pairs stand in the order of their rows, whatever that is; sides
    /// of pairs take turns; and what was shuffled has lost the order it had.
    fn is_ordered(&self) -> bool {
        self.stages.iter().fold(false, |before, stage| match stage.gives.roles {
            Roles::Same if stage.gives.ordered => !stage.gives.by_chance,
            Roles::Same | Roles::Pairs => before,
            Roles::Single => true,
        })
    }

    /// Every expression whose paths must exist, with what it may refer to.
    pub fn required(&self) -> Vec<(&Bound, &Scope)> {
        let mut all: Vec<(&Bound, &Scope)> = vec![];
        all.extend(self.condition.iter().map(|bound| (bound, &self.scope)));
        all.extend(self.identity.iter().chain(&self.overflow_split).map(|Key(bound)| (bound, &self.scope)));
        for stage in &self.stages {
            all.extend(stage.needs.iter().flat_map(Given::required).map(|bound| (bound, &stage.scope)));
        }
        all.extend(self.checks.iter().map(|check| (&check.expect, &check.scope)));
        let of_configs = self.configs.iter().flat_map(Config::required);
        all.extend(of_configs.map(|bound| (bound, &self.last_scope)));
        all.extend(self.label.iter().map(|Key(bound)| (bound, &self.last_scope)));
        all
    }

    /// An error about a column that `bound` reads, shown where the recipe says what it is: there, or where a name was
    /// defined that is used there.
    pub fn error_at(&self, bound: &Bound, read: &str, message: String) -> Error {
        let tree = &self.written.tree;
        let says = |bound: &&Bound| bound.says(read);
        match std::iter::once(bound).chain(&self.definitions).find(says) {
            Some(said) => said.error_at(read, message, tree),
            None => bound.error_at(read, message, tree),
        }
    }

    /// What may be slips: paths that no row at the heads of the files has, but nearly so. Whether a later row has one
    /// is known after the scan only, so these are warnings to be shown before a long one.
    pub fn slips(&self) -> Vec<String> {
        let mut slips = vec![];
        for (bound, scope) in self.required() {
            for read in bound.variants().iter().flat_map(Expression::reads) {
                let Some(name) = scope.data_column(read) else { continue };
                let Some(nearest) = self.heads.slip(&name) else { continue };
                let path = crate::paths::path_of(&name);
                let slip =
                    format!("no row at the heads of the files has `{path}`; did you mean `{nearest}`?");
                if !slips.contains(&slip) {
                    slips.push(slip);
                }
            }
        }
        slips
    }
}

/// Where a source stands in the recipe.
fn source_path(written: &Written, index: usize) -> String {
    if written.recipe.source.0.len() == 1 { "source".to_owned() } else { format!("source.{index}") }
}

/// The kind of rows that the recipe names, or that they look like.
fn layout_of(recipe: &Recipe, heads: &Heads, notices: &mut Vec<String>) -> Option<Layout> {
    recipe.layout.or_else(|| {
        let guessed = layout::guess(heads.paths())?;
        notices
            .push(format!("the rows look like layout `{}`; `layout:` says otherwise", layout::name(guessed)));
        Some(guessed)
    })
}

/// The short names of a recipe: one set for all sources, or one for each if one has its own.
fn names(
    written: &Written,
    layout: Option<Layout>,
    heads: &Heads,
    definitions: &mut Vec<Bound>,
) -> Result<Vec<Names>> {
    let recipe = &written.recipe;
    let wider = |names: &Names| match layout {
        Some(Layout::Preference) => preference::names(names, heads),
        _ => names.clone(),
    };
    let own = recipe.source.0.iter().any(|source| !source.columns.0.is_empty());
    let sources = if own { recipe.source.0.len() } else { 1 };
    let mut all = vec![];
    for index in 0..sources {
        let mut names = Names::default();
        for (name, text) in layout.iter().flat_map(|layout| layout::columns(*layout, heads.paths())) {
            let expression =
                Expression::parse(text, &Names::default()).expect("a layout's columns are paths");
            names.define(name, expression);
        }
        let source = &recipe.source.0[index];
        let one = format!("{}.columns", source_path(written, index));
        definitions.extend(define(&mut names, source.columns.0.iter(), &one, written, &wider)?);
        let not_own = |(name, _): &&(String, String)| !source.columns.0.iter().any(|(own, _)| own == name);
        let columns = recipe.columns.0.iter().filter(not_own);
        definitions.extend(define(&mut names, columns, "columns", written, &wider)?);
        all.push(wider(&names));
    }
    Ok(all)
}

/// Defines names one after another; each may use those before it, and what `wider` makes of them.
fn define<'a>(
    names: &mut Names,
    columns: impl Iterator<Item = &'a (String, String)>,
    path: &str,
    written: &Written,
    wider: &dyn Fn(&Names) -> Names,
) -> Result<Vec<Bound>> {
    let mut definitions = vec![];
    for (name, text) in columns {
        let scope = Scope { names: vec![wider(names)], ..Scope::default() };
        let bound = Bound::parse(text, &format!("{path}.{name}"), &scope, &written.tree)?;
        names.define(name, bound.variants()[0].clone());
        definitions.push(bound);
    }
    Ok(definitions)
}

/// The stages, and what expressions may refer to after them.
fn stages(
    written: &Written,
    registry: &Registry,
    first: &Scope,
    heads: &Heads,
) -> Result<(Vec<Stage>, Scope)> {
    let recipe = &written.recipe;
    let mut scope = first.clone();
    let mut stages: Vec<Stage> = vec![];
    for (index, spec) in recipe.stages.iter().enumerate() {
        let path = format!("stages.{index}");
        let base = format!("{path}.{}", spec.strategy);
        let place = || written.tree.key_place(&crate::recipe::segments(&base)).unwrap_or_default();
        let found = match recipe.plugins.get(&spec.strategy) {
            Some(own) => registry.get_own(&spec.strategy, own, &written.folder),
            None => registry.get(&spec.strategy),
        };
        let Registered { manifest, plugin, home } =
            found.map_err(|error| written.tree.show(place(), error))?;
        let options = if spec.options.is_null() {
            Value::Object(serde_json::Map::default())
        } else {
            spec.options.clone()
        };
        let strategy =
            plugin.build(&options).map_err(|error| refusal(&error, &manifest.name, &written.tree, &base))?;
        let label = label(spec.label.as_deref(), &spec.strategy, &stages);
        if stages.iter().any(|stage| stage.label == label) {
            return Err(written.tree.error(place(), format!("two stages are called `{label}`")));
        }
        let needs = strategy.needs();
        let needs = needs
            .iter()
            .map(|need| Given::bind(need, &base, &scope, &written.tree))
            .collect::<Result<_>>()?;
        let gives = strategy.gives();
        let computed = scope.computed.iter().chain(&gives.columns).cloned().collect::<BTreeSet<_>>();
        let next = match gives.roles {
            Roles::Same => scope.clone(),
            Roles::Pairs => {
                match scope.own {
                    OwnPairs::None => scope.of_pairs(),
                    OwnPairs::Whole => {
                        return Err(written
                            .tree
                            .error(place(), "the rows are pairs already")
                            .hint("`layout: trl` takes them as rows that are no pairs"));
                    }
                    OwnPairs::Sides => {
                        return Err(written
                        .tree
                        .error(place(), "sides of pairs that were read cannot be paired again")
                        .hint("write them with this recipe, and pair the rows that it writes with another one"));
                    }
                }
            }
            Roles::Single if scope.own == OwnPairs::Whole => scope.of_sides(heads),
            Roles::Single => Scope { names: first.names.clone(), paired: false, ..scope.clone() },
        };
        let next = Scope { computed, ..next };
        stages.push(Stage { label, path, manifest, home, strategy, needs, gives, scope });
        scope = next;
    }
    Ok((stages, scope))
}

/// A stage's name: its own, else its strategy's, with a number from the second one on.
fn label(own: Option<&str>, strategy: &str, earlier: &[Stage]) -> String {
    match (own, earlier.iter().filter(|stage| stage.manifest.name == strategy).count()) {
        (Some(own), _) => own.to_owned(),
        (None, 0) => strategy.to_owned(),
        (None, earlier) => format!("{strategy}-{}", earlier + 1),
    }
}

/// The label that the output is to be mixed by: what the recipe names, or else the one that its trainer reads, or else what
/// the last stage with a label has. The label of rows is not that of pairs made of them.
fn label_of(written: &Written, stages: &[Stage], scope: &Scope) -> Result<Vec<Key>> {
    let key = |text: &str, path: &str| Bound::parse(text, path, scope, &written.tree).map(Key);
    if let Some(text) = &written.recipe.output.label {
        return Ok(vec![key(text, "output.label")?]);
    }
    let shapes = &written.recipe.output.shape.0;
    if let Some(named) = shapes.iter().find(|named| shape::is_weighed(&named.shape)) {
        let label = key(shape::LABEL, &named.place)?;
        // A label that the shape makes a boolean of may be of several kinds in the source, and is no key.
        let is_path = label.0.variants().iter().any(|one| one.as_path().is_some());
        if !is_path || shape::copies_label(&named.shape) {
            return Ok(vec![label]);
        }
    }
    match stages.iter().rev().find(|stage| !stage.gives.label.is_empty()) {
        Some(stage) if (stage.scope.paired, stage.scope.own) == (scope.paired, scope.own) => {
            stage.gives.label.iter().map(|text| key(text, &stage.path)).collect()
        }
        _ => Ok(vec![]),
    }
}

fn checks(
    written: &Written,
    heads: &Heads,
    (first, last): (&Scope, &Scope),
    notices: &mut Vec<String>,
) -> Result<Vec<BoundCheck>> {
    let around = check::Around { tree: &written.tree, heads, first, last };
    let mut checks = vec![];
    for (index, check) in written.recipe.checks.iter().enumerate() {
        let check::Rules { rules, notice } = check::rules(check, &format!("checks.{index}"), &around)?;
        notices.extend(notice);
        for rule in rules {
            let mut scope = match rule.on {
                CheckOn::Source | CheckOn::Input => first.clone(),
                CheckOn::Output => last.clone(),
            };
            scope.computed.extend(CONSTANTS.map(str::to_owned));
            let expect = Bound::parse(&rule.expect, &rule.path, &scope, &written.tree)?;
            let check::Rule { on, level, preset, .. } = rule;
            checks.push(BoundCheck { expect, scope, on, level, per: check.per, preset });
        }
    }
    Ok(checks)
}
