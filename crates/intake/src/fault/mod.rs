//! Messages that were not applied: why, what they hold, and trying again.
//!
//! A fault is closed by a replay that applies the message, by accepting a contradicting message as the
//! newer truth, or by dismissing it with a reason. All three are kept in history.

mod replay;
mod store;

pub(crate) use self::replay::{Again, derive_again, parts};
pub use self::replay::{replay, replay_feed};
pub(crate) use self::store::{insert_faults, list_bytes, list_sizes};

use ::store::{Actor, Change, StoreError, Tx};
use identity::Scope;
use jiff::Timestamp;

/// Why a message was not applied, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Understood, and could not be applied.
    Refused,
    /// It contradicts an earlier message with the same sender and number.
    Conflict,
    /// No message.
    Unreadable,
}

impl State {
    /// The word it is stored under.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            State::Refused => "refused",
            State::Conflict => "conflict",
            State::Unreadable => "unreadable",
        }
    }
}

/// How a fault was dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClosedHow {
    /// A replay applied the message.
    Replayed,
    /// The message was accepted as the newer truth.
    Accepted,
    /// Someone decided that it means nothing.
    Dismissed,
}

impl ClosedHow {
    /// The word it is stored under.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            ClosedHow::Replayed => "replayed",
            ClosedHow::Accepted => "accepted",
            ClosedHow::Dismissed => "dismissed",
        }
    }
}

/// A message that was not applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The message's number in the inbox.
    pub seq: i64,
    /// Its feed.
    pub feed_id: String,
    /// Why, in one word.
    pub state: State,
    /// A short word for the kind of refusal.
    pub code: String,
    /// Why and what to do, without anything of the patient.
    pub reason: String,
    /// Codes and positions for whoever mends it.
    pub detail: String,
    /// When it was refused, last.
    pub at: Timestamp,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// How it was closed.
    pub closed_how: Option<ClosedHow>,
    /// The reason given by whoever dismissed it.
    pub closed_why: Option<String>,
    /// When the message arrived.
    pub received_at: Timestamp,
    /// Its way in, for example `file NAME:LINE`.
    pub source: String,
    /// What it is: `ADT^A01`.
    pub kind: String,
    /// Its length.
    pub n_bytes: i64,
}

/// A page of faults.
#[derive(Debug, Clone, Default)]
pub struct FaultPage {
    /// Newest first.
    pub faults: Vec<Fault>,
    /// What to hand to [`list_faults`] as `before` for the next page.
    pub next: Option<i64>,
}

/// Faults that a scope covers, newest first. Older than `before`, of one feed when it is named.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn list_faults(
    tx: &mut Tx,
    scope: &Scope,
    feed_id: Option<&str>,
    is_open_only: bool,
    before: Option<i64>,
    n_max: u32,
) -> Result<FaultPage, StoreError> {
    let n_max = n_max.clamp(1, 1_000);
    let mut faults = store::list(tx, scope, feed_id, is_open_only, before, n_max + 1).await?;
    let has_more = faults.len() > usize::try_from(n_max).unwrap_or(usize::MAX);
    if has_more {
        faults.pop();
    }
    let next = if has_more { faults.last().map(|fault| fault.seq) } else { None };
    Ok(FaultPage { faults, next })
}

/// One fault, if the scope covers its feed.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn find_fault(tx: &mut Tx, scope: &Scope, seq: i64) -> Result<Option<Fault>, StoreError> {
    store::find(tx, scope, seq).await
}

/// The bytes of a message whose fault the scope covers. They name patients: the caller checks that the
/// scope may see them and logs the view.
///
/// # Errors
/// [`StoreError`] when the engine refuses or the keys do not open the bytes.
pub async fn open_raw(tx: &mut Tx, scope: &Scope, seq: i64) -> Result<Option<Vec<u8>>, StoreError> {
    if store::find(tx, scope, seq).await?.is_none() {
        return Ok(None);
    }
    Ok(list_bytes(tx, &[seq]).await?.pop().map(|stored| stored.bytes))
}

/// What came of a dismissal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dismissal {
    /// The fault is closed.
    Done,
    /// It was closed before.
    Closed,
    /// There is no such fault in the scope.
    NotFound,
    /// A reason is needed.
    NoReason,
}

/// Closes a fault because its message means nothing, with the reason.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn dismiss(
    tx: &mut Tx,
    scope: &Scope,
    actor: &Actor,
    seq: i64,
    reason: &str,
) -> Result<Dismissal, StoreError> {
    let reason: String = reason.trim().chars().take(500).collect();
    if reason.is_empty() {
        return Ok(Dismissal::NoReason);
    }
    let Some(fault) = store::find(tx, scope, seq).await? else { return Ok(Dismissal::NotFound) };
    if fault.closed_at.is_some() {
        return Ok(Dismissal::Closed);
    }
    store::close(tx, &[(seq, ClosedHow::Dismissed)], Some(&reason)).await?;
    tx.keep(actor, closing(seq, ClosedHow::Dismissed, Some(&reason))).await?;
    Ok(Dismissal::Done)
}

fn closing(seq: i64, how: ClosedHow, why: Option<&str>) -> Change {
    let body = serde_json::json!({ "seq": seq, "closed": how.key(), "why": why });
    Change { kind: "message_fault", record: seq.to_string(), site: None, body }
}

/// A fault as it is found.
pub(crate) struct NewFault {
    pub(crate) seq: i64,
    pub(crate) feed: String,
    pub(crate) state: State,
    pub(crate) code: String,
    pub(crate) reason: String,
    pub(crate) detail: String,
}
