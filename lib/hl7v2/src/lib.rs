//! Reading, writing and acknowledging HL7 v2 messages, and MLLP framing.
//!
//! A message is an index over the bytes that came in; fields are split when
//! asked for, and values borrow. What is odd about a message is listed beside
//! it as [`Issue`]s; only bytes without a usable header are [`NotAMessage`].
//!
//! This is no validator: it does not know which segments or fields an event
//! must have. It does no I/O, reads no clock, and never shows content in an
//! error or a debug text, so that both are fit for logs.
//!
//! Start at [`read`] for one message, [`files::messages`] for a file and
//! [`mllp::Decoder`] for a connection; answer with [`ack`] and write with
//! [`Builder`]. The README walks through one message.

mod ack;
mod dtm;
pub mod files;
mod issue;
mod message;
pub mod mllp;
mod not_a_message;
mod parts;
mod separators;
mod value;
mod write;

#[cfg(test)]
mod properties;

pub use ack::{Ack, AckCode, Condition, Location, ack, ack_unreadable};
pub use dtm::{BadDtm, Dtm, DtmPart, Precision};
pub use issue::{Issue, IssueKind, Name, SegmentRef};
pub use message::{Limits, Message, read, read_header, read_within};
pub use not_a_message::{NotAMessage, Opening};
pub use parts::{Component, Field, Repetition, Segment};
pub use separators::{Separator, SeparatorFault, Separators};
pub use value::Value;
pub use write::{Builder, CannotWrite, Composer};

/// The README's example, kept true by running it.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
