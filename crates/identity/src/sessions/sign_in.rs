//! Signing in.

use super::rules::{lock_end, short_agent};
use super::store::{find_limits, insert_session};
use crate::people::{self, Credentials, find_person_by_email};
use crate::{Person, secret};
use base::Id;
use jiff::Timestamp;
use store::{Db, StoreError, Tx};

/// A session just begun. The token exists only here; hand it to the browser and forget it.
#[derive(Clone)]
pub struct NewSession {
    /// The plain token.
    pub token: String,
    /// What every form must send back.
    pub csrf: String,
    /// Who signed in.
    pub person: Id<Person>,
    /// When the session ends whatever happens.
    pub ends_at: Timestamp,
    /// Whether the password must be changed before anything else.
    pub must_change: bool,
}

impl std::fmt::Debug for NewSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewSession").field("person", &self.person).finish_non_exhaustive()
    }
}

/// What everyone reads who is not let in: a wrong password, an unknown address and a waiting account sound
/// alike, so that nobody learns which addresses have an account.
const WORDS: &str = "the e-mail address or the password is not right; check both and try again. After five failures in a row an account waits, at most an hour; an administrator can give a new password";

/// Why somebody was not let in.
#[derive(Debug, thiserror::Error)]
pub enum SignInRefused {
    /// The address or the password is wrong.
    #[error("{WORDS}")]
    Wrong,
    /// Too many failures; reads like [`SignInRefused::Wrong`], told apart for counting only.
    #[error("{WORDS}")]
    Locked {
        /// Until when.
        until: Timestamp,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Signs somebody in.
///
/// Takes the time of one password check whatever the outcome. While an account waits, even the right
/// password is refused and nothing is counted.
///
/// # Errors
/// [`SignInRefused`], in the same words whatever was wrong.
pub async fn sign_in(db: &Db, email: &str, password: &str, agent: &str) -> Result<NewSession, SignInRefused> {
    let known = find_credentials(&mut db.read().await?, email).await?;
    let stored = known.as_ref().and_then(|known| known.password_hash.clone());
    let fits = people::password::verify_apart(password.to_owned(), stored).await?;
    let Some(known) = known else { return Err(SignInRefused::Wrong) };
    let (token, csrf, agent) = (secret::random_token()?, secret::random_token()?, short_agent(agent));
    let settled: Settled = db
        .write(move |tx| Box::pin(async move { settle(tx, known, fits, token, csrf, agent).await }))
        .await?;
    match settled {
        Settled::In(session) => Ok(session),
        Settled::Wrong => Err(SignInRefused::Wrong),
        Settled::Locked(until) => Err(SignInRefused::Locked { until }),
    }
}

async fn find_credentials(tx: &mut Tx, email: &str) -> Result<Option<Credentials>, StoreError> {
    match find_person_by_email(tx, email).await? {
        Some(person) => people::credentials(tx, person.id).await,
        None => Ok(None),
    }
}

/// An outcome, not an error: a counted failure has to be saved.
enum Settled {
    In(NewSession),
    Wrong,
    Locked(Timestamp),
}

/// Counts the outcome in the writer, where attempts stand in line: many at once do not get past the lock.
async fn settle(
    tx: &mut Tx,
    checked: Credentials,
    fits: bool,
    token: String,
    csrf: String,
    agent: String,
) -> Result<Settled, StoreError> {
    let now = tx.at();
    people::hold_person(tx, checked.person).await?;
    let Some(known) = people::credentials(tx, checked.person).await? else { return Ok(Settled::Wrong) };
    if let Some(until) = known.locked_until.filter(|until| now < *until) {
        return Ok(Settled::Locked(until));
    }
    // The password was changed while it was being checked.
    if !fits || known.password_hash != checked.password_hash {
        let n_failed = known.n_failed.saturating_add(1);
        people::save_failure(tx, known.person, n_failed, lock_end(n_failed, now)).await?;
        return Ok(Settled::Wrong);
    }
    people::save_success(tx, known.person).await?;
    let ends_at = find_limits(tx).await?.absolute_end(now);
    insert_session(tx, known.person, &secret::digest(&token), &csrf, ends_at, &agent).await?;
    let must_change = people::find_person(tx, known.person).await?.is_some_and(|person| person.must_change);
    Ok(Settled::In(NewSession { token, csrf, person: known.person, ends_at, must_change }))
}
