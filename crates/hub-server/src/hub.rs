//! What all requests share, and who may do what.

use std::net::SocketAddr;

use axum::http::{HeaderMap, StatusCode, header};

use crate::{
    answer::Refusal,
    faults::Faults,
    log::Log,
    repo::{Gate, Record, RepoId},
    sign::Signer,
    store::Store,
    tokens::{Caller, Role, Tokens},
    xet::Xet,
};

/// Where a request arrives. A real Hub has them on different hosts, and clients treat them differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The interface, and small files.
    Hub,
    /// Large files, by addresses that are signed and end.
    Cdn,
    /// The content-addressed store of Xet.
    Cas,
}

/// Bounds on what one client may ask for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Bytes of a request's body that is held in memory.
    pub body: usize,
    /// Connections to one origin at once.
    pub connections: usize,
    /// Seconds that signed addresses and Xet tokens hold.
    pub lifetime: u64,
    /// Entries of a tree in one answer, unless fewer are asked for.
    pub page: usize,
    /// Bytes above which a large file is uploaded in parts, and of each part.
    pub upload_part: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { body: 256 << 20, connections: 512, lifetime: 3600, page: 1000, upload_part: 64 << 20 }
    }
}

/// Everything that answers need.
pub(crate) struct Hub {
    pub store: Store,
    pub tokens: Tokens,
    pub signer: Signer,
    pub addresses: Addresses,
    pub limits: Limits,
    pub faults: Faults,
    pub log: Log,
    /// Without it, large files come and go over plain HTTP only.
    pub xet: Option<Xet>,
}

/// Where the origins listen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Addresses {
    pub hub: SocketAddr,
    pub cdn: SocketAddr,
    pub cas: SocketAddr,
}

impl Addresses {
    pub fn of(&self, origin: Origin) -> SocketAddr {
        match origin {
            Origin::Hub => self.hub,
            Origin::Cdn => self.cdn,
            Origin::Cas => self.cas,
        }
    }

    /// The address of an origin, by the host's name that the client itself used.
    pub fn url(&self, origin: Origin, headers: &HeaderMap) -> String {
        let port = self.of(origin).port();
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let host = host.map(|host| match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        });
        match host.filter(|host| host.chars().all(|c| c.is_ascii_alphanumeric() || ".-_[]:".contains(c))) {
            Some(host) => format!("http://{host}:{port}"),
            None => self.endpoint(origin),
        }
    }

    /// The address of an origin from this machine.
    pub fn endpoint(&self, origin: Origin) -> String {
        let mut address = self.of(origin);
        if address.ip().is_unspecified() {
            address.set_ip(if address.is_ipv4() {
                [127, 0, 0, 1].into()
            } else {
                std::net::Ipv6Addr::LOCALHOST.into()
            });
        }
        format!("http://{address}")
    }
}

/// What somebody wants to do with a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Know what is there.
    Look,
    /// Read files.
    Read,
    /// Suggest a change.
    Suggest,
    /// Change it.
    Write,
}

impl Hub {
    /// What is known of a repository, if the caller may do this with it.
    pub fn record(&self, caller: &Caller, repo: &RepoId, wish: Wish) -> Result<Record, Refusal> {
        let hidden = || {
            let status = if caller.name.is_some() { StatusCode::NOT_FOUND } else { StatusCode::UNAUTHORIZED };
            Refusal::new(status, "RepoNotFound", "Repository not found")
        };
        if !self.store.exists(repo) {
            return Err(hidden());
        }
        let record = self.store.record(repo)?;
        if record.private && caller.role == Role::None {
            return Err(hidden());
        }
        match wish {
            Wish::Look => {}
            Wish::Read if record.gate == Gate::Open || caller.role >= Role::Read => {}
            Wish::Read => {
                let status =
                    if caller.name.is_some() { StatusCode::FORBIDDEN } else { StatusCode::UNAUTHORIZED };
                let message = format!("Access to {} {} is restricted.", repo.kind().name(), repo.id());
                return Err(Refusal::new(status, "GatedRepo", message));
            }
            Wish::Suggest => Self::allow(caller, Role::Read)?,
            Wish::Write => Self::allow(caller, Role::Write)?,
        }
        Ok(record)
    }

    /// Refuses what a caller's role is too low for.
    pub fn allow(caller: &Caller, role: Role) -> Result<(), Refusal> {
        if caller.role >= role {
            Ok(())
        } else if caller.name.is_none() {
            Err(Refusal::new(StatusCode::UNAUTHORIZED, "Unauthorized", "Invalid username or password."))
        } else {
            let message = format!("Forbidden: you must use a token with the role `{}`.", role.name());
            Err(Refusal::new(StatusCode::FORBIDDEN, "Forbidden", message))
        }
    }

    /// What Xet calls this content, if it can be had there.
    pub fn xet_name(&self, sha256: &str) -> Option<String> {
        self.xet.as_ref().and_then(|_| self.store.xet_name(sha256))
    }

    /// The commit that a request is about.
    pub fn commit(&self, repo: &RepoId, record: &Record, revision: &str) -> Result<String, Refusal> {
        Ok(self.store.resolve(repo, record, revision)?)
    }
}
