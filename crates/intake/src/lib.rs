//! Intake: whatever arrives is stored as it came, then understood.
//!
//! A message is sealed and durable before anyone is told that it arrived; its meaning is derived from the
//! stored bytes, may fail without loss, and can be derived again after a fix. Files of rows come in through
//! a saved mapping, a dry run and a commit that can be undone.
//!
//! Not here: what a message or a row means. The areas bring that as a [`Meaning`] and as an `Importer`.
//! Not here either: pages.
//!
//! Start with [`receive_batch`], then [`Receiver`] and [`listen_mllp`].

mod fault;
mod feed;
mod hl7;
pub mod import;
mod inbox;
mod mllp;
mod rebuild;
mod receiver;
#[cfg(test)]
mod tests;
mod tray;

pub use fault::{
    ClosedHow, Dismissal, Fault, FaultPage, State, dismiss, find_fault, list_faults, open_raw, replay,
    replay_feed,
};
pub use feed::{Feed, FeedRule, FeedState, find_feed, list_feeds};
pub use hl7::{ImportReject, ImportReport, import_hl7};
pub use inbox::{Incoming, Meaning, Meant, Outcome, STREAM, Stored, WorkedOut, receive, receive_batch};
pub use mllp::{MllpLimits, listen_mllp};
pub use rebuild::{BodyVerdict, RebuildReport, rebuild, verify_bodies};
pub use receiver::{Answer, Receiver};
pub use tray::{TRAY_FILE, drain};
