//! Which Hub, as whom, and where its files are kept: what `huggingface_hub` takes from the environment.

use std::{env, fs, path::PathBuf, time::Duration};

use crate::{Error, Result, Token};

/// The Hub that is meant where nothing else is said.
const ENDPOINT: &str = "https://huggingface.co";

/// What programs that talk to the Hub take from the environment.
#[derive(Debug, Clone)]
pub struct Environment {
    /// Where the Hub is.
    pub endpoint: reqwest::Url,
    /// Who we are, if we are somebody.
    pub token: Option<Token>,
    /// The folder of repositories' files.
    pub cache: PathBuf,
    /// Whether to do without the network.
    pub offline: bool,
    /// Whether large files may come from the content-addressed store.
    pub xet: bool,
    /// How long to wait.
    pub timeouts: Timeouts,
}

/// How long to wait for what.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// For a connection, and for the first line of an answer.
    pub answer: Duration,
    /// For the next bytes of an answer.
    pub read: Duration,
    /// For a whole call of the API.
    pub call: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { answer: seconds(10), read: seconds(10), call: seconds(100) }
    }
}

impl Environment {
    /// The Hub's address as people write it.
    pub fn address(&self) -> &str {
        self.endpoint.as_str().trim_end_matches('/')
    }

    /// The process's environment.
    pub fn of_process() -> Result<Self> {
        Self::of(&|name| env::var(name).ok())
    }

    /// What `variable` says, which is asked for variables by their names.
    ///
    /// ```
    /// use unskew_hub::Environment;
    ///
    /// let home = |name: &str| (name == "HOME").then(|| "/home/me".to_owned());
    /// let environment = Environment::of(&home)?;
    /// assert_eq!(environment.endpoint.as_str(), "https://huggingface.co/");
    /// assert_eq!(environment.cache.to_str(), Some("/home/me/.cache/huggingface/hub"));
    /// # Ok::<(), unskew_hub::Error>(())
    /// ```
    pub fn of(variable: &dyn Fn(&str) -> Option<String>) -> Result<Self> {
        let is_true = |name: &str| variable(name).is_some_and(|value| is_true(&value));
        let user = variable("HOME").map_or_else(|| PathBuf::from("."), PathBuf::from);
        // An empty variable is one that is set, and names nothing: Python's folder would be the current one.
        let path = |name: &str| {
            variable(name).filter(|value| !value.is_empty()).map(|value| expanded(&value, &user))
        };
        let home = path("HF_HOME").unwrap_or_else(|| {
            path("XDG_CACHE_HOME").unwrap_or_else(|| user.join(".cache")).join("huggingface")
        });
        let cache = path("HF_HUB_CACHE").or_else(|| path("HUGGINGFACE_HUB_CACHE"));
        let token = || {
            let said = ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"]
                .iter()
                .find_map(|name| variable(name).filter(|value| !value.is_empty()));
            let in_file =
                || fs::read_to_string(path("HF_TOKEN_PATH").unwrap_or_else(|| home.join("token"))).ok();
            Token::new(&said.or_else(in_file)?)
        };
        let endpoint = if is_true("HUGGINGFACE_CO_STAGING") {
            "https://hub-ci.huggingface.co".to_owned()
        } else {
            variable("HF_ENDPOINT").filter(|value| !value.is_empty()).unwrap_or_else(|| ENDPOINT.to_owned())
        };
        let seconds = |name: &str, usual: Duration| {
            let said = variable(name).and_then(|value| value.parse().ok()).filter(|seconds| *seconds > 0);
            said.map_or(usual, Duration::from_secs)
        };
        let usual = Timeouts::default();
        Ok(Self {
            endpoint: endpoint_url(&endpoint)?,
            token: if is_true("HF_HUB_DISABLE_IMPLICIT_TOKEN") { None } else { token() },
            cache: cache.unwrap_or_else(|| home.join("hub")),
            offline: is_true("HF_HUB_OFFLINE")
                || (variable("HF_HUB_OFFLINE").is_none_or(|value| value.is_empty())
                    && is_true("TRANSFORMERS_OFFLINE")),
            xet: !is_true("HF_HUB_DISABLE_XET"),
            timeouts: Timeouts {
                answer: seconds("HF_HUB_ETAG_TIMEOUT", usual.answer),
                read: seconds("HF_HUB_DOWNLOAD_TIMEOUT", usual.read),
                call: usual.call,
            },
        })
    }
}

/// What `huggingface_hub` takes for yes.
fn is_true(value: &str) -> bool {
    matches!(value.to_ascii_uppercase().as_str(), "1" | "ON" | "YES" | "TRUE")
}

fn endpoint_url(text: &str) -> Result<reqwest::Url> {
    let bad = |detail: &str| Error::Environment { name: "HF_ENDPOINT", detail: detail.to_owned() };
    let url = reqwest::Url::parse(text.trim_end_matches('/')).map_err(|error| bad(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(bad("it is no http or https URL"));
    }
    if !url.username().is_empty()
        || url.password().is_some()
        || url.query().is_some()
        || url.fragment().is_some()
    {
        return Err(bad("it is more than a host and a path"));
    }
    Ok(url)
}

/// A path with `~` and variables for what they stand for.
fn expanded(path: &str, home: &std::path::Path) -> PathBuf {
    let with_home = match path.strip_prefix("~") {
        Some("") => return home.to_path_buf(),
        Some(rest) if rest.starts_with('/') => format!("{}{rest}", home.display()),
        _ => path.to_owned(),
    };
    let mut out = String::new();
    let mut rest = with_home.as_str();
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let (name, behind) = match after.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
            Some(found) => found,
            None => after.split_at(
                after
                    .find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
                    .unwrap_or(after.len()),
            ),
        };
        match env::var(name) {
            Ok(value) => out.push_str(&value),
            Err(_) => out.push_str(&rest[at..rest.len() - behind.len()]),
        }
        rest = behind;
    }
    PathBuf::from(out + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Environment {
        let find =
            |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Environment::of(&find).unwrap()
    }

    #[test]
    fn folders_are_found_as_python_finds_them() {
        let cache = |pairs: &[(&str, &str)]| of(pairs).cache.display().to_string();
        assert_eq!(cache(&[("HOME", "/h"), ("XDG_CACHE_HOME", "/x")]), "/x/huggingface/hub");
        assert_eq!(cache(&[("HF_HOME", "/y"), ("XDG_CACHE_HOME", "/x")]), "/y/hub");
        assert_eq!(cache(&[("HF_HOME", "/y"), ("HUGGINGFACE_HUB_CACHE", "/z")]), "/z");
        assert_eq!(cache(&[("HF_HUB_CACHE", "/a"), ("HUGGINGFACE_HUB_CACHE", "/z")]), "/a");
        assert_eq!(cache(&[("HOME", "/h"), ("HF_HUB_CACHE", "~/c")]), "/h/c");
    }

    #[test]
    fn tokens_come_from_variables_or_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().display().to_string();
        assert!(of(&[("HF_HOME", &home)]).token.is_none());
        fs::write(folder.path().join("token"), "hf_file\n").unwrap();
        let shown = |environment: Environment| {
            environment.token.map(|token| token.header().to_str().unwrap().to_owned())
        };
        assert_eq!(shown(of(&[("HF_HOME", &home)])).as_deref(), Some("Bearer hf_file"));
        assert_eq!(
            shown(of(&[("HF_HOME", &home), ("HF_TOKEN", "hf_said")])).as_deref(),
            Some("Bearer hf_said")
        );
        let other = folder.path().join("other");
        fs::write(&other, "hf_other").unwrap();
        let other = other.display().to_string();
        assert_eq!(
            shown(of(&[("HF_HOME", &home), ("HF_TOKEN_PATH", &other)])).as_deref(),
            Some("Bearer hf_other")
        );
        assert!(shown(of(&[("HF_TOKEN", "hf_said"), ("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")])).is_none());
        assert!(!format!("{:?}", of(&[("HF_TOKEN", "hf_said")])).contains("hf_said"));
    }

    #[test]
    fn endpoints_are_hosts() {
        assert_eq!(
            of(&[("HF_ENDPOINT", "http://localhost:8080/")]).endpoint.as_str(),
            "http://localhost:8080/"
        );
        for bad in ["ftp://x", "x", "https://me:secret@host", "https://host?x"] {
            let find = |name: &str| (name == "HF_ENDPOINT").then(|| bad.to_owned());
            let error = Environment::of(&find).unwrap_err().to_string();
            assert!(error.starts_with("HF_ENDPOINT") && !error.contains("secret"), "{error}");
        }
        assert!(of(&[("HF_HUB_OFFLINE", "True")]).offline && !of(&[("HF_HUB_OFFLINE", "0")]).offline);
    }
}
