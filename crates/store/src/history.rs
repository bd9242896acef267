//! History: every change of a record, written in the same transaction as the change.
//!
//! One row says when it was recorded, who did it, what caused it, which record and site, and what the
//! record became. Reading the rows up to an instant gives any record as it was known then. The stream is
//! sealed (see [`crate::seal`]).

use crate::bind::{Bind, Columns, FromRow};
use crate::binds;
use crate::error::StoreError;
use crate::seal;
use crate::tx::Tx;
use base::SitePath;
use jiff::Timestamp;

/// Who changes something, and what made them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The person's id, or what part of the product acts: `feed`, `command`, `job`.
    pub who: String,
    /// The request, import row or message that caused it, for example `message 81` or `import 01k..`.
    pub cause: String,
}

impl Actor {
    /// An actor by name and cause.
    pub fn new(who: impl Into<String>, cause: impl Into<String>) -> Actor {
        Actor { who: who.into(), cause: cause.into() }
    }
}

/// What a record became.
#[derive(Debug, Clone)]
pub struct Change {
    /// Kind of record: `bed`, `person`, `rule`.
    pub kind: &'static str,
    /// Its id.
    pub record: String,
    /// Where it belongs, if anywhere.
    pub site: Option<SitePath>,
    /// The record after the change; identifying fields of patients are sealed, never plain.
    pub body: serde_json::Value,
}

/// One row of history.
#[derive(Debug, Clone)]
pub struct HistoryRow {
    /// Position in the stream, from 1.
    pub seq: i64,
    /// When the change was recorded.
    pub at: Timestamp,
    /// Who made it.
    pub actor: Actor,
    /// Kind of record.
    pub kind: String,
    /// Its id.
    pub record: String,
    /// Where it belongs.
    pub site: Option<String>,
    /// The record after the change, as JSON.
    pub body: String,
}

impl FromRow for HistoryRow {
    fn from_row(c: &mut Columns<'_>) -> Result<HistoryRow, StoreError> {
        Ok(HistoryRow {
            seq: c.take()?,
            at: c.take()?,
            actor: Actor { who: c.take()?, cause: c.take()? },
            kind: c.take()?,
            record: c.take()?,
            site: c.take()?,
            body: c.take()?,
        })
    }
}

impl Tx {
    /// Writes one change to history.
    ///
    /// # Errors
    /// [`StoreError`] when the engine refuses.
    pub async fn keep(&mut self, actor: &Actor, change: Change) -> Result<(), StoreError> {
        self.keep_all(actor, vec![change]).await
    }

    /// Writes several changes to history, in order.
    ///
    /// # Errors
    /// [`StoreError`] when the engine refuses.
    pub async fn keep_all(&mut self, actor: &Actor, changes: Vec<Change>) -> Result<(), StoreError> {
        let at = self.at();
        let rows = changes
            .into_iter()
            .map(|change| {
                binds![
                    at,
                    actor.who.as_str(),
                    actor.cause.as_str(),
                    change.kind,
                    change.record,
                    change.site.map(|site| site.to_string()),
                    change.body.to_string(),
                ]
            })
            .collect::<Vec<Vec<Bind>>>();
        seal::append(self, &seal::HISTORY, rows).await.map(|_| ())
    }
}

/// The history of one record, newest first, as it was known at `known_at` (now when `None`).
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn list_history(
    tx: &mut Tx,
    kind: &str,
    record: &str,
    known_at: Option<Timestamp>,
) -> Result<Vec<HistoryRow>, StoreError> {
    tx.list(
        "SELECT seq, recorded_at, actor, cause, kind, record_id, site, body FROM history
         WHERE kind = $1 AND record_id = $2 AND recorded_at <= $3 ORDER BY seq DESC LIMIT 500",
        binds![kind, record, known_at.unwrap_or(Timestamp::MAX)],
    )
    .await
}
