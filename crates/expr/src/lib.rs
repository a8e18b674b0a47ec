//! SQL expressions over the paths of a row, by DataFusion's expression crates.
//!
//! A path such as `metadata.task_type`, `messages[0].role` or `reward[].score` is one column. [`Expression::reads`] tells
//! which columns are needed before any type is known; the expression is typed when it meets a table.
//!
//! ```
//! use std::sync::Arc;
//! use arrow::array::{Array, AsArray, Float64Array, RecordBatch};
//! use unskew_expr::{Expression, Names};
//!
//! let expression = Expression::parse("metadata.reward >= 0.5", &Names::default())?;
//! assert_eq!(expression.reads(), ["metadata.reward"]);
//!
//! let rewards = Float64Array::from(vec![Some(0.25), Some(0.75), None]);
//! let table = RecordBatch::try_from_iter([("metadata.reward", Arc::new(rewards) as _)])?;
//! let kept = expression.evaluate_filter(&table)?;
//! assert!(!kept.value(0) && kept.value(1) && kept.is_null(2));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What differs from SQL: `/` on integers divides truly; a division or remainder by zero and a mathematical function that
//! has no finite result give null; `"x"` is text as `'x'` is; names keep their case; comparing a number with text is an
//! error; and arithmetic on integers that leaves 64 bits is an error.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod analyse;
mod deep;
mod error;
mod expression;
mod functions;
mod groups;
mod names;
mod path;
mod plan;
mod resolve;
mod rows;
mod suggest;
mod syntax;
mod types;
mod value;

#[cfg(test)]
mod tests;

pub use error::{Error, Result};
pub use expression::Expression;
pub use functions::{Function, functions};
pub use names::Names;
pub use suggest::nearest;
pub use value::Value;
