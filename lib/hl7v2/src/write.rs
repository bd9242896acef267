//! Writing a message, with every value escaped.
//!
//! What is written here and read again gives the same values; always in UTF-8,
//! which the header then declares.

use std::fmt;

use crate::parts::{Field, Segment};
use crate::value::{NULL, escape_into};
use crate::{Name, Separators};

/// Highest field number that can be written; the widest segment of the standard has 65 fields.
const FIELDS_MAX: usize = 1_000;
/// MSH-18.
const CHARACTER_SET: usize = 18;

/// A message in the making, one segment after another, MSH first.
///
/// A fault, such as a bad segment name, is kept until [`Builder::finish`] tells it.
#[derive(Clone)]
pub struct Builder {
    separators: Separators,
    /// MSH from field 1 on; written last, when it is known whether UTF-8 must be declared.
    header: Vec<Vec<u8>>,
    body: Vec<u8>,
    name: Option<Name>,
    /// The segment in the making, from field 1 on.
    fields: Vec<Vec<u8>>,
    fault: Option<CannotWrite>,
}

impl Builder {
    /// An empty message with these separators.
    pub fn new(separators: Separators) -> Builder {
        Builder {
            separators,
            header: Vec::new(),
            body: Vec::new(),
            name: None,
            fields: Vec::new(),
            fault: None,
        }
    }

    /// Begins a segment; what was set before belongs to the one before.
    pub fn segment(&mut self, name: &str) -> &mut Builder {
        self.close_segment();
        let is_first = self.name.is_none();
        match Name::at_start_of(name.as_bytes()).filter(|_| name.len() == 3) {
            None => self.fail(CannotWrite::SegmentName { position: self.body.len() }),
            Some(name) if is_first != (name == Name::MSH) => self.fail(CannotWrite::HeaderNotFirst),
            Some(name) => self.name = Some(name),
        }
        self
    }

    /// Sets a field to one plain value.
    pub fn field(&mut self, number: usize, text: &str) -> &mut Builder {
        self.compose(number, |value| {
            value.text(text);
        })
    }

    /// Sets a field to components, such as `&["ADT", "A01"]`.
    pub fn components(&mut self, number: usize, texts: &[&str]) -> &mut Builder {
        self.compose(number, |value| {
            for (idx, text) in texts.iter().enumerate() {
                if idx > 0 {
                    value.component();
                }
                value.text(text);
            }
        })
    }

    /// Sets a field to `""`: the receiver is to delete what it holds.
    pub fn null(&mut self, number: usize) -> &mut Builder {
        self.compose(number, |value| {
            value.null();
        })
    }

    /// Sets a field of any inner structure.
    pub fn compose(&mut self, number: usize, write: impl FnOnce(&mut Composer<'_>)) -> &mut Builder {
        let separators = self.separators;
        if let Some(field) = self.field_to_write(number) {
            field.clear();
            write(&mut Composer { field, separators });
            while field.last() == Some(&separators.component) {
                field.pop();
            }
        }
        self
    }

    /// Sets a field to what was read elsewhere, with its structure, whatever
    /// separators and character set it came in.
    pub fn copy_field(&mut self, number: usize, field: &Field<'_>) -> &mut Builder {
        self.compose(number, |value| {
            for (idx, repetition) in field.repetitions().enumerate() {
                if idx > 0 {
                    value.repetition();
                }
                for (idx, component) in repetition.components().enumerate() {
                    if idx > 0 {
                        value.component();
                    }
                    for (idx, part) in component.subcomponents().enumerate() {
                        if idx > 0 {
                            value.subcomponent();
                        }
                        value.copy(&part);
                    }
                }
            }
        })
    }

    /// Appends a whole segment that was read elsewhere.
    pub fn copy(&mut self, segment: &Segment<'_>) -> &mut Builder {
        let n_own = if segment.name() == "MSH" { 2 } else { 0 };
        self.segment(segment.name());
        for (idx, field) in segment.fields().enumerate().skip(n_own) {
            if !field.is_empty() {
                self.copy_field(idx + 1, &field);
            }
        }
        self
    }

    /// The message's bytes, every segment ending in CR.
    pub fn finish(mut self) -> Result<Vec<u8>, CannotWrite> {
        self.close_segment();
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        if self.name.is_none() {
            return Err(CannotWrite::NoHeader);
        }
        let is_plain = self.body.is_ascii() && self.header.iter().all(|field| field.is_ascii());
        if !is_plain {
            if self.header.len() < CHARACTER_SET {
                self.header.resize(CHARACTER_SET, Vec::new());
            }
            if let Some(declared) = self.header.get_mut(CHARACTER_SET - 1) {
                declared.clear();
                escape_into("UNICODE UTF-8", self.separators, declared);
            }
        }
        let mut message = b"MSH".to_vec();
        message.push(self.separators.field);
        message.extend(self.separators.encoding());
        for field in self.header.iter().skip(2) {
            message.push(self.separators.field);
            message.extend_from_slice(field);
        }
        message.push(b'\r');
        message.extend_from_slice(&self.body);
        Ok(message)
    }

    fn field_to_write(&mut self, number: usize) -> Option<&mut Vec<u8>> {
        let least = if self.name == Some(Name::MSH) { 3 } else { 1 };
        if self.name.is_none() || self.fault.is_some() {
            self.fail(CannotWrite::NoHeader);
            return None;
        }
        if !(least..=FIELDS_MAX).contains(&number) {
            self.fail(CannotWrite::FieldNumber { number, least, most: FIELDS_MAX });
            return None;
        }
        if self.fields.len() < number {
            self.fields.resize(number, Vec::new());
        }
        self.fields.get_mut(number - 1)
    }

    fn close_segment(&mut self) {
        let Some(name) = self.name else { return };
        while self.fields.last().is_some_and(Vec::is_empty) {
            self.fields.pop();
        }
        if name == Name::MSH {
            self.header = std::mem::take(&mut self.fields);
            return;
        }
        self.body.extend_from_slice(name.as_str().as_bytes());
        for field in self.fields.drain(..) {
            self.body.push(self.separators.field);
            self.body.extend_from_slice(&field);
        }
        self.body.push(b'\r');
    }

    fn fail(&mut self, fault: CannotWrite) {
        self.fault.get_or_insert(fault);
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Builder({} bytes)", self.body.len())
    }
}

/// Writes the inside of one field, from left to right.
pub struct Composer<'b> {
    field: &'b mut Vec<u8>,
    separators: Separators,
}

impl Composer<'_> {
    /// Appends a value, escaped.
    pub fn text(&mut self, text: &str) -> &mut Self {
        escape_into(text, self.separators, self.field);
        self
    }

    /// Appends `""`.
    pub fn null(&mut self) -> &mut Self {
        self.field.extend_from_slice(NULL);
        self
    }

    /// Begins the next component.
    pub fn component(&mut self) -> &mut Self {
        self.field.push(self.separators.component);
        self
    }

    /// Begins the next subcomponent.
    pub fn subcomponent(&mut self) -> &mut Self {
        self.field.push(self.separators.subcomponent);
        self
    }

    /// Begins the next repetition.
    pub fn repetition(&mut self) -> &mut Self {
        self.field.push(self.separators.repetition);
        self
    }

    fn copy(&mut self, part: &crate::Value<'_>) {
        let is_plain = part.raw().iter().all(|byte| byte.is_ascii() && !byte.is_ascii_control());
        if part.is_null() {
            self.null();
        } else if is_plain && part.separators() == self.separators {
            self.field.extend_from_slice(part.raw());
        } else {
            self.text(&part.text());
        }
    }
}

/// Why a message cannot be written. Faults of the program, not of its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CannotWrite {
    /// The first segment was not begun, or a field was set before it.
    NoHeader,
    /// Some other segment came before MSH, or MSH came twice.
    HeaderNotFirst,
    /// A name that is not a capital letter and two capitals or digits.
    SegmentName {
        /// How many bytes stood before it.
        position: usize,
    },
    /// A field number that cannot be set.
    FieldNumber {
        /// The number asked for.
        number: usize,
        /// The least: 3 in MSH, whose first two are its separators.
        least: usize,
        /// The most.
        most: usize,
    },
}

impl fmt::Display for CannotWrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CannotWrite::NoHeader => f.write_str("a message starts with an MSH segment; none was begun"),
            CannotWrite::HeaderNotFirst => f.write_str("MSH must be the first segment and the only one"),
            CannotWrite::SegmentName { position } => write!(
                f,
                "the segment begun after {position} bytes needs a name of three capitals or digits, such as PV1"
            ),
            CannotWrite::FieldNumber { number, least, most } => {
                write!(f, "field {number} cannot be set; fields go from {least} to {most}")
            }
        }
    }
}

impl std::error::Error for CannotWrite {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read;

    fn written(build: impl FnOnce(&mut Builder)) -> String {
        let mut builder = Builder::new(Separators::default());
        build(&mut builder);
        match builder.finish() {
            Ok(bytes) => String::from_utf8(bytes).unwrap().replace('\r', "/"),
            Err(fault) => fault.to_string(),
        }
    }

    #[test]
    fn fields_stand_where_their_number_says() {
        let got = written(|b| {
            b.segment("MSH").field(10, "7").components(9, &["ADT", "A01"]).field(3, "HW");
            b.segment("PV1").field(2, "I").components(3, &["4W", "12", "A", ""]).null(7).field(9, "");
            b.segment("ZZZ");
        });
        assert_eq!(got, r#"MSH|^~\&|HW||||||ADT^A01|7/PV1||I|4W^12^A||||""/ZZZ/"#);
    }

    #[test]
    fn values_are_escaped() {
        let got = written(|b| {
            b.segment("MSH").field(3, r"a|b^c&d~e\f");
            b.segment("NTE").field(3, "one\r\ntwo").field(4, "\"\"");
        });
        assert_eq!(got, r"MSH|^~\&|a\F\b\S\c\T\d\R\e\E\f/NTE|||one\X0D\\X0A\two|\X2222\/");
    }

    #[test]
    fn any_inner_structure_can_be_composed() {
        let got = written(|b| {
            b.segment("MSH");
            b.segment("PID").compose(3, |id| {
                id.text("1").component().component().component().text("A").subcomponent().text("B");
                id.repetition().null();
            });
        });
        assert_eq!(got, "MSH|^~\\&/PID|||1^^^A&B~\"\"/");
    }

    #[test]
    fn letters_outside_ascii_are_declared() {
        let got = written(|b| {
            b.segment("MSH").field(10, "1");
            b.segment("PID").field(5, "José");
        });
        assert_eq!(got, r"MSH|^~\&||||||||1||||||||UNICODE UTF-8/PID|||||José/");
    }

    #[test]
    fn a_fault_is_told_at_the_end() {
        assert_eq!(written(|_| {}), "a message starts with an MSH segment; none was begun");
        let got = written(|b| {
            b.field(1, "x");
        });
        assert_eq!(got, "a message starts with an MSH segment; none was begun");
        let got = written(|b| {
            b.segment("PID");
        });
        assert_eq!(got, "MSH must be the first segment and the only one");
        let got = written(|b| {
            b.segment("MSH").field(2, "x");
        });
        assert_eq!(got, "field 2 cannot be set; fields go from 3 to 1000");
        let got = written(|b| {
            b.segment("MSH").segment("pid");
        });
        assert!(got.starts_with("the segment begun after 0 bytes needs a name"), "{got}");
    }

    #[test]
    fn an_escape_left_open_stays_open_when_copied() {
        let message = read(b"MSH|^~\\&|||||||ADT|7\rNTE|1||\\H\\a\\\0|b\\").unwrap();
        let got = written(|b| {
            for segment in message.segments() {
                b.copy(&segment);
            }
        });
        let again = got.replace('/', "\r");
        let again = read(again.as_bytes()).unwrap();
        assert_eq!(again.get("NTE", 3, 1).text(), "\\H\\a\\\0");
        assert_eq!(again.get("NTE", 4, 1).text(), "b\\");
    }

    #[test]
    fn segments_are_copied_across_separators_and_character_sets() {
        let bytes = b"MSH^~|\\&^HW^^^^^^ADT~A01^7^P^2.4^^^^^^8859/1\rPID^^^1~~~A&B|2^^^Jos\xE9\\F\\x\r";
        let message = read(bytes).unwrap();
        let got = written(|b| {
            for segment in message.segments() {
                b.copy(&segment);
            }
        });
        let header = r"MSH|^~\&|HW||||||ADT^A01|7|P|2.4||||||UNICODE UTF-8/";
        assert_eq!(got, format!(r"{header}PID|||1^^^A&B~2|||José\S\x/"));
    }
}
