//! Reading, writing and acknowledging HL7 v2 messages, and MLLP framing.

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

pub use ack::{Ack, AckCode, Condition, Location, ack, ack_unreadable};
pub use dtm::{BadDtm, Dtm, DtmPart, Precision};
pub use issue::{Issue, IssueKind, Name, SegmentRef};
pub use message::{Limits, Message, read, read_header, read_within};
pub use not_a_message::{NotAMessage, Opening};
pub use parts::{Component, Field, Repetition, Segment};
pub use separators::{Separator, SeparatorFault, Separators};
pub use value::Value;
pub use write::{Builder, CannotWrite, Composer};
