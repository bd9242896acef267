//! The calendar of a horizon: dates, weekdays, holidays, and when each shift truly starts and ends.
//!
//! Shifts are civil time; what lies between them is elapsed time. A 19:00 to 07:00 shift lasts 11 or
//! 13 hours when clocks change, so start and end of every (day, shift) are worked out once, as
//! minutes since midnight of day 0 in the zone of the horizon. Days before the horizon have negative
//! numbers, down to `-lead`.

use super::{Shift, ShiftIdx};
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// A set of weekdays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Weekdays(u8);

/// The days of a problem, as it is asked.
#[derive(Clone, Debug)]
pub struct Horizon {
    /// The first day.
    pub start: Date,
    /// How many days.
    pub n_days: u16,
    /// Whose clocks the shifts follow.
    pub zone: TimeZone,
    /// Days that count as holidays, inside the horizon or before it.
    pub holidays: Vec<Date>,
}

/// The days of a problem and those before it that somebody's history reaches back to.
#[derive(Clone, Debug)]
pub struct Calendar {
    horizon: Horizon,
    lead: u16,
    dates: Vec<Date>,
    is_holiday: Vec<bool>,
    n_shifts: usize,
    starts: Vec<i32>,
    ends: Vec<i32>,
    zero: Timestamp,
}

impl Weekdays {
    /// No weekday.
    pub const NONE: Weekdays = Weekdays(0);
    /// All seven.
    pub const ALL: Weekdays = Weekdays(0x7f);

    /// These weekdays.
    #[must_use]
    pub fn of(days: &[Weekday]) -> Weekdays {
        Weekdays(days.iter().fold(0, |bits, day| bits | 1 << day.to_monday_zero_offset()))
    }

    /// Whether the weekday is among them.
    #[must_use]
    pub fn has(self, day: Weekday) -> bool {
        self.0 >> day.to_monday_zero_offset() & 1 == 1
    }

    /// Those in either.
    #[must_use]
    pub fn or(self, other: Weekdays) -> Weekdays {
        Weekdays(self.0 | other.0)
    }

    /// The weekdays of the set, Monday first.
    pub fn days(self) -> impl Iterator<Item = Weekday> {
        Weekday::Monday.cycle_forward().take(7).filter(move |day| self.has(*day))
    }
}

impl Calendar {
    /// The calendar of a horizon with so many days before it; `None` when it leaves the years 1 to 9999.
    pub(super) fn new(horizon: Horizon, lead: u16, shifts: &[Shift]) -> Option<Calendar> {
        let first = horizon.start.checked_sub(Span::new().days(i64::from(lead))).ok()?;
        let n_days = usize::from(lead) + usize::from(horizon.n_days);
        let dates: Vec<Date> = first.series(Span::new().days(1)).take(n_days).collect();
        // A day further must exist too, for the ends of shifts.
        dates.last().map_or(Ok(first), |last| last.checked_add(Span::new().days(3))).ok()?;
        let is_holiday = dates.iter().map(|date| horizon.holidays.contains(date)).collect();
        let zero = horizon.start.to_zoned(horizon.zone.clone()).ok()?.timestamp();
        let mut calendar = Calendar {
            horizon,
            lead,
            dates,
            is_holiday,
            n_shifts: shifts.len(),
            starts: Vec::new(),
            ends: Vec::new(),
            zero,
        };
        for date in &calendar.dates {
            for shift in shifts {
                let start = calendar.minute_of(*date, shift.start_minute)?;
                let end = calendar.minute_of(*date, shift.start_minute.checked_add(shift.length_minutes)?)?;
                calendar.starts.push(start);
                calendar.ends.push(end);
            }
        }
        Some(calendar)
    }

    /// Minutes from the first midnight of the horizon to a wall-clock minute of a date.
    fn minute_of(&self, date: Date, minute: u32) -> Option<i32> {
        let civil = date.at(0, 0, 0, 0).checked_add(Span::new().minutes(i64::from(minute))).ok()?;
        let instant = civil.to_zoned(self.horizon.zone.clone()).ok()?.timestamp();
        i32::try_from(instant.duration_since(self.zero).as_mins()).ok()
    }

    /// The days as they were asked for.
    #[must_use]
    pub fn horizon(&self) -> &Horizon {
        &self.horizon
    }

    /// How many days the horizon has.
    #[must_use]
    pub fn n_days(&self) -> usize {
        usize::from(self.horizon.n_days)
    }

    /// How many days before the horizon are known.
    #[must_use]
    pub fn lead(&self) -> i32 {
        i32::from(self.lead)
    }

    fn row(&self, day: i32) -> Option<usize> {
        usize::try_from(day.checked_add(self.lead())?).ok()
    }

    /// The date of a day; days before the horizon are negative. Beyond the calendar, the nearest date.
    #[must_use]
    pub fn date(&self, day: i32) -> Date {
        let nearest = if day < 0 { self.dates.first() } else { self.dates.last() };
        let found = self.row(day).and_then(|row| self.dates.get(row));
        found.or(nearest).copied().unwrap_or(self.horizon.start)
    }

    /// The weekday of a day.
    #[must_use]
    pub fn weekday(&self, day: i32) -> Weekday {
        self.horizon.start.weekday().wrapping_add(day)
    }

    /// Whether a day is a holiday.
    #[must_use]
    pub fn is_holiday(&self, day: i32) -> bool {
        self.row(day).and_then(|row| self.is_holiday.get(row)).copied().unwrap_or(false)
    }

    /// When a shift of a day starts, in minutes since midnight of day 0.
    #[must_use]
    pub fn start(&self, day: i32, shift: ShiftIdx) -> i32 {
        self.minute(&self.starts, day, shift)
    }

    /// When a shift of a day ends, in minutes since midnight of day 0.
    #[must_use]
    pub fn end(&self, day: i32, shift: ShiftIdx) -> i32 {
        self.minute(&self.ends, day, shift)
    }

    fn minute(&self, minutes: &[i32], day: i32, shift: ShiftIdx) -> i32 {
        let at = self.row(day).map(|row| row * self.n_shifts + shift.idx());
        at.and_then(|at| minutes.get(at)).copied().unwrap_or(0)
    }

    /// How long a shift of a day lasts in elapsed minutes.
    #[must_use]
    pub fn elapsed(&self, day: i32, shift: ShiftIdx) -> i32 {
        self.end(day, shift) - self.start(day, shift)
    }

    /// An instant as minutes since midnight of day 0; a part of a minute counts as a whole.
    #[must_use]
    pub fn minute_of_instant(&self, instant: Timestamp) -> i32 {
        let elapsed = instant.duration_since(self.zero);
        let minutes = -(-elapsed.as_secs() - i64::from(elapsed.subsec_nanos() > 0)).div_euclid(60);
        i32::try_from(minutes).unwrap_or(if minutes < 0 { i32::MIN / 2 } else { i32::MAX / 2 })
    }

    /// The instant of a minute since midnight of day 0.
    #[must_use]
    pub fn instant(&self, minute: i32) -> Timestamp {
        self.zero + jiff::SignedDuration::from_mins(i64::from(minute))
    }

    /// The date in the horizon's zone on which a minute lies.
    #[must_use]
    pub fn date_of_minute(&self, minute: i32) -> Date {
        self.instant(minute).to_zoned(self.horizon.zone.clone()).date()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Tags;
    use jiff::civil::date;

    fn night(start: Date, zone: &str) -> Calendar {
        let shift = Shift {
            id: "N".to_owned(),
            start_minute: 19 * 60,
            length_minutes: 12 * 60,
            paid_minutes: 12 * 60,
            tags: Tags::NIGHT,
            unit: None,
            skills: vec![],
            pay_percent: 100,
        };
        let horizon = Horizon { start, n_days: 7, zone: TimeZone::get(zone).unwrap(), holidays: vec![] };
        Calendar::new(horizon, 2, &[shift]).unwrap()
    }

    #[test]
    fn a_night_lasts_thirteen_hours_in_autumn_and_eleven_in_spring() {
        let autumn = night(date(2026, 10, 26), "America/New_York");
        assert_eq!([4, 5, 6].map(|day| autumn.elapsed(day, ShiftIdx(0))), [720, 780, 720]);
        let spring = night(date(2026, 3, 2), "America/New_York");
        assert_eq!([4, 5, 6].map(|day| spring.elapsed(day, ShiftIdx(0))), [720, 660, 720]);
    }

    #[test]
    fn days_before_the_horizon_count_backward() {
        let calendar = night(date(2026, 3, 2), "UTC");
        assert_eq!(calendar.date(-2), date(2026, 2, 28));
        assert_eq!(calendar.start(-1, ShiftIdx(0)), -5 * 60);
        assert_eq!((calendar.weekday(0), calendar.weekday(-1)), (Weekday::Monday, Weekday::Sunday));
        assert_eq!(calendar.date_of_minute(-1), date(2026, 3, 1));
        assert_eq!(calendar.date(100), date(2026, 3, 8));
    }
}
