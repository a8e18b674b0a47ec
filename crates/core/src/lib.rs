//! unskew-core.
