//! The raw inbox: stored first, then understood.
//!
//! [`receive_batch`] takes what arrived in one transaction: tells new messages from repeated and
//! contradicting ones, stores the new bytes sealed, and hands them to the [`Meaning`]. A message is known by
//! its sender (MSH-3, MSH-4) and number (MSH-10), whatever the way in.
//!
//! What can be told of a message without the database (its key, digest and sealed bytes) is made before the
//! transaction, by the task that brings it: the writer is one for all.
//!
//! Sketch: a batch costs a lookup and two inserts for each message, and one feed row.

pub(crate) mod arrival;
mod foresee;
mod receive;
pub(crate) mod store;

pub(crate) use self::arrival::Arrived;
pub(crate) use self::foresee::{Foresight, foresee};
pub(crate) use self::receive::{Failed, Waiting, apply_waiting};
pub use self::receive::{receive, receive_batch};
pub(crate) use self::store::BODY;
pub use self::store::STREAM;

use ::store::{StoreError, Tx};
use base::Id;
use futures::future::BoxFuture;
use identity::Site;
use jiff::Timestamp;
use std::any::Any;
use std::sync::{Mutex, PoisonError};

/// A message as it came in.
#[derive(Clone)]
pub struct Incoming {
    /// The bytes, without framing.
    pub bytes: Vec<u8>,
    /// The way in: `mllp`, `file NAME:LINE`. Its first word is part of the feed.
    pub source: String,
    /// The site named by the way in, for messages that name none themselves.
    pub default_site: Option<Id<Site>>,
}

impl std::fmt::Debug for Incoming {
    /// Sizes only: the content must not reach a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Incoming({} bytes)", self.bytes.len())
    }
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Stored and applied.
    Applied,
    /// The same bytes were stored before; counted, nothing else.
    Duplicate,
    /// Stored, understood, and of no concern to any area.
    Ignored {
        /// Why, for people.
        reason: String,
    },
    /// Same sender and number as an earlier message, other bytes: kept, flagged, not applied.
    Conflict {
        /// Which message it contradicts.
        reason: String,
    },
    /// Stored, understood, and not applied.
    Refused {
        /// A short word for the kind of refusal.
        code: String,
        /// Why, for people, without anything of the patient.
        reason: String,
    },
    /// No message; the bytes are kept.
    Unreadable {
        /// Why, for people.
        reason: String,
    },
}

/// A stored message on its way to its meaning.
#[derive(Debug, Clone)]
pub struct Stored<'m> {
    /// Its number in the inbox; the order of arrival.
    pub seq: i64,
    /// The message.
    pub message: hl7v2::Message<'m>,
    /// When it arrived.
    pub received_at: Timestamp,
    /// The site named by the way in.
    pub default_site: Option<Id<Site>>,
    /// Where [`Meaning::foresee`] may leave what it worked out for [`Meaning::apply`]; there while the message
    /// stays in memory, that is, in the process that took it in.
    pub ahead: Option<&'m WorkedOut>,
}

/// What was worked out of a message while its sender waited, so that its turn need not do it again.
#[derive(Default)]
pub struct WorkedOut(Mutex<Option<Box<dyn Any + Send>>>);

impl WorkedOut {
    /// Leaves it here.
    pub fn put<T: Send + 'static>(&self, worked: T) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(worked));
    }

    /// Takes what was left, once.
    #[must_use]
    pub fn take<T: 'static>(&self) -> Option<T> {
        let worked = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        worked.and_then(|worked| worked.downcast().ok()).map(|worked| *worked)
    }
}

impl std::fmt::Debug for WorkedOut {
    /// Nothing of the message.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WorkedOut").finish_non_exhaustive()
    }
}

/// What a message meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meant {
    /// It changed something, or said what was known.
    Applied {
        /// The facility it is about; decides who may see the feed.
        site: Id<Site>,
        /// When what it tells happened.
        event_at: Option<Timestamp>,
    },
    /// Understood, and of no concern.
    Ignored {
        /// Why, for people.
        reason: String,
    },
    /// It could not be applied.
    Refused {
        /// A short word for the kind of refusal: `unknown-site`.
        code: &'static str,
        /// Why and what to do, without anything of the patient.
        reason: String,
        /// More for whoever mends it: codes, positions. Nothing of the patient either.
        detail: String,
    },
}

/// What derives meaning from stored messages. One for the installation; areas join behind it.
pub trait Meaning: Send + Sync {
    /// Applies messages in order, inside the transaction that stored them; one answer for each.
    ///
    /// Must give the same for a message applied again (replay and rebuild). An error takes back the whole
    /// batch; the messages are then tried one by one, and one that still fails is kept as refused.
    fn apply<'t>(
        &'t self,
        tx: &'t mut Tx,
        batch: &'t [Stored<'t>],
    ) -> BoxFuture<'t, Result<Vec<Meant>, StoreError>>;

    /// What [`Meaning::apply`] would answer for messages that are not stored yet (their number is 0), told from
    /// the messages themselves and from what rarely changes, without changing anything: a sender waits for it.
    fn foresee<'t>(
        &'t self,
        tx: &'t mut Tx,
        batch: &'t [Stored<'t>],
    ) -> BoxFuture<'t, Result<Vec<Meant>, StoreError>>;
}
