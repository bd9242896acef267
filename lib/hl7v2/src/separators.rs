//! The five or six bytes a message names for itself in MSH-1 and MSH-2.

use std::fmt;

use crate::{IssueKind, NotAMessage};

/// The bytes that divide one message, as its own header names them.
///
/// All are ASCII punctuation and no two are alike; [`Separators::new`] and the
/// reader both see to that, so that splitting never cuts a UTF-8 character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Separators {
    pub(crate) field: u8,
    pub(crate) component: u8,
    pub(crate) repetition: u8,
    pub(crate) escape: u8,
    pub(crate) subcomponent: u8,
    pub(crate) truncation: Option<u8>,
}

impl Default for Separators {
    /// `|^~\&` without a truncation character: what nearly every sender uses.
    fn default() -> Separators {
        Separators {
            field: b'|',
            component: b'^',
            repetition: b'~',
            escape: b'\\',
            subcomponent: b'&',
            truncation: None,
        }
    }
}

impl Separators {
    /// Separators from MSH-1 and the bytes of MSH-2, which must be four or five.
    pub fn new(field: u8, encoding: &[u8]) -> Result<Separators, NotAMessage> {
        let (found, _) = Separators::from_header(field, encoding)?;
        Ok(found)
    }

    /// MSH-1: what stands between two fields.
    pub fn field(self) -> u8 {
        self.field
    }

    /// What stands between two components of a field.
    pub fn component(self) -> u8 {
        self.component
    }

    /// What stands between two repetitions of a field.
    pub fn repetition(self) -> u8 {
        self.repetition
    }

    /// What opens and closes an escape sequence.
    pub fn escape(self) -> u8 {
        self.escape
    }

    /// What stands between two subcomponents of a component.
    pub fn subcomponent(self) -> u8 {
        self.subcomponent
    }

    /// The mark of a cut-short value (HL7 2.7 and later), when the header declares one.
    pub fn truncation(self) -> Option<u8> {
        self.truncation
    }

    /// MSH-2 as a writer must spell it.
    pub fn encoding(self) -> Vec<u8> {
        let mut bytes = vec![self.component, self.repetition, self.escape, self.subcomponent];
        bytes.extend(self.truncation);
        bytes
    }

    /// Reads MSH-2. What is missing at its end takes the usual byte, and the
    /// second value tells what had to be mended.
    pub(crate) fn from_header(
        field: u8,
        encoding: &[u8],
    ) -> Result<(Separators, Option<IssueKind>), NotAMessage> {
        let usual = Separators { field, ..Separators::default() };
        let (found, mended) = match *encoding {
            [] => (usual, Some(IssueKind::SeparatorsMissing { n_given: 0 })),
            [component] => (Separators { component, ..usual }, missing(1)),
            [component, repetition] => (Separators { component, repetition, ..usual }, missing(2)),
            [component, repetition, escape] => {
                (Separators { component, repetition, escape, ..usual }, missing(3))
            }
            [component, repetition, escape, subcomponent] => {
                (Separators { component, repetition, escape, subcomponent, ..usual }, None)
            }
            // `^~\\&`: a program took MSH-2 for text of its own and doubled the backslash.
            [component, repetition, escape, again, subcomponent] if escape == again => (
                Separators { component, repetition, escape, subcomponent, ..usual },
                Some(IssueKind::EscapeDoubled),
            ),
            [component, repetition, escape, subcomponent, truncation] => {
                let truncation = Some(truncation);
                (Separators { field, component, repetition, escape, subcomponent, truncation }, None)
            }
            [component, repetition, escape, subcomponent, truncation, ..] => (
                Separators {
                    field,
                    component,
                    repetition,
                    escape,
                    subcomponent,
                    truncation: Some(truncation),
                },
                Some(IssueKind::SeparatorsTooMany { n_given: encoding.len() }),
            ),
        };
        found.check()?;
        Ok((found, mended))
    }

    fn check(self) -> Result<(), NotAMessage> {
        let named = [
            (Separator::Field, Some(self.field)),
            (Separator::Component, Some(self.component)),
            (Separator::Repetition, Some(self.repetition)),
            (Separator::Escape, Some(self.escape)),
            (Separator::Subcomponent, Some(self.subcomponent)),
            (Separator::Truncation, self.truncation),
        ];
        for (idx, &(which, byte)) in named.iter().enumerate() {
            let Some(byte) = byte else { continue };
            if !byte.is_ascii_punctuation() {
                return Err(NotAMessage::BadSeparators { which, fault: SeparatorFault::of(byte) });
            }
            if let Some(&(other, _)) = named.iter().take(idx).find(|(_, earlier)| *earlier == Some(byte)) {
                return Err(NotAMessage::BadSeparators { which, fault: SeparatorFault::SameAs(other) });
            }
        }
        Ok(())
    }
}

fn missing(n_given: usize) -> Option<IssueKind> {
    Some(IssueKind::SeparatorsMissing { n_given })
}

/// Which of the separators is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separator {
    /// MSH-1.
    Field,
    /// First byte of MSH-2.
    Component,
    /// Second byte of MSH-2.
    Repetition,
    /// Third byte of MSH-2.
    Escape,
    /// Fourth byte of MSH-2.
    Subcomponent,
    /// Fifth byte of MSH-2.
    Truncation,
}

impl fmt::Display for Separator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Separator::Field => "field separator (MSH-1)",
            Separator::Component => "component separator (MSH-2, first)",
            Separator::Repetition => "repetition separator (MSH-2, second)",
            Separator::Escape => "escape character (MSH-2, third)",
            Separator::Subcomponent => "subcomponent separator (MSH-2, fourth)",
            Separator::Truncation => "truncation character (MSH-2, fifth)",
        })
    }
}

/// Why a byte cannot divide a message. Never names the byte: it may be a letter of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeparatorFault {
    /// A letter or digit would cut through the values themselves.
    LetterOrDigit,
    /// A blank, a line end or another control character.
    BlankOrControl,
    /// A byte above 127 may be part of a longer character.
    NotAscii,
    /// Two separators may not be the same byte.
    SameAs(Separator),
}

impl SeparatorFault {
    fn of(byte: u8) -> SeparatorFault {
        if byte.is_ascii_alphanumeric() {
            SeparatorFault::LetterOrDigit
        } else if byte.is_ascii() {
            SeparatorFault::BlankOrControl
        } else {
            SeparatorFault::NotAscii
        }
    }
}

impl fmt::Display for SeparatorFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SeparatorFault::LetterOrDigit => f.write_str("is a letter or digit"),
            SeparatorFault::BlankOrControl => f.write_str("is a blank or control character"),
            SeparatorFault::NotAscii => f.write_str("is not an ASCII character"),
            SeparatorFault::SameAs(other) => write!(f, "is the same as the {other}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(field: u8, encoding: &str, wanted: &str) {
        let got = match Separators::from_header(field, encoding.as_bytes()) {
            Ok((found, mended)) => {
                let mut text = String::from_utf8(found.encoding()).unwrap();
                if let Some(kind) = mended {
                    text.push_str(&format!(" {kind:?}"));
                }
                text
            }
            Err(NotAMessage::BadSeparators { which, fault }) => format!("{which:?} {fault:?}"),
            Err(other) => format!("{other:?}"),
        };
        assert_eq!(got, wanted, "MSH{}{encoding}", char::from(field));
    }

    #[test]
    fn separators_are_taken_from_the_header() {
        check(b'|', r"^~\&", r"^~\&");
        check(b'|', r"^~\}", r"^~\}");
        check(b'^', r"~|\&", r"~|\&");
        check(b'|', r"^~\&#", r"^~\&#");
    }

    #[test]
    fn missing_separators_take_the_usual_ones() {
        check(b'|', "", r"^~\& SeparatorsMissing { n_given: 0 }");
        check(b'|', "^", r"^~\& SeparatorsMissing { n_given: 1 }");
        check(b'|', "^~", r"^~\& SeparatorsMissing { n_given: 2 }");
        check(b'|', "^~}", r"^~}& SeparatorsMissing { n_given: 3 }");
    }

    #[test]
    fn a_doubled_backslash_is_read_as_one() {
        check(b'|', r"^~\\&", r"^~\& EscapeDoubled");
    }

    #[test]
    fn a_sixth_separator_is_left_out() {
        check(b'|', r"^~\&#%", r"^~\&# SeparatorsTooMany { n_given: 6 }");
    }

    #[test]
    fn separators_must_differ_and_be_punctuation() {
        check(b'|', "0000", "Component LetterOrDigit");
        check(b'|', "^~y&", "Escape LetterOrDigit");
        check(b'|', r"^ \&", "Repetition BlankOrControl");
        check(b'|', r"^~\é", "Subcomponent NotAscii");
        check(b'|', r"^~\^", "Subcomponent SameAs(Component)");
        check(b'|', r"^~\|", "Subcomponent SameAs(Field)");
        check(b'|', r"\~", "Escape SameAs(Component)");
        check(b'H', "0", "Field LetterOrDigit");
    }
}
