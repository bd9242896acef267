//! Applying what is in the tray.

use super::{Answering, Progress};
use crate::inbox::{Arrived, Meaning, Outcome, Waiting};
use crate::tray::{apply_in_turn, drain_here};
use std::sync::Arc;
use std::time::Duration;
use store::{Db, StoreError};
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};

/// Messages applied in one transaction, at most. More cost each of them less, and hold up other writers longer.
const BATCH_MAX: usize = 2_048;
/// In a flood, how long messages gather for one transaction.
const GATHER: Duration = Duration::from_millis(20);
/// As many messages in one transaction are a flood.
const FLOOD: usize = 64;
/// How long to wait after the database has refused, before trying again.
const PAUSE: Duration = Duration::from_secs(1);

/// A message that is in the tray.
pub(super) struct Kept {
    pub(super) seq: i64,
    pub(super) arrived: Arrived,
    pub(super) foreseen: Outcome,
    /// Who waits until it is applied.
    pub(super) answer: Option<Answering>,
    /// Its place in memory, until it is applied.
    pub(super) room: OwnedSemaphorePermit,
}

pub(super) async fn run(
    db: Db,
    meaning: Arc<dyn Meaning>,
    mut backlog: mpsc::Receiver<Kept>,
    progress: Arc<watch::Sender<Progress>>,
    count: watch::Sender<u64>,
) {
    let tell = |last: i64, n: usize| {
        let n = u64::try_from(n).unwrap_or(0);
        progress.send_modify(|progress| {
            progress.done = last;
            progress.n_applied += n;
        });
        count.send_modify(|count| *count += n);
    };
    // Of a process that ended before its messages were applied.
    go_on(&db, &meaning).await;
    let mut batch = Vec::with_capacity(BATCH_MAX);
    let mut is_flood = false;
    while backlog.recv_many(&mut batch, BATCH_MAX).await > 0 {
        if is_flood && batch.len() < BATCH_MAX {
            // Many at once cost each of them half.
            tokio::time::sleep(GATHER).await;
            while batch.len() < BATCH_MAX
                && let Ok(kept) = backlog.try_recv()
            {
                batch.push(kept);
            }
        }
        is_flood = batch.len() >= FLOOD;
        let last = batch.last().map_or(0, |kept: &Kept| kept.seq);
        let (mut waiting, mut senders) = (Vec::with_capacity(batch.len()), Vec::with_capacity(batch.len()));
        for Kept { seq, arrived, foreseen, answer, room } in batch.drain(..) {
            waiting.push(Waiting { seq, arrived });
            senders.push((foreseen, answer, room));
        }
        let n = senders.len();
        match apply_in_turn(&db, &meaning, waiting).await {
            Ok(outcomes) => {
                tell(last, n);
                for ((foreseen, answer, _room), outcome) in senders.into_iter().zip(outcomes) {
                    if let Some(answer) = answer {
                        let _ = answer.send(Ok(outcome.unwrap_or(foreseen)));
                    }
                }
            }
            Err(error) => {
                tracing::error!(%error, n_messages = n, "messages are kept and could not be applied yet");
                let error = Arc::new(error);
                for answer in senders.into_iter().filter_map(|(_, answer, _)| answer) {
                    let _ = answer.send(Err(Arc::clone(&error)));
                }
                if matches!(*error, StoreError::Closed) {
                    return;
                }
                tokio::time::sleep(PAUSE).await;
                go_on(&db, &meaning).await;
                tell(last, n);
            }
        }
    }
}

/// Applies what is in the tray and not in memory, however long it takes until the database lets us.
async fn go_on(db: &Db, meaning: &Arc<dyn Meaning>) {
    while let Err(error) = drain_here(db, meaning).await {
        if matches!(error, StoreError::Closed) {
            return;
        }
        tracing::error!(%error, "messages are kept and could not be applied yet");
        tokio::time::sleep(PAUSE).await;
    }
}
