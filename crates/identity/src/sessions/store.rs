//! Sessions in the database.

use super::Session;
use super::rules::Limits;
use crate::roles::find_access;
use crate::{Person, secret};
use base::Id;
use jiff::Timestamp;
use store::{Actor, Change, Columns, FromRow, StoreError, Tx, binds};

/// A session in a person's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// What the token is stored as; names the session when it is revoked.
    pub token_hash: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub seen_at: Timestamp,
    /// When it ends whatever happens.
    pub ends_at: Timestamp,
    /// The browser, as it named itself.
    pub agent: String,
}

impl FromRow for SessionRow {
    fn from_row(c: &mut Columns<'_>) -> Result<SessionRow, StoreError> {
        Ok(SessionRow {
            token_hash: c.take()?,
            created_at: c.take()?,
            seen_at: c.take()?,
            ends_at: c.take()?,
            agent: c.take()?,
        })
    }
}

/// How long sessions last here.
///
/// # Errors
/// [`StoreError`] when the engine refuses or the setting is damaged.
pub async fn find_limits(tx: &mut Tx) -> Result<Limits, StoreError> {
    let limits: Option<Limits> = store::find_setting(tx, None, "session").await?;
    Ok(limits.unwrap_or_default().bounded())
}

/// Sets how long sessions last; sessions that run already keep to it too.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn set_limits(tx: &mut Tx, actor: &Actor, limits: Limits) -> Result<(), StoreError> {
    store::put_setting(tx, actor, None, "session", &limits.bounded()).await
}

pub(super) async fn insert_session(
    tx: &mut Tx,
    person: Id<Person>,
    token_hash: &str,
    csrf: &str,
    ends_at: Timestamp,
    agent: &str,
) -> Result<(), StoreError> {
    let now = tx.at();
    // Whoever signs in sweeps up what has ended, so that the table does not grow without bound.
    tx.run("DELETE FROM session WHERE expires_at <= $1", binds![now]).await?;
    tx.run(
        "INSERT INTO session (token_hash, person_id, csrf, created_at, seen_at, expires_at, agent)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        binds![token_hash, person, csrf, now, now, ends_at, agent],
    )
    .await?;
    keep(tx, &Actor::new(person.to_string(), "sign-in"), person, token_hash, "began").await
}

struct Stored {
    row: SessionRow,
    person: Id<Person>,
    csrf: String,
}

impl FromRow for Stored {
    fn from_row(c: &mut Columns<'_>) -> Result<Stored, StoreError> {
        Ok(Stored { row: SessionRow::from_row(c)?, person: c.take()?, csrf: c.take()? })
    }
}

/// The session of a token, if it has not ended. At the very instant of a limit it has.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn find_session(tx: &mut Tx, token: &str, now: Timestamp) -> Result<Option<Session>, StoreError> {
    let stored: Option<Stored> = tx
        .find(
            "SELECT token_hash, created_at, seen_at, expires_at, agent, person_id, csrf
             FROM session WHERE token_hash = $1 ORDER BY token_hash",
            binds![secret::digest(token)],
        )
        .await?;
    let Some(Stored { row, person, csrf }) = stored else { return Ok(None) };
    let limits = find_limits(tx).await?;
    let ends_at = row.ends_at.min(limits.absolute_end(row.created_at));
    let idle_ends_at = limits.idle_end(row.seen_at).min(ends_at);
    if now >= idle_ends_at {
        return Ok(None);
    }
    let Some(access) = find_access(tx, person).await? else { return Ok(None) };
    let must_change = access.person.must_change;
    Ok(Some(Session {
        access,
        csrf,
        token_hash: row.token_hash,
        created_at: row.created_at,
        seen_at: row.seen_at,
        idle_ends_at,
        ends_at,
        must_change,
    }))
}

/// Notes that a session is in use. Ask [`Session::is_touch_due`] first, which spares most writes.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn touch_session(tx: &mut Tx, token_hash: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.run(
        "UPDATE session SET seen_at = $1 WHERE token_hash = $2 AND seen_at < $3",
        binds![now, token_hash, now],
    )
    .await
    .map(|_| ())
}

/// Ends the session of a token. A session that has ended already is no fault.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn sign_out(tx: &mut Tx, token: &str) -> Result<(), StoreError> {
    let token_hash = secret::digest(token);
    let owner: Option<(Id<Person>,)> = tx
        .find(
            "SELECT person_id FROM session WHERE token_hash = $1 ORDER BY token_hash",
            binds![token_hash.as_str()],
        )
        .await?;
    match owner {
        Some((person,)) => {
            let actor = Actor::new(person.to_string(), "sign-out");
            revoke_session(tx, &actor, person, &token_hash).await.map(|_| ())
        }
        None => Ok(()),
    }
}

/// A person's sessions, newest first. Those that only time has ended may still be among them.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn list_sessions(tx: &mut Tx, person: Id<Person>) -> Result<Vec<SessionRow>, StoreError> {
    tx.list(
        "SELECT token_hash, created_at, seen_at, expires_at, agent FROM session
         WHERE person_id = $1 ORDER BY created_at DESC, token_hash",
        binds![person],
    )
    .await
}

/// Ends one session of a person; `false` when they have no such session.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn revoke_session(
    tx: &mut Tx,
    actor: &Actor,
    person: Id<Person>,
    token_hash: &str,
) -> Result<bool, StoreError> {
    let n_ended = tx
        .run("DELETE FROM session WHERE token_hash = $1 AND person_id = $2", binds![token_hash, person])
        .await?;
    if n_ended > 0 {
        keep(tx, actor, person, token_hash, "ended").await?;
    }
    Ok(n_ended > 0)
}

/// Ends every session of a person, but the one of `spare`.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn revoke_all(
    tx: &mut Tx,
    actor: &Actor,
    person: Id<Person>,
    spare: Option<&str>,
) -> Result<(), StoreError> {
    for row in list_sessions(tx, person).await? {
        if Some(row.token_hash.as_str()) != spare {
            revoke_session(tx, actor, person, &row.token_hash).await?;
        }
    }
    Ok(())
}

async fn keep(
    tx: &mut Tx,
    actor: &Actor,
    person: Id<Person>,
    token_hash: &str,
    state: &str,
) -> Result<(), StoreError> {
    // Enough of the digest to tell sessions apart.
    let record: String = token_hash.chars().take(16).collect();
    let body = serde_json::json!({ "person": person.to_string(), "state": state });
    tx.keep(actor, Change { kind: "session", record, site: None, body }).await
}
