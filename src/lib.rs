//! unskew.
