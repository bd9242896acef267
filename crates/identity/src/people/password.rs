//! Passwords: how they are hashed, checked, changed and reset.

use super::store::{credentials, set_password};
use crate::{Person, secret};
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use base::Id;
use std::sync::OnceLock;
use store::{Actor, Db, StoreError};

/// Memory of one hash: 19 MiB, passes 2, lanes 1; the first choice of the OWASP cheat sheet for argon2id.
const MEMORY_KIB: u32 = 19 * 1_024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// The longest password hashed; longer texts are an attempt to keep the machine busy.
const LENGTH_MAX: usize = 512;

/// The least number of characters (NIST SP 800-63B asks for 8, or 15 without a second factor).
pub(super) const LENGTH_MIN: usize = 12;

/// An argon2id hash with its salt and parameters, as text.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// The text that is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

/// Why a new password is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Too short.
    #[error("the password has {got} characters; use at least {LENGTH_MIN}, for example four words")]
    Short {
        /// Characters given.
        got: usize,
    },
    /// Too long.
    #[error("the password is longer than {LENGTH_MAX} bytes; use a shorter one")]
    Long,
    /// The e-mail address or a part of it.
    #[error("the password is the e-mail address; use something that others do not know")]
    Email,
    /// Among the commonest.
    #[error("the password is among the commonest; use four words that do not belong together")]
    Common,
}

pub use super::rules::check_new_password;

fn hasher() -> Result<Argon2<'static>, StoreError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None);
    let params = params.map_err(|error| StoreError::Keys(format!("password parameters: {error}")))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Hashes a password. Blocks for 20 to 40 ms; in async code call it through `spawn_blocking`.
///
/// # Errors
/// [`StoreError::Keys`] when the system has no randomness.
pub fn hash(password: &str) -> Result<PasswordHash, StoreError> {
    let mut salt = [0u8; 16];
    getrandom::fill(&mut salt).map_err(|error| StoreError::Keys(error.to_string()))?;
    let hash = hasher()?.hash_password_with_salt(password.as_bytes(), &salt);
    hash.map(|hash| PasswordHash(hash.to_string()))
        .map_err(|_| StoreError::Keys("a password could not be hashed".to_owned()))
}

/// Whether a password fits a stored hash. Blocks like [`hash`].
///
/// With `None`, for an unknown e-mail or an account without a password, the same time is spent and the
/// answer is no, so that the time tells nothing.
#[must_use]
pub fn verify(password: &str, stored: Option<&str>) -> bool {
    static NOBODY: OnceLock<Option<PasswordHash>> = OnceLock::new();
    // Any text longer than the longest password fits nothing; the time is spent all the same.
    let is_long = password.len() > LENGTH_MAX;
    let tried = if is_long { "" } else { password };
    let nobody = NOBODY.get_or_init(|| hash("nobody has this one").ok()).as_ref();
    let Some(against) = stored.or(nobody.map(PasswordHash::as_str)) else { return false };
    // Parameters and salt are read from the stored text, so older hashes go on fitting.
    let fits = hasher().is_ok_and(|hasher| hasher.verify_password(tried.as_bytes(), against).is_ok());
    fits && stored.is_some() && !is_long
}

/// Hashes on a thread where blocking harms nobody.
pub(crate) async fn hash_apart(password: String) -> Result<PasswordHash, StoreError> {
    let hashed = tokio::task::spawn_blocking(move || hash(&password)).await;
    hashed.map_err(|_| StoreError::Keys("hashing a password was stopped".to_owned()))?
}

/// Verifies on a thread where blocking harms nobody.
pub(crate) async fn verify_apart(password: String, stored: Option<String>) -> Result<bool, StoreError> {
    let verified = tokio::task::spawn_blocking(move || verify(&password, stored.as_deref())).await;
    verified.map_err(|_| StoreError::Keys("checking a password was stopped".to_owned()))
}

/// Why a password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeRefused {
    /// The present password does not fit.
    #[error("the present password is not right; type it again, or ask an administrator for a new one")]
    Wrong,
    /// The new one is the present one.
    #[error("the new password is the present one; choose another")]
    Same,
    /// The new one is weak.
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    /// No such person.
    #[error("there is no such person; look them up in the list of people")]
    NoPerson,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A person changes their own password. Their other sessions end; `keep` is the token hash of this one.
///
/// # Errors
/// [`ChangeRefused`] when the present password does not fit or the new one is weak.
pub async fn change_password(
    db: &Db,
    actor: Actor,
    person: Id<Person>,
    present: String,
    new: String,
    keep: Option<String>,
) -> Result<(), ChangeRefused> {
    let known = credentials(&mut db.read().await?, person).await?.ok_or(ChangeRefused::NoPerson)?;
    if !verify_apart(present.clone(), known.password_hash).await? {
        return Err(ChangeRefused::Wrong);
    }
    if present == new {
        return Err(ChangeRefused::Same);
    }
    check_new_password(&new, &known.email)?;
    let hash = hash_apart(new).await?;
    db.write(move |tx| {
        Box::pin(async move { set_password(tx, &actor, person, &hash, false, keep.as_deref()).await })
    })
    .await?;
    Ok(())
}

/// An administrator gives a person a password to be used once: it is shown once, must be changed at the
/// next sign-in, ends every session and lifts a lock.
///
/// # Errors
/// [`ChangeRefused`] when there is no such person.
pub async fn reset_password(db: &Db, actor: Actor, person: Id<Person>) -> Result<String, ChangeRefused> {
    if credentials(&mut db.read().await?, person).await?.is_none() {
        return Err(ChangeRefused::NoPerson);
    }
    let once = secret::one_time_password()?;
    let hash = hash_apart(once.clone()).await?;
    db.write(move |tx| Box::pin(async move { set_password(tx, &actor, person, &hash, true, None).await }))
        .await?;
    Ok(once)
}
