//! Names for the parts of rows that are pairs by themselves.

use unskew_expr::{Expression, Names};

use crate::{
    bind::{SIDES, member},
    layout,
    paths::{Heads, Kind},
};

/// What a pair's prompt may be called, unless it is in both of its answers.
const PROMPTS: [&str; 2] = ["prompt", "conversations"];

/// `names`, and with them those that say a side: `chosen.completion`, `chosen.score` and so on, and the `reward_gap` of
/// both scores. What the names or the rows have already is what it is there.
pub fn names(names: &Names, heads: &Heads) -> Names {
    let mut all = names.clone();
    if let Some(prompt) = PROMPTS.iter().find(|prompt| knows(names, heads, prompt))
        && !knows(names, heads, PROMPTS[0])
    {
        all.define(PROMPTS[0], named(names, prompt));
    }
    for side in SIDES {
        define(&mut all, names, heads, side);
    }
    let scored = |side: &str| knows(&all, heads, &format!("{side}.score"));
    if !knows(names, heads, "reward_gap") && SIDES.iter().all(|side| scored(side)) {
        let gap = Expression::parse("chosen.score - rejected.score", &all);
        all.define("reward_gap", gap.expect("a difference of names"));
    }
    all
}

/// The names on each side of such pairs, where they say no side any more.
pub fn sides(names: &Names, heads: &Heads) -> [Names; 2] {
    SIDES.map(|side| {
        let mut own = Names::default();
        let whole = path(names, side);
        for inner in heads.inside(&whole).iter().filter_map(|path| path.split(['.', '[']).next()) {
            own.define(inner, expression(&format!("{whole}.{inner}")));
        }
        let dotted = |name: &&str| name.contains('.');
        let mut define = |name: &str, from: &str| {
            if let Some(named) = names.get(from) {
                own.define(name, named.clone());
            }
        };
        names.names().filter(|name| !dotted(name)).for_each(|name| define(name, name));
        let on_side = |name: &'_ str| name.strip_prefix(side)?.strip_prefix('.').map(str::to_owned);
        for name in names.names() {
            if let Some(own) = on_side(name) {
                define(own.trim_matches('`'), name);
            }
        }
        own
    })
}

/// Defines the names of one side.
fn define(all: &mut Names, names: &Names, heads: &Heads, side: &str) {
    let whole = path(names, side);
    let mut on_side = |name: &str, expression: Expression| {
        let full = format!("{side}.{}", member(name));
        if names.get(&full).is_none() && !heads.has(&format!("{whole}.{}", member(name))) {
            all.define(&full, expression);
        }
    };
    for name in names.names().filter(|name| !name.contains('.') && !SIDES.contains(name)) {
        on_side(name, names.get(name).expect("it is one of them").clone());
    }
    let scores = [format!("score_{side}"), format!("{side}_score"), format!("{side}_rating")];
    if let Some(score) = scores.iter().find(|score| knows(names, heads, score)) {
        on_side("score", named(names, score));
    }
    let inside = heads.inside(&whole);
    if let Some(kind) = layout::guess(&inside) {
        for (name, path) in layout::columns(kind, &inside) {
            on_side(name, expression(&format!("{whole}.{path}")));
        }
        return;
    }
    let answer = expression(&whole);
    let prompt = PROMPTS.iter().find(|prompt| knows(names, heads, prompt));
    let listed = |path: &str| heads.kind(path) == Some(Kind::List);
    match prompt {
        // A conversation that a text is the prompt of has that as its first message.
        Some(prompt) if listed(&path(names, prompt)) || !listed(&whole) => {
            on_side("prompt", named(names, prompt));
            on_side("completion", answer);
        }
        _ if listed(&whole) => on_side("messages", answer),
        _ => on_side("text", answer),
    }
}

fn knows(names: &Names, heads: &Heads, name: &str) -> bool {
    names.get(name).is_some() || heads.has(name)
}

fn named(names: &Names, name: &str) -> Expression {
    names.get(name).cloned().unwrap_or_else(|| expression(name))
}

/// The path that `name` stands for, or its own.
fn path(names: &Names, name: &str) -> String {
    names.get(name).and_then(Expression::as_path).unwrap_or(name).to_owned()
}

fn expression(path: &str) -> Expression {
    Expression::parse(path, &Names::default()).expect("paths are expressions")
}
