//! unskew-dedup.
