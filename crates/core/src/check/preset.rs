//! Checks that come by the name of a trainer: each row of one table is a check.

mod table;

use unskew_expr::{Expression, Names};

pub use table::{PRESET_CHECKS, PresetCheck};

use crate::{
    Result,
    bind::{Bound, SIDES, Scope},
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

/// What a check stands for.
#[derive(Debug, Default)]
pub struct Rules {
    /// What is expected.
    pub rules: Vec<Rule>,
    /// What of its preset cannot be asked, if that is to be told.
    pub notice: Option<String>,
}

/// What the check at `base` in a recipe stands for: what it expects, or what its preset does.
pub fn rules(check: &Check, base: &str, around: &Around<'_>) -> Result<Rules> {
    let tree = around.tree;
    refuse_options(check, base, tree)?;
    match (&check.expect, check.preset) {
        (Some(expect), None) => {
            let rule = Rule {
                expect: expect.clone(),
                path: format!("{base}.expect"),
                on: check.on.unwrap_or_default(),
                level: check.level.unwrap_or_default(),
                preset: None,
            };
            Ok(Rules { rules: vec![rule], notice: None })
        }
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

fn of_preset(check: &Check, preset: Preset, base: &str, around: &Around<'_>) -> Result<Rules> {
    let parts = Parts::of(around);
    let subject = match subject(check, preset, base, around) {
        // Pairs without scores have answers that can be looked at.
        Err(_) if preset == Dpo && check.score.is_none() && parts.answers.is_some() => None,
        found => Some(found?),
    };
    let mut made = around.first.paired != around.last.paired || around.first.own != around.last.own;
    let mut plain = false;
    if let Some((subject, path)) = &subject {
        let bound = Bound::parse(subject, path, around.last, around.tree)?;
        if bound.variants().iter().any(Expression::is_aggregate) {
            let message =
                format!("`{subject}` goes over many rows, where the value of a single one is wanted");
            return Err(bound.error_whole(message, around.tree));
        }
        // What stages make, the rows before them do not have.
        let differs = |read: &String| around.first.data_column(read) != around.last.data_column(read);
        made |= bound.variants().iter().flat_map(Expression::reads).any(differs);
        plain = is_data_path(subject, around);
    }
    let (subject, path) = match subject {
        Some((subject, path)) => (Some(subject), path),
        None => (None, format!("{base}.preset")),
    };
    let on = |row: &PresetCheck| row.on.or(check.on).unwrap_or_default();
    let fits = |row: &&PresetCheck| {
        (!made || on(row) == CheckOn::Output) && (plain || !row.of_path()) && parts.have(row)
    };
    let rule = |row: &'static PresetCheck| Rule {
        expect: parts.filled(row.expect, subject.as_deref().unwrap_or_default()),
        path: path.clone(),
        on: on(row),
        level: check.level.unwrap_or(row.level),
        preset: Some(row),
    };
    let (asked, left_out): (Vec<&PresetCheck>, Vec<&PresetCheck>) =
        preset.checks().filter(fits).partition(|row| subject.is_some() || !row.of_subject());
    let names: Vec<_> = left_out.iter().map(|row| format!("`{}`", row.name)).collect();
    let notice = (!names.is_empty()).then(|| {
        let (option, tried) = preset.looks_at();
        let (preset, names) = (preset.name(), names.join(", "));
        format!(
            "the preset `{preset}` leaves out {names}: rows have no `{}`; `{option}` says what to look at",
            tried[0]
        )
    });
    Ok(Rules { rules: asked.into_iter().map(rule).collect(), notice })
}

/// What parts of rows are called, where they are there.
struct Parts {
    prompt: Option<String>,
    answers: Option<[String; 2]>,
}

impl Parts {
    fn of(around: &Around<'_>) -> Self {
        let is_path = |name: &str, names: &Names| {
            let expression = Expression::parse(name, names).ok();
            let path = expression.as_ref().and_then(Expression::as_path);
            path.is_some_and(|path| around.last.data_column(path).is_some())
        };
        let known = |name: &String| {
            is_known(name, around) && around.last.names.iter().all(|names| is_path(name, names))
        };
        let prompt = Some("prompt".to_owned()).filter(|name| !around.last.paired && known(name));
        let both = |name: &str| SIDES.map(|side| format!("{side}.{name}"));
        let answers = ["completion", "messages", "text"].into_iter().map(both);
        let mut answers = answers.filter(|answers| answers.iter().all(known));
        Self { prompt, answers: answers.next() }
    }

    /// Whether the parts are there that `row` looks at.
    fn have(&self, row: &PresetCheck) -> bool {
        let looks = |part: &str| row.expect.contains(part);
        (self.prompt.is_some() || !looks("{prompt}")) && (self.answers.is_some() || !looks("{chosen}"))
    }

    /// A template with the subject and the parts in their places.
    fn filled(&self, template: &str, subject: &str) -> String {
        let mut text = filled(template, subject);
        for (place, part) in ["{chosen}", "{rejected}"].into_iter().zip(self.answers.iter().flatten()) {
            text = text.replace(place, part);
        }
        match &self.prompt {
            Some(prompt) => text.replace("{prompt}", prompt),
            None => text,
        }
    }
}

/// Whether rows of the result have something called so.
fn is_known(name: &str, around: &Around<'_>) -> bool {
    let Around { heads, last, .. } = around;
    let defined = !last.names.is_empty() && last.names.iter().all(|names| names.get(name).is_some());
    last.computed.contains(name) || defined || heads.has(&last.side(name).1)
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
    let tree = around.tree;
    if let Some(name) = names.iter().find(|name| is_known(name, around)) {
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
