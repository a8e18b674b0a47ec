//! What a recipe says about its result that no row tells: license, language, citation.

use schemars::JsonSchema;
use serde::Deserialize;
use unskew_expr::nearest;

use super::{ListOf, Recipe, Tree, segments};
use crate::{Error, Result};

/// What the dataset card says beyond what was counted.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CardFacts {
    /// What people call the dataset; without it, the recipe's name.
    pub pretty_name: Option<String>,
    /// What it is, in Markdown.
    pub description: Option<String>,
    /// Its license, as the Hub calls it: `apache-2.0`; or several.
    #[serde(default)]
    pub license: ListOf<String>,
    /// What a license is called that the Hub has no word for (`license: other`).
    pub license_name: Option<String>,
    /// Where such a license stands: a file of the dataset, or a URL.
    pub license_link: Option<String>,
    /// Its languages: `en`, `multilingual`, or `code`.
    #[serde(default)]
    pub language: ListOf<String>,
    /// Words to find it by.
    #[serde(default)]
    pub tags: ListOf<String>,
    /// What it is for, as the Hub calls it: `text-generation`; without it, what follows from the shape.
    #[serde(default)]
    pub task_categories: ListOf<String>,
    /// The same in more detail.
    #[serde(default)]
    pub task_ids: ListOf<String>,
    /// Who made the annotations: `machine-generated`.
    #[serde(default)]
    pub annotations_creators: ListOf<String>,
    /// Who made the texts: `found`.
    #[serde(default)]
    pub language_creators: ListOf<String>,
    /// The datasets it is made from, as the Hub calls them: `owner/name`; those that are read from there are told anyway.
    #[serde(default)]
    pub source_datasets: ListOf<String>,
    /// What it is meant for, in Markdown.
    pub uses: Option<String>,
    /// What it is not meant for, in Markdown.
    pub out_of_scope: Option<String>,
    /// What else one should know about its limits, in Markdown.
    pub limitations: Option<String>,
    /// How to cite it: BibTeX, or text.
    pub citation: Option<String>,
    /// Whom to ask, in Markdown.
    pub contact: Option<String>,
    /// What changed, in Markdown.
    pub changelog: Option<String>,
    /// A template for the card's text in place of ours: a file, from the recipe's folder.
    pub template: Option<String>,
}

/// The licenses that the Hub knows.
const LICENSES: &[&str] = &[
    "afl-3.0",
    "agpl-3.0",
    "apache-2.0",
    "apple-amlr",
    "apple-ascl",
    "artistic-2.0",
    "bigcode-openrail-m",
    "bigscience-bloom-rail-1.0",
    "bigscience-openrail-m",
    "bsd",
    "bsd-2-clause",
    "bsd-3-clause",
    "bsd-3-clause-clear",
    "bsl-1.0",
    "c-uda",
    "cc",
    "cc-by-2.0",
    "cc-by-2.5",
    "cc-by-3.0",
    "cc-by-4.0",
    "cc-by-nc-2.0",
    "cc-by-nc-3.0",
    "cc-by-nc-4.0",
    "cc-by-nc-nd-3.0",
    "cc-by-nc-nd-4.0",
    "cc-by-nc-sa-2.0",
    "cc-by-nc-sa-3.0",
    "cc-by-nc-sa-4.0",
    "cc-by-nd-4.0",
    "cc-by-sa-3.0",
    "cc-by-sa-4.0",
    "cc0-1.0",
    "cdla-permissive-1.0",
    "cdla-permissive-2.0",
    "cdla-sharing-1.0",
    "creativeml-openrail-m",
    "deepfloyd-if-license",
    "ecl-2.0",
    "epl-1.0",
    "epl-2.0",
    "etalab-2.0",
    "eupl-1.1",
    "eupl-1.2",
    "fair-noncommercial-research-license",
    "gemma",
    "gfdl",
    "gpl",
    "gpl-2.0",
    "gpl-3.0",
    "grok2-community",
    "h-research",
    "intel-research",
    "isc",
    "lgpl",
    "lgpl-2.1",
    "lgpl-3.0",
    "lgpl-lr",
    "llama2",
    "llama3",
    "llama3.1",
    "llama3.2",
    "llama3.3",
    "llama4",
    "lppl-1.3c",
    "mit",
    "mpl-2.0",
    "ms-pl",
    "ncsa",
    "odbl",
    "odc-by",
    "ofl-1.1",
    "openmdw-1.0",
    "openmdw-1.1",
    "openrail",
    "openrail++",
    "osl-3.0",
    "other",
    "pddl",
    "postgresql",
    "unknown",
    "unlicense",
    "wtfpl",
    "zlib",
];

/// The categories of tasks that the Hub knows.
const TASKS: &[&str] = &[
    "any-to-any",
    "audio-classification",
    "audio-text-to-text",
    "audio-to-audio",
    "automatic-speech-recognition",
    "depth-estimation",
    "document-question-answering",
    "feature-extraction",
    "fill-mask",
    "graph-ml",
    "image-classification",
    "image-feature-extraction",
    "image-segmentation",
    "image-text-to-text",
    "image-to-3d",
    "image-to-image",
    "image-to-text",
    "image-to-video",
    "keypoint-detection",
    "mask-generation",
    "multiple-choice",
    "object-detection",
    "other",
    "question-answering",
    "reinforcement-learning",
    "robotics",
    "sentence-similarity",
    "summarization",
    "table-question-answering",
    "table-to-text",
    "tabular-classification",
    "tabular-regression",
    "tabular-to-text",
    "text-classification",
    "text-generation",
    "text-ranking",
    "text-retrieval",
    "text-to-3d",
    "text-to-audio",
    "text-to-image",
    "text-to-speech",
    "text-to-video",
    "time-series-forecasting",
    "token-classification",
    "translation",
    "unconditional-image-generation",
    "video-classification",
    "video-text-to-text",
    "visual-document-retrieval",
    "visual-question-answering",
    "voice-activity-detection",
    "zero-shot-classification",
    "zero-shot-image-classification",
    "zero-shot-object-detection",
];

/// Who may have made something.
const CREATORS: &[&str] =
    &["crowdsourced", "expert-generated", "found", "machine-generated", "no-annotation", "other"];

/// Whether the Hub will understand what `recipe` says about its card.
pub(super) fn check(recipe: &Recipe, tree: &Tree) -> Result<()> {
    let card = &recipe.card;
    let lists = [
        ("license", &card.license, LICENSES, "license"),
        ("task_categories", &card.task_categories, TASKS, "category of tasks"),
        ("annotations_creators", &card.annotations_creators, CREATORS, "kind of creators"),
        ("language_creators", &card.language_creators, CREATORS, "kind of creators"),
    ];
    for (key, ListOf(words), known, what) in lists {
        if let Some(word) = words.iter().find(|word| !known.contains(&word.as_str())) {
            let error = wrong(tree, key, word, &format!("`{word}` is no {what} that the Hub knows"));
            return Err(match (nearest(word, known.iter().copied()), key) {
                (Some(nearest), _) => error.suggest(Some(nearest)),
                (None, "license") => {
                    error.hint("write `license: other` with `license_name` and `license_link`")
                }
                (None, _) => error.hint(format!("known are: {}", known.join(", "))),
            });
        }
    }
    let is_language = |word: &&String| {
        let code = (2..=3).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_lowercase());
        !(code || matches!(word.as_str(), "code" | "multilingual"))
    };
    if let Some(word) = card.language.0.iter().find(is_language) {
        let error = wrong(tree, "language", word, &format!("`{word}` is no code of a language"));
        return Err(
            error.hint("codes are those of ISO 639, such as `en`; `code` and `multilingual` are known, too")
        );
    }
    let named = card.license_name.is_some() && card.license_link.is_some();
    if card.license.0.iter().any(|license| license == "other") && !named {
        return Err(wrong(tree, "license", "other", "a license that the Hub has no word for needs a name")
            .hint("write `license_name` and `license_link`, too"));
    }
    Ok(())
}

fn wrong(tree: &Tree, key: &str, word: &str, message: &str) -> Error {
    let way = segments(&format!("card.{key}"));
    let path = tree.find_text(&way, word).unwrap_or_else(|| format!("card.{key}"));
    tree.error(tree.place(&segments(&path)), message)
}

#[cfg(test)]
mod tests {
    use crate::recipe::Written;

    #[test]
    fn words_that_the_hub_does_not_know_are_told_at_their_place() {
        for (card, message, hint) in [
            (
                "license: apache-2",
                "`apache-2` is no license that the Hub knows",
                "did you mean `apache-2.0`?",
            ),
            ("license: mine", "`mine` is no license that the Hub knows", "did you mean `mit`?"),
            (
                "task_categories: [conversational]",
                "`conversational` is no category of tasks that the Hub knows",
                "known are: ",
            ),
            ("language: english", "`english` is no code of a language", "codes are those of ISO 639"),
            ("license: other", "a license that the Hub has no word for needs a name", "write `license_name`"),
            ("licence: mit", "`licence` is not known here", "did you mean `license`?"),
        ] {
            let text = format!("source: a\ncard:\n  {card}\n");
            let error = Written::parse("r.yaml", &text, &[]).unwrap_err();
            assert_eq!(error.to_string(), message);
            assert!(error.render().contains("r.yaml:3:"), "{}", error.render());
            if card != "license: mine" {
                assert!(error.render().contains(hint), "{}", error.render());
            }
        }
        let fine = "source: a\ncard: {license: [mit, other], license_name: mine, license_link: LICENSE, language: en}\n";
        assert_eq!(Written::parse("r.yaml", fine, &[]).unwrap().recipe.card.license.0.len(), 2);
    }
}
