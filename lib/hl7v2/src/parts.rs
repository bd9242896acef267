//! Segments, fields, repetitions and components: views that split when asked.

use std::borrow::Cow;
use std::fmt;

use crate::Name;
use crate::value::{Syntax, Value};

/// One line of a message. Fields are counted as HL7 does: in MSH, field 1 is
/// the field separator itself and field 2 the other separators.
#[derive(Clone, Copy)]
pub struct Segment<'a> {
    pub(crate) raw: &'a [u8],
    pub(crate) position: usize,
    pub(crate) syntax: Syntax,
}

impl<'a> Segment<'a> {
    /// The segment's name, such as `PID`.
    pub fn name(&self) -> &'a str {
        let name = self.raw.get(..3).unwrap_or_default();
        std::str::from_utf8(name).unwrap_or_default()
    }

    /// The whole segment as received, without its line end.
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// Bytes from the start of what was read to the segment's name.
    pub fn position(&self) -> usize {
        self.position
    }

    /// Field `number`, from 1; an empty one if the segment ends before it.
    pub fn field(&self, number: usize) -> Field<'a> {
        if self.is_header() && number <= 2 {
            return self.header_field(number);
        }
        let nth = if self.is_header() { number.saturating_sub(1) } else { number };
        let (start, raw) = match number {
            0 => (0, None),
            _ => piece(self.raw, self.syntax.separators.field, nth),
        };
        Field {
            raw: raw.unwrap_or_default(),
            position: self.position.saturating_add(start),
            syntax: self.syntax,
            is_whole: false,
        }
    }

    /// All fields from field 1 on.
    pub fn fields(&self) -> impl Iterator<Item = Field<'a>> + use<'a> {
        let segment = *self;
        let separator = segment.syntax.separators.field;
        let after_name = segment.raw.get(3..).unwrap_or_default();
        let n_own = if segment.is_header() { 2 } else { 0 };
        let own = (1..=n_own).map(move |number| segment.header_field(number));
        let mut start = segment.position.saturating_add(3);
        let rest = after_name.split(move |&byte| byte == separator).map(move |raw| {
            let field = Field { raw, position: start, syntax: segment.syntax, is_whole: false };
            start = start.saturating_add(raw.len()).saturating_add(1);
            field
        });
        // What stands before the first separator is the name's rest, always empty;
        // in a header the separators themselves come next and are already given.
        own.chain(rest.skip(if n_own == 2 { 2 } else { 1 }))
    }

    fn is_header(&self) -> bool {
        self.raw.starts_with(b"MSH")
    }

    fn header_field(&self, number: usize) -> Field<'a> {
        let after_name = self.raw.get(3..).unwrap_or_default();
        let (offset, raw) = match (number, after_name.split_first()) {
            (1, Some(_)) => (3, after_name.get(..1)),
            (2, Some((separator, rest))) => (4, rest.split(|byte| byte == separator).next()),
            _ => (0, None),
        };
        Field {
            raw: raw.unwrap_or_default(),
            position: self.position.saturating_add(offset),
            syntax: self.syntax,
            is_whole: true,
        }
    }
}

impl fmt::Debug for Segment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Segment({}, {} bytes at {})", self.name(), self.raw.len(), self.position)
    }
}

/// One field, with all its repetitions.
#[derive(Clone, Copy)]
pub struct Field<'a> {
    raw: &'a [u8],
    position: usize,
    syntax: Syntax,
    /// MSH-1 and MSH-2 hold the separators and are never split by them.
    is_whole: bool,
}

impl<'a> Field<'a> {
    pub(crate) fn missing(syntax: Syntax) -> Field<'a> {
        Field { raw: b"", position: 0, syntax, is_whole: false }
    }

    /// The bytes as received.
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// Bytes from the start of what was read.
    pub fn position(&self) -> usize {
        self.position
    }

    /// Whether the sender said nothing here.
    pub fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// Whether the sender wrote `""`: delete what you hold here.
    pub fn is_null(&self) -> bool {
        self.whole().is_null()
    }

    /// The field as one value, its inner separators kept. For fields of plain text.
    pub fn whole(&self) -> Value<'a> {
        Value::new(self.raw, self.syntax)
    }

    /// The repetitions; none for an empty field.
    pub fn repetitions(&self) -> impl Iterator<Item = Repetition<'a>> + use<'a> {
        let field = *self;
        let separator = field.syntax.separators.repetition;
        let n_max = if field.is_empty() { 0 } else { usize::MAX };
        field
            .raw
            .split(move |&byte| !field.is_whole && byte == separator)
            .take(n_max)
            .map(move |raw| field.repetition_of(raw))
    }

    /// The first repetition, empty if the field is.
    pub fn first(&self) -> Repetition<'a> {
        if self.is_whole {
            return self.repetition_of(self.raw);
        }
        let (_, raw) = piece(self.raw, self.syntax.separators.repetition, 0);
        self.repetition_of(raw.unwrap_or_default())
    }

    /// Component `number`, from 1, of the first repetition.
    pub fn component(&self, number: usize) -> Component<'a> {
        self.first().component(number)
    }

    /// The text of the first component of the first repetition.
    pub fn text(&self) -> Cow<'a, str> {
        self.component(1).text()
    }

    fn repetition_of(&self, raw: &'a [u8]) -> Repetition<'a> {
        Repetition { raw, syntax: self.syntax, is_whole: self.is_whole }
    }
}

impl fmt::Debug for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Field({} bytes at {})", self.raw.len(), self.position)
    }
}

/// One repetition of a field, such as one of the identifiers in PID-3.
#[derive(Clone, Copy)]
pub struct Repetition<'a> {
    raw: &'a [u8],
    syntax: Syntax,
    is_whole: bool,
}

impl<'a> Repetition<'a> {
    /// The bytes as received.
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// Whether the sender wrote `""`.
    pub fn is_null(&self) -> bool {
        Value::new(self.raw, self.syntax).is_null()
    }

    /// Component `number`, from 1; empty if there are fewer.
    pub fn component(&self, number: usize) -> Component<'a> {
        let raw = match number.checked_sub(1) {
            None => None,
            Some(0) if self.is_whole => Some(self.raw),
            Some(_) if self.is_whole => None,
            Some(nth) => piece(self.raw, self.syntax.separators.component, nth).1,
        };
        Component { raw: raw.unwrap_or_default(), syntax: self.syntax, is_whole: self.is_whole }
    }

    /// All components; one for a repetition that is not divided.
    pub fn components(&self) -> impl Iterator<Item = Component<'a>> + use<'a> {
        let Repetition { raw, syntax, is_whole } = *self;
        raw.split(move |&byte| !is_whole && byte == syntax.separators.component).map(move |raw| Component {
            raw,
            syntax,
            is_whole,
        })
    }

    /// The text of the first component.
    pub fn text(&self) -> Cow<'a, str> {
        self.component(1).text()
    }
}

impl fmt::Debug for Repetition<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Repetition({} bytes)", self.raw.len())
    }
}

/// One component.
#[derive(Clone, Copy)]
pub struct Component<'a> {
    raw: &'a [u8],
    syntax: Syntax,
    is_whole: bool,
}

impl<'a> Component<'a> {
    /// The bytes as received.
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// Whether the sender wrote `""`.
    pub fn is_null(&self) -> bool {
        Value::new(self.raw, self.syntax).is_null()
    }

    /// Subcomponent `number`, from 1; empty if there are fewer.
    pub fn subcomponent(&self, number: usize) -> Value<'a> {
        let raw = match number.checked_sub(1) {
            None => None,
            Some(0) if self.is_whole => Some(self.raw),
            Some(_) if self.is_whole => None,
            Some(nth) => piece(self.raw, self.syntax.separators.subcomponent, nth).1,
        };
        Value::new(raw.unwrap_or_default(), self.syntax)
    }

    /// All subcomponents; one for a component that is not divided.
    pub fn subcomponents(&self) -> impl Iterator<Item = Value<'a>> + use<'a> {
        let Component { raw, syntax, is_whole } = *self;
        raw.split(move |&byte| !is_whole && byte == syntax.separators.subcomponent)
            .map(move |raw| Value::new(raw, syntax))
    }

    /// The first subcomponent: what a reader who knows of no subcomponents should see.
    pub fn value(&self) -> Value<'a> {
        self.subcomponent(1)
    }

    /// The text of the first subcomponent.
    pub fn text(&self) -> Cow<'a, str> {
        self.value().text()
    }
}

impl fmt::Debug for Component<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Component({} bytes)", self.raw.len())
    }
}

/// The `nth` piece, from 0, between separators, and where it starts.
///
/// A plain loop: pieces are a few bytes long, too short to repay a vector search.
fn piece(bytes: &[u8], separator: u8, nth: usize) -> (usize, Option<&[u8]>) {
    let mut start = 0_usize;
    let mut n_left = nth;
    for (at, &byte) in bytes.iter().enumerate() {
        if byte == separator {
            if n_left == 0 {
                return (start, bytes.get(start..at));
            }
            n_left -= 1;
            start = at + 1;
        }
    }
    match n_left {
        0 => (start, bytes.get(start..)),
        _ => (bytes.len(), None),
    }
}

/// The name a segment starts with, for issues.
pub(crate) fn name_of(raw: &[u8]) -> Name {
    Name::at_start_of(raw).unwrap_or(Name::MSH)
}

#[cfg(test)]
mod tests {
    use crate::read;

    const MESSAGE: &[u8] = b"MSH|^~\\&|APP|FAC\rPID|1||11^^^A&B&C^MR~22^^^D~\"\"|\"\"|Smith^Ann\r\
        OBX|1\rOBX|2\r";

    /// The raw text at `segment field repetition component subcomponent`, counted from 1.
    fn check(segment: &str, path: [usize; 4], wanted: &str) {
        let message = read(MESSAGE).unwrap();
        let [field, repetition, component, subcomponent] = path;
        let found = message
            .field(segment, field)
            .repetitions()
            .nth(repetition - 1)
            .map(|repetition| repetition.component(component).subcomponent(subcomponent));
        let got = found.map_or("none".to_owned(), |value| value.text().into_owned());
        assert_eq!(got, wanted, "{segment} {path:?}");
    }

    #[test]
    fn parts_are_counted_from_one() {
        check("PID", [1, 1, 1, 1], "1");
        check("PID", [3, 1, 1, 1], "11");
        check("PID", [3, 1, 4, 1], "A");
        check("PID", [3, 1, 4, 3], "C");
        check("PID", [3, 1, 5, 1], "MR");
        check("PID", [3, 2, 4, 1], "D");
        check("PID", [5, 1, 2, 1], "Ann");
    }

    #[test]
    fn what_is_not_there_is_empty() {
        check("PID", [0, 1, 1, 1], "none");
        check("PID", [2, 1, 1, 1], "none");
        check("PID", [3, 4, 1, 1], "none");
        check("PID", [3, 1, 0, 1], "");
        check("PID", [3, 1, 6, 1], "");
        check("PID", [3, 1, 4, 0], "");
        check("PID", [3, 1, 4, 4], "");
        check("PID", [99, 1, 1, 1], "none");
        check("PV1", [1, 1, 1, 1], "none");
        check("PIDX", [1, 1, 1, 1], "none");
    }

    #[test]
    fn the_header_counts_its_separators_as_fields() {
        check("MSH", [1, 1, 1, 1], "|");
        check("MSH", [2, 1, 1, 1], r"^~\&");
        check("MSH", [2, 1, 2, 1], "");
        check("MSH", [3, 1, 1, 1], "APP");
        check("MSH", [4, 1, 1, 1], "FAC");
        check("MSH", [5, 1, 1, 1], "none");
    }

    #[test]
    fn a_null_is_told_from_an_empty_field() {
        let message = read(MESSAGE).unwrap();
        let pid = message.segment("PID").unwrap();
        assert!(pid.field(4).is_null() && !pid.field(4).is_empty());
        assert!(!pid.field(2).is_null() && pid.field(2).is_empty());
        assert!(pid.field(3).repetitions().nth(2).unwrap().is_null());
        assert!(pid.field(4).component(1).is_null());
    }

    #[test]
    fn listing_fields_and_asking_for_them_agree() {
        let message = read(MESSAGE).unwrap();
        for segment in message.segments() {
            let n_fields = segment.fields().count();
            for (idx, field) in segment.fields().enumerate() {
                let asked = segment.field(idx + 1);
                assert_eq!((field.raw(), field.position()), (asked.raw(), asked.position()));
                assert!(MESSAGE[field.position()..].starts_with(field.raw()));
            }
            assert!(segment.field(n_fields + 1).is_empty());
        }
        assert_eq!(message.segment("MSH").unwrap().fields().count(), 4);
        assert_eq!(message.segment("PID").unwrap().fields().count(), 5);
    }

    #[test]
    fn segments_of_one_name_come_in_order() {
        let message = read(MESSAGE).unwrap();
        let numbers: Vec<_> = message.all("OBX").map(|segment| segment.field(1).text()).collect();
        assert_eq!(numbers, ["1", "2"]);
        assert_eq!(message.segments().count(), 4);
    }
}
