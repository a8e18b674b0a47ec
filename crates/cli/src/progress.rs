//! How far a run is: bars on a terminal, lines elsewhere, and the wish to stop.

use std::{
    io::{self, IsTerminal},
    process,
    sync::{
        Mutex, Once, PoisonError,
        atomic::{AtomicU8, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};
use unskew_core::Exit;
use unskew_io::Progress;

use crate::{summary::bytes, terminal::say};

/// How long lines keep silent.
const PAUSE: Duration = Duration::from_secs(3);

/// How often the user asked to stop.
static STOPS: AtomicU8 = AtomicU8::new(0);

/// Whether the user asked to stop; whoever asks this stops soon.
pub fn stopped() -> bool {
    listen();
    STOPS.load(Ordering::Relaxed) > 0
}

/// From now on Ctrl-C asks to stop, and the second one stops.
fn listen() {
    static HANDLER: Once = Once::new();
    HANDLER.call_once(|| {
        // Where somebody else has a handler, a run ends as that one wants.
        let _ = ctrlc::set_handler(|| {
            if STOPS.fetch_add(1, Ordering::Relaxed) > 0 {
                process::exit(Exit::Interrupted as i32);
            }
        });
    });
}

/// Tells how far a run is.
pub struct Meter {
    form: Form,
    done: AtomicU64,
    pass: Mutex<Option<Pass>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Silent,
    Lines,
    Bars,
}

struct Pass {
    name: &'static str,
    bytes: u64,
    began: Instant,
    told: Instant,
    bar: Option<ProgressBar>,
}

impl Meter {
    /// A meter that fits standard error; from now on Ctrl-C asks the run to stop.
    pub fn new(quiet: bool) -> Self {
        listen();
        let form = match (quiet, io::stderr().is_terminal()) {
            (true, _) => Form::Silent,
            (_, true) => Form::Bars,
            _ => Form::Lines,
        };
        Self { form, done: AtomicU64::new(0), pass: Mutex::new(None) }
    }

    fn pass(&self) -> std::sync::MutexGuard<'_, Option<Pass>> {
        self.pass.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last pass is over.
    pub fn end(&self) {
        let Some(pass) = self.pass().take() else { return };
        let done = self.done.swap(0, Ordering::Relaxed);
        let took = pass.began.elapsed().as_secs_f64();
        let line = format!("{}: {} in {took:.2} s", pass.name, bytes(done));
        match pass.bar {
            Some(bar) => {
                bar.finish_and_clear();
                say(&line);
            }
            None => say(&line),
        }
    }
}

impl Drop for Meter {
    /// A pass that did not come to its end leaves nothing on the screen.
    fn drop(&mut self) {
        if let Some(bar) = self.pass().take().and_then(|pass| pass.bar) {
            bar.finish_and_clear();
        }
    }
}

impl Progress for Meter {
    fn begin(&self, pass: &'static str, bytes: u64) {
        self.end();
        if self.form == Form::Silent {
            return;
        }
        let now = Instant::now();
        let bar = (self.form == Form::Bars).then(|| bar(pass, bytes));
        *self.pass() = Some(Pass { name: pass, bytes, began: now, told: now, bar });
    }

    fn advance(&self, bytes: u64) {
        if self.form == Form::Silent {
            return;
        }
        let done = self.done.fetch_add(bytes, Ordering::Relaxed) + bytes;
        // Whoever finds the pass busy leaves the telling to the one that is at it.
        let Ok(mut pass) = self.pass.try_lock() else { return };
        let Some(pass) = pass.as_mut() else { return };
        if let Some(bar) = &pass.bar {
            bar.set_position(done);
        } else if pass.told.elapsed() >= PAUSE {
            pass.told = Instant::now();
            say(&line(pass.name, done, pass.bytes));
        }
    }

    fn interrupted(&self) -> bool {
        stopped()
    }
}

fn line(pass: &str, done: u64, all: u64) -> String {
    match all {
        0 => format!("{pass}: {}", bytes(done)),
        _ => format!(
            "{pass}: {} of {}, {:.0} %",
            bytes(done),
            bytes(all),
            100.0 * done.min(all) as f64 / all as f64
        ),
    }
}

fn bar(pass: &'static str, bytes: u64) -> ProgressBar {
    let template =
        "{prefix:>8} {bar:30} {decimal_bytes} of {decimal_total_bytes}, {decimal_bytes_per_sec}, {eta} left";
    let style = ProgressStyle::with_template(template).expect("the template is well formed");
    ProgressBar::new(bytes).with_style(style).with_prefix(pass)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_tell_bytes_and_shares() {
        assert_eq!(line("scan", 500_000_000, 2_000_000_000), "scan: 500 MB of 2.0 GB, 25 %");
        assert_eq!(line("scan", 30, 20), "scan: 30 B of 20 B, 100 %");
        assert_eq!(line("gather", 20, 0), "gather: 20 B");
    }

    #[test]
    fn a_silent_meter_counts_nothing() {
        let meter = Meter::new(true);
        meter.begin("scan", 10);
        meter.advance(5);
        assert_eq!(meter.done.load(Ordering::Relaxed), 0);
        assert!(!meter.interrupted());
    }
}
