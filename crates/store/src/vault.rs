//! Keys kept outside the database, and what they seal.
//!
//! Three uses, three keys: `data` keys (rotatable, AES-256-GCM) for identifying fields and raw messages,
//! `lookup` for the keyed hash that finds a record number without opening anything, `seal` for the
//! chains. The file is JSON with mode 0600.

use crate::error::StoreError;
use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::collections::BTreeMap;
use std::path::Path;

/// The keys of an installation, hexadecimal, 32 bytes each.
#[derive(Clone, Serialize, Deserialize)]
pub struct Keys {
    /// The data key new fields are sealed with.
    pub active: u32,
    /// Every data key that sealed something still stored.
    pub data: BTreeMap<u32, String>,
    /// For the keyed hash of record numbers.
    pub lookup: String,
    /// For the chains.
    pub seal: String,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("active", &self.active).finish_non_exhaustive()
    }
}

impl Keys {
    /// New keys, from the system's randomness.
    ///
    /// # Errors
    /// [`StoreError::Keys`] when the system has none.
    pub fn generate() -> Result<Keys, StoreError> {
        Ok(Keys {
            active: 1,
            data: BTreeMap::from([(1, random_key()?)]),
            lookup: random_key()?,
            seal: random_key()?,
        })
    }

    /// Adds a data key and makes it the active one.
    ///
    /// # Errors
    /// [`StoreError::Keys`] when the system has no randomness.
    pub fn rotate(&mut self) -> Result<(), StoreError> {
        self.active = self.data.keys().max().map_or(1, |last| last + 1);
        self.data.insert(self.active, random_key()?);
        Ok(())
    }

    /// Reads the key file.
    ///
    /// # Errors
    /// [`StoreError::Keys`] when it is missing or is not a key file.
    pub fn read(path: &Path) -> Result<Keys, StoreError> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            StoreError::Keys(format!(
                "{} cannot be read ({error}); put back the key file that belongs to this database",
                path.display()
            ))
        })?;
        serde_json::from_str(&text)
            .map_err(|_| StoreError::Keys(format!("{} is not a Helmward key file", path.display())))
    }

    /// Writes the key file with mode 0600; an existing one is replaced whole.
    ///
    /// # Errors
    /// [`StoreError::File`] when the folder cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), StoreError> {
        use std::io::Write as _;
        let failed = |error: std::io::Error| StoreError::File {
            path: path.display().to_string(),
            reason: error.to_string(),
        };
        let text = serde_json::to_string_pretty(self).map_err(|e| StoreError::Keys(e.to_string()))?;
        let fresh = path.with_extension("new");
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&fresh).map_err(failed)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        std::fs::rename(&fresh, path).map_err(failed)
    }
}

/// Ready keys.
pub struct Vault {
    active: u32,
    data: BTreeMap<u32, Aes256Gcm>,
    lookup: Hmac<Sha256>,
    seal: Hmac<Sha256>,
}

impl Vault {
    /// Readies the keys.
    ///
    /// # Errors
    /// [`StoreError::Keys`] when one is not 32 hexadecimal bytes or the active one is missing.
    pub fn new(keys: &Keys) -> Result<Vault, StoreError> {
        let mut data = BTreeMap::new();
        for (number, key) in &keys.data {
            let cipher = Aes256Gcm::new_from_slice(&from_hex(key)?);
            data.insert(*number, cipher.map_err(|_| StoreError::Keys("a data key has 32 bytes".to_owned()))?);
        }
        if !data.contains_key(&keys.active) {
            return Err(StoreError::Keys(format!("the active data key {} is missing", keys.active)));
        }
        Ok(Vault { active: keys.active, data, lookup: hmac(&keys.lookup)?, seal: hmac(&keys.seal)? })
    }

    /// Seals `plain`. `context` (table and column) is bound in, so that a sealed field cannot be moved.
    ///
    /// # Errors
    /// [`StoreError::Keys`] when the system has no randomness.
    pub fn seal(&self, plain: &[u8], context: &str) -> Result<Vec<u8>, StoreError> {
        let mut nonce = [0u8; 12];
        getrandom::fill(&mut nonce).map_err(|error| StoreError::Keys(error.to_string()))?;
        let cipher = self.data.get(&self.active);
        let cipher = cipher.ok_or_else(|| StoreError::Keys("the active data key is missing".to_owned()))?;
        let payload = Payload { msg: plain, aad: context.as_bytes() };
        let sealed = cipher.encrypt(&Nonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| StoreError::Keys("a field could not be sealed".to_owned()))?;
        let mut out = Vec::with_capacity(4 + nonce.len() + sealed.len());
        out.extend_from_slice(&self.active.to_be_bytes());
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        Ok(out)
    }

    /// Opens what [`Vault::seal`] sealed under the same `context`.
    ///
    /// # Errors
    /// [`StoreError::Keys`] when the key is missing or the bytes were changed.
    pub fn open(&self, sealed: &[u8], context: &str) -> Result<Vec<u8>, StoreError> {
        let damaged =
            || StoreError::Keys(format!("a sealed field of {context} does not open with these keys"));
        let (number, rest) = sealed.split_first_chunk::<4>().ok_or_else(damaged)?;
        let (nonce, body) = rest.split_first_chunk::<12>().ok_or_else(damaged)?;
        let cipher = self.data.get(&u32::from_be_bytes(*number)).ok_or_else(damaged)?;
        let payload = Payload { msg: body, aad: context.as_bytes() };
        cipher.decrypt(&Nonce::from(*nonce), payload).map_err(|_| damaged())
    }

    /// Which data key sealed these bytes.
    #[must_use]
    pub fn key_of(sealed: &[u8]) -> Option<u32> {
        sealed.first_chunk::<4>().map(|number| u32::from_be_bytes(*number))
    }

    /// The number of the active data key.
    #[must_use]
    pub fn active(&self) -> u32 {
        self.active
    }

    /// The keyed hash a sealed value is found by: 32 hexadecimal digits.
    #[must_use]
    pub fn lookup(&self, value: &str) -> String {
        self.lookup_bytes(value.as_bytes())
    }

    /// The same for bytes that need not be text, such as a message.
    #[must_use]
    pub fn lookup_bytes(&self, value: &[u8]) -> String {
        let mut mac = self.lookup.clone();
        mac.update(value);
        let digest = mac.finalize().into_bytes();
        to_hex(digest.get(..16).unwrap_or_default())
    }

    /// The keyed digest of a chain link.
    pub(crate) fn seal_digest(&self, text: &[u8]) -> Vec<u8> {
        let mut mac = self.seal.clone();
        mac.update(text);
        mac.finalize().into_bytes().to_vec()
    }
}

fn hmac(key: &str) -> Result<Hmac<Sha256>, StoreError> {
    Hmac::new_from_slice(&from_hex(key)?).map_err(|_| StoreError::Keys("a key has 32 bytes".to_owned()))
}

fn random_key() -> Result<String, StoreError> {
    let mut key = [0u8; 32];
    getrandom::fill(&mut key).map_err(|error| StoreError::Keys(error.to_string()))?;
    Ok(to_hex(&key))
}

fn to_hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn from_hex(text: &str) -> Result<Vec<u8>, StoreError> {
    let bad = || StoreError::Keys("a key is 64 hexadecimal digits".to_owned());
    if text.len() != 64 || !text.is_ascii() {
        return Err(bad());
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(text.get(at..at + 2).unwrap_or_default(), 16).map_err(|_| bad()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_opens_only_unchanged_and_under_its_context() {
        let vault = Vault::new(&Keys::generate().unwrap()).unwrap();
        let mut sealed = vault.seal(b"Doe^Jane", "patient.name").unwrap();
        assert_eq!(vault.open(&sealed, "patient.name").unwrap(), b"Doe^Jane");
        assert!(vault.open(&sealed, "patient.birth").is_err());
        *sealed.last_mut().unwrap() ^= 1;
        assert!(vault.open(&sealed, "patient.name").is_err());
    }

    #[test]
    fn a_rotated_key_still_opens_old_fields() {
        let mut keys = Keys::generate().unwrap();
        let old = Vault::new(&keys).unwrap().seal(b"x", "c").unwrap();
        keys.rotate().unwrap();
        let vault = Vault::new(&keys).unwrap();
        assert_eq!(vault.open(&old, "c").unwrap(), b"x");
        assert_eq!(Vault::key_of(&vault.seal(b"x", "c").unwrap()), Some(2));
    }

    #[test]
    fn the_lookup_hash_depends_on_the_key() {
        let one = Vault::new(&Keys::generate().unwrap()).unwrap();
        let two = Vault::new(&Keys::generate().unwrap()).unwrap();
        assert_eq!(one.lookup("4711"), one.lookup("4711"));
        assert_ne!(one.lookup("4711"), two.lookup("4711"));
    }
}
