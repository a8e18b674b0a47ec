//! Every built-in strategy gives the same answers when it is reached through the protocol.

use std::io::Cursor;

use serde_json::Value;
use unskew_strategy::{Error, Gives, Input, Manifest, Need, Plugin, Result, Selection, Strategy, laws};

use crate::{
    Wire, answer,
    head::{self, Needs, Refusal},
    request, serve, table,
};

/// A plugin behind the wire.
#[derive(Clone, Copy)]
struct Wired(&'static dyn Plugin);

struct WiredStrategy {
    plugin: Wired,
    options: Value,
    needs: Vec<(String, Need)>,
    gives: Gives,
}

impl Wired {
    fn call(self, word: &str, told: Vec<u8>) -> Vec<u8> {
        let mut out = vec![];
        match serve::answer(self.0, word, &mut Cursor::new(told), &mut out) {
            Err(error) if !error.is_failure() => head::write(&Refusal::of(&error), &mut out).unwrap(),
            other => other.unwrap(),
        }
        out
    }
}

impl Plugin for Wired {
    fn manifest(&self) -> Manifest {
        head::read_manifest(&self.call("describe", vec![])).unwrap().0
    }

    fn build(&self, options: &Value) -> Result<Box<dyn Strategy>> {
        let Needs { needs, gives } = head::read(&self.call("needs", options.to_string().into_bytes()))?;
        Ok(Box::new(WiredStrategy { plugin: *self, options: options.clone(), needs: needs.0, gives }))
    }
}

impl Strategy for WiredStrategy {
    fn needs(&self) -> Vec<Need> {
        self.needs.iter().map(|(_, need)| need.clone()).collect()
    }

    fn gives(&self) -> Gives {
        self.gives.clone()
    }

    fn run(&self, input: &Input) -> Result<Selection> {
        let mut told = vec![];
        request::write(Wire::Arrow, &self.options, &self.needs, input, &mut told)?;
        answer::read(Wire::Arrow, self.plugin.call("run", told), &self.gives)
    }
}

/// Everything that an answer says; of notes, what a report says of them.
fn told(answer: Result<Selection, Error>) -> String {
    match answer {
        Err(error) => format!("{error} {:?} {:?}", error.option_path(), error.hints()),
        Ok(answer) => {
            let notes: Vec<_> = answer
                .notes()
                .iter()
                .map(|note| (&note.name, table::objects(&note.table).unwrap()))
                .collect();
            let rest = (answer.splits(), answer.columns(), answer.batched());
            format!("{:?} {rest:?} {notes:?}", answer.choice())
        }
    }
}

#[test]
fn built_in_strategies_answer_the_same() {
    for plugin in unskew_plugins::plugins() {
        let wired = Wired(*plugin);
        let manifest = wired.manifest();
        assert_eq!(manifest, plugin.manifest());
        assert_eq!(laws::check(&wired), Ok(()), "{}", manifest.name);
        let example = &manifest.example;
        for rows in [&example.rows[..], &example.rows[..1], &[]] {
            let native = laws::answer(*plugin, &example.options, rows);
            assert_eq!(told(laws::answer(&wired, &example.options, rows)), told(native), "{}", manifest.name);
        }
        let wrong = serde_json::json!({"no_such_option": 1});
        assert_eq!(told(laws::answer(&wired, &wrong, &[])), told(laws::answer(*plugin, &wrong, &[])));
    }
}
