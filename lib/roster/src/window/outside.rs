//! What is counted outside a window for rules over the whole horizon.

use crate::evaluate::{Evaluator, Past, day_of, value};
use crate::problem::{Cell, PersonIdx, Roster, RuleIdx};
use crate::rules::{Across, Kind, Measure, Over, Own, WeekendOn};

/// Everything but the days of a window.
pub(super) struct Outside<'w> {
    pub(super) evaluator: &'w Evaluator<'w>,
    pub(super) roster: &'w Roster,
    /// The first day of the window and the day after its last.
    pub(super) days: (usize, usize),
}

impl Outside<'_> {
    /// What a rule over the horizon counts of a person outside the window, in the unit of the rule.
    /// `None` for other rules and people it does not hold for.
    pub(super) fn amount(&self, person: PersonIdx, rule: RuleIdx) -> Option<i64> {
        let problem = self.evaluator.problem();
        let of_rule = problem.rule(rule);
        let measure = match &of_rule.kind {
            Kind::Own(Own::Count { measure, over: Over::Horizon, .. }) => measure,
            Kind::Across(Across::Spread { measure, .. }) => measure,
            Kind::Own(_) | Kind::Across(_) => return None,
        };
        if !of_rule.who.has(person) {
            return None;
        }
        let before = Past::of(problem, person).so_far(rule);
        Some(
            before
                + match measure {
                    Measure::Weekends { on } => self.weekends(person, on),
                    Measure::Duties { .. } | Measure::Minutes { .. } => self.sum(person, measure),
                },
        )
    }

    fn sum(&self, person: PersonIdx, measure: &Measure) -> i64 {
        let problem = self.evaluator.problem();
        let (from, end) = self.days;
        let outside = |day: &i32| usize::try_from(*day).is_ok_and(|day| day < from || day >= end);
        let days = (0..).zip(self.roster.row(person));
        let worked = days
            .filter(|(day, _)| outside(day))
            .map(|(day, cell)| i64::from(value(problem, measure, day, *cell)));
        let credited = if matches!(measure, Measure::Minutes { .. }) { self.credited(person) } else { 0 };
        worked.sum::<i64>() + credited
    }

    fn credited(&self, person: PersonIdx) -> i64 {
        let (from, end, n_days) = (day_of(self.days.0), day_of(self.days.1), day_of(self.roster.n_days()));
        let away = self.evaluator.problem().person(person).away.iter();
        let credits = away.map(|away| {
            let overlap =
                |from: i32, until: i32| i64::from(((away.last + 1).min(until) - away.first.max(from)).max(0));
            i64::from(away.credit_minutes) * (overlap(0, from) + overlap(end, n_days))
        });
        credits.sum()
    }

    /// Weekends that were worked, but for those that only days of the window make worked ones.
    fn weekends(&self, person: PersonIdx, on: &[WeekendOn]) -> i64 {
        let problem = self.evaluator.problem();
        let past = Past::of(problem, person);
        let row = self.roster.row(person);
        let cell = |at: i32| -> Option<Cell> {
            match usize::try_from(at) {
                Ok(at) => row.get(at).copied(),
                Err(_) => past.cell(at),
            }
        };
        let (from, end) = (day_of(self.days.0), day_of(self.days.1));
        let is_first = |at: &i32| on.first().is_some_and(|on| on.weekday == problem.calendar().weekday(*at));
        let firsts = (1 - day_of(on.len())..day_of(row.len())).filter(is_first);
        let counts = firsts.filter(|first| {
            let is_worked = |from: i32, until: i32| {
                let days = (*first..).zip(on).filter(|(at, _)| (from..until).contains(at));
                days.filter_map(|(at, on)| Some((cell(at)?, on))).any(|(cell, on)| on.duties.has(cell))
            };
            !is_worked(i32::MIN, 0)
                && (is_worked(0, from) || is_worked(end, i32::MAX) && !is_worked(from, end))
        });
        i64::try_from(counts.count()).unwrap_or(0)
    }
}
