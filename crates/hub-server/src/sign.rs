//! Addresses and tokens that this server alone can make, and that end.

use std::{fs, io::ErrorKind, path::Path};

use crate::{
    error::{Error, Result},
    git, time,
};

/// Signs with a secret that is kept beside the data, so that what was signed outlives a restart.
pub(crate) struct Signer {
    key: String,
}

impl Signer {
    pub fn open(root: &Path) -> Result<Self> {
        let path = root.join("secret");
        match fs::read_to_string(&path) {
            Ok(key) if git::is_hex(&key, 64) => Ok(Self { key }),
            Ok(_) => Err(Error::Damaged { path, reason: "it holds no key".to_owned() }),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let key = git::hex(&rand::random::<[u8; 32]>());
                crate::tokens::write_secret(&path, &key)?;
                Ok(Self { key })
            }
            Err(error) => Err(Error::disk("read", path)(error)),
        }
    }

    /// The time at which something ends, and the signature that says so.
    pub fn sign(&self, text: &str, seconds: u64) -> (u64, String) {
        let expires = time::now() + seconds;
        (expires, self.signature(text, expires))
    }

    /// Whether this was signed and has not ended.
    pub fn holds(&self, text: &str, expires: u64, signature: &str) -> bool {
        // Digests are compared, so that the time it takes says nothing about the signature.
        let same = git::sha256(self.signature(text, expires).as_bytes()) == git::sha256(signature.as_bytes());
        same && time::now() < expires
    }

    /// Two rounds, so that nobody can append to what was signed.
    fn signature(&self, text: &str, expires: u64) -> String {
        let inner = git::sha256(format!("{}\n{expires}\n{text}", self.key).as_bytes());
        git::sha256(format!("{}\n{inner}", self.key).as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_holds_for_what_was_signed_until_it_ends() {
        let root = tempfile::tempdir().unwrap();
        let signer = Signer::open(root.path()).unwrap();
        let (expires, signature) = signer.sign("read", 60);
        assert!(signer.holds("read", expires, &signature));
        assert!(
            !signer.holds("write", expires, &signature) && !signer.holds("read", expires + 1, &signature)
        );
        let (expired, signature) = signer.sign("read", 0);
        assert!(!signer.holds("read", expired, &signature));
        let again = Signer::open(root.path()).unwrap();
        let (expires, signature) = again.sign("read", 60);
        assert!(signer.holds("read", expires, &signature));
    }
}
