//! What the Hub's API answers about datasets.
//!
//! `hf-hub` 1.0.0 has calls for this too. They have no timeout, ignore how long the Hub wants to be left alone, lose the
//! SHA-256 digests of files, and do not tell a hidden repository from a missing revision; so reading calls for itself.

use reqwest::{Url, header::LINK};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use unskew_core::nearest;

use crate::{Answer, Call, Error, Http, Repository, Result, TreeFile, tree::Listed};

/// Most files that a repository is believed to have.
const MOST_FILES: usize = 2_000_000;

/// Calls of the API.
#[derive(Debug, Clone)]
pub struct Api {
    http: Http,
}

/// What is known of a dataset.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Info {
    /// The commit.
    pub sha: String,
    /// Whether it is private.
    #[serde(default)]
    pub private: bool,
    #[serde(default)]
    gated: Value,
}

impl Info {
    /// A commit of which nothing else is known.
    pub(crate) fn of_commit(sha: String) -> Self {
        Self { sha, ..Self::default() }
    }

    /// Whether its owner decides who may read it.
    pub fn gated(&self) -> bool {
        !matches!(self.gated, Value::Null | Value::Bool(false))
    }
}

impl Api {
    /// The API that `http` calls.
    pub fn new(http: Http) -> Self {
        Self { http }
    }

    /// What it calls with.
    pub fn http(&self) -> &Http {
        &self.http
    }

    /// What is known of `repository` at `revision`.
    pub async fn info(&self, repository: &Repository, revision: &str) -> Result<Info> {
        let url = self.of(repository, &["revision", revision]);
        let answer = self.http.answer(&Call::get(url)).await?;
        if !answer.status.is_success() {
            return Err(self.refusal(answer, repository, revision).await);
        }
        let what = answer.what.clone();
        let info: Info = read(answer)?;
        if info.sha.len() != 40 || !info.sha.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Error::Answer { what, detail: "it tells no commit".to_owned() });
        }
        Ok(info)
    }

    /// The files of a commit, in byte order of their paths. A file that no rows can be in is left out where its path is
    /// dangerous; others are refused.
    pub async fn tree(&self, repository: &Repository, commit: &str) -> Result<Vec<TreeFile>> {
        let mut url = self.of(repository, &["tree", commit]);
        url.query_pairs_mut().append_pair("recursive", "true").append_pair("expand", "false");
        let mut files: Vec<TreeFile> = vec![];
        let mut next = Some(url);
        while let Some(url) = next {
            let answer = self.http.answer(&Call::get(url.clone())).await?;
            if !answer.status.is_success() {
                return Err(self.refusal(answer, repository, commit).await);
            }
            next = following(&answer, &url)?;
            let before = files.len();
            let what = answer.what.clone();
            for listed in read::<Vec<Listed>>(answer)? {
                files.extend(TreeFile::of(repository, listed)?);
            }
            if files.len() > MOST_FILES || (next.as_ref() == Some(&url) && files.len() == before) {
                return Err(Error::Answer { what, detail: "its list of files does not end".to_owned() });
            }
        }
        files.sort_by(|one, other| one.path.cmp(&other.path));
        if let Some(twice) = files.windows(2).find(|pair| pair[0].path == pair[1].path) {
            let (what, path) = (repository.to_string(), &twice[0].path);
            return Err(Error::Answer { what, detail: format!("it lists {path} twice") });
        }
        Ok(files)
    }

    /// The names of branches and tags.
    pub async fn revisions(&self, repository: &Repository) -> Result<Vec<String>> {
        let answer = self.http.answer(&Call::get(self.of(repository, &["refs"]))).await?;
        if !answer.status.is_success() {
            return Ok(vec![]);
        }
        let refs: Value = read(answer)?;
        let names =
            ["branches", "tags", "converts"].into_iter().filter_map(|kind| refs.get(kind)?.as_array());
        Ok(names.flatten().filter_map(|one| one.get("name")?.as_str().map(str::to_owned)).collect())
    }

    /// The URL of a file of a commit.
    pub fn file(&self, repository: &Repository, commit: &str, path: &str) -> Url {
        let segments = ["datasets"].into_iter().chain(repository.id().split('/')).chain(["resolve", commit]);
        self.http.url(segments.chain(path.split('/')))
    }

    /// The URL that opens the store of a commit's large files.
    pub(crate) fn read_token(&self, repository: &Repository, commit: &str) -> Url {
        self.of(repository, &["xet-read-token", commit])
    }

    /// The URL of a part of the interface that is about `repository`.
    pub(crate) fn of(&self, repository: &Repository, rest: &[&str]) -> Url {
        let segments = ["api", "datasets"].into_iter().chain(repository.id().split('/'));
        self.http.url(segments.chain(rest.iter().copied()))
    }

    /// Why the Hub refused, as far as it tells.
    pub async fn refusal(&self, answer: Answer, repository: &Repository, revision: &str) -> Error {
        let header =
            |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let said = said(&answer);
        let (repo, logged_in) = (repository.id().to_owned(), self.http.logged_in());
        match (answer.status.as_u16(), header("x-error-code")) {
            (401 | 403, "GatedRepo") => {
                let page = self.http.url(["datasets"].into_iter().chain(repository.id().split('/')));
                Error::Gated { repo, page: page.to_string(), logged_in }
            }
            (401, _) if logged_in && said.contains("Invalid") => {
                let host = self.http.url([""; 0]).host_str().unwrap_or_default().to_owned();
                Error::BadToken { host }
            }
            (404, "RevisionNotFound") => {
                let known = self.revisions(repository).await.unwrap_or_default();
                let nearest = nearest(revision, known.iter().map(String::as_str)).map(str::to_owned);
                Error::NoRevision { repo, revision: revision.to_owned(), nearest }
            }
            (401 | 404, "RepoNotFound" | "") => {
                let other = self.other_kind(repository).await;
                Error::NoRepository { repo, logged_in, other }
            }
            (status, _) => {
                let wait = crate::retry::asked_wait(&answer.headers).map(|wait| wait.as_secs());
                Error::Refused { what: answer.what, status, detail: said, wait }
            }
        }
    }

    /// What there is of this name that is no dataset.
    async fn other_kind(&self, repository: &Repository) -> Option<&'static str> {
        for (kind, told) in [("models", "a model"), ("spaces", "a space")] {
            let url = self.http.url(["api", kind].into_iter().chain(repository.id().split('/')));
            let once = Call { repeatable: false, ..Call::get(url) };
            if self.http.answer(&once).await.is_ok_and(|answer| answer.status.is_success()) {
                return Some(told);
            }
        }
        None
    }
}

/// The next page, if the answer names one; it has to be the Hub's.
fn following(answer: &Answer, url: &Url) -> Result<Option<Url>> {
    let links = answer
        .headers
        .get_all(LINK)
        .iter()
        .filter_map(|link| link.to_str().ok())
        .flat_map(|link| link.split(','));
    let next = links.filter(|link| link.contains("rel=\"next\"")).find_map(|link| {
        let (_, rest) = link.split_once('<')?;
        Some(rest.split_once('>')?.0)
    });
    let Some(next) = next else { return Ok(None) };
    match url.join(next) {
        Ok(next) if next.origin() == url.origin() => Ok(Some(next)),
        _ => {
            Err(Error::Answer { what: answer.what.clone(), detail: "its next page is elsewhere".to_owned() })
        }
    }
}

pub(crate) fn read<T: DeserializeOwned>(answer: Answer) -> Result<T> {
    serde_json::from_slice(&answer.body)
        .map_err(|error| Error::Answer { what: answer.what, detail: error.to_string() })
}

/// What the server said, as it can be shown.
pub(crate) fn said(answer: &Answer) -> String {
    let header =
        answer.headers.get("x-error-message").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let body =
        || serde_json::from_slice::<Value>(&answer.body).ok()?.get("error")?.as_str().map(str::to_owned);
    shown(&header.or_else(body).unwrap_or_default())
}

/// A text of a server in few letters that can be shown.
pub(crate) fn shown(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(200).collect()
}
