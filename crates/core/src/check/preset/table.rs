//! Every check of every preset.

use crate::recipe::{
    CheckOn,
    Level::{self, Fail, Warn},
    Preset::{self, Balance, Dpo, Kto, Ppo, Sft},
};

/// A check that a preset stands for.
#[derive(Debug, Clone, Copy)]
pub struct PresetCheck {
    /// The preset.
    pub preset: Preset,
    /// What the check is called there.
    pub name: &'static str,
    /// What is expected; `{}` stands for the expression that the preset looks at, `{prompt}`, `{chosen}` and `{rejected}`
    /// for parts of rows, without which there is no such check.
    pub expect: &'static str,
    /// The rows it is about, where these are not for the recipe to say.
    pub on: Option<CheckOn>,
    /// What follows when it is not true: failure where a threshold is known, a warning where it is a rule of thumb.
    pub level: Level,
    /// What is wrong then.
    pub means: &'static str,
    /// What to do about it.
    pub hint: &'static str,
}

impl PresetCheck {
    /// Whether it makes sense of paths only.
    pub fn of_path(&self) -> bool {
        self.expect.contains("kind({})")
    }

    /// Whether it looks at what the preset looks at.
    pub fn of_subject(&self) -> bool {
        self.expect.contains("{}")
    }
}

macro_rules! checks {
    ($($preset:ident $name:literal: $expect:literal $(on $on:ident)? => $level:ident, $means:literal, $hint:literal;)*) => {
        &[$(PresetCheck {
            preset: $preset,
            name: $name,
            expect: $expect,
            on: checks!(@on $($on)?),
            level: $level,
            means: $means,
            hint: $hint,
        }),*]
    };
    (@on) => { None };
    (@on $on:ident) => { Some(CheckOn::$on) };
}

/// The checks, in the order in which they are told.
///
/// Averages and gaps are rounded to nine digits, so that 1.0 - 0.8 is a gap of 0.2. The last of the five bins of rewards
/// has 1.0 in it.
pub const PRESET_CHECKS: &[PresetCheck] = checks! {
    Sft "rows": "rows_out >= 100" => Fail,
        "too few examples to learn from",
        "lower the threshold that rows have to reach, or collect more";
    Sft "missing": "share({} is null) = 0" => Warn,
        "some rows have no score",
        "leave them out with `where`, or find out why";
    Sft "mean": "round(avg({}), 9) >= 0.9" => Fail,
        "the examples are not good enough to be imitated",
        "keep only rows of a high score with `where`, such as 0.95 and more";
    Sft "spread": "distinct({}) > 1" on Source => Warn,
        "all scores are the same even before `where`, so they tell nothing",
        "find out whether rows are verified too strictly, or not at all";

    Dpo "missing": "share({} is null) = 0" => Warn,
        "some pairs have no gap",
        "leave them out, or find out which of their scores is missing";
    Dpo "mean gap": "round(avg({}), 9) >= 0.2" => Fail,
        "chosen and rejected answers are too similar",
        "ask for a larger gap, or collect more answers to each prompt";
    Dpo "small gaps": "share(round({}, 9) < 0.1) <= 0.1" => Warn,
        "in many pairs it is unclear which answer is better",
        "leave out pairs with a gap below 0.1, better below 0.2";
    Dpo "large gaps": "share({} >= 0.95) < 0.95" => Warn,
        "nearly all gaps are near 1, as where rewards are 0 or 1 only: the pairs may be too easy",
        "score answers in finer steps";

    Dpo "same answers": "share(hash({chosen}) = hash({rejected})) = 0" on Output => Warn,
        "some pairs have the same answer on both sides",
        "leave them out; `pair` makes no such pairs";

    Kto "missing": "share({} is null) = 0" => Fail,
        "some rows have no label",
        "leave them out with `where`, or say what is desirable: `label: reward >= 0.5`";
    Kto "both labels": "distinct({}) = 2" => Fail,
        "training needs desirable and undesirable rows, and no third label",
        "say what is desirable: `label: reward >= 0.5`";
    Kto "ratio": "min_share({}) >= 0.2" => Warn,
        "of one label there are more than four rows for each of the other",
        "balance the labels, or give the rarer one more weight in the trainer";
    Kto "booleans": "share(kind({}) = 'boolean') = 1" => Warn,
        "labels are not all `true` or `false`, and some trainers take nothing else",
        "write real booleans, made by a comparison such as `label = 1`";

    Kto "batches of 2": "one_valued({}, 2) = 0" => Warn,
        "read in this order, some batches of 2 rows hold one label",
        "train with larger batches, or let `kto` put the rows in order";
    Kto "batches of 4": "one_valued({}, 4) = 0" => Warn,
        "read in this order, some batches of 4 rows hold one label",
        "train with larger batches, or let `kto` put the rows in order";
    Kto "batches of 8": "one_valued({}, 8) = 0" => Warn,
        "read in this order, some batches of 8 rows hold one label",
        "train with larger batches, or let `kto` put the rows in order";
    Kto "batches of 16": "one_valued({}, 16) = 0" => Warn,
        "read in this order, some batches of 16 rows hold one label",
        "let `kto` put the rows in order";
    Kto "neighbours": "repeated(hash({prompt})) <= 0.01" on Output => Warn,
        "many rows have the prompt of the row before, with whose completion the trainer compares them",
        "let `kto` put the rows in order, which looks at `prompt`";

    Ppo "missing": "share({} is null) = 0" => Warn,
        "some rows have no reward",
        "leave them out with `where`, or find out why";
    Ppo "range": "share({} < 0 or {} > 1) = 0" => Warn,
        "some rewards are not between 0 and 1, where the other checks expect them",
        "scale them: `score: (reward + 1) / 2`";
    Ppo "no spread": "stddev({}) >= 0.1" => Fail,
        "rewards hardly tell answers apart",
        "leave out prompts that are always or never solved, or score in finer steps";
    Ppo "little spread": "stddev({}) >= 0.15" => Warn,
        "rewards tell answers apart, but not by much",
        "leave out prompts that are always or never solved, or score in finer steps";
    Ppo "ends": "share({} <= 0.05 or {} >= 0.95) < 0.95" => Warn,
        "nearly all rewards are near 0 or near 1",
        "adjust how difficult the tasks are, or score in finer steps";
    Ppo "peak": "share({} >= 0.4 and {} < 0.6) <= 0.5" => Warn,
        "most rewards are near 0.5, so verification may be noisy",
        "look at how rows are verified";
    Ppo "bins": "distinct(greatest(least(floor({} * 5), 4), 0)) >= 3" => Warn,
        "fewer than three of the bins between 0, 0.2, 0.4, 0.6, 0.8 and 1 have rows",
        "mix tasks of several degrees of difficulty, or score in finer steps";

    Balance "largest before": "max_share({}) <= 0.5" on Input => Warn,
        "most rows of the input are of one kind",
        "limit it with `cap`, or name shares with `target`";
    Balance "largest": "max_share({}) <= 0.4" on Output => Fail,
        "too many rows are of one kind",
        "limit it with `cap`, or name shares with `target`";
    Balance "retention": "retention >= 0.5" on Output => Warn,
        "most rows were given up",
        "allow more of each kind, collect more of the rare ones, or `weigh` rows instead";
};
