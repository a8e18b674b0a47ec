//! unskew-plugins.
