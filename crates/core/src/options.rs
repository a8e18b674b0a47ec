//! What a user may say besides the recipe.

use std::path::PathBuf;

/// What a user may say besides the recipe.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The folder to make; without it, what the recipe says.
    pub out: Option<PathBuf>,
    /// Whether to replace a folder that unskew did not make.
    pub force: bool,
    /// Where all randomness comes from; without it, what the recipe says.
    pub seed: Option<u64>,
    /// How many threads to use; without it, one for each core.
    pub threads: Option<usize>,
    /// Bytes of memory that may be used; without it, a quarter of what the machine has.
    pub memory: Option<u64>,
    /// At most this many rows of each source, from its start.
    pub limit: Option<u64>,
    /// Whether to wait until everything is on the disk.
    pub sync: bool,
}

/// The least memory that a run can do with.
pub const LEAST_MEMORY: u64 = 256 << 20;

/// The most that writing takes without being told to: what does not fit into that goes to a file, which the page cache
/// holds as well as we would.
const WRITING_MEMORY: u64 = 1 << 30;

impl Options {
    /// Bytes of memory that gathering and writing may use.
    pub fn writing_memory(&self) -> u64 {
        self.memory.map_or_else(|| self.memory().min(WRITING_MEMORY), |_| self.memory())
    }

    /// Bytes of memory that may be used.
    pub fn memory(&self) -> u64 {
        self.memory.unwrap_or_else(|| machine_memory() / 4).max(LEAST_MEMORY)
    }

    /// Runs `work` on as many threads as were asked for.
    pub fn on_threads<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads.unwrap_or(0)).build();
        match pool {
            Ok(pool) => pool.install(work),
            Err(_) => work(),
        }
    }
}

/// The memory of this machine, where it can be told; else 8 GiB.
fn machine_memory() -> u64 {
    let told = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("MemTotal:"))?;
        line.split_ascii_whitespace().nth(1)?.parse::<u64>().ok()
    });
    told.map_or(8 << 30, |kilobytes| kilobytes << 10)
}
