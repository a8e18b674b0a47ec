//! The shapes that have names: what trainers read, column by column.

use unskew_io::Items::{self, All, Answer, BeforeAnswer, ButLast, Last};

/// Source rows as they are, or pairs of them.
pub const ROWS: &str = "rows";

/// A shape that has a name.
pub struct Known {
    /// What recipes call it.
    pub name: &'static str,
    /// What rows become: the first of these whose columns are all there.
    pub rows: &'static [Form],
    /// What pairs become.
    pub pairs: &'static [Form],
}

/// The columns of a shape, what recipes call what each holds, and how much of that it holds.
pub type Form = &'static [(&'static str, &'static str, Items)];

const PROMPT_COMPLETION: Form = &[("prompt", "prompt", All), ("completion", "completion", All)];

/// What comes before the last message of a conversation is its prompt.
const OF_MESSAGES: Form = &[("prompt", "messages", ButLast), ("completion", "messages", Last)];

/// In the order in which they are told.
pub const KNOWN: [Known; 5] = [
    Known {
        name: "trl/sft",
        rows: &[&[("messages", "messages", All)], PROMPT_COMPLETION, &[("text", "text", All)]],
        pairs: &[],
    },
    Known { name: "trl/prompt-completion", rows: &[PROMPT_COMPLETION, OF_MESSAGES], pairs: &[] },
    Known { name: "trl/prompt-only", rows: &[&[("prompt", "prompt", All)]], pairs: &[] },
    Known {
        name: "trl/preference",
        rows: &[
            &[("prompt", "prompt", All), ("chosen", "chosen", All), ("rejected", "rejected", All)],
            &[("chosen", "chosen", All), ("rejected", "rejected", All)],
        ],
        pairs: &[
            &[
                ("prompt", "chosen.prompt", All),
                ("chosen", "chosen.completion", All),
                ("rejected", "rejected.completion", All),
            ],
            &[
                ("prompt", "chosen.messages", ButLast),
                ("chosen", "chosen.messages", Last),
                ("rejected", "rejected.messages", Last),
            ],
        ],
    },
    Known {
        name: "trl/kto",
        rows: &[
            &[("prompt", "prompt", All), ("completion", "completion", All), ("label", "label", All)],
            &[("prompt", "messages", ButLast), ("completion", "messages", Last), ("label", "label", All)],
        ],
        pairs: &[],
    },
];

/// What else sides of pairs become whose text has the prompt in it: a dialogue.
pub fn of_dialogues(shape: &str) -> &'static [Form] {
    match shape {
        "trl/kto" => {
            &[&[("prompt", "text", BeforeAnswer), ("completion", "text", Answer), ("label", "label", All)]]
        }
        "trl/prompt-completion" => &[&[("prompt", "text", BeforeAnswer), ("completion", "text", Answer)]],
        _ => &[],
    }
}

/// What one might write for a name that is missing.
pub fn example(column: &str) -> &'static str {
    match column {
        "completion" => "completion: response",
        "label" => "label: reward >= 0.5",
        "messages" => "messages: conversation",
        "text" => "text: content",
        _ => "prompt: question",
    }
}
