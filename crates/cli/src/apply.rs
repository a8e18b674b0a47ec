//! `apply`: one strategy on one source, without a recipe; or the recipe that this stands for.

use std::path::PathBuf;

use clap::{
    Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, ValueHint,
    builder::{BoolishValueParser, PossibleValuesParser},
};
use serde_json::{Value, json};
use unskew_core::{Error, Exit, Registered, Registry, Result, recipe::Written, remote::Remotes};
use unskew_strategy::Manifest;

use crate::{
    arguments::{Choosing, Making, Telling},
    option::{Form, StrategyOption, object, options},
    run::make,
    terminal::print,
};

/// What stands before an option's name inside the program, so that no strategy can clash with what is ours.
const PREFIX: &str = "option.";

/// What messages call the recipe.
const NAME: &str = "apply";

/// The command, with a command below it for each strategy.
pub fn command(registry: &Registry) -> Command {
    Command::new("apply")
        .about("Run one strategy on a source, without a recipe")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand_value_name("STRATEGY")
        .subcommand_help_heading("Strategies")
        .disable_help_subcommand(true)
        .subcommands(registry.manifests().map(strategy))
}

fn strategy(manifest: &Manifest) -> Command {
    let command = Command::new(manifest.name.to_string());
    let command = Telling::augment_args(Choosing::augment_args(Making::augment_args(command)));
    // The arguments bring words of their own, which say nothing of the strategy.
    let command = command.about(manifest.summary.to_string());
    let source = Arg::new("SOURCE")
        .help("A file, a folder, a glob or an hf://datasets/OWNER/NAME URL")
        .required(true)
        .value_hint(ValueHint::AnyPath)
        .display_order(0);
    let print_recipe = Arg::new("PRINT_RECIPE")
        .long("print-recipe")
        .help("Print the recipe that this stands for, and stop")
        .action(ArgAction::SetTrue);
    let command = command.arg(source).arg(print_recipe);
    let taken: Vec<String> = command.get_arguments().filter_map(Arg::get_long).map(str::to_owned).collect();
    options(&manifest.options)
        .into_iter()
        .fold(command, |command, option| command.arg(argument(&option, &taken)))
}

/// The argument for a strategy's option; where we have one of that name, `--option-NAME`.
fn argument(option: &StrategyOption, taken: &[String]) -> Arg {
    let own = ["help", "version"].contains(&option.name.as_str()) || taken.contains(&option.name);
    let long = if own { format!("option-{}", option.name) } else { option.name.clone() };
    let help = if option.description.is_empty() { option.shown.clone() } else { option.description.clone() };
    let mut argument = Arg::new(format!("{PREFIX}{}", option.name))
        .long(long)
        .help(help.split("\n\n").next().unwrap_or_default().replace('\n', " "))
        .required(option.required)
        .allow_negative_numbers(true)
        .help_heading("Options of the strategy")
        .value_name(value_name(option))
        .action(ArgAction::Set);
    argument = match &option.form {
        Form::Boolean => argument
            .value_parser(BoolishValueParser::new())
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true"),
        Form::Text(names) if !names.is_empty() => {
            argument.value_parser(PossibleValuesParser::new(names.clone()))
        }
        Form::Texts | Form::List => argument.action(ArgAction::Append),
        _ => argument,
    };
    argument
}

fn value_name(option: &StrategyOption) -> &'static str {
    match option.form {
        Form::Boolean => "BOOLEAN",
        Form::Number => "N",
        Form::Text(_) => "TEXT",
        Form::Texts => "TEXT,…",
        Form::List => "ITEM,…",
        Form::Yaml => "YAML",
    }
}

/// Does what the command line says.
pub fn apply(matches: &ArgMatches, registry: &Registry, remotes: &dyn Remotes) -> Result<()> {
    let (name, matches) = matches.subcommand().expect("the command line requires a strategy");
    let usage = |error: clap::Error| Error::usage(error.to_string());
    let making = Making::from_arg_matches(matches).map_err(usage)?;
    let choosing = Choosing::from_arg_matches(matches).map_err(usage)?;
    let telling = Telling::from_arg_matches(matches).map_err(usage)?;
    let Registered { manifest, .. } = registry.get(name)?;
    let source = matches.get_one::<String>("SOURCE").expect("the command line requires a source");
    let text = recipe(&manifest, source, matches, &making, choosing.seed)?;
    let mut written = Written::parse(NAME, &text, &choosing.set)?;
    written.folder = PathBuf::new();
    if matches.get_flag("PRINT_RECIPE") {
        return print(&written.to_text(choosing.seed));
    }
    make(written, &choosing.options(Some(&making)), None, &telling, (registry, remotes))
}

/// The recipe that the command line stands for.
fn recipe(
    manifest: &Manifest,
    source: &str,
    matches: &ArgMatches,
    making: &Making,
    seed: Option<u64>,
) -> Result<String> {
    let mut chosen = vec![];
    for option in options(&manifest.options) {
        let id = format!("{PREFIX}{}", option.name);
        let texts: Vec<String> = match &option.form {
            Form::Boolean => matches.get_one::<bool>(&id).map(bool::to_string).into_iter().collect(),
            _ => matches.get_many::<String>(&id).into_iter().flatten().cloned().collect(),
        };
        if !texts.is_empty() {
            chosen.push((option.name.clone(), option.read(&texts)?));
        }
    }
    let mut recipe = json!({"name": manifest.name});
    if let Some(seed) = seed {
        recipe["seed"] = seed.into();
    }
    recipe["source"] = source.into();
    recipe["stages"] = json!([object([(manifest.name.to_string(), object(chosen))])]);
    if let Some(out) = &making.out {
        recipe["output"] = json!({"to": out.to_string_lossy()});
    }
    to_yaml(&recipe)
}

/// `value` as YAML.
pub fn to_yaml(value: &Value) -> Result<String> {
    serde_saphyr::to_string(value)
        .map_err(|error| Error::new(Exit::Fault, "cannot write YAML").cause(error.to_string()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unskew_core::recipe::Tree;

    use super::*;

    fn printed(arguments: &[&str]) -> Result<String, String> {
        let registry = Registry::new(unskew_plugins::plugins()).unwrap();
        let matches = command(&registry).try_get_matches_from([&["apply"], arguments].concat());
        let matches = matches.map_err(|error| error.to_string())?;
        let (name, matches) = matches.subcommand().unwrap();
        let making = Making::from_arg_matches(matches).unwrap();
        let choosing = Choosing::from_arg_matches(matches).unwrap();
        recipe(
            &registry.get(name).unwrap().manifest,
            matches.get_one::<String>("SOURCE").unwrap(),
            matches,
            &making,
            choosing.seed,
        )
        .map_err(|error| error.render())
    }

    #[test]
    fn options_become_a_recipe() {
        let text = printed(&["cap", "rows.jsonl", "--by", "task,level", "--max=7", "--pick", "best: reward"]);
        assert_eq!(
            Tree::parse("x", &text.unwrap()).unwrap().to_value(),
            json!({
                "name": "cap", "source": "rows.jsonl",
                "stages": [{"cap": {"by": ["task", "level"], "max": 7, "pick": {"best": "reward"}}}],
            })
        );
        let text = printed(&["order", "rows.jsonl", "--shuffle", "--seed", "3", "--out", "x"]).unwrap();
        assert_eq!(
            Tree::parse("x", &text).unwrap().to_value(),
            json!({
                "name": "order", "seed": 3, "source": "rows.jsonl", "stages": [{"order": {"shuffle": true}}],
                "output": {"to": "x"},
            })
        );
    }

    #[test]
    fn what_is_missing_or_unknown_is_told() {
        assert!(printed(&["cap", "rows.jsonl", "--max", "7"]).unwrap_err().contains("--by"));
        assert!(printed(&["cap", "rows.jsonl", "--by", "x", "--maxx", "7"]).unwrap_err().contains("'--max'"));
        assert!(printed(&["caps", "rows.jsonl"]).unwrap_err().contains("'cap'"));
    }

    #[test]
    fn a_name_of_ours_does_not_hide_an_option() {
        let schema = json!({"properties": {"seed": {"type": "integer"}, "size": {"type": "integer"}}});
        let taken = vec!["seed".to_owned()];
        let longs: Vec<_> = options(&schema).iter().map(|option| argument(option, &taken)).collect();
        let longs: Vec<_> = longs.iter().filter_map(Arg::get_long).collect();
        assert_eq!(longs, ["option-seed", "size"]);
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            (-1e6..1e6).prop_map(Value::from),
            "[ -~]{0,12}".prop_map(Value::from),
            prop::sample::select(vec!["true", "null", "1", "1e3", "~", "yes", "- a", "a: b", "#x", "", "…×"])
                .prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 12, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 1..4).prop_map(Value::from),
                prop::collection::btree_map("[a-z ]{1,6}", inner, 1..4)
                    .prop_map(|map| object(map.into_iter().collect::<Vec<_>>())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_printed_value_reads_as_itself(value in any_value()) {
            let text = to_yaml(&json!({"value": value})).unwrap();
            prop_assert_eq!(&Tree::parse("x", &text).unwrap().to_value()["value"], &value, "{}", text);
        }
    }
}
