//! Running a program once: with an environment that tells no secrets, for a limited time, with a limited answer.

use std::{
    collections::VecDeque,
    env,
    ffi::OsString,
    io::{BufWriter, Read, Write},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, ChildStderr, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use unskew_strategy::{Error, Result};

/// The variables that a program is given of the environment; no others, so that no token is among them.
const ENVIRONMENT: [&str; 7] = ["PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TZ"];

/// How many bytes of what a program says on standard error are kept: the last ones.
const SAID: usize = 4096;

/// How often it is looked whether a program has ended, or has to.
const PAUSE: Duration = Duration::from_millis(2);

/// What a program may take, and who may stop it.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How long a call may take.
    pub timeout: Duration,
    /// Whether the user wants to stop; asked all the time while a program runs.
    pub stopped: fn() -> bool,
}

impl Default for Limits {
    /// Ten minutes, which nobody cuts short.
    fn default() -> Self {
        Self { timeout: Duration::from_mins(10), stopped: || false }
    }
}

/// A program that runs, in a process group of its own that ends with this.
struct Running {
    child: Child,
    answer: Receiver<Vec<u8>>,
    said: Receiver<String>,
    over: Option<ExitStatus>,
}

/// Calls the program at `path` with `word`, gives it what `input` writes, and returns its answer of at most `most` bytes.
pub fn call(
    path: &Path,
    word: &str,
    limits: Limits,
    most: u64,
    input: impl FnOnce(&mut dyn Write) -> Result<()> + Send + 'static,
) -> Result<Vec<u8>> {
    let mut running = Running::start(path, word, most, input)?;
    let answer = running.answer(word, limits, most);
    running.end();
    answer.map_err(|message| {
        let said = running.said.recv_timeout(Duration::from_secs(1)).unwrap_or_default();
        let error = Error::failed(message);
        if said.is_empty() { error } else { error.cause(format!("it said: {said}")) }
    })
}

impl Running {
    fn start(
        path: &Path,
        word: &str,
        most: u64,
        input: impl FnOnce(&mut dyn Write) -> Result<()> + Send + 'static,
    ) -> Result<Self> {
        let kept = |name: &&str| env::var_os(name).map(|value| (OsString::from(name), value));
        let child = Command::new(path)
            .arg(word)
            .env_clear()
            .envs(ENVIRONMENT.iter().filter_map(kept))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn();
        let mut child = child.map_err(|error| {
            Error::failed(format!("{} cannot be started", path.display())).cause(error.to_string())
        })?;
        let expected = "the pipe was asked for";
        let mut pipe = BufWriter::new(child.stdin.take().expect(expected));
        // A program need not read all that it is given; what it lacks shows in its answer.
        thread::spawn(move || input(&mut pipe).is_ok() && pipe.flush().is_ok());
        let (tell, answer) = channel();
        let pipe = child.stdout.take().expect(expected);
        thread::spawn(move || {
            let mut bytes = vec![];
            pipe.take(most + 1).read_to_end(&mut bytes).is_ok() && tell.send(bytes).is_ok()
        });
        let (tell, said) = channel();
        let pipe = child.stderr.take().expect(expected);
        thread::spawn(move || tell.send(last_words(pipe)));
        Ok(Self { child, answer, said, over: None })
    }

    /// Waits for the answer and for the end, or says what there is in its place.
    fn answer(&mut self, word: &str, limits: Limits, most: u64) -> Result<Vec<u8>, String> {
        let deadline = Instant::now().checked_add(limits.timeout);
        let mut answer: Option<Vec<u8>> = None;
        loop {
            match self.answer.recv_timeout(PAUSE) {
                Ok(bytes) if bytes.len() as u64 > most => {
                    return Err(format!("it answered more than {most} bytes"));
                }
                Ok(bytes) => answer = Some(bytes),
                Err(RecvTimeoutError::Disconnected) if answer.is_none() => {
                    return Err("its answer is lost".to_owned());
                }
                Err(RecvTimeoutError::Disconnected) => thread::sleep(PAUSE),
                Err(RecvTimeoutError::Timeout) => {}
            }
            match (self.status(), &mut answer) {
                (Some(status), _) if !status.success() => {
                    return Err(format!("`{word}` ended with {status}"));
                }
                (Some(_), Some(answer)) => return Ok(std::mem::take(answer)),
                _ => {}
            }
            if (limits.stopped)() {
                return Err("interrupted".to_owned());
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Err(format!("`{word}` did not end within {} s", limits.timeout.as_secs()));
            }
        }
    }

    /// How the program ended, if it has. What it left behind ends with it, and so does what that may still say.
    fn status(&mut self) -> Option<ExitStatus> {
        match self.child.try_wait() {
            Ok(None) => None,
            _ => self.end(),
        }
    }

    /// Ends the program and all that it started, once: its number is not given to others while what it started bears it,
    /// but may be later.
    fn end(&mut self) -> Option<ExitStatus> {
        if self.over.is_none() {
            // A group that is gone already is no error.
            let _ = killpg(Pid::from_raw(self.child.id() as i32), Signal::SIGKILL);
            self.over = self.child.wait().ok();
        }
        self.over
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

/// The last of what is said.
fn last_words(mut pipe: ChildStderr) -> String {
    let mut last: VecDeque<u8> = VecDeque::new();
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = pipe.read(&mut buffer) {
        last.extend(&buffer[..read]);
        last.drain(..last.len().saturating_sub(SAID));
    }
    String::from_utf8_lossy(last.make_contiguous()).trim().to_owned()
}
