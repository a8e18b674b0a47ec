//! How long work tells how far it is.

/// Hears about bytes as they are done; called from many threads at once.
pub trait Progress: Send + Sync {
    /// A pass over about `bytes` begins.
    fn begin(&self, pass: &'static str, bytes: u64);

    /// `bytes` more of the pass are done.
    fn advance(&self, bytes: u64);

    /// Whether the user wants to stop; asked often, answered at once.
    fn interrupted(&self) -> bool {
        false
    }
}

/// Nobody listens.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: &'static str, _: u64) {}

    fn advance(&self, _: u64) {}
}
