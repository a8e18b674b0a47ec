//! The Hub: datasets are read from it as a store, and folders are pushed to it.
//!
//! Everything that waits for a network is inside, on a runtime of its own; outside, calls block. What comes from the
//! Hub is nobody's word: paths, sizes, redirects and bytes are checked before they are believed.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod api;
mod body;
mod cache;
mod environment;
mod error;
mod file;
mod http;
mod hub;
mod partial;
mod place;
mod push;
mod retry;
mod store;
mod token;
mod tree;
mod url;
mod xet;

pub use api::{Api, Info};
pub use body::Body;
pub use environment::{Environment, Timeouts};
pub use error::{Error, Result};
pub use http::{Answer, Call, Http};
pub use hub::Hub;
pub use push::{Action, Operation, Pushed, Target, Wishes};
pub use retry::Retry;
pub use token::Token;
pub use tree::TreeFile;
pub use url::{DatasetUrl, Repository};
