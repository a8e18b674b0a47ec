//! Checks that come by the name of a trainer: each row of one table is a check.

mod table;

use unskew_expr::{Expression, Names};

pub use table::{PRESET_CHECKS, PresetCheck};

use crate::{
    Result,
    bind::{Bound, Scope},
    paths::Heads,
    recipe::{
        Check, CheckOn, Level,
        Preset::{self, Balance, Dpo, Kto, Ppo, Sft},
        Tree, segments,
    },
};

/// An expectation with everything that a check needs.
#[derive(Debug)]
pub struct Rule {
    /// The expression.
    pub expect: String,
    /// Where in the recipe it comes from.
    pub path: String,
    /// Which rows it is about.
    pub on: CheckOn,
    /// What follows when it is not true.
    pub level: Level,
    /// The preset's check that it is, if it comes from one.
    pub preset: Option<&'static PresetCheck>,
}

impl Preset {
    /// Every preset.
    pub const ALL: [Self; 5] = [Sft, Dpo, Kto, Ppo, Balance];

    /// What it is called in recipes.
    pub fn name(self) -> &'static str {
        match self {
            Sft => "sft",
            Dpo => "dpo",
            Kto => "kto",
            Ppo => "ppo",
            Balance => "balance",
        }
    }

    /// The option that says what it looks at, and the names that are tried without it.
    pub fn looks_at(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Sft | Ppo => ("score", &["score", "reward"]),
            Dpo => ("score", &["reward_gap"]),
            Kto => ("label", &["label"]),
            Balance => ("by", &["task"]),
        }
    }

    /// Its checks.
    pub fn checks(self) -> impl Iterator<Item = &'static PresetCheck> {
        PRESET_CHECKS.iter().filter(move |check| check.preset == self)
    }
}

/// What a recipe knows where a check stands in it.
pub struct Around<'a> {
    /// The recipe.
    pub tree: &'a Tree,
    /// The paths at the heads of the files.
    pub heads: &'a Heads,
    /// What expressions may refer to before the first stage.
    pub first: &'a Scope,
    /// What they may refer to after the last.
    pub last: &'a Scope,
}

/// What the check at `base` in a recipe stands for: what it expects, or what its preset does.
pub fn rules(check: &Check, base: &str, around: &Around<'_>) -> Result<Vec<Rule>> {
    let tree = around.tree;
    refuse_options(check, base, tree)?;
    match (&check.expect, check.preset) {
        (Some(expect), None) => Ok(vec![Rule {
            expect: expect.clone(),
            path: format!("{base}.expect"),
            on: check.on.unwrap_or_default(),
            level: check.level.unwrap_or_default(),
            preset: None,
        }]),
        (None, Some(preset)) => of_preset(check, preset, base, around),
        (None, None) => Err(tree
            .error(tree.place(&segments(base)), "this check expects nothing")
            .hint("write `expect: EXPRESSION` or `preset: NAME`")),
        (Some(_), Some(_)) => {
            let place = tree.key_place(&segments(&format!("{base}.preset"))).unwrap_or_default();
            Err(tree.error(place, "a check has either `expect` or `preset`").hint("make two checks of it"))
        }
    }
}

fn of_preset(check: &Check, preset: Preset, base: &str, around: &Around<'_>) -> Result<Vec<Rule>> {
    let (subject, path) = subject(check, preset, base, around)?;
    let bound = Bound::parse(&subject, &path, around.last, around.tree)?;
    if bound.variants().iter().any(Expression::is_aggregate) {
        let message = format!("`{subject}` goes over many rows, where the value of a single one is wanted");
        return Err(bound.error_whole(message, around.tree));
    }
    // What stages make, the rows before them do not have.
    let made = |read: &String| around.first.data_column(read) != around.last.data_column(read);
    let made = bound.variants().iter().flat_map(Expression::reads).any(made);
    let kind = is_data_path(&subject, around);
    let on = |row: &PresetCheck| row.on.or(check.on).unwrap_or_default();
    let fits = |row: &&PresetCheck| (!made || on(row) == CheckOn::Output) && (kind || !row.of_path());
    let rule = |row: &'static PresetCheck| Rule {
        expect: filled(row.expect, &subject),
        path: path.clone(),
        on: on(row),
        level: check.level.unwrap_or(row.level),
        preset: Some(row),
    };
    Ok(preset.checks().filter(fits).map(rule).collect())
}

/// Refuses options that have no meaning for what the check is.
fn refuse_options(check: &Check, base: &str, tree: &Tree) -> Result<()> {
    let own = check.preset.map(|preset| preset.looks_at().0);
    let given = [("score", &check.score), ("label", &check.label), ("by", &check.by)];
    let foreign = |(option, text): &(&str, &Option<String>)| text.is_some() && own != Some(*option);
    let Some((option, _)) = given.into_iter().find(foreign) else { return Ok(()) };
    let place = tree.key_place(&segments(&format!("{base}.{option}"))).unwrap_or_default();
    Err(match (check.preset, own) {
        (Some(preset), Some(own)) => tree
            .error(place, format!("the preset `{}` has no `{option}`", preset.name()))
            .hint(format!("what it looks at is its `{own}`")),
        _ => tree.error(place, format!("`{option}` goes with `preset` only")),
    })
}

/// The expression that a preset looks at, and where it stands in the recipe.
fn subject(check: &Check, preset: Preset, base: &str, around: &Around<'_>) -> Result<(String, String)> {
    let (option, names) = preset.looks_at();
    if let Some(text) = [&check.score, &check.label, &check.by].into_iter().find_map(Option::as_ref) {
        return Ok((text.clone(), format!("{base}.{option}")));
    }
    let path = format!("{base}.preset");
    let Around { tree, heads, last, .. } = around;
    let known = |name: &&&str| {
        let defined = !last.names.is_empty() && last.names.iter().all(|names| names.get(name).is_some());
        last.computed.contains(**name) || defined || heads.has(name)
    };
    if let Some(name) = names.iter().find(known) {
        return Ok(((*name).to_owned(), path));
    }
    let message = format!("rows have no `{}`, which the preset `{}` looks at", names[0], preset.name());
    let error = tree.error(tree.place(&segments(&path)), message);
    Err(error.hint(format!("say what to look at: `{option}: EXPRESSION`")))
}

/// Whether `subject` is a path of the data, of whose values the scan can tell the kind.
fn is_data_path(subject: &str, around: &Around<'_>) -> bool {
    let plain = |names: &Names| {
        let expression = Expression::parse(subject, names).ok();
        let path = expression.as_ref().and_then(Expression::as_path);
        path.is_some_and(|path| {
            [around.first, around.last].iter().all(|scope| scope.data_column(path).as_deref() == Some(path))
        })
    };
    around.last.names.iter().all(plain)
}

/// A template with the subject in its places, in brackets unless it stands together by itself.
fn filled(template: &str, subject: &str) -> String {
    let inner = if is_one(subject) { subject.to_owned() } else { format!("({subject})") };
    template.replace("({})", &format!("({subject})")).replace("{}", &inner)
}

/// Whether `text` is a name, a path or a call, so that what stands beside it does not tear it apart.
fn is_one(text: &str) -> bool {
    let plain = |text: &str| text.chars().all(|letter| letter.is_alphanumeric() || "_.[]".contains(letter));
    match text.strip_suffix(')').and_then(|call| call.split_once('(')) {
        Some((name, arguments)) => {
            let simple = arguments.chars().all(|letter| !"()'\"`".contains(letter));
            !name.is_empty() && plain(name) && simple
        }
        None => plain(text),
    }
}

#[cfg(test)]
mod tests;
