//! The receiver: many senders, one batch at a time, an answer to each once its message is durable.

use crate::inbox::{Arrived, Incoming, Meaning, Outcome, receive_arrived};
use std::sync::Arc;
use std::time::Duration;
use store::{Db, StoreError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use tokio::time::Instant;

/// Messages of one batch, at most.
pub(crate) const BATCH_MAX: usize = 512;
/// Messages waiting; beyond it, senders wait.
const QUEUE_MAX: usize = 4_096;
/// Bytes waiting or being stored, in KiB; beyond it, senders wait.
const QUEUE_KIB_MAX: u32 = 64 << 10;

/// A cheap handle to the task that takes in messages. The task ends, its queue done, when the last handle
/// is dropped.
#[derive(Clone)]
pub struct Receiver {
    queue: mpsc::Sender<Waiting>,
    room: Arc<Semaphore>,
    db: Db,
    stored: watch::Receiver<u64>,
}

struct Waiting {
    arrived: Arrived,
    answer: oneshot::Sender<Result<Outcome, Arc<StoreError>>>,
    _room: OwnedSemaphorePermit,
}

/// The answer to a message that was handed in.
pub type Answer = oneshot::Receiver<Result<Outcome, Arc<StoreError>>>;

impl Receiver {
    /// Starts the task.
    #[must_use]
    pub fn start(db: Db, meaning: Arc<dyn Meaning>) -> Receiver {
        let (queue, waiting) = mpsc::channel(QUEUE_MAX);
        let (count, stored) = watch::channel(0);
        tokio::spawn(drain(db.clone(), meaning, waiting, count));
        Receiver { queue, room: Arc::new(Semaphore::new(QUEUE_KIB_MAX as usize)), db, stored }
    }

    /// The database it stores to.
    pub(crate) fn db(&self) -> &Db {
        &self.db
    }

    /// How many messages were stored since the start; changes with each batch, so that pages can follow.
    #[must_use]
    pub fn stored(&self) -> watch::Receiver<u64> {
        self.stored.clone()
    }

    /// Messages handed in that no batch has taken yet, for the metrics.
    #[must_use]
    pub fn n_waiting(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }

    /// Hands in a message and waits until it is durable.
    ///
    /// # Errors
    /// [`StoreError`] when it could not be stored; the sender must keep it and send it again.
    pub async fn receive(&self, incoming: Incoming) -> Result<Outcome, Arc<StoreError>> {
        let answer = self.hand_in(incoming).await?;
        answer.await.map_err(|_| Arc::new(StoreError::Closed))?
    }

    /// Hands in a message; the answer comes once it is durable. Waits while the queue is full. The message
    /// is read and sealed here, by the task that brings it.
    ///
    /// # Errors
    /// [`StoreError::Closed`] when the task has ended, [`StoreError::Keys`] when the system has no
    /// randomness to seal with.
    pub async fn hand_in(&self, incoming: Incoming) -> Result<Answer, Arc<StoreError>> {
        let closed = || Arc::new(StoreError::Closed);
        let n_kib = u32::try_from(incoming.bytes.len() / 1_024 + 1).unwrap_or(u32::MAX).min(QUEUE_KIB_MAX);
        let room = Arc::clone(&self.room).acquire_many_owned(n_kib).await.map_err(|_| closed())?;
        let arrived = Arrived::of(incoming, &self.db.vault())?;
        let (answer, answered) = oneshot::channel();
        self.queue.send(Waiting { arrived, answer, _room: room }).await.map_err(|_| closed())?;
        Ok(answered)
    }
}

/// How long a batch waits for senders that will most likely have sent again by then.
const GATHER: Duration = Duration::from_millis(1);

/// Takes what waits: few messages when it is quiet, many for one commit when it is not. Senders who wait for
/// each answer all send again right after a commit; taking the first of them alone would cost a commit for
/// each handful, so a batch waits a moment for as many as were there before.
async fn drain(
    db: Db,
    meaning: Arc<dyn Meaning>,
    mut queue: mpsc::Receiver<Waiting>,
    count: watch::Sender<u64>,
) {
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
        let mut batch = Vec::with_capacity(waiting.len());
        let mut answers = Vec::with_capacity(waiting.len());
        for Waiting { arrived, answer, _room } in waiting.drain(..) {
            batch.push(arrived);
            answers.push((answer, _room));
        }
        let result = receive_arrived(&db, &meaning, batch).await;
        n_usual = (n_taken + queue.len()).min(BATCH_MAX);
        match result {
            Ok(outcomes) => {
                count.send_modify(|n| *n += u64::try_from(outcomes.len()).unwrap_or(0));
                for ((answer, _), outcome) in answers.into_iter().zip(outcomes) {
                    // A sender that has gone away will send again and be told that it is a duplicate.
                    let _ = answer.send(Ok(outcome));
                }
            }
            Err(error) => {
                tracing::error!(%error, n_messages = answers.len(), "messages could not be stored");
                let error = Arc::new(error);
                for (answer, _) in answers {
                    let _ = answer.send(Err(Arc::clone(&error)));
                }
            }
        }
    }
}
