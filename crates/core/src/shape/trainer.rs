//! What a trainer has to be told, so that it reads rows of a shape as they are meant.

use crate::report::{OrderReport, SettingReport, Weights};

/// A trainer that a shape is for.
#[derive(Debug)]
pub struct Trainer {
    /// What people call it.
    pub name: &'static str,
    /// Columns, and how it is told of each; a setting without a column is always told.
    pub columns: &'static [(&'static str, &'static str)],
    /// How it is told to make a text of messages, if it is.
    pub template: Option<&'static str>,
    /// How it is told to keep the order of rows.
    pub order: Order,
    /// What it calls the weights of desirable and undesirable rows, if it has any.
    pub weights: Option<[&'static str; 2]>,
    /// Which files it reads.
    pub files: Files,
}

/// How a trainer is told to keep the order of rows.
#[derive(Debug)]
pub enum Order {
    /// With this.
    Set(&'static str),
    /// It cannot be.
    Lost,
}

/// The files that a trainer reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Files {
    /// All that are written.
    Any,
    /// Parquet.
    Parquet,
    /// Those that are not compressed as a whole.
    Plain,
    /// Those that are not compressed as a whole, each with an entry in `dataset_info.json`.
    Listed,
}

const SEQUENTIAL: Order = Order::Set("train_sampling_strategy=\"sequential\"");

const fn trl(name: &'static str, order: Order) -> Trainer {
    Trainer { name, columns: &[], template: None, order, weights: None, files: Files::Any }
}

const fn openrlhf(columns: &'static [(&'static str, &'static str)]) -> Trainer {
    let template = Some("--data.apply_chat_template");
    Trainer { name: "OpenRLHF", columns, template, order: Order::Lost, weights: None, files: Files::Any }
}

const fn verl(columns: &'static [(&'static str, &'static str)], order: Order) -> Trainer {
    Trainer { name: "verl", columns, template: None, order, weights: None, files: Files::Parquet }
}

const fn nemo_rl(columns: &'static [(&'static str, &'static str)]) -> Trainer {
    let order = Order::Set("data.shuffle: false");
    Trainer { name: "NeMo-RL", columns, template: None, order, weights: None, files: Files::Any }
}

const fn llama_factory(weights: Option<[&'static str; 2]>) -> Trainer {
    let order = Order::Set("disable_shuffling: true");
    Trainer { name: "LLaMA-Factory", columns: &[], template: None, order, weights, files: Files::Listed }
}

/// Supervised fine-tuning with TRL.
pub const SFT_TRAINER: Trainer = trl("TRL's SFTTrainer", SEQUENTIAL);
/// Preferences with TRL.
pub const DPO_TRAINER: Trainer = trl("TRL's DPOTrainer", SEQUENTIAL);
/// Reinforcement learning with TRL.
pub const GRPO_TRAINER: Trainer = trl("TRL's GRPOTrainer", Order::Set("shuffle_dataset=False"));
/// Desirable and undesirable completions with TRL.
pub const KTO_TRAINER: Trainer = Trainer {
    weights: Some(["desirable_weight", "undesirable_weight"]),
    ..trl("TRL's KTOTrainer", SEQUENTIAL)
};
/// Supervised fine-tuning with OpenRLHF.
pub const OPENRLHF_SFT: Trainer = openrlhf(&[
    ("messages", "--data.input_key messages"),
    ("input", "--data.input_key input"),
    ("output", "--data.output_key output"),
]);
/// Reinforcement learning with OpenRLHF.
pub const OPENRLHF_PROMPT: Trainer =
    openrlhf(&[("prompt", "--data.input_key prompt"), ("label", "--data.label_key label")]);
/// Preferences with OpenRLHF.
pub const OPENRLHF_PREFERENCE: Trainer = openrlhf(&[("prompt", "--data.prompt_key prompt")]);
/// Supervised fine-tuning with verl.
pub const VERL_SFT: Trainer = verl(&[("messages", "data.messages_key=messages")], Order::Lost);
/// Reinforcement learning with verl.
pub const VERL_RL: Trainer = Trainer {
    files: Files::Plain,
    ..verl(
        &[("prompt", "data.prompt_key=prompt"), ("data_source", "data.reward_fn_key=data_source")],
        Order::Set("data.shuffle=False"),
    )
};
/// Supervised fine-tuning and reinforcement learning with NeMo-RL.
pub const NEMO_RL_RESPONSES: Trainer = nemo_rl(&[("", "dataset_name: ResponseDataset")]);
/// Preferences with NeMo-RL.
pub const NEMO_RL_PAIRS: Trainer = nemo_rl(&[("", "dataset_name: BinaryPreferenceDataset")]);
/// Supervised fine-tuning and preferences with LLaMA-Factory.
pub const LLAMA_FACTORY: Trainer = llama_factory(None);
/// Desirable and undesirable conversations with LLaMA-Factory.
pub const LLAMA_FACTORY_KTO: Trainer = llama_factory(Some(["kto_chosen_weight", "kto_rejected_weight"]));

impl Trainer {
    /// What it is told of rows for which `has` says what columns they have, and `dialogues` whether what is compared is
    /// whole dialogues as texts; whose order means something if they are `ordered`, and whose splits are mixed as `orders`
    /// say.
    pub fn settings(
        &self,
        has: impl Fn(&str) -> bool,
        dialogues: bool,
        ordered: bool,
        orders: &[OrderReport],
    ) -> Vec<SettingReport> {
        let told = self.columns.iter().filter(|(column, _)| column.is_empty() || has(column));
        let template = self.template.filter(|_| !dialogues);
        let told: Vec<&str> = told.map(|(_, set)| *set).chain(template).collect();
        let columns = (!told.is_empty()).then(|| self.setting("columns", Some(told.join(" "))));
        let order = ordered.then(|| match self.order {
            Order::Set(set) => self.setting("order", Some(set.to_owned())),
            Order::Lost => self.setting("order", None),
        });
        let weights = |order: &OrderReport| {
            let set = advice(self.weights?, order.weights.as_ref()?);
            Some(SettingReport { split: order.split.clone(), ..self.setting("weights", Some(set)) })
        };
        columns.into_iter().chain(order).chain(orders.iter().filter_map(weights)).collect()
    }

    /// Something to set.
    pub fn setting(&self, about: &str, set: Option<String>) -> SettingReport {
        let (trainer, about) = (self.name.to_owned(), about.to_owned());
        SettingReport { trainer, about, set, ..SettingReport::default() }
    }
}

/// Which weights to give, one of both.
fn advice([desirable, undesirable]: [&str; 2], weights: &Weights) -> String {
    if *weights == Weights::EVEN {
        return format!("{desirable} 1 and {undesirable} 1, as without them");
    }
    let range = |[from, to]: [f64; 2]| format!("{from:.2} to {to:.2}");
    let (one, other) = (range(weights.desirable), range(weights.undesirable));
    format!("{desirable} {one}, or {undesirable} {other}, not both")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(setting: &SettingReport) -> String {
        format!("{}, {}: {}", setting.trainer, setting.about(), setting.told())
    }

    fn told(trainer: &Trainer, columns: &[&str], ordered: bool, weights: Option<Weights>) -> Vec<String> {
        let orders = [OrderReport { weights, ..OrderReport::default() }];
        let settings = trainer.settings(|name| columns.contains(&name), false, ordered, &orders);
        settings.iter().map(line).collect()
    }

    #[test]
    fn trainers_are_told_what_rows_have() {
        let template = "OpenRLHF, columns: --data.input_key messages --data.apply_chat_template";
        assert_eq!(told(&OPENRLHF_SFT, &["messages"], false, None), [template]);
        assert_eq!(
            told(&OPENRLHF_SFT, &["input", "output"], true, None),
            [
                "OpenRLHF, columns: --data.input_key input --data.output_key output --data.apply_chat_template",
                "OpenRLHF, order: lost, as it shuffles always",
            ]
        );
        assert!(told(&DPO_TRAINER, &["prompt"], false, Some(Weights::EVEN)).is_empty());
        assert_eq!(
            told(&OPENRLHF_PREFERENCE, &["chosen"], false, None),
            ["OpenRLHF, columns: --data.apply_chat_template"]
        );
        assert!(OPENRLHF_PREFERENCE.settings(|name| name == "chosen", true, false, &[]).is_empty());
    }

    #[test]
    fn weights_are_one_or_the_other() {
        let weights = Weights { desirable: [0.34, 0.45], undesirable: [2.21, 2.94] };
        assert_eq!(
            told(&KTO_TRAINER, &["label"], true, Some(weights)),
            [
                "TRL's KTOTrainer, order: train_sampling_strategy=\"sequential\"",
                "TRL's KTOTrainer, weights: desirable_weight 0.34 to 0.45, or undesirable_weight 2.21 to 2.94, not both",
            ]
        );
        assert_eq!(
            told(&LLAMA_FACTORY_KTO, &["label"], false, Some(Weights::EVEN)),
            ["LLaMA-Factory, weights: kto_chosen_weight 1 and kto_rejected_weight 1, as without them"]
        );
    }
}
