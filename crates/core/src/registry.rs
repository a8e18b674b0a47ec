//! The strategies that a recipe may name.

use std::sync::Arc;

use serde_json::Value;
use unskew_strategy::{CONTRACT, Manifest, Plugin};

use crate::{Error, Result};

/// The strategies that a recipe may name.
#[derive(Clone, Default)]
pub struct Registry {
    plugins: Vec<Registered>,
}

/// A plugin with what it says of itself.
#[derive(Clone)]
pub struct Registered {
    /// What it says of itself.
    pub manifest: Manifest,
    /// The plugin.
    pub plugin: Arc<dyn Plugin>,
    /// Where it comes from; none where it is built in.
    pub home: Option<Home>,
}

/// Where a plugin comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// In words: the path of an executable, or a function in a module.
    pub from: String,
    /// The BLAKE3 digest of what it consists of, where that is one thing.
    pub digest: Option<String>,
}

impl Registered {
    /// A plugin from somewhere; one for a contract that is not known here is an error.
    pub fn new(plugin: Arc<dyn Plugin>, home: Option<Home>) -> Result<Self> {
        let manifest = plugin.manifest();
        if manifest.contract > CONTRACT {
            let message = format!(
                "the plugin `{}` needs contract {}, and this is {CONTRACT}",
                manifest.name, manifest.contract
            );
            return Err(Error::usage(message).hint("a newer unskew knows it"));
        }
        Ok(Self { manifest, plugin, home })
    }

    /// Which plugin it is, among others of its name.
    fn told(&self) -> String {
        let version = format!("version {}", self.manifest.version);
        match &self.home {
            None => format!("{version}, which is built in"),
            Some(home) => format!("{version} from {}", home.from),
        }
    }
}

impl Registry {
    /// These plugins, built in; a name that is claimed twice is an error.
    pub fn new(plugins: &[&'static dyn Plugin]) -> Result<Self> {
        let built_in = |plugin: &&'static dyn Plugin| Registered::new(Arc::new(*plugin), None);
        plugins.iter().try_fold(Self::default(), |registry, plugin| registry.with(built_in(plugin)?))
    }

    /// The same with one more plugin, which may be made while the program runs; its name must not be taken.
    pub fn with(mut self, plugin: Registered) -> Result<Self> {
        if let Some(other) = self.find(&plugin.manifest.name) {
            return Err(claimed_twice(&plugin.manifest.name, &other.told(), &plugin.told()));
        }
        self.plugins.push(plugin);
        Ok(self)
    }

    fn find(&self, name: &str) -> Option<&Registered> {
        self.plugins.iter().find(|plugin| plugin.manifest.name == name)
    }

    /// The plugin called `name`; the error suggests what may have been meant.
    pub fn get(&self, name: &str) -> Result<Registered> {
        if let Some(plugin) = self.find(name) {
            return Ok(plugin.clone());
        }
        let error = Error::usage(format!("there is no strategy `{name}`"));
        Err(match unskew_expr::nearest(name, self.names()) {
            Some(nearest) => error.suggest(Some(nearest)),
            None => error.hint(format!("there are: {}", self.names().collect::<Vec<_>>().join(", "))),
        })
    }

    /// The names, in the order of the documentation.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.plugins.iter().map(|plugin| plugin.manifest.name.as_ref())
    }

    /// What the plugins say of themselves.
    pub fn manifests(&self) -> impl Iterator<Item = &Manifest> {
        self.plugins.iter().map(|plugin| &plugin.manifest)
    }

    /// The JSON Schema of recipes with these strategies.
    pub fn recipe_schema(&self) -> Value {
        let one = |manifest: &Manifest| {
            (manifest.name.to_string(), manifest.summary.to_string(), manifest.options.clone())
        };
        crate::recipe::Recipe::schema(&self.manifests().map(one).collect::<Vec<_>>())
    }
}

fn claimed_twice(name: &str, one: &str, other: &str) -> Error {
    Error::usage(format!("two plugins are called `{name}`: {one} and {other}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use unskew_strategy::{Example, Strategy};

    use super::*;

    /// A plugin that is made while the program runs.
    struct Made(&'static str, u32);

    impl Plugin for Made {
        fn manifest(&self) -> Manifest {
            Manifest {
                contract: self.1,
                name: self.0.into(),
                version: "1.0.0".into(),
                summary: "Refuse".into(),
                options: json!({}),
                ordered: false,
                example: Example { options: json!({}), rows: vec![], chooses: vec![] },
            }
        }

        fn build(&self, _: &Value) -> unskew_strategy::Result<Box<dyn Strategy>> {
            Err(unskew_strategy::Error::data("no"))
        }
    }

    fn made(name: &'static str, from: &str) -> Registered {
        let home = Home { from: from.to_owned(), digest: None };
        Registered::new(Arc::new(Made(name, CONTRACT)), Some(home)).unwrap()
    }

    #[test]
    fn a_name_is_claimed_once() {
        let registry = Registry::default().with(made("top", "a/top.py")).unwrap();
        let registry = registry.with(made("trim", "trim.py")).unwrap();
        assert_eq!(registry.get("top").unwrap().home.unwrap().from, "a/top.py");
        assert_eq!(registry.get("tpo").err().unwrap().hints(), ["did you mean `top`?"]);
        assert_eq!(
            registry.with(made("top", "b/top.py")).err().unwrap().to_string(),
            "two plugins are called `top`: version 1.0.0 from a/top.py and version 1.0.0 from b/top.py"
        );
    }

    #[test]
    fn a_contract_of_the_future_is_refused() {
        let error = Registered::new(Arc::new(Made("top", CONTRACT + 1)), None).err().unwrap();
        assert_eq!(error.hints(), ["a newer unskew knows it"]);
    }
}
