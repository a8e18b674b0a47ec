//! The shapes that have names: what trainers read, column by column.

use unskew_io::Items::{
    self, All, Answer, BeforeAnswer, ButLast, Last, LastMessage, LastText, Message, Messages, Spelled, Text,
    Truth,
};

use super::trainer::{self, Trainer};

/// Source rows as they are, or pairs of them.
pub const ROWS: &str = "rows";

/// A shape that has a name.
pub struct Known {
    /// What recipes call it.
    pub name: &'static str,
    /// The trainer that reads it.
    pub trainer: Trainer,
    /// What rows become: the first of these whose columns are all there.
    pub rows: &'static [Form],
    /// What pairs become.
    pub pairs: &'static [Form],
}

/// The columns of a shape, and what each holds.
pub type Form = &'static [(&'static str, Of)];

/// What a column of a shape holds.
#[derive(Clone, Copy)]
pub enum Of {
    /// So much of what recipes call so.
    Take(&'static str, Items),
    /// The first of these that there is; without any, there is no such column.
    Perhaps(&'static [&'static str]),
    /// What recipes call so; where there is none, the split of the row, and its number there.
    OrPlace(&'static str),
    /// Messages of one column, and then of another.
    Both((&'static str, Items), (&'static str, Items)),
    /// An object with a member that is the same in all rows, and one that holds what recipes call so, spelled.
    Beside((&'static str, &'static str), (&'static str, &'static str)),
}

use Of::{Beside, Both, OrPlace, Perhaps, Take};

impl Of {
    /// What recipes have to call something.
    pub fn needs(&self) -> impl Iterator<Item = &'static str> {
        let (one, other) = match *self {
            Take(text, _) | Beside(_, (_, text)) => (Some(text), None),
            Both((one, _), (other, _)) => (Some(one), Some(other)),
            Perhaps(_) | OrPlace(_) => (None, None),
        };
        one.into_iter().chain(other)
    }
}

const fn same(name: &'static str) -> (&'static str, Of) {
    (name, Take(name, All))
}

const USER: Items = Messages("user");
const ASSISTANT: Items = Messages("assistant");

const PROMPT_COMPLETION: Form = &[same("prompt"), same("completion")];

/// What comes before the last message of a conversation is its prompt.
const OF_MESSAGES: Form = &[("prompt", Take("messages", ButLast)), ("completion", Take("messages", Last))];

/// Conversations.
const WHOLE: &[Form] =
    &[&[same("messages")], &[("messages", Both(("prompt", USER), ("completion", ASSISTANT)))]];

/// In the order in which they are told.
pub static KNOWN: [Known; 16] = [
    Known {
        name: "trl/sft",
        trainer: trainer::SFT_TRAINER,
        rows: &[&[same("messages")], PROMPT_COMPLETION, &[same("text")]],
        pairs: &[],
    },
    Known {
        name: "trl/prompt-completion",
        trainer: trainer::SFT_TRAINER,
        rows: &[PROMPT_COMPLETION, OF_MESSAGES],
        pairs: &[],
    },
    Known { name: "trl/prompt-only", trainer: trainer::GRPO_TRAINER, rows: &[&[same("prompt")]], pairs: &[] },
    Known {
        name: "trl/preference",
        trainer: trainer::DPO_TRAINER,
        rows: &[&[same("prompt"), same("chosen"), same("rejected")], &[same("chosen"), same("rejected")]],
        pairs: &[
            &[
                ("prompt", Take("chosen.prompt", All)),
                ("chosen", Take("chosen.completion", All)),
                ("rejected", Take("rejected.completion", All)),
            ],
            &[
                ("prompt", Take("chosen.messages", ButLast)),
                ("chosen", Take("chosen.messages", Last)),
                ("rejected", Take("rejected.messages", Last)),
            ],
        ],
    },
    Known {
        name: "trl/kto",
        trainer: trainer::KTO_TRAINER,
        rows: &[
            &[same("prompt"), same("completion"), same("label")],
            &[("prompt", Take("messages", ButLast)), ("completion", Take("messages", Last)), same("label")],
        ],
        pairs: &[],
    },
    Known {
        name: "openrlhf/sft",
        trainer: trainer::OPENRLHF_SFT,
        rows: &[&[same("messages")], &[("input", Take("prompt", All)), ("output", Take("completion", All))]],
        pairs: &[],
    },
    Known {
        name: "openrlhf/prompt",
        trainer: trainer::OPENRLHF_PROMPT,
        rows: &[&[
            same("prompt"),
            ("label", Perhaps(&["answer"])),
            ("datasource", Perhaps(&["data_source"])),
        ]],
        pairs: &[],
    },
    Known {
        name: "openrlhf/preference",
        trainer: trainer::OPENRLHF_PREFERENCE,
        rows: &[
            &[
                ("prompt", Take("prompt", USER)),
                ("chosen", Take("chosen", ASSISTANT)),
                ("rejected", Take("rejected", ASSISTANT)),
                ("margin", Perhaps(&["margin", "reward_gap"])),
            ],
            &[same("chosen"), same("rejected"), ("margin", Perhaps(&["margin", "reward_gap"]))],
        ],
        pairs: &[
            &[
                ("prompt", Take("chosen.prompt", USER)),
                ("chosen", Take("chosen.completion", ASSISTANT)),
                ("rejected", Take("rejected.completion", ASSISTANT)),
                ("margin", Perhaps(&["reward_gap"])),
            ],
            &[
                ("prompt", Take("chosen.messages", ButLast)),
                ("chosen", Take("chosen.messages", Last)),
                ("rejected", Take("rejected.messages", Last)),
                ("margin", Perhaps(&["reward_gap"])),
            ],
        ],
    },
    Known { name: "verl/sft", trainer: trainer::VERL_SFT, rows: WHOLE, pairs: &[] },
    Known {
        name: "verl/rl",
        trainer: trainer::VERL_RL,
        rows: &[
            &[
                same("data_source"),
                ("prompt", Take("prompt", USER)),
                ("ability", Perhaps(&["ability", "task"])),
                same("reward_model"),
                ("extra_info", OrPlace("extra_info")),
            ],
            &[
                same("data_source"),
                ("prompt", Take("prompt", USER)),
                ("ability", Perhaps(&["ability", "task"])),
                ("reward_model", Beside(("style", "rule"), ("ground_truth", "answer"))),
                ("extra_info", OrPlace("extra_info")),
            ],
        ],
        pairs: &[],
    },
    Known { name: "nemo-rl/sft", trainer: trainer::NEMO_RL_RESPONSES, rows: WHOLE, pairs: &[] },
    Known {
        name: "nemo-rl/rl",
        trainer: trainer::NEMO_RL_RESPONSES,
        rows: &[&[("input", Take("prompt", Text)), ("output", Take("answer", Spelled))]],
        pairs: &[],
    },
    Known {
        name: "nemo-rl/preference",
        trainer: trainer::NEMO_RL_PAIRS,
        rows: &[&[
            ("prompt", Take("prompt", USER)),
            ("chosen", Take("chosen", Text)),
            ("rejected", Take("rejected", Text)),
        ]],
        pairs: &[
            &[
                ("prompt", Take("chosen.prompt", USER)),
                ("chosen", Take("chosen.completion", Text)),
                ("rejected", Take("rejected.completion", Text)),
            ],
            &[
                ("prompt", Take("chosen.messages", ButLast)),
                ("chosen", Take("chosen.messages", LastText)),
                ("rejected", Take("rejected.messages", LastText)),
            ],
        ],
    },
    Known { name: "llama-factory/sft", trainer: trainer::LLAMA_FACTORY, rows: WHOLE, pairs: &[] },
    Known {
        name: "llama-factory/preference",
        trainer: trainer::LLAMA_FACTORY,
        rows: &[&[
            ("messages", Take("prompt", USER)),
            ("chosen", Take("chosen", Message("assistant"))),
            ("rejected", Take("rejected", Message("assistant"))),
        ]],
        pairs: &[
            &[
                ("messages", Take("chosen.prompt", USER)),
                ("chosen", Take("chosen.completion", Message("assistant"))),
                ("rejected", Take("rejected.completion", Message("assistant"))),
            ],
            &[
                ("messages", Take("chosen.messages", ButLast)),
                ("chosen", Take("chosen.messages", LastMessage)),
                ("rejected", Take("rejected.messages", LastMessage)),
            ],
        ],
    },
    Known {
        name: "llama-factory/kto",
        trainer: trainer::LLAMA_FACTORY_KTO,
        rows: &[
            &[same("messages"), ("label", Take("label", Truth))],
            &[
                ("messages", Both(("prompt", USER), ("completion", ASSISTANT))),
                ("label", Take("label", Truth)),
            ],
        ],
        pairs: &[],
    },
];

/// What else sides of pairs become whose text has the prompt in it: a dialogue.
pub fn of_dialogues(shape: &str) -> &'static [Form] {
    match shape {
        "trl/kto" => &[&[
            ("prompt", Take("text", BeforeAnswer)),
            ("completion", Take("text", Answer)),
            ("label", Take("label", All)),
        ]],
        "trl/prompt-completion" => {
            &[&[("prompt", Take("text", BeforeAnswer)), ("completion", Take("text", Answer))]]
        }
        _ => &[],
    }
}

/// What one might write for a name that is missing.
pub fn example(column: &str) -> &'static str {
    match column {
        "answer" => "answer: metadata.answer",
        "completion" => "completion: response",
        "data_source" => "data_source: \"'openai/gsm8k'\"",
        "label" => "label: reward >= 0.5",
        "messages" => "messages: conversation",
        "text" => "text: content",
        _ => "prompt: question",
    }
}
