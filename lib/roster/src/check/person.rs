//! One person's days, before the horizon and in it, with the instants of every duty.

use crate::problem::{Cell, Person, PersonIdx, Problem, Roster, Shift};
use jiff::civil::{Date, Weekday};
use jiff::{Span, Timestamp};

/// A day of a person that is known.
#[derive(Clone, Debug)]
pub(super) struct Day {
    /// Its number; negative before the horizon.
    pub(super) day: i32,
    pub(super) date: Date,
    pub(super) cell: Cell,
    /// From when until when the duty is worked.
    pub(super) works: Option<(Timestamp, Timestamp)>,
    pub(super) paid_minutes: i64,
    /// Minutes credited for leave.
    pub(super) credit: i64,
}

/// Everything known of a person.
pub(super) struct Life<'p> {
    pub(super) problem: &'p Problem,
    pub(super) idx: PersonIdx,
    pub(super) person: &'p Person,
    /// Oldest first, without gaps, up to the last day of the horizon.
    pub(super) days: Vec<Day>,
}

impl<'p> Life<'p> {
    pub(super) fn of(problem: &'p Problem, idx: PersonIdx, roster: &Roster) -> Life<'p> {
        let person = problem.person(idx);
        let history = &person.carry.history;
        let cells = history.iter().chain(roster.row(idx)).copied();
        let n_before = i32::try_from(history.len()).unwrap_or(i32::MAX);
        let mut days: Vec<Day> =
            (-n_before..).zip(cells).map(|(day, cell)| known_day(problem, person, day, cell)).collect();
        if let Some(truly) = person.carry.last_end {
            let last = days.iter_mut().filter(|day| day.day < 0).filter_map(|day| day.works.as_mut()).last();
            last.into_iter().for_each(|(_, end)| *end = truly);
        }
        Life { problem, idx, person, days }
    }

    pub(super) fn first_known(&self) -> i32 {
        self.days.first().map_or(0, |day| day.day)
    }

    pub(super) fn at(&self, day: i32) -> Option<&Day> {
        let place = day.checked_sub(self.first_known())?;
        self.days.get(usize::try_from(place).ok()?)
    }

    pub(super) fn in_horizon(&self) -> impl Iterator<Item = &Day> {
        self.days.iter().filter(|day| day.day >= 0)
    }

    pub(super) fn name(&self) -> &str {
        self.person.called()
    }
}

impl Day {
    pub(super) fn weekday(&self) -> Weekday {
        self.date.weekday()
    }

    pub(super) fn name(&self) -> String {
        self.date.strftime("%a %Y-%m-%d").to_string()
    }
}

fn known_day(problem: &Problem, person: &Person, day: i32, cell: Cell) -> Day {
    let horizon = problem.calendar().horizon();
    let date = horizon.start.saturating_add(Span::new().days(i64::from(day)));
    let shift = problem.shift_of(cell);
    let works = shift.map(|shift| instants(problem, date, shift));
    let paid_minutes = shift.zip(works).map_or(0, |(shift, (start, end))| {
        let elapsed = end.duration_since(start).as_mins();
        (i64::from(shift.paid_minutes) + elapsed - i64::from(shift.length_minutes)).max(0)
    });
    let away = person.away.iter().filter(|away| (away.first..=away.last).contains(&day));
    let credit = away.map(|away| i64::from(away.credit_minutes)).sum();
    Day { day, date, cell, works, paid_minutes, credit }
}

/// The instants between which a shift of a date is worked.
fn instants(problem: &Problem, date: Date, shift: &Shift) -> (Timestamp, Timestamp) {
    let zone = &problem.calendar().horizon().zone;
    let instant = |minute: u32| {
        let civil = date.at(0, 0, 0, 0).saturating_add(Span::new().minutes(i64::from(minute)));
        civil.to_zoned(zone.clone()).map_or(Timestamp::MAX, |zoned| zoned.timestamp())
    };
    (instant(shift.start_minute), instant(shift.start_minute + shift.length_minutes))
}
