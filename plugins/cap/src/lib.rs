//! unskew-cap.
