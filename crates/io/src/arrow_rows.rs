//! Rows that Arrow holds, read as if JSON had held them.

pub(crate) mod conform;
pub(crate) mod encode;
pub(crate) mod extract;
pub(crate) mod follow;
pub(crate) mod form;
pub(crate) mod gather;
pub(crate) mod measure;
mod temporal;
#[cfg(test)]
pub(crate) mod tests;
