//! Small and strange problems around a roster that is legal.

use super::{any_problem, any_roster};
use crate::evaluate::{Evaluator, Source};
use crate::problem::{Cell, CoverLevels, DutySet, Eligible, Parts, PersonIdx, Problem, Roster};
use crate::rules::Strength;

/// A problem with every kind of rule, and a roster that breaks none that must hold.
///
/// What bars the roster's cells is taken away, and a rule that it breaks becomes a wish.
#[must_use]
pub fn any_legal_problem(seed: u64) -> (Parts, Roster) {
    let mut parts = any_problem(seed);
    parts.levels = CoverLevels::OWN;
    let Ok(problem) = Problem::new(parts.clone()) else { return (parts, Roster::empty(0, 0)) };
    let mut hidden = any_roster(&problem, seed ^ 0x1e9a1);
    for (person, idx) in parts.people.iter_mut().zip(0..) {
        // What is settled stays so where it can.
        let row = hidden.row_mut(PersonIdx(idx));
        for away in &person.away {
            let days = (0..).zip(row.iter_mut()).filter(|(day, _)| (away.first..=away.last).contains(day));
            days.for_each(|(_, cell)| *cell = Cell::OFF);
        }
        person.locked.retain(|(day, cell)| row.get(day.idx()) == Some(cell));
        let worked: DutySet = row.iter().copied().filter(|cell| cell.is_work()).collect();
        person.can.push(Eligible { duties: worked, from: None, until: None });
    }
    // Softening one rule breaks no other.
    for _ in 0..2 {
        let Ok(problem) = Problem::new(parts.clone()) else { break };
        let report = Evaluator::new(&problem).report(&hidden);
        let broken: Vec<usize> = report
            .hard()
            .filter_map(|finding| match finding.source {
                Source::Rule(rule) => Some(rule.idx()),
                Source::NotEligible
                | Source::Away
                | Source::Locked
                | Source::Request(_)
                | Source::Labor
                | Source::Demand(_) => None,
            })
            .collect();
        for (idx, rule) in parts.rules.iter_mut().enumerate() {
            if broken.contains(&idx) {
                rule.strength = Strength::Soft(7);
            }
        }
    }
    (parts, hidden)
}
