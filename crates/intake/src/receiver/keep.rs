//! Putting messages into the tray, and answering their senders.

use super::apply::Kept;
use super::{Answering, BATCH_MAX, HandedIn, Progress, Until};
use crate::inbox::{Arrived, Foresight, Meaning, Outcome, foresee};
use crate::tray::Tray;
use std::sync::Arc;
use std::time::Duration;
use store::{Db, StoreError};
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio::time::Instant;

/// How long a batch waits for senders that will most likely have sent again by then.
const GATHER: Duration = Duration::from_millis(1);

/// Takes what waits: few messages when it is quiet, many for one commit when it is not. Senders who wait for
/// each answer all send again right after a commit; taking the first of them alone would cost a commit for
/// each handful, so a batch waits a moment for as many as were there before.
pub(super) async fn run(
    db: Db,
    meaning: Arc<dyn Meaning>,
    mut queue: mpsc::Receiver<HandedIn>,
    backlog: mpsc::Sender<Kept>,
    progress: Arc<watch::Sender<Progress>>,
) {
    let mut keeper = Keeper { db, meaning, tray: None, ahead: Foresight::default(), progress };
    let mut waiting = Vec::with_capacity(BATCH_MAX);
    let mut n_usual = 0;
    while queue.recv_many(&mut waiting, BATCH_MAX).await > 0 {
        let until = Instant::now() + GATHER;
        while waiting.len() < n_usual {
            let n_more = BATCH_MAX - waiting.len();
            let more = queue.recv_many(&mut waiting, n_more);
            if !tokio::time::timeout_at(until, more).await.is_ok_and(|n| n > 0) {
                break;
            }
        }
        let n_taken = waiting.len();
        let mut batch = Vec::with_capacity(n_taken);
        let mut senders = Vec::with_capacity(n_taken);
        for HandedIn { arrived, until, answer, room } in waiting.drain(..) {
            batch.push(arrived);
            senders.push((until, answer, room));
        }
        let result = keeper.keep(batch).await;
        n_usual = (n_taken + queue.len()).min(BATCH_MAX);
        match result {
            Ok(kept) => {
                if hand_on(kept, senders, &backlog).await.is_err() {
                    return;
                }
            }
            Err(error) => {
                tracing::error!(%error, n_messages = senders.len(), "messages could not be stored");
                let error = Arc::new(error);
                for (_, answer, _) in senders {
                    let _ = answer.send(Err(Arc::clone(&error)));
                }
            }
        }
    }
}

struct Keeper {
    db: Db,
    meaning: Arc<dyn Meaning>,
    /// Open since the first batch.
    tray: Option<Tray>,
    ahead: Foresight,
    progress: Arc<watch::Sender<Progress>>,
}

/// Messages in the tray: their numbers and what will become of them.
type InTray = Vec<(i64, Arrived, Outcome)>;

impl Keeper {
    async fn keep(&mut self, batch: Vec<Arrived>) -> Result<InTray, StoreError> {
        let tray = match &self.tray {
            Some(tray) => tray.clone(),
            None => self.tray.insert(Tray::open(&self.db).await?).clone(),
        };
        let done = self.progress.borrow().done;
        self.ahead.forget(done);
        let foreseen = foresee(&self.db, self.meaning.as_ref(), &self.ahead, &batch).await?;
        let (first, batch) = tray.keep(batch, done).await?;
        let n = batch.len();
        self.progress.send_modify(|progress| {
            progress.kept = first + i64::try_from(n).unwrap_or(0) - 1;
            progress.n_kept += u64::try_from(n).unwrap_or(0);
        });
        let numbered = (first..).zip(batch).zip(foreseen).map(|((seq, arrived), foreseen)| {
            self.ahead.note(seq, &arrived, &foreseen);
            (seq, arrived, foreseen.outcome)
        });
        Ok(numbered.collect())
    }
}

/// Answers who waits for no more than this, and hands the messages on.
async fn hand_on(
    kept: InTray,
    senders: Vec<(Until, Answering, OwnedSemaphorePermit)>,
    backlog: &mpsc::Sender<Kept>,
) -> Result<(), mpsc::error::SendError<Kept>> {
    let mut waiting = Vec::with_capacity(kept.len());
    for ((seq, arrived, foreseen), (until, answer, room)) in kept.into_iter().zip(senders) {
        let answer = match until {
            // A sender that has gone away will send again and be told that it is a duplicate.
            Until::Kept => {
                let _ = answer.send(Ok(foreseen.clone()));
                None
            }
            Until::Applied => Some(answer),
        };
        waiting.push(Kept { seq, arrived, foreseen, answer, room });
    }
    for kept in waiting {
        backlog.send(kept).await?;
    }
    Ok(())
}
