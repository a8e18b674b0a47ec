//! Finding the columns that chosen rows have in common.

pub(crate) mod place;
mod shape;
mod sketch;
