//! Rows of faults, and the stored messages behind them.

use super::{ClosedHow, Fault, NewFault, State};
use crate::feed::store::{IN_SCOPE, scope_binds};
use crate::inbox::arrival::digest;
use crate::inbox::store::BODY;
use base::Id;
use identity::{Scope, Site};
use jiff::Timestamp;
use store::{Bind, Columns, FromRow, StoreError, Tx, binds};

fn state_of(word: &str) -> Result<State, StoreError> {
    let all = [State::Refused, State::Conflict, State::Unreadable];
    let found = all.into_iter().find(|state| state.key() == word);
    found.ok_or_else(|| StoreError::inconsistent("message_fault", format!("state `{word}`")))
}

fn how_of(word: &str) -> Result<ClosedHow, StoreError> {
    let all = [ClosedHow::Replayed, ClosedHow::Accepted, ClosedHow::Dismissed];
    let found = all.into_iter().find(|how| how.key() == word);
    found.ok_or_else(|| StoreError::inconsistent("message_fault", format!("closed_how `{word}`")))
}

impl FromRow for Fault {
    fn from_row(c: &mut Columns<'_>) -> Result<Fault, StoreError> {
        Ok(Fault {
            seq: c.take()?,
            feed_id: c.take()?,
            state: state_of(&c.take::<String>()?)?,
            code: c.take()?,
            reason: c.take()?,
            detail: c.take()?,
            at: c.take()?,
            closed_at: c.take()?,
            closed_how: c.take::<Option<String>>()?.map(|word| how_of(&word)).transpose()?,
            closed_why: c.take()?,
            received_at: c.take()?,
            source: c.take()?,
            kind: c.take()?,
            n_bytes: c.take()?,
        })
    }
}

const SELECT: &str = "SELECT fault.seq, fault.feed_id, fault.state, fault.code, fault.reason, fault.detail,
        fault.at, fault.closed_at, fault.closed_how, fault.closed_why,
        message.received_at, message.source, message.kind, message.n_bytes
    FROM message_fault fault
    JOIN message ON message.seq = fault.seq
    JOIN feed ON feed.id = fault.feed_id";

pub(super) async fn list(
    tx: &mut Tx,
    scope: &Scope,
    feed_id: Option<&str>,
    is_open_only: bool,
    before: Option<i64>,
    n_max: u32,
) -> Result<Vec<Fault>, StoreError> {
    let mut sql = format!("{SELECT} WHERE {IN_SCOPE} AND fault.seq < $3");
    let mut binds = scope_binds(scope);
    binds.push(before.unwrap_or(i64::MAX).into());
    if is_open_only {
        sql.push_str(" AND fault.closed_at IS NULL");
    }
    if let Some(feed_id) = feed_id {
        sql.push_str(" AND fault.feed_id = $4");
        binds.push(feed_id.into());
    }
    sql.push_str(&format!(" ORDER BY fault.seq DESC LIMIT {n_max}"));
    tx.list(&sql, binds).await
}

pub(super) async fn find(tx: &mut Tx, scope: &Scope, seq: i64) -> Result<Option<Fault>, StoreError> {
    let mut binds = scope_binds(scope);
    binds.push(seq.into());
    tx.find(&format!("{SELECT} WHERE {IN_SCOPE} AND fault.seq = $3 ORDER BY fault.seq"), binds).await
}

/// Open faults of a feed after a number, oldest first.
pub(super) async fn list_open(
    tx: &mut Tx,
    scope: &Scope,
    feed_id: &str,
    after: i64,
    n_max: u32,
) -> Result<Vec<i64>, StoreError> {
    let sql = format!(
        "SELECT fault.seq FROM message_fault fault JOIN feed ON feed.id = fault.feed_id
         WHERE {IN_SCOPE} AND fault.feed_id = $3 AND fault.seq > $4 AND fault.closed_at IS NULL
         ORDER BY fault.seq LIMIT {n_max}"
    );
    let mut binds = scope_binds(scope);
    binds.extend(binds![feed_id, after]);
    Ok(tx.list::<(i64,)>(&sql, binds).await?.into_iter().map(|(seq,)| seq).collect())
}

/// Writes faults; one that a message has already is replaced and open again.
pub(crate) async fn insert_faults(tx: &mut Tx, faults: Vec<NewFault>) -> Result<(), StoreError> {
    let at = tx.at();
    let rows = faults
        .into_iter()
        .map(|f| binds![f.seq, f.feed, f.state.key(), f.code, f.reason, f.detail, at])
        .collect();
    let head = "INSERT INTO message_fault (seq, feed_id, state, code, reason, detail, at) VALUES";
    let tail = "ON CONFLICT (seq) DO UPDATE SET state = excluded.state, code = excluded.code,
                reason = excluded.reason, detail = excluded.detail, at = excluded.at,
                closed_at = NULL, closed_how = NULL, closed_why = NULL";
    tx.insert_many(head, rows, tail).await.map(|_| ())
}

pub(super) async fn close(
    tx: &mut Tx,
    seqs: &[(i64, ClosedHow)],
    why: Option<&str>,
) -> Result<(), StoreError> {
    let sql = "UPDATE message_fault SET closed_at = $1, closed_how = $2, closed_why = $3 WHERE seq = $4";
    for (seq, how) in seqs {
        tx.run(sql, binds![tx.at(), how.key(), why, *seq]).await?;
    }
    Ok(())
}

/// A stored message, opened.
pub(crate) struct StoredBytes {
    pub(crate) seq: i64,
    pub(crate) received_at: Timestamp,
    pub(crate) feed_id: String,
    pub(crate) site: Option<Id<Site>>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) body_digest: String,
    /// Its fault: state, and how it was closed.
    pub(crate) fault: Option<(State, Option<ClosedHow>)>,
}

impl StoredBytes {
    /// Whether the bytes are those that arrived.
    pub(crate) fn is_whole(&self, tx: &Tx) -> bool {
        digest(&self.bytes, &tx.vault()) == self.body_digest
    }
}

struct Sealed(StoredBytes);

impl FromRow for Sealed {
    fn from_row(c: &mut Columns<'_>) -> Result<Sealed, StoreError> {
        let (seq, received_at, feed_id, site) = (c.take()?, c.take()?, c.take()?, c.take()?);
        let (bytes, body_digest) = (c.take()?, c.take()?);
        let state: Option<String> = c.take()?;
        let how: Option<String> = c.take()?;
        let how = how.map(|word| how_of(&word)).transpose()?;
        let fault = match state {
            Some(word) => Some((state_of(&word)?, how)),
            None => None,
        };
        Ok(Sealed(StoredBytes { seq, received_at, feed_id, site, bytes, body_digest, fault }))
    }
}

/// Opens messages, in order.
pub(crate) async fn list_bytes(tx: &mut Tx, seqs: &[i64]) -> Result<Vec<StoredBytes>, StoreError> {
    let (places, binds) = places(1, seqs);
    let sql = format!(
        "SELECT message.seq, message.received_at, message.feed_id, message.site_id, message_body.body,
                message.body_digest, message_fault.state, message_fault.closed_how
         FROM message
         JOIN message_body ON message_body.seq = message.seq
         LEFT JOIN message_fault ON message_fault.seq = message.seq
         WHERE message.seq IN ({places}) ORDER BY message.seq"
    );
    let sealed: Vec<Sealed> = tx.list(&sql, binds).await?;
    let vault = tx.vault();
    let open = |Sealed(stored): Sealed| {
        let bytes = vault.open(&stored.bytes, BODY)?;
        Ok(StoredBytes { bytes, ..stored })
    };
    sealed.into_iter().map(open).collect()
}

/// `$3, $4, ...` for numbers, padded with the last one so that few texts are prepared.
fn places(first: usize, seqs: &[i64]) -> (String, Vec<Bind>) {
    let size = seqs.len().max(1).next_power_of_two();
    let last = seqs.last().copied().unwrap_or(0);
    let places: Vec<String> = (first..first + size).map(|n| format!("${n}")).collect();
    let padded = seqs.iter().copied().chain(std::iter::repeat(last)).take(size);
    (places.join(", "), padded.map(Bind::from).collect())
}

/// Numbers and lengths of those messages that have an open fault in the scope, in order.
pub(super) async fn list_open_sizes(
    tx: &mut Tx,
    scope: &Scope,
    seqs: &[i64],
) -> Result<Vec<(i64, i64)>, StoreError> {
    let (places, more) = places(3, seqs);
    let sql = format!(
        "SELECT fault.seq, message.n_bytes FROM message_fault fault
         JOIN message ON message.seq = fault.seq
         JOIN feed ON feed.id = fault.feed_id
         WHERE {IN_SCOPE} AND fault.seq IN ({places}) AND fault.closed_at IS NULL ORDER BY fault.seq"
    );
    let mut binds = scope_binds(scope);
    binds.extend(more);
    tx.list(&sql, binds).await
}

/// Numbers and lengths of messages after a number, in order.
pub(crate) async fn list_sizes(tx: &mut Tx, after: i64, n_max: u32) -> Result<Vec<(i64, i64)>, StoreError> {
    let sql = format!("SELECT seq, n_bytes FROM message WHERE seq > $1 ORDER BY seq LIMIT {n_max}");
    tx.list(&sql, binds![after]).await
}
