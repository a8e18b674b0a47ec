//! A server that runs in threads of its own until its handle is dropped.

use std::{
    net::{SocketAddr, ToSocketAddrs},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use tokio::{
    net::TcpListener,
    runtime::{self, Runtime},
};

use crate::{
    change::Change,
    error::{Error, Result},
    faults::Faults,
    history::{Commit, Entry, Files},
    hub::{Addresses, Hub, Limits, Origin},
    listen::{Cut, Listener},
    log::{self, Log, Logged},
    repo::{Gate, RepoId},
    serve,
    sign::Signer,
    store::Store,
    tokens::{Role, Token, Tokens},
    xet::Xet,
};

/// A running Hub.
///
/// ```
/// use unskew_hub_server::{Change, Gate, HubServer, RepoId};
///
/// # let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
/// # let folder = folder.path();
/// let hub = HubServer::builder().root(folder).bind("127.0.0.1:0").spawn()?;
/// let rows = RepoId::dataset("alice/rows")?;
/// hub.create(&rows, false, Gate::Open)?;
/// hub.commit(&rows, "main", &Change::new("Add rows").file("rows.jsonl", "{\"a\":1}\n"))?;
/// assert_eq!(hub.read(&rows, "main", "rows.jsonl")?, b"{\"a\":1}\n");
/// println!("export HF_ENDPOINT={}", hub.endpoint());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct HubServer {
    hub: Arc<Hub>,
    /// Taken when the server stops.
    runtime: Option<Runtime>,
}

/// How a server is to be.
#[derive(Clone)]
pub struct Builder {
    root: PathBuf,
    address: String,
    tokens: Vec<Token>,
    anonymous: Role,
    limits: Limits,
    xet: bool,
    listener: Option<log::Listener>,
}

impl HubServer {
    /// A server that nothing is known of yet but where its folder is: `hub` in the working folder.
    pub fn builder() -> Builder {
        Builder {
            root: PathBuf::from("hub"),
            address: "127.0.0.1:0".to_owned(),
            tokens: Vec::new(),
            anonymous: Role::None,
            limits: Limits::default(),
            xet: true,
            listener: None,
        }
    }

    /// What `HF_ENDPOINT` should say.
    pub fn endpoint(&self) -> String {
        self.origin(Origin::Hub)
    }

    /// The address of an origin.
    pub fn origin(&self, origin: Origin) -> String {
        self.hub.addresses.endpoint(origin)
    }

    /// What goes wrong with requests.
    pub fn faults(&self) -> &Faults {
        &self.hub.faults
    }

    /// The requests so far, the oldest first.
    pub fn requests(&self) -> Vec<Logged> {
        self.hub.log.all()
    }

    /// Forgets the requests so far.
    pub fn forget_requests(&self) {
        self.hub.log.clear();
    }

    /// Makes a repository.
    pub fn create(&self, repo: &RepoId, private: bool, gate: Gate) -> Result<()> {
        self.hub.store.create(repo, private, gate, AUTHOR)
    }

    /// Makes a commit on a branch.
    pub fn commit(&self, repo: &RepoId, branch: &str, change: &Change) -> Result<Commit> {
        self.hub.store.commit(repo, branch, change, AUTHOR)
    }

    /// The content of a file at a branch, tag or commit.
    pub fn read(&self, repo: &RepoId, revision: &str, path: &str) -> Result<Vec<u8>> {
        let entry = self.entry(repo, revision, path)?;
        let blob = self.hub.store.blob(&entry.sha256);
        std::fs::read(&blob).map_err(Error::disk("read", blob))
    }

    /// What is known of a file at a branch, tag or commit.
    pub fn entry(&self, repo: &RepoId, revision: &str, path: &str) -> Result<Entry> {
        let commit = self.head(repo, revision)?;
        let missing = || Error::NoEntry { path: path.to_owned(), commit: commit.clone() };
        self.hub.store.files(repo, &commit)?.remove(path).ok_or_else(missing)
    }

    /// All files at a branch, tag or commit.
    pub fn files(&self, repo: &RepoId, revision: &str) -> Result<Files> {
        self.hub.store.files(repo, &self.head(repo, revision)?)
    }

    /// The commit that a branch, tag or commit's name stands for.
    pub fn head(&self, repo: &RepoId, revision: &str) -> Result<String> {
        self.hub.store.resolve(repo, &self.hub.store.record(repo)?, revision)
    }

    /// The commits of a branch, tag or commit, from the last to the first.
    pub fn commits(&self, repo: &RepoId, revision: &str) -> Result<Vec<Commit>> {
        self.hub.store.commits(repo, &self.head(repo, revision)?)
    }

    /// Waits until the process is told to end, or, `with_stdin`, until whoever started it closes its standard input.
    pub fn wait(&self, with_stdin: bool) {
        let Some(runtime) = &self.runtime else { return };
        runtime.block_on(async {
            tokio::select! {
                () = interrupted() => {}
                () = end_of_stdin(), if with_stdin => {}
            }
        });
    }
}

/// Who makes the commits that no client makes.
const AUTHOR: &str = "hub";

impl Drop for HubServer {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // In a thread of its own, because waiting is refused inside of another runtime. What hangs is given up.
            let stopping = std::thread::spawn(move || runtime.shutdown_timeout(Duration::from_secs(5)));
            // A server that is not stopped for a panic of its own holds nothing that others need.
            let _ = stopping.join();
        }
    }
}

impl std::fmt::Debug for HubServer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("HubServer").field("endpoint", &self.endpoint()).finish_non_exhaustive()
    }
}

impl Builder {
    /// The folder that holds everything; it is made if it is not there.
    pub fn root(mut self, root: impl Into<PathBuf>) -> Self {
        self.root = root.into();
        self
    }

    /// The address of the interface; port 0 is any that is free. The other origins take free ports of the same host.
    pub fn bind(mut self, address: impl Into<String>) -> Self {
        self.address = address.into();
        self
    }

    /// A token that is known.
    pub fn token(mut self, token: Token) -> Self {
        self.tokens.push(token);
        self
    }

    /// Several tokens that are known.
    pub fn tokens(mut self, tokens: impl IntoIterator<Item = Token>) -> Self {
        self.tokens.extend(tokens);
        self
    }

    /// What those may do who show no token; without it, nothing but read what is public.
    pub fn anonymous(mut self, role: Role) -> Self {
        self.anonymous = role;
        self
    }

    /// Whether large files may come and go by Xet.
    pub fn xet(mut self, xet: bool) -> Self {
        self.xet = xet;
        self
    }

    /// How long signed addresses and Xet tokens hold.
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.limits.lifetime = lifetime.as_secs();
        self
    }

    /// How many entries one page of a tree has at most.
    pub fn page(mut self, entries: usize) -> Self {
        self.limits.page = entries.max(1);
        self
    }

    /// Above how many bytes large files are uploaded in parts of this size, without Xet.
    pub fn upload_part(mut self, bytes: u64) -> Self {
        self.limits.upload_part = bytes.max(1);
        self
    }

    /// How many bytes a request may have that is held in memory.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.limits.body = bytes;
        self
    }

    /// Who is told of each request when it is done.
    pub fn on_request(mut self, listener: impl Fn(&Logged) + Send + Sync + 'static) -> Self {
        self.listener = Some(Arc::new(listener));
        self
    }

    /// Starts the server.
    pub fn spawn(self) -> Result<HubServer> {
        // In a thread of its own, because a runtime is not started inside of another one.
        let started = std::thread::spawn(move || self.start()).join();
        started.unwrap_or_else(|_| Err(Error::Xet { reason: "the server panicked as it started".to_owned() }))
    }

    fn start(self) -> Result<HubServer> {
        let store = Store::open(&self.root)?;
        let signer = Signer::open(&self.root)?;
        let runtime = runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("hub")
            .enable_all()
            .build()
            .map_err(Error::disk("start threads for", &self.root))?;
        let address = self.address.to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
        let address =
            address.ok_or_else(|| Error::Invalid { reason: format!("`{}` is no address", self.address) })?;
        let any = SocketAddr::new(address.ip(), 0);
        let (hub, hub_address) = runtime.block_on(listen(address))?;
        let (cdn, cdn_address) = runtime.block_on(listen(any))?;
        let (cas, cas_address) = runtime.block_on(listen(any))?;
        let xet = if self.xet { Some(runtime.block_on(Xet::start(&self.root.join("xet")))?) } else { None };
        let state = Arc::new(Hub {
            store,
            tokens: Tokens::new(&self.tokens, self.anonymous),
            signer,
            addresses: Addresses { hub: hub_address, cdn: cdn_address, cas: cas_address },
            limits: self.limits,
            faults: Faults::default(),
            log: Log::new(self.listener),
            xet,
        });
        for (listener, origin) in [(hub, Origin::Hub), (cdn, Origin::Cdn), (cas, Origin::Cas)] {
            let service = serve::router(state.clone(), origin).into_make_service_with_connect_info::<Cut>();
            let listener = Listener::new(listener, self.limits.connections);
            runtime.spawn(async move { axum::serve(listener, service).await });
        }
        Ok(HubServer { hub: state, runtime: Some(runtime) })
    }
}

/// Ends on what a terminal or a supervisor sends to end a process.
async fn interrupted() {
    #[cfg(unix)]
    if let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        return;
    }
    // Without signals there is nothing to wait for but the end of the process.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

async fn end_of_stdin() {
    let (ended, wait) = tokio::sync::oneshot::channel();
    // A thread of its own: reading from a terminal cannot be given up.
    std::thread::spawn(move || {
        let read = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        // Nobody waits any more when the server is stopped otherwise.
        let _ = ended.send(read);
    });
    // Either way there is nothing more to wait for.
    let _ = wait.await;
}

async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr)> {
    let failed = |source| Error::Listen { address: address.to_string(), source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}
