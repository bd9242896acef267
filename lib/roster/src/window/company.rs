//! Who else stands in a window because rules across people look at them.

use crate::problem::{DutySet, PersonIdx, Problem, Roster};
use crate::rules::{Across, Kind};
use std::collections::BTreeSet;

/// The free people, and those whose cells on the window's days count in the same places for a rule
/// across people; in rising order. Fair shares bring nobody in.
pub(super) fn with(
    whole: &Problem,
    roster: &Roster,
    free: &[PersonIdx],
    (from, until): (usize, usize),
) -> Vec<PersonIdx> {
    let mut people: BTreeSet<PersonIdx> = free.iter().copied().collect();
    for rule in &whole.parts().rules {
        let Kind::Across(across) = &rule.kind else { continue };
        let (sets, other, partner) = match across {
            Across::Share { part, sets, .. } => (sets, Some(part), None),
            Across::Company { with, sets, .. } => (sets, Some(with), None),
            Across::Together { partner, sets } => (sets, None, Some(*partner)),
            Across::Apart { sets } => (sets, None, None),
            Across::Spread { .. } => continue,
        };
        let is_member = |person: PersonIdx| {
            rule.who.has(person) || other.is_some_and(|other| other.has(person)) || partner == Some(person)
        };
        let members: Vec<PersonIdx> = free.iter().copied().filter(|person| is_member(*person)).collect();
        if members.is_empty() {
            continue;
        }
        let of_all = members.iter().map(|person| possible(whole, roster, *person, (from, until)));
        let of_all = of_all.fold(DutySet::NONE, |a, b| a.union(&b));
        let touched = sets.iter().filter(|set| !set.intersection(&of_all).is_empty());
        let touched = touched.fold(DutySet::NONE, |all, set| all.union(set));
        people.extend(partner);
        people.extend(PersonIdx::all(whole.n_people()).filter(|person| {
            let days = roster.row(*person).iter().take(until).skip(from);
            is_member(*person) && days.into_iter().any(|cell| touched.has(*cell))
        }));
    }
    people.into_iter().collect()
}

/// What can stand in a person's cells in a window: off, every duty they may ever be given, and what is
/// there now.
pub(super) fn possible(
    problem: &Problem,
    roster: &Roster,
    person: PersonIdx,
    (from, until): (usize, usize),
) -> DutySet {
    let mut possible = able(problem, person).union(&DutySet::OFF);
    roster.row(person).iter().take(until).skip(from).for_each(|cell| possible.insert(*cell));
    possible
}

/// The duties that a person may ever be given.
pub(crate) fn able(problem: &Problem, person: PersonIdx) -> DutySet {
    let can = problem.person(person).can.iter();
    can.fold(DutySet::NONE, |able, can| able.union(&can.duties))
}
