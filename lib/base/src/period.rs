//! Half-open spans of civil dates, written as managers write them.

use jiff::civil::Date;
use jiff::{Span, Timestamp, tz::TimeZone};
use std::fmt;
use std::str::FromStr;

/// The days from `from` up to, not including, `until`.
///
/// Written `2026`, `2026-q4`, `2026-10`, `2026-10-01` or `2026-11-09..2026-12-06` (last day included).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    from: Date,
    until: Date,
}

/// Why a text is not a period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPeriod {
    /// Not one of the ways to write a period.
    #[error("`{got}` is not a period: write 2026, 2026-q4, 2026-10, 2026-10-01 or 2026-11-09..2026-12-06")]
    Form {
        /// The text given.
        got: String,
    },
    /// The last day comes before the first.
    #[error("the period ends on {last}, before it starts on {first}")]
    Backward {
        /// First day.
        first: Date,
        /// Last day.
        last: Date,
    },
}

impl Period {
    /// The days from `first` to `last`, both included.
    ///
    /// # Errors
    /// [`BadPeriod::Backward`] when `last` comes before `first`.
    pub fn days_between(first: Date, last: Date) -> Result<Period, BadPeriod> {
        match last.tomorrow() {
            Ok(until) if first <= last => Ok(Period { from: first, until }),
            Ok(_) | Err(_) => Err(BadPeriod::Backward { first, last }),
        }
    }

    /// One day.
    #[must_use]
    pub fn day(day: Date) -> Period {
        Period { from: day, until: day.tomorrow().unwrap_or(Date::MAX) }
    }

    /// The calendar month that holds `day`.
    #[must_use]
    pub fn month_of(day: Date) -> Period {
        months(day.first_of_month(), 1)
    }

    /// The first day.
    #[must_use]
    pub fn first(self) -> Date {
        self.from
    }

    /// The last day.
    #[must_use]
    pub fn last(self) -> Date {
        self.until.yesterday().unwrap_or(self.until)
    }

    /// The day after the last.
    #[must_use]
    pub fn until(self) -> Date {
        self.until
    }

    /// How many days.
    #[must_use]
    pub fn n_days(self) -> i64 {
        days_from(self.from, self.until)
    }

    /// Each day in turn.
    pub fn days(self) -> impl Iterator<Item = Date> {
        std::iter::successors(Some(self.from), |day| day.tomorrow().ok())
            .take_while(move |day| *day < self.until)
    }

    /// The instants of the first midnight and of the midnight after the last day, in `zone`.
    #[must_use]
    pub fn instants(self, zone: &TimeZone) -> (Timestamp, Timestamp) {
        (start_of_day(self.from, zone), start_of_day(self.until, zone))
    }

    /// The period of the same length just before.
    #[must_use]
    pub fn before(self) -> Period {
        let is_months = self.from.day() == 1 && self.until.day() == 1;
        let n_months = (i32::from(self.until.year()) - i32::from(self.from.year())) * 12
            + i32::from(self.until.month())
            - i32::from(self.from.month());
        let back = if is_months && n_months > 0 {
            Span::new().try_months(-i64::from(n_months))
        } else {
            Span::new().try_days(-self.n_days())
        };
        let from = back.and_then(|span| self.from.checked_add(span)).unwrap_or(self.from);
        Period { from, until: self.from }
    }

    /// `self` cut at the end of `day`; `None` when it starts after.
    #[must_use]
    pub fn up_to(self, day: Date) -> Option<Period> {
        let until = self.until.min(day.tomorrow().unwrap_or(Date::MAX));
        (self.from < until).then_some(Period { from: self.from, until })
    }
}

/// Whole days from `from` to `until`.
fn days_from(from: Date, until: Date) -> i64 {
    from.until(until).map_or(0, |span| i64::from(span.get_days()))
}

/// The instant a civil day starts in a zone; where midnight is skipped, the first instant of the day.
fn start_of_day(day: Date, zone: &TimeZone) -> Timestamp {
    day.to_zoned(zone.clone()).map_or(Timestamp::MAX, |zoned| zoned.timestamp())
}

fn months(first: Date, n: i64) -> Period {
    let until = Span::new().try_months(n).and_then(|span| first.checked_add(span)).unwrap_or(Date::MAX);
    Period { from: first, until }
}

impl FromStr for Period {
    type Err = BadPeriod;

    fn from_str(text: &str) -> Result<Period, BadPeriod> {
        let bad = || BadPeriod::Form { got: text.chars().take(40).collect() };
        if let Some((first, last)) = text.split_once("..") {
            let first = first.parse().map_err(|_| bad())?;
            let last = last.parse().map_err(|_| bad())?;
            return Period::days_between(first, last);
        }
        let mut parts = text.splitn(3, '-');
        let year = parts.next().filter(|year| year.len() == 4).and_then(|year| year.parse::<i16>().ok());
        let year = year.filter(|year| (1..9999).contains(year)).ok_or_else(bad)?;
        let start = |month: i8| Date::new(year, month, 1).map_err(|_| bad());
        match (parts.next(), parts.next()) {
            (None, _) => Ok(months(start(1)?, 12)),
            (Some(quarter), None) if quarter.starts_with(['q', 'Q']) => {
                let n = quarter.get(1..).and_then(|n| n.parse::<i8>().ok()).filter(|n| (1..=4).contains(n));
                Ok(months(start(n.ok_or_else(bad)? * 3 - 2)?, 3))
            }
            (Some(month), None) if month.len() == 2 => {
                Ok(months(start(month.parse().map_err(|_| bad())?)?, 1))
            }
            (Some(_), _) => text.parse().map(Period::day).map_err(|_| bad()),
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first_of = |n_months| *self == months(self.from, n_months);
        if self.n_days() == 1 {
            write!(f, "{}", self.from)
        } else if self.from.day() != 1 {
            write!(f, "{}..{}", self.from, self.last())
        } else if first_of(1) {
            write!(f, "{:04}-{:02}", self.from.year(), self.from.month())
        } else if first_of(3) && (self.from.month() - 1) % 3 == 0 {
            write!(f, "{:04}-q{}", self.from.year(), (self.from.month() + 2) / 3)
        } else if first_of(12) && self.from.month() == 1 {
            write!(f, "{:04}", self.from.year())
        } else {
            write!(f, "{}..{}", self.from, self.last())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_of_writing_reads_back() {
        for text in ["2026", "2026-q4", "2026-10", "2026-10-01", "2026-11-09..2026-12-06", "2024-02"] {
            let period: Period = text.parse().unwrap();
            assert_eq!(period.to_string(), text);
        }
    }

    #[test]
    fn a_period_ends_before_the_day_after_its_last() {
        let period: Period = "2024-02".parse().unwrap();
        assert_eq!((period.n_days(), period.last().to_string()), (29, "2024-02-29".to_owned()));
        assert_eq!(period.before().to_string(), "2024-01");
        assert_eq!("2026-q1".parse::<Period>().unwrap().before().to_string(), "2025-q4");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in
            ["", "26-10", "2026-13", "2026-q5", "2026-1", "2026-10-32", "x..y", "2026-10-05..2026-10-04"]
        {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_autumn_day_has_25_hours() {
        let zone = TimeZone::get("America/New_York").unwrap();
        let (from, until) = "2026-11-01".parse::<Period>().unwrap().instants(&zone);
        assert_eq!(until.duration_since(from).as_hours(), 25);
    }
}
