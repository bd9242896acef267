//! Deriving the meaning of stored messages again: some after a fix, or all of them.

use super::store::{self, StoredBytes, list_bytes};
use super::{ClosedHow, NewFault, State, closing};
use crate::feed::{self, Tally};
use crate::inbox::{Failed, Meaning, Meant, Outcome, Stored};
use ::store::{Actor, Db, StoreError, Tx};
use identity::Scope;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Faults looked up at once.
const GROUP_MAX: usize = 64;
/// Message bytes opened at once.
const GROUP_BYTES_MAX: i64 = 32 << 20;

/// Which stored messages are derived again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// Those with an open fault; contradicting ones only when they are accepted as the newer truth.
    Faults { accepts_conflicts: bool },
    /// Everything that has a say: all but dismissed messages and contradicting ones nobody accepted.
    All,
}

impl Again {
    fn takes(self, fault: Option<(State, Option<ClosedHow>)>) -> bool {
        match (self, fault) {
            (Again::Faults { accepts_conflicts }, Some((state, None))) => {
                accepts_conflicts || state != State::Conflict
            }
            (Again::Faults { .. }, Some((_, Some(_))) | None) => false,
            (Again::All, None) => true,
            (Again::All, Some((_, Some(ClosedHow::Dismissed)))) => false,
            (Again::All, Some((state, None))) => state != State::Conflict,
            (Again::All, Some((_, Some(ClosedHow::Replayed | ClosedHow::Accepted)))) => true,
        }
    }
}

/// Tries messages with open faults again; numbers outside the scope and closed faults are passed over.
///
/// # Errors
/// [`StoreError`] when the engine refuses; what was done until then stays.
pub async fn replay(
    db: &Db,
    meaning: &Arc<dyn Meaning>,
    scope: &Scope,
    actor: &Actor,
    seqs: &[i64],
    accepts_conflicts: bool,
) -> Result<Vec<(i64, Outcome)>, StoreError> {
    let mut outcomes = Vec::new();
    for group in seqs.chunks(GROUP_MAX) {
        let mut tx = db.read().await?;
        let sizes = store::list_open_sizes(&mut tx, scope, group).await?;
        drop(tx);
        for part in parts(&sizes) {
            let mode = Again::Faults { accepts_conflicts };
            outcomes.extend(derive_again(db, meaning, actor, part, mode).await?);
        }
    }
    Ok(outcomes)
}

/// Tries every open fault of a feed again, oldest first, but contradicting messages. `progress` hears how
/// many were tried and how many of them are applied now.
///
/// # Errors
/// [`StoreError`] when the engine refuses; what was done until then stays.
pub async fn replay_feed(
    db: &Db,
    meaning: &Arc<dyn Meaning>,
    scope: &Scope,
    actor: &Actor,
    feed_id: &str,
    mut progress: impl FnMut(usize, usize),
) -> Result<(usize, usize), StoreError> {
    let (mut after, mut n_tried, mut n_applied) = (0, 0, 0);
    loop {
        let mut tx = db.read().await?;
        let seqs = store::list_open(&mut tx, scope, feed_id, after, 512).await?;
        drop(tx);
        let Some(&last) = seqs.last() else { return Ok((n_tried, n_applied)) };
        after = last;
        let outcomes = replay(db, meaning, scope, actor, &seqs, false).await?;
        n_tried += outcomes.len();
        n_applied += outcomes.iter().filter(|(_, outcome)| *outcome == Outcome::Applied).count();
        progress(n_tried, n_applied);
    }
}

/// Cuts numbered messages into parts that fit into memory.
pub(crate) fn parts(sizes: &[(i64, i64)]) -> Vec<Vec<i64>> {
    let mut parts: Vec<Vec<i64>> = Vec::new();
    let mut n_bytes = i64::MAX;
    for (seq, size) in sizes {
        n_bytes = n_bytes.saturating_add(*size);
        match parts.last_mut() {
            Some(part) if n_bytes <= GROUP_BYTES_MAX => part.push(*seq),
            Some(_) | None => {
                parts.push(vec![*seq]);
                n_bytes = *size;
            }
        }
    }
    parts
}

/// Derives messages again, durably. One whose meaning fails is kept as refused and does not hold up others.
pub(crate) async fn derive_again(
    db: &Db,
    meaning: &Arc<dyn Meaning>,
    actor: &Actor,
    seqs: Vec<i64>,
    mode: Again,
) -> Result<Vec<(i64, Outcome)>, StoreError> {
    let mut outcomes = Vec::with_capacity(seqs.len());
    let mut todo = vec![seqs];
    while let Some(mut seqs) = todo.pop() {
        let error = match write(db, Arc::clone(meaning), actor, seqs.clone(), mode).await {
            Ok(more) => {
                outcomes.extend(more);
                continue;
            }
            Err(StoreError::Closed) => return Err(StoreError::Closed),
            Err(error) => error,
        };
        if seqs.len() > 1 {
            let later = seqs.split_off(seqs.len() / 2);
            todo.extend([later, seqs]);
            continue;
        }
        outcomes.extend(write(db, Arc::new(Failed::new(&error)), actor, seqs, mode).await?);
        tracing::warn!(%error, "a stored message could not be applied and is kept as refused");
    }
    Ok(outcomes)
}

async fn write(
    db: &Db,
    meaning: Arc<dyn Meaning>,
    actor: &Actor,
    seqs: Vec<i64>,
    mode: Again,
) -> Result<Vec<(i64, Outcome)>, StoreError> {
    let actor = actor.clone();
    db.write(move |tx| {
        Box::pin(async move {
            let stored = list_bytes(tx, &seqs).await?;
            derive(tx, meaning.as_ref(), &actor, &stored, mode).await
        })
    })
    .await
}

async fn derive(
    tx: &mut Tx,
    meaning: &dyn Meaning,
    actor: &Actor,
    stored: &[StoredBytes],
    mode: Again,
) -> Result<Vec<(i64, Outcome)>, StoreError> {
    let mut settled = Settled::default();
    let mut messages = Vec::with_capacity(stored.len());
    let mut sources = Vec::with_capacity(stored.len());
    for one in stored.iter().filter(|one| mode.takes(one.fault)) {
        match hl7v2::read(&one.bytes) {
            Ok(message) => {
                let (seq, received_at, default_site) = (one.seq, one.received_at, one.site);
                messages.push(Stored { seq, message, received_at, default_site, ahead: None });
                sources.push(one);
            }
            Err(why) => settled.outcomes.push((one.seq, Outcome::Unreadable { reason: why.to_string() })),
        }
    }
    let meant = if messages.is_empty() { Vec::new() } else { meaning.apply(tx, &messages).await? };
    if meant.len() != messages.len() {
        let reason = format!("{} answers for {} messages", meant.len(), messages.len());
        return Err(StoreError::inconsistent("meaning", reason));
    }
    for (one, meant) in sources.into_iter().zip(meant) {
        settled.settle(one, meant);
    }
    store::close(tx, &settled.closed, None).await?;
    let changes = settled.closed.iter().map(|(seq, how)| closing(*seq, *how, None)).collect();
    tx.keep_all(actor, changes).await?;
    store::insert_faults(tx, settled.faults).await?;
    for (feed_id, tally) in settled.tallies {
        feed::recount(tx, feed_id, &tally).await?;
    }
    Ok(settled.outcomes)
}

/// What deriving again leads to.
#[derive(Default)]
struct Settled<'s> {
    outcomes: Vec<(i64, Outcome)>,
    closed: Vec<(i64, ClosedHow)>,
    faults: Vec<NewFault>,
    tallies: BTreeMap<&'s str, Tally>,
}

impl<'s> Settled<'s> {
    fn settle(&mut self, one: &'s StoredBytes, meant: Meant) {
        let open = one.fault.and_then(|(state, how)| how.is_none().then_some(state));
        let tally = self.tallies.entry(one.feed_id.as_str()).or_default();
        if let (Some(state), Meant::Applied { .. } | Meant::Ignored { .. }) = (open, &meant) {
            tally.n_refused -= 1;
            let is_conflict = state == State::Conflict;
            let how = if is_conflict { ClosedHow::Accepted } else { ClosedHow::Replayed };
            self.closed.push((one.seq, how));
        }
        let outcome = match meant {
            Meant::Applied { site, event_at } => {
                tally.apply(site, event_at);
                // Applied when it arrived, and counted then.
                tally.n_applied -= i64::from(open.is_none());
                Outcome::Applied
            }
            Meant::Ignored { reason } => {
                tally.n_ignored += i64::from(open.is_some());
                Outcome::Ignored { reason }
            }
            Meant::Refused { code, reason, detail } => {
                if open.is_none() {
                    tally.n_refused += 1;
                    tally.n_applied -= 1;
                }
                self.faults.push(NewFault {
                    seq: one.seq,
                    feed: one.feed_id.clone(),
                    state: one.fault.map_or(State::Refused, |(state, _)| state),
                    code: code.to_owned(),
                    reason: reason.clone(),
                    detail,
                });
                Outcome::Refused { code: code.to_owned(), reason }
            }
        };
        self.outcomes.push((one.seq, outcome));
    }
}
