//! unskew-target.
