//! What is asked: who, when, what can be worked, how many are needed, and which rules hold.
//!
//! [`Parts`] is the plain data; [`Problem::new`] judges it and is from then on a promise that every
//! position lies inside its list and every number inside its bounds.

mod calendar;
mod duty;
mod fault;
mod index;
mod parts;
mod roster;
mod validate;

pub use calendar::{Calendar, Horizon, Weekdays};
pub use duty::{CODES_MAX, Cell, Duties, Duty, DutySet};
pub use fault::Fault;
pub use index::{DayIdx, DemandIdx, PersonIdx, RuleIdx, ShiftIdx, SkillIdx, UnitIdx};
pub use parts::{
    Away, Carry, CoverLevels, CoverWeights, Demand, Eligible, Employment, Level, MoneyWeight, Parts, Person,
    Request, Shift, Skill, SoFar, Tags, Travel, Unit, Wish,
};
pub use roster::Roster;

use crate::rules::Rule;

/// The most people a problem may have.
pub const PEOPLE_MAX: usize = 10_000;
/// The most days a horizon, and a history before it, may have.
pub const DAYS_MAX: usize = 400;
/// The largest weight, in points.
pub const WEIGHT_MAX: i64 = 1_000_000;
/// The largest length of anything in minutes: 400 days.
pub const MINUTES_MAX: u32 = 576_000;

/// A problem whose parts fit together.
#[derive(Clone, Debug)]
pub struct Problem {
    parts: Parts,
    duties: Duties,
    calendar: Calendar,
}

impl Problem {
    /// Judges the parts.
    ///
    /// # Errors
    /// Everything that does not fit, in the order of the parts; at most [`Fault::SHOWN_MAX`] of them.
    pub fn new(mut parts: Parts) -> Result<Problem, Vec<Fault>> {
        let duties = validate::judge(&parts)?;
        let lead = parts.people.iter().map(|person| person.carry.history.len()).max().unwrap_or(0);
        let lead = u16::try_from(lead).unwrap_or(u16::MAX);
        let calendar = Calendar::new(parts.horizon.clone(), lead, &parts.shifts)
            .ok_or_else(|| vec![Fault::Calendar { start: parts.horizon.start }])?;
        for person in &mut parts.people {
            person.requests.sort_by_key(|request| request.day);
            person.away.sort_by_key(|away| away.first);
        }
        Ok(Problem { parts, duties, calendar })
    }

    /// The parts.
    #[must_use]
    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// The parts, to make another problem of.
    #[must_use]
    pub fn into_parts(self) -> Parts {
        self.parts
    }

    /// What cells mean.
    #[must_use]
    pub fn duties(&self) -> &Duties {
        &self.duties
    }

    /// Dates and the minutes of shifts.
    #[must_use]
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// How many people.
    #[must_use]
    pub fn n_people(&self) -> usize {
        self.parts.people.len()
    }

    /// How many days.
    #[must_use]
    pub fn n_days(&self) -> usize {
        self.calendar.n_days()
    }

    /// How many cell codes.
    #[must_use]
    pub fn n_codes(&self) -> usize {
        self.duties.n_codes()
    }

    /// A roster of this size with everybody off.
    #[must_use]
    pub fn empty_roster(&self) -> Roster {
        Roster::empty(self.n_people(), self.n_days())
    }

    /// Whether a roster has this problem's size and every cell means something.
    #[must_use]
    pub fn fits(&self, roster: &Roster) -> bool {
        roster.n_days() == self.n_days()
            && roster.n_people() == self.n_people()
            && roster.worked().all(|(_, _, cell)| cell.code() < self.n_codes())
    }

    /// A person.
    ///
    /// # Panics
    /// When the position is not of this problem.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "the caller names a person of this problem")]
    pub fn person(&self, person: PersonIdx) -> &Person {
        &self.parts.people[person.idx()]
    }

    /// A rule.
    ///
    /// # Panics
    /// When the position is not of this problem.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "the caller names a rule of this problem")]
    pub fn rule(&self, rule: RuleIdx) -> &Rule {
        &self.parts.rules[rule.idx()]
    }

    /// A kind of shift.
    ///
    /// # Panics
    /// When the position is not of this problem.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "the caller names a shift of this problem")]
    pub fn shift(&self, shift: ShiftIdx) -> &Shift {
        &self.parts.shifts[shift.idx()]
    }

    /// The shift of a cell; `None` when off.
    #[must_use]
    pub fn shift_of(&self, cell: Cell) -> Option<&Shift> {
        self.duties.duty(cell).map(|duty| self.shift(duty.shift))
    }

    /// When a cell's duty starts, in minutes since midnight of day 0.
    #[must_use]
    pub fn start(&self, day: i32, cell: Cell) -> Option<i32> {
        self.duties.duty(cell).map(|duty| self.calendar.start(day, duty.shift))
    }

    /// When a cell's duty ends, in minutes since midnight of day 0.
    #[must_use]
    pub fn end(&self, day: i32, cell: Cell) -> Option<i32> {
        self.duties.duty(cell).map(|duty| self.calendar.end(day, duty.shift))
    }

    /// Paid minutes of a cell: those of its shift, longer or shorter when clocks change, 0 when off.
    #[must_use]
    pub fn paid(&self, day: i32, cell: Cell) -> i32 {
        let Some(duty) = self.duties.duty(cell) else { return 0 };
        let shift = self.shift(duty.shift);
        let signed = |minutes: u32| i32::try_from(minutes).unwrap_or(i32::MAX);
        let change = self.calendar.elapsed(day, duty.shift) - signed(shift.length_minutes);
        (signed(shift.paid_minutes) + change).max(0)
    }

    /// Whether a person's skills and credentials allow a cell, up to the last minute of its duty.
    #[must_use]
    pub fn is_eligible(&self, person: PersonIdx, day: i32, cell: Cell) -> bool {
        let Some(end) = self.end(day, cell) else { return true };
        let first = self.calendar.date(day);
        // Zones are slow to ask, and most credentials have no end.
        let last = || self.calendar.date_of_minute(end - 1).max(first);
        self.person(person).can.iter().any(|can| {
            can.duties.has(cell)
                && can.from.is_none_or(|from| from <= first)
                && can.until.is_none_or(|until| last() < until)
        })
    }

    /// What a cell costs in points of money and travel; 0 when off.
    #[must_use]
    pub fn labor_points(&self, person: PersonIdx, day: i32, cell: Cell) -> i64 {
        let Some(shift) = self.shift_of(cell) else { return 0 };
        let person = self.person(person);
        let away = person.travel.iter().filter(|travel| Some(travel.unit) == shift.unit);
        let travel: i64 = away.map(|travel| travel.points).sum();
        let Some(money) = self.parts.money else { return travel };
        // Cents are minutes x cents an hour / 60 x percent / 100; points round up once at the end.
        let scaled = i128::from(self.paid(day, cell))
            * i128::from(person.pay_cents_per_hour)
            * i128::from(shift.pay_percent)
            * i128::from(money.points);
        let points = crate::score::divide_up_wide(scaled, 6_000 * i128::from(money.cents));
        travel + i64::try_from(points).unwrap_or(i64::MAX)
    }

    /// How a report names a day, such as `Mon 2026-11-02`.
    #[must_use]
    pub fn day_name(&self, day: i32) -> String {
        self.calendar.date(day).strftime("%a %Y-%m-%d").to_string()
    }

    /// How a report names a cell: `off`, `N`, or `N as Charge` where shifts are worked in several skills.
    #[must_use]
    pub fn cell_name(&self, cell: Cell) -> String {
        let Some(duty) = self.duties.duty(cell) else { return "off".to_owned() };
        let shift = self.shift(duty.shift);
        match self.parts.skills.get(duty.skill.idx()) {
            Some(skill) if shift.skills.len() > 1 => format!("{} as {}", shift.id, skill.id),
            Some(_) | None => shift.id.clone(),
        }
    }
}
