//! The parts of a window's problem.

use super::Days;
use super::company::possible;
use super::outside::Outside;
use crate::evaluate::{Evaluator, day_of};
use crate::problem::{
    Away, Carry, Cell, DayIdx, Demand, DutySet, Parts, Person, PersonIdx, Roster, RuleIdx, SoFar,
};
use crate::rules::{Across, Edges, Kind, Own, Rule, Who};

/// What is cut out of what.
pub(super) struct Cut<'w> {
    pub(super) evaluator: &'w Evaluator<'w>,
    pub(super) roster: &'w Roster,
    /// Who is in the part, in rising order.
    pub(super) people: &'w [PersonIdx],
    /// Whose cells may change, in rising order.
    pub(super) free: &'w [PersonIdx],
    pub(super) days: Days,
    /// The day after the last of the part.
    pub(super) end: usize,
    pub(super) reach: usize,
}

impl Cut<'_> {
    pub(super) fn parts(&self) -> Parts {
        let whole = self.evaluator.problem();
        let parts = whole.parts();
        let mut horizon = parts.horizon.clone();
        horizon.start = whole.calendar().date(day_of(self.days.from));
        horizon.n_days = u16::try_from(self.end - self.days.from).unwrap_or(u16::MAX);
        let (kept, rules) = self.rules(&parts.rules);
        let outside =
            Outside { evaluator: self.evaluator, roster: self.roster, days: (self.days.from, self.end) };
        let person =
            |idx: &PersonIdx| Person { carry: self.carry(*idx, &kept, &outside), ..self.person(*idx) };
        Parts {
            name: parts.name.clone(),
            horizon,
            skills: parts.skills.clone(),
            units: parts.units.clone(),
            shifts: parts.shifts.clone(),
            people: self.people.iter().map(person).collect(),
            demands: self.demands(&parts.demands),
            rules,
            levels: parts.levels,
            money: parts.money,
            published: parts.published.as_ref().map(|published| self.part(published)),
        }
    }

    /// The cells of the part.
    pub(super) fn part(&self, whole: &Roster) -> Roster {
        let mut part = Roster::empty(self.people.len(), self.end - self.days.from);
        for (place, person) in self.people.iter().enumerate() {
            let row = whole.row(*person).iter().skip(self.days.from);
            part.row_mut(PersonIdx::at(place)).iter_mut().zip(row).for_each(|(cell, was)| *cell = *was);
        }
        part
    }

    fn is_free(&self, day: usize) -> bool {
        self.days.has(day)
    }

    fn moved(&self, day: DayIdx) -> DayIdx {
        DayIdx::at(day.idx().saturating_sub(self.days.from))
    }

    fn person(&self, idx: PersonIdx) -> Person {
        let known = self.evaluator.problem().person(idx);
        let row =
            (self.days.from..).map(DayIdx::at).zip(self.roster.row(idx).iter().skip(self.days.from).copied());
        let may_change = self.free.binary_search(&idx).is_ok();
        let settled = row.take(self.end - self.days.from);
        let settled = settled.filter(|(day, _)| !(may_change && self.is_free(day.idx())));
        let locked = known.locked.iter().filter(|(day, _)| self.is_free(day.idx())).copied();
        let mut requests = known.requests.clone();
        requests.retain(|request| self.is_free(request.day.idx()));
        requests.iter_mut().for_each(|request| request.day = self.moved(request.day));
        let (from, last) = (day_of(self.days.from), day_of(self.end) - 1);
        let reach = from - day_of(self.reach);
        let away = known.away.iter().filter(|away| away.last >= reach && away.first <= last);
        let away = away.map(|away| Away {
            first: away.first.max(reach) - from,
            last: away.last.min(last) - from,
            ..*away
        });
        Person {
            id: known.id.clone(),
            name: String::new(),
            can: known.can.clone(),
            away: away.collect(),
            locked: locked.chain(settled).map(|(day, cell)| (self.moved(day), cell)).collect(),
            requests,
            travel: known.travel.clone(),
            carry: Carry::default(),
            ..*known
        }
    }

    /// What came before the part, and what is counted outside of it.
    fn carry(&self, idx: PersonIdx, kept: &[Option<RuleIdx>], outside: &Outside<'_>) -> Carry {
        let known = &self.evaluator.problem().person(idx).carry;
        let before = self.roster.row(idx).get(..self.days.from).unwrap_or(&[]);
        let n_known = self.reach.saturating_sub(self.days.from).min(known.history.len());
        let older = known.history.iter().skip(known.history.len() - n_known);
        let newer = before.iter().skip(self.days.from.saturating_sub(self.reach));
        let so_far = kept.iter().enumerate().filter_map(|(rule, kept)| {
            let amount = outside.amount(idx, RuleIdx::at(rule)).filter(|amount| *amount != 0)?;
            Some(SoFar { rule: (*kept)?, amount })
        });
        Carry {
            history: older.chain(newer).copied().collect(),
            last_end: known.last_end.filter(|_| before.iter().all(|cell| cell.is_off())),
            so_far: so_far.collect(),
        }
    }

    /// The rules that hold for somebody of the part, and for each rule of the whole its new position.
    fn rules(&self, whole: &[Rule]) -> (Vec<Option<RuleIdx>>, Vec<Rule>) {
        let mut rules = Vec::new();
        let mut kept = Vec::new();
        for rule in whole {
            let who = self.who(&rule.who);
            if who == Who::These(Vec::new()) {
                kept.push(None);
                continue;
            }
            kept.push(Some(RuleIdx::at(rules.len())));
            let mut rule = Rule { who, ..rule.clone() };
            match &mut rule.kind {
                Kind::Across(Across::Share { part, .. }) => *part = self.who(part),
                Kind::Across(Across::Company { with, .. }) => *with = self.who(with),
                Kind::Across(Across::Together { partner, .. }) => {
                    // Whoever has a partner brings them along.
                    *partner = self.place(*partner).unwrap_or_default();
                }
                Kind::Across(Across::Apart { .. } | Across::Spread { .. }) | Kind::Own(_) => {}
            }
            if self.end < self.evaluator.problem().n_days()
                && let Kind::Own(Own::Run { edges, .. }) = &mut rule.kind
            {
                // The days after the part are no edge.
                *edges = Edges::Open;
            }
            rules.push(rule);
        }
        (kept, rules)
    }

    /// The same people by their places in the part.
    fn who(&self, whole: &Who) -> Who {
        match whole {
            Who::Everyone => Who::Everyone,
            Who::These(people) => {
                Who::These(people.iter().filter_map(|person| self.place(*person)).collect())
            }
        }
    }

    fn place(&self, person: PersonIdx) -> Option<PersonIdx> {
        self.people.binary_search(&person).ok().map(PersonIdx::at)
    }

    /// What is still needed beside those who are not in the part, where those who are free can help.
    fn demands(&self, whole: &[Demand]) -> Vec<Demand> {
        let is_outside = |person: &PersonIdx| self.people.binary_search(person).is_err();
        let others: Vec<PersonIdx> = PersonIdx::all(self.roster.n_people()).filter(is_outside).collect();
        let problem = self.evaluator.problem();
        let days = (self.days.from, self.days.until);
        let free = self.free.iter();
        let free: Vec<(PersonIdx, DutySet)> =
            free.map(|person| (*person, possible(problem, self.roster, *person, days))).collect();
        let is_touched = |demand: &&Demand| {
            let can = |(person, possible): &(PersonIdx, DutySet)| {
                demand.who.has(*person) && !possible.intersection(&demand.duties).is_empty()
            };
            self.is_free(demand.day.idx()) && free.iter().any(can)
        };
        let mut demands = Vec::new();
        for demand in whole.iter().filter(is_touched) {
            let cells = others.iter().map(|person| (*person, self.roster.cell(*person, demand.day)));
            let heads =
                cells.filter(|(person, cell): &(PersonIdx, Cell)| demand.counts(*person, *cell)).count();
            let heads = u16::try_from(heads).unwrap_or(u16::MAX);
            demands.push(Demand {
                day: self.moved(demand.day),
                duties: demand.duties,
                who: self.who(&demand.who),
                minimum: demand.minimum.saturating_sub(heads),
                wanted: demand.wanted.saturating_sub(heads),
                maximum: demand.maximum.map(|maximum| maximum.saturating_sub(heads)),
                weights: demand.weights,
            });
        }
        demands
    }
}
