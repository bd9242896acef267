//! The smallest parts: a value, its escape sequences and its characters.

use std::borrow::Cow;
use std::fmt;

use crate::Separators;

/// How bytes above 127 become letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decoding {
    /// UTF-8 where the value is, else ISO 8859-1.
    Utf8,
    /// ISO 8859-1: every byte is one letter, so nothing is lost.
    Latin1,
}

/// What a value needs to know of its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Syntax {
    pub(crate) separators: Separators,
    pub(crate) decoding: Decoding,
}

/// One value as it stands in the message: a subcomponent, or a part not divided further.
#[derive(Clone, Copy)]
pub struct Value<'a> {
    raw: &'a [u8],
    syntax: Syntax,
}

impl<'a> Value<'a> {
    pub(crate) fn new(raw: &'a [u8], syntax: Syntax) -> Value<'a> {
        Value { raw, syntax }
    }

    pub(crate) fn separators(&self) -> Separators {
        self.syntax.separators
    }

    /// The bytes as received, escapes and all.
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// Whether the sender said nothing here. A null is not empty.
    pub fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// Whether the sender wrote `""`: delete what you hold here.
    pub fn is_null(&self) -> bool {
        self.raw == NULL
    }

    /// Whether the value ends in the truncation character its header declares.
    pub fn is_truncated(&self) -> bool {
        self.syntax.separators.truncation.is_some_and(|mark| self.raw.last() == Some(&mark))
    }

    /// The value in readable characters, escapes resolved; empty for a null.
    ///
    /// Borrows unless there is an escape to resolve or a letter to decode.
    /// Formatting other than `\.br\` and unknown escapes stay as they are.
    pub fn text(&self) -> Cow<'a, str> {
        if self.is_null() {
            return Cow::Borrowed("");
        }
        match memchr::memchr(self.syntax.separators.escape, self.raw) {
            None => decode(self.raw, self.syntax.decoding),
            Some(_) => Cow::Owned(unescape(self.raw, self.syntax)),
        }
    }
}

impl fmt::Debug for Value<'_> {
    /// Length only: values name patients and must not reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Value({} bytes)", self.raw.len())
    }
}

pub(crate) const NULL: &[u8] = b"\"\"";

pub(crate) fn decode(raw: &[u8], decoding: Decoding) -> Cow<'_, str> {
    match (decoding, std::str::from_utf8(raw)) {
        (Decoding::Utf8, Ok(text)) => Cow::Borrowed(text),
        (Decoding::Latin1, Ok(text)) if text.is_ascii() => Cow::Borrowed(text),
        (Decoding::Utf8 | Decoding::Latin1, Ok(_) | Err(_)) => {
            Cow::Owned(raw.iter().copied().map(char::from).collect())
        }
    }
}

/// Takes escapes in pairs of the escape character, left to right; an opening
/// one without its partner stands for itself. One pass.
fn unescape(raw: &[u8], syntax: Syntax) -> String {
    let escape = syntax.separators.escape;
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((before, inside, after)) = next_escape(rest, escape) {
        text.push_str(&decode(before, syntax.decoding));
        if !resolve(inside, syntax, &mut text) {
            text.push(char::from(escape));
            text.push_str(&decode(inside, syntax.decoding));
            text.push(char::from(escape));
        }
        rest = after;
    }
    text.push_str(&decode(rest, syntax.decoding));
    text
}

fn next_escape(bytes: &[u8], escape: u8) -> Option<(&[u8], &[u8], &[u8])> {
    let open = memchr::memchr(escape, bytes)?;
    let (before, from_open) = bytes.split_at_checked(open)?;
    let (_, inside) = from_open.split_first()?;
    let close = memchr::memchr(escape, inside)?;
    let (inside, from_close) = inside.split_at_checked(close)?;
    let (_, after) = from_close.split_first()?;
    Some((before, inside, after))
}

/// Appends what an escape stands for; false if it is to be kept as it is.
fn resolve(inside: &[u8], syntax: Syntax, text: &mut String) -> bool {
    let separators = syntax.separators;
    let byte = match inside {
        b"F" => separators.field,
        b"S" => separators.component,
        b"T" => separators.subcomponent,
        b"R" => separators.repetition,
        b"E" => separators.escape,
        b"P" => match separators.truncation {
            Some(mark) => mark,
            None => return false,
        },
        b".br" => b'\n',
        [b'X', hex @ ..] => return push_hex(hex, syntax.decoding, text),
        _ => return false,
    };
    text.push(char::from(byte));
    true
}

fn push_hex(hex: &[u8], decoding: Decoding, text: &mut String) -> bool {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let pairs: Option<Vec<u8>> = hex
        .chunks(2)
        .map(|pair| match *pair {
            [high, low] => Some(digit(high)? * 16 + digit(low)?),
            _ => None,
        })
        .collect();
    match pairs {
        Some(bytes) if !bytes.is_empty() => {
            text.push_str(&decode(&bytes, decoding));
            true
        }
        Some(_) | None => false,
    }
}

/// Appends text so that it reads back the same under these separators.
/// Control characters become `\X..\`, since a line end would cut the segment.
pub(crate) fn escape_into(text: &str, separators: Separators, out: &mut Vec<u8>) {
    let quote = |name: u8, out: &mut Vec<u8>| out.extend([separators.escape, name, separators.escape]);
    if text.as_bytes() == NULL {
        // Two quotation marks as such, not the null they would read as.
        out.extend([separators.escape]);
        out.extend(b"X2222");
        out.extend([separators.escape]);
        return;
    }
    for &byte in text.as_bytes() {
        match byte {
            _ if byte == separators.field => quote(b'F', out),
            _ if byte == separators.component => quote(b'S', out),
            _ if byte == separators.subcomponent => quote(b'T', out),
            _ if byte == separators.repetition => quote(b'R', out),
            _ if byte == separators.escape => quote(b'E', out),
            _ if Some(byte) == separators.truncation => quote(b'P', out),
            _ if byte.is_ascii_control() => push_hex_escape(byte, separators.escape, out),
            _ => out.push(byte),
        }
    }
}

fn push_hex_escape(byte: u8, escape: u8, out: &mut Vec<u8>) {
    let digit = |value: u8| if value < 10 { b'0' + value } else { b'A' + value - 10 };
    out.extend([escape, b'X', digit(byte >> 4), digit(byte & 0x0F), escape]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(raw: &[u8], decoding: Decoding, separators: Separators) -> String {
        Value::new(raw, Syntax { separators, decoding }).text().into_owned()
    }

    fn check(raw: &str, wanted: &str) {
        assert_eq!(text_of(raw.as_bytes(), Decoding::Utf8, Separators::default()), wanted, "{raw}");
    }

    #[test]
    fn separators_are_unescaped() {
        check(r"a\F\b", "a|b");
        check(r"a\S\b", "a^b");
        check(r"a\T\b", "a&b");
        check(r"a\R\b", "a~b");
        check(r"a\E\b", r"a\b");
        check(r"\F\\S\", "|^");
    }

    #[test]
    fn hexadecimal_bytes_are_unescaped() {
        check(r"a\X0D\b", "a\rb");
        check(r"\X0d0A\", "\r\n");
        check(r"\XC3A9\", "é");
        check(r"\XE9\", "é");
    }

    #[test]
    fn broken_hexadecimal_is_kept() {
        check(r"\X\", r"\X\");
        check(r"\X0\", r"\X0\");
        check(r"\X0G\", r"\X0G\");
    }

    #[test]
    fn a_line_break_command_is_a_line_feed_and_other_formatting_stays() {
        check(r"a\.br\b", "a\nb");
        check(r"\H\bold\N\", r"\H\bold\N\");
        check(r"\.in+4\x", r"\.in+4\x");
    }

    #[test]
    fn unknown_and_unclosed_escapes_are_kept() {
        check(r"\Zab\", r"\Zab\");
        check(r"C:\temp", r"C:\temp");
        check(r"\", r"\");
        check(r"\\", r"\\");
        check(r"\P\", r"\P\");
    }

    #[test]
    fn the_truncation_character_is_unescaped_where_declared() {
        let separators = Separators::new(b'|', br"^~\&#").unwrap();
        assert_eq!(text_of(br"1\P\2", Decoding::Utf8, separators), "1#2");
        let cut = Value::new(b"Constantin#", Syntax { separators, decoding: Decoding::Utf8 });
        assert!(cut.is_truncated());
    }

    #[test]
    fn bytes_that_are_not_utf_8_become_latin_1() {
        assert_eq!(text_of(b"Jos\xE9", Decoding::Utf8, Separators::default()), "José");
        assert_eq!(text_of("José".as_bytes(), Decoding::Utf8, Separators::default()), "José");
        assert_eq!(text_of("é".as_bytes(), Decoding::Latin1, Separators::default()), "Ã©");
    }

    #[test]
    fn plain_text_is_borrowed() {
        let syntax = Syntax { separators: Separators::default(), decoding: Decoding::Latin1 };
        assert!(matches!(Value::new(b"plain", syntax).text(), Cow::Borrowed("plain")));
    }

    #[test]
    fn a_null_is_neither_empty_nor_text() {
        let syntax = Syntax { separators: Separators::default(), decoding: Decoding::Utf8 };
        let null = Value::new(b"\"\"", syntax);
        assert!(null.is_null() && !null.is_empty());
        assert_eq!(null.text(), "");
        assert_eq!(format!("{null:?}"), "Value(2 bytes)");
    }

    #[test]
    fn many_unclosed_escapes_take_one_pass() {
        let raw = r"\a".repeat(200_000);
        assert_eq!(text_of(raw.as_bytes(), Decoding::Utf8, Separators::default()), raw);
    }
}
