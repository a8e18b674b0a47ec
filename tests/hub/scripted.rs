//! A Hub that does as it is told, wrong things too: what a true one says only on its worst days.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// The commit of everything.
pub const COMMIT: &str = "1111111111111111111111111111111111111111";

/// What was asked for, and what was sent.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Whether it was the host of large files that was asked.
    pub cdn: bool,
    /// The path, with its query.
    pub path: String,
    /// The headers, their names in small letters.
    pub headers: BTreeMap<String, String>,
    /// The bytes of the body that were sent.
    pub sent: u64,
}

/// What goes wrong with an answer.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Another answer: status, headers, body.
    Answer(u16, &'static str, String),
    /// The connection ends after so many bytes of the body, and more were promised.
    Reset(usize),
    /// The body ends after so many bytes, and nobody said how many there would be.
    Cut(usize),
    /// One bit of the body is another one.
    Flip,
    /// Nothing comes any more after so many bytes of the body.
    Hang(usize),
    /// The body comes in small pieces with pauses between them.
    Slow,
}

/// Decides what goes wrong with a request, of which there were so many alike before.
pub type Script = dyn Fn(&Seen, usize) -> Option<Fault> + Send + Sync;

/// A Hub with one dataset, `o/n`, on two ports: files above a hundred kilobytes are behind a redirect.
pub struct Scripted {
    hub: SocketAddr,
    cdn: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    files: BTreeMap<String, Vec<u8>>,
    tree: Mutex<Option<Value>>,
    seen: Mutex<Vec<Seen>>,
    script: Box<Script>,
    cdn: Mutex<String>,
    stop: AtomicBool,
}

impl Scripted {
    /// A Hub with these files.
    pub fn new<'a>(files: impl IntoIterator<Item = (&'a str, Vec<u8>)>) -> Self {
        Self::with(files, |_, _| None)
    }

    /// A Hub with these files where `script` says what goes wrong.
    pub fn with<'a>(
        files: impl IntoIterator<Item = (&'a str, Vec<u8>)>,
        script: impl Fn(&Seen, usize) -> Option<Fault> + Send + Sync + 'static,
    ) -> Self {
        let files = files.into_iter().map(|(path, bytes)| (path.to_owned(), bytes)).collect();
        let shared = Arc::new(Shared {
            files,
            tree: Mutex::default(),
            seen: Mutex::default(),
            script: Box::new(script),
            cdn: Mutex::default(),
            stop: AtomicBool::new(false),
        });
        let hub = serve(Arc::clone(&shared), false);
        let cdn = serve(Arc::clone(&shared), true);
        *shared.cdn.lock().unwrap() = format!("http://{cdn}");
        Self { hub, cdn, shared }
    }

    /// Lets the Hub tell another list of files than it has.
    pub fn tree(self, tree: Value) -> Self {
        *self.shared.tree.lock().unwrap() = Some(tree);
        self
    }

    pub fn endpoint(&self) -> String {
        format!("http://{}", self.hub)
    }

    /// What was asked for so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }

    /// How many bytes of files were sent so far.
    pub fn sent(&self) -> u64 {
        self.seen()
            .iter()
            .filter(|seen| seen.cdn || seen.path.contains("/resolve/"))
            .map(|seen| seen.sent)
            .sum()
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        for address in [self.hub, self.cdn] {
            let _ = TcpStream::connect(address);
        }
    }
}

/// What the list of files says of one.
pub fn listed(path: &str, bytes: &[u8]) -> Value {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    let mut git = Sha1::new();
    git.update(format!("blob {}\0", bytes.len()));
    git.update(bytes);
    let mut file = json!({"type": "file", "path": path, "size": bytes.len(), "oid": hex(&git.finalize())});
    if is_large(bytes) {
        file["lfs"] = json!({"oid": hex(&Sha256::digest(bytes)), "size": bytes.len(), "pointerSize": 130});
    }
    file
}

fn is_large(bytes: &[u8]) -> bool {
    bytes.len() > 100_000
}

fn serve(shared: Arc<Shared>, cdn: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            if shared.stop.load(Ordering::Relaxed) {
                break;
            }
            let shared = Arc::clone(&shared);
            thread::spawn(move || shared.answer(stream, cdn));
        }
    });
    address
}

impl Shared {
    fn answer(&self, mut stream: TcpStream, cdn: bool) -> Option<()> {
        let seen = read(&mut stream, cdn)?;
        let alike = |other: &&Seen| other.cdn == cdn && other.path == seen.path;
        let before = self.seen.lock().unwrap().iter().filter(alike).count();
        let fault = (self.script)(&seen, before);
        let (status, headers, body) = match &fault {
            Some(Fault::Answer(status, headers, body)) => {
                (*status, (*headers).to_owned(), body.clone().into_bytes())
            }
            _ => self.true_answer(&seen),
        };
        let place = {
            let mut all = self.seen.lock().unwrap();
            all.push(seen);
            all.len() - 1
        };
        let sent = send(&mut stream, status, &headers, &body, fault.as_ref());
        self.seen.lock().unwrap()[place].sent = sent;
        Some(())
    }

    fn true_answer(&self, seen: &Seen) -> (u16, String, Vec<u8>) {
        let path = seen.path.split('?').next().unwrap_or_default();
        let json = |value: Value| {
            (200, "Content-Type: application/json\r\n".to_owned(), value.to_string().into_bytes())
        };
        if seen.cdn {
            let bytes = self.files.get(path.trim_start_matches('/'));
            return bytes.map_or((404, String::new(), vec![]), |bytes| part(seen, bytes, ""));
        }
        if let Some(revision) = path.strip_prefix("/api/datasets/o/n/revision/") {
            return match revision {
                "main" | "v1.0" | COMMIT => {
                    json(json!({"id": "o/n", "sha": COMMIT, "private": false, "gated": false}))
                }
                _ => (404, "X-Error-Code: RevisionNotFound\r\n".to_owned(), vec![]),
            };
        }
        if path == "/api/datasets/o/n/refs" {
            return json(json!({"branches": [{"name": "main"}], "tags": [{"name": "v1.0"}], "converts": []}));
        }
        if path == format!("/api/datasets/o/n/tree/{COMMIT}") {
            let told = self.tree.lock().unwrap().clone();
            return json(
                told.unwrap_or_else(|| self.files.iter().map(|(path, bytes)| listed(path, bytes)).collect()),
            );
        }
        let Some(file) = path.strip_prefix(&format!("/datasets/o/n/resolve/{COMMIT}/")) else {
            return (404, "X-Error-Code: RepoNotFound\r\n".to_owned(), vec![]);
        };
        let commit = format!("X-Repo-Commit: {COMMIT}\r\n");
        match self.files.get(file) {
            None => (404, commit + "X-Error-Code: EntryNotFound\r\n", vec![]),
            Some(bytes) if is_large(bytes) => {
                let to = format!("Location: {}/{file}?Signature=secret\r\n", self.cdn.lock().unwrap());
                (302, commit + &to, vec![])
            }
            Some(bytes) => part(seen, bytes, &commit),
        }
    }
}

/// The part of `bytes` that was asked for.
fn part(seen: &Seen, bytes: &[u8], headers: &str) -> (u16, String, Vec<u8>) {
    let headers = format!("{headers}ETag: \"x\"\r\nAccept-Ranges: bytes\r\n");
    let range = seen.headers.get("range").and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
    let Some((start, end)) = range else { return (200, headers, bytes.to_vec()) };
    let (start, end) = (start.parse::<usize>().unwrap(), end.parse::<usize>().unwrap().min(bytes.len() - 1));
    let headers = format!("{headers}Content-Range: bytes {start}-{end}/{}\r\n", bytes.len());
    (206, headers, bytes[start..=end].to_vec())
}

fn read(stream: &mut TcpStream, cdn: bool) -> Option<Seen> {
    let mut head = vec![];
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        (stream.read(&mut byte).ok()? > 0).then_some(())?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut lines = head.lines();
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let header =
        |line: &str| line.split_once(": ").map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
    Some(Seen { cdn, path, headers: lines.filter_map(header).collect(), sent: 0 })
}

/// Sends an answer as far as `fault` lets it, and says how much of the body went out.
fn send(stream: &mut TcpStream, status: u16, headers: &str, body: &[u8], fault: Option<&Fault>) -> u64 {
    let length = if matches!(fault, Some(Fault::Cut(_))) {
        String::new()
    } else {
        format!("Content-Length: {}\r\n", body.len())
    };
    let head = format!("HTTP/1.1 {status} X\r\nConnection: close\r\n{length}{headers}\r\n");
    if stream.write_all(head.as_bytes()).is_err() {
        return 0;
    }
    let mut body = body.to_vec();
    match fault {
        Some(Fault::Reset(after) | Fault::Cut(after) | Fault::Hang(after)) => body.truncate(*after),
        Some(Fault::Flip) if !body.is_empty() => {
            let middle = body.len() / 2;
            body[middle] ^= 1;
        }
        _ => {}
    }
    let pieces = if matches!(fault, Some(Fault::Slow)) { body.len().div_ceil(8).max(1) } else { 64 << 10 };
    let mut sent = 0;
    for piece in body.chunks(pieces) {
        if stream.write_all(piece).is_err() {
            return sent;
        }
        sent += piece.len() as u64;
        if matches!(fault, Some(Fault::Slow)) {
            thread::sleep(Duration::from_millis(300));
        }
    }
    if let Some(Fault::Hang(_)) = fault {
        thread::sleep(Duration::from_secs(8));
    }
    sent
}
