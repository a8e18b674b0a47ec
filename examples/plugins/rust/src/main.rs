//! Keeps the best share of each group.

use std::process::ExitCode;

use schemars::JsonSchema;
use serde::Deserialize;
use unskew_strategy::{Input, Native, Need, Pick, Result, Selection, Strata, Strategy};

static PLUGIN: Native<Top> = Native::new(
    "top",
    env!("CARGO_PKG_VERSION"),
    "Keep the best share of each group",
    r#"{
        "options": {"by": "task", "score": "reward"},
        "rows": [{"task": "math", "reward": 1}, {"task": "math", "reward": 2}, {"task": "coding", "reward": 0}],
        "chooses": [1, 2]
    }"#,
);

/// Keeps the best share of each group; of rows that are equally good, any.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Top {
    /// What makes two rows the same kind.
    by: String,
    /// What is higher for better rows.
    score: String,
    /// Which share of each kind to keep; the number of rows is rounded, halves up.
    #[serde(default = "half")]
    #[schemars(range(min = 0, max = 1))]
    share: f64,
}

fn half() -> f64 {
    0.5
}

impl Top {
    fn pick(&self) -> Pick {
        Pick::Best(self.score.clone())
    }
}

impl Strategy for Top {
    fn needs(&self) -> Vec<Need> {
        [Need::Groups(vec![self.by.clone()])].into_iter().chain(self.pick().needs()).collect()
    }

    fn run(&self, input: &Input) -> Result<Selection> {
        let groups = input.groups(0);
        let strata = Strata::new(groups.codes(), groups.len());
        let ranking = self.pick().ranking(input, 1)?;
        let best = |rows: &[u32]| ranking.take(rows, (rows.len() as f64 * self.share).round() as u64);
        let mut kept: Vec<u32> = strata.iter().flat_map(best).collect();
        kept.sort_unstable();
        Ok(Selection::rows(kept))
    }
}

fn main() -> ExitCode {
    unskew_program::serve(&PLUGIN)
}

#[cfg(test)]
mod tests {
    use unskew_strategy::laws;

    #[test]
    fn it_keeps_the_laws() {
        assert_eq!(laws::check(&super::PLUGIN), Ok(()));
    }
}
