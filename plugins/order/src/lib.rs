//! unskew-order.
