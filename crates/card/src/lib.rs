//! unskew-card.
