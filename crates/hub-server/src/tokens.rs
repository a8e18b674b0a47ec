//! Who is asking, and what they may do.

use std::{fmt, fs, io::ErrorKind, io::Write, path::Path};

use crate::{
    error::{Error, Result},
    git,
    repo::is_name,
};

/// What somebody may do beyond looking at what is public. Each role may do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Nothing more.
    None,
    /// Read private and gated repositories, and open pull requests.
    Read,
    /// Create, change and delete repositories.
    Write,
}

impl Role {
    pub(crate) const ALL: [Self; 3] = [Self::None, Self::Read, Self::Write];

    /// `none`, `read` or `write`.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// A user's name and role, and the secret that proves them. Whoever prints a token does not see the secret.
#[derive(Clone)]
pub struct Token {
    name: String,
    role: Role,
    secret: String,
}

impl Token {
    /// A token of this user.
    pub fn new(name: impl Into<String>, role: Role, secret: impl Into<String>) -> Self {
        Self { name: name.into(), role, secret: secret.into() }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Token")
            .field("name", &self.name)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// Makes sure that this user has a token of this role in a folder, `tokens/ROLE/NAME`, and says what file it is in. Only the
/// file's owner may read it, and clients find it through `HF_TOKEN_PATH`.
pub fn token_file(root: &Path, name: &str, role: Role) -> Result<std::path::PathBuf> {
    if !is_name(name) {
        return Err(Error::invalid(format!("Invalid user name: {name}")));
    }
    let path = root.join("tokens").join(role.name()).join(name);
    if !path.exists() {
        write_secret(&path, &format!("hf_{}", git::hex(&rand::random::<[u8; 17]>())))?;
    }
    Ok(path)
}

/// Writes a file that only its owner may read.
pub(crate) fn write_secret(path: &Path, secret: &str) -> Result<()> {
    let folder = path.parent().expect("a secret is in a folder");
    fs::create_dir_all(folder).map_err(Error::disk("make", folder))?;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // A name that no user has: what is not yet whole is no token.
    let aside = folder.join(format!(".new-{:016x}", rand::random::<u64>()));
    let written = options.open(&aside).and_then(|mut file| {
        file.write_all(secret.as_bytes())?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&aside, path)).map_err(Error::disk("write", path))
}

/// The tokens in a folder, as [`token_file`] writes them.
pub fn tokens_in(root: &Path) -> Result<Vec<Token>> {
    let mut tokens = Vec::new();
    for role in Role::ALL {
        let folder = root.join("tokens").join(role.name());
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(Error::disk("list", folder)(error)),
        };
        for entry in entries {
            let path = entry.map_err(Error::disk("list", &folder))?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|name| is_name(name))
            else {
                continue;
            };
            let secret = fs::read_to_string(&path).map_err(Error::disk("read", &path))?;
            if secret.trim().is_empty() {
                return Err(Error::Damaged { path, reason: "it holds no token".to_owned() });
            }
            tokens.push(Token::new(name, role, secret.trim()));
        }
    }
    Ok(tokens)
}

/// Somebody who asks for something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The user; `None` for those who show no token.
    pub name: Option<String>,
    pub role: Role,
}

impl Caller {
    /// Under whose name commits are made.
    pub fn author(&self) -> &str {
        self.name.as_deref().unwrap_or("anonymous")
    }
}

/// All tokens by the digests of their secrets, so that finding one tells nothing about the others.
#[derive(Debug)]
pub(crate) struct Tokens {
    known: Vec<(String, Caller)>,
    anonymous: Role,
}

impl Tokens {
    pub fn new(tokens: &[Token], anonymous: Role) -> Self {
        let known = tokens.iter().map(|token| {
            (
                git::sha256(token.secret.as_bytes()),
                Caller { name: Some(token.name.clone()), role: token.role.max(anonymous) },
            )
        });
        Self { known: known.collect(), anonymous }
    }

    /// Who shows this `Authorization` header; nobody if the token is not known.
    pub fn caller(&self, authorization: Option<&str>) -> Option<Caller> {
        let Some(authorization) = authorization else {
            return Some(Caller { name: None, role: self.anonymous });
        };
        let digest = git::sha256(authorization.strip_prefix("Bearer ")?.trim().as_bytes());
        self.known.iter().find(|(known, _)| *known == digest).map(|(_, caller)| caller.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_file_is_private_and_stays() {
        let root = tempfile::tempdir().unwrap();
        let path = token_file(root.path(), "alice", Role::Write).unwrap();
        let secret = fs::read_to_string(&path).unwrap();
        assert_eq!(token_file(root.path(), "alice", Role::Write).unwrap(), path);
        assert_eq!(fs::read_to_string(&path).unwrap(), secret);
        #[cfg(unix)]
        assert_eq!(
            std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions()) & 0o777,
            0o600
        );
        let read = tokens_in(root.path()).unwrap();
        assert!(!format!("{read:?}").contains(&secret));
        let tokens = Tokens::new(&read, Role::None);
        let caller = tokens.caller(Some(&format!("Bearer {secret}"))).unwrap();
        assert_eq!((caller.author(), caller.role), ("alice", Role::Write));
        assert_eq!(tokens.caller(Some("Bearer hf_no")), None);
        assert_eq!(tokens.caller(None).unwrap().role, Role::None);
        assert!(token_file(root.path(), "../alice", Role::Write).is_err());
    }
}
