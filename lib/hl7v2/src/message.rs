//! A message as an index of its segments over the received bytes.
//!
//! Sketch: 900 bytes and 8 segments a message. One vector search finds the line
//! ends, one pass over MSH checks the header, one pass tells whether all is
//! ASCII; one allocation for the index. Well under a microsecond.

use std::borrow::Cow;
use std::fmt;

use crate::issue::{Issue, IssueKind, Issues, SegmentRef};
use crate::not_a_message::Opening;
use crate::parts::{Field, Segment, name_of};
use crate::value::{Decoding, Syntax, Value};
use crate::{Name, NotAMessage, Separators};

/// How much a reader takes before it refuses or stops noting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest message. Never more than 4 GiB, whatever is set.
    pub bytes_max: usize,
    /// Most segments of one message.
    pub segments_max: usize,
    /// Most issues kept; further ones are counted only.
    pub issues_max: usize,
}

impl Default for Limits {
    /// 16 MiB, 100,000 segments, 100 issues.
    fn default() -> Limits {
        Limits { bytes_max: 16 << 20, segments_max: 100_000, issues_max: 100 }
    }
}

/// Reads one message with the usual [`Limits`].
///
/// Line ends may be CR, LF or CRLF; a byte-order mark, blank lines and MLLP
/// framing around the message are skipped. Bytes with several messages belong
/// to [`crate::files::messages`].
pub fn read(bytes: &[u8]) -> Result<Message<'_>, NotAMessage> {
    read_within(bytes, &Limits::default())
}

/// Reads one message with limits of your own.
pub fn read_within<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Message<'a>, NotAMessage> {
    let bytes_max = limits.bytes_max.min(u32::MAX as usize);
    if bytes.len() > bytes_max {
        return Err(NotAMessage::TooLarge { n_bytes: bytes.len(), bytes_max });
    }
    let header = Header::find(bytes)?;
    let mut reader = Reader {
        spans: Vec::with_capacity((bytes.len() / 80 + 4).min(64)),
        issues: Issues::default(),
        issues_max: limits.issues_max,
        is_open: false,
        header,
        bytes,
    };
    reader.take_header();
    reader.index(limits.segments_max)?;
    let decoding = reader.check_characters();
    let syntax = Syntax { separators: header.separators, decoding };
    reader.issues.kept.sort_by_key(|issue| issue.position);
    Ok(Message { bytes, spans: reader.spans, syntax, issues: reader.issues })
}

/// Reads the MSH segment alone, whatever the size of the rest: for answering
/// a message that is refused unread.
pub fn read_header(bytes: &[u8]) -> Result<Message<'_>, NotAMessage> {
    let header = Header::find(bytes)?;
    let end = header.end.min(bytes.len());
    read(bytes.get(..end).unwrap_or_default())
}

/// A message that borrows the bytes it was read from.
#[derive(Clone)]
pub struct Message<'a> {
    bytes: &'a [u8],
    spans: Vec<Span>,
    syntax: Syntax,
    issues: Issues,
}

/// Where a segment lies. Limits keep messages below 4 GiB, so 32 bits do.
#[derive(Clone, Copy)]
struct Span {
    start: u32,
    end: u32,
}

impl Span {
    fn new(start: usize, end: usize) -> Span {
        let short = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span { start: short(start), end: short(end) }
    }

    fn of(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

impl<'a> Message<'a> {
    /// The separators its header names.
    pub fn separators(&self) -> Separators {
        self.syntax.separators
    }

    /// What was handed to the reader, with any framing.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// What was odd, in the order of the bytes; at most [`Limits::issues_max`].
    pub fn issues(&self) -> &[Issue] {
        &self.issues.kept
    }

    /// How many issues there were, kept or not.
    pub fn n_issues(&self) -> usize {
        self.issues.n_seen
    }

    /// All segments in order, MSH first.
    pub fn segments(&self) -> impl Iterator<Item = Segment<'a>> + '_ {
        self.spans.iter().map(|span| self.segment_at(*span))
    }

    /// The first segment of this name.
    pub fn segment(&self, name: &str) -> Option<Segment<'a>> {
        self.all(name).next()
    }

    /// All segments of this name, in order.
    pub fn all(&self, name: &str) -> impl Iterator<Item = Segment<'a>> {
        let wanted = name.as_bytes().first_chunk::<3>().filter(|_| name.len() == 3).copied();
        self.spans
            .iter()
            .filter(move |span| wanted.as_ref() == span.of(self.bytes).first_chunk::<3>())
            .map(|span| self.segment_at(*span))
    }

    /// A field of the first segment of this name; empty if there is none.
    pub fn field(&self, segment: &str, number: usize) -> Field<'a> {
        match self.segment(segment) {
            Some(segment) => segment.field(number),
            None => Field::missing(self.syntax),
        }
    }

    /// The value of a component (its first subcomponent) of the first repetition of
    /// a field of the first segment of this name; empty if any of them is missing.
    pub fn get(&self, segment: &str, field: usize, component: usize) -> Value<'a> {
        self.field(segment, field).component(component).value()
    }

    /// The place of a field, for an issue of the caller's own.
    pub fn issue(&self, segment: &Segment<'_>, field: Option<usize>, kind: IssueKind) -> Issue {
        let position = match field {
            Some(number) => segment.field(number).position(),
            None => segment.position(),
        };
        Issue { segment: reference(self.bytes, &self.spans, segment.position()), field, position, kind }
    }

    /// MSH-10: the sender's number for this message.
    pub fn control_id(&self) -> Cow<'a, str> {
        self.get("MSH", 10, 1).text()
    }

    /// MSH-9.1: the kind of message, such as `ADT`.
    pub fn message_type(&self) -> Cow<'a, str> {
        self.get("MSH", 9, 1).text()
    }

    /// MSH-9.2, or EVN-1 where older senders put it: the event, such as `A01`.
    pub fn event(&self) -> Cow<'a, str> {
        match self.get("MSH", 9, 2) {
            named if !named.is_empty() => named.text(),
            _ => self.get("EVN", 1, 1).text(),
        }
    }

    /// MSH-3.
    pub fn sending_application(&self) -> Cow<'a, str> {
        self.get("MSH", 3, 1).text()
    }

    /// MSH-4.
    pub fn sending_facility(&self) -> Cow<'a, str> {
        self.get("MSH", 4, 1).text()
    }

    /// MSH-12: the version of the standard, such as `2.5.1`.
    pub fn version(&self) -> Cow<'a, str> {
        self.get("MSH", 12, 1).text()
    }

    /// MSH-18: the character set the header declares, empty if none.
    pub fn charset(&self) -> Cow<'a, str> {
        self.field("MSH", 18).text()
    }

    fn segment_at(&self, span: Span) -> Segment<'a> {
        Segment { raw: span.of(self.bytes), position: span.start as usize, syntax: self.syntax }
    }
}

impl fmt::Debug for Message<'_> {
    /// Sizes only: the content must not reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({} bytes, {} segments)", self.bytes.len(), self.spans.len())
    }
}

fn reference(bytes: &[u8], spans: &[Span], position: usize) -> SegmentRef {
    let upto = spans.iter().take_while(|span| span.start as usize <= position);
    let name = upto.clone().last().map_or(Name::MSH, |span| name_of(span.of(bytes)));
    let ordinal = upto.filter(|span| name_of(span.of(bytes)) == name).count().max(1);
    SegmentRef { name, ordinal }
}

/// The MSH line and what it says of the rest.
#[derive(Clone, Copy)]
struct Header {
    start: usize,
    end: usize,
    separators: Separators,
    mended: Option<IssueKind>,
    /// Segments end in CR alone, so that a bare LF is part of a value.
    ends_in_cr: bool,
}

impl Header {
    fn find(bytes: &[u8]) -> Result<Header, NotAMessage> {
        let start = skip_before(bytes);
        let rest = bytes.get(start..).unwrap_or_default();
        if rest.is_empty() {
            return Err(NotAMessage::Empty);
        }
        let Some(after_name) = rest.strip_prefix(b"MSH") else {
            return Err(NotAMessage::NoHeader { starts_with: Opening::of(rest) });
        };
        let line_end = memchr::memchr2(b'\r', b'\n', after_name).unwrap_or(after_name.len());
        let (line, after_line) = after_name.split_at_checked(line_end).unwrap_or((after_name, b""));
        let Some((&field, after_field)) = line.split_first() else {
            return Err(NotAMessage::HeaderTooShort { n_bytes: 3 });
        };
        let encoding = after_field.split(|&byte| byte == field).next().unwrap_or_default();
        let (separators, mended) = Separators::from_header(field, without_framing(encoding))?;
        if after_field.is_empty() {
            return Err(NotAMessage::HeaderTooShort { n_bytes: 4 });
        }
        let ends_in_cr = after_line.first() == Some(&b'\r') && after_line.get(1) != Some(&b'\n');
        Ok(Header { start, end: start + 3 + line_end, separators, mended, ends_in_cr })
    }
}

/// Length of what may stand before a message: a byte-order mark, blanks, MLLP's first byte.
pub(crate) fn skip_before(bytes: &[u8]) -> usize {
    const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
    let mut rest = bytes;
    loop {
        rest = match rest {
            [b' ' | b'\t' | b'\r' | b'\n' | START | END, after @ ..] => after,
            _ => match rest.strip_prefix(BYTE_ORDER_MARK) {
                Some(after) => after,
                None => return bytes.len() - rest.len(),
            },
        }
    }
}

/// MLLP's start of a block (VT).
pub(crate) const START: u8 = 0x0B;
/// MLLP's end of a block (FS), followed by a CR.
pub(crate) const END: u8 = 0x1C;
/// What old editors put at the end of a file.
const DOS_END_OF_FILE: u8 = 0x1A;

fn without_framing(line: &[u8]) -> &[u8] {
    line.strip_suffix(&[END]).unwrap_or(line)
}

/// A message half read.
struct Reader<'a> {
    bytes: &'a [u8],
    header: Header,
    spans: Vec<Span>,
    issues: Issues,
    issues_max: usize,
    /// Only line feeds so far since the last segment.
    is_open: bool,
}

impl Reader<'_> {
    /// The header's own span, and one pass over it for the required fields.
    fn take_header(&mut self) {
        let Header { start, end, separators, mended, .. } = self.header;
        let header = without_framing(self.bytes.get(start..end).unwrap_or_default());
        self.spans.push(Span::new(start, start + header.len()));
        if let Some(kind) = mended {
            self.note(Some(2), start + 4, kind);
        }
        let mut position = start;
        // Piece 0 is the name and piece 1 is MSH-2, so piece n is MSH-(n+1).
        let mut n_pieces = 0_usize;
        for piece in header.split(|&byte| byte == separators.field).take(10) {
            let number = n_pieces + 1;
            if matches!(number, 9 | 10) && piece.is_empty() {
                self.note(Some(number), position, IssueKind::HeaderFieldMissing);
            }
            position += piece.len() + 1;
            n_pieces += 1;
        }
        for number in [9, 10] {
            if n_pieces < number {
                self.note(Some(number), start + header.len(), IssueKind::HeaderFieldMissing);
            }
        }
    }

    /// Finds the other segments, one line after another.
    fn index(&mut self, segments_max: usize) -> Result<(), NotAMessage> {
        let bytes = self.bytes;
        let offset = self.header.end;
        let mut start = offset;
        let line_ends = memchr::memchr2_iter(b'\r', b'\n', bytes.get(offset..).unwrap_or_default())
            .map(|at| at + offset)
            .chain([bytes.len()]);
        for end in line_ends {
            if end > start {
                self.take_line(start, end);
            }
            if bytes.get(end) == Some(&b'\r') {
                self.is_open = false;
            }
            if self.spans.len() > segments_max {
                return Err(NotAMessage::TooManySegments { segments_max });
            }
            start = end + 1;
        }
        Ok(())
    }

    fn take_line(&mut self, start: usize, end: usize) {
        let line = without_framing(self.bytes.get(start..end).unwrap_or_default());
        if line.len() > 3 && self.is_segment(line) {
            self.take_segment(start, start + line.len());
        } else if !line.is_empty() {
            self.take_odd_line(start, line);
        }
    }

    fn is_segment(&self, line: &[u8]) -> bool {
        Name::at_start_of(line).is_some()
            && line.get(3).is_none_or(|&next| next == self.header.separators.field)
    }

    fn take_segment(&mut self, start: usize, end: usize) {
        self.spans.push(Span::new(start, end));
        self.is_open = true;
        if self.spans.len() > 1 && self.bytes.get(start..).is_some_and(|from| from.starts_with(b"MSH")) {
            self.note(None, start, IssueKind::SecondHeader);
        }
    }

    #[cold]
    fn take_odd_line(&mut self, start: usize, line: &[u8]) {
        let end = start + line.len();
        let n_blanks = skip_before(line);
        let trimmed = line.get(n_blanks..).unwrap_or_default();
        let is_continued = self.header.ends_in_cr && self.is_open;
        if trimmed.is_empty() || matches!(trimmed, [DOS_END_OF_FILE]) {
            // Blank lines mean nothing.
        } else if self.is_segment(trimmed) && !(is_continued && trimmed.len() == 3) {
            self.take_segment(start + n_blanks, end);
            if n_blanks > 0 {
                self.note(None, start + n_blanks, IssueKind::BlanksBeforeName);
            }
            if trimmed.len() == 3 {
                self.note(None, start + n_blanks, IssueKind::NoFields);
            }
        } else if is_continued {
            if let Some(last) = self.spans.last_mut() {
                last.end = Span::new(start, end).end;
            }
            self.note(None, start, IssueKind::LineBreakInValue);
        } else {
            self.note(None, start, IssueKind::LineLeftOut);
        }
    }

    /// Tells how letters outside ASCII are written, and notes where that is a guess.
    fn check_characters(&mut self) -> Decoding {
        let (declared, is_followed) = self.declared_characters();
        if !is_followed {
            let position = self.header_field(18).map_or(self.header.end, |field| field.position());
            self.note(Some(18), position, IssueKind::CharacterSetUnknown);
        }
        if self.bytes.is_ascii() {
            return Decoding::Utf8;
        }
        self.check_letters(declared)
    }

    #[cold]
    fn check_letters(&mut self, declared: Declared) -> Decoding {
        match declared {
            Declared::Latin1 | Declared::Unknown => Decoding::Latin1,
            Declared::Utf8 => {
                if let Err(fault) = std::str::from_utf8(self.bytes) {
                    self.note_in_field(fault.valid_up_to(), IssueKind::NotUtf8);
                }
                Decoding::Utf8
            }
            Declared::Ascii => {
                let body = self.bytes.get(self.header.start..).unwrap_or_default();
                if let Some(at) = body.iter().position(|byte| !byte.is_ascii()) {
                    self.note_in_field(self.header.start + at, IssueKind::CharacterSetUndeclared);
                }
                Decoding::Utf8
            }
        }
    }

    /// MSH-18. Its first repetition is the message's own set; more than one means that
    /// the set changes within the text (HL7 2.5, 2.9.2), which is not followed here.
    fn declared_characters(&self) -> (Declared, bool) {
        let Some(field) = self.header_field(18) else { return (Declared::Ascii, true) };
        let first = field.text();
        let is = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(first.trim_ascii()));
        let declared = if is(&["", "ASCII", "US-ASCII"]) {
            Declared::Ascii
        } else if is(&["UNICODE UTF-8", "UNICODE", "UTF-8", "UTF8"]) {
            Declared::Utf8
        } else if is(&["8859/1", "ISO-8859-1", "ISO8859-1", "ISO 8859-1", "ISO IR100"]) {
            Declared::Latin1
        } else {
            Declared::Unknown
        };
        (declared, declared != Declared::Unknown && field.repetitions().count() <= 1)
    }

    fn header_field(&self, number: usize) -> Option<Field<'_>> {
        let span = self.spans.first()?;
        let syntax = Syntax { separators: self.header.separators, decoding: Decoding::Latin1 };
        Some(Segment { raw: span.of(self.bytes), position: self.header.start, syntax }.field(number))
    }

    fn note_in_field(&mut self, position: usize, kind: IssueKind) {
        let last = self.spans.iter().take_while(|span| span.start as usize <= position).last();
        let field = last.and_then(|span| {
            let before = self.bytes.get(span.start as usize..position)?;
            let n_before = before.iter().filter(|&&byte| byte == self.header.separators.field).count();
            Some(if before.starts_with(b"MSH") { n_before + 1 } else { n_before })
        });
        self.note(field, position, kind);
    }

    fn note(&mut self, field: Option<usize>, position: usize, kind: IssueKind) {
        self.issues.n_seen += 1;
        if self.issues.kept.len() < self.issues_max {
            let segment = reference(self.bytes, &self.spans, position);
            self.issues.kept.push(Issue { segment, field, position, kind });
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Declared {
    Ascii,
    Utf8,
    Latin1,
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads with `/` for CR and shows the segments' names, then the issues.
    fn check(text: &str, wanted: &str) {
        let bytes = text.replace('/', "\r");
        assert_eq!(described(bytes.as_bytes()), wanted, "{text}");
    }

    fn described(bytes: &[u8]) -> String {
        match read(bytes) {
            Ok(message) => {
                let names: Vec<&str> = message.segments().map(|segment| segment.name()).collect();
                let issues: Vec<String> = message
                    .issues()
                    .iter()
                    .map(|issue| {
                        format!("{} {:?} @{} {:?}", issue.segment, issue.field, issue.position, issue.kind)
                    })
                    .collect();
                format!("{}: {}", names.join(" "), issues.join("; ")).trim_end().to_owned()
            }
            Err(why) => why.to_string(),
        }
    }

    const HEADER: &str = r"MSH|^~\&|A|B|C|D|2026||ADT^A01|7|P|2.5";

    #[test]
    fn segments_may_end_in_cr_lf_or_both() {
        for line_end in ["\r", "\n", "\r\n", "\n\n", "\r\n\r\n"] {
            let text = format!("{HEADER}{line_end}EVN|A01{line_end}PID|1{line_end}");
            assert_eq!(described(text.as_bytes()), "MSH EVN PID:", "{line_end:?}");
            assert_eq!(described(text.trim_end().as_bytes()), "MSH EVN PID:", "{line_end:?}");
        }
    }

    #[test]
    fn what_stands_around_a_message_is_skipped() {
        check(&format!("\u{FEFF}{HEADER}/PID|1/"), "MSH PID:");
        check(&format!("/ /\t{HEADER}/PID|1/"), "MSH PID:");
        check(&format!("\x0B{HEADER}/PID|1/\x1C/"), "MSH PID:");
        check(&format!("\x0B{HEADER}/PID|1\x1C/"), "MSH PID:");
        check(&format!("{HEADER}\x1C/"), "MSH:");
        check(&format!("{HEADER}/PID|1/\x1A"), "MSH PID:");
    }

    #[test]
    fn lines_that_are_no_segments_are_left_out_and_noted() {
        check(&format!("{HEADER}/hello|1/PID|1/"), "MSH PID: MSH None @39 LineLeftOut");
        check(&format!("{HEADER}/PID|1/PIDX|1/"), "MSH PID: PID None @45 LineLeftOut");
        check(&format!("{HEADER}/OBX|1/OBX|2/??/"), "MSH OBX OBX: OBX number 2 None @51 LineLeftOut");
        check(&format!("{HEADER}/ PID|1/"), "MSH PID: PID None @40 BlanksBeforeName");
        check(&format!("{HEADER}/ZZZ/"), "MSH ZZZ: ZZZ None @39 NoFields");
    }

    #[test]
    fn a_bare_line_feed_within_carriage_returns_is_part_of_the_value() {
        let text = format!("{HEADER}\rOBX|1|TX|||one\nYES\ntwo|F\rPID|1\r");
        assert_eq!(
            described(text.as_bytes()),
            "MSH OBX PID: OBX None @54 LineBreakInValue; OBX None @58 LineBreakInValue"
        );
        let message = read(text.as_bytes()).unwrap();
        assert_eq!(message.get("OBX", 5, 1).text(), "one\nYES\ntwo");
        assert_eq!(message.get("OBX", 6, 1).text(), "F");
    }

    #[test]
    fn a_value_never_holds_a_carriage_return() {
        check(
            &format!("{HEADER}//\nodd/OBX|1\n/\nodd/"),
            "MSH OBX: MSH None @41 LineLeftOut; OBX None @53 LineLeftOut",
        );
        check(&format!("{HEADER}/OBX|1\n\nodd/"), "MSH OBX: OBX None @46 LineBreakInValue");
    }

    #[test]
    fn a_second_header_is_noted() {
        check(
            &format!("{HEADER}/PID|1/{HEADER}/PID|2/"),
            "MSH PID MSH PID: MSH number 2 None @45 SecondHeader",
        );
    }

    #[test]
    fn a_header_without_type_or_number_is_noted() {
        check(
            r"MSH|^~\&|A|B/PID|1/",
            "MSH PID: MSH Some(9) @12 HeaderFieldMissing; MSH Some(10) @12 HeaderFieldMissing",
        );
        check(r"MSH|^~\&|||||||7/", "MSH: MSH Some(10) @16 HeaderFieldMissing");
        check("MSH|^|||||||ADT|7/", "MSH: MSH Some(2) @4 SeparatorsMissing { n_given: 1 }");
    }

    #[test]
    fn what_is_no_message_says_why() {
        let usual = "with vertical bars between the fields.";
        check("", "There is nothing here. Ask the sender to send it again.");
        check(" / /", "There is nothing here. Ask the sender to send it again.");
        check(
            "PID|1|Secret",
            "This is not an HL7 v2 message: it starts with the segment PID, not with MSH. \
             Its beginning is missing; ask the sender for the whole message.",
        );
        check(
            "FHS|x",
            "This is not an HL7 v2 message: it starts with the segment FHS, not with MSH. \
             It is part of a batch file; import the whole file.",
        );
        check(
            "<?xml?>",
            &format!(
                "This is not an HL7 v2 message: it starts with XML, not with MSH. \
                 Send HL7 v2 in its usual form, {usual}"
            ),
        );
        check(
            "Smith, John",
            &format!(
                "This is not an HL7 v2 message: it starts with other text, not with MSH. \
                 Send HL7 v2 in its usual form, {usual}"
            ),
        );
        check(
            "MSH",
            "The message header ends after 3 bytes, before its separators. \
             The message was probably cut off; ask the sender to send it again.",
        );
        check(
            "MSH|",
            "The message header ends after 4 bytes, before its separators. \
             The message was probably cut off; ask the sender to send it again.",
        );
        check(
            "MSH|SMITH|",
            "The message header cannot be used: the component separator (MSH-2, first) is a letter or digit. \
             Ask the sender to set the usual separators, |^~\\&.",
        );
    }

    #[test]
    fn limits_hold_on_both_sides() {
        let text = format!("{HEADER}\rPID|1\r");
        let bytes = text.as_bytes();
        let within = |bytes_max, segments_max| {
            read_within(bytes, &Limits { bytes_max, segments_max, issues_max: 100 })
                .map(|message| message.bytes().len())
        };
        let n_bytes = bytes.len();
        assert_eq!(within(n_bytes, 2), Ok(n_bytes));
        assert_eq!(within(n_bytes - 1, 2), Err(NotAMessage::TooLarge { n_bytes, bytes_max: n_bytes - 1 }));
        assert_eq!(within(n_bytes, 1), Err(NotAMessage::TooManySegments { segments_max: 1 }));
    }

    #[test]
    fn issues_beyond_the_limit_are_counted_only() {
        let text = format!("{HEADER}\r{}", "?\r".repeat(101));
        let message = read(text.as_bytes()).unwrap();
        assert_eq!((message.issues().len(), message.n_issues()), (100, 101));
    }

    fn check_characters(declared: &str, name: &[u8], wanted: &str, issue: Option<IssueKind>) {
        let mut bytes = format!("{HEADER}||||||{declared}\rPID|1||||").into_bytes();
        bytes.extend_from_slice(name);
        let message = read(&bytes).unwrap();
        assert_eq!(message.get("PID", 5, 1).text(), wanted, "{declared}");
        assert_eq!(message.issues().first().map(|issue| issue.kind), issue, "{declared}");
        assert_eq!(message.get("PID", 5, 1).raw(), name);
    }

    #[test]
    fn character_sets_are_decoded_or_flagged() {
        use IssueKind::{CharacterSetUndeclared, CharacterSetUnknown, NotUtf8};
        check_characters("", b"Jose", "Jose", None);
        check_characters("ASCII", b"Jose", "Jose", None);
        check_characters("8859/1", b"Jos\xE9", "José", None);
        check_characters("UNICODE UTF-8", "José".as_bytes(), "José", None);
        check_characters("unicode utf-8", "José".as_bytes(), "José", None);
        check_characters("UNICODE UTF-8", b"Jos\xE9", "José", Some(NotUtf8));
        check_characters("", b"Jos\xE9", "José", Some(CharacterSetUndeclared));
        check_characters("ASCII", "José".as_bytes(), "José", Some(CharacterSetUndeclared));
        check_characters("8859/15", b"\xA4", "\u{A4}", Some(CharacterSetUnknown));
        check_characters("ISO IR87", b"Jose", "Jose", Some(CharacterSetUnknown));
        check_characters("UNICODE UTF-8~8859/1", "José".as_bytes(), "José", Some(CharacterSetUnknown));
    }

    #[test]
    fn an_odd_letter_is_noted_where_it_stands() {
        let bytes = [HEADER.as_bytes(), b"\rOBX|1\rOBX|2|x|\xE9"].concat();
        assert_eq!(described(&bytes), "MSH OBX OBX: OBX number 2 Some(3) @53 CharacterSetUndeclared");
    }

    #[test]
    fn the_event_comes_from_the_header_or_else_from_evn() {
        let event = |text: &str| read(text.replace('/', "\r").as_bytes()).unwrap().event().into_owned();
        assert_eq!(event(r"MSH|^~\&|||||||ADT^A01|7/EVN|A08"), "A01");
        assert_eq!(event(r"MSH|^~\&|||||||ADT|7/EVN|A08"), "A08");
        assert_eq!(event(r"MSH|^~\&|||||||ADT|7/"), "");
    }

    #[test]
    fn what_is_shown_for_debugging_holds_no_content() {
        let text = format!("{HEADER}\rPID|1||Secret\r");
        let message = read(text.as_bytes()).unwrap();
        let shown = format!("{message:?} {:?} {:?}", message.segment("PID"), message.field("PID", 3));
        assert_eq!(
            shown,
            "Message(53 bytes, 2 segments) Some(Segment(PID, 13 bytes at 39)) Field(6 bytes at 46)"
        );
    }
}
