//! unskew-cli.
