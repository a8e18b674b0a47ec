//! What makes strategies out of options.

mod schema;

use std::{borrow::Cow, marker::PhantomData};

use schemars::{JsonSchema, schema_for};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{CONTRACT, Result, Strategy, read};

/// Something that makes strategies out of options: a Rust type, a Python function, an executable.
pub trait Plugin: Send + Sync {
    /// What the plugin is called and what it accepts.
    fn manifest(&self) -> Manifest;

    /// Checks `options`, and returns the strategy they describe. Touches no data.
    fn build(&self, options: &Value) -> Result<Box<dyn Strategy>>;
}

impl<P: Plugin + ?Sized> Plugin for &P {
    fn manifest(&self) -> Manifest {
        (**self).manifest()
    }

    fn build(&self, options: &Value) -> Result<Box<dyn Strategy>> {
        (**self).build(options)
    }
}

/// What a plugin says about itself; the same JSON in every language.
///
/// ```
/// use unskew_strategy::Manifest;
///
/// let json = r#"{
///     "contract": 1, "name": "top", "version": "1.0.0", "summary": "Keep the best rows",
///     "options": {"type": "object", "properties": {"count": {"type": "integer"}}},
///     "example": {"options": {"count": 1}, "rows": [{"score": 0.5}, {"score": 0.9}], "chooses": [1]}
/// }"#;
/// let manifest: Manifest = serde_json::from_str(json)?;
/// assert!(!manifest.ordered);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The contract it was written for.
    pub contract: u32,
    /// The name recipes call it by.
    pub name: Cow<'static, str>,
    /// Its own version.
    pub version: Cow<'static, str>,
    /// One line, without a full stop.
    pub summary: Cow<'static, str>,
    /// JSON Schema of the options: checked before any data moves, shown as help.
    pub options: Value,
    /// Whether its answer depends on the order of its input.
    #[serde(default)]
    pub ordered: bool,
    /// A small input with its answer.
    pub example: Example,
}

/// A small input with its answer; the laws run it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// The options.
    pub options: Value,
    /// The rows, as objects whose members are the expressions that the strategy needs. The members `$priority`,
    /// `$chance` and `$order` are their random numbers and ranks; without them, earlier rows have lower ones.
    pub rows: Vec<Value>,
    /// The positions it chooses; of pairs the chosen ones, then the rejected ones.
    pub chooses: Vec<u32>,
}

/// A plugin that is a Rust type: its fields are its options, its doc comments their documentation.
pub struct Native<S> {
    name: &'static str,
    version: &'static str,
    summary: &'static str,
    ordered: bool,
    example: &'static str,
    strategy: PhantomData<fn() -> S>,
}

impl<S> Native<S> {
    /// A plugin called `name`; `example` is an [`Example`] in JSON.
    pub const fn new(
        name: &'static str,
        version: &'static str,
        summary: &'static str,
        example: &'static str,
    ) -> Self {
        Self { name, version, summary, ordered: false, example, strategy: PhantomData }
    }

    /// The same plugin, whose answer depends on the order of its input.
    pub const fn ordered(mut self) -> Self {
        self.ordered = true;
        self
    }
}

impl<S: Strategy + DeserializeOwned + JsonSchema + 'static> Plugin for Native<S> {
    fn manifest(&self) -> Manifest {
        Manifest {
            contract: CONTRACT,
            name: self.name.into(),
            version: self.version.into(),
            summary: self.summary.into(),
            options: schema::tidied(schema_for!(S).into()),
            ordered: self.ordered,
            example: serde_json::from_str(self.example).expect("a native plugin's example is valid JSON"),
        }
    }

    fn build(&self, options: &Value) -> Result<Box<dyn Strategy>> {
        let strategy: S = read(options)?;
        strategy.check()?;
        Ok(Box::new(strategy))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    proptest! {
        #[test]
        fn manifests_round_trip(name in ".{0,8}", summary in ".{0,20}", ordered: bool, chooses: Vec<u32>) {
            let example = Example { options: json!({"a": [1, null]}), rows: vec![json!({"x": 0.5})], chooses };
            let manifest = Manifest {
                contract: CONTRACT,
                name: name.into(),
                version: "1.0.0".into(),
                summary: summary.into(),
                options: json!({"type": "object"}),
                ordered,
                example,
            };
            let json = serde_json::to_string(&manifest).unwrap();
            prop_assert_eq!(serde_json::from_str::<Manifest>(&json).unwrap(), manifest);
        }
    }
}
