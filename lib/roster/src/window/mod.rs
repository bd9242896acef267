//! A window of a problem: some days and some people, with everything else as a roster has it.
//!
//! A window is a [`Problem`] of its own, smaller and with nothing special about it. The days before
//! become the history of its people, the few days after are settled cells, the heads of everybody
//! else are taken off the demand, and what people worked outside counts as worked so far. What a
//! roster of the window costs more or less than another is what the whole roster costs more or less,
//! for all rules that look no further than [`reach`]; fixed periods and rolling windows of weeks are
//! judged as far as the window knows them, and fair shares among the people of the window. The whole is
//! always scored again afterwards.

mod company;
mod cut;
mod outside;

pub(crate) use company::able;

use crate::evaluate::Evaluator;
use crate::problem::{Cell, DutySet, PersonIdx, Problem, Roster};
use crate::rules::{Kind, Over, Own, Rule};
use cut::Cut;

/// The farthest that a rule is followed beyond a window, in days.
const REACH_MAX: u16 = 35;

/// A part of a problem.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    /// The part as a problem.
    pub(crate) problem: Problem,
    /// The part of the roster it was cut from.
    pub(crate) roster: Roster,
    /// The people of the part, as the whole has them, and which of them may change.
    people: Vec<PersonIdx>,
    free: Vec<PersonIdx>,
    days: Days,
}

/// The days of a part that may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Days {
    pub(crate) from: usize,
    /// The day after the last.
    pub(crate) until: usize,
    /// From one day up to before another, all stays as it is: hours and weekends can move over it from one
    /// part of the horizon to another without all days between in the linear program.
    pub(crate) hole: (usize, usize),
}

impl Days {
    /// All days from one to before another.
    pub(crate) const fn whole(from: usize, until: usize) -> Days {
        Days { from, until, hole: (from, from) }
    }

    pub(crate) const fn has(&self, day: usize) -> bool {
        let (hole, end) = self.hole;
        self.from <= day && day < self.until && (day < hole || end <= day)
    }
}

/// How many days beyond a window its cells matter to rules.
fn reach(problem: &Problem) -> usize {
    let longest = problem.parts().shifts.iter().map(|shift| shift.start_minute + shift.length_minutes).max();
    let days_of =
        |minutes: u32| u16::try_from((minutes + longest.unwrap_or(0)).div_ceil(1_440)).unwrap_or(u16::MAX);
    let of_rule = |rule: &Rule| match &rule.kind {
        Kind::Own(Own::Count { over, .. }) => match over {
            Over::Horizon => 2,
            Over::Every { days, .. } | Over::Rolling { days } => *days,
        },
        Kind::Own(Own::Run { min, max, .. }) => max.unwrap_or(0).max(*min) + 1,
        Kind::Own(Own::Rest { minutes, .. }) => days_of(*minutes),
        Kind::Own(Own::Recovery { n_days, minutes, .. }) => n_days + days_of(*minutes),
        Kind::Own(Own::Forbidden { sequences }) => {
            let longest = sequences.iter().map(|sequence| sequence.days.len()).max();
            u16::try_from(longest.unwrap_or(0)).unwrap_or(u16::MAX)
        }
        Kind::Own(Own::Overtime { days, .. }) => *days,
        Kind::Own(Own::Published) | Kind::Across(_) => 0,
    };
    // Limits that nobody can reach bind nobody.
    let bound = |days: &u16| *days <= REACH_MAX;
    problem.parts().rules.iter().map(of_rule).filter(bound).max().map_or(0, usize::from)
}

impl Window {
    /// Cuts out some days of some people, who are in rising order; `None` when the part is no problem of its
    /// own.
    pub(crate) fn cut(
        evaluator: &Evaluator<'_>,
        roster: &Roster,
        free: &[PersonIdx],
        days: Days,
    ) -> Option<Window> {
        let whole = evaluator.problem();
        let people = company::with(whole, roster, free, (days.from, days.until));
        let reach = reach(whole);
        let end = (days.until + reach).min(whole.n_days());
        let cut = Cut { evaluator, roster, people: &people, free, days, end, reach };
        let problem = Problem::new(cut.parts()).ok()?;
        let roster = cut.part(roster);
        Some(Window { problem, roster, people, free: free.to_vec(), days })
    }

    /// The same part with nothing but some duties for those who are free, and the demand for these; what else
    /// they have in the roster is off. `None` when that is no problem of its own.
    pub(crate) fn narrowed(self, duties: &DutySet) -> Option<Window> {
        let mut parts = self.problem.parts().clone();
        let mut roster = self.roster.clone();
        parts.demands.retain(|demand| !demand.duties.intersection(duties).is_empty());
        let people = parts.people.iter_mut().zip(&self.people).enumerate();
        for (place, (person, _)) in people.filter(|(_, (_, idx))| self.is_free(**idx)) {
            let locked = person.locked.iter().fold(duties.union(&DutySet::OFF), |mut duties, (_, cell)| {
                duties.insert(*cell);
                duties
            });
            person.can.iter_mut().for_each(|can| can.duties = can.duties.intersection(&locked));
            let cells = roster.row_mut(PersonIdx::at(place)).iter_mut();
            cells.filter(|cell| !locked.has(**cell)).for_each(|cell| *cell = Cell::OFF);
        }
        let problem = Problem::new(parts).ok()?;
        Some(Window { problem, roster, ..self })
    }

    fn is_free(&self, person: PersonIdx) -> bool {
        self.free.binary_search(&person).is_ok()
    }

    /// Puts a roster of the part into the whole. Who is not free may have changed there meanwhile.
    pub(crate) fn put(&self, part: &Roster, whole: &mut Roster) {
        let people = self.people.iter().enumerate();
        for (place, person) in people.filter(|(_, person)| self.is_free(**person)) {
            let row = whole.row_mut(*person).iter_mut().enumerate().skip(self.days.from);
            let cells = row.zip(part.row(PersonIdx::at(place)));
            let cells = cells.filter(|((day, _), _)| self.days.has(*day));
            cells.for_each(|((_, place), cell)| *place = *cell);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::DayIdx;
    use crate::rules::{Across, Edges};
    use crate::testing::{Dice, any_problem, any_roster};

    /// Whether a rule looks no further than a window's surroundings.
    fn is_near(rule: &Rule) -> bool {
        match &rule.kind {
            Kind::Own(Own::Count { over: Over::Every { days, .. } | Over::Rolling { days }, .. }) => {
                *days <= REACH_MAX
            }
            Kind::Own(Own::Run { edges, max, .. }) => {
                *edges == Edges::Open && max.is_none_or(|max| max < REACH_MAX)
            }
            Kind::Across(Across::Spread { .. }) => false,
            Kind::Own(_) | Kind::Across(_) => true,
        }
    }

    #[test]
    fn what_changes_inside_costs_the_same_in_the_part_and_in_the_whole() {
        let mut n_parts = 0;
        for seed in 0..3_000 {
            let mut parts = any_problem(seed);
            if !parts.rules.iter().all(is_near) {
                parts.rules.retain(is_near);
                parts.people.iter_mut().for_each(|person| person.carry.so_far.clear());
            }
            let whole = Problem::new(parts).unwrap();
            if whole.n_people() == 0 {
                continue;
            }
            let evaluator = Evaluator::new(&whole);
            let mut dice = Dice::new(seed);
            let mut roster = any_roster(&whole, seed + 1);
            let free: Vec<PersonIdx> =
                PersonIdx::all(whole.n_people()).filter(|_| dice.happens(60)).collect();
            let from = dice.below(whole.n_days());
            let until = from + 1 + dice.below(whole.n_days() - from);
            let hole = from + dice.below(until - from);
            let hole = if dice.happens(50) { (hole, hole + dice.below(until - hole)) } else { (from, from) };
            let days = Days { from, until, hole };
            if free.is_empty() {
                continue;
            }
            let window = Window::cut(&evaluator, &roster, &free, days).unwrap();
            let part = Evaluator::new(&window.problem);
            let mut changed = window.roster.clone();
            for person in window.problem.parts().people.iter().enumerate().map(|(place, _)| place) {
                if free.contains(&window.people[person]) {
                    let able: Vec<Cell> =
                        able(&whole, window.people[person]).cells(whole.n_codes()).collect();
                    for day in (from..until).filter(|day| days.has(*day)).map(|day| day - from) {
                        let cell = able.get(dice.below(able.len() + 1)).copied().unwrap_or_default();
                        changed.set(PersonIdx::at(person), DayIdx::at(day), cell);
                    }
                }
            }
            let before = (evaluator.score(&roster), part.score(&window.roster));
            window.put(&changed, &mut roster);
            let after = (evaluator.score(&roster), part.score(&changed));
            assert_eq!(
                after.0 - before.0,
                after.1 - before.1,
                "seed {seed}, {days:?} of {free:?}: {:#?}",
                whole.parts()
            );
            n_parts += 1;
        }
        assert!(n_parts > 2_000, "{n_parts}");
    }

    #[test]
    fn who_is_not_free_stays_as_the_whole_has_them() {
        let mut n_looking_on = 0;
        for seed in 0..500 {
            let whole = Problem::new(any_problem(seed)).unwrap();
            let free: Vec<PersonIdx> = PersonIdx::all(whole.n_people()).step_by(3).collect();
            let evaluator = Evaluator::new(&whole);
            let mut roster = any_roster(&whole, seed);
            let days = Days::whole(0, whole.n_days());
            let Some(window) = Window::cut(&evaluator, &roster, &free, days) else { continue };
            let before = roster.clone();
            window.put(&window.problem.empty_roster(), &mut roster);
            for person in PersonIdx::all(whole.n_people()) {
                let is_off = roster.row(person).iter().all(|cell| cell.is_off());
                assert!(if free.contains(&person) {
                    is_off
                } else {
                    roster.row(person) == before.row(person)
                });
            }
            n_looking_on += window.people.len() - free.len();
        }
        assert!(n_looking_on > 100, "{n_looking_on}");
    }

    #[test]
    fn a_narrowed_part_has_the_given_duties_and_the_demand_for_them() {
        for seed in 0..500 {
            let whole = Problem::new(any_problem(seed)).unwrap();
            let free: Vec<PersonIdx> = PersonIdx::all(whole.n_people()).collect();
            let evaluator = Evaluator::new(&whole);
            let roster = any_roster(&whole, seed);
            let Some(duty) = whole.duties().cells().next() else { continue };
            let duties =
                whole.duties().set(|other| whole.duties().cell(other.shift, other.skill) == Some(duty));
            let days = Days::whole(0, whole.n_days());
            let Some(window) = Window::cut(&evaluator, &roster, &free, days) else { continue };
            let Some(narrow) = window.narrowed(&duties) else { continue };
            for (place, person) in narrow.problem.parts().people.iter().enumerate() {
                let locked: Vec<Cell> = person.locked.iter().map(|(_, cell)| *cell).collect();
                let row = narrow.roster.row(PersonIdx::at(place));
                assert!(row.iter().all(|cell| cell.is_off() || *cell == duty || locked.contains(cell)));
            }
            let demands = &narrow.problem.parts().demands;
            assert!(demands.iter().all(|demand| demand.duties.has(duty)));
        }
    }
}
