//! The strategies that a recipe may name.

use serde_json::Value;
use unskew_strategy::{CONTRACT, Manifest, Plugin};

use crate::{Error, Result};

/// The strategies that a recipe may name.
pub struct Registry {
    plugins: Vec<(Manifest, &'static dyn Plugin)>,
}

impl Registry {
    /// These plugins; a name that is claimed twice is an error.
    pub fn new(plugins: &[&'static dyn Plugin]) -> Result<Self> {
        let mut registry = Self { plugins: vec![] };
        for plugin in plugins {
            let manifest = plugin.manifest();
            if let Some((other, _)) = registry.find(&manifest.name) {
                return Err(Error::usage(format!(
                    "two plugins are called `{}`: version {} and version {}",
                    manifest.name, other.version, manifest.version
                )));
            }
            if manifest.contract > CONTRACT {
                return Err(Error::usage(format!(
                    "the plugin `{}` needs contract {}, and this is {CONTRACT}",
                    manifest.name, manifest.contract
                ))
                .hint("a newer unskew knows it"));
            }
            registry.plugins.push((manifest, *plugin));
        }
        Ok(registry)
    }

    fn find(&self, name: &str) -> Option<&(Manifest, &'static dyn Plugin)> {
        self.plugins.iter().find(|(manifest, _)| manifest.name == name)
    }

    /// The plugin called `name`; the error suggests what may have been meant.
    pub fn get(&self, name: &str) -> Result<(&Manifest, &'static dyn Plugin)> {
        if let Some((manifest, plugin)) = self.find(name) {
            Ok((manifest, *plugin))
        } else {
            let error = Error::usage(format!("there is no strategy `{name}`"));
            Err(match unskew_expr::nearest(name, self.names()) {
                Some(nearest) => error.suggest(Some(nearest)),
                None => error.hint(format!("there are: {}", self.names().collect::<Vec<_>>().join(", "))),
            })
        }
    }

    /// The names, in the order of the documentation.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.plugins.iter().map(|(manifest, _)| manifest.name.as_ref())
    }

    /// What the plugins say of themselves.
    pub fn manifests(&self) -> impl Iterator<Item = &Manifest> {
        self.plugins.iter().map(|(manifest, _)| manifest)
    }

    /// The JSON Schema of recipes with these strategies.
    pub fn recipe_schema(&self) -> Value {
        let one = |manifest: &Manifest| {
            (manifest.name.to_string(), manifest.summary.to_string(), manifest.options.clone())
        };
        crate::recipe::Recipe::schema(&self.manifests().map(one).collect::<Vec<_>>())
    }
}
