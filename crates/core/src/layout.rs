//! The usual kinds of rows, and the names that come with each.

use crate::recipe::Layout;

/// A kind of rows: how to know it, and what its parts are called.
struct Kind {
    layout: Layout,
    name: &'static str,
    signs: &'static [&'static str],
    columns: &'static [(&'static str, &'static str)],
}

/// In the order in which they are tried.
const KINDS: [Kind; 7] = [
    Kind {
        layout: Layout::Gym,
        name: "gym",
        signs: &["responses_create_params.input"],
        columns: &[
            ("task", "metadata.task_type"),
            ("prompt", "responses_create_params.input"),
            ("completion", "response.output"),
            ("score", "reward"),
        ],
    },
    Kind {
        layout: Layout::Grouped,
        name: "grouped",
        signs: &["reward[].score"],
        columns: &[("scores", "reward[].score")],
    },
    Kind { layout: Layout::Preference, name: "preference", signs: &["chosen", "rejected"], columns: &[] },
    Kind {
        layout: Layout::Preference,
        name: "preference",
        signs: &["chosen_messages", "rejected_messages"],
        columns: &[("chosen", "chosen_messages"), ("rejected", "rejected_messages")],
    },
    Kind { layout: Layout::Trl, name: "trl", signs: &[], columns: &[] },
    Kind {
        layout: Layout::Messages,
        name: "messages",
        signs: &["messages[].role"],
        columns: &[("prompt", "messages[0].content")],
    },
    Kind {
        layout: Layout::Sharegpt,
        name: "sharegpt",
        signs: &["conversations[].from"],
        columns: &[("prompt", "conversations[0].value"), ("messages", "conversations")],
    },
];

/// The layout that rows with these paths have, if it is one of the usual ones.
pub fn guess(paths: &[String]) -> Option<Layout> {
    KINDS.iter().find(|kind| !kind.signs.is_empty() && kind.fits(paths)).map(|kind| kind.layout)
}

impl Kind {
    /// Whether rows with these paths have its signs.
    fn fits(&self, paths: &[String]) -> bool {
        let has = |sign: &&str| {
            let inside = |path: &String| {
                path.strip_prefix(*sign).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
            };
            paths.iter().any(inside)
        };
        self.signs.iter().all(has)
    }
}

/// What a layout is called in recipes.
pub fn name(layout: Layout) -> &'static str {
    KINDS.iter().find(|kind| kind.layout == layout).map_or("", |kind| kind.name)
}

/// The names that come with a layout; a name that the rows have themselves means what it means there.
pub fn columns(layout: Layout, paths: &[String]) -> impl Iterator<Item = (&'static str, &'static str)> {
    let own = |name: &str| paths.iter().any(|path| path.split(['.', '[']).next() == Some(name));
    let mut kinds = KINDS.iter().filter(move |kind| kind.layout == layout);
    let kind = kinds.clone().find(|kind| kind.fits(paths)).or_else(|| kinds.next());
    kind.into_iter().flat_map(|kind| kind.columns).copied().filter(move |(name, _)| !own(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_rows_are_known_and_their_own_names_win() {
        let paths = |all: &[&str]| all.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>();
        let gym = paths(&["responses_create_params.input[].content", "reward", "task"]);
        assert_eq!(guess(&gym), Some(Layout::Gym));
        let names: Vec<_> = columns(Layout::Gym, &gym).map(|(name, _)| name).collect();
        assert_eq!(names, ["prompt", "completion", "score"]);
        assert_eq!(guess(&paths(&["reward[].score", "key"])), Some(Layout::Grouped));
        assert_eq!(guess(&paths(&["messages[].role"])), Some(Layout::Messages));
        assert_eq!(guess(&paths(&["messagesx[].role", "reward"])), None);
        assert_eq!(guess(&paths(&["prompt", "chosen", "rejected[].role"])), Some(Layout::Preference));
        let apart = paths(&["chosen_messages[].role", "rejected_messages[].role"]);
        assert_eq!(guess(&apart), Some(Layout::Preference));
        assert_eq!(columns(Layout::Preference, &apart).count(), 2);
    }
}
