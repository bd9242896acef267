//! Lengths of time: whole minutes and whole days, kept apart from instants and civil times.

use std::fmt;

/// A length in whole minutes, such as a wait or a shift.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minutes(pub i64);

/// A length in whole calendar days, such as a length of stay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Days(pub i64);

impl Minutes {
    /// So many whole hours.
    pub fn of_hours(hours: i32) -> Minutes {
        Minutes(i64::from(hours) * 60)
    }

    /// Both lengths, one after the other; stops at the largest length there is.
    pub fn plus(self, other: Minutes) -> Minutes {
        Minutes(self.0.saturating_add(other.0))
    }

    /// What is left of this length without the other.
    pub fn minus(self, other: Minutes) -> Minutes {
        Minutes(self.0.saturating_sub(other.0))
    }

    /// The length in hours as exact decimal text: 380 minutes at two decimals are `6.33`.
    pub fn in_hours(self, decimals: u32) -> String {
        crate::round_half_up(i128::from(self.0), 60, decimals)
    }
}

impl Days {
    /// Both lengths, one after the other; stops at the largest length there is.
    pub fn plus(self, other: Days) -> Days {
        Days(self.0.saturating_add(other.0))
    }

    /// What is left of this length without the other.
    pub fn minus(self, other: Days) -> Days {
        Days(self.0.saturating_sub(other.0))
    }
}

impl std::iter::Sum for Minutes {
    fn sum<I: Iterator<Item = Minutes>>(lengths: I) -> Minutes {
        lengths.fold(Minutes(0), Minutes::plus)
    }
}

impl std::iter::Sum for Days {
    fn sum<I: Iterator<Item = Days>>(lengths: I) -> Days {
        lengths.fold(Days(0), Days::plus)
    }
}

/// `45 min`, `6 h 20`, `12 h`: hours are left out under one hour, minutes only from five days on, which
/// read as `12 days`.
impl fmt::Display for Minutes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "\u{2212}" } else { "" };
        let size = self.0.unsigned_abs();
        match (size / 60, size % 60) {
            (0, minutes) => write!(out, "{sign}{minutes} min"),
            (hours, _) if hours >= 120 => write!(out, "{sign}{} days", hours / 24),
            (hours, 0) => write!(out, "{sign}{hours} h"),
            (hours, minutes) => write!(out, "{sign}{hours} h {minutes:02}"),
        }
    }
}

/// `1 day`, `3 days`.
impl fmt::Display for Days {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "\u{2212}" } else { "" };
        let size = self.0.unsigned_abs();
        let word = if size == 1 { "day" } else { "days" };
        write!(out, "{sign}{size} {word}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_read_as_hours_and_minutes() {
        let check = |minutes, shown: &str| assert_eq!(Minutes(minutes).to_string(), shown);
        check(0, "0 min");
        check(59, "59 min");
        check(60, "1 h");
        check(380, "6 h 20");
        check(7_199, "119 h 59");
        check(7_200, "5 days");
        check(-380, "\u{2212}6 h 20");
        check(2_885, "48 h 05");
    }

    #[test]
    fn days_know_their_singular() {
        assert_eq!(Days(1).to_string(), "1 day");
        assert_eq!([Days(2), Days(-5)].into_iter().sum::<Days>().to_string(), "\u{2212}3 days");
    }

    #[test]
    fn hours_are_shown_half_up() {
        assert_eq!(Minutes(380).in_hours(2), "6.33");
        assert_eq!(Minutes::of_hours(12).plus(Minutes(45)).in_hours(1), "12.8");
    }
}
