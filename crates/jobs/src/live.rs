//! Live events inside one process: "something about this topic changed".
//!
//! Events carry a topic and an id of a record, never data, so a stream shows nothing its reader may not
//! fetch. Ids only grow, across restarts too; a reader that comes back with the last id it saw gets what it
//! missed from a short memory, or a `reset` when the memory no longer reaches back.

use jiff::Timestamp;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::broadcast;

/// Events kept for readers that come back.
const KEPT: usize = 512;

/// Something changed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Event {
    /// Its number, greater than that of every event before.
    pub id: u64,
    /// What kind of thing: `jobs`, `job`, `census`, `feeds`; `reset` tells the reader to read all again.
    pub topic: String,
    /// Which one: a record's id or a site's path; may be empty.
    pub of: String,
}

struct Inner {
    next_id: u64,
    /// The id of the newest event that is no longer kept.
    forgotten: u64,
    kept: VecDeque<Event>,
    sender: broadcast::Sender<Event>,
}

/// The events of this process. Cheap to clone.
#[derive(Clone)]
pub struct Live(Arc<Mutex<Inner>>);

impl Live {
    /// A stream whose ids grow from `start`, the instant the process started.
    #[must_use]
    pub fn new(start: Timestamp) -> Live {
        let first = u64::try_from(start.as_millisecond()).unwrap_or(0).saturating_mul(1_000).max(1);
        let (sender, _) = broadcast::channel(KEPT);
        let kept = VecDeque::with_capacity(KEPT);
        Live(Arc::new(Mutex::new(Inner { next_id: first, forgotten: first - 1, kept, sender })))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // No code panics while holding it, and its parts stay whole if one did.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells every reader; the event's id.
    pub fn publish(&self, topic: impl Into<String>, of: impl Into<String>) -> u64 {
        let mut inner = self.lock();
        let event = Event { id: inner.next_id, topic: topic.into(), of: of.into() };
        inner.next_id += 1;
        if inner.kept.len() == KEPT
            && let Some(oldest) = inner.kept.pop_front()
        {
            inner.forgotten = oldest.id;
        }
        inner.kept.push_back(event.clone());
        // Nobody may be listening.
        let _ = inner.sender.send(event.clone());
        event.id
    }

    /// Listens from now on, after what came since the event `after` (of an earlier connection, if any).
    #[must_use]
    pub fn subscribe(&self, after: Option<u64>) -> Subscription {
        let inner = self.lock();
        let newest = inner.next_id - 1;
        let missed = match after {
            None => VecDeque::new(),
            Some(after) if after < inner.forgotten || after > newest => VecDeque::from([reset(newest)]),
            Some(after) => inner.kept.iter().filter(|event| event.id > after).cloned().collect(),
        };
        Subscription { missed, newest, receiver: inner.sender.subscribe() }
    }
}

fn reset(id: u64) -> Event {
    Event { id, topic: "reset".to_owned(), of: String::new() }
}

/// One reader's place in the stream.
pub struct Subscription {
    missed: VecDeque<Event>,
    newest: u64,
    receiver: broadcast::Receiver<Event>,
}

impl Subscription {
    /// The next event, waiting for one; `None` when the process ends.
    pub async fn next(&mut self) -> Option<Event> {
        if let Some(event) = self.missed.pop_front() {
            return Some(event);
        }
        match self.receiver.recv().await {
            Ok(event) => {
                self.newest = event.id;
                Some(event)
            }
            // The reader was slower than the events. The ids left out end where the receiver goes on.
            Err(broadcast::error::RecvError::Lagged(n_lost)) => {
                self.newest += n_lost;
                Some(reset(self.newest))
            }
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}
