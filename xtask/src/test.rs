//! `cargo xtask test`: runs steps, times them, and sums up.

use std::{
    fmt::Write,
    time::{Duration, Instant},
};

use crate::{
    Result,
    arguments::Options,
    project::Project,
    steps::{STEPS, Step},
};

/// How a step ended.
#[derive(Debug, Clone, PartialEq)]
enum Outcome {
    Passed(Duration),
    Failed(Duration),
    NotRun,
}

/// Runs the steps that `options` choose; the first that fails ends the run, unless it is to keep going.
pub fn run(project: &Project, options: &Options) -> Result {
    let steps: Vec<&Step> = STEPS.iter().filter(|step| options.includes(step)).collect();
    let outcomes = run_steps(&steps, options.keep_going, |step| (step.run)(project, options));
    println!("\n{}", table(&steps, &outcomes));
    let failed: Vec<_> =
        steps.iter().zip(&outcomes).filter(|(_, outcome)| matches!(outcome, Outcome::Failed(_))).collect();
    match failed.as_slice() {
        [] => Ok(()),
        [(step, _)] => Err(format!("the step {} failed", step.name)),
        several => Err(format!("{} steps failed", several.len())),
    }
}

fn run_steps(steps: &[&Step], keep_going: bool, mut run: impl FnMut(&Step) -> Result) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for step in steps {
        let stop = !keep_going && outcomes.iter().any(|outcome| matches!(outcome, Outcome::Failed(_)));
        outcomes.push(if stop { Outcome::NotRun } else { timed(step, &mut run) });
    }
    outcomes
}

fn timed(step: &Step, run: &mut impl FnMut(&Step) -> Result) -> Outcome {
    println!("\n== {}: {}", step.name, step.about);
    let start = Instant::now();
    match run(step) {
        Ok(()) => Outcome::Passed(start.elapsed()),
        Err(message) => {
            eprintln!("error: {message}");
            Outcome::Failed(start.elapsed())
        }
    }
}

fn table(steps: &[&Step], outcomes: &[Outcome]) -> String {
    let mut text = String::from("step       result       time\n");
    let mut total = Duration::ZERO;
    for (step, outcome) in steps.iter().zip(outcomes) {
        let (result, time) = match outcome {
            Outcome::Passed(time) => ("passed", Some(*time)),
            Outcome::Failed(time) => ("FAILED", Some(*time)),
            Outcome::NotRun => ("not run", None),
        };
        total += time.unwrap_or_default();
        let time = time.map_or(String::new(), |time| format!("{:>7.1} s", time.as_secs_f64()));
        writeln!(text, "{}", format!("{:<10} {result:<7} {time}", step.name).trim_end())
            .expect("a string takes any text");
    }
    write!(text, "{:<10} {:<7} {:>7.1} s", "all", "", total.as_secs_f64()).expect("a string takes any text");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps() -> Vec<&'static Step> {
        STEPS.iter().take(3).collect()
    }

    fn kinds(keep_going: bool) -> (Vec<&'static str>, usize) {
        let mut runs = 0;
        let outcomes = run_steps(&steps(), keep_going, |step| {
            runs += 1;
            if step.name == STEPS[1].name { Err("broken".to_owned()) } else { Ok(()) }
        });
        let kind = |outcome: &Outcome| match outcome {
            Outcome::Passed(_) => "passed",
            Outcome::Failed(_) => "failed",
            Outcome::NotRun => "not run",
        };
        (outcomes.iter().map(kind).collect(), runs)
    }

    #[test]
    fn a_failure_ends_the_run() {
        assert_eq!(kinds(false), (vec!["passed", "failed", "not run"], 2));
    }

    #[test]
    fn a_failure_does_not_end_the_run_that_keeps_going() {
        assert_eq!(kinds(true), (vec!["passed", "failed", "passed"], 3));
    }

    #[test]
    fn the_table_has_a_line_for_each_step() {
        let outcomes = [
            Outcome::Passed(Duration::from_millis(1500)),
            Outcome::Failed(Duration::from_secs(62)),
            Outcome::NotRun,
        ];
        let expected = "step       result       time\n\
                        format     passed      1.5 s\n\
                        clippy     FAILED     62.0 s\n\
                        docs       not run\n\
                        all                   63.5 s";
        assert_eq!(table(&steps(), &outcomes), expected);
    }
}
