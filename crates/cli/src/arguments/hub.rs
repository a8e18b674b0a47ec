//! A Hub on this machine.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};
use unskew_hub_server::Role;

#[derive(Debug, Args)]
pub struct Hub {
    #[command(subcommand)]
    pub command: HubCommand,
}

/// What to do with a Hub.
#[derive(Debug, Subcommand)]
pub enum HubCommand {
    /// Serve a Hub from a folder, until it is interrupted.
    ///
    /// The Python and Rust clients work with it as with huggingface.co: create, upload (with Xet and without), download,
    /// load_dataset, push_to_hub, pull requests, private and gated repositories. It is meant for tests, demonstrations and
    /// teams without a network. Its address is the first line that it prints.
    #[command(after_help = HUB_SERVE_HELP)]
    Serve(HubServe),
    /// Free the disk of what no repository on a Hub uses any more, while it is not served.
    ///
    /// Contents stay that any commit has. Large files that came by Xet are kept whole, and their pieces go.
    Gc(HubGc),
}

const HUB_SERVE_HELP: &str = "Point clients at it by their environment, with the address that it prints:

  export HF_ENDPOINT=http://127.0.0.1:8900
  export HF_TOKEN_PATH=hub/tokens/write/me
  hf upload me/rows rows.jsonl --repo-type dataset

Whoever shows no token may read what is public. Tokens are files, DIR/tokens/ROLE/NAME, which only their owner may read; \
they are never printed, and one that is deleted holds no more after a restart.";

#[derive(Debug, Args)]
pub struct HubGc {
    /// The folder that holds everything.
    #[arg(long, value_name = "DIR", default_value = "hub", value_hint = ValueHint::DirPath)]
    pub root: PathBuf,
}

#[derive(Debug, Args)]
pub struct HubServe {
    /// The folder that holds everything; it is made if it is not there.
    #[arg(long, value_name = "DIR", default_value = "hub", value_hint = ValueHint::DirPath)]
    pub root: PathBuf,
    /// The address to listen on. With any but a loopback address, whoever reaches this machine reaches the Hub.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub host: String,
    /// The port; 0 is any that is free.
    #[arg(long, value_name = "N", default_value_t = 8900)]
    pub port: u16,
    /// Make a token for this user, unless there is one; the role is `write`, `read` or `none`. May be given several times.
    #[arg(long, value_name = "NAME:ROLE", value_parser = user, default_value = "me:write")]
    pub token: Vec<(String, Role)>,
    /// What those may do who show no token, beyond reading what is public.
    #[arg(long, value_name = "ROLE", value_parser = role, default_value = "none")]
    pub anonymous: Role,
    /// Offer plain HTTP only; Python clients then need HF_HUB_DISABLE_XET=1 to upload large files.
    #[arg(long)]
    pub no_xet: bool,
    /// Stop when standard input is closed, too, so that the Hub does not outlive the program that started it.
    #[arg(long)]
    pub until_stdin_closes: bool,
    /// Tell every request on standard error.
    #[arg(long, short)]
    pub verbose: bool,
}

/// `NAME:ROLE` as two.
fn user(text: &str) -> Result<(String, Role), String> {
    match text.split_once(':') {
        Some((name, of)) if !name.is_empty() => Ok((name.to_owned(), role(of)?)),
        _ => Err("write `NAME:ROLE`, such as `alice:write`".to_owned()),
    }
}

fn role(text: &str) -> Result<Role, String> {
    let known = [Role::None, Role::Read, Role::Write].into_iter().find(|role| role.name() == text);
    known.ok_or_else(|| "a role is `none`, `read` or `write`".to_owned())
}
