//! What was odd about a message that could be read all the same.

use std::fmt;

/// The three characters a segment starts with, such as `PID`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name([u8; 3]);

impl Name {
    /// The header every message starts with.
    pub const MSH: Name = Name(*b"MSH");

    /// A name from the first three bytes of a line: a capital letter, then capitals or digits.
    pub fn at_start_of(line: &[u8]) -> Option<Name> {
        let name @ [first, second, third] = *line.first_chunk::<3>()?;
        let follows = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        (first.is_ascii_uppercase() && follows(second) && follows(third)).then_some(Name(name))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        // Only ASCII capitals and digits get into a name.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One segment of a message: the third OBX is `OBX` with ordinal 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentRef {
    /// The segment's name.
    pub name: Name,
    /// Its place among the segments of that name, from 1.
    pub ordinal: usize,
}

impl fmt::Display for SegmentRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ordinal == 1 {
            write!(f, "{}", self.name)
        } else {
            write!(f, "{} number {}", self.name, self.ordinal)
        }
    }
}

/// Something odd, where it stands, and what the reader did about it.
///
/// The text shown never holds a value of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Issue {
    /// The segment it is in, or the last one before it.
    pub segment: SegmentRef,
    /// The field it is in, counted as HL7 does.
    pub field: Option<usize>,
    /// Bytes from the start of what was handed to the reader.
    pub position: usize,
    /// What is odd.
    pub kind: IssueKind,
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.field {
            Some(field) => write!(f, "{}, field {field}, byte {}: ", self.segment, self.position)?,
            None => write!(f, "{}, byte {}: ", self.segment, self.position)?,
        }
        write!(f, "{}", self.kind)
    }
}

/// What can be odd about a message that is still one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssueKind {
    /// MSH-2 names fewer than four separators.
    SeparatorsMissing {
        /// How many it names.
        n_given: usize,
    },
    /// MSH-2 names more than five.
    SeparatorsTooMany {
        /// How many it names.
        n_given: usize,
    },
    /// MSH-2 repeats the escape character, as in `^~\\&`.
    EscapeDoubled,
    /// A header field without which nobody can answer or file the message.
    HeaderFieldMissing,
    /// A line that is no segment; it was left out.
    LineLeftOut,
    /// A line feed inside a value of a message whose segments end in carriage returns; it was kept.
    LineBreakInValue,
    /// Blanks in front of a segment's name; they were ignored.
    BlanksBeforeName,
    /// A line that is a segment's name and nothing else; it was kept as a segment.
    NoFields,
    /// A second MSH within one message; it was kept as a segment.
    SecondHeader,
    /// MSH-18 names a character set this reader does not decode.
    CharacterSetUnknown,
    /// Bytes above 127 though MSH-18 promises ASCII or is empty.
    CharacterSetUndeclared,
    /// MSH-18 promises UTF-8 and the bytes are not.
    NotUtf8,
}

impl fmt::Display for IssueKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IssueKind::SeparatorsMissing { n_given } => write!(
                f,
                "the header names {n_given} of 4 separators; the usual ones (^~\\&) were taken for the rest"
            ),
            IssueKind::SeparatorsTooMany { n_given } => {
                write!(f, "the header names {n_given} separators; 4 or 5 are known, the rest was ignored")
            }
            IssueKind::EscapeDoubled => f.write_str("the escape character stands twice and was read once"),
            IssueKind::HeaderFieldMissing => f.write_str("this header field is required and empty"),
            IssueKind::LineLeftOut => {
                f.write_str("a line here does not start with a segment name and was left out")
            }
            IssueKind::LineBreakInValue => f.write_str("a bare line feed was kept as part of the value"),
            IssueKind::BlanksBeforeName => f.write_str("blanks before the segment name were ignored"),
            IssueKind::NoFields => f.write_str("a segment without fields; it may be a line of text"),
            IssueKind::SecondHeader => {
                f.write_str("a second message header; two messages may have been sent as one")
            }
            IssueKind::CharacterSetUnknown => f.write_str(
                "this character set is not decoded; letters outside ASCII may look wrong, the original is kept",
            ),
            IssueKind::CharacterSetUndeclared => f.write_str(
                "letters outside ASCII, but the header (MSH-18) declares none; they were read as UTF-8 where \
                 they are, else as ISO 8859-1",
            ),
            IssueKind::NotUtf8 => {
                f.write_str("the header (MSH-18) declares UTF-8, but this is not; it was read as ISO 8859-1")
            }
        }
    }
}

/// The first issues of a message, and how many there were in all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Issues {
    pub(crate) kept: Vec<Issue>,
    pub(crate) n_seen: usize,
}
