//! A Hugging Face Hub on this machine: for tests, for demonstrations, and for teams without a network.
//!
//! It speaks to the clients that people use, `huggingface_hub`, `datasets` and `hf-hub`, and has three origins on ports of their
//! own, as the real one has hosts: the interface, the large files, and the content-addressed store of Xet. Everything is kept
//! in one folder. [`HubServer`] is where to begin.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod answer;
mod cdn;
mod change;
mod collect;
mod content;
mod error;
mod faults;
mod git;
mod history;
mod hub;
mod listen;
mod log;
mod repo;
mod request;
mod routes;
mod serve;
mod server;
mod sign;
mod store;
mod time;
mod tokens;
mod wire;
mod xet;

pub use change::Change;
pub use collect::{Collected, collect};
pub use error::{Error, Result};
pub use faults::{Fault, Faults, Rule};
pub use history::{Commit, Entry, Files};
pub use hub::Origin;
pub use log::Logged;
pub use repo::{Gate, Kind, RepoId};
pub use server::{Builder, HubServer};
pub use tokens::{Role, Token, token_file, tokens_in};
