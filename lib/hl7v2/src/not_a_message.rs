//! Why some bytes are no HL7 v2 message.

use std::fmt;

use crate::{Name, Separator, SeparatorFault};

/// Why some bytes are no HL7 v2 message.
///
/// The texts say what is wrong and what to do, and never show what the bytes
/// hold beyond a segment's name: they are fit for logs and for any reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAMessage {
    /// Nothing, or blanks only.
    Empty,
    /// The first line is not an MSH segment.
    NoHeader {
        /// What it is instead.
        starts_with: Opening,
    },
    /// MSH without its separators.
    HeaderTooShort {
        /// Length of the header line.
        n_bytes: usize,
    },
    /// MSH-1 or MSH-2 cannot divide a message.
    BadSeparators {
        /// The first separator that cannot stand.
        which: Separator,
        /// What is wrong with it.
        fault: SeparatorFault,
    },
    /// Longer than the limit.
    TooLarge {
        /// Its length.
        n_bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// More segments than the limit.
    TooManySegments {
        /// The limit.
        segments_max: usize,
    },
}

impl fmt::Display for NotAMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotAMessage::Empty => f.write_str("There is nothing here. Ask the sender to send it again."),
            NotAMessage::NoHeader { starts_with } => write!(
                f,
                "This is not an HL7 v2 message: it starts with {starts_with}, not with MSH. {}",
                starts_with.next_step()
            ),
            NotAMessage::HeaderTooShort { n_bytes } => write!(
                f,
                "The message header ends after {n_bytes} bytes, before its separators. \
                 The message was probably cut off; ask the sender to send it again."
            ),
            NotAMessage::BadSeparators { which, fault } => write!(
                f,
                "The message header cannot be used: the {which} {fault}. \
                 Ask the sender to set the usual separators, |^~\\&."
            ),
            NotAMessage::TooLarge { n_bytes, bytes_max } => write!(
                f,
                "The message has {n_bytes} bytes; the limit is {bytes_max}. \
                 Ask the sender to leave out embedded documents, or raise the limit of this feed."
            ),
            NotAMessage::TooManySegments { segments_max } => write!(
                f,
                "The message has more than {segments_max} segments, which is the limit. \
                 Ask the sender to split it."
            ),
        }
    }
}

impl std::error::Error for NotAMessage {}

/// What stands where MSH should; only as much as may be shown to anyone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// Another segment.
    Segment(Name),
    /// A tag or an XML declaration.
    Xml,
    /// A brace or bracket, as JSON has.
    Json,
    /// The byte-order mark of UTF-16, which HL7 v2 feeds do not use.
    Utf16,
    /// Other text.
    Text,
    /// Control characters or other bytes that are no text.
    Binary,
}

impl Opening {
    /// What these bytes seem to be, told from their first few.
    pub(crate) fn of(bytes: &[u8]) -> Opening {
        match bytes {
            [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] => Opening::Utf16,
            [b'<', ..] => Opening::Xml,
            [b'{' | b'[', ..] => Opening::Json,
            [first, ..] if first.is_ascii_control() => Opening::Binary,
            _ => match (Name::at_start_of(bytes), bytes.get(3)) {
                (Some(name), Some(b'|')) => Opening::Segment(name),
                (Some(_) | None, _) => Opening::Text,
            },
        }
    }

    fn next_step(self) -> &'static str {
        match self {
            Opening::Segment(name) if matches!(name.as_str(), "FHS" | "BHS" | "BTS" | "FTS") => {
                "It is part of a batch file; import the whole file."
            }
            Opening::Segment(_) => "Its beginning is missing; ask the sender for the whole message.",
            Opening::Xml | Opening::Json | Opening::Text | Opening::Binary => {
                "Send HL7 v2 in its usual form, with vertical bars between the fields."
            }
            Opening::Utf16 => "Save or send it as UTF-8.",
        }
    }
}

impl fmt::Display for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Opening::Segment(name) => write!(f, "the segment {name}"),
            Opening::Xml => f.write_str("XML"),
            Opening::Json => f.write_str("JSON"),
            Opening::Utf16 => f.write_str("UTF-16 text"),
            Opening::Text => f.write_str("other text"),
            Opening::Binary => f.write_str("bytes that are no text"),
        }
    }
}
