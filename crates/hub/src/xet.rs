//! Large files from the content-addressed store behind the Hub, over `hf-xet`.

use std::{
    ops::Range,
    path::PathBuf,
    sync::OnceLock,
    time::{Duration, Instant},
};

use reqwest::Url;
use serde::Deserialize;
use xet::{
    XetError,
    xet_session::{
        Sha256Policy, XetConfig, XetDownloadStream, XetDownloadStreamGroup, XetFileInfo, XetSession,
        XetSessionBuilder,
    },
};

use unskew_io::Progress;

use crate::{Api, Call, Error, Http, Repository, Result, TreeFile, http::named};

/// How much memory downloads may take, because the usual values are for machines that do nothing else; and more that is
/// set otherwise than usual.
const LIMITS: [(&str, &str); 6] = [
    ("reconstruction.download_buffer_size", "64mb"),
    ("reconstruction.download_buffer_perfile_size", "32mb"),
    ("reconstruction.download_buffer_limit", "128mb"),
    ("reconstruction.min_prefetch_buffer", "64mb"),
    // What has arrived is noted at once, so that it is not sent again when we are killed.
    ("data.session_xorb_metadata_flush_max_count", "1"),
    ("telemetry.enabled", "false"),
];

/// A session with the store, which begins when the first file needs it.
#[derive(Default)]
pub(crate) struct Xet {
    session: OnceLock<Result<XetSession, String>>,
}

impl std::fmt::Debug for Xet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Xet")
    }
}

/// Where a store is, and what opens it for a while. It has no `Debug`: what opens it is nobody else's.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Grant {
    cas_url: String,
    access_token: String,
    exp: u64,
}

impl Xet {
    /// Begins to read `range` of `file`. The store is the one that the Hub names for the commit.
    pub(crate) async fn stream(
        &self,
        api: &Api,
        repository: &Repository,
        commit: &str,
        file: &TreeFile,
        hash: &str,
        range: Range<u64>,
    ) -> Result<XetDownloadStream> {
        let url = api.read_token(repository, commit);
        let answer = api.http().answer(&Call::get(url.clone())).await?;
        if !answer.status.is_success() {
            return Err(api.refusal(answer, repository, commit).await);
        }
        let (grant, store) = opened(&url, &answer.body)?;
        let failed = |error: XetError| Error::Unreachable { what: named(&store), detail: told(&error) };
        let session = self.session().map_err(|detail| Error::Unreachable { what: named(&store), detail })?;
        let group: XetDownloadStreamGroup = session
            .new_download_stream_group()
            .map_err(failed)?
            .with_endpoint(grant.cas_url)
            .with_token_info(grant.access_token, grant.exp)
            .build()
            .await
            .map_err(failed)?;
        let info = XetFileInfo { hash: hash.to_owned(), file_size: Some(file.size), sha256: None };
        let mut stream = group.download_stream(info, Some(range)).await.map_err(failed)?;
        stream.start();
        Ok(stream)
    }

    /// Sends large files to the store that `answer` to the call of `url` opens, and that is opened again in the same way when
    /// it has closed; the Hub then knows them by the digests that stand with them. It ends when nothing moves for `patience`.
    pub(crate) async fn send(
        &self,
        http: &Http,
        (url, answer): (&Url, &[u8]),
        files: &[(PathBuf, &str)],
        patience: Duration,
        progress: &dyn Progress,
    ) -> Result<()> {
        let (grant, store) = opened(url, answer)?;
        let failed = |error: XetError| Error::Unreachable { what: named(&store), detail: told(&error) };
        let session = self.session().map_err(|detail| Error::Unreachable { what: named(&store), detail })?;
        let upload = session.new_upload_commit().map_err(failed)?;
        let upload = upload
            .with_endpoint(grant.cas_url)
            .with_token_info(grant.access_token, grant.exp)
            .with_token_refresh_url(url.as_str(), http.credentials())
            .build()
            .await
            .map_err(failed)?;
        for (path, sha256) in files {
            upload.upload_from_path(path.clone(), Sha256Policy::from_hex(sha256)).await.map_err(failed)?;
        }
        let (mut done, mut moved, mut since) = (0, 0, Instant::now());
        let finished = upload.commit();
        tokio::pin!(finished);
        loop {
            let ended = tokio::time::timeout(Duration::from_millis(100), &mut finished).await;
            let now = upload.progress();
            progress.advance(now.total_bytes_completed.saturating_sub(done));
            done = done.max(now.total_bytes_completed);
            if let Ok(ended) = ended {
                return ended.map(|_| ()).map_err(failed);
            }
            if now.total_transfer_bytes_completed > moved {
                (moved, since) = (now.total_transfer_bytes_completed, Instant::now());
            }
            let silent = since.elapsed() > patience;
            if silent || progress.interrupted() {
                // What has been sent stays there, and is not sent again.
                let _ = upload.abort();
                let silence = Error::Silent { what: named(&store), seconds: patience.as_secs() };
                return Err(if silent { silence } else { Error::Interrupted });
            }
        }
    }

    /// The session, with limits that the environment may set otherwise.
    fn session(&self) -> Result<&XetSession, String> {
        let begin = || {
            let config = LIMITS
                .iter()
                .try_fold(XetConfig::default(), |config, (name, value)| config.with_config(name, value));
            let config = config.map_err(|error| error.to_string())?.with_env_overrides();
            XetSessionBuilder::new_with_config(config).build().map_err(|error| told(&error))
        };
        self.session.get_or_init(begin).as_ref().map_err(Clone::clone)
    }
}

/// What an answer opens, and the URL of the store.
fn opened(url: &Url, answer: &[u8]) -> Result<(Grant, Url)> {
    let grant: Grant = serde_json::from_slice(answer)
        .map_err(|_| Error::Answer { what: named(url), detail: "it opens no store".to_owned() })?;
    let store = store_url(url, &grant.cas_url)?;
    Ok((grant, store))
}

/// The URL of a store: on the network, and encrypted where the Hub is.
fn store_url(hub: &Url, store: &str) -> Result<Url> {
    let url = Url::parse(store).ok().filter(|url| {
        let safe = url.scheme() == "https" || (url.scheme() == "http" && hub.scheme() == "http");
        safe && url.host_str().is_some()
    });
    url.ok_or_else(|| Error::Answer {
        what: named(hub),
        detail: "it names a store that is not on the network, or not encrypted".to_owned(),
    })
}

/// What went wrong, without URLs that may be signed.
pub(crate) fn told(error: &XetError) -> String {
    let text = error.to_string();
    let word = |word: &str| if word.contains("://") { "[URL]".to_owned() } else { word.to_owned() };
    text.split_whitespace().take(60).map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_on_the_network() {
        let store = |hub: &str, store: &str| store_url(&Url::parse(hub).unwrap(), store).is_ok();
        assert!(store("https://hub", "https://cas") && store("http://127.0.0.1:1", "http://127.0.0.1:2"));
        for bad in ["local:///tmp/x", "file:///tmp/x", "memory://", "x", "/tmp/x", "http://cas"] {
            assert!(!store("https://hub", bad), "{bad}");
        }
        assert!(!store("http://hub", "local:///tmp/x"));
    }

    #[test]
    fn limits_are_known_to_the_store() {
        assert!(Xet::default().session().is_ok());
        for (name, value) in LIMITS {
            let config = XetConfig::default().with_config(name, value).unwrap();
            assert!(config.get(name).is_ok(), "{name}");
        }
    }
}
