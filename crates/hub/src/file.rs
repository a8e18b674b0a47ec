//! One file of a commit, which comes nearer as it is read.

use std::{
    fs::File,
    ops::Range,
    os::unix::fs::FileExt,
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use unskew_io::{Format, Progress};

use crate::{
    Error, Result, TreeFile,
    hub::Client,
    partial::Partial,
    place::{Asked, Place},
    retry::is_passing,
    store::Origin,
};

/// The least that is fetched at a time, and at the end of a file, where formats tell what is in it.
const LEAST_BYTES: u64 = 64 << 10;

/// Files of lines up to this size are fetched whole when anything of them is read.
const SMALL_BYTES: u64 = 16 << 20;

/// How far apart ranges are that are fetched as one.
const GAP_BYTES: u64 = 64 << 10;

/// What is worth the calls that the content-addressed store needs before the first byte.
const XET_BYTES: u64 = 4 << 20;

/// Progress after which failures are counted anew.
const GOOD_BYTES: u64 = 1 << 20;

/// How often a file that came wrong is fetched again.
const MOST_WRONG: u32 = 1;

/// How often the user is asked whether to stop.
const TICK: Duration = Duration::from_millis(100);

/// A file, and how near it is.
#[derive(Debug)]
pub(crate) struct RemoteFile {
    pub(crate) listed: TreeFile,
    place: Place,
    near: Mutex<Near>,
}

/// How near a file is.
#[derive(Debug)]
enum Near {
    /// Not at all.
    Far,
    /// Some of it is here.
    Partly(Partial),
    /// All of it is in the cache.
    Here(File),
}

impl RemoteFile {
    pub(crate) fn new(listed: TreeFile, client: &Client, origin: &Origin) -> Self {
        let url = client.api().file(&origin.repository, &origin.commit, &listed.path);
        let place = Place::new(url, &origin.commit, listed.size);
        Self { listed, place, near: Mutex::new(Near::Far) }
    }

    fn near(&self) -> MutexGuard<'_, Near> {
        self.near.lock().expect("no thread panics while it holds the lock")
    }

    /// Fills `buffer` from `offset` on, as far as the file goes.
    pub(crate) fn read(
        &self,
        client: &Client,
        origin: &Origin,
        offset: u64,
        buffer: &mut [u8],
    ) -> Result<usize> {
        let end = offset.saturating_add(buffer.len() as u64).min(self.listed.size);
        if offset >= end {
            return Ok(0);
        }
        let buffer = &mut buffer[..(end - offset) as usize];
        let mut near = self.near();
        self.look(&mut near, origin)?;
        if let Near::Far = *near {
            self.check_online(client, origin)?;
            *near = if self.is_soon_whole() {
                Near::Here(self.pull(client, origin, &mut near, &unskew_io::Silent)?)
            } else {
                Near::Partly(Partial::new(&origin.cache.blobs()?, &self.listed)?)
            };
        }
        match &mut *near {
            Near::Here(file) => read_exactly(file, offset, buffer).map_err(|source| Error::Cache {
                action: "read",
                path: origin.cache.blob(&self.listed).display().to_string(),
                source,
            })?,
            Near::Partly(partial) => {
                let missing = partial.present().missing(offset..end);
                if let (Some(first), Some(last)) = (missing.first(), missing.last()) {
                    let wanted = self.widened(first.start..last.end);
                    client.wait(self.fill(client, partial, wanted, (origin, false), &unskew_io::Silent))?;
                }
                partial.read(offset, buffer)?;
            }
            Near::Far => unreachable!("it has just come nearer"),
        }
        Ok(buffer.len())
    }

    /// Brings `ranges` here, or the whole file where that is less work.
    pub(crate) fn bring(
        &self,
        client: &Client,
        origin: &Origin,
        ranges: &[Range<u64>],
        progress: &dyn Progress,
    ) -> Result<()> {
        let mut near = self.near();
        self.look(&mut near, origin)?;
        if let Near::Here(_) = *near {
            return Ok(());
        }
        self.check_online(client, origin)?;
        let size = self.listed.size;
        let mut wanted = crate::partial::Ranges::default();
        for range in ranges {
            wanted.add(range.start.min(size)..range.end.min(size));
        }
        let mut all = wanted.clone();
        if let Near::Partly(partial) = &*near {
            partial.present().joined(0).into_iter().for_each(|range| all.add(range));
        }
        if all.bytes() * 2 >= size {
            let file = self.pull(client, origin, &mut near, progress)?;
            *near = Near::Here(file);
            return Ok(());
        }
        if let Near::Far = *near {
            *near = Near::Partly(Partial::new(&origin.cache.blobs()?, &self.listed)?);
        }
        if let Near::Partly(partial) = &mut *near {
            for range in wanted.joined(GAP_BYTES) {
                client.wait(self.fill(client, partial, range, (origin, false), progress))?;
            }
        }
        Ok(())
    }

    /// How many bytes of `ranges` are not here.
    pub(crate) fn missing(&self, origin: &Origin, ranges: &[Range<u64>]) -> Result<u64> {
        let mut near = self.near();
        self.look(&mut near, origin)?;
        Ok(match &*near {
            Near::Here(_) => 0,
            Near::Far => ranges.iter().map(|range| range.end - range.start).sum(),
            Near::Partly(partial) => {
                let missing = ranges.iter().flat_map(|range| partial.present().missing(range.clone()));
                missing.map(|range| range.end - range.start).sum()
            }
        })
    }

    /// Whether a look at the file's head is as good as followed by all of it.
    fn is_soon_whole(&self) -> bool {
        let lines = matches!(Format::of(&self.listed.path), Some((Format::Json, _)));
        lines && self.listed.size <= SMALL_BYTES
    }

    /// Looks whether the file is in the cache.
    fn look(&self, near: &mut Near, origin: &Origin) -> Result<()> {
        if let Near::Here(_) = near {
            return Ok(());
        }
        if let Some(path) = origin.cache.find(&origin.commit, &self.listed) {
            let file = File::open(&path).map_err(|source| crate::cache::failed("read", &path, source))?;
            *near = Near::Here(file);
        }
        Ok(())
    }

    fn check_online(&self, client: &Client, origin: &Origin) -> Result<()> {
        if client.environment().offline {
            return Err(Error::Offline { what: format!("{} of {}", self.listed.path, origin.repository) });
        }
        Ok(())
    }

    /// Brings the whole file into the cache.
    fn pull(
        &self,
        client: &Client,
        origin: &Origin,
        near: &mut Near,
        progress: &dyn Progress,
    ) -> Result<File> {
        let mut wrong = 0;
        let mut head = None;
        loop {
            let mut partial = match std::mem::replace(near, Near::Far) {
                Near::Here(file) => return Ok(file),
                Near::Partly(partial) if !partial.present().is_head() => partial,
                before => {
                    // Another run can go on with a file that is filled from its beginning on.
                    if let Near::Partly(partial) = before {
                        head = Some(partial);
                    }
                    let Some(mut partial) = self.begin(origin, near, progress)? else { continue };
                    if let Some(head) = head.take().filter(|_| partial.present().bytes() == 0) {
                        partial.adopt(&head)?;
                    }
                    partial
                }
            };
            let by_xet = client.environment().xet && wrong == 0;
            let all = 0..self.listed.size;
            client.wait(self.fill(client, &mut partial, all, (origin, by_xet), progress))?;
            let Some(detail) = partial.flaw(&self.listed)? else {
                let file = partial.publish(&origin.cache.blob(&self.listed))?;
                origin.cache.link(&origin.commit, &self.listed)?;
                return Ok(file);
            };
            partial.discard();
            wrong += 1;
            if wrong > MOST_WRONG {
                return Err(Error::Damaged { file: origin.display(&self.listed.path), detail });
            }
        }
    }

    /// A file that is filled from its beginning on, unless another process fills it or has done so; then `near` may tell.
    fn begin(&self, origin: &Origin, near: &mut Near, progress: &dyn Progress) -> Result<Option<Partial>> {
        let partial = Partial::resumed(&origin.cache.blobs()?, &self.listed)?;
        if partial.is_none() {
            std::thread::sleep(TICK);
            if progress.interrupted() {
                return Err(Error::Interrupted);
            }
        }
        self.look(near, origin)?;
        match (partial, &*near) {
            (Some(partial), Near::Here(_)) => {
                partial.discard();
                Ok(None)
            }
            (partial, _) => Ok(partial),
        }
    }

    /// A range at least as large as is worth asking for.
    fn widened(&self, range: Range<u64>) -> Range<u64> {
        let size = self.listed.size;
        let tail = size.saturating_sub(LEAST_BYTES);
        if range.start >= tail {
            return tail..size;
        }
        range.start..range.end.max(range.start + LEAST_BYTES).min(size)
    }

    /// Fetches what is missing of `range`.
    async fn fill(
        &self,
        client: &Client,
        partial: &mut Partial,
        range: Range<u64>,
        (origin, mut by_xet): (&Origin, bool),
        progress: &dyn Progress,
    ) -> Result<()> {
        let mut waits = client.api().http().retry().waits();
        let mut since = 0;
        while let Some(next) = partial.present().missing(range.clone()).into_iter().next() {
            let before = partial.present().bytes();
            let hash = self.listed.xet.as_deref().filter(|_| by_xet && next.end - next.start >= XET_BYTES);
            let tried = match hash {
                None => self.fetch(client, partial, next, progress).await,
                Some(hash) => {
                    let tried = self.fetch_by_xet(client, partial, (hash, next), origin, progress).await;
                    // What the store does not give, the Hub gives over HTTP.
                    by_xet = tried.is_ok() && partial.present().bytes() > before;
                    match tried {
                        Err(Error::Interrupted) => return Err(Error::Interrupted),
                        Err(_) => continue,
                        done => done,
                    }
                }
            };
            since += partial.present().bytes().saturating_sub(before);
            if since >= GOOD_BYTES {
                waits.begin_anew();
                since = 0;
            }
            let (asked, failure) = match tried {
                Ok(None) if partial.present().bytes() > before => continue,
                Ok(None) => (None, self.short(origin)),
                Ok(Some(answer)) if is_passing(answer.status) => {
                    let asked = crate::retry::asked_wait(&answer.headers);
                    (asked, client.api().refusal(answer, &origin.repository, &origin.commit).await)
                }
                Ok(Some(answer)) => {
                    return Err(client.api().refusal(answer, &origin.repository, &origin.commit).await);
                }
                Err(error) if error.may_pass() => (None, error),
                Err(error) => return Err(error),
            };
            let Some(wait) = waits.next(asked) else { return Err(failure) };
            interruptible(progress, tokio::time::sleep(wait)).await?;
        }
        Ok(())
    }

    fn short(&self, origin: &Origin) -> Error {
        Error::Damaged { file: origin.display(&self.listed.path), detail: "it ends too early".to_owned() }
    }

    /// Asks once for `range`, and takes what comes of it; answers with a refusal, if it was one.
    async fn fetch(
        &self,
        client: &Client,
        partial: &mut Partial,
        range: Range<u64>,
        progress: &dyn Progress,
    ) -> Result<Option<crate::Answer>> {
        let http = client.api().http();
        let mut asked = interruptible(progress, self.place.ask(http, range.clone())).await??;
        if let Asked::Ended = asked {
            asked = interruptible(progress, self.place.ask(http, range.clone())).await??;
        }
        let (mut response, url, offset) = match asked {
            Asked::Bytes { response, url, offset } => (response, url, offset),
            Asked::Refused(answer) => return Ok(Some(answer)),
            Asked::Ended => return Ok(None),
        };
        if offset < range.start {
            // Whoever does not know ranges begins at the beginning.
            partial.clear()?;
        }
        let end = if offset < range.start { self.listed.size } else { range.end };
        let mut at = offset;
        while at < end {
            let chunk = interruptible(progress, http.within_read(&url, response.chunk())).await??;
            let Some(bytes) = chunk else { break };
            let bytes = &bytes[..bytes.len().min((end - at) as usize)];
            partial.write(at, bytes)?;
            at += bytes.len() as u64;
            progress.advance(bytes.len() as u64);
        }
        Ok(None)
    }
}

impl RemoteFile {
    /// Takes `range` from the content-addressed store.
    async fn fetch_by_xet(
        &self,
        client: &Client,
        partial: &mut Partial,
        (hash, range): (&str, Range<u64>),
        origin: &Origin,
        progress: &dyn Progress,
    ) -> Result<Option<crate::Answer>> {
        let (repository, commit) = (&origin.repository, &origin.commit);
        let begin = client.xet().stream(client.api(), repository, commit, &self.listed, hash, range.clone());
        let mut stream = interruptible(progress, begin).await??;
        let mut at = range.start;
        while at < range.end {
            let next = interruptible(progress, stream.next()).await?;
            let failed = |error| Error::Unreachable {
                what: origin.display(&self.listed.path),
                detail: crate::xet::told(&error),
            };
            let Some(bytes) = next.map_err(failed)? else { break };
            let bytes = &bytes[..bytes.len().min((range.end - at) as usize)];
            partial.write(at, bytes)?;
            at += bytes.len() as u64;
            progress.advance(bytes.len() as u64);
        }
        Ok(None)
    }
}

/// What `work` gives, unless the user wants to stop.
async fn interruptible<T>(progress: &dyn Progress, work: impl Future<Output = T>) -> Result<T> {
    let mut work = std::pin::pin!(work);
    loop {
        if progress.interrupted() {
            return Err(Error::Interrupted);
        }
        if let Ok(done) = tokio::time::timeout(TICK, &mut work).await {
            return Ok(done);
        }
    }
}

fn read_exactly(file: &File, offset: u64, buffer: &mut [u8]) -> std::io::Result<()> {
    file.read_exact_at(buffer, offset)
}
