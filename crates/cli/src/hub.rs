//! `hub serve`: a Hugging Face Hub on this machine.

use std::error::Error as _;

use unskew_core::{Error, Exit, Result};
use unskew_hub_server::{Collected, Error as HubError, HubServer, collect, token_file, tokens_in};

use crate::{
    arguments::{Hub, HubCommand, HubGc, HubServe},
    summary::{bytes, number},
    terminal::{harmless, print, say},
};

/// Does what is to be done with a Hub.
pub fn hub(arguments: &Hub) -> Result<()> {
    match &arguments.command {
        HubCommand::Serve(arguments) => serve(arguments),
        HubCommand::Gc(arguments) => gc(arguments),
    }
}

/// Lets go of what no repository uses.
fn gc(arguments: &HubGc) -> Result<()> {
    let Collected { contents, bytes: freed } = collect(&arguments.root).map_err(|error| complaint(&error))?;
    let contents =
        if contents == 1 { "1 content".to_owned() } else { format!("{} contents", number(contents)) };
    print(&format!("let go of {contents} that no repository uses; {} are free\n", bytes(freed)))
}

/// Serves until the process is told to end.
fn serve(arguments: &HubServe) -> Result<()> {
    let server = start(arguments).map_err(|error| complaint(&error))?;
    let endpoint = server.endpoint();
    print(&format!("{endpoint}\n"))?;
    let token = arguments.token.first().map(|(name, role)| {
        let path = arguments.root.join("tokens").join(role.name()).join(name);
        format!("  export HF_TOKEN_PATH={}\n", path.display())
    });
    let token = token.unwrap_or_default();
    say(&format!("Point clients at it:\n\n  export HF_ENDPOINT={endpoint}\n{token}"));
    server.wait(arguments.until_stdin_closes);
    Ok(())
}

fn start(arguments: &HubServe) -> unskew_hub_server::Result<HubServer> {
    for (name, role) in &arguments.token {
        token_file(&arguments.root, name, *role)?;
    }
    let mut builder = HubServer::builder();
    if arguments.verbose {
        builder = builder.on_request(|request| say(&harmless(&request.to_string())));
    }
    builder
        .root(&arguments.root)
        .bind(format!("{}:{}", arguments.host, arguments.port))
        .tokens(tokens_in(&arguments.root)?)
        .anonymous(arguments.anonymous)
        .xet(!arguments.no_xet)
        .spawn()
}

pub fn complaint(error: &HubError) -> Error {
    let (exit, hint) = match error {
        HubError::InUse { .. } => {
            (Exit::Usage, Some("name another folder with `--root`, or stop the other server"))
        }
        HubError::Listen { .. } => {
            (Exit::Usage, Some("name another port with `--port`; 0 is any that is free"))
        }
        HubError::Damaged { .. } => (Exit::Source, None),
        _ => (Exit::Usage, None),
    };
    let mut complaint = Error::new(exit, error.to_string());
    let mut cause = error.source();
    while let Some(error) = cause {
        complaint = complaint.cause(error.to_string());
        cause = error.source();
    }
    match hint {
        Some(hint) => complaint.hint(hint),
        None => complaint,
    }
}
