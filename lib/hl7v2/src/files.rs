//! Files of messages: one or many, bare or in MLLP frames, with or without batch headers.
//!
//! Nothing in a file is passed over in silence: every line belongs to a message,
//! to a batch header or trailer, or to an item that says why it was refused.
//! One pass, no copies.

use std::collections::VecDeque;
use std::fmt;

use crate::message::{END, Limits, Message, START, read_within, skip_before};
use crate::{Name, NotAMessage};

/// Splits a file into messages with the usual [`Limits`] for each.
pub fn messages(bytes: &[u8]) -> Messages<'_> {
    messages_within(bytes, Limits::default())
}

/// Splits a file into messages with limits of your own for each.
pub fn messages_within(bytes: &[u8], limits: Limits) -> Messages<'_> {
    Messages {
        bytes,
        at: 0,
        line: 1,
        limits,
        batch: Batch::default(),
        ready: VecDeque::new(),
        state: State::Fresh,
    }
}

/// One thing found in a file, and where it starts.
#[derive(Clone, Debug)]
pub struct Framed<'a> {
    /// Line of the file, from 1.
    pub line: usize,
    /// Bytes from the start of the file. An issue's own position counts from here.
    pub position: usize,
    /// What it is.
    pub content: Content<'a>,
}

/// What a piece of a file is.
#[derive(Clone, Debug)]
pub enum Content<'a> {
    /// A message; its bytes are [`Message::bytes`].
    Message(Message<'a>),
    /// Something that could not be read as a message.
    Refused {
        /// The bytes in question.
        bytes: &'a [u8],
        /// What is wrong with them.
        why: NotAMessage,
    },
    /// A batch header or trailer that does not fit the messages found.
    Batch(BatchFault),
}

/// How a batch can contradict its own messages: some may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchFault {
    /// BTS-1 states another number of messages than came.
    MessageCount {
        /// What BTS-1 says.
        stated: u64,
        /// How many came, refused ones included.
        found: u64,
    },
    /// FTS-1 states another number of batches than came.
    BatchCount {
        /// What FTS-1 says.
        stated: u64,
        /// How many came.
        found: u64,
    },
    /// BTS-1 or FTS-1 is not a number.
    CountUnreadable {
        /// `BTS` or `FTS`.
        trailer: Name,
    },
    /// BHS or FHS without the trailer that belongs to it.
    NotClosed {
        /// `BHS` or `FHS`.
        header: Name,
    },
}

impl fmt::Display for BatchFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BatchFault::MessageCount { stated, found } => write!(
                f,
                "The batch says it has {stated} messages (BTS-1); {found} came. \
                 Ask the sender whether some are missing."
            ),
            BatchFault::BatchCount { stated, found } => write!(
                f,
                "The file says it has {stated} batches (FTS-1); {found} came. \
                 Ask the sender whether some are missing."
            ),
            BatchFault::CountUnreadable { trailer } => {
                write!(f, "{trailer}-1 should be a count and is not a number, so it could not be checked.")
            }
            BatchFault::NotClosed { header } => write!(
                f,
                "{header} has no trailer that closes it. The file may be cut off; \
                 ask the sender whether messages are missing."
            ),
        }
    }
}

/// Iterator over what a file holds; see [`messages`].
#[derive(Clone, Debug)]
pub struct Messages<'a> {
    bytes: &'a [u8],
    at: usize,
    line: usize,
    limits: Limits,
    batch: Batch,
    ready: VecDeque<Framed<'a>>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing found yet.
    Fresh,
    Running,
    Done,
}

/// Batches as far as they are open.
#[derive(Clone, Debug, Default)]
struct Batch {
    file: Option<Place>,
    batch: Option<Place>,
    n_messages: u64,
    n_batches: u64,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    line: usize,
    position: usize,
}

impl Place {
    fn with(self, content: Content<'_>) -> Framed<'_> {
        Framed { line: self.line, position: self.position, content }
    }
}

impl<'a> Iterator for Messages<'a> {
    type Item = Framed<'a>;

    fn next(&mut self) -> Option<Framed<'a>> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                self.state = State::Running;
                return Some(item);
            }
            let Some(line) = self.line_at(self.at) else {
                return self.end();
            };
            match line.kind() {
                Kind::Blank => self.pass(&line),
                Kind::Batch(name) => {
                    self.take_batch_line(name, &line);
                    self.state = State::Running;
                    self.pass(&line);
                }
                Kind::Message { separator } => return Some(self.take(&line, Some(separator))),
                Kind::Other => return Some(self.take(&line, None)),
            }
        }
    }
}

impl<'a> Messages<'a> {
    fn end(&mut self) -> Option<Framed<'a>> {
        if self.state == State::Fresh {
            self.state = State::Done;
            let why = NotAMessage::Empty;
            return Some(Place { line: 1, position: 0 }.with(Content::Refused { bytes: self.bytes, why }));
        }
        self.state = State::Done;
        if let Some(place) = self.batch.batch.take() {
            return Some(place.with(not_closed(b"BHS")));
        }
        self.batch.file.take().map(|place| place.with(not_closed(b"FHS")))
    }

    /// Takes the lines that belong together: a message's, or those that belong to none.
    fn take(&mut self, first: &Line<'a>, separator: Option<u8>) -> Framed<'a> {
        self.state = State::Running;
        let place = Place { line: self.line, position: first.start + skip_before(first.text) };
        let is_in_cr = first.ending == Ending::Cr;
        let (mut end, mut after) = (first.start + first.text.len(), first.next);
        let mut line_after = self.line + first.ending.n_lines();
        let (mut previous, mut is_after_blank) = (first.ending, false);
        let mut line = line_after;
        while let Some(next) = self.line_at(after).filter(|_| previous != Ending::Frame) {
            let kind = next.kind();
            let is_own = match kind {
                Kind::Blank => {
                    is_after_blank = true;
                    None
                }
                Kind::Message { .. } | Kind::Batch(_) => Some(false),
                Kind::Other if next.text.first() == Some(&START) => Some(false),
                Kind::Other => Some(match separator {
                    None => true,
                    Some(separator) => {
                        !is_after_blank || next.is_segment(separator) || (is_in_cr && previous == Ending::Lf)
                    }
                }),
            };
            if is_own == Some(false) {
                break;
            }
            line += next.ending.n_lines();
            (previous, after) = (next.ending, next.next);
            if is_own == Some(true) {
                (end, line_after, is_after_blank) = (next.start + next.text.len(), line, false);
                self.at = after;
            }
        }
        self.at = self.at.max(first.next).max(end);
        self.finish_take(place, end, line_after)
    }

    fn finish_take(&mut self, place: Place, end: usize, line_after: usize) -> Framed<'a> {
        self.line = line_after;
        let bytes = self.bytes.get(place.position..end).unwrap_or_default();
        if bytes.starts_with(b"MSH") {
            self.batch.n_messages += 1;
        }
        place.with(match read_within(bytes, &self.limits) {
            Ok(message) => Content::Message(message),
            Err(why) => Content::Refused { bytes, why },
        })
    }

    fn take_batch_line(&mut self, name: BatchName, line: &Line<'a>) {
        let start = skip_before(line.text);
        let place = Place { line: self.line, position: line.start + start };
        let text = line.text.get(start..).unwrap_or_default();
        match name {
            BatchName::Fhs => {
                self.batch = Batch { file: Some(place), ..Batch::default() };
            }
            BatchName::Bhs => {
                if let Some(open) = self.batch.batch.replace(place) {
                    self.ready.push_back(open.with(not_closed(b"BHS")));
                }
                self.batch.n_messages = 0;
            }
            BatchName::Bts => {
                let found = std::mem::take(&mut self.batch.n_messages);
                let fault = match stated_count(text) {
                    Stated::Nothing => None,
                    Stated::Unreadable => Some(unreadable(b"BTS")),
                    Stated::Count(stated) if stated == found => None,
                    Stated::Count(stated) => Some(BatchFault::MessageCount { stated, found }),
                };
                self.ready.extend(fault.map(|fault| place.with(Content::Batch(fault))));
                self.batch.batch = None;
                self.batch.n_batches += 1;
            }
            BatchName::Fts => {
                if let Some(open) = self.batch.batch.take() {
                    self.ready.push_back(open.with(not_closed(b"BHS")));
                    self.batch.n_batches += 1;
                }
                let found = std::mem::take(&mut self.batch.n_batches);
                let fault = match stated_count(text) {
                    Stated::Nothing => None,
                    Stated::Unreadable => Some(unreadable(b"FTS")),
                    // Messages without BHS and BTS count as one batch.
                    Stated::Count(stated) if stated == found || (found == 0 && stated == 1) => None,
                    Stated::Count(stated) => Some(BatchFault::BatchCount { stated, found }),
                };
                self.ready.extend(fault.map(|fault| place.with(Content::Batch(fault))));
                self.batch.file = None;
            }
        }
    }

    fn pass(&mut self, line: &Line<'a>) {
        self.at = line.next;
        self.line += line.ending.n_lines();
    }

    fn line_at(&self, start: usize) -> Option<Line<'a>> {
        let rest = self.bytes.get(start..).filter(|rest| !rest.is_empty())?;
        let mut from = 0;
        loop {
            let found = memchr::memchr3(b'\r', b'\n', END, rest.get(from..).unwrap_or_default());
            let at = found.map_or(rest.len(), |at| at + from);
            let (text, after) = rest.split_at_checked(at).unwrap_or((rest, b""));
            let (ending, n_ending) = match after {
                [] => (Ending::None, 0),
                [b'\r', b'\n', ..] => (Ending::CrLf, 2),
                [b'\r', ..] => (Ending::Cr, 1),
                [b'\n', ..] => (Ending::Lf, 1),
                [_, b'\r', b'\n', ..] => (Ending::Frame, 3),
                [_, b'\r' | b'\n', ..] => (Ending::Frame, 2),
                [_] | [_, START, ..] => (Ending::Frame, 1),
                // An FS in the midst of other bytes ends nothing.
                [_, ..] => {
                    from = at + 1;
                    continue;
                }
            };
            return Some(Line { start, text, ending, next: start + at + n_ending });
        }
    }
}

fn not_closed<'a>(header: &[u8; 3]) -> Content<'a> {
    let header = Name::at_start_of(header).unwrap_or(Name::MSH);
    Content::Batch(BatchFault::NotClosed { header })
}

fn unreadable(trailer: &[u8; 3]) -> BatchFault {
    BatchFault::CountUnreadable { trailer: Name::at_start_of(trailer).unwrap_or(Name::MSH) }
}

enum Stated {
    Nothing,
    Unreadable,
    Count(u64),
}

/// The count in field 1 of a trailer, whose separator is the byte after its name.
fn stated_count(text: &[u8]) -> Stated {
    let after_name = text.get(3..).unwrap_or_default();
    let Some((&separator, fields)) = after_name.split_first() else { return Stated::Nothing };
    let count = fields.split(|&byte| byte == separator).next().unwrap_or_default().trim_ascii();
    let digits =
        std::str::from_utf8(count).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    match (count.is_empty(), digits.and_then(|digits| digits.parse().ok())) {
        (true, _) => Stated::Nothing,
        (false, Some(count)) => Stated::Count(count),
        (false, None) => Stated::Unreadable,
    }
}

struct Line<'a> {
    start: usize,
    text: &'a [u8],
    ending: Ending,
    next: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    None,
    Cr,
    Lf,
    CrLf,
    /// MLLP's FS, with the CR that follows it.
    Frame,
}

impl Ending {
    fn n_lines(self) -> usize {
        match self {
            Ending::None => 0,
            Ending::Cr | Ending::Lf | Ending::CrLf | Ending::Frame => 1,
        }
    }
}

enum Kind {
    Blank,
    Message { separator: u8 },
    Batch(BatchName),
    Other,
}

#[derive(Clone, Copy)]
enum BatchName {
    Fhs,
    Bhs,
    Bts,
    Fts,
}

impl Line<'_> {
    fn kind(&self) -> Kind {
        let trimmed = self.text.get(skip_before(self.text)..).unwrap_or_default();
        let next = trimmed.get(3).copied();
        let is_start = next.is_some_and(|byte| byte.is_ascii_punctuation());
        match (trimmed.first_chunk::<3>(), next) {
            (None, _) if trimmed.is_empty() => Kind::Blank,
            (Some(b"MSH"), Some(separator)) if is_start => Kind::Message { separator },
            (Some(b"FHS"), _) if is_start => Kind::Batch(BatchName::Fhs),
            (Some(b"BHS"), _) if is_start => Kind::Batch(BatchName::Bhs),
            (Some(b"BTS"), next) if is_start || next.is_none() => Kind::Batch(BatchName::Bts),
            (Some(b"FTS"), next) if is_start || next.is_none() => Kind::Batch(BatchName::Fts),
            (Some(_) | None, _) => Kind::Other,
        }
    }

    fn is_segment(&self, separator: u8) -> bool {
        let trimmed = self.text.trim_ascii_start();
        Name::at_start_of(trimmed).is_some() && trimmed.get(3).is_none_or(|&next| next == separator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Splits with `/` for CR, `<` and `>` for VT and FS; a line an item.
    fn check(text: &str, wanted: &[&str]) {
        let bytes = text.replace('/', "\r").replace('<', "\x0B").replace('>', "\x1C");
        let got: Vec<String> = messages(bytes.as_bytes())
            .map(|item| {
                let content = match item.content {
                    Content::Message(message) => {
                        let names: Vec<&str> = message.segments().map(|segment| segment.name()).collect();
                        format!("{} {}, {} issues", message.control_id(), names.join(" "), message.n_issues())
                    }
                    Content::Refused { bytes, why } => {
                        let text = why.to_string();
                        let reason = text.split([':', '.']).next().unwrap_or_default();
                        format!("{} bytes refused: {reason}", bytes.len())
                    }
                    Content::Batch(fault) => format!("{fault:?}"),
                };
                format!("{}@{} {content}", item.line, item.position)
            })
            .collect();
        assert_eq!(got, wanted, "{text}");
    }

    const ONE: &str = r"MSH|^~\&|||||||ADT^A01|1";
    const TWO: &str = r"MSH|^~\&|||||||ADT^A02|2";

    #[test]
    fn a_file_may_hold_one_message_or_several() {
        check(&format!("{ONE}/PID|1/"), &["1@0 1 MSH PID, 0 issues"]);
        check(&format!("{ONE}/PID|1/{TWO}/PID|2"), &["1@0 1 MSH PID, 0 issues", "3@31 2 MSH PID, 0 issues"]);
        check(&format!("\u{FEFF}{ONE}\nPID|1\n"), &["1@3 1 MSH PID, 0 issues"]);
        check(&format!("\r\n\r\n{ONE}\r\n{TWO}"), &["3@4 1 MSH, 0 issues", "4@30 2 MSH, 0 issues"]);
    }

    #[test]
    fn blank_lines_between_segments_do_not_end_a_message() {
        check(
            &format!("{ONE}\r\n\r\nPID|1\r\n\r\n\r\n{TWO}\r\n"),
            &["1@0 1 MSH PID, 0 issues", "6@39 2 MSH, 0 issues"],
        );
    }

    #[test]
    fn frames_are_taken_apart() {
        check(&format!("<{ONE}/PID|1/>/<{TWO}/>/"), &["1@1 1 MSH PID, 0 issues", "4@35 2 MSH, 0 issues"]);
        check(&format!("<{ONE}><{TWO}>"), &["1@1 1 MSH, 0 issues", "2@27 2 MSH, 0 issues"]);
        check(
            &format!("<{ONE}>/noise/<{TWO}>/"),
            &[
                "1@1 1 MSH, 0 issues",
                "2@27 5 bytes refused: This is not an HL7 v2 message",
                "3@34 2 MSH, 0 issues",
            ],
        );
    }

    #[test]
    fn text_between_messages_is_its_own_item() {
        check(
            &format!("# first\n{ONE}\nPID|1\n\n# next\n# one\n{TWO}\n"),
            &[
                "1@0 7 bytes refused: This is not an HL7 v2 message",
                "2@8 1 MSH PID, 0 issues",
                "5@40 12 bytes refused: This is not an HL7 v2 message",
                "7@53 2 MSH, 0 issues",
            ],
        );
    }

    #[test]
    fn text_right_after_a_segment_belongs_to_its_message() {
        check(&format!("{ONE}\nPID|1\nodd\n{TWO}"), &["1@0 1 MSH PID, 1 issues", "4@35 2 MSH, 0 issues"]);
        // With CR between segments a bare LF is within a value, also after a blank line.
        check(&format!("{ONE}\rNTE|1||a\n\nb\r{TWO}"), &["1@0 1 MSH NTE, 1 issues", "5@37 2 MSH, 0 issues"]);
    }

    #[test]
    fn other_content_is_one_refused_item() {
        check("", &["1@0 0 bytes refused: There is nothing here"]);
        check(" \n\n", &["1@0 3 bytes refused: There is nothing here"]);
        check("{\n\n  1: 2\n}", &["1@0 11 bytes refused: This is not an HL7 v2 message"]);
        check("PID|1/PV1|1/", &["1@0 11 bytes refused: This is not an HL7 v2 message"]);
        check("MSH|0000|/x", &["1@0 11 bytes refused: The message header cannot be used"]);
    }

    #[test]
    fn batch_counts_are_checked() {
        let batch = |bts: &str, fts: &str| format!("FHS|^~\\&/BHS|^~\\&/{ONE}/{TWO}/BTS|{bts}/FTS|{fts}/");
        let (one, two) = ("3@18 1 MSH, 0 issues", "4@43 2 MSH, 0 issues");
        check(&batch("2", "1"), &[one, two]);
        check(&batch("", ""), &[one, two]);
        check(&batch("3", "1"), &[one, two, "5@68 MessageCount { stated: 3, found: 2 }"]);
        check(&batch("1|late", "1"), &[one, two, "5@68 MessageCount { stated: 1, found: 2 }"]);
        check(&batch("two", "1"), &[one, two, "5@68 CountUnreadable { trailer: BTS }"]);
        check(&batch("2", "2"), &[one, two, "6@74 BatchCount { stated: 2, found: 1 }"]);
    }

    #[test]
    fn a_batch_without_its_trailer_may_be_cut_off() {
        check(
            &format!("FHS|^~\\&/BHS|^~\\&/{ONE}/"),
            &["3@18 1 MSH, 0 issues", "2@9 NotClosed { header: BHS }", "1@0 NotClosed { header: FHS }"],
        );
        check(
            &format!("BHS|^~\\&/{ONE}/BHS|^~\\&/{TWO}/BTS|1/"),
            &["2@9 1 MSH, 0 issues", "1@0 NotClosed { header: BHS }", "4@43 2 MSH, 0 issues"],
        );
        check(&format!("{ONE}/BTS|1/FTS|1"), &["1@0 1 MSH, 0 issues"]);
    }

    #[test]
    fn batch_faults_say_what_to_do() {
        let stated = BatchFault::MessageCount { stated: 3, found: 2 };
        assert_eq!(
            stated.to_string(),
            "The batch says it has 3 messages (BTS-1); 2 came. Ask the sender whether some are missing."
        );
    }
}
