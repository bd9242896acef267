//! Times as HL7 writes them: `YYYY[MM[DD[HH[MM[SS[.S...]]]]]][+/-ZZZZ]`.

use std::fmt;

use jiff::Timestamp;
use jiff::civil;
use jiff::tz::TimeZone;

/// A time as the sender wrote it: civil, with its own offset or none, and no
/// more precise than it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dtm {
    /// Date and time on the sender's wall; what was not written is the least possible.
    pub civil: civil::DateTime,
    /// How much of it was written.
    pub precision: Precision,
    /// Seconds east of UTC, if written.
    pub offset_s: Option<i32>,
}

/// The last part of a time that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Precision {
    /// `YYYY`
    Year,
    /// `YYYYMM`
    Month,
    /// `YYYYMMDD`
    Day,
    /// `YYYYMMDDHH`
    Hour,
    /// `YYYYMMDDHHMM`
    Minute,
    /// `YYYYMMDDHHMMSS`
    Second,
    /// `YYYYMMDDHHMMSS.S`, with one to nine digits.
    Fraction {
        /// How many digits stand after the dot.
        n_digits: u8,
    },
}

/// Offsets go from -14:00 to +14:00; the widest in use are -12:00 and +14:00.
const OFFSET_MINUTES_MAX: i32 = 14 * 60;

impl Dtm {
    /// Reads a time. Blanks around it are ignored; everything else must be exact.
    pub fn parse(text: &str) -> Result<Dtm, BadDtm> {
        let text = text.trim_ascii();
        if text.is_empty() {
            return Err(BadDtm::Empty);
        }
        let sign_at = text.bytes().position(|byte| matches!(byte, b'+' | b'-'));
        let (time, offset) = match sign_at.and_then(|at| text.split_at_checked(at)) {
            Some((time, offset)) => (time, Some(offset)),
            None => (text, None),
        };
        let (whole, fraction) = match time.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (time, None),
        };
        let offset_s = offset.map(parse_offset).transpose()?;
        let (civil, precision) = parse_civil(whole, fraction)?;
        Ok(Dtm { civil, precision, offset_s })
    }

    /// The instant meant: by the time's own offset, else as civil time in `zone`.
    ///
    /// A time the clock skips in spring is moved on by the length of the gap, and of
    /// a time it shows twice in autumn the first is taken. Times beyond what can
    /// be reckoned (the end of 9999, used for "never") become the last instant.
    pub fn instant(&self, zone: &TimeZone) -> Timestamp {
        let own = self.offset_s.and_then(|offset_s| jiff::tz::Offset::from_seconds(offset_s).ok());
        let instant = match own {
            Some(offset) => offset.to_timestamp(self.civil),
            None => zone.to_timestamp(self.civil),
        };
        instant.unwrap_or(Timestamp::MAX)
    }
}

fn parse_offset(text: &str) -> Result<i32, BadDtm> {
    let (sign, digits) = match text.split_at_checked(1) {
        Some(("-", digits)) => (-1, digits),
        Some((_, digits)) => (1, digits),
        None => return Err(BadDtm::Offset),
    };
    let mut digits = Digits::new(digits, 4).ok_or(BadDtm::Offset)?;
    let hours = i32::from(digits.take2());
    let minutes = i32::from(digits.take2());
    let total = hours * 60 + minutes;
    if minutes > 59 || total > OFFSET_MINUTES_MAX {
        return Err(BadDtm::Offset);
    }
    Ok(sign * total * 60)
}

fn parse_civil(whole: &str, fraction: Option<&str>) -> Result<(civil::DateTime, Precision), BadDtm> {
    let n_digits = whole.len();
    if !whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(BadDtm::NotDigits);
    }
    let mut precision = match n_digits {
        4 => Precision::Year,
        6 => Precision::Month,
        8 => Precision::Day,
        10 => Precision::Hour,
        12 => Precision::Minute,
        14 => Precision::Second,
        _ => return Err(BadDtm::Length { n_digits }),
    };
    let mut nanoseconds = 0;
    if let Some(fraction) = fraction {
        if precision != Precision::Second {
            return Err(BadDtm::FractionWithoutSeconds);
        }
        let n_digits = fraction.len();
        nanoseconds = parse_fraction(fraction)?;
        precision = Precision::Fraction { n_digits: u8::try_from(n_digits).unwrap_or(u8::MAX) };
    }
    let mut digits = Digits::new(whole, n_digits).ok_or(BadDtm::NotDigits)?;
    let year = i16::from(digits.take2()) * 100 + i16::from(digits.take2());
    let mut part = |least: i8, most: i8, kind: DtmPart, is_written: bool| {
        let value = if is_written { digits.take2() } else { least };
        match value >= least && value <= most {
            true => Ok(value),
            false => Err(BadDtm::OutOfRange { part: kind, value, least, most }),
        }
    };
    let month = part(1, 12, DtmPart::Month, precision >= Precision::Month)?;
    let day = part(1, 31, DtmPart::Day, precision >= Precision::Day)?;
    let hour = part(0, 23, DtmPart::Hour, precision >= Precision::Hour)?;
    let minute = part(0, 59, DtmPart::Minute, precision >= Precision::Minute)?;
    let second = part(0, 59, DtmPart::Second, precision >= Precision::Second)?;
    if year == 0 {
        return Err(BadDtm::YearZero);
    }
    let date = civil::Date::new(year, month, day).map_err(|_| BadDtm::NoSuchDay)?;
    let time =
        civil::Time::new(hour, minute, second, nanoseconds).map_err(|_| BadDtm::Length { n_digits })?;
    Ok((date.to_datetime(time), precision))
}

fn parse_fraction(digits: &str) -> Result<i32, BadDtm> {
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    let missing = 9_usize.checked_sub(digits.len()).and_then(|missing| u32::try_from(missing).ok());
    match (digits.parse::<i32>(), missing) {
        (Ok(value), Some(missing)) if is_plain => Ok(value * 10_i32.pow(missing)),
        (Ok(_) | Err(_), Some(_) | None) => Err(BadDtm::Fraction { n_digits: digits.len() }),
    }
}

/// Digits taken two at a time, all checked beforehand.
struct Digits<'a>(std::slice::Chunks<'a, u8>);

impl<'a> Digits<'a> {
    fn new(text: &'a str, length: usize) -> Option<Digits<'a>> {
        let is_good = text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
        is_good.then(|| Digits(text.as_bytes().chunks(2)))
    }

    fn take2(&mut self) -> i8 {
        let digit = |byte: &u8| i8::try_from(byte.saturating_sub(b'0')).unwrap_or_default();
        self.0.next().unwrap_or_default().iter().fold(0, |sum, byte| sum * 10 + digit(byte))
    }
}

impl fmt::Display for Dtm {
    /// Writes the time as precisely as it was given. An offset of `-0000` becomes `+0000`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.civil;
        write!(f, "{:04}", at.year())?;
        let parts = [
            (Precision::Month, at.month()),
            (Precision::Day, at.day()),
            (Precision::Hour, at.hour()),
            (Precision::Minute, at.minute()),
            (Precision::Second, at.second()),
        ];
        for (_, value) in parts.iter().filter(|(precision, _)| *precision <= self.precision) {
            write!(f, "{value:02}")?;
        }
        if let Precision::Fraction { n_digits } = self.precision {
            let digits = format!("{:09}", at.subsec_nanosecond());
            write!(f, ".{}", digits.get(..usize::from(n_digits)).unwrap_or(&digits))?;
        }
        if let Some(offset_s) = self.offset_s {
            let minutes = offset_s.unsigned_abs() / 60;
            let sign = if offset_s < 0 { '-' } else { '+' };
            write!(f, "{sign}{:02}{:02}", minutes / 60, minutes % 60)?;
        }
        Ok(())
    }
}

/// Part of a time that can be out of range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DtmPart {
    /// 1 to 12.
    Month,
    /// 1 to 31, and not past the end of its month.
    Day,
    /// 0 to 23.
    Hour,
    /// 0 to 59.
    Minute,
    /// 0 to 59; leap seconds are not accepted.
    Second,
}

impl fmt::Display for DtmPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DtmPart::Month => "month",
            DtmPart::Day => "day",
            DtmPart::Hour => "hour",
            DtmPart::Minute => "minute",
            DtmPart::Second => "second",
        })
    }
}

/// Why a text is no HL7 time. Does not repeat the text, which may be a birth date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadDtm {
    /// Nothing there.
    Empty,
    /// Something other than digits before the offset.
    NotDigits,
    /// A number of digits that is no precision.
    Length {
        /// How many there are.
        n_digits: usize,
    },
    /// A part beyond its range.
    OutOfRange {
        /// Which part.
        part: DtmPart,
        /// Its value.
        value: i8,
        /// The least allowed.
        least: i8,
        /// The most allowed.
        most: i8,
    },
    /// The year 0000.
    YearZero,
    /// A day past the end of its month.
    NoSuchDay,
    /// A dot though no seconds are given.
    FractionWithoutSeconds,
    /// No digits after the dot, too many, or something else.
    Fraction {
        /// How many characters stand there.
        n_digits: usize,
    },
    /// Not `+HHMM` or `-HHMM`, or beyond 14 hours.
    Offset,
}

impl fmt::Display for BadDtm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadDtm::Empty => f.write_str("no time is given"),
            BadDtm::NotDigits => f.write_str("a time is written in digits, YYYYMMDDHHMMSS; this has others"),
            BadDtm::Length { n_digits } => {
                write!(f, "a time has 4, 6, 8, 10, 12 or 14 digits before any dot; this has {n_digits}")
            }
            BadDtm::OutOfRange { part, value, least, most } => {
                write!(f, "the {part} is {value}; it goes from {least} to {most}")
            }
            BadDtm::YearZero => f.write_str("there is no year 0000"),
            BadDtm::NoSuchDay => f.write_str("the month does not have that many days"),
            BadDtm::FractionWithoutSeconds => f.write_str("parts of a second are given without the second"),
            BadDtm::Fraction { n_digits } => {
                write!(
                    f,
                    "one to nine digits may follow the dot; {n_digits} characters do, or not all are digits"
                )
            }
            BadDtm::Offset => {
                f.write_str("the offset must be written +HHMM or -HHMM and be at most 14 hours")
            }
        }
    }
}

impl std::error::Error for BadDtm {}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, wanted: &str) {
        let got = match Dtm::parse(text) {
            Ok(dtm) => format!("{} {:?} {:?}", dtm.civil, dtm.precision, dtm.offset_s),
            Err(bad) => bad.to_string(),
        };
        assert_eq!(got, wanted, "{text}");
    }

    #[test]
    fn every_precision_is_read() {
        check("2026", "2026-01-01T00:00:00 Year None");
        check("202610", "2026-10-01T00:00:00 Month None");
        check("20261031", "2026-10-31T00:00:00 Day None");
        check("2026103123", "2026-10-31T23:00:00 Hour None");
        check("202610312359", "2026-10-31T23:59:00 Minute None");
        check("20261031235958", "2026-10-31T23:59:58 Second None");
        check("20261031235958.5", "2026-10-31T23:59:58.5 Fraction { n_digits: 1 } None");
        check("20261031235958.1234", "2026-10-31T23:59:58.1234 Fraction { n_digits: 4 } None");
        check(" 2026 ", "2026-01-01T00:00:00 Year None");
    }

    #[test]
    fn an_offset_may_follow_any_precision() {
        check("20261031235958-0500", "2026-10-31T23:59:58 Second Some(-18000)");
        check("20261031+0530", "2026-10-31T00:00:00 Day Some(19800)");
        check("2026+0000", "2026-01-01T00:00:00 Year Some(0)");
        check("2026+1400", "2026-01-01T00:00:00 Year Some(50400)");
    }

    #[test]
    fn ranges_are_kept_on_both_sides() {
        check("202600", "the month is 0; it goes from 1 to 12");
        check("202613", "the month is 13; it goes from 1 to 12");
        check("20260100", "the day is 0; it goes from 1 to 31");
        check("20260132", "the day is 32; it goes from 1 to 31");
        check("20260229", "the month does not have that many days");
        check("20280229", "2028-02-29T00:00:00 Day None");
        check("2026010124", "the hour is 24; it goes from 0 to 23");
        check("202601012360", "the minute is 60; it goes from 0 to 59");
        check("20260101235960", "the second is 60; it goes from 0 to 59");
        check("0000", "there is no year 0000");
        check("2026+1401", "the offset must be written +HHMM or -HHMM and be at most 14 hours");
        check("2026+0060", "the offset must be written +HHMM or -HHMM and be at most 14 hours");
        check("2026+05", "the offset must be written +HHMM or -HHMM and be at most 14 hours");
    }

    #[test]
    fn what_is_no_time_says_why() {
        check("", "no time is given");
        check("Aug 15, 1942", "a time is written in digits, YYYYMMDDHHMMSS; this has others");
        check("20261", "a time has 4, 6, 8, 10, 12 or 14 digits before any dot; this has 5");
        check("20110613122406637", "a time has 4, 6, 8, 10, 12 or 14 digits before any dot; this has 17");
        check("2026.5", "parts of a second are given without the second");
        check(
            "20261031235958.",
            "one to nine digits may follow the dot; 0 characters do, or not all are digits",
        );
        check(
            "20261031235958.1234567890",
            "one to nine digits may follow the dot; 10 characters do, or not all are digits",
        );
    }

    #[test]
    fn a_time_without_offset_is_civil_time_of_the_zone() {
        let zone = TimeZone::get("America/New_York").unwrap();
        let instant = |text: &str| Dtm::parse(text).unwrap().instant(&zone).to_string();
        assert_eq!(instant("20261101"), "2026-11-01T04:00:00Z");
        assert_eq!(instant("20261101000000+0100"), "2026-10-31T23:00:00Z");
        // 01:30 comes twice this night; the first is meant. 02:30 is skipped in March.
        assert_eq!(instant("202611010130"), "2026-11-01T05:30:00Z");
        assert_eq!(instant("202603080230"), "2026-03-08T07:30:00Z");
    }

    #[test]
    fn the_end_of_time_is_the_last_instant() {
        assert_eq!(Dtm::parse("99991231235959").unwrap().instant(&TimeZone::UTC), Timestamp::MAX);
    }

    #[test]
    fn a_time_is_written_back_as_it_was() {
        for text in [
            "2026",
            "202610",
            "20261031",
            "2026103123",
            "202610312359",
            "20261031235958",
            "20261031235958.0",
            "20261031235958.1234-0500",
            "20261031+0530",
            "0001",
        ] {
            assert_eq!(Dtm::parse(text).unwrap().to_string(), text);
        }
    }
}
