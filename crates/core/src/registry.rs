//! The strategies that a recipe may name.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use serde_json::Value;
use unskew_program::{Limits, PREFIX, Program, installed};
use unskew_strategy::{CONTRACT, Manifest, Plugin};

use crate::{Error, Exit, Result, recipe::PluginSpec};

/// The strategies that a recipe may name: those that it holds, and programs, if it is allowed to run any.
#[derive(Clone, Default)]
pub struct Registry {
    plugins: Vec<Registered>,
    programs: Programs,
}

/// Whether programs may be strategies.
#[derive(Debug, Clone, Copy, Default)]
enum Programs {
    /// They may not: nobody said so.
    #[default]
    None,
    /// They may not: the recipe is a stranger's.
    Distrusted,
    /// They may.
    Limited(Limits),
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

    /// The same, where strategies may also be programs: those in the folders of `PATH`, and those that recipes name.
    pub fn with_programs(self, limits: Limits) -> Self {
        Self { programs: Programs::Limited(limits), ..self }
    }

    /// The same for a recipe that a stranger wrote: nothing but what is built in.
    pub fn built_in_only(&self) -> Self {
        let built_in = self.plugins.iter().filter(|plugin| plugin.home.is_none());
        Self { plugins: built_in.cloned().collect(), programs: Programs::Distrusted }
    }

    /// The plugin called `name`; the error suggests what may have been meant.
    pub fn get(&self, name: &str) -> Result<Registered> {
        match (self.find(name), self.installed(name)?) {
            (Some(held), None) => Ok(held.clone()),
            (Some(held), Some(path)) => Err(claimed_twice(name, &held.told(), &path.display().to_string())),
            (None, Some(path)) => self.open(name, &path, None),
            (None, None) => Err(self.unknown(name)),
        }
    }

    fn unknown(&self, name: &str) -> Error {
        let names = self.names();
        let error = Error::usage(format!("there is no strategy `{name}`"));
        let listed = |error: Error| {
            error.hint(format!("there are: {}", names.iter().cloned().collect::<Vec<_>>().join(", ")))
        };
        match (self.programs, unskew_expr::nearest(name, names.iter().map(String::as_str))) {
            (Programs::Distrusted, _) => {
                distrusted(Error::usage(format!("there is no built-in strategy `{name}`")))
            }
            (_, Some(nearest)) => error.suggest(Some(nearest)),
            (Programs::None, None) => listed(error),
            (Programs::Limited(_), None) => listed(error)
                .hint(format!("a program called `{PREFIX}{name}` in a folder of PATH would be one, too")),
        }
    }

    /// The plugin that a recipe in `folder` calls `name`, and says with `own` where it comes from.
    pub fn get_own(&self, name: &str, own: &PluginSpec, folder: &Path) -> Result<Registered> {
        let path = folder.join(&own.program);
        match self.find(name) {
            Some(held) => Err(claimed_twice(name, &held.told(), &path.display().to_string())),
            None => self.open(name, &path, own.timeout.map(|seconds| Duration::from_secs(seconds.get()))),
        }
    }

    /// All plugins by name, programs too; what one is cannot always be found out.
    pub fn all(&self) -> Vec<(String, Result<Registered>)> {
        self.names().into_iter().map(|name| (name.clone(), self.get(&name))).collect()
    }

    /// Whether there is a plugin called `name`.
    pub fn has(&self, name: &str) -> bool {
        self.names().contains(name)
    }

    /// The one program that is installed as `name`, where programs may run. What was added by hand goes first.
    fn installed(&self, name: &str) -> Result<Option<PathBuf>> {
        let added = self.find(name).is_some_and(|held| held.home.is_some());
        if added || !matches!(self.programs, Programs::Limited(_)) {
            return Ok(None);
        }
        let mut paths = installed().into_iter().filter(|(found, _)| found == name).map(|(_, path)| path);
        match (paths.next(), paths.next()) {
            (Some(one), Some(other)) => {
                let error = claimed_twice(name, &one.display().to_string(), &other.display().to_string());
                Err(error.hint(format!("`plugins: {{{name}: {{program: PATH}}}}` in the recipe says which")))
            }
            (one, _) => Ok(one),
        }
    }

    /// Asks the program at `path` what it is, which must be `name`.
    pub fn open(&self, name: &str, path: &Path, timeout: Option<Duration>) -> Result<Registered> {
        let Programs::Limited(mut limits) = self.programs else {
            let error = Error::usage(format!("the strategy `{name}` is a program, and no programs are run"));
            return Err(if matches!(self.programs, Programs::Distrusted) {
                distrusted(error)
            } else {
                error
            });
        };
        limits.timeout = timeout.unwrap_or(limits.timeout);
        let shown = path.display();
        let bytes = fs::read(path).map_err(|error| {
            Error::usage(format!("the strategy `{name}` cannot be read: {shown}"))
                .cause(error.to_string())
                .hint("relative paths in a recipe start from its folder; `verify --from` names that of a result")
        })?;
        let program = Program::open(path, limits).map_err(|error| Error::of_plugin(name, &error))?;
        let home = Home { from: shown.to_string(), digest: Some(blake3::hash(&bytes).to_hex().to_string()) };
        let registered = Registered::new(Arc::new(program), Some(home))?;
        if registered.manifest.name == name {
            return Ok(registered);
        }
        let says = format!("{shown} says that it is called `{}`, not `{name}`", registered.manifest.name);
        Err(Error::new(Exit::Plugin, says))
    }

    /// The names of all plugins, of programs too.
    pub fn names(&self) -> BTreeSet<String> {
        let held = self.plugins.iter().map(|plugin| plugin.manifest.name.to_string());
        let installed = match self.programs {
            Programs::Limited(_) => installed(),
            _ => vec![],
        };
        held.chain(installed.into_iter().map(|(name, _)| name)).collect()
    }

    /// What the plugins that it holds say of themselves.
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

fn distrusted(error: Error) -> Error {
    error.hint("the recipe comes from a repository; `--trust` lets it run programs, so read it before")
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
