//! What holds in the made-up hospital.

use super::{DAYS_BEFORE, Habit, Maker, RN, START};
use crate::problem::{DutySet, Parts, PersonIdx, Roster, ShiftIdx, Tags};
use crate::rules::sets::{Scope, flsa_8_and_80, flsa_40};
use crate::rules::{Across, Days, Edges, Kind, Measure, Over, Own, Rule, Spread, Strength, WeekendOn, Who};

impl Maker {
    fn nights(&self) -> DutySet {
        let is_night =
            |shift: ShiftIdx| self.shifts.get(shift.idx()).is_some_and(|s| s.tags.has(Tags::NIGHT));
        self.duties.set(|duty| is_night(duty.shift))
    }

    pub(super) fn rules(&self, habits: &[Habit]) -> Vec<Rule> {
        debug_assert!(DAYS_BEFORE.is_multiple_of(14));
        let (work, nights) = (self.duties.all_work(), self.nights());
        let rule = |id: &str, strength: Strength, own: Own| Rule {
            id: id.to_owned(),
            source: String::new(),
            who: Who::Everyone,
            strength,
            kind: Kind::Own(own),
        };
        let minutes = |over: Over, min: Option<i64>, max: i64| {
            let measure = Measure::Minutes { duties: work };
            Own::Count { measure, over, min, max: Some(max), per: 60 }
        };
        let run = |duties: DutySet, min: u16, max: u16| Own::Run {
            duties,
            min,
            max: Some(max),
            edges: Edges::Open,
        };
        let hard = Strength::Hard;
        let mut rules = vec![
            rule("rest", hard, Own::Rest { after: work, before: work, minutes: 660, per: 60 }),
            rule("60-in-7", hard, minutes(Over::Rolling { days: 7 }, None, 60 * 60)),
            rule("days-in-a-row", hard, run(work, 0, 6)),
            rule("nights-in-a-row", hard, run(nights, 0, 4)),
            rule("after-nights", hard, Own::Recovery { after: nights, n_days: 3, minutes: 48 * 60, per: 60 }),
            rule("other-weekend", hard, Own::every_other_weekend(work)),
            rule("whole-weekends", Strength::Soft(3), Own::complete_weekends(work)),
            rule("no-single-days-off", Strength::Soft(1), run(DutySet::OFF, 2, 40)),
        ];
        for (is_long, n_days) in [(true, 3), (true, 2), (false, 5), (false, 3)] {
            let fits = |habit: &Habit| habit.is_long == is_long && habit.n_days == n_days;
            let who = people(habits, fits);
            let usual = i64::from(n_days_u16(n_days)) * if is_long { 1_440 } else { 960 };
            let over = Over::Every { days: 14, from: START };
            let own = minutes(over, Some(usual - 960), (usual + 720).min(5_280));
            rules.push(Rule { who, ..rule(&format!("contract-{is_long}-{n_days}"), hard, own) });
        }
        for is_long in [true, false] {
            let scope = Scope {
                who: people(habits, |habit| habit.is_long == is_long),
                from: START,
                duties: self.duties.clone(),
                shifts: self.shifts.clone(),
            };
            let set = if is_long { flsa_40(&scope) } else { flsa_8_and_80(&scope) };
            rules.extend(set.into_iter().map(|rule| Rule { strength: Strength::Soft(2), ..rule }));
        }
        for unit in 0..self.size.n_units.max(1) {
            let spread = |measure: Measure| {
                Kind::Across(Across::Spread {
                    measure,
                    by: Spread::Deviations,
                    is_by_fte: true,
                    free: 10,
                    per: 2,
                })
            };
            let turning = people(habits, |habit| habit.unit == unit && habit.shifts[0] != habit.shifts[1]);
            let of_unit = people(habits, |habit| habit.unit == unit);
            let nights = Measure::Duties { duties: nights, on: Days::ALL };
            let weekends = Measure::Weekends { on: WeekendOn::saturday_sunday(work) };
            for (id, who, measure) in [("nights", turning, nights), ("weekends", of_unit, weekends)] {
                let id = format!("fair-{id}-{unit}");
                let (source, strength) = (String::new(), Strength::Soft(1));
                rules.push(Rule { id, source, who, strength, kind: spread(measure) });
            }
        }
        rules
    }

    /// No new graduate without a nurse of experience; those who were alone in the roster are not new.
    pub(super) fn add_company(&self, parts: &mut Parts, habits: &[Habit], roster: &Roster) {
        let is_nurse = |habit: &Habit| habit.skill == RN;
        let mut new: Vec<PersonIdx> = PersonIdx::all(habits.len())
            .zip(habits)
            .filter(|(_, habit)| is_nurse(habit) && !habit.may_lead)
            .map(|(person, _)| person)
            .step_by(3)
            .collect();
        let all = people(habits, is_nurse);
        let sets: Vec<DutySet> =
            (0..self.shifts.len()).map(|shift| self.nurses_on(ShiftIdx::at(shift))).collect();
        let days = 0..roster.n_days();
        let cell = |person: PersonIdx, day: usize| roster.row(person).get(day).copied().unwrap_or_default();
        let is_alone = |new: &[PersonIdx], person: PersonIdx| {
            days.clone().any(|day| {
                let mine = sets.iter().find(|set| set.has(cell(person, day)));
                let with = |other: PersonIdx| {
                    !new.contains(&other) && mine.is_some_and(|set| set.has(cell(other, day)))
                };
                mine.is_some() && !all.people(habits.len()).any(with)
            })
        };
        while let Some(at) = new.iter().position(|person| is_alone(&new, *person)) {
            new.remove(at);
        }
        let with = Who::these(all.people(habits.len()).filter(|person| !new.contains(person)));
        parts.rules.push(Rule {
            id: "new-not-alone".to_owned(),
            source: String::new(),
            who: Who::these(new),
            strength: Strength::Hard,
            kind: Kind::Across(Across::Company { with, per: u16::MAX, sets }),
        });
    }
}

fn n_days_u16(n_days: usize) -> u16 {
    u16::try_from(n_days).unwrap_or(0)
}

fn people(habits: &[Habit], fits: impl Fn(&Habit) -> bool) -> Who {
    let all = PersonIdx::all(habits.len()).zip(habits);
    Who::these(all.filter(|(_, habit)| fits(habit)).map(|(person, _)| person))
}
