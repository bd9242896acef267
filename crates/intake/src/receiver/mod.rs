//! The receiver: many senders; each is answered once its message is durable, and it is applied right after.
//!
//! Two tasks. [`keep`] puts what waits into the tray, one commit for many, and answers. [`apply`] applies what
//! is in the tray, as many at once as have gathered while the last ones were applied. Who reads asks for
//! [`Receiver::caught_up`] first and so sees every message that was acknowledged before.

mod apply;
mod keep;

use crate::inbox::{Arrived, Incoming, Meaning, Outcome};
use std::sync::Arc;
use store::{Db, StoreError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};

/// Messages of one batch that are kept, at most.
pub(crate) const BATCH_MAX: usize = 512;
/// Messages waiting to be kept; beyond it, senders wait.
const QUEUE_MAX: usize = 4_096;
/// Messages kept and waiting to be applied; beyond it, senders wait.
const BACKLOG_MAX: usize = 8_192;
/// Bytes waiting or being applied, in KiB; beyond it, senders wait.
const QUEUE_KIB_MAX: u32 = 64 << 10;

/// A cheap handle to the tasks that take in messages. They end, their queues done, when the last handle is
/// dropped.
#[derive(Clone)]
pub struct Receiver {
    queue: mpsc::Sender<HandedIn>,
    room: Arc<Semaphore>,
    db: Db,
    progress: watch::Receiver<Progress>,
    applied: watch::Receiver<u64>,
}

/// How far the tasks are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Progress {
    /// The last number in the tray.
    kept: i64,
    /// The last number that is applied.
    done: i64,
    /// Messages kept since the start.
    n_kept: u64,
    /// And those of them that are applied.
    n_applied: u64,
}

/// A message that was handed in.
struct HandedIn {
    arrived: Arrived,
    until: Until,
    answer: Answering,
    room: OwnedSemaphorePermit,
}

/// What its answer waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Until {
    Kept,
    Applied,
}

type Answering = oneshot::Sender<Result<Outcome, Arc<StoreError>>>;
/// The answer to a message that was handed in.
pub type Answer = oneshot::Receiver<Result<Outcome, Arc<StoreError>>>;

impl Receiver {
    /// Starts the tasks. What a process before left in the tray is applied first.
    #[must_use]
    pub fn start(db: Db, meaning: Arc<dyn Meaning>) -> Receiver {
        let (queue, waiting) = mpsc::channel(QUEUE_MAX);
        let (kept, backlog) = mpsc::channel(BACKLOG_MAX);
        let (progressing, progress) = watch::channel(Progress::default());
        let progressing = Arc::new(progressing);
        let (count, applied) = watch::channel(0);
        let keeping = keep::run(db.clone(), Arc::clone(&meaning), waiting, kept, Arc::clone(&progressing));
        on_own_thread("receiver", keeping);
        tokio::spawn(apply::run(db.clone(), meaning, backlog, progressing, count));
        Receiver { queue, room: Arc::new(Semaphore::new(QUEUE_KIB_MAX as usize)), db, progress, applied }
    }

    /// The database it stores to.
    pub(crate) fn db(&self) -> &Db {
        &self.db
    }

    /// How many messages were applied since the start; changes with each batch, so that pages can follow.
    #[must_use]
    pub fn applied(&self) -> watch::Receiver<u64> {
        self.applied.clone()
    }

    /// Waits until every message that was acknowledged before this call is applied.
    pub async fn caught_up(&self) {
        let Progress { kept, done, .. } = *self.progress.borrow();
        if done < kept {
            // An error means that the tasks have ended: there is nothing to wait for.
            let _ = self.progress.clone().wait_for(|progress| progress.done >= kept).await;
        }
    }

    /// Messages handed in that are not applied yet, for the metrics.
    #[must_use]
    pub fn n_waiting(&self) -> usize {
        let Progress { n_kept, n_applied, .. } = *self.progress.borrow();
        let n_in_tray = usize::try_from(n_kept.saturating_sub(n_applied)).unwrap_or(usize::MAX);
        self.queue.max_capacity() - self.queue.capacity() + n_in_tray
    }

    /// Hands in a message and waits until it is applied.
    ///
    /// # Errors
    /// [`StoreError`] when it could not be stored; the sender must keep it and send it again.
    pub async fn receive(&self, incoming: Incoming) -> Result<Outcome, Arc<StoreError>> {
        let answer = self.queue(incoming, Until::Applied).await?;
        answer.await.map_err(|_| Arc::new(StoreError::Closed))?
    }

    /// Hands in a message; the answer comes once it is durable, and says what will become of it. Waits while
    /// the queue is full. The message is read and sealed here, by the task that brings it.
    ///
    /// # Errors
    /// [`StoreError::Closed`] when the tasks have ended, [`StoreError::Keys`] when the system has no
    /// randomness to seal with.
    pub async fn hand_in(&self, incoming: Incoming) -> Result<Answer, Arc<StoreError>> {
        self.queue(incoming, Until::Kept).await
    }

    async fn queue(&self, incoming: Incoming, until: Until) -> Result<Answer, Arc<StoreError>> {
        let closed = || Arc::new(StoreError::Closed);
        let n_kib = u32::try_from(incoming.bytes.len() / 1_024 + 1).unwrap_or(u32::MAX).min(QUEUE_KIB_MAX);
        let room = Arc::clone(&self.room).acquire_many_owned(n_kib).await.map_err(|_| closed())?;
        let arrived = Arrived::of(incoming, &self.db.vault())?;
        let (answer, answered) = oneshot::channel();
        self.queue.send(HandedIn { arrived, until, answer, room }).await.map_err(|_| closed())?;
        Ok(answered)
    }
}

/// Runs a task whose statements on the embedded engine run where it runs: there they hold up nobody.
fn on_own_thread(name: &str, task: impl Future<Output = ()> + Send + 'static) {
    let runtime = tokio::runtime::Handle::current();
    let thread = std::thread::Builder::new().name(name.to_owned());
    if let Err(error) = thread.spawn(move || runtime.block_on(task)) {
        // Its queue is dropped with it, so that every message is refused and sent again.
        tracing::error!(%error, "messages cannot be received");
    }
}
