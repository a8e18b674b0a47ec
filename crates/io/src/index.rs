//! Where each row of a source stands.

/// Where each row of one source stands; made by the scan, used by the passes that follow.
#[derive(Debug, Clone)]
pub enum Index {
    /// Placeholder of the skeleton.
    None,
}
