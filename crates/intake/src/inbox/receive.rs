//! Taking in a batch: one transaction, and what to do when it fails.

use super::arrival::{Arrival, Arrived, First, Standing, standings};
use super::store::{self, New};
use super::{Incoming, Meaning, Meant, Outcome, Stored};
use crate::fault::{NewFault, State, insert_faults};
use crate::feed::Feeds;
use crate::tray::DONE;
use ::store::{Db, StoreError, Tx, seal};
use futures::future::BoxFuture;
use std::ops::Range;
use std::sync::Arc;

/// Takes in messages in order of arrival; one outcome for each. All of it is in the transaction: nothing is
/// durable before that commits.
///
/// # Errors
/// [`StoreError`] when the engine refuses or the meaning fails; then nothing of the batch may be kept. Use
/// [`receive`] to keep one bad message from blocking the others.
pub async fn receive_batch(
    tx: &mut Tx,
    meaning: &dyn Meaning,
    batch: &[Incoming],
) -> Result<Vec<Outcome>, StoreError> {
    let vault = tx.vault();
    let batch = batch.iter().map(|incoming| Arrived::of(incoming.clone(), &vault));
    take_in(tx, meaning, &batch.collect::<Result<Vec<_>, _>>()?).await
}

async fn take_in(tx: &mut Tx, meaning: &dyn Meaning, batch: &[Arrived]) -> Result<Vec<Outcome>, StoreError> {
    let arrivals: Vec<Arrival<'_>> = batch.iter().map(Arrival::of).collect();
    let known = store::find_known(tx, &arrivals).await?;
    let standings = standings(&arrivals, &known);
    let (feeds, feed_idxs) = Feeds::of(tx, batch.iter().map(|arrived| &arrived.sender)).await?;

    let entries: Vec<Entry<'_, '_>> = arrivals
        .iter()
        .zip(standings)
        .zip(feed_idxs)
        .map(|((arrival, standing), feed_idx)| Entry { arrival, standing, feed_idx, seq: 0 })
        .collect();
    let entries = keep(tx, entries, &feeds).await?;
    let mut meant = apply(tx, meaning, &entries).await?.into_iter();
    let mut settled = Settled { feeds, faults: Vec::new(), outcomes: Vec::with_capacity(batch.len()) };
    for entry in &entries {
        settled.settle(entry, &entries, &mut meant);
    }
    insert_faults(tx, settled.faults).await?;
    settled.feeds.save(tx).await?;
    Ok(settled.outcomes)
}

/// A message of a batch with all that is known of it.
struct Entry<'a, 'm> {
    arrival: &'a Arrival<'m>,
    standing: Standing,
    feed_idx: usize,
    /// Its number once stored; 0 for a repeated one.
    seq: i64,
}

impl Entry<'_, '_> {
    fn has_meaning(&self) -> bool {
        self.standing == Standing::New && self.arrival.message.is_ok()
    }
}

/// Stores what is not there yet, and numbers it.
async fn keep<'a, 'm>(
    tx: &mut Tx,
    mut entries: Vec<Entry<'a, 'm>>,
    feeds: &Feeds,
) -> Result<Vec<Entry<'a, 'm>>, StoreError> {
    let news = entries.iter().filter(|entry| entry.standing != Standing::Again).map(|entry| New {
        arrived: entry.arrival.arrived,
        standing: entry.standing,
        feed: feeds.id(entry.feed_idx),
    });
    let first = store::insert(tx, &news.collect::<Vec<_>>()).await?;
    let stored = entries.iter_mut().filter(|entry| entry.standing != Standing::Again);
    for (seq, entry) in (first..).zip(stored) {
        entry.seq = seq;
    }
    Ok(entries)
}

async fn apply(
    tx: &mut Tx,
    meaning: &dyn Meaning,
    entries: &[Entry<'_, '_>],
) -> Result<Vec<Meant>, StoreError> {
    let at = tx.at();
    let stored: Vec<Stored<'_>> = entries
        .iter()
        .filter(|entry| entry.has_meaning())
        .filter_map(|entry| {
            let message = entry.arrival.message.as_ref().ok()?.clone();
            let Arrived { incoming, ahead, .. } = entry.arrival.arrived;
            let default_site = incoming.default_site;
            Some(Stored { seq: entry.seq, message, received_at: at, default_site, ahead: Some(ahead) })
        })
        .collect();
    if stored.is_empty() {
        return Ok(Vec::new());
    }
    let meant = meaning.apply(tx, &stored).await?;
    if meant.len() != stored.len() {
        let reason = format!("{} answers for {} messages", meant.len(), stored.len());
        return Err(StoreError::inconsistent("meaning", reason));
    }
    Ok(meant)
}

/// What a batch leads to.
struct Settled {
    feeds: Feeds,
    faults: Vec<NewFault>,
    outcomes: Vec<Outcome>,
}

impl Settled {
    fn settle(
        &mut self,
        entry: &Entry<'_, '_>,
        entries: &[Entry<'_, '_>],
        meant: &mut impl Iterator<Item = Meant>,
    ) {
        let outcome = match (&entry.arrival.message, entry.standing) {
            (Err(why), standing) => {
                let reason = why.to_string();
                if standing == Standing::New {
                    self.fault(entry, State::Unreadable, "unreadable", &reason, "");
                }
                Outcome::Unreadable { reason }
            }
            (Ok(_), Standing::Again) => Outcome::Duplicate,
            (Ok(_), Standing::Conflict { first }) => {
                let seq = match first {
                    First::InBatch(idx) => entries.get(idx).map(|entry| entry.seq),
                    stored @ First::Stored(_) => stored.stored(),
                };
                let reason = contradicts(seq);
                self.fault(entry, State::Conflict, "conflict", &reason, "");
                Outcome::Conflict { reason }
            }
            (Ok(_), Standing::New) => match meant.next() {
                Some(meant) => self.understand(entry, meant),
                // Counted before: there is one answer for each new message.
                None => Outcome::Duplicate,
            },
        };
        if let Some(feed) = self.feeds.at(entry.feed_idx) {
            feed.tally.n_received += 1;
            if let Some(site) = entry.arrival.arrived.incoming.default_site {
                feed.tally.tell_of(site);
            }
            match &outcome {
                Outcome::Applied => {}
                Outcome::Duplicate => feed.tally.n_duplicate += 1,
                Outcome::Ignored { .. } => feed.tally.n_ignored += 1,
                Outcome::Conflict { .. } | Outcome::Refused { .. } | Outcome::Unreadable { .. } => {
                    feed.tally.n_refused += 1;
                }
            }
        }
        self.outcomes.push(outcome);
    }

    fn understand(&mut self, entry: &Entry<'_, '_>, meant: Meant) -> Outcome {
        match meant {
            Meant::Applied { site, event_at } => {
                if let Some(feed) = self.feeds.at(entry.feed_idx) {
                    feed.tally.apply(site, event_at);
                }
                Outcome::Applied
            }
            Meant::Ignored { reason } => Outcome::Ignored { reason },
            Meant::Refused { code, reason, detail } => {
                self.fault(entry, State::Refused, code, &reason, &detail);
                Outcome::Refused { code: code.to_owned(), reason }
            }
        }
    }

    fn fault(&mut self, entry: &Entry<'_, '_>, state: State, code: &str, reason: &str, detail: &str) {
        self.faults.push(NewFault {
            seq: entry.seq,
            feed: self.feeds.id(entry.feed_idx).to_owned(),
            state,
            code: code.to_owned(),
            reason: reason.to_owned(),
            detail: detail.to_owned(),
        });
    }
}

/// What is said of a message whose number came before with other content, under `seq` where that is known.
pub(super) fn contradicts(seq: Option<i64>) -> String {
    let first = seq.map_or_else(|| "An earlier message".to_owned(), |seq| format!("Message {seq}"));
    format!(
        "{first} came from the same sender under the same number (MSH-10) with other content. \
         Compare the two; if this one is right, accept it."
    )
}

/// Takes in messages durably, in order. A message whose meaning fails is kept as refused and does not hold
/// up the others.
///
/// # Errors
/// [`StoreError`] when the database itself does not take the messages. Some may be stored then; sent again,
/// they are recognized.
pub async fn receive(
    db: &Db,
    meaning: &Arc<dyn Meaning>,
    batch: Vec<Incoming>,
) -> Result<Vec<Outcome>, StoreError> {
    let vault = db.vault();
    let batch = batch.into_iter().map(|incoming| Arrived::of(incoming, &vault));
    let batch: Arc<Vec<Arrived>> = Arc::new(batch.collect::<Result<_, _>>()?);
    let n = batch.len();
    in_parts(meaning, n, |meaning, range| {
        let batch = Arc::clone(&batch);
        db.write(move |tx| {
            Box::pin(async move { take_in(tx, meaning.as_ref(), batch.get(range).unwrap_or_default()).await })
        })
    })
    .await
}

/// A message that was kept in the tray, and its number there.
pub(crate) struct Waiting {
    pub(crate) seq: i64,
    pub(crate) arrived: Arrived,
}

/// The same for messages that wait in the tray, in the order of their numbers: notes how far it came in the
/// transactions that apply them. No outcome for those that another process applied meanwhile.
pub(crate) async fn apply_waiting(
    db: &Db,
    meaning: &Arc<dyn Meaning>,
    batch: Vec<Waiting>,
) -> Result<Vec<Option<Outcome>>, StoreError> {
    let n = batch.len();
    let (seqs, arrived): (Vec<i64>, Vec<Arrived>) =
        batch.into_iter().map(|waiting| (waiting.seq, waiting.arrived)).unzip();
    let batch = Arc::new((seqs, arrived));
    in_parts(meaning, n, |meaning, range| {
        let batch = Arc::clone(&batch);
        db.write(move |tx| {
            Box::pin(async move {
                let seqs = batch.0.get(range.clone()).unwrap_or_default();
                let done = seal::reached(tx, DONE).await?;
                let n_done = seqs.partition_point(|seq| *seq <= done);
                let left = batch.1.get(range.start + n_done..range.end).unwrap_or_default();
                let mut outcomes: Vec<Option<Outcome>> = vec![None; n_done];
                if let Some(last) = seqs.last().filter(|_| !left.is_empty()) {
                    outcomes.extend(take_in(tx, meaning.as_ref(), left).await?.into_iter().map(Some));
                    seal::advance(tx, DONE, *last).await?;
                }
                Ok(outcomes)
            })
        })
    })
    .await
}

/// Writes `n` messages in one transaction, or in as many as it takes to do without those whose meaning fails,
/// in order. A range that fails is halved: one bad message among 512 costs some 18 transactions.
async fn in_parts<T, W>(
    meaning: &Arc<dyn Meaning>,
    n: usize,
    mut write: impl FnMut(Arc<dyn Meaning>, Range<usize>) -> W,
) -> Result<Vec<T>, StoreError>
where
    W: Future<Output = Result<Vec<T>, StoreError>>,
{
    let mut outcomes = Vec::with_capacity(n);
    // Ranges still to do, the next one last.
    let mut todo = Vec::new();
    todo.push(0..n);
    while let Some(range) = todo.pop() {
        let error = match write(Arc::clone(meaning), range.clone()).await {
            Ok(more) => {
                outcomes.extend(more);
                continue;
            }
            Err(StoreError::Closed) => return Err(StoreError::Closed),
            Err(error) => error,
        };
        if range.len() > 1 {
            let middle = range.start + range.len() / 2;
            todo.extend([middle..range.end, range.start..middle]);
            continue;
        }
        outcomes.extend(write(Arc::new(Failed::new(&error)), range).await?);
        tracing::warn!(%error, "a message could not be applied and is kept as refused");
    }
    Ok(outcomes)
}

/// Stands in for a meaning that failed, so that the message is kept.
pub(crate) struct Failed {
    detail: String,
}

impl Failed {
    pub(crate) fn new(error: &StoreError) -> Failed {
        Failed { detail: error.to_string().chars().take(300).collect() }
    }
}

impl Meaning for Failed {
    fn apply<'t>(
        &'t self,
        _: &'t mut Tx,
        batch: &'t [Stored<'t>],
    ) -> BoxFuture<'t, Result<Vec<Meant>, StoreError>> {
        let refused = || Meant::Refused {
            code: "failed",
            reason: "Helmward could not apply this message. It is kept; replay it after the next update, \
                     or send it to support."
                .to_owned(),
            detail: self.detail.clone(),
        };
        Box::pin(async move { Ok(batch.iter().map(|_| refused()).collect()) })
    }

    fn foresee<'t>(
        &'t self,
        tx: &'t mut Tx,
        batch: &'t [Stored<'t>],
    ) -> BoxFuture<'t, Result<Vec<Meant>, StoreError>> {
        self.apply(tx, batch)
    }
}
