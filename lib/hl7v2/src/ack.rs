//! Acknowledgments: what to answer a sender (original mode, HL7 2.5 section 2.9.2).

use jiff::Timestamp;

use crate::Separators;
use crate::issue::{Issue, SegmentRef};
use crate::message::{Message, read_header};
use crate::value::escape_into;

/// The three answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AckCode {
    /// Accepted: the message is stored and the sender may forget it.
    Aa,
    /// Error: the message is understood and cannot be taken; sending it again will not help.
    Ae,
    /// Rejected: not understood, or not now.
    Ar,
}

impl AckCode {
    /// As written in MSA-1.
    pub fn as_str(self) -> &'static str {
        match self {
            AckCode::Aa => "AA",
            AckCode::Ae => "AE",
            AckCode::Ar => "AR",
        }
    }
}

/// HL7 table 0357: what kind of error ERR-3 tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Segments missing or in the wrong order.
    SegmentSequence,
    /// A required field is empty.
    RequiredFieldMissing,
    /// A value that is not of its type.
    DataType,
    /// A code that is not in its table.
    TableValueNotFound,
    /// A message type this receiver does not take.
    UnsupportedMessageType,
    /// An event this receiver does not take.
    UnsupportedEvent,
    /// A processing id (production, training) this receiver does not take.
    UnsupportedProcessingId,
    /// A version this receiver does not take.
    UnsupportedVersion,
    /// A patient, visit or order that is not known here.
    UnknownKey,
    /// A number that is already in use.
    DuplicateKey,
    /// Something is locked; try again.
    RecordLocked,
    /// Anything else.
    Internal,
}

impl Condition {
    fn code_and_text(self) -> (&'static str, &'static str) {
        match self {
            Condition::SegmentSequence => ("100", "Segment sequence error"),
            Condition::RequiredFieldMissing => ("101", "Required field missing"),
            Condition::DataType => ("102", "Data type error"),
            Condition::TableValueNotFound => ("103", "Table value not found"),
            Condition::UnsupportedMessageType => ("200", "Unsupported message type"),
            Condition::UnsupportedEvent => ("201", "Unsupported event code"),
            Condition::UnsupportedProcessingId => ("202", "Unsupported processing id"),
            Condition::UnsupportedVersion => ("203", "Unsupported version id"),
            Condition::UnknownKey => ("204", "Unknown key identifier"),
            Condition::DuplicateKey => ("205", "Duplicate key identifier"),
            Condition::RecordLocked => ("206", "Application record locked"),
            Condition::Internal => ("207", "Application error"),
        }
    }
}

/// Where in the message the error is, for ERR-2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location {
    /// The segment.
    pub segment: SegmentRef,
    /// The field, from 1.
    pub field: Option<usize>,
    /// The component of its first repetition, from 1.
    pub component: Option<usize>,
}

impl From<&Issue> for Location {
    fn from(issue: &Issue) -> Location {
        Location { segment: issue.segment, field: issue.field, component: None }
    }
}

/// An answer with all that can be told.
#[derive(Clone, Copy, Debug)]
pub struct Ack<'t> {
    /// Whether the message was taken.
    pub code: AckCode,
    /// A sentence for the people on the other side; empty if there is nothing to say.
    pub text: &'t str,
    /// The kind of error, told unless the answer is AA.
    pub condition: Condition,
    /// Where the error is.
    pub location: Option<Location>,
    /// When the answer is given.
    pub at: Timestamp,
    /// The answer's own number, for its MSH-10.
    pub control_id: &'t str,
}

/// Answers a message; for errors without a known place. See [`Ack`] for the rest.
pub fn ack(message: &Message<'_>, code: AckCode, text: &str, at: Timestamp, control_id: &str) -> Vec<u8> {
    Ack { code, text, condition: Condition::Internal, location: None, at, control_id }.write(message)
}

/// Rejects bytes that are no message. As much of the header as can be read is answered.
pub fn ack_unreadable(bytes: &[u8], text: &str, at: Timestamp, control_id: &str) -> Vec<u8> {
    let condition = Condition::SegmentSequence;
    let ack = Ack { code: AckCode::Ar, text, condition, location: None, at, control_id };
    match read_header(bytes) {
        Ok(header) => ack.write(&header),
        Err(_) => ack.write_for(&Asked::nobody()),
    }
}

impl Ack<'_> {
    /// The answer to this message, in its separators and character set.
    pub fn write(&self, message: &Message<'_>) -> Vec<u8> {
        self.write_for(&Asked::of(message))
    }

    fn write_for(&self, asked: &Asked<'_>) -> Vec<u8> {
        let mut out =
            Out { bytes: Vec::with_capacity(256), separators: asked.separators, is_utf8: asked.is_utf8 };
        self.write_header(asked, &mut out);
        out.segment(b"MSA");
        out.text_field(self.code.as_str());
        out.field(asked.control_id);
        if !self.text.is_empty() {
            out.text_field(self.text);
        }
        out.end();
        let tells_error = match self.code {
            AckCode::Aa => false,
            AckCode::Ae | AckCode::Ar => asked.version() >= (2, 5, 0),
        };
        if tells_error {
            self.write_error(&mut out);
        }
        out.bytes
    }

    fn write_header(&self, asked: &Asked<'_>, out: &mut Out) {
        out.segment(b"MSH");
        let encoding = asked.separators.encoding();
        out.field(&encoding);
        for echoed in [asked.receiving_application, asked.receiving_facility] {
            out.field(echoed);
        }
        for echoed in [asked.sending_application, asked.sending_facility] {
            out.field(echoed);
        }
        out.text_field(&self.at.strftime("%Y%m%d%H%M%S+0000").to_string());
        out.field(b"");
        out.text_field("ACK");
        // MSH-9.2 came with 2.3 and MSH-9.3 with 2.3.1.
        if asked.version() >= (2, 3, 0) && !asked.event.is_empty() {
            out.component(asked.event);
            if asked.version() >= (2, 3, 1) {
                out.text_component("ACK");
            }
        }
        out.text_field(self.control_id);
        out.echo_or(asked.processing, "P");
        out.echo_or(asked.version, "2.5");
        if !asked.charset.is_empty() {
            for _ in 13..18 {
                out.field(b"");
            }
            out.field(asked.charset);
        }
        out.end();
    }

    /// ERR as of 2.5: location, code, severity, and the sentence for the user in ERR-8.
    fn write_error(&self, out: &mut Out) {
        out.segment(b"ERR");
        out.field(b"");
        out.field(b"");
        if let Some(location) = self.location {
            out.raw(location.segment.name.as_str().as_bytes());
            out.text_component(&location.segment.ordinal.to_string());
            if let Some(field) = location.field {
                out.text_component(&field.to_string());
                if let Some(component) = location.component {
                    out.text_component("1");
                    out.text_component(&component.to_string());
                }
            }
        }
        let (code, text) = self.condition.code_and_text();
        out.text_field(code);
        out.text_component(text);
        out.text_component("HL70357");
        out.text_field("E");
        if !self.text.is_empty() {
            for _ in 5..8 {
                out.field(b"");
            }
            out.text_field(self.text);
        }
        out.end();
    }
}

/// What an answer takes over from the question, as received.
struct Asked<'a> {
    separators: Separators,
    sending_application: &'a [u8],
    sending_facility: &'a [u8],
    receiving_application: &'a [u8],
    receiving_facility: &'a [u8],
    event: &'a [u8],
    control_id: &'a [u8],
    processing: &'a [u8],
    version: &'a [u8],
    charset: &'a [u8],
    is_utf8: bool,
}

impl<'a> Asked<'a> {
    fn of(message: &Message<'a>) -> Asked<'a> {
        let field = |number| message.field("MSH", number).raw();
        let charset = message.charset().to_ascii_uppercase();
        Asked {
            separators: message.separators(),
            sending_application: field(3),
            sending_facility: field(4),
            receiving_application: field(5),
            receiving_facility: field(6),
            event: message.get("MSH", 9, 2).raw(),
            control_id: field(10),
            processing: field(11),
            version: field(12),
            charset: field(18),
            is_utf8: charset.starts_with("UNICODE") || charset.starts_with("UTF"),
        }
    }

    fn nobody() -> Asked<'static> {
        Asked {
            separators: Separators::default(),
            sending_application: b"",
            sending_facility: b"",
            receiving_application: b"",
            receiving_facility: b"",
            event: b"",
            control_id: b"",
            processing: b"",
            version: b"",
            charset: b"",
            is_utf8: false,
        }
    }

    /// MSH-12.1 as numbers; an unreadable one counts as 2.5, the version then answered.
    fn version(&self) -> (u32, u32, u32) {
        let first = self.version.split(|&byte| byte == self.separators.component).next().unwrap_or_default();
        let text = std::str::from_utf8(first).unwrap_or_default().trim();
        let mut parts = text.split('.').map(str::parse::<u32>);
        match (parts.next(), parts.next(), parts.next()) {
            (Some(Ok(major)), Some(Ok(minor)), patch) => {
                (major, minor, patch.and_then(Result::ok).unwrap_or_default())
            }
            (_, _, _) => (2, 5, 0),
        }
    }
}

struct Out {
    bytes: Vec<u8>,
    separators: Separators,
    is_utf8: bool,
}

impl Out {
    fn segment(&mut self, name: &[u8; 3]) {
        self.raw(name);
    }

    fn field(&mut self, bytes: &[u8]) {
        self.bytes.push(self.separators.field);
        self.raw(bytes);
    }

    fn component(&mut self, bytes: &[u8]) {
        self.bytes.push(self.separators.component);
        self.raw(bytes);
    }

    fn text_field(&mut self, text: &str) {
        self.bytes.push(self.separators.field);
        self.text(text);
    }

    fn text_component(&mut self, text: &str) {
        self.bytes.push(self.separators.component);
        self.text(text);
    }

    fn echo_or(&mut self, received: &[u8], usual: &str) {
        match received {
            b"" => self.text_field(usual),
            _ => self.field(received),
        }
    }

    /// Text of our own, escaped, since any punctuation may be a separator.
    /// Letters the sender's character set may lack become question marks.
    fn text(&mut self, text: &str) {
        if self.is_utf8 || text.is_ascii() {
            escape_into(text, self.separators, &mut self.bytes);
        } else {
            let plain: String = text.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect();
            escape_into(&plain, self.separators, &mut self.bytes);
        }
    }

    fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    fn end(&mut self) {
        self.bytes.push(b'\r');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Name, read};

    fn at() -> Timestamp {
        "2026-10-31T21:45:07Z".parse().unwrap()
    }

    fn shown(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).unwrap().replace('\r', "/")
    }

    fn check(header: &str, code: AckCode, text: &str, wanted: &str) {
        let message = read(header.as_bytes()).unwrap();
        assert_eq!(shown(ack(&message, code, text, at(), "H1")), wanted);
    }

    #[test]
    fn sender_and_receiver_change_places() {
        check(
            r"MSH|^~\&|ADT|RIV|HW|LAKE|2026||ADT^A01^ADT_A01|77|T|2.5.1",
            AckCode::Aa,
            "",
            r"MSH|^~\&|HW|LAKE|ADT|RIV|20261031214507+0000||ACK^A01^ACK|H1|T|2.5.1/MSA|AA|77/",
        );
    }

    #[test]
    fn the_question_is_echoed_as_received() {
        check(
            r"MSH^~|\&#^A\S\B~1^^^^^^ADT~A08^7\T\7^P^2.7^^^^^^UNICODE UTF-8",
            AckCode::Aa,
            "né #1",
            "MSH^~|\\&#^^^A\\S\\B~1^^20261031214507+0000^^ACK~A08~ACK^H1^P^2.7^^^^^^UNICODE UTF-8/MSA^AA^7\\T\\7^né \\P\\1/",
        );
    }

    #[test]
    fn errors_are_told_in_err_from_version_2_5_on() {
        check(
            r"MSH|^~\&|ADT|RIV|||2026||ADT^A01|77|P|2.4",
            AckCode::Ae,
            "No bed | 4W",
            r"MSH|^~\&|||ADT|RIV|20261031214507+0000||ACK^A01^ACK|H1|P|2.4/MSA|AE|77|No bed \F\ 4W/",
        );
        check(
            r"MSH|^~\&|ADT|RIV|||2026||ADT^A01|77|P|2.5",
            AckCode::Ar,
            "",
            r"MSH|^~\&|||ADT|RIV|20261031214507+0000||ACK^A01^ACK|H1|P|2.5/MSA|AR|77/ERR|||207^Application error^HL70357|E/",
        );
    }

    #[test]
    fn words_of_our_own_are_escaped_where_a_separator_is_part_of_them() {
        check(
            r"MSH|+.\&|||||||ADT+A01|7",
            AckCode::Aa,
            "",
            r"MSH|+.\&|||||20261031214507\S\0000||ACK+A01+ACK|H1|P|2\R\5/MSA|AA|7/",
        );
    }

    #[test]
    fn the_place_of_an_error_is_told() {
        let message = read(br"MSH|^~\&|||||||ADT^A01|77|P|2.5").unwrap();
        let name = Name::at_start_of(b"PV1").unwrap();
        let segment = SegmentRef { name, ordinal: 1 };
        let ack = Ack {
            code: AckCode::Ae,
            text: "PV1-3 is empty.",
            condition: Condition::RequiredFieldMissing,
            location: Some(Location { segment, field: Some(3), component: Some(1) }),
            at: at(),
            control_id: "H1",
        };
        let error = shown(ack.write(&message)).split('/').nth(2).unwrap().to_owned();
        assert_eq!(error, "ERR||PV1^1^3^1^1|101^Required field missing^HL70357|E||||PV1-3 is empty.");
    }

    #[test]
    fn old_versions_get_the_message_type_they_know() {
        for (version, wanted) in
            [("2.1", "ACK"), ("2.2", "ACK"), ("2.3", "ACK^A01"), ("2.3.1", "ACK^A01^ACK")]
        {
            let header = format!(r"MSH|^~\&|||||||ADT^A01|7|P|{version}");
            let bytes = ack(&read(header.as_bytes()).unwrap(), AckCode::Aa, "", at(), "H1");
            assert_eq!(String::from_utf8_lossy(read(&bytes).unwrap().field("MSH", 9).raw()), wanted);
        }
    }

    #[test]
    fn letters_the_sender_may_not_know_become_question_marks() {
        check(
            r"MSH|^~\&|||||||ADT^A01|7|P|2.4",
            AckCode::Ar,
            "né",
            r"MSH|^~\&|||||20261031214507+0000||ACK^A01^ACK|H1|P|2.4/MSA|AR|7|n?/",
        );
    }

    #[test]
    fn bytes_that_are_no_message_are_rejected() {
        assert_eq!(
            shown(ack_unreadable(b"GET / HTTP/1.1", "Not HL7", at(), "H1")),
            r"MSH|^~\&|||||20261031214507+0000||ACK|H1|P|2.5/MSA|AR||Not HL7/ERR|||100^Segment sequence error^HL70357|E||||Not HL7/"
        );
    }

    #[test]
    fn a_message_refused_for_its_size_is_still_answered_by_its_number() {
        let mut bytes = br"MSH|^~\&|ADT|RIV|||||ADT^A01|77|P|2.3".to_vec();
        bytes.push(b'\r');
        bytes.resize(17 << 20, b'x');
        assert_eq!(
            shown(ack_unreadable(&bytes, "Too large", at(), "H1")),
            r"MSH|^~\&|||ADT|RIV|20261031214507+0000||ACK^A01|H1|P|2.3/MSA|AR|77|Too large/"
        );
    }
}
